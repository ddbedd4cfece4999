/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON that somebody else wrote (archives of requests, logs) as values without
 * places.
 */
#ifndef SLUICE_MODEL_JSON_H
#define SLUICE_MODEL_JSON_H

#include "base/error.h"
#include "model/value.h"

/* Reads the first value of the text into the region; `*used`: bytes that it
 * takes, what follows is not looked at.  Numbers with a fraction are texts as
 * the C library prints them; of equal keys the last one counts; U+0000 is a
 * character as others are.  NULL with an error "line N, column N: ...". */
struct value *json_value_read(struct region *region, struct str text,
                              size_t *used, struct error *error);

#endif
