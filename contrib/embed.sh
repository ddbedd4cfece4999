#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes files as C arrays, each with a NUL behind it.
#
#     sh contrib/embed.sh FILE... >x.c
#
# rules/Name.json becomes `const char rules_Name[]`.
set -eu
echo "/* Made by contrib/embed.sh. */"
for file in "$@"; do
    name=${file##*/}
    name=rules_${name%%.*}
    printf 'extern const char %s[];\nconst char %s[] = {\n' "$name" "$name"
    od -An -v -tx1 "$file" | sed 's/[0-9a-f][0-9a-f]/0x&,/g'
    echo "0};"
done
