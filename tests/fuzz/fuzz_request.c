/* SPDX-License-Identifier: Apache-2.0
 *
 * Request heads.
 *
 * - A head is complete at one length only: every shorter prefix is PARTIAL,
 *   every longer one gives the same.  A fault, once seen, stays the same.
 * - h1_head_end() agrees with the parser.
 * - What is sent on is clean, and the parser reads it as what was parsed.
 */
#include <stdlib.h>

#include "codec_check.h"
#include "fuzz.h"

static struct str tail_of(const struct request *req)
{
    if (req->body == BODY_CHUNKED)
        return STR("Transfer-Encoding: chunked\r\n\r\n");
    if (req->body == BODY_LENGTH && req->content_length)
        return STR("Content-Length: 1\r\n\r\n");
    return STR("\r\n");
}

static void put_request(struct text *t, struct request *req)
{
    struct str tail = tail_of(req);

    h1_mark_hop_by_hop(&req->fields);
    h1_put_request_line(t, req, STR(""));
    h1_put_fields(t, &req->fields);
    if (!fields_find(&req->fields, FIELD_HOST))
        TEXT_LITERAL(t, "Host: h\r\n");
    text_str_put(t, tail);
}

/* The target that comes out of the parser the second time. */
static void check_again(struct text *t, const struct request *first)
{
    struct check *c = check_request(text_str(t));
    struct request *req = &c->req;
    bool bodiless = first->method == METHOD_GET || first->method == METHOD_HEAD;

    CHECK(c->result == H1_OK && c->len == t->n);
    CHECK(req->method == first->method && req->version == 11);
    CHECK(!req->encode_target && !req->absolute_form);
    CHECK(req->body == first->body ||
          (first->body == BODY_LENGTH && first->content_length == 0));
    if (!bodiless || req->body == BODY_NONE)
        CHECK(req->desync_class == DESYNC_COMPLIANT);
    check_kept(&first->fields, &req->fields);
    check_free(c);
}

static void check_sent(struct check *c)
{
    static char out[4 * 65536];
    struct text t = text_in(out, sizeof(out));

    if (c->req.method == METHOD_CONNECT)
        return;
    put_request(&t, &c->req);
    CHECK(text_ok(&t));
    check_again(&t, &c->req);
}

static void check_prefix(struct str raw, const struct check *whole, size_t n)
{
    struct check *part = check_request(str_make(raw.p, n));

    if (whole->result == H1_OK) {
        CHECK(part->result == (n < whole->len ? H1_PARTIAL : H1_OK));
        CHECK(n < whole->len || part->len == whole->len);
    } else if (whole->result == H1_PARTIAL) {
        CHECK(part->result == H1_PARTIAL);
    } else {
        CHECK(part->result == H1_PARTIAL || part->result == H1_BAD);
    }
    if (part->result == H1_BAD)
        CHECK(part->fault.status == whole->fault.status &&
              part->fault.reason == whole->fault.reason &&
              part->fault.why == whole->fault.why);
    check_free(part);
}

static void check_end(struct str raw, const struct check *whole)
{
    size_t end = check_head_end(raw);

    if (whole->result == H1_OK)
        CHECK(end == whole->len);
    if (whole->result == H1_PARTIAL)
        CHECK(end == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str raw = str_make((const char *)data, size);
    struct check *c = check_request(raw);

    if (c->result == H1_OK) {
        CHECK(c->len <= size && c->len > 0);
        check_fields(&c->req.fields, c->len);
        CHECK(c->req.path.at + c->req.path.n <= c->len);
        CHECK(c->req.target.at + c->req.target.n <= c->len);
        CHECK(c->req.authority.at + c->req.authority.n <= c->len);
        CHECK(c->req.desync_class < DESYNC_SEVERE);
        CHECK(c->req.body == BODY_LENGTH || c->req.content_length == 0);
    } else if (c->result == H1_BAD) {
        unsigned status = c->fault.status;

        CHECK(status == 400 || status == 414 || status == 501 || status == 505);
        CHECK(c->fault.why != NULL);
    }
    for (size_t n = 0; n < size; n += check_stride(size))
        check_prefix(raw, c, n);
    check_end(raw, c);
    if (c->result == H1_OK)
        check_sent(c);
    check_free(c);
    return 0;
}
