/* SPDX-License-Identifier: Apache-2.0
 *
 * The pages that the load balancer makes itself, byte for byte as ALB's
 * (alb.md 5.12).
 */
#ifndef SLUICE_HTTP_PAGE_H
#define SLUICE_HTTP_PAGE_H

#include "http/stream.h"

enum { PAGE_MAX = 512, PAGE_FIELDS_MAX = 10 };

/* Sends the page for a status (400, 403, 405, 408, 413, 414, 417, 500-505, ...)
 * as the whole response; one without a reason phrase (463, 464) has no body.
 * What the stream's listener sets on responses is on it.  These return the
 * bytes that it makes on the wire. */
size_t page_respond(struct server_stream *stream, struct loop *loop,
                    unsigned status, bool close);

/* A response that we make ourselves. */
struct page {
    unsigned status;
    struct str content_type;  /* n == 0: none is sent */
    struct str body;          /* p == NULL: the page for the status */
    struct added_field extra; /* name.n == 0: none */
    struct added_field more;
    const struct added_field *fields; /* and these; at most PAGE_FIELDS_MAX */
    unsigned nfields;
    const struct listener_fields *fields_set; /* NULL: what is set on all that
                                                 the stream's port answers */
    bool close;
};

size_t page_send(struct server_stream *stream, struct loop *loop,
                 const struct page *page);

/* The page for a status, before close and more fields are set. */
struct page page_of(unsigned status);

/* "Bad Gateway"; "" for a status that has no name here. */
struct str page_reason(unsigned status);

#endif
