/* SPDX-License-Identifier: Apache-2.0
 *
 * Both roles of the codec against each other, in any pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "h2_side.h"

#define NOTHING ((struct h2_piece){.end = true})
#define BODY(s) ((struct h2_piece){(s), sizeof(s) - 1, .end = true})

static void assert_told(const struct side *s, const char *what)
{
    if (!side_was_told(s, what))
        fail_msg("not told \"%s\" but:\n%.*s", what, (int)s->log.n, s->log.p);
}

static void assert_not_told(const struct side *s, const char *what)
{
    if (side_was_told(s, what))
        fail_msg("told \"%s\":\n%.*s", what, (int)s->log.n, s->log.p);
}

struct pair {
    struct side *client, *server;
};

static struct pair pair_new(void)
{
    struct pair p = {side_new(true), side_new(false)};

    side_settle(p.client, p.server);
    return p;
}

static void pair_free(struct pair *p)
{
    side_free(p->client);
    side_free(p->server);
}

/* ---- messages -------------------------------------------------------------- */

static void a_request_and_its_response_pass(void **state)
{
    struct pair p = pair_new();

    (void)state;
    assert_non_null(side_ask(p.client, "GET", "/a?b=1",
                             "Accept: */*\r\nUser-Agent: unit\r\n", NOTHING));
    side_settle(p.client, p.server);
    assert_told(p.server,
                "request 1 GET /a?b=1 example.com "
                "host=example.com;accept=*/*;user-agent=unit;  end\n");
    assert_told(p.client, "response 1 200 server=side;  end\n");
    assert_told(p.client, "closed 1 0\n");
    assert_told(p.server, "closed 1 0\n");
    assert_int_equal(p.server->h2.streams, 0);
    pair_free(&p);
}

static void a_body_comes_with_its_head(void **state)
{
    struct pair p = pair_new();

    (void)state;
    side_ask(p.client, "POST", "/", "", BODY("hello"));
    side_settle(p.client, p.server);
    assert_told(p.server, "host=example.com; hello end\n");
    assert_not_told(p.server, "body 1");
    assert_told(p.client, "hello end\n");
    pair_free(&p);
}

static void bodies_and_trailers_pass_both_ways(void **state)
{
    struct pair p = pair_new();
    struct side_stream *stream =
        side_ask(p.client, "POST", "/", "te: trailers\r\n",
                 (struct h2_piece){"one", 3, .end = false});

    (void)state;
    side_settle(p.client, p.server);
    h2_send(&stream->h2,
            &(struct h2_piece){"two", 3, true,
                               STR("Grpc-Status: 0\r\nX-A: b\r\n")});
    side_settle(p.client, p.server);
    assert_told(p.server, "te=trailers; one\n");
    assert_told(
        p.server,
        "body 1 two\nbody 1  trailers [grpc-status: 0\r\nx-a: b\r\n] end\n");
    assert_told(p.client, "response 1 200 server=side; one\n");
    assert_told(p.client, "trailers [grpc-status: 0\r\nx-a: b\r\n] end\n");
    pair_free(&p);
}

static void trailers_that_frame_or_route_do_not_pass(void **state)
{
    struct pair p = pair_new();

    (void)state;
    side_ask(p.client, "POST", "/", "",
             (struct h2_piece){"x", 1, true,
                               STR("Host: a\r\nContent-Length: 3\r\n")});
    side_settle(p.client, p.server);
    assert_told(p.server, "host=example.com; x end\n");
    pair_free(&p);
}

static void a_head_request_has_no_body_in_its_response(void **state)
{
    struct pair p = pair_new();

    (void)state;
    side_ask(p.client, "HEAD", "/", "", NOTHING);
    side_settle(p.client, p.server);
    assert_told(p.client, "response 1 200 server=side;  end\n");
    pair_free(&p);
}

static void many_requests_at_once_are_all_answered(void **state)
{
    struct pair p = pair_new();

    (void)state;
    for (unsigned i = 0; i < H2_STREAMS_MAX; i++)
        assert_non_null(side_ask(p.client, "POST", "/", "", BODY("hello")));
    assert_int_equal(h2_requests_left(&p.client->h2), 0);
    assert_null(side_ask(p.client, "GET", "/", "", NOTHING));
    side_settle(p.client, p.server);
    assert_int_equal(p.server->requests, H2_STREAMS_MAX);
    assert_int_equal(p.client->closed, H2_STREAMS_MAX);
    assert_int_equal(h2_requests_left(&p.client->h2), H2_STREAMS_MAX);
    pair_free(&p);
}

static void cookie_crumbs_are_joined(void **state)
{
    struct side *s = side_new(false);
    struct frames f = frames_begin();

    (void)state;
    frames_headers(&f, 1, 1,
                   ":method: GET\r\n:scheme: https\r\n:path: /\r\n"
                   ":authority: h\r\ncookie: a=1\r\ncookie: b=2\r\n");
    frames_headers(&f, 1, 3,
                   ":method: GET\r\n:scheme: https\r\n:path: /\r\n"
                   ":authority: h\r\ncookie: a=1\r\nx-y: z\r\ncookie: b=2\r\n"
                   "cookie: c=3\r\nx-z: 4\r\n");
    assert_true(side_give(s, str_make(f.p, f.n)));
    assert_told(s, "request 1 GET / h host=h;cookie=a=1; b=2; ");
    assert_told(s, "request 3 GET / h host=h;x-y=z;x-z=4;"
                   "cookie=a=1; b=2; c=3; ");
    frames_end(&f);
    side_free(s);
}

/* What the answers are must not depend on how the bytes came. */
static void it_does_not_matter_in_what_pieces_bytes_come(void **state)
{
    static char big[40000];
    size_t steps[] = {1, 2, 3, 7, 8, 9, 10, 17, 100, 16384};
    struct str first = {NULL, 0};

    (void)state;
    memset(big, 'b', sizeof(big));
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct pair p = pair_new();
        struct str log;

        side_ask(p.client, "GET", "/a", "cookie: a\r\ncookie: b\r\n", NOTHING);
        side_ask(p.client, "POST", "/b", "content-length: 5\r\n",
                 BODY("hello"));
        side_ask(p.client, "POST", "/c", "",
                 (struct h2_piece){big, sizeof(big), true, STR("x: y\r\n")});
        p.server->answer = SIDE_SILENT;
        side_settle_in_steps(p.client, p.server, steps[i]);
        log = text_str(&p.server->log);
        assert_int_equal(p.server->requests, 3);
        assert_int_equal(p.server->streams[2].received, sizeof(big));
        log.n = (size_t)((char *)memmem(log.p, log.n, "request 5", 9) - log.p);
        if (i == 0) {
            /* The body of the second came apart from its head. */
            assert_told(p.server, "request 3 POST /b example.com "
                                  "host=example.com;content-length=5;");
            first = str_make(memcpy(malloc(log.n), log.p, log.n), log.n);
        } else if (steps[i] >= 100) {
            assert_told(p.server, "content-length=5; hello end\n");
        }
        assert_told(p.server, "trailers [x: y\r\n] end\n");
        pair_free(&p);
    }
    free((char *)(uintptr_t)first.p);
}

/* ---- flow control ------------------------------------------------------------ */

static void a_paused_stream_keeps_a_window_and_no_more(void **state)
{
    static char big[1 << 20];
    struct pair p = pair_new();
    struct side_stream *in, *out;

    (void)state;
    p.server->pauses = true;
    p.server->answer = SIDE_SILENT;
    out = side_ask(p.client, "POST", "/", "",
                   (struct h2_piece){big, sizeof(big), .end = true});
    side_settle(p.client, p.server);
    in = &p.server->streams[0];
    assert_true(in->received < 32768);
    assert_true(h2_blocked(&out->h2));
    assert_int_equal(h2_window(&out->h2), 0);
    p.server->pauses = false;
    h2_resume(&in->h2);
    h2_flush(&p.server->h2);
    side_settle(p.client, p.server);
    assert_int_equal(in->received, sizeof(big));
    assert_told(p.client, "drained 1\n");
    pair_free(&p);
}

static void
who_takes_a_little_at_a_time_keeps_no_more_than_a_window(void **state)
{
    static char big[4 << 20];
    struct pair p = pair_new();
    struct side_stream *in, *out;

    (void)state;
    p.server->pauses = true; /* again, with each piece */
    p.server->answer = SIDE_SILENT;
    out = side_ask(p.client, "POST", "/", "",
                   (struct h2_piece){big, sizeof(big), .end = true});
    side_settle(p.client, p.server);
    in = &p.server->streams[0];
    while (in->received < sizeof(big)) {
        assert_true(out->h2.sent - in->received <= H2_WINDOW);
        h2_resume(&in->h2);
        h2_flush(&p.server->h2);
        side_settle(p.client, p.server);
    }
    pair_free(&p);
}

static void a_paused_stream_does_not_hold_up_others(void **state)
{
    static char big[1 << 20];
    struct pair p = pair_new();

    (void)state;
    p.server->pauses = true;
    p.server->answer = SIDE_SILENT;
    side_ask(p.client, "POST", "/", "",
             (struct h2_piece){big, sizeof(big), .end = true});
    side_settle(p.client, p.server);
    p.server->pauses = false;
    p.server->answer = SIDE_ECHO;
    side_ask(p.client, "POST", "/", "", BODY("hello"));
    side_settle(p.client, p.server);
    assert_told(p.client, "response 3 200 server=side; hello end\n");
    pair_free(&p);
}

static void the_end_waits_for_what_was_kept(void **state)
{
    struct pair p = pair_new();
    struct side_stream *out;

    (void)state;
    p.server->pauses = true;
    p.server->answer = SIDE_SILENT;
    out = side_ask(p.client, "POST", "/", "",
                   (struct h2_piece){"one", 3, .end = false});
    side_settle(p.client, p.server);
    h2_send(&out->h2, &(struct h2_piece){"two", 3, true, STR("x: y\r\n")});
    side_settle(p.client, p.server);
    assert_not_told(p.server, "two");
    p.server->pauses = false;
    h2_resume(&p.server->streams[0].h2);
    h2_flush(&p.server->h2);
    assert_told(p.server, "body 1 two trailers [x: y\r\n] end\n");
    pair_free(&p);
}

static void without_room_heads_pass_and_bodies_wait(void **state)
{
    struct pair p = pair_new();

    (void)state;
    p.server->full = true;
    side_ask(p.client, "POST", "/", "", BODY("hello"));
    side_settle(p.client, p.server);
    assert_told(p.client, "response 1 200 server=side; \n");
    assert_not_told(p.client, "hello");
    p.server->full = false;
    h2_flush(&p.server->h2);
    side_settle(p.client, p.server);
    assert_told(p.client, "body 1 hello end\n");
    pair_free(&p);
}

static void who_ignores_the_window_is_stopped(void **state)
{
    static char data[16384];
    struct side *s = side_new(false);
    struct frames f = frames_begin();

    (void)state;
    s->answer = SIDE_SILENT;
    s->pauses = true;
    frames_headers(&f, 0, 1,
                   ":method: POST\r\n:scheme: https\r\n:path: /\r\n"
                   ":authority: h\r\n");
    frames_add(&f, 4, 1, 0, STR("")); /* our SETTINGS are known */
    for (unsigned i = 0; i < H2_WINDOW / sizeof(data) + 1; i++)
        frames_add(&f, 0, 0, 1, str_make(data, sizeof(data)));
    side_give(s, str_make(f.p, f.n));
    assert_int_equal(frames_reset(side_take(s), 1), H2_FLOW_CONTROL_ERROR);
    frames_end(&f);
    side_free(s);
}

/* ---- the end of streams ------------------------------------------------------ */

static void a_reset_is_told_once(void **state)
{
    struct pair p = pair_new();
    struct side_stream *stream;

    (void)state;
    p.server->answer = SIDE_SILENT;
    stream = side_ask(p.client, "POST", "/", "",
                      (struct h2_piece){"one", 3, .end = false});
    side_settle(p.client, p.server);
    h2_reset(&stream->h2, H2_CANCEL);
    assert_null(stream->h2.h2);
    side_settle(p.client, p.server);
    assert_told(p.server, "closed 1 8\n");
    assert_int_equal(p.server->closed, 1);
    assert_int_equal(p.client->closed, 0);
    pair_free(&p);
}

/* RFC 9113 §8.1: the client is told that the rest is not wanted, and what is
 * on its way does no harm. */
static void an_early_answer_stops_the_body(void **state)
{
    static char big[1 << 20];
    struct pair p = pair_new();

    (void)state;
    p.server->answer = SIDE_EARLY;
    side_ask(p.client, "POST", "/", "",
             (struct h2_piece){big, sizeof(big), .end = true});
    side_settle(p.client, p.server);
    assert_told(p.client, "response 1 200 server=side; early end\n");
    assert_told(p.client, "closed 1 0\n");
    assert_true(p.client->alive && p.server->alive);
    assert_int_equal(p.server->h2.refusals, 0);
    side_ask(p.client, "GET", "/", "", NOTHING);
    side_settle(p.client, p.server);
    assert_told(p.client, "response 3 200");
    pair_free(&p);
}

static void a_session_that_ends_forgets_its_streams(void **state)
{
    struct pair p = pair_new();

    (void)state;
    p.server->answer = SIDE_SILENT;
    p.server->pauses = true;
    for (unsigned i = 0; i < 10; i++)
        side_ask(p.client, "POST", "/", "",
                 (struct h2_piece){"one", 3, .end = false});
    side_settle(p.client, p.server);
    pair_free(&p); /* sanitizers see what is left */
}

/* ---- the end of sessions ------------------------------------------------------ */

static void leaving_loses_no_request(void **state)
{
    struct pair p = pair_new();

    (void)state;
    p.server->answer = SIDE_SILENT;
    side_ask(p.client, "GET", "/a", "", NOTHING);
    side_settle(p.client, p.server);
    h2_leave(&p.server->h2);
    /* It was on its way when the notice was. */
    side_ask(p.client, "GET", "/b", "", NOTHING);
    p.server->answer = SIDE_ECHO;
    side_settle(p.client, p.server);
    assert_int_equal(p.server->pongs, 1);
    assert_told(p.client, "goaway 2147483647 0\n");
    assert_told(p.client, "response 3 200");
    h2_leave_now(&p.server->h2);
    side_settle(p.client, p.server);
    assert_told(p.client, "goaway 3 0\n");
    assert_false(h2_done(&p.server->h2));
    h2_reset(&p.server->streams[0].h2, H2_CANCEL);
    side_settle(p.client, p.server);
    assert_true(h2_done(&p.server->h2));
    pair_free(&p);
}

static void after_goaway_no_request_can_be_made(void **state)
{
    struct pair p = pair_new();

    (void)state;
    h2_leave_now(&p.server->h2);
    side_settle(p.client, p.server);
    assert_int_equal(h2_requests_left(&p.client->h2), 0);
    assert_null(side_ask(p.client, "GET", "/", "", NOTHING));
    pair_free(&p);
}

static void requests_beyond_the_last_may_be_repeated(void **state)
{
    struct pair p = pair_new();

    (void)state;
    p.server->answer = SIDE_SILENT;
    side_ask(p.client, "GET", "/a", "", NOTHING);
    side_settle(p.client, p.server);
    h2_leave_now(&p.server->h2);
    side_ask(p.client, "GET", "/b", "", NOTHING);
    side_settle(p.client, p.server);
    assert_told(p.client, "closed 3 7\n");
    assert_not_told(p.server, "/b");
    pair_free(&p);
}

static void interim_responses_are_passed_over(void **state)
{
    struct side *s = side_new(true);
    struct frames f = {NULL, 0, 0};

    (void)state;
    side_ask(s, "GET", "/", "", NOTHING);
    frames_add(&f, 4, 0, 0, STR(""));
    frames_headers(&f, 0, 1, ":status: 103\r\nlink: x\r\n");
    frames_headers(&f, 0, 1, ":status: 200\r\ncontent-length: 2\r\n");
    frames_add(&f, 0, 1, 1, STR("ok"));
    assert_true(side_give(s, str_make(f.p, f.n)));
    assert_told(s, "response 1 200 content-length=2; ok end\n");
    frames_end(&f);
    side_free(s);
}

static void too_many_interim_responses_are_an_attack(void **state)
{
    struct side *s = side_new(true);
    struct frames f = {NULL, 0, 0};

    (void)state;
    side_ask(s, "GET", "/", "", NOTHING);
    frames_add(&f, 4, 0, 0, STR(""));
    for (unsigned i = 0; i <= H2_INTERIM_MAX; i++)
        frames_headers(&f, 0, 1, ":status: 103\r\n");
    side_give(s, str_make(f.p, f.n));
    assert_told(s, "refused 1 400 too many interim responses\n");
    assert_told(s, "closed 1 1\n");
    frames_end(&f);
    side_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_response_pass),
        cmocka_unit_test(a_body_comes_with_its_head),
        cmocka_unit_test(bodies_and_trailers_pass_both_ways),
        cmocka_unit_test(trailers_that_frame_or_route_do_not_pass),
        cmocka_unit_test(a_head_request_has_no_body_in_its_response),
        cmocka_unit_test(many_requests_at_once_are_all_answered),
        cmocka_unit_test(cookie_crumbs_are_joined),
        cmocka_unit_test(it_does_not_matter_in_what_pieces_bytes_come),
        cmocka_unit_test(a_paused_stream_keeps_a_window_and_no_more),
        cmocka_unit_test(
            who_takes_a_little_at_a_time_keeps_no_more_than_a_window),
        cmocka_unit_test(a_paused_stream_does_not_hold_up_others),
        cmocka_unit_test(the_end_waits_for_what_was_kept),
        cmocka_unit_test(without_room_heads_pass_and_bodies_wait),
        cmocka_unit_test(who_ignores_the_window_is_stopped),
        cmocka_unit_test(a_reset_is_told_once),
        cmocka_unit_test(an_early_answer_stops_the_body),
        cmocka_unit_test(a_session_that_ends_forgets_its_streams),
        cmocka_unit_test(leaving_loses_no_request),
        cmocka_unit_test(after_goaway_no_request_can_be_made),
        cmocka_unit_test(requests_beyond_the_last_may_be_repeated),
        cmocka_unit_test(interim_responses_are_passed_over),
        cmocka_unit_test(too_many_interim_responses_are_an_attack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
