/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "builds.h"
#include "model/account_json.h"
#include "model/config.h"
#include "model/waf_words.h"
#include "model/web_acl.h"

#define NONE "TextTransformations: [{Priority: 0, Type: NONE}]"
#define TWO                                                                    \
    "TextTransformations: [{Priority: 0, Type: URL_DECODE}, {Priority: 1, "    \
    "Type: HTML_ENTITY_DECODE}]"
#define ON(field, chain) "FieldToMatch: {" field "}, " chain
#define BYTES(position)                                                        \
    "{ByteMatchStatement: {SearchString: a, PositionalConstraint: " position   \
    ", " ON("UriPath: {}", NONE) "}}"
#define JSON "JsonBody: {MatchPattern: {All: {}}, MatchScope: ALL}"
#define FORWARDED(position)                                                    \
    "{IPSetReferenceStatement: {Arn: @Ips, IPSetForwardedIPConfig: "           \
    "{HeaderName: X-Forwarded-For, FallbackBehavior: MATCH, "                  \
    "Position: " position "}}}"
#define GEO "{GeoMatchStatement: {CountryCodes: [AQ]}}"

static const struct statement_case {
    const char *text;
    unsigned capacity;
} statements[] = {
    {BYTES("EXACTLY"), 2},
    {BYTES("STARTS_WITH"), 2},
    {BYTES("ENDS_WITH"), 2},
    {BYTES("CONTAINS"), 10},
    {BYTES("CONTAINS_WORD"), 10},
    {"{RegexMatchStatement: {RegexString: a, " ON("UriPath: {}", NONE) "}}", 3},
    {"{RegexPatternSetReferenceStatement: {Arn: @Res, " ON("UriPath: {}",
                                                           NONE) "}}",
     25},
    {"{SizeConstraintStatement: {ComparisonOperator: GT, Size: 1, " ON(
         "UriPath: {}", NONE) "}}",
     1},
    {"{SqliMatchStatement: {" ON("UriPath: {}", NONE) "}}", 20},
    {"{SqliMatchStatement: {SensitivityLevel: HIGH, " ON("UriPath: {}",
                                                         NONE) "}}",
     30},
    {"{XssMatchStatement: {" ON("UriPath: {}", NONE) "}}", 40},
    /* Checklist 100. */
    {"{XssMatchStatement: {" ON(JSON, TWO) "}}", 100},
    {FORWARDED("ANY"), 5},
    {FORWARDED("FIRST"), 1},
    {"{IPSetReferenceStatement: {Arn: @Ips}}", 1},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: CUSTOM_KEYS, "
     "CustomKeys: [{IP: {}}, {HTTPMethod: {}}]}}",
     62},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: IP, "
     "ScopeDownStatement: " GEO "}}",
     3},
    {"{XssMatchStatement: {" ON("AllQueryArguments: {}",
                                TWO) ", PreParseTextTransformations: "
                                     "[{Priority: 0, Type: URL_DECODE}, "
                                     "{Priority: 1, Type: NONE}]}}",
     80},
    {"{AsnMatchStatement: {AsnList: [1]}}", 1},
    {"{LabelMatchStatement: {Scope: LABEL, Key: a}}", 1},
    {"{NotStatement: {Statement: {AndStatement: {Statements: [" GEO ", " GEO
     ", {OrStatement: {Statements: [" GEO ", " BYTES("CONTAINS") "]}}]}}}}",
     13},
};

static void test_statements_cost_what_they_cost_at_aws(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
        struct config *config = build_good(in_statement, statements[i].text);
        unsigned is = config->waf->acls[0]->capacity;

        if (is != statements[i].capacity)
            fail_msg("%u, not %u: %s", is, statements[i].capacity,
                     statements[i].text);
        config_release(config);
    }
}

static void test_five_labels_are_one_unit(void **state)
{
    static const char *const labels[] = {
        "[]", "[{Name: a}]",
        ("[{Name: a}, {Name: b}, {Name: c}, {Name: d}, "
         "{Name: e}]"),
        "[{Name: a}, {Name: b}, {Name: c}, {Name: d}, {Name: e}, {Name: f}]"};
    static const unsigned capacities[] = {1, 2, 2, 3};
    char text[512];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct config *config;

        snprintf(text, sizeof(text),
                 "Action: {Count: {}}, RuleLabels: %s, Statement: " GEO,
                 labels[i]);
        config = build_good(in_acl_rule, text);
        assert_int_equal(config->waf->acls[0]->capacity, capacities[i]);
        config_release(config);
    }
}

static const struct value *read_file(struct region *region)
{
    const char *top = getenv("TOP_SRCDIR");
    struct error error = {""};
    const struct value *file;
    char path[512];
    struct str text;
    FILE *f;

    snprintf(path, sizeof(path), "%s/tests/unit/model/data/web-acl-shop.json",
             top ? top : ".");
    f = fopen(path, "rb");
    assert_non_null(f);
    text.p = region_take(region, 65536);
    text.n = fread((char *)(uintptr_t)text.p, 1, 65536, f);
    fclose(f);
    file = account_json_read(region, text, &error);
    assert_string_equal(error.text, "");
    return waf_words_from_api(value_get(file, STR("WebACL")), region, &error);
}

/* The ACL of aws-waf.md 1.7, whose sum stands there. */
static void test_a_whole_acl_is_the_sum_of_its_rules(void **state)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    const struct local local = {.retry = RETRY_OFF};
    struct value *resources = value_new(&region, VALUE_MAP, NULL);
    struct value *resource = value_new(&region, VALUE_MAP, NULL);
    struct value *properties = value_copy(&region, read_file(&region));
    struct config *config;

    (void)state;
    value_put(&region, properties, STR("Scope"),
              value_string(&region, STR("REGIONAL"), NULL));
    value_put(&region, resource, STR("Type"),
              value_string(&region, STR("AWS::WAFv2::WebACL"), NULL));
    value_put(&region, resource, STR("Properties"), properties);
    value_put(&region, resources, STR("Shop"), resource);
    config = config_build(resources, STR("test"), &local, &report);
    assert_non_null(config);
    assert_int_equal(config->waf->acls[0]->nrules, 5);
    assert_int_equal(config->waf->acls[0]->capacity, 802);
    config_release(config);
    report_end(&report);
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_cost_what_they_cost_at_aws),
        cmocka_unit_test(test_five_labels_are_one_unit),
        cmocka_unit_test(test_a_whole_acl_is_the_sum_of_its_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
