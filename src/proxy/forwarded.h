/* SPDX-License-Identifier: Apache-2.0
 *
 * What the load balancer changes in a request head on its way to a target:
 * X-Forwarded-*, X-Amzn-Trace-Id, Host, hop-by-hop fields (alb.md 5.2-5.4).
 * Pure: a head, the attributes and where it came from go in, marks and added
 * fields come out.
 */
#ifndef SLUICE_PROXY_FORWARDED_H
#define SLUICE_PROXY_FORWARDED_H

#include "base/random.h"
#include "http/stream.h"
#include "model/config.h"

struct forwarded_from {
    const struct config_attributes *attributes;
    const struct address *client;
    struct str host;     /* what a transform made of it; n == 0: as it came */
    struct str fallback; /* Host of a request that has none: the DNS name */
    uint16_t port;       /* of the listener */
    int64_t now;         /* seconds since 1970 */
    struct random *random;
};

/* Addresses that X-Forwarded-For may bring. */
enum { FORWARDED_ADDRESSES_MAX = 30 };

/* A new "Root=1-..." of X-Amzn-Trace-Id. */
void forwarded_put_root(struct text *t, int64_t now, struct random *random);

/* How many addresses the X-Forwarded-For fields list. */
unsigned forwarded_count(const struct fields *fs);

/* Marks fields whose names are not of [-A-Za-z0-9] alone as dropped; how many
 * there were. */
unsigned forwarded_drop_invalid(struct request *request);

/* Marks in `request` what must not go on and sets out->host and out->added.
 * Values that are made stand in `t`.  False when `t` is too small. */
bool forwarded_apply(struct request *request, const struct forwarded_from *from,
                     struct text *t, struct request_out *out);

#endif
