/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_pairs.h"
#include "self_signed.h"

enum { CERTIFICATES_MAX = 6 };

static struct tls_certificate made[CERTIFICATES_MAX];
static unsigned nmade;
static struct tls_pairs pairs;

static void add(const char *arn, struct self_signed how)
{
    made[nmade++] = self_signed(arn, how);
}

static void read_all(void)
{
    struct error error = {""};

    assert_true(tls_pairs_read(&pairs, made, nmade, &error));
    assert_string_equal(error.text, "");
}

static int end(void **state)
{
    (void)state;
    tls_pairs_end(&pairs);
    while (nmade)
        self_signed_free(&made[--nmade]);
    return 0;
}

/* "" for the default. */
static void expect_of(const char *name, unsigned kinds, const char *arn)
{
    const struct tls_pair *pair = tls_pairs_find(&pairs, str_of(name), kinds);
    struct str found = pair ? pair->arn : STR("");

    assert_int_equal(found.n, strlen(arn));
    assert_memory_equal(found.p, arn, found.n);
}

static void expect(const char *name, const char *arn)
{
    expect_of(name, TLS_ANY, arn);
}

static void test_names_are_matched_whole_or_by_one_label(void **state)
{
    (void)state;
    add("default", (struct self_signed){"DNS:d.test", "EC:P-256", NULL, 0});
    add("exact",
        (struct self_signed){"DNS:a.test,DNS:A.Other", "EC:P-256", NULL, 0});
    add("wild", (struct self_signed){"DNS:*.b.test", "EC:P-256", NULL, 0});
    add("common.test", (struct self_signed){NULL, "EC:P-256", NULL, 0});
    read_all();
    expect("d.test", "default");
    expect("a.test", "exact");
    expect("A.TEST", "exact");
    expect("a.test.", "exact");
    expect("a.other", "exact");
    expect("www.b.test", "wild");
    expect("b.test", "");
    expect("a.www.b.test", "");
    expect(".b.test", "");
    expect("common.test", "common.test");
    expect("nobody.test", "");
    expect("test", "");
    expect(".", "");
    expect("", "");
}

/* alb.md 10: 107 */
static void test_ecdsa_comes_first_then_hash_key_length_and_end(void **state)
{
    const char *name = "DNS:a.test";

    (void)state;
    add("default", (struct self_signed){"DNS:d.test", "EC:P-256", NULL, 0});
    add("rsa", (struct self_signed){name, "RSA:2048", "SHA512", 90});
    add("ec", (struct self_signed){name, "EC:P-256", NULL, 10});
    read_all();
    expect("a.test", "ec");
    expect_of("a.test", TLS_RSA, "rsa");
    expect_of("a.test", TLS_P384, "");
    end(NULL);

    add("sha256", (struct self_signed){name, "RSA:3072", NULL, 90});
    add("sha384", (struct self_signed){name, "RSA:2048", "SHA384", 10});
    read_all();
    expect("a.test", "sha384");
    end(NULL);

    add("short", (struct self_signed){name, "RSA:2048", NULL, 90});
    add("long", (struct self_signed){name, "RSA:3072", NULL, 10});
    read_all();
    expect("a.test", "long");
    end(NULL);

    add("soon", (struct self_signed){name, "EC:P-256", NULL, 10});
    add("late", (struct self_signed){name, "EC:P-256", NULL, 20});
    read_all();
    expect("a.test", "late");
}

static void test_a_wildcard_counts_as_much_as_a_whole_name(void **state)
{
    (void)state;
    add("exact", (struct self_signed){"DNS:www.b.test", "RSA:2048", NULL, 0});
    add("wild", (struct self_signed){"DNS:*.b.test", "EC:P-256", NULL, 0});
    read_all();
    expect("www.b.test", "wild");
    expect_of("www.b.test", TLS_RSA, "exact");
}

static void refused(struct str chain, struct str key, const char *why)
{
    struct tls_certificate c = {STR("x"), chain, key};
    struct error error = {""};

    assert_false(tls_pairs_read(&pairs, &c, 1, &error));
    assert_non_null(strstr(error.text, "certificate x: "));
    assert_non_null(strstr(error.text, why));
    tls_pairs_end(&pairs);
}

static void test_what_is_no_pair_is_refused_with_a_reason(void **state)
{
    (void)state;
    add("a", (struct self_signed){"DNS:a.test", "EC:P-256", NULL, 0});
    add("b", (struct self_signed){"DNS:a.test", "EC:P-256", NULL, 0});
    refused(STR(""), made[0].key, "there is no certificate");
    refused(STR("rubbish"), made[0].key, "there is no certificate");
    refused(made[0].chain, STR("rubbish"), "there is no private key");
    refused(made[0].chain, made[1].key, "is not that of the certificate");
    refused(str_make(made[0].chain.p, made[0].chain.n / 2), made[0].key,
            "there is no certificate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_names_are_matched_whole_or_by_one_label,
                                  end),
        cmocka_unit_test_teardown(
            test_ecdsa_comes_first_then_hash_key_length_and_end, end),
        cmocka_unit_test_teardown(
            test_a_wildcard_counts_as_much_as_a_whole_name, end),
        cmocka_unit_test_teardown(test_what_is_no_pair_is_refused_with_a_reason,
                                  end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
