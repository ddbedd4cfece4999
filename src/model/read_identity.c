/* SPDX-License-Identifier: Apache-2.0
 *
 * Id and Created of Metadata.Sluice: what the API gave a resource, and what a
 * template says to give it again.
 */
#include <stdlib.h>

#include "model/instant.h"
#include "model/read.h"

static struct str check_id(struct build *build, const struct resource *resource,
                           const struct field *field, bool certificate)
{
    struct str text = shown(field->text);

    if (!field->ok)
        return STR("");
    if (arn_is_id(field->text, certificate))
        return field->text;
    build->lost = true;
    resource_error(
        resource, field_place(field),
        "Metadata.Sluice.Id cannot be \"" STR_FMT "\": %s", STR_ARG(text),
        certificate ? "the id of a certificate is a UUID\nwrite one such as "
                      "01234567-89ab-cdef-0123-456789abcdef, or leave it out"
                    : "an id is 16 lower-case hex digits\nwrite one such as "
                      "0123456789abcdef, or leave it out");
    return STR("");
}

static uint64_t read_created(const struct resource *resource,
                             const struct field *field)
{
    struct str text = shown(field->text);
    uint64_t ms = 0;

    if (field->ok && !instant_parse(field->text, &ms))
        resource_error(resource, field_place(field),
                       "Metadata.Sluice.Created cannot be \"" STR_FMT
                       "\": it is a moment of UTC\n"
                       "write one such as 2026-01-02T03:04:05.678Z",
                       STR_ARG(text));
    return ms;
}

static struct str take(struct build *build, const struct resource *resource,
                       const struct field *field, struct str id)
{
    build->ids.ids[build->ids.n++] =
        (struct given_id){id, resource, field->ok ? field_place(field) : NULL};
    return id;
}

struct str read_identity(struct build *build, const struct resource *resource,
                         const struct identity_input *input,
                         uint64_t *created_ms)
{
    struct str given = check_id(build, resource, &input->id, false);
    uint64_t ms = read_created(resource, &input->created);

    if (created_ms)
        *created_ms = ms;
    return take(build, resource, &input->id,
                arn_id(&build->region, &build->scope, given, resource->id));
}

struct str read_certificate_identity(struct build *build,
                                     const struct resource *resource,
                                     const struct identity_input *input)
{
    struct str given = check_id(build, resource, &input->id, true);

    read_created(resource, &input->created);
    return take(
        build, resource, &input->id,
        arn_certificate_id(&build->region, &build->scope, given, resource->id));
}

/* ---- where it stands alone -------------------------------------------------- */

struct alone {
    const struct value *value;
    struct identity_input identity;
};

static const struct property properties[] = {
    IDENTITY_PROPERTIES(struct alone, identity),
};

static const struct schema schema = {
    .properties = properties,
    .n = sizeof(properties) / sizeof(*properties),
    .size = sizeof(struct alone),
    .own = true,
};

void read_identity_alone(const struct resource *resource,
                         struct identity_input *into)
{
    struct alone input = {.value = NULL};

    schema_read(resource, &schema, "Metadata.Sluice", resource->sluice, &input);
    *into = input.identity;
}

/* ---- how messages call a resource ----------------------------------------------- */

/* A logical id that the API made has the id of the resource at its end. */
static bool is_made(struct str logical, struct str id)
{
    return id.p && id.n && logical.n > id.n &&
           str_eq(str_make(logical.p + logical.n - id.n, id.n), id);
}

static struct str scalar(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && value_is_scalar(v) ? shown(v->text) : STR("");
}

const char *resource_called(const struct resource *resource, const char *word)
{
    static const struct {
        const char *property;
        const char *before;
    } all[] = {{"Name", ""},
               {"AlarmName", ""},
               {"Priority", "of priority "},
               {"Port", "on port "}};
    bool made = is_made(resource->id, scalar(resource->sluice, "Id"));

    for (unsigned i = 0; made && i < sizeof(all) / sizeof(*all); i++) {
        struct str text = scalar(resource->properties, all[i].property);

        if (text.n)
            return region_printf(resource->region, "%s %s" STR_FMT, word,
                                 all[i].before, STR_ARG(text))
                .p;
    }
    return region_printf(resource->region, "%s " STR_FMT, word,
                         STR_ARG(shown(resource->id)))
        .p;
}

struct str config_called(struct str id, struct str arn, struct str name)
{
    size_t at = arn.n;

    while (at && arn.p[at - 1] != '/')
        at--;
    return name.n && is_made(id, str_make(arn.p + at, arn.n - at)) ? name : id;
}

/* ---- twice ------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct given_id *x = a;
    const struct given_id *y = b;
    int order = strcmp(x->id.p, y->id.p);

    /* Those that were not written come first: the others are said. */
    if (order == 0)
        order = (x->place != NULL) - (y->place != NULL);
    if (order == 0 && x->place)
        order = (x->place->line > y->place->line) -
                (x->place->line < y->place->line);
    return order;
}

void check_ids(const struct given_ids *ids)
{
    if (ids->n)
        qsort(ids->ids, ids->n, sizeof(*ids->ids), compare);
    for (unsigned i = 1; i < ids->n; i++) {
        const struct given_id *a = &ids->ids[i - 1];
        const struct given_id *b = &ids->ids[i];

        if (!str_eq(a->id, b->id) || b->place == NULL)
            continue;
        resource_error(b->resource, b->place,
                       "Metadata.Sluice.Id " STR_FMT " is that of %s%s as "
                       "well\nids are unique: give it another one, or leave "
                       "Id out",
                       STR_ARG(b->id), a->resource->name,
                       a->place ? resource_see(b->resource, b->place, a->place)
                                : "");
    }
}
