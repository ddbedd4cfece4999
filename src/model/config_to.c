/* SPDX-License-Identifier: Apache-2.0
 *
 * The shorthand of --to: [NAME=]HOST:PORT[@WEIGHT][,...].
 */
#include <stdlib.h>

#include "model/attributes.h"
#include "model/config.h"

enum { ENTRY_SHOWN_MAX = 100 };

/* One entry, cut in its parts; p is NULL in those that it does not have. */
struct entry {
    struct str all;
    struct str name;
    struct str address;
    struct str weight;
};

/* The config in the making and what only this text knows. */
struct reading {
    struct str all;
    struct config *config;
    bool weight_given[CONFIG_GROUPS_MAX];
    struct error *error;
};

/* What an error shows: the entry, or the whole text when the entry is empty,
 * and of either as much as there is room for. */
static struct str shown(const struct reading *r, const struct entry *entry)
{
    struct str s = entry->all.n ? entry->all : r->all;

    return str_make(s.p, s.n > ENTRY_SHOWN_MAX ? ENTRY_SHOWN_MAX : s.n);
}

static bool refuse(struct reading *r, const struct entry *entry,
                   const char *why)
{
    struct str what = shown(r, entry);

    return error_set(r->error, "--to \"" STR_FMT "\": %s", STR_ARG(what), why);
}

/* Refuses what is not of the form. */
static bool malformed(struct reading *r, const struct entry *entry,
                      const char *why)
{
    struct str what = shown(r, entry);

    return error_set(r->error,
                     "--to \"" STR_FMT
                     "\": %s; the form is [NAME=]HOST:PORT[@WEIGHT]",
                     STR_ARG(what), why);
}

static struct entry cut_entry(struct str all)
{
    struct entry entry = {.all = all, .weight = str_trim(all)};

    if (entry.weight.n && memchr(entry.weight.p, '=', entry.weight.n))
        entry.name = str_cut(&entry.weight, '=');
    entry.address = str_cut(&entry.weight, '@');
    return entry;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* ALB's rule for names of target groups. */
static bool is_group_name(struct str name)
{
    if (name.n == 0 || name.n > CONFIG_NAME_MAX || name.p[0] == '-' ||
        name.p[name.n - 1] == '-')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        if (!is_alphanumeric(name.p[i]) && name.p[i] != '-')
            return false;
    }
    return true;
}

/* The place of the group of this name, ngroups when there is none. */
static unsigned find_group(const struct config *config, struct str name)
{
    unsigned i = 0;

    while (i < config->ngroups && !str_eq(name, str_of(config->groups[i].name)))
        i++;
    return i;
}

/* The group that an entry names, made when it is new; NULL with an error. */
static struct config_group *group_of(struct reading *r,
                                     const struct entry *entry)
{
    struct config *config = r->config;
    struct str name = entry->name.p ? entry->name : STR("default");
    struct config_group *group = &config->groups[find_group(config, name)];

    if (!is_group_name(name)) {
        malformed(
            r, entry,
            "the NAME before \"=\" is 1 to 32 letters, digits and hyphens, "
            "with no hyphen at its ends");
        return NULL;
    }
    if (group < config->groups + config->ngroups)
        return group;
    if (config->ngroups == CONFIG_GROUPS_MAX) {
        refuse(r, entry,
               "this is the sixth target group; ALB forwards to at most 5, so "
               "give some entries the same NAME");
        return NULL;
    }
    config->ngroups++;
    *group = (struct config_group){.weight = 1};
    attributes_init(OWNER_TARGET_GROUP, group);
    memcpy(group->name, name.p, name.n);
    return group;
}

/* Why a text is no address of a target. */
static const char *address_fault(struct str s)
{
    uint64_t port;
    struct address ip;
    const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;

    if (s.n == 0)
        return "there is no address, such as 127.0.0.1:3000";
    if (str_to_u64(s, UINT16_MAX, &port))
        return "a port alone needs a colon before it, such as :3000";
    if (s.p[0] != '[' && memchr(s.p, ':', s.n) != colon)
        return "an IPv6 address needs brackets and a port, such as [::1]:3000";
    if (address_parse_ip(s, &ip) || colon == NULL)
        return "the port is missing, such as in 127.0.0.1:3000";
    if (!str_to_u64(str_make(colon + 1, (size_t)(s.p + s.n - colon - 1)),
                    UINT16_MAX, &port))
        return "the port is no number from 1 to 65535";
    return "the host is no IPv4 or [IPv6] address and not localhost; names "
           "are not looked up, so write its address";
}

static bool add_target(struct reading *r, const struct entry *entry,
                       struct config_group *group)
{
    struct address target;
    struct address *grown;

    if (!address_parse(entry->address, &target))
        return malformed(r, entry, address_fault(entry->address));
    if (target.port == 0)
        return malformed(r, entry, "the port is no number from 1 to 65535");
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (address_equal(&target, &group->targets[i]))
            return refuse(r, entry,
                          "this target is in its group already; leave one out");
    }
    if (group->ntargets == CONFIG_TARGETS_MAX)
        return refuse(r, entry, "a target group has at most 1000 targets");
    grown = realloc(group->targets, (group->ntargets + 1) * sizeof(*grown));
    if (grown == NULL)
        return refuse(r, entry, "there is no memory for it");
    group->targets = grown;
    group->targets[group->ntargets++] = target;
    return true;
}

static bool set_weight(struct reading *r, const struct entry *entry,
                       struct config_group *group)
{
    bool *given = &r->weight_given[group - r->config->groups];
    uint64_t weight;

    if (entry->weight.p == NULL)
        return true;
    if (!str_to_u64(entry->weight, CONFIG_WEIGHT_MAX, &weight))
        return malformed(r, entry,
                         "the WEIGHT after \"@\" is a number from 0 to 999");
    if (*given)
        return refuse(r, entry,
                      "the weight of this target group was given already; it "
                      "belongs to the group, so leave \"@WEIGHT\" out here");
    *given = true;
    group->weight = (unsigned)weight;
    return true;
}

static bool add_entry(struct reading *r, const struct entry *entry)
{
    struct config_group *group = group_of(r, entry);

    return group && add_target(r, entry, group) && set_weight(r, entry, group);
}

bool config_add_to(struct config *config, struct str to, struct error *error)
{
    struct reading r = {
        .all = to,
        .config = config_copy(config),
        .error = error,
    };
    bool ok = true;

    do {
        struct entry entry = cut_entry(str_cut(&to, ','));

        ok = add_entry(&r, &entry);
    } while (ok && to.p);
    if (ok) {
        struct config before = *config;

        *config = *r.config;
        *r.config = before;
    }
    config_free(r.config);
    return ok;
}
