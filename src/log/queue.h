/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of the complete files of the spool is sent next, and when.  Pure: the
 * time and the chance come in.
 *
 * The oldest goes first.  A bucket that refuses or does not answer is left
 * alone for a while, twice as long each time, and then tried with one file; the
 * others go on.  When the spool is full the oldest is given up.  What was sent or
 * given up is over, but counts in the spool until its file is gone.
 */
#ifndef SLUICE_LOG_QUEUE_H
#define SLUICE_LOG_QUEUE_H

#include "base/str.h"

enum {
    LOG_SENT_AT_ONCE = 4,
    LOG_WAIT_FIRST_MS = 1000, /* after a failure; a random half of it less */
    LOG_WAIT_MAX_MS = 60 * 1000,
    LOG_FILES_MAX = 65536, /* one more: the oldest is given up */
};

struct log_bucket {
    struct log_bucket *next;
    char *name;
    unsigned sending;
    unsigned failures; /* one after the other */
    uint64_t next_us;  /* not before; monotonic */
    char told[64];     /* the owner's: what is wrong, as it was logged */
};

struct log_item {
    uint64_t ms; /* its name: the order */
    uint64_t number;
    unsigned folder;
    uint64_t lines;
    uint64_t bytes;
    bool sending;
    bool over; /* its file is to be removed, and nothing else */
    bool safe; /* the owner's: it is on the disk */
    struct log_bucket *bucket;
};

/* All zero: empty. */
struct log_queue {
    struct log_item **items; /* the oldest first */
    unsigned n;
    unsigned room;
    unsigned sending;
    unsigned over;
    uint64_t bytes; /* of all of them */
    struct log_bucket *buckets;
};

void log_queue_end(struct log_queue *queue);

/* The bucket of that name, made if need be. */
struct log_bucket *log_queue_bucket(struct log_queue *queue, struct str name);

/* Whether that file is in it. */
bool log_queue_has(const struct log_queue *queue, uint64_t ms, uint64_t number,
                   unsigned folder);

/* Adds a file (ms, number, folder, lines and bytes are taken) for the bucket. */
struct log_item *log_queue_add(struct log_queue *queue,
                               const struct log_item *item, struct str bucket);

/* The next one to be sent now, which is `sending` then; NULL: none may be. */
struct log_item *log_queue_next(struct log_queue *queue, uint64_t now_us);

/* It is in its bucket, and over. */
void log_queue_sent(struct log_queue *queue, struct log_item *item);

/* It cannot be read (sending), or there is no room for it: it is over. */
void log_queue_give_up(struct log_queue *queue, struct log_item *item);

/* The file of one that is over is gone: frees the item. */
void log_queue_drop(struct log_queue *queue, struct log_item *item);

/* Every bucket may be tried now. */
void log_queue_hurry(struct log_queue *queue);

/* It is not; it waits. */
void log_queue_failed(struct log_queue *queue, struct log_item *item,
                      uint64_t now_us, uint64_t random);

/* The file to give up, where all of them and `other` bytes are more than
 * `max`, or they are too many: the oldest that is neither being sent nor
 * over.  NULL: none. */
struct log_item *log_queue_excess(const struct log_queue *queue, uint64_t other,
                                  uint64_t max);

/* The same where there is no room for more on the disk, of those that wait for a
 * bucket that fails: the others are about to make room. */
struct log_item *log_queue_overflow(const struct log_queue *queue,
                                    uint64_t other, uint64_t max);

/* Files of that folder. */
unsigned log_queue_count(const struct log_queue *queue, unsigned folder);

/* How long what failed so often, one time after the other, waits. */
uint64_t log_queue_wait_ms(unsigned failures, uint64_t random);

#endif
