/* SPDX-License-Identifier: Apache-2.0
 *
 * A question to AWS: calls one after another, until a source's targets are
 * known or something breaks, which is no answer at all.
 */
#ifndef SLUICE_CONTROL_DISCOVERY_AWS_H
#define SLUICE_CONTROL_DISCOVERY_AWS_H

#include "aws/client.h"
#include "control/discovery_internal.h"

/* The first member of what a kind of source keeps for its question. */
struct aws_question {
    struct discovery_follower *follower;
    struct aws_client *client;
    struct region region; /* what is read and made for it */
    struct aws_call call; /* the last one */
    void (*next)(struct aws_question *q, const struct value *answer);
    /* From now on an error of this code ("": any) is an answer, too. */
    const char *unless;
};

/* A question of `size` bytes, all else zero, which is what the follower waits
 * for; NULL, and an error of the follower, when AWS cannot be asked.  It ends
 * with one of the three at the end. */
void *aws_question_new(struct discovery_follower *follower, size_t size);

/* Calls that action and goes on with `next`, with the answer as a MAP, or NULL
 * where it is not of JSON or is the error `unless`.  `call`: service, action,
 * body (in the region), and what else is the caller's there. */
void aws_question_ask(struct aws_question *q, const struct aws_call *call,
                      void (*next)(struct aws_question *q,
                                   const struct value *answer));

/* Asks again, ... */
void aws_question_answer(struct aws_question *q,
                         struct discovery_answer *answer);
void aws_question_fail(struct aws_question *q, const char *why);
void aws_question_cancel(struct discovery_follower *follower); /* its one */

#endif
