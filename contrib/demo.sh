#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds Sluice, starts two demo origins (blue, green) and serves
# conf/quickstart.yaml in front of them, all on ports that the system chooses.
#
#     sh contrib/demo.sh            prints what to try, runs until Ctrl-C
#     sh contrib/demo.sh --once     tries it itself, prints what it saw
#
# SLUICE: a program that was built already.
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
if [ -z "${SLUICE-}" ]; then
    sh contrib/build.sh >&2
    SLUICE=./sluice
fi

work=$(mktemp -d)
pids=

finish() {
    for one in $pids; do
        kill "$one" 2>/dev/null || true
    done
    for one in $pids; do
        wait "$one" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- starting ---------------------------------------------------------------

# start NAME ARGUMENT...: runs sluice with its output in $work/NAME.out, waits
# for its `ready` line; its process id is in $pid.
start() {
    name=$1
    shift
    "$SLUICE" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
    pids="$pid $pids"
    tries=0
    until grep -qs '^ready$' "$work/$name.out"; do
        tries=$((tries + 1))
        if [ $tries -gt 400 ] || ! kill -0 "$pid" 2>/dev/null; then
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

# A copy of the template, to be edited while it is served.
template=$work/quickstart.yaml
cp conf/quickstart.yaml "$template"

start blue origin --port 0 --name blue
start green origin --port 0 --name green
blue=$(url blue origin)
green=$(url green origin)
start sluice serve "$template" --port 80=0 --api 127.0.0.1:0 \
    --service "Blue=${blue#http://}" --service "Green=${green#http://}" \
    --explain-key demo
front=$(url sluice listener)
api=$(url sluice api)
for address in "$blue" "$green" "$front" "$api"; do
    [ -n "$address" ] || die "sluice did not print its addresses"
done

# ---- for people -------------------------------------------------------------

if [ "${1-}" != --once ]; then
    cat <<END
sluice   $front   serves conf/quickstart.yaml
blue     $blue   gets 90 of 100 requests
green    $green   gets 10 of 100

Try:
    curl -i $front/
    for i in 1 2 3 4 5 6 7 8 9 10; do curl -s $front/ | head -c 15; echo; done
    curl -i $front/ -H 'X-Canary: 1'             always green
    curl -i $front/old/page                      a redirect
    curl -i $front/ping                          answered by the load balancer
    curl -i $front/ -H 'X-Sluice-Explain: demo'  and why it went there
    curl $api/targets                         who is healthy
    curl $api/metrics
    $SLUICE explain conf/quickstart.yaml GET http://example.com/old/page

Change a weight, and no request is lost:
    sed -i 's/Default: 10\$/Default: 90/' $template
    kill -HUP $pid

Ctrl-C ends all three.
END
    wait "$pid" || die "sluice ended: $(tail -n 3 "$work/sluice.err")"
    exit 0
fi

# ---- --once -----------------------------------------------------------------

# get ARGUMENT...: the head of one answer, without CR.
get() {
    curl -sS --max-time 30 -o /dev/null -D - "$@" | tr -d '\r'
}

# field NAME HEAD: the value of a header.
field() {
    printf '%s\n' "$2" | sed -n "s/^$1: //p" | head -n 1
}

# expect WHAT WANTED GOT
expect() {
    [ "$2" = "$3" ] || die "$1: expected \"$2\", got \"$3\""
}

# requests WHAT: makes 100 of them, counts who answered in $ok, $from_blue and
# $from_green.
requests() {
    get "$front/demo?n=[1-100]" >"$work/heads" ||
        die "curl failed; $(tail -n 3 "$work/sluice.err")"
    ok=$(grep -c '^HTTP/1.1 200' "$work/heads" || true)
    from_blue=$(grep -c '^X-Origin-Name: blue$' "$work/heads" || true)
    from_green=$(grep -c '^X-Origin-Name: green$' "$work/heads" || true)
    echo "$1: 100 requests, $ok answered 200," \
        "$from_blue by blue, $from_green by green"
    expect "requests answered 200" 100 "$ok"
    expect "answers that name their origin" 100 $((from_blue + from_green))
}

# until_seen WHAT COMMAND...: tries again until it succeeds, ten seconds at
# most.
until_seen() {
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -le 200 ] || die "$what; $(tail -n 3 "$work/sluice.err")"
        sleep 0.05
    done
}

both_healthy() {
    curl -sS --max-time 10 "$api/targets" >"$work/targets"
    [ "$(grep -c '"State": "healthy"' "$work/targets")" = 2 ]
}

echo "sluice    $front serves conf/quickstart.yaml, API $api"
expect "GET $api/healthz" ok "$(curl -sS --max-time 10 "$api/healthz")"
until_seen "the two targets did not become healthy" both_healthy
echo "health    blue $blue and green $green are healthy"

requests "weights   90/10"
if [ "$from_green" -lt 4 ] || [ "$from_green" -gt 20 ]; then
    die "this is no 90/10 split"
fi

head=$(get "$front/" -H 'X-Canary: 1')
expect "X-Canary: 1" green "$(field X-Origin-Name "$head")"
echo "header    X-Canary: 1 goes to green"

head=$(get "$front/old/page")
expect "status of /old/page" "HTTP/1.1 301 Moved Permanently" \
    "$(echo "$head" | head -n 1)"
expect "Location" "$front/new?from=old/page" "$(field Location "$head")"
echo "redirect  /old/page: 301 to $(field Location "$head")"

pong=$(curl -sS --max-time 10 "$front/ping") || die "no answer of $front/ping"
expect "body of /ping" '{"pong": true}' "$pong"
echo "fixed     /ping: $pong"

head=$(get "$front/ping" -H 'X-Sluice-Explain: demo')
case $(field X-Sluice-Explain "$head") in
*'rule=30:yes;action=fixed-response'*) ;;
*) die "X-Sluice-Explain: $(field X-Sluice-Explain "$head")" ;;
esac
echo "explain   $(field X-Sluice-Explain "$head")"

sed -i 's/Default: 10$/Default: 90/' "$template"
cmp -s conf/quickstart.yaml "$template" &&
    die "conf/quickstart.yaml has no weight of 10 any more"
kill -HUP "$pid"
until_seen "the new template does not run" \
    grep -q 'the new template runs' "$work/sluice.err"
requests "HUP       90/90"
if [ "$from_green" -lt 35 ] || [ "$from_green" -gt 65 ]; then
    die "this is no even split"
fi

# An orderly end is part of the demo.
kill -TERM "$pid"
wait "$pid" || die "sluice ended with status $? after TERM"
echo "ended     sluice drained and exited 0"
