/* SPDX-License-Identifier: Apache-2.0
 *
 * One call, from its first attempt to its last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "aws/client_internal.h"
#include "base/clock.h"
#include "base/memory.h"
#include "crypto/sha256.h"

enum {
    HASH_PIECE = 256 * 1024, /* of a file, in one turn of the loop */
    SKEW_S = 4 * 60,         /* that a service bears */
};

static void on_step(struct loop_task *task);
static void on_answer(struct transfer *transfer);

/* ---- making and freeing -------------------------------------------------- */

static void on_timer(struct timer *timer)
{
    struct aws_attempt *a = LIST_ENTRY_OF(timer, struct aws_attempt, timer);

    a->phase = PHASE_SIGN;
    loop_ready(a->client->loop, &a->step);
}

/* A UUID of random bits (RFC 9562 §5.4). */
static void make_id(struct random *random, char out[37])
{
    uint64_t a = random_u64(random);
    uint64_t b = random_u64(random);

    snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(b >> 48 & 0x3fff) | 0x8000,
             (unsigned long long)(b & 0xffffffffffffULL));
}

struct aws_attempt *aws_attempt_new(struct aws_client *client,
                                    struct aws_call *call)
{
    struct aws_attempt *a = memory_zeroed(1, sizeof(*a));

    a->client = client;
    a->call = call;
    a->attempts = call->attempts ? call->attempts : AWS_ATTEMPTS;
    list_init(&a->node);
    loop_task_init(&a->step, on_step);
    timer_init(&a->timer, on_timer);
    make_id(&client->loop->random, a->invocation);
    call->attempt = a;
    return a;
}

void aws_attempt_free(struct aws_attempt *a)
{
    transfer_end(a->client->transport, &a->transfer);
    list_remove(&a->node);
    list_remove(&a->step.node);
    timer_end(&a->timer);
    sha256_end(&a->sha);
    aws_credentials_unref(a->keys);
    region_forget(&a->wire);
    region_forget(&a->memory);
    free(a);
}

/* ---- the end of a call --------------------------------------------------- */

/* "ecs ListTasks", "s3 PUT". */
static struct str what_of(struct aws_attempt *a)
{
    const struct aws_call *call = a->call;
    const char *name = aws_service_facts(call->service)->name;

    if (call->action)
        return region_printf(&a->memory, "%s %s", name, call->action);
    return region_printf(&a->memory, "%s " STR_FMT, name,
                         STR_ARG(call->method));
}

/* What S3 named is remembered while calls there end well. */
static void note_bucket(struct aws_attempt *a, enum aws_outcome outcome)
{
    struct bucket_regions *buckets = &a->client->buckets;

    if (outcome != AWS_OK)
        bucket_regions_forget(buckets, a->call->bucket);
    else if (a->asked & 1U << RETRY_REDIRECT)
        bucket_regions_set(buckets, a->call->bucket, a->region);
}

static void finish(struct aws_attempt *a, enum aws_outcome outcome,
                   const char *why)
{
    struct aws_call *call = a->call;
    const struct aws_answer *answer = &a->transfer.answer;

    note_bucket(a, outcome);
    call->outcome = outcome;
    if (outcome == AWS_OK || outcome == AWS_REFUSED) {
        call->answer = answer->body;
        call->etag = answer->etag;
    }
    if (a->transfer.end == TRANSFER_ANSWERED && outcome != AWS_NOT_READY) {
        call->status = answer->status;
        call->request_id = answer->request_id;
    }
    call->code = a->fault.code;
    if (outcome == AWS_NOT_READY)
        call->message =
            region_printf(&a->memory, STR_FMT ": %s", STR_ARG(what_of(a)), why);
    else if (outcome != AWS_OK)
        call->message = region_printf(
            &a->memory, STR_FMT " at " STR_FMT "://" STR_FMT ": %s",
            STR_ARG(what_of(a)), STR_ARG(a->endpoint.scheme),
            STR_ARG(a->endpoint.host), why);
    aws_client_done(a->client, a);
}

static void finish_refused(struct aws_attempt *a)
{
    struct str why;

    if (a->fault.code.n == 0)
        why = region_printf(&a->memory, "status %u without an error's code",
                            a->transfer.answer.status);
    else
        why = region_printf(
            &a->memory, STR_FMT "%s" STR_FMT " (status %u)",
            STR_ARG(a->fault.code), a->fault.message.n ? ": " : "",
            STR_ARG(a->fault.message), a->transfer.answer.status);
    finish(a, AWS_REFUSED, why.p);
}

/* ---- getting ready ------------------------------------------------------- */

static bool find_region(struct aws_attempt *a, enum aws_ready *ready,
                        struct error *error)
{
    if (a->region.n == 0)
        a->region =
            region_copy(&a->memory, bucket_regions_get(&a->client->buckets,
                                                       a->call->bucket));
    if (a->region.n == 0)
        a->region = a->call->region;
    *ready = AWS_READY;
    if (a->region.n == 0)
        *ready = aws_identity_region(a->client->identity, &a->region, error);
    if (*ready == AWS_READY && !aws_region_is_name(a->region)) {
        error_set(error, "\"" STR_FMT "\" is no region: write one as eu-west-1",
                  STR_ARG(str_make(a->region.p,
                                   a->region.n < 64 ? a->region.n : 64)));
        *ready = AWS_NONE;
    }
    return *ready == AWS_READY;
}

static enum aws_ready find_endpoint(struct aws_attempt *a, struct error *error)
{
    const struct aws_call *call = a->call;
    const struct aws_settings *settings;
    enum aws_ready ready =
        aws_identity_settings(a->client->identity, &settings);

    if (ready != AWS_READY || !find_region(a, &ready, error))
        return ready;
    return aws_endpoint_of(&a->memory, settings, call->service, a->region,
                           call->service == AWS_S3 ? call->bucket : STR(""),
                           call->host_prefix ? STR("data-") : STR(""),
                           &a->endpoint, error)
               ? AWS_READY
               : AWS_NONE;
}

/* False: it has ended, or waits. */
static bool prepare(struct aws_attempt *a)
{
    struct error error;
    const struct aws_settings *settings;
    enum aws_ready ready = find_endpoint(a, &error);

    if (ready == AWS_NONE)
        finish(a, AWS_NOT_READY, error.text);
    if (ready != AWS_READY ||
        aws_identity_settings(a->client->identity, &settings) != AWS_READY)
        return false;
    if (a->hash[0]) { /* the bucket is elsewhere; what is sent is the same */
        a->phase = PHASE_SIGN;
        return true;
    }
    aws_request_body(&a->memory, a->call, settings->gzip_min, &a->body);
    a->phase = a->call->has_file ? PHASE_HASH : PHASE_SIGN;
    if (a->phase == PHASE_SIGN && sigv4_payload_hash(a->body.bytes, a->hash))
        return true;
    if (a->phase == PHASE_HASH && sha256_init(&a->sha)) {
        sha256_begin(&a->sha);
        return true;
    }
    finish(a, AWS_NOT_READY, "there is no memory for a digest");
    return false;
}

/* One piece of the file; the next turn takes the next. */
static bool hash(struct aws_attempt *a)
{
    char *piece = a->client->loop->scratch;
    uint64_t left = a->call->file_n - a->hashed;
    size_t n = left < HASH_PIECE ? (size_t)left : HASH_PIECE;
    ssize_t got = n ? pread(a->call->file, piece, n,
                            (off_t)(a->call->file_at + a->hashed))
                    : 0;

    if (n && got <= 0) {
        finish(a, AWS_NOT_READY,
               got < 0 ? strerror(errno)
                       : "the file that is to be sent is too short");
        return false;
    }
    sha256_add(&a->sha, piece, (size_t)got);
    a->hashed += (uint64_t)got;
    if (a->hashed < a->call->file_n) {
        loop_ready(a->client->loop, &a->step);
        return false;
    }
    sha256_hex(&a->sha, a->hash);
    a->phase = PHASE_SIGN;
    return true;
}

static bool take_credentials(struct aws_attempt *a)
{
    struct error error;
    enum aws_ready ready;

    if (a->internal)
        return true;
    aws_credentials_unref(a->keys);
    a->keys = NULL;
    ready = aws_identity_credentials(a->client->identity, &a->keys, &error);
    if (ready == AWS_NONE)
        finish(a, AWS_NOT_READY, error.text);
    return ready == AWS_READY;
}

static void fill_transfer(struct aws_attempt *a,
                          const struct aws_request *request)
{
    const struct aws_call *call = a->call;
    const char **lines = region_take(&a->wire, sizeof(request->lines));

    memcpy(lines, request->lines, sizeof(request->lines));
    a->transfer = (struct transfer){
        .method = request->method,
        .url = request->url,
        .lines = lines,
        .nlines = request->nlines,
        .body = a->body.bytes,
        .file = call->file,
        .has_file = call->has_file,
        .file_at = call->file_at,
        .file_n = call->file_n,
        .timeout_ms = call->timeout_ms ? call->timeout_ms : AWS_TIMEOUT_MS,
        .answer_max = AWS_ANSWER_MAX,
        .secret = a->internal,
        .done = on_answer,
    };
}

static void send_it(struct aws_attempt *a)
{
    struct aws_client *client = a->client;
    struct aws_sender sender = {
        .endpoint = &a->endpoint,
        .region = a->region,
        .keys = a->keys ? &a->keys->keys : NULL,
        .payload_hash = str_make(a->hash, SIGV4_HASH_LEN),
        .gzip = a->body.gzip,
        .invocation = str_of(a->invocation),
        .attempt = a->call->tried + 1,
        .attempts = a->attempts,
    };
    struct aws_request request;
    struct error error;

    transfer_end(client->transport, &a->transfer);
    region_forget(&a->wire);
    a->fault = AWS_NO_FAULT;
    a->now = clock_wall_seconds();
    sender.now = a->now + client->skew[a->call->service];
    if (!aws_request_make(&a->wire, a->call, &sender, &request, &error)) {
        finish(a, AWS_NOT_READY, error.text);
        return;
    }
    fill_transfer(a, &request);
    a->call->tried++;
    client->counts.attempts++;
    a->phase = PHASE_SENT;
    if (!transfer_begin(client->transport, &a->transfer))
        finish(a, AWS_UNREACHABLE, "there is no memory for a connection");
}

static void on_step(struct loop_task *task)
{
    struct aws_attempt *a = LIST_ENTRY_OF(task, struct aws_attempt, step);

    if (a->phase == PHASE_PREPARE && !prepare(a))
        return;
    if (a->phase == PHASE_HASH && !hash(a))
        return;
    if (a->phase == PHASE_SIGN && take_credentials(a))
        send_it(a);
}

/* ---- what came of an attempt --------------------------------------------- */

/* Once, at once, for this cause. */
static bool again(struct aws_attempt *a, enum retry_cause cause)
{
    if (a->asked & 1U << cause)
        return false;
    a->asked |= 1U << cause;
    a->phase = cause == RETRY_REDIRECT ? PHASE_PREPARE : PHASE_SIGN;
    loop_ready(a->client->loop, &a->step);
    return true;
}

/* The service's clock counts, if it differs. */
static bool set_clock(struct aws_attempt *a)
{
    int64_t *skew = &a->client->skew[a->call->service];
    struct str date = a->transfer.answer.date;
    time_t then =
        date.n ? curl_getdate(region_copy(&a->memory, date).p, NULL) : -1;
    int64_t now = clock_wall_seconds();
    int64_t off;

    if (then < 0)
        return false;
    off = (int64_t)then - (now + *skew);
    if (off > -SKEW_S && off < SKEW_S && !retry_is_time(a->fault.code))
        return false;
    *skew = (int64_t)then - now;
    return true;
}

/* Where S3 says that the bucket is; n == 0: it does not. */
static struct str bucket_region(const struct aws_attempt *a)
{
    struct str said = a->transfer.answer.bucket_region;

    return said.n ? said : a->fault.region;
}

static bool follow(struct aws_attempt *a, enum retry_cause cause)
{
    switch (cause) {
    case RETRY_SKEW:
        return set_clock(a) && again(a, cause);
    case RETRY_CREDENTIALS:
        return !a->internal &&
               aws_identity_refused(a->client->identity, a->keys) &&
               again(a, cause);
    case RETRY_REDIRECT:
        a->region = region_copy(&a->memory, bucket_region(a));
        return again(a, cause);
    case RETRY_NEVER:
    case RETRY_TRANSIENT:
    case RETRY_THROTTLE:
        break;
    }
    return false;
}

static bool pause_and_retry(struct aws_attempt *a, enum retry_cause cause)
{
    struct aws_client *client = a->client;
    const struct aws_answer *answer = &a->transfer.answer;
    uint64_t after =
        retry_after_ms(answer->retry_after, answer->amz_retry_after);

    if ((cause != RETRY_TRANSIENT && cause != RETRY_THROTTLE) ||
        a->call->tried >= a->attempts ||
        !retry_pay(&client->budget[a->call->service], cause, &a->paid))
        return false;
    a->phase = PHASE_PAUSE;
    loop_timer_set(client->loop, &a->timer,
                   retry_delay(cause, a->call->tried + 1,
                               random_u64(&client->loop->random), after));
    return true;
}

/* S3: the bucket is elsewhere. */
static bool is_redirect(const struct aws_attempt *a)
{
    unsigned status = a->transfer.answer.status;

    return a->call->service == AWS_S3 &&
           (status == 301 || status == 307 || status == 400) &&
           !str_eq(bucket_region(a), a->region) &&
           aws_region_is_name(bucket_region(a));
}

static void on_failure(struct aws_attempt *a)
{
    bool answered = a->transfer.end == TRANSFER_ANSWERED;
    enum retry_cause cause =
        retry_cause_of(answered ? a->transfer.answer.status : 0, a->fault.code);

    if (answered && is_redirect(a))
        cause = RETRY_REDIRECT;
    if (cause == RETRY_THROTTLE)
        a->client->counts.throttled++;
    if (follow(a, cause) || pause_and_retry(a, cause))
        return;
    if (answered) {
        finish_refused(a);
        return;
    }
    finish(a, AWS_UNREACHABLE,
           region_printf(&a->memory, "%s (attempt %u of %u)", a->transfer.why,
                         a->call->tried, a->attempts)
               .p);
}

static void judge(struct aws_attempt *a)
{
    const struct aws_call *call = a->call;
    struct str action = call->action ? str_of(call->action) : STR("");

    switch (aws_answer_judge(&a->wire,
                             aws_service_facts(call->service)->protocol, action,
                             &a->transfer.answer, &a->fault)) {
    case VERDICT_RESULT:
        retry_refund(&a->client->budget[call->service], a->paid);
        finish(a, AWS_OK, "");
        break;
    case VERDICT_ERROR:
        on_failure(a);
        break;
    case VERDICT_UNREADABLE:
        finish(a, AWS_UNREADABLE,
               "what answers is no such service: its answer cannot be read; "
               "look at the endpoint and at proxies");
        break;
    }
}

static void on_answer(struct transfer *transfer)
{
    struct aws_attempt *a =
        LIST_ENTRY_OF(transfer, struct aws_attempt, transfer);

    switch (transfer->end) {
    case TRANSFER_ANSWERED:
        judge(a);
        break;
    case TRANSFER_FAILED:
        on_failure(a);
        break;
    case TRANSFER_TOO_LONG:
        finish(a, AWS_UNREADABLE, transfer->why);
        break;
    case TRANSFER_NO_BODY:
        finish(a, AWS_NOT_READY, transfer->why);
        break;
    }
}
