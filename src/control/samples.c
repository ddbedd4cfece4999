/* SPDX-License-Identifier: Apache-2.0 */
#include "control/samples.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "control/server_state.h"

/* ---- rounds ------------------------------------------------------------------- */

static uint64_t wall_ms(void)
{
    return (uint64_t)clock_wall_us() / 1000;
}

static void hand_box(struct server *server, unsigned i)
{
    struct worker_samples *samples = server->samples.idle[i];

    server->samples.idle[i] = NULL;
    samples->box->n = 0;
    samples->message.kind = WORKER_SAMPLES;
    mailbox_send(&server->workers[i]->mailbox, &samples->message);
}

static void on_timer(struct timer *timer)
{
    struct server *server = LIST_ENTRY_OF(timer, struct server, samples.timer);
    uint64_t now = wall_ms();

    loop_timer_set(&server->loop, timer, SAMPLE_ROUND_MS);
    waf_sample_store_expire(server->samples.store,
                            now > WAF_SAMPLES_MS ? now - WAF_SAMPLES_MS : 0);
    if (server->newest == NULL || server->newest->wafs->n == 0)
        return;
    for (unsigned i = 0; i < server->nworkers; i++) {
        if (server->samples.idle[i])
            hand_box(server, i);
    }
}

void samples_begin(struct server *server)
{
    struct sample_rounds *samples = &server->samples;

    samples->store = waf_sample_store_new();
    samples->idle =
        memory_zeroed(server->nworkers + 1, sizeof(struct worker_samples *));
    for (unsigned i = 0; i < server->nworkers; i++) {
        samples->idle[i] = memory_zeroed(1, sizeof(**samples->idle));
        samples->idle[i]->worker = i;
        samples->idle[i]->box = memory_zeroed(1, sizeof(struct waf_sample_box));
    }
    timer_init(&samples->timer, on_timer);
    loop_timer_set(&server->loop, &samples->timer, SAMPLE_ROUND_MS);
}

void samples_end(struct server *server)
{
    struct sample_rounds *samples = &server->samples;

    for (unsigned i = 0; samples->idle && i < server->nworkers; i++) {
        if (samples->idle[i])
            free(samples->idle[i]->box);
        free(samples->idle[i]);
    }
    free(samples->idle);
    waf_sample_store_free(samples->store);
}

void samples_back(struct server *server, struct worker_samples *back)
{
    waf_sample_store_add(server->samples.store, back->box);
    server->samples.idle[back->worker] = back;
}

/* ---- answers --------------------------------------------------------------------- */

enum {
    TEXTS_MAX = WAF_METER_REQUEST_LABELS_MAX,
    /* No header takes less than two lengths. */
    PAIRS_MAX = WAF_SAMPLE_HEADERS_MAX / (2 * sizeof(uint64_t)) + 1,
};

struct showing {
    void (*visit)(void *to, const struct sampled_request *it);
    void *to;
    struct str labels[TEXTS_MAX];
    struct sample_header inserted[PAIRS_MAX];
    struct sample_header headers[PAIRS_MAX];
};

static unsigned read_pairs(struct waf_sample_reader *reader,
                           struct sample_header *to, unsigned n)
{
    if (n > PAIRS_MAX)
        n = PAIRS_MAX;
    for (unsigned i = 0; i < n; i++) {
        to[i].name = waf_sample_text(reader);
        to[i].value = waf_sample_text(reader);
    }
    return n;
}

static void put_token(struct sampled_request *it,
                      const struct waf_sample_request *request)
{
    struct sample_token token = {
        .there = true, .status = request->asked, .why = request->why};

    if (request->asked == 405)
        it->captcha = token;
    else if (request->asked)
        it->challenge = token;
}

static void show(void *owner, const struct waf_sample *sample,
                 const struct waf_sample_as *as, uint64_t weight)
{
    struct showing *showing = owner;
    struct waf_sample_reader reader;
    struct waf_sample_request request;
    struct sampled_request it;

    waf_sample_read(sample, &reader, &request);
    it = (struct sampled_request){
        .time_ms = sample->time_ms,
        .weight = weight,
        .client_ip = request.client_ip,
        .country = request.country,
        .uri = request.uri,
        .method = request.method,
        .version = request.version,
        .headers = showing->headers,
        .action = as->action,
        .rule_in_group = as->rule_in_group,
        .inserted = showing->inserted,
        .status = request.status,
        .labels = showing->labels,
        .overridden = as->overridden,
    };
    put_token(&it, &request);
    for (; it.nlabels < request.nlabels && it.nlabels < TEXTS_MAX; it.nlabels++)
        showing->labels[it.nlabels] = waf_sample_text(&reader);
    it.ninserted = read_pairs(&reader, showing->inserted, request.ninserted);
    it.nheaders = read_pairs(&reader, showing->headers, request.nheaders);
    showing->visit(showing->to, &it);
}

/* The ACL's own metric is that of its default action. */
static struct str metric_of(const struct server *server,
                            const struct sample_query *query)
{
    const struct waf_set *set = server->newest->wafs;

    for (unsigned i = 0; i < set->n; i++) {
        const struct config_web_acl *acl =
            set->programs[i] ? waf_program_acl(set->programs[i]) : NULL;

        if (acl && str_eq(acl->entity.arn, query->acl) &&
            str_eq(acl->visibility.metric, query->metric))
            return STR(WAF_METER_DEFAULT);
    }
    return query->metric;
}

bool samples_visit(void *owner, const struct sample_query *query,
                   void (*visit)(void *to, const struct sampled_request *it),
                   void *to, struct sample_span *span)
{
    struct server *server = owner;
    struct showing *showing;
    const struct waf_sample_query asked = {
        .arn = query->acl,
        .metric = metric_of(server, query),
        .from_ms = query->from_ms,
        .to_ms = query->to_ms,
        .most = query->most,
    };
    bool found;

    if (server->samples.store == NULL)
        return false;
    showing = memory_zeroed(1, sizeof(*showing));
    showing->visit = visit;
    showing->to = to;
    found = waf_sample_store_visit(server->samples.store, &asked, show, showing,
                                   &span->population, &span->to_ms);
    free(showing);
    return found;
}
