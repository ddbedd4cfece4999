/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/credentials.h"

static void test_times(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: none */
    } cases[] = {
        {"2026-11-23T21:30:00Z", 1795469400},
        {"2026-11-23T21:30:00.123456Z", 1795469400},
        {"2026-11-23t21:30:00Z", -1},
        {"2026-11-23 21:30:00Z", 1795469400},
        {"2026-11-23T22:30:00+01:00", 1795469400},
        {"2026-11-23T16:00:00-05:30", 1795469400},
        {"2026-11-23T21:30:00", -1},
        {"2026-11-23T21:30:00.", -1},
        {"2026-02-30T00:00:00Z", -1},
        {"2026-11-23T25:30:00Z", -1},
        {"2026-11-23T21:30:00+1:00", -1},
        {"1795469400", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = -1;

        if (!aws_time_read(str_of(cases[i].text), &seconds))
            seconds = -1;
        if (seconds != cases[i].seconds)
            fail_msg("%s: %lld", cases[i].text, (long long)seconds);
    }
}

static void check_json(bool process, const char *text, const char *mistake)
{
    struct error error = {.text = ""};
    struct aws_credentials *c =
        aws_credentials_of_json(str_of(text), process, &error);

    if ((c != NULL) != (mistake == NULL) ||
        (mistake && strstr(error.text, mistake) == NULL))
        fail_msg("%s: %s", text, error.text);
    aws_credentials_unref(c);
}

static void test_json_of_processes_and_metadata_services(void **state)
{
    struct error error;
    struct aws_credentials *c = aws_credentials_of_json(
        STR("{\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
            "\"SessionToken\":\"no\",\"Expiration\":\"2026-11-23T21:30:00Z\"}"),
        false, &error);

    (void)state;
    assert_non_null(c);
    assert_true(str_eq(c->keys.access_key, STR("k")));
    assert_true(str_eq(c->keys.secret, STR("s")));
    assert_true(str_eq(c->keys.token, STR("t")));
    assert_int_equal(c->expires, 1795469400);
    aws_credentials_unref(c);
    check_json(true,
               "{\"Version\":1,\"AccessKeyId\":\"k\","
               "\"SecretAccessKey\":\"s\"}",
               NULL);
    check_json(true, "{\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\"}",
               "Version");
    check_json(false, "{\"AccessKeyId\":\"k\"}", "no secret access key");
    check_json(false, "{\"AccessKeyId\":\"k\r\n\",\"SecretAccessKey\":\"s\"}",
               "no object");
    check_json(false, "{\"AccessKeyId\":\"k\\n\",\"SecretAccessKey\":\"s\"}",
               "access key id has");
    check_json(false,
               "{\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\","
               "\"Expiration\":\"soon\"}",
               "Expiration");
    check_json(false, "{\"Code\":\"Failed\"}", "Failed");
    check_json(false, "[]", "no object");
    check_json(false, "", "no object");
}

static void test_answers_of_sts(void **state)
{
    static const char answer[] =
        "<AssumeRoleResponse xmlns='u'><AssumeRoleResult><Credentials>"
        "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>a&amp;b"
        "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"
        "2026-11-23T21:30:00Z</Expiration></Credentials></AssumeRoleResult>"
        "</AssumeRoleResponse>";
    struct error error;
    struct aws_credentials *c =
        aws_credentials_of_sts(str_of(answer), STR("AssumeRole"), &error);

    (void)state;
    assert_non_null(c);
    assert_true(str_eq(c->keys.secret, STR("a&b")));
    assert_int_equal(c->expires, 1795469400);
    aws_credentials_unref(aws_credentials_ref(c));
    assert_true(str_eq(c->keys.access_key, STR("ASIA")));
    aws_credentials_unref(c);
    assert_null(aws_credentials_of_sts(
        str_of(answer), STR("AssumeRoleWithWebIdentity"), &error));
}

static void test_what_is_too_long_is_none(void **state)
{
    static char token[CREDENTIALS_TOKEN_MAX + 1];
    struct sigv4_credentials keys = {
        STR("k"), STR("s"), {token, sizeof(token) - 1}};
    struct error error;
    struct aws_credentials *c;

    (void)state;
    memset(token, 'x', sizeof(token));
    c = aws_credentials_new(&keys, 0, &error);
    assert_non_null(c);
    aws_credentials_unref(c);
    keys.token.n++;
    assert_null(aws_credentials_new(&keys, 0, &error));
    assert_null(strstr(error.text, "xxx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_json_of_processes_and_metadata_services),
        cmocka_unit_test(test_answers_of_sts),
        cmocka_unit_test(test_what_is_too_long_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
