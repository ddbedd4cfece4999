/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/conn.h"

static unsigned freed;

static void ignore(struct conn *conn)
{
    (void)conn;
}

static void on_free(struct conn *conn)
{
    (void)conn;
    freed++;
}

static const struct conn_ops ops = {
    .on_readable = ignore,
    .on_drained = ignore,
    .on_broken = ignore,
    .on_timeout = ignore,
    .on_free = on_free,
};

/* The wheel would go on with memory that somebody else has by then. */
static void test_a_closed_connection_cannot_be_given_a_timer(void **state)
{
    static struct counters counters;
    struct loop loop;
    struct conn conn;
    int pair[2];

    (void)state;
    assert_true(loop_init(&loop, &counters));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
    assert_true(conn_init(&conn, &loop, pair[0], &ops));
    conn_timer(&conn, 1000);
    assert_true(list_linked(&conn.timer.node));
    conn_close(&conn);
    conn_timer(&conn, 1000);
    assert_false(list_linked(&conn.timer.node));
    assert_int_equal(freed, 0);
    loop_settle(&loop);
    assert_int_equal(freed, 1);
    close(pair[1]);
    loop_end(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_closed_connection_cannot_be_given_a_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
