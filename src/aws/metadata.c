/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/metadata.h"

static void on_answer(struct transfer *transfer);
static void on_token(struct transfer *transfer);

static void on_timer(struct timer *timer);

void metadata_init(struct metadata *m, struct loop *loop,
                   struct transport *transport)
{
    *m = (struct metadata){.loop = loop, .transport = transport};
    m->token = STR("");
    timer_init(&m->timer, on_timer);
}

void metadata_end(struct metadata *m)
{
    transfer_end(m->transport, &m->transfer);
    timer_end(&m->timer);
    region_forget(&m->memory);
}

static void say(struct metadata *m, unsigned status, struct str text,
                const char *why)
{
    struct error error = {.text = ""};

    if (why)
        error_set(&error, "%s: %s", m->transfer.url, why);
    m->done(m, status, text, &error);
}

static void send_it(struct metadata *m)
{
    transfer_end(m->transport, &m->transfer);
    if (!transfer_begin(m->transport, &m->transfer)) {
        timer_cancel(&m->timer);
        m->attempts = 1;
        loop_timer_set(m->loop, &m->timer, METADATA_PAUSE_MS);
    }
}

static void on_timer(struct timer *timer)
{
    send_it(LIST_ENTRY_OF(timer, struct metadata, timer));
}

static void fill(struct metadata *m, const char *method, struct str url,
                 uint32_t timeout_ms, void (*done)(struct transfer *transfer))
{
    transfer_end(m->transport, &m->transfer);
    m->transfer = (struct transfer){
        .method = method,
        .url = region_copy(&m->memory, url).p,
        .lines = m->lines,
        .timeout_ms = timeout_ms,
        .answer_max = METADATA_ANSWER_MAX,
        .direct = true,
        .secret = true,
        .done = done,
    };
}

static void add_line(struct metadata *m, const char *name, struct str value)
{
    m->lines[m->transfer.nlines++] =
        region_printf(&m->memory, "%s: " STR_FMT, name, STR_ARG(value)).p;
}

/* ---- containers ---------------------------------------------------------- */

void metadata_get(struct metadata *m, struct str url, struct str authorization,
                  bool local)
{
    m->attempts = METADATA_ATTEMPTS;
    fill(m, "GET", url, METADATA_MS, on_answer);
    m->transfer.local = local;
    if (authorization.n)
        add_line(m, "Authorization", authorization);
    send_it(m);
}

/* ---- EC2 ----------------------------------------------------------------- */

static void ask_for_token(struct metadata *m)
{
    struct str url = region_printf(&m->memory, STR_FMT "/latest/api/token",
                                   STR_ARG(m->base));

    fill(m, "PUT", url, METADATA_IMDS_MS, on_token);
    add_line(m, "x-aws-ec2-metadata-token-ttl-seconds", STR("21600"));
    send_it(m);
}

static void ask_for_path(struct metadata *m)
{
    struct str url = region_printf(&m->memory, STR_FMT STR_FMT,
                                   STR_ARG(m->base), STR_ARG(m->path));

    fill(m, "GET", url, METADATA_IMDS_MS, on_answer);
    add_line(m, "x-aws-ec2-metadata-token", m->token);
    send_it(m);
}

void metadata_imds(struct metadata *m, struct str base, struct str path)
{
    m->attempts = 1;
    m->renewed = false;
    m->base = region_copy(&m->memory, base);
    m->path = region_copy(&m->memory, path);
    if (m->token.n)
        ask_for_path(m);
    else
        ask_for_token(m);
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    }
    return s.n > 0 && s.n <= 1024;
}

static void on_token(struct transfer *transfer)
{
    struct metadata *m = LIST_ENTRY_OF(transfer, struct metadata, transfer);
    struct str token = str_trim(transfer->answer.body);

    if (transfer->end != TRANSFER_ANSWERED) {
        say(m, 0, STR(""), transfer->why);
    } else if (transfer->answer.status != 200) {
        struct str why =
            region_printf(&m->memory, "it gives no token (status %u%s)",
                          transfer->answer.status,
                          transfer->answer.status == 403
                              ? ": the instance has IMDS turned off"
                              : "");

        say(m, 0, STR(""), why.p);
    } else if (!is_token(token)) {
        say(m, 0, STR(""), "what it gives is no token");
    } else {
        m->token = region_copy(&m->memory, token);
        ask_for_path(m);
    }
}

/* ---- answers ------------------------------------------------------------- */

static bool may_pass(const struct transfer *transfer)
{
    if (transfer->end != TRANSFER_ANSWERED)
        return transfer->end == TRANSFER_FAILED && !transfer->not_local;
    return transfer->answer.status == 429 || transfer->answer.status >= 500;
}

static void on_answer(struct transfer *transfer)
{
    struct metadata *m = LIST_ENTRY_OF(transfer, struct metadata, transfer);
    unsigned status =
        transfer->end == TRANSFER_ANSWERED ? transfer->answer.status : 0;

    if (status == 200) {
        say(m, 200, transfer->answer.body, NULL);
    } else if (status == 401 && m->token.n && !m->renewed) {
        m->renewed = true;
        ask_for_token(m);
    } else if (may_pass(transfer) && m->attempts > 1) {
        m->attempts--;
        loop_timer_set(m->loop, &m->timer, METADATA_PAUSE_MS);
    } else if (status) {
        say(m, status, STR(""),
            region_printf(&m->memory, "it answers with status %u", status).p);
    } else {
        say(m, 0, STR(""), transfer->why);
    }
}
