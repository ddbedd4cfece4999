/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads out, and what must not go out.
 */
#include "codec/desync.h"
#include "codec/scan.h"

/* ---- hop by hop -------------------------------------------------------- */

#define BIT(id) (1u << FIELD_##id)

enum {
    /* Never passed on as they came. */
    HOP_BY_HOP = BIT(CONNECTION) | BIT(KEEP_ALIVE) | BIT(PROXY_CONNECTION) |
                 BIT(TE) | BIT(UPGRADE) | BIT(HTTP2_SETTINGS) |
                 BIT(TRANSFER_ENCODING) | BIT(CONTENT_LENGTH),
    /* Passed on, whatever Connection says. */
    END_TO_END = BIT(AUTHORIZATION) | BIT(CONTENT_TYPE) | BIT(COOKIE) |
                 BIT(DATE) | BIT(FORWARDED) | BIT(HOST) | BIT(SERVER) |
                 BIT(X_AMZN_TRACE_ID) | BIT(X_FORWARDED_FOR) |
                 BIT(X_FORWARDED_PORT) | BIT(X_FORWARDED_PROTO),
};

/* What Connection lists: ids, and names that have none. */
struct listed {
    uint32_t ids;
    uint32_t lengths; /* bit length & 31 of the names below */
    unsigned n;
    struct {
        struct str name;
        uint32_t hash;
    } v[H1_CONNECTION_TOKENS_MAX];
};

static uint32_t hash_of(struct str s)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (uint8_t)str_lower(s.p[i])) * 16777619u;
    return hash;
}

/* Names without an id that are end-to-end all the same. */
static bool end_to_end(struct str name)
{
    return str_istarts(name, STR("content-")) ||
           str_istarts(name, STR("x-forwarded-")) ||
           str_istarts(name, STR("x-amzn-")) ||
           str_ieq(name, STR("set-cookie"));
}

static void list_token(struct listed *l, struct str token)
{
    enum field_id id = field_id_of(token);

    if (id != FIELD_OTHER) {
        l->ids |= 1u << id;
        return;
    }
    if (token.n == 0 || l->n == H1_CONNECTION_TOKENS_MAX ||
        str_ieq(token, STR("close")) || end_to_end(token))
        return;
    l->lengths |= 1u << (token.n & 31);
    l->v[l->n].name = token;
    l->v[l->n++].hash = hash_of(token);
}

static void list_tokens(struct listed *l, struct str value)
{
    if (str_ieq(value, STR("keep-alive")) || str_ieq(value, STR("close")))
        return;
    while (value.p && l->n < H1_CONNECTION_TOKENS_MAX)
        list_token(l, str_trim(str_cut(&value, ',')));
}

static bool is_listed(const struct listed *l, struct str name)
{
    uint32_t hash;

    if (H1_LIKELY(!(l->lengths & 1u << (name.n & 31))))
        return false;
    hash = hash_of(name);
    for (unsigned i = 0; i < l->n; i++) {
        if (l->v[i].hash == hash && str_ieq(l->v[i].name, name))
            return true;
    }
    return false;
}

void h1_mark_hop_by_hop(struct fields *fs)
{
    struct listed listed;
    uint32_t drop = HOP_BY_HOP, present = 0;

    listed.ids = listed.lengths = listed.n = 0;
    if (fs->present & BIT(CONNECTION)) {
        for (unsigned i = 0; i < fs->n; i++) {
            const struct field *f = &fs->v[i];

            if (f->id == FIELD_CONNECTION && !(f->flags & FIELD_DROPPED))
                list_tokens(&listed, field_value(fs, f));
        }
        drop |= listed.ids & ~(uint32_t)END_TO_END;
    }
    if (!(fs->present & drop) && listed.n == 0)
        return;
    for (unsigned i = 0; i < fs->n; i++) {
        struct field *f = &fs->v[i];

        if (f->flags & FIELD_DROPPED)
            continue;
        if (drop & 1u << f->id ||
            (f->id == FIELD_OTHER && is_listed(&listed, field_name(fs, f))))
            f->flags |= FIELD_DROPPED;
        else
            present |= 1u << f->id;
    }
    fs->present = present;
}

/* ---- heads ------------------------------------------------------------- */

/* SP, controls and '#' as %XX. */
static void put_encoded(struct text *t, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *p = s.p, *end = s.p + s.n;

    while (p < end) {
        const char *odd = scan_target(p, end);

        text_put(t, p, (size_t)(odd - p));
        p = odd;
        if (p < end) {
            uint8_t c = (uint8_t)*p++;
            char code[3] = {'%', digits[c >> 4], digits[c & 15]};

            text_put(t, code, 3);
        }
    }
}

void h1_put_request_line(struct text *t, const struct request *req,
                         struct str target)
{
    struct str path = slice_of(&req->fields, req->path);

    text_str_put(t, slice_of(&req->fields, req->method_name));
    text_char(t, ' ');
    if (target.n)
        text_str_put(t, target);
    else if (path.n == 0)
        text_char(t, req->method == METHOD_OPTIONS ? '*' : '/');
    else if (req->encode_target)
        put_encoded(t, path);
    else
        text_str_put(t, path);
    TEXT_LITERAL(t, " HTTP/1.1\r\n");
}

void h1_put_status_line(struct text *t, unsigned status, struct str reason)
{
    TEXT_LITERAL(t, "HTTP/1.1 ");
    text_u64(t, status);
    text_char(t, ' ');
    text_str_put(t, reason);
    TEXT_LITERAL(t, "\r\n");
}

void h1_put_field(struct text *t, struct str name, struct str value)
{
    text_str_put(t, name);
    TEXT_LITERAL(t, ": ");
    text_str_put(t, value);
    TEXT_LITERAL(t, "\r\n");
}

void h1_put_fields(struct text *t, const struct fields *fs)
{
    const unsigned mask = FIELD_DROPPED | FIELD_CANONICAL;
    const struct field *f = fs->v, *end = fs->v + fs->n;

    while (f < end) {
        uint32_t from, to;

        if (f->flags & FIELD_DROPPED) {
            f++;
            continue;
        }
        if (!(f->flags & FIELD_CANONICAL)) {
            h1_put_field(t, field_name(fs, f), field_value(fs, f));
            f++;
            continue;
        }
        from = to = f->name;
        for (; f < end && f->name == to && (f->flags & mask) == FIELD_CANONICAL;
             f++)
            to = f->value + f->value_len + 2;
        text_put(t, fs->base + from, to - from);
    }
}

/* The spelling that ALB gives a name; n == 0: it stays as it came. */
static struct str spelling(unsigned id)
{
    switch (id) {
    case FIELD_CONNECTION:
        return STR("Connection");
    case FIELD_HOST:
        return STR("Host");
    case FIELD_UPGRADE:
        return STR("Upgrade");
    case FIELD_X_AMZN_TRACE_ID:
        return STR("X-Amzn-Trace-Id");
    case FIELD_X_FORWARDED_FOR:
        return STR("X-Forwarded-For");
    case FIELD_X_FORWARDED_PORT:
        return STR("X-Forwarded-Port");
    case FIELD_X_FORWARDED_PROTO:
        return STR("X-Forwarded-Proto");
    default:
        return STR("");
    }
}

void h1_put_fields_recased(struct text *t, const struct fields *fs)
{
    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];
        struct str name = spelling(f->id);

        if (!(f->flags & FIELD_DROPPED))
            h1_put_field(t, name.n ? name : field_name(fs, f),
                         field_value(fs, f));
    }
}

/* ---- bodies ------------------------------------------------------------ */

void h1_put_chunk_head(struct text *t, uint64_t n)
{
    text_hex(t, n, 1);
    TEXT_LITERAL(t, "\r\n");
}

/* Fields that must not be sent in trailers (RFC 9110 §6.5.1), or that a target
 * believes because only we or the head can have said them. */
static bool trailer_forbidden(struct str name)
{
    static const char *const starts[] = {
        "accept",       "access-control-", "authentic", "content-",
        "if-",          "proxy-",          "sec-",      "x-amzn-",
        "x-forwarded-",
    };
    static const char *const names[] = {
        "age",      "allow",        "cache-control",    "expires",
        "location", "max-forwards", "origin",           "pragma",
        "range",    "retry-after",  "set-cookie",       "vary",
        "warning",  "x-real-ip",    "www-authenticate",
    };

    if (field_id_of(name) != FIELD_OTHER)
        return true;
    if (desync_look(name.p, name.n) != DESYNC_LOOKS_PLAIN)
        return true;
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        if (str_istarts(name, str_of(starts[i])))
            return true;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_ieq(name, str_of(names[i])))
            return true;
    }
    return false;
}

bool h1_next_trailer(struct str *raw, struct str *name, struct str *value)
{
    while (raw->n) {
        struct str line = str_cut(raw, '\n');

        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        *name = str_cut(&line, ':');
        *value = str_trim(line);
        if (line.p && name->n && !trailer_forbidden(*name))
            return true;
    }
    return false;
}

void h1_put_trailers(struct text *t, struct str raw)
{
    struct str name, value;

    while (h1_next_trailer(&raw, &name, &value))
        h1_put_field(t, name, value);
}
