/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests tried on a program one after the other, without a proxy.
 *
 * Rate-based rules count them as one worker would, by the times that they came
 * at: one that comes with an earlier time than the one before comes at the same
 * time as that.
 */
#ifndef SLUICE_WAF_REPLAY_H
#define SLUICE_WAF_REPLAY_H

#include "waf/trail.h"

struct replay;

/* Holds the program. */
struct replay *replay_new(struct waf_program *program);
void replay_free(struct replay *replay); /* NULL: nothing */

/* Evaluates; trail->result is what it came to.  `told`: with each rule and what
 * its statements saw, which takes several times as long.  The trail is good
 * until the next one. */
void replay_try(struct replay *replay, const struct inspected *request,
                uint64_t now_ms, bool told, struct trail *trail);

#endif
