/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of two groups the tasks of a deployment belong to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/discovery_sides.h"

static struct side_task task(const char *deployment, double created, bool blue,
                             bool green)
{
    return (struct side_task){.deployment = str_of(deployment),
                              .created = created,
                              .in = {blue, green}};
}

static void test_the_only_deployment_is_in_production(void **state)
{
    struct side_task tasks[] = {task("a", 1, false, false),
                                task("a", 2, false, false)};

    (void)state;
    discovery_sides(tasks, 2, 0);
    assert_int_equal(tasks[0].side + tasks[1].side, 0);
    discovery_sides(tasks, 2, 1);
    assert_int_equal(tasks[0].side + tasks[1].side, 2);
}

static void test_a_new_deployment_is_in_the_other_group(void **state)
{
    struct side_task tasks[] = {task("new", 9, false, false),
                                task("old", 1, true, false)};

    (void)state;
    discovery_sides(tasks, 2, 0);
    assert_int_equal(tasks[0].side, 1);
    assert_int_equal(tasks[1].side, 0);
}

static void test_traffic_that_is_shifted_moves_no_task(void **state)
{
    struct side_task tasks[] = {task("new", 9, false, true),
                                task("new", 10, false, false),
                                task("old", 1, true, false)};

    (void)state;
    discovery_sides(tasks, 3, 1);
    assert_int_equal(tasks[0].side, 1);
    assert_int_equal(tasks[1].side, 1);
    assert_int_equal(tasks[2].side, 0);
}

static void
test_of_two_that_are_nowhere_the_older_is_in_production(void **state)
{
    struct side_task tasks[] = {task("new", 9, false, false),
                                task("old", 1, false, false)};

    (void)state;
    discovery_sides(tasks, 2, 0);
    assert_int_equal(tasks[0].side, 1);
    assert_int_equal(tasks[1].side, 0);
}

static void test_most_of_its_tasks_decide(void **state)
{
    struct side_task tasks[] = {task("a", 1, true, false),
                                task("a", 2, false, true),
                                task("a", 3, false, true)};

    (void)state;
    discovery_sides(tasks, 3, 0);
    assert_int_equal(tasks[0].side, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_only_deployment_is_in_production),
        cmocka_unit_test(test_a_new_deployment_is_in_the_other_group),
        cmocka_unit_test(test_traffic_that_is_shifted_moves_no_task),
        cmocka_unit_test(
            test_of_two_that_are_nowhere_the_older_is_in_production),
        cmocka_unit_test(test_most_of_its_tasks_decide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
