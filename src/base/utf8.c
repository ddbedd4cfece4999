/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

size_t utf8_length(const unsigned char *p, size_t n)
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

static bool is_noncharacter(const unsigned char *p)
{
    return p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

bool utf8_is_text(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0; i < s.n;) {
        size_t n;

        if (p[i] < 0x80) {
            if (p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
                return false;
            i++;
            continue;
        }
        n = utf8_length(p + i, s.n - i);
        if (n == 0 || (n == 3 && is_noncharacter(p + i)))
            return false;
        i += n;
    }
    return true;
}

static size_t step(struct str s, size_t i)
{
    const unsigned char *p = (const unsigned char *)s.p + i;
    size_t n = p[0] < 0x80 ? 1 : utf8_length(p, s.n - i);

    return n ? n : 1;
}

size_t utf8_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; i += step(s, i))
        count++;
    return count;
}

struct str utf8_cut(struct str s, size_t n)
{
    size_t i = 0;

    while (i < s.n && i + step(s, i) <= n)
        i += step(s, i);
    return str_make(s.p, i);
}
