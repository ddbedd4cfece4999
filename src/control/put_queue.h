/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of AWS that put something, one after the other, on control's loop.
 *
 * What AWS does not take now (it cannot be reached, throttles, knows no
 * permission, nobody has credentials) stays first and is tried again after 5 s,
 * doubling to 60 s; what it will never take is dropped.  Bounded: in bytes and
 * in the number of calls; one too many drops the oldest.  What was lost is
 * counted in items, and said in the log at most once a minute.
 */
#ifndef SLUICE_CONTROL_PUT_QUEUE_H
#define SLUICE_CONTROL_PUT_QUEUE_H

#include "aws/client.h"
#include "net/loop.h"

enum {
    PUT_QUEUE_BYTES = 16 * 1024 * 1024,
    PUT_QUEUE_CALLS = 2000,
    PUT_AGAIN_MS = 5000,
    PUT_AGAIN_MAX_MS = 60 * 1000,
};

struct put;

struct put_counts {
    uint64_t sent; /* items that AWS took */
    uint64_t dropped;
    uint64_t failed;  /* calls, each time */
    unsigned waiting; /* calls */
    size_t bytes;     /* of them */
};

struct put_queue {
    struct loop *loop;
    struct aws_client *client;
    enum aws_service service;
    const char *action;
    const char *what; /* "metrics": what items are, for people */
    int64_t oldest_s; /* items older than so many seconds are not sent */
    struct put_counts counts;
    /* What an answer says beyond its code: items of the call that were not
     * taken.  May be NULL. */
    unsigned (*rejected)(const struct aws_call *call, unsigned items);
    /* A call was refused.  True: the owner sees to it, and put_queue_go() is
     * called later.  May be NULL. */
    bool (*refused)(void *owner, const struct aws_call *call);
    void *owner;
    /* ---- the queue's ---- */
    struct put *first; /* the oldest; NULL: none */
    struct put **end;
    bool sending;       /* the first is on its way */
    bool held;          /* the owner sees to something */
    struct timer timer; /* when to try again */
    uint32_t again_ms;
    uint64_t told_us; /* when the log was told last; 0: never */
    uint64_t untold;  /* items lost since then */
};

/* What stands above is set. */
void put_queue_init(struct put_queue *queue);
void put_queue_end(struct put_queue *queue);

/* Takes `n` items of a minute, which the body (copied) is made of. */
void put_queue_add(struct put_queue *queue, struct str body, unsigned n,
                   int64_t time_s);

/* Tries now what waits for a better time. */
void put_queue_go(struct put_queue *queue);

/* What the owner saw to did not help: tries again later. */
void put_queue_wait(struct put_queue *queue);

static inline bool put_queue_is_empty(const struct put_queue *queue)
{
    return queue->counts.waiting == 0;
}

#endif
