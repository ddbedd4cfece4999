/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's own log, one line per event on standard error.
 *
 * Any thread may log and none ever waits for the reader of the log: lines go
 * into a bounded queue that one writer thread empties.  When the queue is full
 * lines are dropped and counted, and the count is logged once there is room.
 */
#ifndef SLUICE_BASE_LOG_H
#define SLUICE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum log_format { LOG_TEXT, LOG_JSON };

/* How lines are written from now on; at first: LOG_INFO and above, as text. */
void log_choose(enum log_level level, enum log_format format);

/* The same, and starts the writer.  Before that, and after log_stop(), lines are written
 * directly. */
void log_start(enum log_level level, enum log_format format);

/* Writes what is queued (giving a reader that does not read one second) and
 * ends the writer. */
void log_stop(void);

/* One line; `area` is the folder that speaks.  Control bytes of the text are
 * escaped, so that what a client sent cannot forge a line. */
void log_write(enum log_level level, const char *area, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool log_wants(enum log_level level);

/* Lines that were dropped so far. */
uint64_t log_dropped(void);

#endif
