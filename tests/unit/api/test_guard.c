/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/guard.h"

static char why[1024];

static struct address at(const char *text)
{
    struct address address;

    assert_true(address_parse_ip(str_of(text), &address));
    address.port = 4566;
    return address;
}

static bool passes(const char *bound, struct guard_request request)
{
    struct address address = at(bound);
    struct text t = text_in(why, sizeof(why) - 1);
    bool ok = guard_passes(&address, &request, &t);

    assert_true(text_ok(&t));
    assert_true(ok == (t.n == 0));
    why[t.n] = '\0';
    return ok;
}

static struct guard_request from(const char *host, const char *origin,
                                 const char *site)
{
    return (struct guard_request){
        .method = STR("GET"),
        .path = STR("/status"),
        .host = str_of(host),
        .origin = origin ? str_of(origin) : str_make(NULL, 0),
        .fetch_site = site ? str_of(site) : str_make(NULL, 0),
    };
}

static void test_loopback_has_the_names_of_this_machine(void **state)
{
    static const char *const ours[] = {
        "localhost",   "localhost:80",
        "LocalHost",   "localhost.",
        "127.0.0.1",   "127.1.2.3:4566",
        "[::1]:4566",  "[::1]",
        "a.localhost", "web-1.us-east-1.elb.localhost:80",
    };
    static const char *const others[] = {
        "",           ".localhost",  "evil",           "localhost.evil",
        "xlocalhost", "10.1.1.1:80", "127.0.0.1.evil", "[::2]",
        "[::1",       "localhost..", "0x7f.1",         "127.1",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        assert_true(passes("127.0.0.1", from(ours[i], NULL, NULL)));
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (passes("127.0.0.1", from(others[i], NULL, NULL)))
            fail_msg("Host %s passes", others[i]);
        assert_false(passes("::1", from(others[i], NULL, NULL)));
    }
}

static void test_other_addresses_have_any_name(void **state)
{
    (void)state;
    assert_true(passes("0.0.0.0", from("lb.example.com", NULL, NULL)));
    assert_true(passes("10.0.0.1", from("lb.example.com", NULL, NULL)));
    assert_false(
        passes("10.0.0.1", from("lb.example.com", "http://evil", NULL)));
}

static void test_pages_of_other_origins_do_not_pass(void **state)
{
    const char *us = "localhost:4566";

    (void)state;
    assert_true(passes("127.0.0.1", from(us, "http://localhost:4566", NULL)));
    assert_true(passes("127.0.0.1", from(us, NULL, "none")));
    assert_true(passes("127.0.0.1", from(us, NULL, "same-origin")));
    assert_false(passes("127.0.0.1", from(us, "http://localhost:3000", NULL)));
    assert_false(passes("127.0.0.1", from(us, "null", NULL)));
    assert_false(passes("127.0.0.1", from(us, "", NULL)));
    assert_false(passes("127.0.0.1", from(us, "localhost:4566", NULL)));
    assert_false(passes("127.0.0.1", from(us, NULL, "same-site")));
    assert_false(passes("127.0.0.1", from(us, NULL, "cross-site")));
    assert_false(passes("127.0.0.1", from(us, NULL, "")));
}

static void test_only_a_get_of_healthz_is_for_everybody(void **state)
{
    struct guard_request request = from("localhost", "http://evil", NULL);

    (void)state;
    request.path = STR("/healthz?x");
    assert_true(passes("127.0.0.1", request));
    request.method = STR("POST");
    assert_false(passes("127.0.0.1", request));
    request.method = STR("GET");
    request.path = STR("/healthz/x");
    assert_false(passes("127.0.0.1", request));
    request.path = STR("/healthz");
    request.host = STR("evil");
    assert_false(passes("127.0.0.1", request));
}

static void test_what_is_said_is_plain_text(void **state)
{
    (void)state;
    assert_false(passes("127.0.0.1", from("a\x1b[1m\xff", NULL, NULL)));
    assert_non_null(strstr(why, "\"a?[1m?\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_has_the_names_of_this_machine),
        cmocka_unit_test(test_other_addresses_have_any_name),
        cmocka_unit_test(test_pages_of_other_origins_do_not_pass),
        cmocka_unit_test(test_only_a_get_of_healthz_is_for_everybody),
        cmocka_unit_test(test_what_is_said_is_plain_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
