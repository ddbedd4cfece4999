/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as templates and API calls spell them: scalars, lists and maps, each
 * knowing the place that it was written at.
 *
 * Trees stand in a region and are not changed once they are built.  The
 * template's loader makes them from YAML and JSON with the intrinsic functions
 * resolved; --to makes them in memory; config_build() reads them.
 */
#ifndef SLUICE_MODEL_VALUE_H
#define SLUICE_MODEL_VALUE_H

#include "base/region.h"

/* Where something was written.  line 0: nowhere (made in memory). */
struct place {
    const char *file;
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in characters */
};

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,   /* text: "true" or "false" */
    VALUE_NUMBER, /* text: as it was written */
    VALUE_STRING,
    VALUE_TIME, /* of what an API answers: text: seconds since 1970, maybe with a
                   fraction */
    VALUE_LIST,
    VALUE_MAP,
    VALUE_UNKNOWN, /* cannot be known here; text says why, as a clause:
                      "Vpc (AWS::EC2::VPC) exists only in AWS" */
};

enum { VALUE_NESTED_MAX = 256 };

struct value {
    enum value_kind kind;
    struct place place;
    struct str text;     /* of scalars, with a NUL behind it; of UNKNOWN */
    struct value *first; /* of a LIST or MAP, in the order written */
    struct value *last;
    struct value *next; /* the next element or entry of its parent */
    struct str key;     /* of an entry of a MAP */
    struct place key_place;
};

/* The entry of a map, NULL when there is none or `map` is no map. */
const struct value *value_get(const struct value *map, struct str key);

/* Elements of a list, entries of a map; 0 of anything else, and of
 * NULL. */
unsigned value_count(const struct value *value);

/* "a string", "a list": for errors. */
const char *value_kind_name(enum value_kind kind);

static inline bool value_is_scalar(const struct value *v)
{
    return v->kind == VALUE_BOOL || v->kind == VALUE_NUMBER ||
           v->kind == VALUE_STRING || v->kind == VALUE_TIME;
}

/* ---- making them -------------------------------------------------------- */

struct value *value_new(struct region *region, enum value_kind kind,
                        const struct place *place);

/* A STRING; the text is copied. */
struct value *value_string(struct region *region, struct str text,
                           const struct place *place);

/* A deep copy, places included; what is nested deeper than VALUE_NESTED_MAX is
 * left out. */
struct value *value_copy(struct region *region, const struct value *value);

/* Adds at the end of a LIST. */
void value_append(struct value *list, struct value *element);

/* Adds at the end of a MAP (the key is copied to the region). */
void value_put(struct region *region, struct value *map, struct str key,
               struct value *entry);

#endif
