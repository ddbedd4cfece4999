/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of what puts logs into S3, shared by the thread (log_ship.c), the
 * file that finds and sends files (log_send.c) and the one of the objects that
 * are put first (log_trial.c).  All of it belongs to that thread.
 */
#ifndef SLUICE_LOG_SHIP_STATE_H
#define SLUICE_LOG_SHIP_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/s3.h"
#include "log/queue.h"
#include "log/ship.h"
#include "net/mailbox.h"

/* A file that is on its way. */
struct log_sending {
    struct log_ship *ship;
    struct log_item *item; /* NULL: free */
    struct s3_upload upload;
    char bucket[LOG_BUCKET_MAX];
    char key[LOG_KEY_MAX];
    char id[S3_UPLOAD_ID_MAX]; /* of an upload that was cut */
};

/* An object that is put when a log is turned on. */
struct log_trial {
    struct log_trial *next;
    struct log_ship *ship;
    struct region region; /* its texts */
    struct log_place place;
    struct str key;
    struct str body;
    uint64_t next_us; /* not before */
    bool wanted;      /* the log is on */
    bool sending;
    bool done;
    struct s3_upload upload;
};

struct log_ship {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ended; /* with the lock */
    struct log_ship_options options;
    struct counters counters;
    struct loop loop;
    struct mailbox mailbox;
    struct timer tick;
    struct timer limit; /* of the end */
    struct aws_client *client;
    struct log_folder *folders; /* own first */
    unsigned nfolders;          /* that there were */
    uint64_t adopt_us;          /* when it was looked for others' last */
    struct log_queue queue;
    uint64_t open; /* bytes of files that are not complete, or not readable */
    uint64_t cap;  /* bytes that there is room for, with those */
    unsigned remove_failures; /* of files that are over, one after the other */
    uint64_t remove_us;       /* not before */
    struct log_sending sendings[LOG_SENT_AT_ONCE];
    struct log_trial *trials;
    bool stopping;
    uint64_t lost; /* files given up since that was logged ... */
    uint64_t lost_lines;
    bool lost_disk;    /* ... the disk has no room for them ... */
    uint64_t told_us;  /* ... at that time */
    uint64_t stuck_us; /* when it was logged what cannot be mended or read */
    char why[160];     /* S3 did not take one last */
    struct {
        _Atomic uint64_t objects, bytes, failed, dropped, dropped_lines,
            waiting, waiting_bytes;
    } counts;
};

/* ---- log_send.c ------------------------------------------------------------- */

/* Finds what is complete, takes over what others left, gives up what is too
 * much. */
void log_send_look(struct log_ship *ship);

/* Begins to send what may be sent now. */
void log_send_more(struct log_ship *ship);

/* Files that are not in S3, nor given up. */
unsigned log_send_rest(const struct log_ship *ship);

/* Cancels what is on its way. */
void log_send_end(struct log_ship *ship);

/* Logs why S3 does not take what is meant for a bucket, once for each reason;
 * and that it does again. */
void log_send_tell(struct log_ship *ship, struct str bucket, struct str key,
                   const struct s3_upload *upload);
void log_send_well(struct log_ship *ship, struct str bucket);

/* ---- log_trial.c ------------------------------------------------------------ */

void log_trial_set(struct log_ship *ship, const struct log_place *places,
                   unsigned n);
void log_trial_more(struct log_ship *ship);
void log_trial_end(struct log_ship *ship);

/* ---- log_ship.c ------------------------------------------------------------- */

/* Something ended: goes on with the next, or ends. */
void log_ship_go_on(struct log_ship *ship);

#endif
