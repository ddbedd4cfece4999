/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns and detectors that take too long: no match, counted, labelled; never
 * an ACL that ends early.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"

enum { TEXT = 64 * 1024, BODY = 8192 };

#define BODY_PATTERN(name, action, pattern)                                    \
    "{\"Name\": \"" name "\", \"Action\": {\"" action "\": {}}, "              \
    "\"Statement\": {\"RegexMatchStatement\": {\"FieldToMatch\": {\"Body\": "  \
    "{}}, \"RegexString\": \"" pattern "\"}}}"

#define LIMITED(name, action)                                                  \
    "{\"Name\": \"" name "\", \"Action\": {\"" action "\": {}}, "              \
    "\"Statement\": {\"LabelMatchStatement\": {\"Scope\": \"LABEL\", "         \
    "\"Key\": \"awswaf:managed:sluice:limits:regex\"}}}"

struct trial {
    struct acl acl;
    struct evaluator evaluator;
    struct request_made *request;
    struct waf_result result;
    char buffer[TEXT];
};

static struct trial *begin(const char *json)
{
    struct trial *trial = calloc(1, sizeof(*trial));

    assert_non_null(trial);
    acl_begin_text(&trial->acl, json);
    if (!trial->acl.program)
        fail_msg("%s", acl_errors(&trial->acl, trial->buffer, TEXT));
    evaluator_begin(&trial->evaluator);
    trial->request = request_made_new(NULL);
    trial->request->inspected.method = STR("POST");
    trial->request->inspected.path = STR("/");
    trial->request->inspected.body_whole = true;
    return trial;
}

static void end(struct trial *trial)
{
    request_made_free(trial->request);
    evaluator_end(&trial->evaluator);
    acl_end(&trial->acl);
    free(trial);
}

/* Letters that a pattern may share out among its groups in countless ways. */
static const char *evaluate(struct trial *trial, size_t n, bool plain)
{
    struct str got;

    memset(trial->request->text, 'a', n);
    trial->request->text[n] = '!';
    trial->request->inspected.body = str_make(trial->request->text, n + 1);
    evaluator_run(&trial->evaluator, trial->acl.program, trial->request, plain,
                  NULL, &trial->result);
    got = result_text(&trial->result, trial->buffer, TEXT - 1);
    trial->buffer[got.n] = '\0';
    return trial->buffer;
}

static void
test_a_pattern_that_takes_too_long_is_no_match_and_a_label(void **state)
{
    struct trial *trial = begin("{\"rules\": [" BODY_PATTERN(
        "slow", "Block", "([a-z]+)+$") ", " LIMITED("seen", "Block") "]}");

    (void)state;
    for (unsigned plain = 0; plain < 2; plain++)
        assert_string_equal(evaluate(trial, BODY - 1, plain),
                            "BLOCK by seen\n"
                            "match seen BLOCK ends\n"
                            "label awswaf:managed:sluice:limits:regex\n"
                            "limits 1\n");
    /* Short ones are decided. */
    assert_string_equal(evaluate(trial, 8, false), "ALLOW\n");
    end(trial);
}

static void test_a_rule_does_not_see_that_it_took_too_long_itself(void **state)
{
    struct trial *trial =
        begin("{\"rules\": [{\"Name\": \"self\", \"Action\": {\"Count\": {}}, "
              "\"Statement\": {\"OrStatement\": {\"Statements\": ["
              "{\"RegexMatchStatement\": {\"FieldToMatch\": {\"Body\": {}}, "
              "\"RegexString\": \"([a-z]+)+$\"}}, {\"LabelMatchStatement\": "
              "{\"Scope\": \"LABEL\", \"Key\": "
              "\"awswaf:managed:sluice:limits:regex\"}}]}}}, " LIMITED(
                  "later", "Count") "]}");

    (void)state;
    assert_string_equal(evaluate(trial, BODY - 1, false),
                        "ALLOW\n"
                        "match later COUNT\n"
                        "label awswaf:managed:sluice:limits:regex\n"
                        "limits 1\n");
    end(trial);
}

static void test_not_over_a_pattern_that_took_too_long_is_true(void **state)
{
    struct trial *trial =
        begin("{\"statement\": {\"NotStatement\": {\"Statement\": "
              "{\"RegexMatchStatement\": {\"FieldToMatch\": {\"Body\": {}}, "
              "\"RegexString\": \"([a-z]+)+$\"}}}}}");

    (void)state;
    assert_string_equal(evaluate(trial, BODY - 1, false),
                        "BLOCK by r\n"
                        "match r BLOCK ends\n"
                        "label awswaf:managed:sluice:limits:regex\n"
                        "limits 1\n");
    end(trial);
}

/* A search of 8 KB may take half a millisecond; 25 of them are more than a
 * request may take. */
static void
test_when_the_work_of_a_request_is_done_no_pattern_matches(void **state)
{
    static const char letters[] = "bcdefghijklmnopqrstuvwxyz";
    static char json[TEXT];
    struct text t = text_in(json, TEXT - 1);
    unsigned slow = sizeof(letters) - 1;
    struct trial *trial;

    (void)state;
    TEXT_LITERAL(&t, "{\"rules\": [");
    for (unsigned i = 0; i < slow; i++)
        text_printf(&t, BODY_PATTERN("slow%u", "Count", "([a-%c]+)+$") ", ", i,
                    letters[i]);
    TEXT_LITERAL(&t, BODY_PATTERN("easy", "Count", "a+!") ", ");
    TEXT_LITERAL(&t,
                 "{\"Name\": \"bytes\", \"Action\": {\"Count\": {}}, "
                 "\"Statement\": {\"ByteMatchStatement\": {\"FieldToMatch\": "
                 "{\"Body\": {}}, \"PositionalConstraint\": \"ENDS_WITH\", "
                 "\"SearchString\": \"a!\"}}}]}");
    json[t.n] = '\0';
    trial = begin(json);
    for (unsigned i = 0; i < 3; i++) {
        evaluate(trial, BODY - 1, true);
        assert_int_equal(trial->result.regex_limits, slow + 1);
        /* Bytes are looked at all the same. */
        assert_string_equal(trial->buffer,
                            "ALLOW\n"
                            "match bytes COUNT\n"
                            "label awswaf:managed:sluice:limits:regex\n"
                            "limits 26\n");
    }
    evaluate(trial, 4, true);
    assert_string_equal(trial->buffer, "ALLOW\nmatch easy COUNT\n"
                                       "match bytes COUNT\n");
    end(trial);
}

#define QUERY_SQLI(name, chain)                                                \
    "{\"Name\": \"" name "\", \"Action\": {\"Count\": {}}, \"Statement\": "    \
    "{\"SqliMatchStatement\": {\"FieldToMatch\": {\"QueryString\": {}}, "      \
    "\"SensitivityLevel\": \"HIGH\", \"TextTransformations\": [" chain "]}}}"

static void test_slow_patterns_are_no_way_past_detectors(void **state)
{
    static const char letters[] = "bcdefghijklmnopqrstuvwxyz";
    static char json[TEXT];
    struct text t = text_in(json, TEXT - 1);
    unsigned slow = sizeof(letters) - 1;
    struct trial *trial;

    (void)state;
    TEXT_LITERAL(&t, "{\"rules\": [");
    for (unsigned i = 0; i < slow; i++)
        text_printf(&t, BODY_PATTERN("slow%u", "Count", "([a-%c]+)+$") ", ", i,
                    letters[i]);
    TEXT_LITERAL(&t, BODY_PATTERN("easy", "Count", "a+!") ", ");
    TEXT_LITERAL(
        &t, QUERY_SQLI("sqli", "{\"Priority\": 0, \"Type\": \"NONE\"}") "]}");
    json[t.n] = '\0';
    trial = begin(json);
    trial->request->inspected.query = STR("1' or '1'='1");
    evaluate(trial, BODY - 1, true);
    assert_string_equal(trial->buffer,
                        "ALLOW\n"
                        "match sqli COUNT\n"
                        "saw : 1 or 1 = 1\n"
                        "label awswaf:managed:sluice:limits:regex\n"
                        "limits 26\n");
    end(trial);
}

/* Each of 512 chains leaves the query as it is; to look at it once takes a
 * detector a tenth of a millisecond. */
static void test_detectors_without_end_are_given_up(void **state)
{
    enum { LINKS = 9, CHAINS = 1 << LINKS, ROOM = 1024 * 1024, N = 15000 };
    char *json = calloc(1, ROOM);
    struct text t = text_in(json, ROOM - 1);
    char *query = malloc(N);
    struct trial *trial;

    (void)state;
    assert_non_null(json);
    assert_non_null(query);
    memset(query, '(', N);
    TEXT_LITERAL(&t, "{\"rules\": [");
    for (unsigned i = 0; i < CHAINS; i++) {
        char chain[LINKS * 64] = "";
        struct text c = text_in(chain, sizeof(chain) - 1);

        for (unsigned k = 0; k < LINKS; k++)
            text_printf(&c, "%s{\"Priority\": %u, \"Type\": \"%s_NULLS\"}",
                        k ? ", " : "", k, i >> k & 1 ? "REMOVE" : "REPLACE");
        text_printf(&t, QUERY_SQLI("s%u", "%s") "%s", i, chain,
                    i + 1 < CHAINS ? ", " : "]}");
    }
    assert_true(text_ok(&t));
    trial = begin(json);
    trial->request->inspected.query = str_make(query, N);
    evaluate(trial, 8, true);
    assert_in_range(trial->result.regex_limits, 1, CHAINS - 1);
    assert_non_null(trial->result.labels);
    end(trial);
    free(query);
    free(json);
}

static void test_a_full_arena_fails_the_evaluation(void **state)
{
    struct trial *trial = begin(
        "{\"statement\": {\"RegexMatchStatement\": {\"FieldToMatch\": "
        "{\"Body\": {}}, \"RegexString\": \"b\", \"TextTransformations\": "
        "[{\"Priority\": 0, \"Type\": \"HEX_DECODE\"}]}}}");

    (void)state;
    trial->evaluator.arena.limit = 3000;
    assert_string_equal(evaluate(trial, BODY - 1, false), "ALLOW\n");
    memset(trial->request->text, '6', BODY);
    trial->request->inspected.body = str_make(trial->request->text, BODY);
    evaluator_run(&trial->evaluator, trial->acl.program, trial->request, false,
                  NULL, &trial->result);
    assert_true(trial->result.failed);
    end(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_pattern_that_takes_too_long_is_no_match_and_a_label),
        cmocka_unit_test(test_a_rule_does_not_see_that_it_took_too_long_itself),
        cmocka_unit_test(test_not_over_a_pattern_that_took_too_long_is_true),
        cmocka_unit_test(
            test_when_the_work_of_a_request_is_done_no_pattern_matches),
        cmocka_unit_test(test_slow_patterns_are_no_way_past_detectors),
        cmocka_unit_test(test_detectors_without_end_are_given_up),
        cmocka_unit_test(test_a_full_arena_fails_the_evaluation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
