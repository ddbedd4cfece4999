/* SPDX-License-Identifier: Apache-2.0
 *
 * What each load balancer and each target group behind it did, counted as
 * AWS/ApplicationELB counts it (alb.md 8), by Availability Zone of the node
 * that a client is connected to.
 *
 * Each worker has cells of its own, which it alone writes with plain loads and
 * stores (proxy/meter_cell.h); control sums them while it does.  Counts only
 * grow.  What is counted of a request is counted when its record is put into
 * the access log, by the same facts: sums of counts are what the log says
 * (docs/ARCHITECTURE.md, "What is counted").
 *
 * A meter stays as long as a snapshot has its load balancer or group, as long
 * as a connection or tunnel counts in it, and then until what it counted was
 * read twice: by the first reading after that its counts are final, in the
 * second it is missing.  So who takes differences loses nothing, and who
 * forgets what is missing starts again from 0 when it returns.
 */
#ifndef SLUICE_PROXY_METER_H
#define SLUICE_PROXY_METER_H

#include "base/region.h"
#include "base/text.h"

enum balancer_count {
#define BALANCER(name, metric) BALANCER_##name,
#define GROUP(name, metric)
#include "stats/meter.def"
#undef BALANCER
#undef GROUP
    BALANCER_COUNTS
};

enum group_count {
#define BALANCER(name, metric)
#define GROUP(name, metric) GROUP_##name,
#include "stats/meter.def"
#undef BALANCER
#undef GROUP
    GROUP_COUNTS
};

/* As in meter.def. */
struct meter_word {
    const char *name;   /* "requests" */
    const char *metric; /* "RequestCount"; "": none of CloudWatch's */
};

extern const struct meter_word balancer_count_words[BALANCER_COUNTS];
extern const struct meter_word group_count_words[GROUP_COUNTS];

/* Target response times: each microsecond up to METER_TIMES_EXACT, then
 * METER_TIMES_OCTAVE equal buckets to each doubling, the last of them up to
 * 2^32 us and for what is more: the times in a bucket differ by less than
 * 5 %. */
enum {
    METER_TIMES_EXACT = 32,
    METER_TIMES_OCTAVE = 21,
    METER_TIMES = METER_TIMES_EXACT + 27 * METER_TIMES_OCTAVE,
};

/* The bucket of a time. */
unsigned meter_time_bucket(uint64_t us);

/* The middle of a bucket, in seconds. */
double meter_time_of(unsigned bucket);

/* ---- who reads -------------------------------------------------------------- */

/* Everything about a load balancer in a zone, so far.  There is none for a
 * zone in which nothing was counted yet. */
struct balancer_reading {
    struct str balancer; /* app/NAME/ID */
    struct str zone;     /* n == 0: none is known */
    uint64_t counts[BALANCER_COUNTS];
    uint64_t connections; /* open now, both sides */
};

/* Everything about a target group behind a load balancer in a zone. */
struct group_reading {
    struct str balancer; /* app/NAME/ID */
    struct str group;    /* targetgroup/NAME/ID */
    struct str zone;
    uint64_t counts[GROUP_COUNTS];
    uint64_t times[METER_TIMES]; /* responses by target_processing_time */
    uint64_t times_us;           /* their sum */
    /* Of those since the last meters_read(); 0 when there was none, and with
     * meters_look(). */
    uint64_t min_us;
    uint64_t max_us;
};

struct meters_reading {
    unsigned nbalancers;
    const struct balancer_reading *balancers;
    unsigned ngroups;
    const struct group_reading *groups;
};

struct meters; /* of a process */

/* What was counted so far, in the region; on control's thread.  For the one
 * who keeps what was read, about every minute: from one to the next times have
 * their extremes, and meters that are not used any more go. */
struct meters_reading meters_read(struct meters *meters, struct region *region);

/* The same for anybody else on that thread: nothing changes by it. */
struct meters_reading meters_look(const struct meters *meters,
                                  struct region *region);

/* ---- whose they are ----------------------------------------------------------- */

/* For so many workers; freed when no worker runs any more. */
struct meters *meters_new(unsigned nworkers);
void meters_free(struct meters *meters); /* NULL: nothing */

/* Of a load balancer, or of a target group behind one. */
struct meter;

/* That of a load balancer, of a group behind it; held.  On control's thread. */
struct meter *meters_balancer(struct meters *meters, struct str full_name);
struct meter *meters_group(struct meters *meters, struct str balancer_full_name,
                           struct str full_name);

/* Counted; from any thread.  NULL: nothing. */
struct meter *meter_hold(struct meter *meter);
void meter_release(struct meter *meter);

/* How many meters there are, those that wait for their last reading too. */
unsigned meters_kept(const struct meters *meters);

/* ---- zones ---------------------------------------------------------------------- */

/* The number of a zone, for as long as the process runs; METER_ZONE_NONE for
 * n == 0. */
enum { METER_ZONE_NONE = 0 };
unsigned meters_zone(struct meters *meters, struct str name);

/* The nodes of a load balancer: one in each of its zones. */
struct meter_nodes {
    unsigned n;
    struct meter_node {
        unsigned zone;
        uint64_t hash;
    } v[];
};

/* For free(); NULL: no zone is known. */
struct meter_nodes *meters_nodes(struct meters *meters, const struct str *zones,
                                 unsigned n);
struct meter_nodes *meter_nodes_copy(const struct meter_nodes *nodes);

/* The zone of the node that a client is connected to, any number that is the
 * connection's: as group_zone_of() has it for a group with the same zones. */
unsigned meter_zone_among(const struct meter_nodes *nodes, uint64_t client);

static inline unsigned meter_zone_of(const struct meter_nodes *nodes,
                                     uint64_t client)
{
    if (nodes == NULL)
        return METER_ZONE_NONE;
    return nodes->n == 1 ? nodes->v[0].zone : meter_zone_among(nodes, client);
}

#endif
