/* SPDX-License-Identifier: Apache-2.0
 *
 * Followers: what control/discovery.c shares with the kinds of sources
 * (discovery_dns.c, discovery_ecs.c, discovery_map.c).
 */
#ifndef SLUICE_CONTROL_DISCOVERY_INTERNAL_H
#define SLUICE_CONTROL_DISCOVERY_INTERNAL_H

#include "control/discovery.h"
#include "control/discovery_keep.h"
#include "control/server_state.h"

enum { DISCOVERY_ERROR_MAX = 512 };

/* A group with followers, or that had some: until its change is done. */
struct discovery_group {
    struct list node;
    struct discoveries *all;
    struct region region;
    struct str id; /* logical id */
    struct str arn;
    struct str name;
    struct list followers;
    struct change_job job;
    bool queued; /* the job is in the queue */
    bool again;  /* other answers came meanwhile */
    bool gone;   /* from the config */
    unsigned left_out;
    char error[DISCOVERY_ERROR_MAX]; /* why the last change was refused */
};

struct discovery_follower {
    struct list node;
    struct discovery_group *group;
    const struct discovery_source *source; /* of the config that runs */
    uint16_t port;                         /* of its group, as what follows */
    enum target_type type;
    bool six;
    struct discovery_keep keep;
    struct timer timer;
    void *asking;   /* the kind's question; NULL: none is under way */
    void *memory;   /* the kind's, from answer to answer; free()d with
                       discovery_ops.forget() */
    unsigned fails; /* in a row */
    bool seen;
    uint64_t seen_us; /* when an answer was believed last */
    uint64_t answers;
    uint64_t failures;
    char error[DISCOVERY_ERROR_MAX];
};

struct discoveries {
    struct server *server;
    struct config *config; /* held: what sources stand in */
    struct list groups;
    bool stopped;
};

/* One kind of source. */
struct discovery_ops {
    /* Asks.  False: it could not; the follower's error says why.  The answer
     * comes by discovery_answered(), never inside. */
    bool (*ask)(struct discovery_follower *follower);
    void (*cancel)(struct discovery_follower *follower);
    void (*forget)(struct discovery_follower *follower); /* its memory */
};

extern const struct discovery_ops discovery_dns_ops;
extern const struct discovery_ops discovery_ecs_ops;
extern const struct discovery_ops discovery_map_ops;

/* What the question (which is over, asking is NULL) was answered.  `next_ms`:
 * when it is asked again; 0: as the source's Interval says. */
void discovery_answered(struct discovery_follower *follower,
                        struct discovery_answer *answer, uint64_t next_ms);

/* Why it could not be asked. */
void discovery_error(struct discovery_follower *follower, const char *format,
                     ...) __attribute__((format(printf, 2, 3)));

#endif
