/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines in CloudWatch's embedded metric format (aws-integrations.md 2.2; "EMF
 * specification" of the CloudWatch user guide): one object on a line, with the
 * metrics of one set of dimensions.  Pure.
 *
 * A value of EMF is a number, or up to 100 of them, without counts.  So an
 * event counter is its Sum, a host count 60 values whose Minimum, Maximum and
 * (to 1/120 of their distance) Average are right, and more than 100 response
 * times are 100 of them at equal ranks.
 */
#ifndef SLUICE_AWS_EMF_H
#define SLUICE_AWS_EMF_H

#include "base/text.h"
#include "stats/series.h"

enum {
    EMF_METRICS_MAX = 100, /* of a line */
    EMF_VALUES_MAX = 100,  /* of a metric */
    EMF_LINE_MAX = 256 * 1024,
};

struct emf_metric {
    struct series_name name; /* all of a line: the same but for `metric` */
    const char *unit;
    struct datum datum;
    bool events; /* of the value 1 each */
};

/* One line without its end; at most EMF_METRICS_MAX, each of them once.  text_ok()
 * tells whether it had room. */
void emf_put_line(struct text *t, struct str space, int64_t time_s,
                  const struct emf_metric *metrics, unsigned n);

/* Whether both can stand in one line. */
bool emf_same_line(const struct series_name *a, const struct series_name *b);

#endif
