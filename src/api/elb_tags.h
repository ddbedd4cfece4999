/* SPDX-License-Identifier: Apache-2.0
 *
 * AddTags, RemoveTags, DescribeTags, of everything that has tags: Tags of its
 * Properties; a default rule has no resource of its own, its tags are
 * DefaultRuleTags in Metadata.Sluice of its listener.
 */
#ifndef SLUICE_API_ELB_TAGS_H
#define SLUICE_API_ELB_TAGS_H

#include "api/action.h"

extern const struct action_table elb_tag_actions;

/* Whether two lists (NULL: empty) have the same tags in whatever order. */
bool tags_are_same(const struct value *a, const struct value *b);

#endif
