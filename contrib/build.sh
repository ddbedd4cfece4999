#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds ./sluice, optimised (-O2 -g); does nothing when it is up to date.
# Objects go to build/.  What is missing is installed through apt-get when this
# runs as root, else named.
#
#     sh contrib/build.sh [--configure]     --configure: prepare build/ only
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=contrib/need.sh
. contrib/need.sh

# shellcheck disable=SC2086 # a list
need $BUILD_NEEDS || exit 1
bootstrap

if [ -f config.status ]; then
    # Configured in place: such a tree cannot have a second build beside it.
    exec make -s -j"$(cores)"
fi
if [ ! -f build/Makefile ]; then
    mkdir -p build
    (cd build && ../configure -q >configure.out) || {
        die "configure failed; see build/config.log"
    }
fi
[ "${1-}" = --configure ] && exit 0

# Makefile first: what changed in it is configured anew, without a word.
make -s -C build Makefile >build/configure.out
make -s -C build -j"$(cores)" sluice
[ "$(readlink sluice || true)" = build/sluice ] || ln -sf build/sluice sluice
