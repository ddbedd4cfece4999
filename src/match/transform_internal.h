/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the transformations share: how one is described, and what
 * bytes are to them.  The algorithms are those of aws-waf.md 4.
 */
#ifndef SLUICE_MATCH_TRANSFORM_INTERNAL_H
#define SLUICE_MATCH_TRANSFORM_INTERNAL_H

#include "base/str.h"

/* One transformation: `slice` alone, or the other members. */
struct transform_kind {
    /* The result, where it is always a part of the value. */
    struct str (*slice)(struct str in);

    /* Whether the value may change.  It runs over every value of every
     * request: quick, and false for what people send. */
    bool (*touches)(struct str in);

    /* Writes the result, returns its length: at most growth * in.n + least. */
    size_t (*write)(struct str in, char *out);
    unsigned growth;
    unsigned least;
};

extern const struct transform_kind transform_lowercase, transform_uppercase,
    transform_compress_white_space, transform_remove_whitespace, transform_trim,
    transform_trim_left, transform_trim_right, transform_remove_nulls,
    transform_replace_nulls, transform_url_decode, transform_url_decode_uni,
    transform_utf8_to_unicode, transform_html_entity_decode,
    transform_escape_seq_decode, transform_js_decode, transform_js_decode_ext,
    transform_css_decode, transform_base64_decode, transform_base64_decode_ext,
    transform_hex_decode, transform_sql_hex_decode, transform_cmd_line,
    transform_cmd_line_unix, transform_cmd_line_win, transform_normalize_path,
    transform_normalize_path_win, transform_replace_comments,
    transform_remove_comments_char, transform_md5, transform_sha256;

/* ---- classes of bytes ------------------------------------------------------- */

enum transform_class {
    BYTE_SPACE = 1,  /* 0x20 */
    BYTE_LINE = 2,   /* \t \n \r */
    BYTE_FEED = 4,   /* \v \f */
    BYTE_NBSP = 8,   /* 0xa0: a no-break space in Latin-1 */
    BYTE_UPPER = 16, /* A-Z */
    BYTE_QUOTE = 32, /* " ' */
    BYTE_BACKSLASH = 64,
    BYTE_CARET = 128,
    BYTE_GRAVE = 256,
    BYTE_SEPARATOR = 512, /* , ; */
    BYTE_OPENER = 1024,   /* / ( */
    BYTE_URL = 2048,      /* % + */
    BYTE_AMPERSAND = 4096,
    BYTE_NULL = 8192,
    BYTE_BLANK = BYTE_LINE | BYTE_FEED, /* white space that is no 0x20 */
};

extern const uint16_t transform_classes[256];

static inline unsigned transform_class(char c)
{
    return transform_classes[(unsigned char)c];
}

/* Whether a byte of the classes `always` is in it, or two of one of the
 * classes `twice` in a row. */
bool transform_has(struct str in, unsigned always, unsigned twice);

/* ---- eight bytes at once ---------------------------------------------------- */

enum { WORD_BYTES = 8 };

#define WORD_OF(c) (0x0101010101010101u * (uint8_t)(c))

static inline uint64_t word_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* Not 0 when one of its bytes is. */
static inline uint64_t word_zero(uint64_t word)
{
    return (word - WORD_OF(1)) & ~word & WORD_OF(0x80);
}

/* Not 0 when one of its bytes is in a range of ASCII.  Sums of seven bits never
 * carry into the next byte. */
static inline uint64_t word_range(uint64_t word, char first, char last)
{
    uint64_t low = word & ~WORD_OF(0x80);

    return ((low + WORD_OF(0x80 - first)) ^ (low + WORD_OF(0x7f - last))) &
           ~word & WORD_OF(0x80);
}

/* ---- parts of escapes ------------------------------------------------------- */

/* What two hexadecimal digits are worth; -1: they are none. */
static inline int transform_hex_pair(const char *p)
{
    int high = hex_digit(p[0]), low = hex_digit(p[1]);

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* What four are worth. */
static inline int transform_hex_four(const char *p)
{
    int high = transform_hex_pair(p), low = transform_hex_pair(p + 2);

    return high < 0 || low < 0 ? -1 : high * 256 + low;
}

/* The byte that is taken for a 16-bit character: the low one, and for
 * full-width forms (U+FF01 to U+FF5E) the ASCII character that they show. */
static inline unsigned char transform_narrow(unsigned code)
{
    unsigned low = code & 0xff;

    if (code >> 8 == 0xff && low > 0 && low < 0x5f)
        low += 0x20;
    return (unsigned char)low;
}

#endif
