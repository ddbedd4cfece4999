/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of authorize share.
 */
#ifndef SLUICE_API_AUTHORIZE_INTERNAL_H
#define SLUICE_API_AUTHORIZE_INTERNAL_H

#include "api/authorize.h"
#include "crypto/sigv4.h"

/* What a request says about its signature. */
struct presented {
    struct str access_key;
    struct sigv4_scope scope; /* with the date of the signature */
    struct str day;           /* of the credential scope */
    struct str terminator;
    struct str names; /* SignedHeaders */
    struct str signature;
    struct str token; /* of the session; n == 0: none */
    bool in_query;    /* a presigned URL */
    uint64_t expires; /* of one: seconds */
    int64_t signed_at;
};

/* Always false. */
bool fault_set(struct fault *fault, struct region *region, const char *code,
               unsigned status, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Path and query of a target. */
void split_target(struct str target, struct str *path, struct str *query);

/* Reads and checks the form; all that is said in `presented` has characters.
 * False with a fault. */
bool presented_read(const struct signed_request *request, struct region *region,
                    struct presented *presented, struct fault *fault);

/* The caller that has this key; NULL: nobody was verified. */
void authorized_fill(struct authorized *who, const struct access_key *key,
                     const struct signed_request *request,
                     const struct account_view *view, struct region *region);

/* Whether the caller's policies allow sluice:`action` on "*". */
bool authorize_page(const struct authorized *who, const char *action,
                    const struct account_view *view, struct region *region,
                    struct fault *fault);

#endif
