/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change of weights costs, by the size of the config: a server in this
 * process with two workers, and changes given to its queue as a call of the API
 * gives them.
 *
 *     bench/changes [CHANGES]
 *
 * For each size: the control thread's time for a change (made, patched, handed
 * out), the time until every worker has told that it runs it, and the time of
 * a change that has to be built whole, here and until every worker has it.
 * Medians and 99th percentiles in microseconds.
 */
#include "control/changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server.h"
#include "model/local.h"
#include "template/template.h"

enum {
    WORKERS = 2,
    CHANGES = 1000,
    WHOLE = 20,
    TEXT = 16 * 1024 * 1024,
    ADDRESSES = 250, /* of 127.0.N.* */
};

struct size {
    unsigned rules;
    unsigned groups;
    unsigned targets; /* of each group */
};

static const struct size sizes[] = {
    {10, 2, 5},     {100, 10, 10},   {1000, 10, 10}, {4000, 10, 10},
    {100, 100, 10}, {100, 100, 100}, {4000, 50, 20},
};

/* ---- templates -------------------------------------------------------------------- */

static void put_group(struct text *t, unsigned group, unsigned targets)
{
    text_printf(t,
                "  Tg%u:\n    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
                "    Properties: {Port: 80, Protocol: HTTP, TargetType: ip, "
                "VpcId: vpc-1, HealthCheckIntervalSeconds: 300,\n"
                "      Targets: [",
                group);
    for (unsigned i = 0; i < targets; i++)
        text_printf(t, "%s{Id: 127.1.%u.%u, Port: 9}", i ? ", " : "", group,
                    i + 1);
    TEXT_LITERAL(t, "]}\n");
}

static void put_rule(struct text *t, unsigned rule, unsigned groups)
{
    text_printf(
        t,
        "  Rule%u:\n    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n"
        "    Properties: {ListenerArn: !Ref Web, Priority: %u,\n"
        "      Conditions: [{Field: path-pattern, Values: [\"/path/%u/*\"]}],\n"
        "      Actions: [{Type: forward, ForwardConfig: {TargetGroups: [\n"
        "        {TargetGroupArn: !Ref Tg%u, Weight: 1},\n"
        "        {TargetGroupArn: !Ref Tg%u, Weight: 1}]}}]}\n",
        rule, rule + 1, rule, rule % groups, (rule + 1) % groups);
}

static struct str make_template(struct region *region, const struct size *size)
{
    struct text t = text_in(region_take(region, TEXT), TEXT);

    TEXT_LITERAL(
        &t, "Resources:\n"
            "  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}\n"
            "  Web:\n    Type: AWS::ElasticLoadBalancingV2::Listener\n"
            "    Properties: {LoadBalancerArn: !Ref Lb, Port: 80, Protocol: "
            "HTTP, DefaultActions: [{Type: forward, TargetGroupArn: !Ref "
            "Tg0}]}\n");
    for (unsigned i = 0; i < size->groups; i++)
        put_group(&t, i, size->targets);
    for (unsigned i = 0; i < size->rules; i++)
        put_rule(&t, i, size->groups);
    return text_str(&t);
}

static void fail(const struct report *report, const char *what)
{
    fprintf(stderr, "changes: %s" STR_FMT "\n", what,
            STR_ARG(report->first ? report->first->what : STR("")));
    exit(1);
}

/* ---- what is measured ------------------------------------------------------------- */

struct bench {
    struct region region;
    struct server *server;
    struct change_job job;
    struct str rule; /* logical id of the rule that is changed */
    unsigned left;   /* changes to come */
    bool whole;      /* conditions change, not weights */
    uint64_t begun_ns;
    unsigned n;
    uint64_t *control; /* ns until it is handed out */
    uint64_t *all;     /* and until all workers have it */
};

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static double at(uint64_t *v, unsigned n, double part)
{
    qsort(v, n, sizeof(*v), compare);
    return (double)v[(unsigned)((n - 1) * part)] / 1000;
}

static struct value *find(const struct value *map, const char *key)
{
    return (struct value *)(uintptr_t)value_get(map, str_of(key));
}

static void set_weight(struct region *region, struct value *rule,
                       unsigned weight)
{
    struct value *action = find(find(rule, "Properties"), "Actions")->first;
    struct value *tuples = find(find(action, "ForwardConfig"), "TargetGroups");

    find(tuples->first, "Weight")->text = region_printf(region, "%u", weight);
}

static void set_path(struct region *region, struct value *rule, unsigned n)
{
    struct value *condition =
        find(find(rule, "Properties"), "Conditions")->first;

    find(condition, "Values")->first->text =
        region_printf(region, "/changed/%u/*", n);
}

static struct account *make(struct change_job *job, const struct document *now)
{
    struct bench *b = LIST_ENTRY_OF(job, struct bench, job);
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    struct account *account;
    struct value *rule =
        value_copy(&region, account_find(now->account, b->rule)->value);

    if (b->whole)
        set_path(&region, rule, b->left);
    else
        set_weight(&region, rule, b->left % 1000);
    edit_put(&region, &edit, b->rule, rule);
    account = account_edit(now->account, &edit);
    region_end(&region);
    return account;
}

static void next(struct bench *b);

static void done(struct change_job *job)
{
    struct bench *b = LIST_ENTRY_OF(job, struct bench, job);

    if (job->fault.code) {
        fprintf(stderr, "changes: " STR_FMT "\n", STR_ARG(job->fault.message));
        exit(1);
    }
    b->all[b->n++] = clock_monotonic_ns() - b->begun_ns;
    region_end(&job->region);
    if (b->left)
        next(b);
    else
        server_drain(b->server);
}

static void next(struct bench *b)
{
    unsigned n = b->n;

    b->left--;
    b->job = (struct change_job){.make = make, .done = done};
    b->begun_ns = clock_monotonic_ns();
    changes_add(b->server, &b->job);
    b->control[n] = clock_monotonic_ns() - b->begun_ns;
}

/* ---- a server -------------------------------------------------------------------- */

static const struct local local = {
    .nports = 1,
    .ports = &(const struct local_port){.listener = 80, .local = 0},
    .again = true,
};

static struct config *build(void *owner, const struct value *resources,
                            struct str stack, struct report *report)
{
    (void)owner;
    return config_build(resources, stack, &local, report);
}

static struct config *load(struct bench *b, const struct size *size,
                           struct account **account)
{
    struct template_source source = {"bench", make_template(&b->region, size)};
    struct template_options how = {.stack = STR("bench")};
    struct report report = {.strict = false};
    struct template *template = template_parse(&source, 1, &how, &report);
    struct config *config;

    if (template == NULL)
        fail(&report, "the template: ");
    *account = account_new(template->resources, 1);
    config = build(NULL, template->resources, template->stack, &report);
    if (config == NULL)
        fail(&report, "the config: ");
    template_free(template);
    report_end(&report);
    return config;
}

static void begin(struct bench *b, const struct size *size)
{
    struct account *account;
    struct config *config = load(b, size, &account);
    struct server_options options = {
        .workers = WORKERS,
        .document = {.account = account},
        .build = build,
    };
    struct error error = {""};

    b->rule = region_printf(&b->region, "Rule%u", size->rules / 2);
    b->server = server_start(config, &options, &error);
    if (b->server == NULL) {
        fprintf(stderr, "changes: %s\n", error.text);
        exit(1);
    }
    config_release(config);
    account_release(account);
}

static void run(struct bench *b, const struct size *size, unsigned n,
                bool whole)
{
    b->left = n;
    b->n = 0;
    b->whole = whole;
    begin(b, size);
    next(b);
    server_wait(b->server);
    server_free(b->server);
    region_end(&b->region);
}

static void print_size(struct bench *b, const struct size *size, unsigned n)
{
    run(b, size, n, false);
    printf("%6u %7u %8u %9.1f %8.1f %9.1f %8.1f", size->rules, size->groups,
           size->groups * size->targets, at(b->control, b->n, 0.5),
           at(b->control, b->n, 0.98), at(b->all, b->n, 0.5),
           at(b->all, b->n, 0.98));
    run(b, size, WHOLE, true);
    printf(" %9.1f %9.1f\n", at(b->control, b->n, 0.5), at(b->all, b->n, 0.5));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : CHANGES;
    struct bench b = {.n = 0};

    n = n < 1 ? 1 : n;
    b.control = memory_zeroed(n + WHOLE, sizeof(*b.control));
    b.all = memory_zeroed(n + WHOLE, sizeof(*b.all));
    log_choose(LOG_ERROR, LOG_TEXT);
    puts("                        weights: control      all workers  "
         "   whole: control and all\n"
         " rules  groups  targets    median      p98    median      p98"
         "    median    median");
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        print_size(&b, &sizes[i], n);
    free(b.control);
    free(b.all);
    return 0;
}
