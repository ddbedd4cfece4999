/* SPDX-License-Identifier: Apache-2.0
 *
 * Metric math: a line is an expression, asked with two metrics and the lines
 * before it (e1, e2 ...).  Whatever comes, the values are curves in order that
 * hold numbers, or there is an error that names an expression.
 */
#include <math.h>
#include <stdlib.h>

#include "codec_check.h"
#include "fuzz.h"
#include "stats/metric_query.h"

enum { BEGAN = 1700000040, LINES_MAX = 8 };

static const struct dimension dimension = {{"LoadBalancer", 12},
                                           {"app/a/1", 7}};

static struct series_store *made(void)
{
    struct series_store *store = series_store_new();

    for (unsigned m = 1; m <= 2; m++) {
        const struct series_name name = {
            {"Own", 3}, {m == 1 ? "m1" : "m2", 2}, m - 1, &dimension};

        for (int i = 0; i < 10; i += (int)m) {
            double value = i * (m == 1 ? 1 : -2.5);
            const struct datum one = {
                .n = 1, .sum = value, .min = value, .max = value};

            series_add(store, &name, "Count", BEGAN + i * 60, &one);
        }
    }
    return store;
}

static void check(const struct metric_value *value)
{
    CHECK(value->value.kind <= MATH_CURVES);
    CHECK(value->value.kind != MATH_CURVE || value->value.n == 1);
    for (unsigned i = 0; i < value->value.n; i++) {
        const struct curve *curve = &value->value.curves[i];

        for (unsigned k = 0; k < curve->n; k++) {
            CHECK(isfinite(curve->values[k]));
            CHECK(k == 0 || curve->times[k] > curve->times[k - 1]);
        }
    }
}

static void ask(const struct metric_query *queries, unsigned n,
                const struct series_store *store, struct region *region)
{
    struct metric_question question = {
        .store = store,
        .from_s = BEGAN,
        .to_s = BEGAN + 600,
        .now_s = BEGAN + 540,
        .n = n,
        .queries = queries,
    };
    struct error error;
    unsigned wrong = n;
    const struct metric_value *values =
        metric_question_ask(&question, region, &wrong, &error);

    if (values == NULL) {
        CHECK(wrong < n && error.text[0]);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        check(&values[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str ids[] = {
        {"m1", 2}, {"m2", 2}, {"e1", 2}, {"e2", 2}, {"e3", 2},
        {"e4", 2}, {"e5", 2}, {"e6", 2}, {"e7", 2}, {"e8", 2},
    };
    static struct series_store *store;
    struct str rest = str_make((const char *)data, size);
    struct metric_query queries[2 + LINES_MAX] = {{.id = ids[0]}};
    struct region region = {NULL};
    unsigned n = 0;

    if (store == NULL)
        store = made();
    for (; n < 2; n++)
        queries[n] = (struct metric_query){
            .id = ids[n],
            .name = {STR("Own"), ids[n], n, &dimension},
            .statistic = n ? STR("p90") : STR("Sum"),
            .period_s = 60 * (n + 1),
        };
    while (rest.n && n < 2 + LINES_MAX) {
        struct str line = str_cut(&rest, '\n');

        if (line.n) {
            queries[n] =
                (struct metric_query){.id = ids[n], .expression = line};
            n++;
        }
    }
    ask(queries, n, store, &region);
    region_end(&region);
    return 0;
}
