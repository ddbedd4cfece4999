/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"
#include "waf/meter.h"

enum { TEXT = 64 * 1024, METERS = 2 };

struct bench {
    struct waf_meter *meters[METERS];
    struct acl acl;
    struct evaluator evaluator;
    char text[TEXT];
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    for (unsigned i = 0; i < METERS; i++)
        b->meters[i] = waf_meter_new();
    evaluator_begin(&b->evaluator);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    for (unsigned i = 0; i < METERS; i++)
        waf_meter_free(b->meters[i]);
    evaluator_end(&b->evaluator);
    free(b);
    return 0;
}

/* A request that the ACL sees, counted by that meter. */
static void ask(struct bench *b, unsigned meter, const char *line)
{
    struct value value = {.kind = VALUE_STRING, .text = str_of(line)};
    struct request_made *request = request_made_new(&value);
    struct waf_result result;

    evaluator_run(&b->evaluator, b->acl.program, request, false, NULL, &result);
    waf_meter_count(b->meters[meter], b->acl.program, &result);
    request_made_free(request);
}

/* Lines "ACL GROUP RULE: ALLOW 1 COUNT 2", of labels "label NAMESPACE NAME:
 * ...", without numbers that are 0. */
static const char *sums(struct bench *b)
{
    static const char *const words[WAF_METER_WORDS] = {
        "ALLOW", "BLOCK", "COUNT", "CAPTCHA", "CHALLENGE", "PASSED"};
    struct region region = {NULL};
    struct text t = text_in(b->text, TEXT - 1);
    unsigned n;
    const struct waf_metric *m = waf_meters_sum(b->meters, METERS, &region, &n);

    for (unsigned i = 0; i < n; i++) {
        text_printf(&t, "%s" STR_FMT "/" STR_FMT "/" STR_FMT ":",
                    m[i].label ? "label " : "", STR_ARG(m[i].acl),
                    STR_ARG(m[i].group), STR_ARG(m[i].rule));
        for (unsigned k = 0; k < WAF_METER_WORDS; k++)
            if (m[i].counts[k])
                text_printf(&t, " %s %llu", words[k],
                            (unsigned long long)m[i].counts[k]);
        text_char(&t, '\n');
    }
    assert_true(text_ok(&t));
    b->text[t.n] = '\0';
    region_end(&region);
    return b->text;
}

#define CONTAINS(text)                                                         \
    "{\"ByteMatchStatement\": {\"FieldToMatch\": {\"UriPath\": {}}, "          \
    "\"PositionalConstraint\": \"CONTAINS\", \"SearchString\": \"" text "\"}}"
#define METRIC(name)                                                           \
    "\"VisibilityConfig\": {\"CloudWatchMetricsEnabled\": true, "              \
    "\"SampledRequestsEnabled\": true, \"MetricName\": \"" name "\"}"
#define RULE(name, action, text)                                               \
    "{\"Name\": \"" name                                                       \
    "\", " METRIC("m-" name) ", \"Action\": {\"" action                        \
                             "\": {}}, \"Statement\": " CONTAINS(text) "}"

static const char plain[] =
    "{\"rules\": [" RULE("count", "Count", "c") ", " RULE(
        "again", "Count", "cc") ", " RULE("block", "Block",
                                          "b") ", " RULE("ask", "Captcha",
                                                         "a") "]}";

static void test_rules_all_and_the_default_action_count(void **state)
{
    struct bench *b = *state;

    acl_begin_text(&b->acl, plain);
    ask(b, 0, "GET /");
    ask(b, 0, "GET /c");
    ask(b, 1, "GET /cc");
    ask(b, 1, "GET /ccb");
    ask(b, 1, "GET /a");
    ask(b, 0, "GET /b");
    assert_string_equal(sums(b), "acl//ALL: ALLOW 3 BLOCK 2 COUNT 3 CAPTCHA 1\n"
                                 "acl//Default_Action: ALLOW 3\n"
                                 "acl//m-again: COUNT 2\n"
                                 "acl//m-ask: CAPTCHA 1\n"
                                 "acl//m-block: BLOCK 2\n"
                                 "acl//m-count: COUNT 3\n");
    acl_end(&b->acl);
}

static const char groups[] =
    "{\"resources\": {\"Group\": {\"Type\": \"AWS::WAFv2::RuleGroup\", "
    "\"Properties\": {\"Name\": \"g\", \"Scope\": \"REGIONAL\", "
    "\"Capacity\": 100, " METRIC("m-g") ", \"Rules\": [" RULE(
        "one", "Count",
        "1") ", " RULE("two", "Count",
                       "2") ", " RULE("three", "Block",
                                      "3") "]}}}, \"rules\": ["
                                           "{\"Name\": \"shadow\", " METRIC(
                                               "m-shadow") ", "
                                                           "\"OverrideAction\":"
                                                           " "
                                                           "{\"Count\": {}}, "
                                                           "\"Statement\": "
                                                           "{\"RuleGroupReferen"
                                                           "ceStatement\": "
                                                           "{\"Arn\": "
                                                           "{\"Fn::GetAtt\": "
                                                           "[\"Group\", "
                                                           "\"Arn\"]}}}},"
                                                           "{\"Name\": "
                                                           "\"real\", " METRIC(
                                                               "m-real") ", "
                                                                         "\"Ove"
                                                                         "rride"
                                                                         "Actio"
                                                                         "n\": "
                                                                         "{\"No"
                                                                         "ne\":"
                                                                         " {}},"
                                                                         " \"St"
                                                                         "ateme"
                                                                         "nt\":"
                                                                         " {"
                                                                         "\"Rul"
                                                                         "eGrou"
                                                                         "pRefe"
                                                                         "rence"
                                                                         "State"
                                                                         "ment"
                                                                         "\": "
                                                                         "{\"Ar"
                                                                         "n\": "
                                                                         "{\"Fn"
                                                                         "::"
                                                                         "GetAt"
                                                                         "t\": "
                                                                         "[\"Gr"
                                                                         "oup\""
                                                                         ", "
                                                                         "\"Arn"
                                                                         "\"]},"
                                                                         " "
                                                                         "\"Rul"
                                                                         "eActi"
                                                                         "onOve"
                                                                         "rride"
                                                                         "s\": "
                                                                         "[{"
                                                                         "\"Nam"
                                                                         "e\": "
                                                                         "\"thr"
                                                                         "ee\","
                                                                         " \"Ac"
                                                                         "tionT"
                                                                         "oUse"
                                                                         "\": "
                                                                         "{\"Ch"
                                                                         "allen"
                                                                         "ge\":"
                                                                         " {}}}"
                                                                         "]}}}]"
                                                                         "}";

/* Both references count in the group's rows. */
static void test_groups_have_rows_of_their_own(void **state)
{
    struct bench *b = *state;

    acl_begin_text(&b->acl, groups);
    ask(b, 0, "GET /");
    ask(b, 0, "GET /12");
    ask(b, 0, "GET /3");
    assert_string_equal(sums(b),
                        "acl//ALL: ALLOW 2 COUNT 1 CHALLENGE 1\n"
                        "acl//Default_Action: ALLOW 2\n"
                        "acl//m-real: CHALLENGE 1\n"
                        "acl//m-shadow: COUNT 1\n"
                        "acl/m-g/ALL: BLOCK 1 COUNT 2 CHALLENGE 1 PASSED 2\n"
                        "acl/m-g/m-one: COUNT 2\n"
                        "acl/m-g/m-three: BLOCK 1 CHALLENGE 1\n"
                        "acl/m-g/m-two: COUNT 2\n");
    acl_end(&b->acl);
}

static const char labelled[] = "{\"rules\": [{\"Name\": \"l\", " METRIC(
    "m") ", \"Action\": {\"Count\": "
         "{}}, \"RuleLabels\": [{\"Name\": \"a:b\"}, {\"Name\": \"c\"}], "
         "\"Statement\": " CONTAINS("l") "}, " RULE("block", "Block", "b") "]}";

static void test_labels_count_with_what_became_of_the_request(void **state)
{
    struct bench *b = *state;

    acl_begin_text(&b->acl, labelled);
    ask(b, 0, "GET /l");
    ask(b, 1, "GET /l");
    ask(b, 0, "GET /lb");
    assert_non_null(
        strstr(sums(b), "label awswaf:000000000000:webacl:acl://c: ALLOW 2 "
                        "BLOCK 1\n"
                        "label awswaf:000000000000:webacl:acl:a://b: ALLOW 2 "
                        "BLOCK 1\n"));
    acl_end(&b->acl);
}

/* An update is another program; the worker has another snapshot. */
static void test_an_update_of_an_acl_counts_on(void **state)
{
    struct bench *b = *state;

    acl_begin_text(&b->acl, plain);
    ask(b, 0, "GET /b");
    waf_meter_turn(b->meters[0]);
    acl_end(&b->acl);
    acl_begin_text(&b->acl, "{\"rules\": [" RULE("block", "Block", "x") "]}");
    ask(b, 0, "GET /x");
    ask(b, 0, "GET /b");
    assert_string_equal(sums(b), "acl//ALL: ALLOW 1 BLOCK 2\n"
                                 "acl//Default_Action: ALLOW 1\n"
                                 "acl//m-block: BLOCK 2\n");
    acl_end(&b->acl);
}

static struct waf_result labelled_by(struct waf_label *label, struct str name,
                                     const struct bench *b)
{
    *label = (struct waf_label){.name = name};
    return (struct waf_result){
        .action = WAF_ALLOW,
        .details = &waf_program_acl(b->acl.program)->default_action,
        .labels = label,
    };
}

static void test_what_is_beyond_the_cap_counts_as_other(void **state)
{
    struct bench *b = *state;
    struct region region = {NULL};
    const struct waf_metric *m;
    uint64_t labels = 0;
    unsigned n;

    acl_begin_text(&b->acl, plain);
    for (unsigned i = 0; i < WAF_METER_LABELS_MAX + 10; i++) {
        char name[32];
        struct waf_label label;
        struct waf_result result;

        snprintf(name, sizeof(name), "n:%u", i);
        result = labelled_by(&label, str_of(name), b);
        waf_meter_count(b->meters[0], b->acl.program, &result);
    }
    m = waf_meters_sum(b->meters, METERS, &region, &n);
    for (unsigned i = 0; i < n; i++) {
        labels += m[i].label;
        if (m[i].label && str_eq(m[i].rule, STR("other")))
            assert_int_equal(m[i].counts[WAF_ALLOW], 10);
    }
    assert_int_equal(labels, WAF_METER_LABELS_MAX + 1);
    region_end(&region);
    acl_end(&b->acl);
}

enum { LABELS = 1000, EACH = 50 };

struct reader {
    struct bench *bench;
    _Atomic bool over;
};

static void *read_on(void *arg)
{
    struct reader *reader = arg;
    uint64_t before = 0;

    while (!atomic_load(&reader->over)) {
        struct region region = {NULL};
        uint64_t sum = 0;
        unsigned n;
        const struct waf_metric *m =
            waf_meters_sum(reader->bench->meters, METERS, &region, &n);

        for (unsigned i = 0; i < n; i++)
            sum += m[i].label ? m[i].counts[WAF_ALLOW] : 0;
        region_end(&region);
        if (sum < before)
            return arg; /* it went back */
        before = sum;
    }
    return NULL;
}

static void test_readers_see_numbers_that_only_grow(void **state)
{
    struct bench *b = *state;
    struct reader reader = {.bench = b};
    pthread_t thread;
    void *why;

    acl_begin_text(&b->acl, plain);
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    for (unsigned i = 0; i < LABELS * EACH; i++) {
        char name[32];
        struct waf_label label;
        struct waf_result result;

        snprintf(name, sizeof(name), "n:%u", i % LABELS);
        result = labelled_by(&label, str_of(name), b);
        waf_meter_count(b->meters[i % METERS], b->acl.program, &result);
    }
    atomic_store(&reader.over, true);
    pthread_join(thread, &why);
    assert_null(why);
    acl_end(&b->acl);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_rules_all_and_the_default_action_count),
        TEST(test_groups_have_rows_of_their_own),
        TEST(test_labels_count_with_what_became_of_the_request),
        TEST(test_an_update_of_an_acl_counts_on),
        TEST(test_what_is_beyond_the_cap_counts_as_other),
        TEST(test_readers_see_numbers_that_only_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
