/* SPDX-License-Identifier: Apache-2.0
 *
 * One file of a log: the lines that wait, and where they go.
 *
 * Belongs to the writer thread (log/writer.c).  Nothing here waits
 * for a reader; a disk may take its time.
 */
#ifndef SLUICE_LOG_FILE_H
#define SLUICE_LOG_FILE_H

#include <stdatomic.h>

#include "base/error.h"
#include "proxy/log_ring.h"

enum {
    LOG_WRITE_MIN = 256 * 1024,    /* worth a write before the tick */
    LOG_BACKLOG_MAX = 1024 * 1024, /* bytes that wait */
};

struct log_file {
    struct log_file *next; /* the owner's list */
    unsigned refs;         /* the owner's */
    const char *name;      /* "access log", for messages */
    char *path;
    int fd;
    bool is_stdout;
    bool shared; /* not ours to make non-blocking */
    bool torn;   /* the lines begin with the rest of one */
    bool blocked;
    bool stale;           /* to be reopened */
    int error;            /* why lines were lost last */
    int reopen_error;     /* why it could not be reopened, or 0 */
    uint64_t lost;        /* lines since that was logged */
    uint64_t told_us;     /* when it was */
    uint64_t unneeded_us; /* since when nobody refers to it, or 0 */
    _Atomic uint64_t *dropped;
    char *lines; /* LOG_BACKLOG_MAX bytes */
    size_t n;
};

/* NULL with an error that names the file.  Lost lines are added to `*dropped`,
 * too.  `name` ("access log") is not copied. */
struct log_file *log_file_open(struct str path, const char *name,
                               _Atomic uint64_t *dropped, struct error *error);

/* Drops the lines that wait. */
void log_file_close(struct log_file *file);

/* The record's line waits from now on, and is returned as it does until
 * something else happens; or is dropped, when too many do (n == 0). */
struct str log_file_add(struct log_file *file, const struct log_record *record);

/* Writes what waits; true when some of it was.  What a reader has no room for
 * goes on waiting (`blocked`); after an error all but the rest of a line is
 * dropped. */
bool log_file_write(struct log_file *file);

/* Goes on with a new file of that name, if it is another one by now.  False
 * when it cannot be opened: then it goes on with the old one. */
bool log_file_reopen(struct log_file *file);

/* Logs what was lost since it was logged last. */
void log_file_report(struct log_file *file, uint64_t now_us);

#endif
