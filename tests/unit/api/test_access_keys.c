/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/access_keys.h"

#define SECRET "ExampleSecretExampleSecretExampleSecret0"
#define KEY(id, user, more)                                                    \
    "{\"AccessKeyId\": \"" id "\", \"SecretAccessKey\": \"" SECRET             \
    "\", \"UserName\": \"" user "\"" more "}"
#define KEYS(list) "{\"AccessKeys\": [" list "]}"
#define ALLOW(action)                                                          \
    "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", "    \
    "\"Action\": \"" action "\", \"Resource\": \"*\"}}"

static struct policy_values none(void *owner, struct str key,
                                 struct region *region)
{
    (void)owner;
    (void)key;
    (void)region;
    return (struct policy_values){NULL, 0};
}

static bool may(const struct access_keys *keys, const char *id,
                const char *action)
{
    const struct access_key *key = access_keys_find(keys, str_of(id));
    struct region region = {NULL};
    struct policy_question q = {.action = str_of(action),
                                .resource = STR("*"),
                                .values = none,
                                .region = &region};
    bool ok = policy_decide(key->policies, &q) == POLICY_ALLOW;

    region_end(&region);
    return ok;
}

static void test_keys_of_a_user_share_its_policies(void **state)
{
    struct report report = {.strict = false};
    struct access_keys *keys = access_keys_read(
        "keys.json",
        STR(KEYS(
            KEY("AKIA000000000001", "Ann", ", \"Policies\": [" ALLOW("a:A") "]") "," KEY(
                "AKIA000000000002", "Bob",
                "") "," KEY("AKIA000000000003", "Ann",
                            ", \"Policies\": [" ALLOW("a:B") ", " ALLOW(
                                "a:C") "]") "," KEY("AKIA000000000004", "Ann",
                                                    ""))),
        &report);

    (void)state;
    assert_non_null(keys);
    assert_int_equal(access_keys_count(keys), 4);
    for (char c = '1'; c <= '4'; c++) {
        char id[] = "AKIA000000000001";

        id[15] = c;
        if (c == '2')
            continue;
        assert_true(may(keys, id, "a:A"));
        assert_true(may(keys, id, "a:B"));
        assert_true(may(keys, id, "a:C"));
        assert_false(may(keys, id, "a:D"));
    }
    assert_false(may(keys, "AKIA000000000002", "a:A"));
    assert_int_equal(report.warnings, 1);
    assert_non_null(strstr(report.first->what.p, "user Bob has no Policies"));
    report_end(&report);
    access_keys_release(keys);
}

static void test_what_the_command_prints_can_be_pasted(void **state)
{
    struct report report = {.strict = false};
    struct access_keys *keys = access_keys_read(
        "keys.json",
        STR(KEYS(KEY("AKIA000000000001", "Ann",
                     ", \"Status\": \"Inactive\", "
                     "\"CreateDate\": "
                     "\"2026-01-01T00:00:00Z\", \"Policies\": "
                     "[]") "," KEY("AKIA000000000002", "Ann",
                                   ", \"Status\": \"Active\""))),
        &report);
    const struct access_key *key;

    (void)state;
    assert_non_null(keys);
    key = access_keys_find(keys, STR("AKIA000000000001"));
    assert_false(key->active);
    key = access_keys_first(keys);
    assert_true(str_eq(key->id, STR("AKIA000000000002")));
    assert_true(str_eq(key->secret, STR(SECRET)));
    assert_null(access_keys_find(keys, STR("AKIA00000000000")));
    report_end(&report);
    access_keys_release(access_keys_hold(keys));
    access_keys_release(keys);
}

static void test_no_keys_let_nobody_in(void **state)
{
    struct access_keys *keys = access_keys_none();

    (void)state;
    assert_null(access_keys_find(keys, STR("")));
    assert_null(access_keys_first(keys));
    access_keys_release(keys);
}

static void refused(const char *text, const char *what)
{
    struct report report = {.strict = false};
    struct access_keys *keys =
        access_keys_read("keys.json", str_of(text), &report);
    char printed[2048];
    struct text t = text_in(printed, sizeof(printed) - 1);

    if (keys)
        fail_msg("%s is taken", text);
    for (const struct problem *p = report.first; p; p = p->next)
        report_put(&t, &report, p);
    printed[t.n] = '\0';
    if (strstr(printed, what) == NULL)
        fail_msg("%s: %s", text, printed);
    /* A secret must not end on a terminal or in a log. */
    if (strstr(printed, SECRET))
        fail_msg("the secret is printed: %s", printed);
    report_end(&report);
}

static void test_mistakes_are_told_with_their_paths(void **state)
{
    static const char *const cases[][2] = {
        {"", "keys.json"},
        {"{", "close it"},
        {"[]", "there are no AccessKeys"},
        {"{}", "there are no AccessKeys"},
        {"{\"AccessKeys\": {}}", "must be a list with at least one"},
        {KEYS(""), "must be a list with at least one"},
        {KEYS("3"), "AccessKeys[0] must be an object"},
        {KEYS("{}"), "AccessKeys[0] has no SecretAccessKey"},
        {"{\"AccessKey\": [], \"AccessKeys\": [{}]}", "no member AccessKey"},
        {KEYS(KEY("AKIA000000000001", "Ann", ", \"Polices\": []")),
         "did you mean Policies?"},
        {KEYS(KEY("AKIA", "Ann", "")),
         "AccessKeys[0].AccessKeyId has 4 characters"},
        {KEYS(KEY("AKIA 00000000001", "Ann", "")),
         "AccessKeyId has a character"},
        {KEYS(KEY("AKIA000000000001", "", "")), "UserName has 0 characters"},
        {KEYS(KEY("AKIA000000000001", "A:b", "")), "UserName has a character"},
        {KEYS("{\"AccessKeyId\": \"AKIA000000000001\", \"UserName\": \"A\", "
              "\"SecretAccessKey\": \"short\"}"),
         "keys.json:1:89: error: AccessKeys[0].SecretAccessKey has 5"},
        {KEYS("{\"AccessKeyId\": \"AKIA000000000001\", \"UserName\": [], "
              "\"SecretAccessKey\": \"" SECRET "\"}"),
         "UserName must be a string, not a list"},
        {KEYS(KEY("AKIA000000000001", "Ann", ", \"Status\": \"active\"")),
         "Status is neither Active nor Inactive"},
        {KEYS(KEY("AKIA000000000001", "Ann", ", \"Policies\": {}")),
         "Policies must be a list"},
        {KEYS(KEY("AKIA000000000001", "Ann",
                  ", \"Policies\": [{\"Statement\": {\"Effect\": \"Allow\", "
                  "\"Action\": \"*\", \"Resource\": \"*\", \"Condition\": "
                  "{\"StringEqals\": {\"aws:username\": \"x\"}}}}]")),
         "AccessKeys[0].Policies[0].Statement.Condition.StringEqals: there "
         "is no condition operator StringEqals"},
        {KEYS(KEY("AKIA000000000001", "Ann", "") "," KEY("AKIA000000000001",
                                                         "Bob", "")),
         "AccessKeys[1] has the same AccessKeyId"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        refused(cases[i][0], cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_of_a_user_share_its_policies),
        cmocka_unit_test(test_what_the_command_prints_can_be_pasted),
        cmocka_unit_test(test_no_keys_let_nobody_in),
        cmocka_unit_test(test_mistakes_are_told_with_their_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
