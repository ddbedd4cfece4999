/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/alarm_rule.h"

/* Alarms whose names begin with O are OK, with A in alarm, with I neither. */
static enum alarm_state state_of(struct str name)
{
    switch (name.p[0]) {
    case 'O':
        return ALARM_STATE_OK;
    case 'A':
        return ALARM_STATE_ALARM;
    default:
        return ALARM_STATE_INSUFFICIENT_DATA;
    }
}

static bool holds(const char *text)
{
    enum alarm_state states[ALARM_RULE_CHILDREN_MAX];
    struct region region = {NULL};
    struct alarm_rule rule;
    struct error error = {""};
    bool truth;

    if (!alarm_rule_parse(&region, str_of(text), &rule, &error))
        fail_msg("%s: %s", text, error.text);
    for (unsigned i = 0; i < rule.nchildren; i++)
        states[i] = state_of(rule.children[i]);
    truth = alarm_rule_holds(&rule, states);
    region_end(&region);
    return truth;
}

static void check_fault(const char *text, const char *what)
{
    struct region region = {NULL};
    struct alarm_rule rule;
    struct error error = {""};

    if (alarm_rule_parse(&region, str_of(text), &rule, &error))
        fail_msg("\"%s\" is no fault", text);
    assert_string_equal(error.text, what);
    region_end(&region);
}

static void test_each_function_asks_for_its_state(void **state)
{
    (void)state;
    assert_true(holds("ALARM(A)"));
    assert_false(holds("ALARM(O)"));
    assert_true(holds("OK(O)"));
    assert_false(holds("OK(I)"));
    assert_true(holds("INSUFFICIENT_DATA(I)"));
    assert_false(holds("INSUFFICIENT_DATA(A)"));
    assert_true(holds("TRUE"));
    assert_false(holds("FALSE"));
}

static void test_not_binds_more_than_and_and_that_more_than_or(void **state)
{
    (void)state;
    assert_true(holds("TRUE OR TRUE AND FALSE"));
    assert_false(holds("(TRUE OR TRUE) AND FALSE"));
    assert_true(holds("NOT FALSE OR FALSE"));
    assert_false(holds("NOT (FALSE OR TRUE)"));
    assert_false(holds("NOT TRUE AND FALSE"));
    assert_true(holds("NOT NOT TRUE"));
    assert_true(holds("FALSE AND FALSE OR NOT FALSE AND TRUE"));
}

static void test_names_may_stand_in_quotes(void **state)
{
    struct region region = {NULL};
    struct alarm_rule rule;
    struct error error;

    (void)state;
    assert_true(holds("ALARM( \"A name (with) all, of it\" )"));
    assert_true(holds("ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:x)") ==
                false);
    assert_true(alarm_rule_parse(
        &region, STR("OK(\"a \\\"b\\\" \\\\ c\") AND OK(d) AND ALARM(d)"),
        &rule, &error));
    assert_int_equal(rule.nchildren, 2);
    assert_true(str_eq(rule.children[0], STR("a \"b\" \\ c")));
    assert_true(str_eq(rule.children[1], STR("d")));
    region_end(&region);
}

static void test_at_least_counts(void **state)
{
    (void)state;
    assert_true(holds("AT_LEAST(2, ALARM, (A1, O, A2))"));
    assert_false(holds("AT_LEAST(3, ALARM, (A1, O, A2))"));
    assert_true(holds("AT_LEAST(2, NOT OK, (A1, O, I))"));
    assert_false(holds("AT_LEAST(2, NOT OK, (A1, O1, O2))"));
    assert_true(holds("AT_LEAST(50%, OK, (O1, O2, A1, A2))"));
    assert_false(holds("AT_LEAST(51%, OK, (O1, O2, A1, A2))"));
    assert_true(holds("AT_LEAST(\"34%\", OK, (O1, O2, A1))"));
    assert_true(holds("FALSE OR AT_LEAST(1, OK, (\"O\")) AND TRUE"));
}

static void test_faults_say_where(void **state)
{
    static const char one[] = "ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, "
                              "FALSE, NOT or ( must be";
    char what[256];

    (void)state;
    snprintf(what, sizeof(what), "it ends where %s", one);
    check_fault("", what);
    check_fault("ALARM(a) AND", what);
    check_fault("NOT", what);
    snprintf(what, sizeof(what), "it has \"alarm(a)\" where %s", one);
    check_fault("alarm(a)", what);
    check_fault("ALARM(a) OK(b)", "it has \"OK(b)\" where AND, OR or its end "
                                  "must be");
    check_fault("ALARM(a))", "it has \")\" where AND, OR or its end must be");
    check_fault("(ALARM(a)", "it ends where AND, OR or ) must be");
    check_fault("ALARM a", "it has \"a\" where ( and an alarm must be");
    check_fault("ALARM()", "it has \")\" where the name or ARN of an alarm "
                           "must be");
    check_fault("ALARM(a b)", "it has \"b)\" where ) must be");
    check_fault("ALARM(\"a)", "it ends where the name of an alarm ends with "
                              "\"");
    check_fault("AT_LEAST(0, OK, (a))",
                "it has \"0, OK, (a))\" where a number of alarms, or a "
                "percentage, must be");
    check_fault("AT_LEAST(1, UP, (a))",
                "it has \"UP, (a))\" where OK, ALARM or INSUFFICIENT_DATA "
                "must be");
}

static void test_it_is_bounded(void **state)
{
    char text[ALARM_RULE_MAX + 2];
    struct text t = text_in(text, sizeof(text) - 1);

    (void)state;
    for (unsigned i = 0; i <= ALARM_RULE_CHILDREN_MAX; i++)
        text_printf(&t, "%sOK(a%u)", i ? " OR " : "", i);
    text[t.n] = '\0';
    check_fault(text, "it names more than 100 alarms");
    t.n = 0;
    for (unsigned i = 0; i <= ALARM_RULE_STEPS_MAX / 2; i++)
        text_printf(&t, "%sTRUE", i ? " OR " : "");
    text[t.n] = '\0';
    check_fault(text, "it has more than 500 parts");
    memset(text, '(', sizeof(text));
    text[200] = '\0';
    check_fault(text, "it has \"((((((((((((((((((((((((((((((((((((((((\" "
                      "where there are too many parentheses in each other");
    memset(text, ' ', sizeof(text));
    text[ALARM_RULE_MAX + 1] = '\0';
    check_fault(text, "it is longer than 10240 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_function_asks_for_its_state),
        cmocka_unit_test(test_not_binds_more_than_and_and_that_more_than_or),
        cmocka_unit_test(test_names_may_stand_in_quotes),
        cmocka_unit_test(test_at_least_counts),
        cmocka_unit_test(test_faults_say_where),
        cmocka_unit_test(test_it_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
