/* SPDX-License-Identifier: Apache-2.0 */
#include "control/put_queue.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

enum { TELL_US = 60 * 1000 * 1000 };

struct put {
    struct put *next; /* younger */
    struct aws_call call;
    unsigned items;
    int64_t time_s;
    size_t n;
    char body[];
};

/* Takes out the one that *at points to. */
static void forget(struct put_queue *q, struct put **at)
{
    struct put *put = *at;

    *at = put->next;
    if (put->next == NULL)
        q->end = at;
    q->counts.waiting--;
    q->counts.bytes -= put->n;
    free(put);
}

/* ---- what is said -------------------------------------------------------------- */

static bool may_tell(struct put_queue *q)
{
    if (q->told_us && q->loop->now_us - q->told_us < TELL_US)
        return false;
    q->told_us = q->loop->now_us;
    return true;
}

static void lose(struct put_queue *q, uint64_t items, struct str why)
{
    q->counts.dropped += items;
    q->untold += items;
    if (items == 0 || !may_tell(q))
        return;
    log_write(LOG_WARN, "control", "%s: %llu %s are lost: " STR_FMT, q->action,
              (unsigned long long)q->untold, q->what, STR_ARG(why));
    q->untold = 0;
}

static void tell_failure(struct put_queue *q, const struct aws_call *call)
{
    struct region region = {NULL};

    if (!may_tell(q))
        return;
    if (aws_call_is_forbidden(call))
        log_write(LOG_WARN, "control",
                  "%s is refused: " STR_FMT "; what signs needs the "
                  "permission " STR_FMT,
                  q->action, STR_ARG(call->message),
                  STR_ARG(aws_call_permission(&region, call)));
    else
        log_write(LOG_WARN, "control", "%s fails: " STR_FMT, q->action,
                  STR_ARG(call->message));
    region_end(&region);
}

/* ---- sending --------------------------------------------------------------------- */

static void drop_old(struct put_queue *q)
{
    int64_t since = clock_wall_seconds() - q->oldest_s;

    while (q->first && q->first->time_s < since) {
        lose(q, q->first->items, STR("they are older than AWS takes them"));
        forget(q, &q->first);
    }
}

void put_queue_wait(struct put_queue *q)
{
    q->held = false;
    loop_timer_set(q->loop, &q->timer, q->again_ms);
    q->again_ms *= 2;
    if (q->again_ms > PUT_AGAIN_MAX_MS)
        q->again_ms = PUT_AGAIN_MAX_MS;
}

/* Nothing that waiting mends: the call says something wrong. */
static bool is_final(const struct aws_call *call)
{
    static const char *const wrong[] = {
        "InvalidParameter",   "InvalidFormat", "MissingParameter",
        "MissingRequired",    "Validation",    "SerializationException",
        "DataAlreadyAccepted"};

    if (call->outcome != AWS_REFUSED)
        return false;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (str_starts(call->code, str_of(wrong[i])))
            return true;
    return call->status == 413;
}

static void taken(struct put_queue *q, const struct aws_call *call)
{
    unsigned items = q->first->items;
    unsigned rejected = q->rejected ? q->rejected(call, items) : 0;

    q->counts.sent += items - rejected;
    lose(q, rejected, STR("AWS did not take them"));
    q->again_ms = PUT_AGAIN_MS;
    forget(q, &q->first);
}

static void done(struct aws_call *call)
{
    struct put_queue *q = call->owner;

    q->sending = false;
    if (call->outcome == AWS_OK) {
        taken(q, call);
        put_queue_go(q);
        return;
    }
    q->counts.failed++;
    if (call->outcome == AWS_REFUSED && q->refused &&
        q->refused(q->owner, call)) {
        q->held = true;
        return;
    }
    if (is_final(call)) {
        lose(q, q->first->items, call->message);
        forget(q, &q->first);
        put_queue_go(q);
    } else {
        tell_failure(q, call);
        put_queue_wait(q);
    }
}

void put_queue_go(struct put_queue *q)
{
    struct put *put;

    q->held = false;
    if (q->sending)
        return;
    timer_cancel(&q->timer);
    drop_old(q);
    put = q->first;
    if (put == NULL)
        return;
    q->sending = true;
    put->call = (struct aws_call){
        .service = q->service,
        .action = q->action,
        .body = str_make(put->body, put->n),
        .gzip = q->service == AWS_CLOUDWATCH,
        .done = done,
        .owner = q,
    };
    aws_call_begin(q->client, &put->call);
}

static void on_timer(struct timer *timer)
{
    put_queue_go(LIST_ENTRY_OF(timer, struct put_queue, timer));
}

/* ---- the queue --------------------------------------------------------------------- */

/* The oldest that is not on its way; the newest stays. */
static bool drop_oldest(struct put_queue *q)
{
    struct put **at = &q->first;

    if (q->sending && *at)
        at = &(*at)->next;
    if (*at == NULL || (*at)->next == NULL)
        return false;
    lose(q, (*at)->items, STR("too many wait to be sent"));
    forget(q, at);
    return true;
}

static bool is_full(const struct put_queue *q)
{
    return q->counts.waiting > PUT_QUEUE_CALLS ||
           q->counts.bytes > PUT_QUEUE_BYTES;
}

void put_queue_add(struct put_queue *q, struct str body, unsigned n,
                   int64_t time_s)
{
    struct put *put = memory_zeroed(1, sizeof(*put) + body.n);

    put->items = n;
    put->time_s = time_s;
    put->n = body.n;
    memcpy(put->body, body.p, body.n);
    *q->end = put;
    q->end = &put->next;
    q->counts.waiting++;
    q->counts.bytes += body.n;
    while (is_full(q) && drop_oldest(q))
        ;
    if (!q->sending && !q->held && q->timer.deadline == UINT64_MAX)
        put_queue_go(q);
}

void put_queue_init(struct put_queue *q)
{
    q->first = NULL;
    q->end = &q->first;
    timer_init(&q->timer, on_timer);
    q->again_ms = PUT_AGAIN_MS;
}

void put_queue_end(struct put_queue *q)
{
    if (q->sending)
        aws_call_cancel(q->client, &q->first->call);
    q->sending = false;
    timer_end(&q->timer);
    while (q->first)
        forget(q, &q->first);
}
