/* SPDX-License-Identifier: Apache-2.0 */
#include "control/discovery_aws.h"

#include <stdlib.h>

#include "base/memory.h"
#include "control/server_aws.h"

void *aws_question_new(struct discovery_follower *follower, size_t size)
{
    struct aws_client *client = server_aws(follower->group->all->server);
    struct aws_question *q;

    if (client == NULL) {
        discovery_error(follower, "there is no memory to ask AWS");
        return NULL;
    }
    q = memory_zeroed(1, size);
    q->follower = follower;
    q->client = client;
    follower->asking = q;
    return q;
}

static void free_question(struct aws_question *q)
{
    region_end(&q->region);
    free(q);
}

void aws_question_answer(struct aws_question *q,
                         struct discovery_answer *answer)
{
    struct discovery_follower *f = q->follower;

    f->asking = NULL;
    discovery_answered(f, answer, 0);
    free_question(q);
}

void aws_question_fail(struct aws_question *q, const char *why)
{
    struct discovery_answer failed = {.outcome = ANSWER_FAILED,
                                      .why = why,
                                      .slower = q->call.outcome != AWS_OK};

    aws_question_answer(q, &failed);
}

void aws_question_cancel(struct discovery_follower *follower)
{
    struct aws_question *q = follower->asking;

    aws_call_cancel(q->client, &q->call);
    follower->asking = NULL;
    free_question(q);
}

/* "ListTasks: AccessDeniedException: ...; it needs ecs:ListTasks". */
static void fail_call(struct aws_question *q)
{
    const struct aws_call *call = &q->call;
    struct str lacks = STR("");
    char why[DISCOVERY_ERROR_MAX];

    if (aws_call_is_forbidden(call))
        lacks = aws_call_permission(&q->region, call);
    snprintf(why, sizeof(why), "%s: " STR_FMT "%s" STR_FMT "%s" STR_FMT,
             call->action, STR_ARG(call->code), call->code.n ? ": " : "",
             STR_ARG(call->message), lacks.n ? "; it needs " : "",
             STR_ARG(lacks));
    aws_question_fail(q, why);
}

static bool is_answer(const struct aws_question *q)
{
    return q->call.outcome == AWS_OK ||
           (q->call.outcome == AWS_REFUSED && q->unless &&
            (q->unless[0] == '\0' || str_eq(q->call.code, str_of(q->unless))));
}

static void on_done(struct aws_call *call)
{
    struct aws_question *q = call->owner;
    bool json = call->outcome == AWS_OK && call->service != AWS_EC2;
    const struct value *answer;
    struct region page = {NULL};
    char why[DISCOVERY_ERROR_MAX];

    if (!is_answer(q)) {
        fail_call(q);
        return;
    }
    answer = json ? aws_answer_json(&page, call) : NULL;
    if (json && answer == NULL) {
        snprintf(why, sizeof(why), "%s: the answer is no object of JSON",
                 call->action);
        aws_question_fail(q, why);
    } else {
        q->next(q, answer);
    }
    region_end(&page);
}

void aws_question_ask(struct aws_question *q, const struct aws_call *call,
                      void (*next)(struct aws_question *q,
                                   const struct value *answer))
{
    q->next = next;
    q->call = *call;
    q->call.region = region_copy(&q->region, call->region);
    q->call.done = on_done;
    q->call.owner = q;
    aws_call_begin(q->client, &q->call);
}
