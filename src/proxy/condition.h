/* SPDX-License-Identifier: Apache-2.0
 *
 * One condition of a rule, compiled (alb.md 2.3): its values ORed.
 */
#ifndef SLUICE_PROXY_CONDITION_H
#define SLUICE_PROXY_CONDITION_H

#include "base/cidr.h"
#include "match/pattern.h"
#include "proxy/route_view.h"

/* What a value of a condition became; which one is in use follows from the
 * condition's field.  Of a method nothing. */
struct condition_value {
    struct pattern *pattern; /* HOST, PATH, HEADER, QUERY */
    struct pattern *key;     /* QUERY; NULL: any key */
    struct linear *regex;    /* HOST, PATH, HEADER with `regex` */
    struct cidr cidr;        /* SOURCE_IP */
};

struct condition {
    const struct config_condition *config;
    struct condition_value *values; /* config->nvalues of them */
};

/* Compiles `config`, which must live as long as the condition.  False with
 * errors in the report, at the place that the value has in `written` (the same,
 * with places): a regex that is none or that ALB does
 * not have, an address block that is none.  condition_end() is due either
 * way. */
bool condition_init(struct condition *condition,
                    const struct config_condition *config,
                    const struct config_condition *written,
                    struct report *report);
void condition_end(struct condition *condition);

/* Adds what its regexes need. */
void condition_need_add(const struct condition *condition,
                        struct linear_need *need);

/* The index of the first value that matches, -1 when none does.  `scratch` may
 * be NULL when no condition of the listener has a regex. */
int condition_match(const struct condition *condition,
                    const struct route_view *view,
                    struct linear_scratch *scratch);

enum { CONDITION_ROOM = ADDRESS_TEXT_MAX };

/* The same, and what was compared; `room` is where the text of an address
 * stands. */
struct condition_trial condition_try(const struct condition *condition,
                                     const struct route_view *view,
                                     struct linear_scratch *scratch,
                                     char room[CONDITION_ROOM]);

/* AWS's name of a field: "path-pattern". */
struct str condition_field_name(enum condition_field field);

#endif
