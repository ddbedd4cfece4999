/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of queries and cookies: the first byte says which and what comes
 * before a query is split, the second which names are asked for; then the bytes
 * of the query or of the Cookie fields, LF between those.  What is looked at
 * lies where it may, keeps to the limits, and is what a slow and simple reader
 * finds.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "match/part.h"
#include "match_check.h"

enum { ARENA_LIMIT = 64 << 20, FIELDS_MAX = 64, VALUES_MAX = 1 << 15 };

static const struct part_limits limits = {
    .body = 100, .fields = 300, .number = 20};

static struct part_values read_part(struct part_request *r,
                                    const struct waf_field *part)
{
    struct part_values values;

    part_read(r, part, &values);
    MATCH_CHECK(values.state != PART_FAILED);
    MATCH_CHECK((values.state == PART_VALUES) == (values.n > 0));
    for (unsigned i = 0; i < values.n; i++) {
        const struct part_value *v = &values.values[i];

        MATCH_CHECK(v->text.p != NULL);
        MATCH_CHECK(!v->is_name || v->text.n > 0);
    }
    return values;
}

static bool lies_in(struct str part, struct str whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

/* ---- queries ------------------------------------------------------------- */

static unsigned count_slowly(struct str query)
{
    unsigned n = 0;

    for (size_t i = 0; i < query.n; i++)
        n += query.p[i] != '&' && (i == 0 || query.p[i - 1] == '&');
    return n;
}

static void try_query(struct part_request *r, struct str query,
                      unsigned pre_parse, struct str name)
{
    struct waf_field all = {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS};
    struct waf_field one = {.type = WAF_FIELD_SINGLE_QUERY_ARGUMENT,
                            .name = name};
    struct part_values values = read_part(r, &all), some;
    unsigned n = 0;

    MATCH_CHECK(values.n == count_slowly(query));
    for (unsigned i = 0; i < values.n; i++) {
        MATCH_CHECK(lies_in(values.values[i].text, query));
        MATCH_CHECK(lies_in(values.values[i].name, query));
        n += str_ieq(values.values[i].name, name);
    }
    some = read_part(r, &one);
    MATCH_CHECK(some.n == n);
    for (unsigned i = 0; i < 4; i++)
        all.pre_parse[all.npre_parse++] = (pre_parse >> 2 * i) & 3;
    values = read_part(r, &all);
    MATCH_CHECK(values.n <= query.n + 1);
    /* After this no name is there twice. */
    all.pre_parse[all.npre_parse++] = WAF_PRE_COMBINE_DUPLICATES;
    values = read_part(r, &all);
    for (unsigned i = 0; i < values.n && values.n < 200; i++) {
        for (unsigned k = 0; k < i; k++)
            MATCH_CHECK(!str_ieq(values.values[i].name, values.values[k].name));
    }
}

/* ---- cookies ------------------------------------------------------------- */

static void try_cookies(struct part_request *r, struct str name)
{
    struct waf_field part = {.type = WAF_FIELD_COOKIES};
    struct waf_field names = part, values = part, in = part, out = part;
    struct part_values all = read_part(r, &part), keys, texts, some, others;
    size_t bytes = 0;
    unsigned pieces = 0;

    for (unsigned i = 0; i < all.n; i++) {
        bytes += all.values[i].text.n;
        pieces += !all.values[i].is_name;
    }
    MATCH_CHECK(bytes <= limits.fields && pieces <= limits.number);
    names.scope = WAF_SCOPE_KEY;
    values.scope = WAF_SCOPE_VALUE;
    keys = read_part(r, &names);
    texts = read_part(r, &values);
    MATCH_CHECK(keys.n + texts.n == all.n && texts.n == pieces);
    in.nnames = out.nnames = 1;
    in.names = out.names = &name;
    in.pattern = WAF_PATTERN_INCLUDED;
    out.pattern = WAF_PATTERN_EXCLUDED;
    some = read_part(r, &in);
    others = read_part(r, &out);
    MATCH_CHECK(some.n + others.n == all.n);
    MATCH_CHECK(some.oversized == all.oversized);
    part.oversize = WAF_OVERSIZE_MATCH;
    MATCH_CHECK((read_part(r, &part).state == PART_TRUE) ==
                (all.oversized != 0));
}

/* "cookie" stands behind the lines; each line is the value of one field. */
static void make_fields(struct fields *fields, char *base, size_t n)
{
    struct str rest = str_make(base, n);

    fields->base = base;
    while (rest.p && fields->n < FIELDS_MAX) {
        struct str line = str_cut(&rest, '\n');

        fields->v[fields->n++] =
            (struct field){.name = (uint32_t)n,
                           .name_len = 6,
                           .value = (uint32_t)(line.p - base),
                           .value_len = (uint16_t)line.n,
                           .id = FIELD_COOKIE};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct field v[FIELDS_MAX];
    struct fields fields = {.v = v, .cap = FIELDS_MAX};
    struct chunk_pool pool = {.free = {NULL}};
    struct arena arena;
    struct inspected q = {.fields = &fields, .path = STR("/")};
    struct part_request r = {.request = &q, .limits = &limits, .arena = &arena};
    char name;
    char *base;

    if (size < 2 || size > 60000)
        return 0;
    name = (char)data[1];
    base = malloc(size - 2 + 6);
    MATCH_CHECK(base != NULL);
    memcpy(base, data + 2, size - 2);
    memcpy(base + size - 2, "cookie", 6);
    arena_init(&arena, &pool, ARENA_LIMIT);
    if (data[0] & 1) {
        make_fields(&fields, base, size - 2);
        try_cookies(&r, str_make(&name, 1));
    } else {
        q.query = str_make(base, size - 2);
        try_query(&r, q.query, data[0], str_make(&name, 1));
    }
    arena_reset(&arena);
    chunk_pool_end(&pool);
    free(base);
    return 0;
}
