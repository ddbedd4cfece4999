/* SPDX-License-Identifier: Apache-2.0
 *
 * The datapoints that an alarm looks at, from the metrics that are kept.
 */
#ifndef SLUICE_CONTROL_ALARM_POINTS_H
#define SLUICE_CONTROL_ALARM_POINTS_H

#include "model/alarm.h"

/* Of the last `n` periods before `now_s`, the oldest first.  The newest one ends
 * with the last whole minute: periods slide by minutes, as CloudWatch's do.
 * Metrics have a point a minute, so shorter periods are a minute long. */
void alarm_points(const struct config_alarm *alarm,
                  const struct series_store *series, int64_t now_s,
                  struct alarm_point *points, unsigned n);

#endif
