/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lb/target.h"

#define BLUE STR("arn:aws:elasticloadbalancing:x:1:targetgroup/blue/01")
#define GREEN STR("arn:aws:elasticloadbalancing:x:1:targetgroup/green/02")

static struct address at(const char *text)
{
    struct address a;

    assert_true(address_parse(str_of(text), &a));
    return a;
}

static struct target *use(struct target_registry *r, struct str group,
                          const char *address)
{
    struct address a = at(address);

    return target_use(r, group, &a);
}

/* What control does when a snapshot that used it goes. */
static bool unuse(struct target_registry *r, struct target *t)
{
    bool gone = target_unuse(r, t);

    if (gone)
        target_release(t);
    return gone;
}

static void test_a_registration_is_a_group_and_an_address(void **state)
{
    struct target_registry r = {0};
    struct target *t = use(&r, BLUE, "10.0.0.1:80");

    (void)state;
    assert_ptr_equal(use(&r, BLUE, "10.0.0.1:80"), t);
    assert_ptr_not_equal(use(&r, GREEN, "10.0.0.1:80"), t);
    assert_ptr_not_equal(use(&r, BLUE, "10.0.0.1:81"), t);
    assert_ptr_not_equal(use(&r, BLUE, "10.0.0.2:80"), t);
    assert_ptr_not_equal(use(&r, BLUE, "[::1]:80"), t);
    assert_ptr_equal(use(&r, BLUE, "[::1]:80"), use(&r, BLUE, "[::1]:80"));
    assert_ptr_not_equal(use(&r, BLUE, "[fe80::1%1]:80"),
                         use(&r, BLUE, "[fe80::1%2]:80"));
    target_registry_end(&r);
}

static void test_a_new_target_is_initial_and_says_its_address(void **state)
{
    struct target_registry r = {0};
    struct target *t = use(&r, GREEN, "[2001:db8::1]:8080");

    (void)state;
    assert_int_equal(atomic_load(&t->state), TARGET_INITIAL);
    assert_string_equal(t->text, "[2001:db8::1]:8080");
    assert_true(str_eq(str_of(t->group), GREEN));
    assert_int_equal(t->snapshots, 1);
    target_registry_end(&r);
}

static void test_a_target_goes_with_the_last_snapshot_that_uses_it(void **state)
{
    struct target_registry r = {0};
    struct target *t = use(&r, BLUE, "10.0.0.1:80");

    (void)state;
    atomic_store(&t->state, TARGET_HEALTHY);
    use(&r, BLUE, "10.0.0.1:80");
    assert_false(unuse(&r, t));
    assert_true(unuse(&r, t));
    t = use(&r, BLUE, "10.0.0.1:80");
    assert_int_equal(atomic_load(&t->state), TARGET_INITIAL);
    target_registry_end(&r);
}

static void test_whoever_holds_a_target_may_go_on_with_it(void **state)
{
    struct target_registry r = {0};
    struct target *t = use(&r, BLUE, "10.0.0.1:80");

    (void)state;
    target_hold(t);
    assert_true(unuse(&r, t));
    target_registry_end(&r);
    assert_string_equal(t->text, "10.0.0.1:80");
    target_release(t);
}

static void test_slots_are_used_again_the_lowest_first(void **state)
{
    struct target_registry r = {0};
    struct target *t[40];

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        struct address a = at("10.0.0.1:0");

        a.port = (uint16_t)(i + 1);
        t[i] = target_use(&r, BLUE, &a);
        assert_int_equal(t[i]->slot, i);
    }
    unuse(&r, t[31]);
    unuse(&r, t[7]);
    unuse(&r, t[19]);
    assert_int_equal(use(&r, GREEN, "10.0.0.1:80")->slot, 7);
    assert_int_equal(use(&r, GREEN, "10.0.0.2:80")->slot, 19);
    assert_int_equal(use(&r, GREEN, "10.0.0.3:80")->slot, 31);
    assert_int_equal(use(&r, GREEN, "10.0.0.4:80")->slot, 40);
    target_registry_end(&r);
}

/* Snapshots overlap: the new one is compiled before the old one goes. */
static void test_many_targets_stay_themselves_over_many_snapshots(void **state)
{
    enum { TARGETS = 899, SNAPSHOTS = 100 };
    static struct target *t[TARGETS];
    struct target_registry r = {0};

    (void)state;
    for (unsigned s = 0; s < SNAPSHOTS; s++) {
        for (unsigned i = 0; i < TARGETS; i++) {
            struct address a = at("10.0.0.0:80");
            struct target *now;

            a.ip[2] = (uint8_t)(i >> 8);
            a.ip[3] = (uint8_t)i;
            now = target_use(&r, BLUE, &a);
            assert_true(s == 0 || now == t[i]);
            t[i] = now;
        }
        for (unsigned i = 0; s && i < TARGETS; i++)
            assert_false(unuse(&r, t[i]));
    }
    assert_int_equal(r.nused, TARGETS);
    for (unsigned i = 0; i < TARGETS; i++)
        assert_true(unuse(&r, t[i]));
    assert_int_equal(r.nused, 0);
    target_registry_end(&r);
}

static void test_counts_are_summed_over_the_workers(void **state)
{
    struct target_registry r = {.nworkers = 3};
    struct target *t = use(&r, BLUE, "10.0.0.1:80");
    struct target_sum sum;

    (void)state;
    assert_int_equal(t->ncounts, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal((uintptr_t)&t->counts[i] % MEMORY_LINE, 0);
        atomic_store(&t->counts[i].requests, 10 + i);
        atomic_store(&t->counts[i].errors, 1 + i);
        atomic_store(&t->counts[i].active, i);
    }
    sum = target_sum(t);
    assert_int_equal(sum.requests, 33);
    assert_int_equal(sum.errors, 6);
    assert_int_equal(sum.active, 3);
    assert_int_equal(t->balance.weight, WEIGHT_FULL);
    target_registry_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_registration_is_a_group_and_an_address),
        cmocka_unit_test(test_a_new_target_is_initial_and_says_its_address),
        cmocka_unit_test(
            test_a_target_goes_with_the_last_snapshot_that_uses_it),
        cmocka_unit_test(test_whoever_holds_a_target_may_go_on_with_it),
        cmocka_unit_test(test_slots_are_used_again_the_lowest_first),
        cmocka_unit_test(test_many_targets_stay_themselves_over_many_snapshots),
        cmocka_unit_test(test_counts_are_summed_over_the_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
