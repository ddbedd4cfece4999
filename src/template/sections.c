/* SPDX-License-Identifier: Apache-2.0
 *
 * The sections of one or several templates, merged.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "template/resolve.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
    const char *name;
    const char *one; /* of its entries */
} merged[] = {
    [SECTION_PARAMETERS] = {"Parameters", "the parameter"},
    [SECTION_MAPPINGS] = {"Mappings", "the mapping"},
    [SECTION_CONDITIONS] = {"Conditions", "the condition"},
    [SECTION_RESOURCES] = {"Resources", "the logical id"},
    [SECTION_OUTPUTS] = {"Outputs", "the output"},
};

static const char *const others[] = {
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Rules",
    "Transform",
    "Hooks",
    "Globals",
};

static void append(struct section *s, const struct value *entry)
{
    if (s->n == s->cap) {
        const struct value **more;

        s->cap = s->cap ? s->cap * 2 : 64;
        more = memory_zeroed(s->cap, sizeof(struct value *));
        for (unsigned i = 0; i < s->n; i++)
            more[i] = s->entries[i];
        free(s->entries);
        s->entries = more;
    }
    s->entries[s->n++] = entry;
}

static void add_entries(struct resolver *r, enum section_id id,
                        const struct value *map)
{
    if (map->kind == VALUE_NULL)
        return; /* "Parameters:" with everything commented out */
    if (map->kind != VALUE_MAP) {
        report_error(r->report, &map->place,
                     "%s must be a map, this is %s\n"
                     "write NAME: and what it is, indented below %s:",
                     merged[id].name, value_kind_name(map->kind),
                     merged[id].name);
        return;
    }
    for (const struct value *v = map->first; v; v = v->next)
        append(&r->sections[id], v);
}

static void unknown_section(struct resolver *r, const struct value *entry)
{
    struct suggest s = suggest_for(entry->key);

    for (size_t i = 0; i < COUNT(merged); i++)
        suggest_offer(&s, merged[i].name);
    for (size_t i = 0; i < COUNT(others); i++)
        suggest_offer(&s, others[i]);
    if (suggest_best(&s))
        report_error(r->report, &entry->key_place,
                     STR_FMT " is no section of a template\n"
                             "did you mean %s?",
                     STR_ARG(entry->key), suggest_best(&s));
    else
        report_doubt(r->report, &entry->key_place,
                     STR_FMT " is no section of a template\n"
                             "CloudFormation refuses it: remove it",
                     STR_ARG(entry->key));
}

/* A macro may add resources and parameters; these do not. */
static bool adds_nothing(struct str name)
{
    return str_eq(name, STR("AWS::LanguageExtensions")) ||
           str_eq(name, STR("AWS::CodeDeployBlueGreen")) ||
           str_starts(name, STR("AWS::SecretsManager"));
}

static void take_macro(struct resolver *r, const struct value *v)
{
    const struct value *name =
        v->kind == VALUE_MAP ? value_get(v, STR("Name")) : v;

    if (name == NULL || !value_is_scalar(name) || adds_nothing(name->text))
        return;
    report_warning(r->report, &v->place,
                   "the macro " STR_FMT
                   " runs in AWS only: what it adds is not here\n"
                   "give Sluice the template that the macro made, if it makes "
                   "load balancers",
                   STR_ARG(name->text));
    r->macro = name->text;
}

static void take_transform(struct resolver *r, const struct value *v)
{
    if (v->kind != VALUE_LIST) {
        take_macro(r, v);
        return;
    }
    for (const struct value *one = v->first; one; one = one->next)
        take_macro(r, one);
}

static void check_version(struct resolver *r, const struct value *v)
{
    if (!str_eq(v->text, STR("2010-09-09")))
        report_error(r->report, &v->place,
                     "AWSTemplateFormatVersion is not 2010-09-09\n"
                     "write \"2010-09-09\", the only version there is, or "
                     "leave it out");
}

static void take_section(struct resolver *r, const struct value *entry)
{
    for (unsigned i = 0; i < SECTIONS; i++) {
        if (str_eq(entry->key, str_of(merged[i].name))) {
            add_entries(r, (enum section_id)i, entry);
            return;
        }
    }
    if (str_eq(entry->key, STR("Transform")))
        take_transform(r, entry);
    if (str_eq(entry->key, STR("AWSTemplateFormatVersion")))
        check_version(r, entry);
    for (size_t i = 0; i < COUNT(others); i++) {
        if (str_eq(entry->key, str_of(others[i])))
            return;
    }
    unknown_section(r, entry);
}

void sections_add(struct resolver *r, const struct value *root)
{
    const struct value *resources = value_get(root, STR("Resources"));
    unsigned errors = r->report->errors;

    for (const struct value *v = root->first; v; v = v->next)
        take_section(r, v);
    if (resources == NULL && r->report->errors == errors)
        report_error(r->report, &root->place,
                     "the template has no Resources\n"
                     "declare at least a load balancer, a listener and a "
                     "target group; conf/quickstart.yaml shows how");
    else if (resources && (resources->kind == VALUE_NULL ||
                           (resources->kind == VALUE_MAP && !resources->first)))
        report_error(r->report, &resources->key_place,
                     "Resources is empty\n"
                     "declare at least a load balancer, a listener and a "
                     "target group; conf/quickstart.yaml shows how");
}

/* ---- finding ------------------------------------------------------------- */

static int by_key(const void *a, const void *b, void *user)
{
    const struct section *s = user;
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    int order = str_compare(s->entries[x]->key, s->entries[y]->key);

    if (order)
        return order;
    return x < y ? -1 : x > y;
}

/* What CDK writes into every template is the same in all of them. */
static bool same(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind || !str_eq(a->text, b->text))
        return false;
    a = a->first;
    for (b = b->first; a && b; a = a->next, b = b->next) {
        if (!str_eq(a->key, b->key) || !same(a, b))
            return false;
    }
    return a == NULL && b == NULL;
}

/* Entries of two files with one name. */
static void check_twice(struct resolver *r, enum section_id id,
                        const struct value *first, const struct value *second)
{
    if (id != SECTION_RESOURCES && same(first, second))
        return;
    report_error(r->report, &second->key_place,
                 "%s " STR_FMT " is declared in %s:%u:%u, too\n"
                 "rename one of them: several files make one stack",
                 merged[id].one, STR_ARG(second->key), first->key_place.file,
                 first->key_place.line, first->key_place.column);
}

void sections_ready(struct resolver *r)
{
    for (unsigned id = 0; id < SECTIONS; id++) {
        struct section *s = &r->sections[id];

        s->by_key = memory_zeroed(s->n + 1, sizeof(unsigned));
        for (unsigned i = 0; i < s->n; i++)
            s->by_key[i] = i;
        qsort_r(s->by_key, s->n, sizeof(unsigned), by_key, s);
        for (unsigned i = 1; i < s->n; i++) {
            const struct value *a = s->entries[s->by_key[i - 1]];
            const struct value *b = s->entries[s->by_key[i]];

            if (str_eq(a->key, b->key))
                check_twice(r, (enum section_id)id, a, b);
        }
    }
}

void sections_free(struct resolver *r)
{
    for (unsigned id = 0; id < SECTIONS; id++) {
        free(r->sections[id].entries);
        free(r->sections[id].by_key);
    }
}

int section_find(const struct resolver *r, enum section_id id, struct str key)
{
    const struct section *s = &r->sections[id];
    unsigned low = 0, high = s->n;

    if (key.p == NULL)
        return -1;
    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (str_compare(s->entries[s->by_key[middle]]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->n || !str_eq(s->entries[s->by_key[low]]->key, key))
        return -1;
    return (int)s->by_key[low];
}

const char *section_suggest(const struct resolver *r, unsigned mask,
                            struct str word)
{
    struct suggest s = suggest_for(word);

    if (r->report->errors > REPORT_MAX)
        return NULL; /* nobody will read it */
    for (unsigned id = 0; id < SECTIONS; id++) {
        for (unsigned i = 0; mask >> id & 1 && i < r->sections[id].n; i++)
            suggest_offer(&s, r->sections[id].entries[i]->key.p);
    }
    return suggest_best(&s);
}
