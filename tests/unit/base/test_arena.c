/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

enum { LIMIT = 100000 };

static struct chunk_pool pool;
static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, &pool, LIMIT);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_reset(&arena);
    chunk_pool_end(&pool);
    return 0;
}

static void test_every_piece_is_aligned_and_its_own(void **state)
{
    char *pieces[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_take(&arena, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_equal((unsigned char)pieces[i][k], i);
    }
}

static void test_a_piece_larger_than_a_chunk_is_given(void **state)
{
    char *small = arena_take(&arena, 10);
    char *large = arena_take(&arena, 90000);

    (void)state;
    assert_non_null(small);
    assert_non_null(large);
    assert_int_equal((uintptr_t)large % alignof(max_align_t), 0);
    memset(large, 'x', 90000);
}

static void test_beyond_the_limit_nothing_is_given(void **state)
{
    size_t total = 0;

    (void)state;
    assert_null(arena_take(&arena, LIMIT + 1));
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 8));
    assert_non_null(arena_take(&arena, LIMIT));
    assert_null(arena_take(&arena, 1));

    arena_reset(&arena);
    while (arena_take(&arena, 1000))
        total += 1000;
    assert_in_range(total, LIMIT - 5000, LIMIT);
    assert_null(arena_copy(&arena, "x", 2000));
}

static void test_a_limit_that_is_not_aligned_is_kept(void **state)
{
    (void)state;
    arena_init(&arena, &pool, 17);
    assert_non_null(arena_take(&arena, 17));
    assert_null(arena_take(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 1));
    assert_non_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, 1));
}

static void test_a_copy_is_equal_and_elsewhere(void **state)
{
    char from[] = "copied\0bytes";
    char *copy = arena_copy(&arena, from, sizeof(from));

    (void)state;
    assert_non_null(copy);
    memset(from + 1, 'z', 3);
    assert_memory_equal(copy, "copied\0bytes", sizeof(from));
    assert_non_null(arena_copy(&arena, "", 0));
    assert_non_null(arena_copy(&arena, NULL, 0));
}

static void
test_an_unused_arena_holds_nothing_and_reset_gives_all_back(void **state)
{
    void *first;

    (void)state;
    assert_null(arena.chunks);
    arena_reset(&arena);
    first = arena_take(&arena, 100);
    assert_non_null(arena.chunks);
    arena_reset(&arena);
    assert_null(arena.chunks);
    assert_ptr_equal(arena_take(&arena, 100), first); /* it was pooled */
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, LIMIT)); /* all of it again */
}

int main(void)
{
#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        IN_ARENA(test_every_piece_is_aligned_and_its_own),
        IN_ARENA(test_a_piece_larger_than_a_chunk_is_given),
        IN_ARENA(test_beyond_the_limit_nothing_is_given),
        IN_ARENA(test_a_limit_that_is_not_aligned_is_kept),
        IN_ARENA(test_a_copy_is_equal_and_elsewhere),
        IN_ARENA(test_an_unused_arena_holds_nothing_and_reset_gives_all_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
