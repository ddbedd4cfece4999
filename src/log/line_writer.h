/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that appends lines to a file or standard output for control, which
 * never waits for it: LINE_WRITER_BYTES wait at most, what comes beyond is
 * dropped and counted.
 */
#ifndef SLUICE_LOG_LINE_WRITER_H
#define SLUICE_LOG_LINE_WRITER_H

#include "base/error.h"
#include "base/text.h"

enum {
    LINE_WRITER_BYTES = 4 * 1024 * 1024,
    LINE_WRITER_STOP_MS = 1000, /* for a reader that does not read */
};

struct line_writer;

/* "-": standard output.  Opens the file to append, mode 0640; NULL with an
 * error that names it. */
struct line_writer *line_writer_start(struct str path, struct error *error);

/* A line, which gets its LF here. */
void line_writer_add(struct line_writer *writer, struct str line);

/* The file under that name from now on. */
void line_writer_reopen(struct line_writer *writer);

uint64_t line_writer_dropped(struct line_writer *writer);

/* Waits until all is written, LINE_WRITER_STOP_MS at most.  NULL: nothing. */
void line_writer_stop(struct line_writer *writer);

#endif
