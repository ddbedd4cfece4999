/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots change under load: nothing fails, nothing old stays alive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "inproc.h"

enum { SWAPS = 1000, CLIENTS = 8, WAIT_STEPS = 1000 };

struct load {
    uint16_t port;
    _Atomic bool stop;
    _Atomic unsigned done;
    _Atomic unsigned failed;
};

/* Posts small bodies on one connection until told to stop. */
static void *run_client(void *arg)
{
    struct load *load = arg;
    struct inproc_answer *answer = malloc(sizeof(*answer));
    static const char request[] = "POST /x HTTP/1.1\r\nHost: a\r\n"
                                  "Content-Length: 5\r\n\r\nhello";
    int fd = inproc_connect(load->port);

    while (!atomic_load(&load->stop)) {
        if (inproc_send(fd, request, sizeof(request) - 1) &&
            inproc_read(fd, answer) && answer->status == 200 &&
            answer->n == 5 && memcmp(answer->body, "hello", 5) == 0) {
            atomic_fetch_add(&load->done, 1);
            continue;
        }
        atomic_fetch_add(&load->failed, 1);
        break;
    }
    close(fd);
    free(answer);
    return NULL;
}

static int open_tunnel(uint16_t port)
{
    static const char request[] = "GET /ws HTTP/1.1\r\nHost: a\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Upgrade: websocket\r\n\r\n";
    struct inproc_answer *answer = malloc(sizeof(*answer));
    int fd = inproc_connect(port);

    assert_true(inproc_send(fd, request, sizeof(request) - 1));
    assert_true(inproc_read(fd, answer));
    assert_int_equal(answer->status, 101);
    free(answer);
    return fd;
}

static void assert_echo(int fd, const char *word)
{
    char back[16] = "";

    assert_true(inproc_send(fd, word, strlen(word)));
    assert_true(inproc_read_exactly(fd, back, strlen(word)));
    assert_string_equal(back, word);
}

static void wait_for_one_snapshot(struct server *server)
{
    for (int i = 0; i < WAIT_STEPS && server_snapshots_alive(server) != 1; i++)
        usleep(10000);
    assert_int_equal(server_snapshots_alive(server), 1);
}

static void
test_a_thousand_swaps_under_load_fail_nothing_and_leave_one(void **state)
{
    struct inproc_target blue;
    struct inproc_target green;
    struct inproc_server s;
    struct load load = {0};
    pthread_t clients[CLIENTS];
    struct config *even;
    struct config *all_green;
    int tunnel;

    (void)state;
    inproc_target_start(&blue);
    inproc_target_start(&green);
    even = inproc_config(blue.port, 1, green.port, 1);
    all_green = inproc_config(blue.port, 0, green.port, 1);
    inproc_server_start(&s, even, NULL, 2);
    load.port = s.port;
    tunnel = open_tunnel(s.port);
    for (int i = 0; i < CLIENTS; i++)
        pthread_create(&clients[i], NULL, run_client, &load);
    for (int i = 0; i < SWAPS; i++) {
        server_publish(s.server, i % 2 ? even : all_green);
        if (i % 4 == 0)
            usleep(4000); /* some swaps in a row, some under way */
    }
    assert_echo(tunnel, "between");
    wait_for_one_snapshot(s.server); /* with the load and the tunnel alive */
    atomic_store(&load.stop, true);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    assert_echo(tunnel, "after");
    close(tunnel);
    assert_int_equal(atomic_load(&load.failed), 0);
    assert_true(atomic_load(&load.done) > 100);
    assert_true(atomic_load(&blue.requests) > 0);
    inproc_server_end(&s);
    inproc_target_end(&blue);
    inproc_target_end(&green);
    config_release(even);
    config_release(all_green);
}

/* A request that waits for its body keeps the snapshot that it began with. */
static void test_a_request_in_progress_keeps_its_snapshot(void **state)
{
    static const char half[] = "POST / HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 4\r\n\r\nab";
    struct inproc_target blue;
    struct inproc_target green;
    struct inproc_server s;
    struct inproc_answer *answer = malloc(sizeof(*answer));
    struct config *first;
    struct config *second;
    int fd;

    (void)state;
    inproc_target_start(&blue);
    inproc_target_start(&green);
    first = inproc_config(blue.port, 1, green.port, 0);
    second = inproc_config(green.port, 0, green.port, 1);
    inproc_server_start(&s, first, NULL, 1);
    fd = inproc_connect(s.port);
    assert_true(inproc_send(fd, half, sizeof(half) - 1));
    while (atomic_load(&blue.connections) == 0)
        usleep(1000);
    server_publish(s.server, second);
    for (int i = 0; i < WAIT_STEPS && server_snapshots_alive(s.server) != 2;
         i++)
        usleep(1000);
    assert_int_equal(server_snapshots_alive(s.server), 2);
    assert_true(inproc_send(fd, "cd", 2));
    assert_true(inproc_read(fd, answer));
    assert_int_equal(answer->status, 200);
    assert_memory_equal(answer->body, "abcd", 4);
    assert_int_equal(atomic_load(&blue.requests), 1);
    wait_for_one_snapshot(s.server);
    /* Blue is in no snapshot any more: its connections close. */
    for (int i = 0; i < WAIT_STEPS && atomic_load(&blue.connections); i++)
        usleep(10000);
    assert_int_equal(atomic_load(&blue.connections), 0);
    close(fd);
    inproc_server_end(&s);
    inproc_target_end(&blue);
    inproc_target_end(&green);
    config_release(first);
    config_release(second);
    free(answer);
}

/* alb.md 10: 98 */
static void
test_a_connection_past_its_keep_alive_gets_one_more_answer(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct inproc_target blue;
    struct inproc_server s;
    struct inproc_answer *answer = malloc(sizeof(*answer));
    struct config *config;
    int fd;

    (void)state;
    inproc_target_start(&blue);
    config = inproc_config(blue.port, 1, blue.port, 0);
    config->load_balancers[0]->attributes.client_keep_alive_ms = 1000;
    inproc_server_start(&s, config, NULL, 1);
    fd = inproc_connect(s.port);
    assert_true(inproc_send(fd, request, sizeof(request) - 1));
    assert_true(inproc_read(fd, answer));
    assert_false(answer->close);
    for (int i = 0; i < 45; i++)
        usleep(50000);
    assert_true(inproc_send(fd, request, sizeof(request) - 1));
    assert_true(inproc_read(fd, answer));
    assert_int_equal(answer->status, 200);
    assert_true(answer->close);
    assert_false(inproc_read(fd, answer)); /* closed */
    close(fd);
    inproc_server_end(&s);
    inproc_target_end(&blue);
    config_release(config);
    free(answer);
}

/* Addresses may: of one group since it has no delay, of the other, whose
 * targets still drain at the end, since they are local. */
static void let_come_back(struct config *config)
{
    config->groups[0]->attributes.deregistration_delay_ms = 0;
    config->groups[1]->targets[0].registered = false;
}

/* Messages that nobody came to when the end came: leaks show under ASan. */
static void test_an_end_in_the_middle_of_swaps_leaves_nothing(void **state)
{
    struct inproc_target blue;
    struct inproc_target green;
    struct inproc_server s;
    struct config *one;
    struct config *other;

    (void)state;
    inproc_target_start(&blue);
    inproc_target_start(&green);
    one = inproc_config(blue.port, 1, blue.port, 0);
    other = inproc_config(green.port, 1, green.port, 0);
    let_come_back(one);
    let_come_back(other);
    for (int round = 0; round < 20; round++) {
        inproc_server_start(&s, one, NULL, 2);
        for (int i = 0; i < 20; i++)
            server_publish(s.server, i % 2 ? one : other);
        server_drain(s.server);
        for (int i = 0; i < 20; i++)
            server_publish(s.server, i % 2 ? one : other);
        inproc_server_end(&s); /* drains a second time: at once */
    }
    inproc_target_end(&blue);
    inproc_target_end(&green);
    config_release(one);
    config_release(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_thousand_swaps_under_load_fail_nothing_and_leave_one),
        cmocka_unit_test(test_a_request_in_progress_keeps_its_snapshot),
        cmocka_unit_test(test_an_end_in_the_middle_of_swaps_leaves_nothing),
        cmocka_unit_test(
            test_a_connection_past_its_keep_alive_gets_one_more_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
