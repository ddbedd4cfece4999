/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that puts logs into S3: it finds complete files in the spool
 * (log/folder.h), sends the oldest first, and removes what S3 has.
 *
 * A file is put under the same key however often it is tried, so that a bucket
 * never has its lines twice.  What cannot be sent waits, over restarts too, until
 * the spool is full; then the oldest files are given up, counted and logged.
 * What processes left that are gone is sent as well.
 */
#ifndef SLUICE_LOG_SHIP_H
#define SLUICE_LOG_SHIP_H

#include "base/error.h"
#include "log/folder.h"
#include "log/object.h"

enum { LOG_SHIP_STOP_MS = 10 * 1000 }; /* S3 has for the last files */

struct log_ship;

struct log_ship_options {
    const char *spool;      /* lives as long */
    struct log_folder *own; /* in it, of this process; taken over */
    uint64_t max;           /* bytes in the spool */
    char **environment;     /* as environ; lives as long */
};

/* NULL with an error. */
struct log_ship *log_ship_start(const struct log_ship_options *options,
                                struct error *error);

/* Where logs go from now on (copied).  Into a place that is new the object is
 * put that shows that it can be done (log_object_test_key()); why it cannot is
 * logged.  From one thread. */
void log_ship_tell(struct log_ship *ship, const struct log_place *places,
                   unsigned n);

/* So far, and what there is now.  Any thread. */
struct log_ship_counts {
    uint64_t objects; /* that S3 took */
    uint64_t bytes;   /* ... of them, compressed */
    uint64_t failed;  /* times that one was not taken */
    uint64_t dropped; /* files that were given up */
    uint64_t dropped_lines;
    uint64_t waiting;       /* files */
    uint64_t waiting_bytes; /* in the spool, with what is being written */
};
struct log_ship_counts log_ship_counts(struct log_ship *ship);

/* After the last file was completed.  Sends what there is, for so long at most,
 * and as long as S3 takes it; the rest stays for the next start. */
void log_ship_stop(struct log_ship *ship, uint64_t wait_ms);

#endif
