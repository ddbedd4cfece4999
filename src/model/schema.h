/* SPDX-License-Identifier: Apache-2.0
 *
 * Properties of resources and of the structures in them, declared once as
 * tables; one reader walks values by a table, checks them as CloudFormation
 * would and reports what is wrong.
 *
 * What a table describes is read into a struct whose first member is
 *
 *     const struct value *value;      the map that it was read from
 *
 * and whose other members are struct fields, one for each property that
 * somebody looks at.  Scalars may be written as CloudFormation accepts them:
 * "80" for 80, "true" for true, 404 for "404".
 */
#ifndef SLUICE_MODEL_SCHEMA_H
#define SLUICE_MODEL_SCHEMA_H

#include "base/suggest.h"
#include "model/report.h"

enum { UNKNOWN_NAMES_MAX = REPORT_MAX };

/* Names that were reported as unknown. */
struct unknown_names {
    unsigned n;
    struct str names[UNKNOWN_NAMES_MAX];
};

/* A resource in the making, for what is said about it. */
struct resource {
    const char *name;               /* "listener Web": how messages call it */
    struct str id;                  /* Web */
    const struct value *value;      /* its MAP {Type, Properties, Metadata}; its
                                  key_place is where the resource is said to
                                  be */
    const struct value *properties; /* NULL: none */
    const struct value *sluice;     /* Metadata.Sluice; NULL: none */
    struct str cdk_path;            /* Metadata's aws:cdk:path; n == 0: none */
    struct region *region;          /* for what is read; not the config's */
    struct report *report;
    const char *code;  /* that its errors have; NULL: none */
    const char *field; /* the same */
    /* Properties that nobody knows are ignored, with one warning for a name,
     * even where one that is known is near.  NULL: as elsewhere. */
    struct unknown_names *lenient;
};

/* What stood for one property. */
struct field {
    const struct value *value; /* NULL: not given */
    bool ok;         /* given, known and right; else do not look further */
    struct str text; /* of STRING, INTEGER, BOOL and WORD */
    unsigned number; /* INTEGER; WORD: its index; BOOL: 0 or 1 */
    unsigned n;      /* STRINGS, STRUCTS: how many */
    void *items;     /* STRINGS: struct field[n]; STRUCTS and STRUCT: the
                         table's struct [n] */
};

enum property_kind {
    PROPERTY_STRING,
    PROPERTY_INTEGER,
    PROPERTY_BOOL,
    PROPERTY_WORD,    /* one of `words` */
    PROPERTY_STRINGS, /* a list of strings */
    PROPERTY_STRUCT,  /* a map that `schema` describes */
    PROPERTY_STRUCTS, /* a list of them */
    PROPERTY_RAW,     /* whatever it is: `value` is enough */
    PROPERTY_IGNORED, /* AWS has it and nobody here looks at it */
};

enum {
    PROPERTY_REQUIRED = 1,
    PROPERTY_UNKNOWABLE = 2, /* what only AWS knows is no error here: the field
                                is then given, and not ok */
    PROPERTY_MISPLACED = 4,  /* belongs elsewhere: no suggestion names it */
};

#define NEEDED (PROPERTY_REQUIRED | PROPERTY_UNKNOWABLE)

struct property {
    const char *name;
    size_t offset;            /* of its field; IGNORED: unused */
    const char *const *words; /* of WORD; NULL at the end */
    const struct schema *schema;
    const char *example; /* a right value as a template writes it */
    enum property_kind kind;
    unsigned flags;
    unsigned min; /* INTEGER: the range; STRING, STRINGS: characters */
    unsigned max; /* 0 for strings: any number */
};

struct schema {
    const struct property *properties;
    size_t size; /* of the struct that it is read into */
    unsigned n;
    bool own;  /* Metadata.Sluice: an unknown key is an error */
    bool open; /* unknown properties are nobody's business */
};

#define SCHEMA(table, type)                                                    \
    {                                                                          \
        .properties = (table), .n = sizeof(table) / sizeof(*(table)),          \
        .size = sizeof(type)                                                   \
    }

/* Reads `map` into the zeroed struct `into`; NULL stands for a map without
 * entries.  `path` is what messages put in front of the properties' names:
 * NULL for a resource's own, "Metadata.Sluice".  False when there was an error
 * in the report. */
bool schema_read(const struct resource *resource, const struct schema *schema,
                 const char *path, const struct value *map, void *into);

static inline const struct place *field_place(const struct field *field)
{
    return &field->value->place;
}

/* ---- what is said about a resource -------------------------------------- */

/* Where the resource itself is said to be. */
static inline const struct place *
resource_place(const struct resource *resource)
{
    return &resource->value->key_place;
}

/* As report_error() and so on, with "listener Web: " in front of it. */
void resource_error(const struct resource *resource, const struct place *place,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a code of the API. */
void resource_refuse(const struct resource *resource, const struct place *place,
                     const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As report_tell(). */
void resource_tell(const struct resource *resource, enum severity severity,
                   const struct place *place,
                   const struct problem_detail *detail, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void resource_warning(const struct resource *resource,
                      const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void resource_doubt(const struct resource *resource, const struct place *place,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* That a value which somebody needs is one that only AWS knows. */
void resource_unknown(const struct resource *resource,
                      const struct value *value, const char *name);

/* " (line 12)" or " (other.yaml:12)": where something else stands, for a
 * message at `from`; "" when it stands nowhere. */
const char *resource_see(const struct resource *resource,
                         const struct place *from, const struct place *place);

/* As much of a text's first line as a message has room for. */
struct str shown(struct str s);

/* A remedy with its LF: the nearest of the words ("did you mean ...?"), all of
 * them when none is near ("write A, B or C"). */
const char *resource_words(const struct resource *resource, struct str word,
                           const char *const *words);

#endif
