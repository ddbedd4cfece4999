/* SPDX-License-Identifier: Apache-2.0
 *
 * --access-keys FILE: who may call the API, and what for.
 *
 *     {"AccessKeys": [{
 *         "UserName": "deployer",
 *         "AccessKeyId": "AKIA...", "SecretAccessKey": "...",
 *         "Policies": [{"Version": "2012-10-17", "Statement": [...]}]}]}
 *
 * An entry is a key of a user, with the members that `aws iam
 * create-access-key` prints (Status, CreateDate; SessionToken of temporary
 * ones).  A user may have several; policies of any of them are the user's.  A
 * user without policies may nothing, as in AWS.
 */
#ifndef SLUICE_API_ACCESS_KEYS_H
#define SLUICE_API_ACCESS_KEYS_H

#include "api/policy.h"
#include "base/error.h"
#include "model/report.h"

enum {
    ACCESS_KEYS_MAX = 1000,
    ACCESS_KEYS_BYTES_MAX = 1024 * 1024,
};

struct access_key {
    struct str id;
    struct str secret;
    struct str token; /* that requests must show; n == 0: none */
    struct str user;  /* name */
    bool active;
    const struct policy *policies; /* of the user; NULL: none */
    struct access_key *next;
};

/* Never changes; counted, and may be shared by threads. */
struct access_keys;

/* Reads such a text; `file` is what errors call it (both are kept by nobody).
 * NULL with errors in the report. */
struct access_keys *access_keys_read(const char *file, struct str text,
                                     struct report *report);

/* No keys at all: nobody may call. */
struct access_keys *access_keys_none(void);

struct access_keys *access_keys_hold(struct access_keys *keys);

/* With the last hold the secrets are overwritten.  NULL: nothing. */
void access_keys_release(struct access_keys *keys);

/* The key of that id, active or not; NULL: there is none. */
const struct access_key *access_keys_find(const struct access_keys *keys,
                                          struct str id);

/* The first one that is active; NULL: none is. */
const struct access_key *access_keys_first(const struct access_keys *keys);

unsigned access_keys_count(const struct access_keys *keys);

#endif
