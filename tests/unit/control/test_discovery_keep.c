/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a source's answers is believed, with a clock of the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/discovery_keep.h"

#define SECOND UINT64_C(1000000)

/* Targets "1" to "n" of port 80. */
static bool tell(struct discovery_keep *keep, enum discovery_kind kind,
                 enum answer_outcome outcome, const char *ids, bool none,
                 uint64_t now_us)
{
    struct found_target targets[32] = {{.port = 0}};
    struct discovery_answer answer = {
        .outcome = outcome, .none = none, .targets = targets};

    for (; ids[answer.n]; answer.n++) {
        targets[answer.n].id = str_make(&ids[answer.n], 1);
        targets[answer.n].port = 80;
    }
    return discovery_keep_take(keep, &answer, kind, now_us);
}

static void expect(const struct discovery_keep *keep, const char *ids)
{
    char have[64];

    for (unsigned i = 0; i < keep->n; i++)
        have[i] = keep->targets[i].target.id.p[0];
    have[keep->n] = '\0';
    assert_string_equal(have, ids);
}

static void test_a_whole_answer_is_all_there_is(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "ba", false, 0));
    expect(&keep, "ab");
    assert_true(keep.known);
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "bc", false, 1));
    expect(&keep, "bc");
    discovery_keep_end(&keep);
}

static void test_what_was_found_before_goes_as_what_was_told(void **state)
{
    const struct found_target before[] = {{.id = STR("a"), .port = 80},
                                          {.id = STR("x"), .port = 80}};
    struct discovery_keep keep = {.n = 0};

    (void)state;
    discovery_keep_begin(&keep, before, 2);
    expect(&keep, "ax");
    assert_false(keep.known);
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_PART, "b", false, 0));
    expect(&keep, "abx");
    assert_false(tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "", false, 1));
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "b", false, 2));
    expect(&keep, "b");
    discovery_keep_end(&keep);
    discovery_keep_begin(&keep, before, 2);
    for (unsigned i = 1; i < MANY_ANSWERS; i++)
        assert_true(
            tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "abcdefgh", false, i));
    expect(&keep, "abcdefghx");
    assert_true(
        tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "abcdefgh", false, 99));
    expect(&keep, "abcdefgh");
    discovery_keep_end(&keep);
}

static void test_a_part_adds_and_takes_nothing_out(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_PART, "a", false, 0));
    assert_false(keep.known);
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_PART, "b", false, 1));
    expect(&keep, "ab");
    discovery_keep_end(&keep);
}

static void test_what_parts_leave_behind_is_bounded(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    for (unsigned i = 0; i < KEPT_MAX + 10; i += 500) {
        struct found_target targets[500];
        struct discovery_answer answer = {
            .outcome = ANSWER_PART, .n = 500, .targets = targets};

        for (unsigned k = 0; k < 500; k++)
            targets[k] = (struct found_target){.id = STR("a"),
                                               .port = (uint16_t)(i + k + 1)};
        assert_true(discovery_keep_take(&keep, &answer, DISCOVERY_ECS, i));
        assert_true(discovery_keep_has(&keep, &targets[0]));
    }
    assert_int_equal(keep.n, KEPT_MAX);
    discovery_keep_end(&keep);
}

static void test_a_failure_changes_nothing(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "a", false, 0);
    for (unsigned i = 1; i < 1000; i++)
        assert_false(
            tell(&keep, DISCOVERY_DNS, ANSWER_FAILED, "", false, i * SECOND));
    expect(&keep, "a");
    discovery_keep_end(&keep);
}

static void test_no_empty_answer_of_an_API_is_believed(void **state)
{
    static const enum discovery_kind kinds[] = {DISCOVERY_ECS,
                                                DISCOVERY_CLOUD_MAP};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct discovery_keep keep = {.n = 0};

        tell(&keep, kinds[k], ANSWER_WHOLE, "a", false, 0);
        for (unsigned i = 1; i < 1000; i++)
            assert_false(
                tell(&keep, kinds[k], ANSWER_WHOLE, "", false, i * SECOND));
        expect(&keep, "a");
        discovery_keep_end(&keep);
    }
}

static void test_an_empty_answer_before_all_others_says_nothing(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    assert_false(tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "", false, 0));
    assert_false(keep.known); /* a target of before a restart stays */
    discovery_keep_end(&keep);
}

static void test_none_is_believed_when_it_is_confirmed(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "a", false, 0);
    assert_true(tell(&keep, DISCOVERY_ECS, ANSWER_WHOLE, "", true, 1));
    expect(&keep, "");
    assert_true(keep.known);
    discovery_keep_end(&keep);
}

static void test_DNS_must_say_it_three_times_in_half_a_minute(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "a", false, 0);
    for (unsigned i = 0; i < 6; i++)
        assert_false(tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "", false,
                          (10 + 5 * i) * SECOND));
    expect(&keep, "a");
    assert_true(
        tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "", false, 40 * SECOND));
    expect(&keep, "");
    discovery_keep_end(&keep);
}

static void test_twice_is_not_enough_however_long_it_takes(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "a", false, 0);
    assert_false(tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "", false, 1));
    assert_false(
        tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "", false, 1000 * SECOND));
    expect(&keep, "a");
    discovery_keep_end(&keep);
}

static void test_a_failure_between_begins_the_count_anew(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "a", false, 0);
    for (unsigned i = 0; i < 20; i++) {
        assert_false(tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "", false,
                          i * 100 * SECOND));
        assert_false(tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "", false,
                          (i * 100 + 40) * SECOND));
        tell(&keep, DISCOVERY_DNS, ANSWER_FAILED, "", false,
             (i * 100 + 50) * SECOND);
    }
    expect(&keep, "a");
    discovery_keep_end(&keep);
}

static void test_eight_of_many_are_not_all(void **state)
{
    struct discovery_keep keep = {.n = 0};

    (void)state;
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "abcdefgh", false, 0);
    for (unsigned i = 1; i < MANY_ANSWERS; i++)
        tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "bcdefghi", false, i);
    expect(&keep, "abcdefghi");
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "bcdefghi", false, 100);
    expect(&keep, "bcdefghi");
    tell(&keep, DISCOVERY_DNS, ANSWER_WHOLE, "bcd", false, 101);
    expect(&keep, "bcd");
    discovery_keep_end(&keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_answer_is_all_there_is),
        cmocka_unit_test(test_what_was_found_before_goes_as_what_was_told),
        cmocka_unit_test(test_a_part_adds_and_takes_nothing_out),
        cmocka_unit_test(test_what_parts_leave_behind_is_bounded),
        cmocka_unit_test(test_a_failure_changes_nothing),
        cmocka_unit_test(test_no_empty_answer_of_an_API_is_believed),
        cmocka_unit_test(test_an_empty_answer_before_all_others_says_nothing),
        cmocka_unit_test(test_none_is_believed_when_it_is_confirmed),
        cmocka_unit_test(test_DNS_must_say_it_three_times_in_half_a_minute),
        cmocka_unit_test(test_twice_is_not_enough_however_long_it_takes),
        cmocka_unit_test(test_a_failure_between_begins_the_count_anew),
        cmocka_unit_test(test_eight_of_many_are_not_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
