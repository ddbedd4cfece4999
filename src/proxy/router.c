/* SPDX-License-Identifier: Apache-2.0
 *
 * The index says which rules can match at all; those are tried in the order of
 * their priority, with all of their conditions.
 */
#include "proxy/router.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/config_parts.h"
#include "proxy/condition.h"
#include "proxy/router_index.h"

struct rule {
    unsigned nconditions;
    struct condition *conditions;
};

struct router {
    _Atomic unsigned refs;
    struct region region; /* with what it keeps of the config */
    struct config_digest digest;
    struct linear_need need;
    unsigned nrules; /* without the default rule, whose index this is */
    struct rule *rules;
    struct host_index hosts;
    struct path_index paths;
};

/* ---- compiling ----------------------------------------------------------- */

static bool compile_rule(struct router *router,
                         const struct config_listener *listener, unsigned i,
                         struct report *report)
{
    const struct config_rule *config = &listener->rules[i];
    struct rule *rule = &router->rules[i];
    const struct config_condition *kept =
        config_conditions_copy(&router->region, config);
    bool ok = true;

    rule->conditions = region_take(
        &router->region, config->nconditions * sizeof(*rule->conditions));
    for (unsigned c = 0; c < config->nconditions; c++) {
        if (!condition_init(&rule->conditions[c], &kept[c],
                            &config->conditions[c], report))
            ok = false;
        condition_need_add(&rule->conditions[c], &router->need);
        rule->nconditions++;
    }
    return ok;
}

/* The first condition on a field: the index looks at one of each rule. */
static const struct condition *condition_on(const struct rule *rule,
                                            enum condition_field field)
{
    for (unsigned c = 0; c < rule->nconditions; c++) {
        if (rule->conditions[c].config->field == field)
            return &rule->conditions[c];
    }
    return NULL;
}

/* What the values of a rule's condition on host or path begin with. */
static size_t texts_of(const struct router *router, unsigned i,
                       enum condition_field field, struct rule_text *texts)
{
    const struct condition *condition = condition_on(&router->rules[i], field);
    unsigned n = condition ? condition->config->nvalues : 0;

    if (condition == NULL || condition->config->regex) {
        texts[0] = (struct rule_text){.text = STR(""), .rule = i};
        return 1;
    }
    for (unsigned v = 0; v < n; v++) {
        texts[v].rule = i;
        texts[v].text =
            pattern_prefix(condition->values[v].pattern, &texts[v].exact);
    }
    return n;
}

static size_t all_texts(const struct router *router, enum condition_field field,
                        struct rule_text *texts)
{
    size_t n = 0;

    for (unsigned i = 0; i < router->nrules; i++)
        n += texts_of(router, i, field, texts + n);
    return n;
}

static void build_index(struct router *router)
{
    struct rule_text *texts;
    size_t most = 1;

    for (unsigned i = 0; i < router->nrules; i++) {
        most++;
        for (unsigned c = 0; c < router->rules[i].nconditions; c++)
            most += router->rules[i].conditions[c].config->nvalues;
    }
    texts = memory_zeroed(most, sizeof(*texts));
    host_index_init(&router->hosts, &router->region, router->nrules, texts,
                    all_texts(router, CONDITION_HOST, texts));
    path_index_init(&router->paths, &router->region, router->nrules, texts,
                    all_texts(router, CONDITION_PATH, texts));
    free(texts);
}

static bool compile(struct router *router,
                    const struct config_listener *listener,
                    struct report *report)
{
    bool ok = true;

    router->nrules = listener->nrules ? listener->nrules - 1 : 0;
    router->rules =
        region_take(&router->region, router->nrules * sizeof(*router->rules));
    for (unsigned i = 0; i < router->nrules; i++)
        ok &= compile_rule(router, listener, i, report);
    return ok;
}

static struct router *make(const struct config_listener *listener,
                           struct report *report)
{
    struct router *router = memory_zeroed(1, sizeof(*router));

    atomic_init(&router->refs, 1);
    if (compile(router, listener, report)) {
        build_index(router);
        return router;
    }
    router_release(router);
    return NULL;
}

struct router *router_new(const struct config_listener *listener,
                          struct router *before, struct report *report)
{
    struct config_digest digest = config_conditions_digest(listener);
    struct router *router;

    if (before && config_digest_equal(&digest, &before->digest))
        return router_hold(before);
    router = make(listener, report);
    if (router)
        router->digest = digest;
    return router;
}

struct router *router_hold(struct router *router)
{
    atomic_fetch_add_explicit(&router->refs, 1, memory_order_relaxed);
    return router;
}

void router_release(struct router *router)
{
    struct region region;

    if (router == NULL ||
        atomic_fetch_sub_explicit(&router->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < router->nrules; i++) {
        for (unsigned c = 0; c < router->rules[i].nconditions; c++)
            condition_end(&router->rules[i].conditions[c]);
    }
    region = router->region;
    region_end(&region);
    free(router);
}

const struct linear_need *router_need(const struct router *router)
{
    return &router->need;
}

void router_scratch_fit(const struct router *router,
                        struct linear_scratch *scratch)
{
    linear_scratch_reserve(scratch, &router->need);
}

/* ---- matching ------------------------------------------------------------ */

static bool rule_matches(const struct rule *rule, const struct route_view *view,
                         struct linear_scratch *scratch)
{
    for (unsigned c = 0; c < rule->nconditions; c++) {
        if (condition_match(&rule->conditions[c], view, scratch) < 0)
            return false;
    }
    return true;
}

static unsigned match_view(const struct router *router,
                           const struct route_view *view,
                           struct linear_scratch *scratch)
{
    const uint64_t *hosts = host_index_find(&router->hosts, view->host);
    const uint64_t *paths = path_index_find(&router->paths, view->path);
    unsigned words = rule_words(router->nrules);

    for (unsigned w = 0; w < words; w++) {
        uint64_t candidates = hosts[w] & paths[w];

        for (; candidates; candidates &= candidates - 1) {
            unsigned rule = w * 64 + (unsigned)__builtin_ctzll(candidates);

            if (rule_matches(&router->rules[rule], view, scratch))
                return rule;
        }
    }
    return router->nrules;
}

/* Apart, so that only paths that need it pay for the room. */
static __attribute__((noinline)) unsigned
match_normalised(const struct router *router, struct route_view *view,
                 struct linear_scratch *scratch)
{
    char room[ROUTE_ROOM];

    route_view_normalise(view, room);
    return match_view(router, view, scratch);
}

unsigned router_match(const struct router *router,
                      const struct route_request *request,
                      struct linear_scratch *scratch, unsigned *evaluated)
{
    struct route_view view;
    unsigned rule = 0; /* the default rule, when there is no other */

    if (router->nrules)
        rule = route_view_init(&view, request)
                   ? match_view(router, &view, scratch)
                   : match_normalised(router, &view, scratch);
    if (evaluated)
        *evaluated = rule < router->nrules ? rule + 1 : router->nrules;
    return rule;
}

/* ---- explaining ---------------------------------------------------------- */

static void try_rule(const struct router *router, const struct route_view *view,
                     struct linear_scratch *scratch, unsigned i,
                     char room[CONDITION_ROOM], struct rule_trial *trial)
{
    const struct rule *rule = &router->rules[i];

    trial->rule = i;
    trial->matched = true;
    trial->n = 0;
    for (unsigned c = 0; c < rule->nconditions; c++) {
        struct condition_trial t =
            condition_try(&rule->conditions[c], view, scratch, room);

        if (!t.matched)
            trial->matched = false;
        if (trial->n < TRIALS_MAX)
            trial->conditions[trial->n++] = t;
    }
}

unsigned
router_explain(const struct router *router, const struct route_request *request,
               struct linear_scratch *scratch,
               void (*on_rule)(void *owner, const struct rule_trial *trial),
               void *owner)
{
    char address[CONDITION_ROOM];
    char room[ROUTE_ROOM];
    struct route_view view;
    struct rule_trial trial;

    if (!route_view_init(&view, request))
        route_view_normalise(&view, room);
    for (unsigned i = 0; i < router->nrules; i++) {
        try_rule(router, &view, scratch, i, address, &trial);
        on_rule(owner, &trial);
        if (trial.matched)
            return i;
    }
    trial = (struct rule_trial){.rule = router->nrules, .matched = true};
    on_rule(owner, &trial);
    return router->nrules;
}
