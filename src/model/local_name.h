/* SPDX-License-Identifier: Apache-2.0
 *
 * What --service can name, and how somebody can call it.
 *
 * CDK adds a hash to the names of its constructs and calls the resource of an
 * ECS service "Service": what a template calls SvcServiceE0738BDC its author
 * calls Svc.  A name is, the first that anything has:
 *
 *     the logical id
 *     the logical id without CDK's hash, and without "Service" before it
 *     Name of a target group
 *     aws:cdk:path, also without "/Resource" or "/Service" at its end
 *     a begin of the logical id
 *     an end of the path, from a "/" on
 *
 * and what two have at the same step is ambiguous.  Of an ECS service, ".blue"
 * and ".green" behind it choose the target group.
 */
#ifndef SLUICE_MODEL_LOCAL_NAME_H
#define SLUICE_MODEL_LOCAL_NAME_H

#include "model/local.h"

struct local_thing {
    const struct config_service *service; /* NULL: a group alone */
    struct config_group *group;           /* NULL: a service */
    struct str id;
    struct str plain; /* without CDK's hash */
    struct str base;  /* and without "Service" */
    struct str name;  /* Name of a group */
    struct str path;
    struct str construct; /* the path without "/Resource" or "/Service" */
};

struct local_names {
    unsigned n;
    struct local_thing *things; /* services first */
};

/* A name of --service, cut in its parts. */
struct local_reference {
    struct str typed; /* "Svc.green" */
    struct str name;  /* "Svc" */
    bool green;
    bool blue;
};

/* All there is in a config; what is made of names stands in its region. */
struct local_names local_names_of(struct config *config,
                                  const struct local_hints *hints);
void local_names_end(struct local_names *names);

struct local_reference local_reference_cut(struct str typed);

/* What it names; NULL with an error in the report when nothing or more than
 * one thing is called so. */
const struct local_thing *local_find(const struct local_names *names,
                                     const struct local_reference *reference,
                                     struct report *report);

/* "--service Svc.green=HOST:PORT": by the service that a group belongs to
 * alone, else by itself; as short as it is unambiguous. */
struct str local_flag(const struct local_names *names,
                      const struct config_group *group, struct region *region);

#endif
