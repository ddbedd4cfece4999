/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a client know of each other.
 */
#ifndef SLUICE_AWS_CLIENT_INTERNAL_H
#define SLUICE_AWS_CLIENT_INTERNAL_H

#include "aws/bucket_regions.h"
#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/identity.h"
#include "aws/permission.h"
#include "aws/request.h"
#include "aws/retry.h"
#include "aws/transport.h"
#include "crypto/sha256.h"
#include "net/loop.h"

/* Calls of one service. */
struct aws_queue {
    struct list waiting; /* calls that have no attempt yet */
    unsigned nwaiting;
    unsigned nactive; /* that have one, but internal ones */
};

struct aws_client {
    struct loop *loop;
    struct transport *transport;
    struct aws_identity *identity;
    struct aws_permissions *permissions;
    struct aws_queue queues[AWS_SERVICES];
    struct list active;    /* attempts */
    struct list refused;   /* calls that are AWS_BUSY */
    struct loop_task pump; /* begins what may begin, ends what was refused */
    struct retry_budget budget[AWS_SERVICES];
    int64_t skew[AWS_SERVICES]; /* seconds that a service's clock is ahead */
    struct bucket_regions buckets;
    struct aws_counts counts;
};

/* Where a call stands. */
enum attempt_phase {
    PHASE_PREPARE, /* settings, region, endpoint, body */
    PHASE_HASH,    /* of a file, in pieces */
    PHASE_SIGN,    /* credentials */
    PHASE_SENT,
    PHASE_PAUSE, /* before it is tried again */
};

/* A call that is being made, attempt after attempt. */
struct aws_attempt {
    struct list node;
    struct aws_client *client;
    struct aws_call *call;
    enum attempt_phase phase;
    struct loop_task step;
    struct timer timer;

    /* Of the call. */
    bool internal; /* made to find credentials: with `keys`, beside the queue */
    struct aws_credentials *keys; /* of the attempt; internal: NULL: none */
    struct region memory;
    struct aws_endpoint endpoint;
    struct str region;
    struct aws_body body;
    char hash[SIGV4_HASH_LEN + 1];
    struct sha256 sha;
    uint64_t hashed;
    char invocation[37];
    unsigned attempts; /* at most */
    unsigned paid;     /* for this retry; 0: it is none */
    unsigned asked;    /* retry_cause bits that were followed once */

    /* Of one attempt. */
    struct region wire;
    int64_t now; /* as it was signed */
    struct transfer transfer;
    struct aws_fault fault;
};

/* Begins at once, without a place in the queue, with these credentials (NULL:
 * it is not signed).  The settings are known. */
void aws_call_begin_as(struct aws_client *client, struct aws_call *call,
                       struct aws_credentials *keys);

/* Something that calls wait for is there, or will not come. */
void aws_client_wake(struct aws_client *client);

struct aws_attempt *aws_attempt_new(struct aws_client *client,
                                    struct aws_call *call);
void aws_attempt_free(struct aws_attempt *attempt);

/* A call has ended: its owner hears of it. */
void aws_client_done(struct aws_client *client, struct aws_attempt *attempt);

#endif
