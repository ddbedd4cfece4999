/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer of AWS says: a result, or an error with its code
 * (aws-integrations.md 0, "Protocol notes"; "Error responses" of S3's API
 * reference).  Pure.
 */
#ifndef SLUICE_AWS_ANSWER_H
#define SLUICE_AWS_ANSWER_H

#include "base/region.h"

enum aws_protocol {
    PROTOCOL_JSON_1_0,
    PROTOCOL_JSON_1_1,
    PROTOCOL_QUERY,
    PROTOCOL_REST, /* S3's: XML */
};

enum { AWS_MESSAGE_MAX = 1024 }; /* bytes of a message; it is cut */

/* What came; a field that did not come has n == 0. */
struct aws_answer {
    unsigned status;
    struct str body;
    struct str error_type;      /* x-amzn-errortype */
    struct str request_id;      /* x-amzn-requestid, x-amz-request-id */
    struct str etag;            /* ETag */
    struct str date;            /* Date */
    struct str retry_after;     /* Retry-After */
    struct str amz_retry_after; /* x-amz-retry-after */
    struct str bucket_region;   /* x-amz-bucket-region */
};

enum aws_verdict {
    VERDICT_RESULT,
    VERDICT_ERROR,
    VERDICT_UNREADABLE, /* no answer of this protocol to this action */
};

struct aws_fault {
    struct str code;    /* n == 0: none is told */
    struct str message; /* AWS's, one line; n == 0: none */
    struct str region;  /* S3: where the bucket is; n == 0: it is not told */
};

#define AWS_NO_FAULT                                                           \
    ((struct aws_fault){.code = STR(""), .message = STR(""), .region = STR("")})

/* The value of a field that is looked at; NULL: it is none of those. */
struct str *aws_answer_field(struct aws_answer *answer, struct str name);

/* `action` n == 0: REST.  What `fault` and request_id point to stands in the
 * region or in the answer. */
enum aws_verdict aws_answer_judge(struct region *region,
                                  enum aws_protocol protocol, struct str action,
                                  struct aws_answer *answer,
                                  struct aws_fault *fault);

#endif
