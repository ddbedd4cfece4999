/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/lcu.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* 120: each dimension, for a minute of what one LCU has. */
static void test_the_greatest_dimension_is_what_counts(void **state)
{
    static const struct {
        struct lcu_use use;
        double lcus; /* of an hour like this minute */
    } cases[] = {
        {{.new_connections = 25 * 60}, 1},
        {{.active_connections = 3000}, 1},
        {{.active_connections = 3000, .mutual_tls = true}, 2},
        {{.new_connections = 25 * 60, .mutual_tls = true}, 1},
        {{.bytes = 1e9 / 60}, 1},
        {{.lambda_bytes = 0.4e9 / 60}, 1},
        {{.bytes = 1e9 / 60, .lambda_bytes = 0.4e9 / 60}, 2},
        {{.rule_evaluations = 1000 * 60}, 1},
        {{.new_connections = 25 * 60 * 3,
          .active_connections = 3000 * 2,
          .bytes = 1e9 / 60,
          .rule_evaluations = 1000 * 30},
         3},
        {{.new_connections = 60, /* AWS's example: 1 a second, 0.36 GB ... */
          .active_connections = 120,
          .bytes = 18e6,
          .rule_evaluations = 250 * 60},
         1.08},
        {{.new_connections = 0}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double lcus = lcu_hours(&cases[i].use) * 60;

        if (lcus < cases[i].lcus - 1e-9 || lcus > cases[i].lcus + 1e-9)
            fail_msg("case %zu: %g, not %g", i, lcus, cases[i].lcus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_greatest_dimension_is_what_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
