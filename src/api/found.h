/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets that discovery found, as an edit of the account: what RegisterTargets
 * and DeregisterTargets would do, of all that changed at once.
 *
 * Found of a group's Metadata.Sluice (model/discovery.h) says which targets
 * are discovery's.  Others are never touched: those of the template and those
 * that calls registered.  One that is found and that DeregisterTargets took
 * out stays out until it is not found any more.
 */
#ifndef SLUICE_API_FOUND_H
#define SLUICE_API_FOUND_H

#include "model/account.h"
#include "model/config.h"

struct found_target {
    struct str id; /* an address, or the id of an instance */
    uint16_t port;
    struct str zone;    /* n == 0: none */
    struct str address; /* of an instance; n == 0: the id is one */
};

/* By id, then by port; for qsort(). */
int found_compare(const void *a, const void *b);

/* Sorts them and leaves out those that are there twice; how many are left. */
unsigned found_sort(struct found_target *targets, unsigned n);

struct found_wanted {
    unsigned n;
    const struct found_target *targets; /* sorted, each once */
    bool all;     /* there are no others: what was found before and is none of
                     these goes */
    unsigned max; /* targets that the group may have; more are left out */
};

struct found_done {
    unsigned added;
    unsigned removed;
    unsigned left_out;
};

/* False when nothing changes, or the group has no resource. */
bool found_edit(struct region *region, struct edit *edit,
                const struct account *account, const struct config_group *group,
                const struct found_wanted *wanted, struct found_done *done);

/* Targets of Found that are registered; in the region, sorted. */
unsigned found_list(struct region *region, const struct account *account,
                    const struct config_group *group,
                    struct found_target **targets);

#endif
