/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/log_ring.h"

enum {
    LONG = 20000, /* longer than any text is kept */
    RACED = 30000,
    SMALL_MAX = 500, /* its eighth is never cut */
};

static char filler[LONG];

static int setup(void **state)
{
    struct log_ring *ring = log_ring_new();

    for (unsigned i = 0; i < LONG; i++)
        filler[i] = (char)('a' + i % 26);
    *state = ring;
    return ring ? 0 : -1;
}

static int teardown(void **state)
{
    log_ring_free(*state);
    return 0;
}

/* Some number that follows from i; tests must be the same each time. */
static uint32_t mix(uint64_t i)
{
    i = (i + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    return (uint32_t)(i >> 33);
}

/* Record number i: its number is in several places, the lengths of its texts
 * follow from it. */
static struct access_record record_of(uint64_t i, unsigned max)
{
    struct access_record r = {.type = ACCESS_HTTPS, .received = i};

    r.time = (int64_t)i * 3;
    r.status = (uint16_t)(i % 1000);
    r.conn_id[15] = (uint8_t)i;
    for (unsigned k = 0; k < ACCESS_TEXTS; k++)
        r.texts[k] = str_make(filler + (i + k) % 26,
                              mix(i * ACCESS_TEXTS + k) % (max / 8 + 1));
    r.texts[ACCESS_TARGET].n = mix(i) % (max + 1);
    return r;
}

static bool same(const struct access_record *a, const struct access_record *b)
{
    bool texts = true;

    for (unsigned k = 0; k < ACCESS_TEXTS; k++)
        texts = texts && str_eq(a->texts[k], b->texts[k]);
    return texts && a->received == b->received && a->type == b->type &&
           a->time == b->time && a->status == b->status &&
           memcmp(a->conn_id, b->conn_id, sizeof(a->conn_id)) == 0;
}

/* The next record, that of a request. */
static bool take(struct log_ring *ring, struct access_record *record)
{
    struct log_record taken;

    *record = (struct access_record){.type = ACCESS_HTTP};
    if (!log_ring_take(ring, &taken))
        return false;
    assert_int_equal(taken.kind, ACCESS_LOG);
    *record = taken.of.access;
    return true;
}

static void test_an_empty_ring_gives_nothing(void **state)
{
    struct access_record r;

    assert_false(take(*state, &r));
    assert_int_equal(log_ring_dropped(*state), 0);
    assert_int_equal(log_ring_at(*state), log_ring_end(*state));
}

static void test_records_come_out_as_they_went_in(void **state)
{
    struct access_record r;
    bool wake;

    for (uint64_t i = 0; i < 20; i++) {
        struct access_record put = record_of(i, SMALL_MAX);

        assert_true(log_ring_put(*state, ACCESS_LOG, &put, &wake));
        assert_false(wake);
    }
    for (uint64_t i = 0; i < 20; i++) {
        struct access_record put = record_of(i, SMALL_MAX);

        assert_true(take(*state, &r));
        assert_true(same(&r, &put));
    }
    assert_false(take(*state, &r));
}

static void test_the_texts_are_copies(void **state)
{
    char host[] = "example.com";
    struct access_record put = {.texts[ACCESS_HOST] = {host, 11}};
    struct access_record got;
    bool wake;

    assert_true(log_ring_put(*state, ACCESS_LOG, &put, &wake));
    memset(host, 'x', 11);
    assert_true(take(*state, &got));
    assert_true(str_eq(got.texts[ACCESS_HOST], STR("example.com")));
}

static void test_texts_are_cut_so_that_a_record_always_fits(void **state)
{
    struct access_record put = {.type = ACCESS_HTTP};
    struct access_record got;
    size_t total = 0;
    bool wake;

    for (unsigned k = 0; k < ACCESS_TEXTS; k++)
        put.texts[k] = str_make(filler, LONG);
    assert_true(log_ring_put(*state, ACCESS_LOG, &put, &wake));
    assert_in_range(log_ring_end(*state), 1, LOG_RECORD_MAX);
    assert_true(take(*state, &got));
    for (unsigned k = 0; k < ACCESS_TEXTS; k++) {
        assert_in_range(got.texts[k].n, 64, LONG - 1);
        assert_memory_equal(got.texts[k].p, filler, got.texts[k].n);
        total += got.texts[k].n;
    }
    assert_int_equal(got.texts[ACCESS_USER_AGENT].n, ACCESS_USER_AGENT_MAX);
    assert_true(got.texts[ACCESS_TARGET].n >= 16384);
    assert_true(total * 4 < LOG_LINE_MAX - 1024);
}

/* Longer than any other record. */
static char line[WAF_LOG_LINE_MAX];

static struct str line_of(uint64_t i)
{
    return str_make(line, i % 3 == 0 ? sizeof(line)
                                     : 1 + i * 997 % (sizeof(line) / 8));
}

/* Record i of all kinds in turn, with texts as long as may be. */
static void put_in_turn(struct log_ring *ring, uint64_t i)
{
    struct connection_record connection = {.time = (int64_t)i};
    struct health_check_record check = {.latency_ns = i};
    struct access_record access = record_of(i, SMALL_MAX);
    struct waf_log_record waf = {.sink = (uint32_t)i};
    const void *records[LOG_KINDS] = {&access, &connection, &check, &waf};
    bool wake;

    waf_log_cut(&waf, line_of(i));
    for (unsigned k = 0; k < CONNECTION_TEXTS; k++)
        connection.texts[k] = str_make(filler + k, LONG - k);
    for (unsigned k = 0; k < HEALTH_CHECK_TEXTS; k++)
        check.texts[k] = str_make(filler + k, LONG - k);
    assert_true(log_ring_put(ring, (enum log_kind)(i % LOG_KINDS),
                             records[i % LOG_KINDS], &wake));
}

static void check_texts(const struct str *texts, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        assert_in_range(texts[k].n, 64, 4096);
        assert_memory_equal(texts[k].p, filler + k, texts[k].n);
    }
}

static void check_line(const struct log_record *got, uint64_t i)
{
    static char room[sizeof(line)];
    struct text t = text_in(room, sizeof(room));

    assert_int_equal(log_record_sink(got), i);
    log_put_line(&t, got);
    assert_true(text_ok(&t));
    assert_int_equal(t.n, line_of(i).n);
    assert_memory_equal(t.p, line, t.n);
    t = text_in(room, line_of(i).n - 1);
    log_put_line(&t, got);
    assert_false(text_ok(&t));
}

static void test_records_of_all_kinds_come_out_in_their_order(void **state)
{
    struct access_record access;
    struct log_record got;

    for (size_t i = 0; i < sizeof(line); i++)
        line[i] = (char)(i * 31 + i / 256);
    for (uint64_t i = 0; i < 3000; i++) {
        put_in_turn(*state, i);
        assert_true(log_ring_take(*state, &got));
        assert_int_equal(got.kind, i % LOG_KINDS);
        switch (got.kind) {
        case ACCESS_LOG:
            access = record_of(i, SMALL_MAX);
            assert_true(same(&got.of.access, &access));
            break;
        case CONNECTION_LOG:
            assert_int_equal(got.of.connection.time, i);
            check_texts(got.of.connection.texts, CONNECTION_TEXTS);
            break;
        case HEALTH_CHECK_LOG:
            assert_int_equal(got.of.health_check.latency_ns, i);
            check_texts(got.of.health_check.texts, HEALTH_CHECK_TEXTS);
            break;
        case WAF_LOG:
            check_line(&got, i);
            break;
        case LOG_KINDS:
            fail();
        }
    }
    assert_in_range(log_ring_end(*state), 2 * LOG_RING_SIZE, UINT64_MAX);
}

static uint64_t fill(struct log_ring *ring, uint64_t *first_wake)
{
    uint64_t n = 0;
    bool wake = false;

    *first_wake = 0;
    for (;; n++) {
        struct access_record put = record_of(n, SMALL_MAX);

        if (!log_ring_put(ring, ACCESS_LOG, &put, &wake))
            return n;
        if (wake && *first_wake == 0)
            *first_wake = log_ring_end(ring);
    }
}

static void test_what_finds_no_room_is_dropped_and_counted(void **state)
{
    struct access_record r = record_of(7, SMALL_MAX);
    uint64_t first_wake;
    uint64_t n = fill(*state, &first_wake);
    bool wake;

    assert_int_equal(log_ring_dropped(*state), 1);
    assert_in_range(log_ring_end(*state), LOG_RING_SIZE - 8192, LOG_RING_SIZE);
    assert_false(log_ring_put(*state, ACCESS_LOG, &r, &wake));
    assert_int_equal(log_ring_dropped(*state), 2);
    for (uint64_t i = 0; i < n; i++) {
        struct access_record put = record_of(i, SMALL_MAX);

        assert_true(take(*state, &r));
        assert_true(same(&r, &put));
    }
    assert_false(take(*state, &r));
    assert_true(log_ring_put(*state, ACCESS_LOG, &r, &wake));
}

static void test_the_reader_is_called_when_the_ring_is_half_full(void **state)
{
    uint64_t first_wake;

    fill(*state, &first_wake);
    assert_in_range(first_wake, LOG_RING_SIZE / 2, LOG_RING_SIZE / 2 + 8192);
}

static void test_a_reader_that_keeps_up_is_not_called(void **state)
{
    struct access_record r;
    bool wake;

    for (uint64_t i = 0; i < 10000; i++) {
        struct access_record put = record_of(i, SMALL_MAX);

        assert_true(log_ring_put(*state, ACCESS_LOG, &put, &wake));
        assert_false(wake);
        while (i % 100 == 0 && take(*state, &r))
            continue;
    }
    assert_in_range(log_ring_end(*state), 2 * LOG_RING_SIZE, UINT64_MAX);
}

static void test_the_record_on_loan_is_not_overwritten(void **state)
{
    struct access_record first = record_of(0, SMALL_MAX);
    struct access_record got;
    uint64_t first_wake;

    fill(*state, &first_wake);
    assert_true(take(*state, &got));
    fill(*state, &first_wake);
    assert_true(same(&got, &first));
}

static void test_records_of_any_size_survive_the_wrap(void **state)
{
    uint64_t put = 0;
    uint64_t taken = 0;
    struct access_record got;
    bool wake;

    /* Bursts of which some overfill the ring: those records are put again. */
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned n = mix(round) % 60; n > 0; n--) {
            struct access_record r = record_of(put, LONG);

            if (log_ring_put(*state, ACCESS_LOG, &r, &wake))
                put++;
        }
        for (unsigned n = mix(round + 1000) % 60; n > 0; n--) {
            struct access_record r = record_of(taken, LONG);

            if (!take(*state, &got))
                break;
            /* as the ring cuts it */
            r.texts[ACCESS_TARGET].n = got.texts[ACCESS_TARGET].n;
            for (unsigned k = 0; k < ACCESS_TEXTS; k++) {
                assert_true(got.texts[k].n <= r.texts[k].n);
                r.texts[k].n = got.texts[k].n;
            }
            assert_true(same(&got, &r));
            taken++;
        }
    }
    assert_in_range(log_ring_end(*state), 4 * LOG_RING_SIZE, UINT64_MAX);
}

static void test_positions_say_what_was_taken(void **state)
{
    struct access_record got;
    uint64_t ends[5];
    bool wake;

    for (unsigned i = 0; i < 5; i++) {
        struct access_record put = record_of(i, SMALL_MAX);

        assert_true(log_ring_put(*state, ACCESS_LOG, &put, &wake));
        ends[i] = log_ring_end(*state);
    }
    for (unsigned i = 0; i < 5; i++) {
        assert_true(log_ring_at(*state) < ends[i]);
        assert_true(take(*state, &got));
        assert_int_equal(log_ring_at(*state), ends[i]);
    }
}

static void *put_raced(void *data)
{
    bool wake;

    for (uint64_t i = 0; i < RACED;) {
        struct access_record r = record_of(i, SMALL_MAX);

        if (log_ring_put(data, ACCESS_LOG, &r, &wake))
            i++;
        else
            sched_yield();
    }
    return NULL;
}

static void test_two_threads_lose_and_mix_up_nothing(void **state)
{
    struct access_record got;
    unsigned wrong = 0;
    pthread_t worker;

    assert_int_equal(pthread_create(&worker, NULL, put_raced, *state), 0);
    for (uint64_t i = 0; i < RACED;) {
        struct access_record put = record_of(i, SMALL_MAX);

        if (!take(*state, &got)) {
            sched_yield();
            continue;
        }
        wrong += !same(&got, &put);
        i++;
    }
    pthread_join(worker, NULL);
    assert_int_equal(wrong, 0);
    assert_false(take(*state, &got));
}

#define RING_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RING_TEST(test_an_empty_ring_gives_nothing),
        RING_TEST(test_records_come_out_as_they_went_in),
        RING_TEST(test_records_of_all_kinds_come_out_in_their_order),
        RING_TEST(test_the_texts_are_copies),
        RING_TEST(test_texts_are_cut_so_that_a_record_always_fits),
        RING_TEST(test_what_finds_no_room_is_dropped_and_counted),
        RING_TEST(test_the_reader_is_called_when_the_ring_is_half_full),
        RING_TEST(test_a_reader_that_keeps_up_is_not_called),
        RING_TEST(test_the_record_on_loan_is_not_overwritten),
        RING_TEST(test_records_of_any_size_survive_the_wrap),
        RING_TEST(test_positions_say_what_was_taken),
        RING_TEST(test_two_threads_lose_and_mix_up_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
