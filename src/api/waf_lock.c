/* SPDX-License-Identifier: Apache-2.0
 *
 * LockTokens (api/waf.h says what they are made of).
 */
#include <stdlib.h>

#include "api/waf.h"
#include "crypto/sha256.h"

/* Kinds of scalars do not matter: a template may write "1" where the API has
 * 1. */
static void add(struct sha256 *sha, const struct value *value, unsigned depth)
{
    static const char open[] = "({";
    bool nested = value->kind == VALUE_LIST || value->kind == VALUE_MAP;
    uint64_t lengths[2] = {value->key.n, value->text.n};

    sha256_add(sha, lengths, sizeof(lengths));
    sha256_add(sha, value->key.p, value->key.n);
    sha256_add(sha, value->text.p, value->text.n);
    sha256_add(sha, &open[nested], 1);
    for (const struct value *v = value->first; depth && v; v = v->next)
        add(sha, v, depth - 1);
    sha256_add(sha, ")", 1);
}

/* Tags are no part of what is locked. */
static void add_properties(struct sha256 *sha, const struct value *properties)
{
    for (const struct value *v = properties ? properties->first : NULL; v;
         v = v->next) {
        if (!str_eq(v->key, STR("Tags")))
            add(sha, v, VALUE_NESTED_MAX);
    }
}

struct str wafv2_lock_token(struct region *region,
                            const struct account_resource *resource)
{
    struct str given = member_text(account_sluice(resource), "LockToken");
    char hex[SHA256_HEX_LEN] = "";
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&sha);
    sha256_add(&sha, given.p, given.n);
    add_properties(&sha, account_properties(resource));
    sha256_hex(&sha, hex);
    sha256_end(&sha);
    return region_printf(region, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
                         hex + 12, hex + 16, hex + 20);
}
