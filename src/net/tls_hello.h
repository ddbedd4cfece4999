/* SPDX-License-Identifier: Apache-2.0
 *
 * The server name of a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3), read before
 * OpenSSL sees it: whose certificates, policy and trust store a connection is
 * to be served with is decided by it where several listeners share a port.
 */
#ifndef SLUICE_NET_TLS_HELLO_H
#define SLUICE_NET_TLS_HELLO_H

#include "base/str.h"

/* A longer one, or one in more records, is not looked at. */
enum { TLS_HELLO_MAX = 16 * 1024, TLS_HELLO_RECORDS_MAX = 8 };

enum tls_hello {
    TLS_HELLO_PART,  /* more must come */
    TLS_HELLO_NAMED, /* *name is the host name that it asks for */
    TLS_HELLO_OTHER, /* there is none, or it is no ClientHello */
};

/* Reads the records that a client began with.  Where the name stands in more
 * than one it is put together in `room`, of TLS_HELLO_MAX bytes. */
enum tls_hello tls_hello_name(struct str records, char *room, struct str *name);

#endif
