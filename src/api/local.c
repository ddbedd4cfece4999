/* SPDX-License-Identifier: Apache-2.0 */
#include "api/local.h"

#include "api/local_meters.h"
#include "api/local_sources.h"
#include "api/local_waf.h"
#include "aws/metrics.h"

static const char plain[] = "text/plain; charset=utf-8";
static const char json[] = "application/json";
static const char exposition[] = "text/plain; version=0.0.4; charset=utf-8";

static void put_healthz(struct text *body, const struct local_view *view)
{
    (void)view;
    TEXT_LITERAL(body, "ok\n");
}

/* Hundredths of a percent. */
static void put_percent(struct text *body, const char *key, unsigned part)
{
    text_printf(body, ", \"%s\": %u", key, part / 100);
    if (part % 100)
        text_printf(body, ".%02u", part % 100);
}

static void put_target(struct text *body, const struct local_target *target)
{
    TEXT_LITERAL(body, "{\"TargetGroup\": ");
    text_json(body, target->group);
    TEXT_LITERAL(body, ", \"Target\": ");
    text_json(body, target->address);
    TEXT_LITERAL(body, ", \"State\": ");
    text_json(body, target->state);
    if (target->reason.n) {
        TEXT_LITERAL(body, ", \"Reason\": ");
        text_json(body, target->reason);
    }
    if (target->description.n) {
        TEXT_LITERAL(body, ", \"Description\": ");
        text_json(body, target->description);
    }
    TEXT_LITERAL(body, ", \"AnomalyDetection\": {\"Result\": ");
    text_json(body, target->anomaly);
    text_printf(body, ", \"MitigationInEffect\": \"%s\"}",
                target->mitigation ? "yes" : "no");
    put_percent(body, "WeightPercent", target->weight);
    if (target->slow_start)
        put_percent(body, "SlowStartPercent", target->weight);
    text_char(body, '}');
}

/* Every registered target, in the words of DescribeTargetHealth and
 * /status.json. */
static void put_targets(struct text *body, const struct local_view *view)
{
    text_char(body, '[');
    for (unsigned i = 0; i < view->ntargets; i++) {
        if (i)
            TEXT_LITERAL(body, ",\n ");
        put_target(body, &view->targets[i]);
    }
    TEXT_LITERAL(body, "]\n");
}

/* Hosts by state for each target group; targets of one stand together. */
static void put_hosts(struct text *body, const struct local_view *view)
{
    static const char *const states[] = {
        "healthy", "unhealthy", "initial", "draining", "unused", "unavailable"};

    TEXT_LITERAL(body, "\n# HELP sluice_targets Registered targets by state\n"
                       "# TYPE sluice_targets gauge");
    for (unsigned i = 0, end; i < view->ntargets; i = end) {
        struct str group = view->targets[i].group;
        unsigned counts[6] = {0};

        for (end = i;
             end < view->ntargets && str_eq(view->targets[end].group, group);
             end++) {
            for (unsigned s = 0; s < 6; s++)
                counts[s] +=
                    str_eq(view->targets[end].state, str_of(states[s]));
        }
        for (unsigned s = 0; s < 6; s++)
            text_printf(body,
                        "\nsluice_targets{target_group=\"" STR_FMT
                        "\",state=\"%s\"} %u",
                        STR_ARG(group), states[s], counts[s]);
    }
}

/* They count on when the process that serves is another one. */
static void put_process(struct text *body, const struct local_view *view)
{
    TEXT_LITERAL(body,
                 "\n# HELP sluice_process_restarts_total Serving processes "
                 "that the parent started after a crash\n"
                 "# TYPE sluice_process_restarts_total counter\n"
                 "sluice_process_restarts_total ");
    text_u64(body, view->restarts);
    TEXT_LITERAL(body,
                 "\n# HELP sluice_process_upgrades_total Serving processes "
                 "that took over from one that was well\n"
                 "# TYPE sluice_process_upgrades_total counter\n"
                 "sluice_process_upgrades_total ");
    text_u64(body, view->upgrades);
    text_printf(body,
                "\n# HELP sluice_process_info The process that serves\n"
                "# TYPE sluice_process_info gauge\n"
                "sluice_process_info{pid=\"%u\"} 1",
                view->pid);
}

static void put_published(struct text *body, const struct local_published *p)
{
    const struct {
        const char *name;
        const char *type;
        const char *help;
        uint64_t n;
    } rows[] = {
        {"publish_sent_total", "counter", "Data of metrics that AWS took",
         p->sent},
        {"publish_dropped_total", "counter",
         "Data of metrics that were given up before AWS took them", p->dropped},
        {"publish_beyond_total", "counter",
         "Data of metrics that were not published because of --max-series",
         p->beyond},
        {"publish_series", "gauge", "Series that are published", p->series},
        {"publish_waiting_bytes", "gauge",
         "Calls with metrics that wait to be sent", p->waiting_bytes},
    };

    for (size_t i = 0; p->on && i < sizeof(rows) / sizeof(rows[0]); i++)
        text_printf(body,
                    "\n# HELP sluice_%s %s\n# TYPE sluice_%s %s\nsluice_%s "
                    "%llu",
                    rows[i].name, rows[i].help, rows[i].name, rows[i].type,
                    rows[i].name, (unsigned long long)rows[i].n);
}

static void put_metrics(struct text *body, const struct local_view *view)
{
    counters_put(body, view->workers, view->nworkers);
    local_put_meters(body, &view->meters);
    local_put_waf(body, view->waf, view->nwaf);
    if (view->aws)
        aws_put_metrics(body, view->aws);
    if (view->s3)
        local_put_s3(body, view->s3);
    TEXT_LITERAL(body,
                 "# HELP sluice_snapshots_alive Compiled configurations that "
                 "something still uses\n"
                 "# TYPE sluice_snapshots_alive gauge\n"
                 "sluice_snapshots_alive ");
    text_u64(body, view->snapshots_alive);
    TEXT_LITERAL(body,
                 "\n# HELP sluice_log_dropped_lines_total Log lines dropped "
                 "because the log was not read fast enough\n"
                 "# TYPE sluice_log_dropped_lines_total counter\n"
                 "sluice_log_dropped_lines_total ");
    text_u64(body, view->log_dropped);
    TEXT_LITERAL(body,
                 "\n# HELP sluice_access_log_dropped_lines_total Lines of "
                 "access, connection and health check logs dropped because the "
                 "disk was slow or full\n"
                 "# TYPE sluice_access_log_dropped_lines_total counter\n"
                 "sluice_access_log_dropped_lines_total ");
    text_u64(body, view->access_log_dropped);
    put_published(body, &view->published);
    put_process(body, view);
    put_hosts(body, view);
    local_put_sources(body, view->sources, view->nsources);
    text_printf(body,
                "\n# HELP sluice_build_info The version that runs\n"
                "# TYPE sluice_build_info gauge\n"
                "sluice_build_info{version=\"%s\"} 1\n",
                view->version);
}

static void put_status(struct text *body, const struct local_view *view)
{
    status_put_text(body, view->status);
}

static void put_status_json(struct text *body, const struct local_view *view)
{
    status_put_json(body, view->status);
}

static void put_config(struct text *body, const struct local_view *view)
{
    text_str_put(body, view->config);
}

static const struct page {
    const char *path;
    const char *content_type;
    void (*put)(struct text *body, const struct local_view *view);
} pages[] = {
    {"/healthz", plain, put_healthz},
    {"/metrics", exposition, put_metrics},
    {"/targets", json, put_targets},
    {"/status", plain, put_status},
    {"/status.json", json, put_status_json},
    {"/config", json, put_config},
};

bool local_wants_metrics(struct str path)
{
    return str_eq(str_cut(&path, '?'), STR("/metrics"));
}

bool local_wants_config(struct str path)
{
    return str_eq(str_cut(&path, '?'), STR("/config"));
}

bool local_wants_status(struct str path)
{
    path = str_cut(&path, '?');
    return str_eq(path, STR("/status")) || str_eq(path, STR("/status.json"));
}

size_t local_room(const struct local_view *view)
{
    size_t room =
        LOCAL_BODY_MAX + (size_t)view->ntargets * (size_t)LOCAL_TARGET_MAX;

    room += view->config.n +
            ((size_t)view->nwaf + view->nsources) * LOCAL_WAF_MAX +
            local_meters_room(&view->meters);
    return view->status ? room + status_room(view->status) : room;
}

struct local_reply local_handle(struct str method, struct str path,
                                const struct local_view *view,
                                struct text *body)
{
    struct local_reply reply = {.status = 404, .content_type = str_of(plain)};

    path = str_cut(&path, '?');
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (!str_eq(path, str_of(pages[i].path)))
            continue;
        if (!str_eq(method, STR("GET"))) {
            reply.status = 405;
            reply.allow = STR("GET");
            TEXT_LITERAL(body, "use GET\n");
            return reply;
        }
        reply.status = 200;
        reply.content_type = str_of(pages[i].content_type);
        reply.left_out = view->left_out;
        pages[i].put(body, view);
        return reply;
    }
    TEXT_LITERAL(body, "not found; there are /healthz, /metrics, /targets, "
                       "/status, /status.json and /config\n");
    return reply;
}
