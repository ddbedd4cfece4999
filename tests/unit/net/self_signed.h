/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates that tests make for themselves.
 */
#ifndef SLUICE_TESTS_SELF_SIGNED_H
#define SLUICE_TESTS_SELF_SIGNED_H

#include <stdbool.h>

#include "net/tls_context.h"

struct self_signed {
    const char *names;  /* "DNS:a.test,DNS:*.b.test"; NULL: a common name */
    const char *key;    /* "EC:P-256", "RSA:2048" */
    const char *digest; /* NULL: SHA256 */
    int days;           /* good for so long; 0: 30 */
};

/* A certificate that vouches for itself, called `arn`.  What it stands in is
 * self_signed_free()d. */
struct tls_certificate self_signed(const char *arn, struct self_signed how);
void self_signed_free(struct tls_certificate *certificate);

#endif
