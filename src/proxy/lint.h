/* SPDX-License-Identifier: Apache-2.0
 *
 * What is valid and still looks like a mistake: for `sluice check`.
 *
 * - A rule that can never match, since an earlier one of its listener takes
 *   all of its requests, with one of them as the proof: it was routed, and the
 *   earlier rule took it.
 * - A rule with the conditions of an earlier one.
 * - Rules behind one that takes every request.
 * - A path pattern with a dot segment, which no path has when it is compared.
 * - A condition on a header that drop_invalid_header_fields drops.
 * - A target group that is probed on "/" while no rule sends it "/".
 * - One over HTTPS that is probed over HTTP at the same port.
 *
 * Only what is certain is reported: each condition of the earlier rule follows
 * from one of the later rule's.  Of regexes that is known for equal ones only.
 * What config_build() warns of already is left to it.
 */
#ifndef SLUICE_PROXY_LINT_H
#define SLUICE_PROXY_LINT_H

#include "model/config.h"

/* Adds warnings, at the places of the rules and target groups. */
void lint_config(const struct config *config, struct report *report);

#endif
