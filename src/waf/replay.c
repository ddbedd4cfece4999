/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/replay.h"

#include <stdlib.h>

#include "base/memory.h"
#include "waf/rate_ledger.h"

enum {
    ARENA_MAX = 256 * 1024 * 1024, /* with all that is told */
    ROUND_MS = 1000,
    /* More than the longest window: after that nothing counts any more. */
    FORGOTTEN_MS = 660 * 1000,
};

struct replay {
    struct waf_program *program;
    struct waf_scratch *scratch;
    struct chunk_pool pool;
    struct arena arena;
    struct rate_worker *rates;
    struct rate_ledger *ledger;
    uint64_t now_ms;
    uint64_t turned_ms; /* there was a round each second until then */
};

struct replay *replay_new(struct waf_program *program)
{
    struct replay *r = memory_zeroed(1, sizeof(*r));

    r->program = waf_program_hold(program);
    r->scratch = waf_scratch_new();
    arena_init(&r->arena, &r->pool, ARENA_MAX);
    r->rates = rate_worker_new();
    r->ledger = rate_ledger_new();
    return r;
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    rate_worker_free(r->rates);
    rate_ledger_free(r->ledger);
    arena_reset(&r->arena);
    chunk_pool_end(&r->pool);
    waf_scratch_free(r->scratch);
    waf_program_release(r->program);
    free(r);
}

/* As the control thread does each second. */
static void turn(struct replay *r, uint64_t now_ms)
{
    const struct rate_part *part = rate_worker_begin_round(r->rates);

    for (; part; part = part->next)
        rate_ledger_add(r->ledger, part, now_ms);
    rate_ledger_turn(r->ledger, now_ms);
    rate_ledger_tell(r->ledger, r->rates);
    rate_worker_end_round(r->rates);
}

static void forget(struct replay *r, uint64_t now_ms)
{
    rate_worker_free(r->rates);
    rate_ledger_free(r->ledger);
    r->rates = rate_worker_new();
    r->ledger = rate_ledger_new();
    r->turned_ms = now_ms;
}

static void advance(struct replay *r, uint64_t now_ms)
{
    if (now_ms < r->now_ms)
        now_ms = r->now_ms;
    if (now_ms - r->now_ms > FORGOTTEN_MS)
        forget(r, now_ms);
    for (; r->turned_ms + ROUND_MS <= now_ms; r->turned_ms += ROUND_MS)
        turn(r, r->turned_ms);
    r->now_ms = now_ms;
}

void replay_try(struct replay *r, const struct inspected *request,
                uint64_t now_ms, bool told, struct trail *trail)
{
    struct waf_evaluation evaluation = {.request = request, .arena = &r->arena};

    advance(r, now_ms);
    evaluation.rates = r->rates;
    evaluation.now_ms = r->now_ms;
    arena_reset(&r->arena);
    trail_begin(trail, r->program, &r->arena);
    evaluation.trace = told ? &trail->trace : NULL;
    waf_evaluate(r->program, r->scratch, &evaluation, &trail->result);
}
