/* SPDX-License-Identifier: Apache-2.0
 *
 * Transformations of values: up to ten, a byte each, ended by one that is none,
 * and the value.
 *
 * - No result is longer than promised, and none that is the value's bytes is a
 *   copy of them; what lies in the value lies all in it.
 * - Each alone does what it does in a chain: nothing is remembered.
 * - A chain takes no more memory than its results may be long.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "match/bytes.h"
#include "match/transform.h"

enum { CHAIN_MAX = 10, VALUE_MAX = 1024, ARENA_MAX = 1 << 30 };

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

static size_t most_bytes(enum transform transform, size_t n)
{
    switch (transform) {
    case TRANSFORM_MD5:
        return 16;
    case TRANSFORM_SHA256:
        return 32;
    case TRANSFORM_UTF8_TO_UNICODE:
        return 3 * n;
    default:
        return n;
    }
}

/* The result for a copy of the value in a block of its size, as a new block. */
static char *apply(enum transform transform, struct str in, size_t *n)
{
    struct chunk_pool pool = {.free = {NULL}};
    struct arena arena;
    char *copy = malloc(in.n ? in.n : 1), *result;
    struct str out;

    CHECK(copy != NULL);
    memcpy(copy, in.p, in.n);
    arena_init(&arena, &pool, ARENA_MAX);
    out = transform_apply(transform, str_make(copy, in.n), &arena);
    CHECK(out.p != NULL);
    CHECK(out.n <= most_bytes(transform, in.n));
    CHECK(memcmp(copy, in.p, in.n) == 0);
    if (out.p >= copy && out.p <= copy + in.n)
        CHECK(out.n <= (size_t)(copy + in.n - out.p));
    else
        CHECK(!str_eq(out, in));
    CHECK(arena.size <= 3 * in.n + 64);
    result = malloc(out.n ? out.n : 1);
    CHECK(result != NULL);
    memcpy(result, out.p, out.n);
    *n = out.n;
    arena_reset(&arena);
    chunk_pool_end(&pool);
    free(copy);
    return result;
}

/* In one arena, as values are made; against each alone. */
static void check_chain(const uint8_t *chain, size_t length, struct str in)
{
    struct chunk_pool pool = {.free = {NULL}};
    struct arena arena;
    struct str value = in;
    size_t most = 0;

    arena_init(&arena, &pool, ARENA_MAX);
    for (size_t i = 0; i < length && value.n <= VALUE_MAX; i++) {
        enum transform transform = (enum transform)chain[i];
        size_t n;
        char *alone = apply(transform, value, &n);

        most += 3 * value.n + 64;
        value = transform_apply(transform, value, &arena);
        CHECK(str_eq(value, str_make(alone, n)));
        CHECK(arena.size <= most);
        free(alone);
    }
    arena_reset(&arena);
    chunk_pool_end(&pool);
}

/* A begin of the value as what is looked for in the rest of it. */
static void check_places(struct str value)
{
    size_t n = value.n / 4, at;
    struct str search = str_make(value.p, n);
    struct str rest = str_make(value.p + n, value.n - n);

    for (unsigned p = WAF_EXACTLY; p <= WAF_CONTAINS_WORD; p++) {
        if (bytes_match((enum waf_position)p, search, rest, &at)) {
            CHECK(at <= rest.n && n <= rest.n - at);
            CHECK(memcmp(rest.p + at, search.p, n) == 0);
        }
        if (n && p != WAF_CONTAINS_WORD)
            CHECK(bytes_match((enum waf_position)p, search, search, &at));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str value;
    size_t length = 0;

    while (length < size && length < CHAIN_MAX && data[length] < TRANSFORMS)
        length++;
    if (length == size || size - length - 1 > VALUE_MAX)
        return 0;
    value = str_make((const char *)data + length + 1, size - length - 1);
    check_chain(data, length, value);
    for (unsigned i = 0; i < TRANSFORMS; i++) {
        size_t n;

        free(apply((enum transform)i, value, &n));
    }
    check_places(value);
    return 0;
}
