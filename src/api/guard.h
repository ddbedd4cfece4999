/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps web pages away from the API: a browser on this machine reaches a port
 * on loopback as we do.
 *
 * A page whose name was made to point here (DNS rebinding) sends its name as
 * Host: on loopback Host must be a name of this machine.  A page of another
 * origin says so in Origin or Sec-Fetch-Site, which pages cannot change; only
 * GET /healthz is for everybody.  Clients that are no browsers send neither.
 */
#ifndef SLUICE_API_GUARD_H
#define SLUICE_API_GUARD_H

#include "base/address.h"
#include "base/text.h"

/* Of a request; texts that are not there have p == NULL. */
struct guard_request {
    struct str method;
    struct str path;
    struct str host;       /* with its port */
    struct str origin;     /* Origin */
    struct str fetch_site; /* Sec-Fetch-Site */
};

/* Whether the request may be looked at by what listens on `bound`; false with
 * a sentence for whoever reads the 403. */
bool guard_passes(const struct address *bound,
                  const struct guard_request *request, struct text *why);

/* 127.0.0.0/8 or ::1. */
bool guard_is_loopback(const struct address *a);

#endif
