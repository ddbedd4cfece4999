/* SPDX-License-Identifier: Apache-2.0
 *
 * What a web ACL costs: CPU time of one evaluation, by the size of the ACL, of
 * requests that match nothing.
 *
 *     bench/waf [ROUNDS [ACL]]
 *
 * For each ACL, or the one of that name: the time to compile it, and the time for a GET as browsers send
 * it and for a POST of 4 KB of JSON, in microseconds: the median of rounds and
 * the best one.  The proxy's own work (a body that is waited for, logs) is not
 * in it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "template/template.h"
#include "waf/program.h"

enum {
    ROUNDS = 41,
    ROUND_NS = 20 * 1000 * 1000,
    TEXT = 8 * 1024 * 1024,
    FIELDS_MAX = 32,
};

/* ---- ACLs -------------------------------------------------------------------------- */

#define VISIBILITY                                                             \
    "VisibilityConfig: {CloudWatchMetricsEnabled: true, "                      \
    "SampledRequestsEnabled: true, MetricName: m}"

static void put_begin(struct text *t)
{
    TEXT_LITERAL(t, "Resources:\n"
                    "  Acl:\n"
                    "    Type: AWS::WAFv2::WebACL\n"
                    "    Properties:\n"
                    "      Name: bench\n"
                    "      Scope: REGIONAL\n"
                    "      DefaultAction: {Allow: {}}\n"
                    "      " VISIBILITY "\n"
                    "      Rules:\n");
}

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
    put_begin(t);
    for (unsigned i = 0; i < n; i++) {
        text_printf(t,
                    "      - {Name: r%u, Priority: %u, Action: {Block: "
                    "{}}, " VISIBILITY ", Statement: {",
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
    put_begin(t);
    for (unsigned i = 0; groups[i]; i++)
        text_printf(t,
                    "      - {Name: g%u, Priority: %u, OverrideAction: {None: "
                    "{}}, " VISIBILITY ", Statement: "
                    "{ManagedRuleGroupStatement: {VendorName: AWS, Name: "
                    "%s}}}\n",
                    i, i, groups[i]);
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

static void fail(const struct report *report, const char *what)
{
    fprintf(stderr, "waf: %s" STR_FMT "\n", what,
            STR_ARG(report->first ? report->first->what : STR("")));
    exit(1);
}

static struct config *load(struct str text, struct report *report)
{
    static const struct local local = {.port_offset = 0};
    static const struct template_options options = {.nparameters = 0};
    struct template_source source = {"bench", text};
    struct template *template = template_parse(&source, 1, &options, report);
    struct config *config;

    if (!template)
        fail(report, "the template: ");
    config = config_build(template->resources, template->stack, &local, report);
    if (!config)
        fail(report, "the config: ");
    template_free(template);
    return config;
}

/* ---- requests ------------------------------------------------------------------------ */

struct request_text {
    struct inspected inspected;
    struct fields fields;
    struct field v[FIELDS_MAX];
    char text[16 * 1024];
    size_t n;
};

static const char *const headers[] = {
    "Host: shop.example.com",
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"",
    "sec-ch-ua-mobile: ?0",
    "sec-ch-ua-platform: \"Linux\"",
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
    "image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
    "Referer: https://shop.example.com/catalogue/shoes?page=2",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; "
    "cart=3f2504e0-4f89-11d3-9a0c-0305e82c3301; "
    "_ga=GA1.2.1234567890.1700000000",
};

static struct str keep(struct request_text *to, struct str text)
{
    char *p = to->text + to->n;

    memcpy(p, text.p, text.n);
    to->n += text.n;
    return str_make(p, text.n);
}

static void add_header(struct request_text *to, struct str line)
{
    struct field *field = &to->v[to->fields.n++];
    struct str value = keep(to, line);
    struct str name = str_cut(&value, ':');

    value = str_trim(value);
    *field = (struct field){.name = (uint32_t)(name.p - to->text),
                            .value = (uint32_t)(value.p - to->text),
                            .name_len = (uint16_t)name.n,
                            .value_len = (uint16_t)value.n,
                            .id = (uint16_t)field_id_of(name)};
    to->fields.present |= 1U << field->id;
}

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

static void make_request(struct request_text *to, bool post)
{
    char buffer[8 * 1024];
    struct text body = text_in(buffer, sizeof(buffer));

    *to = (struct request_text){.n = 0};
    to->fields =
        (struct fields){.base = to->text, .v = to->v, .cap = FIELDS_MAX};
    for (unsigned i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        add_header(to, str_of(headers[i]));
    to->inspected = (struct inspected){.fields = &to->fields,
                                       .version = 11,
                                       .body_whole = true,
                                       .host = STR("shop.example.com")};
    address_parse_ip(STR("198.51.100.7"), &to->inspected.client);
    to->inspected.method = post ? STR("POST") : STR("GET");
    to->inspected.path = post ? STR("/api/v2/orders") : STR("/catalogue/shoes");
    to->inspected.query = STR("page=3&sort=price&q=running%20shoes&size=42");
    if (!post)
        return;
    add_header(to, STR("Content-Type: application/json"));
    put_json(&body);
    to->inspected.query.p = NULL;
    to->inspected.query.n = 0;
    to->inspected.body = keep(to, text_str(&body));
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
                                const struct request_text *request)
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
                            const struct request_text *request, unsigned n)
{
    uint64_t begun = clock_monotonic_ns();

    for (unsigned i = 0; i < n; i++)
        if (run(bench, program, request) != WAF_ALLOW)
            exit(1);
    return (double)(clock_monotonic_ns() - begun) / n / 1000;
}

static void measure(struct bench *bench, const struct waf_program *program,
                    bool post)
{
    struct request_text *request = memory_zeroed(1, sizeof(*request));
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
    struct report report = {.strict = false};
    struct waf_program *program;
    struct config *config;
    uint64_t begun;

    if (shape->rules)
        put_rules(&t, shape->rules);
    else
        put_groups(&t, shape->groups);
    config = load(text_str(&t), &report);
    begun = clock_monotonic_ns();
    program = waf_program_new(config->waf->acls[0], NULL, &report);
    if (!program)
        fail(&report, "the ACL: ");
    printf("%-14s %10.2f", shape->name,
           (double)(clock_monotonic_ns() - begun) / 1e6);
    measure(bench, program, false);
    measure(bench, program, true);
    printf("\n");
    fflush(stdout);
    waf_program_release(program);
    config_release(config);
    report_end(&report);
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
