/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builds.h"
#include "model/quota.h"

/* Checklist 29, 32. */
static void test_quotas_are_those_of_aws(void **state)
{
    static const struct {
        const char *name;
        enum quota quota;
        unsigned value;
    } rows[] = {
        {"application-load-balancers", QUOTA_BALANCERS, 50},
        {"listeners-per-application-load-balancer", QUOTA_LISTENERS, 50},
        {"certificates-per-application-load-balancer", QUOTA_CERTIFICATES, 25},
        {"rules-per-application-load-balancer", QUOTA_RULES, 100},
        {"target-groups-per-application-load-balancer",
         QUOTA_GROUPS_OF_BALANCER, 100},
        {"target-groups-per-action-on-application-load-balancer",
         QUOTA_GROUPS_OF_ACTION, 5},
        {"condition-values-per-alb-rule", QUOTA_CONDITION_VALUES, 5},
        {"condition-wildcards-per-alb-rule", QUOTA_CONDITION_WILDCARDS, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_string_equal(quota_name(rows[i].quota), rows[i].name);
        assert_int_equal(quota_value(NULL, rows[i].quota), rows[i].value);
        assert_true(quota_is_listed(rows[i].quota));
    }
    assert_false(quota_is_listed(QUOTA_ACTIONS));
}

static void test_a_quota_can_be_set(void **state)
{
    struct quotas quotas = {.given = {false}};
    struct error error;

    (void)state;
    assert_true(
        quota_set(&quotas, "rules-per-application-load-balancer=2", &error));
    assert_true(quota_set(&quotas, "target-groups=0", &error));
    assert_int_equal(quota_value(&quotas, QUOTA_RULES), 2);
    assert_int_equal(quota_value(&quotas, QUOTA_GROUPS), 0);
    assert_int_equal(quota_value(&quotas, QUOTA_LISTENERS), 50);
}

static void test_what_is_no_quota_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"rules-per-aplication-load-balancer=2",
         "--quota rules-per-aplication-load-balancer: there is no such quota; "
         "did you mean rules-per-application-load-balancer?"},
        {"=2", "--quota : there is no such quota; write a name that `aws elbv2 "
               "describe-account-limits` lists, such as "
               "rules-per-application-load-balancer"},
        {"target-groups", "--quota target-groups: write NAME=N, such as "
                          "rules-per-application-load-balancer=200"},
        {"target-groups=many", "--quota target-groups=many: target-groups is a "
                               "whole number from 0 to 1000000"},
        {"target-groups-per-action-on-application-load-balancer=6",
         "--quota target-groups-per-action-on-application-load-balancer=6: "
         "target-groups-per-action-on-application-load-balancer is a whole "
         "number from 0 to 5"},
    };
    struct quotas quotas = {.given = {false}};
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_false(quota_set(&quotas, rows[i][0], &error));
        assert_string_equal(error.text, rows[i][1]);
    }
    for (unsigned i = 0; i < QUOTAS; i++)
        assert_false(quotas.given[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotas_are_those_of_aws),
        cmocka_unit_test(test_a_quota_can_be_set),
        cmocka_unit_test(test_what_is_no_quota_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
