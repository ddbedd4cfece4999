/* SPDX-License-Identifier: Apache-2.0
 *
 * Response heads, strict: a target that frames its answer in two ways is
 * either broken or used by somebody.
 */
#include "codec/h1_internal.h"
#include "codec/scan.h"

struct reading {
    struct h1_head head;
    struct response *res;
    struct h1_fault *fault;
    struct h1_connection connection;
    uint32_t seen; /* 1 << id of the fields so far */
    bool websocket;
};

static enum h1_result bad(struct reading *r, const char *why)
{
    return h1_bad(r->fault, 502, DESYNC_NONE, why);
}

/* ---- the status line --------------------------------------------------- */

/* Whether what is there of "HTTP/1.x NNN" at p[0..n) can be one. */
static bool status_ok(const char *p, size_t n)
{
    for (size_t i = 0; i < n && i < 12; i++) {
        char c = p[i];
        bool ok = i < 7    ? c == "HTTP/1."[i]
                  : i == 7 ? c == '0' || c == '1'
                  : i == 8 ? c == ' '
                  : i == 9 ? c >= '1' && c <= '9'
                           : c >= '0' && c <= '9';

        if (!ok)
            return false;
    }
    return true;
}

static enum h1_result read_status_line(struct reading *r)
{
    struct h1_head *h = &r->head;
    struct response *res = r->res;
    const char *p = h->p, *eol, *next;
    enum h1_line line;

    if (!status_ok(p, (size_t)(h->end - p)))
        return bad(r, "the status line is not HTTP/1.x NNN");
    if (h->end - p < 12)
        return h1_line_fault(h, H1_LINE_PARTIAL, 502, r->fault);
    res->version = p[7] == '0' ? 10 : 11;
    res->status =
        (uint16_t)((p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0'));
    if (h->end - p > 12 && p[12] != ' ' && p[12] != '\r' && p[12] != '\n')
        return bad(r, "the status is no number of three digits");
    line = h1_line_end(h, p + 12, &eol, &next);
    if (line == H1_LINE_CONTROL)
        return bad(r, "there is a control in the reason phrase");
    if (line != H1_LINE_FIELD)
        return h1_line_fault(h, line, 502, r->fault);
    p += 12;
    if (p < eol)
        p++;
    res->reason = (struct slice){(uint32_t)(p - h->data), (uint32_t)(eol - p)};
    h->p = next;
    return H1_OK;
}

/* ---- fields ------------------------------------------------------------ */

static enum h1_result read_known(struct reading *r, struct field *f)
{
    struct str value = field_value(&r->res->fields, f);
    bool again = r->seen & 1u << f->id;

    r->seen |= 1u << f->id;
    switch (f->id) {
    case FIELD_CONTENT_LENGTH:
        if (again)
            return bad(r, "there are two Content-Lengths");
        if (!str_to_u64(value, INT64_MAX, &r->res->content_length))
            return bad(r, "Content-Length is no number");
        return H1_OK;
    case FIELD_TRANSFER_ENCODING:
        if (again)
            return bad(r, "there are two Transfer-Encodings");
        if (!str_ieq(value, STR("chunked")))
            return bad(r, "Transfer-Encoding is not chunked");
        if (r->res->version < 11)
            return bad(r, "Transfer-Encoding in HTTP/1.0");
        return H1_OK;
    case FIELD_CONNECTION:
        h1_connection_add(&r->connection, value);
        if (r->connection.tokens > H1_CONNECTION_TOKENS_MAX)
            return bad(r, "Connection lists too much");
        return H1_OK;
    case FIELD_UPGRADE:
        r->websocket |= h1_list_has(value, STR("websocket"));
        return H1_OK;
    default:
        return H1_OK;
    }
}

static enum h1_result read_fields(struct reading *r)
{
    struct fields *fs = &r->res->fields;
    struct field spare = {0};

    for (;;) {
        struct field *f = fs->n < fs->cap ? &fs->v[fs->n] : &spare;
        enum h1_line line = h1_read_field(&r->head, f);

        if (H1_UNLIKELY(line == H1_LINE_END))
            return H1_OK;
        if (H1_UNLIKELY(line >= H1_LINE_CR))
            return h1_line_fault(&r->head, line, 502, r->fault);
        if (H1_UNLIKELY(line == H1_LINE_ODD))
            return bad(r, "a line of the head is no field");
        if (H1_UNLIKELY(line == H1_LINE_CONTROL))
            return bad(r, "there is a control in a field value");
        if (H1_UNLIKELY(f == &spare))
            return bad(r, "there are too many fields");
        if (f->id != FIELD_OTHER) {
            enum h1_result result = read_known(r, f);

            if (H1_UNLIKELY(result != H1_OK))
                return result;
        }
        fs->present |= 1u << f->id;
        fs->n++;
    }
}

/* ---- the whole --------------------------------------------------------- */

/* RFC 9112 §6.3 */
static enum body_kind body_of(const struct reading *r, enum method method)
{
    unsigned status = r->res->status;

    if (method == METHOD_HEAD || status < 200 || status == 204 ||
        status == 304 || (method == METHOD_CONNECT && status < 300))
        return BODY_NONE;
    if (r->seen & 1u << FIELD_TRANSFER_ENCODING)
        return BODY_CHUNKED;
    if (r->seen & 1u << FIELD_CONTENT_LENGTH)
        return BODY_LENGTH;
    return BODY_CLOSE;
}

static enum h1_result finish(struct reading *r, enum method method)
{
    const uint32_t both =
        1u << FIELD_TRANSFER_ENCODING | 1u << FIELD_CONTENT_LENGTH;
    struct response *res = r->res;

    if ((r->seen & both) == both)
        return bad(r, "Content-Length and Transfer-Encoding are both there");
    res->body = (uint8_t)body_of(r, method);
    res->keep_alive = !r->connection.close && res->body != BODY_CLOSE &&
                      (res->version == 11 || r->connection.keep_alive);
    res->upgraded = res->status == 101 && r->websocket;
    return H1_OK;
}

enum h1_result h1_parse_response(struct response *res, char *data, size_t n,
                                 const struct h1_limits *limits,
                                 enum method method, size_t *head_len,
                                 struct h1_fault *fault)
{
    struct reading r = {
        .head = h1_head_begin(data, n, limits), .res = res, .fault = fault};
    uint32_t field_max = r.head.line_max;
    enum h1_result result;

    *res = (struct response){
        .fields = {.base = data, .v = res->fields.v, .cap = res->fields.cap}};
    r.head.line_max = limits->line;
    result = read_status_line(&r);
    r.head.line_max = field_max;
    if (result == H1_OK)
        result = read_fields(&r);
    if (result == H1_OK)
        result = finish(&r, method);
    if (result == H1_OK)
        *head_len = (size_t)(r.head.p - data);
    return result;
}
