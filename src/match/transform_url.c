/* SPDX-License-Identifier: Apache-2.0
 *
 * URL_DECODE, URL_DECODE_UNI and UTF8_TO_UNICODE, which goes before it.
 */
#include "match/transform_internal.h"

/* ---- percent signs ---------------------------------------------------------- */

/* Length of the escape whose "%" is at in[i], with the byte that it stands
 * for; 0: it is none. */
static inline size_t escape_at(struct str in, size_t i, bool uni,
                               unsigned char *byte)
{
    size_t left = in.n - i;
    int value;

    if (uni && left >= 6 && (in.p[i + 1] | 0x20) == 'u') {
        value = transform_hex_four(in.p + i + 2);
        *byte = transform_narrow((unsigned)value);
        return value < 0 ? 0 : 6;
    }
    value = left >= 3 ? transform_hex_pair(in.p + i + 1) : -1;
    *byte = (unsigned char)value;
    return value < 0 ? 0 : 3;
}

static inline bool touches(struct str in, bool uni)
{
    const char *at = in.p, *end = in.p + in.n;
    unsigned char byte;

    if (in.n && memchr(in.p, '+', in.n))
        return true;
    while (at < end && (at = memchr(at, '%', (size_t)(end - at)))) {
        if (escape_at(in, (size_t)(at - in.p), uni, &byte))
            return true;
        at++;
    }
    return false;
}

static inline size_t decode(struct str in, char *out, bool uni)
{
    unsigned char byte;
    size_t n = 0, taken;

    for (size_t i = 0; i < in.n; i += taken) {
        taken = in.p[i] == '%' ? escape_at(in, i, uni, &byte) : 0;
        if (taken) {
            out[n++] = (char)byte;
            continue;
        }
        out[n++] = in.p[i] == '+' ? ' ' : in.p[i];
        taken = 1;
    }
    return n;
}

static bool has_url(struct str in)
{
    return touches(in, false);
}

static size_t decode_url(struct str in, char *out)
{
    return decode(in, out, false);
}

static bool has_url_uni(struct str in)
{
    return touches(in, true);
}

static size_t decode_url_uni(struct str in, char *out)
{
    return decode(in, out, true);
}

/* ---- characters ------------------------------------------------------------- */

static bool has_high(struct str in)
{
    uint64_t found = 0;
    size_t i = 0;

    for (; i + WORD_BYTES <= in.n && !found; i += WORD_BYTES)
        found = word_at(in.p + i) & WORD_OF(0x80);
    for (; i < in.n && !found; i++)
        found = (unsigned char)in.p[i] & 0x80;
    return found;
}

static inline size_t sequence_length(unsigned char first)
{
    if (first >= 0xc0 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf8 ? 4 : 1;
}

/* Length of the sequence of several bytes at in[i]; 1: it is none.  Sequences
 * longer than they had to be are taken: careless readers take them too, and
 * what they hide must be seen. */
static size_t sequence_at(struct str in, size_t i, unsigned *code)
{
    const unsigned char *p = (const unsigned char *)in.p + i;
    size_t n = sequence_length(p[0]);

    if (n == 1 || n > in.n - i)
        return 1;
    *code = p[0] & (0x7fu >> n);
    for (size_t k = 1; k < n; k++) {
        if ((p[k] & 0xc0) != 0x80)
            return 1;
        *code = *code << 6 | (p[k] & 0x3f);
    }
    return *code > 0x10ffff ? 1 : n;
}

/* "%u" and at least four digits; returns the length. */
static size_t put_code(char *out, unsigned code)
{
    unsigned digits = code > 0xfffff ? 6 : code > 0xffff ? 5 : 4;

    out[0] = '%';
    out[1] = 'u';
    for (unsigned i = digits; i-- > 0; code >>= 4)
        out[2 + i] = "0123456789abcdef"[code & 15];
    return 2 + digits;
}

static size_t write_codes(struct str in, char *out)
{
    unsigned code = 0;
    size_t n = 0, taken;

    for (size_t i = 0; i < in.n; i += taken) {
        taken = sequence_at(in, i, &code);
        if (taken == 1)
            out[n++] = in.p[i];
        else
            n += put_code(out + n, code);
    }
    return n;
}

const struct transform_kind transform_url_decode = {
    .touches = has_url, .write = decode_url, .growth = 1};

const struct transform_kind transform_url_decode_uni = {
    .touches = has_url_uni, .write = decode_url_uni, .growth = 1};

/* Two bytes become six. */
const struct transform_kind transform_utf8_to_unicode = {
    .touches = has_high, .write = write_codes, .growth = 3};
