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

#include "base/base64.h"

/* RFC 4648 §10, and what lies at the edges. */
static const struct {
    const char *bytes;
    size_t n;
    const char *text;
} known[] = {
    {"", 0, ""},
    {"f", 1, "Zg=="},
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"\xff\xff\xff", 3, "////"},
    {"\xfb\xef\xbe", 3, "++++"},
    {"\0\0\0", 3, "AAAA"},
};

static void test_known_bytes_become_their_text_and_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        struct str want = str_of(known[i].text);
        char room[16];
        uint8_t back[16];
        struct text t = text_in(room, sizeof(room));

        base64_put(&t, (const uint8_t *)known[i].bytes, known[i].n);
        assert_true(text_ok(&t));
        assert_true(str_eq(text_str(&t), want));
        assert_int_equal(base64_read(want, back), known[i].n);
        assert_memory_equal(back, known[i].bytes, known[i].n);
    }
}

static void test_another_spelling_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",     "Zg",       "Zg=",  "Zh==", /* a bit behind the last */
        "Zm9=",  "Zg==Zg==", "====", "Z===",    "Zm9v\n",
        " Zm9v", "Zm 9v",    "Zm-9", "Zm_9",    "Zm9%",
        "=Zm9",  "Zm=9",     "Zg=A", "Zm9vYg=", "Zm9vY===",
    };
    uint8_t out[16];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(base64_read(str_of(bad[i]), out), -1);
}

static void test_every_byte_comes_back_from_every_place(void **state)
{
    uint8_t bytes[3], back[3];
    char room[4];

    (void)state;
    for (unsigned place = 0; place < 3; place++) {
        for (unsigned b = 0; b < 256; b++) {
            struct text t = text_in(room, sizeof(room));

            memset(bytes, 0x5a, sizeof(bytes));
            bytes[place] = (uint8_t)b;
            base64_put(&t, bytes, 3);
            assert_int_equal(base64_read(text_str(&t), back), 3);
            assert_memory_equal(back, bytes, 3);
        }
    }
}

static void test_without_room_nothing_is_written(void **state)
{
    char room[8] = "xxxxxxx";
    struct text t = text_in(room, 7);

    (void)state;
    base64_put(&t, (const uint8_t *)"fooba", 5);
    assert_false(text_ok(&t));
    assert_string_equal(room, "xxxxxxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes_become_their_text_and_come_back),
        cmocka_unit_test(test_another_spelling_is_refused),
        cmocka_unit_test(test_every_byte_comes_back_from_every_place),
        cmocka_unit_test(test_without_room_nothing_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
