/* SPDX-License-Identifier: Apache-2.0
 *
 * A request as rules look at it: slices of the bytes that came.
 */
#ifndef SLUICE_MATCH_INSPECTED_H
#define SLUICE_MATCH_INSPECTED_H

#include "base/address.h"
#include "codec/message.h"

struct inspected {
    struct str method;
    struct str path;     /* as received, before "?"; "/" when there is none */
    struct str query;    /* without "?"; p == NULL: there is no "?" */
    struct str fragment; /* behind "#"; p == NULL: none */
    struct str host;     /* Host or :authority */
    const struct fields *fields; /* as they came; none is dropped here */
    struct str body;             /* what of it may be looked at */
    bool body_whole;             /* the request has no more body than that */
    bool grpc;                   /* body rules do not see it */
    uint8_t version;             /* as request->version */
    bool https;
    struct address client; /* who connected */
    struct str ja3;        /* n == 0: not known */
    struct str ja4;
};

/* Cuts a request target, as it came, into path, query and fragment. */
void inspected_put_target(struct inspected *to, struct str target);

/* The begin of a body as far as it is here; `ended`: it has no more than that.
 * At most `limit` bytes of it are looked at. */
void inspected_put_body(struct inspected *to, struct str begin, bool ended,
                        uint32_t limit);

#endif
