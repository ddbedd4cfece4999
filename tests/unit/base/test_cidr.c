/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cidr.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void test_blocks_are_read_and_their_host_bits_cleared(void **state)
{
    static const char *const tries[][2] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"10.1.2.3/31", "10.1.2.2/31"},
        {"10.1.2.3/32", "10.1.2.3/32"},
        {"1.2.3.4/0", "0.0.0.0/0"},
        {"2001:db8:ffff::1/33", "2001:db8:8000::/33"},
        {"::1/128", "::1/128"},
        {"::/0", "::/0"},
        {"::ffff:10.1.2.3/104", "10.0.0.0/8"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        char room[CIDR_TEXT_MAX];
        struct text t = text_in(room, sizeof(room));
        struct cidr c;

        assert_true(cidr_parse(str_of(tries[i][0]), &c));
        cidr_put(&t, &c);
        assert_true(text_ok(&t));
        assert_true(str_eq(text_str(&t), str_of(tries[i][1])));
    }
}

static void test_what_is_no_block_is_refused_and_changes_nothing(void **state)
{
    static const char *const tries[] = {
        "",
        "/",
        "/8",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0/8",
        "10.0.0.0/8/8",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "::/129",
        "[::1]/128",
        "fe80::1%lo/64",
        "fe80::1%1/64",
        "::ffff:1.2.3.4/95",
        "a.b/8",
        "10.0.0.0/99999999999",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct cidr c = {.bits = 77};

        if (cidr_parse(str_of(tries[i]), &c))
            fail_msg("%s was read", tries[i]);
        assert_int_equal(c.bits, 77);
    }
}

static struct cidr block(const char *text)
{
    struct cidr c;

    assert_true(cidr_parse(str_of(text), &c));
    return c;
}

/* Checklist 47: the first and the last address of a block, and those beside
 * it. */
static void test_a_block_has_its_addresses_and_no_others(void **state)
{
    static const struct {
        const char *block;
        const char *address;
        bool has;
    } tries[] = {
        {"10.0.0.0/8", "10.0.0.0", true},
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "9.255.255.255", false},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"192.168.4.0/22", "192.168.3.255", false},
        {"1.2.3.4/32", "1.2.3.4", true},
        {"1.2.3.4/32", "1.2.3.5", false},
        {"0.0.0.0/0", "255.255.255.255", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "1.2.3.4", false},
        {"::/0", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"2001:db8::/127", "2001:db8::1", true},
        {"2001:db8::/127", "2001:db8::2", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct cidr c = block(tries[i].block);
        struct address a;

        assert_true(address_parse_ip(str_of(tries[i].address), &a));
        a.port = 4711;
        if (cidr_has(&c, &a) != tries[i].has)
            fail_msg("%s in %s", tries[i].address, tries[i].block);
    }
}

static void test_no_block_has_an_address_that_is_none(void **state)
{
    struct address none = {.family = 0};
    struct cidr four = block("0.0.0.0/0");
    struct cidr six = block("::/0");

    (void)state;
    assert_false(cidr_has(&four, &none));
    assert_false(cidr_has(&six, &none));
}

static void test_a_block_covers_those_inside_it(void **state)
{
    static const struct {
        const char *wide;
        const char *narrow;
        bool covers;
    } tries[] = {
        {"10.0.0.0/8", "10.0.0.0/8", true},
        {"10.0.0.0/8", "10.1.0.0/16", true},
        {"10.1.0.0/16", "10.0.0.0/8", false},
        {"10.1.0.0/16", "10.2.0.0/16", false},
        {"0.0.0.0/0", "::/0", false},
        {"::/0", "fe80::/10", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct cidr wide = block(tries[i].wide);
        struct cidr narrow = block(tries[i].narrow);

        assert_int_equal(cidr_covers(&wide, &narrow), tries[i].covers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_read_and_their_host_bits_cleared),
        cmocka_unit_test(test_what_is_no_block_is_refused_and_changes_nothing),
        cmocka_unit_test(test_a_block_has_its_addresses_and_no_others),
        cmocka_unit_test(test_no_block_has_an_address_that_is_none),
        cmocka_unit_test(test_a_block_covers_those_inside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
