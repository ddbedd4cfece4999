/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/sha256.h"

/* Test vectors of FIPS 180-4 (NIST's examples). */
static const struct {
    const char *text;
    const char *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void check_digest(struct sha256 *sha, const char *expected)
{
    char hex[SHA256_HEX_LEN];

    sha256_hex(sha, hex);
    assert_memory_equal(hex, expected, SHA256_HEX_LEN);
}

static void test_known_digests_come_out(void **state)
{
    struct sha256 sha;

    (void)state;
    assert_true(sha256_init(&sha));
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        sha256_begin(&sha);
        sha256_add(&sha, vectors[i].text, strlen(vectors[i].text));
        check_digest(&sha, vectors[i].hex);
    }
    sha256_end(&sha);
}

static void test_pieces_of_any_size_give_the_same_digest(void **state)
{
    const char *text = vectors[2].text;
    size_t n = strlen(text);
    struct sha256 sha;

    (void)state;
    assert_true(sha256_init(&sha));
    for (size_t cut = 0; cut <= n; cut++) {
        sha256_begin(&sha);
        sha256_add(&sha, text, cut);
        sha256_add(&sha, text + cut, n - cut);
        check_digest(&sha, vectors[2].hex);
    }
    sha256_end(&sha);
}

static void test_million_bytes_are_hashed(void **state)
{
    char block[1000];
    struct sha256 sha;

    (void)state;
    memset(block, 'a', sizeof(block));
    assert_true(sha256_init(&sha));
    sha256_begin(&sha);
    for (unsigned i = 0; i < 1000; i++)
        sha256_add(&sha, block, sizeof(block));
    check_digest(
        &sha,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_end(&sha);
}

static void test_begin_forgets_an_unfinished_digest(void **state)
{
    struct sha256 sha;

    (void)state;
    assert_true(sha256_init(&sha));
    sha256_begin(&sha);
    sha256_add(&sha, "rubbish", 7);
    sha256_begin(&sha);
    check_digest(&sha, vectors[0].hex);
    sha256_end(&sha);
}

static void *hash_abc(void *unused)
{
    struct sha256 sha;
    char *hex = malloc(SHA256_HEX_LEN);

    (void)unused;
    if (hex && sha256_init(&sha)) {
        sha256_begin(&sha);
        sha256_add(&sha, "abc", 3);
        sha256_hex(&sha, hex);
        sha256_end(&sha);
    }
    return hex;
}

static void test_threads_hash_at_the_same_time(void **state)
{
    pthread_t threads[4];
    void *hex;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_abc, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &hex);
        assert_non_null(hex);
        assert_memory_equal(hex, vectors[1].hex, SHA256_HEX_LEN);
        free(hex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_digests_come_out),
        cmocka_unit_test(test_pieces_of_any_size_give_the_same_digest),
        cmocka_unit_test(test_million_bytes_are_hashed),
        cmocka_unit_test(test_begin_forgets_an_unfinished_digest),
        cmocka_unit_test(test_threads_hash_at_the_same_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
