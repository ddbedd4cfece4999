/* SPDX-License-Identifier: Apache-2.0
 *
 * What may look at a response before it goes on, and stop it; requests have
 * web ACLs (exchange_waf.c).
 *
 * An inspector may want the begin of a body: then the exchange holds up to
 * that many bytes (at most INSPECT_MAX) before it asks, and nothing of the
 * response has left until the inspector let it pass.
 */
#ifndef SLUICE_PROXY_INSPECT_H
#define SLUICE_PROXY_INSPECT_H

#include "codec/message.h"

enum { INSPECT_MAX = 64 * 1024 };

enum verdict { VERDICT_PASS, VERDICT_BLOCK };

/* Pure: bytes in, verdict out.  `whole`: the body ended within `body`. */
struct inspector {
    void *owner;
    uint32_t response_hold; /* bytes of the body wanted; 0: none */
    /* A blocked response becomes 502. */
    enum verdict (*response)(void *owner, const struct response *response,
                             struct str body, bool whole);
};

#endif
