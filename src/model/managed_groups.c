/* SPDX-License-Identifier: Apache-2.0 */
#include "model/managed_groups.h"

#include <pthread.h>

#include "model/account_json.h"

/* What the build makes of rules/. */
extern const char rules_AWSManagedRulesCommonRuleSet[];
extern const char rules_AWSManagedRulesKnownBadInputsRuleSet[];
extern const char rules_AWSManagedRulesSQLiRuleSet[];

#define WORDS(...)                                                             \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }
#define VERSIONS WORDS
#define LABELS WORDS
#define CONSUMED WORDS
#define RULE(name, action)                                                     \
    {                                                                          \
        name, action                                                           \
    }
#define RULES(...)                                                             \
    .nrules = sizeof((const struct managed_rule[]){__VA_ARGS__}) /             \
              sizeof(struct managed_rule),                                     \
    .rules = (const struct managed_rule[])                                     \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

const struct managed_group managed_groups[] = {
#define GROUP(symbol, called, about, prefix, wcu, by_default, all_versions,    \
              all_rules, all_labels, all_consumed, text)                       \
    {.vendor = "AWS",                                                          \
     .name = (called),                                                         \
     .description = (about),                                                   \
     .label_prefix = (prefix),                                                 \
     .versions = all_versions,                                                 \
     .default_version = (by_default),                                          \
     .capacity = (wcu),                                                        \
     all_rules,                                                                \
     .labels = all_labels,                                                     \
     .consumed = all_consumed,                                                 \
     .json = (text)},
#include "model/managed_groups.def"
#undef GROUP
};

enum { GROUPS = sizeof(managed_groups) / sizeof(*managed_groups) };

const unsigned managed_groups_n = GROUPS;

const struct managed_group *managed_group_find(struct str vendor,
                                               struct str name)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        const struct managed_group *group = &managed_groups[i];

        if (str_eq(str_of(group->vendor), vendor) &&
            str_eq(str_of(group->name), name))
            return group;
    }
    return NULL;
}

bool managed_group_has_version(const struct managed_group *group,
                               struct str version)
{
    for (const char *const *v = group->versions; *v; v++) {
        if (str_eq(str_of(*v), version))
            return true;
    }
    return false;
}

/* ---- rules ----------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct region region;
static const struct value *lists[GROUPS]; /* by the group's index */

static void read_all(void)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        struct error error;
        const char *json = managed_groups[i].json;

        if (json)
            lists[i] = value_get(
                account_json_read(&region, str_of(json), &error), STR("Rules"));
    }
}

const struct value *managed_group_rules(const struct managed_group *group)
{
    pthread_once(&once, read_all);
    return lists[group - managed_groups];
}
