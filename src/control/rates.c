/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rates.h"

#include <stdlib.h>

#include "api/access_keys.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"

static uint64_t now_ms(const struct server *server)
{
    return server->loop.now_us / 1000;
}

/* Whether there may be anything to count. */
static bool is_wanted(const struct server *server)
{
    return server->newest &&
           (server->newest->wafs->n || rate_ledger_n(server->rates.ledger));
}

static void on_timer(struct timer *timer)
{
    struct server *server = LIST_ENTRY_OF(timer, struct server, rates.timer);
    struct rate_rounds *rates = &server->rates;

    loop_timer_set(&server->loop, timer, RATE_ROUND_MS);
    if (rates->goes_on || !is_wanted(server))
        return;
    rates->goes_on = true;
    for (unsigned i = 0; i < server->nworkers; i++) {
        struct worker_rates *ask = memory_zeroed(1, sizeof(*ask));

        ask->message.kind = WORKER_RATES;
        ask->worker = server->workers[i];
        mailbox_send(&server->workers[i]->mailbox, &ask->message);
    }
}

/* What other nodes have is added at the next turn. */
static void on_others(void *owner, uint64_t number, unsigned n,
                      const struct str *others)
{
    struct rate_ledger *ledger = ((struct server *)owner)->rates.ledger;

    rate_ledger_forget_others(ledger, number);
    for (unsigned i = 0; i < n; i++) {
        if (!rate_ledger_add_other(ledger, number, others[i]))
            log_write(LOG_WARN, "control",
                      "what another node counted of rates is not understood");
    }
}

/* What they said is soon old: without an answer only our own counts. */
static void ask_others(struct server *server)
{
    struct rate_rounds *rates = &server->rates;

    for (unsigned i = 0; i < rate_ledger_n(rates->ledger); i++) {
        uint64_t number = rate_ledger_instance(rates->ledger, i)->number;
        struct str packed = rate_ledger_pack(rates->ledger, number);

        if (!redis_rates_exchange(rates->nodes, number, packed))
            rate_ledger_forget_others(rates->ledger, number);
        free((char *)(uintptr_t)packed.p);
    }
}

static void join_nodes(struct server *server)
{
    struct error error = {""};

    if (server->options.redis == NULL)
        return;
    server->rates.nodes = redis_rates_new(&server->loop, server->options.redis,
                                          on_others, server, &error);
    if (server->rates.nodes == NULL)
        log_write(LOG_ERROR, "control",
                  "rates are not shared with other nodes: %s", error.text);
}

void rates_begin(struct server *server)
{
    join_nodes(server);
    server->rates.ledger = rate_ledger_new();
    server->rates.back =
        memory_zeroed(server->nworkers + 1, sizeof(struct worker_rates *));
    timer_init(&server->rates.timer, on_timer);
    loop_timer_set(&server->loop, &server->rates.timer, RATE_ROUND_MS);
}

static void forget_back(struct rate_rounds *rates)
{
    while (rates->nback)
        free(rates->back[--rates->nback]);
}

void rates_end(struct server *server)
{
    redis_rates_free(server->rates.nodes);
    forget_back(&server->rates);
    free(server->rates.back);
    rate_ledger_free(server->rates.ledger);
}

/* All workers answered. */
static void conclude(struct server *server)
{
    struct rate_rounds *rates = &server->rates;

    for (unsigned i = 0; i < rates->nback; i++) {
        for (struct rate_part *p = rates->back[i]->parts; p; p = p->next)
            rate_ledger_add(rates->ledger, p, now_ms(server));
    }
    rate_ledger_turn(rates->ledger, now_ms(server));
    while (rates->nback) {
        struct worker_rates *back = rates->back[--rates->nback];

        rate_ledger_tell(rates->ledger, back->worker->rates);
        back->message.kind = WORKER_RATES_END;
        mailbox_send(&back->worker->mailbox, &back->message);
    }
    rates->goes_on = false;
    if (rates->nodes)
        ask_others(server);
}

void rates_back(struct server *server, struct worker_rates *back)
{
    struct rate_rounds *rates = &server->rates;

    rates->back[rates->nback++] = back;
    if (rates->nback == server->nworkers && !server->stopping)
        conclude(server);
}

/* ---- who is limited ---------------------------------------------------------- */

struct showing {
    void (*visit)(void *to, struct str address, bool ipv6);
    void *to;
};

static void show(void *owner, struct str key)
{
    const struct showing *showing = owner;

    showing->visit(showing->to, key, memchr(key.p, ':', key.n) != NULL);
}

static const struct waf_program *program_of(const struct server *server,
                                            struct str arn)
{
    const struct waf_set *set = server->newest->wafs;

    for (unsigned i = 0; i < set->n; i++) {
        if (set->programs[i] &&
            str_eq(waf_program_acl(set->programs[i])->entity.arn, arn))
            return set->programs[i];
    }
    return NULL;
}

bool rates_visit(void *owner, const struct rate_keys_query *query,
                 void (*visit)(void *to, struct str address, bool ipv6),
                 void *to)
{
    struct server *server = owner;
    struct showing showing = {visit, to};
    const struct waf_program *program = program_of(server, query->acl);
    const struct rate_instance *instance =
        program ? waf_program_rate(program, query->rule, query->in_group)
                : NULL;

    if (instance == NULL || server->rates.ledger == NULL)
        return false;
    rate_ledger_limited(server->rates.ledger, instance->number, show, &showing);
    return true;
}
