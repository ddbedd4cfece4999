/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/chunk.h"

static struct chunk_pool pool;

static int end(void **state)
{
    (void)state;
    chunk_pool_end(&pool);
    return 0;
}

static unsigned kept(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CHUNK_CLASSES; i++)
        n += pool.nfree[i];
    return n;
}

static void test_a_chunk_has_the_room_that_was_asked_for(void **state)
{
    static const size_t around[] = {0,     1,     1024,   4096,   16384,
                                    65536, 81920, 262144, 262145, 1000000};

    (void)state;
    for (size_t a = 0; a < sizeof(around) / sizeof(*around); a++) {
        size_t from = around[a] > 40 ? around[a] - 40 : 0;

        for (size_t n = from; n <= around[a] + 2; n++) {
            struct chunk *c = chunk_take(&pool, n);

            assert_non_null(c);
            assert_true(c->cap >= n);
            assert_int_equal(chunk_len(c), 0);
            assert_ptr_equal(chunk_begin(c), c->data);
            assert_null(c->next);
            memset(c->data, 'x', c->cap); /* a sanitizer sees the end */
            chunk_give(&pool, c);
        }
    }
}

static void test_a_small_need_gets_a_small_chunk(void **state)
{
    struct chunk *small = chunk_take(&pool, 100);
    struct chunk *large = chunk_take(&pool, 100000);

    (void)state;
    assert_true(sizeof(*small) + small->cap <= 1024);
    assert_true(sizeof(*large) + large->cap <= 256 * 1024);
    chunk_give(&pool, large);
    chunk_give(&pool, small);
    assert_ptr_equal(chunk_take(&pool, 100), small);
    chunk_give(&pool, small);
}

static void test_a_chunk_given_back_is_used_again_and_empty(void **state)
{
    struct chunk *c = chunk_take(&pool, 3000);

    (void)state;
    c->begin = 5;
    c->end = 9;
    c->next = c;
    chunk_give(&pool, c);
    assert_int_equal(kept(), 1);
    assert_ptr_equal(chunk_take(&pool, 3000), c);
    assert_int_equal(kept(), 0);
    assert_int_equal(c->begin + c->end, 0);
    assert_null(c->next);
    chunk_give(&pool, c);
}

static void test_a_pool_keeps_about_a_mebibyte_of_each_size(void **state)
{
    static const size_t sizes[] = {1000, 4000, 16000, 65000, 260000};

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        struct chunk *chain = NULL;

        for (size_t bytes = 0; bytes < 4 << 20; bytes += sizes[s]) {
            struct chunk *c = chunk_take(&pool, sizes[s]);

            assert_non_null(c);
            c->next = chain;
            chain = c;
        }
        chunk_give_all(&pool, &chain);
        assert_null(chain);
        assert_in_range(kept() * sizes[s], 200000, 2 << 20);
        chunk_pool_end(&pool);
        assert_int_equal(kept(), 0);
    }
}

static void test_a_chunk_larger_than_any_size_is_not_kept(void **state)
{
    struct chunk *c = chunk_take(&pool, 300000);

    (void)state;
    assert_non_null(c);
    chunk_give(&pool, c);
    assert_int_equal(kept(), 0);
}

static void test_more_than_a_chunk_can_say_is_refused(void **state)
{
    (void)state;
    assert_null(chunk_take(&pool, (size_t)UINT32_MAX + 1));
    assert_null(chunk_take(&pool, SIZE_MAX));
}

static void test_an_empty_chain_is_given_back_too(void **state)
{
    struct chunk *none = NULL;

    (void)state;
    chunk_give_all(&pool, &none);
    assert_null(none);
    assert_int_equal(kept(), 0);
}

int main(void)
{
#define WITH_POOL(test) cmocka_unit_test_teardown(test, end)
    const struct CMUnitTest tests[] = {
        WITH_POOL(test_a_chunk_has_the_room_that_was_asked_for),
        WITH_POOL(test_a_small_need_gets_a_small_chunk),
        WITH_POOL(test_a_chunk_given_back_is_used_again_and_empty),
        WITH_POOL(test_a_pool_keeps_about_a_mebibyte_of_each_size),
        WITH_POOL(test_a_chunk_larger_than_any_size_is_not_kept),
        WITH_POOL(test_more_than_a_chunk_can_say_is_refused),
        WITH_POOL(test_an_empty_chain_is_given_back_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
