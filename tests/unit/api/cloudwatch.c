/* SPDX-License-Identifier: Apache-2.0 */
#include "cloudwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void cloudwatch_begin(struct cloudwatch *c)
{
    *c = (struct cloudwatch){.store = series_store_new()};
    calls_begin(&c->calls, "");
    c->calls.view.series = c->store;
    c->calls.view.now_ms = (uint64_t)CLOUDWATCH_NOW_S * 1000;
}

void cloudwatch_end(struct cloudwatch *c)
{
    calls_end(&c->calls);
    series_store_free(c->store);
}

void cloudwatch_count(struct cloudwatch *c, const char *balancer, int64_t ago_s,
                      double n)
{
    const struct dimension dimension = {STR("LoadBalancer"), str_of(balancer)};
    const struct series_name name = {STR("AWS/ApplicationELB"),
                                     STR("RequestCount"), 1, &dimension};
    const struct datum ones = {.n = n, .sum = n, .min = 1, .max = 1};

    assert_true(
        series_add(c->store, &name, "Count", CLOUDWATCH_NOW_S - ago_s, &ones));
}

void cloudwatch_add(struct cloudwatch *c, const char *metric, const char *unit,
                    int64_t ago_s, double value)
{
    const struct series_name name = {STR("Own"), str_of(metric), 0, NULL};
    const struct datum one = {.n = 1, .sum = value, .min = value, .max = value};

    assert_true(
        series_add(c->store, &name, unit, CLOUDWATCH_NOW_S - ago_s, &one));
}

void cloudwatch_take(struct cloudwatch *c)
{
    const struct call *call = &c->calls.call;

    assert_null(call->fault.code);
    for (unsigned i = 0; i < call->npoints; i++) {
        const struct metric_point *p = &call->points[i];

        assert_true(
            series_add(c->store, &p->name, p->unit, p->time_s, &p->datum));
    }
}
