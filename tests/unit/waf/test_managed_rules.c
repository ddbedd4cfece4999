/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "managed.h"
#include "model/managed_groups.h"

static const char *const groups[] = {
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    NULL,
};

enum { LEAST = 4 }; /* requests that match, and that pass, of each rule */

static struct str text_of(const json_t *object, const char *name)
{
    const json_t *s = json_object_get(object, name);

    return str_make(json_string_value(s), json_string_length(s));
}

/* ---- what the rules look like --------------------------------------------------- */

static bool is_listed(const struct managed_group *group, struct str label)
{
    for (const char *const *l = group->labels; *l; l++) {
        if (str_eq(str_of(*l), label))
            return true;
    }
    return false;
}

/* Checklist 116. */
static void test_rules_have_the_names_actions_and_labels_of_aws(void **state)
{
    struct managed m;

    (void)state;
    managed_begin(&m, groups);
    for (unsigned g = 0; groups[g]; g++) {
        const struct managed_group *group =
            managed_group_find(STR("AWS"), str_of(groups[g]));
        const struct config_rule_group *ours =
            m.config->waf->acls[0]->rules[g].statement->u.group.group;

        assert_int_equal(ours->nrules, group->nrules);
        for (unsigned i = 0; i < ours->nrules; i++) {
            const struct waf_rule *rule = &ours->rules[i];

            assert_true(str_eq(rule->name, str_of(group->rules[i].name)));
            assert_string_equal(group->rules[i].action, "Block");
            assert_int_equal(rule->action.type, WAF_BLOCK);
            assert_int_equal(rule->nlabels, 1);
            assert_true(is_listed(group, rule->labels[0]));
        }
    }
    managed_end(&m);
}

/* ---- requests beside the rules --------------------------------------------------- */

static unsigned check_one(struct managed *m, const json_t *row,
                          const json_t *request, bool matches, bool plain)
{
    struct str rule = text_of(row, "Rule");
    struct waf_result result;
    bool matched, labelled;
    char others[4096];
    char *text;

    managed_run(m, request, plain, &result);
    matched = managed_matched(&result, rule);
    labelled = managed_labelled(&result, text_of(row, "Label"));
    if (matched == matches && labelled == matches)
        return 0;
    text = json_dumps(request, 0);
    printf("%s%s: %s: %s, but: %s\n", rule.p, plain ? " (plain)" : "", text,
           matches ? "matches" : "passes",
           managed_matches(&result, others, sizeof(others)));
    free(text);
    return 1;
}

static unsigned check_row(struct managed *m, const json_t *row,
                          const char *name, bool matches)
{
    const json_t *requests = json_object_get(row, name);
    unsigned failed = 0;
    json_t *request;
    size_t i;

    assert_true(json_array_size(requests) >= LEAST);
    json_array_foreach(requests, i, request)
    {
        failed += check_one(m, row, request, matches, false);
        failed += check_one(m, row, request, matches, true);
    }
    return failed;
}

static void check_group(unsigned g)
{
    const struct managed_group *group =
        managed_group_find(STR("AWS"), str_of(groups[g]));
    char path[128];
    unsigned failed = 0;
    json_t *file, *row;
    struct managed m;
    size_t i;

    snprintf(path, sizeof(path), "rules/%s.tests.json", groups[g]);
    file = managed_load(path);
    managed_begin(&m, groups);
    assert_int_equal(json_array_size(json_object_get(file, "Tests")),
                     group->nrules);
    json_array_foreach(json_object_get(file, "Tests"), i, row)
    {
        failed += check_row(&m, row, "Matches", true);
        failed += check_row(&m, row, "Passes", false);
    }
    assert_int_equal(failed, 0);
    managed_end(&m);
    json_decref(file);
}

/* Checklist 117, 119. */
static void test_the_common_rules_do_as_their_requests_say(void **state)
{
    (void)state;
    check_group(0);
}

static void test_the_known_bad_inputs_do_as_their_requests_say(void **state)
{
    (void)state;
    check_group(1);
}

static void test_the_sql_rules_do_as_their_requests_say(void **state)
{
    (void)state;
    check_group(2);
}

/* ---- what must pass ---------------------------------------------------------------- */

static void test_what_people_do_passes_all_rules(void **state)
{
    json_t *file = managed_load("tests/unit/waf/data/benign.json"), *request;
    unsigned failed = 0;
    struct managed m;
    size_t i;

    (void)state;
    managed_begin(&m, groups);
    assert_true(json_array_size(file) >= 300);
    json_array_foreach(file, i, request)
    {
        struct waf_result result;
        char rules[4096];
        char *text;

        managed_run(&m, request, i % 2, &result);
        if (result.matches == NULL)
            managed_run(&m, request, i % 2 == 0, &result);
        if (result.matches == NULL)
            continue;
        failed++;
        text = json_dumps(request, 0);
        printf("%s: %s\n", managed_matches(&result, rules, sizeof(rules)),
               text);
        free(text);
    }
    printf("%zu requests, %u match\n", json_array_size(file), failed);
    assert_int_equal(failed, 0);
    managed_end(&m);
    json_decref(file);
}

/* ---- what would take long ----------------------------------------------------------- */

static json_t *repeated(const char *what)
{
    char text[64];

    snprintf(text, sizeof(text), "{{%s*%zu}}", what, 8000 / strlen(what));
    return json_pack("{s:s, s:s++, s:s}", "Method", "POST", "Url",
                     "/x?a=", text, "", "Body", text);
}

/* managed_run() asserts that no pattern gave up. */
static void test_no_pattern_gives_up(void **state)
{
    static const char *const texts[] = {
        "${a",    "${:-",    "../",     "....",   "..;",     "http://",
        "1.1.",   "0x0",     "latest/", "union ", "select ", "; drop",
        "sleep(", "$1:",     "'$:a:",   "getrun", "java.l",  "rO0AB",
        "<a b=",  "' or ",   "((",      "\\u00",  "%25",     ".log",
        "a.log/", "' by 1 ", "xp_ ",    "exec ",  "ndi${",
    };
    struct managed m;

    (void)state;
    managed_begin(&m, groups);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        json_t *request = repeated(texts[i]);
        struct waf_result result;

        assert_non_null(request);
        managed_run(&m, request, false, &result);
        managed_run(&m, request, true, &result);
        assert_true(
            managed_matched(&result, STR("SizeRestrictions_QUERYSTRING")));
        json_decref(request);
    }
    managed_end(&m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_have_the_names_actions_and_labels_of_aws),
        cmocka_unit_test(test_the_common_rules_do_as_their_requests_say),
        cmocka_unit_test(test_the_known_bad_inputs_do_as_their_requests_say),
        cmocka_unit_test(test_the_sql_rules_do_as_their_requests_say),
        cmocka_unit_test(test_what_people_do_passes_all_rules),
        cmocka_unit_test(test_no_pattern_gives_up),
    };

    return cmocka_run_group_tests_name("waf/managed_rules", tests, NULL, NULL);
}
