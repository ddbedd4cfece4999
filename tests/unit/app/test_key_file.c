/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/key_file.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_UPPER                                                              \
    "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void check_keys(const char *text, unsigned n, uint8_t last)
{
    struct seal_keys keys;
    struct error error = {""};

    assert_true(
        key_file_parse(&key_file_cookies, str_of(text), "k", &keys, &error));
    assert_int_equal(keys.n, n);
    for (unsigned i = 0; i < SEAL_KEY_BYTES; i++)
        assert_int_equal(keys.bytes[0][i], i);
    assert_int_equal(keys.bytes[n - 1][31], last);
}

static void test_a_key_is_hexadecimal_or_base64(void **state)
{
    (void)state;
    check_keys(HEX, 1, 31);
    check_keys(HEX "\n", 1, 31);
    check_keys(HEX_UPPER "\r\n", 1, 31);
    check_keys(BASE64 "\n", 1, 31);
    check_keys("  " HEX "\t\n", 1, 31);
}

static void test_the_order_of_the_lines_stays(void **state)
{
    (void)state;
    check_keys("# of May\n\n" HEX "\n # of April\n" OTHER "\n\n", 2, 255);
    check_keys(BASE64 "\n" OTHER, 2, 255);
}

static void check_refused(const char *text, const char *what)
{
    struct seal_keys keys;
    struct error error = {""};

    assert_false(
        key_file_parse(&key_file_cookies, str_of(text), "k", &keys, &error));
    assert_int_equal(keys.n, 0);
    if (strstr(error.text, what) == NULL)
        fail_msg("\"%s\" has no \"%s\"", error.text, what);
}

static void test_a_bad_line_is_named_with_its_remedy(void **state)
{
    (void)state;
    check_refused("secret\n", "k:1: this is no key");
    check_refused("#\n" HEX "\nsecret\n", "k:3: this is no key");
    check_refused(HEX "0\n", "(it has 65); make a key with `openssl rand");
    check_refused("x" HEX "\n", "k:1:");
    check_refused("00010203040506070809\n", "k:1:");
    check_refused("g0010203040506070809"
                  "0a0b0c0d0e0f101112131415161718191a1b1c1d1e1\n",
                  "k:1:");
    check_refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", "k:1:");
    check_refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8h\n", "k:1:");
}

static void test_a_file_without_a_key_is_refused(void **state)
{
    (void)state;
    check_refused("", "k: there is no key in it; make a key with");
    check_refused("# nothing\n\n", "k: there is no key in it");
}

static void test_more_keys_than_there_is_room_for_are_refused(void **state)
{
    char text[SEAL_KEYS_MAX * (sizeof(HEX) + 1) + sizeof(HEX)];

    (void)state;
    text[0] = '\0';
    for (unsigned i = 0; i < SEAL_KEYS_MAX; i++)
        strcat(text, HEX "\n");
    check_keys(text, SEAL_KEYS_MAX, 31);
    strcat(text, HEX);
    check_refused(text, "k:9: more than 8 keys");
}

static void test_a_file_that_others_may_open_is_refused(void **state)
{
    static const mode_t bad[] = {0604, 0602, 0601, 0644, 0666};
    char path[] = "/tmp/sluice-key-XXXXXX";
    int fd = mkstemp(path);
    struct seal_keys keys;
    struct error error = {""};

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, HEX "\n", sizeof(HEX)), sizeof(HEX));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        fchmod(fd, bad[i]);
        assert_false(key_file_read(&key_file_cookies, path, &keys, &error));
        assert_non_null(strstr(error.text, "every user may open it"));
        assert_non_null(strstr(error.text, "chmod o= "));
    }
    fchmod(fd, 0640);
    assert_true(key_file_read(&key_file_cookies, path, &keys, &error));
    assert_int_equal(keys.n, 1);
    close(fd);
    unlink(path);
    assert_false(key_file_read(&key_file_cookies, path, &keys, &error));
    assert_non_null(strstr(error.text, "cannot be read: No such file"));
    assert_false(key_file_read(&key_file_cookies, "/", &keys, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_hexadecimal_or_base64),
        cmocka_unit_test(test_the_order_of_the_lines_stays),
        cmocka_unit_test(test_a_bad_line_is_named_with_its_remedy),
        cmocka_unit_test(test_a_file_without_a_key_is_refused),
        cmocka_unit_test(test_more_keys_than_there_is_room_for_are_refused),
        cmocka_unit_test(test_a_file_that_others_may_open_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
