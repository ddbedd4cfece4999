/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ssl_policy.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/suggest.h"

/* ---- ciphers, by alb.md's letters ----------------------------------------- */

#define A "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define B ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256"
#define C ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
#define D ":ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define E ":ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
#define F ":ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
#define R128 ":AES128-GCM-SHA256:AES128-SHA256"
#define R128S ":AES128-SHA"
#define R256 ":AES256-GCM-SHA384:AES256-SHA256"
#define R256S ":AES256-SHA"

static const char forward_only_gcm[] = A D;
static const char forward_only_sha2[] = A B D E;
static const char forward_only[] = A B C D E F;
static const char without_sha1[] = A B D E R128 R256;
static const char all[] = A B C D E F R128 R128S R256 R256S;
static const char all_and_3des[] =
    A B C D E F R128 R128S R256 R256S ":DES-CBC3-SHA";

static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                             "TLS_CHACHA20_POLY1305_SHA256";
static const char suites_fips[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";

/* AWS names the hybrids; what clients without them get is its usual groups. */
static const char groups_pq[] = "X25519MLKEM768:SecP256r1MLKEM768:"
                                "SecP384r1MLKEM1024:X25519:P-256:P-384:P-521";

/* ---- policies --------------------------------------------------------------- */

#define PREFIX "ELBSecurityPolicy-"
#define POLICY(suffix) .name = {PREFIX suffix, sizeof(PREFIX suffix) - 1}
#define TO_12(low, list)                                                       \
    .min = (low), .max = 12, .ciphers = (list), .level = (low) < 12 ? 0 : 2
#define TO_13(low, list)                                                       \
    .min = (low), .max = 13, .ciphers = (list), .suites = suites,              \
    .level = (low) < 12 ? 0 : 2
#define FIPS(low, list)                                                        \
    .min = (low), .max = 13, .ciphers = (list), .suites = suites_fips,         \
    .level = (low) < 12 ? 0 : 2, .fips = true
#define PQ .groups = groups_pq, .pq = true

const char ssl_policy_default[] = PREFIX "2016-08";

static const struct ssl_policy policies[] = {
    {POLICY("2016-08"), TO_12(10, all)},
    {POLICY("2015-05"), TO_12(10, all)},
    {POLICY("TLS13-1-3-2021-06"), TO_13(13, NULL)},
    {POLICY("TLS13-1-2-Res-2021-06"), TO_13(12, forward_only_gcm)},
    {POLICY("TLS13-1-2-2021-06"), TO_13(12, forward_only_sha2)},
    {POLICY("TLS13-1-2-Ext1-2021-06"), TO_13(12, without_sha1)},
    {POLICY("TLS13-1-2-Ext2-2021-06"), TO_13(12, all)},
    {POLICY("TLS13-1-1-2021-06"), TO_13(11, all)},
    {POLICY("TLS13-1-0-2021-06"), TO_13(10, all)},
    {POLICY("TLS-1-2-Ext-2018-06"), TO_12(12, all)},
    {POLICY("TLS-1-2-2017-01"), TO_12(12, without_sha1)},
    {POLICY("TLS-1-1-2017-01"), TO_12(11, all)},
    {POLICY("TLS-1-0-2015-04"), TO_12(10, all_and_3des)},
    {POLICY("FS-2018-06"), TO_12(10, forward_only)},
    {POLICY("FS-1-1-2019-08"), TO_12(11, forward_only)},
    {POLICY("FS-1-2-2019-08"), TO_12(12, forward_only)},
    {POLICY("FS-1-2-Res-2019-08"), TO_12(12, forward_only_sha2)},
    {POLICY("FS-1-2-Res-2020-10"), TO_12(12, forward_only_gcm)},
    {POLICY("TLS13-1-3-FIPS-2023-04"), FIPS(13, NULL)},
    {POLICY("TLS13-1-2-Res-FIPS-2023-04"), FIPS(12, forward_only_gcm)},
    {POLICY("TLS13-1-2-FIPS-2023-04"), FIPS(12, forward_only_sha2)},
    {POLICY("TLS13-1-2-Ext0-FIPS-2023-04"), FIPS(12, forward_only)},
    {POLICY("TLS13-1-2-Ext1-FIPS-2023-04"), FIPS(12, without_sha1)},
    {POLICY("TLS13-1-2-Ext2-FIPS-2023-04"), FIPS(12, all)},
    {POLICY("TLS13-1-1-FIPS-2023-04"), FIPS(11, all)},
    {POLICY("TLS13-1-0-FIPS-2023-04"), FIPS(10, all)},
    {POLICY("TLS13-1-3-PQ-2025-09"), TO_13(13, NULL), PQ},
    {POLICY("TLS13-1-2-Res-PQ-2025-09"), TO_13(12, forward_only_gcm), PQ},
    {POLICY("TLS13-1-2-PQ-2025-09"), TO_13(12, forward_only_sha2), PQ},
    {POLICY("TLS13-1-2-Ext1-PQ-2025-09"), TO_13(12, without_sha1), PQ},
    {POLICY("TLS13-1-2-Ext2-PQ-2025-09"), TO_13(12, all), PQ},
    {POLICY("TLS13-1-3-FIPS-PQ-2025-09"), FIPS(13, NULL), PQ},
    {POLICY("TLS13-1-2-Res-FIPS-PQ-2025-09"), FIPS(12, forward_only_gcm), PQ},
    {POLICY("TLS13-1-2-FIPS-PQ-2025-09"), FIPS(12, forward_only_sha2), PQ},
    {POLICY("TLS13-1-2-Ext0-FIPS-PQ-2025-09"), FIPS(12, forward_only), PQ},
    {POLICY("TLS13-1-2-Ext1-FIPS-PQ-2025-09"), FIPS(12, without_sha1), PQ},
    {POLICY("TLS13-1-2-Ext2-FIPS-PQ-2025-09"), FIPS(12, all), PQ},
};

enum { NPOLICIES = sizeof(policies) / sizeof(*policies) };

const struct ssl_policy *ssl_policy_find(struct str name)
{
    for (unsigned i = 0; i < NPOLICIES; i++) {
        if (str_eq(policies[i].name, name))
            return &policies[i];
    }
    return NULL;
}

const struct ssl_policy *ssl_policy_at(unsigned i)
{
    return i < NPOLICIES ? &policies[i] : NULL;
}

const char *ssl_policy_suggest(struct str name)
{
    struct suggest near = suggest_for(name);

    for (unsigned i = 0; i < NPOLICIES; i++)
        suggest_offer(&near, policies[i].name.p);
    return suggest_best(&near);
}

/* ---- what this OpenSSL has ---------------------------------------------------- */

enum kind { CIPHER, SUITE, GROUP };

/* One name of a list, NUL-terminated; false at the end of the list. */
static bool next_name(const char **list, char *name, size_t cap)
{
    size_t n = *list ? strcspn(*list, ":") : 0;

    if (n == 0 || n >= cap)
        return false;
    memcpy(name, *list, n);
    name[n] = '\0';
    *list += n + ((*list)[n] == ':');
    return true;
}

static bool has(SSL_CTX *context, enum kind kind, const char *name)
{
    switch (kind) {
    case CIPHER:
        return SSL_CTX_set_cipher_list(context, name) == 1;
    case SUITE:
        return SSL_CTX_set_ciphersuites(context, name) == 1;
    case GROUP:
        return SSL_CTX_set1_groups_list(context, name) == 1;
    }
    return false;
}

/* Those of a list that the library has, or has not. */
static void put_names(struct text *t, const char *list, enum kind kind,
                      bool wanted, const char *between)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    char name[64];

    if (context == NULL)
        return;
    SSL_CTX_set_security_level(context, 0);
    while (next_name(&list, name, sizeof(name))) {
        if (has(context, kind, name) == wanted)
            text_printf(t, "%s%s", t->n ? between : "", name);
    }
    SSL_CTX_free(context);
    ERR_clear_error();
}

void ssl_policy_groups(const struct ssl_policy *policy, struct text *t)
{
    put_names(t, policy->groups, GROUP, true, ":");
}

void ssl_policy_lacks(const struct ssl_policy *policy, struct text *t)
{
    put_names(t, policy->ciphers, CIPHER, false, ", ");
    put_names(t, policy->suites, SUITE, false, ", ");
    put_names(t, policy->groups, GROUP, false, ", ");
}
