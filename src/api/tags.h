/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags as the API checks them: [{Key, Value}] (alb.md 1.2).
 */
#ifndef SLUICE_API_TAGS_H
#define SLUICE_API_TAGS_H

#include "api/action.h"

enum { TAGS_MAX = 50 }; /* of one resource */

/* What AWS takes in keys and values of tags. */
bool tag_is_text(struct str text);

#define TAG_PATTERN "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$"
#define TAG_TEXT                                                               \
    .kind = MEMBER_TEXT, .fits = tag_is_text, .pattern = TAG_PATTERN

/* {Key, Value}: the shape of a tag in an input. */
extern const struct shape tag_shape;

/* Checks the list (NULL: none were given) of a call that creates something.
 * False: refused (DuplicateTagKeys, TooManyTags, ValidationError). */
bool tags_check(struct call *call, const struct value *tags);

#endif
