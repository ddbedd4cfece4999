/* SPDX-License-Identifier: Apache-2.0
 *
 * What is noted of a request that a web ACL looked at (aws-waf.md 7): it is
 * counted, may become a sample, and has its line of the log.
 */
#include "base/clock.h"
#include "proxy/exchange.h"
#include "proxy/forwarded.h"
#include "waf/log_filter.h"
#include "waf/log_line.h"

/* Its trace id: of what is sent, and of the access log, too. */
static struct str trace_of(struct exchange *ex)
{
    struct text t;
    char *room;

    if (ex->trace.n)
        return ex->trace;
    room = arena_take(&ex->arena, FORWARDED_TRACE_LEN);
    if (room == NULL)
        return STR("");
    t = text_in(room, FORWARDED_TRACE_LEN);
    forwarded_put_trace(&t, clock_wall_seconds(), &ex->worker->loop.random);
    ex->trace = text_str(&t);
    return ex->trace;
}

static uint64_t body_bytes(const struct exchange *ex)
{
    struct piece piece = exchange_seen(ex, &ex->request_hold);

    return ex->request->body == BODY_LENGTH ? ex->request->content_length
                                            : piece.data.n;
}

static void describe(struct exchange *ex, struct waf_seen *seen, bool logged)
{
    const struct waf_result *result = seen->result;

    seen->acl = waf_program_acl(ex->table->waf);
    seen->time_ms = (uint64_t)clock_wall_us() / 1000;
    seen->resource = ex->table->config->load_balancer->full_name;
    if (logged)
        seen->request_id = trace_of(ex);
    seen->body_bytes = body_bytes(ex);
    seen->place = result->place;
    if (!result->geo_asked && !result->asn_asked)
        geo_find(ex->lease->snapshot->wafs->geo, &seen->request->client,
                 &seen->place);
}

/* ---- the log ------------------------------------------------------------------ */

static bool is_logged(const struct exchange *ex,
                      const struct waf_result *result)
{
    return ex->worker->ring && ex->table->sinks[WAF_LOG] != LOG_SINK_NONE &&
           waf_log_wants(waf_program_acl(ex->table->waf)->logging, result);
}

static struct waf_privacy privacy_of(const struct exchange *ex,
                                     const struct waf_logging *logging)
{
    const struct waf_notes *notes = ex->worker->notes;

    return (struct waf_privacy){
        .acl = waf_program_acl(ex->table->waf),
        .logging = logging,
        .sha = &ex->worker->notes->sha,
        .room = notes->room,
        .cap = WAF_NOTES_ROOM,
    };
}

static void put_log(struct exchange *ex, const struct waf_seen *seen)
{
    struct worker *w = ex->worker;
    struct waf_privacy privacy = privacy_of(ex, seen->acl->logging);
    struct text line = text_in(w->notes->line, WAF_LOG_LINE_MAX);
    struct waf_log_record record = {.sink =
                                        (uint32_t)ex->table->sinks[WAF_LOG]};

    waf_log_put(&line, seen, &privacy);
    if (text_ok(&line)) {
        waf_log_cut(&record, text_str(&line));
        worker_log(w, WAF_LOG, &record);
    } else {
        log_ring_lose(w->ring);
    }
}

/* ---- all of it ------------------------------------------------------------------- */

static void count(struct worker *w, const struct waf_result *result)
{
    COUNTER_ADD(&w->counters, waf_regex_limits, result->regex_limits);
    COUNTER_ADD(&w->counters, waf_failed, result->failed);
}

void exchange_waf_seen(struct exchange *ex, const struct inspected *request,
                       const struct waf_result *result)
{
    struct waf_seen seen = {.request = request, .result = result};
    struct waf_notes *notes = ex->worker->notes;
    struct waf_privacy privacy;
    struct waf_sample_wish wish;
    bool sampled;
    bool logged;

    count(ex->worker, result);
    if (result->failed)
        return;
    waf_meter_count(notes->meter, ex->table->waf, result);
    sampled = waf_sample_wanted(notes->meter, ex->table->waf, result,
                                ex->worker->loop.now_us / 1000, &wish);
    logged = is_logged(ex, result);
    if (!sampled && !logged)
        return;
    describe(ex, &seen, logged);
    privacy = privacy_of(ex, NULL);
    if (sampled)
        waf_sample_put(notes->box, &wish, &seen, &privacy);
    if (logged)
        put_log(ex, &seen);
}
