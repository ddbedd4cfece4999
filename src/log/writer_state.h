/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the writer of logs, shared by the thread (log_writer.c) and
 * what says where lines go (log_table.c).
 *
 * A table says which file a sink is, and which stream to S3.  A new table holds
 * for what a thread puts into its ring from some position on: each ring has a
 * table of its own, and goes on to the next one when its reader is there.
 */
#ifndef SLUICE_LOG_WRITER_STATE_H
#define SLUICE_LOG_WRITER_STATE_H

#include <pthread.h>

#include "log/file.h"
#include "log/stream.h"
#include "log/writer.h"

struct table {
    struct table *next;          /* newer */
    unsigned rings;              /* that it holds for */
    unsigned n;                  /* sinks */
    struct log_file **files;     /* NULL: nowhere */
    struct log_stream **streams; /* NULL: not to S3 */
    uint64_t *from;              /* of each ring: the position it begins at */
};

struct source {
    struct log_ring *ring;
    struct table *table;
};

struct log_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* `ended` */
    int event;              /* eventfd: wakes the thread */
    unsigned nsources;
    struct source *sources;
    struct table *tables; /* oldest first */
    struct log_file *files;
    struct log_stream *streams;
    bool spools;            /* sinks have places in S3 ... */
    struct log_spool spool; /* ... and lines wait for them there */
    bool stopping;
    uint64_t stop_us; /* when that was asked for */
    bool ended;
    bool given_up;        /* nobody waits for the thread: it frees all */
    uint64_t progress_us; /* when something was last written */
    uint64_t reopened_us;
    uint64_t strays;     /* records without a sink since that was logged */
    uint64_t rings_told; /* records dropped by rings when that was */
    uint64_t told_us;
    _Atomic bool reopen;
    _Atomic uint64_t dropped; /* lines, but for those that rings dropped */
};

/* A table of these sinks, their files opened and their streams made; NULL with
 * an error when a file cannot be opened.  Without the lock. */
struct table *log_table_make(struct log_writer *w, const struct log_sink *sinks,
                             unsigned nsinks, struct error *error);

/* What is put into the rings from now on goes there.  With the lock, as the
 * following. */
void log_table_add(struct log_writer *w, struct table *table);

/* Frees the tables that no ring needs any more. */
void log_table_drop_old(struct log_writer *w);

/* Frees all of them; what they refer to may be gone. */
void log_table_end(struct log_writer *w);

#endif
