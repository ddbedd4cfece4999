/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether folded tokens change the statement that they are put into.
 */
#ifndef SLUICE_MATCH_SQLI_GRAMMAR_H
#define SLUICE_MATCH_SQLI_GRAMMAR_H

#include "match/sqli_fold.h"

/* False: whatever follows, they will not, unless it is a SQLI_HIDDEN. */
bool sqli_may_inject(const struct sqli_folded *folded);

bool sqli_injects(const struct sqli_folded *folded, struct str value);

#endif
