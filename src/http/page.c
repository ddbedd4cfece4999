/* SPDX-License-Identifier: Apache-2.0 */
#include "http/page.h"

/* ALB's words, which are nginx's where the two could differ. */
static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {400, "Bad Request"},
    {401, "Authorization Required"},
    {403, "Forbidden"},
    {405, "Not Allowed"},
    {408, "Request Time-out"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Large"},
    {417, "Expectation Failed"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Temporarily Unavailable"},
    {504, "Gateway Time-out"},
    {505, "HTTP Version Not Supported"},
};

struct str page_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return str_of(reasons[i].reason);
    }
    return STR("");
}

static void put_title(struct text *t, unsigned status)
{
    struct str reason = page_reason(status);

    text_u64(t, status);
    if (reason.n) {
        text_char(t, ' ');
        text_str_put(t, reason);
    }
}

static void put_page(struct text *t, unsigned status)
{
    TEXT_LITERAL(t, "<html>\r\n<head><title>");
    put_title(t, status);
    TEXT_LITERAL(t, "</title></head>\r\n<body>\r\n<center><h1>");
    put_title(t, status);
    TEXT_LITERAL(t, "</h1></center>\r\n</body>\r\n</html>\r\n");
}

void page_respond(struct server_stream *stream, struct loop *loop,
                  unsigned status, bool close)
{
    char buffer[PAGE_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct response_out out = {
        .status = status,
        .reason = page_reason(status),
        .added = {{STR("Server"), STR("awselb/2.0")},
                  {STR("Date"), loop_http_date(loop)},
                  {STR("Content-Type"), STR("text/html")}},
        .nadded = 3,
        .body = BODY_LENGTH,
        .close = close,
        .own = true,
    };
    struct piece piece = {.end = true};

    put_page(&t, status);
    out.length = t.n;
    piece.data = (struct span){t.p, t.n, false};
    stream->ops->respond(stream, &out, &piece);
}
