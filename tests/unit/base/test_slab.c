/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/slab.h"

enum { ALIGN = 16, N = 3000 };

static void test_objects_are_aligned_and_do_not_overlap(void **state)
{
    static const size_t sizes[] = {1, 8, 16, 17, 100, 1000, 8176};
    static unsigned char *objects[N];

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        struct slab slab;
        size_t n = sizes[s] > 1000 ? 20 : N;

        slab_init(&slab, sizes[s]);
        for (size_t i = 0; i < n; i++) {
            objects[i] = slab_take(&slab);
            assert_non_null(objects[i]);
            assert_int_equal((uintptr_t)objects[i] % ALIGN, 0);
            memset(objects[i], (int)(i % 251), sizes[s]);
        }
        assert_int_equal(slab.used, n);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < sizes[s]; k++)
                assert_int_equal(objects[i][k], i % 251);
        }
        slab_end(&slab);
    }
}

static void test_the_last_one_given_is_the_next_one_taken(void **state)
{
    struct slab slab;
    void *a;
    void *b;

    (void)state;
    slab_init(&slab, 40);
    a = slab_take(&slab);
    b = slab_take(&slab);
    assert_ptr_not_equal(a, b);
    slab_give(&slab, a);
    slab_give(&slab, b);
    assert_int_equal(slab.used, 0);
    assert_ptr_equal(slab_take(&slab), b);
    assert_ptr_equal(slab_take(&slab), a);
    assert_int_equal(slab.used, 2);
    slab_end(&slab); /* objects in use go too */
}

static void test_memory_is_used_again_rather_than_more_taken(void **state)
{
    struct slab slab;
    void *objects[100];
    void *blocks = NULL;

    (void)state;
    slab_init(&slab, 200);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 100; i++)
            assert_non_null(objects[i] = slab_take(&slab));
        if (round == 0)
            blocks = slab.blocks;
        assert_ptr_equal(slab.blocks, blocks);
        for (unsigned i = 0; i < 100; i++)
            slab_give(&slab, objects[(i * 37) % 100]);
    }
    slab_end(&slab);
}

static void test_an_unused_slab_ends_without_having_taken_anything(void **state)
{
    struct slab slab;

    (void)state;
    slab_init(&slab, 64);
    assert_null(slab.blocks);
    slab_end(&slab);
    slab_end(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_are_aligned_and_do_not_overlap),
        cmocka_unit_test(test_the_last_one_given_is_the_next_one_taken),
        cmocka_unit_test(test_memory_is_used_again_rather_than_more_taken),
        cmocka_unit_test(
            test_an_unused_slab_ends_without_having_taken_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
