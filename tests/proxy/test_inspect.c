/* SPDX-License-Identifier: Apache-2.0
 *
 * A step may hold the begin of a response's body before anything of the response
 * goes on; requests are held for web ACLs (test_web_acls.py).
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
    _Atomic unsigned responses;
    _Atomic size_t response_bytes;
};

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
        .response_hold = INSPECT_MAX,
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

static void test_no_more_than_64_kib_are_looked_at_and_all_goes_on(void **state)
{
    struct bench *b = *state;

    compose(b, BIG, "secret", INSPECT_MAX + 10); /* out of sight */
    assert_true(inproc_send(b->fd, b->request, b->n));
    assert_true(inproc_read(b->fd, &b->answer));
    assert_int_equal(b->answer.status, 200);
    assert_int_equal(b->answer.n, BIG);
    assert_memory_equal(b->answer.body, b->request + b->n - BIG, BIG);
    assert_int_equal(atomic_load(&b->seen.response_bytes), INSPECT_MAX);
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_no_more_than_64_kib_are_looked_at_and_all_goes_on),
        CASE(test_a_blocked_response_is_502_and_nothing_of_it_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
