/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "waf/rate_ledger.h"

enum { WORKERS = 3, WINDOW = 60000 };

static const struct rate_instance ten = {
    .number = 7, .limit = 10, .window_ms = WINDOW};

struct bench {
    struct rate_worker *workers[WORKERS];
    struct rate_ledger *ledger;
    uint64_t now;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    for (int i = 0; i < WORKERS; i++)
        b->workers[i] = rate_worker_new();
    b->ledger = rate_ledger_new();
    b->now = 1000000;
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < WORKERS; i++)
        rate_worker_free(b->workers[i]);
    rate_ledger_free(b->ledger);
    free(b);
    return 0;
}

/* What the control thread does each second. */
static void round_of(struct bench *b)
{
    b->now += 1000;
    for (int i = 0; i < WORKERS; i++) {
        struct rate_part *p = rate_worker_begin_round(b->workers[i]);

        for (; p; p = p->next)
            rate_ledger_add(b->ledger, p, b->now);
    }
    rate_ledger_turn(b->ledger, b->now);
    for (int i = 0; i < WORKERS; i++) {
        rate_ledger_tell(b->ledger, b->workers[i]);
        rate_worker_end_round(b->workers[i]);
    }
}

/* How many of n requests with the key were limited. */
static unsigned count(struct bench *b, int worker, const char *key, unsigned n)
{
    unsigned limited = 0;

    while (n--)
        limited += rate_count(b->workers[worker], &ten, str_of(key), b->now);
    return limited;
}

static void test_one_worker_limits_from_the_first_beyond(void **state)
{
    struct bench *b = *state;

    assert_int_equal(count(b, 0, "1.2.3.4", 10), 0);
    assert_int_equal(count(b, 0, "1.2.3.4", 5), 5);
    assert_int_equal(count(b, 0, "1.2.3.5", 10), 0);
}

static void test_what_was_counted_is_not_lost_in_a_round(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < 10; i++) {
        assert_int_equal(count(b, 0, "1.2.3.4", 1), 0);
        round_of(b);
    }
    assert_int_equal(count(b, 0, "1.2.3.4", 1), 1);
}

static void test_between_begin_and_end_of_a_round_it_counts(void **state)
{
    struct bench *b = *state;

    assert_int_equal(count(b, 0, "1.2.3.4", 9), 0);
    assert_non_null(rate_worker_begin_round(b->workers[0]));
    assert_int_equal(count(b, 0, "1.2.3.4", 1), 0);
    assert_int_equal(count(b, 0, "1.2.3.4", 1), 1);
    rate_worker_end_round(b->workers[0]);
}

static void test_workers_count_together(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(count(b, i, "1.2.3.4", 4), 0);
    round_of(b);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(count(b, i, "1.2.3.4", 1), 1);
}

static void test_it_is_over_when_the_window_is(void **state)
{
    struct bench *b = *state;

    assert_int_equal(count(b, 0, "1.2.3.4", 11), 1);
    for (unsigned rounds = 0; rounds < 59; rounds++)
        round_of(b);
    assert_int_equal(count(b, 1, "1.2.3.4", 1), 1);
    for (unsigned rounds = 0; rounds < 3; rounds++)
        round_of(b);
    /* Only the one of the 59th second is left. */
    assert_int_equal(count(b, 1, "1.2.3.4", 9), 0);
    assert_int_equal(count(b, 1, "1.2.3.4", 1), 1);
}

static void test_other_settings_are_another_instance(void **state)
{
    struct rate_instance other = ten;
    struct bench *b = *state;

    other.number++;
    assert_int_equal(count(b, 0, "1.2.3.4", 11), 1);
    round_of(b);
    assert_false(rate_count(b->workers[0], &other, STR("1.2.3.4"), b->now));
}

/* A rule with a CONSTANT key has all requests in one. */
static void test_no_key_is_a_key(void **state)
{
    static const struct str none = {NULL, 0};
    struct bench *b = *state;

    for (int i = 0; i < 10; i++)
        assert_false(rate_count(b->workers[0], &ten, none, b->now));
    round_of(b);
    assert_true(rate_count(b->workers[0], &ten, none, b->now));
}

static void test_long_keys_are_keys(void **state)
{
    char a[300];
    char c[300];
    struct bench *b = *state;

    snprintf(a, sizeof(a), "%0*d", 299, 1);
    snprintf(c, sizeof(c), "%0*d", 299, 2);
    assert_int_equal(count(b, 0, a, 10), 0);
    assert_int_equal(count(b, 0, c, 10), 0);
    round_of(b);
    assert_int_equal(count(b, 0, a, 1), 1);
    assert_int_equal(count(b, 0, c, 1), 1);
    /* "" and a NUL are two. */
    assert_int_equal(count(b, 0, "", 10), 0);
    assert_false(rate_count(b->workers[0], &ten, str_make("\0", 1), b->now));
}

/* 30,000 senders of one request each do not drive out those of many. */
static void test_the_highest_senders_stay(void **state)
{
    struct bench *b = *state;
    char key[32];

    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof(key), "9.9.9.%d", i);
        assert_int_equal(count(b, 0, key, 10), 0);
    }
    round_of(b);
    for (int i = 0; i < 30000; i++) {
        snprintf(key, sizeof(key), "1.%d.%d.%d", i >> 16, i >> 8 & 255,
                 i & 255);
        count(b, i % WORKERS, key, 1);
        if (i % 5000 == 0)
            round_of(b);
    }
    round_of(b);
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof(key), "9.9.9.%d", i);
        assert_int_equal(count(b, 0, key, 1), 1);
    }
}

static void test_a_ledger_has_a_bound(void **state)
{
    struct bench *b = *state;
    struct str packed;
    char key[32];

    for (int i = 0; i < 60000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        count(b, i % WORKERS, key, 1 + (unsigned)i % 3);
    }
    round_of(b);
    packed = rate_ledger_pack(b->ledger, ten.number);
    assert_int_equal(packed.n, 21 * RATE_KEYS_MAX);
    free((char *)(uintptr_t)packed.p);
}

static void test_what_is_idle_is_forgotten(void **state)
{
    struct bench *b = *state;

    count(b, 0, "1.2.3.4", 3);
    for (int i = 0; i < 63; i++)
        round_of(b);
    assert_int_equal(rate_ledger_n(b->ledger), 0);
    assert_null(rate_worker_begin_round(b->workers[0]));
}

static void test_nodes_count_together(void **state)
{
    struct bench *b = *state;
    struct rate_ledger *other = rate_ledger_new();
    struct str packed;

    count(b, 0, "1.2.3.4", 6);
    rate_ledger_add(other, rate_worker_begin_round(b->workers[0]), b->now);
    rate_ledger_turn(other, b->now);
    packed = rate_ledger_pack(other, ten.number);
    assert_int_equal(packed.n, 21);
    rate_worker_end_round(b->workers[0]); /* which forgets them here */
    count(b, 1, "1.2.3.4", 2);
    round_of(b);
    assert_true(rate_ledger_add_other(b->ledger, ten.number, packed));
    round_of(b);
    assert_int_equal(count(b, 1, "1.2.3.4", 2), 0);
    assert_int_equal(count(b, 1, "1.2.3.4", 1), 1);
    assert_false(
        rate_ledger_add_other(b->ledger, ten.number, str_make(packed.p, 20)));
    rate_ledger_forget_others(b->ledger, ten.number);
    round_of(b);
    assert_int_equal(count(b, 1, "1.2.3.4", 5), 0);
    free((char *)(uintptr_t)packed.p);
    rate_ledger_free(other);
}

static void told(void *owner, struct str key)
{
    unsigned *n = owner;

    assert_true(str_eq(key, STR("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff")));
    ++*n;
}

static void test_who_is_limited_is_told(void **state)
{
    struct bench *b = *state;
    unsigned n = 0;

    count(b, 0, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 11);
    count(b, 0, "1.2.3.4", 10);
    round_of(b);
    rate_ledger_limited(b->ledger, ten.number, told, &n);
    assert_int_equal(n, 1);
}

/* Removals leave no key unreachable. */
static void test_a_table_of_a_bound_finds_what_it_has(void **state)
{
    struct rate_table *table = rate_table_new();
    struct rate_id id;
    char key[32];

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct rate_entry *e;

        snprintf(key, sizeof(key), "key %u", i);
        assert_true(rate_id_of(str_of(key), &id));
        e = rate_table_put(table, &id, str_of(key), 500);
        assert_non_null(e);
        e->number = i + 1;
        assert_int_equal(rate_table_get(table, &id), i + 1);
    }
    assert_int_equal(table->n, 500);
    for (unsigned i = 0; i < table->cap; i++) {
        if (table->entries[i].used)
            assert_int_equal(rate_table_get(table, &table->entries[i].id),
                             table->entries[i].number);
    }
    rate_table_free(table);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_one_worker_limits_from_the_first_beyond),
        CASE(test_what_was_counted_is_not_lost_in_a_round),
        CASE(test_between_begin_and_end_of_a_round_it_counts),
        CASE(test_workers_count_together),
        CASE(test_it_is_over_when_the_window_is),
        CASE(test_other_settings_are_another_instance),
        CASE(test_no_key_is_a_key),
        CASE(test_long_keys_are_keys),
        CASE(test_the_highest_senders_stay),
        CASE(test_a_ledger_has_a_bound),
        CASE(test_what_is_idle_is_forgotten),
        CASE(test_nodes_count_together),
        CASE(test_who_is_limited_is_told),
        cmocka_unit_test(test_a_table_of_a_bound_finds_what_it_has),
    };

    return cmocka_run_group_tests_name("waf/rate", tests, NULL, NULL);
}
