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
#include "crypto/client_certificate.h"
#include "http/stream.h"
#include "model/config.h"

enum forwarded_name {
    FORWARDED_TLS_VERSION,
    FORWARDED_TLS_CIPHER_SUITE,
    FORWARDED_MTLS_SERIAL_NUMBER,
    FORWARDED_MTLS_ISSUER,
    FORWARDED_MTLS_SUBJECT,
    FORWARDED_MTLS_VALIDITY,
    FORWARDED_MTLS_LEAF,
    FORWARDED_MTLS_CERT,
    FORWARDED_NAMES
};

/* What fields are called that tell of a client's TLS.  No client may send
 * them, by these names or by ALB's own. */
struct forwarded_names {
    struct str names[FORWARDED_NAMES];
    bool renamed; /* some are not called as ALB calls them */
};

/* How the client came by TLS, in OpenSSL's words: "TLSv1.3",
 * "TLS_AES_128_GCM_SHA256". */
struct forwarded_tls {
    struct str version;
    struct str cipher_suite;
    /* What it showed of itself; NULL: nothing was asked, or shown. */
    const struct client_certificate *certificate;
    bool verified; /* it was asked for one that a trust store vouches for */
};

struct forwarded_from {
    const struct config_attributes *attributes;
    const struct forwarded_names *names;
    const struct forwarded_tls *tls; /* NULL: it came without */
    const struct address *client;
    struct str host;     /* what a transform made of it; n == 0: as it came */
    struct str fallback; /* Host of a request that has none: the DNS name */
    uint16_t port;       /* of the listener */
    int64_t now;         /* seconds since 1970 */
    struct random *random;
    struct str trace; /* "1-...": our part of X-Amzn-Trace-Id, which was told
                         already; n == 0: a new one */
};

/* Addresses that X-Forwarded-For may bring. */
enum { FORWARDED_ADDRESSES_MAX = 30 };

enum { FORWARDED_TRACE_LEN = 35 };

/* A new "1-..." of X-Amzn-Trace-Id. */
void forwarded_put_trace(struct text *t, int64_t now, struct random *random);

/* A new "Root=1-..." of it. */
void forwarded_put_root(struct text *t, int64_t now, struct random *random);

/* How many addresses the X-Forwarded-For fields list. */
unsigned forwarded_count(const struct fields *fs);

/* Marks fields whose names are not of [-A-Za-z0-9] alone as dropped: for a
 * request with `invalid_names`. */
void forwarded_drop_invalid(struct request *request);

/* Whether a field with such a name goes on to the target: false at once for a
 * request without. */
bool forwarded_has_invalid(const struct request *request);

/* Marks in `request` what must not go on and sets out->host and out->added.
 * Values that are made stand in `t`.  False when `t` is too small. */
bool forwarded_apply(struct request *request, const struct forwarded_from *from,
                     struct text *t, struct request_out *out);

#endif
