/* SPDX-License-Identifier: Apache-2.0
 *
 * The account: every resource that there is, in CloudFormation's words.
 *
 * A resource is a MAP {Type, Properties, Metadata} under its logical id, with
 * all functions resolved: what names another resource does it by ARN.  Those
 * of a template and those that the API made are alike.  An account is never
 * changed and may be shared by threads; a change is a new account that shares
 * the resources that stay.  config_build() makes a config of it.
 */
#ifndef SLUICE_MODEL_ACCOUNT_H
#define SLUICE_MODEL_ACCOUNT_H

#include <stdatomic.h>

#include "model/value.h"

struct account_resource {
    _Atomic unsigned refs;
    struct region region;
    struct str id;             /* logical id */
    const struct value *value; /* MAP {Type, Properties, Metadata}; its key is
                                  the id */
};

struct account {
    _Atomic unsigned refs;
    uint64_t revision; /* grows by one with each change */
    unsigned n;
    struct account_resource **resources; /* the oldest first */
};

/* An account of resources: MAP of logical id -> MAP; the values are copied. */
struct account *account_new(const struct value *resources, uint64_t revision);

/* The same resources with another revision. */
struct account *account_again(const struct account *account, uint64_t revision);

struct account *account_hold(struct account *account);
void account_release(struct account *account); /* NULL: nothing */

/* The resource with that logical id, or NULL. */
const struct account_resource *account_find(const struct account *account,
                                            struct str id);

/* MAP of logical id -> MAP for config_build(): its entries stand in the region,
 * what they hold is the account's. */
const struct value *account_values(const struct account *account,
                                   struct region *region);

/* Type, Properties, Metadata.Sluice of a resource; NULL: it has none. */
struct str account_type(const struct account_resource *resource);
const struct value *account_properties(const struct account_resource *resource);
const struct value *account_sluice(const struct account_resource *resource);

/* ---- changes --------------------------------------------------------------- */

struct edit_step {
    struct edit_step *next;
    struct str id;             /* logical id */
    const struct value *value; /* what it is from now on, a MAP {Type,
                                  Properties, Metadata}; NULL: it goes */
};

/* What a call changes.  All zero: nothing.  Everything in it stands in the
 * caller's region. */
struct edit {
    struct edit_step *first;
    struct edit_step *last;
};

void edit_put(struct region *region, struct edit *edit, struct str id,
              const struct value *value);
void edit_remove(struct region *region, struct edit *edit, struct str id);

/* The account after it, with the next revision; what is put is copied.  A
 * resource that is there keeps its place, a new one is the last. */
struct account *account_edit(const struct account *before,
                             const struct edit *edit);

#endif
