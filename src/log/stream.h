/* SPDX-License-Identifier: Apache-2.0
 *
 * One log on its way to S3: lines that wait, and the file of the spool that
 * they are written to (log/segment.h).  Every five minutes of UTC, when
 * it is long enough, and at the end a file is complete, and the next line
 * begins another one; without lines there is none.
 *
 * Lines may come faster than they can be compressed: what waits is written in
 * pieces, so that who reads them comes back to it soon; and as it is, at once,
 * where too much waits, or much that hardly becomes smaller and takes five times
 * as long.
 *
 * Belongs to the writer thread (log/writer.c); the disk may take its
 * time.
 */
#ifndef SLUICE_LOG_STREAM_H
#define SLUICE_LOG_STREAM_H

#include <stdatomic.h>

#include "base/random.h"
#include "log/object.h"
#include "log/segment.h"
#include "proxy/log_ring.h"

enum {
    LOG_STREAM_BYTES = 4 * 1024 * 1024, /* lines that wait */
    LOG_STREAM_FULL = 3 * 1024 * 1024,  /* too much of them */
    LOG_STREAM_MUCH = 256 * 1024,       /* much of them */
    LOG_STREAM_PIECE = 32 * 1024,       /* compressed at a time */
    LOG_STREAM_DENSE = 4 * 1024 * 1024, /* believed to be as a piece was that
                                           did not become half as large */
    LOG_OBJECT_BYTES = 64 * 1024 * 1024 /* then it is long enough (AWS WAF: 75
                                           MB at most) */
};

/* What the streams of a process share. */
struct log_spool {
    int folder;        /* of this process (log/folder.h), open */
    uint64_t open_max; /* bytes of files that are not complete, in all */
    uint64_t open;     /* such bytes */
    uint64_t number;   /* of the last file */
    struct random random;
};

struct log_stream {
    struct log_stream *next; /* the owner's list */
    unsigned refs;           /* the owner's */
    struct log_spool *spool;
    struct log_place place;      /* texts of its own */
    struct log_segment *segment; /* NULL: no line since the last one ended */
    int64_t window_end;          /* of the segment */
    char *lines;                 /* NULL: none wait */
    size_t at;                   /* they begin here ... */
    size_t n;                    /* ... and end */
    size_t dense;                /* so many bytes more hardly become smaller */
    int error;                   /* why lines were lost last */
    uint64_t lost;               /* lines since that was logged */
    uint64_t told_us;            /* when it was */
    _Atomic uint64_t *dropped;
};

/* The place fits (log_place_fits()).  Lost lines are added to `*dropped`. */
struct log_stream *log_stream_new(const struct log_place *place,
                                  struct log_spool *spool,
                                  _Atomic uint64_t *dropped);

/* The line waits; it is that of the record, or, where that was made already, as
 * it was made (n == 0: not yet). */
void log_stream_add(struct log_stream *stream, const struct log_record *record,
                    struct str line);

/* Writes a piece of what waits or all of it, at this second since 1970; or loses
 * it, where the disk does not take it. */
void log_stream_write(struct log_stream *stream, int64_t now);

/* Completes the file if its time is over. */
void log_stream_tick(struct log_stream *stream, int64_t now);

/* Completes the file. */
void log_stream_end(struct log_stream *stream);

/* Logs what was lost since it was logged last. */
void log_stream_report(struct log_stream *stream, uint64_t now_us);

/* After log_stream_end(); what waits is lost. */
void log_stream_free(struct log_stream *stream);

#endif
