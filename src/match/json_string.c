/* SPDX-License-Identifier: Apache-2.0 */
#include "match/json_string.h"

#include "codec/scan.h"

static inline bool is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

const char *json_string_run(const char *p, const char *end)
{
#if SCAN_WIDE
    while (end - p >= SCAN_WIDE) {
        scan_wide v = scan_load(p);
        scan_wide stops = scan_or(scan_equal(v, '"'), scan_equal(v, '\\'));
        unsigned at = scan_first(scan_or(stops, scan_within(v, 0, 0x1f)));

        p += at;
        if (at < SCAN_WIDE)
            return p;
    }
#endif
    while (p < end && is_plain(*p))
        p++;
    return p;
}

/* ---- escapes ------------------------------------------------------------- */

/* Four hexadecimal digits, -1: they are none. */
static int read_unit(const char *p, const char *end)
{
    int unit = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);

        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static size_t put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* `*p` stands behind "\u"; moves behind the digits, also those of the other
 * half. */
static bool put_unit(const char **p, const char *end, struct json_unescape *u,
                     char *to)
{
    int unit = read_unit(*p, end);
    unsigned c = (unsigned)unit;

    if (unit < 0)
        return false;
    *p += 4;
    if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' &&
        (*p)[1] == 'u') {
        int low = read_unit(*p + 2, end);

        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c & 0x3ff) << 10) + ((unsigned)low & 0x3ff);
            *p += 6;
        }
    }
    if (c >= 0xd800 && c < 0xe000)
        c = 0xfffd;
    u->n += put_utf8(to + u->n, c);
    return true;
}

/* `*p` stands at the backslash. */
static bool put_escape(const char **p, const char *end, struct json_unescape *u,
                       char *to)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (end - *p < 2)
        return false;
    if ((*p)[1] == 'u') {
        const char *digits = *p + 2;

        if (!put_unit(&digits, end, u, to))
            return false;
        *p = digits;
        return true;
    }
    letter = memchr(letters, (*p)[1], sizeof(letters) - 1);
    if (letter == NULL)
        return false;
    to[u->n++] = bytes[letter - letters];
    *p += 2;
    return true;
}

struct json_unescape json_unescape(const char *p, const char *end, char *to)
{
    struct json_unescape u = {.p = p};

    for (;;) {
        const char *run = json_string_run(p, end);

        memcpy(to + u.n, p, (size_t)(run - p));
        u.n += (size_t)(run - p);
        u.p = p = run;
        if (p == end || *p != '\\')
            return u;
        if (!put_escape(&p, end, &u, to)) {
            u.fault = "an escape that is none";
            return u;
        }
    }
}
