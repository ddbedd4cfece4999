/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a client's certificate was refused, in the words of ALB's connection log
 * (alb.md 7.4).
 */
#ifndef SLUICE_CRYPTO_VERIFY_CODE_H
#define SLUICE_CRYPTO_VERIFY_CODE_H

/* Faults that OpenSSL has no number for, beside its X509_V_ERR_*. */
enum {
    VERIFY_TOO_LARGE = 10001,
    VERIFY_UNSUPPORTED, /* a kind of key or signature, or X.509v1 */
    VERIFY_ILLEGIBLE,   /* names or dates that say nothing */
};

/* "ClientCertExpired": of an X509_V_ERR_* or one of the above. */
const char *verify_code(long error);

/* Of what OpenSSL's error queue says of a handshake that failed without a
 * fault in the chain (no certificate, a signature that is wrong ...). */
const char *verify_code_of_library(unsigned long error);

/* What that means, for a person: "the certificate has expired". */
const char *verify_words(long error);

#endif
