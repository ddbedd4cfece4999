/* SPDX-License-Identifier: Apache-2.0
 *
 * What the test origin answers; the request side of one of its threads.
 */
#ifndef SLUICE_APP_ORIGIN_ANSWER_H
#define SLUICE_APP_ORIGIN_ANSWER_H

#include "app/origin.h"
#include "crypto/sha256.h"
#include "http/server.h"

/* What every thread answers with; does not change. */
struct origin_answer {
    const struct origin_options *options;
    struct str name;
    struct str reason; /* of options->status */
    char *filler;      /* ORIGIN_FILLER bytes that sized bodies repeat */
};

enum { ORIGIN_FILLER = 128 * 1024 };

/* False without memory.  `options` must live as long. */
bool origin_answer_init(struct origin_answer *answer,
                        const struct origin_options *options);
void origin_answer_end(struct origin_answer *answer);

/* The requests of one thread. */
struct origin_desk {
    const struct origin_answer *answer;
    struct loop *loop;
    struct list idle; /* visits that nobody uses */
    struct slab visits;
    struct sha256 sha;
    char *json; /* an answer that is being written */
};

/* False without memory. */
bool origin_desk_init(struct origin_desk *desk,
                      const struct origin_answer *answer, struct loop *loop);

/* After the last request is gone. */
void origin_desk_end(struct origin_desk *desk);

/* For a server_port whose owner is a desk. */
extern const struct server_handler origin_handler;

#endif
