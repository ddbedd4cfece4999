/* SPDX-License-Identifier: Apache-2.0
 *
 * A request as rules see it (alb.md 2.2, 2.3).
 *
 * - Host: without its port and without one dot at its end.
 * - Path: in the normal form of RFC 3986 6.2.2: escapes of unreserved
 *   characters decoded (%61 is `a`, %2e a dot), then dot segments removed
 *   (5.2.4).  Otherwise "/public/../admin", which most services take for
 *   /admin, would go past a rule for "/admin*".  Other escapes stay as they
 *   were sent, and so do empty segments ("//").  AWS says that it normalises
 *   and not how; only matching sees this form, the target gets the path as it
 *   was sent.
 * - Control characters are left out of both.
 * - Query: as it was sent.
 */
#ifndef SLUICE_PROXY_ROUTE_VIEW_H
#define SLUICE_PROXY_ROUTE_VIEW_H

#include "proxy/router.h"

struct route_view {
    struct str method;
    struct str host; /* p == NULL: none */
    struct str path;
    struct str query; /* n == 0: none */
    const struct fields *fields;
    const struct address *client;
};

/* Where a path that is not in normal form is rewritten: as large as a head may
 * be.  A longer one is looked at as it is. */
enum { ROUTE_ROOM = 65536 };

/* Fills in the view; true when that is all, which it nearly always is: host
 * and path point into the request.  False: route_view_normalise() must be
 * called too. */
bool route_view_init(struct route_view *view,
                     const struct route_request *request);

/* Rewrites host and path in `room` of ROUTE_ROOM bytes, which must live as
 * long as the view. */
void route_view_normalise(struct route_view *view, char *room);

bool route_has_control(struct str text);

/* A copy of the text in `room` without its control characters; the text itself
 * when it has none or does not fit. */
struct str route_visible(struct str text, char *room, size_t cap);

#endif
