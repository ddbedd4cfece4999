/* SPDX-License-Identifier: Apache-2.0
 *
 * Points where there are none: FILL and TIME_SERIES.
 */
#include "stats/math_internal.h"

/* Times begin where those of the question do. */
static size_t steps_of(const struct math_world *world, int64_t period)
{
    return world->to_s > world->from_s
               ? (size_t)((world->to_s - world->from_s + period - 1) / period)
               : 0;
}

/* Of REPEAT and LINEAR: from the last point before and the next one; in front
 * of the first and behind the last LINEAR has none. */
static bool between(const struct curve *of, unsigned next, int64_t time,
                    bool linear, double *value)
{
    double share;

    if (next == 0 || (linear && next == of->n))
        return false;
    *value = of->values[next - 1];
    if (!linear)
        return true;
    share = (double)(time - of->times[next - 1]) /
            (double)(of->times[next] - of->times[next - 1]);
    *value += share * (of->values[next] - *value);
    return true;
}

static bool fill_at(const struct curve *of, unsigned next, int64_t time,
                    const struct math_value *with, unsigned *at, double *value)
{
    *value = with->number;
    if (with->kind == MATH_NUMBER)
        return true;
    if (with->kind == MATH_CURVE)
        return curve_at(with->curves, at, time, value);
    return between(of, next, time, str_ieq(with->text, STR("LINEAR")), value);
}

struct curve *math_fill(const struct math_run *run, const struct curve *of,
                        const struct math_value *with)
{
    int64_t period = of->period_s ? of->period_s : run->world->period_s;
    size_t n = steps_of(run->world, period);
    struct curve *made = math_curve(run, n, period);
    unsigned at = 0;
    unsigned other = 0;

    for (size_t i = 0; made && i < n; i++) {
        int64_t time = run->world->from_s + (int64_t)i * period;
        double value;

        if (curve_at(of, &at, time, &value) ||
            fill_at(of, at, time, with, &other, &value))
            math_point(made, time, value);
    }
    return made;
}

struct curve *math_constant(const struct math_run *run, double number)
{
    int64_t period = run->world->period_s;
    size_t n = steps_of(run->world, period);
    struct curve *made = math_curve(run, n, period);

    for (size_t i = 0; made && i < n; i++)
        math_point(made, run->world->from_s + (int64_t)i * period, number);
    return made;
}
