/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/route_table.h"

#include <stdlib.h>

/* ---- compiling --------------------------------------------------------------- */

/* The rule of that priority, from rule `*from` on; `*from` moves up to it.
 * Rules ascend, the default rule (0) is the last. */
static const struct rule_action *action_of(const struct route_table *table,
                                           unsigned priority, unsigned *from)
{
    const struct config_listener *config = table->config;
    unsigned last = config->nrules - 1;

    if (priority == 0)
        return table->actions[last];
    while (*from < last && config->rules[*from].priority < priority)
        ++*from;
    return config->rules[*from].priority == priority ? table->actions[*from]
                                                     : NULL;
}

static bool compile_actions(struct route_table *table,
                            const struct group_set *groups,
                            const struct route_table *before,
                            struct report *report)
{
    const struct config_listener *config = table->config;
    unsigned from = 0;
    bool ok = true;

    table->own = memory_zeroed((size_t)config->nrules + 1, sizeof(*table->own));
    table->actions =
        memory_zeroed((size_t)config->nrules + 1, sizeof(struct rule_action *));
    for (unsigned i = 0; i < config->nrules; i++) {
        const struct config_rule *rule = &config->rules[i];
        const struct rule_action *old =
            before ? action_of(before, rule->priority, &from) : NULL;

        table->actions[i] = &table->own[i];
        ok &= action_init(table->actions[i], config, rule, groups->groups, old,
                          report);
        action_need_add(table->actions[i], &table->need);
        table->nown++;
    }
    return ok;
}

struct route_table *route_table_new(const struct config_listener *listener,
                                    const struct group_set *groups,
                                    const struct route_table *before,
                                    struct report *report)
{
    struct route_table *table = memory_zeroed(1, sizeof(*table));
    bool ok;

    atomic_init(&table->refs, 1);
    table->config = listener;
    table->ingress = ingress_new(listener);
    listener_headers_compile(&table->headers, listener);
    table->router =
        router_new(listener, before ? before->router : NULL, report);
    ok = compile_actions(table, groups, before, report);
    if (ok && table->router) {
        linear_need_join(&table->need, router_need(table->router));
        return table;
    }
    route_table_release(table);
    return NULL;
}

void route_table_inspect(struct route_table *table, struct waf_program *program)
{
    table->waf = program ? waf_program_hold(program) : NULL;
}

void route_table_count(struct route_table *table, struct meter *meter,
                       struct meter_nodes *nodes)
{
    table->meter = meter_hold(meter);
    table->nodes = nodes;
}

static void copy_cursor(struct rule_action *to, const struct rule_action *from)
{
    atomic_init(&to->cursor,
                atomic_load_explicit(&from->cursor, memory_order_relaxed));
}

void route_table_carry(struct route_table *table,
                       const struct route_table *before)
{
    unsigned from = 0;

    for (unsigned i = 0; i < table->config->nrules; i++) {
        const struct rule_action *old =
            action_of(before, table->config->rules[i].priority, &from);

        if (old)
            copy_cursor(table->actions[i], old);
    }
}

/* ---- a patch ------------------------------------------------------------------ */

struct route_table *route_table_patch(struct route_table *before,
                                      const struct config_listener *listener,
                                      unsigned rule,
                                      const struct group_set *groups)
{
    struct route_table *table = memory_zeroed(1, sizeof(*table));
    struct report report = {.strict = false};

    table->config = listener;
    table->router = router_hold(before->router);
    table->headers = before->headers;
    memcpy(table->sinks, before->sinks, sizeof(table->sinks));
    route_table_count(table, before->meter, meter_nodes_copy(before->nodes));
    table->tls = tls_context_hold(before->tls);
    route_table_inspect(table, before->waf);
    table->need = before->need;
    table->ingress = before->ingress;
    atomic_init(&table->refs, 1);
    table->base = route_table_hold(before);
    table->own = memory_zeroed(1, sizeof(*table->own));
    table->nown = 1;
    table->actions =
        memory_copy(before->actions, listener->nrules * sizeof(void *));
    table->actions[rule] = table->own;
    action_init(table->own, listener, &listener->rules[rule], groups->groups,
                before->actions[rule], &report);
    copy_cursor(table->own, before->actions[rule]);
    report_end(&report);
    return table;
}

/* ---- life ---------------------------------------------------------------------- */

struct route_table *route_table_hold(struct route_table *table)
{
    atomic_fetch_add_explicit(&table->refs, 1, memory_order_relaxed);
    return table;
}

void route_table_release(struct route_table *table)
{
    while (table && atomic_fetch_sub_explicit(&table->refs, 1,
                                              memory_order_acq_rel) == 1) {
        struct route_table *base = table->base;

        for (unsigned i = 0; i < table->nown; i++)
            action_end(&table->own[i]);
        router_release(table->router);
        tls_context_release(table->tls);
        waf_program_release(table->waf);
        meter_release(table->meter);
        if (base == NULL)
            ingress_free(table->ingress);
        free(table->nodes);
        free(table->own);
        free(table->actions);
        free(table);
        table = base;
    }
}
