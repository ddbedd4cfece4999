/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies of a request, and which cookie a response sets (RFC 6265 §4.1,
 * §5.4).
 */
#ifndef SLUICE_CODEC_COOKIE_H
#define SLUICE_CODEC_COOKIE_H

#include "codec/message.h"

/* Goes through the cookies of all Cookie fields that were not dropped. */
struct cookie_walk {
    const struct fields *fields;
    unsigned field;  /* the next to look at */
    struct str rest; /* of the field that is looked at; p == NULL: none */
};

static inline struct cookie_walk cookie_walk(const struct fields *fields)
{
    return (struct cookie_walk){.fields = fields};
}

/* The next cookie as slices of the head, without white space around name and
 * value; a value in quotes keeps them.  Pieces without `=` or without a name
 * are passed over.  False when there are no more. */
bool cookie_next(struct cookie_walk *walk, struct str *name, struct str *value);

/* Whether a response sets the cookie: some Set-Cookie field begins with
 * `NAME=`.  What it sets it to, and for how long, does not matter. */
bool cookie_is_set(const struct fields *fields, struct str name);

#endif
