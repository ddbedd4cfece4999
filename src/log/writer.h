/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that writes the access, connection, health check and WAF logs:
 * reads the rings, formats, and appends to files in large writes; and to those
 * that become objects in S3 (log/stream.h), which it completes at its
 * end.
 *
 * Lines are in their files after 200 ms at most, when the disk is fast enough.
 * One that is slow makes rings fill and records drop; one that is full makes
 * lines drop; a pipe whose reader sleeps keeps up to 1 MiB waiting and then
 * makes lines drop.  All of them are counted, logged once a minute with their
 * cause, and writing is tried again with the next lines.  A line that was
 * written in part is ended before anything else is written after it.
 */
#ifndef SLUICE_LOG_WRITER_H
#define SLUICE_LOG_WRITER_H

#include "base/error.h"
#include "log/object.h"
#include "proxy/log_ring.h"

struct log_writer;

/* Where the records of one sink go: one log of one load balancer. */
struct log_sink {
    enum log_kind kind;
    struct str path;        /* "-": standard output; n == 0: nowhere */
    struct log_place place; /* in S3, beside the file; bucket.n == 0: nowhere */
};

/* Where lines wait for S3. */
struct log_waiting {
    int folder;        /* of this process (log/folder.h), open */
    uint64_t open_max; /* bytes of files that are being written, in all */
};

/* Records with sink i go to sinks[i].path.  Equal paths share a file, where
 * their lines, of different logs or not, stand one after another (so they do
 * under another name of it: every write appends whole lines).  Records with
 * another sink are dropped and counted.  Opens the files (O_APPEND, mode 0640;
 * FIFOs for reading too, so that readers may come and go); NULL with an error
 * that names the file.  Equal places share their objects as well, which become
 * files in the folder of `waiting` first (copied; NULL: places are not looked
 * at, and so is one that does not fit). */
struct log_writer *
log_writer_start(struct log_ring *const *rings, unsigned nrings,
                 const struct log_sink *sinks, unsigned nsinks,
                 const struct log_waiting *waiting, struct error *error);

/* From any thread. */
void log_writer_wake(struct log_writer *writer);

/* Reopens the files (SIGUSR1): what was moved away is complete, new lines go
 * to a file of the old name.  Returns at once.  Where that fails the lines go
 * on to the file that was moved away, and it is tried again each second. */
void log_writer_reopen(struct log_writer *writer);

/* The paths from now on (a new config); records that are in the rings already
 * go where their sink pointed before.  False with an error when a file cannot
 * be opened: then nothing changed.  From one thread. */
bool log_writer_set_sinks(struct log_writer *writer,
                          const struct log_sink *sinks, unsigned nsinks,
                          struct error *error);

/* Lines that were dropped, for whatever cause.  Any thread. */
uint64_t log_writer_dropped(const struct log_writer *writer);

/* Writes what the rings hold and ends.  Waits 5 s at most for a slow disk, and
 * 1 s for a pipe that nobody reads.  Afterwards nothing uses the rings. */
void log_writer_stop(struct log_writer *writer);

#endif
