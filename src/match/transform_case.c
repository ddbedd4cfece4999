/* SPDX-License-Identifier: Apache-2.0
 *
 * LOWERCASE and UPPERCASE: ASCII letters only.
 */
#include "match/transform_internal.h"

/* Eight bytes at once: each byte's bit 7 says whether it is >= `first` and
 * not > `last`, both ASCII.  Sums of seven bits never carry into the next. */
static inline uint64_t in_range(uint64_t word, char first, char last)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
    uint64_t low = word & ~high;
    uint64_t from = low + ones * (uint64_t)(0x80 - first);
    uint64_t behind = low + ones * (uint64_t)(0x7f - last);

    return (from ^ behind) & ~word & high;
}

static inline bool has_range(struct str in, char first, char last)
{
    uint64_t word, found = 0;
    size_t i = 0;

    for (; i + sizeof(word) <= in.n && !found; i += sizeof(word)) {
        memcpy(&word, in.p + i, sizeof(word));
        found = in_range(word, first, last);
    }
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

static size_t write_lower(struct str in, char *out)
{
    for (size_t i = 0; i < in.n; i++)
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
