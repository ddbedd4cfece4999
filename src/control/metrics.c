/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metrics.h"

#include <stdlib.h>

#include "base/memory.h"
#include "control/traits.h"
#include "stats/lcu.h"

enum dimensions {
    L = 1,
    ZL = 2,
    TL = 4,
    ZTL = 8,
    T = 16,
    ZT = 32,
};

enum when { NONZERO, FLOWING, ALWAYS, STICKY, APP_COOKIE, HOSTS };

enum source {
    SOURCE_COUNT,
    SOURCE_AMOUNT,
    SOURCE_OF_GROUP,
    SOURCE_MOST,
    SOURCE_GAUGE,
    SOURCE_TIMES,
    SOURCE_PER_TARGET,
    SOURCE_LCUS,
    SOURCE_NONE,
};

struct row {
    const char *name;
    const char *unit;
    unsigned dimensions;
    enum when when;
    enum source source;
    unsigned index; /* of the count or gauge */
};

#define COUNT(name) SOURCE_COUNT, BALANCER_##name
#define AMOUNT(name) SOURCE_AMOUNT, BALANCER_##name
#define OF_GROUP(name) SOURCE_OF_GROUP, GROUP_##name
#define MOST(name) SOURCE_MOST, GAUGE_##name
#define GAUGE(name) SOURCE_GAUGE, GAUGE_##name
#define TIMES SOURCE_TIMES, 0
#define PER_TARGET SOURCE_PER_TARGET, 0
#define LCUS SOURCE_LCUS, 0
#define NOT_YET(why) SOURCE_NONE, 0

static const struct row rows[] = {
#define METRIC(name, unit, dimensions, when, ...)                              \
    {name, unit, dimensions, when, __VA_ARGS__},
#include "stats/metrics.def"
#undef METRIC
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---- values ---------------------------------------------------------------------- */

static struct datum one(double value)
{
    return (struct datum){.n = 1, .sum = value, .min = value, .max = value};
}

static struct datum events(uint64_t n)
{
    double sum = (double)n;

    if (n == 0)
        return one(0);
    return (struct datum){.n = sum, .sum = sum, .min = 1, .max = 1};
}

/* Of a group; of its zone where that is balanced alone. */
static const struct cell *hosts_of(struct cells *cells, const struct cell *cell)
{
    struct cell *whole = cells_at(cells, cell->balancer, cell->group, STR(""));
    const struct config_group *group = whole->config;

    if (group && group->attributes.cross_zone == CROSS_ZONE_FALSE)
        return cell;
    return whole;
}

static struct datum per_target(struct cells *cells, const struct cell *cell)
{
    const struct cell *hosts = hosts_of(cells, cell);
    const struct datum *healthy = &hosts->gauges[GAUGE_HEALTHY];
    const struct datum *all = &hosts->gauges[GAUGE_REGISTERED];
    const struct datum *by = healthy->sum > 0 ? healthy : all;

    if (!(by->sum > 0))
        return (struct datum){.n = 0};
    return one((double)cell->of_groups[GROUP_requests] * by->n / by->sum);
}

static struct datum lcus(const struct cell *cell, const struct traits *traits)
{
    const uint64_t *c = cell->counts;
    const struct lcu_use use = {
        .new_connections = (double)c[BALANCER_new_connections],
        .active_connections = cell->gauges[GAUGE_CONNECTIONS].max,
        .bytes = (double)c[BALANCER_processed_bytes],
        .rule_evaluations = (double)(c[BALANCER_rule_evaluations] -
                                     c[BALANCER_evaluated_rules_free]),
        .mutual_tls = traits->mutual,
    };

    return one(lcu_hours(&use));
}

static double clamped(double value, double low, double high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* Values in the region. */
static struct datum times_of(const struct response_times *t,
                             struct region *region)
{
    struct datum d = {.n = 0};
    double *columns;

    if (t == NULL || t->n == 0)
        return d;
    columns = region_take(region, 2 * METER_TIMES * sizeof(double));
    d.values = columns;
    d.counts = columns + METER_TIMES;
    for (unsigned i = 0; i < METER_TIMES; i++) {
        double value = (float)meter_time_of(i);

        if (t->counts[i] == 0)
            continue;
        if (t->max_us)
            value = clamped(value, (double)t->min_us / 1e6,
                            (double)t->max_us / 1e6);
        columns[d.nvalues] = value;
        columns[METER_TIMES + d.nvalues++] = (double)t->counts[i];
    }
    d.n = (double)t->n;
    d.sum = (double)t->sum_us / 1e6;
    d.min = t->max_us ? (double)t->min_us / 1e6 : columns[0];
    d.max = t->max_us ? (double)t->max_us / 1e6 : columns[d.nvalues - 1];
    return datum_thin(&d, SERIES_VALUES_MAX, region);
}

/* ---- a minute ---------------------------------------------------------------------- */

struct emitting {
    struct cells *cells;
    const struct config *config;
    const struct traits *balancers; /* by index */
    const struct metric_sink *sink;
    struct region region; /* of one metric */
};

static const struct traits *traits_of(const struct emitting *e,
                                      const struct cell *cell)
{
    static const struct traits none;
    const struct config_load_balancer *balancer = cell->all->config;

    return balancer ? &e->balancers[balancer->index] : &none;
}

static struct datum datum_of(struct emitting *e, const struct row *row,
                             const struct cell *cell)
{
    switch (row->source) {
    case SOURCE_COUNT:
        return events(cell->counts[row->index]);
    case SOURCE_AMOUNT:
        return one((double)cell->counts[row->index]);
    case SOURCE_OF_GROUP:
        return events(cell->of_groups[row->index]);
    case SOURCE_MOST:
        return one(cell->gauges[row->index].max);
    case SOURCE_GAUGE:
        return cell->gauges[row->index];
    case SOURCE_TIMES:
        return times_of(cell->times, &e->region);
    case SOURCE_PER_TARGET:
        return per_target(e->cells, cell);
    case SOURCE_LCUS:
        return lcus(cell, traits_of(e, cell));
    case SOURCE_NONE:
        break;
    }
    return (struct datum){.n = 0};
}

static bool has_hosts(const struct cell *cell)
{
    return cell->gauges[GAUGE_REGISTERED].max > 0;
}

static bool flows(const struct cell *cell)
{
    return cell->all->counts[BALANCER_processed_bytes] > 0 ||
           cell->all->counts[BALANCER_requests] > 0;
}

/* Whether a 0 of the cell is one: targets may be in zones that no node is
 * in. */
static bool may_be_zero(const struct emitting *e, const struct cell *cell)
{
    const struct cell *whole =
        cells_at(e->cells, cell->balancer, cell->group, STR(""));

    return has_hosts(whole) && (cell->counted || cell->zone.n == 0);
}

static bool is_reported(const struct emitting *e, const struct row *row,
                        const struct cell *cell, const struct datum *datum)
{
    if (datum->n == 0)
        return false;
    switch (row->when) {
    case NONZERO:
        return datum->max > 0;
    case FLOWING:
        return datum->max > 0 || (flows(cell) && may_be_zero(e, cell));
    case ALWAYS:
        return cell->all->config != NULL;
    case STICKY:
        return datum->max > 0 || (flows(cell) && traits_of(e, cell)->sticky);
    case APP_COOKIE:
        return datum->max > 0 ||
               (flows(cell) && traits_of(e, cell)->app_cookie);
    case HOSTS:
        return row->source == SOURCE_GAUGE ? has_hosts(cell)
                                           : may_be_zero(e, cell);
    }
    return false;
}

static void put(struct emitting *e, const struct row *row,
                const struct cell *cell, const struct datum *datum,
                unsigned dimensions)
{
    struct dimension d[3];
    unsigned n = 0;

    if (dimensions & (TL | ZTL | T | ZT))
        d[n++] = (struct dimension){STR("TargetGroup"), cell->group};
    if (dimensions & (ZL | ZTL | ZT))
        d[n++] = (struct dimension){STR("AvailabilityZone"), cell->zone};
    if (dimensions & (L | ZL | TL | ZTL))
        d[n++] = (struct dimension){STR("LoadBalancer"), cell->balancer};
    const struct metric metric = {
        .rank = cell->zone.n    ? RANK_ZONE
                : cell->group.n ? RANK_GROUP
                                : RANK_BALANCER,
        .balancer = cell->balancer,
        .name = {.space = STR(ALB_SPACE),
                 .metric = str_of(row->name),
                 .ndimensions = n,
                 .dimensions = d},
        .unit = row->unit,
        .datum = *datum,
    };

    e->sink->take(e->sink->to, &metric);
}

/* The combinations of dimensions that a cell is of. */
static unsigned dimensions_of(const struct cell *cell)
{
    if (cell->group.n)
        return cell->zone.n ? ZTL | ZT : TL | T;
    return cell->zone.n ? ZL : L;
}

static unsigned wanted_of(const struct row *row, const struct cell *cell)
{
    if (cell == cell->all && !cell->zoned && !(row->dimensions & L) &&
        (row->dimensions & ZL))
        return L;
    return row->dimensions & dimensions_of(cell);
}

static void put_cell(struct emitting *e, const struct cell *cell)
{
    for (unsigned i = 0; i < ROWS; i++) {
        unsigned wanted = wanted_of(&rows[i], cell);
        struct datum datum;

        if (wanted == 0)
            continue;
        datum = datum_of(e, &rows[i], cell);
        if (is_reported(e, &rows[i], cell, &datum)) {
            for (unsigned bit = 1; bit <= ZT; bit *= 2)
                if (wanted & bit)
                    put(e, &rows[i], cell, &datum, bit);
        }
        region_end(&e->region);
    }
}

/* Makes the cells that there must be, and tells them what they are of. */
static void prepare(struct cells *cells, const struct config *config)
{
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        const struct config_load_balancer *b = config->load_balancers[i];

        cells_at(cells, b->full_name, STR(""), STR(""))->config = b;
    }
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *g = config->groups[i];

        if (g->load_balancer)
            cells_at(cells, g->load_balancer->full_name, g->full_name, STR(""))
                ->config = g;
    }
}

void metrics_of_cells(struct cells *cells, const struct config *config,
                      const struct metric_sink *sink)
{
    struct traits *traits = traits_new(config);
    struct emitting e = {
        .cells = cells, .config = config, .balancers = traits, .sink = sink};

    prepare(cells, config);
    for (const struct cell *cell = NULL; (cell = cells_next(cells, cell));)
        put_cell(&e, cell);
    free(traits);
}

/* ---- what may be ------------------------------------------------------------------- */

static bool may_count(const struct row *row, const struct traits *traits)
{
    switch (row->index) {
    case BALANCER_client_tls_errors:
        return traits->tls;
    case BALANCER_ipv6_requests:
    case BALANCER_ipv6_processed_bytes:
        return traits->ipv6;
    case BALANCER_fixed_responses:
        return traits->fixed;
    case BALANCER_redirects:
    case BALANCER_redirect_url_limit:
    case BALANCER_elb_3xx:
        return traits->redirect;
    case BALANCER_non_sticky:
        return traits->sticky;
    case BALANCER_app_cookie_non_stickiness:
        return traits->app_cookie;
    default:
        return true;
    }
}

static bool may_be(const struct row *row, const struct traits *traits)
{
    if (row->source == SOURCE_COUNT || row->source == SOURCE_AMOUNT)
        return may_count(row, traits);
    if (row->source == SOURCE_OF_GROUP && row->index == GROUP_grpc_requests)
        return traits->grpc;
    if (row->source == SOURCE_OF_GROUP && row->index == GROUP_tls_errors)
        return traits->target_tls;
    return row->source != SOURCE_NONE;
}

static unsigned bits_in(unsigned n)
{
    return n ? (n & 1) + bits_in(n / 2) : 0;
}

static unsigned count_rows(const struct traits *traits, unsigned dimensions)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ROWS; i++)
        if (may_be(&rows[i], traits))
            n += bits_in(rows[i].dimensions & dimensions);
    return n;
}

/* Those that AWS has by zone alone. */
static unsigned count_zonal(const struct traits *traits)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ROWS; i++)
        n += rows[i].dimensions == ZL && may_be(&rows[i], traits);
    return n;
}

static void count_balancers(const struct config *config,
                            const struct traits *traits,
                            unsigned counts[METRIC_RANKS])
{
    unsigned zones = config->zone.n ? 1 : 0;

    for (unsigned i = 0; i < config->nload_balancers; i++) {
        counts[RANK_BALANCER] += count_rows(&traits[i], L);
        if (zones == 0)
            counts[RANK_BALANCER] += count_zonal(&traits[i]);
        counts[RANK_ZONE] += zones * count_rows(&traits[i], ZL);
    }
}

void metrics_possible(const struct config *config,
                      unsigned counts[METRIC_RANKS])
{
    struct traits *traits = traits_new(config);

    for (unsigned i = 0; i < METRIC_RANKS; i++)
        counts[i] = 0;
    count_balancers(config, traits, counts);
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *g = config->groups[i];
        struct traits of_group = {.tls = false};

        if (g->load_balancer == NULL)
            continue;
        traits_add_group(&of_group, g);
        counts[RANK_GROUP] += count_rows(&of_group, TL | T);
        counts[RANK_ZONE] += traits_zones(g) * count_rows(&of_group, ZTL | ZT);
    }
    free(traits);
    metrics_possible_wafs(config, counts);
}
