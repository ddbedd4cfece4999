/* SPDX-License-Identifier: Apache-2.0
 *
 * What the worst requests cost: CPU time of one evaluation of requests that
 * are made to be slow, by ACLs that are slow.
 *
 *     bench/waf_attacks [LIMIT_MS [ACL [ATTACK]]]
 *
 * For each ACL the five worst of all attacks, in milliseconds, each the least
 * of three runs.  Exit status 1: one took longer than the limit (10 ms).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/managed_groups.h"
#include "waf_bench.h"

enum {
    TEXT = 8 * 1024 * 1024,
    LINE = 15 * 1024,  /* bytes of a query or a path that the proxy takes */
    BODY = 64 * 1024,  /* of a body */
    HEADER = 7 * 1024, /* of one header */
    FIELDS = 190,
    RUNS = 3,
    ARENA = 32 * 1024 * 1024, /* as in the proxy */
    WORST = 5,
    BOMBS = 500,
};

/* ---- ACLs -------------------------------------------------------------------------- */

static void put_rule(struct text *t, unsigned i, const char *statement)
{
    text_printf(t,
                "      - {Name: r%u, Priority: %u, Action: {Count: "
                "{}}, " BENCH_VISIBILITY ", Statement: {%s}}\n",
                i, i, statement);
}

static const char *const groups[] = {"AWSManagedRulesCommonRuleSet",
                                     "AWSManagedRulesKnownBadInputsRuleSet",
                                     "AWSManagedRulesSQLiRuleSet"};

enum { NGROUPS = sizeof(groups) / sizeof(*groups) };

static void put_groups(struct text *t)
{
    for (unsigned i = 0; i < NGROUPS; i++)
        bench_put_group(t, i, groups[i]);
}

/* All their rules are evaluated, whatever matches. */
static void put_counted(struct text *t)
{
    for (unsigned i = 0; i < NGROUPS; i++) {
        const struct managed_group *group =
            managed_group_find(STR("AWS"), str_of(groups[i]));

        text_printf(t,
                    "      - {Name: g%u, Priority: %u, OverrideAction: {None: "
                    "{}}, " BENCH_VISIBILITY ", Statement: "
                    "{ManagedRuleGroupStatement: {VendorName: AWS, Name: %s, "
                    "RuleActionOverrides: [",
                    i, i, groups[i]);
        for (unsigned r = 0; r < group->nrules; r++)
            text_printf(t, "%s{Name: %s, ActionToUse: {Count: {}}}",
                        r ? ", " : "", group->rules[r].name);
        TEXT_LITERAL(t, "]}}}\n");
    }
}

static const char *const fields[] = {
    "UriPath: {}",
    "QueryString: {}",
    "AllQueryArguments: {}",
    "Body: {OversizeHandling: CONTINUE}",
    "JsonBody: {MatchPattern: {All: {}}, MatchScope: ALL, "
    "InvalidFallbackBehavior: EVALUATE_AS_STRING, OversizeHandling: CONTINUE}",
    "Headers: {MatchPattern: {All: {}}, MatchScope: ALL, OversizeHandling: "
    "CONTINUE}",
    "Cookies: {MatchPattern: {All: {}}, MatchScope: ALL, OversizeHandling: "
    "CONTINUE}",
};

enum { NFIELDS = sizeof(fields) / sizeof(*fields) };

/* Every detector over every part, through several chains. */
static void put_detectors(struct text *t, unsigned n, unsigned nfields)
{
    static const char *const chains[] = {
        "{Priority: 0, Type: NONE}",
        "{Priority: 0, Type: URL_DECODE_UNI}, {Priority: 1, Type: "
        "HTML_ENTITY_DECODE}, {Priority: 2, Type: JS_DECODE}, {Priority: 3, "
        "Type: CSS_DECODE}, {Priority: 4, Type: LOWERCASE}",
        "{Priority: 0, Type: URL_DECODE}, {Priority: 1, Type: URL_DECODE}, "
        "{Priority: 2, Type: URL_DECODE}, {Priority: 3, Type: "
        "COMPRESS_WHITE_SPACE}",
        "{Priority: 0, Type: REPLACE_COMMENTS}, {Priority: 1, Type: "
        "SQL_HEX_DECODE}, {Priority: 2, Type: ESCAPE_SEQ_DECODE}",
        "{Priority: 0, Type: BASE64_DECODE_EXT}, {Priority: 1, Type: "
        "CMD_LINE}, {Priority: 2, Type: NORMALIZE_PATH_WIN}",
    };
    static const char *const detectors[] = {
        "SqliMatchStatement: {SensitivityLevel: HIGH, ",
        "XssMatchStatement: {",
    };

    for (unsigned f = 0; f < nfields; f++)
        for (unsigned c = 0; c < sizeof(chains) / sizeof(*chains); c++)
            for (unsigned d = 0; d < 2; d++) {
                char statement[1024];

                snprintf(statement, sizeof(statement),
                         "%sFieldToMatch: {%s}, TextTransformations: [%s]}",
                         detectors[d], fields[f], chains[c]);
                put_rule(t, n++, statement);
            }
}

static void put_high(struct text *t)
{
    put_detectors(t, 0, NFIELDS);
}

/* Patterns that AWS takes and that search long; nothing in them tells that a
 * value of letters cannot match. */
static const char *const bombs[] = {
    "(a|a)*[bc](?:%u)?",
    "(x+x+)+[yz](?:%u)?",
    ".*.*.*=x(?:%u)?",
    "(a*)*[bc](?:%u)?",
    "(a|aa)+[bc](?:%u)?",
    "([a-z]+)*[A-Z](?:%u)?",
    "(.*)(.*)(.*)(.*)(.*)[A-Z](?:%u)?",
    "a{0,30}a{30}[bc](?:%u)?",
    "(\\w|[a-z]|_)+[A-Z](?:%u)?",
    "[^z]*[^y]*[^x]*[A-Z](?:%u)?",
    "(?:(?:a?){20}){10}[bc](?:%u)?",
    "(\\s*\\S*)*[A-Z]{2}(?:%u)?$",
    "\\(*\\(*\\(*\\(*[^(](?:%u)?",
    "(?:s|se|sel|sele|selec|select)+[A-Z](?:%u)?",
};

enum { NBOMBS = sizeof(bombs) / sizeof(*bombs) };

/* The first `n`, over the fields from `first` on. */
static void put_some_bombs(struct text *t, unsigned n, unsigned first)
{
    for (unsigned i = 0; i < n; i++) {
        char pattern[128];
        char statement[1024];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(pattern, sizeof(pattern), bombs[i % NBOMBS], i);
#pragma GCC diagnostic pop
        snprintf(statement, sizeof(statement),
                 "RegexMatchStatement: {FieldToMatch: {%s}, RegexString: '%s', "
                 "TextTransformations: [{Priority: 0, Type: %s}]}",
                 fields[(first + i / NBOMBS) % NFIELDS], pattern,
                 i % 2 ? "NONE" : "URL_DECODE_UNI");
        put_rule(t, i, statement);
    }
}

static void put_bombs(struct text *t)
{
    put_some_bombs(t, BOMBS, 0);
}

/* Patterns of which each takes a while, but none too long. */
static void put_slow(struct text *t)
{
    for (unsigned i = 0; i < BOMBS; i++) {
        char statement[1024];

        snprintf(statement, sizeof(statement),
                 "RegexMatchStatement: {FieldToMatch: {%s}, RegexString: "
                 "'[a-z]{%u,%u}[A-Z]', TextTransformations: [{Priority: 0, "
                 "Type: NONE}]}",
                 fields[i % NFIELDS], i / 25 + 1, i % 25 + 30);
        put_rule(t, i, statement);
    }
}

/* Patterns that use up their time before the detectors come. */
static void put_mixed(struct text *t)
{
    put_some_bombs(t, 2 * NBOMBS, 3);
    put_detectors(t, 2 * NBOMBS, NFIELDS - 1);
}

static const char *const decoders[] = {
    "URL_DECODE",         "URL_DECODE_UNI",
    "HTML_ENTITY_DECODE", "JS_DECODE",
    "CSS_DECODE",         "ESCAPE_SEQ_DECODE",
    "CMD_LINE",           "NORMALIZE_PATH",
    "NORMALIZE_PATH_WIN", "UTF8_TO_UNICODE",
    "REPLACE_COMMENTS",   "SQL_HEX_DECODE",
    "BASE64_DECODE_EXT",  "COMPRESS_WHITE_SPACE",
    "REMOVE_NULLS",       "MD5",
    "HEX_DECODE",         "REPLACE_NULLS",
};

enum { NDECODERS = sizeof(decoders) / sizeof(*decoders) };

/* As many different chains as an ACL's capacity allows, each ten long. */
static void put_chains(struct text *t)
{
    for (unsigned i = 0; i < 43; i++) {
        char chain[1024];
        struct text c = text_in(chain, sizeof(chain) - 1);
        char statement[2048];

        for (unsigned k = 0; k < 10; k++)
            text_printf(
                &c, "%s{Priority: %u, Type: %s}", k ? ", " : "", k,
                decoders[(i * 7 + k * (1 + i / NDECODERS * 2)) % NDECODERS]);
        chain[c.n] = '\0';
        snprintf(statement, sizeof(statement),
                 "ByteMatchStatement: {FieldToMatch: {%s}, "
                 "PositionalConstraint: CONTAINS, SearchString: no-such-%u, "
                 "TextTransformations: [%s]}",
                 fields[i % 2], i, chain);
        put_rule(t, i, statement);
    }
}

static const struct acl {
    const char *name;
    void (*put)(struct text *t);
} acls[] = {
    {"groups", put_groups}, {"counted", put_counted}, {"high", put_high},
    {"bombs", put_bombs},   {"slow", put_slow},       {"mixed", put_mixed},
    {"chains", put_chains},
};

/* ---- attacks ------------------------------------------------------------------------- */

/* What is repeated until a place of the request is full of it. */
static const struct pattern {
    const char *name;
    const char *begin;
    const char *unit;
    const char *end;
} patterns[] = {
    {"a", "", "a", ""},
    {"x", "", "x", ""},
    {"aaa!", "", "a", "!"},
    {"letters", "", "abcdefghij", ""},
    {"digits", "", "1", ""},
    {"parens", "", "(", ""},
    {"closed parens", "", "()", ""},
    {"brackets", "", "[", ""},
    {"braces", "", "{", ""},
    {"equals", "", "=", ""},
    {"spaces", "", " ", ""},
    {"words", "", "lorem ipsum ", ""},
    {"arguments", "", "a=1&", ""},
    {"empty arguments", "", "&", ""},
    {"names", "", "a&", ""},
    {"select arguments", "", "a=select&", ""},
    {"quoted arguments", "", "a='1&", ""},
    {"or arguments", "", "a=1'or&", ""},
    {"markup arguments", "", "a=<b&", ""},
    {"%u", "", "%u0028", ""},
    {"%u wide", "", "%uff08", ""},
    {"broken %u", "", "%u%u", ""},
    {"%", "", "%", ""},
    {"encoded once", "", "%28", ""},
    {"encoded 3 times", "", "%252528", ""},
    {"encoded 3 times '", "", "%252527", ""},
    {"plus", "", "+", ""},
    {"entities", "", "&#x28;", ""},
    {"named entities", "", "&lt;", ""},
    {"long entities", "", "&#x0000000000000000028", ""},
    {"amp amp", "", "&amp;", ""},
    {"amp nested", "&", "amp;", ""},
    {"broken entities", "", "&#", ""},
    {"open comments", "", "/*", ""},
    {"comments", "", "/**/", ""},
    {"half comments", "", "/*/", ""},
    {"mysql comments", "1", "/*!0", ""},
    {"line comments", "1 ", "--\n", ""},
    {"hash comments", "1 ", "#\n", ""},
    {"quotes", "", "'", ""},
    {"double quotes", "", "\"", ""},
    {"strings", "", "'a'", ""},
    {"escaped quotes", "'", "\\'", ""},
    {"tautologies", "", "' or 1=1 ", ""},
    {"union select", "1 ", "union select ", ""},
    {"select", "", "select ", ""},
    {"select from", "", "select a from b ", ""},
    {"or", "1 ", "or ", ""},
    {"operators", "1", "+-", "1"},
    {"commas", "", "1,", ""},
    {"semicolons", "", ";", ""},
    {"statements", "", ";select 1", ""},
    {"hex numbers", "", "0x", ""},
    {"sql hex", "", "0x2829", ""},
    {"floats", "", "1e1", ""},
    {"dots", "", "1.", ""},
    {"variables", "", "@@a ", ""},
    {"calls", "", "sleep(", ""},
    {"dollar quotes", "", "$a$", ""},
    {"q quotes", "", "q'(", ""},
    {"backticks", "", "`", ""},
    {"words in quotes", "'", "select union from ", ""},
    {"tags", "", "<", ""},
    {"open tags", "", "<a ", ""},
    {"closed tags", "", "<a>", ""},
    {"attributes", "<a ", "b=c ", ""},
    {"quoted attributes", "<a ", "b=\"", ""},
    {"html comments", "", "<!--", ""},
    {"cdata", "", "<![CDATA[", ""},
    {"on", "<a ", "on", ""},
    {"style", "<a style=", "expression(", ""},
    {"javascript", "", "javascript:", ""},
    {"java script", "<a href=", "j\t", ""},
    {"entities in urls", "<a href=", "&#1;", ""},
    {"script", "", "<script", ""},
    {"back slashes", "", "\\", ""},
    {"css", "", "\\28 ", ""},
    {"css zeros", "", "\\000028", ""},
    {"js", "", "\\u0028", ""},
    {"js hex", "", "\\x28", ""},
    {"octal", "", "\\050", ""},
    {"parents", "", "../", ""},
    {"windows parents", "", "..\\", ""},
    {"selves", "", "./", ""},
    {"down and up", "", "a/../", ""},
    {"deep then up", "/a/a/a/a/a/a/a/a", "/a/..", ""},
    {"slashes", "", "/", ""},
    {"carets", "", "^", ""},
    {"command line", "", "^\"\\;, ", ""},
    {"nulls", "", "a%00", ""},
    {"high bytes", "", "\xc3\xa9", ""},
    {"broken utf-8", "", "\xf0", ""},
    {"base64", "", "PHNjcmlwdD4n", ""},
    {"hex", "", "27", ""},
    {"jndi", "", "${jndi:", ""},
    {"nested lookups", "", "${${", ""},
    {"lookups", "", "${lower:j}", ""},
    {"equals x", "", "=X", ""},
    {"json arrays", "", "[", ""},
    {"json objects", "", "{\"a\":", "1"},
    {"json deep", "[", "[[1],", "1]"},
    {"json numbers", "[", "1,", "1]"},
    {"json members", "{", "\"a\":1,", "\"b\":1}"},
    {"json words", "[", "\"select\",", "1]"},
    {"json strings", "[", "\"1' or\",", "1]"},
    {"json tags", "[", "\"<a b=c>\",", "1]"},
    {"json a", "[", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaa\",", "1]"},
    {"json long a", "[\"", "a", "\"]"},
    {"json escapes", "[\"", "\\u0028", "\"]"},
    {"json quotes", "[\"", "\\\"", "\"]"},
    {"json surrogates", "[\"", "\\ud83d\\ude00", "\"]"},
    {"json empty", "[", "\"\",", "1]"},
    {"json keys", "{", "\"' or 1=1\":0,", "\"b\":1}"},
};

enum { NPATTERNS = sizeof(patterns) / sizeof(*patterns) };

enum target {
    IN_QUERY,
    IN_ARGUMENT,
    IN_PATH,
    IN_BODY,
    IN_HEADER,
    IN_COOKIE,
    IN_HEADERS,
    IN_COOKIES,
    IN_ALL,
    PLACES,
};

static const char *const places[PLACES] = {"query",   "argument", "path",
                                           "body",    "header",   "cookie",
                                           "headers", "cookies",  "all"};

static struct str fill(const struct pattern *p, size_t n, const char *prefix)
{
    static char buffer[BODY + 1024];
    struct text t = text_in(buffer, sizeof(buffer));
    struct str end = str_of(p->end);
    struct str unit = str_of(p->unit);

    text_str_put(&t, str_of(prefix));
    text_str_put(&t, str_of(p->begin));
    while (t.n + unit.n + end.n <= n)
        text_str_put(&t, unit);
    text_str_put(&t, end);
    return text_str(&t);
}

/* Many lines with a little of it each, as far as they are looked at. */
static void add_lines(struct bench_request *r, const struct pattern *p,
                      const char *line)
{
    for (unsigned i = 0; i < FIELDS / 2; i++)
        bench_request_header(r, fill(p, 90, line));
}

static void put_in(struct bench_request *r, const struct pattern *p,
                   enum target place)
{
    struct inspected *in = &r->inspected;

    switch (place) {
    case IN_QUERY:
        in->query = bench_request_keep(r, fill(p, LINE, ""));
        break;
    case IN_ARGUMENT:
        in->query = bench_request_keep(r, fill(p, LINE, "q="));
        break;
    case IN_PATH:
        in->path = bench_request_keep(r, fill(p, LINE, "/"));
        break;
    case IN_BODY:
        in->method = STR("POST");
        in->body = bench_request_keep(r, fill(p, BODY, ""));
        break;
    case IN_HEADER:
        bench_request_header(r, fill(p, HEADER, "X-A: "));
        break;
    case IN_COOKIE:
        bench_request_header(r, fill(p, HEADER, "Cookie: a="));
        break;
    case IN_HEADERS:
        add_lines(r, p, "X-A: ");
        break;
    case IN_COOKIES:
        add_lines(r, p, "Cookie: a=");
        break;
    default:
        put_in(r, p, IN_QUERY);
        put_in(r, p, IN_PATH);
        put_in(r, p, IN_BODY);
        put_in(r, p, IN_HEADER);
        put_in(r, p, IN_COOKIE);
        break;
    }
}

/* ---- what is measured -------------------------------------------------------------------- */

struct attack {
    double ms;
    const struct pattern *pattern;
    enum target place;
    bool failed;
    unsigned limits;
};

struct bench {
    struct chunk_pool pool;
    struct arena arena;
    struct waf_scratch *scratch;
    struct bench_request request;
    double limit_ms;
    const char *only;
    bool over;
};

static double once(struct bench *bench, const struct waf_program *program,
                   struct attack *attack)
{
    struct waf_evaluation evaluation = {.request = &bench->request.inspected,
                                        .arena = &bench->arena};
    struct waf_result result;
    double begun;

    arena_reset(&bench->arena);
    begun = bench_cpu_us();
    waf_evaluate(program, bench->scratch, &evaluation, &result);
    begun = bench_cpu_us() - begun;
    attack->failed = result.failed;
    attack->limits = result.regex_limits;
    return begun / 1000;
}

static void measure(struct bench *bench, const struct waf_program *program,
                    struct attack *attack)
{
    bench_request_begin(&bench->request);
    bench_request_header(&bench->request, STR("Host: shop.example.com"));
    bench_request_header(&bench->request, STR("User-Agent: Mozilla/5.0"));
    put_in(&bench->request, attack->pattern, attack->place);
    attack->ms = once(bench, program, attack);
    for (unsigned i = 1; i < RUNS; i++) {
        double ms = once(bench, program, attack);

        if (ms < attack->ms)
            attack->ms = ms;
    }
}

static int slower(const void *a, const void *b)
{
    double x = ((const struct attack *)a)->ms;
    double y = ((const struct attack *)b)->ms;

    return (x < y) - (x > y);
}

static void attack_acl(struct bench *bench, const struct acl *acl)
{
    struct text t = text_in(memory_zeroed(1, TEXT), TEXT);
    struct attack *all = memory_zeroed(NPATTERNS * PLACES, sizeof(*all));
    struct bench_acl loaded;
    const struct config_web_acl *config;
    unsigned n = 0;

    bench_put_begin(&t);
    acl->put(&t);
    bench_acl_load(&loaded, text_str(&t));
    config = waf_program_acl(loaded.program);
    printf("%-10s %8s  capacity %u\n", acl->name, "", config->capacity);
    for (unsigned p = 0; p < NPATTERNS; p++) {
        if (bench->only && strcmp(bench->only, patterns[p].name) != 0)
            continue;
        for (unsigned place = 0; place < PLACES; place++) {
            all[n].pattern = &patterns[p];
            all[n].place = (enum target)place;
            measure(bench, loaded.program, &all[n++]);
        }
    }
    qsort(all, n, sizeof(*all), slower);
    for (unsigned i = 0; i < n && i < WORST; i++)
        printf("%-10s %8.2f  %s in %s%s%s\n", acl->name, all[i].ms,
               all[i].pattern->name, places[all[i].place],
               all[i].failed ? ", not evaluated" : "",
               all[i].limits ? ", limits" : "");
    fflush(stdout);
    bench->over |= n && all[0].ms > bench->limit_ms;
    bench_acl_end(&loaded);
    free(all);
    free(t.p);
}

int main(int argc, char **argv)
{
    struct bench *bench = memory_zeroed(1, sizeof(*bench));
    bool over;

    bench->limit_ms = argc > 1 ? strtod(argv[1], NULL) : 10;
    bench->only = argc > 3 ? argv[3] : NULL;
    if (bench->limit_ms <= 0) {
        fprintf(stderr, "usage: waf_attacks [LIMIT_MS [ACL [ATTACK]]]\n");
        return 2;
    }
    bench->scratch = waf_scratch_new();
    arena_init(&bench->arena, &bench->pool, ARENA);
    printf("%-10s %8s\n", "ACL", "CPU ms");
    for (unsigned i = 0; i < sizeof(acls) / sizeof(*acls); i++)
        if (argc < 3 || strcmp(argv[2], acls[i].name) == 0)
            attack_acl(bench, &acls[i]);
    arena_reset(&bench->arena);
    chunk_pool_end(&bench->pool);
    waf_scratch_free(bench->scratch);
    over = bench->over;
    free(bench);
    return over;
}
