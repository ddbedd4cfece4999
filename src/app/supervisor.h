/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent of the processes that serve: holds the listening sockets, starts
 * one serving process, another one when that crashes, and the program's new
 * version beside the old one when it is told to upgrade.
 *
 * One thread that waits in poll(); a child is always executed anew, never a
 * fork that goes on.  Nothing of a request, a template or a target is here,
 * so that there is little that could fail.
 */
#ifndef SLUICE_APP_SUPERVISOR_H
#define SLUICE_APP_SUPERVISOR_H

/* Runs until the serving processes are gone; returns the exit status of the
 * newest one.  `process_arguments` say what is run. */
int supervisor_run(void);

#endif
