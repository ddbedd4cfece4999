/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/arn.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct arn_scope scope = {
    .region_name = {"us-east-1", 9},
    .account = {"000000000000", 12},
    .stack = {"web", 3},
};

static int end_region(void **state)
{
    region_end(*state);
    return 0;
}

static int make_region(void **state)
{
    static struct region region;

    *state = &region;
    return 0;
}

static void check_matches(struct str s, const char *pattern)
{
    regex_t regex;
    int result;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    result = regexec(&regex, s.p, 0, NULL, 0);
    regfree(&regex);
    if (result != 0)
        fail_msg("%s does not match %s", s.p, pattern);
}

static struct str id_of(struct region *region, const char *logical_id)
{
    return arn_id(region, &scope, STR(""), str_of(logical_id));
}

static void
test_an_id_is_the_begin_of_the_hash_of_stack_and_logical_id(void **state)
{
    /* printf web/Edge | sha256sum */
    assert_string_equal(id_of(*state, "Edge").p, "9502f03afc537694");
}

static void test_another_stack_or_resource_has_another_id(void **state)
{
    struct arn_scope other = scope;
    struct str id = id_of(*state, "Edge");

    other.stack = STR("api");
    assert_string_not_equal(id.p,
                            arn_id(*state, &other, STR(""), STR("Edge")).p);
    assert_string_not_equal(id.p, id_of(*state, "Blue").p);
}

static void test_an_id_that_is_given_is_the_id(void **state)
{
    struct str id = STR("0123456789abcdef");
    struct str uuid = STR("01234567-89ab-cdef-0123-456789abcdef");
    struct str arn = arn_load_balancer(*state, &scope, STR("edge"),
                                       arn_id(*state, &scope, id, STR("Edge")));

    check_matches(arn, "/app/edge/0123456789abcdef$");
    assert_string_equal(arn_certificate_id(*state, &scope, uuid, STR("Edge")).p,
                        uuid.p);
    check_matches(arn_certificate_id(*state, &scope, id, STR("Edge")),
                  "^9502f03a-fc53-7694-[0-9a-f]{4}-[0-9a-f]{12}$");
    assert_string_equal(arn_id(*state, &scope, uuid, STR("Edge")).p,
                        "9502f03afc537694");
}

static void test_ids_are_hex_digits_in_lower_case(void **state)
{
    static const char *const wrong[] = {"",
                                        "0123456789abcde",
                                        "0123456789abcdef0",
                                        "0123456789ABCDEF",
                                        "0123456789abcdeg",
                                        "01234567-89ab-cd"};
    static const char *const no_uuids[] = {
        "0123456789abcdef", "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdeff",
        "0123456789ab-cdef-0123-456789abcdef0",
        "01234567-89AB-cdef-0123-456789abcdef"};

    (void)state;
    assert_true(arn_is_id(STR("0123456789abcdef"), false));
    assert_true(arn_is_id(STR("01234567-89ab-cdef-0123-456789abcdef"), true));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(arn_is_id(str_of(wrong[i]), false));
    for (size_t i = 0; i < COUNT(no_uuids); i++)
        assert_false(arn_is_id(str_of(no_uuids[i]), true));
}

static void test_the_default_rule_has_an_id_of_its_listener_alone(void **state)
{
    struct str a = arn_default_rule(
        *state, STR("arn:aws:elasticloadbalancing:us-east-1:000000000000:"
                    "listener/app/edge/0123456789abcdef/fedcba9876543210"));
    struct str b = arn_default_rule(
        *state, STR("arn:aws:elasticloadbalancing:eu-west-1:111111111111:"
                    "listener/app/rim/1123456789abcdef/fedcba9876543210"));
    struct str c = arn_default_rule(
        *state, STR("arn:aws:elasticloadbalancing:us-east-1:000000000000:"
                    "listener/app/edge/0123456789abcdef/fedcba9876543211"));

    check_matches(a, "^arn:aws:elasticloadbalancing:us-east-1:000000000000:"
                     "listener-rule/app/edge/0123456789abcdef/"
                     "fedcba9876543210/[0-9a-f]{16}$");
    assert_string_equal(arn_last(a).p, arn_last(b).p);
    assert_string_not_equal(arn_last(a).p, arn_last(c).p);
    assert_string_not_equal(arn_last(a).p, "fedcba9876543210");
}

static void test_arns_have_the_shapes_of_aws(void **state)
{
    struct region *region = *state;
    struct str balancer =
        arn_load_balancer(region, &scope, STR("edge"), id_of(region, "Edge"));
    struct str group =
        arn_target_group(region, &scope, STR("blue"), id_of(region, "Blue"));
    struct str listener = arn_listener(region, balancer, id_of(region, "Web"));
    struct str rule = arn_rule(region, listener, id_of(region, "Rule"));

    check_matches(balancer, "^arn:aws:elasticloadbalancing:us-east-1:"
                            "000000000000:loadbalancer/app/edge/[0-9a-f]{16}$");
    check_matches(group, "^arn:aws:elasticloadbalancing:us-east-1:"
                         "000000000000:targetgroup/blue/[0-9a-f]{16}$");
    check_matches(listener, "^arn:aws:elasticloadbalancing:us-east-1:"
                            "000000000000:listener/app/edge/[0-9a-f]{16}/"
                            "[0-9a-f]{16}$");
    check_matches(rule, "^arn:aws:elasticloadbalancing:us-east-1:"
                        "000000000000:listener-rule/app/edge/[0-9a-f]{16}/"
                        "[0-9a-f]{16}/[0-9a-f]{16}$");
}

/* Checklist 7.  Terraform cuts a rule's ARN by ^(arn:.+:listener)-rule(/.+)/[^/]+$ and joins
 * what the groups hold. */
static void
test_terraform_finds_the_listener_in_the_arn_of_its_rule(void **state)
{
    struct region *region = *state;
    struct str balancer =
        arn_load_balancer(region, &scope, STR("edge"), id_of(region, "Edge"));
    struct str listener = arn_listener(region, balancer, id_of(region, "Web"));
    struct str rule = arn_rule(region, listener, id_of(region, "Rule"));
    regmatch_t m[3];
    struct str joined;
    regex_t regex;

    assert_int_equal(
        regcomp(&regex, "^(arn:.+:listener)-rule(/.+)/[^/]+$", REG_EXTENDED),
        0);
    assert_int_equal(regexec(&regex, rule.p, COUNT(m), m, 0), 0);
    regfree(&regex);
    joined = region_printf(region, "%.*s%.*s", (int)(m[1].rm_eo - m[1].rm_so),
                           rule.p + m[1].rm_so, (int)(m[2].rm_eo - m[2].rm_so),
                           rule.p + m[2].rm_so);
    assert_string_equal(joined.p, listener.p);
}

static void test_full_names_are_what_metrics_and_logs_call_them(void **state)
{
    struct region *region = *state;
    struct str balancer =
        arn_load_balancer(region, &scope, STR("edge"), id_of(region, "Edge"));
    struct str group =
        arn_target_group(region, &scope, STR("blue"), id_of(region, "Blue"));

    check_matches(arn_full_name(balancer), "^app/edge/[0-9a-f]{16}$");
    check_matches(arn_full_name(group), "^targetgroup/blue/[0-9a-f]{16}$");
    assert_true(str_eq(arn_full_name(STR("")), STR("")));
    assert_true(str_eq(arn_full_name(STR("none")), STR("none")));
}

static void test_a_partition_follows_its_region(void **state)
{
    static const struct {
        const char *region_name;
        const char *partition;
    } rows[] = {
        {"us-east-1", "aws"},
        {"eu-central-1", "aws"},
        {"cn-north-1", "aws-cn"},
        {"cn-northwest-1", "aws-cn"},
        {"us-gov-west-1", "aws-us-gov"},
        {"", "aws"},
    };
    struct arn_scope china = scope;

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(str_eq(arn_partition(str_of(rows[i].region_name)),
                           str_of(rows[i].partition)));
    china.region_name = STR("cn-north-1");
    check_matches(
        arn_target_group(*state, &china, STR("a"), id_of(*state, "A")),
        "^arn:aws-cn:elasticloadbalancing:cn-north-1:");
}

static void test_names_are_given_or_made_of_the_logical_id(void **state)
{
    static const struct {
        const char *name;
        const char *id;
        const char *expected;
    } rows[] = {
        {"edge", "Anything", "edge"},
        {"", "Edge", "Edge"},
        {"", "Edge_of.the-World", "Edgeofthe-World"},
        {"", "-a-", "a"},
        {"", "A2345678901234567890123456789012345",
         "A2345678901234567890123456789012"},
        {"", "A234567890123456789012345678901-x",
         "A234567890123456789012345678901"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str name =
            arn_name(*state, str_of(rows[i].name), str_of(rows[i].id));

        assert_string_equal(name.p, rows[i].expected);
        assert_int_equal(name.n, strlen(rows[i].expected));
    }
}

static void test_dns_names_are_loopback_everywhere(void **state)
{
    struct arn_scope china = scope;

    china.region_name = STR("cn-north-1");
    check_matches(
        arn_dns_name(*state, &scope, STR("edge"), id_of(*state, "Edge"), false),
        "^edge-[1-9][0-9]{9}\\.us-east-1\\.elb\\.localhost$");
    check_matches(
        arn_dns_name(*state, &scope, STR("edge"), id_of(*state, "Edge"), true),
        "^internal-edge-[1-9][0-9]{9}\\.us-east-1\\.elb\\.localhost$");
    check_matches(
        arn_dns_name(*state, &china, STR("edge"), id_of(*state, "Edge"), false),
        "^edge-[0-9]{10}\\.cn-north-1\\.elb\\.localhost$");
}

static void test_everything_is_the_same_again(void **state)
{
    struct str a =
        arn_dns_name(*state, &scope, STR("edge"), id_of(*state, "Edge"), true);
    struct str b =
        arn_dns_name(*state, &scope, STR("edge"), id_of(*state, "Edge"), true);
    struct str c =
        arn_dns_name(*state, &scope, STR("edge"), id_of(*state, "Rim"), true);

    assert_string_equal(a.p, b.p);
    assert_string_not_equal(a.p, c.p);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_region, end_region)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_id_is_the_begin_of_the_hash_of_stack_and_logical_id),
        TEST(test_another_stack_or_resource_has_another_id),
        TEST(test_an_id_that_is_given_is_the_id),
        TEST(test_ids_are_hex_digits_in_lower_case),
        TEST(test_the_default_rule_has_an_id_of_its_listener_alone),
        TEST(test_arns_have_the_shapes_of_aws),
        TEST(test_terraform_finds_the_listener_in_the_arn_of_its_rule),
        TEST(test_full_names_are_what_metrics_and_logs_call_them),
        TEST(test_a_partition_follows_its_region),
        TEST(test_names_are_given_or_made_of_the_logical_id),
        TEST(test_dns_names_are_loopback_everywhere),
        TEST(test_everything_is_the_same_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
