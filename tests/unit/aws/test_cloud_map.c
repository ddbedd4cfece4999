/* SPDX-License-Identifier: Apache-2.0
 *
 * What Cloud Map is asked and what it answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/cloud_map.h"
#include "model/json.h"

static struct region region;

static const struct value *parse(const char *text)
{
    struct error error;
    size_t used;
    const struct value *value =
        json_value_read(&region, str_of(text), &used, &error);

    assert_non_null(value);
    return value;
}

static int end(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static void test_bodies_are_what_Cloud_Map_reads(void **state)
{
    struct discovery_cloud_map what = {
        .namespace_name = STR("n"),
        .service = STR("s"),
        .health = INSTANCES_HEALTHY_OR_ELSE_ALL,
        .parameters = parse("{\"stage\":\"prod\"}"),
    };

    (void)state;
    assert_true(
        str_eq(cloud_map_discover(&region, &what),
               STR("{\"NamespaceName\":\"n\",\"ServiceName\":\"s\",\"MaxResults"
                   "\":1000,\"HealthStatus\":\"HEALTHY_OR_ELSE_ALL\","
                   "\"QueryParameters\":{\"stage\":\"prod\"}}")));
    assert_true(str_eq(cloud_map_revision(&region, &what),
                       STR("{\"NamespaceName\":\"n\",\"ServiceName\":\"s\"}")));
}

static void test_instances_have_an_address_and_maybe_a_port(void **state)
{
    struct cloud_map_answer read;
    const struct value *answer = parse(
        "{\"InstancesRevision\":12,\"Instances\":[{\"Attributes\":{"
        "\"AWS_INSTANCE_IPV4\":\"10.0.0.1\",\"AWS_INSTANCE_PORT\":\"8080\","
        "\"AVAILABILITY_ZONE\":\"a\"}},{\"Attributes\":{\"AWS_INSTANCE_IPV4\":"
        "\"10.0.0.2\",\"AWS_INSTANCE_IPV6\":\"2001:db8::1\"}},{},"
        "{\"Attributes\":{\"AWS_INSTANCE_IPV4\":\"10.0.0\"}}]}");

    (void)state;
    assert_true(cloud_map_read(&region, answer, false, &read));
    assert_int_equal(read.n, 2);
    assert_int_equal(read.instances[0].port, 8080);
    assert_string_equal(read.instances[0].zone.p, "a");
    assert_int_equal(read.instances[1].port, 0);
    assert_int_equal(read.without, 2);
    assert_true(read.has_revision);
    assert_int_equal(read.revision, 12);
    assert_true(cloud_map_read(&region, answer, true, &read));
    assert_int_equal(read.n, 1);
}

static void test_what_is_no_answer_is_none(void **state)
{
    struct cloud_map_answer read;

    (void)state;
    assert_false(cloud_map_read(&region, parse("{}"), false, &read));
    assert_false(
        cloud_map_read(&region, parse("{\"Instances\":1}"), false, &read));
    assert_true(
        cloud_map_read(&region, parse("{\"Instances\":[]}"), false, &read));
    assert_int_equal(read.n, 0);
    assert_false(read.has_revision);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_what_Cloud_Map_reads),
        cmocka_unit_test(test_instances_have_an_address_and_maybe_a_port),
        cmocka_unit_test(test_what_is_no_answer_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
