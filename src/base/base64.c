/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a character means, and one more: 0 for one that means nothing. */
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
    ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64};

/* Has the bit 64 when it is none. */
static uint32_t digit(char c)
{
    return digits[(uint8_t)c] - 1u;
}

static void put_group(char out[4], const uint8_t *p, size_t n)
{
    uint32_t bits = (uint32_t)p[0] << 16;

    if (n > 1)
        bits |= (uint32_t)p[1] << 8;
    if (n > 2)
        bits |= p[2];
    out[0] = alphabet[bits >> 18];
    out[1] = alphabet[bits >> 12 & 63];
    out[2] = n > 1 ? alphabet[bits >> 6 & 63] : '=';
    out[3] = n > 2 ? alphabet[bits & 63] : '=';
}

void base64_put(struct text *t, const uint8_t *p, size_t n)
{
    char *out = t->p + t->n;

    if (t->overflow || BASE64_LEN(n) > t->cap - t->n) {
        t->overflow = true;
        return;
    }
    for (size_t i = 0; i < n; i += 3, out += 4)
        put_group(out, p + i, n - i < 3 ? n - i : 3);
    t->n += BASE64_LEN(n);
}

/* Three bytes of four characters; false when one of them is no digit. */
static bool read_group(const char *p, uint8_t out[3])
{
    uint32_t a = digit(p[0]), b = digit(p[1]);
    uint32_t c = digit(p[2]), d = digit(p[3]);

    if ((a | b | c | d) & 64)
        return false;
    out[0] = (uint8_t)(a << 2 | b >> 4);
    out[1] = (uint8_t)(b << 4 | c >> 2);
    out[2] = (uint8_t)(c << 6 | d);
    return true;
}

/* The last group: "xx==" is one byte, "xxx=" two.  Returns them, or -1. */
static long read_last(const char *p, uint8_t *out)
{
    char group[4] = {p[0], p[1], p[2], p[3]};
    uint8_t bytes[3];
    long n = 3;

    if (group[3] == '=') {
        group[3] = 'A';
        n = 2;
        if (group[2] == '=') {
            group[2] = 'A';
            n = 1;
        }
    }
    if (!read_group(group, bytes))
        return -1;
    for (long i = n; i < 3; i++) {
        if (bytes[i])
            return -1;
    }
    memcpy(out, bytes, (size_t)n);
    return n;
}

long base64_read(struct str s, uint8_t *out)
{
    uint8_t *to = out;
    long last;

    if (s.n == 0 || s.n % 4)
        return s.n ? -1 : 0;
    for (size_t i = 0; i + 4 < s.n; i += 4, to += 3) {
        if (!read_group(s.p + i, to))
            return -1;
    }
    last = read_last(s.p + s.n - 4, to);
    return last < 0 ? -1 : to - out + last;
}
