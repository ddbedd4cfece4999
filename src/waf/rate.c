/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/rate.h"

#include <stdlib.h>

#include "base/memory.h"

/* What a worker has of one instance. */
struct counting {
    struct counting *next;
    struct rate_instance instance;
    struct rate_sums *sums;   /* held; up to the last round */
    struct rate_table *round; /* counted before the round that is going on and
                                 not in the sums; NULL: there is none */
    struct rate_table *now;   /* counted since */
};

struct rate_worker {
    struct counting *first;
    struct rate_part *parts; /* of the round that is going on */
};

struct rate_worker *rate_worker_new(void)
{
    return memory_zeroed(1, sizeof(struct rate_worker));
}

static void free_counting(struct counting *c)
{
    rate_sums_release(c->sums);
    rate_table_free(c->round);
    rate_table_free(c->now);
    free(c);
}

static void free_parts(struct rate_worker *worker)
{
    while (worker->parts) {
        struct rate_part *part = worker->parts;

        worker->parts = part->next;
        rate_sums_release(part->sums);
        free(part);
    }
}

void rate_worker_free(struct rate_worker *worker)
{
    if (worker == NULL)
        return;
    free_parts(worker);
    while (worker->first) {
        struct counting *c = worker->first;

        worker->first = c->next;
        free_counting(c);
    }
    free(worker);
}

/* There are few: ten in an ACL. */
static struct counting *find(struct rate_worker *worker,
                             const struct rate_instance *instance)
{
    struct counting *c = worker->first;

    while (c && c->instance.number != instance->number)
        c = c->next;
    if (c)
        return c;
    c = memory_zeroed(1, sizeof(*c));
    c->instance = *instance;
    c->now = rate_table_new();
    c->next = worker->first;
    worker->first = c;
    return c;
}

bool rate_count(struct rate_worker *worker,
                const struct rate_instance *instance, struct str key,
                uint64_t now_ms)
{
    struct counting *c = find(worker, instance);
    struct rate_entry *entry;
    struct rate_id id;
    uint64_t sum;

    (void)now_ms; /* the rounds know it */
    if (!rate_id_of(key, &id))
        return false;
    entry = rate_table_put(c->now, &id, key, RATE_ROUND_KEYS_MAX);
    if (entry == NULL)
        return false;
    sum = ++entry->number + rate_sums_get(c->sums, &id);
    if (c->round)
        sum += rate_table_get(c->round, &id);
    return sum > instance->limit;
}

/* ---- rounds ------------------------------------------------------------------------ */

struct rate_part *rate_worker_begin_round(struct rate_worker *worker)
{
    struct rate_part **end = &worker->parts;

    for (struct counting *c = worker->first; c; c = c->next) {
        struct rate_part *part = memory_zeroed(1, sizeof(*part));

        c->round = c->now;
        c->now = rate_table_new();
        part->instance = c->instance;
        part->counts = c->round;
        *end = part;
        end = &part->next;
    }
    return worker->parts;
}

void rate_worker_tell(struct rate_worker *worker,
                      const struct rate_instance *instance,
                      struct rate_sums *sums)
{
    struct rate_part **at = &worker->parts;

    while (*at && (*at)->instance.number != instance->number)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = memory_zeroed(1, sizeof(**at));
        (*at)->instance = *instance;
    }
    (*at)->sums = rate_sums_hold(sums);
}

static void take(struct counting *c, struct rate_part *part)
{
    rate_sums_release(c->sums);
    c->sums = part->sums;
    part->sums = NULL;
    rate_table_free(c->round);
    c->round = NULL;
}

static void forget_idle(struct rate_worker *worker)
{
    struct counting **at = &worker->first;

    while (*at) {
        struct counting *c = *at;

        if (c->sums || c->now->n) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        free_counting(c);
    }
}

void rate_worker_end_round(struct rate_worker *worker)
{
    for (struct rate_part *part = worker->parts; part; part = part->next)
        take(find(worker, &part->instance), part);
    free_parts(worker);
    forget_idle(worker);
}
