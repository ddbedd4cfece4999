/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/address.h"

static void check_text(const char *input, const char *expected)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct address a;

    assert_true(address_parse(str_of(input), &a));
    address_put(&t, &a);
    assert_true(text_ok(&t));
    assert_int_equal(t.n, strlen(expected));
    assert_memory_equal(t.p, expected, t.n);
}

static void test_ipv4_with_port_is_read_and_written(void **state)
{
    (void)state;
    check_text("192.0.2.7:8080", "192.0.2.7:8080");
    check_text("0.0.0.0:0", "0.0.0.0:0");
    check_text("255.255.255.255:65535", "255.255.255.255:65535");
}

static void test_ipv6_with_port_wants_brackets(void **state)
{
    struct address a;

    (void)state;
    check_text("[::1]:80", "[::1]:80");
    check_text("[2001:DB8::8:0:1]:443", "[2001:db8::8:0:1]:443");
    assert_false(address_parse(STR("::1:80"), &a));
    assert_false(address_parse(STR("[::1]80"), &a));
    assert_false(address_parse(STR("[::1"), &a));
}

static void test_zeros_are_any_address(void **state)
{
    static const struct {
        const char *text;
        bool any;
    } cases[] = {{"0.0.0.0:80", true},        {"[::]:80", true},
                 {"0.0.0.1:80", false},       {"1.0.0.0:0", false},
                 {"[::1]:80", false},         {"[1::]:80", false},
                 {"[::ffff:0.0.0.0]:1", true}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct address a;

        assert_true(address_parse(str_of(cases[i].text), &a));
        assert_int_equal(address_is_any(&a), cases[i].any);
    }
}

static void test_no_host_and_localhost_are_127_0_0_1(void **state)
{
    (void)state;
    check_text(":3000", "127.0.0.1:3000");
    check_text("localhost:3000", "127.0.0.1:3000");
    check_text("LocalHost:3000", "127.0.0.1:3000");
}

static void test_mapped_ipv6_becomes_ipv4(void **state)
{
    struct address a;
    struct address b;

    (void)state;
    check_text("[::ffff:192.0.2.7]:80", "192.0.2.7:80");
    assert_true(address_parse(STR("[::ffff:10.0.0.1]:80"), &a));
    assert_true(address_parse(STR("10.0.0.1:80"), &b));
    assert_true(address_equal(&a, &b));
}

static void test_what_is_no_address_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "",
        ":",
        "80",
        "127.0.0.1",
        "127.0.0.1:",
        "1.2.3:80",
        "1.2.3.4.5:1",
        "01.2.3.4:80",
        "256.0.0.1:",
        "1.2.3.4:80x",
        "1.2.3.4: 80",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "example.com:80",
        "[]:80",
        "[1.2.3.4]:80",
        "[::1%]:80",
        "[::1%no-such-if]:80",
        "[g::]:80",
        " 1.2.3.4:80",
        "1.2.3.4:99999999999999999999",
    };
    struct address a = {.family = 4, .port = 7};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (address_parse(str_of(bad[i]), &a))
            fail_msg("\"%s\" was taken for an address", bad[i]);
        assert_int_equal(a.port, 7);
    }
}

static void test_nul_inside_a_text_is_refused(void **state)
{
    struct address a;

    (void)state;
    assert_false(address_parse_ip(str_make("127.0.0.1\0x", 11), &a));
}

static void test_ip_alone_is_read_with_or_without_brackets(void **state)
{
    struct address a;
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    assert_true(address_parse_ip(STR("1.2.3.4"), &a));
    assert_int_equal(a.family, 4);
    assert_int_equal(a.port, 0);
    assert_true(address_parse_ip(STR("[::1]"), &a));
    assert_true(address_parse_ip(STR("::1"), &a));
    assert_int_equal(a.family, 6);
    address_put_ip(&t, &a);
    assert_memory_equal(t.p, "::1", 3);
    assert_false(address_parse_ip(STR("localhost"), &a));
}

static void test_zone_of_link_local_address_is_kept(void **state)
{
    struct address a;
    struct address b;

    (void)state;
    check_text("[fe80::1%7]:80", "[fe80::1%7]:80");
    assert_true(address_parse(STR("[fe80::1%lo]:80"), &a));
    assert_int_not_equal(a.scope, 0);
    assert_true(address_parse(STR("[fe80::1%9999]:80"), &b));
    assert_false(address_equal(&a, &b));
}

static void test_longest_address_fits(void **state)
{
    (void)state;
    check_text("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535",
               "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void test_sockaddr_round_trip_keeps_everything(void **state)
{
    static const char *const all[] = {"1.2.3.4:80", "[::1]:443",
                                      "[fe80::1%7]:65535"};
    struct sockaddr_storage sa;
    struct address a;
    struct address b;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(address_parse(str_of(all[i]), &a));
        assert_int_equal(address_to_sockaddr(&a, &sa),
                         i ? sizeof(struct sockaddr_in6)
                           : sizeof(struct sockaddr_in));
        address_from_sockaddr((struct sockaddr *)&sa, &b);
        assert_true(address_equal(&a, &b));
    }
}

static void test_mapped_sockaddr_becomes_ipv4(void **state)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = 0};
    struct address a;
    struct address b;

    (void)state;
    in6.sin6_addr.s6_addr[10] = 0xff;
    in6.sin6_addr.s6_addr[11] = 0xff;
    in6.sin6_addr.s6_addr[12] = 10;
    address_from_sockaddr((struct sockaddr *)&in6, &a);
    assert_true(address_parse(STR("10.0.0.0:0"), &b));
    assert_true(address_equal(&a, &b));
}

static void test_sockaddr_of_another_family_is_no_address(void **state)
{
    struct sockaddr sa = {.sa_family = AF_UNIX};
    struct address a = {.family = 4};

    (void)state;
    address_from_sockaddr(&sa, &a);
    assert_int_equal(a.family, 0);
}

static void test_addresses_differ_by_ip_port_and_family(void **state)
{
    struct address a;
    struct address b;

    (void)state;
    assert_true(address_parse(STR("10.0.0.1:80"), &a));
    assert_true(address_parse(STR("10.0.0.1:81"), &b));
    assert_false(address_equal(&a, &b));
    assert_true(address_parse(STR("10.0.0.2:80"), &b));
    assert_false(address_equal(&a, &b));
    assert_true(address_parse(STR("[::1]:80"), &b));
    assert_false(address_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_with_port_is_read_and_written),
        cmocka_unit_test(test_ipv6_with_port_wants_brackets),
        cmocka_unit_test(test_zeros_are_any_address),
        cmocka_unit_test(test_no_host_and_localhost_are_127_0_0_1),
        cmocka_unit_test(test_mapped_ipv6_becomes_ipv4),
        cmocka_unit_test(
            test_what_is_no_address_is_refused_and_changes_nothing),
        cmocka_unit_test(test_nul_inside_a_text_is_refused),
        cmocka_unit_test(test_ip_alone_is_read_with_or_without_brackets),
        cmocka_unit_test(test_zone_of_link_local_address_is_kept),
        cmocka_unit_test(test_longest_address_fits),
        cmocka_unit_test(test_sockaddr_round_trip_keeps_everything),
        cmocka_unit_test(test_mapped_sockaddr_becomes_ipv4),
        cmocka_unit_test(test_sockaddr_of_another_family_is_no_address),
        cmocka_unit_test(test_addresses_differ_by_ip_port_and_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
