/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of CloudWatch Logs' PutLogEvents and CreateLogStream, and what is in
 * the answer (aws-integrations.md 2.3).  Pure.
 */
#ifndef SLUICE_AWS_LOGS_PUT_H
#define SLUICE_AWS_LOGS_PUT_H

#include "base/region.h"
#include "base/text.h"
#include "model/value.h"

enum {
    LOGS_PUT_EVENTS = 10000,     /* of a call */
    LOGS_PUT_BYTES = 512 * 1024, /* of messages, 26 more for each; AWS takes
                                    twice as many */
    LOGS_EVENT_BYTES = 26,
    LOGS_GROUP_MAX = 512,
};

struct logs_put {
    struct text *text;
    unsigned n;
    size_t bytes;
};

void logs_put_begin(struct logs_put *put, struct text *text, struct str group,
                    struct str stream);

/* False: it is full, as it was before.  Events come in the order of time. */
bool logs_put_add(struct logs_put *put, int64_t time_ms, struct str message);

struct str logs_put_end(struct logs_put *put);

void logs_put_stream(struct text *t, struct str group, struct str stream);

/* How many of n events an answer of PutLogEvents says were not taken: too new,
 * too old or expired. */
unsigned logs_put_rejected(const struct value *answer, unsigned n);

/* Whether a group may have that name; why not. */
bool logs_group_is_one(struct str group, const char **why);

#endif
