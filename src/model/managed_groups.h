/* SPDX-License-Identifier: Apache-2.0
 *
 * Managed rule groups: what AWS says of each (name, capacity, versions, rules
 * and their labels), and our own rules under the names of some of them
 * (rules/, which the build puts into the program).
 */
#ifndef SLUICE_MODEL_MANAGED_GROUPS_H
#define SLUICE_MODEL_MANAGED_GROUPS_H

#include "model/value.h"

struct managed_rule {
    const char *name;
    const char *action; /* "Block" ... */
};

struct managed_group {
    const char *vendor; /* AWS */
    const char *name;
    const char *description;
    const char *label_prefix;    /* "awswaf:managed:aws:core-rule-set:" */
    const char *const *versions; /* newest first, NULL at the end; none: it has
                                    no versions */
    const char *default_version; /* NULL: it has no versions */
    unsigned capacity;
    unsigned nrules;
    const struct managed_rule *rules;
    const char *const *labels;   /* available ones, without the prefix; NULL at
                                  the end */
    const char *const *consumed; /* labels of others, NULL at the end */
    const char *json; /* Rules in CloudFormation's words; NULL: we have none, it
                         never matches */
};

extern const struct managed_group managed_groups[];
extern const unsigned managed_groups_n;

/* NULL: there is none. */
const struct managed_group *managed_group_find(struct str vendor,
                                               struct str name);

/* Whether the group has a version of that name. */
bool managed_group_has_version(const struct managed_group *group,
                               struct str version);

/* Its json as a LIST of rules, read once for the process; from any thread.
 * NULL without one. */
const struct value *managed_group_rules(const struct managed_group *group);

#endif
