/* SPDX-License-Identifier: Apache-2.0
 *
 * LOWERCASE and UPPERCASE: ASCII letters only.
 */
#include "match/transform_internal.h"

static inline bool has_range(struct str in, char first, char last)
{
    uint64_t found = 0;
    size_t i = 0;

    for (; i + WORD_BYTES <= in.n && !found; i += WORD_BYTES)
        found = word_range(word_at(in.p + i), first, last);
    for (; i < in.n && !found; i++)
        found = in.p[i] >= first && in.p[i] <= last;
    return found;
}

static bool has_upper(struct str in)
{
    return has_range(in, 'A', 'Z');
}

static bool has_lower(struct str in)
{
    return has_range(in, 'a', 'z');
}

/* Letters are 0x20 apart, and word_range() marks a byte with 0x80. */
static size_t write_lower(struct str in, char *out)
{
    size_t i = 0;

    for (; i + WORD_BYTES <= in.n; i += WORD_BYTES) {
        uint64_t word = word_at(in.p + i);

        word ^= word_range(word, 'A', 'Z') >> 2;
        memcpy(out + i, &word, sizeof(word));
    }
    for (; i < in.n; i++)
        out[i] = str_lower(in.p[i]);
    return in.n;
}

static size_t write_upper(struct str in, char *out)
{
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];

        out[i] = c >= 'a' && c <= 'z' ? (char)(c ^ 0x20) : c;
    }
    return in.n;
}

const struct transform_kind transform_lowercase = {
    .touches = has_upper, .write = write_lower, .growth = 1};

const struct transform_kind transform_uppercase = {
    .touches = has_lower, .write = write_upper, .growth = 1};
