/* SPDX-License-Identifier: Apache-2.0
 *
 * A step may hold the begin of a body, in both directions, before anything of
 * the message goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "inproc.h"

enum { BIG = 200000, REQUEST_MAX = BIG + 4096 };

/* What the inspector saw last, and how often it was asked. */
struct seen {
    _Atomic unsigned requests;
    _Atomic unsigned responses;
    _Atomic size_t request_bytes;
    _Atomic size_t response_bytes;
    _Atomic bool request_whole;
};

static enum verdict look_at_request(void *owner, const struct request *request,
                                    struct str body, bool whole)
{
    struct seen *seen = owner;

    (void)request;
    atomic_fetch_add(&seen->requests, 1);
    atomic_store(&seen->request_bytes, body.n);
    atomic_store(&seen->request_whole, whole);
    return memmem(body.p, body.n, "attack", 6) ? VERDICT_BLOCK : VERDICT_PASS;
}

static enum verdict look_at_response(void *owner,
                                     const struct response *response,
                                     struct str body, bool whole)
{
    struct seen *seen = owner;

    (void)response;
    (void)whole;
    atomic_fetch_add(&seen->responses, 1);
    atomic_store(&seen->response_bytes, body.n);
    return memmem(body.p, body.n, "secret", 6) ? VERDICT_BLOCK : VERDICT_PASS;
}

struct bench {
    struct seen seen;
    struct inspector inspector;
    struct inproc_target target;
    struct inproc_server server;
    struct config *config;
    struct inproc_answer answer;
    char request[REQUEST_MAX];
    size_t n;
    int fd;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    b->inspector = (struct inspector){
        .owner = &b->seen,
        .request_hold = INSPECT_MAX,
        .response_hold = INSPECT_MAX,
        .request = look_at_request,
        .response = look_at_response,
    };
    inproc_target_start(&b->target);
    b->config = inproc_config(b->target.port, 1, b->target.port, 0);
    inproc_server_start(&b->server, b->config, &b->inspector, 1);
    b->fd = inproc_connect(b->server.port);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    close(b->fd);
    inproc_server_end(&b->server);
    inproc_target_end(&b->target);
    config_release(b->config);
    free(b);
    return 0;
}

/* A POST of n bytes 'x' with `word` at `at`. */
static void compose(struct bench *b, size_t n, const char *word, size_t at)
{
    int head = snprintf(b->request, sizeof(b->request),
                        "POST / HTTP/1.1\r\nHost: a\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        n);

    memset(b->request + head, 'x', n);
    memcpy(b->request + head + at, word, strlen(word));
    b->n = (size_t)head + n;
}

static void
test_nothing_reaches_the_target_before_the_inspector_let_it_pass(void **state)
{
    struct bench *b = *state;

    compose(b, 1000, "", 0);
    assert_true(inproc_send(b->fd, b->request, b->n - 1));
    usleep(50000);
    assert_int_equal(atomic_load(&b->seen.requests), 0);
    assert_int_equal(atomic_load(&b->target.connections), 0);
    assert_true(inproc_send(b->fd, b->request + b->n - 1, 1));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 200);
    assert_int_equal(b->answer.n, 1000);
    assert_int_equal(atomic_load(&b->seen.requests), 1);
    assert_int_equal(atomic_load(&b->seen.request_bytes), 1000);
    assert_true(atomic_load(&b->seen.request_whole));
}

static void test_a_blocked_request_is_403_and_never_leaves(void **state)
{
    struct bench *b = *state;

    compose(b, 5000, "attack", 4000);
    assert_true(inproc_send(b->fd, b->request, 2000));
    usleep(20000);
    assert_true(inproc_send(b->fd, b->request + 2000, b->n - 2000));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 403);
    assert_int_equal(atomic_load(&b->target.connections), 0);
    /* and the connection is good for the next one */
    compose(b, 10, "", 0);
    assert_true(inproc_send(b->fd, b->request, b->n));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 200);
}

static void test_no_more_than_64_kib_are_looked_at_and_all_goes_on(void **state)
{
    struct bench *b = *state;

    compose(b, BIG, "attack", INSPECT_MAX + 10); /* out of sight */
    assert_true(inproc_send(b->fd, b->request, b->n));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 200);
    assert_int_equal(b->answer.n, BIG);
    assert_memory_equal(b->answer.body, b->request + b->n - BIG, BIG);
    assert_int_equal(atomic_load(&b->seen.request_bytes), INSPECT_MAX);
    assert_int_equal(atomic_load(&b->seen.response_bytes), INSPECT_MAX);
    assert_false(atomic_load(&b->seen.request_whole));
}

static void
test_a_blocked_response_is_502_and_nothing_of_it_is_seen(void **state)
{
    struct bench *b = *state;

    compose(b, 50000, "secret", 40000);
    assert_true(inproc_send(b->fd, b->request, b->n));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 502);
    assert_null(memmem(b->answer.body, b->answer.n, "secret", 6));
    assert_int_equal(atomic_load(&b->seen.responses), 1);
}

static void test_a_chunked_body_is_held_and_passed_on(void **state)
{
    static const char request[] = "POST / HTTP/1.1\r\nHost: a\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n";
    struct bench *b = *state;

    assert_true(inproc_send(b->fd, request, sizeof(request) - 1));
    usleep(20000);
    assert_int_equal(atomic_load(&b->seen.requests), 0);
    assert_true(inproc_send(b->fd, "4\r\ndefg\r\n0\r\n\r\n", 14));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 200);
    assert_int_equal(b->answer.n, 7);
    assert_memory_equal(b->answer.body, "abcdefg", 7);
    assert_int_equal(atomic_load(&b->seen.request_bytes), 7);
}

static void
test_a_client_that_leaves_while_it_is_held_leaves_nothing(void **state)
{
    struct bench *b = *state;

    compose(b, 1000, "", 0);
    assert_true(inproc_send(b->fd, b->request, b->n - 1));
    usleep(20000);
    close(b->fd);
    b->fd = inproc_connect(b->server.port);
    compose(b, 10, "", 0);
    assert_true(inproc_send(b->fd, b->request, b->n));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 200);
    assert_int_equal(atomic_load(&b->seen.requests), 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_reaches_the_target_before_the_inspector_let_it_pass),
        CASE(test_a_blocked_request_is_403_and_never_leaves),
        CASE(test_no_more_than_64_kib_are_looked_at_and_all_goes_on),
        CASE(test_a_blocked_response_is_502_and_nothing_of_it_is_seen),
        CASE(test_a_chunked_body_is_held_and_passed_on),
        CASE(test_a_client_that_leaves_while_it_is_held_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
