#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the fuzz targets with libFuzzer, AddressSanitizer and UBSan, built in
# build-fuzz under the current directory.
#
#     sh contrib/fuzz.sh SECONDS [NAME...]      (default: every target)
#
# Seeds are tests/fuzz/corpus/NAME, words tests/fuzz/NAME.dict; what is found
# goes to build-fuzz/corpus/NAME, crashes to build-fuzz/crashes/NAME.  The last
# line is `fuzz: N passed, N failed, N skipped`.  FUZZ_FLAGS reach libFuzzer,
# FUZZ_CFLAGS (-O1 -g) the compiler.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/need.sh
. "$root/contrib/need.sh"

[ $# -ge 1 ] || die "usage: fuzz.sh SECONDS [NAME...]"
seconds=$1
shift
if [ $# -eq 0 ]; then
    for file in "$root"/tests/fuzz/fuzz_*.c; do
        [ -f "$file" ] || continue
        name=${file##*/fuzz_}
        set -- "$@" "${name%.c}"
    done
fi

# shellcheck disable=SC2086 # a list
absent=$(missing clang rt/fuzzer:libclang-rt-dev)
if [ -n "$absent" ]; then
    say "fuzzing skipped: missing $absent"
    echo "fuzz: 0 passed, 0 failed, $# skipped"
    exit 77
fi

mkdir -p build-fuzz
cd build-fuzz
copy_if_configured
if [ ! -f Makefile ]; then
    "$source/configure" -q CC=clang --enable-fuzzers \
        --enable-sanitizers=address,undefined \
        CFLAGS="${FUZZ_CFLAGS:--O1 -g}" \
        >configure.out || {
        die "configure failed; see build-fuzz/config.log"
    }
fi

passed=0
failed=0

# fuzz_one NAME: builds, runs, shows what was found.
fuzz_one() {
    make -s -j"$(cores)" "tests/fuzz/fuzz_$1" || return 1
    mkdir -p "corpus/$1" "crashes/$1" "seeds/$1"
    seeds=$root/tests/fuzz/corpus/$1
    [ -d "$seeds" ] || seeds=seeds/$1
    set -- "$1" "corpus/$1" "$seeds"
    [ -f "$root/tests/fuzz/$1.dict" ] &&
        set -- "$@" "-dict=$root/tests/fuzz/$1.dict"
    name=$1
    shift
    # shellcheck disable=SC2086 # a list of flags
    if ! "tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 \
        -rss_limit_mb=2048 -artifact_prefix="crashes/$name/" \
        -print_final_stats=1 ${FUZZ_FLAGS-} "$@" >"$name.log" 2>&1
    then
        tail -n 60 "$name.log"
        for input in "crashes/$name"/*; do
            [ -f "$input" ] || continue
            echo "input $(pwd)/$input:"
            head -c 512 "$input" | od -A d -c
        done
        return 1
    fi
    echo "fuzz $name: $seconds s, $(sed -n \
        's/^stat::number_of_executed_units: *//p' "$name.log") inputs, no finding"
}

# What all targets share is built once; as many as there are cores run at a
# time.
# shellcheck disable=SC2046 # a list of names
make -s -k -j"$(cores)" $(printf 'tests/fuzz/fuzz_%s ' "$@") || true
running=0
for target in "$@"; do
    (
        fuzz_one "$target" >"$target.out" 2>&1 && result=0 || result=1
        echo "$result" >"$target.result"
    ) &
    running=$((running + 1))
    if [ "$running" -ge "$(cores)" ]; then
        wait
        running=0
    fi
done
wait

for target in "$@"; do
    cat "$target.out"
    if [ "$(cat "$target.result")" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "fuzz $target: FAILED, see $(pwd)/$target.log"
    fi
done
echo "fuzz: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
