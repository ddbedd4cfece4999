/* SPDX-License-Identifier: Apache-2.0
 *
 * A command that prints something: run without a shell, with a deadline, and
 * never more of its output taken than a cap.  Blocks; for a thread that may.
 */
#ifndef SLUICE_AWS_PROCESS_H
#define SLUICE_AWS_PROCESS_H

#include <pthread.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/region.h"

enum {
    PROCESS_WORDS_MAX = 64,
    PROCESS_OUTPUT_MAX = 64 * 1024,
};

/* The words of a command line as a shell takes them apart: spaces between them,
 * '...' , "..." and backslashes around or before what is no space.  Nothing is
 * expanded.  Ends with NULL; in the region.  NULL with an error. */
char **process_split(struct region *region, struct str line,
                     struct error *error);

/* By which another thread ends it. */
struct process_handle {
    pthread_mutex_t lock;
    pid_t pid; /* 0: none runs */
    int stop;  /* an eventfd: readable once it is to end */
};

/* False without descriptors. */
bool process_handle_init(struct process_handle *handle);
void process_handle_end(struct process_handle *handle);

/* Kills what runs, and what would be run.  From any thread; waits for nobody. */
void process_stop(struct process_handle *handle);

/* Runs it with this environment; its standard input and error are /dev/null.
 * The output, at most PROCESS_OUTPUT_MAX bytes, stands in the region.  It and
 * what it started is killed after deadline_ms, and by process_stop().  False
 * with an error: it could not be run, ended with a status, was killed, printed
 * too much. */
bool process_run(struct region *region, char *const *words,
                 char *const *environment, unsigned deadline_ms,
                 struct process_handle *handle, struct str *output,
                 struct error *error);

#endif
