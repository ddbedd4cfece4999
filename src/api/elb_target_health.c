/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeTargetHealth (alb.md 4.3).
 */
#include "api/elb_group.h"
#include "api/elb_target.h"
#include "api/find.h"
#include "api/resource.h"

static const char *const include_words[] = {"AnomalyDetection", "All", NULL};

static const struct member members[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Targets", .kind = MEMBER_STRUCTS, .shape = &elb_target_shape},
    {.name = "Include", .kind = MEMBER_WORDS, .words = include_words},
};
static const struct shape input_shape = SHAPE_OF(members);

/* The targets of a group, while they are gathered. */
struct gathered {
    struct call *call;
    const struct config_group *group;
    bool anomalies; /* are asked for */
    struct row {
        struct row *next;
        struct elb_target target;
        struct value *shown;
    } * first, **end;
};

/* ---- one ---------------------------------------------------------------------------- */

static void put_port(struct region *region, struct value *to,
                     const struct config_group *group,
                     const struct elb_target *target)
{
    unsigned port = group->health.port ? group->health.port : target->port;

    if (group->type != TARGET_TYPE_LAMBDA)
        put_text(region, to, "HealthCheckPort",
                 region_printf(region, "%u", port));
}

static void put_health(struct region *region, struct value *to,
                       struct str state, struct str reason,
                       struct str description)
{
    struct value *health = put_map(region, to, "TargetHealth");

    put_text(region, health, "State", state);
    if (reason.n)
        put_text(region, health, "Reason", reason);
    if (description.n)
        put_text(region, health, "Description", description);
}

/* Nobody shifts zones here. */
static void put_override(struct region *region, struct value *to)
{
    struct value *override = put_map(region, to, "AdministrativeOverride");

    put_text(region, override, "State", STR("no_override"));
    put_text(region, override, "Reason",
             STR("AdministrativeOverride.NoOverride"));
    put_text(region, override, "Description",
             STR("No override is currently active on target"));
}

static struct value *show(struct region *region,
                          const struct config_group *group,
                          const struct elb_target *target)
{
    struct value *to = make_map(region);

    put_value(region, to, "Target", elb_target_shown(region, target));
    put_port(region, to, group, target);
    return to;
}

static struct value *add_row(struct gathered *g,
                             const struct elb_target *target)
{
    struct row *row = region_take(g->call->region, sizeof(*row));

    row->target = *target;
    row->target.id = region_copy(g->call->region, target->id);
    row->shown = show(g->call->region, g->group, target);
    *g->end = row;
    g->end = &row->next;
    return row->shown;
}

static const struct row *find_row(const struct gathered *g,
                                  const struct elb_target *target)
{
    for (const struct row *row = g->first; row; row = row->next) {
        if (elb_target_same(&row->target, target))
            return row;
    }
    return NULL;
}

/* ---- those that are known ------------------------------------------------------------- */

static void add_seen(void *to, const struct target_seen *seen)
{
    struct gathered *g = to;
    struct region *region = g->call->region;
    struct elb_target target = {seen->id, seen->port, seen->zone};
    struct value *shown = add_row(g, &target);
    struct value *anomaly;

    put_health(region, shown, seen->state, seen->reason, seen->description);
    if (g->anomalies && seen->anomaly.n) {
        anomaly = put_map(region, shown, "AnomalyDetection");
        put_text(region, anomaly, "Result", seen->anomaly);
        put_text(region, anomaly, "MitigationInEffect",
                 seen->mitigation ? STR("yes") : STR("no"));
    }
    put_override(region, shown);
}

static struct str why_not_here(struct region *region,
                               const struct config_group *group, struct str id)
{
    if (group->type == TARGET_TYPE_LAMBDA)
        return STR("Target is in an invalid state: Sluice invokes no Lambda "
                   "functions");
    return region_printf(
        region,
        "Target is in an invalid state: nothing on this "
        "machine stands for it (start sluice with --target " STR_FMT
        "=HOST:PORT)",
        STR_ARG(id));
}

/* Whether --service or Addresses stand in the place of what the template
 * registers. */
static bool is_replaced(const struct config_group *group)
{
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (!group->targets[i].registered)
            return true;
    }
    return false;
}

/* Registered ones that have no address here get no requests. */
static void add_others(struct gathered *g, const struct account_view *view)
{
    struct region *region = g->call->region;
    const struct value *all = resource_property(view, g->group->id, "Targets");
    const struct value *by_calls =
        value_get(account_sluice(account_find(view->account, g->group->id)),
                  STR("Registered"));
    bool replaced = is_replaced(g->group);

    for (const struct value *v = all ? all->first : NULL; v; v = v->next) {
        struct elb_target target = elb_target_of(g->group, v);
        struct value *shown;

        if (target.id.n == 0 || find_row(g, &target) ||
            (replaced && !list_has(by_calls, elb_target_key(region, &target))))
            continue;
        shown = add_row(g, &target);
        put_health(region, shown, STR("unused"), STR("Target.InvalidState"),
                   why_not_here(region, g->group, target.id));
        put_override(region, shown);
    }
}

static bool gather(struct gathered *g, const struct account_view *view)
{
    if (view->targets == NULL ||
        !view->targets(view->owner, g->group->arn, add_seen, g))
        return call_refuse(g->call, "HealthUnavailable",
                           "The health of the targets of '" STR_FMT
                           "' is not available at this moment",
                           STR_ARG(g->group->arn));
    add_others(g, view);
    return true;
}

/* ---- those that are asked for ---------------------------------------------------------- */

static struct value *not_registered(struct gathered *g,
                                    const struct elb_target *target)
{
    struct region *region = g->call->region;
    struct value *shown = show(region, g->group, target);

    put_health(region, shown, STR("unused"), STR("Target.NotRegistered"),
               STR("Target is not registered to the target group"));
    return shown;
}

static bool put_asked(struct gathered *g, const struct value *asked,
                      struct value *list)
{
    for (const struct value *v = asked->first; v; v = v->next) {
        struct elb_target target = elb_target_of(g->group, v);
        struct str fault =
            elb_target_fault(g->call->region, g->group, target.id);
        const struct row *row = find_row(g, &target);

        if (fault.n && row == NULL)
            return call_refuse(g->call, "InvalidTarget", STR_FMT,
                               STR_ARG(fault));
        value_append(list, row ? value_copy(g->call->region, row->shown)
                               : not_registered(g, &target));
    }
    return true;
}

static bool answer(struct call *call, const struct account_view *view)
{
    const struct value *asked = call_get(call, "Targets");
    struct value *result = make_map(call->region);
    struct value *list =
        put_list(call->region, result, "TargetHealthDescriptions");
    struct gathered g = {
        .call = call,
        .group = elb_group(call, view),
        .anomalies = value_count(call_get(call, "Include")) != 0,
        .end = &g.first,
    };

    if (g.group == NULL || !gather(&g, view))
        return false;
    call->result = result;
    if (value_count(asked))
        return put_asked(&g, asked, list);
    for (const struct row *row = g.first; row; row = row->next)
        value_append(list, row->shown);
    return true;
}

/* ---- the table ------------------------------------------------------------------------- */

static const char *const by_arn[] = {"TargetGroupArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeTargetHealth",
     .input = &input_shape,
     .resources = by_arn,
     .answer = answer},
};

const struct action_table elb_target_health_actions = ACTION_TABLE(actions);
