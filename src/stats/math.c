/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "stats/math_internal.h"

enum { CURVE_COST = 16 }; /* points that the memory of an empty one is */

/* ---- curves ------------------------------------------------------------------- */

bool math_spend(struct math_world *world, size_t n, struct error *error)
{
    if (n > world->points_left)
        return error_set(error,
                         "it comes to too many datapoints: ask for a shorter "
                         "time or a longer period");
    world->points_left -= n;
    return true;
}

struct curve *math_curve(const struct math_run *run, size_t n, int64_t period_s)
{
    struct region *region = run->world->region;
    struct curve *curve;

    /* What is empty takes memory too. */
    if (!math_spend(run->world, n + CURVE_COST, run->error))
        return NULL;
    curve = region_take(region, sizeof(*curve));
    curve->times = region_take(region, (n + 1) * sizeof(*curve->times));
    curve->values = region_take(region, (n + 1) * sizeof(*curve->values));
    curve->period_s = period_s;
    return curve;
}

void math_point(struct curve *curve, int64_t time, double value)
{
    if (!isfinite(value))
        return;
    ((int64_t *)(uintptr_t)curve->times)[curve->n] = time;
    ((double *)(uintptr_t)curve->values)[curve->n++] = value;
}

bool curve_at(const struct curve *curve, unsigned *at, int64_t time,
              double *value)
{
    while (*at < curve->n && curve->times[*at] < time)
        ++*at;
    if (*at == curve->n || curve->times[*at] != time)
        return false;
    *value = curve->values[*at];
    return true;
}

/* ---- operators ------------------------------------------------------------------ */

const char *math_operator_text(enum math_operator operator)
{
    static const char *const texts[] = {
        [MATH_OR] = "OR",
        [MATH_AND] = "AND",
        [MATH_EQUAL] = "==",
        [MATH_UNEQUAL] = "!=",
        [MATH_LESS_OR_EQUAL] = "<=",
        [MATH_GREATER_OR_EQUAL] = ">=",
        [MATH_LESS] = "<",
        [MATH_GREATER] = ">",
        [MATH_ADD] = "+",
        [MATH_SUBTRACT] = "-",
        [MATH_MULTIPLY] = "*",
        [MATH_DIVIDE] = "/",
        [MATH_POWER] = "^",
        [MATH_NEGATE] = "-",
    };

    return texts[operator];
}

static double operate(enum math_operator operator, double a, double b)
{
    switch (operator) {
    case MATH_OR:
        return a != 0 || b != 0;
    case MATH_AND:
        return a != 0 && b != 0;
    case MATH_EQUAL:
        return a >= b && a <= b;
    case MATH_UNEQUAL:
        return a < b || a > b;
    case MATH_LESS_OR_EQUAL:
        return a <= b;
    case MATH_GREATER_OR_EQUAL:
        return a >= b;
    case MATH_LESS:
        return a < b;
    case MATH_GREATER:
        return a > b;
    case MATH_ADD:
        return a + b;
    case MATH_SUBTRACT:
        return a - b;
    case MATH_MULTIPLY:
        return a * b;
    case MATH_DIVIDE:
        return b < 0 || b > 0 ? a / b : NAN;
    case MATH_POWER:
        return pow(a, b);
    case MATH_NEGATE:
        break;
    }
    return -a;
}

/* A curve and a number, from whichever side; `of` gives times. */
static struct curve *with_number(const struct math_run *run,
                                 enum math_operator operator,
                                 const struct curve * of, double number,
                                 bool left)
{
    struct curve *made = math_curve(run, of->n, of->period_s);

    for (unsigned i = 0; made && i < of->n; i++) {
        double a = left ? number : of->values[i];
        double b = left ? of->values[i] : number;

        math_point(made, of->times[i], operate(operator, a, b));
    }
    return made;
}

static struct curve *with_curve(const struct math_run *run,
                                enum math_operator operator,
                                const struct curve * a, const struct curve *b)
{
    unsigned most = a->n < b->n ? a->n : b->n;
    struct curve *made = math_curve(
        run, most, a->period_s > b->period_s ? a->period_s : b->period_s);
    unsigned at = 0;
    double other;

    for (unsigned i = 0; made && i < a->n; i++) {
        if (curve_at(b, &at, a->times[i], &other))
            math_point(made, a->times[i],
                       operate(operator, a->values[i], other));
    }
    return made;
}

static struct curve *combine(const struct math_run *run,
                             enum math_operator operator,
                             const struct math_value * a, unsigned i,
                             const struct math_value *b, unsigned k)
{
    if (a->kind == MATH_NUMBER)
        return with_number(run, operator, & b->curves[k], a->number, true);
    if (b->kind == MATH_NUMBER)
        return with_number(run, operator, & a->curves[i], b->number, false);
    return with_curve(run, operator, & a->curves[i], &b->curves[k]);
}

static const char *kind_name(const struct math_value *v)
{
    switch (v->kind) {
    case MATH_NUMBER:
        return "Scalar";
    case MATH_CURVE:
        return "TimeSeries";
    case MATH_CURVES:
        return "TimeSeries[]";
    case MATH_WORD:
    case MATH_TEXT:
        break;
    }
    return "String";
}

/* What has the form of both: a number, a curve, or as many curves as the side
 * that has some. */
static bool operate_on(const struct math_run *run, enum math_operator operator,
                       const struct math_value * a, const struct math_value *b,
                       struct math_value *value)
{
    const struct math_value *form = a->kind > b->kind ? a : b;
    struct curve *made;

    if (form->kind > MATH_CURVES ||
        (a->kind == MATH_CURVES && b->kind == MATH_CURVES))
        return error_set(
            run->error, "unsupported operand types for %s: %s and %s",
            math_operator_text(operator), kind_name(a), kind_name(b));
    *value = (struct math_value){.kind = form->kind, .n = form->n};
    if (form->kind == MATH_NUMBER) {
        value->number = operate(operator, a->number, b->number);
        return true;
    }
    made = region_take(run->world->region, (form->n + 1) * sizeof(*made));
    value->curves = made;
    for (unsigned i = 0; i < form->n; i++) {
        const struct curve *one =
            combine(run, operator, a, a->kind == MATH_CURVES ? i : 0, b,
                    b->kind == MATH_CURVES ? i : 0);

        if (one == NULL)
            return false;
        made[i] = *one;
        if (form->kind == MATH_CURVES) {
            made[i].name = form->curves[i].name;
            made[i].statistic = form->curves[i].statistic;
        }
    }
    return true;
}

/* ---- evaluating ------------------------------------------------------------------- */

static bool eval_operator(const struct math_run *run,
                          const struct math_node *node,
                          struct math_value *value)
{
    struct math_value left;
    struct math_value right = {.kind = MATH_NUMBER};

    if (!math_eval(run, node->first, &left) ||
        (node->n == 2 && !math_eval(run, node->first->next, &right)))
        return false;
    return operate_on(run, node->operator, & left, &right, value);
}

static bool eval_id(const struct math_run *run, struct str id,
                    struct math_value *value)
{
    const struct math_value *found = run->world->find(run->world->owner, id);

    if (found == NULL)
        return error_set(run->error, "there is no metric or expression '%.*s'",
                         STR_ARG(id));
    *value = *found;
    return true;
}

/* [a, b]: all curves in a row. */
static bool eval_list(const struct math_run *run, const struct math_node *node,
                      struct math_value *value)
{
    struct region *region = run->world->region;
    struct math_value *elements =
        region_take(region, (node->n + 1) * sizeof(*elements));
    struct curve *curves;
    unsigned i = 0;

    *value = (struct math_value){.kind = MATH_CURVES};
    for (const struct math_node *c = node->first; c; c = c->next, i++) {
        if (!math_eval(run, c, &elements[i]))
            return false;
        if (elements[i].kind != MATH_CURVE && elements[i].kind != MATH_CURVES)
            return error_set(run->error, "an array holds time series, not %s",
                             kind_name(&elements[i]));
        value->n += elements[i].n;
    }
    if (!math_spend(run->world, value->n, run->error))
        return false;
    curves = region_take(region, (value->n + 1) * sizeof(*curves));
    value->curves = curves;
    for (i = 0; i < node->n; i++) {
        const struct curve *from = elements[i].curves;

        for (unsigned k = 0; from && k < elements[i].n; k++)
            *curves++ = from[k];
    }
    return true;
}

bool math_eval(const struct math_run *run, const struct math_node *node,
               struct math_value *value)
{
    *value = (struct math_value){.kind = MATH_NUMBER, .text = node->text};
    switch (node->kind) {
    case NODE_NUMBER:
        value->number = node->number;
        return true;
    case NODE_WORD:
        value->kind = MATH_WORD;
        return true;
    case NODE_TEXT:
        value->kind = MATH_TEXT;
        return true;
    case NODE_ID:
        return eval_id(run, node->text, value);
    case NODE_LIST:
        return eval_list(run, node, value);
    case NODE_CALL:
        return math_call(run, node, value);
    case NODE_OPERATOR:
        break;
    }
    return eval_operator(run, node, value);
}

bool math_run(struct math_world *world, const struct math_node *node,
              struct math_value *value, struct error *error)
{
    const struct math_run run = {world, error};

    if (!math_eval(&run, node, value))
        return false;
    return value->kind <= MATH_CURVES ||
           error_set(error, "it is a text and no time series");
}
