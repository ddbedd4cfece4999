/* SPDX-License-Identifier: Apache-2.0
 *
 * Nanoseconds per value that is no injection, and what 64 KB of one thing cost.
 *
 *     cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/src/sqli_bench.c \
 *         src/match/sqli*.c src/base/str.c -o sqli_bench
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "match/sqli.h"

enum { BATCHES = 20, ROUNDS = 5000, ATTACK = 64 << 10, ATTACK_ROUNDS = 2 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of some: others use this machine too. */
static double each(struct str value, enum sqli_sensitivity sensitivity,
                   int rounds)
{
    double best = 1e12;
    for (int batch = 0; batch < BATCHES; batch++) {
        double start = now(), took;
        unsigned found = 0;
        for (int i = 0; i < rounds; i++) {
            __asm__ volatile("" ::"r"(value.p) : "memory");
            found += sqli_detect(value, sensitivity, NULL);
        }
        __asm__ volatile("" ::"r"(found));
        took = (now() - start) / rounds;
        best = took < best ? took : best;
    }
    return best;
}

static const char sentence[] =
    "The quick brown fox doesn't jump over the lazy dog, and it isn't sorry "
    "(not at all); \"why should it be?\" she asked & left - 10 minutes later "
    "everybody had gone home, or so they said in the end.";

static const struct {
    const char *name;
    const char *value;
} values[] = {
    {"token", "k3hT9_x2Q"},
    {"uuid", "550e8400-e29b-41d4-a716-446655440000"},
    {"path", "/assets/js/app.1a2b3c.js"},
    {"number", "1234567890"},
    {"name", "Conan O'Brien"},
    {"sentence", sentence},
    {"user agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, "
                   "like Gecko) Chrome/124.0.0.0 Safari/537.36"},
    {"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,"
               "image/avif,image/webp,*/*;q=0.8"},
    {"cookie", "session=0123456789abcdef0123456789abcdef; theme=dark; "
               "_ga=GA1.2.123456789.1700000000"},
    {"json", "{\"name\":\"Conan O'Brien\",\"age\":57,\"tags\":[\"a\",\"b\"]}"},
    {"base64", "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24="},
    {"injection", "1' or '1'='1"},
};

static void bench_values(void)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        struct str v = str_of(values[i].value);
        printf("%-12s %5zu B  LOW %7.1f ns  HIGH %7.1f ns\n", values[i].name,
               v.n, each(v, SQLI_LOW, ROUNDS), each(v, SQLI_HIGH, ROUNDS));
    }
}

static char buffer[ATTACK];

static struct str repeated(const char *text, size_t n)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < n; i++)
        buffer[i] = text[i % length];
    return str_make(buffer, n);
}

static void bench_attacks(void)
{
    static const char *const attacks[] = {"(",
                                          "'",
                                          "\"",
                                          "/*",
                                          "/**/",
                                          "*/",
                                          "--",
                                          "#",
                                          "`",
                                          "[",
                                          "[]",
                                          "{",
                                          "{a}",
                                          "$",
                                          "$a",
                                          "$$",
                                          "$a$",
                                          "q'",
                                          "q'(",
                                          "x'4",
                                          "0x",
                                          "1e+",
                                          "1+",
                                          "a.",
                                          "a.a=",
                                          "@",
                                          "\\",
                                          "\\'",
                                          "''",
                                          "'\"",
                                          "1,",
                                          "- ",
                                          "! ",
                                          "; ",
                                          "a b ",
                                          "1 or ",
                                          "not ",
                                          "group by ",
                                          "int ",
                                          "collate ",
                                          "/*'\"",
                                          "'--\n",
                                          "1+a.b.c.d.e.f.g.h,",
                                          ".",
                                          "..",
                                          ":",
                                          "<=>",
                                          "\xa0",
                                          "\n",
                                          "a"};
    for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
        struct str v = repeated(attacks[i], ATTACK);
        printf("64 KB of %-20s LOW %8.1f us  HIGH %8.1f us\n",
               attacks[i][0] > ' ' ? attacks[i] : "white space",
               each(v, SQLI_LOW, ATTACK_ROUNDS) / 1e3,
               each(v, SQLI_HIGH, ATTACK_ROUNDS) / 1e3);
    }
}

int main(void)
{
    struct str text = repeated(sentence, 2048);
    bench_values();
    printf("%-12s %5zu B  LOW %7.1f ns  HIGH %7.1f ns\n", "text", text.n,
           each(text, SQLI_LOW, ROUNDS / 10),
           each(text, SQLI_HIGH, ROUNDS / 10));
    bench_attacks();
    return 0;
}
