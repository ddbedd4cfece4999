/* SPDX-License-Identifier: Apache-2.0
 *
 * The test origin: a fast HTTP server that answers with what it saw, or with
 * a body of a given size.
 *
 * Threads of the same make as the proxy's workers, each with its own loop and
 * its own listening socket on the one address.
 */
#ifndef SLUICE_APP_ORIGIN_H
#define SLUICE_APP_ORIGIN_H

#include "base/address.h"
#include "base/error.h"

struct origin_options {
    struct address bind; /* port 0: the system chooses */
    const char *name;    /* X-Origin-Name of every answer */
    unsigned status;
    unsigned delay_ms; /* between the end of a request and its answer */
    bool sized;        /* answer with `size` bytes, not with JSON */
    uint64_t size;
    unsigned workers;
    bool h2c;              /* HTTP/2 without TLS too, by prior knowledge */
    struct str chain, key; /* PEM: it speaks TLS; chain.n == 0: it does not */
};

struct origin;

/* Listens and starts its threads; TERM and INT, which it blocks in them and in
 * the caller, are origin_wait()'s from then on.  NULL with an error. */
struct origin *origin_start(const struct origin_options *options,
                            struct error *error);

/* Where it listens. */
const struct address *origin_address(const struct origin *origin);

/* Waits for TERM or INT, then until every request in progress is answered (10
 * seconds at most).  A second signal ends the process at once. */
void origin_wait(struct origin *origin);

/* After origin_wait(). */
void origin_free(struct origin *origin);

#endif
