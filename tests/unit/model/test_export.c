/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/export.h"
#include "values.h"

static const struct arn_scope scope = {
    .region_name = {"us-east-1", 9},
    .account = {"000000000000", 12},
    .stack = {"test", 4},
};

struct result {
    struct str text;
    unsigned unknown;
    unsigned secrets;
};

static struct result export_of(const char *resources, bool hide)
{
    struct region region = {NULL};
    struct place mark = {NULL, 0, 0};
    struct account *account =
        account_new(values_parse(&region, resources, &mark), 1);
    struct exported exported = account_export(account, &scope, hide, &region);
    struct result result = {export_text(&exported), exported.unknown,
                            exported.secrets};

    account_release(account);
    region_end(&region);
    return result;
}

static void release_text(struct result *result)
{
    free((char *)(uintptr_t)result->text.p);
}

/* The resources' part of it has `part`. */
static void check_has(const char *resources, bool hide, const char *part)
{
    struct result result = export_of(resources, hide);

    if (strstr(result.text.p, part) == NULL)
        fail_msg("%s\nhas no\n%s", result.text.p, part);
    release_text(&result);
}

static void check_has_not(const char *resources, bool hide, const char *part)
{
    struct result result = export_of(resources, hide);

    if (strstr(result.text.p, part))
        fail_msg("%s\nhas\n%s", result.text.p, part);
    release_text(&result);
}

static void test_an_empty_account_is_a_template_without_resources(void **state)
{
    struct result result = export_of("", false);

    (void)state;
    assert_string_equal(result.text.p,
                        "{\n"
                        "  \"AWSTemplateFormatVersion\": \"2010-09-09\",\n"
                        "  \"Resources\": {}\n"
                        "}\n");
    assert_true(str_starts(result.text, STR(EXPORT_BEGIN)));
    release_text(&result);
}

static void test_every_resource_with_an_arn_says_its_id(void **state)
{
    (void)state;
    /* printf test/Lb | sha256sum */
    check_has("Lb: {Type: LB}", false,
              "    \"Lb\": {\n"
              "      \"Type\": \"AWS::ElasticLoadBalancingV2::LoadBalancer\",\n"
              "      \"Metadata\": {\n"
              "        \"Sluice\": {\n"
              "          \"Id\": \"4db4f50cf3ef2318\"\n"
              "        }\n"
              "      }\n"
              "    }\n");
    check_has("Lb: {Type: LB, Metadata: {Sluice: {Bind: 127.0.0.2}}}", false,
              "          \"Bind\": \"127.0.0.2\",\n          \"Id\": ");
    check_has("Lb: {Type: LB, Metadata: {Sluice: {Id: 0123456789abcdef}}}",
              false, "\"Id\": \"0123456789abcdef\"");
    check_has("C: {Type: CE}", false,
              "\"Id\": \"2056639e-7627-1ef6-e23a-b5678dc7a2ac\"");
    check_has_not("X: {Type: LC}", false, "Metadata");
}

static void test_arns_of_resources_are_references(void **state)
{
    static const char *const kinds[] = {"LB", "TG", "TS", "CE"};
    struct region region = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct str text = region_printf(
            &region, "A: {Type: %s}, B: {Type: LC, Properties: {X: [@A]}}",
            kinds[i]);

        check_has(text.p, false, "{\n            \"Ref\": \"A\"");
    }
    region_end(&region);
}

/* Ref of them is no ARN. */
static void test_arns_of_what_waf_has_are_attributes(void **state)
{
    static const char *const kinds[] = {"WA", "WG", "IP", "RX"};
    struct region region = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct str text = region_printf(
            &region, "A: {Type: %s}, B: {Type: AS, Properties: {X: [@A]}}",
            kinds[i]);

        check_has(text.p, false,
                  "{\n            \"Fn::GetAtt\": [\n              \"A\",\n"
                  "              \"Arn\"\n            ]");
    }
    region_end(&region);
}

static void test_arns_of_others_stay_as_they_are(void **state)
{
    static const char *const arns[] = {
        /* another region, account, kind, id; no ARN at all */
        "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/a/"
        "0123456789abcdef",
        "arn:aws:elasticloadbalancing:us-east-1:000000000001:targetgroup/a/"
        "0123456789abcdef",
        "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/"
        "a/0123456789abcdef",
        "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/a/"
        "0123456789abcdee",
        "arn:aws:acm:us-east-1:000000000000:targetgroup/a/0123456789abcdef",
        "targetgroup/a/0123456789abcdef",
        "arn:aws:",
    };
    struct region region = {NULL};

    (void)state;
    check_has("Tg: {Type: TG, Metadata: {Sluice: {Id: 0123456789abcdef}}}, "
              "B: {Type: X, Properties: {X: "
              "'arn:aws:elasticloadbalancing:us-east-1:000000000000:"
              "targetgroup/a/0123456789abcdef'}}",
              false, "\"Ref\": \"Tg\"");
    for (size_t i = 0; i < sizeof(arns) / sizeof(*arns); i++) {
        struct str text = region_printf(
            &region,
            "Tg: {Type: TG, Metadata: {Sluice: {Id: 0123456789abcdef}}}, "
            "B: {Type: X, Properties: {X: '%s'}}",
            arns[i]);

        check_has(text.p, false, arns[i]);
        check_has_not(text.p, false, "Ref");
    }
    region_end(&region);
}

static void test_what_only_aws_knows_is_left_out_and_counted(void **state)
{
    struct result result =
        export_of("A: {Type: X, Properties: {Vpc: ?why?, L: [1, ?why?, 2], "
                  "N: 080, E: [], M: {}}}",
                  false);

    (void)state;
    assert_int_equal(result.unknown, 2);
    assert_non_null(strstr(result.text.p, "\"Properties\": {\n"
                                          "        \"L\": [\n"
                                          "          1,\n"
                                          "          2\n"
                                          "        ],\n"
                                          "        \"N\": \"080\",\n"
                                          "        \"E\": [],\n"
                                          "        \"M\": {}\n"));
    release_text(&result);
}

#define SECRETS                                                                \
    "Web: {Type: X, Properties: {A: [{ClientId: me, ClientSecret: s3cret}], "  \
    "B: '-----BEGIN PRIVATE KEY----- x'}}"

static void test_secrets_are_parameters_where_they_are_hidden(void **state)
{
    struct result result = export_of(SECRETS, true);

    (void)state;
    assert_int_equal(result.secrets, 2);
    assert_null(strstr(result.text.p, "s3cret"));
    assert_null(strstr(result.text.p, "BEGIN PRIVATE"));
    assert_non_null(strstr(result.text.p,
                           "  \"Parameters\": {\n"
                           "    \"WebSecret1\": {\n"
                           "      \"Type\": \"String\",\n"
                           "      \"NoEcho\": \"true\",\n"
                           "      \"Description\": \"ClientSecret of Web\"\n"
                           "    },\n"
                           "    \"WebSecret2\": {"));
    assert_non_null(strstr(result.text.p, "\"Ref\": \"WebSecret1\""));
    release_text(&result);
    check_has(SECRETS, false, "s3cret");
    check_has_not(SECRETS, false, "Parameters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_account_is_a_template_without_resources),
        cmocka_unit_test(test_every_resource_with_an_arn_says_its_id),
        cmocka_unit_test(test_arns_of_resources_are_references),
        cmocka_unit_test(test_arns_of_what_waf_has_are_attributes),
        cmocka_unit_test(test_arns_of_others_stay_as_they_are),
        cmocka_unit_test(test_what_only_aws_knows_is_left_out_and_counted),
        cmocka_unit_test(test_secrets_are_parameters_where_they_are_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
