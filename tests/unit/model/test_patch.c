/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "model/patch.h"
#include "values.h"

enum { GROUPS = 5, RULES = 12, SAYS = 256 * 1024, EDITS = 600 };

/* A config, the account that it was built from, and the edit that makes the
 * next one. */
struct world {
    struct region region;
    struct account *account;
    struct config *config;
    struct random random;
};

/* ---- what a config says --------------------------------------------------------- */

static void say_action(struct text *t, const struct config_action *a)
{
    text_printf(t, "    action %u order %u", a->type, a->order);
    if (a->type == ACTION_FORWARD) {
        const struct config_forward *f = &a->u.forward;

        for (unsigned i = 0; i < f->n; i++)
            text_printf(t, " " STR_FMT "=%u", STR_ARG(f->groups[i].group->arn),
                        f->groups[i].weight);
        text_printf(t, " sticky %d %u", f->sticky, f->sticky_ms);
    }
    text_char(t, '\n');
}

static void say_rule(struct text *t, const struct config_rule *r)
{
    text_printf(t, "  rule " STR_FMT " " STR_FMT " %u created %llu\n",
                STR_ARG(r->id), STR_ARG(r->arn), r->priority,
                (unsigned long long)r->created_ms);
    for (unsigned i = 0; i < r->nconditions; i++) {
        const struct config_condition *c = &r->conditions[i];

        text_printf(t, "    condition %u", c->field);
        for (unsigned k = 0; k < c->nvalues; k++)
            text_printf(t, " " STR_FMT, STR_ARG(c->values[k].value));
        text_char(t, '\n');
    }
    for (unsigned i = 0; i < r->nactions; i++)
        say_action(t, &r->actions[i]);
    for (unsigned i = 0; i < r->ntransforms; i++)
        text_printf(t, "    transform " STR_FMT " " STR_FMT "\n",
                    STR_ARG(r->transforms[i].regex),
                    STR_ARG(r->transforms[i].replace));
}

static void say_listener(struct text *t, const struct config *config,
                         const struct config_listener *l)
{
    const struct config_load_balancer *lb = l->load_balancer;

    assert_ptr_equal(lb, config->load_balancers[lb->index]);
    assert_ptr_equal(l, config->listeners[l->index]);
    text_printf(t, " listener " STR_FMT " " STR_FMT " of " STR_FMT " port %u\n",
                STR_ARG(l->id), STR_ARG(l->arn), STR_ARG(lb->arn), l->port);
    for (unsigned i = 0; i < l->nrules; i++)
        say_rule(t, &l->rules[i]);
}

static void say_group(struct text *t, const struct config_group *g)
{
    text_printf(t, "group %u " STR_FMT " of " STR_FMT "\n", g->index,
                STR_ARG(g->arn),
                STR_ARG(g->load_balancer ? g->load_balancer->arn : STR("-")));
    for (unsigned i = 0; i < g->ntargets; i++)
        text_printf(t, "  target " STR_FMT " %u\n", STR_ARG(g->targets[i].id),
                    g->targets[i].address.port);
}

static struct str says(struct region *region, const struct config *config)
{
    struct text t = text_in(region_take(region, SAYS), SAYS);

    for (unsigned i = 0; i < config->nload_balancers; i++) {
        const struct config_load_balancer *lb = config->load_balancers[i];

        text_printf(&t, "balancer " STR_FMT " idle %u acl " STR_FMT "\n",
                    STR_ARG(lb->arn), lb->attributes.idle_timeout_ms,
                    STR_ARG(lb->web_acl ? lb->web_acl->entity.arn : STR("-")));
        for (unsigned k = 0; k < lb->nlisteners; k++)
            say_listener(&t, config, lb->listeners[k]);
    }
    for (unsigned i = 0; i < config->ngroups; i++)
        say_group(&t, config->groups[i]);
    assert_true(text_ok(&t));
    return text_str(&t);
}

/* ---- worlds ----------------------------------------------------------------------- */

static struct config *build(const struct account *account)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    struct local local = {.again = true};
    struct config *config = config_build(account_values(account, &region),
                                         STR("test"), &local, &report);

    region_end(&region);
    report_end(&report);
    return config;
}

static void put_resources(struct text *t)
{
    TEXT_LITERAL(t, "Lb: {Type: LB}, Other: {Type: LB}, "
                    "Acl: {Type: WA, Properties: {Scope: REGIONAL, "
                    "DefaultAction: {Allow: {}}, VisibilityConfig: "
                    "{MetricName: m, SampledRequestsEnabled: true, "
                    "CloudWatchMetricsEnabled: true}}}, "
                    "As: {Type: AS, Properties: {WebACLArn: @Acl, "
                    "ResourceArn: @Lb}}, "
                    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
                    "Port: 80, Protocol: HTTP, DefaultActions: [{Type: "
                    "forward, TargetGroupArn: @Tg0}]}}, "
                    "Alt: {Type: LI, Properties: {LoadBalancerArn: @Lb, "
                    "Port: 81, Protocol: HTTP, DefaultActions: [{Type: "
                    "fixed-response, FixedResponseConfig: {StatusCode: 404}}"
                    "]}}, "
                    "Away: {Type: LI, Properties: {LoadBalancerArn: @Other, "
                    "Port: 82, Protocol: HTTP, DefaultActions: [{Type: "
                    "fixed-response, FixedResponseConfig: {StatusCode: 404}}"
                    "]}}");
    for (unsigned i = 0; i < GROUPS; i++)
        text_printf(t,
                    ", Tg%u: {Type: TG, Properties: {Port: 80, Protocol: "
                    "HTTP, VpcId: vpc-1, TargetType: ip, Targets: [{Id: "
                    "127.0.0.1, Port: %u}]}}",
                    i, 3000 + i);
    for (unsigned i = 0; i < RULES; i++)
        text_printf(t,
                    ", Rule%u: {Type: RU, Properties: {ListenerArn: @%s, "
                    "Priority: %u, Conditions: [{Field: path-pattern, Values: "
                    "[/%u/*]}], Actions: [{Type: forward, ForwardConfig: "
                    "{TargetGroups: [{TargetGroupArn: @Tg%u, Weight: 1}, "
                    "{TargetGroupArn: @Tg%u, Weight: 2}]}}]}}",
                    i, i % 3 ? "Web" : "Alt", 100 - i * 7, i, i % GROUPS,
                    (i + 1) % GROUPS);
}

static void world_begin(struct world *w, uint64_t seed)
{
    struct text t = text_in(region_take(&w->region, SAYS), SAYS);
    struct place mark;

    put_resources(&t);
    text_char(&t, '\0');
    w->random = (struct random){{seed, 2, 3, 4}};
    w->account = account_new(values_parse(&w->region, t.p, &mark), 1);
    w->config = build(w->account);
    assert_non_null(w->config);
}

static void world_end(struct world *w)
{
    config_release(w->config);
    account_release(w->account);
    region_end(&w->region);
}

/* The entry of that key, for a test to write to. */
static struct value *at(const struct value *map, const char *key)
{
    struct value *v = (struct value *)(uintptr_t)value_get(map, str_of(key));

    assert_non_null(v);
    return v;
}

static struct value *copy_of(struct world *w, const char *id)
{
    const struct account_resource *r = account_find(w->account, str_of(id));

    assert_non_null(r);
    return value_copy(&w->region, r->value);
}

static struct account *with(struct world *w, const char *id,
                            const struct value *value)
{
    struct edit edit = {NULL, NULL};

    edit_put(&w->region, &edit, str_of(id), value);
    return account_edit(w->account, &edit);
}

static struct value *tuples_of(struct value *resource)
{
    struct value *actions = at(at(resource, "Properties"), "Actions");

    return at(at(actions->first, "ForwardConfig"), "TargetGroups");
}

static struct account *with_weights(struct world *w, const char *id, unsigned a,
                                    unsigned b)
{
    struct value *resource = copy_of(w, id);
    struct value *tuples = tuples_of(resource);

    at(tuples->first, "Weight")->text = region_printf(&w->region, "%u", a);
    at(tuples->last, "Weight")->text = region_printf(&w->region, "%u", b);
    return with(w, id, resource);
}

static void go_on(struct world *w, struct account *account,
                  struct config *config)
{
    account_release(w->account);
    config_release(w->config);
    w->account = account;
    w->config = config;
}

static unsigned below(struct world *w, unsigned n)
{
    return (unsigned)(random_u64(&w->random) % n);
}

/* ---- tests --------------------------------------------------------------------------- */

static void check_same(const struct config *patched,
                       const struct account *account)
{
    struct config *full = build(account);
    struct region region = {NULL};

    assert_non_null(full);
    assert_string_equal(says(&region, patched).p, says(&region, full).p);
    region_end(&region);
    config_release(full);
}

static void test_weights_say_what_a_whole_config_would_say(void **state)
{
    struct world w = {.config = NULL};
    unsigned patched = 0;

    (void)state;
    world_begin(&w, 7);
    for (unsigned i = 0; i < EDITS; i++) {
        char id[16];
        struct account *account;
        struct config *config;
        struct patched place;

        snprintf(id, sizeof(id), "Rule%u", below(&w, RULES));
        account = with_weights(&w, id, below(&w, 1000), below(&w, 1000));
        config = config_patch(w.config, w.account, account, &place);
        if (config) {
            patched++;
            check_same(config, account);
            assert_string_equal(
                config->listeners[place.listener]->rules[place.rule].id.p, id);
        } else {
            assert_int_equal(w.config->patches, CONFIG_PATCHES_MAX);
            config = build(account);
        }
        go_on(&w, account, config);
    }
    assert_in_range(patched, EDITS - EDITS / CONFIG_PATCHES_MAX - 1, EDITS);
    world_end(&w);
}

static void test_default_actions_are_patched_as_rules_are(void **state)
{
    struct world w = {.config = NULL};
    struct value *web;
    struct value *actions;
    struct account *account;
    struct config *config;
    struct patched place;

    (void)state;
    world_begin(&w, 1);
    web = copy_of(&w, "Web");
    actions = at(at(web, "Properties"), "DefaultActions");
    /* the same group, said in another way */
    actions->first = actions->last =
        at(at(copy_of(&w, "Rule0"), "Properties"), "Actions")->first;
    at(actions->first->first->next, "TargetGroups")->first->next = NULL;
    account = with(&w, "Web", web);
    config = config_patch(w.config, w.account, account, &place);
    assert_non_null(config);
    check_same(config, account);
    assert_int_equal(place.rule, config->listeners[place.listener]->nrules - 1);
    go_on(&w, account, config);
    world_end(&w);
}

/* Anything else is for config_build(). */
static void check_not(struct world *w, const char *id, struct value *resource)
{
    struct account *account = with(w, id, resource);
    struct patched place;

    assert_null(config_patch(w->config, w->account, account, &place));
    account_release(account);
}

static void test_what_is_more_than_weights_is_not_patched(void **state)
{
    struct world w = {.config = NULL};
    struct value *rule;

    (void)state;
    world_begin(&w, 1);
    rule = copy_of(&w, "Rule1"); /* another group */
    at(tuples_of(rule)->first, "TargetGroupArn")->text =
        at(tuples_of(copy_of(&w, "Rule4"))->first, "TargetGroupArn")->text;
    check_not(&w, "Rule1", rule);
    rule = copy_of(&w, "Rule1"); /* one group less */
    tuples_of(rule)->first->next = NULL;
    check_not(&w, "Rule1", rule);
    rule = copy_of(&w, "Rule1"); /* another place */
    at(at(rule, "Properties"), "Priority")->text = STR("999");
    check_not(&w, "Rule1", rule);
    rule = copy_of(&w, "Rule1"); /* a weight that there is not */
    at(tuples_of(rule)->first, "Weight")->text = STR("1000");
    check_not(&w, "Rule1", rule);
    rule = copy_of(&w, "Rule1"); /* the same group twice */
    at(tuples_of(rule)->first, "TargetGroupArn")->text =
        at(tuples_of(rule)->last, "TargetGroupArn")->text;
    check_not(&w, "Rule1", rule);
    rule = copy_of(&w, "Tg1"); /* no rule at all */
    at(at(rule, "Properties"), "Port")->text = STR("81");
    check_not(&w, "Tg1", rule);
    world_end(&w);
}

static void test_two_resources_or_none_are_not_patched(void **state)
{
    struct world w = {.config = NULL};
    struct account *one;
    struct account *two;
    struct account *first;
    struct patched place;

    (void)state;
    world_begin(&w, 1);
    assert_null(config_patch(w.config, w.account, w.account, &place));
    first = w.account;
    one = with_weights(&w, "Rule1", 5, 6);
    w.account = one;
    two = with_weights(&w, "Rule2", 5, 6);
    w.account = first;
    assert_null(config_patch(w.config, w.account, two, &place));
    account_release(one);
    account_release(two);
    world_end(&w);
}

static void test_what_it_was_made_of_lives_as_long(void **state)
{
    struct world w = {.config = NULL};
    struct account *account;
    struct config *config;
    struct patched place;

    (void)state;
    world_begin(&w, 1);
    account = with_weights(&w, "Rule3", 0, 999);
    config = config_patch(w.config, w.account, account, &place);
    assert_non_null(config);
    go_on(&w, account, config); /* lets go of the first one */
    check_same(w.config, w.account);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_say_what_a_whole_config_would_say),
        cmocka_unit_test(test_default_actions_are_patched_as_rules_are),
        cmocka_unit_test(test_what_is_more_than_weights_is_not_patched),
        cmocka_unit_test(test_two_resources_or_none_are_not_patched),
        cmocka_unit_test(test_what_it_was_made_of_lives_as_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
