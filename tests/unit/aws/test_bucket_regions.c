/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "aws/bucket_regions.h"

static struct bucket_regions regions;

static int setup(void **state)
{
    (void)state;
    regions = (struct bucket_regions){.n = 0};
    return 0;
}

static void check(struct str bucket, struct str region)
{
    struct str found = bucket_regions_get(&regions, bucket);

    assert_int_equal(found.n, region.n);
    assert_true(str_eq(found, region));
}

static void a_bucket_is_where_it_was_seen_last(void **state)
{
    (void)state;
    check(STR("a"), STR(""));
    bucket_regions_set(&regions, STR("a"), STR("eu-west-1"));
    bucket_regions_set(&regions, STR("ab"), STR("us-east-1"));
    check(STR("a"), STR("eu-west-1"));
    check(STR("ab"), STR("us-east-1"));
    bucket_regions_set(&regions, STR("a"), STR("us-west-2"));
    check(STR("a"), STR("us-west-2"));
    check(STR("ab"), STR("us-east-1"));
    assert_int_equal(regions.n, 2);
}

static void what_is_forgotten_is_not_known(void **state)
{
    (void)state;
    bucket_regions_set(&regions, STR("a"), STR("eu-west-1"));
    bucket_regions_set(&regions, STR("b"), STR("us-east-1"));
    bucket_regions_forget(&regions, STR("a"));
    bucket_regions_forget(&regions, STR("c"));
    check(STR("a"), STR(""));
    check(STR("b"), STR("us-east-1"));
}

static void one_too_many_replaces_the_oldest(void **state)
{
    char name[8];

    (void)state;
    for (int i = 0; i < BUCKET_REGIONS_MAX; i++) {
        snprintf(name, sizeof(name), "b%d", i);
        bucket_regions_set(&regions, str_of(name), STR("r"));
    }
    bucket_regions_set(&regions, STR("b0"), STR("s")); /* it is the newest */
    bucket_regions_set(&regions, STR("more"), STR("r"));
    assert_int_equal(regions.n, BUCKET_REGIONS_MAX);
    check(STR("b0"), STR("s"));
    check(STR("b1"), STR(""));
    check(STR("b2"), STR("r"));
    check(STR("more"), STR("r"));
}

static void what_is_too_long_is_not_kept(void **state)
{
    char name[BUCKET_MAX + 1];

    (void)state;
    memset(name, 'x', sizeof(name));
    bucket_regions_set(&regions, str_make(name, sizeof(name)), STR("r"));
    bucket_regions_set(&regions, STR("b"), str_make(name, sizeof(name)));
    bucket_regions_set(&regions, STR(""), STR("r"));
    bucket_regions_set(&regions, STR("b"), STR(""));
    assert_int_equal(regions.n, 0);
    bucket_regions_set(&regions, str_make(name, BUCKET_MAX),
                       str_make(name, REGION_MAX));
    check(str_make(name, BUCKET_MAX), str_make(name, REGION_MAX));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup(t, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_bucket_is_where_it_was_seen_last),
        TEST(what_is_forgotten_is_not_known),
        TEST(one_too_many_replaces_the_oldest),
        TEST(what_is_too_long_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
