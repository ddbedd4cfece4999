/* SPDX-License-Identifier: Apache-2.0
 *
 * Header blocks that come (RFC 9113 §8.2, §8.3).
 *
 * The library has checked what any HTTP/2 message must obey: lower-case
 * tokens, no controls and no white space around values, pseudo-header fields
 * first and once, no fields of a connection, one Content-Length that agrees
 * with DATA.  Here a block becomes lines of text as HTTP/1 would have them, is
 * held against ALB's limits, and against what would be read in two ways once
 * it is HTTP/1.1.
 */
#include "codec/desync.h"
#include "codec/h2_internal.h"
#include "codec/scan.h"

enum {
    FIELD_OVERHEAD = 32, /* RFC 9113 §6.5.2 */
    COOKIE_MAX = H2_FIELD_MAX - 6,
};

void h2_block_begin(struct h2_port *port, bool client, bool trailers)
{
    struct h2_block *b = &port->block;
    struct h2_block fresh = {.text = b->text, .v = b->v};

    fresh.trailers = trailers;
    fresh.limit = trailers ? H2_TRAILERS_MAX
                  : client ? H2_RESPONSE_HEAD_MAX
                           : H2_REQUEST_HEAD_MAX;
    *b = fresh;
}

static void fault(struct h2_block *b, unsigned status, const char *why)
{
    if (b->fault == 0) {
        b->fault = (uint16_t)status;
        b->why = why;
    }
}

static void malformed(struct h2_block *b, const char *why)
{
    if (!b->malformed)
        b->why = why;
    b->malformed = true;
}

static void put(struct h2_block *b, const char *p, size_t n)
{
    memcpy(b->text + b->n, p, n);
    b->n += n;
}

static struct slice put_slice(struct h2_block *b, struct str s)
{
    struct slice slice = {(uint32_t)b->n, (uint32_t)s.n};

    put(b, s.p, s.n);
    return slice;
}

/* Adds "name: value\r\n". */
static struct field *put_line(struct h2_block *b, struct str name,
                              struct str value, enum field_id id)
{
    struct field *f = &b->v[b->nfields++];

    f->name = (uint32_t)b->n;
    f->name_len = (uint16_t)name.n;
    f->value = (uint32_t)(b->n + name.n + 2);
    f->value_len = (uint16_t)value.n;
    f->id = (uint16_t)id;
    f->flags = FIELD_CANONICAL;
    put(b, name.p, name.n);
    put(b, ": ", 2);
    put(b, value.p, value.n);
    put(b, "\r\n", 2);
    return f;
}

static struct str text_of(const struct h2_block *b, struct slice s)
{
    return str_make(b->text + s.at, s.n);
}

/* ---- pseudo-header fields ----------------------------------------------- */

static void take_authority(struct h2_block *b, struct str value)
{
    static const struct str host = {"host", 4};
    struct field *f;
    size_t host_n;

    if (!h1_authority_ok(value, &host_n)) {
        malformed(b, "the authority is malformed");
        return;
    }
    f = put_line(b, host, value, FIELD_HOST);
    b->authority = (struct slice){f->value, (uint32_t)host_n};
    b->present |= 1u << FIELD_HOST;
}

/* RFC 9113 §8.3.1: must not say something else than :authority. */
static void take_host(struct h2_block *b, struct str value)
{
    size_t host_n;

    if (b->authority.n == 0)
        take_authority(b, value);
    else if (!h1_authority_ok(value, &host_n) ||
             !str_ieq(text_of(b, b->authority), str_make(value.p, host_n)))
        malformed(b, "Host differs from :authority");
}

static void take_path(struct h2_block *b, struct str value)
{
    if (value.n > H2_FIELD_MAX) {
        fault(b, 414, "the path is too long");
        return;
    }
    b->path = put_slice(b, value);
}

static void take_status(struct h2_block *b, struct str value)
{
    uint64_t status;

    if (!str_to_u64(value, 999, &status) || status < 100)
        malformed(b, "the status is no number of three digits");
    else
        b->status = (uint16_t)status;
}

static void take_pseudo(struct h2_block *b, struct str name, struct str value)
{
    if (str_eq(name, STR(":method")))
        b->method = put_slice(b, value);
    else if (str_eq(name, STR(":path")))
        take_path(b, value);
    else if (str_eq(name, STR(":scheme")))
        b->scheme = put_slice(b, value);
    else if (str_eq(name, STR(":authority")))
        take_authority(b, value);
    else if (str_eq(name, STR(":status")))
        take_status(b, value);
    else if (str_eq(name, STR(":protocol")))
        b->protocol = put_slice(b, value);
    else
        malformed(b, "a pseudo-header field is unknown");
}

/* ---- fields ------------------------------------------------------------- */

/* A cookie may come in crumbs (RFC 9113 §8.2.3).  Mostly they follow each
 * other; join_cookies() sees to the others. */
static void take_cookie(struct h2_block *b, struct str value)
{
    static const struct str cookie = {"cookie", 6};
    struct field *last = &b->v[b->nfields ? b->nfields - 1 : 0];

    if (b->nfields && last->id == FIELD_COOKIE &&
        last->value_len + value.n + 2 <= COOKIE_MAX) {
        b->n -= 2;
        put(b, "; ", 2);
        put(b, value.p, value.n);
        put(b, "\r\n", 2);
        last->value_len = (uint16_t)(last->value_len + value.n + 2);
        return;
    }
    if (b->cookies++ == 0)
        b->cookie = b->nfields;
    put_line(b, cookie, value, FIELD_COOKIE);
}

static void take_length(struct h2_block *b, struct str name, struct str value)
{
    if (!str_to_u64(value, INT64_MAX, &b->content_length)) {
        malformed(b, "Content-Length is no number");
        return;
    }
    b->length_seen = true;
    put_line(b, name, value, FIELD_CONTENT_LENGTH);
}

static void take_plain(struct h2_block *b, struct str name, struct str value,
                       enum field_id id)
{
    struct field *f = put_line(b, name, value, id);

    if (scan_name(name.p, name.p + name.n) != name.p + name.n) {
        f->flags |= FIELD_ODD_NAME;
        b->odd_names = true;
    }
    if (id == FIELD_EXPECT)
        f->flags |= FIELD_DROPPED; /* nobody waits for a 100 */
    /* Some reader of HTTP/1 might take it for what frames the body. */
    else if (id == FIELD_OTHER && name.n >= 13 &&
             desync_look(name.p, name.n) != DESYNC_LOOKS_PLAIN)
        f->flags |= FIELD_DROPPED;
}

static void take_field(struct h2_block *b, struct str name, struct str value)
{
    enum field_id id = h1_token_id(name.p, name.n);

    if (b->trailers) {
        put_line(b, name, value, id);
        return;
    }
    switch (id) {
    case FIELD_HOST:
        take_host(b, value);
        return;
    case FIELD_COOKIE:
        take_cookie(b, value);
        break;
    case FIELD_CONTENT_LENGTH:
        take_length(b, name, value);
        break;
    case FIELD_TE:
        b->te_trailers = true;
        put_line(b, name, value, id);
        break;
    default:
        take_plain(b, name, value, id);
        break;
    }
    b->present |= 1u << id;
}

static bool too_much(struct h2_block *b, struct str name, struct str value)
{
    b->size += name.n + value.n + FIELD_OVERHEAD;
    if (b->size <= b->limit && b->nfields < H2_FIELDS_MAX)
        return false;
    fault(b, 400, "the header list is too long");
    return true;
}

bool h2_block_add(struct h2_port *port, struct str name, struct str value)
{
    struct h2_block *b = &port->block;

    if (too_much(b, name, value)) {
        b->bomb = b->size > b->limit * H2_BOMB_FACTOR;
        return !b->bomb;
    }
    if (name.n && name.p[0] == ':')
        take_pseudo(b, name, value);
    else if (name.n + value.n > H2_FIELD_MAX)
        fault(b, 400, "a field is too long");
    else if (name.n)
        take_field(b, name, value);
    return true;
}

/* ---- requests ----------------------------------------------------------- */

/* Crumbs that other fields stood between: one line, at the end. */
static void join_cookies(struct h2_block *b)
{
    struct field *joined;
    size_t begin = b->n, n = 0;
    unsigned kept = b->cookie;

    put(b, "cookie: ", 8);
    for (unsigned i = b->cookie; i < b->nfields; i++) {
        const struct field *f = &b->v[i];

        if (f->id != FIELD_COOKIE) {
            b->v[kept++] = *f;
            continue;
        }
        if (n++)
            put(b, "; ", 2);
        put(b, b->text + f->value, f->value_len);
    }
    put(b, "\r\n", 2);
    joined = &b->v[kept++];
    *joined = (struct field){.name = (uint32_t)begin,
                             .value = (uint32_t)begin + 8,
                             .name_len = 6,
                             .id = FIELD_COOKIE,
                             .flags = FIELD_CANONICAL};
    b->nfields = kept;
    if (b->n - begin - 10 > COOKIE_MAX)
        fault(b, 400, "a field is too long");
    else
        joined->value_len = (uint16_t)(b->n - begin - 10);
}

/* SP and controls would end the target of a request line, and what follows '#'
 * is no path. */
static bool path_ok(const struct h2_block *b, bool options)
{
    struct str path = text_of(b, b->path);
    const char *end = path.p + path.n;

    if (path.n == 0 || *path.p != '/')
        return options && str_eq(path, STR("*"));
    return scan_target(path.p, end) == end;
}

static void check_target(struct h2_block *b, enum method method)
{
    struct str scheme = text_of(b, b->scheme);

    if (method == METHOD_CONNECT && b->protocol.n == 0) {
        b->path = (struct slice){0, 0};
        return;
    }
    if (!str_ieq(scheme, STR("https")) && !str_ieq(scheme, STR("http")))
        malformed(b, "the scheme is neither http nor https");
    else if (!b->fault && !path_ok(b, method == METHOD_OPTIONS))
        malformed(b, "the path is malformed");
    else if (b->protocol.n &&
             !str_eq(text_of(b, b->protocol), STR("websocket")))
        fault(b, 501, "the protocol of an extended CONNECT is not served");
}

static void check_method(struct h2_block *b)
{
    struct str name = text_of(b, b->method);

    if (name.n == 0 || scan_token(name.p, name.p + name.n) != name.p + name.n)
        malformed(b, "the method is no token");
    else if (name.n > H2_FIELD_MAX)
        fault(b, 400, "the method is too long");
}

static struct fields fields_of(struct h2_block *b)
{
    return (struct fields){.base = b->text,
                           .v = b->v,
                           .n = b->nfields,
                           .cap = H2_FIELDS_MAX,
                           .present = b->present};
}

void h2_add_field(struct h2 *h2, struct request *request, struct str name,
                  struct str value)
{
    struct h2_block *b = &h2->port->block;

    if (b->nfields == H2_FIELDS_MAX ||
        H2_TEXT_MAX - b->n < name.n + value.n + 4)
        return;
    put_line(b, name, value, h1_token_id(name.p, name.n));
    request->fields.n = b->nfields;
}

static enum body_kind body_of(const struct h2_block *b, bool end)
{
    if (b->length_seen)
        return BODY_LENGTH;
    return end ? BODY_NONE : BODY_CHUNKED;
}

bool h2_block_request(struct h2_port *port, bool end)
{
    struct h2_block *b = &port->block;
    struct str name = text_of(b, b->method);
    enum method method = h1_method(name.p, name.n);

    bool websocket = method == METHOD_CONNECT && b->protocol.n;

    check_method(b);
    check_target(b, method);
    if (b->authority.n == 0)
        malformed(b, "there is neither :authority nor Host");
    if (b->cookies > 1)
        join_cookies(b);
    if (websocket) { /* RFC 8441: as HTTP/1.1 would ask for it */
        b->method = put_slice(b, STR("GET"));
        method = METHOD_GET;
    }
    port->request = (struct request){
        .fields = fields_of(b),
        .method_name = b->method,
        .target = b->path.n ? b->path : b->authority,
        .path = b->path,
        .authority = b->authority,
        .content_length = b->content_length,
        .method = (uint8_t)method,
        .body = (uint8_t)(websocket ? BODY_NONE : body_of(b, end)),
        .version = REQUEST_HTTP_2,
        .https_scheme = b->scheme.n == 5,
        .keep_alive = true,
        .te_trailers = b->te_trailers,
        .invalid_names = b->odd_names,
        .wants_websocket = websocket,
    };
    return b->fault == 0 && !b->malformed;
}

/* ---- responses ---------------------------------------------------------- */

bool h2_block_response(struct h2_port *port, enum method method, bool end)
{
    struct h2_block *b = &port->block;
    bool bodyless = method == METHOD_HEAD || b->status == 204 ||
                    b->status == 304 || b->status < 200;

    if (b->status == 0)
        malformed(b, "there is no status");
    port->response = (struct response){
        .fields = fields_of(b),
        .content_length = b->content_length,
        .status = b->status,
        .body = (uint8_t)(bodyless ? BODY_NONE : body_of(b, end)),
        .version = REQUEST_HTTP_2,
        .keep_alive = true,
    };
    return b->fault == 0 && !b->malformed;
}

struct str h2_block_trailers(const struct h2_port *port)
{
    return str_make(port->block.text, port->block.n);
}

/* ---- blocks in pieces --------------------------------------------------- */

bool h2_block_keep(struct h2 *h2)
{
    const struct h2_block *b = &h2->port->block;
    size_t fields = sizeof(*b->v) * b->nfields;
    struct chunk *c = chunk_take(h2->port->chunks, sizeof(*b) + fields + b->n);

    if (c == NULL)
        return false;
    memcpy(c->data, b, sizeof(*b));
    memcpy(c->data + sizeof(*b), b->v, fields);
    memcpy(c->data + sizeof(*b) + fields, b->text, b->n);
    h2->partial = c;
    return true;
}

void h2_block_restore(struct h2 *h2)
{
    struct h2_block *b = &h2->port->block;
    struct chunk *c = h2->partial;
    struct h2_block kept;
    size_t fields;

    if (c == NULL)
        return;
    memcpy(&kept, c->data, sizeof(kept));
    kept.text = b->text;
    kept.v = b->v;
    *b = kept;
    fields = sizeof(*b->v) * b->nfields;
    memcpy(b->v, c->data + sizeof(*b), fields);
    memcpy(b->text, c->data + sizeof(*b) + fields, b->n);
    h2->partial = NULL;
    chunk_give(h2->port->chunks, c);
}
