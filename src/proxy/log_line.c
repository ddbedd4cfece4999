/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields that lines of all logs are made of, and the line of a record.
 */
#include "proxy/log_line.h"

#include <time.h>

#include "codec/scan.h"
#include "proxy/log_ring.h"

enum {
    WIDE = 16, /* a text is copied in such pieces */
    DATE_LEN = sizeof("2018-07-02T22:23:00") - 1,
    DATES = 4,
};

/* ---- texts -------------------------------------------------------------- */

static bool is_plain(char c, enum line_plain first)
{
    unsigned char u = (unsigned char)c;

    return u >= first && u < 0x7f && u != '"' && u != '\\';
}

static char *put_hex(char *out, uint8_t byte, const char *digits)
{
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 0xf];
    return out;
}

static char *put_escape(char *out, char c)
{
    *out++ = '\\';
    *out++ = 'x';
    return put_hex(out, (uint8_t)c, "0123456789ABCDEF");
}

#if SCAN_WIDE
/* The first of the WIDE bytes that is not plain, or WIDE. */
static unsigned first_odd(scan_wide v, enum line_plain first)
{
    scan_wide plain = scan_within(v, (char)first, (char)(0x7e - first));
    scan_wide quote = scan_or(scan_equal(v, '"'), scan_equal(v, '\\'));

    return scan_first(
        scan_or(quote, scan_and_not(scan_all((char)0xff), plain)));
}
#endif

char *line_escaped(char *out, struct str s, enum line_plain first)
{
    const char *p = s.p;
    const char *end = p + s.n;

#if SCAN_WIDE
    while (end - p >= WIDE) {
        unsigned n = first_odd(scan_load(p), first);

        memcpy(out, p, WIDE);
        out += n;
        p += n;
        if (n < WIDE)
            out = put_escape(out, *p++);
    }
#endif
    for (; p < end; p++) {
        if (is_plain(*p, first))
            *out++ = *p;
        else
            out = put_escape(out, *p);
    }
    return out;
}

/* ---- numbers, times, addresses ------------------------------------------ */

char *line_span(char *out, int64_t us)
{
    uint64_t ms;

    if (us < 0)
        return LINE_LITERAL(out, " -1");
    ms = ((uint64_t)us + 500) / 1000;
    *out++ = ' ';
    out = line_number(out, ms / 1000);
    *out++ = '.';
    return line_digits(out, (unsigned)(ms % 1000), 3);
}

struct date {
    int64_t second;
    char text[DATE_LEN];
    bool made;
};

static void make_date(struct date *date, int64_t second)
{
    time_t clock = (time_t)second;
    struct tm tm;
    char *out = date->text;

    gmtime_r(&clock, &tm);
    out = line_digits(out, (unsigned)tm.tm_year + 1900, 4);
    *out++ = '-';
    out = line_digits(out, (unsigned)tm.tm_mon + 1, 2);
    *out++ = '-';
    out = line_digits(out, (unsigned)tm.tm_mday, 2);
    *out++ = 'T';
    out = line_digits(out, (unsigned)tm.tm_hour, 2);
    *out++ = ':';
    out = line_digits(out, (unsigned)tm.tm_min, 2);
    *out++ = ':';
    line_digits(out, (unsigned)tm.tm_sec, 2);
    date->second = second;
    date->made = true;
}

/* Points in time lie close together: the dates of the last few seconds are
 * kept. */
char *line_time(char *out, int64_t us)
{
    static _Thread_local struct date dates[DATES];
    /* From 1970 to 9999: a date always has DATE_LEN characters. */
    uint64_t t = us > 0 ? (uint64_t)us % (253402300800 * 1000000) : 0;
    int64_t second = (int64_t)(t / 1000000);
    struct date *date = &dates[second % DATES];

    if (!date->made || date->second != second)
        make_date(date, second);
    out = line_raw(out, str_make(date->text, DATE_LEN));
    *out++ = '.';
    out = line_digits(out, (unsigned)(t % 1000000), 6);
    *out++ = 'Z';
    return out;
}

static char *put_octet(char *out, unsigned v)
{
    if (v >= 100) {
        *out++ = (char)('0' + v / 100);
        v %= 100;
        *out++ = (char)('0' + v / 10);
    } else if (v >= 10) {
        *out++ = (char)('0' + v / 10);
    }
    *out++ = (char)('0' + v % 10);
    return out;
}

char *line_ip(char *out, const struct address *a)
{
    struct text t = text_in(out, ADDRESS_TEXT_MAX);

    if (a->family == 4) {
        out = put_octet(out, a->ip[0]);
        for (unsigned i = 1; i < 4; i++) {
            *out++ = '.';
            out = put_octet(out, a->ip[i]);
        }
        return out;
    }
    if (a->family == 0) {
        *out++ = '-';
        return out;
    }
    address_put_ip(&t, a);
    return out + t.n;
}

char *line_address(char *out, const struct address *a)
{
    out = line_ip(out, a);
    if (a->family) {
        *out++ = ':';
        out = line_number(out, a->port);
    }
    return out;
}

char *line_conn_id(char *out, const uint8_t id[16])
{
    static const uint8_t none[16];

    if (memcmp(id, none, sizeof(none)) == 0)
        return LINE_LITERAL(out, " -");
    out = LINE_LITERAL(out, " TID_");
    for (unsigned i = 0; i < sizeof(none); i++)
        out = put_hex(out, id[i], "0123456789abcdef");
    return out;
}

/* ---- lines --------------------------------------------------------------- */

char *line_begin(struct text *t, const struct str *texts, unsigned ntexts)
{
    /* line_escaped() writes WIDE bytes at once, of which the last may be
     * beyond the end of a text. */
    size_t n = LINE_FIXED_MAX + WIDE;

    for (unsigned i = 0; i < ntexts; i++)
        n += 4 * texts[i].n;
    if (t->overflow || n > t->cap - t->n) {
        t->overflow = true;
        return NULL;
    }
    return t->p + t->n;
}

void line_end(struct text *t, char *out)
{
    *out++ = '\n';
    t->n = (size_t)(out - t->p);
}

void log_put_line(struct text *t, const struct log_record *record)
{
    switch (record->kind) {
    case ACCESS_LOG:
        access_put_line(t, &record->of.access);
        break;
    case CONNECTION_LOG:
        connection_put_line(t, &record->of.connection);
        break;
    case HEALTH_CHECK_LOG:
        health_check_put_line(t, &record->of.health_check);
        break;
    case WAF_LOG:
        waf_log_put_line(t, &record->of.waf);
        break;
    case LOG_KINDS:
        break;
    }
}

uint32_t log_record_sink(const struct log_record *record)
{
    switch (record->kind) {
    case ACCESS_LOG:
        return record->of.access.sink;
    case CONNECTION_LOG:
        return record->of.connection.sink;
    case HEALTH_CHECK_LOG:
        return record->of.health_check.sink;
    case WAF_LOG:
        return record->of.waf.sink;
    case LOG_KINDS:
        break;
    }
    return UINT32_MAX;
}
