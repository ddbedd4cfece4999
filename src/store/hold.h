/* SPDX-License-Identifier: Apache-2.0
 *
 * A hold on a file: one process has it, and it is gone when that one is, however
 * it ended.
 */
#ifndef SLUICE_STORE_HOLD_H
#define SLUICE_STORE_HOLD_H

#include <sys/types.h>

#include "base/error.h"

enum hold_result {
    HOLD_MINE,
    HOLD_THEIRS, /* another process has it; `*owner` says which, 0: one that
                    cannot be named from here */
    HOLD_FAILED, /* errno */
};

/* Takes the hold, waiting at most so long for whoever has it. */
enum hold_result hold_take(int fd, unsigned wait_ms, pid_t *owner);

void hold_release(int fd);

#endif
