/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

void text_u64(struct text *t, uint64_t v)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021"
                                "22232425262728293031323334353637383940414243"
                                "44454647484950515253545556575859606162636465"
                                "66676869707172737475767778798081828384858687"
                                "888990919293949596979899";
    char digits[20];
    size_t at = sizeof(digits);

    while (v >= 100) {
        at -= 2;
        memcpy(digits + at, pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + v * 2, 2);
    } else {
        digits[--at] = (char)('0' + v);
    }
    text_put(t, digits + at, sizeof(digits) - at);
}

/* The 16 hexadecimal digits of v, most significant first, eight at a time:
 * every nibble in a byte of its own, then all of them made digits at once. */
static void hex_digits(char out[16], uint64_t v)
{
    for (int half = 0; half < 2; half++) {
        uint64_t x = half ? v & 0xffffffff : v >> 32;
        uint64_t letters;

        x = (x | x << 16) & 0x0000ffff0000ffff;
        x = (x | x << 8) & 0x00ff00ff00ff00ff;
        x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
        /* 1 in every byte that is ten or more: those become letters */
        letters = (x + 0x0606060606060606) >> 4 & 0x0101010101010101;
        x += 0x3030303030303030 + letters * ('a' - '0' - 10);
        x = be64toh(x);
        memcpy(out + half * 8, &x, sizeof(x));
    }
}

void text_hex(struct text *t, uint64_t v, unsigned width)
{
    char digits[16];
    unsigned n = v ? 16 - (unsigned)__builtin_clzll(v) / 4 : 0;

    if (n < width)
        n = width;
    hex_digits(digits, v);
    text_put(t, digits + 16 - n, n);
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list args;
    size_t room = t->cap - t->n;
    int n;

    if (t->overflow)
        return;
    va_start(args, format);
    n = vsnprintf(t->p + t->n, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        t->overflow = true;
        return;
    }
    t->n += (size_t)n;
}

/* Bytes at the begin of p[0..n) that a JSON string has as they are. */
static size_t json_plain(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n && p[i] >= ' ' && p[i] <= '~' && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

void text_json(struct text *t, struct str s)
{
    text_char(t, '"');
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t whole =
            c < 0x80 ? json_plain(s.p + i, s.n - i)
                     : utf8_length((const unsigned char *)s.p + i, s.n - i);

        if (whole) {
            text_put(t, s.p + i, whole);
            i += whole;
            continue;
        }
        if (c == '"' || c == '\\') {
            text_char(t, '\\');
            text_char(t, (char)c);
        } else {
            TEXT_LITERAL(t, "\\u");
            text_hex(t, c, 4);
        }
        i++;
    }
    text_char(t, '"');
}
