/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies of stickiness.  The first byte says what the rest is:
 *
 * - Cookie fields, LF between them: the walk sees what a slow one sees, nothing
 *   that was not sealed by us opens, and base64 has one spelling.
 * - What a sealed list holds, as somebody who has the key may make it: what is
 *   taken stays the same when it is written and read again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "fuzz.h"
#include "lb/sticky.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

enum { FIELDS = 8, LINE_MAX = 20000 };

static struct seal *seal;

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct seal_keys keys = {.n = 2};

    (void)argc;
    (void)argv;
    keys.bytes[0][0] = 1;
    seal = seal_new(&keys);
    CHECK(seal);
    return 0;
}

/* ---- fields -------------------------------------------------------------- */

static void cut_fields(struct fields *fs, struct field *v, char *base, size_t n)
{
    struct str rest = str_make(base, n);

    *fs = (struct fields){.base = base, .v = v, .cap = FIELDS};
    while (rest.p && fs->n < FIELDS) {
        struct str line = str_cut(&rest, '\n');
        struct field *f = &v[fs->n++];

        *f = (struct field){.value = (uint32_t)(line.p - base),
                            .value_len = (uint16_t)line.n,
                            .id = FIELD_COOKIE};
        if (line.n && line.p[0] == '!')
            f->flags = FIELD_DROPPED;
        else
            fs->present = 1u << FIELD_COOKIE;
    }
}

static struct str trim(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return str_make(p, (size_t)(end - p));
}

/* One piece between two `;`: is it what the walk says comes next? */
static void check_piece(struct cookie_walk *walk, const char *p,
                        const char *end)
{
    const char *equals = p;
    struct str name, value, got, worth;

    while (equals < end && *equals != '=')
        equals++;
    name = trim(p, equals);
    if (equals == end || name.n == 0)
        return;
    value = trim(equals + 1, end);
    CHECK(cookie_next(walk, &got, &worth));
    CHECK(got.p == name.p && got.n == name.n);
    CHECK(worth.n == value.n && (value.n == 0 || worth.p == value.p));
}

static void check_walk(const struct fields *fs)
{
    struct cookie_walk walk = cookie_walk(fs);
    struct str name, value;

    for (unsigned i = 0; i < fs->n; i++) {
        const char *p = fs->base + fs->v[i].value;
        const char *end = p + fs->v[i].value_len;

        if (fs->v[i].flags & FIELD_DROPPED)
            continue;
        for (const char *at = p; at <= end; at++) {
            if (at == end || *at == ';') {
                check_piece(&walk, p, at);
                p = at + 1;
            }
        }
    }
    CHECK(!cookie_next(&walk, &name, &value));
}

static void check_base64(struct str s)
{
    static uint8_t bytes[LINE_MAX];
    static char room[LINE_MAX + 4];
    struct text t = text_in(room, sizeof(room));
    long n = base64_read(s, bytes);

    if (n < 0)
        return;
    base64_put(&t, bytes, (size_t)n);
    CHECK(text_ok(&t) && str_eq(text_str(&t), s));
}

static void check_foreign(const struct fields *fs)
{
    static struct sticky_list list;
    struct sticky_cookies c;
    struct sticky_entry entry;

    sticky_collect(&c, fs, STR("SID"));
    CHECK(!sticky_open(seal, STICKY_OF_TARGET, c.target, &entry));
    CHECK(!sticky_open(seal, STICKY_OF_GROUP, c.group, &entry));
    CHECK(!sticky_open_list(seal, c.app, &list) && list.n == 0);
    check_base64(c.target);
    check_base64(c.group);
    for (unsigned i = 0; i < STICKY_SHARDS; i++)
        check_base64(c.app[i]);
}

/* ---- lists --------------------------------------------------------------- */

static bool same(const struct sticky_entry *a, const struct sticky_entry *b)
{
    return memcmp(&a->group, &b->group, sizeof(a->group)) == 0 &&
           memcmp(a->target.ip, b->target.ip, sizeof(a->target.ip)) == 0 &&
           a->target.port == b->target.port &&
           a->target.family == b->target.family &&
           a->target.scope == b->target.scope && a->hint == b->hint &&
           a->expires_ms == b->expires_ms;
}

static void check_again(const struct sticky_list *list)
{
    static char room[STICKY_SHARDS * STICKY_SHARD_MAX];
    static struct sticky_list again;
    struct text t = text_in(room, sizeof(room));
    struct str shards[STICKY_SHARDS] = {{NULL, 0}};

    CHECK(list->n <= STICKY_ENTRIES_MAX);
    CHECK(sticky_put_list(&t, seal, list, shards));
    CHECK(sticky_open_list(seal, shards, &again) && again.n == list->n);
    for (unsigned i = 0; i < list->n; i++)
        CHECK(same(&list->v[i], &again.v[i]));
}

static void check_sealed(const uint8_t *data, size_t n)
{
    static uint8_t sealed[LINE_MAX + SEAL_OVERHEAD];
    static char room[BASE64_LEN(sizeof(sealed))];
    static struct sticky_list list;
    struct text t = text_in(room, sizeof(room));
    struct str shards[STICKY_SHARDS] = {{NULL, 0}};
    struct str rest;

    CHECK(seal_put(seal, STR("AWSALBAPP"), data, n, sealed));
    base64_put(&t, sealed, n + SEAL_OVERHEAD);
    CHECK(text_ok(&t));
    rest = text_str(&t);
    for (unsigned i = 0; i < STICKY_SHARDS && rest.n; i++) {
        size_t take = rest.n < STICKY_SHARD_MAX ? rest.n : STICKY_SHARD_MAX;

        shards[i] = str_make(rest.p, take);
        rest = str_make(rest.p + take, rest.n - take);
    }
    if (sticky_open_list(seal, shards, &list))
        check_again(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct field v[FIELDS];
    struct fields fs;
    char *copy;

    if (size < 1 || size > LINE_MAX)
        return 0;
    if (data[0] & 1) {
        check_sealed(data + 1, size - 1);
        return 0;
    }
    copy = malloc(size); /* as long as it is: a byte more is noticed */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    cut_fields(&fs, v, copy, size - 1);
    check_walk(&fs);
    check_foreign(&fs);
    free(copy);
    return 0;
}
