/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <stdlib.h>

#include "net/tls_internal.h"

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;

    (void)fd;
    (void)what;
    loop->timers.armed = UINT64_MAX;
    loop_tick(loop);
}

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    event_config_require_features(config, EV_FEATURE_ET);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

bool loop_init(struct loop *loop, struct counters *counters)
{
    *loop = (struct loop){.counters = counters};
    list_init(&loop->ready);
    list_init(&loop->deferred);
    loop_tick(loop);
    timer_wheel_init(&loop->timers, loop->now_us);
    random_seed(&loop->random);
    loop->base = base_new();
    loop->scratch = malloc(LOOP_HEADROOM + LOOP_READ + LOOP_TAILROOM);
    loop->head = malloc(LOOP_HEAD);
    if (!loop->base || !loop->scratch || !loop->head) {
        loop_end(loop);
        return false;
    }
    event_assign(&loop->wake, loop->base, -1, 0, on_wake, loop);
    return true;
}

void loop_end(struct loop *loop)
{
    if (loop->base) {
        event_del(&loop->wake);
        event_base_free(loop->base);
    }
    chunk_pool_end(&loop->chunks);
    free(loop->scratch);
    free(loop->head);
    tls_gear_free(loop->tls);
    loop->tls = NULL;
    loop->base = NULL;
    loop->scratch = loop->head = NULL;
}

static void run_tasks(struct list *tasks)
{
    struct list now;

    list_take_all(&now, tasks);
    while (!list_empty(&now)) {
        struct loop_task *task =
            LIST_ENTRY_OF(now.next, struct loop_task, node);

        list_remove(&task->node);
        task->run(task);
    }
}

/* Has the loop wake for the next timer that may be due. */
static void arm(struct loop *loop)
{
    uint64_t next = timer_wheel_next(&loop->timers);
    uint64_t at;
    struct timeval wait;

    if (next >= loop->timers.armed)
        return;
    loop->timers.armed = next;
    at = (next + 1) * TIMER_TICK_MS * 1000;
    at = at > loop->now_us ? at - loop->now_us : 0;
    wait.tv_sec = (time_t)(at / 1000000);
    wait.tv_usec = (suseconds_t)(at % 1000000);
    event_add(&loop->wake, &wait);
}

void loop_run(struct loop *loop)
{
    arm(loop); /* timers that were set before */
    while (!loop->stop) {
        int flags = EVLOOP_ONCE;

        if (!list_empty(&loop->ready))
            flags |= EVLOOP_NONBLOCK;
        if (event_base_loop(loop->base, flags) < 0)
            return;
        run_tasks(&loop->ready);
        timer_wheel_run(&loop->timers, loop->now_us);
        run_tasks(&loop->deferred);
        arm(loop);
    }
    loop_settle(loop);
}

void loop_settle(struct loop *loop)
{
    while (!list_empty(&loop->deferred))
        run_tasks(&loop->deferred);
}

struct str loop_http_date(struct loop *loop)
{
    int64_t now = clock_wall_seconds();

    if (now != loop->date_seconds) {
        loop->date_seconds = now;
        clock_http_date(now, loop->date);
    }
    return str_make(loop->date, CLOCK_HTTP_DATE_LEN);
}
