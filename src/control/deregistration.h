/* SPDX-License-Identifier: Apache-2.0
 *
 * Deregistration: how a target goes (alb.md 3.6).
 *
 * A target that the newest snapshot has not is *draining* until the
 * deregistration delay of its group is over: it gets no new request, and what
 * it is at may finish.  Then what is left is cut, and the target is gone.  It
 * is shown as draining for the whole delay, also when it has nothing to do.
 *
 * The delay is the one that the group has now: a change of the attribute
 * counts for targets that drain already.  That of a group that is gone stays
 * what it was.
 *
 * A target that comes back while it drains goes on as an initial one, but not
 * one that an `ip` group registers by its address: ALB wants that to wait.
 *
 * All of it belongs to the control thread.
 */
#ifndef SLUICE_CONTROL_DEREGISTRATION_H
#define SLUICE_CONTROL_DEREGISTRATION_H

#include "net/loop.h"
#include "proxy/snapshot.h"
#include "proxy/worker.h"

/* What others do for it. */
struct deregistration_ops {
    /* Tells every worker WORKER_TARGET_DRAINS, _CUT or _RETURNS. */
    void (*tell)(void *owner, struct target *target, enum worker_message kind);
    /* Nothing uses the target any more (target_unuse() was true). */
    void (*orphan)(void *owner, struct target *target);
};

/* The targets that drain. */
struct deregistrations {
    struct loop *loop; /* NULL: not begun */
    struct target_registry *registry;
    const struct deregistration_ops *ops;
    void *owner;     /* of the ops */
    struct list all; /* those of one group stand together */
};

void deregistrations_init(struct deregistrations *all, struct loop *loop,
                          struct target_registry *registry,
                          const struct deregistration_ops *ops, void *owner);

/* The target is in no group of the next snapshot; `group` is the last one that
 * had it.  Its state is TARGET_DRAINING from now on; workers are told with
 * deregistrations_tell(). */
void deregistration_begin(struct deregistrations *all, struct target *target,
                          const struct config_group *group);

/* Whether the config may be published: false with an error when it registers
 * an address with an `ip` group that drains there. */
bool deregistrations_allow(const struct deregistrations *all,
                           const struct config *config, struct error *error);

/* Before a snapshot is handed out: takes the delays that its groups have, and
 * ends the draining of the targets that it has. */
void deregistrations_apply(struct deregistrations *all,
                           const struct snapshot *snapshot);

/* After it was handed out: has the workers drain what began since. */
void deregistrations_tell(struct deregistrations *all);

/* Calls `visit` for each draining target of the group with this ARN. */
typedef void deregistration_visit(void *owner, struct str group,
                                  const struct target *target,
                                  const struct health *health);
void deregistrations_of(const struct deregistrations *all, struct str arn,
                        deregistration_visit *visit, void *owner);

/* ... for those of groups that the snapshot has not, group by group. */
void deregistrations_of_gone(const struct deregistrations *all,
                             const struct snapshot *snapshot,
                             deregistration_visit *visit, void *owner);

/* When a target began to drain, and for how long it still does; false when it
 * does not. */
bool deregistration_times(const struct deregistrations *all,
                          const struct target *target, uint64_t *began_us,
                          uint64_t *rest_ms);

/* What a target that drains was registered as; the texts are good as long as
 * it does.  False when it does not. */
bool deregistration_name(const struct deregistrations *all,
                         const struct target *target, struct str *id,
                         unsigned *port, struct str *zone);

/* Forgets all of them; the registry still has the targets. */
void deregistrations_end(struct deregistrations *all);

#endif
