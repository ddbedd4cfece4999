/* SPDX-License-Identifier: Apache-2.0
 *
 * COMPRESS_WHITE_SPACE, REMOVE_WHITESPACE, TRIM*, REMOVE_NULLS, REPLACE_NULLS.
 */
#include "match/transform_internal.h"

/* ---- white space ------------------------------------------------------------ */

enum {
    ODD = BYTE_BLANK | BYTE_NBSP, /* white space, but for 0x20 */
    ANY = BYTE_SPACE | ODD,
};

/* Nearly every value has spaces: two in a row are looked for by laying it upon
 * itself, a byte further on. */
static bool may_compress(struct str in)
{
    const uint64_t space = WORD_OF(' ');
    uint64_t found = 0;
    size_t i = 0;

    for (; i + WORD_BYTES < in.n && !found; i += WORD_BYTES) {
        uint64_t word = word_at(in.p + i), next = word_at(in.p + i + 1);

        found = word_range(word, '\t', '\r') | word_zero(word ^ WORD_OF(0xa0)) |
                word_zero((word ^ space) | (next ^ space));
    }
    return found ||
           transform_has(str_make(in.p + i, in.n - i), ODD, BYTE_SPACE);
}

static size_t compress(struct str in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        if (!(transform_class(in.p[i]) & ANY))
            out[n++] = in.p[i];
        else if (n == 0 || out[n - 1] != ' ')
            out[n++] = ' ';
    }
    return n;
}

static bool has_space(struct str in)
{
    return transform_has(in, ANY, 0);
}

static size_t remove_space(struct str in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        out[n] = in.p[i];
        n += !(transform_class(in.p[i]) & ANY);
    }
    return n;
}

/* 0xa0 is none to these: it may be the end of a character of UTF-8. */
static inline bool is_trimmed(char c)
{
    return transform_class(c) & (BYTE_SPACE | BYTE_BLANK);
}

static struct str trim_left(struct str in)
{
    while (in.n && is_trimmed(in.p[0])) {
        in.p++;
        in.n--;
    }
    return in;
}

static struct str trim_right(struct str in)
{
    while (in.n && is_trimmed(in.p[in.n - 1]))
        in.n--;
    return in;
}

static struct str trim(struct str in)
{
    return trim_left(trim_right(in));
}

/* ---- NUL -------------------------------------------------------------------- */

static bool has_null(struct str in)
{
    return in.n && memchr(in.p, 0, in.n);
}

static size_t remove_nulls(struct str in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        out[n] = in.p[i];
        n += in.p[i] != 0;
    }
    return n;
}

static size_t replace_nulls(struct str in, char *out)
{
    for (size_t i = 0; i < in.n; i++)
        out[i] = in.p[i] ? in.p[i] : ' ';
    return in.n;
}

const struct transform_kind transform_compress_white_space = {
    .touches = may_compress, .write = compress, .growth = 1};

const struct transform_kind transform_remove_whitespace = {
    .touches = has_space, .write = remove_space, .growth = 1};

const struct transform_kind transform_trim = {.slice = trim};

const struct transform_kind transform_trim_left = {.slice = trim_left};

const struct transform_kind transform_trim_right = {.slice = trim_right};

const struct transform_kind transform_remove_nulls = {
    .touches = has_null, .write = remove_nulls, .growth = 1};

const struct transform_kind transform_replace_nulls = {
    .touches = has_null, .write = replace_nulls, .growth = 1};
