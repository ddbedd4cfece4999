/* SPDX-License-Identifier: Apache-2.0
 *
 * Request heads: as lenient as ALB, and unambiguous when they leave.
 *
 * One pass.  The common request line and the common field line are read by
 * scans of 16 bytes; what is odd about a line sends it down a slower path.
 */
#include "codec/desync.h"
#include "codec/scan.h"

struct reading {
    struct h1_head head;
    struct request *req;
    struct h1_fault *fault;
    struct desync desync;
    struct h1_connection connection;
    enum desync_mode mode;
    bool simple; /* HTTP/0.9 without a version: no fields */
    bool host_seen;
    bool websocket;
};

static enum h1_result bad(struct reading *r, unsigned status,
                          enum desync_reason reason, const char *why)
{
    return h1_bad(r->fault, status, reason, why);
}

static struct slice slice_at(const struct reading *r, const char *p,
                             const char *end)
{
    return (struct slice){(uint32_t)(p - r->head.data), (uint32_t)(end - p)};
}

/* ---- the request line -------------------------------------------------- */

enum method h1_method(const char *p, size_t n)
{
    static const struct {
        char name[8];
        uint8_t n;
        uint8_t method;
    } known[] = {
        {"GET", 3, METHOD_GET},         {"POST", 4, METHOD_POST},
        {"HEAD", 4, METHOD_HEAD},       {"PUT", 3, METHOD_PUT},
        {"DELETE", 6, METHOD_DELETE},   {"OPTIONS", 7, METHOD_OPTIONS},
        {"PATCH", 5, METHOD_PATCH},     {"TRACE", 5, METHOD_TRACE},
        {"CONNECT", 7, METHOD_CONNECT},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (known[i].n == n && memcmp(known[i].name, p, n) == 0)
            return (enum method)known[i].method;
    }
    return METHOD_OTHER;
}

static enum h1_result read_version(struct reading *r, struct str version)
{
    r->req->version = (uint8_t)desync_version(&r->desync, version);
    if (r->req->version)
        return H1_OK;
    if (str_eq(str_trim(version), STR("HTTP/2.0")))
        return bad(r, 505, DESYNC_BAD_VERSION,
                   "HTTP/2.0 on a connection of HTTP/1");
    return bad(r, 400, DESYNC_BAD_VERSION, "the version is not HTTP/1.x");
}

/* Splits target and version at the last space of a line that was not plain. */
static enum h1_result split_line(struct reading *r, const char *target,
                                 const char **target_end, const char *eol)
{
    const char *end = eol, *sp;

    while (end > target && end[-1] == ' ')
        end--;
    sp = memrchr(target, ' ', (size_t)(end - target));
    *target_end = sp ? sp : end;
    if (sp == NULL) {
        r->simple = true;
        r->req->version = (uint8_t)desync_version(&r->desync, STR(""));
        if (r->req->method == METHOD_GET)
            return H1_OK;
        return bad(r, 400, DESYNC_NONE, "only GET may come without a version");
    }
    /* A second version inside the target: which one did the client mean? */
    if (memmem(target, (size_t)(sp - target), " HTTP/", 6))
        return bad(r, 400, DESYNC_BAD_VERSION, "there are two versions");
    return read_version(r, str_make(sp + 1, (size_t)(eol - sp - 1)));
}

static enum h1_result line_fault(struct reading *r, enum h1_line line)
{
    if (line == H1_LINE_LONG)
        return bad(r, 414, DESYNC_NONE, "the request line is too long");
    return h1_line_fault(&r->head, line, 400, r->fault);
}

/* The request line after the method and its space. */
static enum h1_result read_target(struct reading *r, const char *p)
{
    static const char plain[] = " HTTP/1.1\r\n";
    struct h1_head *h = &r->head;
    const char *end = scan_target(p, h->end), *eol, *next;
    enum h1_line line;
    enum h1_result result;

    if (H1_LIKELY(h->end - end >= 11 && memcmp(end, plain, 11) == 0 &&
                  (size_t)(end + 9 - h->p) <= h->line_max)) {
        r->req->version = 11;
        r->req->target = slice_at(r, p, end);
        h->p = end + 11;
        return H1_OK;
    }
    line = h1_line_end(h, p, &eol, &next);
    if (line >= H1_LINE_PARTIAL)
        return line_fault(r, line);
    result = split_line(r, p, &end, eol);
    r->req->encode_target =
        desync_target(&r->desync, str_make(p, (size_t)(end - p)));
    if (result != H1_OK)
        return result;
    r->req->target = slice_at(r, p, end);
    h->p = next;
    return H1_OK;
}

static bool starts_with_scheme(struct request *req, struct str *target)
{
    if (str_istarts(*target, STR("http://"))) {
        *target = str_make(target->p + 7, target->n - 7);
        return true;
    }
    if (str_istarts(*target, STR("https://"))) {
        *target = str_make(target->p + 8, target->n - 8);
        req->https_scheme = true;
        return true;
    }
    return false;
}

/* Takes the target apart (RFC 9112 §3.2). */
static enum h1_result read_form(struct reading *r)
{
    struct request *req = r->req;
    struct str target = slice_of(&req->fields, req->target);
    const char *p, *end = target.p + target.n;
    size_t host_n;

    req->path = req->target;
    if (H1_LIKELY(target.n && *target.p == '/'))
        return H1_OK;
    if (req->method == METHOD_CONNECT)
        return H1_OK;
    if (target.n == 1 && *target.p == '*' && req->method == METHOD_OPTIONS)
        return H1_OK;
    if (!starts_with_scheme(req, &target))
        return bad(r, 400, DESYNC_NONE,
                   "the target is no path and no http:// address");
    for (p = target.p; p < end && *p != '/' && *p != '?' && *p != '#';)
        p++;
    if (!h1_authority_ok(str_make(target.p, (size_t)(p - target.p)), &host_n))
        return bad(r, 400, DESYNC_NONE, "the host of the target is malformed");
    if (p < end && *p == '#')
        return bad(r, 400, DESYNC_NONE, "a fragment follows the host");
    req->absolute_form = true;
    req->authority = slice_at(r, target.p, target.p + host_n);
    req->path = slice_at(r, p, end);
    return H1_OK;
}

static enum h1_result read_request_line(struct reading *r)
{
    struct h1_head *h = &r->head;
    const char *p = h->p, *stop;

    stop = (size_t)(h->end - p) > h->line_max ? p + h->line_max + 1 : h->end;
    p = scan_name(p, stop);
    if (p < stop && *p != ' ')
        p = scan_token(p, stop);
    if (p == stop)
        return line_fault(r, (size_t)(stop - h->p) > h->line_max
                                 ? H1_LINE_LONG
                                 : H1_LINE_PARTIAL);
    if (*p != ' ' || p == h->p)
        return bad(r, 400, DESYNC_BAD_METHOD, "the method is no token");
    r->req->method_name = slice_at(r, h->p, p);
    r->req->method = (uint8_t)h1_method(h->p, (size_t)(p - h->p));
    return read_target(r, p + 1);
}

/* One empty line may stand before a request (RFC 9112 §2.2). */
static bool skip_empty_line(struct h1_head *h)
{
    if (h->p < h->end && *h->p == '\n') {
        h->bare_lf = true;
        h->p++;
    } else if (h->p < h->end && *h->p == '\r') {
        if (h->p + 1 == h->end)
            return false;
        if (h->p[1] == '\n')
            h->p += 2;
    }
    return true;
}

/* ---- fields ------------------------------------------------------------ */

static enum h1_result read_host(struct reading *r, struct field *f)
{
    size_t host_n;

    if (r->host_seen)
        return bad(r, 400, DESYNC_NONE, "there are two Host fields");
    r->host_seen = true;
    if (!h1_authority_ok(field_value(&r->req->fields, f), &host_n))
        return bad(r, 400, DESYNC_NONE, "Host is empty or malformed");
    if (!r->req->absolute_form)
        r->req->authority = (struct slice){f->value, (uint32_t)host_n};
    return H1_OK;
}

static void read_expect(struct reading *r, struct field *f)
{
    f->flags |= FIELD_DROPPED;
    if (r->req->version < 11)
        return;
    if (str_ieq(field_value(&r->req->fields, f), STR("100-continue")))
        r->req->expect_continue = true;
    else
        r->req->expect_unknown = true;
}

/* A field whose name means something to us. */
static enum h1_result read_known(struct reading *r, struct field *f)
{
    struct str value = field_value(&r->req->fields, f);

    switch (f->id) {
    case FIELD_HOST:
        return read_host(r, f);
    case FIELD_CONTENT_LENGTH:
        if (r->desync.length_real)
            f->flags |= FIELD_DROPPED;
        return desync_content_length(&r->desync, value, true, r->fault);
    case FIELD_TRANSFER_ENCODING:
        return desync_transfer_encoding(&r->desync, value, true, r->fault);
    case FIELD_CONNECTION:
        h1_connection_add(&r->connection, value);
        if (r->connection.tokens > H1_CONNECTION_TOKENS_MAX)
            return bad(r, 400, DESYNC_NONE, "Connection lists too much");
        return H1_OK;
    case FIELD_EXPECT:
        read_expect(r, f);
        return H1_OK;
    case FIELD_UPGRADE:
        r->websocket |= h1_list_has(value, STR("websocket"));
        return H1_OK;
    case FIELD_TE:
        if (h1_list_has(value, STR("trailers")))
            r->req->te_trailers = true;
        return H1_OK;
    default:
        return H1_OK;
    }
}

/* A field whose name only looks like one that frames. */
static enum h1_result read_lookalike(struct reading *r, struct field *f,
                                     enum desync_lookalike look)
{
    struct str value = field_value(&r->req->fields, f);

    f->flags |= FIELD_DROPPED;
    desync_note(&r->desync.fields, DESYNC_AMBIGUOUS, DESYNC_SUSPICIOUS_HEADER);
    if (look == DESYNC_LOOKS_LENGTH)
        return desync_content_length(&r->desync, value, false, r->fault);
    return desync_transfer_encoding(&r->desync, value, false, r->fault);
}

/* Names as long as contentlength that begin like one of the two words, or
 * with something that is no letter. */
static inline bool worth_a_look(const struct reading *r, const struct field *f)
{
    char c = r->head.data[f->name];

    if (H1_LIKELY(f->name_len < 13))
        return false;
    return (c | 0x20) == 'c' || (c | 0x20) == 't' || !scan_is(c, SCAN_ALNUM);
}

/* A line that is no field, or a field with a control in its value: none of
 * them is passed on. */
static enum h1_result read_odd(struct reading *r, struct field *f)
{
    struct str name = field_name(&r->req->fields, f);
    struct str value = field_value(&r->req->fields, f);
    bool colon = h1_has_colon(f);
    enum h1_result result = H1_OK;

    if (colon)
        result = desync_field(&r->desync, name, value, r->fault);
    desync_odd_line(&r->desync, name, colon);
    if (result != H1_OK)
        return result;
    /* What they say is not sure; a control is no digit of a Content-Length. */
    if (f->id == FIELD_HOST)
        return bad(r, 400, DESYNC_NONE, "Host is empty or malformed");
    if (f->id == FIELD_TRANSFER_ENCODING)
        return bad(r, 400, DESYNC_NONE,
                   "there is a control in Transfer-Encoding");
    return H1_OK;
}

static enum h1_result read_field(struct reading *r, struct field *f,
                                 enum h1_line line)
{
    if (H1_UNLIKELY(line != H1_LINE_FIELD))
        return read_odd(r, f);
    if (f->id != FIELD_OTHER)
        return read_known(r, f);
    if (H1_UNLIKELY(worth_a_look(r, f))) {
        enum desync_lookalike look =
            desync_look(r->head.data + f->name, f->name_len);

        if (look != DESYNC_LOOKS_PLAIN)
            return read_lookalike(r, f, look);
    }
    return H1_OK;
}

static enum h1_result read_fields(struct reading *r)
{
    struct fields *fs = &r->req->fields;
    struct field spare = {0};

    for (;;) {
        struct field *f = fs->n < fs->cap ? &fs->v[fs->n] : &spare;
        enum h1_line line = h1_read_field(&r->head, f);
        enum h1_result result;

        if (H1_UNLIKELY(line == H1_LINE_END))
            return H1_OK;
        if (H1_UNLIKELY(line >= H1_LINE_PARTIAL))
            return h1_line_fault(&r->head, line, 400, r->fault);
        if (H1_UNLIKELY(f == &spare))
            return bad(r, 400, DESYNC_NONE, "there are too many fields");
        result = read_field(r, f, line);
        if (H1_UNLIKELY(result != H1_OK))
            return result;
        if (!(f->flags & FIELD_DROPPED))
            fs->present |= 1u << f->id;
        fs->n++;
    }
}

/* ---- the whole --------------------------------------------------------- */

static void drop_all(struct fields *fs, enum field_id id)
{
    if (!(fs->present & 1u << id))
        return;
    for (unsigned i = 0; i < fs->n; i++) {
        if (fs->v[i].id == id)
            fs->v[i].flags |= FIELD_DROPPED;
    }
    fs->present &= ~(1u << id);
}

static enum h1_result finish_body(struct reading *r)
{
    struct request *req = r->req;
    struct desync *d = &r->desync;
    enum h1_result result =
        desync_framing(d, (enum method)req->method, req->version, r->fault);

    if (result != H1_OK)
        return result;
    if (d->coding_real && !d->chunked_real)
        drop_all(&req->fields, FIELD_TRANSFER_ENCODING);
    if (d->chunked_real) {
        drop_all(&req->fields, FIELD_CONTENT_LENGTH);
        req->body = BODY_CHUNKED;
    } else if (d->length_real) {
        req->body = BODY_LENGTH;
        req->content_length = d->length;
    }
    return H1_OK;
}

/* "http://host?query" has no path: it gets its "/" in the byte before the
 * query, and what stands before moves over the space before the target. */
static void insert_slash(struct reading *r)
{
    struct request *req = r->req;
    char *target = r->head.data + req->target.at;
    char *path = r->head.data + req->path.at;

    memmove(target - 1, target, (size_t)(path - target));
    path[-1] = '/';
    req->target.at--;
    req->target.n++;
    req->authority.at--;
    req->path.at--;
    req->path.n++;
}

static void note_bare_lf(struct reading *r)
{
    desync_note(&r->desync.lines, DESYNC_ACCEPTABLE,
                DESYNC_NON_CRLF_LINE_TERMINATION);
}

/* What the mode makes of a request that is not compliant. */
static enum h1_result judge(struct reading *r, struct desync_finding found)
{
    static const char *const why[] = {
        [DESYNC_ACCEPTABLE] = "strictest desync mitigation refuses all that "
                              "is not compliant",
        [DESYNC_AMBIGUOUS] = "strictest desync mitigation refuses what is "
                             "ambiguous",
        [DESYNC_SEVERE] = "desync mitigation refuses a CR without LF or a NUL "
                          "in the head",
    };

    if (desync_refuses(r->mode, (enum desync_class)found.class))
        return bad(r, 400, DESYNC_NONE, why[found.class]);
    r->req->desync_class = found.class;
    r->req->desync_reason = found.reason;
    r->req->close_both =
        r->mode == DESYNC_MODE_DEFENSIVE && found.class == DESYNC_AMBIGUOUS;
    return H1_OK;
}

static enum h1_result finish(struct reading *r)
{
    struct request *req = r->req;
    const struct h1_connection *c = &r->connection;
    struct desync_finding found;
    enum h1_result result;

    if (r->desync.coding_seen || r->desync.length_seen) {
        result = finish_body(r);
        if (result != H1_OK)
            return result;
    }
    if (!r->host_seen && req->version == 11)
        return bad(r, 400, DESYNC_NONE, "HTTP/1.1 without Host");
    if (r->head.bare_lf)
        note_bare_lf(r);
    found = desync_total(&r->desync, NULL);
    if (H1_UNLIKELY(found.class != DESYNC_COMPLIANT)) {
        result = judge(r, found);
        if (result != H1_OK)
            return result;
    }
    req->invalid_names = r->head.invalid_names;
    req->keep_alive = !c->close && (req->version == 11 ||
                                    (req->version == 10 && c->keep_alive));
    req->wants_websocket = r->websocket && c->upgrade && req->version == 11 &&
                           req->method == METHOD_GET &&
                           req->content_length == 0 &&
                           req->body != BODY_CHUNKED;
    if (req->absolute_form && req->path.n && r->head.data[req->path.at] == '?')
        insert_slash(r);
    return H1_OK;
}

/* What ended the reading is often not all that was wrong. */
static void classify_fault(struct reading *r)
{
    struct desync_finding found;

    if (r->head.bare_lf)
        note_bare_lf(r);
    found = desync_total(&r->desync, r->fault);
    r->fault->class = found.class;
    r->fault->reason = found.reason;
}

enum h1_result h1_parse_request(struct request *req, char *data, size_t n,
                                const struct h1_limits *limits,
                                enum desync_mode mode, size_t *head_len,
                                struct h1_fault *fault)
{
    struct reading r = {.head = h1_head_begin(data, n, limits),
                        .req = req,
                        .fault = fault,
                        .mode = mode};
    uint32_t field_max = r.head.line_max;
    enum h1_result result;

    *req = (struct request){
        .fields = {.base = data, .v = req->fields.v, .cap = req->fields.cap}};
    if (!skip_empty_line(&r.head))
        return h1_line_fault(&r.head, H1_LINE_PARTIAL, 400, fault);
    r.head.line_max = limits->line;
    result = read_request_line(&r);
    r.head.line_max = field_max;
    if (result == H1_OK)
        result = read_form(&r);
    if (result == H1_OK && !r.simple)
        result = read_fields(&r);
    if (result == H1_OK)
        result = finish(&r);
    if (result == H1_OK)
        *head_len = (size_t)(r.head.p - data);
    else if (result == H1_BAD)
        classify_fault(&r);
    return result;
}
