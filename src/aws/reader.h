/* SPDX-License-Identifier: Apache-2.0
 *
 * What credentials come from and may take its time, files and commands, off
 * the loop's thread: each question is an errand (net/errand.h).
 */
#ifndef SLUICE_AWS_READER_H
#define SLUICE_AWS_READER_H

#include "base/error.h"
#include "base/region.h"
#include "net/errand.h"

enum {
    READER_FILES = 2,
    READER_FILE_MAX = 1024 * 1024,
    READER_PROCESS_MS = 60 * 1000,
};

/* One file or output; good until done() returns, and overwritten then. */
struct reader_text {
    bool ok;
    bool missing; /* a file: there is none */
    struct str text;
    struct error
        why; /* unless ok; begins with the path or the command's name */
};

/* One question at a time. */
struct reader {
    struct errands errands;
    void *owner; /* for who asks */
    void (*done)(struct reader *reader, const struct reader_text *texts);
};

/* False without descriptors. */
bool reader_init(struct reader *reader, struct loop *loop);

/* Reads up to READER_FILES files; n == 0 of a path: none there.  What was asked
 * before is forgotten.  done() is called on the loop's thread, with a text for
 * each.  False without a thread or descriptors. */
bool reader_files(struct reader *reader, const struct str *paths, unsigned n,
                  void (*done)(struct reader *reader,
                               const struct reader_text *texts));

/* Runs a command line for at most READER_PROCESS_MS: one text.  The environment
 * lives as long as the reader. */
bool reader_run(struct reader *reader, struct str line,
                char *const *environment,
                void (*done)(struct reader *reader,
                             const struct reader_text *texts));

/* Forgets what is asked, without waiting for it; a command is killed. */
void reader_end(struct reader *reader);

#endif
