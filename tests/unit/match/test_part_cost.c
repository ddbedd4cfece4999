/* SPDX-License-Identifier: Apache-2.0
 *
 * What an attacker's request can cost: nodes, looks into tables and bytes of
 * the arena are counted, never time.  Twice the input is at most about twice
 * the work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "match/json_body.h"
#include "match/key_table.h"
#include "match/values.h"
#include "parts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { KB64 = 64 << 10, KB128 = 128 << 10, LIMIT = 64 << 20 };

static struct chunk_pool pool;
static char text[KB128];

/* A piece of which "#" becomes a number; its length. */
static size_t put_piece(char *to, size_t room, const char *piece,
                        unsigned number)
{
    size_t at = 0;

    for (; *piece; piece++) {
        if (*piece == '#')
            at += (size_t)snprintf(to + at, room - at, "%u", number);
        else
            to[at++] = *piece;
        assert_true(at < room);
    }
    return at;
}

/* `first`, and as many pieces as fit into n bytes. */
static struct str fill(size_t n, const char *first, const char *piece)
{
    size_t at = strlen(first);

    memcpy(text, first, at);
    for (unsigned i = 0;; i++) {
        char put[64];
        size_t size = put_piece(put, sizeof(put), piece, i);

        if (at + size > n)
            return str_make(text, at);
        memcpy(text + at, put, size);
        at += size;
    }
}

/* ---- JSON ---------------------------------------------------------------- */

static void read_json(struct str body, struct json_body *json, size_t *size)
{
    struct arena arena;

    arena_init(&arena, &pool, LIMIT);
    assert_true(json_body_read(json, body, &arena));
    *size = arena.size;
    arena_reset(&arena);
}

static void test_json_costs_what_its_length_says(void **state)
{
    static const struct {
        const char *first; /* in front of the pieces */
        const char *piece;
    } attacks[] = {
        {"", "["},
        {"", "{\"a\":"},
        {"", "[{\"a\":"},
        {"[", "[],"},
        {"[", "{}"},
        {"[", "1 "},
        {"[", "\"\""},
        {"{", "\"k#\":1,"},
        {"{", "\"#\"0"},
        {"[", "{\"a\":1},"},
        {"[\"", "\\u0041"},
        {"[\"", "\\\\"},
        {"{\"", "\\u0041"},
        {"{", "\"\\u0041#\":1"},
        {"[", ",,,,"},
        {"[", "        "},
        {"[", "1234567890"},
        {"{\"a\"", ":"},
        {"[", "\"\\ud83d\","},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(attacks); i++) {
        struct str body = fill(KB64, attacks[i].first, attacks[i].piece);
        struct json_body json;
        size_t half, all;

        read_json(body, &json, &all);
        assert_true(json.n <= body.n);
        /* The table doubles: each key is looked at about three times. */
        assert_true(json.probes <= 8 * (uint64_t)json.n + 64);
        assert_true(all <= 128 * body.n);
        read_json(str_make(body.p, body.n / 2), &json, &half);
        assert_true(all <= 3 * half + 4096);
    }
}

static void test_as_deep_as_the_body_is_long(void **state)
{
    struct json_body json;
    struct arena arena;
    struct str body;

    (void)state;
    memset(text, '[', KB64 / 2);
    memset(text + KB64 / 2, ']', KB64 / 2);
    body = str_make(text, KB64);
    arena_init(&arena, &pool, LIMIT);
    assert_true(json_body_read(&json, body, &arena));
    assert_null(json.fault);
    assert_int_equal(json.n, KB64 / 2);
    assert_int_equal(json.nodes[json.n - 1].parent, json.n - 2);
    assert_int_equal(json.nodes[0].end, json.n);
    arena_reset(&arena);
}

static void test_ten_thousand_members_are_read(void **state)
{
    struct json_body json;
    struct arena arena;
    struct str body = fill(KB128, "{", "\"#\"0");

    (void)state;
    arena_init(&arena, &pool, LIMIT);
    assert_true(json_body_read(&json, body, &arena));
    assert_true(json.n > 2 * 10000);
    assert_true(json.probes < 4 * (uint64_t)json.n);
    arena_reset(&arena);
}

/* ---- names of one hash --------------------------------------------------- */

static bool never(const void *owner, uint32_t number)
{
    (void)owner;
    (void)number;
    return false;
}

/* Names that differ in little: a weak hash makes one of many of them. */
static void test_names_that_are_alike_do_not_collide(void **state)
{
    static const char *const pieces[] = {
        "#", "aaaaaaaa#", "#00000000", "x[#]", "#b#", "0000000000000000#"};
    enum { NAMES = 10000 };

    (void)state;
    for (int fold = 0; fold < 2; fold++) {
        for (size_t i = 0; i < COUNT(pieces); i++) {
            struct arena arena;
            struct key_table table = {.arena = &arena};

            arena_init(&arena, &pool, LIMIT);
            for (unsigned k = 0; k < NAMES; k++) {
                char put[32];
                struct str name =
                    str_make(put, put_piece(put, sizeof(put), pieces[i], k));

                assert_int_equal(key_table_put(&table, key_hash(name, 7, fold),
                                               k, never, NULL),
                                 k);
            }
            assert_true(table.probes < 6 * NAMES);
            arena_reset(&arena);
        }
    }
}

/* 2^12 names that are one but for the bit that makes letters small. */
static void test_bytes_that_are_no_letters_have_no_case(void **state)
{
    struct arena arena;
    struct key_table table = {.arena = &arena};

    (void)state;
    arena_init(&arena, &pool, LIMIT);
    for (unsigned k = 0; k < 1 << 12; k++) {
        char name[12];

        for (unsigned bit = 0; bit < 12; bit++)
            name[bit] = k >> bit & 1 ? '{' : '[';
        assert_int_equal(key_table_put(&table,
                                       key_hash(str_make(name, 12), 0, true), k,
                                       never, NULL),
                         k);
    }
    assert_true(table.probes < 6 << 12);
    arena_reset(&arena);
}

static void test_the_hash_knows_no_case_only_when_it_should(void **state)
{
    struct str lower = STR("abcdefghijklmnopqrstuvwxyz"),
               upper = STR("ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    (void)state;
    assert_int_equal(key_hash(lower, 1, true), key_hash(upper, 1, true));
    assert_int_not_equal(key_hash(lower, 1, false), key_hash(upper, 1, false));
    assert_int_not_equal(key_hash(lower, 1, true), key_hash(lower, 2, true));
}

/* ---- arguments ----------------------------------------------------------- */

/* Bytes of the arena that arguments of a query take. */
static size_t size_of(struct str query, unsigned npre_parse, unsigned *n)
{
    struct waf_field part = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS,
                             .npre_parse = npre_parse,
                             .pre_parse = {WAF_PRE_URL_DECODE,
                                           WAF_PRE_REPLACE_SEMICOLONS,
                                           WAF_PRE_COMBINE_DUPLICATES}};
    struct fields fields = {.n = 0};
    struct inspected q = {.fields = &fields, .path = STR("/"), .query = query};
    struct arena arena;
    struct part_request r = {
        .request = &q, .limits = &parts_limits, .arena = &arena};
    struct part_values values;
    size_t size;

    arena_init(&arena, &pool, LIMIT);
    part_read(&r, &part, &values);
    assert_true(values.state == PART_VALUES || values.state == PART_MISSING);
    *n = values.n;
    size = arena.size;
    arena_reset(&arena);
    return size;
}

static void test_arguments_cost_what_their_length_says(void **state)
{
    static const struct {
        const char *piece;
        size_t bytes;
        unsigned least; /* arguments without anything before the split */
        unsigned most;
    } attacks[] = {
        {"a#&", KB64, 9000, 20000},
        {"a&", 20000, 10000, 10000},
        {"&", 8 << 10, 0, 0},
        {"%26", KB64, 1, 1},
        {"%2526", KB64, 1, 1},
        {"a%26b%3d", KB64, 1, 1},
        {"=&", KB64, KB64 / 2, KB64 / 2},
        {";", KB64, 1, 1},
        {"a=#&", KB64, 8000, 20000},
        {"[&{&", KB64, KB64 / 2, KB64 / 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(attacks); i++) {
        struct str query = fill(attacks[i].bytes, "", attacks[i].piece);
        unsigned n, half;

        for (unsigned npre = 0; npre <= 3; npre++) {
            size_t all = size_of(query, npre, &n);
            size_t part = size_of(str_make(query.p, query.n / 2), npre, &half);

            /* A value takes 48 bytes, an argument that is compared 80, its
             * place in the table 32. */
            assert_true(all <= (npre < 3 ? 64 : 160) * query.n + 4096);
            assert_true(all <= 3 * part + 4096);
            assert_true(n <= query.n);
        }
        size_of(query, 0, &n);
        assert_in_range(n, attacks[i].least, attacks[i].most);
    }
}

/* "0&1&2 ...": no two are the same. */
static struct str numbers(unsigned n)
{
    static char room[64 * 1024];
    struct text t = text_in(room, sizeof(room));

    for (unsigned i = 0; i < n; i++) {
        TEXT_LITERAL(&t, "a=");
        text_u64(&t, i);
        text_char(&t, '&');
    }
    assert_true(text_ok(&t));
    return text_str(&t);
}

/* One value that changes makes one copy of the array, not one for each. */
static void test_a_chain_costs_what_changes(void **state)
{
    static const struct waf_field part = {.type =
                                              WAF_FIELD_ALL_QUERY_ARGUMENTS};
    static const struct waf_chain chain = {
        4, {WAF_URL_DECODE, WAF_LOWERCASE, WAF_TRIM, WAF_CMD_LINE}};
    struct value_plan *plan = value_plan_new(&parts_limits);
    unsigned source = value_plan_add(plan, &part, &chain);
    struct fields fields = {.n = 0};
    struct inspected q = {
        .fields = &fields, .path = STR("/"), .query = numbers(7000)};
    struct arena arena;
    struct values *values;
    size_t before;

    (void)state;
    arena_init(&arena, &pool, LIMIT);
    values = values_new(plan, &q, &arena);
    assert_non_null(values);
    values_of(values, value_plan_parent(plan, 1));
    before = arena.size;
    assert_int_equal(values_of(values, source)->values.n, 7000);
    assert_int_equal(arena.size, before);
    arena_reset(&arena);

    q.query = STR("a=x&b=%41&c=y&d=%42");
    values = values_new(plan, &q, &arena);
    values_of(values, value_plan_parent(plan, 1));
    before = arena.size;
    assert_int_equal(values_of(values, 1)->values.n, 4);
    assert_true(arena.size - before <= 4 * sizeof(struct part_value) + 4 * 16);
    arena_reset(&arena);
    value_plan_free(plan);
}

static int end(void **state)
{
    (void)state;
    chunk_pool_end(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_costs_what_its_length_says),
        cmocka_unit_test(test_as_deep_as_the_body_is_long),
        cmocka_unit_test(test_ten_thousand_members_are_read),
        cmocka_unit_test(test_names_that_are_alike_do_not_collide),
        cmocka_unit_test(test_bytes_that_are_no_letters_have_no_case),
        cmocka_unit_test(test_the_hash_knows_no_case_only_when_it_should),
        cmocka_unit_test(test_arguments_cost_what_their_length_says),
        cmocka_unit_test(test_a_chain_costs_what_changes),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
