/* SPDX-License-Identifier: Apache-2.0 */
#include "heads.h"

#include <stdlib.h>

static struct head *head_of(struct str raw)
{
    struct head *h = calloc(1, sizeof(*h));

    if (h == NULL)
        abort();
    h->data = malloc(raw.n + !raw.n);
    if (h->data == NULL)
        abort();
    h->n = raw.n;
    if (raw.n)
        memcpy(h->data, raw.p, raw.n);
    h->req.fields.v = h->res.fields.v = h->fields;
    h->req.fields.cap = h->res.fields.cap = HEAD_FIELDS;
    return h;
}

struct head *head_request(struct str raw)
{
    return head_request_in(DESYNC_MODE_DEFENSIVE, raw);
}

struct head *head_request_in(enum desync_mode mode, struct str raw)
{
    struct head *h = head_of(raw);

    h->result = h1_parse_request(&h->req, h->data, h->n, &h1_request_limits,
                                 mode, &h->len, &h->fault);
    return h;
}

struct head *head_response(struct str raw, enum method method)
{
    struct head *h = head_of(raw);

    h->result = h1_parse_response(&h->res, h->data, h->n, &h1_response_limits,
                                  method, &h->len, &h->fault);
    return h;
}

void head_free(struct head *h)
{
    free(h->data);
    free(h);
}

static char out[HEAD_OUT];

struct str head_forward_request(struct head *h)
{
    struct text t = text_in(out, sizeof(out));

    h1_mark_hop_by_hop(&h->req.fields);
    h1_put_request_line(&t, &h->req, STR(""));
    h1_put_fields(&t, &h->req.fields);
    if (!text_ok(&t))
        abort();
    return text_str(&t);
}

struct str head_forward_response(struct head *h)
{
    struct text t = text_in(out, sizeof(out));

    h1_mark_hop_by_hop(&h->res.fields);
    h1_put_status_line(&t, h->res.status,
                       slice_of(&h->res.fields, h->res.reason));
    h1_put_fields(&t, &h->res.fields);
    if (!text_ok(&t))
        abort();
    return text_str(&t);
}

static const char *fields_difference(const struct fields *a,
                                     const struct fields *b)
{
    if (a->n != b->n || a->present != b->present)
        return "number of fields";
    for (unsigned i = 0; i < a->n; i++) {
        if (memcmp(&a->v[i], &b->v[i], sizeof(a->v[i])) != 0)
            return "a field";
    }
    return NULL;
}

static bool slices_differ(struct slice a, struct slice b)
{
    return a.at != b.at || a.n != b.n;
}

static const char *request_difference(const struct request *a,
                                      const struct request *b)
{
    if (slices_differ(a->method_name, b->method_name) || a->method != b->method)
        return "method";
    if (slices_differ(a->target, b->target) || slices_differ(a->path, b->path))
        return "target";
    if (slices_differ(a->authority, b->authority))
        return "authority";
    if (a->body != b->body || a->content_length != b->content_length)
        return "body";
    if (a->desync_class != b->desync_class ||
        a->desync_reason != b->desync_reason)
        return "desync";
    if (a->version != b->version || a->keep_alive != b->keep_alive)
        return "version";
    if (a->expect_continue != b->expect_continue ||
        a->expect_unknown != b->expect_unknown ||
        a->wants_websocket != b->wants_websocket ||
        a->encode_target != b->encode_target ||
        a->te_trailers != b->te_trailers ||
        a->absolute_form != b->absolute_form ||
        a->https_scheme != b->https_scheme)
        return "a flag";
    return fields_difference(&a->fields, &b->fields);
}

static const char *response_difference(const struct response *a,
                                       const struct response *b)
{
    if (a->status != b->status || slices_differ(a->reason, b->reason))
        return "status";
    if (a->body != b->body || a->content_length != b->content_length)
        return "body";
    if (a->version != b->version || a->keep_alive != b->keep_alive ||
        a->upgraded != b->upgraded)
        return "version";
    return fields_difference(&a->fields, &b->fields);
}

const char *head_difference(const struct head *a, const struct head *b)
{
    const char *why;

    if (a->result != b->result)
        return "result";
    if (a->result == H1_BAD)
        return a->fault.status != b->fault.status ||
                       a->fault.reason != b->fault.reason ||
                       a->fault.why != b->fault.why
                   ? "fault"
                   : NULL;
    if (a->result != H1_OK)
        return NULL;
    if (a->len != b->len)
        return "length of the head";
    why = request_difference(&a->req, &b->req);
    return why ? why : response_difference(&a->res, &b->res);
}

enum desync_class head_class_of(enum desync_reason reason)
{
    if (reason == DESYNC_NONE)
        return DESYNC_COMPLIANT;
    if (reason <= DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED)
        return DESYNC_SEVERE;
    return reason <= DESYNC_MISSING_HEADER_COLON ? DESYNC_AMBIGUOUS
                                                 : DESYNC_ACCEPTABLE;
}
