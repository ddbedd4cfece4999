/* SPDX-License-Identifier: Apache-2.0
 *
 * The ClientHello (RFC 8446 §4.1.2), read before OpenSSL sees it: the server
 * name (RFC 6066 §3) decides whose certificates, policy and trust store a
 * connection is served with where several listeners share a port, and all of it
 * what the client's fingerprints are (net/tls_fingerprint.h).
 */
#ifndef SLUICE_NET_TLS_HELLO_H
#define SLUICE_NET_TLS_HELLO_H

#include "base/str.h"

/* A longer one, or one in more records, is not looked at. */
enum { TLS_HELLO_MAX = 16 * 1024, TLS_HELLO_RECORDS_MAX = 8 };

enum tls_hello {
    TLS_HELLO_PART, /* more must come */
    TLS_HELLO_WHOLE,
    TLS_HELLO_OTHER, /* it is none, or malformed */
};

/* Slices of the records, or of the room. */
struct client_hello {
    unsigned version;      /* legacy_version */
    struct str ciphers;    /* two bytes each */
    struct str extensions; /* each with its type and length */
};

/* Reads the records that a client began with.  A message in more than one of
 * them is put together in `room`, of TLS_HELLO_MAX bytes. */
enum tls_hello tls_hello_read(struct str records, char *room,
                              struct client_hello *hello);

/* The next extension of `*rest`, which moves behind it; false when there is
 * none left. */
bool tls_hello_next(struct str *rest, unsigned *type, struct str *data);

/* The host name that it asks for; n == 0: none. */
struct str tls_hello_name(const struct client_hello *hello);

#endif
