/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of PutMetricData, JSON (aws-integrations.md 2.1; the API reference of
 * CloudWatch): one value, values with how often each came, or a statistic set,
 * at the begin of its minute.  Pure.
 */
#ifndef SLUICE_AWS_CLOUDWATCH_PUT_H
#define SLUICE_AWS_CLOUDWATCH_PUT_H

#include "base/text.h"
#include "stats/series.h"

enum {
    CLOUDWATCH_PUT_METRICS = 1000,        /* of a call */
    CLOUDWATCH_PUT_BYTES = 1000 * 1000,   /* of a body, not compressed */
    CLOUDWATCH_PUT_OLDEST_S = 14 * 86400, /* older ones are refused */
    CLOUDWATCH_SPACE_MAX = 255,
};

struct cloudwatch_put {
    struct text *text; /* with room for CLOUDWATCH_PUT_BYTES */
    unsigned n;        /* metrics so far */
};

void cloudwatch_put_begin(struct cloudwatch_put *put, struct text *text,
                          struct str space);

/* False: it is full, as it was before; the metric goes into another one.  The
 * namespace of the name is not looked at; a datum that is no number is left
 * out. */
bool cloudwatch_put_add(struct cloudwatch_put *put,
                        const struct series_name *name, const char *unit,
                        int64_t time_s, const struct datum *datum);

/* The body, good as long as the text. */
struct str cloudwatch_put_end(struct cloudwatch_put *put);

/* Whether metrics may be published in a namespace of that name; why not:
 * "begins with AWS/, which is reserved for services of AWS". */
bool cloudwatch_space_is_one(struct str space, const char **why);

/* A number as JSON has it: the shortest that reads back as the same. */
void cloudwatch_put_number(struct text *t, double v);

#endif
