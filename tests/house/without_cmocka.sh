#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Stands for all C tests where configure found no cmocka.
echo "cmocka is missing: no unit test was built (Debian: libcmocka-dev)"
exit 77
