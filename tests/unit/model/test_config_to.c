/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "model/arn.h"
#include "model/config.h"
#include "model/value.h"

static int make_region(void **state)
{
    static struct region region;

    *state = &region;
    return 0;
}

static int end_region(void **state)
{
    region_end(*state);
    return 0;
}

static const struct value *read_to(struct region *region, const char *to)
{
    struct to_options options = {.to = str_of(to), .port = 8080};
    struct error error = {""};
    const struct value *resources = config_to(&options, region, &error);

    if (resources == NULL)
        fail_msg("%s", error.text);
    return resources;
}

/* The text is refused with exactly these words. */
static void check_refused(struct region *region, const char *to,
                          const char *words)
{
    struct to_options options = {.to = str_of(to), .port = 8080};
    struct error error = {""};

    if (config_to(&options, region, &error))
        fail_msg("--to \"%s\" was accepted", to);
    assert_string_equal(error.text, words);
}

/* As above, of a text that is not of the form. */
static void check_malformed(struct region *region, const char *to,
                            const char *why)
{
    struct str words = region_printf(region,
                                     "--to \"%s\": %s; the form is "
                                     "[NAME=]HOST:PORT[@WEIGHT]",
                                     to, why);

    check_refused(region, to, words.p);
}

/* What stands at a path such as "blue.Properties.Targets.0.Port". */
static const struct value *find(const struct value *v, const char *path)
{
    struct str rest = str_of(path);

    while (rest.p && v) {
        struct str step = str_cut(&rest, '.');
        uint64_t index;

        if (v->kind != VALUE_LIST) {
            v = value_get(v, step);
            continue;
        }
        assert_true(str_to_u64(step, 10000, &index));
        for (v = v->first; v && index; index--)
            v = v->next;
    }
    return v;
}

static void check(const struct value *resources, const char *path,
                  enum value_kind kind, const char *expected)
{
    const struct value *v = find(resources, path);

    if (v == NULL) {
        fail_msg("there is no %s", path);
        return;
    }
    assert_int_equal(v->kind, kind);
    assert_string_equal(v->text.p, expected);
    assert_int_equal(v->place.line, 0);
    assert_null(v->place.file);
}

static unsigned count(const struct value *resources, const char *path)
{
    const struct value *v = find(resources, path);

    return v ? value_count(v) : 0;
}

static void test_an_address_alone_is_a_template_of_three_resources(void **state)
{
    const struct value *r = read_to(*state, "127.0.0.1:3000");

    assert_int_equal(value_count(r), 3);
    check(r, "LoadBalancer.Type", VALUE_STRING,
          "AWS::ElasticLoadBalancingV2::LoadBalancer");
    check(r, "LoadBalancer.Properties.Name", VALUE_STRING, "sluice");
    check(r, "default.Type", VALUE_STRING,
          "AWS::ElasticLoadBalancingV2::TargetGroup");
    check(r, "default.Properties.Name", VALUE_STRING, "default");
    check(r, "default.Properties.TargetType", VALUE_STRING, "ip");
    check(r, "default.Properties.Protocol", VALUE_STRING, "HTTP");
    check(r, "default.Properties.Port", VALUE_NUMBER, "3000");
    check(r, "default.Properties.HealthCheckEnabled", VALUE_BOOL, "false");
    assert_null(find(r, "default.Properties.HealthCheckPath"));
    check(r, "default.Properties.Targets.0.Id", VALUE_STRING, "127.0.0.1");
    check(r, "default.Properties.Targets.0.Port", VALUE_NUMBER, "3000");
    check(r, "Listener.Type", VALUE_STRING,
          "AWS::ElasticLoadBalancingV2::Listener");
    check(r, "Listener.Properties.Port", VALUE_NUMBER, "8080");
    check(r, "Listener.Properties.Protocol", VALUE_STRING, "HTTP");
    check(r, "Listener.Properties.DefaultActions.0.Type", VALUE_STRING,
          "forward");
    assert_int_equal(count(r, "Listener.Properties.DefaultActions"), 1);
    assert_null(find(r, "LoadBalancer.Properties.LoadBalancerAttributes"));
}

#define GROUPS "Listener.Properties.DefaultActions.0.ForwardConfig.TargetGroups"

static void test_the_resources_name_each_other_by_their_arns(void **state)
{
    static const struct arn_scope scope = {
        .region_name = {"us-east-1", 9},
        .account = {"000000000000", 12},
        .stack = {"sluice", 6},
    };
    const struct value *r = read_to(*state, "blue=:1");
    struct str lb = arn_id(*state, &scope, STR(""), STR("LoadBalancer"));
    struct str group = arn_id(*state, &scope, STR(""), STR("blue"));

    check(r, "Listener.Properties.LoadBalancerArn", VALUE_STRING,
          arn_load_balancer(*state, &scope, STR("sluice"), lb).p);
    check(r, GROUPS ".0.TargetGroupArn", VALUE_STRING,
          arn_target_group(*state, &scope, STR("blue"), group).p);
}

static void test_hosts_are_written_as_bare_addresses(void **state)
{
    const struct value *r =
        read_to(*state, "localhost:1,:3001,[::1]:3002,[fe80::1%7]:3");

    assert_int_equal(count(r, "default.Properties.Targets"), 4);
    check(r, "default.Properties.Port", VALUE_NUMBER, "1");
    check(r, "default.Properties.Targets.0.Id", VALUE_STRING, "127.0.0.1");
    check(r, "default.Properties.Targets.1.Id", VALUE_STRING, "127.0.0.1");
    check(r, "default.Properties.Targets.1.Port", VALUE_NUMBER, "3001");
    check(r, "default.Properties.Targets.2.Id", VALUE_STRING, "::1");
    check(r, "default.Properties.Targets.3.Id", VALUE_STRING, "fe80::1%7");
}

static void test_entries_of_one_name_are_one_group(void **state)
{
    const struct value *r =
        read_to(*state, "blue=127.0.0.1:9001@90,blue=127.0.0.1:9003,"
                        "green=127.0.0.1:9002@10,:4");

    assert_int_equal(value_count(r), 5);
    assert_int_equal(count(r, GROUPS), 3);
    check(r, GROUPS ".0.Weight", VALUE_NUMBER, "90");
    check(r, GROUPS ".1.Weight", VALUE_NUMBER, "10");
    check(r, GROUPS ".2.Weight", VALUE_NUMBER, "1");
    assert_int_equal(count(r, "blue.Properties.Targets"), 2);
    check(r, "blue.Properties.Targets.1.Port", VALUE_NUMBER, "9003");
    check(r, "green.Properties.Port", VALUE_NUMBER, "9002");
    check(r, "default.Properties.Port", VALUE_NUMBER, "4");
}

static void test_weight_may_stand_at_any_entry_of_its_group(void **state)
{
    const struct value *r = read_to(*state, "blue=:1,blue=:2@0,green=:3@999");

    check(r, GROUPS ".0.Weight", VALUE_NUMBER, "0");
    check(r, GROUPS ".1.Weight", VALUE_NUMBER, "999");
}

static void test_spaces_around_entries_do_not_matter(void **state)
{
    const struct value *r = read_to(*state, "blue=:1, green=:2 ");

    check(r, "green.Properties.Port", VALUE_NUMBER, "2");
}

static void test_logical_ids_are_alphanumeric_and_unique(void **state)
{
    const struct value *r =
        read_to(*state, "a-b=:1,ab=:2,Listener=:3,LoadBalancer=:4,ab2=:5");

    assert_int_equal(value_count(r), 7);
    check(r, "ab.Properties.Name", VALUE_STRING, "a-b");
    check(r, "ab2.Properties.Name", VALUE_STRING, "ab");
    check(r, "Listener2.Properties.Name", VALUE_STRING, "Listener");
    check(r, "LoadBalancer2.Properties.Name", VALUE_STRING, "LoadBalancer");
    check(r, "ab22.Properties.Name", VALUE_STRING, "ab2");
    check(r, "Listener.Properties.Port", VALUE_NUMBER, "8080");
}

static void test_a_path_turns_health_checks_on(void **state)
{
    struct to_options options = {.to = STR("a=:1,b=:2"),
                                 .health_path = STR("/healthz")};
    struct error error = {""};
    const struct value *r = config_to(&options, *state, &error);

    assert_non_null(r);
    check(r, "b.Properties.HealthCheckEnabled", VALUE_BOOL, "true");
    check(r, "b.Properties.HealthCheckPath", VALUE_STRING, "/healthz");
    check(r, "Listener.Properties.Port", VALUE_NUMBER, "0");
}

static void test_attributes_go_to_whom_they_belong(void **state)
{
    static const char *const attributes[] = {
        "idle_timeout.timeout_seconds=10",
        "load_balancing.algorithm.type=least_outstanding_requests",
        "routing.http.response.server.enabled=false",
        "idle_timeout.timeout_seconds=20",
        "access_logs.s3.prefix=a=b",
    };
    struct to_options options = {
        .to = STR("a=:1,b=:2"), .nattributes = 5, .attributes = attributes};
    struct error error = {""};
    const struct value *r = config_to(&options, *state, &error);

    assert_non_null(r);
    assert_int_equal(count(r, "LoadBalancer.Properties.LoadBalancerAttributes"),
                     2);
    check(r, "LoadBalancer.Properties.LoadBalancerAttributes.0.Key",
          VALUE_STRING, "idle_timeout.timeout_seconds");
    check(r, "LoadBalancer.Properties.LoadBalancerAttributes.0.Value",
          VALUE_STRING, "20");
    check(r, "LoadBalancer.Properties.LoadBalancerAttributes.1.Value",
          VALUE_STRING, "a=b");
    check(r, "a.Properties.TargetGroupAttributes.0.Value", VALUE_STRING,
          "least_outstanding_requests");
    check(r, "b.Properties.TargetGroupAttributes.0.Key", VALUE_STRING,
          "load_balancing.algorithm.type");
    check(r, "Listener.Properties.ListenerAttributes.0.Value", VALUE_STRING,
          "false");
}

static void test_wrong_attributes_are_refused(void **state)
{
    static const char *const attributes[] = {"idle_timeout.timeout_seconds=0"};
    struct to_options options = {
        .to = STR(":1"), .nattributes = 1, .attributes = attributes};
    struct error error = {""};

    assert_null(config_to(&options, *state, &error));
    assert_string_equal(error.text,
                        "attribute idle_timeout.timeout_seconds cannot be "
                        "\"0\": ALB takes 1 to 4000");
}

static void test_wrong_addresses_are_refused_with_their_cause(void **state)
{
    static const char none[] = "there is no address, such as 127.0.0.1:3000";
    static const char colon[] =
        "a port alone needs a colon before it, such as :3000";
    static const char brackets[] =
        "an IPv6 address needs brackets and a port, such as [::1]:3000";
    static const char missing[] =
        "the port is missing, such as in 127.0.0.1:3000";
    static const char range[] = "the port is no number from 1 to 65535";
    static const char name[] =
        "the host is no IPv4 or [IPv6] address and not localhost; names are "
        "not looked up, so write its address";

    check_malformed(*state, "", none);
    check_malformed(*state, "blue=", none);
    check_malformed(*state, "@5", none);
    check_malformed(*state, ":2,", none);
    check_malformed(*state, "3000", colon);
    check_malformed(*state, "::1:3000", brackets);
    check_malformed(*state, "x", missing);
    check_malformed(*state, "127.0.0.1", missing);
    check_malformed(*state, "[::1]", missing);
    check_malformed(*state, "127.0.0.1:http", range);
    check_malformed(*state, "127.0.0.1:65536", range);
    check_malformed(*state, "127.0.0.1:0", range);
    check_malformed(*state, "example.com:80", name);
    check_malformed(*state, "[example]:80", name);
}

static void test_a_wrong_entry_is_named(void **state)
{
    check_refused(*state, ":1,blue=:2,green=:x@3",
                  "--to \"green=:x@3\": the port is no number from 1 to 65535; "
                  "the form is [NAME=]HOST:PORT[@WEIGHT]");
}

static void test_wrong_names_are_refused(void **state)
{
    static const char rule[] =
        "the NAME before \"=\" is 1 to 32 letters, digits and hyphens, with no "
        "hyphen at its ends";

    check_malformed(*state, "=:1", rule);
    check_malformed(*state, "-blue=:1", rule);
    check_malformed(*state, "blue-=:1", rule);
    check_malformed(*state, "-=:1", rule);
    check_malformed(*state, "bl ue=:1", rule);
    check_malformed(*state, "bl_ue=:1", rule);
    check_malformed(*state, "a23456789012345678901234567890123=:1", rule);
    read_to(*state, "a2345678901234567890123456789012=:1");
}

static void test_wrong_weights_are_refused(void **state)
{
    static const char rule[] =
        "the WEIGHT after \"@\" is a number from 0 to 999";

    check_malformed(*state, "blue=:1@1000", rule);
    check_malformed(*state, "blue=:1@-1", rule);
    check_malformed(*state, "blue=:1@", rule);
    check_malformed(*state, "blue=:1@5@5", rule);
    check_malformed(*state, "blue=:1@90%", rule);
    check_refused(*state, "blue=:1@5,blue=:2@5",
                  "--to \"blue=:2@5\": the weight of this target group was "
                  "given already; it belongs to the group, so leave "
                  "\"@WEIGHT\" out here");
}

static void test_same_target_twice_in_a_group_is_refused(void **state)
{
    check_refused(*state, "blue=:1,blue=127.0.0.1:1",
                  "--to \"blue=127.0.0.1:1\": this target is in its group "
                  "already; leave one out");
    read_to(*state, "blue=:1,green=:1");
}

static void test_sixth_group_is_refused(void **state)
{
    check_refused(*state, "a=:1,b=:1,c=:1,d=:1,e=:1,f=:1",
                  "--to \"f=:1\": this is the sixth target group; ALB forwards "
                  "to at most 5, so give some entries the same NAME");
    read_to(*state, "a=:1,b=:1,c=:1,d=:1,e=:1,e=:2");
}

static void test_group_holds_a_thousand_targets_and_no_more(void **state)
{
    struct text to = {.cap = 20000};
    const struct value *r;

    to.p = memory_zeroed(to.cap, 1);
    for (unsigned i = 1; i <= CONFIG_TARGETS_MAX; i++)
        text_printf(&to, "%sblue=:%u", i > 1 ? "," : "", i);
    assert_true(text_ok(&to));
    r = read_to(*state, to.p);
    assert_int_equal(count(r, "blue.Properties.Targets"), CONFIG_TARGETS_MAX);
    TEXT_LITERAL(&to, ",blue=:1001");
    check_refused(*state, to.p,
                  "--to \"blue=:1001\": a target group has at most 1000 "
                  "targets");
    free(to.p);
}

static void test_long_nonsense_is_cut_in_the_error(void **state)
{
    struct to_options options = {.port = 1};
    struct error error = {""};
    char nonsense[1001];

    memset(nonsense, 'x', 1000);
    nonsense[1000] = '\0';
    options.to = str_of(nonsense);
    assert_null(config_to(&options, *state, &error));
    assert_non_null(strstr(error.text, "xxxx\": the port is missing"));
    assert_in_range(strlen(error.text), 150, 250);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_region, end_region)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_address_alone_is_a_template_of_three_resources),
        TEST(test_the_resources_name_each_other_by_their_arns),
        TEST(test_hosts_are_written_as_bare_addresses),
        TEST(test_entries_of_one_name_are_one_group),
        TEST(test_weight_may_stand_at_any_entry_of_its_group),
        TEST(test_spaces_around_entries_do_not_matter),
        TEST(test_logical_ids_are_alphanumeric_and_unique),
        TEST(test_a_path_turns_health_checks_on),
        TEST(test_attributes_go_to_whom_they_belong),
        TEST(test_wrong_attributes_are_refused),
        TEST(test_wrong_addresses_are_refused_with_their_cause),
        TEST(test_a_wrong_entry_is_named),
        TEST(test_wrong_names_are_refused),
        TEST(test_wrong_weights_are_refused),
        TEST(test_same_target_twice_in_a_group_is_refused),
        TEST(test_sixth_group_is_refused),
        TEST(test_group_holds_a_thousand_targets_and_no_more),
        TEST(test_long_nonsense_is_cut_in_the_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
