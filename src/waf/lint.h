/* SPDX-License-Identifier: Apache-2.0
 *
 * What is valid in a web ACL and still looks like a mistake: for `sluice waf
 * check`.
 *
 * - Rules that never run: behind one that ends every request, or after an
 *   earlier one that ends all requests that they ask for.
 * - Statements that are never true: bytes that no value has after its
 *   transformations, sizes beyond what is looked at, labels that nothing adds
 *   before, empty sets, statements of an AND that exclude each other.
 * - Statements that are always true.
 * - Habits that open a door: a search string in quotes or twice in base64,
 *   CONTINUE on rules that allow, NOT over a part that may be missing,
 *   overrides of rules that a group has not.
 *
 * "Never" and "always" are told where they follow from what the statements say;
 * of regexes little is known.  A rule that is said never to run has been tried
 * with a request that it asks for, where one could be made up, and the earlier
 * rule took it.
 */
#ifndef SLUICE_WAF_LINT_H
#define SLUICE_WAF_LINT_H

#include "waf/program.h"

/* Adds warnings, and notes when the report is verbose, at the places of the
 * statements and rules; also of the account's rule groups that it refers to. */
void lint_acl(struct waf_program *program, struct report *report);

#endif
