#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds and runs all tests in build-KIND under the current directory.
#
#     sh contrib/variant.sh asan|tsan
#
# ONLY="tests/..." runs some of the tests.  Sanitizers report to files, so that
# a report of a process whose exit status no test looks at is a failure too.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/need.sh
. "$root/contrib/need.sh"

kind=${1-}
case $kind in
asan) sanitizers=address,undefined ;;
tsan) sanitizers=thread ;;
*) die "usage: variant.sh asan|tsan" ;;
esac

mkdir -p "build-$kind"
cd "build-$kind"
here=$(pwd)

copy_if_configured
if [ ! -f Makefile ]; then
    "$source/configure" -q --enable-sanitizers=$sanitizers \
        CFLAGS="-O1 -g" >configure.out || {
        die "configure failed; see build-$kind/config.log"
    }
fi

# ThreadSanitizer of GCC 12 and clang 14 needs less address randomisation than
# newer kernels give.
run=
if [ "$kind" = tsan ]; then
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)
    if [ "$bits" -gt 28 ] && setarch "$(uname -m)" -R true 2>/dev/null; then
        run="setarch $(uname -m) -R"
    fi
fi

options="log_path=$here/report:handle_abort=1"
export ASAN_OPTIONS="$options:detect_leaks=1:strict_string_checks=1"
export UBSAN_OPTIONS="$options:print_stacktrace=1"
export TSAN_OPTIONS="$options:second_deadlock_stack=1"
if [ -f "$source/tests/tsan.supp" ]; then
    TSAN_OPTIONS="$TSAN_OPTIONS:suppressions=$source/tests/tsan.supp"
fi
# Sanitized programs are slower: tests that judge speed or memory may look.
export SLUICE_SANITIZER="$kind"

rm -f report.*
make -s -j"$(cores)" all
make -s -j"$(cores)" check-programs
result=0
# The tests run through make itself so that the options above reach them all.
if [ -n "${ONLY-}" ]; then
    $run make -s -j"$(cores)" check TESTS="$ONLY" TEST_TIMEOUT=900 || result=$?
else
    $run make -s -j"$(cores)" check TEST_TIMEOUT=900 || result=$?
fi

for report in report.*; do
    [ -f "$report" ] || continue
    say "build-$kind/$report:"
    cat "$report" >&2
    result=1
done
exit $result
