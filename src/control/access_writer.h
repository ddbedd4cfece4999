/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that writes access logs: reads the workers' rings, formats, and
 * appends to files in large writes.
 *
 * Lines are in their files after 200 ms at most, when the disk is fast enough.
 * One that is slow makes rings fill and records drop; one that is full makes
 * lines drop; a pipe whose reader sleeps keeps up to 1 MiB waiting and then
 * makes lines drop.  All of them are counted, logged once a minute with their
 * cause, and writing is tried again with the next lines.  A line that was
 * written in part is ended before anything else is written after it.
 */
#ifndef SLUICE_CONTROL_ACCESS_WRITER_H
#define SLUICE_CONTROL_ACCESS_WRITER_H

#include "base/error.h"
#include "proxy/access_log.h"

struct access_writer;

/* Where the records with sink i go: `paths[i]` ("-": standard output; n == 0:
 * nowhere).  Equal paths share a file.  Records with another sink are dropped
 * and counted.  Opens the files (O_APPEND, mode 0640; FIFOs for reading too, so
 * that readers may come and go); NULL with an error that names the file. */
struct access_writer *access_writer_start(struct access_ring *const *rings,
                                          unsigned nrings,
                                          const struct str *paths,
                                          unsigned npaths, struct error *error);

/* From any thread. */
void access_writer_wake(struct access_writer *writer);

/* Reopens the files (SIGUSR1): what was moved away is complete, new lines go
 * to a file of the old name.  Returns at once.  Where that fails the lines go
 * on to the file that was moved away, and it is tried again each second. */
void access_writer_reopen(struct access_writer *writer);

/* The paths from now on (a new config); records that are in the rings already
 * go where their sink pointed before.  False with an error when a file cannot
 * be opened: then nothing changed.  From one thread. */
bool access_writer_set_paths(struct access_writer *writer,
                             const struct str *paths, unsigned npaths,
                             struct error *error);

/* Lines that were dropped, for whatever cause.  Any thread. */
uint64_t access_writer_dropped(const struct access_writer *writer);

/* Writes what the rings hold and ends.  Waits 5 s at most for a slow disk, and
 * 1 s for a pipe that nobody reads.  Afterwards nothing uses the rings. */
void access_writer_stop(struct access_writer *writer);

#endif
