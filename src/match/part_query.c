/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of the query: split at `&` alone and at the first `=`, nothing
 * decoded; a piece without `=` is a name whose value is empty.
 */
#include "match/part_internal.h"
#include "match/query.h"

static unsigned count(struct str query)
{
    struct query_parameter p;
    unsigned n = 0;

    while (query_next(&query, &p))
        n++;
    return n;
}

static bool parse(struct arena *arena, struct str query,
                  struct part_pairs *arguments)
{
    unsigned n = count(query);
    struct query_parameter p;

    *arguments = (struct part_pairs){.known = true};
    if (n == 0)
        return true;
    arguments->v = arena_take(arena, n * sizeof(*arguments->v));
    if (arguments->v == NULL)
        return false;
    while (query_next(&query, &p)) {
        if (p.value.p == NULL)
            p.value = str_make(p.key.p + p.key.n, 0);
        arguments->v[arguments->n++] =
            (struct part_value){.text = p.value, .name = p.key};
    }
    return true;
}

/* What the query was split into; `own` is room for those that are this part's
 * alone.  NULL: the arena is at its limit. */
static const struct part_pairs *take_arguments(struct part_request *r,
                                               const struct waf_field *part,
                                               struct part_pairs *own)
{
    struct part_pairs *shared = &r->parsed->arguments;
    struct str query = r->request->query;

    if (part->npre_parse && query.n) {
        query = part_pre_parse(part, query, r->arena);
        return query.p && parse(r->arena, query, own) ? own : NULL;
    }
    if (!shared->known && !parse(r->arena, query, shared)) {
        shared->known = false;
        return NULL;
    }
    return shared;
}

void part_read_arguments(struct part_request *r, const struct waf_field *part,
                         struct part_values *values)
{
    struct part_pairs own;
    const struct part_pairs *arguments = take_arguments(r, part, &own);

    if (arguments == NULL) {
        part_fail(values);
        return;
    }
    values->n = arguments->n;
    values->values = arguments->v;
}

void part_read_argument(struct part_request *r, const struct waf_field *part,
                        struct part_values *values)
{
    struct part_pairs own;
    const struct part_pairs *arguments = take_arguments(r, part, &own);
    unsigned n = 0;

    if (arguments == NULL) {
        part_fail(values);
        return;
    }
    for (unsigned i = 0; i < arguments->n; i++)
        n += str_ieq(arguments->v[i].name, part->name);
    if (n == 0 || !part_room(r, values, n))
        return;
    for (unsigned i = 0; values->n < n; i++) {
        if (str_ieq(arguments->v[i].name, part->name))
            values->values[values->n++] = arguments->v[i];
    }
}
