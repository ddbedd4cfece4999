/* SPDX-License-Identifier: Apache-2.0
 *
 * Response heads: the first byte is the method that was asked with, the rest
 * the head.  The same invariants as for requests.
 */
#include <stdlib.h>

#include "codec_check.h"
#include "fuzz.h"

static void check_prefix(struct str raw, const struct check *whole,
                         enum method method, size_t n)
{
    struct check *part = check_response(str_make(raw.p, n), method);

    if (whole->result == H1_OK) {
        CHECK(part->result == (n < whole->len ? H1_PARTIAL : H1_OK));
        CHECK(n < whole->len || part->len == whole->len);
    } else if (whole->result == H1_PARTIAL) {
        CHECK(part->result == H1_PARTIAL);
    }
    if (part->result == H1_BAD)
        CHECK(whole->result == H1_BAD && part->fault.why == whole->fault.why);
    check_free(part);
}

static void check_sent(struct check *c, enum method method)
{
    static char out[4 * 65536];
    struct text t = text_in(out, sizeof(out));
    struct response *res = &c->res, *again;
    struct check *second;
    enum body_kind kind = (enum body_kind)res->body;

    h1_mark_hop_by_hop(&res->fields);
    h1_put_status_line(&t, res->status, slice_of(&res->fields, res->reason));
    h1_put_fields(&t, &res->fields);
    if (kind == BODY_LENGTH)
        TEXT_LITERAL(&t, "Content-Length: 1\r\n");
    if (kind == BODY_CHUNKED)
        TEXT_LITERAL(&t, "Transfer-Encoding: chunked\r\n");
    TEXT_LITERAL(&t, "\r\n");
    CHECK(text_ok(&t));
    if (t.n > h1_response_limits.head)
        return; /* it was just below the limit, written more tightly */
    second = check_response(text_str(&t), method);
    again = &second->res;
    CHECK(second->result == H1_OK && second->len == t.n);
    CHECK(again->status == res->status && again->body == res->body);
    CHECK(again->version == 11);
    CHECK(str_eq(slice_of(&again->fields, again->reason),
                 slice_of(&res->fields, res->reason)));
    check_kept(&res->fields, &again->fields);
    check_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum method method = size ? (enum method)(data[0] % 10) : METHOD_GET;
    struct str raw = str_make((const char *)data + !!size, size ? size - 1 : 0);
    struct check *c = check_response(raw, method);

    if (c->result == H1_OK) {
        CHECK(c->len <= raw.n && c->len > 0);
        CHECK(check_head_end(raw) == c->len);
        check_fields(&c->res.fields, c->len);
        CHECK(c->res.reason.at + c->res.reason.n <= c->len);
        CHECK(c->res.status >= 100 && c->res.status <= 999);
        CHECK(c->res.body != BODY_CLOSE || !c->res.keep_alive);
    } else if (c->result == H1_BAD) {
        CHECK(c->fault.status == 502 && c->fault.reason == DESYNC_NONE);
        CHECK(c->fault.why != NULL);
    }
    for (size_t n = 0; n < raw.n; n += check_stride(raw.n))
        check_prefix(raw, c, method, n);
    if (c->result == H1_OK)
        check_sent(c, method);
    check_free(c);
    return 0;
}
