#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# `make lint`: what can be said about the sources without running them.
#
#     sh contrib/lint.sh [--format]     --format: rewrite with clang-format
#
# clang-tidy looks at LINT_FILES, or at every file with LINT_ALL=1, else at what
# changed since HEAD~.  A tool that is missing is a skip that says its name.
# The last line is `lint: N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=contrib/need.sh
. contrib/need.sh

passed=0
failed=0
skipped=0

c_files() {
    find src tests bench -name '*.[ch]' -not -path '*/.*' 2>/dev/null | sort
}

# tool NAME: the version of clang's NAME that the style files were written for,
# else any.  Prints nothing when there is none.
tool() {
    command -v "$1-14" || command -v "$1" || true
}

# step NAME COMMAND...: runs it, counts it.
step() {
    step_name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "lint: $step_name ok"
    else
        failed=$((failed + 1))
        echo "lint: $step_name FAILED"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "lint: $1 skipped: $2 is missing"
}

# changed: the .c and .h files that differ from HEAD~, committed or not; all
# when there is no HEAD~ or no git.  A header stands for its .c file.
changed() {
    if [ -n "${LINT_FILES-}" ]; then
        for file in $LINT_FILES; do
            echo "$file"
        done
        return
    fi
    if [ -n "${LINT_ALL-}" ] ||
        ! git rev-parse -q --verify HEAD~ >/dev/null 2>&1
    then
        c_files
        return
    fi
    {
        git diff --name-only --diff-filter=d HEAD~
        git ls-files --others --exclude-standard
    } | sort -u | while read -r file; do
        case $file in
        *.h) if [ -f "${file%.h}.c" ]; then file=${file%.h}.c; fi ;;
        *.c) ;;
        *) continue ;;
        esac
        case $file in
        src/* | tests/*) echo "$file" ;;
        esac
    done | sort -u
}

tidy() {
    # Headers are seen through the files that include them; bench/ builds its
    # own way.
    files=$(changed | grep '^\(src\|tests\)/.*\.c$')
    [ -n "$files" ] || return 0
    # shellcheck disable=SC2016 # expanded by the inner shell
    echo "$files" | xargs -P "$(cores)" -n 4 sh -c \
        'tool=$1 flags=$2; shift 2
         exec "$tool" --quiet "$@" -- -x c -std=c11 $flags 2>/dev/null' \
        tidy "$clang_tidy" "${LINT_CPPFLAGS:--D_GNU_SOURCE -Isrc}"
}

format_check() {
    # shellcheck disable=SC2046 # file names without spaces
    wrong=$("$clang_format" --dry-run -Werror $(c_files) 2>&1 |
        sed -n 's/^\([^ :]*\):\([0-9]*\):.*clang-format-violations.*/\1:\2/p')
    [ -n "$wrong" ] || return 0
    echo "$wrong" | sort -t : -u -k 1,1 |
        sed 's/$/: not formatted; run make format/'
    return 1
}

c_check() {
    # Uninitialised variables are left to the compilers and clang-tidy, which
    # know them better.
    cppcheck -q -j "$(cores)" --std=c11 --error-exitcode=1 --inline-suppr \
        --enable=warning,performance,portability \
        --suppress=missingIncludeSystem --suppress=unusedStructMember \
        --suppress=preprocessorErrorDirective --suppress=uninitvar \
        --suppress=readdirCalled \
        --library=posix -D_GNU_SOURCE -D__linux__ -D__GNUC__=12 -I src src
}

shell_check() {
    shellcheck -x contrib/*.sh .ci/run tests/house/*.sh
}

clang_format=$(tool clang-format)
if [ "${1-}" = --format ]; then
    [ -n "$clang_format" ] || die "clang-format is missing"
    # shellcheck disable=SC2046 # file names without spaces
    exec "$clang_format" -i $(c_files)
fi

clang_tidy=$(tool clang-tidy)

if have python3; then
    step layers python3 contrib/check-layers
    step lists python3 contrib/list-sources --check
else
    skip layers python3
    skip lists python3
fi
if [ -n "$clang_format" ]; then
    step clang-format format_check
else
    skip clang-format clang-format
fi
if [ -n "$clang_tidy" ]; then
    step clang-tidy tidy
else
    skip clang-tidy clang-tidy
fi
if have cppcheck; then
    step cppcheck c_check
else
    skip cppcheck cppcheck
fi
if have shellcheck; then
    step shellcheck shell_check
else
    skip shellcheck shellcheck
fi

echo "lint: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
