/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks say which values a transformation leaves alone: never one too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "match/gate_classes.h"
#include "match/marks.h"

enum { PIECES = 12, TEXT_MAX = PIECES * 8, TRIES = 20000, ALL_BYTES = 40 };

static struct chunk_pool pool;
static struct random numbers;

/* What transformations look for, among letters; now and then any byte. */
static struct str make_text(char *text)
{
    static const struct str pieces[] = {
        STR("a"),        STR("Z"),    STR("0"),      STR(" "),     STR("\t"),
        STR("-"),        STR("&lt;"), STR("&#x41;"), STR("&"),     STR("%41"),
        STR("%u0041"),   STR("+"),    STR("%"),      STR("\\x41"), STR("\\"),
        STR("/*"),       STR("*/"),   STR("/"),      STR("*"),     STR("\0"),
        STR("\xc3\xa9"), STR("\xa0"), STR("\r\n"),   STR("."),     STR("("),
    };
    size_t n = sizeof(pieces) / sizeof(*pieces);
    /* Few kinds of pieces, so that many texts lack what touches. */
    size_t kinds = 1 + random_u64(&numbers) % n;
    size_t first = random_u64(&numbers) % n;
    size_t wanted = random_u64(&numbers) % PIECES;
    size_t at = 0;

    for (size_t i = 0; i < wanted; i++) {
        struct str piece = pieces[(first + random_u64(&numbers) % kinds) % n];

        memcpy(text + at, piece.p, piece.n);
        at += piece.n;
        if (random_u64(&numbers) % ALL_BYTES == 0)
            text[at++] = (char)random_u64(&numbers);
    }
    return str_make(text, at);
}

static void test_without_the_marks_nothing_changes(void **state)
{
    (void)state;
    for (unsigned t = 0; t < TRANSFORMS; t++) {
        uint64_t touched = marks_touched_by((enum transform)t);
        unsigned spared = 0;
        unsigned changed = 0;

        if (touched == 0 || touched & MARK_ANY)
            continue;
        for (unsigned i = 0; i < TRIES; i++) {
            char text[TEXT_MAX];
            struct str in = make_text(text);
            struct arena arena;
            struct str out;

            arena_init(&arena, &pool, 4096);
            out = transform_apply((enum transform)t, in, &arena);
            if (marks_of(in) & touched) {
                changed += out.p != in.p || out.n != in.n;
            } else {
                assert_ptr_equal(out.p, in.p);
                assert_int_equal(out.n, in.n);
                spared++;
            }
            arena_reset(&arena);
        }
        assert_true(spared > TRIES / 20);
        assert_true(changed > TRIES / 200);
    }
}

static void test_two_spaces_are_seen_wherever_they_stand(void **state)
{
    char text[41];

    (void)state;
    for (size_t n = 2; n < sizeof(text); n++)
        for (size_t at = 0; at + 1 < n; at++) {
            memset(text, 'a', n);
            text[at] = ' ';
            assert_false(marks_of(str_make(text, n)) & MARK_TWO_SPACES);
            text[at + 1] = ' ';
            assert_true(marks_of(str_make(text, n)) & MARK_TWO_SPACES);
            text[at + 1] = at + 2 < n ? 'a' : ' ';
            if (at + 2 >= n)
                continue;
            text[at + 2] = ' ';
            assert_false(marks_of(str_make(text, n)) & MARK_TWO_SPACES);
        }
}

static void test_marks_have_the_classes_of_the_gate(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TRIES; i++) {
        char text[TEXT_MAX];
        struct str value = make_text(text);

        assert_int_equal(marks_classes(marks_of(value)),
                         gate_classes_in(value));
        assert_true(marks_of(value) & MARK_ANY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_the_marks_nothing_changes),
        cmocka_unit_test(test_two_spaces_are_seen_wherever_they_stand),
        cmocka_unit_test(test_marks_have_the_classes_of_the_gate),
    };
    int failed;

    random_seed(&numbers);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    chunk_pool_end(&pool);
    return failed;
}
