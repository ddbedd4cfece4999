/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP request that a call becomes (aws-integrations.md 0 and 1.1).  Pure:
 * time and chance come in.
 */
#ifndef SLUICE_AWS_REQUEST_H
#define SLUICE_AWS_REQUEST_H

#include "aws/answer.h"
#include "aws/client.h"
#include "aws/endpoint.h"

enum {
    REQUEST_LINES_MAX = 48,
    REQUEST_FIELDS_MAX = 32, /* of a call's own */
};

/* One row of service.def. */
struct aws_service_facts {
    const char *name; /* for people: "cloudwatch" */
    const char *signing;
    enum aws_protocol protocol;
    const char *version; /* prefix of X-Amz-Target, or API version */
    const char *iam;
};

const struct aws_service_facts *aws_service_facts(enum aws_service service);

/* What is the same in each attempt of a call. */
struct aws_body {
    struct str bytes; /* unless the call's body is in a file */
    bool gzip;        /* they are compressed */
};

/* What it carries, in the region; compressed where the call allows it, and it
 * has `gzip_min` bytes at least. */
void aws_request_body(struct region *region, const struct aws_call *call,
                      size_t gzip_min, struct aws_body *body);

/* What one attempt is made with. */
struct aws_sender {
    const struct aws_endpoint *endpoint;
    struct str region;
    const struct sigv4_credentials *keys; /* NULL: it is not signed */
    int64_t now;                          /* seconds since 1970 */
    struct str payload_hash;
    bool gzip;
    struct str invocation; /* an id, the same for all attempts */
    unsigned attempt;      /* from 1 */
    unsigned attempts;
};

struct aws_request {
    const char *method;
    const char *url;
    const char *lines[REQUEST_LINES_MAX]; /* "Name: value" */
    unsigned nlines;
};

/* In the region.  False with an error: the call asks for more, or other things,
 * than a request can have. */
bool aws_request_make(struct region *region, const struct aws_call *call,
                      const struct aws_sender *sender,
                      struct aws_request *request, struct error *error);

#endif
