/* SPDX-License-Identifier: Apache-2.0
 *
 * Which series may be published: at most so many within an hour, since that is
 * what CloudWatch bills.  First come, first served.
 */
#ifndef SLUICE_CONTROL_ADMISSION_H
#define SLUICE_CONTROL_ADMISSION_H

#include "stats/series.h"

struct admission;

struct admission *admission_new(unsigned most);
void admission_free(struct admission *admission); /* NULL: nothing */

/* Whether a datum of that series may be published now. */
bool admission_may(struct admission *admission, const struct series_name *name,
                   int64_t now_s);

/* Series that had a datum within the hour. */
unsigned admission_n(const struct admission *admission);

#endif
