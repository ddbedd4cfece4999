/* SPDX-License-Identifier: Apache-2.0
 *
 * What metrics come to in a minute: data in AWS's own namespaces, with the
 * dimensions and by the rules of stats/metrics.def.  Pure.
 *
 * What AWS leaves open is decided so.  "Requests come" means that the load
 * balancer received bytes from a client in that minute.  Events have the value
 * 1 each, and where there was none but a 0 is reported, that is one value 0.
 * Bytes, LCUs and RequestCountPerTarget are one value a minute; connections
 * are one, too: the most that were open in any second.  Hosts are a value for
 * each sample.  A metric that AWS has by zone alone is the load balancer's
 * where no zone is known.
 */
#ifndef SLUICE_CONTROL_METRICS_H
#define SLUICE_CONTROL_METRICS_H

#include "control/cells.h"
#include "model/config.h"
#include "waf/meter.h"

#define ALB_SPACE "AWS/ApplicationELB"
#define WAF_SPACE "AWS/WAFV2"

/* How far a series is from what everybody wants: where only so many are
 * published, those of the first rank are first. */
enum metric_rank {
    RANK_BALANCER,
    RANK_GROUP,
    RANK_ACL,
    RANK_RULE_GROUP,
    RANK_ZONE,
    RANK_LABEL,
    METRIC_RANKS
};

/* Texts last while it is called. */
struct metric {
    enum metric_rank rank;
    struct str balancer; /* whose settings hold; n == 0: a web ACL's */
    struct series_name name;
    const char *unit;
    struct datum datum; /* with SERIES_VALUES_MAX values at the most */
};

struct metric_sink {
    void (*take)(void *to, const struct metric *metric);
    void *to;
};

/* Of all load balancers and groups, those of the config too that no cell was
 * made for. */
void metrics_of_cells(struct cells *cells, const struct config *config,
                      const struct metric_sink *sink);

/* Of web ACLs: what was counted between `before` and `after`, both as
 * waf_meters_sum() has them, by rules that have CloudWatchMetricsEnabled in
 * the config. */
void metrics_of_wafs(const struct waf_metric *before, unsigned nbefore,
                     const struct waf_metric *after, unsigned nafter,
                     const struct config *config,
                     const struct metric_sink *sink);

/* How many series the config can have, by rank, labels apart: of rows that
 * something in it can make happen. */
void metrics_possible(const struct config *config,
                      unsigned counts[METRIC_RANKS]);

/* Of web ACLs alone, added. */
void metrics_possible_wafs(const struct config *config,
                           unsigned counts[METRIC_RANKS]);

#endif
