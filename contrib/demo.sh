#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds Sluice, starts two demo origins, and shifts traffic between them: nine
# requests of ten to blue, one to green.
#
#     sh contrib/demo.sh            prints URLs to try, runs until Ctrl-C
#     sh contrib/demo.sh --once     makes 100 requests itself, prints the split
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=contrib/need.sh
. contrib/need.sh

case ${1-} in
'' | --once) ;;
*)
    say "usage: sh contrib/demo.sh [--once]"
    exit 64
    ;;
esac

need curl || exit 1
sh contrib/build.sh >&2

work=$(mktemp -d)
pids=

finish() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in $pids; do
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME ARGUMENT...: runs sluice with its output in $work/NAME.out, waits
# for its `ready` line; its process id is in $pid.
start() {
    name=$1
    shift
    ./sluice "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
    pids="$pid $pids"
    tries=0
    until grep -q '^ready$' "$work/$name.out"; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ] || ! kill -0 "$pid" 2>/dev/null; then
            cat "$work/$name.out" "$work/$name.err" >&2
            die "$name did not get ready: sluice $*"
        fi
        sleep 0.05
    done
}

# url NAME WORD: the URL on the line of NAME's output that begins with WORD.
url() {
    sed -n "s|^$2 \\(http://[^ ]*\\).*|\\1|p" "$work/$1.out" | head -n 1
}

start blue origin --port 0 --name blue
start green origin --port 0 --name green
blue=$(url blue origin)
green=$(url green origin)
start sluice serve --to "blue=${blue#http://}@90,green=${green#http://}@10" \
    --listen 0 --api 127.0.0.1:0
front=$(url sluice listener)
api=$(url sluice api)
for address in "$blue" "$green" "$front" "$api"; do
    [ -n "$address" ] || die "sluice did not print its addresses"
done

if [ "${1-}" != --once ]; then
    cat <<END
blue     $blue   90 of 100 requests
green    $green   10 of 100 requests

Try:
    curl -i $front/hello
    for i in 1 2 3 4 5 6 7 8 9 10; do curl -s $front/ | head -c 60; echo; done
    curl $api/healthz
    curl $api/metrics

Ctrl-C ends all three.
END
    wait "$pid" || die "sluice ended: $(tail -n 3 "$work/sluice.err")"
    exit 0
fi

curl -sS -o /dev/null -D "$work/heads" --max-time 60 "$front/demo?n=[1-100]" ||
    die "curl failed; $(tail -n 3 "$work/sluice.err")"
tr -d '\r' <"$work/heads" >"$work/lines"
ok=$(grep -c '^HTTP/1.1 200' "$work/lines" || true)
from_blue=$(grep -ci '^x-origin-name: blue$' "$work/lines" || true)
from_green=$(grep -ci '^x-origin-name: green$' "$work/lines" || true)
health=$(curl -sS --max-time 10 "$api/healthz") || die "no answer of $api/healthz"

echo "sluice   $front  ->  blue $blue @90, green $green @10"
echo "requests 100, answered 200: $ok"
echo "blue     $from_blue"
echo "green    $from_green"
echo "healthz  $health"

[ "$ok" = 100 ] || die "only $ok of 100 requests were answered 200"
[ $((from_blue + from_green)) = 100 ] || die "some answers name no origin"
if [ "$from_green" = 0 ] || [ "$from_blue" -le "$from_green" ]; then
    die "this is no 90/10 split"
fi
[ "$health" = ok ] || die "healthz says: $health"

# An orderly end is part of the demo.
kill -TERM "$pid"
wait "$pid" || die "sluice ended with status $? after TERM"
echo "ended    sluice drained and exited 0"
