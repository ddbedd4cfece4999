/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "api/inflate.h"

enum { MAX = 100 * 1000 };

static struct region region;
static struct str plain;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static struct str gzip_of(size_t n)
{
    size_t room = n + 1024;
    char *from = region_take(&region, n + 1);
    char *to = region_take(&region, room);
    z_stream z = {.next_in = (Bytef *)from, .avail_in = (uInt)n};

    memset(from, 'a', n);
    assert_int_equal(
        deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return str_make(to, room - z.avail_out);
}

static void test_a_body_comes_out_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 16384, 16385, MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(inflate_gzip(&region, gzip_of(sizes[i]), MAX, &plain),
                         INFLATED);
        assert_int_equal(plain.n, sizes[i]);
        assert_true(plain.n == 0 || plain.p[plain.n - 1] == 'a');
    }
}

static void test_a_bomb_is_stopped(void **state)
{
    (void)state;
    assert_int_equal(inflate_gzip(&region, gzip_of(MAX + 1), MAX, &plain),
                     INFLATE_TOO_LONG);
    assert_int_equal(inflate_gzip(&region, gzip_of(MAX * 50), MAX, &plain),
                     INFLATE_TOO_LONG);
}

static void test_what_is_no_gzip_is_broken(void **state)
{
    struct str gzip = gzip_of(1000);
    struct str twice;
    char *p;

    (void)state;
    assert_int_equal(inflate_gzip(&region, STR(""), MAX, &plain),
                     INFLATE_BROKEN);
    assert_int_equal(inflate_gzip(&region, STR("Action=X"), MAX, &plain),
                     INFLATE_BROKEN);
    for (size_t n = 0; n < gzip.n; n++)
        assert_int_equal(
            inflate_gzip(&region, str_make(gzip.p, n), MAX, &plain),
            INFLATE_BROKEN);
    p = region_take(&region, 2 * gzip.n + 1);
    memcpy(p, gzip.p, gzip.n);
    memcpy(p + gzip.n, gzip.p, gzip.n);
    twice = str_make(p, 2 * gzip.n);
    assert_int_equal(inflate_gzip(&region, twice, MAX, &plain), INFLATED);
    assert_int_equal(plain.n, 2000);
    twice.n = gzip.n + 1;
    assert_int_equal(inflate_gzip(&region, twice, MAX, &plain), INFLATE_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_body_comes_out_whole, tear_down),
        cmocka_unit_test_teardown(test_a_bomb_is_stopped, tear_down),
        cmocka_unit_test_teardown(test_what_is_no_gzip_is_broken, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
