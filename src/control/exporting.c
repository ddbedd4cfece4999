/* SPDX-License-Identifier: Apache-2.0 */
#include "control/exporting.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/balance_monitor.h"
#include "control/publishing.h"
#include "control/server_state.h"

enum {
    SECOND_MS = 1000,
    LATE_MS = 2,       /* behind the second, so that it is over for sure */
    LOOK_ALWAYS = 64,  /* groups, up to which meters are looked at ... */
    LOOK_SELDOM_S = 5, /* ... each second; else each so many */
    SAMPLE_ZONES = 64, /* of a group; what is beyond is in none */
    MINUTE_S = SERIES_PERIOD_S,
    END_MS = 5000, /* for what is published at the end */
    END_LOOK_MS = 10,
};

struct exporting {
    struct server *server;
    struct timer timer;
    int64_t minute; /* since 1970: that the cells are of */
    struct cells *cells;
    unsigned ngroups;              /* meters of them, at the last look */
    bool told;                     /* that there are too many series */
    struct publishing *publishing; /* NULL: nothing is published */
    uint64_t snapshot;             /* that its costs were told of */
    struct timer end;              /* of the last publishing */
    uint64_t end_us;
    /* At the end of the minute before; what it stands in. */
    struct region region;
    struct meters_reading before;
    unsigned nwafs;
    const struct waf_metric *wafs;
};

/* ---- samples --------------------------------------------------------------------- */

/* Targets of a group in a zone, or of the whole group. */
struct tally {
    struct str zone;
    uint64_t n[GAUGES];
};

static struct tally *tally_of(struct tally *tallies, unsigned *n,
                              struct str zone)
{
    if (str_eq(zone, STR("all")))
        return &tallies[0];
    /* Neighbours are mostly in the same zone. */
    for (unsigned i = *n; i-- > 0;)
        if (str_eq(tallies[i].zone, zone))
            return &tallies[i];
    if (*n == SAMPLE_ZONES)
        return &tallies[0];
    tallies[*n] = (struct tally){.zone = zone};
    return &tallies[(*n)++];
}

/* With health checks off requests are routed as to healthy ones. */
static void count_target(struct tally *tally, const struct target *target)
{
    enum target_state state =
        atomic_load_explicit(&target->state, memory_order_relaxed);

    tally->n[GAUGE_REGISTERED]++;
    tally->n[GAUGE_HEALTHY] +=
        state == TARGET_HEALTHY || state == TARGET_UNAVAILABLE;
    tally->n[GAUGE_UNHEALTHY] += state == TARGET_UNHEALTHY;
    tally->n[GAUGE_ANOMALOUS] += target->balance.anomaly.anomalous;
    tally->n[GAUGE_MITIGATED] += balance_is_mitigated(target);
}

static void sample_zones(struct cells *cells, struct str balancer,
                         const struct group *group)
{
    for (unsigned i = 0; i < group->nzones; i++) {
        const struct group_zone *z = &group->zones[i];
        struct str name = group->config->full_name;
        bool out = atomic_load_explicit(&z->dns_out, memory_order_relaxed);
        bool open = atomic_load_explicit(&z->fail_open, memory_order_relaxed);

        cells_gauge(cells, balancer, name, z->name, GAUGE_DNS_HEALTHY, !out);
        cells_gauge(cells, balancer, name, z->name, GAUGE_DNS_UNHEALTHY, out);
        cells_gauge(cells, balancer, name, z->name, GAUGE_ROUTING_HEALTHY,
                    !open);
        cells_gauge(cells, balancer, name, z->name, GAUGE_ROUTING_UNHEALTHY,
                    open);
    }
}

static void sample_group(struct cells *cells, struct str balancer,
                         const struct group *group)
{
    struct tally tallies[SAMPLE_ZONES] = {{.zone = STR("")}};
    unsigned n = 1;

    for (unsigned i = 0; i < group->ntargets; i++)
        count_target(tally_of(tallies, &n, group->config->targets[i].zone),
                     group->targets[i]);
    for (unsigned i = 0; i < n; i++)
        for (unsigned g = GAUGE_REGISTERED; g <= GAUGE_MITIGATED; g++)
            cells_gauge(cells, balancer, group->config->full_name,
                        tallies[i].zone, g, tallies[i].n[g]);
    sample_zones(cells, balancer, group);
}

static void sample_connections(struct cells *cells,
                               const struct meters_reading *reading)
{
    for (unsigned i = 0; i < reading->nbalancers; i++) {
        const struct balancer_reading *b = &reading->balancers[i];

        cells_gauge(cells, b->balancer, STR(""), b->zone, GAUGE_CONNECTIONS,
                    b->connections);
    }
}

static void look_at_meters(struct exporting *e, int64_t now_s)
{
    struct region region = {NULL};
    struct meters_reading reading;

    if (e->ngroups > LOOK_ALWAYS && now_s % LOOK_SELDOM_S)
        return;
    reading = meters_look(e->server->traffic, &region);
    e->ngroups = reading.ngroups;
    sample_connections(e->cells, &reading);
    region_end(&region);
}

static void sample(struct exporting *e, int64_t now_s)
{
    const struct snapshot *snapshot = e->server->newest;

    for (unsigned i = 0; i < snapshot->ngroups; i++) {
        const struct config_group *config = snapshot->config->groups[i];

        if (config->load_balancer)
            sample_group(e->cells, config->load_balancer->full_name,
                         snapshot->groups[i]);
    }
    look_at_meters(e, now_s);
    cells_sampled(e->cells);
}

/* ---- a minute -------------------------------------------------------------------- */

static void take(void *to, const struct metric *metric)
{
    struct exporting *e = to;

    if (e->publishing)
        publishing_take(e->publishing, metric);
    if (!series_add(e->server->series, &metric->name, metric->unit,
                    e->minute * MINUTE_S, &metric->datum) &&
        !e->told) {
        e->told = true;
        log_write(LOG_WARN, "control",
                  "there are more metrics than are kept (%d series, %d MB): "
                  "those that come last are not",
                  SERIES_MAX, SERIES_BYTES_MAX / (1024 * 1024));
    }
}

static void publish_minute(struct exporting *e)
{
    if (e->snapshot != e->server->newest->id)
        publishing_tell(e->publishing);
    e->snapshot = e->server->newest->id;
    publishing_minute(e->publishing, e->minute * MINUTE_S);
}

static void conclude(struct exporting *e)
{
    struct server *server = e->server;
    const struct config *config = server->newest->config;
    const struct metric_sink sink = {.take = take, .to = e};
    struct region region = {NULL};
    struct meters_reading now = meters_read(server->traffic, &region);
    unsigned nwafs = 0;
    const struct waf_metric *wafs =
        waf_meters_sum(server->meters, server->nworkers, &region, &nwafs);

    sample_connections(e->cells, &now);
    cells_sampled(e->cells);
    cells_count(e->cells, &e->before, &now);
    metrics_of_cells(e->cells, config, &sink);
    metrics_of_wafs(e->wafs, e->nwafs, wafs, nwafs, config, &sink);
    if (e->publishing)
        publish_minute(e);
    region_end(&e->region);
    e->region = region;
    e->before = now;
    e->wafs = wafs;
    e->nwafs = nwafs;
    cells_free(e->cells);
    e->cells = cells_new();
}

static void wait_for_second(struct exporting *e)
{
    uint64_t of_second = (uint64_t)(clock_wall_us() / 1000) % SECOND_MS;

    loop_timer_set(&e->server->loop, &e->timer,
                   SECOND_MS - of_second + LATE_MS);
}

static void on_second(struct timer *timer)
{
    struct exporting *e = LIST_ENTRY_OF(timer, struct exporting, timer);
    int64_t now_s = clock_wall_us() / 1000000;

    wait_for_second(e);
    if (now_s / MINUTE_S != e->minute) {
        conclude(e);
        e->minute = now_s / MINUTE_S;
        alarm_watch_minute(e->server);
    }
    sample(e, now_s);
}

/* ---- life -------------------------------------------------------------------------- */

static bool is_wanted(const struct server *server)
{
    return server->options.api ||
           (server->options.publish & ~(unsigned)PUBLISH_S3);
}

static void on_end(struct timer *timer)
{
    struct exporting *e = LIST_ENTRY_OF(timer, struct exporting, end);
    struct loop *loop = &e->server->loop;

    if (publishing_is_idle(e->publishing) || loop->now_us >= e->end_us)
        loop->stop = true;
    else
        loop_timer_set(loop, timer, END_LOOK_MS);
}

bool exporting_begin(struct server *server, struct error *error)
{
    struct exporting *e;

    if (!is_wanted(server))
        return true;
    server->exporting = e = memory_zeroed(1, sizeof(*e));
    e->server = server;
    e->cells = cells_new();
    e->minute = clock_wall_us() / 1000000 / MINUTE_S;
    timer_init(&e->timer, on_second);
    timer_init(&e->end, on_end);
    server->series = series_store_new();
    *error = (struct error){""};
    e->publishing = publishing_begin(server, error);
    e->snapshot = server->newest->id;
    if (*error->text)
        return false;
    wait_for_second(e);
    return true;
}

void exporting_reopen(struct server *server)
{
    if (server->exporting && server->exporting->publishing)
        publishing_reopen(server->exporting->publishing);
}

struct local_published exporting_published(const struct server *server)
{
    const struct exporting *e = server->exporting;
    struct publishing_counts c;

    if (e == NULL || e->publishing == NULL)
        return (struct local_published){.on = false};
    c = publishing_counts(e->publishing);
    return (struct local_published){
        .on = true,
        .sent = c.sent,
        .dropped = c.dropped,
        .waiting_bytes = c.waiting,
        .beyond = c.beyond,
        .series = c.series,
    };
}

/* The loop runs once more, for calls alone. */
void exporting_flush(struct server *server)
{
    struct exporting *e = server->exporting;

    if (e == NULL || e->publishing == NULL)
        return;
    timer_end(&e->timer);
    sample(e, 0);
    conclude(e);
    publishing_hurry(e->publishing);
    loop_tick(&server->loop);
    e->end_us = server->loop.now_us + END_MS * UINT64_C(1000);
    loop_timer_set(&server->loop, &e->end, 0);
    server->loop.stop = false;
    loop_run(&server->loop);
}

void exporting_end(struct server *server)
{
    struct exporting *e = server->exporting;

    if (e) {
        timer_end(&e->timer);
        timer_end(&e->end);
        publishing_end(e->publishing);
        cells_free(e->cells);
        region_end(&e->region);
    }
    free(e);
    series_store_free(server->series);
    server->exporting = NULL;
    server->series = NULL;
}
