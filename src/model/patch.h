/* SPDX-License-Identifier: Apache-2.0
 *
 * The config of an account that differs from another in the weights of one
 * rule: how a release shifts traffic.  Made of the config that there is, it
 * costs a copy of the rules of one listener, and says what config_build() would
 * make it say.
 *
 * It shares all else with the config that it was made of, and holds it.  So
 * that such chains stay short, one that is long enough is not made longer: then
 * a whole config is to be built.
 */
#ifndef SLUICE_MODEL_PATCH_H
#define SLUICE_MODEL_PATCH_H

#include "model/account.h"
#include "model/config.h"

enum {
    CONFIG_PATCHES_MAX = 64,
    CONFIG_PATCHED_MAX = 16 * 1024 * 1024, /* bytes that a chain may copy */
};

/* What differs. */
struct patched {
    unsigned listener; /* in config->listeners */
    unsigned rule;     /* in its rules */
};

/* `before` was built from (or patched to) `was`; the config of `now`.  NULL
 * when these differ in more than Actions of a rule, or DefaultActions of a
 * listener, that forward to the same target groups as before, or when what
 * they say is wrong.
 *
 * What is not of the patched load balancer still points to the load balancer
 * of the config before: its attributes are the same, its listeners are not. */
struct config *config_patch(struct config *before, const struct account *was,
                            const struct account *now, struct patched *patched);

#endif
