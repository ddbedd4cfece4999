/* SPDX-License-Identifier: Apache-2.0
 *
 * The results of calls as JSON: numbers as they are, times as numbers of
 * seconds, what is UNKNOWN left out.
 */
#ifndef SLUICE_API_WIRE_JSON_H
#define SLUICE_API_WIRE_JSON_H

#include "base/text.h"
#include "model/value.h"

void wire_json_put(struct text *t, const struct value *value);

#endif
