/* SPDX-License-Identifier: Apache-2.0 */
#include "control/discovery_keep.h"

#include <limits.h>
#include <stdlib.h>

static const struct kept_target *find(const struct discovery_keep *keep,
                                      const struct found_target *target)
{
    const struct kept_target key = {.target = *target};

    return keep->n ? bsearch(&key, keep->targets, keep->n,
                             sizeof(*keep->targets), found_compare)
                   : NULL;
}

bool discovery_keep_has(const struct discovery_keep *keep,
                        const struct found_target *target)
{
    return find(keep, target) != NULL;
}

static bool has(const struct discovery_answer *answer, unsigned n,
                const struct found_target *target)
{
    return n &&
           bsearch(target, answer->targets, n, sizeof(*target), found_compare);
}

/* ---- an empty answer ------------------------------------------------------ */

static bool is_empty_for_long(struct discovery_keep *keep, uint64_t now_us)
{
    if (keep->empties++ == 0)
        keep->empty_us = now_us;
    return keep->empties >= EMPTY_ANSWERS &&
           now_us - keep->empty_us >= EMPTY_MS * UINT64_C(1000);
}

static bool is_believed(struct discovery_keep *keep,
                        const struct discovery_answer *answer,
                        enum discovery_kind kind, uint64_t now_us)
{
    if (answer->n || answer->none) {
        keep->empties = 0;
        return true;
    }
    return kind == DISCOVERY_DNS && is_empty_for_long(keep, now_us);
}

/* ---- what stays ------------------------------------------------------------- */

/* How many answers in a row must miss a target before it goes. */
static unsigned patience(const struct discovery_answer *answer,
                         enum discovery_kind kind)
{
    if (answer->outcome == ANSWER_PART)
        return UINT_MAX;
    return kind == DISCOVERY_DNS && answer->n == MANY ? MANY_ANSWERS : 1;
}

static void put(struct region *region, struct kept_target *to,
                const struct found_target *from, unsigned absent)
{
    to->target.id = region_copy(region, from->id);
    to->target.port = from->port;
    to->target.zone = region_copy(region, from->zone);
    to->target.address = region_copy(region, from->address);
    to->absent = absent;
}

static void merge(struct discovery_keep *keep,
                  const struct discovery_answer *answer, unsigned nanswer,
                  unsigned limit)
{
    struct region region = {NULL};
    struct kept_target *targets =
        region_take(&region, (keep->n + nanswer + 1) * sizeof(*targets));
    unsigned n = 0;

    for (unsigned i = 0; i < nanswer; i++)
        put(&region, &targets[n++], &answer->targets[i], 0);
    for (unsigned i = 0; i < keep->n && n < KEPT_MAX; i++) {
        const struct kept_target *k = &keep->targets[i];
        unsigned absent = k->absent < UINT_MAX ? k->absent + 1 : UINT_MAX;

        if (has(answer, nanswer, &k->target))
            continue;
        if (limit == UINT_MAX)
            put(&region, &targets[n++], &k->target, k->absent);
        else if (absent < limit)
            put(&region, &targets[n++], &k->target, absent);
    }
    qsort(targets, n, sizeof(*targets), found_compare);
    region_end(&keep->region);
    keep->region = region;
    keep->targets = targets;
    keep->n = n;
}

void discovery_keep_begin(struct discovery_keep *keep,
                          const struct found_target *targets, unsigned n)
{
    keep->targets =
        region_take(&keep->region, ((size_t)n + 1) * sizeof(*keep->targets));
    for (unsigned i = 0; i < n; i++)
        put(&keep->region, &keep->targets[keep->n++], &targets[i], 0);
}

bool discovery_keep_take(struct discovery_keep *keep,
                         const struct discovery_answer *answer,
                         enum discovery_kind kind, uint64_t now_us)
{
    if (answer->outcome == ANSWER_FAILED) {
        keep->empties = 0;
        return false;
    }
    if (answer->outcome == ANSWER_WHOLE &&
        !is_believed(keep, answer, kind, now_us))
        return false;
    merge(keep, answer, found_sort(answer->targets, answer->n),
          patience(answer, kind));
    keep->known = keep->known || answer->outcome == ANSWER_WHOLE;
    return true;
}

void discovery_keep_end(struct discovery_keep *keep)
{
    region_end(&keep->region);
    *keep = (struct discovery_keep){.n = 0};
}
