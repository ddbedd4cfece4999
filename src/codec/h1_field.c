/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a head, and the lists that fields hold.
 *
 * A line is read once, from left to right, and a verdict on it falls at the
 * same byte in whatever pieces a head arrives.
 */
#include "codec/h1_internal.h"
#include "codec/scan.h"

/* Lengths of names and values are 16 bits. */
enum { LINE_MAX = 65534 };

const struct h1_limits h1_request_limits = {16384, 16384, 65536};
const struct h1_limits h1_response_limits = {32768, 32768, 32768};

struct h1_head h1_head_begin(char *data, size_t n,
                             const struct h1_limits *limits)
{
    struct h1_head h = {.data = data, .p = data, .cut = n >= limits->head};

    h.end = n ? data + (h.cut ? limits->head : n) : data;
    h.line_max = limits->field < LINE_MAX ? limits->field : LINE_MAX;
    return h;
}

/* A first line without a version is all that HTTP/0.9 sends. */
static bool is_simple_request(const char *line, size_t n)
{
    return n >= 4 && memcmp(line, "GET ", 4) == 0 &&
           memmem(line, n, " HTTP/", 6) == NULL;
}

size_t h1_head_end(const char *data, size_t n, size_t *scanned)
{
    const char *lf, *line = NULL;
    size_t length;

    for (size_t from = *scanned; from < n; from = (size_t)(line - data)) {
        lf = memchr(data + from, '\n', n - from);
        if (lf == NULL)
            break;
        if (line == NULL) {
            const char *before = memrchr(data, '\n', (size_t)(lf - data));

            line = before ? before + 1 : data;
        }
        length = (size_t)(lf - line);
        if (length && lf[-1] == '\r')
            length--;
        /* The very first line may be empty. */
        if ((length == 0 && line > data) ||
            (line - data <= 2 && is_simple_request(line, length))) {
            *scanned = (size_t)(lf + 1 - data);
            return *scanned;
        }
        line = lf + 1;
    }
    *scanned = n;
    return 0;
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where a line that begins at h->p is too long, or the bytes end. */
static inline const char *line_stop(const struct h1_head *h)
{
    size_t room = (size_t)h->line_max + 1;

    return (size_t)(h->end - h->p) > room ? h->p + room : h->end;
}

static inline enum h1_line line_stopped(const struct h1_head *h,
                                        const char *stop)
{
    return (size_t)(stop - h->p) > h->line_max ? H1_LINE_LONG : H1_LINE_PARTIAL;
}

/* What a line is with this byte in it. */
static enum h1_line worse_line(enum h1_line line, char c)
{
    enum h1_line with = c == '\r'   ? H1_LINE_CR
                        : c == '\0' ? H1_LINE_NUL
                                    : H1_LINE_CONTROL;

    return with > line ? with : line;
}

enum h1_line h1_line_end(struct h1_head *h, const char *from, const char **eol,
                         const char **next)
{
    const char *stop = line_stop(h);
    enum h1_line line = H1_LINE_FIELD;

    for (const char *e = from;; e++) {
        e = scan_value(e, stop);
        if (e == stop)
            return line_stopped(h, stop);
        *eol = e;
        if (*e == '\n') {
            h->bare_lf = true;
            *next = e + 1;
            return line;
        }
        if (*e == '\r') {
            if (e + 1 == h->end)
                return H1_LINE_PARTIAL;
            *next = e + 2;
            if (e[1] == '\n')
                return line;
        }
        line = worse_line(line, *e);
    }
}

static void set_value(const struct h1_head *h, struct field *f, const char *v,
                      const char *eol)
{
    while (v < eol && is_blank(*v))
        v++;
    while (eol > v && is_blank(eol[-1]))
        eol--;
    f->value = (uint32_t)(v - h->data);
    f->value_len = (uint16_t)(eol - v);
}

/* A line that does not begin with a token and a colon. */
static enum h1_line read_odd(struct h1_head *h, struct field *f)
{
    const char *eol, *next, *colon;
    enum h1_line line = h1_line_end(h, h->p, &eol, &next);

    if (line >= H1_LINE_PARTIAL)
        return line;
    colon = memchr(h->p, ':', (size_t)(eol - h->p));
    f->name = (uint32_t)(h->p - h->data);
    f->name_len = (uint16_t)((colon ? colon : eol) - h->p);
    f->value = f->name;
    f->value_len = 0;
    if (colon)
        set_value(h, f, colon + 1, eol);
    h->invalid_names = true;
    f->id = FIELD_OTHER;
    f->flags = FIELD_DROPPED;
    h->p = next;
    return line >= H1_LINE_CR ? line : H1_LINE_ODD;
}

/* A value that holds a control byte at `at`, or a CR that may end it. */
static enum h1_line read_control(struct h1_head *h, struct field *f,
                                 const char *v, const char *at)
{
    const char *eol, *next;
    enum h1_line line = h1_line_end(h, at, &eol, &next);

    if (line >= H1_LINE_PARTIAL)
        return line;
    set_value(h, f, v, eol);
    f->flags |= FIELD_DROPPED;
    h->p = next;
    return line;
}

/* A line that begins with its end, or with a CR that is none. */
static enum h1_line read_end(struct h1_head *h, struct field *f)
{
    if (*h->p == '\n') {
        h->bare_lf = true;
        h->p++;
        return H1_LINE_END;
    }
    if (h->p + 1 == h->end)
        return H1_LINE_PARTIAL;
    if (h->p[1] != '\n')
        return read_odd(h, f);
    h->p += 2;
    return H1_LINE_END;
}

enum h1_line h1_read_field(struct h1_head *h, struct field *f)
{
    const char *p = h->p, *stop = line_stop(h);
    const char *colon = scan_name(p, stop), *v, *e;
    unsigned flags = FIELD_CANONICAL;

    if (H1_UNLIKELY(colon == p && p < stop && (*p == '\r' || *p == '\n')))
        return read_end(h, f);
    if (H1_UNLIKELY(colon < stop && *colon != ':')) {
        colon = scan_token(colon, stop);
        flags |= FIELD_ODD_NAME;
        h->invalid_names = true;
    }
    if (H1_UNLIKELY(colon == stop))
        return line_stopped(h, stop);
    if (H1_UNLIKELY(*colon != ':' || colon == p))
        return read_odd(h, f);
    v = colon + 1;
    if (H1_LIKELY(v < stop && *v == ' '))
        v++;
    else
        flags &= ~(unsigned)FIELD_CANONICAL;
    e = scan_value(v, stop);
    if (H1_UNLIKELY(e == stop))
        return line_stopped(h, stop);

    f->name = (uint32_t)(p - h->data);
    f->name_len = (uint16_t)(colon - p);
    f->id = (uint16_t)h1_token_id(p, f->name_len);
    f->flags = (uint16_t)flags;
    if (H1_LIKELY(*e == '\r')) {
        if (e + 1 == h->end)
            return H1_LINE_PARTIAL;
        if (H1_UNLIKELY(e[1] != '\n'))
            return read_control(h, f, v, e);
        h->p = e + 2;
    } else if (*e == '\n') {
        h->bare_lf = true;
        h->p = e + 1;
        f->flags &= (uint16_t)~FIELD_CANONICAL;
    } else {
        return read_control(h, f, v, e);
    }
    /* No byte of a value is below a space but HT. */
    if (H1_UNLIKELY(v < e && ((uint8_t)*v <= ' ' || (uint8_t)e[-1] <= ' '))) {
        f->flags &= (uint16_t)~FIELD_CANONICAL;
        set_value(h, f, v, e);
        return H1_LINE_FIELD;
    }
    f->value = (uint32_t)(v - h->data);
    f->value_len = (uint16_t)(e - v);
    return H1_LINE_FIELD;
}

enum h1_result h1_line_fault(const struct h1_head *h, enum h1_line line,
                             unsigned status, struct h1_fault *fault)
{
    switch (line) {
    case H1_LINE_PARTIAL:
        if (!h->cut)
            return H1_PARTIAL;
        return h1_bad(fault, status, DESYNC_NONE, "the head is too long");
    case H1_LINE_LONG:
        return h1_bad(fault, status, DESYNC_NONE, "a field line is too long");
    case H1_LINE_NUL:
        return h1_bad(fault, status, DESYNC_NONE,
                      "there is a NUL in a field line");
    default:
        return h1_bad(fault, status, DESYNC_NONE,
                      "there is a CR without LF in a field line");
    }
}

/* ---- lists ------------------------------------------------------------- */

bool h1_list_has(struct str list, struct str item)
{
    while (list.p) {
        if (str_ieq(str_trim(str_cut(&list, ',')), item))
            return true;
    }
    return false;
}

void h1_connection_add(struct h1_connection *c, struct str value)
{
    if (H1_LIKELY(str_eq(value, STR("keep-alive")))) {
        c->tokens++;
        c->keep_alive = true;
        return;
    }
    while (value.p && c->tokens <= H1_CONNECTION_TOKENS_MAX) {
        struct str token = str_trim(str_cut(&value, ','));

        c->tokens++;
        if (str_ieq(token, STR("close")))
            c->close = true;
        else if (str_ieq(token, STR("keep-alive")))
            c->keep_alive = true;
        else if (str_ieq(token, STR("upgrade")))
            c->upgrade = true;
    }
}

/* ---- hosts ------------------------------------------------------------- */

static bool reg_name_ok(const char *p, const char *end)
{
    while (p < end) {
        p = scan_class_plain(p, end, SCAN_HOST);
        if (p == end)
            return true;
        if (*p != '%' || end - p < 3 || !scan_is(p[1], SCAN_HEX) ||
            !scan_is(p[2], SCAN_HEX))
            return false;
        p += 3;
    }
    return true;
}

/* IP-literal without zones and future versions: at least two colons, as no
 * IPv6 address has fewer; whether it is one is not the codec's business. */
static bool ip_literal_ok(const char *p, const char *end)
{
    unsigned colons = 0;

    for (; p < end; p++) {
        if (*p == ':')
            colons++;
        else if (*p != '.' && !scan_is(*p, SCAN_HEX))
            return false;
    }
    return colons >= 2;
}

bool h1_authority_ok(struct str s, size_t *host_n)
{
    const char *end = s.p + s.n, *colon;
    uint64_t port;

    if (s.n == 0)
        return false;
    if (*s.p == '[') {
        const char *bracket = memchr(s.p, ']', s.n);

        if (bracket == NULL || !ip_literal_ok(s.p + 1, bracket))
            return false;
        colon = bracket + 1;
    } else {
        colon = memchr(s.p, ':', s.n);
        if (colon == NULL)
            colon = end;
        if (colon == s.p || !reg_name_ok(s.p, colon))
            return false;
    }
    *host_n = (size_t)(colon - s.p);
    if (colon == end)
        return true;
    if (*colon != ':')
        return false;
    if (colon + 1 == end)
        return true;
    *host_n = s.n;
    return end - colon <= 6 &&
           str_to_u64(str_make(colon + 1, (size_t)(end - colon - 1)), 65535,
                      &port);
}
