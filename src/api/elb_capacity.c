/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeCapacityReservation, ModifyCapacityReservation: there is no capacity
 * to reserve on one machine, but what was asked for is kept and shown, and
 * asking for it has AWS's rules ("Request Load balancer Capacity Unit
 * reservation for your Application Load Balancer").
 *
 * The units are MinimumLoadBalancerCapacity in Properties; when they were last
 * changed, and how often they were decreased on that day, stands in
 * Metadata.Sluice.CapacityReservation.
 */
#include "api/elb_capacity.h"

#include "api/change.h"
#include "api/elb_balancer.h"
#include "api/elb_subnets.h"
#include "api/network.h"
#include "api/refer.h"
#include "api/resource.h"
#include "model/instant.h"

enum {
    UNITS_MIN = 100,
    UNITS_OF_REGION = 150000, /* that all load balancers share; ours */
    DECREASES_A_DAY = 2,
    PENDING_MS = 2000, /* AWS needs minutes */
    DAY_MS = 24 * 60 * 60 * 1000,
};

static const char sluice_name[] = "CapacityReservation";

/* What is known of a reservation. */
struct reservation {
    unsigned units;       /* 0: none */
    uint64_t modified_ms; /* 0: never by a call */
    unsigned decreases;   /* on the day of modified_ms */
    bool reset;           /* the last change took it away */
};

/* ---- what there is ---------------------------------------------------------------- */

static struct reservation reservation_of(const struct account_view *view,
                                         const struct config_load_balancer *lb)
{
    const struct value *kept = sluice_of(view, lb->id, sluice_name);
    struct reservation r = {
        .units = member_number(
            resource_property(view, lb->id, "MinimumLoadBalancerCapacity"),
            "CapacityUnits", 0),
        .decreases = member_number(kept, "Decreases", 0),
        .reset = member_true(kept, "Reset"),
    };

    if (!instant_parse(member_text(kept, "Modified"), &r.modified_ms))
        r.modified_ms = 0;
    return r;
}

static bool is_pending(const struct reservation *r, uint64_t now_ms)
{
    return r->modified_ms && now_ms < r->modified_ms + PENDING_MS;
}

bool balancer_reservation_is_pending(const struct account_view *view,
                                     const struct config_load_balancer *lb)
{
    struct reservation r = reservation_of(view, lb);

    return r.units && is_pending(&r, view->now_ms);
}

static unsigned decreases_today(const struct reservation *r, uint64_t now_ms)
{
    return r->modified_ms / DAY_MS == now_ms / DAY_MS ? r->decreases : 0;
}

/* The units are spread evenly over the zones. */
static void tell_zones(struct call *call, const struct account_view *view,
                       const struct config_load_balancer *lb,
                       const struct reservation *r, struct value *list)
{
    struct region *region = call->region;
    struct value *told = make_map(region);
    const struct value *zones;

    balancer_tell(call, view, lb, "active", told);
    zones = value_get(told, STR("AvailabilityZones"));
    for (const struct value *z = zones->first; r->units && z; z = z->next) {
        struct value *zone = add_map(region, list);
        bool pending = is_pending(r, view->now_ms);

        put_text(region, put_map(region, zone, "State"), "Code",
                 pending ? STR("pending") : STR("provisioned"));
        put_text(region, zone, "AvailabilityZone", member_text(z, "ZoneName"));
        put_text(region, zone, "EffectiveCapacityUnits",
                 region_printf(region, "%.1f",
                               pending ? 0.0
                                       : (double)r->units /
                                             (double)value_count(zones)));
    }
}

static bool tell(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    const struct config_load_balancer *lb =
        refer_load_balancer(call, view, call_text(call, "LoadBalancerArn"));
    struct reservation r;

    if (lb == NULL)
        return false;
    r = reservation_of(view, lb);
    if (r.modified_ms)
        put_text(region, result, "LastModifiedTime",
                 instant_text(region, r.modified_ms));
    if (r.modified_ms || r.units)
        put_number(region, result, "DecreaseRequestsRemaining",
                   DECREASES_A_DAY - decreases_today(&r, view->now_ms));
    if (r.units)
        put_number(region,
                   put_map(region, result, "MinimumLoadBalancerCapacity"),
                   "CapacityUnits", r.units);
    tell_zones(call, view, lb, &r,
               put_list(region, result, "CapacityReservationState"));
    call->result = result;
    return true;
}

/* ---- what it may become ----------------------------------------------------------- */

static bool check_form(struct call *call, bool reset, unsigned units)
{
    const struct value *given = call_get(call, "MinimumLoadBalancerCapacity");

    if (reset == (given != NULL))
        return call_refuse(call, "ValidationError",
                           "You must specify either "
                           "MinimumLoadBalancerCapacity or "
                           "ResetCapacityReservation");
    if (!reset && units < UNITS_MIN)
        return call_refuse(call, "InvalidConfigurationRequest",
                           "The minimum capacity that can be reserved is '%d' "
                           "capacity units",
                           UNITS_MIN);
    return true;
}

static bool check_state(struct call *call, const struct account_view *view,
                        const struct config_load_balancer *lb,
                        const struct reservation *r)
{
    if (sluice_of(view, lb->id, "CustomerOwnedIpv4Pool"))
        return call_refuse(call, "OperationNotPermitted",
                           "Capacity cannot be reserved for load balancers on "
                           "Outposts");
    if (!is_pending(r, view->now_ms))
        return true;
    if (r->reset)
        return call_refuse(call, "PriorRequestNotComplete",
                           "The reset of the capacity reservation of load "
                           "balancer '" STR_FMT "' has not been completed",
                           STR_ARG(lb->arn));
    return call_refuse(call, "CapacityReservationPending",
                       "There is a pending capacity reservation for load "
                       "balancer '" STR_FMT "'",
                       STR_ARG(lb->arn));
}

static bool check_units(struct call *call, const struct account_view *view,
                        const struct config_load_balancer *lb, unsigned units)
{
    const struct config *config = view->config;
    unsigned most = quota_value(&config->quotas, QUOTA_CAPACITY_UNITS);
    uint64_t all = units;

    if (units > most)
        return call_refuse(call, "CapacityUnitsLimitExceeded",
                           "You've exceeded the limit of '%u' capacity units "
                           "per load balancer",
                           most);
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        if (config->load_balancers[i] != lb)
            all += reservation_of(view, config->load_balancers[i]).units;
    }
    if (all > UNITS_OF_REGION)
        return call_refuse(call, "InsufficientCapacity",
                           "There is insufficient capacity to reserve: the "
                           "load balancers of a region share %d units here",
                           UNITS_OF_REGION);
    return true;
}

static bool check_decrease(struct call *call, const struct account_view *view,
                           const struct reservation *r, unsigned units)
{
    if (units >= r->units || decreases_today(r, view->now_ms) < DECREASES_A_DAY)
        return true;
    return call_refuse(call, "CapacityDecreaseRequestLimitExceeded",
                       "You've exceeded the daily capacity decrease limit for "
                       "this reservation");
}

static const struct value *changed(struct call *call,
                                   const struct account_view *before,
                                   const struct config_load_balancer *lb,
                                   const struct reservation *r, unsigned units)
{
    struct region *region = call->region;
    struct value *capacity = make_map(region);
    struct value *kept = make_map(region);
    const struct value *value = resource_of(before, lb->id);

    put_number(region, capacity, "CapacityUnits", units);
    put_text(region, kept, "Modified", instant_text(region, before->now_ms));
    put_number(region, kept, "Decreases",
               decreases_today(r, before->now_ms) +
                   (units && units < r->units));
    if (units == 0)
        put_bool(region, kept, "Reset", true);
    value = change_property(region, value, "MinimumLoadBalancerCapacity",
                            units ? capacity : NULL);
    return change_sluice(region, value, sluice_name, kept);
}

static bool modify(struct call *call, const struct account_view *before)
{
    const struct config_load_balancer *lb =
        refer_load_balancer(call, before, call_text(call, "LoadBalancerArn"));
    bool reset = member_true(call->input, "ResetCapacityReservation");
    unsigned units = member_number(
        call_get(call, "MinimumLoadBalancerCapacity"), "CapacityUnits", 0);
    struct reservation r;

    if (lb == NULL || !check_form(call, reset, units))
        return false;
    r = reservation_of(before, lb);
    if (reset)
        units = 0;
    if (units == r.units)
        return true;
    if (!check_state(call, before, lb, &r) ||
        !check_units(call, before, lb, units) ||
        (!reset && !check_decrease(call, before, &r, units)))
        return false;
    change_resource(call, before, lb->id, changed(call, before, lb, &r, units));
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

static const struct member describe_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true},
};

static const struct member unit_members[] = {
    {.name = "CapacityUnits", .kind = MEMBER_NUMBER},
};

static const struct shape unit_shape = SHAPE_OF(unit_members);

static const struct member modify_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "MinimumLoadBalancerCapacity",
     .kind = MEMBER_STRUCT,
     .shape = &unit_shape},
    {.name = "ResetCapacityReservation", .kind = MEMBER_BOOL},
};

static const struct shape describe_shape = SHAPE_OF(describe_members);
static const struct shape modify_shape = SHAPE_OF(modify_members);

static const char *const resources[] = {"LoadBalancerArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeCapacityReservation",
     .input = &describe_shape,
     .resources = resources,
     .answer = tell},
    {.name = "ModifyCapacityReservation",
     .input = &modify_shape,
     .resources = resources,
     .edit = modify,
     .answer = tell},
};

const struct action_table elb_capacity_actions = ACTION_TABLE(actions);
