/* SPDX-License-Identifier: Apache-2.0
 *
 * Problems as JSON.
 */
#ifndef SLUICE_APP_PROBLEMS_H
#define SLUICE_APP_PROBLEMS_H

#include "model/report.h"

/* Prints [{"severity", "file", "line", "column", "problem", "remedy"}, ...] on
 * standard output, in the order of their places, without a line end; what is
 * not known is left out. */
void problems_print_json(struct report *report);

#endif
