/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests and what another implementation of Signature Version 4 makes of
 * them.
 */
#ifndef TESTS_UNIT_CRYPTO_SIGV4_VECTORS_H
#define TESTS_UNIT_CRYPTO_SIGV4_VECTORS_H

#define SIGV4_VECTOR_KEY "AKIASLUICEEXAMPLE000"
#define SIGV4_VECTOR_SECRET "sLuiceExampleSecret/+0123456789abcdefghij"
#define SIGV4_VECTOR_DATE "20260314T150926Z"

enum { SIGV4_VECTOR_FIELDS = 4 };

struct sigv4_vector {
    const char *name;
    const char *service;
    const char *region;
    const char *token; /* "": none */
    const char *method;
    const char *path;
    const char *query;
    struct {
        const char *name;
        const char *value;
    } fields[SIGV4_VECTOR_FIELDS]; /* but X-Amz-Date and the token's */
    unsigned nfields;
    const char *payload_hash;
    unsigned expires; /* of a presigned URL; 0: it is none */
    const char *canonical;
    const char *signature; /* Authorization, or the whole query */
};

extern const struct sigv4_vector sigv4_vectors[];
extern const unsigned nsigv4_vectors;

#endif
