/* SPDX-License-Identifier: Apache-2.0 */
#include "api/query.h"

#include <stdlib.h>

#include "base/utf8.h"

/* A parameter; `rest` is what of its name is not behind us yet. */
struct part {
    struct str name;
    struct str rest; /* p == NULL: nothing */
    struct str value;
};

struct form {
    struct region *region;
    struct error *error;
    struct part *parts;
    unsigned n;
    unsigned cap;
};

/* ---- decoding ------------------------------------------------------------- */

bool query_decode(struct region *region, struct str s, struct str *decoded)
{
    char *out = region_take(region, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int high;
        int low;

        if (s.p[i] != '%') {
            out[n++] = s.p[i] == '+' ? ' ' : s.p[i];
            continue;
        }
        if (s.n - i < 3)
            return false;
        high = hex_digit(s.p[i + 1]);
        low = hex_digit(s.p[i + 2]);
        if (high < 0 || low < 0)
            return false;
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    *decoded = str_make(out, n);
    return true;
}

static unsigned segments_of(struct str name)
{
    unsigned n = 1;

    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == '.';
    return n;
}

static bool refuse(struct form *form, const char *what, struct str name)
{
    struct str shown = utf8_cut(name, 100);

    return error_set(form->error, "The parameter '" STR_FMT "' %s",
                     STR_ARG(shown), what);
}

static bool check(struct form *form, const struct part *part)
{
    if (!utf8_is_text(part->name))
        return error_set(form->error,
                         "The name of a parameter is not UTF-8 text, or has a "
                         "control character");
    if (part->name.n > QUERY_NAME_MAX ||
        segments_of(part->name) > QUERY_SEGMENTS_MAX)
        return refuse(form, "has a name that is too long", part->name);
    if (!utf8_is_text(part->value))
        return refuse(form, "is not UTF-8 text, or has a control character",
                      part->name);
    return true;
}

static bool add(struct form *form, struct str pair)
{
    struct part *part = &form->parts[form->n];
    struct str value = pair;
    struct str name = str_cut(&value, '=');

    if (form->n == form->cap)
        return error_set(form->error, "There are more than %u parameters",
                         QUERY_PARAMETERS_MAX);
    if (!query_decode(form->region, name, &part->name) ||
        !query_decode(form->region, value, &part->value))
        return error_set(form->error, "A '%%' of the form is not followed by "
                                      "two hexadecimal digits");
    part->rest = part->name;
    form->n++;
    return check(form, part);
}

static unsigned count_pairs(const struct str *forms, unsigned n)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n; i++) {
        struct str rest = forms[i];

        while (rest.p && count < QUERY_PARAMETERS_MAX)
            count += str_cut(&rest, '&').n != 0;
    }
    return count;
}

static bool split(struct form *form, const struct str *forms, unsigned n)
{
    form->cap = count_pairs(forms, n);
    form->parts =
        region_take(form->region, (form->cap + 1) * sizeof(*form->parts));
    for (unsigned i = 0; i < n; i++) {
        struct str rest = forms[i];

        while (rest.p) {
            struct str pair = str_cut(&rest, '&');

            if (pair.n && !add(form, pair))
                return false;
        }
    }
    return true;
}

/* ---- order ------------------------------------------------------------------ */

/* The number of an element; 0: it is a name. */
static unsigned index_of(struct str segment)
{
    uint64_t number;

    if (segment.n == 0 || segment.p[0] == '0' ||
        !str_to_u64(segment, QUERY_INDEX_MAX, &number))
        return 0;
    return (unsigned)number;
}

static int compare_segments(struct str a, struct str b)
{
    unsigned i = index_of(a);
    unsigned j = index_of(b);

    if (i || j)
        return i == j ? 0 : i < j ? -1 : 1;
    return str_compare(a, b);
}

/* What has the same begin stands together, elements by their numbers. */
static int compare(const void *left, const void *right)
{
    struct str a = ((const struct part *)left)->name;
    struct str b = ((const struct part *)right)->name;
    int order = 0;

    while (order == 0 && a.p && b.p)
        order = compare_segments(str_cut(&a, '.'), str_cut(&b, '.'));
    return order ? order : a.p ? 1 : b.p ? -1 : 0;
}

/* ---- the tree --------------------------------------------------------------- */

static struct value *build(struct form *form, struct part *parts, unsigned n);

static struct str first_of(const struct part *part)
{
    struct str rest = part->rest;

    return str_cut(&rest, '.');
}

/* How many of them have the same next segment as the first. */
static unsigned run_of(const struct part *parts, unsigned n)
{
    struct str first = first_of(parts);
    unsigned i = 1;

    while (i < n && compare_segments(first_of(&parts[i]), first) == 0)
        i++;
    return i;
}

/* Puts the next segment of each behind us. */
static void advance(struct part *parts, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        str_cut(&parts[i].rest, '.');
}

/* Whether what follows this word is numbers in all of them. */
static bool all_numbers(const struct part *parts, unsigned n, const char *word)
{
    for (unsigned i = 0; i < n; i++) {
        struct str rest = parts[i].rest;

        if (word && !str_eq(str_cut(&rest, '.'), str_of(word)))
            return false;
        if (rest.p == NULL || index_of(str_cut(&rest, '.')) == 0)
            return false;
    }
    return true;
}

/* The next value of a run of parameters, which is behind us then. */
static struct value *build_run(struct form *form, struct part *parts,
                               unsigned run)
{
    advance(parts, run);
    return build(form, parts, run);
}

static struct value *build_list(struct form *form, struct part *parts,
                                unsigned n)
{
    struct value *list = value_new(form->region, VALUE_LIST, NULL);

    for (unsigned i = 0, run; i < n; i += run) {
        struct value *element;

        run = run_of(parts + i, n - i);
        element = build_run(form, parts + i, run);
        if (element == NULL)
            return NULL;
        value_append(list, element);
    }
    return list;
}

/* entry.N.key and entry.N.value. */
static struct value *build_entries(struct form *form, struct part *parts,
                                   unsigned n)
{
    struct value *map = value_new(form->region, VALUE_MAP, NULL);

    for (unsigned i = 0, run; i < n; i += run) {
        const struct value *key;
        const struct value *entry;
        struct value *value;

        run = run_of(parts + i, n - i);
        entry = build_run(form, parts + i, run);
        if (entry == NULL)
            return NULL;
        key = value_get(entry, STR("key"));
        if (key == NULL || key->kind != VALUE_STRING) {
            refuse(form, "is an entry of a map without a key", parts[i].name);
            return NULL;
        }
        value = value_new(form->region, VALUE_STRING, NULL);
        entry = value_get(entry, STR("value"));
        value->text =
            entry && entry->kind == VALUE_STRING ? entry->text : STR("");
        value_put(form->region, map, key->text, value);
    }
    return map;
}

static struct value *build_map(struct form *form, struct part *parts,
                               unsigned n)
{
    struct value *map = value_new(form->region, VALUE_MAP, NULL);

    for (unsigned i = 0, run; i < n; i += run) {
        struct str key = first_of(&parts[i]);
        struct value *entry;

        run = run_of(parts + i, n - i);
        entry = build_run(form, parts + i, run);
        if (entry == NULL)
            return NULL;
        value_put(form->region, map, key, entry);
    }
    return map;
}

/* What n parameters are together that have the same name so far.  As deep as
 * names have segments. */
static struct value *build(struct form *form, struct part *parts, unsigned n)
{
    if (parts[0].rest.p == NULL && n == 1)
        return value_string(form->region, parts[0].value, NULL);
    if (parts[0].rest.p == NULL) {
        refuse(form,
               parts[1].rest.p ? "is a value and has members"
                               : "was given more than once",
               parts[0].name);
        return NULL;
    }
    if (all_numbers(parts, n, NULL))
        return build_list(form, parts, n);
    if (all_numbers(parts, n, "member")) {
        advance(parts, n);
        return build_list(form, parts, n);
    }
    if (all_numbers(parts, n, "entry")) {
        advance(parts, n);
        return build_entries(form, parts, n);
    }
    return build_map(form, parts, n);
}

const struct value *query_read(struct region *region, const struct str *forms,
                               unsigned n, struct error *error)
{
    struct form form = {.region = region, .error = error};

    if (!split(&form, forms, n))
        return NULL;
    if (form.n == 0)
        return value_new(region, VALUE_MAP, NULL);
    qsort(form.parts, form.n, sizeof(*form.parts), compare);
    return build_map(&form, form.parts, form.n);
}
