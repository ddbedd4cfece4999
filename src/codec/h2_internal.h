/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the HTTP/2 codec share.
 *
 *   h2_session   life of a session, what the library tells
 *   h2_frames    frame headers, read before the library sees them; budgets
 *   h2_block     header blocks that come: requests, responses, trailers
 *   h2_head      heads that leave
 *   h2_body      bodies both ways, credit
 *   h2_memory    the library's memory
 */
#ifndef SLUICE_CODEC_H2_INTERNAL_H
#define SLUICE_CODEC_H2_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "codec/h2.h"
#include "codec/h2_budget.h"
#include "codec/h2_memory.h"

enum {
    /* Fields of a head within the limits: each counts 32 bytes and its own. */
    H2_FIELDS_MAX = H2_REQUEST_HEAD_MAX / 33 + 1,
    /* A head as text: each byte of it, ": " and CRLF of each field; once more
     * for cookies that are joined; and a method and a field of ours. */
    H2_TEXT_MAX = 2 * (H2_REQUEST_HEAD_MAX + 4 * H2_FIELDS_MAX) + 256,
    /* A head that leaves: as many fields as HTTP/1 lets in, and ours. */
    H2_NV_MAX = 65536 / 3 + 64,
    H2_NAMES_MAX = 128 * 1024, /* their names in lower case, and numbers */
    /* What the library may take it to be: more than any head that comes in and
     * what we add, with 12 bytes for each field. */
    H2_HEAD_MAX = 1024 * 1024,
};

/* A header block that comes, as text: pseudo-header values, then lines. */
struct h2_block {
    char *text; /* H2_TEXT_MAX bytes */
    size_t n;
    struct field *v; /* H2_FIELDS_MAX */
    unsigned nfields;
    size_t size;  /* RFC 9113 §6.5.2 */
    size_t limit; /* of size */
    uint32_t present;
    struct slice method;
    struct slice scheme;
    struct slice path;
    struct slice authority;
    struct slice protocol;
    uint64_t content_length;
    uint16_t status; /* of a response */
    uint16_t fault;  /* 0, or what it is to be answered with */
    uint32_t cookies;
    uint32_t cookie; /* which field is the first cookie */
    const char *why; /* static; with `fault` or `malformed` */
    bool trailers : 1;
    bool length_seen : 1;
    bool te_trailers : 1;
    bool odd_names : 1;
    bool malformed : 1; /* is to be reset */
    bool bomb : 1;
};

/* What came and was not handed over yet: a head waits for the first bytes of
 * its body, bytes for the end of their frame. */
struct h2_pending {
    struct h2_stream *stream; /* NULL: nothing waits */
    bool head;
    const char *p;
    size_t n;
};

/* A head that leaves. */
struct h2_head {
    nghttp2_nv *nv; /* H2_NV_MAX */
    size_t n;
    char *names; /* H2_NAMES_MAX */
    size_t names_n;
    bool overflow;
};

struct h2_port {
    struct chunk_pool *chunks;
    struct h2_memory memory;
    nghttp2_mem mem;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    struct h2_block block;
    struct h2_pending pending;
    struct request request; /* of the pending head */
    struct response response;
    struct h2_head head;
};

/* ---- session ------------------------------------------------------------ */

/* Writes what may be written; when the library is busy, afterwards. */
void h2_write(struct h2 *h2);

/* Makes it a stream of the session. */
void h2_attach(struct h2 *h2, struct h2_stream *stream, int32_t id);

/* The stream is over: gives back what it holds. */
void h2_detach(struct h2_stream *stream);

/* Resets it because of what the peer did: on_closed follows. */
void h2_refuse(struct h2_stream *stream, enum h2_error error);

/* ---- frames ------------------------------------------------------------- */

/* How many bytes of p[0..n) the library may see before h2_scan() is asked
 * again; with `*error` set the session ends behind them. */
size_t h2_scan(struct h2 *h2, const char *p, size_t n, enum h2_error *error);

/* A stream ended; `wasted`: before anything came of it.  False: the budget is
 * spent. */
bool h2_spend(struct h2 *h2, bool wasted);

/* Lets the buckets leak. */
void h2_budget_tick(struct h2 *h2, uint64_t now_s);

/* The client may still send on a stream that is over for us. */
void h2_mark_cut(struct h2 *h2, int32_t id);

/* ---- blocks ------------------------------------------------------------- */

void h2_block_begin(struct h2_port *port, bool client, bool trailers);

/* Adds a field.  False: the block is a bomb. */
bool h2_block_add(struct h2_port *port, struct str name, struct str value);

/* Makes port->request of the block; false with block->fault or malformed. */
bool h2_block_request(struct h2_port *port, bool end);

/* Makes port->response of it; false: malformed. */
bool h2_block_response(struct h2_port *port, enum method method, bool end);

/* The lines of trailers. */
struct str h2_block_trailers(const struct h2_port *port);

/* Keeps a block whose end has not come over the end of h2_receive(). */
bool h2_block_keep(struct h2 *h2);
void h2_block_restore(struct h2 *h2);

/* ---- bodies ------------------------------------------------------------- */

/* Hands over what is pending; `end`: with the end of the message. */
void h2_deliver(struct h2 *h2, bool end);

/* Bytes of a body came. */
void h2_arrived(struct h2_stream *stream, const char *p, size_t n);

/* The end of a message came, with trailers or without. */
void h2_arrived_end(struct h2_stream *stream, struct str trailers);

/* Hands over what resumed streams kept. */
void h2_deliver_kept(struct h2 *h2);

nghttp2_data_provider h2_provider(struct h2_stream *stream);

/* Takes a piece that is to leave: `copy` or leaves it where it is, for this
 * call.  False without memory. */
bool h2_take_piece(struct h2_stream *stream, const struct h2_piece *piece,
                   bool copy);

/* What was left where it is and did not go is copied. */
bool h2_settle_piece(struct h2_stream *stream);

int h2_send_data(nghttp2_session *session, nghttp2_frame *frame,
                 const uint8_t *head, size_t n, nghttp2_data_source *source,
                 void *data);

/* ---- heads -------------------------------------------------------------- */

void h2_head_begin(struct h2_port *port);

/* Submits trailers that were checked as they came. */
int h2_submit_trailers(struct h2_stream *stream);

#endif
