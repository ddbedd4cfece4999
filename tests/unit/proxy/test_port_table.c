/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/port_table.h"
#include "proxy/snapshot.h"

enum { MOST = 60 };

static struct config_load_balancer balancers[MOST];
static struct config_listener listeners[MOST];
static struct route_table tables[MOST];
static char names[MOST][40];

static struct route_table *listener(unsigned i)
{
    snprintf(names[i], sizeof(names[i]), "Lb-%u.us-east-1.elb.localhost", i);
    balancers[i] = (struct config_load_balancer){
        .index = i,
        .dns_name = str_of(names[i]),
        .attributes.idle_timeout_ms = 60000 - i * 10,
    };
    listeners[i] = (struct config_listener){.load_balancer = &balancers[i]};
    tables[i] = (struct route_table){.config = &listeners[i]};
    return &tables[i];
}

static void add(struct port_table *port, unsigned i)
{
    port_table_add(port, listener(i), i);
}

static void test_one_alone_has_no_names(void **state)
{
    struct port_table port = {.n = 0};

    (void)state;
    assert_null(port.first);
    add(&port, 3);
    assert_ptr_equal(port.first, &tables[3]);
    assert_null(port.names);
    port_table_end(&port);
    assert_null(port.first);
}

static void test_the_oldest_is_first_whatever_the_order(void **state)
{
    struct port_table port = {.n = 0};

    (void)state;
    add(&port, 2);
    add(&port, 5);
    assert_ptr_equal(port.first, &tables[2]);
    add(&port, 1);
    assert_ptr_equal(port.first, &tables[1]);
    port_table_end(&port);
}

static void test_names_pick_the_load_balancer(void **state)
{
    static const struct {
        const char *authority;
        int expected; /* -1: nobody */
    } rows[] = {
        {"Lb-7.us-east-1.elb.localhost", 7},
        {"lb-7.us-east-1.elb.localhost", 7},
        {"LB-7.US-EAST-1.ELB.LOCALHOST", 7},
        {"Lb-7.us-east-1.elb.localhost:8080", 7},
        {"Lb-7.us-east-1.elb.localhost.", 7},
        {"Lb-7.us-east-1.elb.localhost.:80", 7},
        {"Lb-59.us-east-1.elb.localhost", 59},
        {"Lb-60.us-east-1.elb.localhost", -1},
        {"Lb-7.us-east-1.elb.localhos", -1},
        {"x.Lb-7.us-east-1.elb.localhost", -1},
        {"localhost", -1},
        {"[::1]:80", -1},
        {":80", -1},
        {".", -1},
        {"", -1},
    };
    struct port_table port = {.n = 0};

    (void)state;
    for (unsigned i = 0; i < MOST; i++)
        add(&port, MOST - 1 - i);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct route_table *found =
            port_table_named(&port, str_of(rows[i].authority));

        if (rows[i].expected < 0)
            assert_null(found);
        else
            assert_ptr_equal(found, &tables[rows[i].expected]);
    }
    port_table_end(&port);
}

static void test_the_idle_timeout_is_the_longest(void **state)
{
    struct port_table port = {.n = 0};

    (void)state;
    add(&port, 4);
    assert_int_equal(port_table_idle_ms(&port), 59960);
    add(&port, 9);
    assert_int_equal(port_table_idle_ms(&port), 59960);
    add(&port, 2);
    assert_int_equal(port_table_idle_ms(&port), 59980);
    balancers[9].attributes.idle_timeout_ms = 90000;
    assert_int_equal(port_table_idle_ms(&port), 90000);
    port_table_end(&port);
}

static void test_a_copy_has_another_table_in_the_place_of_one(void **state)
{
    struct port_table alone = {.n = 0};
    struct port_table port = {.n = 0};
    struct port_table copy;
    struct route_table other = {.config = &listeners[2]};

    (void)state;
    add(&port, 2);
    add(&port, 5);
    port_table_copy(&copy, &port, &tables[2], &other);
    assert_ptr_equal(copy.first, &other);
    assert_ptr_equal(port_table_named(&copy, str_of(names[2])), &other);
    assert_ptr_equal(port_table_named(&copy, str_of(names[5])), &tables[5]);
    assert_ptr_equal(port_table_named(&port, str_of(names[2])), &tables[2]);
    port_table_end(&copy);
    port_table_end(&port);
    add(&alone, 5);
    port_table_copy(&copy, &alone, &tables[2], &other);
    assert_ptr_equal(copy.first, &tables[5]);
    port_table_copy(&copy, &alone, &tables[5], &other);
    assert_ptr_equal(copy.first, &other);
    assert_null(copy.names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_alone_has_no_names),
        cmocka_unit_test(test_the_oldest_is_first_whatever_the_order),
        cmocka_unit_test(test_names_pick_the_load_balancer),
        cmocka_unit_test(test_the_idle_timeout_is_the_longest),
        cmocka_unit_test(test_a_copy_has_another_table_in_the_place_of_one),
    };

    return cmocka_run_group_tests_name("proxy/port_table", tests, NULL, NULL);
}
