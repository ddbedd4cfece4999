/* SPDX-License-Identifier: Apache-2.0
 *
 * Fingerprints of clients by their ClientHello: JA3 (Salesforce, 2017) and JA4
 * (FoxIO, 2023).  What RFC 8701 has clients make up (GREASE) does not count.
 */
#ifndef SLUICE_NET_TLS_FINGERPRINT_H
#define SLUICE_NET_TLS_FINGERPRINT_H

#include "net/tls_hello.h"

enum { JA3_TEXT = 32, JA4_TEXT = 36 };

/* No NUL at their ends; ja3[0] == '\0': there is none. */
struct tls_fingerprint {
    char ja3[JA3_TEXT];
    char ja4[JA4_TEXT];
};

/* False, and there is none, without memory or where it lists more than anybody
 * does (TLS_FINGERPRINT_MOST of anything). */
enum { TLS_FINGERPRINT_MOST = 512 };
bool tls_fingerprint(const struct client_hello *hello,
                     struct tls_fingerprint *fingerprint);

#endif
