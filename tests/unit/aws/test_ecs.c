/* SPDX-License-Identifier: Apache-2.0
 *
 * What ECS is asked and what it answers, in every mode of networks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/ecs.h"
#include "model/json.h"

#define ARN "arn:aws:ecs:eu-west-1:1:task/prod/1"
#define OF(last, desired, more)                                                \
    "{\"tasks\":[{\"taskArn\":\"" ARN "\",\"lastStatus\":\"" last              \
    "\",\"desiredStatus\":\"" desired "\"" more "}],\"failures\":[]}"
#define TASK(more) OF("RUNNING", "RUNNING", ",\"group\":\"service:web\"" more)
#define FAILURE(reason)                                                        \
    "{\"tasks\":[],\"failures\":[{\"arn\":\"" ARN "\",\"reason\":\"" reason    \
    "\"}]}"
#define ENI                                                                    \
    ",\"attachments\":[{\"type\":\"ElasticNetworkInterface\",\"status\":"      \
    "\"ATTACHED\",\"details\":[{\"name\":\"subnetId\",\"value\":\"s\"},"       \
    "{\"name\":\"privateIPv4Address\",\"value\":\"10.0.0.1\"},"                \
    "{\"name\":\"ipv6Address\",\"value\":\"2001:db8::1\"}]}]"
#define BRIDGE                                                                 \
    ",\"containerInstanceArn\":\"arn:aws:ecs:x:1:container-instance/p/i\","    \
    "\"containers\":[{\"name\":\"side\",\"networkBindings\":[]},"              \
    "{\"name\":\"app\",\"networkBindings\":["                                  \
    "{\"containerPort\":53,\"hostPort\":5353,\"protocol\":\"udp\"},"           \
    "{\"containerPort\":80,\"hostPort\":32768,\"protocol\":\"tcp\"}]}]"

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

static struct ecs_task read(const char *text)
{
    return ecs_read_task(parse(text), STR(ARN), STR("web"));
}

static int end(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

/* ---- bodies and lists -------------------------------------------------------- */

static void test_bodies_are_what_ECS_reads(void **state)
{
    const struct str two[] = {STR("a"), STR("b")};

    (void)state;
    assert_true(str_eq(
        ecs_list_tasks(&region, STR("c\""), STR("s"), STR("t")),
        STR("{\"cluster\":\"c\\\"\",\"serviceName\":\"s\",\"desiredStatus\":"
            "\"RUNNING\",\"maxResults\":100,\"nextToken\":\"t\"}")));
    assert_true(str_eq(ecs_describe_tasks(&region, STR("c"), two, 2),
                       STR("{\"cluster\":\"c\",\"tasks\":[\"a\",\"b\"]}")));
    assert_true(str_eq(ec2_describe_instances(&region, two, 2),
                       STR("Filter.1.Name=instance-id&Filter.1.Value.1=a&"
                           "Filter.1.Value.2=b")));
}

static void test_a_list_has_ARNs_and_a_token(void **state)
{
    struct str_list arns = {0, NULL};
    struct str token;

    (void)state;
    assert_true(ecs_read_list(
        &region,
        parse("{\"taskArns\":[\"arn:a\",\"arn:b\"],\"nextToken\":\"n\"}"),
        &arns, &token));
    assert_string_equal(token.p, "n");
    assert_true(ecs_read_list(&region, parse("{\"taskArns\":[\"arn:c\"]}"),
                              &arns, &token));
    assert_int_equal(arns.n, 3);
    assert_string_equal(arns.v[2].p, "arn:c");
    assert_int_equal(token.n, 0);
    assert_false(ecs_read_list(&region, parse("{}"), &arns, &token));
    assert_false(
        ecs_read_list(&region, parse("{\"taskArns\":[1]}"), &arns, &token));
    assert_false(
        ecs_read_list(&region, parse("{\"taskArns\":[\"x\"]}"), &arns, &token));
}

/* ---- tasks ---------------------------------------------------------------------- */

static void test_states_of_tasks(void **state)
{
    static const struct {
        const char *text;
        enum task_state state;
    } cases[] = {
        {TASK(""), TASK_RUNS},
        {TASK(",\"healthStatus\":\"UNKNOWN\""), TASK_RUNS},
        {TASK(",\"healthStatus\":\"UNHEALTHY\""), TASK_STARTS},
        {OF("PENDING", "RUNNING", ""), TASK_STARTS},
        {OF("RUNNING", "STOPPED", ""), TASK_GOES},
        {OF("STOPPING", "RUNNING", ""), TASK_GOES},
        {FAILURE("MISSING"), TASK_GOES},
        {FAILURE("OTHER"), TASK_UNKNOWN},
        {"{\"tasks\":[]}", TASK_UNKNOWN},
        {"{\"tasks\":[{\"taskArn\":\"" ARN "\"}]}", TASK_UNKNOWN},
        {OF("RUNNING", "RUNNING", ",\"group\":\"service:api\""), TASK_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(read(cases[i].text).state, cases[i].state);
}

static void test_a_task_has_a_deployment_and_a_zone(void **state)
{
    struct ecs_task task =
        read(TASK(",\"startedBy\":\"ecs-svc/12\",\"taskDefinitionArn\":\"d\","
                  "\"availabilityZone\":\"eu-west-1a\",\"createdAt\":1.5"));

    (void)state;
    assert_string_equal(task.deployment.p, "ecs-svc/12");
    assert_string_equal(task.zone.p, "eu-west-1a");
    assert_true(task.created > 1.4 && task.created < 1.6);
    task = read(TASK(",\"startedBy\":\"me\",\"taskDefinitionArn\":\"d\""));
    assert_string_equal(task.deployment.p, "d");
}

/* ---- places ----------------------------------------------------------------------- */

static struct ecs_place place;
static const char *why;

static bool find(const char *text, const char *container, uint16_t port,
                 bool six)
{
    struct ecs_task task = read(text);

    why = NULL;
    return ecs_task_place(&task, str_of(container), port, 8080, six, &place,
                          &why);
}

static void test_awsvpc_is_at_the_address_of_its_interface(void **state)
{
    (void)state;
    assert_true(find(TASK(ENI), "", 0, false));
    assert_string_equal(place.ip.p, "10.0.0.1");
    assert_int_equal(place.port, 8080);
    assert_true(find(TASK(ENI), "", 81, true));
    assert_string_equal(place.ip.p, "2001:db8::1");
    assert_int_equal(place.port, 81);
}

static void test_an_interface_of_a_container_will_do(void **state)
{
    (void)state;
    assert_true(find(TASK(",\"containers\":[{\"name\":\"app\","
                          "\"networkInterfaces\":[{\"privateIpv4Address\":"
                          "\"10.0.0.2\"}]}]"),
                     "app", 80, false));
    assert_string_equal(place.ip.p, "10.0.0.2");
    assert_true(find(TASK(",\"containers\":[{\"name\":\"side\"},{\"name\":"
                          "\"app\",\"networkInterfaces\":[{\"ipv6Address\":"
                          "\"2001:db8::2\"}]}]"),
                     "", 80, true));
    assert_string_equal(place.ip.p, "2001:db8::2");
}

static void test_bridge_is_at_a_port_of_its_host(void **state)
{
    (void)state;
    assert_true(find(TASK(BRIDGE), "app", 80, false));
    assert_int_equal(place.ip.n, 0);
    assert_int_equal(place.port, 32768);
    assert_true(find(TASK(BRIDGE), "", 80, false));
    assert_int_equal(place.port, 32768);
    assert_true(find(TASK(BRIDGE), "app", 0, false));
    assert_int_equal(place.port, 32768);
    assert_true(find(TASK(BRIDGE ",\"attachments\":[{\"type\":"
                                 "\"AmazonElasticBlockStorage\",\"status\":"
                                 "\"ATTACHED\",\"details\":[]}]"),
                     "app", 80, false));
    assert_int_equal(place.port, 32768);
}

static void test_what_is_nowhere_says_why(void **state)
{
    (void)state;
    assert_false(find(TASK(""), "", 0, false));
    assert_non_null(why);
    assert_false(find(TASK(BRIDGE), "app", 81, false));
    assert_non_null(why);
    assert_false(find(TASK(BRIDGE), "other", 80, false));
    assert_false(find(TASK(ENI), "other", 80, false));
    assert_non_null(why);
}

/* ---- services and hosts ------------------------------------------------------------ */

static void test_a_service_says_what_it_wants(void **state)
{
    struct ecs_service service;

    (void)state;
    assert_true(ecs_read_service(
        parse("{\"services\":[{\"serviceName\":\"web\",\"serviceArn\":"
              "\"arn:x\",\"desiredCount\":0,\"runningCount\":2}]}"),
        STR("arn:x"), &service));
    assert_int_equal(service.desired, 0);
    assert_int_equal(service.running, 2);
    assert_true(ecs_read_service(
        parse("{\"services\":[{\"serviceName\":\"web\",\"status\":"
              "\"INACTIVE\",\"desiredCount\":2,\"runningCount\":0}]}"),
        STR("web"), &service));
    assert_int_equal(service.desired, 0);
    assert_false(
        ecs_read_service(parse("{\"services\":[]}"), STR("web"), &service));
    assert_false(
        ecs_read_service(parse("{\"services\":[{\"serviceName\":\"web\"}]}"),
                         STR("web"), &service));
}

static void test_hosts_have_an_id_and_an_address(void **state)
{
    static const char xml[] =
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
        "<instanceId>i-1a</instanceId><privateIpAddress>10.0.0.1"
        "</privateIpAddress><networkInterfaceSet><item><ipv6AddressesSet><item>"
        "<ipv6Address>2001:db8::a</ipv6Address></item></ipv6AddressesSet>"
        "</item></networkInterfaceSet></item></instancesSet></item>"
        "<item><instancesSet>"
        "<item><instanceId>i-2b</instanceId><privateIpAddress>10.0.0.2"
        "</privateIpAddress></item><item><instanceId>i-3c</instanceId>"
        "<privateIpAddress>x</privateIpAddress></item></instancesSet></item>"
        "</reservationSet></DescribeInstancesResponse>";
    const struct value *answer =
        parse("{\"containerInstances\":[{\"containerInstanceArn\":\"arn:a\","
              "\"ec2InstanceId\":\"i-1a\"},{\"containerInstanceArn\":\"arn:b\","
              "\"ec2InstanceId\":\"i-<\"}]}");

    (void)state;
    assert_string_equal(ecs_read_instance(answer, STR("arn:a")).p, "i-1a");
    assert_int_equal(ecs_read_instance(answer, STR("arn:b")).n, 0);
    assert_int_equal(ecs_read_instance(answer, STR("arn:c")).n, 0);
    assert_true(
        str_eq(ec2_read_address(&region, str_of(xml), STR("i-2b"), false),
               STR("10.0.0.2")));
    assert_true(
        str_eq(ec2_read_address(&region, str_of(xml), STR("i-1a"), true),
               STR("2001:db8::a")));
    assert_int_equal(
        ec2_read_address(&region, str_of(xml), STR("i-2b"), true).n, 0);
    assert_int_equal(
        ec2_read_address(&region, str_of(xml), STR("i-3c"), false).n, 0);
    assert_int_equal(ec2_read_address(&region, STR("<a"), STR("i-1a"), false).n,
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_what_ECS_reads),
        cmocka_unit_test(test_a_list_has_ARNs_and_a_token),
        cmocka_unit_test(test_states_of_tasks),
        cmocka_unit_test(test_a_task_has_a_deployment_and_a_zone),
        cmocka_unit_test(test_awsvpc_is_at_the_address_of_its_interface),
        cmocka_unit_test(test_an_interface_of_a_container_will_do),
        cmocka_unit_test(test_bridge_is_at_a_port_of_its_host),
        cmocka_unit_test(test_what_is_nowhere_says_why),
        cmocka_unit_test(test_a_service_says_what_it_wants),
        cmocka_unit_test(test_hosts_have_an_id_and_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
