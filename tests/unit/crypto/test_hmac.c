/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/hmac.h"

/* RFC 4231, test cases 2 and 6. */
static const struct {
    const char *key;
    const char *text;
    const char *hex;
} cases[] = {
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

static void test_codes_are_those_of_the_rfc(void **state)
{
    char aa[131];

    (void)state;
    memset(aa, 0xaa, sizeof(aa));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct str key =
            cases[i].key ? str_of(cases[i].key) : str_make(aa, sizeof(aa));
        char hex[HMAC_HEX_LEN];

        assert_true(hmac_hex(key, str_of(cases[i].text), hex));
        assert_memory_equal(hex, cases[i].hex, HMAC_HEX_LEN);
        assert_true(hmac_is(key, str_of(cases[i].text), str_of(cases[i].hex)));
    }
}

static void test_another_code_is_not_taken(void **state)
{
    struct str key = str_of(cases[0].key);
    struct str text = str_of(cases[0].text);
    char hex[HMAC_HEX_LEN];

    (void)state;
    for (size_t i = 0; i < HMAC_HEX_LEN; i++) {
        memcpy(hex, cases[0].hex, sizeof(hex));
        hex[i] = (char)(hex[i] ^ 1);
        assert_false(hmac_is(key, text, str_make(hex, sizeof(hex))));
    }
    memcpy(hex, cases[0].hex, sizeof(hex));
    assert_false(hmac_is(key, text, str_make(hex, sizeof(hex) - 1)));
    assert_false(hmac_is(key, text, STR("")));
    assert_false(hmac_is(STR("jefe"), text, str_make(hex, sizeof(hex))));
    assert_false(hmac_is(key, STR("what"), str_make(hex, sizeof(hex))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_those_of_the_rfc),
        cmocka_unit_test(test_another_code_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
