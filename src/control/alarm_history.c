/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm_history.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/utf8.h"

struct alarm_kept {
    struct alarm_kept *next;
    size_t bytes;
    struct alarm_history_item item; /* its texts stand behind it */
};

void alarm_history_init(struct alarm_history *history)
{
    *history = (struct alarm_history){.n = 0};
}

static void drop_oldest(struct alarm_history *history)
{
    struct alarm_kept *kept = history->first;

    history->first = kept->next;
    if (history->first == NULL)
        history->last = NULL;
    history->n--;
    history->bytes -= kept->bytes;
    free(kept);
}

void alarm_history_end(struct alarm_history *history)
{
    while (history->first)
        drop_oldest(history);
}

static struct str put(char **at, struct str s)
{
    struct str made = {*at, s.n};

    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return made;
}

void alarm_history_add(struct alarm_history *history,
                       const struct alarm_history_item *item)
{
    struct str summary = utf8_cut(item->summary, ALARM_HISTORY_SUMMARY_MAX);
    struct str data = utf8_cut(item->data, ALARM_HISTORY_DATA_MAX);
    size_t bytes =
        sizeof(struct alarm_kept) + item->name.n + summary.n + data.n;
    struct alarm_kept *kept = memory_zeroed(1, bytes);
    char *at = (char *)(kept + 1);

    kept->bytes = bytes;
    kept->item = *item;
    kept->item.name = put(&at, item->name);
    kept->item.summary = put(&at, summary);
    kept->item.data = put(&at, data);
    if (history->last)
        history->last->next = kept;
    else
        history->first = kept;
    history->last = kept;
    history->n++;
    history->bytes += bytes;
    while (history->n > ALARM_HISTORY_ITEMS ||
           history->bytes > ALARM_HISTORY_BYTES)
        drop_oldest(history);
}

void alarm_history_visit(const struct alarm_history *history,
                         void (*visit)(void *to,
                                       const struct alarm_history_item *item),
                         void *to)
{
    for (const struct alarm_kept *kept = history->first; kept;
         kept = kept->next)
        visit(to, &kept->item);
}
