/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of AWS's services: signed, retried, never waited for.
 *
 * A client belongs to one thread and runs on its loop (libcurl's multi
 * interface); nothing of it blocks: files and processes that credentials come
 * from are read on a thread of their own.  It finds credentials, region and
 * endpoints as the SDKs do (aws-integrations.md 1.3), once something is called.
 *
 * A call is tried again after faults of the network, 500, 502, 503, 504 and
 * throttling, with jitter, as long as the budget of its service lasts (1.4);
 * after a clock that is wrong and credentials that have expired, once more at
 * once.
 */
#ifndef SLUICE_AWS_CLIENT_H
#define SLUICE_AWS_CLIENT_H

#include "base/error.h"
#include "base/list.h"
#include "crypto/sigv4.h"
#include "model/value.h"

struct loop;
struct aws_client;

enum aws_service {
#define X(name, prefix, signing, id, protocol, version, iam) AWS_##name,
#include "aws/service.def"
#undef X
    AWS_SERVICES
};

enum {
    AWS_TIMEOUT_MS = 10 * 1000,       /* of one attempt */
    AWS_ATTEMPTS = 3,                 /* of a call */
    AWS_IN_FLIGHT_MAX = 32,           /* calls of one service; others wait */
    AWS_WAITING_MAX = 1024,           /* of these; one more is AWS_BUSY */
    AWS_ANSWER_MAX = 4 * 1024 * 1024, /* bytes; more is AWS_UNREADABLE */
};

/* What became of a call. */
enum aws_outcome {
    AWS_OK,          /* an answer 2xx (of S3's multipart: one that is none of
                         its errors) */
    AWS_REFUSED,     /* the service answered with an error: code, message */
    AWS_UNREACHABLE, /* no answer came, each time: message */
    AWS_UNREADABLE,  /* an answer that cannot be one: too long, no XML ... */
    AWS_NOT_READY,   /* no credentials or no region: message says what was
                         tried and how to mend it */
    AWS_BUSY,        /* too many calls of the service wait; nothing was sent */
};

/* Embedded in its owner; all zero but what is said.  What it points to stays as
 * it is until done(). */
struct aws_call {
    /* ---- the caller's ---- */
    enum aws_service service;
    const char *action; /* "PutMetricData"; NULL: REST */
    struct str body;    /* JSON: an object.  QUERY: parameters behind Action
                            and Version, "A=1&B=2" encoded, or none */
    struct str method;  /* REST: "PUT" */
    struct str bucket;  /* S3: stands in the host or in the path */
    struct str path;    /* REST: as it is signed and sent, "/a/b%20c"; S3: "/"
                            and the key as aws_put_key() writes it, without
                            the bucket */
    struct str query;   /* REST: "partNumber=1&uploadId=x", encoded */
    const struct sigv4_field *fields; /* more of them: Content-Type ... */
    unsigned nfields;
    int file; /* has_file: the body stands in it, at ... */
    bool has_file;
    uint64_t file_at;
    uint64_t file_n;
    bool host_prefix;    /* CLOUD_MAP: "data-" before the host, unless the
                            endpoint is said by somebody */
    bool gzip;           /* the body (not of a file) may be sent compressed */
    struct str region;   /* n == 0: the client's */
    uint32_t timeout_ms; /* of one attempt; 0: AWS_TIMEOUT_MS */
    unsigned attempts;   /* 0: AWS_ATTEMPTS */
    /* On the client's thread, once, never inside aws_call_begin().  The call is
     * the caller's again; what follows is good until it returns. */
    void (*done)(struct aws_call *call);
    void *owner; /* for the caller */

    /* ---- what became of it ---- */
    enum aws_outcome outcome;
    unsigned status;       /* of HTTP; 0: none came */
    struct str answer;     /* its body */
    struct str etag;       /* of the answer; n == 0: it had none */
    struct str code;       /* "ThrottlingException"; n == 0: none was told */
    struct str message;    /* for people, not empty unless AWS_OK */
    struct str request_id; /* AWS's; n == 0: none */
    unsigned tried;        /* attempts that were made */

    /* ---- the client's ---- */
    struct list node;
    struct aws_attempt *attempt;
};

struct aws_options {
    struct loop *loop;
    struct str region;  /* what was said here; n == 0: as the SDKs find it */
    struct str account; /* that ARNs have here, kept as long; n == 0: it is not
                           compared with the one of calls */
    char **environment; /* as environ; lives as long */
};

/* NULL without memory or descriptors. */
struct aws_client *aws_client_new(const struct aws_options *options);

/* Calls that go on are dropped without done().  Not from done(). */
void aws_client_free(struct aws_client *client); /* NULL: nothing */

void aws_call_begin(struct aws_client *client, struct aws_call *call);

/* Forgets a call that began and is not done; done() is not called. */
void aws_call_cancel(struct aws_client *client, struct aws_call *call);

/* The answer of a JSON call as a MAP in the region; NULL: it is no object. */
const struct value *aws_answer_json(struct region *region,
                                    const struct aws_call *call);

/* The permission of IAM that the call needs: "cloudwatch:PutMetricData",
 * "s3:PutObject"; in the region. */
struct str aws_call_permission(struct region *region,
                               const struct aws_call *call);

/* Whether it was refused for lack of that permission. */
bool aws_call_is_forbidden(const struct aws_call *call);

/* At start: asks STS who calls, and logs it, or why no call can be made; and
 * that this is another account than that of ARNs here.
 * Permissions that AWS says are missing are logged in any case, each once
 * (aws/permission.h). */
void aws_client_check(struct aws_client *client);

/* What the client did since it was made: for /metrics. */
struct aws_counts {
    uint64_t calls;
    uint64_t attempts;
    uint64_t failed;    /* calls that did not end AWS_OK */
    uint64_t throttled; /* attempts */
    uint64_t refreshes; /* of credentials */
};
struct aws_counts aws_client_counts(const struct aws_client *client);

/* "NAME=VALUE" of a query or a form, behind "&" unless it is the first: every
 * byte of the value but A-Z a-z 0-9 - _ . ~ encoded. */
void aws_put_parameter(struct text *t, const char *name, struct str value);

/* An S3 key as it stands in paths: every byte but A-Z a-z 0-9 - _ . ~ and "/"
 * encoded. */
void aws_put_key(struct text *t, struct str key);

#endif
