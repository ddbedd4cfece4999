/* SPDX-License-Identifier: Apache-2.0
 *
 * What AWS's HIGH sensitivity adds (aws-waf.md 2.5; AWS does not say what its
 * own looks for): signs of an injection anywhere in a value, in any of its
 * contexts, however the value begins.  Prose can have some of them.
 *
 *   - another statement after a semicolon
 *   - UNION SELECT, INTO OUTFILE, WAITFOR DELAY
 *   - a call of what waits, reads files or calls out: sleep(, load_file(
 *   - procedures that run programs: xp_cmdshell
 *   - FROM a table of the system's
 *   - a condition that is always true, or one before a comment
 *   - a quote closed and the rest cut off by a comment
 *   - a long 0x... in a list, a call or a comparison
 */
#ifndef SLUICE_MATCH_SQLI_LOOSE_H
#define SLUICE_MATCH_SQLI_LOOSE_H

#include "match/sqli_fold.h"

/* In one context; `seen` holds what gave it away. */
bool sqli_loosely_injects(struct str value, struct sqli_context context,
                          struct sqli_folded *seen);

#endif
