/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/passthrough.h"

static void reads(const char *url, const char *host, unsigned port)
{
    struct passthrough_url read;
    struct error error = {""};

    assert_true(passthrough_read(url, &read, &error));
    assert_string_equal(read.host, host);
    assert_int_equal(read.port, port);
}

static void test_urls_have_a_host_and_maybe_a_port(void **state)
{
    (void)state;
    reads("http://localhost:5000", "localhost", 5000);
    reads("http://localhost:5000/", "localhost", 5000);
    reads("HTTP://moto", "moto", 80);
    reads("http://127.0.0.1:1", "127.0.0.1", 1);
    reads("http://[::1]:65535/", "::1", 65535);
    reads("http://[fe80::1]", "fe80::1", 80);
}

static void test_what_is_no_such_url_is_refused_with_an_example(void **state)
{
    static const char *const urls[] = {
        "",
        "localhost:5000",
        "https://localhost",
        "ftp://localhost",
        "http://",
        "http:///",
        "http://:80",
        "http://a:",
        "http://a:b",
        "http://a:0",
        "http://a:65536",
        "http://a/b",
        "http://a:80/b",
        "http://[::1",
        "http://[]:80",
        "http://[::1]80",
    };
    char longest[PASSTHROUGH_HOST_MAX + 16] = "http://";
    struct passthrough_url read;
    struct error error;

    (void)state;
    for (unsigned i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        error.text[0] = '\0';
        if (passthrough_read(urls[i], &read, &error))
            fail_msg("%s was taken", urls[i]);
        assert_non_null(strstr(error.text, "write http://HOST:PORT"));
    }
    memset(longest + 7, 'a', PASSTHROUGH_HOST_MAX - 1);
    assert_true(passthrough_read(longest, &read, &error));
    memset(longest + 7, 'a', PASSTHROUGH_HOST_MAX);
    assert_false(passthrough_read(longest, &read, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_have_a_host_and_maybe_a_port),
        cmocka_unit_test(test_what_is_no_such_url_is_refused_with_an_example),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
