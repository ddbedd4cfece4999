/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses stand here for a target group.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "model/discovery.h"
#include "model/local_name.h"
#include "model/local_targets.h"
#include "model/schema.h"

/* Addresses that something gives a group. */
struct addresses {
    const struct local_service *by; /* NULL: nothing does */
    unsigned n;
    struct config_target *targets;
};

struct applying {
    struct config *config;
    const struct local_hints *hints;
    struct report *report;
    struct local_names names;
    struct addresses *given; /* by --service, for each group */
};

/* ---- one --service -------------------------------------------------------- */

static bool give(struct applying *a, struct config_group *group,
                 const struct addresses *addresses)
{
    struct addresses *given = &a->given[group->index];
    struct str name = shown(addresses->by->name);
    struct str before = given->by ? shown(given->by->name) : STR("");

    if (group->type == TARGET_TYPE_LAMBDA) {
        report_error(a->report, NULL,
                     "--service " STR_FMT ": the targets of " STR_FMT " are "
                     "Lambda functions, which have no address\nleave it out",
                     STR_ARG(name), STR_ARG(group->id));
        return false;
    }
    if (given->by) {
        report_error(a->report, NULL,
                     "--service " STR_FMT ": target group " STR_FMT " has its "
                     "addresses from --service " STR_FMT "\nwrite all of them "
                     "in one, with commas between",
                     STR_ARG(name), STR_ARG(group->id), STR_ARG(before));
        return false;
    }
    *given = *addresses;
    return true;
}

static void give_service(struct applying *a, const struct local_reference *r,
                         const struct config_service *service,
                         const struct addresses *addresses)
{
    struct str name = shown(r->typed);

    if (r->green && service->green == NULL) {
        report_error(a->report, NULL,
                     "--service " STR_FMT ": ECS service " STR_FMT " has no "
                     "green target group (AlternateTargetGroupArn)\n"
                     "write the name of a target group, or " STR_FMT
                     " without \".green\"",
                     STR_ARG(name), STR_ARG(service->id), STR_ARG(r->name));
        return;
    }
    if (r->green) {
        give(a, service->green, addresses);
        return;
    }
    if (service->ngroups == 0)
        report_error(a->report, NULL,
                     "--service " STR_FMT ": ECS service " STR_FMT " registers "
                     "with no target group\nleave it out",
                     STR_ARG(name), STR_ARG(service->id));
    for (unsigned i = 0; i < service->ngroups; i++) {
        if (!give(a, service->groups[i], addresses))
            return;
    }
}

/* ---- lists of addresses --------------------------------------------------- */

static unsigned count_items(struct str list)
{
    unsigned n = 1;

    for (size_t i = 0; i < list.n; i++)
        n += list.p[i] == ',';
    return n;
}

/* Why an address cannot be added, NULL when it was. */
static const char *add_address(struct region *region, struct addresses *to,
                               struct str item, const struct place *place)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text ip = text_in(buffer, sizeof(buffer));
    struct config_target *target = &to->targets[to->n];
    struct address address;
    const char *fault;

    if (!local_address(item, &address, &fault))
        return fault;
    for (unsigned i = 0; i < to->n; i++) {
        if (address_equal(&address, &to->targets[i].address))
            return "this address is in the list already; leave one out";
    }
    address_put_ip(&ip, &address);
    *target = (struct config_target){
        .id = region_copy(region, text_str(&ip)),
        .place = *place,
        .port = address.port,
        .address = address,
    };
    to->n++;
    return NULL;
}

static bool too_many(unsigned n, const struct place *place,
                     struct report *report)
{
    if (n <= CONFIG_TARGETS_MAX)
        return false;
    report_error(report, place,
                 "%u addresses: a target group has at most %d targets\n"
                 "leave some out",
                 n, CONFIG_TARGETS_MAX);
    return true;
}

static bool read_service(struct applying *a,
                         const struct local_service *service,
                         struct addresses *to)
{
    static const struct place nowhere;
    struct str rest = service->value;
    struct str name = shown(service->name);
    unsigned n = count_items(rest);

    to->by = service;
    if (too_many(n, NULL, a->report))
        return false;
    to->targets = region_take(&a->config->region, n * sizeof(*to->targets));
    do {
        struct str item = str_trim(str_cut(&rest, ','));
        struct str given = shown(item);
        const char *fault = add_address(&a->config->region, to, item, &nowhere);

        if (fault) {
            report_error(a->report, NULL,
                         "--service " STR_FMT "=" STR_FMT ": %s\n"
                         "the form is NAME=HOST:PORT[,HOST:PORT...]",
                         STR_ARG(name), STR_ARG(given), fault);
            return false;
        }
    } while (rest.p);
    return true;
}

static void apply_service(struct applying *a,
                          const struct local_service *service)
{
    struct local_reference r = local_reference_cut(service->name);
    const struct local_thing *thing = local_find(&a->names, &r, a->report);
    struct addresses addresses = {.n = 0};

    if (!read_service(a, service, &addresses) || thing == NULL)
        return;
    if (thing->service)
        give_service(a, &r, thing->service, &addresses);
    else
        give(a, thing->group, &addresses);
}

/* ---- Metadata ------------------------------------------------------------- */

static void bad_hint(const struct config_group *group,
                     const struct value *value, struct report *report)
{
    struct str why = shown(value->text);

    if (value->kind == VALUE_UNKNOWN)
        report_error(report, &value->place,
                     "Addresses of target group " STR_FMT " are not known "
                     "here: " STR_FMT "\nwrite HOST:PORT",
                     STR_ARG(group->id), STR_ARG(why));
    else
        report_error(report, &value->place,
                     "an address of target group " STR_FMT " is %s\n"
                     "write a string, HOST:PORT, or a list of them",
                     STR_ARG(group->id), value_kind_name(value->kind));
}

/* Adds what one string says. */
static bool read_item(struct applying *a, const struct config_group *group,
                      const struct value *value, struct addresses *to)
{
    struct str rest = value->text;
    struct place place = value->place;

    place.file = group->place.file; /* the same, and it lives as long */
    do {
        struct str item = str_trim(str_cut(&rest, ','));
        struct str given = shown(item);
        const char *fault = add_address(&a->config->region, to, item, &place);

        if (fault) {
            report_error(a->report, &value->place,
                         "address \"" STR_FMT "\" of target group " STR_FMT
                         ": %s\nwrite HOST:PORT, such as 127.0.0.1:3000",
                         STR_ARG(given), STR_ARG(group->id), fault);
            return false;
        }
    } while (rest.p);
    return true;
}

static bool read_hint(struct applying *a, const struct config_group *group,
                      const struct value *value, struct addresses *to)
{
    const struct value *first =
        value->kind == VALUE_LIST ? value->first : value;
    unsigned n = 0;

    for (const struct value *v = first; v; v = v == value ? NULL : v->next) {
        if (!value_is_scalar(v)) {
            bad_hint(group, v, a->report);
            return false;
        }
        n += count_items(v->text);
    }
    if (too_many(n, &value->place, a->report))
        return false;
    to->targets = region_take(&a->config->region, n * sizeof(*to->targets));
    for (const struct value *v = first; v; v = v == value ? NULL : v->next) {
        if (!read_item(a, group, v, to))
            return false;
    }
    return true;
}

/* ---- groups --------------------------------------------------------------- */

static bool has_address(const struct config_target *targets, unsigned n,
                        const struct address *address)
{
    for (unsigned i = 0; i < n; i++) {
        if (address_equal(&targets[i].address, address))
            return true;
    }
    return false;
}

/* Adds a registered target, unless nothing here stands for it, or another one
 * has its address already. */
static void keep_target(struct config_group *group,
                        struct config_target *targets, unsigned *n,
                        const struct config_target *target)
{
    if (target->address.family && !has_address(targets, *n, &target->address))
        targets[(*n)++] = *target;
    else
        group->nelsewhere++;
}

/* The addresses in the place of what the template registers; what calls
 * registered and deregistered counts in addition. */
static void set_targets(struct region *region, struct config_group *group,
                        const struct addresses *addresses,
                        const struct local_group_hint *hint)
{
    const struct config_target *own = group->targets;
    unsigned nown = group->ntargets;
    struct config_target *targets =
        region_take(region, (addresses->n + nown + 1) * sizeof(*targets));
    unsigned n = 0;

    for (unsigned i = 0; i < addresses->n; i++) {
        const struct config_target *t = &addresses->targets[i];

        if (!local_names_target(hint->deregistered, t->id, t->port))
            targets[n++] = *t;
    }
    group->nelsewhere = 0;
    for (unsigned i = 0; i < nown; i++) {
        if (local_names_target(hint->registered, own[i].id, own[i].port))
            keep_target(group, targets, &n, &own[i]);
    }
    group->targets = targets;
    group->ntargets = n;
}

/* What discovery found, and where an instance of it is, unless --target says
 * otherwise. */
static void mark_found(struct config_group *group, const struct value *found)
{
    for (unsigned i = 0; found && i < group->ntargets; i++) {
        struct config_target *t = &group->targets[i];
        const struct value *entry = discovery_found(found, t->id, t->port);
        struct address address;

        t->found = entry != NULL;
        if (entry == NULL || t->address.family ||
            !address_parse_ip(discovery_found_address(entry), &address))
            continue;
        t->address = address;
        t->address.port = t->port;
    }
}

/* Leaves out the targets that have no address here. */
static void keep_addressed(struct config_group *group)
{
    unsigned nown = group->ntargets;
    unsigned n = 0;

    for (unsigned i = 0; i < nown; i++)
        keep_target(group, group->targets, &n, &group->targets[i]);
    group->ntargets = n;
}

static void apply_group(struct applying *a, struct config_group *group)
{
    const struct addresses *given = &a->given[group->index];
    static const struct local_group_hint none;
    const struct local_group_hint *hints =
        a->hints->groups ? &a->hints->groups[group->index] : &none;
    const struct value *hint = hints->addresses;
    struct addresses hinted = {.n = 0};

    if (hint && group->type == TARGET_TYPE_LAMBDA)
        report_error(a->report, &hint->place,
                     "target group " STR_FMT " has Addresses, but its targets "
                     "are Lambda functions\ntake Addresses out",
                     STR_ARG(group->id));
    else if (hint && !read_hint(a, group, hint, &hinted))
        hint = NULL;
    mark_found(group, hints->found);
    if (given->by || hint)
        group->sources = NULL; /* what is said here counts */
    if (given->by)
        set_targets(&a->config->region, group, given, hints);
    else if (hint)
        set_targets(&a->config->region, group, &hinted, hints);
    else
        keep_addressed(group);
}

void local_apply_groups(struct config *config, const struct local_hints *hints,
                        const struct local *local, struct report *report)
{
    struct applying a = {
        .config = config,
        .hints = hints,
        .report = report,
        .names = local_names_of(config, hints),
        .given = memory_zeroed(config->ngroups + 1, sizeof(struct addresses)),
    };

    local_apply_targets(config, local, report);
    for (unsigned i = 0; i < local->nservices; i++)
        apply_service(&a, &local->services[i]);
    for (unsigned i = 0; i < config->ngroups; i++) {
        struct config_group *group = config->groups[i];

        apply_group(&a, group);
        if (group->load_balancer && group->ntargets == 0 && !group->sources &&
            group->type != TARGET_TYPE_LAMBDA)
            group->flag = local_flag(&a.names, group, &config->region);
    }
    local_names_end(&a.names);
    free(a.given);
}
