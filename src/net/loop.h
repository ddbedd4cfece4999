/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread's event loop, and what the connections on it share.
 *
 * A turn is: wait for events, run their callbacks, then the end of the turn:
 * connections that asked to run again run, due timers fire, and objects that
 * were closed are freed.  Nothing is freed inside a callback.
 *
 * The shared read buffer (`scratch`) belongs to the callback that is running:
 * what a connection read into it is good until that callback returns.  In
 * front of what was read there is room for a head, behind it for the end of a
 * chunk, so that a message leaves in one send().
 */
#ifndef SLUICE_NET_LOOP_H
#define SLUICE_NET_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "net/timer.h"
#include "stats/counters.h"

enum {
    LOOP_HEADROOM = 424 * 1024, /* in front of what is read */
    LOOP_READ = 256 * 1024,     /* read at most at once */
    LOOP_TAILROOM = 64,         /* behind it */
    LOOP_HEAD = 360 * 1024,     /* a head that is being written */
};

/* Something that runs at the end of the turn; embedded in its owner. */
struct loop_task {
    struct list node;
    void (*run)(struct loop_task *task);
};

struct tls_gear;
struct tls_tickets;

struct loop {
    struct event_base *base;
    uint64_t now_us; /* monotonic; as of the current callback */
    bool stop;
    struct list ready;    /* loop_task: to run at the end of this turn */
    struct list deferred; /* loop_task: to free at the end of this turn */
    struct timer_wheel timers;
    struct event wake; /* for the timers */
    struct chunk_pool chunks;
    struct random random;
    struct counters *counters;   /* the owner's */
    char *scratch;               /* HEADROOM + READ + TAILROOM bytes */
    char *head;                  /* LOOP_HEAD bytes */
    struct tls_gear *tls;        /* what connections with TLS share; NULL: there
                                  was none */
    struct tls_tickets *tickets; /* the owner's; NULL: no session is resumed */
    int64_t date_seconds;        /* what `date` says */
    char date[CLOCK_HTTP_DATE_LEN];
};

/* False without memory or descriptors. */
bool loop_init(struct loop *loop, struct counters *counters);

/* Runs what was deferred: before the end, when turns are over. */
void loop_settle(struct loop *loop);

/* After the last connection is gone. */
void loop_end(struct loop *loop);

/* Runs turns until loop->stop. */
void loop_run(struct loop *loop);

/* Every callback of an event begins with this. */
static inline void loop_tick(struct loop *loop)
{
    loop->now_us = clock_monotonic_us();
}

static inline void loop_task_init(struct loop_task *task,
                                  void (*run)(struct loop_task *))
{
    list_init(&task->node);
    task->run = run;
}

/* Runs the task at the end of the turn, once however often it is asked. */
static inline void loop_ready(struct loop *loop, struct loop_task *task)
{
    if (!list_linked(&task->node))
        list_push_back(&loop->ready, &task->node);
}

/* Runs the task after all callbacks of this turn: for freeing. */
static inline void loop_defer(struct loop *loop, struct loop_task *task)
{
    list_remove(&task->node);
    list_push_back(&loop->deferred, &task->node);
}

static inline void loop_timer_set(struct loop *loop, struct timer *timer,
                                  uint64_t ms)
{
    timer_set(&loop->timers, timer, loop->now_us, ms);
}

/* The Date field's value now; good until the next call. */
struct str loop_http_date(struct loop *loop);

static inline char *loop_read_begin(const struct loop *loop)
{
    return loop->scratch + LOOP_HEADROOM;
}

#endif
