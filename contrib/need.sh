# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# For the scripts beside it: `. contrib/need.sh`.  What each of them needs from
# Debian, installed when it is missing and we are root.

# shellcheck disable=SC2034 # for the scripts that source this
BUILD_NEEDS="cc:gcc,libc6-dev make autoconf automake pkg-config
    pc/openssl:libssl-dev pc/libevent_core:libevent-dev
    pc/libfyaml:libfyaml-dev pc/libnghttp2:libnghttp2-dev
    pc/jansson:libjansson-dev pc/sqlite3:libsqlite3-dev pc/hiredis:libhiredis-dev
    pc/libpcre2-8:libpcre2-dev pc/libmaxminddb:libmaxminddb-dev
    pc/libcurl:libcurl4-openssl-dev pc/libcares:libc-ares-dev pc/zlib:zlib1g-dev"
# shellcheck disable=SC2034
CHECK_NEEDS="python3 pc/cmocka:libcmocka-dev clang
    clang-format clang-tidy cppcheck shellcheck curl git mandoc openssl
    node:nodejs npm nghttpd:nghttp2-server nghttp:nghttp2-client
    py/hpack:python3-hpack redis-server aws:awscli py/boto3:python3-boto3
    sqlite3 dnsmasq:dnsmasq-base
    rt/fuzzer:libclang-rt-dev llvm-symbolizer:llvm"
# shellcheck disable=SC2034 # for --full
BROWSER_NEEDS="chromium"

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "${0##*/}: $*"
    exit 1
}

# have NEED: NEED is COMMAND[:PACKAGE,...], pc/MODULE:PACKAGE, py/MODULE:PACKAGE
# or rt/LIB:PACKAGE.
have() {
    case $1 in
    pc/*)
        module=${1#pc/}
        pkg-config --exists "${module%%:*}" 2>/dev/null
        ;;
    py/*)
        module=${1#py/}
        python3 -c 'import importlib, sys
sys.path.append("/usr/lib/python3/dist-packages")
importlib.import_module(sys.argv[1])' "${module%%:*}" 2>/dev/null
        ;;
    rt/*)
        probe=$(mktemp) || return 1
        echo 'int LLVMFuzzerTestOneInput(const char *p, long n);
              int LLVMFuzzerTestOneInput(const char *p, long n)
              { return p == 0 && n == 0; }' |
            clang -fsanitize=fuzzer,address -x c - -o "$probe" 2>/dev/null
        result=$?
        rm -f "$probe"
        return $result
        ;;
    cc:*)
        command -v cc >/dev/null 2>&1 &&
            echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1
        ;;
    *)
        command -v "${1%%:*}" >/dev/null 2>&1
        ;;
    esac
}

# missing NEED...: prints the packages of those that are not there.
missing() {
    for one in "$@"; do
        have "$one" || printf '%s ' "${one##*:}" | tr , ' '
    done
}

# need NEED...: installs what is missing; 1 when that is not possible.
need() {
    packages=$(missing "$@")
    [ -n "$packages" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        say "missing (Debian's names): $packages"
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        say "missing; as root: apt-get install $packages"
        return 1
    fi
    say "installing: $packages"
    log=$(mktemp) || return 1
    # shellcheck disable=SC2086 # a list of packages
    if ! { apt-get update &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y \
            --no-install-recommends -o Dpkg::Options::=--force-confold \
            -o DPkg::Lock::Timeout=300 $packages; } >"$log" 2>&1 </dev/null
    then
        tail -n 20 "$log" >&2
        rm -f "$log"
        say "could not install: $packages"
        return 1
    fi
    rm -f "$log"
}

# bootstrap: ./configure is there and not older than configure.ac.
bootstrap() {
    if [ ! -f configure ] || [ ! -f Makefile.in ] ||
        [ -n "$(find configure.ac -newer configure)" ]
    then
        say "autoreconf"
        autoreconf -fi >autoreconf.log 2>&1 || {
            cat autoreconf.log >&2
            return 1
        }
        rm -f autoreconf.log
        touch configure
    fi
}

cores() {
    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

# copy_if_configured: sets $source to where a second build finds the sources:
# $root, or, because a tree that was configured in place cannot be built a
# second time, a copy in the current directory.
copy_if_configured() {
    # shellcheck disable=SC2154 # the caller has it
    source=$root
    [ -f "$root/config.status" ] || return 0
    source=$(pwd)/source
    mkdir -p "$source"
    (cd "$root" && tar -cf - --exclude='*.[oa]' --exclude='*.trs' \
        --exclude='*.log' --exclude=.deps --exclude=.dirstamp \
        configure configure.ac aclocal.m4 Makefile.am Makefile.in config.h.in \
        build-aux LICENSE README.md src tests docs conf contrib) |
        tar -C "$source" -xf -
}
