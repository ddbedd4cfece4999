/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of session tickets (RFC 5077, RFC 8446 4.6.1).
 *
 * Time is cut into epochs of 12 hours.  The keys of an epoch are made from a
 * master key and the epoch's number by HKDF (RFC 5869), so that all processes
 * with the same master change them at the same moment and nothing has to be
 * handed around.  A ticket is sealed with the keys that the first master gives
 * the present epoch; those of all masters open it in that epoch and in the
 * next.  As a ticket is good for 12 hours, none dies of a change.
 *
 * Belongs to one thread.
 */
#ifndef SLUICE_NET_TLS_TICKETS_H
#define SLUICE_NET_TLS_TICKETS_H

#include "crypto/seal.h"

enum {
    TLS_TICKET_EPOCH_S = 12 * 3600,
    TLS_TICKET_NAME = 16, /* says which keys */
};

struct tls_tickets;

/* NULL without memory, or when there is no key. */
struct tls_tickets *tls_tickets_new(const struct seal_keys *masters);
void tls_tickets_free(struct tls_tickets *tickets); /* NULL: nothing */

/* What a ticket is sealed with; as good as the next call that has another
 * epoch.  Secret. */
struct tls_ticket_keys {
    uint8_t name[TLS_TICKET_NAME];
    uint8_t cipher[32]; /* AES-256-CBC */
    uint8_t mac[32];    /* HMAC-SHA256 */
};

/* Those that seal at this time (seconds since 1970); NULL when the library
 * fails. */
const struct tls_ticket_keys *tls_tickets_seal(struct tls_tickets *tickets,
                                               int64_t now);

/* Those of that name, if they still open; NULL: there are none.  `*present`:
 * they are also those that seal. */
const struct tls_ticket_keys *tls_tickets_open(struct tls_tickets *tickets,
                                               int64_t now, const uint8_t *name,
                                               bool *present);

#endif
