/* SPDX-License-Identifier: Apache-2.0
 *
 * What became of alarms, the newest of it: a row of items with a cap on their
 * number and bytes.  Alarms that are gone are in it under their names.
 */
#ifndef SLUICE_CONTROL_ALARM_HISTORY_H
#define SLUICE_CONTROL_ALARM_HISTORY_H

#include "api/alarm_view.h"

enum {
    ALARM_HISTORY_ITEMS = 4000,
    ALARM_HISTORY_BYTES = 8 * 1024 * 1024,
    ALARM_HISTORY_SUMMARY_MAX = 255, /* AWS's; more is cut */
    ALARM_HISTORY_DATA_MAX = 4095,
};

struct alarm_kept;

/* All zero: empty. */
struct alarm_history {
    struct alarm_kept *first; /* the oldest */
    struct alarm_kept *last;
    unsigned n;
    size_t bytes;
};

void alarm_history_init(struct alarm_history *history);
void alarm_history_end(struct alarm_history *history);

/* All of the item is copied; what is too old for the caps goes. */
void alarm_history_add(struct alarm_history *history,
                       const struct alarm_history_item *item);

/* Calls `visit` for each, the oldest first. */
void alarm_history_visit(const struct alarm_history *history,
                         void (*visit)(void *to,
                                       const struct alarm_history_item *item),
                         void *to);

#endif
