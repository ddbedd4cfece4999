/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields that lines of ALB's logs are made of.
 *
 * A line is made per request, so this is written for speed: the room is asked
 * for once, every piece is then written where the one before it ended, which
 * each call returns.
 */
#ifndef SLUICE_PROXY_LOG_LINE_H
#define SLUICE_PROXY_LOG_LINE_H

#include "base/address.h"
#include "base/text.h"

/* Of a line: all but its texts. */
enum { LINE_FIXED_MAX = 1024 - 16 };

/* Where a line with these texts begins, or NULL with t->overflow: the room is
 * asked for as if every byte of them had to be escaped. */
char *line_begin(struct text *t, const struct str *texts, unsigned ntexts);

/* The LF. */
void line_end(struct text *t, char *out);

static inline char *line_raw(char *out, struct str s)
{
    memcpy(out, s.p, s.n);
    return out + s.n;
}

#define LINE_LITERAL(out, literal) line_raw(out, STR(literal))

/* What a text may hold as it is: SP to '~' in quotes, without SP elsewhere. */
enum line_plain { LINE_QUOTED = 0x20, LINE_BARE = 0x21 };

/* The text, with \xHH for what it may not hold. */
char *line_escaped(char *out, struct str s, enum line_plain first);

/* Fields of text with the space before them; "-" when there is none. */
static inline char *line_bare(char *out, struct str s)
{
    *out++ = ' ';
    if (s.n == 0) {
        *out++ = '-';
        return out;
    }
    return line_escaped(out, s, LINE_BARE);
}

static inline char *line_quoted(char *out, struct str s)
{
    if (s.n == 0)
        return LINE_LITERAL(out, " \"-\"");
    out = LINE_LITERAL(out, " \"");
    out = line_escaped(out, s, LINE_QUOTED);
    *out++ = '"';
    return out;
}

/* Also with the space: seconds with three decimals, -1 when negative; TID_ and
 * 32 hex digits, "-" when all are zero. */
char *line_span(char *out, int64_t us);
char *line_conn_id(char *out, const uint8_t id[16]);

/* Without it: 2018-07-02T22:23:00.186641Z (from microseconds since 1970); an
 * address (IPv6 has no brackets; "-" when there is none) without and with its
 * port. */
char *line_time(char *out, int64_t us);
char *line_ip(char *out, const struct address *a);
char *line_address(char *out, const struct address *a);

static inline char *line_number(char *out, uint64_t v)
{
    struct text t = text_in(out, 20);

    if (v < 10) {
        *out++ = (char)('0' + v);
        return out;
    }
    text_u64(&t, v);
    return out + t.n;
}

/* `n` digits with leading zeros. */
static inline char *line_digits(char *out, unsigned v, unsigned n)
{
    for (unsigned i = n; i > 0; i--) {
        out[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    return out + n;
}

/* "-" when 0. */
static inline char *line_status(char *out, unsigned status)
{
    if (status == 0) {
        *out++ = '-';
        return out;
    }
    return line_number(out, status);
}

#endif
