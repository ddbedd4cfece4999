/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/managed_groups.h"

static const struct managed_group *find(const char *name)
{
    return managed_group_find(STR("AWS"), str_of(name));
}

static bool holds(const char *const *words, const char *word)
{
    for (; *words; words++) {
        if (strcmp(*words, word) == 0)
            return true;
    }
    return false;
}

/* Checklist 116. */
static void test_the_common_group_is_as_aws_describes_it(void **state)
{
    const struct managed_group *group = find("AWSManagedRulesCommonRuleSet");

    (void)state;
    assert_non_null(group);
    assert_string_equal(group->label_prefix,
                        "awswaf:managed:aws:core-rule-set:");
    assert_int_equal(group->capacity, 700);
    assert_int_equal(group->nrules, 22);
    assert_string_equal(group->default_version, "Version_1.23");
    assert_string_equal(group->rules[3].name, "SizeRestrictions_Cookie_HEADER");
    assert_true(holds(group->labels, "CrossSiteScripting_QueryArguments"));
    assert_true(holds(group->labels, "BadBots_Header"));
    assert_false(holds(group->labels, "UserAgent_BadBots_HEADER"));
}

static void test_capacities_and_namespaces_are_those_of_aws(void **state)
{
    static const struct {
        const char *name;
        const char *prefix;
        unsigned capacity;
        unsigned rules;
    } rows[] = {
        {"AWSManagedRulesCommonRuleSet", "core-rule-set", 700, 22},
        {"AWSManagedRulesAdminProtectionRuleSet", "admin-protection", 100, 1},
        {"AWSManagedRulesKnownBadInputsRuleSet", "known-bad-inputs", 200, 12},
        {"AWSManagedRulesSQLiRuleSet", "sql-database", 200, 8},
        {"AWSManagedRulesLinuxRuleSet", "linux-os", 200, 3},
        {"AWSManagedRulesUnixRuleSet", "posix-os", 100, 3},
        {"AWSManagedRulesWindowsRuleSet", "windows-os", 200, 8},
        {"AWSManagedRulesPHPRuleSet", "php-app", 100, 4},
        {"AWSManagedRulesWordPressRuleSet", "wordpress-app", 100, 2},
        {"AWSManagedRulesAmazonIpReputationList", "amazon-ip-list", 25, 3},
        {"AWSManagedRulesAnonymousIpList", "anonymous-ip-list", 50, 2},
        {"AWSManagedRulesBotControlRuleSet", "bot-control", 50, 38},
        {"AWSManagedRulesATPRuleSet", "atp", 50, 11},
        {"AWSManagedRulesACFPRuleSet", "acfp", 50, 16},
        {"AWSManagedRulesAntiDDoSRuleSet", "anti-ddos", 50, 3},
    };
    enum { N = sizeof(rows) / sizeof(*rows) };

    (void)state;
    assert_int_equal(managed_groups_n, N);
    for (unsigned i = 0; i < N; i++) {
        const struct managed_group *group = find(rows[i].name);
        char prefix[80];

        assert_ptr_equal(group, &managed_groups[i]);
        snprintf(prefix, sizeof(prefix),
                 "awswaf:managed:aws:%s:", rows[i].prefix);
        assert_string_equal(group->label_prefix, prefix);
        assert_int_equal(group->capacity, rows[i].capacity);
        assert_int_equal(group->nrules, rows[i].rules);
        assert_true(group->labels[0] != NULL);
    }
}

static void test_names_of_rules_and_labels_are_unique(void **state)
{
    (void)state;
    for (unsigned i = 0; i < managed_groups_n; i++) {
        const struct managed_group *group = &managed_groups[i];

        for (unsigned a = 0; a < group->nrules; a++) {
            for (unsigned b = 0; b < a; b++)
                assert_string_not_equal(group->rules[a].name,
                                        group->rules[b].name);
        }
        for (const char *const *l = group->labels; *l; l++)
            assert_false(holds(l + 1, *l));
    }
}

/* Checklist 118. */
static void test_versions_are_found_by_name(void **state)
{
    const struct managed_group *common = find("AWSManagedRulesCommonRuleSet");
    const struct managed_group *ip =
        find("AWSManagedRulesAmazonIpReputationList");

    (void)state;
    assert_string_equal(common->versions[0], "Version_1.23");
    assert_true(managed_group_has_version(common, STR("Version_1.5")));
    assert_false(managed_group_has_version(common, STR("Version_1.24")));
    assert_false(managed_group_has_version(common, STR("Version_1")));
    assert_null(ip->default_version);
    assert_null(ip->versions[0]);
    for (unsigned i = 0; i < managed_groups_n; i++) {
        const struct managed_group *group = &managed_groups[i];

        if (group->default_version)
            assert_true(managed_group_has_version(
                group, str_of(group->default_version)));
    }
}

static void test_what_nobody_sells_is_not_found(void **state)
{
    (void)state;
    assert_null(
        managed_group_find(STR("F5"), STR("AWSManagedRulesCommonRuleSet")));
    assert_null(
        managed_group_find(STR("AWS"), STR("awsmanagedrulescommonruleset")));
    assert_null(managed_group_find(STR("AWS"), STR("")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_common_group_is_as_aws_describes_it),
        cmocka_unit_test(test_capacities_and_namespaces_are_those_of_aws),
        cmocka_unit_test(test_names_of_rules_and_labels_are_unique),
        cmocka_unit_test(test_versions_are_found_by_name),
        cmocka_unit_test(test_what_nobody_sells_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
