/* SPDX-License-Identifier: Apache-2.0
 *
 * What every subcommand that serves wants of its process.
 */
#ifndef SLUICE_APP_PROCESS_H
#define SLUICE_APP_PROCESS_H

#include "base/address.h"
#include "base/error.h"

/* As many descriptors as may be had, and no death by SIGPIPE. */
void process_prepare(void);

/* Has the kernel make the table of descriptors large at once, while there is
 * one thread.  With several, each doubling of the table waits for all CPUs
 * (an RCU grace period, 10 to 20 ms), in the middle of an accept(). */
void process_reserve_descriptors(void);

/* CPUs that this process may run on, at least 1. */
unsigned process_cpus(void);

/* Prints "WORD SCHEME://ADDRESS" and `more` as one line on stdout. */
void process_print_address(const char *word, const char *scheme,
                           const struct address *address, const char *more);

/* HUP and USR1 do nothing until the server handles them. */
void process_ignore_early(void);

/* TERM and INT have done what they can: another one changes nothing. */
void process_ignore_late(void);

/* Whether there is such a user; false with an error. */
bool process_user_exists(const char *user, struct error *error);

/* Becomes this user, with its groups, in every thread and for good.  False
 * with an error. */
bool process_become(const char *user, struct error *error);

/* The words that the program was started with, NULL at their end; main()
 * says them. */
extern char **process_arguments;

/* The service manager is this process's business alone: what it starts is not
 * told of it. */
void process_hide_manager(void);

/* Tells the service manager (sd_notify(3), Type=notify); nothing when there is
 * none. */
void process_notify(const char *state);

/* Prints "ready" on stdout, which whoever started us waits for. */
void process_print_ready(void);

#endif
