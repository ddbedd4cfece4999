/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/object.h"

enum { END = 1768480500 }; /* 2026-01-15T12:35:00Z */

static struct log_place place(enum log_kind kind)
{
    struct log_place p = {
        .kind = kind,
        .bucket = STR("logs"),
        .prefix = STR(""),
        .account = STR("123456789012"),
        .region = STR("eu-west-1"),
        .name = STR("app/shop/50dc6c495c0c9188"),
    };

    if (kind == WAF_LOG)
        p.name = STR("shop-acl");
    else
        address_parse_ip(STR("10.0.0.7"), &p.node);
    return p;
}

static void check_key(const struct log_place *p, uint64_t random,
                      const char *want)
{
    char buffer[LOG_KEY_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    log_object_key(&t, p, END, random);
    assert_true(text_ok(&t));
    assert_int_equal(t.n, strlen(want));
    assert_memory_equal(t.p, want, t.n);
}

static void an_access_log_is_called_as_alb_calls_it(void **state)
{
    struct log_place p = place(ACCESS_LOG);

    (void)state;
    check_key(&p, 0,
              "AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/01/15/"
              "123456789012_elasticloadbalancing_eu-west-1_"
              "app.shop.50dc6c495c0c9188_20260115T1235Z_10.0.0.7_00000000"
              ".log.gz");
}

static void others_have_the_kind_in_front(void **state)
{
    struct log_place p = place(CONNECTION_LOG);

    (void)state;
    p.prefix = STR("a/b");
    check_key(&p, 35 + 36 * 10,
              "a/b/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/01/"
              "15/conn_log_123456789012_elasticloadbalancing_eu-west-1_"
              "app.shop.50dc6c495c0c9188_20260115T1235Z_10.0.0.7_za000000"
              ".log.gz");
    p.kind = HEALTH_CHECK_LOG;
    check_key(&p, 0,
              "a/b/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/01/"
              "15/health_check_log_123456789012_elasticloadbalancing_eu-west-1_"
              "app.shop.50dc6c495c0c9188_20260115T1235Z_10.0.0.7_00000000"
              ".log.gz");
}

static void slashes_around_a_prefix_make_no_empty_folder(void **state)
{
    struct log_place p = place(WAF_LOG);

    (void)state;
    p.prefix = STR("/x//");
    check_key(&p, UINT64_C(0xe0ca43b5) << 32,
              "x/AWSLogs/123456789012/WAFLogs/eu-west-1/shop-acl/2026/01/15/12/"
              "30/123456789012_waflogs_eu-west-1_shop-acl_20260115T1230Z_"
              "e0ca43b5.log.gz");
}

static void a_window_ends_when_the_next_one_begins(void **state)
{
    (void)state;
    assert_int_equal(log_window_end(END - 1), END);
    assert_int_equal(log_window_end(END), END + 300);
    assert_int_equal(log_window_end(END + 299), END + 300);
    assert_int_equal(log_window_end(0), 300);
}

/* 23:55 to 0:00 is of the day that comes (AWS: the end of the interval), but a
 * web ACL's of the one that goes. */
static void midnight_belongs_to_the_next_day(void **state)
{
    struct log_place access = place(ACCESS_LOG);
    struct log_place waf = place(WAF_LOG);
    char buffer[LOG_KEY_MAX];
    struct text t = text_in(buffer, sizeof(buffer) - 1);
    int64_t midnight = 1767225600; /* 2026-01-01 */

    (void)state;
    log_object_key(&t, &access, midnight, 0);
    buffer[t.n] = '\0';
    assert_non_null(strstr(buffer, "/2026/01/01/"));
    assert_non_null(strstr(buffer, "_20260101T0000Z_"));
    t.n = 0;
    log_object_key(&t, &waf, midnight, 0);
    buffer[t.n] = '\0';
    assert_non_null(strstr(buffer, "/2025/12/31/23/55/"));
    assert_non_null(strstr(buffer, "_20251231T2355Z_"));
}

static void check_test(enum log_kind kind, const char *prefix, const char *want)
{
    struct log_place p = place(kind);
    char buffer[LOG_KEY_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    p.prefix = str_of(prefix);
    assert_int_equal(log_object_test_key(&t, &p), want != NULL);
    if (want == NULL)
        return;
    assert_int_equal(t.n, strlen(want));
    assert_memory_equal(t.p, want, t.n);
}

static void a_log_that_is_turned_on_has_a_test_file(void **state)
{
    (void)state;
    check_test(ACCESS_LOG, "", "AWSLogs/123456789012/ELBAccessLogTestFile");
    check_test(CONNECTION_LOG, "p",
               "p/AWSLogs/123456789012/ELBConnectionLogTestFile");
    check_test(HEALTH_CHECK_LOG, "p/q",
               "p/q/AWSLogs/123456789012/ELBHealthCheckLogTestFile");
    check_test(WAF_LOG, "", NULL);
}

static void the_test_file_says_what_and_when(void **state)
{
    struct log_place p = place(ACCESS_LOG);
    char buffer[256];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    log_object_test_body(&t, &p, END + 7);
    assert_true(str_eq(text_str(&t), STR("Enable AccessLog for ELB: "
                                         "app/shop/50dc6c495c0c9188 at "
                                         "2026-01-15T12:35:07.000Z")));
}

static void check_arn(const char *arn, const char *bucket, const char *prefix)
{
    struct log_place p = place(WAF_LOG);

    log_place_of_arn(&p, str_of(arn));
    assert_int_equal(p.bucket.n, strlen(bucket));
    assert_memory_equal(p.bucket.n ? p.bucket.p : "", bucket, p.bucket.n);
    assert_int_equal(p.prefix.n, strlen(prefix));
    assert_memory_equal(p.prefix.n ? p.prefix.p : "", prefix, p.prefix.n);
}

static void an_arn_of_a_bucket_may_have_a_prefix(void **state)
{
    (void)state;
    check_arn("arn:aws:s3:::aws-waf-logs-x", "aws-waf-logs-x", "");
    check_arn("arn:aws:s3:::aws-waf-logs-x/", "aws-waf-logs-x", "");
    check_arn("arn:aws:s3:::aws-waf-logs-x/a/b", "aws-waf-logs-x", "a/b");
    check_arn("arn:aws-us-gov:s3:::aws-waf-logs-x/a/", "aws-waf-logs-x", "a");
}

static void what_is_no_bucket_is_no_place(void **state)
{
    (void)state;
    check_arn("arn:aws:firehose:us-east-1:1:deliverystream/aws-waf-logs-x", "",
              "");
    check_arn("arn:aws:logs:us-east-1:1:log-group:aws-waf-logs-x", "", "");
    check_arn("arn:aws:s3", "", "");
    check_arn("arn:aws:s3:", "", "");
    check_arn("arn:aws:s3::", "", "");
    check_arn("arn:aws:s3:::", "", "");
    check_arn("s3://aws-waf-logs-x", "", "");
    check_arn("", "", "");
}

static void only_what_can_be_a_key_fits(void **state)
{
    char prefix[LOG_KEY_MAX + 1];
    struct log_place p = place(ACCESS_LOG);
    char buffer[LOG_KEY_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    memset(prefix, 'p', sizeof(prefix));
    assert_true(log_place_fits(&p));
    p.prefix = str_make(prefix, sizeof(prefix));
    assert_false(log_place_fits(&p));
    while (!log_place_fits(&p))
        p.prefix.n--;
    assert_in_range(p.prefix.n, 700, LOG_KEY_MAX);
    address_parse_ip(STR("2001:db8:1111:2222:3333:4444:5555:6666"), &p.node);
    p.kind = HEALTH_CHECK_LOG;
    log_object_key(&t, &p, END, UINT64_MAX);
    assert_true(text_ok(&t));
    p = place(ACCESS_LOG);
    p.bucket = STR("");
    assert_false(log_place_fits(&p));
    p.bucket = STR("a/b");
    assert_false(log_place_fits(&p));
    p.bucket = STR("a\nb");
    assert_false(log_place_fits(&p));
    p.bucket = STR("a");
    p.prefix = STR("x\ny");
    assert_false(log_place_fits(&p));
}

static void places_differ_in_each_part(void **state)
{
    struct log_place a = place(ACCESS_LOG);
    struct log_place b = a;

    (void)state;
    assert_true(log_place_equal(&a, &b));
    b.kind = CONNECTION_LOG;
    assert_false(log_place_equal(&a, &b));
    b = a;
    b.bucket = STR("logz");
    assert_false(log_place_equal(&a, &b));
    b = a;
    b.prefix = STR("p");
    assert_false(log_place_equal(&a, &b));
    b = a;
    b.name = STR("app/other/1");
    assert_false(log_place_equal(&a, &b));
    b = a;
    b.node.ip[3]++;
    assert_false(log_place_equal(&a, &b));
}

static void check_resource(const char *key, const char *want)
{
    char buffer[LOG_KEY_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    log_object_resource(&t, STR("logs"), str_of(key));
    assert_int_equal(t.n, strlen(want));
    assert_memory_equal(t.p, want, t.n);
}

static void a_policy_allows_all_keys_of_the_account(void **state)
{
    (void)state;
    check_resource("a/AWSLogs/1/ELBAccessLogTestFile",
                   "arn:aws:s3:::logs/a/AWSLogs/1/*");
    check_resource("AWSLogs/1/x/y/z", "arn:aws:s3:::logs/AWSLogs/1/*");
    check_resource("AWSLogs/1", "arn:aws:s3:::logs/*");
    check_resource("else", "arn:aws:s3:::logs/*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_log_is_called_as_alb_calls_it),
        cmocka_unit_test(others_have_the_kind_in_front),
        cmocka_unit_test(slashes_around_a_prefix_make_no_empty_folder),
        cmocka_unit_test(a_window_ends_when_the_next_one_begins),
        cmocka_unit_test(midnight_belongs_to_the_next_day),
        cmocka_unit_test(a_log_that_is_turned_on_has_a_test_file),
        cmocka_unit_test(the_test_file_says_what_and_when),
        cmocka_unit_test(an_arn_of_a_bucket_may_have_a_prefix),
        cmocka_unit_test(what_is_no_bucket_is_no_place),
        cmocka_unit_test(only_what_can_be_a_key_fits),
        cmocka_unit_test(places_differ_in_each_part),
        cmocka_unit_test(a_policy_allows_all_keys_of_the_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
