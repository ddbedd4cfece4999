/* SPDX-License-Identifier: Apache-2.0
 *
 * Permissions of IAM that AWS says are missing, each named once in the log: who
 * was refused, what for and on what, what follows from it, and the policy of
 * contrib/iam that allows it (aws-integrations.md 1.5).
 *
 * A client tells it of every call that ends.  Who it is that calls AWS says
 * with most refusals, and STS when it is asked at start, which needs no
 * permission.
 */
#ifndef SLUICE_AWS_PERMISSION_H
#define SLUICE_AWS_PERMISSION_H

#include "aws/client.h"

enum {
    AWS_REFUSALS_MAX = 32, /* permissions that are remembered */
    AWS_PRINCIPAL_MAX = 256,
    AWS_ACCOUNT_DIGITS = 12,
};

/* ---- one refusal ------------------------------------------------------------- */

struct aws_refusal {
    struct str permission; /* "s3:PutObject" */
    struct str resource;   /* an ARN; n == 0: AWS does not say */
    struct str principal;  /* an ARN; n == 0: nobody knows */
};

/* What a refused call tells, in the region; of S3 the whole bucket is the
 * resource, as each key is another one. */
struct aws_refusal aws_refusal_of(struct region *region,
                                  const struct aws_call *call);

/* "ARN may not do s3:PutObject on ARN, so that ...: attach ..." in the region. */
struct str aws_refusal_text(struct region *region,
                            const struct aws_refusal *refusal);

/* ---- those of a client ----------------------------------------------------------- */

struct aws_permissions;

/* Of calls by that client, which outlives it; account: as in aws_options. */
struct aws_permissions *aws_permissions_new(struct aws_client *client,
                                            struct str account);

void aws_permissions_free(struct aws_permissions *permissions); /* NULL: - */

/* At start: asks who calls, and logs it, or why no call can be made; and that
 * it is of another account than ARNs here. */
void aws_permissions_check(struct aws_permissions *permissions);

/* A call has ended, well or not. */
void aws_permissions_seen(struct aws_permissions *permissions,
                          const struct aws_call *call);

#endif
