/* SPDX-License-Identifier: Apache-2.0
 *
 * Small files, read and written whole.
 */
#ifndef SLUICE_BASE_FILE_H
#define SLUICE_BASE_FILE_H

#include "base/error.h"
#include "base/str.h"

/* Which file it was, and in which state: another one of these, and it is
 * another file or was written to. */
struct file_mark {
    uint64_t device, inode, size;
    int64_t mtime_ns, ctime_ns;
};

struct file_text {
    struct str text; /* from malloc(), with a NUL behind it; p == NULL: none */
    struct file_mark mark;
    unsigned mode; /* permission bits */
};

static inline bool file_mark_equal(const struct file_mark *a,
                                   const struct file_mark *b)
{
    return a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->mtime_ns == b->mtime_ns &&
           a->ctime_ns == b->ctime_ns;
}

/* Reads a regular file of at most `max` bytes, never waiting for anybody.
 * False with an error that begins with the path, and errno (0: it was read and
 * is not to be had all the same). */
bool file_read(const char *path, size_t max, struct file_text *file,
               struct error *error);

/* Overwrites the bytes and frees them; nothing when there are none. */
void file_forget(struct file_text *file);

/* What file_read() would find; false with errno. */
bool file_look(const char *path, struct file_mark *mark);

/* Puts a file of this mode in the place of the one that is there, if any:
 * who reads it sees all of the one or all of the other, after a crash too.
 * False with an error that begins with the path, and errno. */
bool file_replace(const char *path, struct str text, unsigned mode,
                  struct error *error);

/* The folder and all above it that are missing, for us alone (0700).  False
 * with an error that begins with the path, and errno. */
bool file_make_folders(const char *path, struct error *error);

/* Makes the file if need be and locks it: one holder at a time, until the
 * descriptor is closed.  Waits for five seconds; -1 with errno. */
int file_lock(const char *path);

#endif
