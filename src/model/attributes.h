/* SPDX-License-Identifier: Apache-2.0
 *
 * The attributes of load balancers, target groups and listeners, declared
 * once: name, values, default and the field where each is kept (alb.md 6, 3.2
 * and 5.9).
 *
 * Reading, defaults, error texts and --help come from this table.
 */
#ifndef SLUICE_MODEL_ATTRIBUTES_H
#define SLUICE_MODEL_ATTRIBUTES_H

#include "base/text.h"
#include "model/config.h"

enum attribute_owner {
    OWNER_LOAD_BALANCER, /* a field of struct config_attributes */
    OWNER_TARGET_GROUP,  /* a field of struct config_group */
    OWNER_LISTENER,      /* kept as texts: config_listener_attribute */
};

enum attribute_kind {
    ATTRIBUTE_SECONDS, /* uint32_t, kept in milliseconds */
    ATTRIBUTE_COUNT,   /* uint32_t; "off" is 0 */
    ATTRIBUTE_BOOL,    /* bool: false or true */
    ATTRIBUTE_TRUE,    /* bool: nothing but true */
    ATTRIBUTE_SWITCH,  /* bool: off or on */
    ATTRIBUTE_WORD,    /* enum: the place of the word in `words` */
    ATTRIBUTE_TEXT,    /* struct str */
};

struct attribute {
    const char *name; /* ALB's */
    enum attribute_owner owner;
    enum attribute_kind kind;
    size_t offset;  /* of the field */
    uint32_t min;   /* of SECONDS and COUNT */
    uint32_t max;   /* of TEXT: of its bytes */
    bool or_zero;   /* SECONDS: 0 as well */
    bool or_off;    /* COUNT: "off" as well */
    bool acts;      /* something here depends on it already */
    unsigned types; /* bit 1 << enum target_type: the groups that have it; 0:
                        any group */
    const char *const *words; /* WORD; NULL at the end */
    const char *values;       /* TEXT: what it takes, "a bucket's name" */
    bool (*fits)(struct str); /* TEXT; NULL: anything */
    const char *initial;      /* the default, as text */
    const char *remedy;       /* how to mend a wrong value; NULL: the values
                                 say it */
};

extern const struct attribute attributes[];
extern const unsigned nattributes;

/* The attribute of this name that this kind of owner has, or NULL. */
const struct attribute *attribute_find(enum attribute_owner owner,
                                       struct str name);

/* Whether only network or gateway load balancers have an attribute of this
 * name. */
bool attribute_is_foreign(struct str name);

/* Reads `value` into the field of `owner` (NULL: only tries it).  A text is
 * copied to the region, or borrowed when `region` is NULL.  False and nothing
 * changed when it is not one of the attribute's values. */
bool attribute_set(const struct attribute *attribute, void *owner,
                   struct str value, struct region *region);

/* The values it takes: "1 to 4000", "true or false", "off or 1 to 100". */
void attribute_put_values(struct text *t, const struct attribute *attribute);

/* Sets every attribute that this kind of owner has to its default, and
 * connect_timeout_ms to ALB's 10 s.  `owner` is a struct config_attributes, a
 * struct config_group, or (OWNER_LISTENER: nothing is done) NULL.
 *
 * ipv6.deny_all_igw_traffic becomes false, the default of an internet-facing
 * load balancer; who knows that it is internal sets true. */
void attributes_init(enum attribute_owner kind, void *owner);

/* Reads one {Key, Value} into the field of `owner` (as above; a group's type
 * must be set before).  Texts are copied to the region.  `resource` is what
 * errors call the owner: "load balancer Edge", "target group Blue".
 *
 * False with an error in the report: a name that is nearly a known one, of
 * another kind of owner, of another kind of load balancer, or that cannot be a
 * name; a value that ALB does not take.  True, with a doubt in the report and
 * nothing changed, when the name is none that Sluice knows. */
bool attribute_read(enum attribute_owner kind, void *owner, struct str key,
                    const struct place *key_place, struct str value,
                    const struct place *value_place, const char *resource,
                    struct region *region, struct report *report);

/* What ALB refuses of attributes together, once all are read: logs that are
 * enabled without a bucket. */
void attributes_check_load_balancer(const struct config_attributes *read,
                                    const struct place *place,
                                    const char *resource,
                                    struct report *report);

/* The same of a target group, with its targets (alb.md 3.2, Constraints).
 * Problems have the group's place. */
void attributes_check_group(const struct config_group *group,
                            struct report *report);

/* Warns when this process, as the node of `zone` (n == 0: of all), has no
 * target of the group; once its targets have their addresses. */
void attributes_check_zone(const struct config_group *group, struct str zone,
                           struct report *report);

/* Finds the attribute of a "KEY=VALUE" of the command line, whatever has it,
 * and tries the value.  NULL with an error that says what ALB takes or what
 * the name might have been. */
const struct attribute *attribute_check(struct str key_value,
                                        struct error *error);

#endif
