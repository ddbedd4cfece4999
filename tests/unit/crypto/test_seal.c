/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/seal.h"

enum { PLAIN = 40, SEALED = PLAIN + SEAL_OVERHEAD };

static struct seal_keys keys_of(const char *firsts)
{
    struct seal_keys keys = {.n = (unsigned)strlen(firsts)};

    for (unsigned i = 0; i < keys.n; i++)
        memset(keys.bytes[i], firsts[i], SEAL_KEY_BYTES);
    return keys;
}

static struct seal *seal_of(const char *firsts)
{
    struct seal_keys keys = keys_of(firsts);
    struct seal *seal = seal_new(&keys);

    assert_non_null(seal);
    return seal;
}

static void fill(uint8_t plain[PLAIN])
{
    for (unsigned i = 0; i < PLAIN; i++)
        plain[i] = (uint8_t)(i * 7);
}

static void put(struct seal *seal, uint8_t sealed[SEALED])
{
    uint8_t plain[PLAIN];

    fill(plain);
    assert_true(seal_put(seal, STR("kind"), plain, PLAIN, sealed));
}

static bool opens(struct seal *seal, const char *kind, const uint8_t *sealed)
{
    uint8_t plain[PLAIN], want[PLAIN];

    fill(want);
    if (!seal_open(seal, str_of(kind), sealed, SEALED, plain))
        return false;
    assert_memory_equal(plain, want, PLAIN);
    return true;
}

static void test_what_was_sealed_opens_again(void **state)
{
    struct seal *seal = seal_of("a");
    uint8_t sealed[SEALED];

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        put(seal, sealed);
        assert_true(opens(seal, "kind", sealed));
    }
    seal_free(seal);
}

static void test_a_text_of_any_length_is_sealed(void **state)
{
    static uint8_t plain[5000], sealed[5000 + SEAL_OVERHEAD], back[5000];
    struct seal *seal = seal_of("a");

    (void)state;
    memset(plain, 0x42, sizeof(plain));
    for (size_t n = 0; n <= sizeof(plain); n += n < 70 ? 1 : 617) {
        memset(back, 0, sizeof(back));
        assert_true(seal_put(seal, STR("k"), plain, n, sealed));
        assert_true(seal_open(seal, STR("k"), sealed, n + SEAL_OVERHEAD, back));
        assert_memory_equal(back, plain, n);
    }
    seal_free(seal);
}

static void test_another_process_with_the_key_opens_it(void **state)
{
    struct seal *a = seal_of("a"), *b = seal_of("a"), *c = seal_of("c");
    uint8_t sealed[SEALED];

    (void)state;
    put(a, sealed);
    assert_true(opens(b, "kind", sealed));
    assert_false(opens(c, "kind", sealed));
    seal_free(a);
    seal_free(b);
    seal_free(c);
}

static void test_any_changed_bit_makes_it_unreadable(void **state)
{
    struct seal *seal = seal_of("a");
    uint8_t sealed[SEALED];

    (void)state;
    put(seal, sealed);
    for (unsigned bit = 0; bit < SEALED * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(opens(seal, "kind", sealed));
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(opens(seal, "kind", sealed));
    seal_free(seal);
}

static void test_a_shorter_or_longer_text_is_unreadable(void **state)
{
    struct seal *seal = seal_of("a");
    uint8_t sealed[SEALED + 1] = {0}, plain[SEALED + 1];

    (void)state;
    put(seal, sealed);
    for (size_t n = 0; n <= SEALED + 1; n++)
        assert_int_equal(seal_open(seal, STR("kind"), sealed, n, plain),
                         n == SEALED);
    seal_free(seal);
}

static void test_what_was_sealed_for_one_use_serves_for_no_other(void **state)
{
    static const char *const others[] = {"", "kin", "kindly", "Kind", "kinD"};
    struct seal *seal = seal_of("a");
    uint8_t sealed[SEALED];

    (void)state;
    put(seal, sealed);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_false(opens(seal, others[i], sealed));
    seal_free(seal);
}

static void test_the_first_key_seals_and_every_key_opens(void **state)
{
    struct seal *old = seal_of("a"), *both = seal_of("bca"),
                *new = seal_of("b");
    uint8_t before[SEALED], after[SEALED];

    (void)state;
    put(old, before);
    put(both, after);
    assert_true(opens(both, "kind", before));
    assert_false(opens(new, "kind", before));
    assert_true(opens(new, "kind", after));
    assert_false(opens(old, "kind", after));
    seal_free(old);
    seal_free(both);
    seal_free(new);
}

static void test_no_nonce_is_used_twice(void **state)
{
    enum { N = 2000 };
    static uint8_t nonces[2 * N][SEAL_NONCE_BYTES];
    struct seal *a = seal_of("a"), *b = seal_of("a");
    uint8_t sealed[SEALED];

    (void)state;
    for (unsigned i = 0; i < 2 * N; i++) {
        put(i % 2 ? a : b, sealed);
        memcpy(nonces[i], sealed + SEAL_ID_BYTES, SEAL_NONCE_BYTES);
    }
    for (unsigned i = 0; i < 2 * N; i++) {
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(nonces[i], nonces[k], SEAL_NONCE_BYTES);
    }
    seal_free(a);
    seal_free(b);
}

static void test_random_keys_differ(void **state)
{
    struct seal_keys a, b;

    (void)state;
    assert_true(seal_keys_random(&a));
    assert_true(seal_keys_random(&b));
    assert_int_equal(a.n, 1);
    assert_memory_not_equal(a.bytes[0], b.bytes[0], SEAL_KEY_BYTES);
}

static void test_without_a_key_there_is_no_seal(void **state)
{
    struct seal_keys none = {.n = 0}, many = {.n = SEAL_KEYS_MAX + 1};

    (void)state;
    assert_null(seal_new(&none));
    assert_null(seal_new(&many));
    seal_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_opens_again),
        cmocka_unit_test(test_a_text_of_any_length_is_sealed),
        cmocka_unit_test(test_another_process_with_the_key_opens_it),
        cmocka_unit_test(test_any_changed_bit_makes_it_unreadable),
        cmocka_unit_test(test_a_shorter_or_longer_text_is_unreadable),
        cmocka_unit_test(test_what_was_sealed_for_one_use_serves_for_no_other),
        cmocka_unit_test(test_the_first_key_seals_and_every_key_opens),
        cmocka_unit_test(test_no_nonce_is_used_twice),
        cmocka_unit_test(test_random_keys_differ),
        cmocka_unit_test(test_without_a_key_there_is_no_seal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
