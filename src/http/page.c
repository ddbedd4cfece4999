/* SPDX-License-Identifier: Apache-2.0 */
#include "http/page.h"

#include "http/server.h"

/* ALB's words, which are nginx's where the two could differ. */
static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {400, "Bad Request"},
    {401, "Authorization Required"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Time-out"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Temporarily Unavailable"},
    {504, "Gateway Time-out"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

struct str page_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return str_of(reasons[i].reason);
    }
    return STR("");
}

static void put_title(struct text *t, unsigned status, struct str reason)
{
    text_u64(t, status);
    text_char(t, ' ');
    text_str_put(t, reason);
}

static void put_page(struct text *t, unsigned status, struct str reason)
{
    TEXT_LITERAL(t, "<html>\r\n<head><title>");
    put_title(t, status, reason);
    TEXT_LITERAL(t, "</title></head>\r\n<body>\r\n<center><h1>");
    put_title(t, status, reason);
    TEXT_LITERAL(t, "</h1></center>\r\n</body>\r\n</html>\r\n");
}

static void add(struct response_out *out, struct str name, struct str value)
{
    if (name.n && value.n)
        out->added[out->nadded++] = (struct added_field){name, value};
}

size_t page_send(struct server_stream *stream, struct loop *loop,
                 const struct page *page)
{
    char buffer[PAGE_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    const struct listener_fields *listener =
        page->fields_set ? page->fields_set
                         : server_stream_port(stream)->fields_set;
    struct str body = page->body;
    struct response_out out = {
        .status = page->status,
        .reason = page_reason(page->status),
        .listener = listener,
        .body = BODY_LENGTH,
        .close = page->close,
        .own = true,
    };
    struct piece piece = {.end = true};

    _Static_assert(ADDED_FIELDS_MAX >= 5 + PAGE_FIELDS_MAX, "all fit");
    if (body.p == NULL) {
        put_page(&t, page->status, out.reason);
        body = text_str(&t);
    }
    if (listener == NULL || !listener->hide_server)
        add(&out, STR("Server"), STR("awselb/2.0"));
    add(&out, STR("Date"), loop_http_date(loop));
    add(&out, STR("Content-Type"), page->content_type);
    add(&out, page->extra.name, page->extra.value);
    add(&out, page->more.name, page->more.value);
    for (unsigned i = 0; i < page->nfields; i++)
        out.added[out.nadded++] = page->fields[i];
    out.length = body.n;
    piece.data = (struct span){(char *)(uintptr_t)body.p, body.n, false};
    return stream->ops->respond(stream, &out, &piece);
}

struct page page_of(unsigned status)
{
    /* As nginx: a code that it has no words for has no page. */
    if (page_reason(status).n == 0)
        return (struct page){.status = status, .body = STR("")};
    return (struct page){.status = status, .content_type = STR("text/html")};
}

size_t page_respond(struct server_stream *stream, struct loop *loop,
                    unsigned status, bool close)
{
    struct page page = page_of(status);

    page.close = close;
    return page_send(stream, loop, &page);
}
