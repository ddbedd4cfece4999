/* SPDX-License-Identifier: Apache-2.0 */
#include "control/publishing.h"

#include <stdlib.h>
#include <unistd.h>

#include "aws/cloudwatch_put.h"
#include "aws/emf.h"
#include "aws/logs_put.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/admission.h"
#include "control/put_queue.h"
#include "control/server_aws.h"
#include "control/server_state.h"
#include "log/line_writer.h"

enum {
    SCRATCH = CLOUDWATCH_PUT_BYTES + 64 * 1024,
    STREAM_MAX = 256,
};

#define DEFAULT_ALB_SPACE "Sluice/ApplicationELB"
#define DEFAULT_WAF_SPACE "Sluice/WAFV2"

/* CloudWatch's list price in us-east-1. */
#define SERIES_DOLLARS 0.30
#define CALL_DOLLARS 0.00001
#define CALLS_OF_MONTH (30 * 24 * 60)

struct taken {
    struct taken *next;
    enum metric_rank rank;
    struct series_name name; /* in the namespace that it is published in */
    const char *unit;
    struct datum datum;
};

struct publishing {
    struct server *server;
    struct region region; /* of the minute */
    struct taken *first[METRIC_RANKS];
    struct taken **end[METRIC_RANKS];
    struct admission *admission;
    uint64_t beyond;
    bool told_beyond;
    unsigned told; /* series of the config */
    char *scratch;
    char *line;
    bool cloudwatch;
    struct put_queue metrics;
    struct line_writer *lines; /* NULL: none */
    bool logs;
    struct put_queue events;
    struct aws_call create; /* the stream */
    bool creating;
    char create_body[LOGS_GROUP_MAX + STREAM_MAX + 64];
    char stream[STREAM_MAX];
};

/* ---- what is taken --------------------------------------------------------------- */

static const struct config_load_balancer *
balancer_of(const struct publishing *p, struct str full_name)
{
    const struct config *config = p->server->newest->config;

    for (unsigned i = 0; full_name.n && i < config->nload_balancers; i++)
        if (str_eq(config->load_balancers[i]->full_name, full_name))
            return config->load_balancers[i];
    return NULL;
}

static bool is_among(const struct str *names, unsigned n, struct str name)
{
    for (unsigned i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

static bool is_wanted(const struct config_metrics *metrics,
                      const struct metric *metric)
{
    struct str name = metric->name.metric;

    if (metrics->ninclude &&
        !is_among(metrics->include, metrics->ninclude, name))
        return false;
    return !is_among(metrics->exclude, metrics->nexclude, name) &&
           (metrics->zones || metric->rank != RANK_ZONE);
}

static struct str space_of(const struct config_metrics *metrics,
                           const struct metric *metric)
{
    if (str_eq(metric->name.space, STR(WAF_SPACE)))
        return STR(DEFAULT_WAF_SPACE);
    return metrics->space.n ? metrics->space : STR(DEFAULT_ALB_SPACE);
}

static const double *keep_numbers(struct region *region, const double *v,
                                  unsigned n)
{
    double *kept = region_take(region, n * sizeof(*kept) + 1);

    if (n)
        memcpy(kept, v, n * sizeof(*kept));
    return kept;
}

static void keep_dimensions(struct region *region, struct series_name *name)
{
    struct dimension *kept =
        region_take(region, name->ndimensions * sizeof(*kept) + 1);

    for (unsigned i = 0; i < name->ndimensions; i++) {
        kept[i].name = region_copy(region, name->dimensions[i].name);
        kept[i].value = region_copy(region, name->dimensions[i].value);
    }
    name->dimensions = kept;
}

static void keep(struct publishing *p, const struct metric *metric,
                 struct str space)
{
    struct region *region = &p->region;
    struct taken *taken = region_take(region, sizeof(*taken));

    taken->rank = metric->rank;
    taken->name = metric->name;
    taken->name.space = region_copy(region, space);
    taken->name.metric = region_copy(region, metric->name.metric);
    keep_dimensions(region, &taken->name);
    taken->unit = metric->unit;
    taken->datum = metric->datum;
    taken->datum.values =
        keep_numbers(region, metric->datum.values, metric->datum.nvalues);
    taken->datum.counts =
        keep_numbers(region, metric->datum.counts, metric->datum.nvalues);
    *p->end[metric->rank] = taken;
    p->end[metric->rank] = &taken->next;
}

void publishing_take(struct publishing *p, const struct metric *metric)
{
    static const struct config_metrics unsaid;
    const struct config_load_balancer *b = balancer_of(p, metric->balancer);
    const struct config_metrics *metrics = b ? &b->metrics : &unsaid;

    if (is_wanted(metrics, metric))
        keep(p, metric, space_of(metrics, metric));
}

static void clear(struct publishing *p)
{
    region_end(&p->region);
    for (unsigned i = 0; i < METRIC_RANKS; i++) {
        p->first[i] = NULL;
        p->end[i] = &p->first[i];
    }
}

/* ---- how many ---------------------------------------------------------------------- */

static void tell_beyond(struct publishing *p, const struct taken *taken)
{
    p->beyond++;
    if (p->told_beyond)
        return;
    p->told_beyond = true;
    log_write(LOG_WARN, "control",
              "publish: there are more than %u series (--max-series): " STR_FMT
              " and others are not published; they cost about $0.30 a month "
              "each",
              p->server->options.max_series, STR_ARG(taken->name.metric));
}

/* All of the minute that may be published, in the order of their ranks. */
static struct taken *admit(struct publishing *p, int64_t time_s)
{
    struct taken *first = NULL;
    struct taken **end = &first;

    for (unsigned i = 0; i < METRIC_RANKS; i++) {
        for (struct taken *t = p->first[i]; t; t = t->next) {
            if (!admission_may(p->admission, &t->name, time_s)) {
                tell_beyond(p, t);
                continue;
            }
            *end = t;
            end = &t->next;
        }
        /* The last one that was admitted ends the list for now; it goes on
         * with the next rank. */
        *end = NULL;
    }
    return first;
}

/* ---- CloudWatch ---------------------------------------------------------------------- */

/* Sends those in the namespace of the first that was not sent yet: name.space
 * of what was is empty. */
static void put_space(struct publishing *p, struct taken *from, int64_t time_s)
{
    struct text text = text_in(p->scratch, SCRATCH);
    struct str space = from->name.space;
    struct cloudwatch_put put;

    cloudwatch_put_begin(&put, &text, space);
    for (struct taken *t = from; t; t = t->next) {
        if (!str_eq(t->name.space, space))
            continue;
        if (!cloudwatch_put_add(&put, &t->name, t->unit, time_s, &t->datum))
            break; /* the rest: another call */
        t->name.space.n = 0;
    }
    if (put.n)
        put_queue_add(&p->metrics, cloudwatch_put_end(&put), put.n, time_s);
    else
        from->name.space.n = 0; /* it fits into no call */
}

static void put_metrics(struct publishing *p, struct taken *first,
                        int64_t time_s)
{
    for (struct taken *t = first; t; t = t->next)
        while (t->name.space.n)
            put_space(p, t, time_s);
}

/* ---- EMF ------------------------------------------------------------------------------- */

static bool is_events(const struct taken *t)
{
    return t->datum.min == t->datum.max && t->datum.min == 1 &&
           t->datum.sum == t->datum.n;
}

struct events {
    struct publishing *p;
    struct text text;
    struct logs_put put;
    int64_t time_s;
};

static void begin_events(struct events *e)
{
    e->text = text_in(e->p->scratch, SCRATCH);
    logs_put_begin(&e->put, &e->text, e->p->server->options.emf_group,
                   str_of(e->p->stream));
}

static void end_events(struct events *e)
{
    if (e->put.n)
        put_queue_add(&e->p->events, logs_put_end(&e->put), e->put.n,
                      e->time_s);
}

static void add_event(struct events *e, struct str line)
{
    if (logs_put_add(&e->put, e->time_s * 1000, line))
        return;
    end_events(e);
    begin_events(e);
    (void)logs_put_add(&e->put, e->time_s * 1000, line);
}

/* A line of this one and those behind it that fit into it; they are done
 * then, as in put_space(). */
static void put_line(struct publishing *p, struct taken *from,
                     struct events *events)
{
    struct emf_metric metrics[EMF_METRICS_MAX];
    struct text line = text_in(p->line, EMF_LINE_MAX);
    struct str space = from->name.space;
    unsigned n = 0;

    for (struct taken *t = from; t && n < EMF_METRICS_MAX; t = t->next) {
        if (t->name.space.n == 0 ||
            (n && !emf_same_line(&metrics[0].name, &t->name)))
            continue;
        metrics[n++] = (struct emf_metric){.name = t->name,
                                           .unit = t->unit,
                                           .datum = t->datum,
                                           .events = is_events(t)};
        t->name.space.n = 0;
    }
    emf_put_line(&line, space, events->time_s, metrics, n);
    if (!text_ok(&line))
        return;
    if (p->lines)
        line_writer_add(p->lines, text_str(&line));
    if (p->logs)
        add_event(events, text_str(&line));
}

static void put_lines(struct publishing *p, struct taken *first, int64_t time_s)
{
    struct events events = {.p = p, .time_s = time_s};

    if (p->lines == NULL && !p->logs)
        return;
    begin_events(&events);
    for (struct taken *t = first; t; t = t->next)
        if (t->name.space.n)
            put_line(p, t, &events);
    if (p->logs)
        end_events(&events);
}

/* PutMetricData forgets the namespaces of what it sent. */
static struct taken *copy_list(struct region *region, const struct taken *from)
{
    struct taken *first = NULL;
    struct taken **end = &first;

    for (; from; from = from->next) {
        *end = region_take(region, sizeof(**end));
        **end = *from;
        end = &(*end)->next;
    }
    *end = NULL;
    return first;
}

void publishing_minute(struct publishing *p, int64_t time_s)
{
    struct taken *first = admit(p, time_s);

    put_lines(p, copy_list(&p->region, first), time_s);
    if (p->cloudwatch)
        put_metrics(p, first, time_s);
    clear(p);
}

/* ---- CloudWatch Logs --------------------------------------------------------------------- */

static unsigned events_rejected(const struct aws_call *call, unsigned items)
{
    struct region region = {NULL};
    unsigned n = logs_put_rejected(aws_answer_json(&region, call), items);

    region_end(&region);
    return n;
}

static void stream_created(struct aws_call *call)
{
    struct publishing *p = call->owner;

    p->creating = false;
    if (call->outcome == AWS_OK ||
        str_starts(call->code, STR("ResourceAlreadyExists"))) {
        put_queue_go(&p->events);
        return;
    }
    log_write(LOG_WARN, "control",
              "publish: the log stream %s cannot be created in " STR_FMT
              ": " STR_FMT "; the group must be there, Sluice makes none",
              p->stream, STR_ARG(p->server->options.emf_group),
              STR_ARG(call->message));
    put_queue_wait(&p->events);
}

static bool events_refused(void *owner, const struct aws_call *call)
{
    struct publishing *p = owner;
    struct text body = text_in(p->create_body, sizeof(p->create_body));

    if (!str_starts(call->code, STR("ResourceNotFound")))
        return false;
    logs_put_stream(&body, p->server->options.emf_group, str_of(p->stream));
    p->create = (struct aws_call){
        .service = AWS_LOGS,
        .action = "CreateLogStream",
        .body = text_str(&body),
        .done = stream_created,
        .owner = p,
    };
    p->creating = true;
    aws_call_begin(p->events.client, &p->create);
    return true;
}

/* A stream of this process alone: "sluice/HOST/1700000000-4711". */
static void name_stream(struct publishing *p)
{
    char host[65] = "";

    if (gethostname(host, sizeof(host) - 1) != 0)
        host[0] = '\0';
    for (char *c = host; *c; c++)
        if (*c == ':' || *c == '*')
            *c = '-';
    (void)snprintf(p->stream, sizeof(p->stream), "sluice/%s/%lld-%ld", host,
                   (long long)clock_wall_seconds(), (long)getpid());
}

/* ---- life --------------------------------------------------------------------------------- */

static void begin_queue(struct publishing *p, struct put_queue *queue,
                        struct aws_client *client)
{
    queue->loop = &p->server->loop;
    queue->client = client;
    queue->oldest_s = CLOUDWATCH_PUT_OLDEST_S;
    queue->owner = p;
    put_queue_init(queue);
}

static bool begin_emf(struct publishing *p, struct aws_client *client,
                      struct error *error)
{
    const struct server_options *options = &p->server->options;

    if (options->emf_log.n) {
        p->lines = line_writer_start(options->emf_log, error);
        if (p->lines == NULL)
            return false;
    }
    if (options->emf_group.n) {
        p->logs = true;
        name_stream(p);
        p->events = (struct put_queue){.service = AWS_LOGS,
                                       .action = "PutLogEvents",
                                       .what = "lines of metrics",
                                       .rejected = events_rejected,
                                       .refused = events_refused};
        begin_queue(p, &p->events, client);
    }
    return true;
}

static bool begin_all(struct publishing *p, struct error *error)
{
    const struct server_options *options = &p->server->options;
    bool emf = options->publish & PUBLISH_EMF;
    struct aws_client *client = NULL;

    p->cloudwatch = options->publish & PUBLISH_CLOUDWATCH;
    if (p->cloudwatch || (emf && options->emf_group.n)) {
        client = server_aws(p->server);
        if (client == NULL)
            return error_set(error, "cannot publish: out of memory or file "
                                    "descriptors");
    }
    if (p->cloudwatch) {
        p->metrics = (struct put_queue){.service = AWS_CLOUDWATCH,
                                        .action = "PutMetricData",
                                        .what = "metrics"};
        begin_queue(p, &p->metrics, client);
    }
    return !emf || begin_emf(p, client, error);
}

struct publishing *publishing_begin(struct server *server, struct error *error)
{
    const struct server_options *options = &server->options;
    struct publishing *p;

    if (!(options->publish & (PUBLISH_CLOUDWATCH | PUBLISH_EMF)))
        return NULL;
    p = memory_zeroed(1, sizeof(*p));
    p->server = server;
    p->scratch = memory_zeroed(1, SCRATCH);
    p->line = memory_zeroed(1, EMF_LINE_MAX);
    p->admission = admission_new(options->max_series);
    clear(p);
    if (!begin_all(p, error)) {
        publishing_end(p);
        return NULL;
    }
    publishing_tell(p);
    return p;
}

static unsigned series_of(const struct config *config)
{
    unsigned counts[METRIC_RANKS];
    unsigned n = 0;
    bool zones = false;

    metrics_possible(config, counts);
    for (unsigned i = 0; i < config->nload_balancers; i++)
        zones = zones || config->load_balancers[i]->metrics.zones;
    for (unsigned i = 0; i < METRIC_RANKS; i++)
        n += i == RANK_ZONE && !zones ? 0 : counts[i];
    return n;
}

void publishing_tell(struct publishing *p)
{
    unsigned most = p->server->options.max_series;
    unsigned n = series_of(p->server->newest->config);
    unsigned published = n < most ? n : most;

    if (n == p->told)
        return;
    p->told = n;
    log_write(LOG_INFO, "control",
              "publish: this config makes up to %u series each minute, %u are "
              "published at the most: about $%.2f a month at the list price "
              "of us-east-1",
              n, published,
              published * SERIES_DOLLARS +
                  (p->cloudwatch ? CALLS_OF_MONTH * CALL_DOLLARS : 0));
}

void publishing_reopen(struct publishing *p)
{
    if (p->lines)
        line_writer_reopen(p->lines);
}

bool publishing_is_idle(const struct publishing *p)
{
    return (!p->cloudwatch || put_queue_is_empty(&p->metrics)) &&
           (!p->logs || put_queue_is_empty(&p->events));
}

void publishing_hurry(struct publishing *p)
{
    if (p->cloudwatch)
        put_queue_go(&p->metrics);
    if (p->logs && !p->creating)
        put_queue_go(&p->events);
}

struct publishing_counts publishing_counts(const struct publishing *p)
{
    struct publishing_counts c = {.beyond = p->beyond,
                                  .series = admission_n(p->admission)};

    c.sent = p->metrics.counts.sent + p->events.counts.sent;
    c.dropped = p->metrics.counts.dropped + p->events.counts.dropped;
    c.waiting = p->metrics.counts.bytes + p->events.counts.bytes;
    if (p->lines)
        c.dropped += line_writer_dropped(p->lines);
    return c;
}

void publishing_end(struct publishing *p)
{
    if (p == NULL)
        return;
    if (p->creating)
        aws_call_cancel(p->events.client, &p->create);
    if (p->cloudwatch && p->metrics.client)
        put_queue_end(&p->metrics);
    if (p->logs)
        put_queue_end(&p->events);
    line_writer_stop(p->lines);
    admission_free(p->admission);
    region_end(&p->region);
    free(p->scratch);
    free(p->line);
    free(p);
}
