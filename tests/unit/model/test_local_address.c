/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/local.h"
#include "model/local_address.h"

enum { MOST = 600 };

struct world {
    struct config config;
    struct config_load_balancer balancers[MOST];
    struct config_load_balancer *balancer_list[MOST];
    struct config_listener listeners[MOST];
    struct config_listener *listener_list[MOST];
    struct local local;
    struct report report;
};

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->config.load_balancers = w->balancer_list;
    w->config.listeners = w->listener_list;
    *state = w;
    return 0;
}

static int free_world(void **state)
{
    struct world *w = *state;

    region_end(&w->config.region);
    report_end(&w->report);
    free(w);
    return 0;
}

static struct address ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d,
                           uint16_t port)
{
    return (struct address){.family = 4, .ip = {a, b, c, d}, .port = port};
}

static struct config_load_balancer *add_balancer(struct world *w,
                                                 const char *arn)
{
    unsigned i = w->config.nload_balancers++;
    struct config_load_balancer *balancer = &w->balancers[i];

    balancer->arn = str_of(arn);
    balancer->index = i;
    balancer->bind = ipv4(127, 0, 0, 1, 0);
    w->balancer_list[i] = balancer;
    return balancer;
}

static struct config_listener *
add_listener(struct world *w, const struct config_load_balancer *balancer,
             const char *id, uint16_t port, enum protocol protocol)
{
    unsigned i = w->config.nlisteners++;
    struct config_listener *listener = &w->listeners[i];

    listener->id = str_of(id);
    listener->index = i;
    listener->place = (struct place){"web.yaml", 10 + i, 3};
    listener->load_balancer = balancer;
    listener->protocol = protocol;
    listener->port = port;
    listener->bind = balancer->bind;
    listener->bind.port = port;
    w->listener_list[i] = listener;
    return listener;
}

static void apply(struct world *w)
{
    local_apply_addresses(&w->config, &w->local, &w->report);
}

static void check(const struct address *address, const char *expected)
{
    char buffer[ADDRESS_TEXT_MAX + 1] = "";
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    if (address->family)
        address_put(&t, address);
    assert_string_equal(buffer, expected);
}

/* ---- own addresses -------------------------------------------------------- */

#define ARN(id) "arn:aws:elb:us-east-1:000000000000:loadbalancer/app/x/" id

static void test_an_own_address_follows_from_the_id_alone(void **state)
{
    struct world *w = *state;
    struct config_load_balancer *first =
        add_balancer(w, ARN("0123456789abcdef"));
    struct address before;

    apply(w);
    before = first->own;
    assert_int_equal(before.family, 4);
    assert_int_equal(before.port, 0);
    /* At another place, with another name, another ARN but for its id. */
    first->arn = str_of(ARN("fedcba9876543210"));
    add_balancer(w, "loadbalancer/app/renamed/0123456789abcdef");
    apply(w);
    assert_true(address_equal(&w->balancers[1].own, &before));
    assert_false(address_equal(&w->balancers[0].own, &before));
}

static void test_own_addresses_keep_off_the_ends_of_loopback(void **state)
{
    struct world *w = *state;
    static char arns[MOST][24];

    for (unsigned i = 0; i < MOST; i++) {
        snprintf(arns[i], sizeof(arns[i]), "x/%016x", i);
        add_balancer(w, arns[i]);
    }
    apply(w);
    for (unsigned i = 0; i < MOST; i++) {
        const uint8_t *ip = w->balancers[i].own.ip;

        assert_int_equal(ip[0], 127);
        assert_in_range(ip[1], 1, 254);
        assert_in_range(ip[3], 1, 254);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(ip, w->balancers[k].own.ip, 4);
    }
}

static void test_of_two_with_one_address_the_newer_moves(void **state)
{
    struct world *w = *state;
    struct config_load_balancer *older = add_balancer(w, ARN("aa"));
    struct config_load_balancer *newer;
    struct address alone;
    uint32_t a;
    uint32_t b;

    apply(w);
    alone = older->own;
    newer = add_balancer(w, ARN("aa"));
    apply(w);
    assert_true(address_equal(&older->own, &alone));
    a = (uint32_t)alone.ip[1] << 16 | (uint32_t)alone.ip[2] << 8 | alone.ip[3];
    b = (uint32_t)newer->own.ip[1] << 16 | (uint32_t)newer->own.ip[2] << 8 |
        newer->own.ip[3];
    assert_in_range(b, a + 1, a + 3); /* over .255 and .0 perhaps */
}

static void test_an_address_that_somebody_binds_is_no_own_one(void **state)
{
    struct world *w = *state;
    struct config_load_balancer *edge = add_balancer(w, ARN("aa"));
    struct config_load_balancer *rim = add_balancer(w, ARN("bb"));
    struct address before;

    apply(w);
    before = edge->own;
    rim->bind = before;
    add_listener(w, rim, "Web", 80, PROTOCOL_HTTP);
    apply(w);
    assert_false(address_equal(&edge->own, &before));
}

static void test_only_who_is_on_ipv4_loopback_has_one(void **state)
{
    struct world *w = *state;
    struct config_load_balancer *any = add_balancer(w, ARN("aa"));
    struct config_load_balancer *other = add_balancer(w, ARN("bb"));
    struct config_load_balancer *six = add_balancer(w, ARN("cc"));

    any->bind = ipv4(0, 0, 0, 0, 0);
    other->bind = ipv4(127, 3, 0, 9, 0);
    six->bind = (struct address){.family = 6};
    six->bind.ip[15] = 1;
    add_listener(w, any, "Any", 80, PROTOCOL_HTTP);
    add_listener(w, other, "Other", 80, PROTOCOL_HTTP);
    add_listener(w, six, "Six", 80, PROTOCOL_HTTP);
    apply(w);
    check(&any->own, "");
    check(&w->listeners[0].own, "");
    check(&six->own, "");
    check(&w->listeners[2].own, "");
    assert_int_equal(other->own.family, 4);
    assert_int_equal(w->listeners[1].own.port, 80);
    assert_memory_equal(w->listeners[1].own.ip, other->own.ip, 4);
}

/* ---- sharing ---------------------------------------------------------------- */

static void test_listeners_of_one_protocol_share_a_port(void **state)
{
    struct world *w = *state;

    add_listener(w, add_balancer(w, ARN("aa")), "Web", 80, PROTOCOL_HTTP);
    add_listener(w, add_balancer(w, ARN("bb")), "Rest", 80, PROTOCOL_HTTP);
    apply(w);
    assert_null(w->report.first);
    check(&w->listeners[0].bind, "127.0.0.1:80");
    check(&w->listeners[1].bind, "127.0.0.1:80");
    assert_false(address_equal(&w->listeners[0].own, &w->listeners[1].own));
    assert_false(local_is_alone(&w->listeners[1]));
}

static void test_another_protocol_has_its_own_address_alone(void **state)
{
    struct world *w = *state;
    struct config_load_balancer *rim;

    add_listener(w, add_balancer(w, ARN("aa")), "Web", 80, PROTOCOL_HTTP);
    rim = add_balancer(w, ARN("bb"));
    add_listener(w, rim, "Rest", 80, PROTOCOL_HTTPS);
    add_listener(w, add_balancer(w, ARN("cc")), "Last", 80, PROTOCOL_HTTP);
    apply(w);
    assert_int_equal(w->report.errors, 0);
    assert_int_equal(w->report.warnings, 1);
    assert_non_null(strstr(w->report.first->what.p,
                           " alone: on 127.0.0.1:80 listener Web speaks "
                           "another protocol"));
    assert_int_equal(w->report.first->place.line, 11);
    check(&w->listeners[0].bind, "127.0.0.1:80");
    check(&w->listeners[1].own, "");
    check(&w->listeners[2].bind, "127.0.0.1:80");
    assert_memory_equal(w->listeners[1].bind.ip, rim->own.ip, 4);
    assert_int_equal(w->listeners[1].bind.port, 80);
    assert_true(local_is_alone(&w->listeners[1]));
}

static void test_two_of_one_load_balancer_cannot_share(void **state)
{
    struct world *w = *state;
    struct config_load_balancer *edge = add_balancer(w, ARN("aa"));
    struct config_load_balancer *rim = add_balancer(w, ARN("bb"));

    add_listener(w, edge, "Web", 80, PROTOCOL_HTTP);
    add_listener(w, rim, "One", 80, PROTOCOL_HTTP);
    add_listener(w, rim, "Two", 80, PROTOCOL_HTTPS);
    apply(w);
    assert_int_equal(w->report.errors, 1);
    assert_string_equal(w->report.first->what.p,
                        "listener Two listens on 127.0.0.1:80, as listener "
                        "One (web.yaml:11) does");
}

static void test_ports_that_the_system_chooses_are_never_shared(void **state)
{
    struct world *w = *state;

    add_listener(w, add_balancer(w, ARN("aa")), "Web", 0, PROTOCOL_HTTP);
    add_listener(w, add_balancer(w, ARN("bb")), "Rest", 0, PROTOCOL_HTTPS);
    apply(w);
    assert_null(w->report.first);
    check(&w->listeners[1].bind, "127.0.0.1:0");
    assert_int_equal(w->listeners[1].own.port, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_own_address_follows_from_the_id_alone),
        TEST(test_own_addresses_keep_off_the_ends_of_loopback),
        TEST(test_of_two_with_one_address_the_newer_moves),
        TEST(test_an_address_that_somebody_binds_is_no_own_one),
        TEST(test_only_who_is_on_ipv4_loopback_has_one),
        TEST(test_listeners_of_one_protocol_share_a_port),
        TEST(test_another_protocol_has_its_own_address_alone),
        TEST(test_two_of_one_load_balancer_cannot_share),
        TEST(test_ports_that_the_system_chooses_are_never_shared),
    };

    return cmocka_run_group_tests_name("model/local_address", tests, NULL,
                                       NULL);
}
