/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders of the spool: one for each process, which holds a lock in it as
 * long as it lives, so that two processes of an upgrade never write or send one
 * file twice.  What a process left behind is taken over by the first one that
 * gets the lock.
 *
 *     SPOOL/p-aB3xYz/lock, 1768480500123-000007-4211.log, ...
 *
 * Beside them may stand notes of uploads (log/note.h).
 */
#ifndef SLUICE_LOG_FOLDER_H
#define SLUICE_LOG_FOLDER_H

#include <limits.h>

#include "log/segment.h"

struct log_folder {
    struct log_folder *next; /* the owner's list */
    unsigned number;         /* the owner's */
    bool own;                /* made by this process, not taken over */
    unsigned stuck;          /* files that can be neither mended nor read */
    int fd;                  /* of the folder */
    int lock;
    char path[PATH_MAX];
};

/* A new one in the spool, which is made if need be.  NULL with an error that
 * names the path and how to mend it. */
struct log_folder *log_folder_make(const char *spool, struct error *error);

/* One whose process is gone, locked; NULL: there is none (more). */
struct log_folder *log_folder_adopt(const char *spool);

/* Calls `each` for each file of a known name, in no order.  False with
 * errno. */
bool log_folder_list(const struct log_folder *folder,
                     void (*each)(void *owner, const struct log_name *name,
                                  uint64_t bytes),
                     void *owner);

/* What is PART and not being written becomes complete.  False with the last
 * error: some of it is as it was. */
bool log_folder_mend(struct log_folder *folder, struct error *error);

/* Of its file system; UINT64_MAX: it does not say. */
struct log_disk {
    uint64_t size;
    uint64_t room; /* for us */
};
struct log_disk log_folder_disk(const struct log_folder *folder);

/* Lets go of it, and removes it when nothing is in it. */
void log_folder_leave(struct log_folder *folder);

#endif
