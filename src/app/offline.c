/* SPDX-License-Identifier: Apache-2.0 */
#include "app/offline.h"

#include <stdlib.h>

#include "base/memory.h"
#include "proxy/protocol.h"

enum {
    HEAD_TEXT = 128 * 1024,
    URL_SHOWN = 200,
    DATA_MAX = 64 * 1024 * 1024,
};

/* ---- URLs ----------------------------------------------------------------------- */

static bool bad_url(struct str url, struct error *error)
{
    return error_set(error,
                     "\"%.*s\" is no URL: write http://HOST[:PORT]/PATH or "
                     "https://HOST[:PORT]/PATH, or /PATH alone",
                     (int)(url.n < URL_SHOWN ? url.n : URL_SHOWN), url.p);
}

uint16_t offline_standard_port(const struct offline_url *url)
{
    return url->https ? 443 : 80;
}

static bool cut_authority(struct str authority, struct offline_url *to)
{
    struct str text;
    uint64_t port;

    to->host = authority_split(authority, &text);
    if (to->host.n == authority.n)
        return authority.n != 0;
    if (!str_to_u64(text, UINT16_MAX, &port))
        return false;
    to->port = (uint16_t)port;
    return to->host.n != 0 && port != 0;
}

bool offline_cut_url(struct str url, struct offline_url *to,
                     struct error *error)
{
    struct str rest = url;
    size_t n = 0;

    *to = (struct offline_url){.port = 0};
    if (rest.n && rest.p[0] == '/') {
        to->target = rest;
        return true;
    }
    to->https = str_istarts(rest, STR("https://"));
    if (!to->https && !str_istarts(rest, STR("http://")))
        return bad_url(url, error);
    n = to->https ? strlen("https://") : strlen("http://");
    rest = str_make(rest.p + n, rest.n - n);
    n = 0;
    while (n < rest.n && !strchr("/?#", rest.p[n]))
        n++;
    if (!cut_authority(str_make(rest.p, n), to))
        return bad_url(url, error);
    if (to->port == 0)
        to->port = offline_standard_port(to);
    to->target = str_make(rest.p + n, rest.n - n);
    return true;
}

bool offline_read_data(const char *data, struct file_text *file,
                       struct str *body, struct error *error)
{
    *file = (struct file_text){.text = {NULL, 0}};
    *body = str_make(NULL, 0);
    if (data == NULL)
        return true;
    *body = str_of(data);
    if (data[0] != '@')
        return true;
    if (!file_read(data + 1, DATA_MAX, file, error))
        return false;
    *body = file->text;
    return true;
}

/* ---- writing ---------------------------------------------------------------------- */

static bool has_line_end(struct str s)
{
    return s.n && (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n) ||
                   memchr(s.p, '\0', s.n));
}

static bool is_pseudo(const struct offline_header *h)
{
    return h->name.n && h->name.p[0] == ':';
}

static bool has_header(const struct offline_request *from, struct str name)
{
    for (unsigned i = 0; i < from->nheaders; i++) {
        if (str_ieq(from->headers[i].name, name))
            return true;
    }
    return false;
}

bool offline_has_line(const struct offline_request *from, struct str name)
{
    for (unsigned i = 0; i < from->nlines; i++) {
        struct str rest = str_of(from->lines[i]);

        if (str_ieq(str_cut(&rest, ':'), name) && rest.p)
            return true;
    }
    return false;
}

static bool has_framing(const struct offline_request *from)
{
    static const struct str names[] = {{"content-length", 14},
                                       {"transfer-encoding", 17}};

    for (unsigned i = 0; i < 2; i++) {
        if (has_header(from, names[i]) || offline_has_line(from, names[i]))
            return true;
    }
    return false;
}

static bool can_be_written(const struct offline_request *from,
                           struct error *error)
{
    if (from->method.n == 0 || has_line_end(from->method) ||
        memchr(from->method.p, ' ', from->method.n))
        return error_set(error, "this request is answered 400 before any rule "
                                "is tried: it has no method, or one with a "
                                "space");
    if (has_line_end(from->url.target) || has_line_end(from->url.host))
        return error_set(error, "there is a line end or NUL in its URL");
    for (unsigned i = 0; i < from->nheaders; i++) {
        const struct offline_header *h = &from->headers[i];

        if (has_line_end(h->name) || has_line_end(h->value))
            return error_set(
                error, "there is a line end or NUL in header %u, \"%.*s\"",
                i + 1, (int)(h->name.n < 60 ? h->name.n : 60), h->name.p);
    }
    return true;
}

static void put_header(struct text *t, struct str name, struct str value)
{
    text_str_put(t, name);
    TEXT_LITERAL(t, ": ");
    text_str_put(t, value);
    TEXT_LITERAL(t, "\r\n");
}

static void put_host(struct text *t, const struct offline_request *from)
{
    TEXT_LITERAL(t, "Host: ");
    text_str_put(t, from->url.host);
    if (from->url.port && from->url.port != offline_standard_port(&from->url))
        text_printf(t, ":%u", from->url.port);
    TEXT_LITERAL(t, "\r\n");
}

static bool adds_host(const struct offline_request *from)
{
    return from->url.host.n && !has_header(from, STR("host"));
}

static void put_request(struct text *t, const struct offline_request *from)
{
    struct str target = from->url.target;

    text_str_put(t, from->method);
    text_char(t, ' ');
    if (target.n == 0 || (target.p[0] != '/' && target.p[0] != '*'))
        text_char(t, '/');
    text_str_put(t, target);
    TEXT_LITERAL(t, " HTTP/1.1\r\n");
    if (adds_host(from))
        put_host(t, from);
    for (unsigned i = 0; i < from->nheaders; i++) {
        if (!is_pseudo(&from->headers[i]))
            put_header(t, from->headers[i].name, from->headers[i].value);
    }
    for (unsigned i = 0; i < from->nlines; i++) {
        text_str_put(t, str_of(from->lines[i]));
        TEXT_LITERAL(t, "\r\n");
    }
    if (from->body.p && !has_framing(from))
        text_printf(t, "Content-Length: %zu\r\n", from->body.n);
    TEXT_LITERAL(t, "\r\n");
}

/* ---- reading ------------------------------------------------------------------------- */

static bool answered_early(const struct h1_fault *fault, struct error *error)
{
    char room[100];
    struct text class = text_in(room, sizeof(room));

    if (fault->class != DESYNC_COMPLIANT)
        text_printf(&class, " (%s, %s)",
                    desync_class_word((enum desync_class)fault->class),
                    desync_reason_word((enum desync_reason)fault->reason));
    return error_set(error,
                     "this request is answered %u before any rule is "
                     "tried: %s" STR_FMT,
                     fault->status ? fault->status : 400,
                     fault->why ? fault->why : "it is incomplete",
                     STR_ARG(text_str(&class)));
}

/* In HTTP/2 the host is no field. */
static void drop_host(struct fields *fs)
{
    unsigned n = 0;

    for (unsigned i = 0; i < fs->n; i++) {
        if (fs->v[i].id != FIELD_HOST)
            fs->v[n++] = fs->v[i];
    }
    fs->n = n;
    fs->present &= ~(1U << FIELD_HOST);
}

static bool parse(struct offline *offline, enum desync_mode mode,
                  struct error *error)
{
    struct request *req = &offline->request;
    struct text *head = &offline->head;
    struct h1_fault fault = {0};
    size_t n = 0;

    req->fields.v = offline->fields;
    req->fields.cap = H1_FIELDS_MAX;
    if (!text_ok(head))
        return error_set(error,
                         "the request is longer than any that is "
                         "accepted (%d bytes)",
                         HEAD_TEXT);
    if (h1_parse_request(req, head->p, head->n, &h1_request_limits, mode, &n,
                         &fault) == H1_OK)
        return true;
    return answered_early(&fault, error);
}

bool offline_read(struct offline *offline, const struct offline_request *from,
                  enum desync_mode mode, struct error *error)
{
    *offline = (struct offline){
        .head = text_in(memory_zeroed(1, HEAD_TEXT), HEAD_TEXT),
        .fields = memory_zeroed(H1_FIELDS_MAX, sizeof(struct field)),
    };
    if (!can_be_written(from, error))
        return false;
    put_request(&offline->head, from);
    if (!parse(offline, mode, error))
        return false;
    if (!from->http2)
        return true;
    offline->request.version = REQUEST_HTTP_2;
    if (adds_host(from))
        drop_host(&offline->request.fields);
    return true;
}

void offline_end(struct offline *offline)
{
    free(offline->head.p);
    free(offline->fields);
    *offline = (struct offline){.fields = NULL};
}

void offline_inspected(const struct offline *offline,
                       const struct offline_request *from, uint32_t limit,
                       struct inspected *to)
{
    const struct request *req = &offline->request;

    *to = (struct inspected){
        .method = slice_of(&req->fields, req->method_name),
        .host = slice_of(&req->fields, req->authority),
        .fields = &req->fields,
        .grpc = protocol_is_grpc(req),
        .version = req->version,
        .https = from->url.https,
        .client = from->client,
        .ja3 = from->ja3,
        .ja4 = from->ja4,
    };
    inspected_put_target(to, slice_of(&req->fields, req->path));
    inspected_put_body(to, from->body.p ? from->body : STR(""), true,
                       to->grpc ? 0 : limit);
}
