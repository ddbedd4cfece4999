/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_u64(struct text *t, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    text_put(t, digits + at, sizeof(digits) - at);
}

void text_hex(struct text *t, uint64_t v, unsigned width)
{
    char digits[16];
    size_t at = sizeof(digits);

    while (at > 0 && (v || width > sizeof(digits) - at)) {
        digits[--at] = "0123456789abcdef"[v & 15];
        v >>= 4;
    }
    text_put(t, digits + at, sizeof(digits) - at);
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list args;
    size_t room = t->cap - t->n;
    int n;

    va_start(args, format);
    n = vsnprintf(t->p + t->n, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        t->overflow = true;
        return;
    }
    t->n += (size_t)n;
}

/* Length of the UTF-8 sequence at p[0..n), 0 when it is not one (RFC 3629). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t want = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;

    if (want == 0 || want > n || p[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < want; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return want;
}

void text_json(struct text *t, struct str s)
{
    text_char(t, '"');
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t wide =
            c < 0x80 ? 0 : utf8_length((const unsigned char *)s.p + i, s.n - i);

        if (wide) {
            text_put(t, s.p + i, wide);
            i += wide;
            continue;
        }
        if (c == '"' || c == '\\') {
            text_char(t, '\\');
            text_char(t, (char)c);
        } else if (c < 0x20 || c >= 0x7f) {
            TEXT_LITERAL(t, "\\u");
            text_hex(t, c, 4);
        } else {
            text_char(t, (char)c);
        }
        i++;
    }
    text_char(t, '"');
}
