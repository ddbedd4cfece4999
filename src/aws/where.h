/* SPDX-License-Identifier: Apache-2.0
 *
 * In which region we run, as the metadata services tell it: ECS's, then EC2's
 * (aws-integrations.md 1.3 and 4.3).
 */
#ifndef SLUICE_AWS_WHERE_H
#define SLUICE_AWS_WHERE_H

#include "aws/metadata.h"
#include "aws/profile.h"

/* One question at a time; embedded in its owner. */
struct where {
    struct metadata metadata;
    struct loop_task answer;
    struct region memory;
    struct str imds; /* its base; n == 0: it is not asked */
    struct str region;
    struct error error;
    bool asking;
    /* On the loop's thread.  n == 0: nobody knows it, `error` names all that
     * was looked at. */
    void (*done)(struct where *where, struct str region,
                 const struct error *error);
};

void where_init(struct where *where, struct loop *loop,
                struct transport *transport);
void where_end(struct where *where);

/* Never calls done(). */
void where_begin(struct where *where, char *const *environment,
                 const struct profiles *profiles);

/* The region of an answer of ECS ({"TaskARN": ...}) or EC2 ({"region": ...}),
 * in the memory; n == 0: there is none. */
struct str where_read(struct region *memory, struct str answer);

#endif
