/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client may do without being useful, and what comes on streams that
 * are over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/h2_budget.h"
#include "h2_side.h"

enum {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PING = 6,
    WINDOW_UPDATE = 8,
    CONTINUATION,
    UNKNOWN = 77
};

#define POST ":method: POST\r\n:scheme: https\r\n:path: /\r\n:authority: h\r\n"

struct attack {
    struct side *s;
    struct frames f;
    struct str said;
};

static int begin(void **state)
{
    struct attack *a = calloc(1, sizeof(*a));

    a->s = side_new(false);
    a->f = frames_begin();
    side_take(a->s);
    *state = a;
    return 0;
}

static int end(void **state)
{
    struct attack *a = *state;

    frames_end(&a->f);
    side_free(a->s);
    free(a);
    return 0;
}

/* Sends what was gathered; what is answered replaces what was said before. */
static void send_all(struct attack *a)
{
    side_give(a->s, str_make(a->f.p, a->f.n));
    a->f.n = 0;
    a->said = side_take(a->s);
}

static void expect_end(struct attack *a, enum h2_error error)
{
    send_all(a);
    assert_int_equal(frames_goaway(a->said), error);
    assert_false(a->s->alive);
}

/* ---- resets ----------------------------------------------------------------- */

static void requests_that_are_reset_at_once_end_the_session(void **state)
{
    struct attack *a = *state;
    uint32_t id = 1;

    a->s->answer = SIDE_SILENT;
    while (a->s->alive && id < 4000) {
        frames_get(&a->f, id);
        frames_add(&a->f, RST_STREAM, 0, id, STR("\0\0\0\10"));
        send_all(a);
        id += 2;
    }
    assert_int_equal(frames_goaway(a->said), H2_ENHANCE_YOUR_CALM);
    assert_int_equal(a->s->requests, H2_REFUSALS_MAX + 1);
    assert_int_equal(a->s->h2.streams, 0);
}

/* MadeYouReset: a body longer than it said has the server reset the stream. */
static void faults_that_make_us_reset_end_the_session(void **state)
{
    struct attack *a = *state;
    uint32_t id = 1;

    a->s->answer = SIDE_SILENT;
    while (a->s->alive && id < 4000) {
        frames_headers(&a->f, 0, id, POST "content-length: 1\r\n");
        frames_add(&a->f, DATA, 0, id, STR("ab"));
        send_all(a);
        id += 2;
    }
    assert_int_equal(frames_goaway(a->said), H2_ENHANCE_YOUR_CALM);
    assert_true(a->s->requests <= H2_REFUSALS_MAX + 1);
}

static void a_client_that_gets_work_done_may_cancel(void **state)
{
    struct attack *a = *state;

    for (uint32_t id = 1; id < 6000; id += 4) {
        a->s->answer = SIDE_SILENT;
        frames_get(&a->f, id);
        frames_add(&a->f, RST_STREAM, 0, id, STR("\0\0\0\10"));
        send_all(a);
        a->s->answer = SIDE_ECHO;
        frames_get(&a->f, id + 2);
        send_all(a);
        assert_true(a->s->alive);
    }
}

static void time_pays_resets_back(void **state)
{
    struct attack *a = *state;

    a->s->answer = SIDE_SILENT;
    for (uint32_t id = 1; id < 6000; id += 2) {
        a->s->now_s = id / 20;
        frames_get(&a->f, id);
        frames_add(&a->f, RST_STREAM, 0, id, STR("\0\0\0\10"));
        send_all(a);
        assert_true(a->s->alive);
    }
}

/* ---- frames that move nothing ------------------------------------------------ */

static void flood(struct attack *a, unsigned type, unsigned flags, uint32_t id,
                  struct str payload)
{
    frames_headers(&a->f, 0, 1, POST);
    for (unsigned i = 0; i <= H2_CHATTER_MAX; i++)
        frames_add(&a->f, type, flags, id, payload);
    a->s->answer = SIDE_SILENT;
    expect_end(a, H2_ENHANCE_YOUR_CALM);
}

static void a_flood_of_pings_ends_the_session(void **state)
{
    struct attack *a = *state;

    flood(a, PING, 0, 0, STR("12345678"));
    assert_true(frames_count(a->said, PING) <= H2_CHATTER_MAX);
}

static void a_flood_of_settings_ends_the_session(void **state)
{
    flood(*state, SETTINGS, 0, 0, STR(""));
}

static void a_flood_of_priorities_ends_the_session(void **state)
{
    flood(*state, PRIORITY, 0, 3, STR("\0\0\0\0\20"));
}

static void a_flood_of_windows_ends_the_session(void **state)
{
    flood(*state, WINDOW_UPDATE, 0, 0, STR("\0\0\0\1"));
}

static void a_flood_of_empty_data_ends_the_session(void **state)
{
    flood(*state, DATA, 0, 1, STR(""));
}

static void a_flood_of_padding_ends_the_session(void **state)
{
    flood(*state, DATA, 8, 1, STR("\3\0\0\0"));
}

static void a_flood_of_unknown_frames_ends_the_session(void **state)
{
    flood(*state, UNKNOWN, 0, 0, STR("x"));
}

static void pings_now_and_then_are_welcome(void **state)
{
    struct attack *a = *state;

    for (unsigned i = 0; i < 20000; i++) {
        a->s->now_s = i / 50;
        frames_add(&a->f, PING, 0, 0, STR("12345678"));
        send_all(a);
        assert_int_equal(frames_count(a->said, PING), 1);
    }
}

/* ---- header blocks ------------------------------------------------------------- */

static void endless_continuations_end_the_session(void **state)
{
    struct attack *a = *state;

    frames_add(&a->f, HEADERS, 0, 1, frames_block(POST));
    for (unsigned i = 0; i <= H2_CONTINUATIONS_MAX; i++)
        frames_add(&a->f, CONTINUATION, 0, 1, STR(""));
    expect_end(a, H2_ENHANCE_YOUR_CALM);
    assert_int_equal(a->s->requests, 0);
}

static void a_block_that_is_too_long_ends_the_session(void **state)
{
    static char filler[16384];
    struct attack *a = *state;

    frames_add(&a->f, HEADERS, 0, 1, frames_block(POST));
    /* Literals of an empty name and value, which say nothing. */
    for (unsigned i = 0; i < H2_BLOCK_MAX / sizeof(filler); i++)
        frames_add(&a->f, CONTINUATION, 0, 1, str_make(filler, sizeof(filler)));
    send_all(a);
    assert_false(a->s->alive);
    assert_int_equal(a->s->requests, 0);
}

/* In a few pieces a head may come, byte by byte too. */
static void some_continuations_are_a_request(void **state)
{
    struct attack *a = *state;
    struct str block = frames_block(POST);

    frames_add(&a->f, HEADERS, 0, 1, str_make(block.p, 0));
    for (size_t i = 0; i < 30; i++)
        frames_add(&a->f, CONTINUATION, 0, 1, str_make(block.p + i, 1));
    frames_add(&a->f, CONTINUATION, 4, 1, str_make(block.p + 30, block.n - 30));
    a->s->answer = SIDE_SILENT;
    side_give_in_steps(a->s, str_make(a->f.p, a->f.n), 1);
    assert_true(a->s->alive);
    assert_int_equal(a->s->requests, 1);
}

/* RFC 7541: an entry of the table costs a byte each time it is named. */
static void a_bomb_is_not_decoded_to_its_end(void **state)
{
    static char lines[8192], names[10000];
    struct attack *a = *state;
    struct text t = text_in(lines, sizeof(lines));
    struct str block;

    TEXT_LITERAL(&t, "x: ");
    for (unsigned i = 0; i < 4000; i++)
        text_char(&t, 'y');
    TEXT_LITERAL(&t, "\r\n");
    text_char(&t, '\0');
    block = frames_block(POST);
    frames_add(&a->f, HEADERS, 0, 1, block);
    block = frames_block(lines);
    ((char *)(uintptr_t)block.p)[0] = 0x40; /* indexed from now on */
    frames_add(&a->f, CONTINUATION, 0, 1, block);
    memset(names, 0x80 | 62, sizeof(names));
    frames_add(&a->f, CONTINUATION, 4, 1, str_make(names, sizeof(names)));
    expect_end(a, H2_ENHANCE_YOUR_CALM);
    assert_int_equal(a->s->requests, 0);
}

static void a_head_beyond_the_limit_is_answered(void **state)
{
    static char lines[70000];
    struct attack *a = *state;
    struct text t = text_in(lines, sizeof(lines) - 1);
    struct str block;

    TEXT_LITERAL(&t, POST);
    for (unsigned i = 0; i < 6; i++) {
        TEXT_LITERAL(&t, "x: ");
        for (unsigned k = 0; k < 11000; k++)
            text_char(&t, 'y');
        TEXT_LITERAL(&t, "\r\n");
    }
    lines[t.n] = '\0';
    block = frames_block(lines);
    /* 66 KB of literals are above the limit of a block; so they are cut. */
    assert_true(block.n > H2_BLOCK_MAX);
    frames_add(&a->f, HEADERS, 1, 1, str_make(block.p, 16384));
    for (size_t at = 16384; at + 16384 < H2_BLOCK_MAX; at += 16384)
        frames_add(&a->f, CONTINUATION, 0, 1, str_make(block.p + at, 16384));
    send_all(a);
    assert_true(a->s->alive);
    assert_int_equal(a->s->requests, 0);
}

static void many_small_fields_are_answered_with_400(void **state)
{
    static char lines[40000];
    struct attack *a = *state;
    struct text t = text_in(lines, sizeof(lines) - 1);
    struct str block;

    TEXT_LITERAL(&t, POST);
    for (unsigned i = 0; i < 2100; i++)
        TEXT_LITERAL(&t, "x: y\r\n");
    lines[t.n] = '\0';
    block = frames_block(lines);
    frames_add(&a->f, HEADERS, 5, 1, block);
    send_all(a);
    assert_true(side_was_told(a->s, "refused 1 400 the header list is too "
                                    "long\n"));
    assert_true(a->s->alive);
    frames_get(&a->f, 3);
    send_all(a);
    assert_int_equal(a->s->requests, 1);
}

/* ---- streams that are over ------------------------------------------------------ */

static void data_after_the_end_is_an_error(void **state)
{
    struct attack *a = *state;

    frames_get(&a->f, 1);
    send_all(a);
    assert_true(a->s->alive);
    frames_add(&a->f, DATA, 0, 1, STR("late"));
    expect_end(a, H2_STREAM_CLOSED);
}

static void a_head_after_the_end_is_an_error(void **state)
{
    struct attack *a = *state;

    frames_get(&a->f, 1);
    frames_get(&a->f, 3);
    send_all(a);
    frames_get(&a->f, 1);
    expect_end(a, H2_STREAM_CLOSED);
}

static void a_stream_that_was_skipped_cannot_be_opened(void **state)
{
    struct attack *a = *state;

    frames_get(&a->f, 5);
    send_all(a);
    frames_get(&a->f, 3);
    expect_end(a, H2_PROTOCOL_ERROR);
}

static void
what_was_on_its_way_to_a_stream_that_we_reset_is_let_go(void **state)
{
    struct attack *a = *state;

    a->s->answer = SIDE_SILENT;
    frames_headers(&a->f, 0, 1, POST);
    send_all(a);
    h2_reset(&a->s->streams[0].h2, H2_CANCEL);
    frames_add(&a->f, DATA, 0, 1, STR("late"));
    frames_headers(&a->f, 1, 1, "x: trailer\r\n");
    a->s->answer = SIDE_ECHO;
    frames_get(&a->f, 3);
    send_all(a);
    assert_true(a->s->alive);
    assert_int_equal(a->s->requests, 2);
}

static void what_was_on_its_way_pays_the_window_back(void **state)
{
    static char data[16000];
    struct attack *a = *state;
    unsigned credit = 0;

    a->s->answer = SIDE_SILENT;
    frames_headers(&a->f, 0, 1, POST);
    send_all(a);
    h2_reset(&a->s->streams[0].h2, H2_CANCEL);
    for (unsigned i = 0; i < 200; i++) {
        frames_add(&a->f, DATA, 0, 1, str_make(data, sizeof(data)));
        send_all(a);
        credit += frames_count(a->said, WINDOW_UPDATE);
        assert_true(a->s->alive);
    }
    assert_true(credit > 2);
}

static void streams_beyond_the_limit_are_refused(void **state)
{
    struct attack *a = *state;

    a->s->answer = SIDE_SILENT;
    for (uint32_t i = 0; i < H2_STREAMS_MAX + 1; i++)
        frames_get(&a->f, 2 * i + 1);
    send_all(a);
    assert_int_equal(frames_reset(a->said, 2 * H2_STREAMS_MAX + 1),
                     H2_REFUSED_STREAM);
    assert_int_equal(a->s->requests, H2_STREAMS_MAX);
    assert_true(a->s->alive);
}

static void bytes_that_are_no_http2_end_it(void **state)
{
    struct attack *a = *state;

    a->f.n = 0;
    frames_raw(&a->f, STR("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    send_all(a);
    assert_false(a->s->alive);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_that_are_reset_at_once_end_the_session),
        TEST(faults_that_make_us_reset_end_the_session),
        TEST(a_client_that_gets_work_done_may_cancel),
        TEST(time_pays_resets_back),
        TEST(a_flood_of_pings_ends_the_session),
        TEST(a_flood_of_settings_ends_the_session),
        TEST(a_flood_of_priorities_ends_the_session),
        TEST(a_flood_of_windows_ends_the_session),
        TEST(a_flood_of_empty_data_ends_the_session),
        TEST(a_flood_of_padding_ends_the_session),
        TEST(a_flood_of_unknown_frames_ends_the_session),
        TEST(pings_now_and_then_are_welcome),
        TEST(endless_continuations_end_the_session),
        TEST(a_block_that_is_too_long_ends_the_session),
        TEST(some_continuations_are_a_request),
        TEST(a_bomb_is_not_decoded_to_its_end),
        TEST(a_head_beyond_the_limit_is_answered),
        TEST(many_small_fields_are_answered_with_400),
        TEST(data_after_the_end_is_an_error),
        TEST(a_head_after_the_end_is_an_error),
        TEST(a_stream_that_was_skipped_cannot_be_opened),
        TEST(what_was_on_its_way_to_a_stream_that_we_reset_is_let_go),
        TEST(what_was_on_its_way_pays_the_window_back),
        TEST(streams_beyond_the_limit_are_refused),
        TEST(bytes_that_are_no_http2_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
