/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker's side of meters, and their sums.
 *
 * Rows are found by a hash of their texts, which costs some 50 ns; a *plan*
 * remembers those of a program's rules by their place in it.  Plans go when the
 * worker takes another snapshot: a program of another one may stand where one
 * stood that is gone, and no request sees it before.
 */
#include "waf/meter.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/region.h"

const char *const waf_meter_words[WAF_METER_WORDS] = {
    [WAF_ALLOW] = "AllowedRequests",
    [WAF_BLOCK] = "BlockedRequests",
    [WAF_COUNT] = "CountedRequests",
    [WAF_CAPTCHA] = "CaptchaRequests",
    [WAF_CHALLENGE] = "ChallengeRequests",
    [WAF_METER_PASSED] = "PassedRequests",
};

enum { TABLE_MIN = 256, PLANS = 64, RECENT = 64 };

struct key {
    bool label;
    struct str arn;
    struct str acl;
    struct str group;
    struct str rule;
};

struct row {
    struct row *next; /* older */
    uint64_t hash;
    struct key key;
    struct waf_due due;
    _Atomic uint64_t counts[WAF_METER_WORDS];
    char texts[];
};

/* Of a rule of an ACL that is a group. */
struct group_plan {
    uint64_t touched; /* number of the request that a rule of it matched */
    struct row *all;
    struct row **rules;
};

struct plan {
    struct plan *next;
    const struct waf_program *program; /* may be gone by now */
    unsigned nrules;
    struct row *all;
    struct row *by_default;
    struct row **rules;         /* of the ACL; NULL: not found yet */
    struct group_plan **groups; /* of the same ones */
};

struct waf_meter {
    _Atomic(struct row *) rows; /* newest first: others follow it */
    struct row **table;         /* of a power of two, NULL: free */
    unsigned ntable;
    unsigned nrows;
    unsigned nrules; /* of them, without labels */
    uint64_t requests;
    struct plan *plans[PLANS]; /* by program */
    /* Of labels, by where their names stood: mostly they stand there again. */
    struct row *recent[RECENT];
};

/* ---- rows ------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t add_text(uint64_t h, struct str s)
{
    uint64_t x;

    h = mix(h, s.n);
    for (; s.n >= sizeof(x); s = str_make(s.p + sizeof(x), s.n - sizeof(x))) {
        memcpy(&x, s.p, sizeof(x));
        h = mix(h, x);
    }
    x = 0;
    if (s.n)
        memcpy(&x, s.p, s.n);
    return mix(h, x);
}

static uint64_t hash_of(const struct key *key)
{
    uint64_t h = mix(1, key->label);

    h = add_text(h, key->arn);
    if (key->arn.n == 0)
        h = add_text(h, key->acl); /* else a part of the ARN */
    h = add_text(h, key->group);
    return add_text(h, key->rule);
}

static bool is_same(const struct key *a, const struct key *b)
{
    return a->label == b->label && str_eq(a->rule, b->rule) &&
           str_eq(a->acl, b->acl) && str_eq(a->group, b->group) &&
           str_eq(a->arn, b->arn);
}

static struct str keep(char **to, struct str s)
{
    struct str kept = str_make(*to, s.n);

    if (s.n)
        memcpy(*to, s.p, s.n);
    *to += s.n;
    return kept;
}

static struct row *row_new(const struct key *key, uint64_t hash)
{
    size_t n = key->arn.n + key->acl.n + key->group.n + key->rule.n;
    struct row *row = memory_zeroed(1, sizeof(*row) + n);
    char *to = row->texts;

    row->hash = hash;
    row->key.label = key->label;
    row->key.arn = keep(&to, key->arn);
    row->key.acl = keep(&to, key->acl);
    row->key.group = keep(&to, key->group);
    row->key.rule = keep(&to, key->rule);
    return row;
}

static struct row **place_of(struct row **table, unsigned n, uint64_t hash,
                             const struct key *key)
{
    unsigned i = (unsigned)hash & (n - 1);

    while (table[i] &&
           (table[i]->hash != hash || !is_same(&table[i]->key, key)))
        i = (i + 1) & (n - 1);
    return &table[i];
}

static void grow(struct waf_meter *meter)
{
    unsigned n = 2 * meter->ntable;
    struct row **table = memory_zeroed(n, sizeof(struct row *));

    for (unsigned i = 0; i < meter->ntable; i++) {
        struct row *row = meter->table[i];

        if (row)
            *place_of(table, n, row->hash, &row->key) = row;
    }
    free(meter->table);
    meter->table = table;
    meter->ntable = n;
}

static struct row *add(struct waf_meter *meter, struct row **place,
                       const struct key *key, uint64_t hash)
{
    struct row *row = row_new(key, hash);

    *place = row;
    row->next = atomic_load_explicit(&meter->rows, memory_order_relaxed);
    atomic_store_explicit(&meter->rows, row, memory_order_release);
    meter->nrules += !key->label;
    if (++meter->nrows > meter->ntable / 2)
        grow(meter);
    return row;
}

static bool is_full(const struct waf_meter *meter, bool label)
{
    return label ? meter->nrows - meter->nrules >= WAF_METER_LABELS_MAX
                 : meter->nrules >= WAF_METER_RULES_MAX;
}

static struct row *find(struct waf_meter *meter, const struct key *key)
{
    uint64_t hash = hash_of(key);
    struct row **place = place_of(meter->table, meter->ntable, hash, key);
    struct key other = {
        .label = key->label,
        .arn = STR(""),
        .acl = STR(WAF_METER_OTHER),
        .group = STR(""),
        .rule = STR(WAF_METER_OTHER),
    };

    if (*place == NULL && is_full(meter, key->label)) {
        key = &other;
        hash = hash_of(key);
        place = place_of(meter->table, meter->ntable, hash, key);
    }
    return *place ? *place : add(meter, place, key, hash);
}

static void count(struct row *row, unsigned word)
{
    uint64_t n = atomic_load_explicit(&row->counts[word], memory_order_relaxed);

    atomic_store_explicit(&row->counts[word], n + 1, memory_order_relaxed);
}

/* ---- plans -------------------------------------------------------------------------- */

static struct row *find_rule(struct waf_meter *meter,
                             const struct waf_program *program,
                             struct str group, struct str rule)
{
    const struct config_web_acl *acl = waf_program_acl(program);
    const struct key key = {.arn = acl->entity.arn,
                            .acl = acl->entity.name,
                            .group = group,
                            .rule = rule};

    return find(meter, &key);
}

struct str waf_metric_of(const struct waf_rule *rule)
{
    return rule->visibility.metric.n ? rule->visibility.metric : rule->name;
}

static struct str group_metric(const struct config_rule_group *group)
{
    return group->managed || group->visibility.metric.n == 0
               ? group->entity.name
               : group->visibility.metric;
}

static struct plan *plan_new(struct waf_meter *meter,
                             const struct waf_program *program)
{
    const struct config_web_acl *acl = waf_program_acl(program);
    struct plan *plan = memory_zeroed(1, sizeof(*plan));
    size_t n = (size_t)acl->nrules + 1;

    plan->program = program;
    plan->nrules = acl->nrules;
    plan->rules = memory_zeroed(n, sizeof(struct row *));
    plan->groups = memory_zeroed(n, sizeof(struct group_plan *));
    plan->all = find_rule(meter, program, STR(""), STR(WAF_METER_ALL));
    plan->by_default =
        find_rule(meter, program, STR(""), STR(WAF_METER_DEFAULT));
    return plan;
}

static void plan_free(struct plan *plan)
{
    for (unsigned i = 0; i < plan->nrules; i++) {
        if (plan->groups[i])
            free(plan->groups[i]->rules);
        free(plan->groups[i]);
    }
    free(plan->rules);
    free(plan->groups);
    free(plan);
}

static struct plan *plan_of(struct waf_meter *meter,
                            const struct waf_program *program)
{
    struct plan **at =
        &meter->plans[mix(0, (uintptr_t)program) >> 32 & (PLANS - 1)];
    struct plan *plan = *at;

    while (plan && plan->program != program)
        plan = plan->next;
    if (plan)
        return plan;
    plan = plan_new(meter, program);
    plan->next = *at;
    *at = plan;
    return plan;
}

static struct row *rule_row(struct waf_meter *meter, struct plan *plan,
                            const struct waf_rule *rule)
{
    struct row **row =
        &plan->rules[rule - waf_program_acl(plan->program)->rules];

    if (*row == NULL)
        *row = find_rule(meter, plan->program, STR(""), waf_metric_of(rule));
    return *row;
}

static struct group_plan *group_of(struct waf_meter *meter, struct plan *plan,
                                   const struct waf_rule *referring)
{
    const struct config_rule_group *group = referring->statement->u.group.group;
    struct group_plan **at =
        &plan->groups[referring - waf_program_acl(plan->program)->rules];

    if (*at == NULL) {
        *at = memory_zeroed(1, sizeof(**at));
        (*at)->rules =
            memory_zeroed((size_t)group->nrules + 1, sizeof(struct row *));
        (*at)->all = find_rule(meter, plan->program, group_metric(group),
                               STR(WAF_METER_ALL));
    }
    return *at;
}

static struct row *group_row(struct waf_meter *meter, struct plan *plan,
                             const struct waf_match *match)
{
    const struct config_rule_group *group = match->group;
    struct group_plan *of = group_of(meter, plan, match->referring);
    struct row **row = &of->rules[match->rule - group->rules];

    if (*row == NULL)
        *row = find_rule(meter, plan->program, group_metric(group),
                         waf_metric_of(match->rule));
    return *row;
}

/* ---- a request ------------------------------------------------------------------------ */

static void count_in_group(struct waf_meter *meter, struct plan *plan,
                           const struct waf_match *match, bool again)
{
    struct group_plan *group = group_of(meter, plan, match->referring);

    group->touched = meter->requests;
    count(group_row(meter, plan, match), match->action);
    if (match->action != WAF_COUNT || !again)
        count(group->all, match->action);
}

static void count_matches(struct waf_meter *meter, struct plan *plan,
                          const struct waf_result *result)
{
    const struct waf_rule *counted_in = NULL;
    bool counted = false;

    for (const struct waf_match *m = result->matches; m; m = m->next) {
        if (m->referring) {
            count_in_group(meter, plan, m, counted_in == m->referring);
            if (m->action == WAF_COUNT)
                counted_in = m->referring;
        } else if (m->action == WAF_COUNT) {
            count(rule_row(meter, plan, m->rule), WAF_COUNT);
            counted = true;
        }
    }
    if (counted)
        count(plan->all, WAF_COUNT);
}

static void count_groups(struct waf_meter *meter, struct plan *plan,
                         const struct waf_result *result)
{
    for (const struct waf_group_result *g = result->groups; g; g = g->next) {
        struct group_plan *group = group_of(meter, plan, g->referring);

        if (group->touched != meter->requests)
            count(group->all, WAF_METER_PASSED);
    }
}

static void count_end(struct waf_meter *meter, struct plan *plan,
                      const struct waf_result *result)
{
    const struct waf_match *end = result->terminating;
    struct row *row = plan->by_default;

    if (end)
        row =
            rule_row(meter, plan, end->referring ? end->referring : end->rule);
    count(row, result->action);
    count(plan->all, result->action);
}

/* "a:b:" and "c". */
static struct row *find_label(struct waf_meter *meter, struct str name)
{
    struct key key = {.label = true, .arn = STR(""), .group = STR("")};
    size_t n = name.n;

    while (n && name.p[n - 1] != ':')
        n--;
    key.acl = str_make(name.p, n);
    key.rule = str_make(name.p + n, name.n - n);
    return find(meter, &key);
}

/* A label's row has its whole name. */
static bool is_label(const struct row *row, struct str name)
{
    return row && row->key.acl.n + row->key.rule.n == name.n &&
           memcmp(row->texts, name.p, name.n) == 0;
}

static void count_label(struct waf_meter *meter, struct str name,
                        enum waf_action_type action)
{
    struct row **recent =
        &meter->recent[((uintptr_t)name.p / 16 ^ name.n) & (RECENT - 1)];

    if (!is_label(*recent, name))
        *recent = find_label(meter, name);
    count(*recent, action);
}

static void count_labels(struct waf_meter *meter,
                         const struct waf_result *result)
{
    unsigned n = 0;

    for (const struct waf_label *l = result->labels;
         l && n < WAF_METER_REQUEST_LABELS_MAX; l = l->next, n++)
        count_label(meter, l->name, result->action);
}

void waf_meter_count(struct waf_meter *meter, const struct waf_program *program,
                     const struct waf_result *result)
{
    struct plan *plan = plan_of(meter, program);

    meter->requests++;
    count_end(meter, plan, result);
    count_matches(meter, plan, result);
    count_groups(meter, plan, result);
    count_labels(meter, result);
}

/* ---- samples ------------------------------------------------------------------------- */

/* Rows of "other" are of nobody. */
static struct waf_due *due_of(struct row *row)
{
    return row->key.arn.n ? &row->due : NULL;
}

struct waf_due *waf_meter_due(struct waf_meter *meter,
                              const struct waf_program *program,
                              const struct waf_match *match)
{
    struct plan *plan = plan_of(meter, program);

    return due_of(match->referring ? group_row(meter, plan, match)
                                   : rule_row(meter, plan, match->rule));
}

struct waf_due *waf_meter_due_default(struct waf_meter *meter,
                                      const struct waf_program *program)
{
    return due_of(plan_of(meter, program)->by_default);
}

struct waf_due *waf_meter_due_all(struct waf_meter *meter,
                                  const struct waf_program *program)
{
    return due_of(plan_of(meter, program)->all);
}

bool waf_due_is_new(struct waf_meter *meter, struct waf_due *due)
{
    bool new = due->request != meter->requests;

    due->request = meter->requests;
    return new;
}

/* ---- life ------------------------------------------------------------------------------ */

struct waf_meter *waf_meter_new(void)
{
    struct waf_meter *meter = memory_zeroed(1, sizeof(*meter));

    atomic_init(&meter->rows, NULL);
    meter->ntable = TABLE_MIN;
    meter->table = memory_zeroed(TABLE_MIN, sizeof(struct row *));
    return meter;
}

void waf_meter_turn(struct waf_meter *meter)
{
    for (unsigned i = 0; i < PLANS; i++) {
        while (meter->plans[i]) {
            struct plan *plan = meter->plans[i];

            meter->plans[i] = plan->next;
            plan_free(plan);
        }
    }
}

void waf_meter_free(struct waf_meter *meter)
{
    struct row *row;

    if (meter == NULL)
        return;
    waf_meter_turn(meter);
    row = atomic_load(&meter->rows);
    while (row) {
        struct row *next = row->next;

        free(row);
        row = next;
    }
    free(meter->table);
    free(meter);
}

/* ---- sums -------------------------------------------------------------------------------- */

static int compare(const void *first, const void *second)
{
    const struct waf_metric *a = first;
    const struct waf_metric *b = second;
    int order = (int)a->label - (int)b->label;

    if (order == 0)
        order = str_compare(a->acl, b->acl);
    if (order == 0)
        order = str_compare(a->group, b->group);
    if (order == 0)
        order = str_compare(a->rule, b->rule);
    return order ? order : str_compare(a->arn, b->arn);
}

static void read_row(const struct row *row, struct waf_metric *metric)
{
    *metric = (struct waf_metric){
        .label = row->key.label,
        .arn = row->key.arn,
        .acl = row->key.acl,
        .group = row->key.group,
        .rule = row->key.rule,
    };
    for (unsigned i = 0; i < WAF_METER_WORDS; i++)
        metric->counts[i] =
            atomic_load_explicit(&row->counts[i], memory_order_relaxed);
}

/* What is equal and stands side by side becomes one. */
static unsigned join(struct waf_metric *v, unsigned n)
{
    unsigned to = 0;

    for (unsigned i = 1; i < n; i++) {
        if (compare(&v[to], &v[i]) != 0) {
            v[++to] = v[i];
            continue;
        }
        for (unsigned k = 0; k < WAF_METER_WORDS; k++)
            v[to].counts[k] += v[i].counts[k];
    }
    return n ? to + 1 : 0;
}

const struct waf_metric *waf_meters_sum(struct waf_meter *const *meters,
                                        unsigned n, struct region *region,
                                        unsigned *number)
{
    /* Rows that come meanwhile stand before these. */
    const struct row **first =
        region_take(region, (n + 1) * sizeof(struct row *));
    struct waf_metric *v;
    size_t most = 1;
    unsigned found = 0;

    for (unsigned i = 0; i < n; i++) {
        first[i] = atomic_load_explicit(&meters[i]->rows, memory_order_acquire);
        for (const struct row *row = first[i]; row; row = row->next)
            most++;
    }
    v = region_take(region, most * sizeof(*v));
    for (unsigned i = 0; i < n; i++) {
        for (const struct row *row = first[i]; row; row = row->next)
            read_row(row, &v[found++]);
    }
    qsort(v, found, sizeof(*v), compare);
    *number = join(v, found);
    return v;
}
