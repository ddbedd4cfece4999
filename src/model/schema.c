/* SPDX-License-Identifier: Apache-2.0 */
#include "model/schema.h"

enum {
    SHOWN_MAX = 100,
    PATH_MAX_SHOWN = 200,
    NAMES_MAX = 800, /* bytes of a list of names in a message */
    NAMES_IN_LIST = 32,
};

/* Where the reader is: the names above it, outermost last. */
struct path {
    const struct path *up;
    const char *name;
    int index; /* in a list; -1: none */
};

struct reader {
    const struct resource *resource;
    const struct schema *schema;
    const struct path *path; /* NULL: the resource's own properties */
};

/* ---- messages ----------------------------------------------------------- */

struct str shown(struct str s)
{
    const char *line = s.n ? memchr(s.p, '\n', s.n) : NULL;
    size_t n = line ? (size_t)(line - s.p) : s.n;

    if (n <= SHOWN_MAX)
        return str_make(s.p, n);
    n = SHOWN_MAX;
    while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--; /* not through the middle of a character */
    return str_make(s.p, n);
}

__attribute__((format(printf, 2, 0))) static const char *
compose(const struct resource *resource, const char *format, va_list args)
{
    struct str what = region_vprintf(resource->region, format, args);

    return region_printf(resource->region, "%s: %s", resource->name, what.p).p;
}

void resource_error(const struct resource *resource, const struct place *place,
                    const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = compose(resource, format, args);
    va_end(args);
    report_tell(resource->report, PROBLEM_ERROR, place,
                &(struct problem_detail){.code = resource->code,
                                         .field = resource->field},
                "%s", text);
}

void resource_refuse(const struct resource *resource, const struct place *place,
                     const char *code, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = compose(resource, format, args);
    va_end(args);
    report_refuse(resource->report, place, code, "%s", text);
}

void resource_tell(const struct resource *resource, enum severity severity,
                   const struct place *place,
                   const struct problem_detail *detail, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = compose(resource, format, args);
    va_end(args);
    report_tell(resource->report, severity, place, detail, "%s", text);
}

void resource_warning(const struct resource *resource,
                      const struct place *place, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = compose(resource, format, args);
    va_end(args);
    report_warning(resource->report, place, "%s", text);
}

void resource_doubt(const struct resource *resource, const struct place *place,
                    const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = compose(resource, format, args);
    va_end(args);
    report_doubt(resource->report, place, "%s", text);
}

void resource_unknown(const struct resource *resource,
                      const struct value *value, const char *name)
{
    resource_error(resource, &value->place,
                   "%s cannot be known here: " STR_FMT
                   "\nwrite a literal value, or take it from a parameter and "
                   "give that with --parameter Key=Value",
                   name, STR_ARG(value->text));
}

const char *resource_see(const struct resource *resource,
                         const struct place *from, const struct place *place)
{
    if (place->line == 0)
        return "";
    if (place->file && from->file && strcmp(place->file, from->file) != 0)
        return region_printf(resource->region, " (%s:%u)", place->file,
                             place->line)
            .p;
    return region_printf(resource->region, " (line %u)", place->line).p;
}

/* "A, B and C" */
static void put_names(struct text *t, const char *const *names, unsigned n,
                      const char *last)
{
    for (unsigned i = 0; i < n; i++) {
        if (i)
            text_str_put(t, str_of(i + 1 == n ? last : ", "));
        text_str_put(t, str_of(names[i]));
    }
}

const char *resource_words(const struct resource *resource, struct str word,
                           const char *const *words)
{
    struct suggest near = suggest_for(word);
    char buffer[NAMES_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    unsigned n = 0;

    for (; words[n]; n++)
        suggest_offer(&near, words[n]);
    if (suggest_best(&near))
        return region_printf(resource->region, "\ndid you mean \"%s\"?",
                             suggest_best(&near))
            .p;
    put_names(&t, words, n, " or ");
    return region_printf(resource->region, "\nwrite " STR_FMT,
                         STR_ARG(text_str(&t)))
        .p;
}

/* ---- names of places ---------------------------------------------------- */

/* As deep as tables are nested. */
static void put_path(struct text *t, const struct path *path)
{
    if (path == NULL)
        return;
    put_path(t, path->up);
    if (t->n)
        text_char(t, '.');
    text_str_put(t, str_of(path->name));
    if (path->index >= 0)
        text_printf(t, "[%d]", path->index);
}

/* "DefaultActions[0].Type" in the resource's region. */
static const char *name_of(const struct reader *r, const char *name)
{
    char buffer[PATH_MAX_SHOWN];
    struct text t = text_in(buffer, sizeof(buffer));
    struct path path = {r->path, name, -1};

    put_path(&t, &path);
    return region_copy(r->resource->region, text_str(&t)).p;
}

/* "listener Web" or "listener Web: DefaultActions[0]". */
static const char *owner_name(const struct reader *r)
{
    char buffer[PATH_MAX_SHOWN];
    struct text t = text_in(buffer, sizeof(buffer));

    if (r->path == NULL)
        return r->resource->name;
    put_path(&t, r->path);
    return region_printf(r->resource->region, "%s: " STR_FMT, r->resource->name,
                         STR_ARG(text_str(&t)))
        .p;
}

/* The properties that a table has. */
static const char *all_names(const struct reader *r,
                             const struct schema *schema)
{
    const char *names[NAMES_IN_LIST];
    char buffer[NAMES_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    unsigned n = 0;

    for (unsigned i = 0; i < schema->n && n < NAMES_IN_LIST; i++) {
        if (!(schema->properties[i].flags & PROPERTY_MISPLACED))
            names[n++] = schema->properties[i].name;
    }
    put_names(&t, names, n, " and ");
    return region_copy(r->resource->region, text_str(&t)).p;
}

/* ---- wrong kinds of values ---------------------------------------------- */

static const char *wanted(enum property_kind kind)
{
    switch (kind) {
    case PROPERTY_INTEGER:
        return "a number";
    case PROPERTY_BOOL:
        return "true or false";
    case PROPERTY_STRINGS:
        return "a list of strings";
    case PROPERTY_STRUCTS:
        return "a list of maps";
    case PROPERTY_STRUCT:
        return "a map";
    case PROPERTY_STRING:
    case PROPERTY_WORD:
    case PROPERTY_RAW:
    case PROPERTY_IGNORED:
        break;
    }
    return "a string";
}

/* "\nwrite Port: 80", for a value that is wrong. */
static const char *write_example(const struct reader *r,
                                 const struct property *property)
{
    if (property->example == NULL)
        return "";
    return region_printf(r->resource->region, "\nwrite %s: %s", property->name,
                         property->example)
        .p;
}

static const char *kind_remedy(const struct reader *r,
                               const struct property *property,
                               const struct value *value)
{
    bool list = property->kind == PROPERTY_STRINGS ||
                property->kind == PROPERTY_STRUCTS;

    if (list && value->kind == VALUE_MAP)
        return "\nwrite it as a list: \"- \" in front of its first line, "
               "the other lines indented as far";
    if (list && value_is_scalar(value))
        return "\nwrite it as a list, even of one: in brackets, or with \"- \" "
               "in front of it";
    if (property->kind == PROPERTY_BOOL)
        return region_printf(r->resource->region,
                             "\nwrite %s: true or %s: false", property->name,
                             property->name)
            .p;
    if (property->kind == PROPERTY_STRUCT && property->schema &&
        property->example == NULL)
        return region_printf(r->resource->region, "\nwrite a map of %s",
                             all_names(r, property->schema))
            .p;
    return write_example(r, property);
}

static void wrong_kind(const struct reader *r, const struct property *property,
                       const char *name, const struct value *value)
{
    if (value->kind == VALUE_UNKNOWN)
        resource_unknown(r->resource, value, name);
    else if (value->kind == VALUE_NULL)
        resource_error(r->resource, &value->place,
                       "%s has no value\ngive it one, or leave it out", name);
    else
        resource_error(r->resource, &value->place,
                       "%s must be %s, this is %s%s", name,
                       wanted(property->kind), value_kind_name(value->kind),
                       kind_remedy(r, property, value));
}

/* ---- scalars ------------------------------------------------------------ */

static bool read_integer(const struct reader *r,
                         const struct property *property, const char *name,
                         const struct value *value, struct field *field)
{
    uint64_t number;

    if (value->kind == VALUE_BOOL) {
        wrong_kind(r, property, name, value);
        return false;
    }
    if (!str_to_u64(value->text, property->max, &number) ||
        number < property->min) {
        struct str text = shown(value->text);
        const char *quote = value->kind == VALUE_NUMBER ? "" : "\"";

        resource_error(r->resource, &value->place,
                       "%s is %s" STR_FMT
                       "%s: it must be a whole number from %u to %u%s",
                       name, quote, STR_ARG(text), quote, property->min,
                       property->max, write_example(r, property));
        return false;
    }
    field->number = (unsigned)number;
    return true;
}

static bool read_bool(const struct reader *r, const struct property *property,
                      const char *name, const struct value *value,
                      struct field *field)
{
    field->number = str_ieq(value->text, STR("true"));
    if (field->number || str_ieq(value->text, STR("false")))
        return true;
    if (value->kind == VALUE_STRING) {
        struct str text = shown(value->text);

        resource_error(r->resource, &value->place,
                       "%s is \"" STR_FMT
                       "\": it must be true or false\nwrite %s: true "
                       "or %s: false",
                       name, STR_ARG(text), property->name, property->name);
    } else {
        wrong_kind(r, property, name, value);
    }
    return false;
}

static bool read_word(const struct reader *r, const struct property *property,
                      const char *name, const struct value *value,
                      struct field *field)
{
    struct str text = shown(value->text);

    for (unsigned i = 0; property->words[i]; i++) {
        if (str_eq(value->text, str_of(property->words[i]))) {
            field->number = i;
            return true;
        }
    }
    resource_error(r->resource, &value->place, "%s cannot be \"" STR_FMT "\"%s",
                   name, STR_ARG(text),
                   resource_words(r->resource, value->text, property->words));
    return false;
}

static unsigned characters(struct str s)
{
    unsigned n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static bool read_string(const struct reader *r, const struct property *property,
                        const char *name, const struct value *value)
{
    unsigned n = characters(value->text);

    if (value->text.n && memchr(value->text.p, '\0', value->text.n)) {
        resource_error(r->resource, &value->place,
                       "%s has a NUL character in it", name);
        return false;
    }
    if (n >= property->min && (property->max == 0 || n <= property->max))
        return true;
    if (n == 0)
        resource_error(r->resource, &value->place, "%s is empty%s", name,
                       write_example(r, property));
    else
        resource_error(r->resource, &value->place,
                       "%s has %u characters: AWS takes at most %u\nmake it "
                       "shorter",
                       name, n, property->max);
    return false;
}

static bool read_scalar(const struct reader *r, const struct property *property,
                        const char *name, const struct value *value,
                        struct field *field)
{
    if (!value_is_scalar(value)) {
        if (value->kind == VALUE_UNKNOWN &&
            property->flags & PROPERTY_UNKNOWABLE)
            return true; /* given, not ok */
        wrong_kind(r, property, name, value);
        return false;
    }
    field->text = value->text;
    switch (property->kind) {
    case PROPERTY_INTEGER:
        field->ok = read_integer(r, property, name, value, field);
        break;
    case PROPERTY_BOOL:
        field->ok = read_bool(r, property, name, value, field);
        break;
    case PROPERTY_WORD:
        field->ok = read_word(r, property, name, value, field);
        break;
    default:
        field->ok = read_string(r, property, name, value);
        break;
    }
    return field->ok;
}

/* ---- lists and structures ------------------------------------------------ */

static bool read_map(const struct reader *r, const struct value *map,
                     void *into);

static bool read_struct(const struct reader *r, const struct property *property,
                        int index, const struct value *value, void *into)
{
    struct path path = {r->path, property->name, index};
    struct reader inner = {r->resource, property->schema, &path};

    if (value->kind != VALUE_MAP) {
        struct property one = {.name = property->name,
                               .kind = PROPERTY_STRUCT,
                               .schema = property->schema,
                               .example = index < 0 ? property->example : NULL};
        char name[PATH_MAX_SHOWN];
        struct text t = text_in(name, sizeof(name) - 1);

        put_path(&t, &path);
        name[t.n] = '\0';
        wrong_kind(r, &one, name, value);
        return false;
    }
    return read_map(&inner, value, into);
}

static bool read_structs(const struct reader *r,
                         const struct property *property,
                         const struct value *list, struct field *field)
{
    size_t size = property->schema->size;
    unsigned n = value_count(list);
    char *items = region_take(r->resource->region, n * size + 1);
    bool ok = true;
    int i = 0;

    for (const struct value *v = list->first; v; v = v->next, i++)
        ok &= read_struct(r, property, i, v, items + (size_t)i * size);
    field->items = items;
    field->n = n;
    field->ok = ok;
    return ok;
}

static bool read_strings(const struct reader *r,
                         const struct property *property, const char *name,
                         const struct value *list, struct field *field)
{
    struct property one = *property;
    unsigned n = value_count(list);
    struct field *items =
        region_take(r->resource->region, (n + 1) * sizeof(*items));
    unsigned i = 0;

    one.kind = PROPERTY_STRING;
    field->ok = true;
    for (const struct value *v = list->first; v; v = v->next, i++) {
        const char *item =
            region_printf(r->resource->region, "%s[%u]", name, i).p;

        items[i].value = v;
        field->ok &= read_scalar(r, &one, item, v, &items[i]);
    }
    field->items = items;
    field->n = n;
    return field->ok;
}

static bool read_list(const struct reader *r, const struct property *property,
                      const char *name, const struct value *value,
                      struct field *field)
{
    if (value->kind == VALUE_UNKNOWN && property->flags & PROPERTY_UNKNOWABLE)
        return true;
    if (value->kind != VALUE_LIST) {
        wrong_kind(r, property, name, value);
        return false;
    }
    if (property->kind == PROPERTY_STRINGS)
        return read_strings(r, property, name, value, field);
    return read_structs(r, property, value, field);
}

static bool read_property(const struct reader *r,
                          const struct property *property,
                          const struct value *value, void *into)
{
    struct field *field = (void *)((char *)into + property->offset);

    if (property->kind == PROPERTY_IGNORED)
        return true;
    field->value = value;
    switch (property->kind) {
    case PROPERTY_RAW:
        field->ok = true;
        return true;
    case PROPERTY_STRINGS:
    case PROPERTY_STRUCTS:
        return read_list(r, property, name_of(r, property->name), value, field);
    case PROPERTY_STRUCT:
        if (value->kind == VALUE_UNKNOWN &&
            property->flags & PROPERTY_UNKNOWABLE)
            return true;
        field->items = region_take(r->resource->region, property->schema->size);
        field->n = 1;
        field->ok = read_struct(r, property, -1, value, field->items);
        return field->ok;
    default:
        return read_scalar(r, property, name_of(r, property->name), value,
                           field);
    }
}

/* ---- properties that are not known --------------------------------------- */

static const struct property *find(const struct schema *schema, struct str name)
{
    for (unsigned i = 0; i < schema->n; i++) {
        if (str_eq(str_of(schema->properties[i].name), name))
            return &schema->properties[i];
    }
    return NULL;
}

/* The property that this one was meant to be is given, and wrong: that it is
 * missing need not be said as well. */
static void take_as(const struct reader *r, const char *name,
                    const struct value *value, void *into)
{
    const struct property *property = find(r->schema, str_of(name));
    struct field *field = (void *)((char *)into + property->offset);

    if (property->kind != PROPERTY_IGNORED && field->value == NULL)
        field->value = value;
}

static bool is_new(struct unknown_names *names, struct str name)
{
    for (unsigned i = 0; i < names->n; i++) {
        if (str_eq(names->names[i], name))
            return false;
    }
    if (names->n < UNKNOWN_NAMES_MAX)
        names->names[names->n++] = name;
    return true;
}

/* False when it is an error. */
static bool ignored_property(const struct reader *r, const struct value *value,
                             const char *near)
{
    struct str key = shown(value->key);

    if (!is_new(r->resource->lenient, value->key))
        return !r->resource->report->strict;
    report_doubt(r->resource->report, &value->key_place,
                 "%s has no property \"" STR_FMT
                 "\" that Sluice knows: it is ignored\n%s%s%s",
                 owner_name(r), STR_ARG(key),
                 near ? "did you mean \""
                      : "if AWS has it all is well; known here are ",
                 near ? near : all_names(r, r->schema), near ? "\"?" : "");
    return !r->resource->report->strict;
}

/* False when it is an error. */
static bool unknown_property(const struct reader *r, const struct value *value,
                             void *into)
{
    struct suggest near = suggest_for(value->key);
    struct str key = shown(value->key);
    const char *word = r->schema->own ? "key" : "property";

    for (unsigned i = 0; i < r->schema->n; i++) {
        if (!(r->schema->properties[i].flags & PROPERTY_MISPLACED))
            suggest_offer(&near, r->schema->properties[i].name);
    }
    if (r->resource->lenient && !r->schema->own)
        return ignored_property(r, value, suggest_best(&near));
    if (suggest_best(&near)) {
        report_error(r->resource->report, &value->key_place,
                     "%s has no %s \"" STR_FMT "\"\ndid you mean \"%s\"?",
                     owner_name(r), word, STR_ARG(key), suggest_best(&near));
        take_as(r, suggest_best(&near), value, into);
        return false;
    }
    if (r->schema->own) {
        report_error(r->resource->report, &value->key_place,
                     "%s has no key \"" STR_FMT "\"\nit has %s", owner_name(r),
                     STR_ARG(key), all_names(r, r->schema));
        return false;
    }
    report_doubt(r->resource->report, &value->key_place,
                 "%s has no property \"" STR_FMT
                 "\" that Sluice knows: it is ignored\nif AWS has it all is "
                 "well; known here are %s",
                 owner_name(r), STR_ARG(key), all_names(r, r->schema));
    return !r->resource->report->strict;
}

static bool check_required(const struct reader *r, const struct value *map,
                           const void *into)
{
    const struct place *place =
        r->path && map ? &map->place : resource_place(r->resource);
    bool ok = true;

    for (unsigned i = 0; i < r->schema->n; i++) {
        const struct property *p = &r->schema->properties[i];
        const struct field *field =
            (const void *)((const char *)into + p->offset);

        if (!(p->flags & PROPERTY_REQUIRED) || field->value)
            continue;
        resource_error(r->resource, place, "%s is missing\nadd %s: %s",
                       name_of(r, p->name), p->name,
                       p->example ? p->example : "...");
        ok = false;
    }
    return ok;
}

static bool read_map(const struct reader *r, const struct value *map,
                     void *into)
{
    const struct value **first = into; /* every input begins with it */
    bool ok = true;

    *first = map;
    for (const struct value *v = map ? map->first : NULL; v; v = v->next) {
        const struct property *property = find(r->schema, v->key);

        if (property)
            ok &= read_property(r, property, v, into);
        else if (!r->schema->open)
            ok &= unknown_property(r, v, into);
    }
    return check_required(r, map, into) && ok;
}

bool schema_read(const struct resource *resource, const struct schema *schema,
                 const char *path, const struct value *map, void *into)
{
    struct path top = {NULL, path, -1};
    struct reader r = {resource, schema, path ? &top : NULL};

    if (map && map->kind != VALUE_MAP) {
        struct property one = {.name = "Properties",
                               .kind = PROPERTY_STRUCT,
                               .schema = path ? schema : NULL,
                               .example = path ? NULL : "{NAME: VALUE, ...}"};

        wrong_kind(&r, &one, path ? path : "Properties", map);
        return false;
    }
    return read_map(&r, map, into);
}
