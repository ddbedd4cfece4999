#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds with gcc and clang, warnings as errors, and runs lint and every test.
# The last line is `N passed, N failed, N skipped`; the exit status is 1 when
# anything failed; what failed stands right above it.  What is missing is
# installed through apt-get as root.
#
#     sh contrib/check.sh             within ten minutes on two cores
#     sh contrib/check.sh --full      and sanitizers, longer fuzzing, a browser
#
# FUZZ_TIME: seconds for each fuzz target (2, --full: 120).  JOBS: tests that
# run at the same time (default: three for each core, as most of them wait).
# Logs are kept in build-check/.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
# shellcheck source=contrib/need.sh
. contrib/need.sh

full=
case ${1-} in
'') ;;
--full) full=yes ;;
*)
    say "usage: sh contrib/check.sh [--full]"
    exit 64
    ;;
esac

passed=0
failed=0
skipped=0
jobs=${JOBS:-$(($(cores) * 3))}
began=$(date +%s)
out=$root/build-check
rm -f "$out"/*.failures

# Names first, then logs: of a long output often only the end is kept.
finish() {
    grep -hs '^FAILED: ' "$out"/*.failures
    grep -hsv '^FAILED: ' "$out"/*.failures
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

# note WORDS...: one progress line with the seconds since the start.
note() {
    printf '[%4d s] %s\n' $(($(date +%s) - began)) "$*"
}

# add PASSED FAILED SKIPPED
add() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
}

# add_line LOG WORD: adds the counts of a `WORD: N passed, ...` line.
add_line() {
    counts=$(sed -n "s/^$2: \\([0-9]*\\) passed, \\([0-9]*\\) failed,\
 \\([0-9]*\\) skipped\$/\\1 \\2 \\3/p" "$1" | tail -n 1)
    # shellcheck disable=SC2086 # three numbers
    add ${counts:-0 1 0}
}

# keep WHAT FOLDER|NAME=LOG: what failed there, for the end.
keep() {
    python3 contrib/count-tests --failures "$2" >"$out/$1.failures"
}

# build NAME COMPILER [ARGUMENT...]: everything, warnings as errors, in
# build-check/NAME.
build() {
    name=$1
    compiler=$2
    shift 2
    mkdir -p "$out/$name"
    if (cd "$out/$name" && {
        [ -f Makefile ] ||
            "$root/configure" -q CC="$compiler" --enable-werror "$@"
    } && make -s -j"$(cores)" all &&
        make -s -j"$(cores)" check-programs) >"$out/$name.log" 2>&1
    then
        note "build with $compiler: ok"
        add 1 0 0
    else
        note "build with $compiler: FAILED, see build-check/$name.log"
        keep "$name" "build with $compiler=$out/$name.log"
        add 0 1 0
        return 1
    fi
}

# tests WHAT FOLDER COMMAND...: make check in its forms; counts inner cases.
tests() {
    what=$1
    folder=$2
    shift 2
    find "$folder" -name '*.trs' -exec rm -f {} + 2>/dev/null
    "$@" >"$out/$what.log" 2>&1
    status=$?
    counts=$(python3 contrib/count-tests "$folder") || counts="0 1 0"
    # shellcheck disable=SC2086 # three numbers
    set -- $counts
    if [ $status -ne 0 ]; then
        # A test that was never built, or a sanitizer's report, fails too.
        [ "$2" -gt 0 ] || set -- "$1" 1 "$3"
        keep "$what" "$folder"
        [ -s "$out/$what.failures" ] || keep "$what" "$what=$out/$what.log"
    fi
    python3 contrib/count-tests --skips "$folder"
    note "$what: $1 passed, $2 failed, $3 skipped"
    add "$1" "$2" "$3"
}

# shellcheck disable=SC2086 # lists
need $BUILD_NEEDS || {
    add 0 1 0
    finish
}
# A tool that cannot be installed is a skip further down, with its name.
# shellcheck disable=SC2086
need $CHECK_NEEDS || true
# shellcheck disable=SC2086
[ -z "$full" ] || need $BROWSER_NEEDS || true
if [ -f config.status ]; then
    say "this tree is configured in place: make distclean first"
    add 0 1 0
    finish
fi
bootstrap || {
    add 0 1 0
    finish
}
mkdir -p "$out"
note "tools are there"

# Clients and servers of other people that Debian does not have.  Without them
# their tests are skips that say so.
if command -v npm >/dev/null 2>&1; then
    mkdir -p "$out/node"
    cp tests/clients/package.json "$out/node/"
    (cd "$out/node" && npm install --no-audit --no-fund --no-package-lock \
        --ignore-scripts) >"$out/npm.log" 2>&1 ||
        say "npm install failed, see build-check/npm.log"
fi
SLUICE_NODE_MODULES=$out/node/node_modules
export SLUICE_NODE_MODULES

build gcc "${CC:-gcc}" || finish
if command -v clang >/dev/null 2>&1; then
    # For its warnings, which come without optimization too: nobody runs it.
    build clang clang CFLAGS="-O0 -g"
else
    note "build with clang: skipped, clang is missing"
    add 0 0 1
fi

make -s -C "$out/gcc" lint >"$out/lint.log" 2>&1 ||
    keep lint "lint=$out/lint.log"
note "$(grep '^lint: [0-9]' "$out/lint.log" || echo "lint: FAILED")"
add_line "$out/lint.log" lint

tests check "$out/gcc" make -s -j"$jobs" -C "$out/gcc" check

# Fuzzing: the corpora were replayed by the tests; here new inputs are tried, for
# so short a time that it is the compiler which takes longest.
time=${FUZZ_TIME:-2}
FUZZ_CFLAGS="-O0 -g"
if [ -n "$full" ]; then
    time=${FUZZ_TIME:-120}
    FUZZ_CFLAGS="-O1 -g"
fi
export FUZZ_CFLAGS
(cd "$out" && sh "$root/contrib/fuzz.sh" "$time") >"$out/fuzz.log" 2>&1 ||
    keep fuzz "fuzz=$out/fuzz.log"
note "$(tail -n 1 "$out/fuzz.log")"
add_line "$out/fuzz.log" fuzz

if [ -n "$full" ]; then
    tests check-browser "$out/gcc" make -s -C "$out/gcc" check-browser
    for kind in asan tsan; do
        mkdir -p "$out/build-$kind"
        tests "check-$kind" "$out/build-$kind" \
            sh -c "cd '$out' && sh '$root/contrib/variant.sh' $kind"
    done
fi

finish
