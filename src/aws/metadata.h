/* SPDX-License-Identifier: Apache-2.0
 *
 * The services that tell a machine or a container who it is: ECS, EKS Pod
 * Identity and EC2's (IMDSv2 only; aws-integrations.md 1.3 and 4.3).
 */
#ifndef SLUICE_AWS_METADATA_H
#define SLUICE_AWS_METADATA_H

#include "aws/transport.h"
#include "base/error.h"
#include "net/loop.h"

enum {
    METADATA_MS = 2000, /* of one attempt at a container's */
    METADATA_ATTEMPTS = 3,
    METADATA_PAUSE_MS = 1000,
    METADATA_IMDS_MS = 1000, /* of each of two steps; one attempt */
    METADATA_ANSWER_MAX = 64 * 1024,
};

/* One question at a time; embedded in its owner. */
struct metadata {
    struct loop *loop;
    struct transport *transport;
    struct transfer transfer;
    struct timer timer;
    struct region memory;
    const char *lines[2];
    struct str base; /* of IMDS */
    struct str path;
    struct str token;  /* of IMDS; n == 0: none was had yet */
    unsigned attempts; /* that are left */
    bool renewed;      /* the token, in this question */
    /* On the loop's thread.  `text` is what was answered with 200; `why` else,
     * and the status (0: there was no answer, or no token to ask with).  Another question may begin in
     * it. */
    void (*done)(struct metadata *metadata, unsigned status, struct str text,
                 const struct error *why);
};

void metadata_init(struct metadata *metadata, struct loop *loop,
                   struct transport *transport);

/* Forgets what is asked. */
void metadata_end(struct metadata *metadata);

/* GET of a URL; `authorization` n == 0: none.  `local`: see struct transfer. */
void metadata_get(struct metadata *metadata, struct str url,
                  struct str authorization, bool local);

/* GET of a path of IMDS at this base, with a token that is had first; the token
 * lasts for the questions that follow. */
void metadata_imds(struct metadata *metadata, struct str base, struct str path);

#endif
