/* SPDX-License-Identifier: Apache-2.0 */
#include "log/queue.h"

#include <stdlib.h>

#include "base/memory.h"

enum { MS = 1000, ROOM_FIRST = 64, DOUBLINGS = 16 };

void log_queue_end(struct log_queue *queue)
{
    for (unsigned i = 0; i < queue->n; i++)
        free(queue->items[i]);
    free(queue->items);
    while (queue->buckets) {
        struct log_bucket *bucket = queue->buckets;

        queue->buckets = bucket->next;
        free(bucket->name);
        free(bucket);
    }
    *queue = (struct log_queue){.items = NULL};
}

/* ---- order ---------------------------------------------------------------- */

static int compare(const struct log_item *a, uint64_t ms, unsigned folder,
                   uint64_t number)
{
    if (a->ms != ms)
        return a->ms < ms ? -1 : 1;
    if (a->folder != folder)
        return a->folder < folder ? -1 : 1;
    if (a->number != number)
        return a->number < number ? -1 : 1;
    return 0;
}

/* The place of that file, or where it would be. */
static unsigned find(const struct log_queue *queue, uint64_t ms,
                     unsigned folder, uint64_t number)
{
    unsigned low = 0;
    unsigned high = queue->n;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (compare(queue->items[middle], ms, folder, number) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool log_queue_has(const struct log_queue *queue, uint64_t ms, uint64_t number,
                   unsigned folder)
{
    unsigned at = find(queue, ms, folder, number);

    return at < queue->n && compare(queue->items[at], ms, folder, number) == 0;
}

static void grow(struct log_queue *queue)
{
    unsigned room = queue->room ? 2 * queue->room : (unsigned)ROOM_FIRST;
    struct log_item **items = memory_zeroed(room, sizeof(struct log_item *));

    if (queue->n)
        memcpy(items, queue->items, queue->n * sizeof(struct log_item *));
    free(queue->items);
    queue->items = items;
    queue->room = room;
}

struct log_bucket *log_queue_bucket(struct log_queue *queue, struct str name)
{
    struct log_bucket *bucket = queue->buckets;

    while (bucket && !str_eq(str_of(bucket->name), name))
        bucket = bucket->next;
    if (bucket)
        return bucket;
    bucket = memory_zeroed(1, sizeof(*bucket));
    bucket->name = memory_zeroed(name.n + 1, 1);
    memcpy(bucket->name, name.p, name.n);
    bucket->next = queue->buckets;
    queue->buckets = bucket;
    return bucket;
}

struct log_item *log_queue_add(struct log_queue *queue,
                               const struct log_item *item, struct str bucket)
{
    unsigned at = find(queue, item->ms, item->folder, item->number);
    struct log_item *made = memory_copy(item, sizeof(*item));

    if (queue->n == queue->room)
        grow(queue);
    made->sending = made->over = false;
    made->bucket = log_queue_bucket(queue, bucket);
    memmove(queue->items + at + 1, queue->items + at,
            (queue->n - at) * sizeof(struct log_item *));
    queue->items[at] = made;
    queue->n++;
    queue->bytes += made->bytes;
    return made;
}

/* ---- sending -------------------------------------------------------------- */

static bool may_go(const struct log_item *item, uint64_t now_us)
{
    const struct log_bucket *bucket = item->bucket;

    if (item->sending || item->over || now_us < bucket->next_us)
        return false;
    return bucket->failures == 0 || bucket->sending == 0;
}

struct log_item *log_queue_next(struct log_queue *queue, uint64_t now_us)
{
    if (queue->sending >= LOG_SENT_AT_ONCE)
        return NULL;
    for (unsigned i = 0; i < queue->n; i++) {
        struct log_item *item = queue->items[i];

        if (!may_go(item, now_us))
            continue;
        item->sending = true;
        item->bucket->sending++;
        queue->sending++;
        return item;
    }
    return NULL;
}

static void end_sending(struct log_queue *queue, struct log_item *item)
{
    if (!item->sending)
        return;
    item->sending = false;
    item->bucket->sending--;
    queue->sending--;
}

void log_queue_give_up(struct log_queue *queue, struct log_item *item)
{
    end_sending(queue, item);
    item->over = true;
    queue->over++;
}

void log_queue_drop(struct log_queue *queue, struct log_item *item)
{
    unsigned at = find(queue, item->ms, item->folder, item->number);

    queue->over--;
    queue->n--;
    queue->bytes -= item->bytes;
    memmove(queue->items + at, queue->items + at + 1,
            (queue->n - at) * sizeof(struct log_item *));
    free(item);
}

void log_queue_sent(struct log_queue *queue, struct log_item *item)
{
    item->bucket->failures = 0;
    item->bucket->next_us = 0;
    log_queue_give_up(queue, item);
}

/* Between half of the time and all of it, so that many do not come back
 * together. */
uint64_t log_queue_wait_ms(unsigned failures, uint64_t random)
{
    unsigned doublings = failures - 1;
    uint64_t ms = LOG_WAIT_MAX_MS;

    if (doublings < DOUBLINGS && (uint64_t)LOG_WAIT_FIRST_MS << doublings < ms)
        ms = (uint64_t)LOG_WAIT_FIRST_MS << doublings;
    return ms / 2 + random % (ms / 2 + 1);
}

/* Of several that were under way only the first one counts. */
void log_queue_failed(struct log_queue *queue, struct log_item *item,
                      uint64_t now_us, uint64_t random)
{
    struct log_bucket *bucket = item->bucket;

    end_sending(queue, item);
    if (now_us < bucket->next_us)
        return;
    bucket->failures++;
    bucket->next_us = now_us + log_queue_wait_ms(bucket->failures, random) * MS;
}

void log_queue_hurry(struct log_queue *queue)
{
    for (struct log_bucket *b = queue->buckets; b; b = b->next)
        b->next_us = 0;
}

/* ---- too much ------------------------------------------------------------- */

static struct log_item *oldest(const struct log_queue *queue, bool failing)
{
    for (unsigned i = 0; i < queue->n; i++) {
        struct log_item *item = queue->items[i];

        if (!item->sending && !item->over &&
            (!failing || item->bucket->failures))
            return item;
    }
    return NULL;
}

struct log_item *log_queue_excess(const struct log_queue *queue, uint64_t other,
                                  uint64_t max)
{
    bool fits = queue->bytes + other <= max && queue->n <= LOG_FILES_MAX;

    return fits ? NULL : oldest(queue, false);
}

struct log_item *log_queue_overflow(const struct log_queue *queue,
                                    uint64_t other, uint64_t max)
{
    return queue->bytes + other <= max ? NULL : oldest(queue, true);
}

unsigned log_queue_count(const struct log_queue *queue, unsigned folder)
{
    unsigned n = 0;

    for (unsigned i = 0; i < queue->n; i++)
        n += queue->items[i]->folder == folder;
    return n;
}
