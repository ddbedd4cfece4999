/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "match/ip_tree.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { RANGES = 10000 };

static struct address address_of(const char *text)
{
    struct address address;

    assert_true(address_parse_ip(str_of(text), &address));
    return address;
}

static struct ip_tree *tree_of(const char *const *texts, unsigned n)
{
    struct cidr ranges[16];

    assert_true(n <= COUNT(ranges));
    for (unsigned i = 0; i < n; i++)
        assert_true(cidr_parse(str_of(texts[i]), &ranges[i]));
    return ip_tree_new(ranges, n);
}

static bool has(const struct ip_tree *tree, const char *text)
{
    struct address address = address_of(text);

    return ip_tree_has(tree, &address);
}

static void test_ranges_have_their_first_and_last_address(void **state)
{
    static const char *const texts[] = {"10.1.0.0/16", "192.0.2.7/32",
                                        "255.255.255.0/24", "0.0.0.0/8"};
    struct ip_tree *tree = tree_of(texts, COUNT(texts));

    (void)state;
    assert_true(has(tree, "10.1.0.0") && has(tree, "10.1.255.255"));
    assert_false(has(tree, "10.0.255.255") || has(tree, "10.2.0.0"));
    assert_true(has(tree, "192.0.2.7"));
    assert_false(has(tree, "192.0.2.6") || has(tree, "192.0.2.8"));
    assert_true(has(tree, "255.255.255.255") && has(tree, "0.0.0.0"));
    ip_tree_free(tree);
}

static void test_ranges_of_ipv6_end_within_either_half(void **state)
{
    static const char *const texts[] = {"2001:db8::/32", "2001:db9:0:1::/64",
                                        "2001:dba::ff00/120", "fe80::1/128"};
    struct ip_tree *tree = tree_of(texts, COUNT(texts));

    (void)state;
    assert_true(has(tree, "2001:db8::") &&
                has(tree, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
    assert_true(has(tree, "2001:db9:0:1::") &&
                has(tree, "2001:db9:0:1:ffff:ffff:ffff:ffff"));
    assert_false(has(tree, "2001:db9:0:2::") || has(tree, "2001:db9::"));
    assert_true(has(tree, "2001:dba::ff00") && has(tree, "2001:dba::ffff"));
    assert_false(has(tree, "2001:dba::feff") || has(tree, "2001:dba::1:0"));
    assert_true(has(tree, "fe80::1"));
    assert_false(has(tree, "fe80::") || has(tree, "fe80::2"));
    ip_tree_free(tree);
}

static void test_a_range_in_another_one_hides_nothing(void **state)
{
    static const char *const texts[] = {"10.0.0.0/8", "10.1.2.3/32",
                                        "10.1.0.0/16", "10.1.2.3/32"};
    struct ip_tree *tree = tree_of(texts, COUNT(texts));

    (void)state;
    assert_true(has(tree, "10.1.2.4") && has(tree, "10.255.0.1"));
    assert_false(has(tree, "11.0.0.0"));
    ip_tree_free(tree);
}

/* Checklist 77 */
static void test_an_empty_set_has_nothing(void **state)
{
    struct ip_tree *tree = ip_tree_new(NULL, 0);

    (void)state;
    assert_false(has(tree, "0.0.0.0") || has(tree, "::"));
    ip_tree_free(tree);
    ip_tree_free(NULL);
}

static void test_the_other_family_is_never_in_it(void **state)
{
    static const char *const four[] = {"0.0.0.0/1", "128.0.0.0/1"};
    static const char *const six[] = {"::/1", "8000::/1"};
    struct ip_tree *of_four = tree_of(four, 2), *of_six = tree_of(six, 2);
    struct address none = {.family = 0};

    (void)state;
    assert_true(has(of_four, "255.255.255.255") && has(of_six, "ffff::"));
    assert_false(has(of_four, "::1") || has(of_six, "1.2.3.4"));
    /* IPv4-mapped addresses are IPv4 */
    assert_true(has(of_four, "::ffff:1.2.3.4"));
    assert_false(has(of_six, "::ffff:1.2.3.4"));
    assert_false(ip_tree_has(of_four, &none) || ip_tree_has(of_six, &none));
    ip_tree_free(of_four);
    ip_tree_free(of_six);
}

/* ---- against a list --------------------------------------------------------- */

/* Few bits differ, so that ranges lie in each other and addresses in them. */
static void random_address(struct address *address, uint8_t family)
{
    *address = (struct address){.family = family};
    for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i++) {
        int r = rand();

        address->ip[i] = (uint8_t)(r & 0x700 ? r & 0x11 : r);
    }
}

static void random_range(struct cidr *range, uint8_t family, unsigned least)
{
    unsigned most = family == 4 ? 32 : 128;

    random_address(&range->base, family);
    range->bits = least + (unsigned)rand() % (most - least + 1);
    for (unsigned bit = range->bits; bit < most; bit++)
        range->base.ip[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static bool list_has(const struct cidr *ranges, unsigned n,
                     const struct address *address)
{
    for (unsigned i = 0; i < n; i++) {
        if (cidr_has(&ranges[i], address))
            return true;
    }
    return false;
}

/* Edges are where mistakes are: the addresses around those of ranges too. */
static void pick_address(struct address *address, const struct cidr *range)
{
    unsigned n = range->base.family == 4 ? 4 : 16, step = (unsigned)rand() % 3;

    if (rand() % 2) {
        random_address(address, range->base.family);
        return;
    }
    *address = range->base;
    for (unsigned bit = range->bits; step == 2 && bit < 8 * n; bit++)
        address->ip[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    for (unsigned i = n; step && i-- > 0;) {
        address->ip[i] = (uint8_t)(address->ip[i] + (step == 2 ? 1 : -1));
        if (address->ip[i] != (step == 2 ? 0 : 0xff))
            break;
    }
}

static void compare_with_list(uint8_t family, unsigned n, unsigned least,
                              unsigned rounds)
{
    struct cidr *ranges = calloc(n + 1, sizeof(*ranges));
    struct ip_tree *tree;
    unsigned in = 0;

    assert_non_null(ranges);
    for (unsigned i = 0; i < n; i++)
        random_range(&ranges[i], family, least);
    tree = ip_tree_new(ranges, n);
    for (unsigned i = 0; i < rounds; i++) {
        struct address address;
        bool want;

        pick_address(&address, &ranges[(unsigned)rand() % n]);
        want = list_has(ranges, n, &address);
        assert_int_equal(ip_tree_has(tree, &address), want);
        in += want;
    }
    assert_in_range(in, 1, rounds - 1);
    ip_tree_free(tree);
    free(ranges);
}

static void test_a_tree_has_what_a_list_has(void **state)
{
    (void)state;
    srand(7);
    for (unsigned n = 1; n < 40; n++) {
        compare_with_list(4, n, 8, 2000);
        compare_with_list(6, n, 8, 2000);
    }
    compare_with_list(4, RANGES, 18, 2000);
    compare_with_list(6, RANGES, 18, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_have_their_first_and_last_address),
        cmocka_unit_test(test_ranges_of_ipv6_end_within_either_half),
        cmocka_unit_test(test_a_range_in_another_one_hides_nothing),
        cmocka_unit_test(test_an_empty_set_has_nothing),
        cmocka_unit_test(test_the_other_family_is_never_in_it),
        cmocka_unit_test(test_a_tree_has_what_a_list_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
