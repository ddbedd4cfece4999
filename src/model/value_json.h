/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as JSON.  What JSON has no kind for, or who reads it takes in another
 * way, is written by whoever knows the reader.
 */
#ifndef SLUICE_MODEL_VALUE_JSON_H
#define SLUICE_MODEL_VALUE_JSON_H

#include "base/text.h"
#include "model/value.h"

struct value_json {
    /* Of an entry, without the colon. */
    void (*key)(struct text *t, struct str key);
    /* A NUMBER or a TIME. */
    void (*number)(struct text *t, struct str number);
    /* NULL: an entry of a map that is UNKNOWN is left out, another is null. */
    void (*unknown)(struct text *t, struct str why);
};

/* One value, at the end of the text; what is nested deeper than
 * VALUE_NESTED_MAX is null. */
void value_json_put(struct text *t, const struct value *value,
                    const struct value_json *how);

#endif
