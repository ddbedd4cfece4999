/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.x: bytes to messages and messages to bytes (RFC 9112).
 *
 * No I/O, no allocation, no clock.  Parsers work on bytes that stand together
 * in one buffer and may write into them (only where said); they are strict
 * where two readers could differ, and they say how far a request strays
 * (enum desync_class) where ALB lets it pass.
 */
#ifndef SLUICE_CODEC_H1_H
#define SLUICE_CODEC_H1_H

#include "base/text.h"
#include "codec/message.h"

enum h1_result {
    H1_OK,
    H1_PARTIAL, /* not all there yet */
    H1_BAD,     /* never will be */
};

struct h1_limits {
    uint32_t line;  /* bytes of the request line without its end */
    uint32_t field; /* bytes of one field line */
    uint32_t head;  /* bytes of the whole head */
};

extern const struct h1_limits h1_request_limits;  /* ALB: 16K, 16K, 64K */
extern const struct h1_limits h1_response_limits; /* 32K each */

/* As many fields as a head within the limits can have (4 bytes each). */
enum { H1_FIELDS_MAX = 65536 / 3 };

/* What is wrong with a head or a body.  status: what ALB answers; why: one
 * sentence for the log, static.  class and reason are the guardian's, which
 * may be compliant: what it allows cannot always be served. */
struct h1_fault {
    uint16_t status; /* 400, 414, 501 or 505; 502 for responses */
    uint8_t class;   /* enum desync_class */
    uint8_t reason;  /* enum desync_reason */
    const char *why;
};

/* Looks for the end of a head in data[0..n): lines end in LF, an empty line
 * (LF or CRLF alone) ends the head.  `*scanned` is 0 at first and is kept
 * between calls that see more and more of the same bytes, so that every byte
 * is looked at once.  Returns the length of the head with its last line end,
 * 0 when it is not all there.  One empty line before the first is part of it.
 * A first line "GET target" without a version is a head (HTTP/0.9). */
size_t h1_head_end(const char *data, size_t n, size_t *scanned);

/* Parses the request head at data[0..n), which may be followed by anything.
 * req->fields.v and .cap are set by the caller; all else is set here, base is
 * `data`.  H1_OK: `*head_len` bytes are the head (empty lines before it
 * included).  H1_PARTIAL: the head is not complete and nothing in it so far is
 * wrong.  H1_BAD: `*fault` says what, also before the head is complete (a
 * line that is too long, a first byte that no method can begin with).
 * Follows alb.md 5.5 (the guardian's rules): class and reason do not depend on
 * the mode, only what is refused for them does, and a class that the mode does
 * not let pass is a fault once the head is complete.  What cannot be framed or
 * cannot be written as a request line is a fault in every mode.  Marks as
 * FIELD_DROPPED all that must not leave: fields with odd names or controls,
 * Content-Length beside Transfer-Encoding, repeated Content-Length; also
 * Expect.  Hop-by-hop fields are h1_mark_hop_by_hop()'s.
 * "http://host?query" gets the "/" that its path lacks, in place: its head
 * cannot be parsed twice.  Every call begins at data[0]: who is told PARTIAL
 * waits for h1_head_end() before the next, or pays for each again. */
enum h1_result h1_parse_request(struct request *req, char *data, size_t n,
                                const struct h1_limits *limits,
                                enum desync_mode mode, size_t *head_len,
                                struct h1_fault *fault);

/* The same for a response head; strict: anything that two readers could read
 * in two ways is bad (status 502).  `method` is the request's, for HEAD and
 * CONNECT; sets body and keep_alive.  Bare LF line ends are accepted. */
enum h1_result h1_parse_response(struct response *res, char *data, size_t n,
                                 const struct h1_limits *limits,
                                 enum method method, size_t *head_len,
                                 struct h1_fault *fault);

/* Marks Connection, Keep-Alive, Proxy-Connection, TE, Upgrade,
 * HTTP2-Settings, Transfer-Encoding, Content-Length and what Connection lists
 * as FIELD_DROPPED (framing is written anew by h1_put_*).  Host, Content-*,
 * X-Forwarded-*, X-Amzn-*, Forwarded, Authorization, Cookie, Set-Cookie, Date
 * and Server are end-to-end whatever Connection says. */
void h1_mark_hop_by_hop(struct fields *fs);

/* ---- bodies ------------------------------------------------------------ */

enum h1_body_result {
    H1_BODY_MORE, /* all of the input was used; more must come */
    H1_BODY_KEEP, /* trailers are not complete: present the unused rest of
                     the input again, with more behind it */
    H1_BODY_DONE, /* the body ended; what was not used is the next message */
    H1_BODY_BAD,
};

/* The state of one body.  Zero it, then h1_body_begin(). */
struct h1_body {
    uint64_t left;      /* bytes of the body or chunk still to come; in the
                           trailers, bytes of them that were looked at */
    uint32_t ext_total; /* bytes of chunk extensions so far; in the trailers,
                           bytes of them that were checked */
    uint16_t ext;       /* bytes of this chunk's extension */
    uint8_t kind;       /* enum body_kind */
    uint8_t state;      /* the chunked decoder's */
    uint8_t digits;     /* of this chunk size */
};

void h1_body_begin(struct h1_body *body, enum body_kind kind, uint64_t length);

/* Decodes body bytes at data[0..n) in place.  `*out` is the decoded bytes,
 * together in one piece somewhere inside data[0..n) (later chunks are moved
 * up to the first); `*used` is how much of the input was taken.  With
 * H1_BODY_DONE after trailers, `*trailers` is the trailer section as raw
 * lines (empty when there is none) inside data, good until data changes; it
 * was checked (RFC 9112 §7.1.2; not over 16 KiB).
 * BODY_NONE is done at once; BODY_CLOSE is never done. */
enum h1_body_result h1_body_decode(struct h1_body *body, char *data, size_t n,
                                   size_t *used, struct str *out,
                                   struct str *trailers,
                                   struct h1_fault *fault);

/* Most bytes that h1_put_chunk_head() writes. */
enum { H1_CHUNK_HEAD_MAX = 18 };

/* "SIZE\r\n" of a chunk of n > 0 bytes. */
void h1_put_chunk_head(struct text *t, uint64_t n);

/* Writes those trailer fields of a checked raw trailer section that may be
 * passed on (RFC 9110 §6.5.1: no framing, routing, authentication, no
 * X-Forwarded-*, X-Amzn-*, Connection and its like) as "Name: value\r\n". */
void h1_put_trailers(struct text *t, struct str raw);

/* Cuts the next of those fields off a raw trailer section.  False: there is
 * none left. */
bool h1_next_trailer(struct str *raw, struct str *name, struct str *value);

/* ---- heads out --------------------------------------------------------- */

/* "METHOD path HTTP/1.1\r\n"; SP, controls and '#' of the path as %XX; an
 * empty path is "/" ("*" for OPTIONS in absolute form, RFC 9112 §3.2.4). */
void h1_put_request_line(struct text *t, const struct request *req,
                         struct str target);

/* "HTTP/1.1 200 Reason\r\n". */
void h1_put_status_line(struct text *t, unsigned status, struct str reason);

/* All fields that are not dropped, in their order, runs of canonical ones in
 * one copy each. */
void h1_put_fields(struct text *t, const struct fields *fs);

/* The same of a head that came by HTTP/2, whose names are in lower case: those
 * that ALB spells anew get their spelling (X-Forwarded-For, -Proto and -Port,
 * Host, X-Amzn-Trace-Id, Upgrade, Connection), others stay (alb.md 5.2). */
void h1_put_fields_recased(struct text *t, const struct fields *fs);

void h1_put_field(struct text *t, struct str name, struct str value);

#endif
