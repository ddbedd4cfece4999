/* SPDX-License-Identifier: Apache-2.0
 *
 * The address of a name, as the system knows it: /etc/hosts, DNS.  The system's
 * resolver blocks, so each question is an errand (net/errand.h); for who asks
 * rarely.
 */
#ifndef SLUICE_NET_RESOLVE_H
#define SLUICE_NET_RESOLVE_H

#include "base/address.h"
#include "net/errand.h"

/* One question at a time. */
struct resolver {
    struct errands errands;
    uint16_t port;
    /* On the loop's thread; `address` NULL: there is none, `why` says why. */
    void (*done)(struct resolver *resolver, const struct address *address,
                 const char *why);
};

/* False without descriptors. */
bool resolver_init(struct resolver *resolver, struct loop *loop,
                   void (*done)(struct resolver *resolver,
                                const struct address *address,
                                const char *why));

/* Asks; what was asked before is forgotten.  False without a thread, or for a
 * name that is too long. */
bool resolver_ask(struct resolver *resolver, struct str host, uint16_t port);

/* Whether an answer is still to come. */
static inline bool resolver_is_asking(const struct resolver *resolver)
{
    return resolver->errands.current != NULL;
}

/* Forgets what is asked, without waiting for it. */
void resolver_end(struct resolver *resolver);

/* Asks and waits: before a loop runs.  False with why not. */
bool resolve_now(struct str host, uint16_t port, struct address *address,
                 const char **why);

#endif
