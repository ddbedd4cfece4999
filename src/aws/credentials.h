/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials as one call after another holds them: they do not change, are
 * counted, and overwritten when nobody holds them any more.  Of one thread.
 */
#ifndef SLUICE_AWS_CREDENTIALS_H
#define SLUICE_AWS_CREDENTIALS_H

#include "base/error.h"
#include "crypto/sigv4.h"

enum {
    CREDENTIALS_KEY_MAX = 256,
    CREDENTIALS_SECRET_MAX = 1024,
    CREDENTIALS_TOKEN_MAX = 16 * 1024,
};

struct aws_credentials {
    unsigned references;
    struct sigv4_credentials keys;
    int64_t expires; /* seconds since 1970; 0: never */
    size_t n;
    char text[]; /* what keys point to */
};

/* Copies them; one reference is the caller's.  NULL with an error that says
 * what they lack (never what they are). */
struct aws_credentials *
aws_credentials_new(const struct sigv4_credentials *keys, int64_t expires,
                    struct error *error);

struct aws_credentials *aws_credentials_ref(struct aws_credentials *c);
void aws_credentials_unref(struct aws_credentials *c); /* NULL: nothing */

/* "2026-11-23T21:30:00Z", with a fraction or an offset as +01:00 too, as
 * seconds since 1970.  False: it is none. */
bool aws_time_read(struct str text, int64_t *seconds);

/* What a credential_process prints, or a metadata service answers (their names
 * differ in SessionToken and Token): an object of JSON.  NULL with an error. */
struct aws_credentials *aws_credentials_of_json(struct str text, bool process,
                                                struct error *error);

/* The answer of STS to an AssumeRole...; `action` is its name. */
struct aws_credentials *aws_credentials_of_sts(struct str answer,
                                               struct str action,
                                               struct error *error);

#endif
