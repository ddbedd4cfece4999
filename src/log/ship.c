/* SPDX-License-Identifier: Apache-2.0 */
#include "log/ship.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "log/ship_state.h"

enum {
    TICK_MS = 1000,
    FULL_TICK_MS = 100, /* while the spool is more than half full */
    GRACE_S = 3,        /* beyond its time: a disk that hangs */
    SECOND_MS = 1000,
};

enum { SHIP_PLACES, SHIP_STOP };

struct places {
    struct message message;
    struct region region;
    struct log_place *places;
    unsigned n;
};

struct stop {
    struct message message;
    uint64_t wait_ms;
};

/* ---- on the thread ------------------------------------------------------------ */

/* Nothing is on its way, and nothing may begin now. */
static void end_if_over(struct log_ship *ship)
{
    if (ship->stopping && ship->queue.sending == 0)
        ship->loop.stop = true;
}

void log_ship_go_on(struct log_ship *ship)
{
    log_send_more(ship);
    end_if_over(ship);
}

static void on_tick(struct timer *timer)
{
    struct log_ship *ship = LIST_ENTRY_OF(timer, struct log_ship, tick);

    log_send_look(ship);
    log_trial_more(ship);
    log_ship_go_on(ship);
    loop_timer_set(&ship->loop, &ship->tick,
                   ship->queue.bytes + ship->open > ship->cap / 2 ? FULL_TICK_MS
                                                                  : TICK_MS);
}

static void on_limit(struct timer *timer)
{
    struct log_ship *ship = LIST_ENTRY_OF(timer, struct log_ship, limit);

    ship->loop.stop = true;
}

static void on_message(struct mailbox *mailbox, struct message *message)
{
    struct log_ship *ship = mailbox->owner;

    if (message->kind == SHIP_PLACES) {
        struct places *p = LIST_ENTRY_OF(message, struct places, message);

        if (!ship->stopping) {
            log_trial_set(ship, p->places, p->n);
            log_trial_more(ship);
        }
        region_end(&p->region);
        free(p);
    } else {
        struct stop *stop = LIST_ENTRY_OF(message, struct stop, message);

        ship->stopping = true;
        log_queue_hurry(&ship->queue);
        ship->remove_us = 0;
        loop_timer_set(&ship->loop, &ship->limit, stop->wait_ms);
        on_tick(&ship->tick);
        free(stop);
    }
}

/* What is left is said: somebody may wait for it. */
static void tell_rest(const struct log_ship *ship)
{
    unsigned n = log_send_rest(ship);

    if (n)
        log_write(LOG_WARN, "control",
                  "%u file%s of logs wait in %s for the next start: S3 did "
                  "not take them in time%s%s",
                  n, n == 1 ? "" : "s", ship->options.spool,
                  ship->why[0] ? ": " : "", ship->why);
}

static void *run(void *data)
{
    struct log_ship *ship = data;

    loop_tick(&ship->loop);
    loop_timer_set(&ship->loop, &ship->tick, 1);
    loop_run(&ship->loop);
    log_send_end(ship);
    log_trial_end(ship);
    tell_rest(ship);
    pthread_mutex_lock(&ship->lock);
    ship->ended = true;
    pthread_cond_broadcast(&ship->changed);
    pthread_mutex_unlock(&ship->lock);
    return NULL;
}

/* ---- the calls ---------------------------------------------------------------- */

static void free_all(struct log_ship *ship)
{
    if (ship->client)
        aws_client_free(ship->client);
    if (ship->mailbox.fd >= 0)
        mailbox_end(&ship->mailbox);
    if (ship->loop.base) {
        timer_end(&ship->tick);
        timer_end(&ship->limit);
        loop_settle(&ship->loop);
        loop_end(&ship->loop);
    }
    log_queue_end(&ship->queue);
    while (ship->folders) {
        struct log_folder *folder = ship->folders;

        ship->folders = folder->next;
        log_folder_leave(folder);
    }
    pthread_cond_destroy(&ship->changed);
    pthread_mutex_destroy(&ship->lock);
    free(ship);
}

static struct log_ship *ship_new(const struct log_ship_options *options)
{
    struct log_ship *ship = memory_zeroed(1, sizeof(*ship));
    pthread_condattr_t monotonic;

    ship->options = *options;
    ship->folders = options->own;
    ship->mailbox.fd = -1;
    ship->mailbox.owner = ship;
    ship->mailbox.on_message = on_message;
    timer_init(&ship->tick, on_tick);
    timer_init(&ship->limit, on_limit);
    pthread_mutex_init(&ship->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ship->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return ship;
}

static bool start(struct log_ship *ship)
{
    struct aws_options aws = {.environment = ship->options.environment};

    if (!loop_init(&ship->loop, &ship->counters) ||
        !mailbox_init(&ship->mailbox, &ship->loop))
        return false;
    aws.loop = &ship->loop;
    aws.region = STR("");
    ship->client = aws_client_new(&aws);
    return ship->client && thread_start(&ship->thread, run, ship);
}

struct log_ship *log_ship_start(const struct log_ship_options *options,
                                struct error *error)
{
    struct log_ship *ship = ship_new(options);

    if (start(ship))
        return ship;
    error_set(error, "cannot send logs to S3: out of memory, threads or file "
                     "descriptors");
    free_all(ship);
    return NULL;
}

static struct log_place copy(struct region *region,
                             const struct log_place *place)
{
    struct log_place made = *place;

    made.bucket = region_copy(region, place->bucket);
    made.prefix = region_copy(region, place->prefix);
    made.account = region_copy(region, place->account);
    made.region = region_copy(region, place->region);
    made.name = region_copy(region, place->name);
    return made;
}

void log_ship_tell(struct log_ship *ship, const struct log_place *places,
                   unsigned n)
{
    struct places *p = memory_zeroed(1, sizeof(*p));

    list_init(&p->message.node);
    p->message.kind = SHIP_PLACES;
    p->places = region_take(&p->region, (n + 1) * sizeof(*p->places));
    p->n = n;
    for (unsigned i = 0; i < n; i++)
        p->places[i] = copy(&p->region, &places[i]);
    mailbox_send(&ship->mailbox, &p->message);
}

#define GET(name)                                                              \
    .name = atomic_load_explicit(&ship->counts.name, memory_order_relaxed)

struct log_ship_counts log_ship_counts(struct log_ship *ship)
{
    return (struct log_ship_counts){
        GET(objects), GET(bytes),         GET(failed),       GET(dropped),
        GET(waiting), GET(dropped_lines), GET(waiting_bytes)};
}

static void send_stop(struct log_ship *ship, uint64_t wait_ms)
{
    struct stop *stop = memory_zeroed(1, sizeof(*stop));

    list_init(&stop->message.node);
    stop->message.kind = SHIP_STOP;
    stop->wait_ms = wait_ms;
    mailbox_send(&ship->mailbox, &stop->message);
}

void log_ship_stop(struct log_ship *ship, uint64_t wait_ms)
{
    struct timespec deadline;
    bool ended;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(wait_ms / SECOND_MS) + GRACE_S;
    send_stop(ship, wait_ms);
    pthread_mutex_lock(&ship->lock);
    while (!ship->ended &&
           pthread_cond_timedwait(&ship->changed, &ship->lock, &deadline) == 0)
        continue;
    ended = ship->ended;
    pthread_mutex_unlock(&ship->lock);
    if (ended) {
        pthread_join(ship->thread, NULL);
        free_all(ship);
        return;
    }
    pthread_detach(ship->thread); /* it may use what it has: the process ends */
    log_write(LOG_ERROR, "control",
              "the disk of %s does not answer: logs that S3 has not got stay "
              "there",
              ship->options.spool);
}
