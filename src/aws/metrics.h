/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client did, as Prometheus reads it (exposition format 0.0.4).
 */
#ifndef SLUICE_AWS_METRICS_H
#define SLUICE_AWS_METRICS_H

#include "aws/client.h"
#include "base/text.h"

/* Room that aws_put_metrics() needs at most. */
enum { AWS_METRICS_MAX = 2048 };

void aws_put_metrics(struct text *t, const struct aws_counts *counts);

#endif
