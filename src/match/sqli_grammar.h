/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether folded tokens change the statement that they are put into.
 */
#ifndef SLUICE_MATCH_SQLI_GRAMMAR_H
#define SLUICE_MATCH_SQLI_GRAMMAR_H

#include "match/sqli_fold.h"

bool sqli_injects(const struct sqli_folded *folded, struct str value);

#endif
