/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads in tests: parsed from a block of exactly their size, so that a read
 * of one byte too many is seen, and written again as the proxy would.
 */
#ifndef TESTS_UNIT_CODEC_HEADS_H
#define TESTS_UNIT_CODEC_HEADS_H

#include "codec/h1.h"

enum { HEAD_FIELDS = 1024, HEAD_OUT = 1 << 17 };

struct head {
    char *data; /* a copy of what was parsed */
    size_t n;
    enum h1_result result;
    struct h1_fault fault;
    size_t len;
    struct request req;  /* of head_request() */
    struct response res; /* of head_response() */
    struct field fields[HEAD_FIELDS];
};

/* Parse, requests in defensive mode; the caller frees with head_free(). */
struct head *head_request(struct str raw);
struct head *head_request_in(enum desync_mode mode, struct str raw);
struct head *head_response(struct str raw, enum method method);
void head_free(struct head *h);

/* What goes on after h1_mark_hop_by_hop(): request line or status line and
 * fields, no framing, no empty line.  Points into a static buffer. */
struct str head_forward_request(struct head *h);
struct str head_forward_response(struct head *h);

/* Why the two differ in anything that a caller can see, or NULL. */
const char *head_difference(const struct head *a, const struct head *b);

/* The class that a reason belongs to: they stand in its order. */
enum desync_class head_class_of(enum desync_reason reason);

#endif
