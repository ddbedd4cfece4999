/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/endpoint.h"

static struct region region;

static struct aws_endpoint of(const struct aws_settings *settings,
                              enum aws_service service, const char *aws_region,
                              const char *bucket)
{
    struct aws_endpoint e;
    struct error error;

    if (!aws_endpoint_of(&region, settings, service, str_of(aws_region),
                         str_of(bucket), STR(""), &e, &error))
        fail_msg("%s", error.text);
    return e;
}

static void check(struct str found, const char *wanted)
{
    if (!str_eq(found, str_of(wanted)))
        fail_msg(STR_FMT ", not %s", STR_ARG(found), wanted);
}

static void check_host(bool fips, bool dualstack, enum aws_service service,
                       const char *aws_region, const char *wanted)
{
    struct aws_settings settings = {.fips = fips, .dualstack = dualstack};
    struct aws_endpoint e =
        of(&settings, service, aws_region, service == AWS_S3 ? "bkt" : "");

    check(e.host, wanted);
    check(e.scheme, "https");
    assert_false(e.said);
}

/* As botocore's rules have them (endpoint-rule-set-1). */
static void test_hosts_are_those_of_botocore(void **state)
{
    (void)state;
    check_host(0, 0, AWS_CLOUDWATCH, "eu-west-1",
               "monitoring.eu-west-1.amazonaws.com");
    check_host(1, 0, AWS_CLOUDWATCH, "eu-west-1",
               "monitoring-fips.eu-west-1.amazonaws.com");
    check_host(0, 1, AWS_CLOUDWATCH, "eu-west-1",
               "monitoring.eu-west-1.api.aws");
    check_host(1, 1, AWS_LOGS, "eu-west-1", "logs-fips.eu-west-1.api.aws");
    check_host(0, 0, AWS_LOGS, "cn-north-1",
               "logs.cn-north-1.amazonaws.com.cn");
    check_host(0, 1, AWS_ECS, "cn-north-1",
               "ecs.cn-north-1.api.amazonwebservices.com.cn");
    check_host(1, 0, AWS_CLOUDWATCH, "us-gov-west-1",
               "monitoring.us-gov-west-1.amazonaws.com");
    check_host(1, 0, AWS_ECS, "us-gov-west-1",
               "ecs-fips.us-gov-west-1.amazonaws.com");
    check_host(1, 1, AWS_SNS, "us-gov-west-1",
               "sns-fips.us-gov-west-1.api.aws");
    check_host(0, 0, AWS_STS, "us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov");
    check_host(0, 1, AWS_CLOUD_MAP, "eu-west-1",
               "servicediscovery.eu-west-1.amazonaws.com");
    check_host(1, 1, AWS_CLOUD_MAP, "eu-west-1",
               "servicediscovery-fips.eu-west-1.api.aws");
    check_host(0, 1, AWS_CLOUD_MAP, "us-iso-east-1",
               "servicediscovery.us-iso-east-1.api.aws.ic.gov");
    check_host(1, 1, AWS_CLOUDWATCH, "us-gov-west-1",
               "monitoring.us-gov-west-1.api.aws");
    check_host(0, 0, AWS_S3, "eu-west-1", "bkt.s3.eu-west-1.amazonaws.com");
    check_host(1, 1, AWS_S3, "eu-west-1",
               "bkt.s3-fips.dualstack.eu-west-1.amazonaws.com");
    check_host(0, 1, AWS_S3, "cn-north-1",
               "bkt.s3.dualstack.cn-north-1.amazonaws.com.cn");
    check_host(0, 0, AWS_EC2, "eusc-de-east-1",
               "ec2.eusc-de-east-1.amazonaws.eu");
}

static void test_a_bucket_stands_in_the_host_or_in_the_path(void **state)
{
    struct aws_settings settings = {.fips = false};
    struct aws_endpoint e = of(&settings, AWS_S3, "eu-west-1", "my.logs");

    (void)state;
    check(e.host, "s3.eu-west-1.amazonaws.com");
    check(e.path, "/my.logs");
    e = of(&settings, AWS_S3, "eu-west-1", "Old_Bucket");
    check(e.path, "/Old_Bucket");
    settings.endpoint_url[AWS_S3] = STR("http://localhost:4566/s3/");
    e = of(&settings, AWS_S3, "eu-west-1", "logs");
    check(e.host, "localhost:4566");
    check(e.path, "/s3/logs");
}

static void test_a_prefix_of_the_host_is_for_aws_only(void **state)
{
    struct aws_settings settings = {.fips = false};
    struct aws_endpoint e;
    struct error error;

    (void)state;
    assert_true(aws_endpoint_of(&region, &settings, AWS_CLOUD_MAP,
                                STR("eu-west-1"), STR(""), STR("data-"), &e,
                                &error));
    check(e.host, "data-servicediscovery.eu-west-1.amazonaws.com");
    settings.endpoint_url[AWS_CLOUD_MAP] = STR("https://localhost");
    assert_true(aws_endpoint_of(&region, &settings, AWS_CLOUD_MAP,
                                STR("eu-west-1"), STR(""), STR("data-"), &e,
                                &error));
    check(e.host, "localhost");
}

static void test_endpoints_that_are_said(void **state)
{
    static const struct {
        const char *url;
        const char *scheme;
        const char *host;
        const char *path;
    } cases[] = {
        {"http://a", "http", "a", ""},
        {"HTTPS://a:443/", "https", "a", ""},
        {"https://a:80//", "https", "a:80", ""},
        {" http://a:080 ", "http", "a", ""},
        {"http://[::1]:8080/x/y/", "http", "[::1]:8080", "/x/y"},
        {"http://[::1]", "http", "[::1]", ""},
    };
    static const char *const wrong[] = {
        "",
        "a",
        "ftp://a",
        "http://",
        "http:///",
        "http://a:",
        "http://a:0",
        "http://a:65536",
        "http://:1",
        "http://a?b",
        "http://u:p@a/",
        "http://[::1",
        "http://[::1]x",
        "http://a b",
        "http://a/#x",
        "http://a\r\nX: y",
    };
    struct aws_endpoint e;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(
            aws_endpoint_read(&region, str_of(cases[i].url), &e, &error));
        check(e.scheme, cases[i].scheme);
        check(e.host, cases[i].host);
        check(e.path, cases[i].path);
        assert_true(e.said);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (aws_endpoint_read(&region, str_of(wrong[i]), &e, &error))
            fail_msg("%s", wrong[i]);
    }
}

static void test_names_of_buckets_and_regions(void **state)
{
    struct aws_settings settings = {.fips = false};
    struct aws_endpoint e;
    struct error error;

    (void)state;
    assert_false(aws_endpoint_of(&region, &settings, AWS_S3, STR("eu-west-1"),
                                 STR("a/b"), STR(""), &e, &error));
    assert_false(aws_endpoint_of(&region, &settings, AWS_S3, STR("eu-west-1"),
                                 STR(".."), STR(""), &e, &error));
    assert_true(aws_region_is_name(STR("us-gov-west-1")));
    assert_false(aws_region_is_name(STR("")));
    assert_false(aws_region_is_name(STR("eu.west")));
    assert_false(aws_region_is_name(STR("-eu")));
    assert_false(aws_region_is_name(STR("EU-WEST-1")));
    assert_false(aws_region_is_name(STR("a/b")));
}

static int end_region(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_are_those_of_botocore),
        cmocka_unit_test(test_a_bucket_stands_in_the_host_or_in_the_path),
        cmocka_unit_test(test_a_prefix_of_the_host_is_for_aws_only),
        cmocka_unit_test(test_endpoints_that_are_said),
        cmocka_unit_test(test_names_of_buckets_and_regions),
    };

    return cmocka_run_group_tests(tests, NULL, end_region);
}
