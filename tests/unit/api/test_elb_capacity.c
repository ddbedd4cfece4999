/* SPDX-License-Identifier: Apache-2.0
 *
 * Capacity reservations by the API: AWS's rules for asking for one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/elb_capacity.h"
#include "api/elb_subnets.h"
#include "calls.h"

#define ACTIONS &elb_capacity_actions
#define EDGE                                                                   \
    "Edge: {Type: LB, Properties: {Name: edge, Subnets: [subnet-a, "           \
    "subnet-b]}}"
#define MODIFY "ModifyCapacityReservation"
#define UNITS                                                                  \
    "LoadBalancerArn: $Edge, MinimumLoadBalancerCapacity: {CapacityUnits: %u}"
#define RESET "LoadBalancerArn: $Edge, ResetCapacityReservation: true"

enum { SECOND = 1000, DAY = 24 * 60 * 60 * 1000 };

static void begin(struct calls *c, const char *resources)
{
    *c = (struct calls){.account = NULL};
    calls_begin(c, resources);
}

/* checklist 33 */
static void test_nothing_reserved_is_an_empty_answer(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, ACTIONS, "DescribeCapacityReservation", "LoadBalancerArn: $Edge");
    AT(&c, "MinimumLoadBalancerCapacity", NULL);
    AT(&c, "LastModifiedTime", NULL);
    AT(&c, "DecreaseRequestsRemaining", NULL);
    AT(&c, "CapacityReservationState", "");
    AT(&c, "CapacityReservationState.0", NULL);
    calls_end(&c);
}

/* checklist 33 */
static void
test_a_reservation_is_pending_then_provisioned_then_reset(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, ACTIONS, MODIFY, UNITS, 300);
    AT(&c, "MinimumLoadBalancerCapacity.CapacityUnits", "300");
    AT(&c, "LastModifiedTime", "2023-11-14T22:13:20.000Z");
    AT(&c, "DecreaseRequestsRemaining", "2");
    AT(&c, "CapacityReservationState.0.State.Code", "pending");
    AT(&c, "CapacityReservationState.0.EffectiveCapacityUnits", "0.0");
    AT(&c, "CapacityReservationState.2", NULL);
    c.view.now_ms += 3 * SECOND;
    MUST(&c, ACTIONS, "DescribeCapacityReservation", "LoadBalancerArn: $Edge");
    AT(&c, "CapacityReservationState.0.State.Code", "provisioned");
    AT(&c, "CapacityReservationState.1.EffectiveCapacityUnits", "150.0");
    MUST(&c, ACTIONS, MODIFY, RESET);
    AT(&c, "MinimumLoadBalancerCapacity", NULL);
    AT(&c, "CapacityReservationState.0", NULL);
    AT(&c, "LastModifiedTime", "2023-11-14T22:13:23.000Z");
    MUST(&c, ACTIONS, MODIFY, RESET);
    assert_null(c.call.edit.first);
    calls_end(&c);
}

static void test_what_is_asked_for_is_checked(void **state)
{
    struct calls c = {.account = NULL};

    (void)state;
    c.local.quotas.given[QUOTA_CAPACITY_UNITS] = true;
    c.local.quotas.max[QUOTA_CAPACITY_UNITS] = 1000000;
    calls_begin(&c,
                EDGE ", Big: {Type: LB, Properties: "
                     "{MinimumLoadBalancerCapacity: {CapacityUnits: 149900}}}, "
                     "Out: {Type: LB, Metadata: {Sluice: "
                     "{CustomerOwnedIpv4Pool: ipv4pool-coip-1}}}");
    REFUSES(&c, "ValidationError", "You must specify either", ACTIONS, MODIFY,
            "LoadBalancerArn: $Edge");
    REFUSES(&c, "ValidationError", "You must specify either", ACTIONS, MODIFY,
            UNITS ", ResetCapacityReservation: true", 100);
    REFUSES(&c, "InvalidConfigurationRequest", "The minimum capacity", ACTIONS,
            MODIFY, UNITS, 99);
    REFUSES(&c, "InsufficientCapacity", "There is insufficient capacity",
            ACTIONS, MODIFY, UNITS, 101);
    assert_int_equal(c.call.fault.status, 500);
    REFUSES(&c, "OperationNotPermitted",
            "Capacity cannot be reserved for load "
            "balancers on Outposts",
            ACTIONS, MODIFY,
            "LoadBalancerArn: $Out, MinimumLoadBalancerCapacity: "
            "{CapacityUnits: 100}");
    REFUSES(&c, "LoadBalancerNotFound", "Load balancer 'arn:", ACTIONS, MODIFY,
            "LoadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-1:"
            "000000000000:loadbalancer/app/a/0123456789abcdef', "
            "ResetCapacityReservation: true");
    MUST(&c, ACTIONS, MODIFY, UNITS, 100);
    calls_end(&c);
    begin(&c, EDGE);
    REFUSES(&c, "CapacityUnitsLimitExceeded", "You've exceeded the limit",
            ACTIONS, MODIFY, UNITS, 15001);
    MUST(&c, ACTIONS, MODIFY, UNITS, 15000);
    calls_end(&c);
}

static void test_a_change_waits_for_the_one_before_it(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, ACTIONS, MODIFY, UNITS, 200);
    REFUSES(&c, "CapacityReservationPending", "There is a pending", ACTIONS,
            MODIFY, UNITS, 300);
    REFUSES(&c, "CapacityReservationPending", "There is a pending",
            &elb_subnet_actions, "SetSubnets",
            "LoadBalancerArn: $Edge, Subnets: [subnet-a, subnet-c]");
    c.view.now_ms += 3 * SECOND;
    MUST(&c, &elb_subnet_actions, "SetSubnets",
         "LoadBalancerArn: $Edge, Subnets: [subnet-a, subnet-c]");
    MUST(&c, ACTIONS, MODIFY, RESET);
    REFUSES(&c, "PriorRequestNotComplete", "The reset of the capacity", ACTIONS,
            MODIFY, UNITS, 300);
    assert_int_equal(c.call.fault.status, 429);
    c.view.now_ms += 3 * SECOND;
    MUST(&c, ACTIONS, MODIFY, UNITS, 300);
    calls_end(&c);
}

static void test_two_decreases_a_day(void **state)
{
    struct calls c;

    (void)state;
    begin(&c, EDGE);
    MUST(&c, ACTIONS, MODIFY, UNITS, 1000);
    for (unsigned i = 1; i < 3; i++) {
        c.view.now_ms += 3 * SECOND;
        MUST(&c, ACTIONS, MODIFY, UNITS, 1000 - i * 100);
        AT(&c, "DecreaseRequestsRemaining", i == 1 ? "1" : "0");
    }
    c.view.now_ms += 3 * SECOND;
    REFUSES(&c, "CapacityDecreaseRequestLimitExceeded",
            "You've exceeded the daily", ACTIONS, MODIFY, UNITS, 700);
    MUST(&c, ACTIONS, MODIFY, UNITS, 2000);
    c.view.now_ms += DAY;
    MUST(&c, ACTIONS, MODIFY, UNITS, 700);
    AT(&c, "DecreaseRequestsRemaining", "1");
    calls_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_reserved_is_an_empty_answer),
        cmocka_unit_test(
            test_a_reservation_is_pending_then_provisioned_then_reset),
        cmocka_unit_test(test_what_is_asked_for_is_checked),
        cmocka_unit_test(test_a_change_waits_for_the_one_before_it),
        cmocka_unit_test(test_two_decreases_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
