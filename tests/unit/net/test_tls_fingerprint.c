/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "net/tls_fingerprint.h"

static char room[64 * 1024];

static void put(struct text *t, unsigned number, unsigned size)
{
    while (size--)
        text_char(t, (char)(number >> 8 * size));
}

static void put_list(struct text *t, const uint16_t *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put(t, v[i], 2);
}

static void extension(struct text *t, unsigned type, const char *p, size_t n)
{
    put(t, type, 2);
    put(t, (unsigned)n, 2);
    text_put(t, p, n);
}

static void empty(struct text *t, unsigned type)
{
    extension(t, type, "", 0);
}

/* What Chrome 110 says, as JA4's own documentation takes it apart. */
static struct client_hello chrome(void)
{
    static const uint16_t suites[] = {
        0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
        0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
    static char ciphers[64];
    struct text c = text_in(ciphers, sizeof(ciphers));
    struct text t = text_in(room, sizeof(room));

    put_list(&c, suites, 16);
    empty(&t, 0x4a4a);
    extension(&t, 0, "\0\6\0\0\3a.b", 8);
    empty(&t, 0x17);
    extension(&t, 0xff01, "\0", 1);
    extension(&t, 0x0a, "\0\10\x3a\x3a\0\x1d\0\x17\0\x18", 10);
    extension(&t, 0x0b, "\1\0", 2);
    empty(&t, 0x23);
    extension(&t, 0x10, "\0\x0c\2h2\10http/1.1", 14);
    extension(&t, 0x05, "\1\0\0\0\0", 5);
    extension(&t, 0x0d, "\0\x10\4\3\x8\4\4\1\5\3\x8\5\5\1\x8\6\6\1", 18);
    empty(&t, 0x12);
    extension(&t, 0x33, "\0\0", 2);
    extension(&t, 0x2d, "\1\1", 2);
    extension(&t, 0x2b, "\6\x6a\x6a\3\4\3\3", 7);
    extension(&t, 0x1b, "\2\0\2", 3);
    empty(&t, 0x4469);
    extension(&t, 0x1a1a, "\0", 1);
    extension(&t, 0x15, "\0\0", 2);
    return (struct client_hello){
        .version = 0x0303,
        .ciphers = text_str(&c),
        .extensions = text_str(&t),
    };
}

static void check(const struct client_hello *hello, const char *ja3,
                  const char *ja4)
{
    struct tls_fingerprint found;

    assert_true(tls_fingerprint(hello, &found));
    assert_memory_equal(found.ja4, ja4, JA4_TEXT);
    assert_memory_equal(found.ja3, ja3, JA3_TEXT);
}

/* The MD5 is that of
 * "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-
 * 47-53,0-23-65281-10-11-35-16-5-13-18-51-45-43-27-17513-21,29-23-24,0". */
static void test_a_browser_has_its_published_fingerprint(void **state)
{
    struct client_hello hello = chrome();

    (void)state;
    check(&hello, "cd08e31494f9531f560d64c695473da9",
          "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void test_what_says_nothing_has_one_too(void **state)
{
    struct client_hello hello = {
        .version = 0x0301, .ciphers = STR(""), .extensions = STR("")};

    (void)state;
    /* MD5 of "769,,,," */
    check(&hello, "f5d1076d0d11b5cd81c4c4e8e8ee881a",
          "t10i000000_000000000000_000000000000");
}

static void test_lists_that_nobody_has_have_none(void **state)
{
    static char many[4 * TLS_FINGERPRINT_MOST];
    struct client_hello hello = {
        .version = 0x0303,
        .ciphers = str_make(many, sizeof(many)),
        .extensions = STR(""),
    };
    struct tls_fingerprint found;

    (void)state;
    assert_false(tls_fingerprint(&hello, &found));
    assert_int_equal(found.ja3[0], '\0');
}

static void test_odd_protocols_are_told_by_their_digits(void **state)
{
    struct text t = text_in(room, sizeof(room));
    struct client_hello hello = {.version = 0x0303, .ciphers = STR("\x13\x01")};
    struct tls_fingerprint found;

    (void)state;
    extension(&t, 0x10, "\0\3\2\xab\xcd", 5);
    hello.extensions = text_str(&t);
    assert_true(tls_fingerprint(&hello, &found));
    assert_memory_equal(found.ja4, "t12i0101ad_", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_browser_has_its_published_fingerprint),
        cmocka_unit_test(test_what_says_nothing_has_one_too),
        cmocka_unit_test(test_lists_that_nobody_has_have_none),
        cmocka_unit_test(test_odd_protocols_are_told_by_their_digits),
    };

    return cmocka_run_group_tests_name("net/tls_fingerprint", tests, NULL,
                                       NULL);
}
