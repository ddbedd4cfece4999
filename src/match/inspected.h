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

#endif
