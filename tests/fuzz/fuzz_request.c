/* SPDX-License-Identifier: Apache-2.0
 *
 * Request heads.
 *
 * - A head is complete at one length only: every shorter prefix is PARTIAL,
 *   every longer one gives the same.  A fault, once seen, stays the same.
 * - h1_head_end() agrees with the parser.
 * - What is sent on is clean, and the parser reads it as what was parsed.
 * - All three modes find the same; monitor lets pass what defensive does and
 *   more, and that what strictest does and more.
 */
#include <stdlib.h>

#include "codec/desync.h"
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
    bool bodiless = first->method == METHOD_GET || first->method == METHOD_HEAD;
    bool plain = !bodiless || first->body == BODY_NONE;
    struct check *c = check_request(
        plain ? DESYNC_MODE_STRICTEST : DESYNC_MODE_DEFENSIVE, text_str(t));
    struct request *req = &c->req;

    CHECK(c->result == H1_OK && c->len == t->n);
    CHECK(req->method == first->method && req->version == 11);
    CHECK(!req->encode_target && !req->absolute_form);
    CHECK(req->body == first->body ||
          (first->body == BODY_LENGTH && first->content_length == 0));
    if (plain || req->body == BODY_NONE)
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

static void check_prefix(enum desync_mode mode, struct str raw,
                         const struct check *whole, size_t n)
{
    struct check *part = check_request(mode, str_make(raw.p, n));

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
              part->fault.class == whole->fault.class &&
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

static void check_accepted(enum desync_mode mode, size_t size,
                           const struct check *c)
{
    const struct request *req = &c->req;

    CHECK(c->len <= size && c->len > 0);
    check_fields(&req->fields, c->len);
    CHECK(req->path.at + req->path.n <= c->len);
    CHECK(req->target.at + req->target.n <= c->len);
    CHECK(req->authority.at + req->authority.n <= c->len);
    CHECK(!desync_refuses(mode, (enum desync_class)req->desync_class));
    CHECK((req->desync_class == DESYNC_COMPLIANT) ==
          (req->desync_reason == DESYNC_NONE));
    CHECK(req->close_both == (mode == DESYNC_MODE_DEFENSIVE &&
                              req->desync_class == DESYNC_AMBIGUOUS));
    CHECK(req->body == BODY_LENGTH || req->content_length == 0);
}

static void check_refused(const struct check *c)
{
    unsigned status = c->fault.status;

    CHECK(status == 400 || status == 414 || status == 501 || status == 505);
    CHECK(c->fault.why != NULL);
    CHECK((c->fault.class == DESYNC_COMPLIANT) ==
          (c->fault.reason == DESYNC_NONE));
}

static void check_mode(enum desync_mode mode, struct str raw, struct check *c)
{
    if (c->result == H1_OK)
        check_accepted(mode, raw.n, c);
    else if (c->result == H1_BAD)
        check_refused(c);
    for (size_t n = 0; n < raw.n; n += check_stride(raw.n))
        check_prefix(mode, raw, c, n);
    check_end(raw, c);
}

/* What a mode makes of what a laxer one, `lax`, made `c` of. */
static void check_stricter(enum desync_mode mode, const struct check *lax,
                           const struct check *c)
{
    enum desync_class class = (enum desync_class)lax->req.desync_class;

    if (lax->result != H1_OK) {
        CHECK(c->result == lax->result);
        CHECK(c->result != H1_BAD || (c->fault.status == lax->fault.status &&
                                      c->fault.class == lax->fault.class &&
                                      c->fault.reason == lax->fault.reason));
    } else if (desync_refuses(mode, class)) {
        CHECK(c->result == H1_BAD && c->fault.status == 400);
        CHECK(c->fault.class == class &&
              c->fault.reason == lax->req.desync_reason);
    } else {
        CHECK(c->result == H1_OK && c->len == lax->len);
        CHECK(c->req.desync_class == class &&
              c->req.desync_reason == lax->req.desync_reason);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str raw = str_make((const char *)data, size);
    struct check *monitor = check_request(DESYNC_MODE_MONITOR, raw);

    for (unsigned i = DESYNC_MODE_DEFENSIVE; i <= DESYNC_MODE_STRICTEST; i++) {
        struct check *c = check_request((enum desync_mode)i, raw);

        check_stricter((enum desync_mode)i, monitor, c);
        check_mode((enum desync_mode)i, raw, c);
        check_free(c);
    }
    check_mode(DESYNC_MODE_MONITOR, raw, monitor);
    if (monitor->result == H1_OK)
        check_sent(monitor);
    check_free(monitor);
    return 0;
}
