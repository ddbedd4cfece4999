/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/builds.h"
#include "control/alarm_story.h"
#include "control/alarms.h"

#define ARN "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"
#define MINUTE_MS ((uint64_t)60 * 1000)

static const uint64_t begin_ms = (uint64_t)1795467600 * 1000; /* 21:00:00 */

/* Errors: 5 or more in a minute. */
#define ERRORS                                                                 \
    "Errors: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: N, "       \
    "MetricName: M, Dimensions: [{Name: a, Value: b}], Statistic: Sum, "       \
    "Period: 60, EvaluationPeriods: 1, Threshold: 5, TreatMissingData: "       \
    "notBreaching, ComparisonOperator: GreaterThanOrEqualToThreshold, "        \
    "AlarmActions: ['arn:x'], OKActions: ['arn:ok']}}"
#define COMPOSITE(id, properties)                                              \
    id ": {Type: AWS::CloudWatch::CompositeAlarm, Properties: {" properties "}}"

struct fixture {
    struct alarms *alarms;
    struct series_store *series;
    unsigned nacts;
    struct alarm_change last;
    char reason[ALARM_REASON_MAX + 1];
    char action[128];
};

static void note_act(void *owner, const struct alarm_change *change,
                     struct str action)
{
    struct fixture *f = owner;

    f->nacts++;
    f->last = *change;
    snprintf(f->reason, sizeof(f->reason), STR_FMT, STR_ARG(change->reason));
    snprintf(f->action, sizeof(f->action), STR_FMT, STR_ARG(action));
}

static void know(struct fixture *f, const char *text, uint64_t now_ms)
{
    struct config *config = build_good(in_nothing, text);

    alarms_know(f->alarms, config, f->series, now_ms);
    config_release(config);
}

static void begin(struct fixture *f, const char *text)
{
    struct alarms_ops ops = {.act = note_act, .owner = f};

    *f = (struct fixture){.nacts = 0};
    f->alarms = alarms_new(&ops, begin_ms);
    f->series = series_store_new();
    know(f, text, begin_ms);
}

static void end(struct fixture *f)
{
    alarms_free(f->alarms);
    series_store_free(f->series);
}

/* What was seen in the minute that begins then. */
static void report(struct fixture *f, uint64_t minute_ms, double value)
{
    struct dimension dimension = {STR("a"), STR("b")};
    struct series_name name = {STR("N"), STR("M"), 1, &dimension};
    struct datum datum = {.n = 1, .sum = value, .min = value, .max = value};

    assert_true(series_add(f->series, &name, "Count",
                           (int64_t)(minute_ms / 1000), &datum));
}

static void evaluate(struct fixture *f, uint64_t now_ms)
{
    assert_true(alarms_evaluate(f->alarms, f->series, now_ms));
}

static struct alarm_seen see(const struct fixture *f, const char *name)
{
    struct alarm_seen seen = {.state = ALARM_STATES};
    char arn[512];

    snprintf(arn, sizeof(arn), "%s%s", ARN, name);
    assert_true(alarms_see(f->alarms, str_of(arn), &seen));
    return seen;
}

static void check_state(const struct fixture *f, const char *name,
                        enum alarm_state state)
{
    assert_string_equal(alarm_state_words[see(f, name).state],
                        alarm_state_words[state]);
}

static void set(struct fixture *f, const char *name, enum alarm_state state,
                uint64_t now_ms)
{
    char arn[512];

    snprintf(arn, sizeof(arn), "%s%s", ARN, name);
    assert_true(alarms_set(f->alarms, str_of(arn), state, STR("testing"),
                           STR(""), now_ms));
}

struct listing {
    struct text text;
    char buffer[4096];
};

static void list(void *to, const struct alarm_history_item *item)
{
    struct listing *listing = to;

    text_printf(&listing->text, STR_FMT ": " STR_FMT "\n", STR_ARG(item->name),
                STR_ARG(item->summary));
}

static void check_history(const struct fixture *f, const char *wanted)
{
    struct listing listing;

    listing.text = text_in(listing.buffer, sizeof(listing.buffer) - 1);
    alarm_history_visit(alarms_history(f->alarms), list, &listing);
    listing.buffer[listing.text.n] = '\0';
    assert_string_equal(listing.buffer, wanted);
}

/* ---- alarms of metrics ------------------------------------------------------------------- */

static void test_a_new_alarm_without_data_is_unchecked(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "E: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: N, "
              "MetricName: M, Statistic: Sum, Period: 60, EvaluationPeriods: "
              "1, Threshold: 5, ComparisonOperator: LessThanThreshold}}");
    check_state(&f, "E", ALARM_STATE_INSUFFICIENT_DATA);
    assert_true(
        str_eq(see(&f, "E").reason, STR("Unchecked: Initial alarm creation")));
    assert_int_equal(see(&f, "E").transitioned_ms, begin_ms);
    evaluate(&f, begin_ms + MINUTE_MS);
    assert_int_equal(see(&f, "E").updated_ms, begin_ms);
    assert_int_equal(f.nacts, 0);
    end(&f);
}

static void test_a_breach_is_an_alarm_in_the_next_minute(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, ERRORS);
    check_state(&f, "Errors", ALARM_STATE_OK);
    assert_string_equal(f.action, "arn:ok");
    report(&f, begin_ms, 7);
    evaluate(&f, begin_ms + 59 * 1000);
    check_state(&f, "Errors", ALARM_STATE_OK);
    evaluate(&f, begin_ms + MINUTE_MS);
    check_state(&f, "Errors", ALARM_STATE_ALARM);
    assert_int_equal(f.nacts, 2);
    assert_string_equal(f.action, "arn:x");
    assert_int_equal(f.last.from, ALARM_STATE_OK);
    assert_string_equal(f.reason,
                        "Threshold Crossed: 1 datapoint [7.0 (23/11/26 "
                        "21:00:00)] was greater than or equal to the threshold "
                        "(5.0).");
    evaluate(&f, begin_ms + 2 * MINUTE_MS);
    assert_int_equal(f.nacts, 2);
    report(&f, begin_ms + 2 * MINUTE_MS, 1);
    evaluate(&f, begin_ms + 3 * MINUTE_MS);
    check_state(&f, "Errors", ALARM_STATE_OK);
    assert_int_equal(f.nacts, 3);
    check_history(&f, "Errors: Alarm \"Errors\" created\n"
                      "Errors: Alarm updated from INSUFFICIENT_DATA to OK\n"
                      "Errors: Alarm updated from OK to ALARM\n"
                      "Errors: Alarm updated from ALARM to OK\n");
    end(&f);
}

static void test_data_that_are_there_count_at_once(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "");
    report(&f, begin_ms - MINUTE_MS, 9);
    know(&f, ERRORS, begin_ms);
    check_state(&f, "Errors", ALARM_STATE_ALARM);
    end(&f);
}

static void test_longer_periods_slide_by_minutes(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "E: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: N, "
              "MetricName: M, Dimensions: [{Name: a, Value: b}], Statistic: "
              "Sum, Period: 300, EvaluationPeriods: 1, Threshold: 5, "
              "ComparisonOperator: GreaterThanThreshold}}");
    report(&f, begin_ms + MINUTE_MS, 3);
    report(&f, begin_ms + 5 * MINUTE_MS, 3);
    evaluate(&f, begin_ms + 5 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_OK);
    evaluate(&f, begin_ms + 6 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_ALARM);
    evaluate(&f, begin_ms + 7 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_OK);
    end(&f);
}

static void test_what_nobody_could_report_is_not_missing(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "E: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: N, "
              "MetricName: M, Statistic: Sum, Period: 60, EvaluationPeriods: "
              "3, Threshold: 5, TreatMissingData: breaching, "
              "ComparisonOperator: LessThanThreshold}}");
    check_state(&f, "E", ALARM_STATE_INSUFFICIENT_DATA);
    evaluate(&f, begin_ms + 2 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_INSUFFICIENT_DATA);
    evaluate(&f, begin_ms + 3 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_ALARM);
    end(&f);
}

static void test_an_alarm_of_a_math_is_evaluated(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "E: {Type: AWS::CloudWatch::Alarm, Properties: "
              "{EvaluationPeriods: 2, Threshold: 50, ComparisonOperator: "
              "GreaterThanThreshold, Metrics: [{Id: e1, Expression: '100 * m1 "
              "/ 8'}, {Id: m1, ReturnData: false, MetricStat: {Metric: "
              "{Namespace: N, MetricName: M, Dimensions: [{Name: a, Value: "
              "b}]}, Period: 60, Stat: Sum}}]}}");
    report(&f, begin_ms, 7);
    report(&f, begin_ms + MINUTE_MS, 2);
    evaluate(&f, begin_ms + 2 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_OK);
    report(&f, begin_ms + 2 * MINUTE_MS, 6);
    report(&f, begin_ms + 3 * MINUTE_MS, 5);
    evaluate(&f, begin_ms + 4 * MINUTE_MS);
    check_state(&f, "E", ALARM_STATE_ALARM);
    assert_true(str_eq(see(&f, "E").reason,
                       STR("Threshold Crossed: 2 datapoints [62.5 (23/11/26 "
                           "21:03:00), 75.0 (23/11/26 21:02:00)] were greater "
                           "than the threshold (50.0).")));
    end(&f);
}

static void test_a_unit_that_is_not_the_metrics_has_no_data(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, "");
    report(&f, begin_ms - MINUTE_MS, 9);
    know(&f,
         "E: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: N, "
         "MetricName: M, Dimensions: [{Name: a, Value: b}], Statistic: Sum, "
         "Unit: Seconds, Period: 60, EvaluationPeriods: 1, Threshold: 5, "
         "ComparisonOperator: GreaterThanThreshold}}",
         begin_ms);
    check_state(&f, "E", ALARM_STATE_INSUFFICIENT_DATA);
    end(&f);
}

/* ---- changes ------------------------------------------------------------------------------- */

static void test_states_outlive_changes_of_the_config(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, ERRORS);
    report(&f, begin_ms, 7);
    evaluate(&f, begin_ms + MINUTE_MS);
    know(&f, COMPOSITE("Other", "AlarmRule: 'FALSE'") ",\n" ERRORS,
         begin_ms + MINUTE_MS + 1);
    check_state(&f, "Errors", ALARM_STATE_ALARM);
    assert_int_equal(see(&f, "Errors").configured_ms, begin_ms);
    assert_int_equal(f.nacts, 2);
    know(&f, "", begin_ms + 2 * MINUTE_MS);
    assert_false(alarms_see(f.alarms, STR(ARN "Errors"),
                            &(struct alarm_seen){.state = 0}));
    check_history(&f, "Errors: Alarm \"Errors\" created\n"
                      "Errors: Alarm updated from INSUFFICIENT_DATA to OK\n"
                      "Errors: Alarm updated from OK to ALARM\n"
                      "Other: Alarm \"Other\" created\n"
                      "Other: Alarm updated from INSUFFICIENT_DATA to OK\n"
                      "Other: Alarm \"Other\" deleted\n"
                      "Errors: Alarm \"Errors\" deleted\n");
    end(&f);
}

static void test_a_changed_alarm_is_evaluated_at_once(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, COMPOSITE("C", "AlarmRule: 'FALSE'"));
    check_state(&f, "C", ALARM_STATE_OK);
    know(&f, COMPOSITE("C", "AlarmRule: 'TRUE'"), begin_ms + 5);
    check_state(&f, "C", ALARM_STATE_ALARM);
    assert_int_equal(see(&f, "C").configured_ms, begin_ms + 5);
    assert_true(
        str_eq(see(&f, "C").reason,
               STR(ARN "C was updated and its alarm rule evaluates to ALARM")));
    end(&f);
}

static void
test_a_state_that_is_set_lasts_until_the_next_evaluation(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, ERRORS);
    set(&f, "Errors", ALARM_STATE_ALARM, begin_ms + 1000);
    check_state(&f, "Errors", ALARM_STATE_ALARM);
    assert_true(str_eq(see(&f, "Errors").reason, STR("testing")));
    assert_string_equal(f.action, "arn:x");
    set(&f, "Errors", ALARM_STATE_ALARM, begin_ms + 2000);
    assert_int_equal(f.nacts, 2);
    assert_int_equal(see(&f, "Errors").updated_ms, begin_ms + 2000);
    assert_int_equal(see(&f, "Errors").transitioned_ms, begin_ms + 1000);
    evaluate(&f, begin_ms + MINUTE_MS);
    check_state(&f, "Errors", ALARM_STATE_OK);
    assert_false(alarms_set(f.alarms, STR(ARN "nobody"), ALARM_STATE_OK,
                            STR(""), STR(""), begin_ms));
    end(&f);
}

static void test_disabled_actions_do_not_run(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, COMPOSITE("C", "AlarmRule: 'TRUE', AlarmActions: [x], "
                             "ActionsEnabled: false"));
    check_state(&f, "C", ALARM_STATE_ALARM);
    assert_int_equal(f.nacts, 0);
    end(&f);
}

/* ---- composite alarms ------------------------------------------------------------------------ */

#define TWO_LEVELS                                                             \
    COMPOSITE("Top", "AlarmRule: 'ALARM(Middle)', AlarmActions: ['arn:top']")  \
    ",\n" COMPOSITE("Middle",                                                  \
                    "AlarmRule: 'ALARM(Errors) OR FALSE'") ",\n" ERRORS

static void test_composite_alarms_follow_their_children(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, TWO_LEVELS);
    check_state(&f, "Top", ALARM_STATE_OK);
    assert_true(
        str_eq(see(&f, "Top").reason,
               STR(ARN "Top was created and its alarm rule evaluates to OK")));
    report(&f, begin_ms, 7);
    evaluate(&f, begin_ms + MINUTE_MS);
    check_state(&f, "Top", ALARM_STATE_ALARM);
    assert_string_equal(f.reason, ARN
                        "Middle transitioned to ALARM at Monday 23 November, "
                        "2026 21:01:00 UTC");
    assert_true(str_eq(see(&f, "Middle").reason_data,
                       STR("{\"triggeringAlarms\":[{\"arn\":\"" ARN
                           "Errors\",\"state\":{"
                           "\"value\":\"ALARM\",\"timestamp\":"
                           "\"2026-11-23T21:01:00.000+0000\"}}]}")));
    set(&f, "Errors", ALARM_STATE_OK, begin_ms + 61 * 1000);
    check_state(&f, "Top", ALARM_STATE_OK);
    end(&f);
}

static void
test_a_composite_state_that_is_set_lasts_until_a_child_changes(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, TWO_LEVELS);
    set(&f, "Top", ALARM_STATE_ALARM, begin_ms + 1);
    evaluate(&f, begin_ms + MINUTE_MS);
    check_state(&f, "Top", ALARM_STATE_ALARM);
    set(&f, "Middle", ALARM_STATE_INSUFFICIENT_DATA, begin_ms + MINUTE_MS + 1);
    check_state(&f, "Top", ALARM_STATE_OK);
    end(&f);
}

/* ---- suppressed actions ------------------------------------------------------------------------ */

#define SUPPRESSED                                                             \
    COMPOSITE("Busy", "AlarmRule: 'FALSE'")                                    \
    ",\n" COMPOSITE("C", "AlarmRule: 'FALSE', ActionsSuppressor: Busy, "       \
                         "ActionsSuppressorWaitPeriod: 10, "                   \
                         "ActionsSuppressorExtensionPeriod: 20, "              \
                         "AlarmActions: ['arn:x'], OKActions: ['arn:ok']")

/* With the actions of the first evaluation behind. */
static void begin_suppressed(struct fixture *f)
{
    begin(f, SUPPRESSED);
    alarms_tick(f->alarms, begin_ms + 10 * 1000);
    assert_int_equal(f->nacts, 1);
    assert_int_equal(alarms_due_ms(f->alarms), UINT64_MAX);
}

static void test_actions_wait_for_a_suppressor(void **state)
{
    const uint64_t at = begin_ms + MINUTE_MS;
    struct fixture f;

    (void)state;
    begin_suppressed(&f);
    set(&f, "C", ALARM_STATE_ALARM, at);
    assert_int_equal(f.nacts, 1);
    assert_int_equal(see(&f, "C").suppressed, ALARM_SUPPRESSED_BY_WAIT);
    assert_int_equal(alarms_due_ms(f.alarms), at + 10 * 1000);
    alarms_tick(f.alarms, at + 9999);
    assert_int_equal(f.nacts, 1);
    alarms_tick(f.alarms, at + 10 * 1000);
    assert_int_equal(f.nacts, 2);
    assert_string_equal(f.action, "arn:x");
    assert_int_equal(see(&f, "C").suppressed, ALARM_NOT_SUPPRESSED);
    end(&f);
}

static void test_a_suppressor_holds_actions_back(void **state)
{
    const uint64_t at = begin_ms + MINUTE_MS;
    struct fixture f;

    (void)state;
    begin_suppressed(&f);
    set(&f, "C", ALARM_STATE_ALARM, at);
    set(&f, "Busy", ALARM_STATE_ALARM, at + 1000);
    assert_int_equal(see(&f, "C").suppressed, ALARM_SUPPRESSED_BY_ALARM);
    alarms_tick(f.alarms, at + 100 * 1000);
    assert_int_equal(f.nacts, 1);
    set(&f, "Busy", ALARM_STATE_OK, at + 200 * 1000);
    assert_int_equal(see(&f, "C").suppressed, ALARM_SUPPRESSED_BY_EXTENSION);
    alarms_tick(f.alarms, at + 219999);
    assert_int_equal(f.nacts, 1);
    alarms_tick(f.alarms, at + 220 * 1000);
    assert_int_equal(f.nacts, 2);
    assert_string_equal(f.reason, "testing");
    end(&f);
}

static void test_what_is_over_while_it_is_held_back_is_not_told(void **state)
{
    const uint64_t at = begin_ms + MINUTE_MS;
    struct fixture f;

    (void)state;
    begin_suppressed(&f);
    set(&f, "C", ALARM_STATE_ALARM, at);
    set(&f, "C", ALARM_STATE_OK, at + 5000);
    alarms_tick(f.alarms, at + MINUTE_MS);
    assert_int_equal(f.nacts, 1);
    assert_int_equal(see(&f, "C").suppressed, ALARM_NOT_SUPPRESSED);
    end(&f);
}

/* ---- bounds ---------------------------------------------------------------------------------------- */

static void test_the_oldest_of_the_history_goes(void **state)
{
    struct alarm_history history;
    struct alarm_history_item item = {
        .name = STR("a"), .summary = STR("s"), .data = STR("{}")};

    (void)state;
    alarm_history_init(&history);
    for (unsigned i = 0; i < ALARM_HISTORY_ITEMS + 10; i++) {
        item.time_ms = i;
        alarm_history_add(&history, &item);
    }
    assert_int_equal(history.n, ALARM_HISTORY_ITEMS);
    alarm_history_end(&history);
    assert_int_equal(history.bytes, 0);
}

static void test_what_became_of_an_action_is_told(void **state)
{
    struct alarm_acted acted = {.name = STR("a"),
                                .action = STR("arn:x"),
                                .changed_ms = 5,
                                .message = STR("{\"m\":1}")};
    struct fixture f;

    (void)state;
    begin(&f, "");
    alarm_story_acted(alarms_history(f.alarms), &acted, begin_ms);
    acted.error = STR("no such topic");
    alarm_story_acted(alarms_history(f.alarms), &acted, begin_ms);
    acted.skipped = true;
    alarm_story_acted(alarms_history(f.alarms), &acted, begin_ms);
    check_history(&f, "a: Successfully executed action arn:x\n"
                      "a: Failed to execute action arn:x\n"
                      "a: Action arn:x not executed: no such topic\n");
    end(&f);
}

/* Each alarm of many is evaluated, some at a time. */
static void test_many_alarms_are_evaluated_in_turns(void **state)
{
    enum { MANY = 200, LONG = 400 };
    char *text = malloc(MANY * 400);
    struct text t = text_in(text, MANY * 400 - 1);
    unsigned turns = 1;
    struct fixture f;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        text_printf(&t,
                    "%sA%u: {Type: AWS::CloudWatch::Alarm, Properties: "
                    "{Namespace: N, MetricName: M, Dimensions: [{Name: a, "
                    "Value: b}], Statistic: Sum, Period: 60, "
                    "EvaluationPeriods: %d, DatapointsToAlarm: 1, Threshold: "
                    "5, ComparisonOperator: GreaterThanThreshold}}",
                    i ? ",\n" : "", i, LONG);
    assert_true(text_ok(&t));
    text[t.n] = '\0';
    begin(&f, text);
    report(&f, begin_ms, 7);
    if (!alarms_evaluate(f.alarms, f.series, begin_ms + MINUTE_MS)) {
        for (turns = 2; !alarms_go_on(f.alarms, f.series);)
            turns++;
    }
    assert_int_equal(turns, 4);
    assert_int_equal(alarms_count(f.alarms, ALARM_STATE_ALARM), MANY);
    end(&f);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_alarm_without_data_is_unchecked),
        cmocka_unit_test(test_a_breach_is_an_alarm_in_the_next_minute),
        cmocka_unit_test(test_data_that_are_there_count_at_once),
        cmocka_unit_test(test_longer_periods_slide_by_minutes),
        cmocka_unit_test(test_what_nobody_could_report_is_not_missing),
        cmocka_unit_test(test_an_alarm_of_a_math_is_evaluated),
        cmocka_unit_test(test_a_unit_that_is_not_the_metrics_has_no_data),
        cmocka_unit_test(test_states_outlive_changes_of_the_config),
        cmocka_unit_test(test_a_changed_alarm_is_evaluated_at_once),
        cmocka_unit_test(
            test_a_state_that_is_set_lasts_until_the_next_evaluation),
        cmocka_unit_test(test_disabled_actions_do_not_run),
        cmocka_unit_test(test_composite_alarms_follow_their_children),
        cmocka_unit_test(
            test_a_composite_state_that_is_set_lasts_until_a_child_changes),
        cmocka_unit_test(test_actions_wait_for_a_suppressor),
        cmocka_unit_test(test_a_suppressor_holds_actions_back),
        cmocka_unit_test(test_what_is_over_while_it_is_held_back_is_not_told),
        cmocka_unit_test(test_the_oldest_of_the_history_goes),
        cmocka_unit_test(test_what_became_of_an_action_is_told),
        cmocka_unit_test(test_many_alarms_are_evaluated_in_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
