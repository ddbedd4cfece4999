/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the access log (alb.md 7.1).
 *
 * One line is made per request, so this is written for speed: the room is
 * asked for once, every piece is then written where the one before it ended
 * (each put_x() returns its end), and dates are made once a second.
 */
#include <time.h>

#include "codec/scan.h"
#include "proxy/access_log.h"

enum {
    FIXED_MAX = 1024 - 16, /* of a line: all but its texts */
    WIDE = 16,             /* a text is copied in such pieces */
    DATE_LEN = sizeof("2018-07-02T22:23:00") - 1,
    DATES = 4,
};

/* What a text may hold as it is: SP to '~' in quotes, without SP elsewhere. */
enum first_plain { QUOTED = 0x20, BARE = 0x21 };

/* ---- texts -------------------------------------------------------------- */

static bool is_plain(char c, enum first_plain first)
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
static unsigned first_odd(scan_wide v, enum first_plain first)
{
    scan_wide plain = scan_within(v, (char)first, (char)(0x7e - first));
    scan_wide quote = scan_or(scan_equal(v, '"'), scan_equal(v, '\\'));

    return scan_first(
        scan_or(quote, scan_and_not(scan_all((char)0xff), plain)));
}
#endif

static char *put_escaped(char *out, struct str s, enum first_plain first)
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

static char *put_raw(char *out, struct str s)
{
    memcpy(out, s.p, s.n);
    return out + s.n;
}

#define PUT_LITERAL(out, literal) put_raw(out, STR(literal))

/* Every field but the first begins with its space. */
static char *put_bare(char *out, struct str s)
{
    *out++ = ' ';
    if (s.n == 0) {
        *out++ = '-';
        return out;
    }
    return put_escaped(out, s, BARE);
}

static char *put_quoted(char *out, struct str s)
{
    if (s.n == 0)
        return PUT_LITERAL(out, " \"-\"");
    out = PUT_LITERAL(out, " \"");
    out = put_escaped(out, s, QUOTED);
    *out++ = '"';
    return out;
}

/* ---- numbers, times, addresses ------------------------------------------ */

static char *put_number(char *out, uint64_t v)
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
static char *put_digits(char *out, unsigned v, unsigned n)
{
    for (unsigned i = n; i > 0; i--) {
        out[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    return out + n;
}

/* Seconds with three decimals. */
static char *put_span(char *out, int64_t us)
{
    uint64_t ms;

    if (us < 0)
        return PUT_LITERAL(out, " -1");
    ms = ((uint64_t)us + 500) / 1000;
    *out++ = ' ';
    out = put_number(out, ms / 1000);
    *out++ = '.';
    return put_digits(out, (unsigned)(ms % 1000), 3);
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
    out = put_digits(out, (unsigned)tm.tm_year + 1900, 4);
    *out++ = '-';
    out = put_digits(out, (unsigned)tm.tm_mon + 1, 2);
    *out++ = '-';
    out = put_digits(out, (unsigned)tm.tm_mday, 2);
    *out++ = 'T';
    out = put_digits(out, (unsigned)tm.tm_hour, 2);
    *out++ = ':';
    out = put_digits(out, (unsigned)tm.tm_min, 2);
    *out++ = ':';
    put_digits(out, (unsigned)tm.tm_sec, 2);
    date->second = second;
    date->made = true;
}

/* 2018-07-02T22:23:00.186641Z.  Points in time lie close together: the dates
 * of the last few seconds are kept. */
static char *put_time(char *out, int64_t us)
{
    static _Thread_local struct date dates[DATES];
    /* From 1970 to 9999: a date always has DATE_LEN characters. */
    uint64_t t = us > 0 ? (uint64_t)us % (253402300800 * 1000000) : 0;
    int64_t second = (int64_t)(t / 1000000);
    struct date *date = &dates[second % DATES];

    if (!date->made || date->second != second)
        make_date(date, second);
    *out++ = ' ';
    out = put_raw(out, str_make(date->text, DATE_LEN));
    *out++ = '.';
    out = put_digits(out, (unsigned)(t % 1000000), 6);
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

/* Also IPv6 without brackets; "-" when there is none. */
static char *put_ip(char *out, const struct address *a)
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

static char *put_address(char *out, const struct address *a)
{
    out = put_ip(out, a);
    if (a->family) {
        *out++ = ':';
        out = put_number(out, a->port);
    }
    return out;
}

/* ---- the request -------------------------------------------------------- */

/* The length of "HOST:" when that is what the authority (perhaps with a port)
 * begins with, else 0. */
static size_t before_port(struct str authority)
{
    for (size_t i = authority.n; i > 0; i--) {
        char c = authority.p[i - 1];

        if (c == ':')
            return i;
        if (c == ']' || c == '@')
            return 0;
    }
    return 0;
}

/* HOST:PORT, whatever of it there is. */
static char *put_authority(char *out, struct str authority,
                           const struct access_record *r)
{
    size_t colon = before_port(authority);

    if (colon && colon < authority.n)
        return put_escaped(out, authority, QUOTED);
    if (colon)
        authority.n = colon - 1; /* an empty port */
    if (authority.n) {
        out = put_escaped(out, authority, QUOTED);
    } else if (r->local.family == 6) {
        *out++ = '[';
        out = put_ip(out, &r->local);
        *out++ = ']';
    } else {
        out = put_ip(out, &r->local);
    }
    *out++ = ':';
    return put_number(out, r->port);
}

/* The length of "http://" or "https://" that the target begins with, or 0. */
static size_t scheme_length(struct str target)
{
    if (target.n == 0 || target.p[0] == '/')
        return 0;
    if (str_istarts(target, STR("http://")))
        return sizeof("http://") - 1;
    return str_istarts(target, STR("https://")) ? sizeof("https://") - 1 : 0;
}

static char *put_absolute(char *out, size_t scheme,
                          const struct access_record *r)
{
    struct str rest = r->texts[ACCESS_TARGET];
    size_t n = scheme;

    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' &&
           rest.p[n] != '#')
        n++;
    out = put_escaped(out, str_make(rest.p, scheme), QUOTED);
    out = put_authority(out, str_make(rest.p + scheme, n - scheme), r);
    return put_escaped(out, str_make(rest.p + n, rest.n - n), QUOTED);
}

static char *put_url(char *out, const struct access_record *r)
{
    bool clear = r->type == ACCESS_HTTP || r->type == ACCESS_WS;
    bool malformed = r->malformed || r->version == 0;
    struct str target = malformed ? STR("-") : r->texts[ACCESS_TARGET];
    size_t scheme = scheme_length(target);

    if (scheme)
        return put_absolute(out, scheme, r);
    out = put_raw(out, clear ? STR("http://") : STR("https://"));
    out = put_authority(out, r->texts[ACCESS_HOST], r);
    return put_escaped(out, target.n ? target : STR("-"), QUOTED);
}

static char *put_request(char *out, const struct access_record *r)
{
    struct str method = r->texts[ACCESS_METHOD];
    bool malformed = r->malformed || r->version == 0;

    out = PUT_LITERAL(out, " \"");
    if (malformed || method.n == 0)
        method = STR("-");
    out = put_escaped(out, method, QUOTED);
    *out++ = ' ';
    out = put_url(out, r);
    if (malformed)
        return PUT_LITERAL(out, " -\"");
    out = PUT_LITERAL(out, " HTTP/");
    out = put_number(out, r->version / 10);
    *out++ = '.';
    out = put_number(out, r->version % 10);
    *out++ = '"';
    return out;
}

/* ---- the line ----------------------------------------------------------- */

static struct str type_name(uint32_t type)
{
    static const struct str names[] = {
        [ACCESS_HTTP] = {"http", 4}, [ACCESS_HTTPS] = {"https", 5},
        [ACCESS_H2] = {"h2", 2},     [ACCESS_GRPCS] = {"grpcs", 5},
        [ACCESS_WS] = {"ws", 2},     [ACCESS_WSS] = {"wss", 3},
    };

    return type < sizeof(names) / sizeof(*names) ? names[type] : STR("-");
}

static char *put_status(char *out, unsigned status)
{
    if (status == 0) {
        *out++ = '-';
        return out;
    }
    return put_number(out, status);
}

static char *put_priority(char *out, int32_t priority)
{
    if (priority == ACCESS_PRIORITY_ERROR)
        return PUT_LITERAL(out, " -1");
    if (priority < 0)
        return PUT_LITERAL(out, " -");
    *out++ = ' ';
    return put_number(out, (uint64_t)priority);
}

static char *put_conn_id(char *out, const uint8_t id[16])
{
    static const uint8_t none[16];

    if (memcmp(id, none, sizeof(none)) == 0)
        return PUT_LITERAL(out, " -");
    out = PUT_LITERAL(out, " TID_");
    for (unsigned i = 0; i < sizeof(none); i++)
        out = put_hex(out, id[i], "0123456789abcdef");
    return out;
}

/* Fields 1 to 12: who, when, how long, what came of it. */
static char *put_outcome(char *out, const struct access_record *r,
                         struct str target)
{
    out = put_raw(out, type_name(r->type));
    out = put_time(out, r->time);
    out = put_bare(out, r->texts[ACCESS_LOAD_BALANCER]);
    *out++ = ' ';
    out = put_address(out, &r->client);
    *out++ = ' ';
    out = put_raw(out, target);
    out = put_span(out, r->request_us);
    out = put_span(out, r->target_us);
    out = put_span(out, r->response_us);
    *out++ = ' ';
    out = put_status(out, r->status);
    *out++ = ' ';
    out = put_status(out, r->target_status);
    *out++ = ' ';
    out = put_number(out, r->received);
    *out++ = ' ';
    return put_number(out, r->sent);
}

/* Fields 13 to 25: what was asked, and what was done about it. */
static char *put_handling(char *out, const struct access_record *r)
{
    struct str agent = r->texts[ACCESS_USER_AGENT];

    if (agent.n > ACCESS_USER_AGENT_MAX)
        agent.n = ACCESS_USER_AGENT_MAX;
    out = put_request(out, r);
    out = put_quoted(out, agent);
    out = put_bare(out, r->texts[ACCESS_SSL_CIPHER]);
    out = put_bare(out, r->texts[ACCESS_SSL_PROTOCOL]);
    out = put_bare(out, r->texts[ACCESS_TARGET_GROUP]);
    out = put_quoted(out, r->texts[ACCESS_TRACE_ID]);
    out = put_quoted(out, r->texts[ACCESS_DOMAIN_NAME]);
    out = put_quoted(out, r->texts[ACCESS_CERTIFICATE]);
    out = put_priority(out, r->priority);
    out = put_time(out, r->created);
    out = put_quoted(out, r->texts[ACCESS_ACTIONS]);
    out = put_quoted(out, r->texts[ACCESS_REDIRECT_URL]);
    return put_quoted(out, r->texts[ACCESS_ERROR_REASON]);
}

/* Fields 26 to 34. */
static char *put_rest(char *out, const struct access_record *r,
                      struct str target)
{
    out = PUT_LITERAL(out, " \"");
    out = put_raw(out, target);
    out = PUT_LITERAL(out, "\" \"");
    out = put_status(out, r->target_status);
    *out++ = '"';
    out = put_quoted(out, r->texts[ACCESS_CLASSIFICATION]);
    out = put_quoted(out, r->texts[ACCESS_CLASSIFICATION_REASON]);
    out = put_conn_id(out, r->conn_id);
    out = put_quoted(out, r->texts[ACCESS_TRANSFORMED_HOST]);
    out = put_quoted(out, r->texts[ACCESS_TRANSFORMED_URI]);
    out = put_quoted(out, r->texts[ACCESS_TRANSFORM_STATUS]);
    *out++ = ' ';
    return put_ip(out, &r->local);
}

/* Room that is always enough; put_escaped() writes WIDE bytes at once, of
 * which the last may be beyond the end of a text. */
static size_t most_bytes(const struct access_record *r)
{
    size_t n = 0;

    for (unsigned i = 0; i < ACCESS_TEXTS; i++)
        n += r->texts[i].n;
    return FIXED_MAX + WIDE + 4 * n;
}

void access_put_line(struct text *t, const struct access_record *record)
{
    char target_text[ADDRESS_TEXT_MAX];
    struct str target = {target_text, 0};
    char *out;

    if (t->overflow || most_bytes(record) > t->cap - t->n) {
        t->overflow = true;
        return;
    }
    target.n =
        (size_t)(put_address(target_text, &record->target) - target_text);
    out = t->p + t->n;
    out = put_outcome(out, record, target);
    out = put_handling(out, record);
    out = put_rest(out, record, target);
    *out++ = '\n';
    t->n = (size_t)(out - t->p);
}
