/* SPDX-License-Identifier: Apache-2.0
 *
 * A target group as it runs, and the choice of a target in it.
 */
#ifndef SLUICE_LB_GROUP_H
#define SLUICE_LB_GROUP_H

#include "base/random.h"
#include "lb/target.h"
#include "model/config.h"

struct group;
struct group_zone;
struct meter;
struct tls_context;

/* How a group chooses among its eligible targets; one file each. */
struct balancer {
    /* A target of a zone with n > 0 eligible ones. */
    struct target *(*choose)(struct group_zone *zone, unsigned n,
                             struct random *random);
    bool counts_outstanding; /* wants target->outstanding kept */
};

extern const struct balancer balancer_round_robin;
extern const struct balancer balancer_least_outstanding;
extern const struct balancer balancer_weighted_random;

/* Targets that requests of one node are balanced over.  One thread writes the
 * atomics, others read while it does: what they read is always a target of the
 * zone, at worst one whose state or weight changed this moment. */
struct group_zone {
    const struct group *group;
    struct str name; /* its AvailabilityZone; n == 0: all, or none is known */
    uint64_t hash;   /* of the name */
    unsigned ntargets;
    struct target **targets; /* a part of group->members */
    _Atomic uint64_t cursor; /* of the round robin, over all workers */
    /* The targets that may be chosen, as indices of `targets`: the first
     * `neligible`; there is room for all, zeroed at first. */
    _Atomic unsigned neligible;
    _Atomic bool weighted;  /* not all of these weigh the same */
    _Atomic bool fail_open; /* fewer are healthy than the attribute wants:
                               all registered ones are eligible */
    _Atomic bool dns_out;   /* fewer are healthy than
                               target_group_health.dns_failover.* wants */
    _Atomic uint16_t *eligible;
    _Atomic uint32_t *sums; /* of the weights of eligible ones up to this one */
};

/* A digest of the ARN: what cookies call a group (lb/sticky.h). */
struct group_identity {
    uint8_t bytes[16];
};

struct group {
    const struct config_group *config;
    const struct balancer *balancer;
    struct tls_context *tls;  /* to targets; NULL: they are spoken to without,
                                 or it could not be made.  The snapshot's */
    uint8_t authorities[32];  /* SHA-256 of the file that `tls` was made with */
    unsigned ntargets;        /* at most UINT16_MAX */
    struct target **targets;  /* in config's order */
    struct target **members;  /* of the zones, one after the other */
    unsigned nzones;          /* at least 1 */
    struct group_zone *zones; /* in the order of their first targets */
    struct group_identity identity;
    struct meter *meter; /* what it does is counted there (proxy/meter.h); the
                            snapshot's; NULL: nowhere */
    /* The health monitor's: when it came to know the group (0: it does not
     * yet), and the last time that a snapshot had it. */
    uint64_t first_round;
    uint64_t round;
};

/* The group of config->ntargets targets, in the order of config->targets.
 *
 * With cross-zone load balancing (ALB's load balancers always have it unless
 * a target group turns it off) it has one zone with all of them.  Without, one
 * for each AvailabilityZone, and one for those that have none; or, when `here`
 * is not empty, nothing but the zone of that name, to which those that have
 * none belong too.  Nobody is eligible before group_refresh(). */
void group_init(struct group *group, const struct config_group *config,
                struct target *const *targets, struct str here);
void group_end(struct group *group);

/* A group that nobody else has seen moves to where it will be used. */
void group_move(struct group *to, const struct group *from);

/* Has the choices of `group` go on where those of `before` stand. */
void group_carry(struct group *group, const struct group *before);

/* The i-th eligible target, i < n as group_choose() read it. */
static inline struct target *group_eligible(const struct group_zone *zone,
                                            unsigned i)
{
    return zone->targets[atomic_load_explicit(&zone->eligible[i],
                                              memory_order_relaxed)];
}

/* Recomputes, for each zone, who is eligible from the states of the targets,
 * by target_group_health.unhealthy_state_routing.* (alb.md 3.7): the healthy
 * ones (and, with health checks off, all), or every initial, healthy and
 * unhealthy one when too few are healthy; then all of them weigh the same.
 * And whether the zone is in DNS.  A group that no listener forwards to has
 * no eligible ones.  Control thread only. */
void group_refresh(struct group *group);

/* The zone of the node that a client is connected to, any number that is the
 * connection's.  Zones that are out of DNS have no clients unless all of them
 * are; only the clients of a zone that goes out or comes back move. */
struct group_zone *group_zone_of(struct group *group, uint64_t client);

/* The next target of a zone, or NULL when it has none to choose from. */
struct target *group_choose(struct group_zone *zone, struct random *random);

/* The next target that is none of `tried` and does not drain (groups of old
 * snapshots are not refreshed); NULL when there is no other. */
struct target *group_choose_other(struct group_zone *zone,
                                  struct target *const *tried, unsigned ntried);

/* Whether this target of the group may get a request now that asks for it by
 * name, as a sticky client does.  From any thread. */
bool group_may_choose(const struct group *group, const struct target *target);

/* An index < n of the first n eligible ones of a weighted zone, by their
 * weights: the one in whose part of the whole `point` of 2^32 lies. */
unsigned group_weigh(const struct group_zone *zone, unsigned n, uint32_t point);

/* Multiples of the golden ratio, modulo 1, fill [0, 1) as evenly as any
 * sequence that never repeats (Weyl).  Of 2^32. */
static inline uint32_t group_point(uint64_t turn)
{
    return (uint32_t)(turn * 0x9e3779b97f4a7c15u >> 32);
}

/* One of n groups by weight: the index, or -1 when all weights are 0.
 * A low-discrepancy sequence over the counter `cursor` (shared by all
 * workers) makes even a short run keep the proportions; weight 0 never gets
 * any. */
int group_weighted(const unsigned *weights, unsigned n,
                   _Atomic uint64_t *cursor);

#endif
