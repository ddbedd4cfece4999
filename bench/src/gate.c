/* SPDX-License-Identifier: Apache-2.0
 *
 * What it costs to look at a value for many regexes: the gate, the regexes that
 * it leaves, and all of them without a gate.
 *
 *     bench/gate [PATTERNS]
 *
 * PATTERNS has one regex a line (empty ones and those that PCRE2 does not take
 * are left out); without it 10, 100 and 500 are made.  For each kind of value:
 * nanoseconds a value for the gate, the candidates that it leaves, nanoseconds
 * with their search, and for the search of all.
 */
#include "match/gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "match/regex.h"

enum {
    PATTERNS_MAX = 4096,
    VALUES = 8, /* of each kind */
    ROUNDS = 7, /* the median counts */
    ROUND_NS = 4000000,
};

/* %u is another number in each copy. */
static const char *const templates[] = {
    "(?i)\\bunion\\s+(all\\s+)?select\\s+col%u",
    "(?i)(?:select|insert|update).{1,100}table%u",
    "<script[^>]*>.{0,%u}</script",
    "(?i)on(?:load|error|click|mouseover)%u?\\s*=",
    "(?:\\.\\./){2,%u}etc/(?:passwd|shadow)",
    "^/app%u/admin(?:/|$)",
    "(?i)(?:sleep|benchmark|waitfor)\\s*\\(\\s*%u",
    "\\$\\{jndi:(?:ldap|rmi|dns)%u?:",
    "(?i)bot%u/[0-9]+\\.[0-9]+",
    "^[a-z]{%u}-[0-9]{4}-[0-9a-f]{8}$",
    "(?i)php://(?:input|filter%u)",
    "/\\.(?:git|svn|env%u|htaccess)",
    "(?i)cmd%u\\.exe|powershell",
    "[;|&`]\\s*(?:cat|ls|id|whoami%u)\\b",
    "(?i)(?:sqlmap|nikto|nessus|acunetix)%u?",
    "\\.(?:bak|old|swp|sql%u)$",
    "(?i)javascript%u?:",
    "['\"]\\s*(?:or|and)\\s+%u\\s*=\\s*%u",
    "user%u@(?:example|test)\\.com",
    "(?i)wget%u?\\s+https?://",
};

struct kind {
    const char *name;
    struct str values[VALUES];
};

static char long_texts[VALUES][2049];

static struct kind kinds[] = {
    {"token",
     {{"q", 1},
      {"page", 4},
      {"42", 2},
      {"user_id", 7},
      {"a1b2c3d4e5f6", 12},
      {"csrf-token", 10},
      {"en-US", 5},
      {"true", 4}}},
    {"path",
     {{"/", 1},
      {"/index.html", 11},
      {"/api/v1/users/1234", 18},
      {"/static/js/app.3f2a.min.js", 26},
      {"/products/blue-suede-shoes", 26},
      {"/favicon.ico", 12},
      {"/blog/2026/11/hello-world", 25},
      {"/img/logo@2x.png", 16}}},
    {"User-Agent",
     {{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
       "like Gecko) Chrome/119.0.0.0 Safari/537.36",
       111},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
       70}}},
    {"cookie",
     {{"session=4f9c2d6e8a1b3c5d7e9f0a2b4c6d8e0f; theme=dark; lang=en; "
       "_ga=GA1.2.1234567890.1700000000; cart=eyJpZCI6MTIzfQ",
       115},
      {"sid=s%3AxYz123AbC456.dEf789GhI; consent=all; ab_bucket=control", 62}}},
    {"sentence",
     {{"The delivery was quick and the staff were friendly, but the second "
       "parcel came without its cover; please send another or tell me where I "
       "can select a refund for it.",
       164},
      {"We went from the old station on foot and like it more every year, as "
       "there are few places left to sit down and look at the water.",
       130}}},
    {"JSON string",
     {{"2026-11-23T18:21:00.000Z", 24},
      {"Jane Q. Doe <jane.doe@example.org>", 34},
      {"550e8400-e29b-41d4-a716-446655440000", 36},
      {"https://example.org/a/b?c=d&e=f#g", 33}}},
    {"2 KB text", {{"", 0}}},
};

static void make_long_texts(void)
{
    static const char *const words[] = {
        "the",  "order", "from", "customer", "was",   "updated", "and",
        "then", "(as",   "we",   "said)",    "sent,", "later.",  "It",
        "is",   "like",  "this", "select",   "where", "every",   "item"};
    struct kind *kind = &kinds[sizeof(kinds) / sizeof(*kinds) - 1];
    unsigned seed = 1;

    for (unsigned i = 0; i < VALUES; i++) {
        size_t n = 0;

        while (n < 2040) {
            seed = seed * 1103515245 + 12345;
            n += (size_t)snprintf(
                long_texts[i] + n, sizeof(long_texts[i]) - n, "%s ",
                words[(seed >> 16) % (sizeof(words) / sizeof(*words))]);
        }
        kind->values[i] = str_make(long_texts[i], n < 2048 ? n : 2048);
    }
}

/* ---- what is measured ------------------------------------------------------------- */

struct bench {
    unsigned n;
    struct regex *regexes[PATTERNS_MAX];
    struct gate *gate;
    struct gate_scratch *gates;
    struct regex_scratch *scratch;
    uint64_t wanted[PATTERNS_MAX / 64];
    uint64_t candidates[PATTERNS_MAX / 64];
    unsigned long sum; /* so that nothing is left out */
};

static void add(struct bench *bench, struct gate_builder *builder,
                struct str pattern)
{
    struct error error;
    struct regex *regex = regex_new(pattern, &error);

    if (regex == NULL || bench->n == PATTERNS_MAX) {
        regex_release(regex);
        return;
    }
    gate_add_regex(builder, pattern);
    bench->wanted[bench->n / 64] |= UINT64_C(1) << (bench->n % 64);
    bench->regexes[bench->n++] = regex;
}

static void run_gate(struct bench *bench, struct str value)
{
    memset(bench->candidates, 0, gate_words(bench->n) * sizeof(uint64_t));
    gate_candidates(bench->gate, bench->gates, value, bench->wanted,
                    bench->candidates);
    bench->sum += bench->candidates[0];
}

static void run_both(struct bench *bench, struct str value)
{
    run_gate(bench, value);
    for (unsigned w = 0; w < gate_words(bench->n); w++) {
        for (uint64_t m = bench->candidates[w]; m; m &= m - 1)
            bench->sum += regex_search(
                bench->regexes[w * 64 + (unsigned)__builtin_ctzll(m)],
                bench->scratch, value, NULL, NULL);
    }
}

static void run_all(struct bench *bench, struct str value)
{
    for (unsigned i = 0; i < bench->n; i++)
        bench->sum +=
            regex_search(bench->regexes[i], bench->scratch, value, NULL, NULL);
}

static unsigned run_kind(struct bench *bench, const struct kind *kind,
                         void (*run)(struct bench *, struct str))
{
    unsigned n = 0;

    for (; n < VALUES && kind->values[n].n; n++)
        run(bench, kind->values[n]);
    return n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Nanoseconds a value. */
static double measure(struct bench *bench, const struct kind *kind,
                      void (*run)(struct bench *, struct str))
{
    double rounds[ROUNDS];

    run_kind(bench, kind, run);
    for (unsigned r = 0; r < ROUNDS; r++) {
        uint64_t begin = clock_monotonic_ns();
        uint64_t end = begin;
        unsigned long n = 0;

        for (; end - begin < ROUND_NS; end = clock_monotonic_ns()) {
            for (unsigned i = 0; i < 16; i++)
                n += run_kind(bench, kind, run);
        }
        rounds[r] = (double)(end - begin) / (double)n;
    }
    qsort(rounds, ROUNDS, sizeof(*rounds), compare);
    return rounds[ROUNDS / 2];
}

static double count_candidates(struct bench *bench, const struct kind *kind)
{
    unsigned long sum = 0;
    unsigned n = 0;

    for (; n < VALUES && kind->values[n].n; n++) {
        run_gate(bench, kind->values[n]);
        for (unsigned w = 0; w < gate_words(bench->n); w++)
            sum += (unsigned)__builtin_popcountll(bench->candidates[w]);
    }
    return (double)sum / n;
}

static void report(struct bench *bench, struct gate_builder *builder)
{
    uint64_t begin = clock_monotonic_us();

    bench->gate = gate_build(builder);
    printf("%u patterns (gate built in %.1f ms)\n%-12s %10s %10s %12s %12s\n",
           bench->n, (double)(clock_monotonic_us() - begin) / 1000, "value",
           "gate ns", "candidates", "with search", "search all");
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
        printf("%-12s %10.0f %10.1f %12.0f %12.0f\n", kinds[k].name,
               measure(bench, &kinds[k], run_gate),
               count_candidates(bench, &kinds[k]),
               measure(bench, &kinds[k], run_both),
               measure(bench, &kinds[k], run_all));
    gate_free(bench->gate);
    gate_scratch_free(bench->gates);
    regex_scratch_free(bench->scratch);
    for (unsigned i = 0; i < bench->n; i++)
        regex_release(bench->regexes[i]);
    free(bench);
}

static struct bench *bench_new(void)
{
    struct bench *bench = memory_zeroed(1, sizeof(*bench));

    bench->gates = gate_scratch_new();
    bench->scratch = regex_scratch_new();
    return bench;
}

static void report_made(unsigned n)
{
    const unsigned ntemplates = sizeof(templates) / sizeof(*templates);
    struct bench *bench = bench_new();
    struct gate_builder *builder = gate_builder_new();

    for (unsigned i = 0; i < n; i++) {
        const char *from = templates[i % ntemplates];
        const char *number = strstr(from, "%u");
        char pattern[256];

        snprintf(pattern, sizeof(pattern), "%.*s%u%s", (int)(number - from),
                 from, i / ntemplates + 2, number + 2);
        add(bench, builder, str_of(pattern));
    }
    report(bench, builder);
}

static int report_file(const char *path)
{
    struct bench *bench = bench_new();
    struct gate_builder *builder = gate_builder_new();
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (file == NULL) {
        perror(path);
        return 66;
    }
    while ((n = getline(&line, &room, file)) > 0) {
        if (line[n - 1] == '\n')
            n--;
        if (n)
            add(bench, builder, str_make(line, (size_t)n));
    }
    free(line);
    fclose(file);
    report(bench, builder);
    return 0;
}

int main(int argc, char **argv)
{
    make_long_texts();
    if (argc > 1)
        return report_file(argv[1]);
    report_made(10);
    report_made(100);
    report_made(500);
    return 0;
}
