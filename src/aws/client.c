/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/client.h"

#include <stdlib.h>

#include "aws/client_internal.h"
#include "base/memory.h"

/* ---- the queue ----------------------------------------------------------- */

static void refuse_busy(struct aws_client *client)
{
    while (!list_empty(&client->refused)) {
        struct aws_call *call =
            LIST_ENTRY_OF(client->refused.next, struct aws_call, node);

        list_remove(&call->node);
        client->counts.failed++;
        call->done(call);
    }
}

static void start(struct aws_client *client, struct aws_call *call)
{
    struct aws_attempt *attempt = aws_attempt_new(client, call);

    list_push_back(&client->active, &attempt->node);
    loop_ready(client->loop, &attempt->step);
}

static void start_waiting(struct aws_client *client, struct aws_queue *queue)
{
    while (!list_empty(&queue->waiting) && queue->nactive < AWS_IN_FLIGHT_MAX) {
        struct aws_call *call =
            LIST_ENTRY_OF(queue->waiting.next, struct aws_call, node);

        list_remove(&call->node);
        queue->nwaiting--;
        queue->nactive++;
        start(client, call);
    }
}

static void on_pump(struct loop_task *task)
{
    struct aws_client *client = LIST_ENTRY_OF(task, struct aws_client, pump);

    refuse_busy(client);
    for (unsigned i = 0; i < AWS_SERVICES; i++)
        start_waiting(client, &client->queues[i]);
}

static void forget_results(struct aws_call *call)
{
    call->outcome = AWS_OK;
    call->status = 0;
    call->answer = call->etag = call->code = STR("");
    call->message = call->request_id = STR("");
    call->tried = 0;
    call->attempt = NULL;
    list_init(&call->node);
}

void aws_call_begin(struct aws_client *client, struct aws_call *call)
{
    struct aws_queue *queue = &client->queues[call->service];

    forget_results(call);
    client->counts.calls++;
    if (queue->nwaiting >= AWS_WAITING_MAX) {
        call->outcome = AWS_BUSY;
        call->message = STR("too many calls wait for AWS; nothing was sent");
        list_push_back(&client->refused, &call->node);
    } else {
        queue->nwaiting++;
        list_push_back(&queue->waiting, &call->node);
    }
    loop_ready(client->loop, &client->pump);
}

void aws_call_begin_as(struct aws_client *client, struct aws_call *call,
                       struct aws_credentials *keys)
{
    forget_results(call);
    start(client, call);
    call->attempt->internal = true;
    call->attempt->keys = keys ? aws_credentials_ref(keys) : NULL;
}

/* The attempt is no call's any more. */
static void detach(struct aws_client *client, struct aws_attempt *attempt)
{
    struct aws_call *call = attempt->call;

    call->attempt = NULL;
    list_remove(&attempt->node);
    if (!attempt->internal) {
        client->queues[call->service].nactive--;
        loop_ready(client->loop, &client->pump);
    }
}

void aws_client_done(struct aws_client *client, struct aws_attempt *attempt)
{
    struct aws_call *call = attempt->call;

    if (!attempt->internal && call->outcome != AWS_OK)
        client->counts.failed++;
    detach(client, attempt);
    if (!attempt->internal)
        aws_permissions_seen(client->permissions, call);
    call->done(call);
    aws_attempt_free(attempt);
}

void aws_call_cancel(struct aws_client *client, struct aws_call *call)
{
    struct aws_attempt *attempt = call->attempt;

    if (attempt) {
        detach(client, attempt);
        aws_attempt_free(attempt);
    } else if (call->node.next && list_linked(&call->node)) {
        if (call->outcome != AWS_BUSY)
            client->queues[call->service].nwaiting--;
        list_remove(&call->node);
    }
}

void aws_client_wake(struct aws_client *client)
{
    for (struct list *at = client->active.next; at != &client->active;
         at = at->next) {
        struct aws_attempt *attempt =
            LIST_ENTRY_OF(at, struct aws_attempt, node);

        if (attempt->phase == PHASE_PREPARE || attempt->phase == PHASE_SIGN)
            loop_ready(client->loop, &attempt->step);
    }
}

/* ---- the client ---------------------------------------------------------- */

struct aws_client *aws_client_new(const struct aws_options *options)
{
    struct aws_client *client = memory_zeroed(1, sizeof(*client));

    client->loop = options->loop;
    for (unsigned i = 0; i < AWS_SERVICES; i++) {
        client->budget[i].left = RETRY_BUDGET;
        list_init(&client->queues[i].waiting);
    }
    list_init(&client->active);
    list_init(&client->refused);
    loop_task_init(&client->pump, on_pump);
    client->permissions = aws_permissions_new(client, options->account);
    client->transport = transport_new(options->loop);
    if (client->transport)
        client->identity = aws_identity_new(client, options);
    if (client->identity)
        return client;
    aws_client_free(client);
    return NULL;
}

static void forget_calls(struct list *calls)
{
    while (!list_empty(calls))
        list_remove(calls->next);
}

void aws_client_free(struct aws_client *client)
{
    if (client == NULL)
        return;
    aws_permissions_free(client->permissions);
    for (unsigned i = 0; i < AWS_SERVICES; i++)
        forget_calls(&client->queues[i].waiting);
    forget_calls(&client->refused);
    aws_identity_free(client->identity);
    while (!list_empty(&client->active)) {
        struct aws_attempt *attempt =
            LIST_ENTRY_OF(client->active.next, struct aws_attempt, node);

        detach(client, attempt);
        aws_attempt_free(attempt);
    }
    list_remove(&client->pump.node);
    if (client->transport)
        transport_free(client->transport);
    free(client);
}

void aws_client_check(struct aws_client *client)
{
    aws_permissions_check(client->permissions);
}

struct aws_counts aws_client_counts(const struct aws_client *client)
{
    return client->counts;
}
