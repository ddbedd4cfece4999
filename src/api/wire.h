/* SPDX-License-Identifier: Apache-2.0
 *
 * The protocols of AWS's APIs: which call a request is, and how what became of
 * it is written (alb.md 1.4).
 *
 *     query    Action and Version in a form (the body, the query string or
 *              both); XML comes back
 *     EC2      the same with other lists and another envelope
 *     JSON     X-Amz-Target: PREFIX.Action and an object as the body
 *     CBOR     Smithy-Protocol: rpc-v2-cbor, POST /service/PREFIX/operation/
 *              Action and a map as the body
 *
 * A service may speak several; a body may come compressed by gzip.
 *
 * The scope of the signature says which service is meant.  What Sluice does not
 * serve is refused in the protocol that its caller reads, that of S3 too.
 * Pure.
 */
#ifndef SLUICE_API_WIRE_H
#define SLUICE_API_WIRE_H

#include "api/action.h"
#include "base/text.h"

/* Longest body of a call that is served. */
enum { WIRE_BODY_MAX = 4 * 1024 * 1024 };

/* A request; texts that are not there have n == 0. */
struct wire_request {
    struct str method;
    struct str path; /* and query */
    struct str content_type;
    struct str target;   /* X-Amz-Target */
    struct str service;  /* of the signature's scope */
    struct str protocol; /* Smithy-Protocol */
    struct str encoding; /* Content-Encoding */
    struct str body;
};

/* What the caller reads. */
enum wire_reader {
    READER_QUERY, /* ErrorResponse */
    READER_EC2,   /* Response */
    READER_JSON,  /* {"__type", "message"} */
    READER_CBOR,  /* the same as CBOR */
    READER_S3,    /* Error */
};

struct wire_call {
    enum wire_reader reader;
    const struct service *service; /* NULL: none of ours */
    const struct action *action;   /* NULL: none that is served */
    struct str name;               /* of the action; n == 0: not known */
    const struct value *input;     /* a MAP, not checked against the shape */
};

enum wire_verdict {
    WIRE_OURS,    /* service, action and input are set */
    WIRE_FOREIGN, /* Sluice does not serve it: somebody else might */
    WIRE_BAD,     /* it is no call */
};

/* Which call the request is, by the services (NULL at the end); all that it
 * makes stands in call->region.  FOREIGN, BAD: call->fault is set. */
enum wire_verdict wire_read(const struct service *const *services,
                            const struct wire_request *request,
                            struct wire_call *wire, struct call *call);

/* How a caller is answered of whom no more is known than the head. */
enum wire_reader wire_reader(const struct service *const *services,
                             const struct wire_request *request);

/* Whether the request is a call of AWS's, going by its head: signed or not. */
bool wire_is_call(const struct wire_request *request);

/* Result or fault of the call as the body of the answer, in its region; codes
 * that the protocol spells in another way are changed in call->fault. */
struct str wire_answer(const struct wire_call *wire, struct call *call);

/* n == 0: there is no body. */
struct str wire_content_type(const struct wire_call *wire,
                             const struct call *call);

#endif
