/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels of what GetMetricData answers ("Use dynamic labels" of CloudWatch's
 * user guide): ${LABEL}, ${AVG} ${MIN} ${MAX} ${SUM} ${FIRST} ${LAST} (and
 * ${MIN_TIME}, ${MAX_TIME}, ${FIRST_TIME}, ${LAST_TIME}), ${DATAPOINT_COUNT},
 * ${PROP('MetricName')}, 'Namespace', 'Stat', 'Period', 'Region', 'AccountId',
 * 'Dim.NAME'.  What is none of them, or the seventh, stays as it is written.
 */
#ifndef SLUICE_API_CLOUDWATCH_LABEL_H
#define SLUICE_API_CLOUDWATCH_LABEL_H

#include "api/call.h"
#include "stats/math.h"

struct cloudwatch_label {
    const struct account_view *view;
    struct str text; /* as it was given; n == 0: it was not */
    struct str id;   /* of the query */
    int zone_s;      /* of times: seconds east of UTC */
};

/* The label of curve `i` of the value; in the region. */
struct str cloudwatch_label(struct region *region,
                            const struct cloudwatch_label *label,
                            const struct math_value *value, unsigned i);

/* "+0130"; false: it is no zone. */
bool cloudwatch_zone(struct str text, int *zone_s);

#endif
