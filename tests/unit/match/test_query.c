/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/query.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct pattern *make(const char *text)
{
    return pattern_new(str_of(text), PATTERN_ANY_CASE, true);
}

struct attempt {
    const char *query;
    const char *key; /* NULL: any */
    const char *value;
    const char *found; /* NULL: none */
};

static void check(const struct attempt *tries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct attempt *t = &tries[i];
        struct pattern *key = t->key ? make(t->key) : NULL;
        struct pattern *value = make(t->value);
        struct query_parameter p;
        bool found = query_find(str_of(t->query), key, value, &p);

        if (found != (t->found != NULL) ||
            (found && !str_eq(p.whole, str_of(t->found))))
            fail_msg("case %zu: %s in ?%s", i, t->value, t->query);
        pattern_free(key);
        pattern_free(value);
    }
}

static void test_parameters_are_split_as_they_were_sent(void **state)
{
    static const struct {
        const char *key;
        const char *value;
    } want[] = {{"a", "1"},   {"b", ""}, {"c", ""},
                {"d", "x=y"}, {"", "z"}, {"%61", "+"}};
    struct str rest = STR("a=1&b&&c=&d=x=y&=z&%61=+&");
    struct query_parameter p;

    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_true(query_next(&rest, &p));
        assert_true(str_eq(p.key, str_of(want[i].key)));
        assert_true(str_eq(p.value, str_of(want[i].value)));
    }
    assert_false(query_next(&rest, &p));
    assert_false(query_next(&rest, &p));
}

static void test_an_empty_query_has_no_parameters(void **state)
{
    static const struct attempt tries[] = {{"", NULL, "*", NULL},
                                           {"&&&", NULL, "*", NULL}};
    struct str none = {NULL, 0};
    struct query_parameter p;

    (void)state;
    assert_false(query_next(&none, &p));
    check(tries, COUNT(tries));
}

/* Checklist 46. */
static void test_key_and_value_must_match_in_one_parameter(void **state)
{
    static const struct attempt tries[] = {
        {"v=2", "v", "2", "v=2"},    {"v=1&v=2", "v", "2", "v=2"},
        {"v=1&w=2", "v", "2", NULL}, {"v=22", "v", "2", NULL},
        {"vv=2", "v", "2", NULL},    {"x&v=2&y", "v", "2", "v=2"},
    };

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 46. */
static void test_without_a_key_any_parameter_may_have_the_value(void **state)
{
    static const struct attempt tries[] = {
        {"a=1&b=beta", NULL, "beta", "b=beta"},
        {"beta", NULL, "beta", NULL}, /* a key, with the empty value */
        {"beta=1", NULL, "beta", NULL},
        {"a", NULL, "", "a"},
        {"a=1", NULL, "*", "a=1"},
    };

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 46. */
static void test_the_case_of_key_and_value_does_not_matter(void **state)
{
    static const struct attempt tries[] = {
        {"Version=BETA", "vERSION", "Beta", "Version=BETA"}};

    (void)state;
    check(tries, COUNT(tries));
}

/* Checklist 46. */
static void test_wildcards_are_literal_behind_a_backslash(void **state)
{
    static const struct attempt tries[] = {
        {"q=a*", "q", "a\\*", "q=a*"}, {"q=ab", "q", "a\\*", NULL},
        {"q=a?", "q", "a\\?", "q=a?"}, {"q=ab", "q", "a\\?", NULL},
        {"q*=1", "q\\*", "1", "q*=1"}, {"qx=1", "q\\*", "1", NULL},
        {"q=abc", "q", "a*", "q=abc"}, {"qq=1", "q?", "?", "qq=1"},
    };

    (void)state;
    check(tries, COUNT(tries));
}

static void test_nothing_is_decoded(void **state)
{
    static const struct attempt tries[] = {
        {"v=%32", "v", "2", NULL},
        {"v=a%26b", "v", "a%26b", "v=a%26b"},
        {"v=a+b", "v", "a b", NULL},
        {"v=a;w=2", "w", "2", NULL},
    };

    (void)state;
    check(tries, COUNT(tries));
}

static void test_a_parameter_without_equals_has_the_empty_value(void **state)
{
    static const struct attempt tries[] = {
        {"debug", "debug", "", "debug"},
        {"debug", "debug", "*", "debug"},
        {"debug=", "debug", "", "debug="},
        {"debug", "debug", "?*", NULL},
    };

    (void)state;
    check(tries, COUNT(tries));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_are_split_as_they_were_sent),
        cmocka_unit_test(test_an_empty_query_has_no_parameters),
        cmocka_unit_test(test_key_and_value_must_match_in_one_parameter),
        cmocka_unit_test(test_without_a_key_any_parameter_may_have_the_value),
        cmocka_unit_test(test_the_case_of_key_and_value_does_not_matter),
        cmocka_unit_test(test_wildcards_are_literal_behind_a_backslash),
        cmocka_unit_test(test_nothing_is_decoded),
        cmocka_unit_test(test_a_parameter_without_equals_has_the_empty_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
