/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets that are found (model/discovery.h).
 *
 * Each source of a group is asked again and again by a *follower*; what it
 * answers (control/discovery_keep.h says what of that is believed) becomes a
 * change of the account, one for all that differs: targets that are new are
 * registered, those that are gone deregistered, which drains them.  Among
 * several nodes with one store whoever comes later finds nothing to change.
 *
 * A group whose sources are gone, as by a HUP, loses what they found.  One with
 * several sources keeps what any of them has, and loses nothing before each of
 * them has answered.
 *
 * All of it on the control thread.  Without a group that asks for it there is
 * no timer, no client of AWS and no packet.
 */
#ifndef SLUICE_CONTROL_DISCOVERY_H
#define SLUICE_CONTROL_DISCOVERY_H

#include "api/status.h"

struct config;
struct discoveries;
struct server;

/* Follows what the server's newest config asks for; NULL without memory. */
struct discoveries *discoveries_begin(struct server *server);

/* Whether the config asks for targets of a group of which none is known. */
bool discoveries_are_new(const struct config *config);

/* Whether a source has neither answered nor failed so far, of a group of which
 * no target is known, or what was found does not run yet. */
bool discoveries_await(const struct discoveries *all);

/* Logs each source that is still awaited: nobody waits for it any longer. */
void discoveries_tell_late(const struct discoveries *all);

/* A change was committed: the newest config is another one. */
void discoveries_apply(struct discoveries *all); /* NULL: nothing */

/* Asks no more, and changes nothing any more. */
void discoveries_stop(struct discoveries *all); /* the same */

/* After the last change. */
void discoveries_end(struct discoveries *all); /* the same */

/* Calls `visit` for each follower, of the group with this ARN (n == 0: of
 * all). */
void discoveries_visit(const struct discoveries *all, struct str arn,
                       void (*visit)(void *to,
                                     const struct status_source *seen),
                       void *to);

#endif
