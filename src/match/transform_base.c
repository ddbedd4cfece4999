/* SPDX-License-Identifier: Apache-2.0
 *
 * BASE64_DECODE, BASE64_DECODE_EXT, HEX_DECODE and SQL_HEX_DECODE.
 */
#include "match/transform_internal.h"

static bool not_empty(struct str in)
{
    return in.n > 0;
}

/* ---- Base64 ----------------------------------------------------------------- */

/* What a character is worth; -1: it is none of the alphabet. */
static inline int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Bits that make no byte at the end are dropped, as padding would say. */
static inline size_t decode(struct str in, char *out, bool forgiving)
{
    unsigned bits = 0, kept = 0;
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        int value = sextet(in.p[i]);

        if (value < 0 && forgiving)
            continue;
        if (value < 0)
            break;
        bits = (bits << 6 | (unsigned)value) & 0x3fff;
        kept += 6;
        if (kept >= 8) {
            kept -= 8;
            out[n++] = (char)(unsigned char)(bits >> kept);
        }
    }
    return n;
}

static size_t decode_strictly(struct str in, char *out)
{
    return decode(in, out, false);
}

static size_t decode_forgivingly(struct str in, char *out)
{
    return decode(in, out, true);
}

/* ---- hexadecimal ------------------------------------------------------------ */

static bool is_hex(struct str in)
{
    for (size_t i = 0; i < in.n; i++) {
        if (hex_digit(in.p[i]) < 0)
            return false;
    }
    return in.n > 0;
}

static size_t decode_hex(struct str in, char *out)
{
    for (size_t i = 0; i + 1 < in.n; i += 2)
        out[i / 2] = (char)(unsigned char)transform_hex_pair(in.p + i);
    return in.n / 2;
}

/* "0x" and a byte in digits at in[i]. */
static inline bool is_number(struct str in, size_t i)
{
    return in.n - i >= 4 && in.p[i] == '0' && (in.p[i + 1] | 0x20) == 'x' &&
           transform_hex_pair(in.p + i + 2) >= 0;
}

static bool has_x(struct str in, char x)
{
    const char *at = in.p, *end = in.p + in.n;

    while (at < end && (at = memchr(at, x, (size_t)(end - at)))) {
        if (at > in.p && is_number(in, (size_t)(at - in.p) - 1))
            return true;
        at++;
    }
    return false;
}

static bool has_number(struct str in)
{
    return has_x(in, 'x') || has_x(in, 'X');
}

static size_t decode_numbers(struct str in, char *out)
{
    size_t n = 0, i = 0;

    while (i < in.n) {
        if (!is_number(in, i)) {
            out[n++] = in.p[i++];
            continue;
        }
        for (i += 2; in.n - i >= 2; i += 2) {
            int value = transform_hex_pair(in.p + i);

            if (value < 0)
                break;
            out[n++] = (char)(unsigned char)value;
        }
    }
    return n;
}

const struct transform_kind transform_base64_decode = {
    .touches = not_empty, .write = decode_strictly, .growth = 1};

const struct transform_kind transform_base64_decode_ext = {
    .touches = not_empty, .write = decode_forgivingly, .growth = 1};

const struct transform_kind transform_hex_decode = {
    .touches = is_hex, .write = decode_hex, .growth = 1};

const struct transform_kind transform_sql_hex_decode = {
    .touches = has_number, .write = decode_numbers, .growth = 1};
