/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rates.h"

#include <stdlib.h>

#include "api/access_keys.h"
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

void rates_begin(struct server *server)
{
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
