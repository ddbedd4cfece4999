/* SPDX-License-Identifier: Apache-2.0
 *
 * RegisterTargets and DeregisterTargets (alb.md 3.6).
 *
 * Targets of the group's Properties are all that are registered.  What a call
 * registered stands in Metadata.Sluice.Registered too: unlike a template's it
 * does not give way to --service and Addresses.  What these bring and a call
 * took out stands in Deregistered.
 */
#include "api/elb_group.h"
#include "api/elb_quota.h"
#include "api/elb_target.h"
#include "api/find.h"
#include "api/resource.h"

static const struct member members[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Targets",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &elb_target_shape},
};
static const struct shape input_shape = SHAPE_OF(members);

/* A call and what it changes. */
struct changing {
    struct call *call;
    const struct account_view *view;
    const struct config_group *group;
    const struct account_resource *resource;
    struct value *targets; /* of the Properties; NULL: not changed */
    struct value *registered;
    struct value *deregistered;
};

/* ---- lists ---------------------------------------------------------------------- */

static struct value *copy_list(struct region *region, const struct value *list)
{
    return list && list->kind == VALUE_LIST ? value_copy(region, list)
                                            : make_list(region);
}

static struct value *find_target(const struct changing *c,
                                 const struct elb_target *target)
{
    for (struct value *v = c->targets ? c->targets->first : NULL; v;
         v = v->next) {
        struct elb_target there = elb_target_of(c->group, v);

        if (elb_target_same(&there, target))
            return v;
    }
    return NULL;
}

static void leave_out(struct value *list, const struct value *element)
{
    struct value **link = &list->first;

    list->last = NULL;
    while (*link) {
        if (*link == element)
            *link = (*link)->next;
        if (*link == NULL)
            break;
        list->last = *link;
        link = &(*link)->next;
    }
}

static void leave_text_out(struct value *list, struct str text)
{
    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(v->text, text)) {
            leave_out(list, v);
            return;
        }
    }
}

static void add_key(struct region *region, struct value *list,
                    const struct elb_target *target)
{
    struct str key = elb_target_key(region, target);

    if (target->port && !list_has(list, key))
        add_text(region, list, key);
}

/* ---- a call --------------------------------------------------------------------- */

static bool begin(struct changing *c, struct call *call,
                  const struct account_view *view)
{
    struct region *region = call->region;
    const struct value *sluice;

    *c = (struct changing){.call = call, .view = view};
    c->group = elb_group(call, view);
    if (c->group == NULL)
        return false;
    if (value_count(call_get(call, "Targets")) == 0)
        return call_refuse(call, "ValidationError",
                           "At least one target must be specified");
    c->resource = account_find(view->account, c->group->id);
    sluice = account_sluice(c->resource);
    c->targets = copy_list(
        region, value_get(account_properties(c->resource), STR("Targets")));
    c->registered = copy_list(region, value_get(sluice, STR("Registered")));
    c->deregistered = copy_list(region, value_get(sluice, STR("Deregistered")));
    return true;
}

static const struct value *with_list(struct region *region,
                                     const struct value *map, const char *name,
                                     const struct value *list)
{
    return with_entry(region, map, name, value_count(list) ? list : NULL);
}

static void end(const struct changing *c)
{
    struct region *region = c->call->region;
    const struct value *sluice = account_sluice(c->resource);

    sluice = with_list(region, sluice, "Registered", c->registered);
    sluice = with_list(region, sluice, "Deregistered", c->deregistered);
    resource_change(c->call, c->resource,
                    with_list(region, account_properties(c->resource),
                              "Targets", c->targets),
                    sluice);
}

/* ---- RegisterTargets: what may be registered --------------------------------------- */

/* A VPC's addresses, and those of this machine. */
static bool is_private(struct str id)
{
    static const struct {
        uint8_t ip[2];
        uint8_t mask;
    } blocks[] = {{{10, 0}, 0},
                  {{172, 16}, 0xf0},
                  {{192, 168}, 0xff},
                  {{100, 64}, 0xc0},
                  {{127, 0}, 0}};
    struct address address;

    if (!address_parse_ip(id, &address) || address.family != 4)
        return true; /* a VPC has public IPv6 addresses */
    for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
        if (address.ip[0] == blocks[i].ip[0] &&
            (address.ip[1] & blocks[i].mask) == blocks[i].ip[1])
            return true;
    }
    return false;
}

static bool is_zone(struct str zone)
{
    enum { ZONE_MAX = 64 };

    for (size_t i = 0; i < zone.n; i++) {
        char c = zone.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return zone.n <= ZONE_MAX;
}

static bool check_zone(const struct changing *c, struct str zone)
{
    bool all = str_eq(zone, STR("all"));

    if (zone.n == 0)
        return true;
    if (c->group->type == TARGET_TYPE_INSTANCE)
        return call_refuse(c->call, "ValidationError",
                           "You cannot specify an Availability Zone for "
                           "targets with target type 'instance'");
    if (c->group->type == TARGET_TYPE_LAMBDA && !all)
        return call_refuse(c->call, "ValidationError",
                           "The Availability Zone of a Lambda function can "
                           "only be 'all'");
    return is_zone(zone) ||
           call_refuse(c->call, "ValidationError",
                       "The Availability Zone '" STR_FMT "' is not valid",
                       STR_ARG(zone));
}

static bool check_target(const struct changing *c, const struct value *given,
                         const struct elb_target *target)
{
    struct call *call = c->call;
    struct str fault = elb_target_fault(call->region, c->group, target->id);

    if (fault.n)
        return call_refuse(call,
                           c->group->type == TARGET_TYPE_LAMBDA
                               ? "InvalidTarget"
                               : "ValidationError",
                           STR_FMT, STR_ARG(fault));
    if (c->group->type == TARGET_TYPE_LAMBDA && member_text(given, "Port").n)
        return call_refuse(call, "ValidationError",
                           "You cannot specify a port for targets with target "
                           "type 'lambda'");
    if (member_text(given, "QuicServerId").n)
        return call_refuse(call, "ValidationError",
                           "QuicServerId is for targets of network load "
                           "balancers");
    if (c->group->type == TARGET_TYPE_IP && !is_private(target->id))
        return call_refuse(call, "InvalidTarget",
                           "The IP address '" STR_FMT
                           "' cannot be registered: it is not an address of "
                           "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "
                           "100.64.0.0/10 or 127.0.0.0/8",
                           STR_ARG(target->id));
    return check_zone(c, target->zone);
}

/* ---- RegisterTargets: what drains -------------------------------------------------- */

/* Targets that drain and are to be registered. */
struct draining {
    const struct changing *changing;
    struct str told; /* "'10.0.0.1:80' (57 s)", with ", " between; n == 0 */
};

static void look_for_draining(void *to, const struct target_seen *seen)
{
    struct draining *d = to;
    const struct changing *c = d->changing;
    const struct value *given = call_get(c->call, "Targets");
    struct elb_target drains = {.id = seen->id, .port = seen->port};

    if (!str_eq(seen->state, STR("draining")))
        return;
    for (const struct value *v = given->first; v; v = v->next) {
        struct elb_target target = elb_target_of(c->group, v);

        if (!elb_target_same(&target, &drains))
            continue;
        d->told =
            region_printf(c->call->region, STR_FMT "%s'" STR_FMT ":%u' (%u s)",
                          STR_ARG(d->told), d->told.n ? ", " : "",
                          STR_ARG(seen->id), seen->port, seen->left_s);
        return;
    }
}

/* An address cannot come back while it drains; an instance can. */
static bool check_draining(const struct changing *c)
{
    struct draining d = {.changing = c, .told = STR("")};

    if (c->group->type != TARGET_TYPE_IP || c->view->targets == NULL)
        return true;
    c->view->targets(c->view->owner, c->group->arn, look_for_draining, &d);
    return d.told.n == 0 ||
           call_refuse(c->call, "InvalidTarget",
                       "The following targets are draining and cannot be "
                       "registered until their deregistration delay is "
                       "over: " STR_FMT,
                       STR_ARG(d.told));
}

/* ---- RegisterTargets ---------------------------------------------------------------- */

/* True when it changed something. */
static bool add_target(struct changing *c, const struct elb_target *target)
{
    struct region *region = c->call->region;
    struct value *there = find_target(c, target);

    if (there && (target->zone.n == 0 ||
                  str_eq(target->zone, member_text(there, "AvailabilityZone"))))
        return false;
    if (there)
        leave_out(c->targets, there);
    value_append(c->targets, elb_target_shown(region, target));
    add_key(region, c->registered, target);
    return true;
}

static bool check_quota(const struct changing *c)
{
    if (c->group->type == TARGET_TYPE_LAMBDA && value_count(c->targets) > 1)
        return call_refuse(c->call, "TooManyTargets",
                           "A target group with target type 'lambda' can have "
                           "one target only");
    return elb_quota_targets(c->call, c->view, c->group, c->targets);
}

static bool register_edit(struct call *call, const struct account_view *before)
{
    struct changing c;
    bool changed = false;

    if (!begin(&c, call, before))
        return false;
    for (const struct value *v = call_get(call, "Targets")->first; v;
         v = v->next) {
        struct elb_target target = elb_target_of(c.group, v);

        if (!check_target(&c, v, &target))
            return false;
        changed = add_target(&c, &target) || changed;
    }
    if (!changed)
        return true;
    if (!check_quota(&c) || !check_draining(&c))
        return false;
    end(&c);
    return true;
}

/* ---- DeregisterTargets --------------------------------------------------------------- */

/* Whether --service or Addresses bring it. */
static bool is_local(const struct changing *c, const struct elb_target *target)
{
    for (unsigned i = 0; i < c->group->ntargets; i++) {
        const struct config_target *t = &c->group->targets[i];
        struct elb_target there = {.id = t->id, .port = t->port};

        if (!t->registered && elb_target_same(&there, target))
            return true;
    }
    return false;
}

static bool remove_target(struct changing *c, const struct elb_target *target)
{
    struct region *region = c->call->region;
    const struct value *there = find_target(c, target);
    bool local = is_local(c, target);

    if (there)
        leave_out(c->targets, there);
    leave_text_out(c->registered, elb_target_key(region, target));
    if (local)
        add_key(region, c->deregistered, target);
    return there || local;
}

static bool deregister_edit(struct call *call,
                            const struct account_view *before)
{
    struct changing c;
    bool changed = false;

    if (!begin(&c, call, before))
        return false;
    for (const struct value *v = call_get(call, "Targets")->first; v;
         v = v->next) {
        struct elb_target target = elb_target_of(c.group, v);
        struct str fault = elb_target_fault(call->region, c.group, target.id);

        if (fault.n)
            return call_refuse(call, "InvalidTarget", STR_FMT, STR_ARG(fault));
        changed = remove_target(&c, &target) || changed;
    }
    if (changed)
        end(&c);
    return true;
}

/* ---- the table ----------------------------------------------------------------------- */

static const char *const by_arn[] = {"TargetGroupArn", NULL};

static const struct action actions[] = {
    {.name = "RegisterTargets",
     .input = &input_shape,
     .resources = by_arn,
     .edit = register_edit},
    {.name = "DeregisterTargets",
     .input = &input_shape,
     .resources = by_arn,
     .edit = deregister_edit},
};

const struct action_table elb_target_actions = ACTION_TABLE(actions);
