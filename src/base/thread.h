/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that no signal interrupts: signals are for the control thread's
 * loop.
 */
#ifndef SLUICE_BASE_THREAD_H
#define SLUICE_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread with every signal blocked; false when there is none to be
 * had. */
bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
