/* SPDX-License-Identifier: Apache-2.0
 *
 * One file of the access log: the lines that wait, and where they go.
 *
 * Belongs to the writer thread (control/access_writer.c).  Nothing here waits
 * for a reader; a disk may take its time.
 */
#ifndef SLUICE_CONTROL_ACCESS_FILE_H
#define SLUICE_CONTROL_ACCESS_FILE_H

#include <stdatomic.h>

#include "base/error.h"
#include "proxy/access_log.h"

enum {
    ACCESS_WRITE_MIN = 256 * 1024,    /* worth a write before the tick */
    ACCESS_BACKLOG_MAX = 1024 * 1024, /* bytes that wait */
};

struct access_file {
    struct access_file *next; /* the owner's list */
    unsigned refs;            /* the owner's */
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
    char *lines; /* ACCESS_BACKLOG_MAX bytes */
    size_t n;
};

/* NULL with an error that names the file.  Lost lines are added to `*dropped`,
 * too. */
struct access_file *access_file_open(struct str path, _Atomic uint64_t *dropped,
                                     struct error *error);

/* Drops the lines that wait. */
void access_file_close(struct access_file *file);

/* The record's line waits from now on; or is dropped, when too many do. */
void access_file_add(struct access_file *file,
                     const struct access_record *record);

/* Writes what waits; true when some of it was.  What a reader has no room for
 * goes on waiting (`blocked`); after an error all but the rest of a line is
 * dropped. */
bool access_file_write(struct access_file *file);

/* Goes on with a new file of that name, if it is another one by now.  False
 * when it cannot be opened: then it goes on with the old one. */
bool access_file_reopen(struct access_file *file);

/* Logs what was lost since it was logged last. */
void access_file_report(struct access_file *file, uint64_t now_us);

#endif
