/* SPDX-License-Identifier: Apache-2.0
 *
 * What a web ACL costs: CPU time of one evaluation, by the size of the ACL, of
 * requests that match nothing.
 *
 *     bench/waf [ROUNDS [ACL]]
 *
 * For each ACL, or the one of that name: the time to compile it, and the CPU
 * time for a GET as browsers send it and for a POST of 4 KB of JSON, in
 * microseconds: the median of rounds and the best one.  The proxy's own work (a
 * body that is waited for, logs) is not in it: bench/acls measures that.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "waf_bench.h"

enum {
    ROUNDS = 41,
    ROUND_NS = 20 * 1000 * 1000,
    TEXT = 8 * 1024 * 1024,
};

/* ---- ACLs -------------------------------------------------------------------------- */

/* Kinds of rules that people write; no two ask for the same. */
static const char *const kinds[] = {
    "ByteMatchStatement: {FieldToMatch: {UriPath: {}}, PositionalConstraint: "
    "CONTAINS, SearchString: /internal-%u/, TextTransformations: [{Priority: "
    "0, Type: URL_DECODE}, {Priority: 1, Type: LOWERCASE}]}",
    "RegexMatchStatement: {FieldToMatch: {AllQueryArguments: {}}, RegexString: "
    "'(?i)(?:exec|load)\\s*%u\\s*\\(', TextTransformations: [{Priority: 0, "
    "Type: URL_DECODE_UNI}, {Priority: 1, Type: HTML_ENTITY_DECODE}]}",
    "ByteMatchStatement: {FieldToMatch: {SingleHeader: {Name: user-agent}}, "
    "PositionalConstraint: CONTAINS_WORD, SearchString: bot%u, "
    "TextTransformations: [{Priority: 0, Type: LOWERCASE}]}",
    "RegexMatchStatement: {FieldToMatch: {Body: {OversizeHandling: CONTINUE}}, "
    "RegexString: 'jndi%u:(?:ldap|rmi)s?://', TextTransformations: "
    "[{Priority: 0, Type: URL_DECODE_UNI}, {Priority: 1, Type: LOWERCASE}]}",
    "RegexMatchStatement: {FieldToMatch: {UriPath: {}}, RegexString: "
    "'\\.(?:bak|old|sql)%u$', TextTransformations: [{Priority: 0, Type: "
    "LOWERCASE}]}",
};

static void put_rules(struct text *t, unsigned n)
{
    bench_put_begin(t);
    for (unsigned i = 0; i < n; i++) {
        text_printf(t,
                    "      - {Name: r%u, Priority: %u, Action: {Block: "
                    "{}}, " BENCH_VISIBILITY ", Statement: {",
                    i, i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        text_printf(t, kinds[i % (sizeof(kinds) / sizeof(*kinds))], i);
#pragma GCC diagnostic pop
        TEXT_LITERAL(t, "}}\n");
    }
}

static void put_groups(struct text *t, const char *const *groups)
{
    bench_put_begin(t);
    for (unsigned i = 0; groups[i]; i++)
        bench_put_group(t, i, groups[i]);
}

#define COMMON "AWSManagedRulesCommonRuleSet"
#define INPUTS "AWSManagedRulesKnownBadInputsRuleSet"
#define SQL "AWSManagedRulesSQLiRuleSet"

static const struct shape {
    const char *name;
    unsigned rules;
    const char *groups[4];
} shapes[] = {
    {.name = "1 rule", .rules = 1},
    {.name = "10 rules", .rules = 10},
    {.name = "100 rules", .rules = 100},
    {.name = "500 rules", .rules = 500},
    {.name = "common", .groups = {COMMON}},
    {.name = "bad inputs", .groups = {INPUTS}},
    {.name = "SQL injection", .groups = {SQL}},
    {.name = "all three", .groups = {COMMON, INPUTS, SQL}},
};

/* ---- requests ------------------------------------------------------------------------ */

static void put_json(struct text *t)
{
    TEXT_LITERAL(t, "{\"items\":[");
    for (unsigned i = 0; i < 30; i++)
        text_printf(t,
                    "%s{\"id\":%u,\"sku\":\"SKU-%05u\",\"name\":\"Running "
                    "shoe, size %u\",\"price\":%u.95,\"currency\":\"EUR\","
                    "\"note\":\"please leave it at the door\"}",
                    i ? "," : "", 1000 + i, i * 37, 36 + i % 12, 50 + i);
    TEXT_LITERAL(t, "],\"total\":1234.5,\"gift\":false}");
}

static void make_request(struct bench_request *to, bool post)
{
    char buffer[8 * 1024];
    struct text body = text_in(buffer, sizeof(buffer));

    bench_request_begin(to);
    bench_request_browser(to);
    to->inspected.method = post ? STR("POST") : STR("GET");
    to->inspected.path = post ? STR("/api/v2/orders") : STR("/catalogue/shoes");
    to->inspected.query = STR("page=3&sort=price&q=running%20shoes&size=42");
    if (!post)
        return;
    bench_request_header(to, STR("Content-Type: application/json"));
    put_json(&body);
    to->inspected.query.p = NULL;
    to->inspected.query.n = 0;
    to->inspected.body = bench_request_keep(to, text_str(&body));
}

/* ---- what is measured -------------------------------------------------------------------- */

struct bench {
    struct chunk_pool pool;
    struct arena arena;
    struct waf_scratch *scratch;
    unsigned rounds;
    double *times;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static enum waf_action_type run(struct bench *bench,
                                const struct waf_program *program,
                                const struct bench_request *request)
{
    struct waf_evaluation evaluation = {.request = &request->inspected,
                                        .arena = &bench->arena};
    struct waf_result result;

    arena_reset(&bench->arena);
    waf_evaluate(program, bench->scratch, &evaluation, &result);
    if (result.terminating)
        fprintf(stderr, "waf: " STR_FMT " matches\n",
                STR_ARG(result.terminating->rule->name));
    return result.action;
}

/* Microseconds of one evaluation. */
static double measure_round(struct bench *bench,
                            const struct waf_program *program,
                            const struct bench_request *request, unsigned n)
{
    double begun = bench_cpu_us();

    for (unsigned i = 0; i < n; i++)
        if (run(bench, program, request) != WAF_ALLOW)
            exit(1);
    return (bench_cpu_us() - begun) / n;
}

static void measure(struct bench *bench, const struct waf_program *program,
                    bool post)
{
    struct bench_request *request = memory_zeroed(1, sizeof(*request));
    double once;
    unsigned n;

    make_request(request, post);
    once = measure_round(bench, program, request, 100);
    n = (unsigned)(ROUND_NS / 1000 / once) + 1;
    for (unsigned i = 0; i < bench->rounds; i++)
        bench->times[i] = measure_round(bench, program, request, n);
    qsort(bench->times, bench->rounds, sizeof(double), compare);
    printf(" %8.2f %8.2f", bench->times[bench->rounds / 2], bench->times[0]);
    free(request);
}

static void bench_shape(struct bench *bench, const struct shape *shape)
{
    struct text t = text_in(memory_zeroed(1, TEXT), TEXT);
    struct bench_acl acl;

    if (shape->rules)
        put_rules(&t, shape->rules);
    else
        put_groups(&t, shape->groups);
    bench_acl_load(&acl, text_str(&t));
    printf("%-14s %10.2f", shape->name, acl.compile_ms);
    measure(bench, acl.program, false);
    measure(bench, acl.program, true);
    printf("\n");
    fflush(stdout);
    bench_acl_end(&acl);
    free(t.p);
}

int main(int argc, char **argv)
{
    struct bench bench = {.rounds = ROUNDS};

    if (argc > 1)
        bench.rounds = (unsigned)strtoul(argv[1], NULL, 10);
    if (bench.rounds == 0 || bench.rounds > 10000) {
        fprintf(stderr, "usage: waf [ROUNDS [ACL]]\n");
        return 2;
    }
    bench.times = memory_zeroed(bench.rounds, sizeof(double));
    bench.scratch = waf_scratch_new();
    arena_init(&bench.arena, &bench.pool, 4 * 1024 * 1024);
    printf("%-14s %10s %8s %8s %8s %8s\n", "ACL", "compile ms", "GET us",
           "best", "POST us", "best");
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        if (argc < 3 || strcmp(argv[2], shapes[i].name) == 0)
            bench_shape(&bench, &shapes[i]);
    arena_reset(&bench.arena);
    chunk_pool_end(&bench.pool);
    waf_scratch_free(bench.scratch);
    free(bench.times);
    return 0;
}
