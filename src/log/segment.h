/* SPDX-License-Identifier: Apache-2.0
 *
 * One file of the spool: a head that says which object of which bucket it
 * becomes, then that object, one gzip member.
 *
 *     sluice-log 1
 *     bucket NAME
 *     key KEY
 *                     (an empty line; the object follows)
 *
 * After each call that writes the object is a whole one: what comes next is
 * written over its end.  So a process that is killed loses no line that it wrote,
 * and a full disk none that is there: to complete a file takes no more room.
 * Names in the folder say how old a file is, how many lines it has, and whether
 * it is complete:
 *
 *     1768480500123-000007.part       being written, while somebody has a lock
 *                                     (flock) on it; else it is to be mended
 *     1768480500123-000007-4211.log   complete: 4211 lines
 *
 * Calls wait for the disk; one thread at a time for each object.
 */
#ifndef SLUICE_LOG_SEGMENT_H
#define SLUICE_LOG_SEGMENT_H

#include <zlib.h>

#include "base/error.h"
#include "base/text.h"

enum {
    LOG_NAME_MAX = 96,         /* of a file, with its NUL */
    LOG_HEAD_MAX = 4096,       /* bytes of a head */
    LOG_LINE_LONGEST = 1 << 20 /* bytes; a longer one is not ours */
};

/* ---- names ---------------------------------------------------------------- */

enum log_file_state { LOG_FILE_PART, LOG_FILE_READY };

struct log_name {
    uint64_t ms;     /* since 1970: when it was begun */
    uint64_t number; /* of the process's files */
    uint64_t lines;  /* of one that is READY */
    enum log_file_state state;
};

/* With a NUL. */
void log_name_put(char out[LOG_NAME_MAX], const struct log_name *name);

/* False: no such name. */
bool log_name_read(struct str s, struct log_name *name);

/* ---- heads ---------------------------------------------------------------- */

struct log_head {
    struct str bucket;
    struct str key;
    size_t n; /* bytes of the head: the object begins there */
};

/* Bucket and key have neither control bytes nor more than their caps. */
void log_head_put(struct text *t, struct str bucket, struct str key);

/* Reads the head that the bytes begin with, borrowing them.  False: they begin
 * with none, or with the begin of one. */
bool log_head_read(struct str bytes, struct log_head *head);

/* ---- writing -------------------------------------------------------------- */

struct log_segment;

/* NULL with errno.  `folder` is an open directory; name->state is ignored. */
struct log_segment *log_segment_begin(int folder, const struct log_name *name,
                                      struct str bucket, struct str key);

/* Whole lines; at once: as they are, which costs room instead of time.  False
 * with errno: none of them is in the file, and it takes no more. */
bool log_segment_write(struct log_segment *segment, struct str lines,
                       bool at_once);

/* Bytes in the file so far. */
uint64_t log_segment_bytes(const struct log_segment *segment);
uint64_t log_segment_lines(const struct log_segment *segment);

/* Gives the file the name of a complete one, also after a write that failed; one
 * without a line is removed.  False with errno: it is to be mended.  Frees the
 * segment. */
bool log_segment_end(struct log_segment *segment);

/* ---- after a crash -------------------------------------------------------- */

/* Makes a complete file of one that is PART, in its place, with what was written
 * to it up to the last write that is whole; one without a line is removed, one
 * without a head only where nobody `begins` files.  True also when it is gone or
 * being written.  False with an error: it is still to be mended. */
bool log_segment_mend(int folder, const struct log_name *name, bool begins,
                      struct error *error);

/* ---- for both -------------------------------------------------------------- */

enum { LOG_END_BYTES = 10 };

/* What ends a member of gzip after a flush: of `length` bytes, whose CRC `z`
 * has. */
void log_end_put(unsigned char end[LOG_END_BYTES], const z_stream *z,
                 uint64_t length);

/* False with errno: some of them are there, or none. */
bool log_bytes_put(int fd, const void *bytes, size_t n, uint64_t at);

#endif
