/* SPDX-License-Identifier: Apache-2.0
 *
 * The shorthand of --to: [NAME=]HOST:PORT[@WEIGHT][,...], written out as the
 * template that it stands for.
 */
#include "model/arn.h"
#include "model/attributes.h"
#include "model/config.h"
#include "model/local.h"

enum { ENTRY_SHOWN_MAX = 100 };

/* What config_build() calls the resources by when nothing else is said. */
static const struct arn_scope scope = {
    .region_name = {"us-east-1", 9},
    .account = {"000000000000", 12},
    .stack = {"sluice", 6},
};

#define BALANCER_ID "LoadBalancer"
#define LISTENER_ID "Listener"

/* One entry, cut in its parts; p is NULL in those that it does not have. */
struct entry {
    struct str all;
    struct str name;
    struct str address;
    struct str weight;
};

struct to_group {
    struct str name;
    struct str id; /* logical id */
    bool weight_given;
    unsigned weight; /* in the one forward action that there is */
    unsigned ntargets;
    struct address *targets; /* room for `room` of the reading */
};

struct reading {
    struct str all;
    unsigned room; /* no group has more targets */
    unsigned ngroups;
    struct to_group groups[CONFIG_GROUPS_MAX];
    struct region *region;
    struct error *error;
};

/* ---- errors --------------------------------------------------------------- */

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

/* ---- names ---------------------------------------------------------------- */

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

static bool id_taken(const struct reading *r, struct str id)
{
    if (str_eq(id, STR(BALANCER_ID)) || str_eq(id, STR(LISTENER_ID)))
        return true;
    for (unsigned i = 0; i < r->ngroups; i++) {
        if (str_eq(id, r->groups[i].id))
            return true;
    }
    return false;
}

/* The name without its hyphens, which no logical id has; with a number behind
 * it where another resource is called so ("a-b" and "ab"). */
static struct str make_id(struct reading *r, struct str name)
{
    char plain[CONFIG_NAME_MAX];
    struct str made;
    struct str id;
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] != '-')
            plain[n++] = name.p[i];
    }
    made = str_make(plain, n);
    id = region_copy(r->region, made);
    for (unsigned i = 2; id_taken(r, id); i++)
        id = region_printf(r->region, STR_FMT "%u", STR_ARG(made), i);
    return id;
}

/* ---- entries -------------------------------------------------------------- */

static struct entry cut_entry(struct str all)
{
    struct entry entry = {.all = all, .weight = str_trim(all)};

    if (entry.weight.n && memchr(entry.weight.p, '=', entry.weight.n))
        entry.name = str_cut(&entry.weight, '=');
    entry.address = str_cut(&entry.weight, '@');
    return entry;
}

static struct to_group *add_group(struct reading *r, struct str name)
{
    struct to_group *group = &r->groups[r->ngroups];

    *group = (struct to_group){
        .name = region_copy(r->region, name),
        .id = make_id(r, name),
        .weight = 1,
        .targets = region_take(r->region, r->room * sizeof(*group->targets)),
    };
    r->ngroups++;
    return group;
}

/* The group that an entry names, made when it is new; NULL with an error. */
static struct to_group *group_of(struct reading *r, const struct entry *entry)
{
    struct str name = entry->name.p ? entry->name : STR("default");

    if (!is_group_name(name)) {
        malformed(
            r, entry,
            "the NAME before \"=\" is 1 to 32 letters, digits and hyphens, "
            "with no hyphen at its ends");
        return NULL;
    }
    for (unsigned i = 0; i < r->ngroups; i++) {
        if (str_eq(name, r->groups[i].name))
            return &r->groups[i];
    }
    if (r->ngroups < CONFIG_GROUPS_MAX)
        return add_group(r, name);
    refuse(r, entry,
           "this is the sixth target group; ALB forwards to at most 5, so "
           "give some entries the same NAME");
    return NULL;
}

static bool add_target(struct reading *r, const struct entry *entry,
                       struct to_group *group)
{
    struct address target;
    const char *fault;

    if (!local_address(entry->address, &target, &fault))
        return malformed(r, entry, fault);
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (address_equal(&target, &group->targets[i]))
            return refuse(r, entry,
                          "this target is in its group already; leave one out");
    }
    if (group->ntargets == CONFIG_TARGETS_MAX)
        return refuse(r, entry, "a target group has at most 1000 targets");
    group->targets[group->ntargets++] = target;
    return true;
}

static bool set_weight(struct reading *r, const struct entry *entry,
                       struct to_group *group)
{
    uint64_t weight;

    if (entry->weight.p == NULL)
        return true;
    if (!str_to_u64(entry->weight, CONFIG_WEIGHT_MAX, &weight))
        return malformed(r, entry,
                         "the WEIGHT after \"@\" is a number from 0 to 999");
    if (group->weight_given)
        return refuse(r, entry,
                      "the weight of this target group was given already; it "
                      "belongs to the group, so leave \"@WEIGHT\" out here");
    group->weight_given = true;
    group->weight = (unsigned)weight;
    return true;
}

static bool read_entries(struct reading *r)
{
    struct str rest = r->all;

    r->room = 1;
    for (size_t i = 0; i < rest.n && r->room < CONFIG_TARGETS_MAX; i++)
        r->room += rest.p[i] == ',';
    do {
        struct entry entry = cut_entry(str_cut(&rest, ','));
        struct to_group *group = group_of(r, &entry);

        if (group == NULL || !add_target(r, &entry, group) ||
            !set_weight(r, &entry, group))
            return false;
    } while (rest.p);
    return true;
}

/* ---- values --------------------------------------------------------------- */

static struct value *put(struct region *region, struct value *map,
                         const char *key, enum value_kind kind, struct str text)
{
    struct value *v = value_new(region, kind, NULL);

    if (text.p)
        v->text = region_copy(region, text);
    value_put(region, map, str_of(key), v);
    return v;
}

static struct value *put_map(struct region *region, struct value *map,
                             const char *key)
{
    return put(region, map, key, VALUE_MAP, (struct str){NULL, 0});
}

static struct value *put_list(struct region *region, struct value *map,
                              const char *key)
{
    return put(region, map, key, VALUE_LIST, (struct str){NULL, 0});
}

static void put_string(struct region *region, struct value *map,
                       const char *key, struct str text)
{
    put(region, map, key, VALUE_STRING, text);
}

static void put_number(struct region *region, struct value *map,
                       const char *key, unsigned number)
{
    put(region, map, key, VALUE_NUMBER, region_printf(region, "%u", number));
}

static struct value *add_map(struct region *region, struct value *list)
{
    struct value *map = value_new(region, VALUE_MAP, NULL);

    value_append(list, map);
    return map;
}

/* Adds a resource; returns its Properties. */
static struct value *add_resource(struct region *region,
                                  struct value *resources, struct str id,
                                  const char *type)
{
    struct value *resource = value_new(region, VALUE_MAP, NULL);

    value_put(region, resources, id, resource);
    put(region, resource, "Type", VALUE_STRING,
        region_printf(region, "AWS::ElasticLoadBalancingV2::%s", type));
    return put_map(region, resource, "Properties");
}

/* ---- attributes ----------------------------------------------------------- */

/* A later KEY=VALUE for this owner overrules one of the same key. */
static bool overruled(const struct to_options *options, unsigned i,
                      const struct attribute *attribute)
{
    struct error unused;

    for (unsigned j = i + 1; j < options->nattributes; j++) {
        if (attribute_check(str_of(options->attributes[j]), &unused) ==
            attribute)
            return true;
    }
    return false;
}

/* Puts those that this kind of owner has in a property of this name. */
static void put_attributes(struct region *region, struct value *properties,
                           const char *name, enum attribute_owner owner,
                           const struct to_options *options)
{
    struct value *list = NULL;

    for (unsigned i = 0; i < options->nattributes; i++) {
        struct str value = str_of(options->attributes[i]);
        struct error unused;
        const struct attribute *attribute = attribute_check(value, &unused);
        struct value *map;

        if (attribute == NULL || attribute->owner != owner ||
            overruled(options, i, attribute))
            continue;
        if (list == NULL)
            list = put_list(region, properties, name);
        map = add_map(region, list);
        put_string(region, map, "Key", str_cut(&value, '='));
        put_string(region, map, "Value", value);
    }
}

static bool check_attributes(const struct to_options *options,
                             struct error *error)
{
    for (unsigned i = 0; i < options->nattributes; i++) {
        if (attribute_check(str_of(options->attributes[i]), error) == NULL)
            return false;
    }
    return true;
}

/* ---- resources ------------------------------------------------------------ */

static void put_target(struct region *region, struct value *list,
                       const struct address *target)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text ip = text_in(buffer, sizeof(buffer));
    struct value *map = add_map(region, list);

    address_put_ip(&ip, target);
    put_string(region, map, "Id", text_str(&ip));
    put_number(region, map, "Port", target->port);
}

static void put_group(struct region *region, struct value *resources,
                      const struct to_group *group,
                      const struct to_options *options)
{
    struct value *properties =
        add_resource(region, resources, group->id, "TargetGroup");
    bool probed = options->health_path.n > 0;
    struct value *targets;

    put_string(region, properties, "Name", group->name);
    put_string(region, properties, "TargetType", STR("ip"));
    put_string(region, properties, "Protocol", STR("HTTP"));
    put_number(region, properties, "Port", group->targets[0].port);
    put(region, properties, "HealthCheckEnabled", VALUE_BOOL,
        probed ? STR("true") : STR("false"));
    if (probed)
        put_string(region, properties, "HealthCheckPath", options->health_path);
    targets = put_list(region, properties, "Targets");
    for (unsigned i = 0; i < group->ntargets; i++)
        put_target(region, targets, &group->targets[i]);
    put_attributes(region, properties, "TargetGroupAttributes",
                   OWNER_TARGET_GROUP, options);
}

/* The one action: it forwards to the groups by their weights. */
static void put_forward(struct region *region, struct value *list,
                        const struct reading *r)
{
    struct value *action = add_map(region, list);
    struct value *groups;

    put_string(region, action, "Type", STR("forward"));
    groups = put_list(region, put_map(region, action, "ForwardConfig"),
                      "TargetGroups");
    for (unsigned i = 0; i < r->ngroups; i++) {
        const struct to_group *group = &r->groups[i];
        struct value *map = add_map(region, groups);

        put_string(
            region, map, "TargetGroupArn",
            arn_target_group(region, &scope, group->name,
                             arn_id(region, &scope, STR(""), group->id)));
        put_number(region, map, "Weight", group->weight);
    }
}

static const struct value *put_resources(const struct reading *r,
                                         const struct to_options *options)
{
    static const struct str name = {"sluice", 6};
    struct region *region = r->region;
    struct value *resources = value_new(region, VALUE_MAP, NULL);
    struct value *balancer =
        add_resource(region, resources, STR(BALANCER_ID), "LoadBalancer");
    struct value *listener;

    put_string(region, balancer, "Name", name);
    put_attributes(region, balancer, "LoadBalancerAttributes",
                   OWNER_LOAD_BALANCER, options);
    for (unsigned i = 0; i < r->ngroups; i++)
        put_group(region, resources, &r->groups[i], options);
    listener = add_resource(region, resources, STR(LISTENER_ID), "Listener");
    put_string(
        region, listener, "LoadBalancerArn",
        arn_load_balancer(region, &scope, name,
                          arn_id(region, &scope, STR(""), STR(BALANCER_ID))));
    put_string(region, listener, "Protocol", STR("HTTP"));
    put_number(region, listener, "Port", options->port);
    put_forward(region, put_list(region, listener, "DefaultActions"), r);
    put_attributes(region, listener, "ListenerAttributes", OWNER_LISTENER,
                   options);
    return resources;
}

const struct value *config_to(const struct to_options *options,
                              struct region *region, struct error *error)
{
    struct reading r = {
        .all = options->to,
        .region = region,
        .error = error,
    };

    if (!read_entries(&r) || !check_attributes(options, error))
        return NULL;
    return put_resources(&r, options);
}
