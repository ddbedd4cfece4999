/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls_context.h"
#include "target_h2.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define POST(path)                                                             \
    "POST " path " HTTP/1.1\r\nHost: a.example\r\n"                            \
    "Transfer-Encoding: chunked\r\n\r\n"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct world w;

static int set_up(void **state)
{
    (void)state;
    world_begin(&w);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static bool all_over(void *of)
{
    struct ask *asks = of;
    unsigned n = 0;

    for (; asks[n].head; n++) {
        if (!asks[n].ended && !asks[n].failed)
            return false;
    }
    return true;
}

static bool got_requests(void *of)
{
    return w.requests >= *(unsigned *)of;
}

static void await_requests(unsigned n)
{
    world_run(&w, got_requests, &n);
}

static bool is_connected(void *of)
{
    const struct ask *ask = of;

    return ask->connected;
}

static bool is_answered(void *of)
{
    const struct ask *ask = of;

    return ask->answered;
}

/* ---- messages ---------------------------------------------------------------- */

static void test_a_request_gets_its_response(void **state)
{
    struct ask ask = {.head = GET("/ok")};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_false(ask.failed);
    assert_int_equal(ask.status, 200);
    assert_string_equal(ask.text, "hello");
    assert_string_equal(ask.fields, "x-target: h2\r\n");
}

static void test_a_head_is_written_as_HTTP_2_wants_it(void **state)
{
    struct ask ask = {
        .head = "POST /ok HTTP/1.1\r\nHost: a.example:81\r\n"
                "X-Mixed: Case\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n"
                "Keep-Alive: 5\r\nTE: trailers\r\nCookie: a=1; b=2\r\n"
                "Content-Length: 4\r\n\r\n",
        .body = "body"};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_string_equal(w.last_head, "POST /ok\r\n"
                                     ":authority: a.example:81\r\n"
                                     "host: a.example:81\r\n"
                                     "x-mixed: Case\r\n"
                                     "cookie: a=1; b=2\r\n"
                                     "x-forwarded-proto: https\r\n"
                                     "te: trailers\r\n"
                                     "content-length: 4\r\n");
    assert_int_equal(w.last_body, 4);
}

static void test_odd_bytes_of_a_path_are_escaped(void **state)
{
    struct ask ask = {.head =
                          "GET /hold?a#x HTTP/1.1\r\nHost: a.example\r\n\r\n"};

    (void)state;
    world_ask(&w, &ask);
    await_requests(1);
    assert_non_null(strstr(w.last_head, "GET /hold?a%23x\r\n"));
    ask.stream->ops->drop(ask.stream);
}

static void test_bodies_and_trailers_pass_both_ways(void **state)
{
    struct ask ask = {.head = POST("/echo"),
                      .body = "some bytes",
                      .trailers = "X-Sum: 42\r\nContent-Length: 9\r\n"};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_string_equal(ask.text, "some bytes");
    assert_string_equal(w.last_trailers, "x-sum: 42\r\n");
    assert_string_equal(ask.got_trailers, "x-sum: 42\r\n");
}

static void test_a_body_comes_piece_by_piece(void **state)
{
    struct ask ask = {.head = POST("/echo"), .body = "one ", .open = true};
    struct piece two = {.data = {(char *)(uintptr_t) "two", 3, false},
                        .end = true};

    (void)state;
    world_ask(&w, &ask);
    world_run(&w, is_answered, &ask);
    assert_false(ask.ended);
    ask.stream->ops->send_body(ask.stream, &two);
    world_finish(&w, &ask);
    assert_string_equal(ask.text, "one two");
}

static void test_an_answer_may_be_trailers_only(void **state)
{
    struct ask ask = {.head = POST("/empty"), .body = "x"};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_int_equal(ask.status, 200);
    assert_int_equal(ask.n, 0);
    assert_string_equal(ask.fields, "content-type: application/grpc\r\n"
                                    "grpc-status: 5\r\n");
}

static void
test_what_is_left_of_a_request_is_not_sent_after_its_answer(void **state)
{
    struct ask ask = {.head = POST("/early"), .body = "x", .open = true};
    struct ask next = {.head = GET("/ok")};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_string_equal(ask.text, "hello");
    world_ask(&w, &next);
    world_finish(&w, &next);
    assert_int_equal(w.resets, 1);
    assert_int_equal(w.accepted, 1);
}

/* ---- connections ----------------------------------------------------------- */

static void test_requests_share_a_connection(void **state)
{
    struct ask asks[41] = {{.head = NULL}};

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        asks[i].head = GET("/ok");
        world_ask(&w, &asks[i]);
    }
    world_run(&w, all_over, asks);
    for (unsigned i = 0; i < 40; i++)
        assert_string_equal(asks[i].text, "hello");
    assert_int_equal(w.accepted, 1);
    assert_int_equal(w.requests, 40);
    assert_false(asks[0].reused);
    assert_true(asks[1].reused);
}

static void test_a_burst_makes_as_many_connections_as_it_needs(void **state)
{
    static struct ask asks[301];

    (void)state;
    memset(asks, 0, sizeof(asks));
    for (unsigned i = 0; i < 300; i++) {
        asks[i].head = GET("/hold");
        world_ask(&w, &asks[i]);
    }
    await_requests(300);
    assert_int_equal(w.accepted, 3);
    for (unsigned i = 0; i < 300; i++)
        asks[i].stream->ops->drop(asks[i].stream);
}

/* SETTINGS with MAX_CONCURRENT_STREAMS of 2, and nothing after that. */
static const char two_at_once[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\2";

static bool all_connected(void *of)
{
    const struct ask *asks = of;
    unsigned n = 0;

    for (unsigned i = 0; i < 5; i++)
        n += asks[i].connected;
    return n == 5;
}

static void test_what_a_target_allows_at_once_is_kept(void **state)
{
    struct ask asks[5] = {{.head = NULL}};

    (void)state;
    w.raw = two_at_once;
    w.nraw = sizeof(two_at_once) - 1;
    for (unsigned i = 0; i < 5; i++) {
        asks[i].head = GET("/ok");
        world_ask(&w, &asks[i]);
    }
    world_run(&w, all_connected, asks);
    assert_int_equal(w.accepted, 3);
    for (unsigned i = 0; i < 5; i++)
        asks[i].stream->ops->drop(asks[i].stream);
}

static void test_a_target_that_allows_nothing_is_none(void **state)
{
    static const char nothing[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\0";
    struct ask ask = {.head = GET("/ok")};

    (void)state;
    w.raw = nothing;
    w.nraw = sizeof(nothing) - 1;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_int_equal(ask.why, FAILURE_HANDSHAKE);
    assert_string_equal(ask.cause, "its SETTINGS allow no request at all");
}

static void test_an_idle_connection_closes_after_the_idle_timeout(void **state)
{
    struct ask ask = {.head = GET("/ok")};

    (void)state;
    w.pool.idle_ms = 50;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_false(list_empty(&w.pool.h2s));
    world_idle(&w, 200);
    assert_true(list_empty(&w.pool.h2s));
    assert_true(list_empty(&w.port.h2s));
    assert_int_equal(w.counters.target_connections_idle, 0);
    assert_int_equal(w.counters.target_connections, 0);
}

static void
test_it_closes_too_when_nothing_came_since_its_last_request(void **state)
{
    struct ask ask = {.head = GET("/hold")};

    (void)state;
    w.pool.idle_ms = 50;
    world_ask(&w, &ask);
    await_requests(1);
    world_idle(&w, 40); /* it is looked at meanwhile */
    ask.stream->ops->drop(ask.stream);
    world_idle(&w, 200);
    assert_true(list_empty(&w.pool.h2s));
    assert_int_equal(w.counters.target_connections, 0);
}

static void test_idle_connections_are_counted(void **state)
{
    struct ask ask = {.head = GET("/ok")};
    struct ask next = {.head = GET("/hold")};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    world_idle(&w, 5);
    assert_int_equal(w.counters.target_connections_idle, 1);
    assert_int_equal(w.counters.target_connections, 1);
    world_ask(&w, &next);
    await_requests(2);
    assert_int_equal(w.counters.target_connections_idle, 0);
    next.stream->ops->drop(next.stream);
}

/* ---- the end of connections -------------------------------------------------- */

static void
test_after_GOAWAY_streams_finish_and_new_ones_go_elsewhere(void **state)
{
    struct ask held = {.head = POST("/echo"), .body = "a", .open = true};
    struct ask last = {.head = GET("/goaway")};
    struct ask next = {.head = GET("/ok")};
    struct piece end = {.data = {(char *)(uintptr_t) "b", 1, false},
                        .end = true};

    (void)state;
    world_ask(&w, &held);
    world_run(&w, is_answered, &held);
    world_ask(&w, &last);
    world_finish(&w, &last);
    assert_false(last.failed);
    world_ask(&w, &next);
    world_finish(&w, &next);
    assert_int_equal(w.accepted, 2);
    held.stream->ops->send_body(held.stream, &end);
    world_finish(&w, &held);
    assert_string_equal(held.text, "ab");
    world_idle(&w, 20);
    assert_int_equal(w.counters.target_connections, 1);
}

static void
test_a_stream_that_was_taken_before_GOAWAY_is_refused_after_it(void **state)
{
    struct ask held = {.head = GET("/hold")};
    struct ask last = {.head = GET("/goaway")};
    struct ask ask = {.head = GET("/ok")};
    struct piece end = {.end = true};

    (void)state;
    world_ask(&w, &held);
    await_requests(1);
    ask.stream = client_pool_take(&w.pool, &ask);
    assert_non_null(ask.stream);
    world_ask(&w, &last);
    world_finish(&w, &last);
    client_request_again(ask.stream, STR("GET\nhttp\na.example\n/ok\nx-a: b\n"),
                         METHOD_GET, &end);
    assert_false(ask.failed); /* never before that returns */
    world_finish(&w, &ask);
    assert_int_equal(ask.why, FAILURE_REFUSED);
    held.stream->ops->drop(held.stream);
}

static void
test_streams_that_the_target_did_not_look_at_are_refused(void **state)
{
    struct ask ask = {.head = GET("/refuse")};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_true(ask.failed);
    assert_int_equal(ask.why, FAILURE_REFUSED);
}

static void test_a_refused_request_goes_again_with_its_body(void **state)
{
    struct ask ask = {.head = POST("/refuse-once"), .body = "payload"};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_int_equal(ask.why, FAILURE_REFUSED);
    world_ask_again(&w, &ask);
    world_finish(&w, &ask);
    assert_false(ask.failed);
    assert_string_equal(ask.text, "payload");
    assert_non_null(strstr(w.last_head, "x-forwarded-proto: https\r\n"));
}

static void test_a_reset_before_the_answer_is_a_failure(void **state)
{
    struct ask ask = {.head = GET("/reset")};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_int_equal(ask.why, FAILURE_CLOSED);
    assert_string_equal(ask.cause, "the target reset the stream (error 8)");
}

static void test_a_reset_inside_the_answer_cuts_it(void **state)
{
    struct ask ask = {.head = GET("/cut")};

    (void)state;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_true(ask.answered);
    assert_int_equal(ask.why, FAILURE_TRUNCATED);
}

static void test_a_connection_that_dies_takes_its_streams_along(void **state)
{
    struct ask asks[5] = {{.head = GET("/hold")},
                          {.head = GET("/head")},
                          {.head = GET("/ok")},
                          {.head = GET("/die")},
                          {.head = NULL}};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        world_ask(&w, &asks[i]);
    world_finish(&w, &asks[2]);
    world_run(&w, is_answered, &asks[1]);
    world_ask(&w, &asks[3]);
    world_run(&w, all_over, asks);
    assert_int_equal(asks[0].why, FAILURE_CLOSED);
    assert_int_equal(asks[1].why, FAILURE_TRUNCATED);
    assert_int_equal(asks[3].why, FAILURE_STALE);
}

static void
test_a_pooled_connection_that_ends_before_it_is_heard_is_stale(void **state)
{
    struct ask first = {.head = GET("/ok")};
    struct ask second = {.head = GET("/die")};

    (void)state;
    world_ask(&w, &first);
    world_finish(&w, &first);
    world_idle(&w, 30);
    world_ask(&w, &second);
    world_finish(&w, &second);
    assert_true(second.reused);
    assert_int_equal(second.why, FAILURE_STALE);
}

static void test_a_target_of_HTTP_1_is_told_from_one_of_HTTP_2(void **state)
{
    static const char bad[] = "HTTP/1.1 400 Bad Request\r\n"
                              "Content-Length: 0\r\n\r\n";
    struct ask ask = {.head = GET("/ok")};

    (void)state;
    w.raw = bad;
    w.nraw = sizeof(bad) - 1;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_int_equal(ask.why, FAILURE_HANDSHAKE);
    assert_non_null(strstr(ask.cause, "does not speak HTTP/2"));
}

static void test_a_target_that_says_nothing_times_out(void **state)
{
    struct ask ask = {.head = GET("/ok")};

    (void)state;
    w.silent = true;
    w.pool.connect_ms = 50;
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_int_equal(ask.why, FAILURE_CONNECT_TIMEOUT);
}

static void test_nobody_listens(void **state)
{
    struct ask asks[3] = {
        {.head = GET("/ok")}, {.head = GET("/ok")}, {.head = NULL}};

    (void)state;
    listener_end(&w.listener);
    world_ask(&w, &asks[0]);
    world_ask(&w, &asks[1]);
    world_run(&w, all_over, asks);
    assert_int_equal(asks[0].why, FAILURE_CONNECT);
    assert_int_equal(asks[1].why, FAILURE_CONNECT);
    assert_int_equal(w.counters.target_connection_errors, 1);
}

/* The pool speaks TLS from now on. */
static void go_secure(bool http2)
{
    const struct tls_client_settings settings = {.http2 = http2};
    struct client_way way = {.secure = true, .http2 = http2};
    struct error error;

    way.tls = tls_context_client(&settings, &error);
    assert_non_null(way.tls);
    client_pool_go(&w.pool, &way);
    tls_context_release(way.tls); /* the pool holds it */
}

static void test_a_TLS_handshake_that_stalls_times_out(void **state)
{
    (void)state;
    w.silent = true;
    w.pool.connect_ms = 50;
    for (unsigned http2 = 0; http2 < 2; http2++) {
        struct ask ask = {.head = GET("/ok")};

        go_secure(http2);
        world_ask(&w, &ask);
        world_finish(&w, &ask);
        assert_int_equal(ask.why, FAILURE_CONNECT_TIMEOUT);
    }
    assert_int_equal(w.accepted, 2);
}

static void test_a_TLS_handshake_that_fails_says_why(void **state)
{
    static const char plain[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

    (void)state;
    w.raw = plain;
    w.nraw = sizeof(plain) - 1;
    for (unsigned http2 = 0; http2 < 2; http2++) {
        struct ask ask = {.head = GET("/ok")};

        go_secure(http2);
        world_ask(&w, &ask);
        world_finish(&w, &ask);
        assert_int_equal(ask.why, FAILURE_HANDSHAKE);
        assert_non_null(strstr(ask.cause, "the TLS handshake failed: "));
    }
    assert_int_equal(w.counters.target_tls_errors, 2);
}

static void test_nothing_goes_out_in_the_clear_without_a_context(void **state)
{
    static const struct client_way way = {.secure = true};
    struct ask ask = {.head = GET("/ok")};

    (void)state;
    client_pool_go(&w.pool, &way);
    assert_null(client_pool_take(&w.pool, &ask));
    assert_null(client_connect(&w.pool, &ask));
}

/* ---- flow ------------------------------------------------------------------- */

static void
test_a_paused_stream_stops_the_target_and_no_other_stream(void **state)
{
    static struct ask slow[5];
    struct ask quick = {.head = GET("/big")};

    (void)state;
    memset(slow, 0, sizeof(slow));
    for (unsigned i = 0; i < 5; i++) {
        slow[i].head = GET("/big");
        slow[i].paused = true;
        world_ask(&w, &slow[i]);
        world_run(&w, is_answered, &slow[i]);
    }
    world_idle(&w, 20);
    world_ask(&w, &quick);
    world_finish(&w, &quick);
    assert_int_equal(quick.n, BIG);
    for (unsigned i = 0; i < 5; i++) {
        assert_in_range(slow[i].n, 0, 64 * 1024);
        assert_false(slow[i].ended);
        slow[i].stream->ops->resume(slow[i].stream, CONN_PAUSE_PEER);
        world_finish(&w, &slow[i]);
        assert_int_equal(slow[i].n, BIG);
    }
    assert_int_equal(w.accepted, 1);
}

static void test_a_whole_response_waits_for_a_slow_client(void **state)
{
    struct ask slow = {.head = POST("/echo"), .body = "x", .open = true};
    struct piece rest = {.data = {(char *)(uintptr_t) "yz", 2, false},
                         .end = true};

    (void)state;
    slow.paused = true;
    world_ask(&w, &slow);
    world_run(&w, is_answered, &slow);
    slow.stream->ops->send_body(slow.stream, &rest);
    world_idle(&w, 20);
    assert_false(slow.ended);
    slow.stream->ops->resume(slow.stream, CONN_PAUSE_PEER);
    world_finish(&w, &slow);
    assert_false(slow.failed);
    assert_string_equal(slow.text, "xyz");
}

static void test_it_waits_even_when_the_connection_is_gone(void **state)
{
    struct ask slow = {.head = POST("/echo"), .body = "x", .open = true};
    struct ask die = {.head = GET("/die")};
    struct piece rest = {.data = {(char *)(uintptr_t) "yz", 2, false},
                         .end = true};

    (void)state;
    slow.paused = true;
    world_ask(&w, &slow);
    world_run(&w, is_answered, &slow);
    slow.stream->ops->send_body(slow.stream, &rest);
    world_idle(&w, 20);
    world_ask(&w, &die);
    world_finish(&w, &die);
    assert_false(slow.failed);
    slow.stream->ops->resume(slow.stream, CONN_PAUSE_PEER);
    world_finish(&w, &slow);
    assert_false(slow.failed);
    assert_string_equal(slow.text, "xyz");
    world_idle(&w, 5);
    assert_int_equal(w.counters.target_connections, 0);
}

static void test_a_body_that_the_target_does_not_take_is_blocked(void **state)
{
    static char much[400000];
    struct ask ask = {.head = POST("/hold"), .open = true};
    struct piece piece = {.data = {much, sizeof(much), false}};

    (void)state;
    w.raw = two_at_once;
    w.nraw = sizeof(two_at_once) - 1;
    world_ask(&w, &ask);
    world_run(&w, is_connected, &ask);
    assert_false(ask.stream->ops->blocked(ask.stream));
    ask.stream->ops->send_body(ask.stream, &piece);
    assert_true(ask.stream->ops->blocked(ask.stream));
    ask.stream->ops->drop(ask.stream);
}

static void test_a_dropped_stream_is_reset(void **state)
{
    struct ask ask = {.head = GET("/hold")};

    (void)state;
    world_ask(&w, &ask);
    await_requests(1);
    ask.stream->ops->drop(ask.stream);
    world_idle(&w, 10);
    assert_int_equal(w.resets, 1);
    assert_int_equal(w.counters.target_connections, 1);
}

/* ---- the pool's life --------------------------------------------------------- */

static void test_a_target_that_drains_keeps_no_idle_connection(void **state)
{
    struct ask ask = {.head = POST("/echo"), .body = "a", .open = true};
    struct piece end = {.end = true};

    (void)state;
    world_ask(&w, &ask);
    world_run(&w, is_answered, &ask);
    client_pool_drain(&w.pool);
    ask.stream->ops->send_body(ask.stream, &end);
    world_finish(&w, &ask);
    assert_false(ask.failed);
    world_idle(&w, 5);
    assert_int_equal(w.counters.target_connections, 0);
}

static void test_a_target_whose_time_is_over_is_cut(void **state)
{
    struct ask ask = {.head = GET("/hold")};

    (void)state;
    world_ask(&w, &ask);
    await_requests(1);
    client_pool_cut(&w.pool);
    assert_true(ask.failed);
    assert_int_equal(ask.why, FAILURE_DEREGISTERED);
    assert_null(client_connect(&w.pool, &ask));
    client_pool_reopen(&w.pool);
    ask = (struct ask){.head = GET("/ok")};
    world_ask(&w, &ask);
    world_finish(&w, &ask);
    assert_string_equal(ask.text, "hello");
}

static void test_another_way_leaves_what_is_in_flight_alone(void **state)
{
    static const struct client_way h1 = {.http2 = false};
    static const struct client_way h2 = {.http2 = true};
    struct ask held = {.head = POST("/echo"), .body = "a", .open = true};
    struct ask next = {.head = GET("/ok")};
    struct piece end = {.data = {(char *)(uintptr_t) "b", 1, false},
                        .end = true};

    (void)state;
    world_ask(&w, &held);
    world_run(&w, is_answered, &held);
    client_pool_go(&w.pool, &h1);
    assert_null(client_pool_take(&w.pool, &next));
    client_pool_go(&w.pool, &h2);
    assert_null(client_pool_take(&w.pool, &next));
    held.stream->ops->send_body(held.stream, &end);
    world_finish(&w, &held);
    assert_string_equal(held.text, "ab");
    world_idle(&w, 5);
    assert_int_equal(w.counters.target_connections, 0);
    world_ask(&w, &next);
    world_finish(&w, &next);
    assert_int_equal(w.accepted, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_request_gets_its_response),
        T(test_a_head_is_written_as_HTTP_2_wants_it),
        T(test_odd_bytes_of_a_path_are_escaped),
        T(test_bodies_and_trailers_pass_both_ways),
        T(test_a_body_comes_piece_by_piece),
        T(test_an_answer_may_be_trailers_only),
        T(test_what_is_left_of_a_request_is_not_sent_after_its_answer),
        T(test_requests_share_a_connection),
        T(test_a_burst_makes_as_many_connections_as_it_needs),
        T(test_what_a_target_allows_at_once_is_kept),
        T(test_a_target_that_allows_nothing_is_none),
        T(test_an_idle_connection_closes_after_the_idle_timeout),
        T(test_it_closes_too_when_nothing_came_since_its_last_request),
        T(test_idle_connections_are_counted),
        T(test_after_GOAWAY_streams_finish_and_new_ones_go_elsewhere),
        T(test_a_stream_that_was_taken_before_GOAWAY_is_refused_after_it),
        T(test_streams_that_the_target_did_not_look_at_are_refused),
        T(test_a_refused_request_goes_again_with_its_body),
        T(test_a_reset_before_the_answer_is_a_failure),
        T(test_a_reset_inside_the_answer_cuts_it),
        T(test_a_connection_that_dies_takes_its_streams_along),
        T(test_a_pooled_connection_that_ends_before_it_is_heard_is_stale),
        T(test_a_target_of_HTTP_1_is_told_from_one_of_HTTP_2),
        T(test_a_target_that_says_nothing_times_out),
        T(test_nobody_listens),
        T(test_a_TLS_handshake_that_stalls_times_out),
        T(test_a_TLS_handshake_that_fails_says_why),
        T(test_nothing_goes_out_in_the_clear_without_a_context),
        T(test_a_paused_stream_stops_the_target_and_no_other_stream),
        T(test_a_whole_response_waits_for_a_slow_client),
        T(test_it_waits_even_when_the_connection_is_gone),
        T(test_a_body_that_the_target_does_not_take_is_blocked),
        T(test_a_dropped_stream_is_reset),
        T(test_a_target_that_drains_keeps_no_idle_connection),
        T(test_a_target_whose_time_is_over_is_cut),
        T(test_another_way_leaves_what_is_in_flight_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
