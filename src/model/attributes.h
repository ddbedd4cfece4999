/* SPDX-License-Identifier: Apache-2.0
 *
 * The attributes of load balancers and target groups that Sluice acts on,
 * declared once: name, values, default and the field where each is kept.
 *
 * Setting, defaults, error texts and --help come from this table.
 */
#ifndef SLUICE_MODEL_ATTRIBUTES_H
#define SLUICE_MODEL_ATTRIBUTES_H

#include "base/text.h"
#include "model/config.h"

enum attribute_owner {
    OWNER_LOAD_BALANCER, /* a field of struct config_attributes */
    OWNER_TARGET_GROUP,  /* a field of struct config_group */
};

enum attribute_kind {
    ATTRIBUTE_SECONDS, /* uint32_t, kept in milliseconds */
    ATTRIBUTE_BOOL,    /* bool */
    ATTRIBUTE_WORD,    /* enum: the place of the word in `words` */
};

struct attribute {
    const char *name; /* ALB's */
    enum attribute_owner owner;
    enum attribute_kind kind;
    size_t offset; /* of the field */
    uint32_t min;  /* of seconds */
    uint32_t max;
    const char *const *words; /* NULL at the end */
    const char *initial;      /* the default, as text */
};

extern const struct attribute attributes[];
extern const unsigned nattributes;

/* The attribute of this name, or NULL. */
const struct attribute *attribute_find(struct str name);

/* Reads `value` into the field of `owner`, which is a struct
 * config_attributes or config_group as the attribute says.  False and nothing
 * changed when it is not one of the attribute's values. */
bool attribute_set(const struct attribute *attribute, void *owner,
                   struct str value);

/* Sets every attribute that this kind of owner has to its default. */
void attributes_init(enum attribute_owner kind, void *owner);

/* The values it takes: "1 to 4000", "true or false". */
void attribute_put_values(struct text *t, const struct attribute *attribute);

#endif
