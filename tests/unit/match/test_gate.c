/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "match/gate.h"
#include "match/gate_automaton.h"
#include "match/gate_needs.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct gate_scratch *scratch;

static int set_up(void **state)
{
    (void)state;
    scratch = gate_scratch_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gate_scratch_free(scratch);
    return 0;
}

static uint64_t ask(const struct gate *gate, struct str value)
{
    uint64_t wanted = UINT64_MAX;
    uint64_t candidates = 0;

    gate_candidates(gate, scratch, value, &wanted, &candidates);
    return candidates;
}

/* ---- regexes ---------------------------------------------------------------------- */

/* What the gate knows of a pattern: `shut` it does not let through. */
static const struct trial {
    const char *pattern;
    const char *open;
    const char *shut;
} trials[] = {
    {"select", "a SELECT b", "a delete b"},
    {"(?i)union\\s+select", "UNION  SELECT", "union, selec"},
    {"abc|def", "xDEFx", "xabdexf"},
    {"x{3}", "xxx", "xx"},
    {"a.{3}", "a123", "a12"},
    {"(?:ab?c|d)e", "abce", "abcd"},
    {"<[a-z]+>", "<b>", "b and c"},
    {"\\d+-\\d+", "1-2", "12"},
    {"\\d+-\\d+", "1-2", "a-b"},
    {"https?://", "HTTP://", "http:/ /"},
    {"(?:select|insert)(?:er)?_into", "insert_into", "insert into"},
    {"\\bscript\\b", "script", "scrip"},
    {"^\\/admin(?=\\/)", "/admin/", "/admi/n"},
    {"foo(?!bar)", "foo", "fobar"},
    {"(?:\\(|\\[);", "(;", ";"},
    {"(?:\\(|\\[);", "[;", "[:"},
    {"a{0}bcdef", "bcdef", "acde"},
    {"[ab][cd]xyz", "BDXYZ", "aaxyz"},
    {"%[0-9a-f]{2}", "%2f", "%f"},
};

static void
test_a_value_that_lacks_what_a_pattern_needs_is_no_candidate(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++) {
        struct gate_builder *builder = gate_builder_new();
        struct gate *gate;

        gate_add_regex(builder, str_of(trials[i].pattern));
        gate = gate_build(builder);
        if (!(ask(gate, str_of(trials[i].open)) & 1))
            fail_msg("%s: %s", trials[i].pattern, trials[i].open);
        if (ask(gate, str_of(trials[i].shut)) & 1)
            fail_msg("%s lets %s", trials[i].pattern, trials[i].shut);
        gate_free(gate);
    }
}

/* Nothing is known of these, so nothing is needed. */
static void test_what_is_not_understood_can_always_match(void **state)
{
    static const char *const patterns[] = {
        "",        "a*",       "(*ACCEPT)abc", "(?(?=a)abc|def)",
        "a{,3}bc", "(abc",     "abc)",         "*abc",
        "a|",      "(?:abc)?", "(?R)?",        "(a)?\\1*"};

    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct gate_builder *builder = gate_builder_new();
        struct gate *gate;

        gate_add_regex(builder, str_of(patterns[i]));
        gate = gate_build(builder);
        if (!(ask(gate, STR("")) & 1) || !(ask(gate, STR("~")) & 1))
            fail_msg("%s", patterns[i]);
        gate_free(gate);
    }
}

static void
test_of_several_literals_the_seldom_ones_are_looked_for(void **state)
{
    struct region region = {0};
    struct gate_needs needs =
        gate_needs_of_regex(STR("(?:the|and) .*(?:jndi|rmi:)"), &region);

    (void)state;
    assert_int_equal(needs.min, 8);
    assert_int_equal(needs.literals.n, 2);
    assert_true(str_eq(needs.literals.v[0], STR("jndi")));
    assert_true(str_eq(needs.literals.v[1], STR("rmi:")));
    region_end(&region);
}

/* ---- bytes and classes ------------------------------------------------------------ */

static void test_bytes_are_needed_as_they_are_placed(void **state)
{
    struct gate_builder *builder = gate_builder_new();
    struct gate *gate;

    (void)state;
    gate_add_bytes(builder, STR("Admin"), GATE_ANYWHERE);
    gate_add_bytes(builder, STR("Admin"), GATE_BEGIN);
    gate_add_bytes(builder, STR("Admin"), GATE_END);
    gate_add_bytes(builder, STR("Admin"), GATE_WHOLE);
    gate = gate_build(builder);
    assert_int_equal(ask(gate, STR("Admin")), 0xf);
    assert_int_equal(ask(gate, STR("xAdmin")) & 5, 5);
    assert_int_equal(ask(gate, STR("Adminx")) & 3, 3);
    assert_int_equal(ask(gate, STR("xAdminx")) & 9, 1);
    assert_int_equal(ask(gate, STR("Admix")), 0);
    assert_int_equal(ask(gate, STR("Adm")), 0);
    gate_free(gate);
}

static void test_no_bytes_are_in_every_value_and_are_the_empty_one(void **state)
{
    struct gate_builder *builder = gate_builder_new();
    struct gate *gate;

    (void)state;
    gate_add_bytes(builder, STR(""), GATE_ANYWHERE);
    gate_add_bytes(builder, STR(""), GATE_WHOLE);
    gate = gate_build(builder);
    assert_int_equal(ask(gate, STR("")), 3);
    assert_int_equal(ask(gate, (struct str){NULL, 0}), 3);
    assert_int_equal(ask(gate, STR("a")), 1);
    gate_free(gate);
}

static void test_a_class_needs_its_length_and_one_of_its_bytes(void **state)
{
    const uint64_t quotes[4] = {UINT64_C(1) << '\'' | UINT64_C(1) << '"'};
    struct gate_builder *builder = gate_builder_new();
    struct gate *gate;

    (void)state;
    gate_add_class(builder, 3, quotes);
    gate_add_class(builder, 3, NULL);
    gate_add_class(builder, 0, quotes);
    gate = gate_build(builder);
    assert_int_equal(ask(gate, STR("a'b")), 7);
    assert_int_equal(ask(gate, STR("a-b")), 2);
    assert_int_equal(ask(gate, STR("\"")), 4);
    assert_int_equal(ask(gate, STR("")), 0);
    gate_free(gate);
}

/* ---- many tests, gates and values ------------------------------------------------- */

static void test_candidates_are_added_and_only_of_those_wanted(void **state)
{
    uint64_t wanted[4] = {0, 0, 1 << 2, 1};
    uint64_t candidates[4] = {5, 0, 0, 0};
    struct gate_builder *builder = gate_builder_new();
    struct gate *gate;

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(
            i % 2 ? gate_add_always(builder)
                  : gate_add_bytes(builder, STR("word"), GATE_ANYWHERE),
            i);
    gate = gate_build(builder);
    gate_candidates(gate, scratch, STR("a word"), wanted, candidates);
    assert_int_equal(candidates[0], 5);
    assert_int_equal(candidates[1], 0);
    assert_int_equal(candidates[2], 1 << 2);
    assert_int_equal(candidates[3], 1);
    gate_free(gate);
}

/* A scratch that served a gate knows nothing of the next, even at its place. */
static void test_a_scratch_does_not_mix_up_gates(void **state)
{
    static const char *const words[] = {"alpha", "<beta", "gamma;", "12345"};

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct gate_builder *builder = gate_builder_new();
        struct gate *gate;

        gate_add_bytes(builder, str_of(words[round % 4]), GATE_ANYWHERE);
        for (unsigned i = 0; i < round * 8; i++)
            gate_add_bytes(builder, STR("other"), GATE_ANYWHERE);
        gate = gate_build(builder);
        for (unsigned w = 0; w < 4; w++) {
            uint64_t wanted[8] = {1};
            uint64_t candidates[8] = {0};

            gate_candidates(gate, scratch, str_of(words[w]), wanted,
                            candidates);
            assert_int_equal(candidates[0], w == round % 4);
        }
        gate_free(gate);
    }
}

/* More masks of classes than are kept, twice. */
static void test_what_is_kept_of_masks_is_not_mixed_up(void **state)
{
    static const char bytes[] = "a0.- \t\x80/:,@";
    struct gate_builder *builder = gate_builder_new();
    struct gate *gate;

    (void)state;
    for (unsigned i = 0; i < COUNT(bytes) - 1; i++)
        gate_add_bytes(builder, str_make(bytes + i, 1), GATE_ANYWHERE);
    gate = gate_build(builder);
    for (unsigned mask = 1; mask < 2 << 11; mask++) {
        uint64_t expected = mask & 0x7ff;
        char value[16];
        size_t n = 0;

        for (unsigned i = 0; i < COUNT(bytes) - 1; i++)
            if (expected >> i & 1)
                value[n++] = bytes[i];
        assert_int_equal(ask(gate, str_make(value, n)), expected);
    }
    gate_free(gate);
}

/* Values that begin and end alike, some longer than is kept, asked again and
 * again of two gates in turn. */
static void test_what_is_kept_of_values_is_not_mixed_up(void **state)
{
    static const char *const words[] = {"alpha", "beta", "gamma", "delta"};
    static const size_t lengths[] = {5, 6, 13, 24, 40, 119, 120, 121, 200};
    struct gate *gates[2];
    char value[200];

    (void)state;
    for (unsigned g = 0; g < 2; g++) {
        struct gate_builder *builder = gate_builder_new();

        for (unsigned w = 0; w < 4; w++)
            gate_add_bytes(builder, str_of(words[g ? 3 - w : w]),
                           GATE_ANYWHERE);
        gates[g] = gate_build(builder);
    }
    for (unsigned i = 0; i < 4000; i++) {
        size_t n = lengths[i / 16 % COUNT(lengths)];
        unsigned w = i / 2 % 4;
        size_t from = (n - 5) / 2;
        bool there = i / 8 % 2;

        memset(value, '.', n);
        memcpy(value + from, words[w], strlen(words[w]));
        if (!there)
            value[from + 1] = '!';
        assert_int_equal(ask(gates[i % 2], str_make(value, n)),
                         there << (i % 2 ? 3 - w : w));
    }
    gate_free(gates[0]);
    gate_free(gates[1]);
}

/* ---- literals --------------------------------------------------------------------- */

static uint64_t scan(const struct gate_automaton *automaton, struct str text)
{
    static uint32_t seen[16384];
    static uint32_t now;
    uint64_t found = 0;

    assert_true(gate_automaton_endings(automaton) <= COUNT(seen));
    gate_automaton_scan(automaton, text, seen, ++now, &found);
    return found;
}

static void test_literals_are_found_at_every_place_of_a_text(void **state)
{
    static const char *const words[] = {"she", "he", "hers", "abcdefgh", "x"};
    struct gate_literal literals[COUNT(words)];
    struct gate_automaton *automaton;

    (void)state;
    for (unsigned i = 0; i < COUNT(words); i++)
        literals[i] =
            (struct gate_literal){.bytes = str_of(words[i]), .test = i};
    automaton = gate_automaton_new(literals, COUNT(words));
    for (size_t n = 0; n < 300; n++) {
        for (unsigned w = 0; w < COUNT(words); w++) {
            struct str word = str_of(words[w]);

            for (size_t at = 0; at + word.n <= n; at++) {
                char text[300];

                memset(text, '.', n);
                memcpy(text + at, word.p, word.n);
                if (!(scan(automaton, str_make(text, n)) >> w & 1))
                    fail_msg("%s at %zu of %zu", words[w], at, n);
            }
        }
    }
    assert_int_equal(scan(automaton, STR("USHERS")), 7);
    assert_int_equal(scan(automaton, STR("s-h-e")), 0);
    gate_automaton_free(automaton);
}

/* So many that they are cut, and of all bytes, so that columns are shared. */
static void test_too_many_literals_are_cut_and_still_found(void **state)
{
    enum { N = 8000, SIZE = 8 };
    static char bytes[N][SIZE];
    static struct gate_literal literals[N];
    struct gate_automaton *automaton;
    uint32_t seed = 1;

    (void)state;
    for (unsigned i = 0; i < N; i++) {
        for (unsigned k = 0; k < SIZE; k++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i][k] = str_lower((char)(seed >> 24));
        }
        literals[i] = (struct gate_literal){.bytes = str_make(bytes[i], SIZE),
                                            .test = i % 64};
    }
    automaton = gate_automaton_new(literals, N);
    for (unsigned i = 0; i < N; i++)
        assert_true(scan(automaton, literals[i].bytes) >> (i % 64) & 1);
    assert_int_equal(scan(automaton, STR("")), 0);
    gate_automaton_free(automaton);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_value_that_lacks_what_a_pattern_needs_is_no_candidate),
        cmocka_unit_test(test_what_is_not_understood_can_always_match),
        cmocka_unit_test(
            test_of_several_literals_the_seldom_ones_are_looked_for),
        cmocka_unit_test(test_bytes_are_needed_as_they_are_placed),
        cmocka_unit_test(
            test_no_bytes_are_in_every_value_and_are_the_empty_one),
        cmocka_unit_test(test_a_class_needs_its_length_and_one_of_its_bytes),
        cmocka_unit_test(test_candidates_are_added_and_only_of_those_wanted),
        cmocka_unit_test(test_a_scratch_does_not_mix_up_gates),
        cmocka_unit_test(test_what_is_kept_of_masks_is_not_mixed_up),
        cmocka_unit_test(test_what_is_kept_of_values_is_not_mixed_up),
        cmocka_unit_test(test_literals_are_found_at_every_place_of_a_text),
        cmocka_unit_test(test_too_many_literals_are_cut_and_still_found),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
