/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments as AWS's APIs and templates write them: "2026-01-02T03:04:05.678Z"
 * (ISO 8601, UTC), here milliseconds since 1970.
 */
#ifndef SLUICE_MODEL_INSTANT_H
#define SLUICE_MODEL_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"

/* Milliseconds may be left out, or have one to three digits.  False for
 * anything else, and for what no calendar has. */
bool instant_parse(struct str text, uint64_t *ms);

/* The text, always with three digits of milliseconds. */
struct str instant_text(struct region *region, uint64_t ms);

#endif
