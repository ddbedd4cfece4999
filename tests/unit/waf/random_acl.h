/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs and requests made at random, such that what an ACL asks for comes
 * often, or nearly.
 */
#ifndef TESTS_WAF_RANDOM_ACL_H
#define TESTS_WAF_RANDOM_ACL_H

#include "acls.h"
#include "base/random.h"

enum { POOL_MAX = 256, POOL_TEXT_MAX = 64 };

struct acl_maker {
    struct random random;
    /* What statements of the ACL look for. */
    unsigned npool;
    struct pool_text {
        size_t n;
        char p[POOL_TEXT_MAX];
    } pool[POOL_MAX];
};

/* The same seed makes the same. */
void acl_maker_begin(struct acl_maker *maker, uint64_t seed);

/* An ACL as acl_begin() takes it; the pool begins anew. */
void acl_maker_acl(struct acl_maker *m, struct text *t);

/* A request to it, in place of what was there. */
void acl_maker_request(struct acl_maker *maker, struct request_made *request);

#endif
