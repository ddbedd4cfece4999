/* SPDX-License-Identifier: Apache-2.0
 *
 * What the worst requests cost: milliseconds of one evaluation, for requests
 * that are made to be slow, by ACLs that are easy to make slow.
 *
 *     bench/waf_attacks
 *
 * Each request goes through the three managed groups, and through rules as
 * careless people write them: patterns that backtrack over every part, and many
 * transformations.  The best of five; the last column has the patterns that were
 * given up.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "template/template.h"
#include "waf/program.h"

enum { TEXT = 4 * 1024 * 1024, LONG = 64 * 1024, FIELDS_MAX = 300, TIMES = 5 };

/* ---- ACLs -------------------------------------------------------------------------- */

#define VISIBILITY                                                             \
    "VisibilityConfig: {CloudWatchMetricsEnabled: true, "                      \
    "SampledRequestsEnabled: true, MetricName: m}"

static const char *const fields[] = {
    "AllQueryArguments: {}",
    "QueryString: {}",
    "UriPath: {}",
    "Body: {OversizeHandling: CONTINUE}",
    "JsonBody: {MatchPattern: {All: {}}, MatchScope: ALL, "
    "InvalidFallbackBehavior: EVALUATE_AS_STRING, OversizeHandling: CONTINUE}",
    "Headers: {MatchPattern: {All: {}}, MatchScope: ALL, OversizeHandling: "
    "CONTINUE}",
    "SingleHeader: {Name: x-long}",
    "Cookies: {MatchPattern: {All: {}}, MatchScope: ALL, OversizeHandling: "
    "CONTINUE}",
};

static const char *const patterns[] = {
    "(a+)+$",        "(x+x+)+y",
    ".*.*.*=.*z",    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "([a-zA-Z]+)*!", "(.*)(.*)(.*)(.*)(.*)[^a-z(]q",
};

static const char *const chains[] = {
    "[{Priority: 0, Type: URL_DECODE_UNI}, {Priority: 1, Type: "
    "HTML_ENTITY_DECODE}, {Priority: 2, Type: JS_DECODE}, {Priority: 3, Type: "
    "COMPRESS_WHITE_SPACE}, {Priority: 4, Type: LOWERCASE}]",
    "[{Priority: 0, Type: BASE64_DECODE_EXT}]",
    "[{Priority: 0, Type: CMD_LINE}, {Priority: 1, Type: NORMALIZE_PATH}, "
    "{Priority: 2, Type: UTF8_TO_UNICODE}, {Priority: 3, Type: URL_DECODE}, "
    "{Priority: 4, Type: CSS_DECODE}]",
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

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

static void put_careless(struct text *t)
{
    unsigned n = 0;

    put_begin(t);
    for (size_t f = 0; f < COUNT(fields); f++)
        for (size_t p = 0; p < COUNT(patterns); p++)
            for (size_t c = 0; c < COUNT(chains); c++, n++)
                text_printf(t,
                            "      - {Name: r%u, Priority: %u, Action: {Count: "
                            "{}}, " VISIBILITY ", Statement: "
                            "{RegexMatchStatement: {FieldToMatch: {%s}, "
                            "RegexString: '%s', TextTransformations: %s}}}\n",
                            n, n, fields[f], patterns[p], chains[c]);
    for (size_t f = 0; f < COUNT(fields); f++, n++)
        text_printf(t,
                    "      - {Name: s%u, Priority: %u, Action: {Count: {}}, "
                    "" VISIBILITY ", Statement: {SqliMatchStatement: "
                    "{FieldToMatch: {%s}, SensitivityLevel: HIGH, "
                    "TextTransformations: %s}}}\n",
                    n, n, fields[f], chains[0]);
}

static void put_managed(struct text *t)
{
    static const char *const groups[] = {"AWSManagedRulesCommonRuleSet",
                                         "AWSManagedRulesKnownBadInputsRuleSet",
                                         "AWSManagedRulesSQLiRuleSet"};

    put_begin(t);
    for (unsigned i = 0; i < COUNT(groups); i++)
        text_printf(t,
                    "      - {Name: g%u, Priority: %u, OverrideAction: {Count: "
                    "{}}, " VISIBILITY ", Statement: "
                    "{ManagedRuleGroupStatement: {VendorName: AWS, Name: "
                    "%s}}}\n",
                    i, i, groups[i]);
}

static struct waf_program *compile(void (*put)(struct text *t))
{
    static const struct local local = {.port_offset = 0};
    static const struct template_options options = {.nparameters = 0};
    struct text t = text_in(memory_zeroed(1, TEXT), TEXT);
    struct report report = {.strict = false};
    struct template_source source = {"attacks", {NULL, 0}};
    struct template *template;
    struct config *config;
    struct waf_program *program = NULL;

    put(&t);
    source.text = text_str(&t);
    template = template_parse(&source, 1, &options, &report);
    config = template ? config_build(template->resources, template->stack,
                                     &local, &report)
                      : NULL;
    if (config)
        program = waf_program_new(config->waf->acls[0], NULL, &report);
    if (!program) {
        fprintf(stderr, "waf_attacks: " STR_FMT "\n",
                STR_ARG(report.first ? report.first->what : STR("")));
        exit(1);
    }
    config_release(config);
    template_free(template);
    report_end(&report);
    free(t.p);
    return program;
}

/* ---- attacks ----------------------------------------------------------------------------- */

/* A piece again and again, up to `n` bytes, and an end. */
static const struct attack {
    const char *name;
    enum { IN_QUERY, IN_BODY, IN_HEADER, IN_HEADERS, IN_COOKIE } place;
    const char *begin;
    const char *piece;
    const char *end;
    size_t n;
} attacks[] = {
    {"a in the query", IN_QUERY, "q=", "a", "!", LONG},
    {"a in the body", IN_BODY, "", "a", "!", 8192},
    {"a in a header", IN_HEADER, "", "a", "!", 16384},
    {"x in the body", IN_BODY, "", "x", "", 8192},
    {"( in the query", IN_QUERY, "", "(", "", LONG},
    {"( in the body", IN_BODY, "", "(", "", 8192},
    {"10,000 arguments", IN_QUERY, "", "a=b'&", "", 50000},
    {"arguments of SQL", IN_QUERY, "", "q=1'or'1&", "", LONG},
    {"nested JSON", IN_BODY, "", "[", "", 8192},
    {"nested objects", IN_BODY, "", "{\"a\":", "", 8192},
    {"JSON of names", IN_BODY, "[", "{\"a'b\":\"c d\"},", "1]", 8190},
    {"JSON of a", IN_BODY, "[\"", "aaaaaaa!\",\"", "a\"]", 8180},
    {"percent", IN_QUERY, "q=", "%25", "", LONG},
    {"entities", IN_BODY, "", "&#x26;lt;", "", 8192},
    {"comments", IN_QUERY, "q=1", "/*", "", LONG},
    {"quotes", IN_QUERY, "q=1", "'\"", "", LONG},
    {"or", IN_QUERY, "q=1", " or 1", "", LONG},
    {"select", IN_BODY, "", "select(", "", 8192},
    {"tags", IN_BODY, "", "<a b=", "", 8192},
    {"open tags", IN_BODY, "", "<", "", 8192},
    {"base64", IN_QUERY, "q=", "YWFh", "", LONG},
    {"dots", IN_QUERY, "q=", "../", "", LONG},
    {"backslashes", IN_BODY, "", "\\u005c", "", 8192},
    {"cookies", IN_COOKIE, "", "a=aaaa'; ", "", 8192},
    {"headers", IN_HEADERS, "", "aaaaaaaaaaaaaaaaaaaaa!", "", 30},
    {"UTF-8", IN_QUERY, "q=", "\xc3\xa9", "", LONG},
};

struct request_text {
    struct inspected inspected;
    struct fields fields;
    struct field v[FIELDS_MAX];
    char text[4 * LONG];
    size_t n;
};

static struct str keep(struct request_text *to, const char *text)
{
    char *p = to->text + to->n;
    size_t n = strlen(text);

    memcpy(p, text, n);
    to->n += n;
    return str_make(p, n);
}

static void add_header(struct request_text *to, const char *name_text,
                       struct str value)
{
    struct str name = keep(to, name_text);

    to->v[to->fields.n++] =
        (struct field){.name = (uint32_t)(name.p - to->text),
                       .value = (uint32_t)(value.p - to->text),
                       .name_len = (uint16_t)name.n,
                       .value_len = (uint16_t)value.n,
                       .id = (uint16_t)field_id_of(name)};
}

static struct str make_text(struct request_text *to,
                            const struct attack *attack)
{
    struct str all = keep(to, attack->begin);
    size_t piece = strlen(attack->piece);

    while (to->n + piece - (size_t)(all.p - to->text) <= attack->n)
        keep(to, attack->piece);
    keep(to, attack->end);
    all.n = to->n - (size_t)(all.p - to->text);
    return all;
}

static void make_request(struct request_text *to, const struct attack *attack)
{
    struct str text;

    memset(to, 0, sizeof(*to));
    to->fields =
        (struct fields){.base = to->text, .v = to->v, .cap = FIELDS_MAX};
    to->inspected = (struct inspected){.fields = &to->fields,
                                       .method = STR("POST"),
                                       .path = STR("/a/b"),
                                       .version = 11,
                                       .body_whole = true};
    address_parse_ip(STR("198.51.100.7"), &to->inspected.client);
    text = make_text(to, attack);
    add_header(to, "User-Agent", keep(to, "Mozilla/5.0"));
    if (attack->place == IN_QUERY)
        to->inspected.query = text;
    else if (attack->place == IN_BODY)
        to->inspected.body = text;
    else if (attack->place == IN_HEADERS)
        for (unsigned i = 0; i < 199; i++)
            add_header(to, "x-a", text);
    else
        add_header(to, attack->place == IN_COOKIE ? "Cookie" : "X-Long", text);
}

/* ---- what is measured ---------------------------------------------------------------------- */

static void measure(const struct waf_program *program,
                    const struct request_text *request, struct arena *arena,
                    struct waf_scratch *scratch)
{
    struct waf_evaluation evaluation = {.request = &request->inspected,
                                        .arena = arena};
    struct waf_result result;
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < TIMES; i++) {
        uint64_t begun = clock_monotonic_ns();

        arena_reset(arena);
        waf_evaluate(program, scratch, &evaluation, &result);
        begun = clock_monotonic_ns() - begun;
        if (begun < best)
            best = begun;
    }
    printf(" %9.3f %5u%s", (double)best / 1e6, result.regex_limits,
           result.failed ? " failed" : "");
}

int main(void)
{
    struct waf_program *managed = compile(put_managed);
    struct waf_program *careless = compile(put_careless);
    struct request_text *request = memory_zeroed(1, sizeof(*request));
    struct waf_scratch *scratch = waf_scratch_new();
    struct chunk_pool pool = {.free = {NULL}};
    struct arena arena;

    arena_init(&arena, &pool, 16 * 1024 * 1024);
    printf("%-18s %9s %5s %9s %5s\n", "request", "managed", "", "careless", "");
    for (size_t i = 0; i < COUNT(attacks); i++) {
        make_request(request, &attacks[i]);
        printf("%-18s", attacks[i].name);
        measure(managed, request, &arena, scratch);
        measure(careless, request, &arena, scratch);
        printf("\n");
        fflush(stdout);
    }
    arena_reset(&arena);
    chunk_pool_end(&pool);
    waf_scratch_free(scratch);
    free(request);
    waf_program_release(managed);
    waf_program_release(careless);
    return 0;
}
