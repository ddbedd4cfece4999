/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments as clients of AWS's APIs write them: JSON and CBOR seconds since 1970
 * ("1790000000", "1790000000.5", "1.79E9"), forms ISO 8601 ("2026-01-02",
 * "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678901+01:00"; without a zone it
 * is UTC).
 */
#ifndef SLUICE_API_MOMENT_H
#define SLUICE_API_MOMENT_H

#include "base/text.h"

/* False for what is none, or lies before 1970. */
bool moment_read(struct str text, double *seconds);

/* How XML has it: "2026-01-02T03:04:05Z", with milliseconds when there are
 * some. */
void moment_put(struct text *t, double seconds);

#endif
