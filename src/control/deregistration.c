/* SPDX-License-Identifier: Apache-2.0 */
#include "control/deregistration.h"

#include <stdlib.h>

#include "api/find.h"
#include "base/log.h"
#include "base/memory.h"

/* A target that drains. */
struct deregistration {
    struct deregistrations *all;
    struct list node;
    struct target *target; /* in use as long as this is here */
    struct str group;      /* its name, ours */
    struct str id;         /* what it was registered as, ours */
    struct str zone;
    uint16_t port;
    uint64_t began_us;
    uint32_t delay_ms;
    bool told;   /* workers were told that it drains */
    bool unused; /* nobody forwarded to its group: it may come back at once,
                    and is not shown; requests of old snapshots still end in
                    their time */
    struct timer timer;
};

static void free_text(struct str s)
{
    free((void *)(uintptr_t)s.p);
}

static struct deregistration *entry_of(struct list *node)
{
    return LIST_ENTRY_OF(node, struct deregistration, node);
}

static struct str arn_of(const struct deregistration *d)
{
    return str_of(d->target->group);
}

/* ---- the delay ----------------------------------------------------------- */

/* What is left of a delay that began with this one's. */
static uint64_t left_ms(const struct deregistration *d, uint32_t delay_ms)
{
    uint64_t end = d->began_us + delay_ms * UINT64_C(1000);
    uint64_t now = d->all->loop->now_us;

    return end > now ? (end - now + 999) / 1000 : 0;
}

static void drop(struct deregistration *d)
{
    struct deregistrations *all = d->all;
    struct target *target = d->target;

    timer_end(&d->timer);
    list_remove(&d->node);
    free_text(d->group);
    free_text(d->id);
    free_text(d->zone);
    free(d);
    if (target_unuse(all->registry, target))
        all->ops->orphan(all->owner, target);
}

static void end(struct deregistration *d)
{
    log_write(LOG_INFO, "control",
              "target group " STR_FMT ": target %s is deregistered",
              STR_ARG(d->group), d->target->text);
    d->all->ops->tell(d->all->owner, d->target, WORKER_TARGET_CUT);
    drop(d);
}

static void end_or_wait(struct deregistration *d)
{
    uint64_t left = left_ms(d, d->delay_ms);

    if (left)
        loop_timer_set(d->all->loop, &d->timer, left);
    else
        end(d);
}

static void on_time(struct timer *timer)
{
    end_or_wait(LIST_ENTRY_OF(timer, struct deregistration, timer));
}

/* ---- begin --------------------------------------------------------------- */

/* The last node of a group; the head of the list when it has none. */
static struct list *last_of(struct deregistrations *all, struct str arn)
{
    struct list *l = all->all.prev;

    while (l != &all->all && !str_eq(arn_of(entry_of(l)), arn))
        l = l->prev;
    return l;
}

static struct str copy_of(struct str s)
{
    char *copy = memory_zeroed(s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    return str_make(copy, s.n);
}

static const struct config_target *find_target(const struct config_group *group,
                                               const struct address *address)
{
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (address_equal(&group->targets[i].address, address))
            return &group->targets[i];
    }
    return NULL;
}

static void take_name(struct deregistration *d,
                      const struct config_group *group)
{
    const struct config_target *was = find_target(group, &d->target->address);
    char buffer[ADDRESS_TEXT_MAX];
    struct text ip = text_in(buffer, sizeof(buffer));

    address_put_ip(&ip, &d->target->address);
    d->group = copy_of(group->name);
    d->id = copy_of(was ? was->id : text_str(&ip));
    d->zone = copy_of(was ? was->zone : STR(""));
    d->port = was ? was->port : d->target->address.port;
}

void deregistration_begin(struct deregistrations *all, struct target *target,
                          const struct config_group *group)
{
    struct deregistration *d = memory_zeroed(1, sizeof(*d));
    struct list *last = last_of(all, str_of(target->group));

    atomic_store_explicit(&target->state, TARGET_DRAINING,
                          memory_order_relaxed);
    target_use_more(target);
    d->all = all;
    d->target = target;
    take_name(d, group);
    d->began_us = all->loop->now_us;
    d->delay_ms = group->attributes.deregistration_delay_ms;
    d->unused = group->load_balancer == NULL;
    timer_init(&d->timer, on_time);
    if (last == &all->all)
        list_push_back(&all->all, &d->node);
    else
        list_push_front(last, &d->node); /* behind it */
    if (!d->unused)
        log_write(LOG_INFO, "control",
                  "target group " STR_FMT ": target %s is draining for %u s",
                  STR_ARG(d->group), target->text,
                  (unsigned)(d->delay_ms / 1000));
}

void deregistrations_tell(struct deregistrations *all)
{
    struct list *l = all->all.next;

    while (l != &all->all) {
        struct deregistration *d = entry_of(l);

        l = l->next;
        if (d->told)
            continue;
        d->told = true;
        all->ops->tell(all->owner, d->target, WORKER_TARGET_DRAINS);
        end_or_wait(d);
    }
}

/* ---- a config that comes ------------------------------------------------- */

static void refuse(const struct deregistration *d,
                   const struct config_group *group,
                   const struct config_target *target, struct error *error)
{
    uint32_t delay_ms = group->attributes.deregistration_delay_ms;
    unsigned left = (unsigned)((left_ms(d, delay_ms) + 999) / 1000);
    char where[256] = "";
    struct text at = text_in(where, sizeof(where) - 1);

    if (target->place.file && target->place.line)
        text_printf(&at, " (%.200s:%u)", target->place.file,
                    target->place.line);
    error_set(error,
              "target group " STR_FMT " registers target %s%s, which is "
              "draining for %u s more; as with ALB an IP address cannot come "
              "back before: try again then, or give the group a "
              "deregistration_delay.timeout_seconds (now %u) of at most %u",
              STR_ARG(group->id), d->target->text, where, left,
              (unsigned)(delay_ms / 1000),
              (unsigned)((delay_ms - left_ms(d, delay_ms)) / 1000));
}

bool deregistrations_allow(const struct deregistrations *all,
                           const struct config *config, struct error *error)
{
    for (struct list *l = all->all.next; l != &all->all; l = l->next) {
        const struct deregistration *d = entry_of(l);
        const struct config_group *group = find_group(config, arn_of(d));
        const struct config_target *target;

        if (group == NULL || group->type != TARGET_TYPE_IP || d->unused)
            continue;
        target = find_target(group, &d->target->address);
        if (target == NULL || !target->registered || target->found ||
            left_ms(d, group->attributes.deregistration_delay_ms) == 0)
            continue;
        refuse(d, group, target, error);
        return false;
    }
    return true;
}

static void take_delays(struct deregistrations *all,
                        const struct config *config)
{
    struct list *l = all->all.next;

    while (l != &all->all) {
        struct deregistration *d = entry_of(l);
        const struct config_group *group = find_group(config, arn_of(d));

        l = l->next;
        if (group == NULL ||
            group->attributes.deregistration_delay_ms == d->delay_ms)
            continue;
        d->delay_ms = group->attributes.deregistration_delay_ms;
        end_or_wait(d);
    }
}

/* A target that drained, or whose draining is over while requests of old
 * snapshots keep its slot, is in use again. */
static void come_back(struct deregistrations *all, struct target *target)
{
    all->ops->tell(all->owner, target, WORKER_TARGET_RETURNS);
    for (struct list *l = all->all.next; l != &all->all; l = l->next) {
        if (entry_of(l)->target != target)
            continue;
        drop(entry_of(l));
        return;
    }
}

void deregistrations_apply(struct deregistrations *all,
                           const struct snapshot *snapshot)
{
    take_delays(all, snapshot->config);
    for (unsigned i = 0; i < snapshot->ngroups; i++) {
        const struct group *group = snapshot->groups[i];

        if (group->first_round)
            continue; /* it has none: nothing changed in it */
        for (unsigned k = 0; k < group->ntargets; k++) {
            if (target_drains(group->targets[k]))
                come_back(all, group->targets[k]);
        }
    }
}

/* ---- what is shown ------------------------------------------------------- */

static void show(const struct deregistration *d, deregistration_visit *visit,
                 void *owner)
{
    struct health health;

    if (d->unused)
        return;
    health_exempt(&health, TARGET_DRAINING);
    visit(owner, d->group, d->target, &health);
}

void deregistrations_of(const struct deregistrations *all, struct str arn,
                        deregistration_visit *visit, void *owner)
{
    for (struct list *l = all->all.next; l != &all->all; l = l->next) {
        if (str_eq(arn_of(entry_of(l)), arn))
            show(entry_of(l), visit, owner);
    }
}

void deregistrations_of_gone(const struct deregistrations *all,
                             const struct snapshot *snapshot,
                             deregistration_visit *visit, void *owner)
{
    for (struct list *l = all->all.next; l != &all->all; l = l->next) {
        if (find_group(snapshot->config, arn_of(entry_of(l))) == NULL)
            show(entry_of(l), visit, owner);
    }
}

static const struct deregistration *find(const struct deregistrations *all,
                                         const struct target *target)
{
    for (struct list *l = all->all.next; l != &all->all; l = l->next) {
        if (entry_of(l)->target == target)
            return entry_of(l);
    }
    return NULL;
}

bool deregistration_times(const struct deregistrations *all,
                          const struct target *target, uint64_t *began_us,
                          uint64_t *rest_ms)
{
    const struct deregistration *d = find(all, target);

    if (d == NULL)
        return false;
    *began_us = d->began_us;
    *rest_ms = left_ms(d, d->delay_ms);
    return true;
}

bool deregistration_name(const struct deregistrations *all,
                         const struct target *target, struct str *id,
                         unsigned *port, struct str *zone)
{
    const struct deregistration *d = find(all, target);

    if (d == NULL)
        return false;
    *id = d->id;
    *port = d->port;
    *zone = d->zone;
    return true;
}

/* ---- life ---------------------------------------------------------------- */

void deregistrations_init(struct deregistrations *all, struct loop *loop,
                          struct target_registry *registry,
                          const struct deregistration_ops *ops, void *owner)
{
    all->loop = loop;
    all->registry = registry;
    all->ops = ops;
    all->owner = owner;
    list_init(&all->all);
}

void deregistrations_end(struct deregistrations *all)
{
    struct list *l = all->all.next;

    if (all->loop == NULL)
        return;
    while (l != &all->all) {
        struct deregistration *d = entry_of(l);

        l = l->next;
        drop(d);
    }
}
