/* SPDX-License-Identifier: Apache-2.0
 *
 * Signature Version 4 of AWS: what is signed, and the signature
 * (aws-integrations.md 1.1; "AWS Signature Version 4 for API requests").
 *
 * Who calls an AWS API signs with it; who is called makes the same signature
 * and compares.  Nothing here decides whether a request may pass.
 */
#ifndef SLUICE_CRYPTO_SIGV4_H
#define SLUICE_CRYPTO_SIGV4_H

#include "base/region.h"
#include "base/text.h"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGV4_TERMINATOR "aws4_request"
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

enum {
    SIGV4_HASH_LEN = 64, /* lower-case hex digits of a SHA-256 */
    SIGV4_DATE_LEN = 16, /* 20260115T123456Z */
    SIGV4_DAY_LEN = 8,   /* 20260115 */
    SIGV4_FIELDS_MAX = 128,
    SIGV4_EXPIRES_MAX = 604800, /* seconds that a presigned URL may last */
    /* Bytes of path, query and fields in all: heads are shorter. */
    SIGV4_REQUEST_MAX = 128 * 1024,
};

struct sigv4_field {
    struct str name; /* in any case */
    struct str value;
};

/* What goes, or went, over the wire. */
struct sigv4_request {
    struct str method;
    struct str path;  /* as it is sent, without the query; n == 0: "/" */
    struct str query; /* as it is sent, without the "?" */
    const struct sigv4_field *fields;
    unsigned nfields;
    struct str payload_hash; /* 64 hex digits, or SIGV4_UNSIGNED */
};

/* For what a signature is good. */
struct sigv4_scope {
    struct str date;    /* SIGV4_DATE_LEN characters */
    struct str region;  /* us-east-1 */
    struct str service; /* elasticloadbalancing; "s3" takes paths as they are */
};

struct sigv4_credentials {
    struct str access_key; /* id */
    struct str secret;
    struct str token; /* of temporary credentials; n == 0: none */
};

/* "20260115T123456Z", with a NUL. */
void sigv4_date(int64_t seconds, char date[SIGV4_DATE_LEN + 1]);

/* Seconds since 1970 of such a date; false when it is none. */
bool sigv4_date_read(struct str date, int64_t *seconds);

/* SHA-256 of a body, with a NUL.  False without memory. */
bool sigv4_payload_hash(struct str body, char hash[SIGV4_HASH_LEN + 1]);

/* ---- signing ------------------------------------------------------------------ */

/* The value of Authorization for the request: signs all its fields, and
 * X-Amz-Date and X-Amz-Security-Token, which must not be among them and are
 * sent with the values of scope and credentials.  Fields that intermediaries
 * change (Connection, User-Agent, X-Amzn-Trace-Id ...) are not signed.  The
 * caller gives Host and whatever X-Amz-* it sends.  In the region; n == 0:
 * more than the caps, or a library that fails. */
struct str sigv4_sign(struct region *region,
                      const struct sigv4_credentials *credentials,
                      const struct sigv4_request *request,
                      const struct sigv4_scope *scope);

/* The query of a presigned URL, good for so many seconds: request->query with
 * the parameters of the signature behind it.  As sigv4_sign() otherwise. */
struct str sigv4_presign(struct region *region,
                         const struct sigv4_credentials *credentials,
                         const struct sigv4_request *request,
                         const struct sigv4_scope *scope, unsigned expires);

/* ---- what is signed ------------------------------------------------------------- */

/* The canonical request; `names` are the signed fields as SignedHeaders lists
 * them, separated by ";" (those that the request does not have count as
 * empty).  `presigned`: X-Amz-Signature of the query is left out.  n == 0 as
 * above. */
struct str sigv4_canonical(struct region *region,
                           const struct sigv4_request *request,
                           const struct sigv4_scope *scope, struct str names,
                           bool presigned);

/* The string to sign of a canonical request. */
struct str sigv4_string_to_sign(struct region *region, struct str canonical,
                                const struct sigv4_scope *scope);

/* Its signature, in hex with a NUL.  False: a library that fails. */
bool sigv4_signature(struct str secret, const struct sigv4_scope *scope,
                     struct str string_to_sign,
                     char signature[SIGV4_HASH_LEN + 1]);

/* Whether two texts are the same, in a time that says nothing about where they
 * differ; that they differ in length may be told. */
bool sigv4_same(struct str a, struct str b);

/* Decodes %XX, and "+" as a space; what is no escape stays as it is. */
struct str sigv4_decode(struct region *region, struct str s);

#endif
