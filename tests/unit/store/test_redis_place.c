/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/redis_link.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct row {
    const char *text;
    const char *host;
    unsigned port;
    const char *user;
    const char *password;
    unsigned database;
    const char *key;
} good[] = {
    {"redis://cache", "cache", 6379, "", "", 0, "sluice"},
    {"redis://127.0.0.1:7000/3", "127.0.0.1", 7000, "", "", 3, "sluice"},
    {"redis://[::1]:7000/", "::1", 7000, "", "", 0, "sluice"},
    {"redis://[::1]", "::1", 6379, "", "", 0, "sluice"},
    {"redis://:s%40cret@cache", "cache", 6379, "", "s@cret", 0, "sluice"},
    {"redis://me:a:b@cache:1?key=edge", "cache", 1, "me", "a:b", 0, "edge"},
    {"redis://word@cache/0?key=x", "cache", 6379, "", "word", 0, "x"},
};

static void test_the_parts_of_a_url_are_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(good); i++) {
        struct region region = {NULL};
        struct error error = {""};
        struct redis_place place;

        if (!redis_place_read(str_of(good[i].text), &place, &region, &error))
            fail_msg("%s: %s", good[i].text, error.text);
        assert_true(str_eq(place.host, str_of(good[i].host)));
        assert_int_equal(place.port, good[i].port);
        assert_true(str_eq(place.user, str_of(good[i].user)));
        assert_true(str_eq(place.password, str_of(good[i].password)));
        assert_int_equal(place.database, good[i].database);
        assert_true(str_eq(place.key, str_of(good[i].key)));
        region_end(&region);
    }
}

static const struct {
    const char *text;
    const char *why;
} bad[] = {
    {"rediss://cache", "without TLS"},
    {"http://cache", "does not begin with redis://"},
    {"redis://", "there is no host"},
    {"redis://:7000", "there is no host"},
    {"redis://cache:0", "the port is no number from 1 to 65535"},
    {"redis://cache:66000", "the port is no number from 1 to 65535"},
    {"redis://cache/x", "the database is no number"},
    {"redis://[::1", "has no \"]\""},
    {"redis://cache?name=x", "only key=NAME may stand"},
    {"redis://cache?key=", "only key=NAME may stand"},
};

static void test_what_is_wrong_with_a_url_is_said(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(bad); i++) {
        struct region region = {NULL};
        struct error error = {""};
        struct redis_place place;

        assert_false(
            redis_place_read(str_of(bad[i].text), &place, &region, &error));
        if (strstr(error.text, bad[i].why) == NULL)
            fail_msg("%s: %s", bad[i].text, error.text);
        region_end(&region);
    }
}

static void test_an_error_does_not_show_the_password(void **state)
{
    struct region region = {NULL};
    struct error error = {""};
    struct redis_place place;

    (void)state;
    assert_false(redis_place_read(STR("redis://me:secret@cache:0"), &place,
                                  &region, &error));
    assert_null(strstr(error.text, "secret"));
    assert_non_null(strstr(error.text, "cache:0"));
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_parts_of_a_url_are_read),
        cmocka_unit_test(test_what_is_wrong_with_a_url_is_said),
        cmocka_unit_test(test_an_error_does_not_show_the_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
