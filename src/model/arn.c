/* SPDX-License-Identifier: Apache-2.0 */
#include "model/arn.h"

#include <stdlib.h>

#include "crypto/sha256.h"

enum {
    NAME_MAX_LEN = 32,
    /* The hex digits of the hash that make a DNS name's number; those before
     * them are the id. */
    DNS_DIGITS_FROM = ARN_ID_LEN,
    DNS_DIGITS_LEN = 15,
};

static const char service[] = "elasticloadbalancing";

static void digest(const struct arn_scope *scope, struct str logical_id,
                   char hex[SHA256_HEX_LEN])
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&sha);
    sha256_add(&sha, scope->stack.p, scope->stack.n);
    sha256_add(&sha, "/", 1);
    sha256_add(&sha, logical_id.p, logical_id.n);
    sha256_hex(&sha, hex);
    sha256_end(&sha);
}

void arn_id(const struct arn_scope *scope, struct str logical_id,
            char id[ARN_ID_LEN + 1])
{
    char hex[SHA256_HEX_LEN];

    digest(scope, logical_id, hex);
    memcpy(id, hex, ARN_ID_LEN);
    id[ARN_ID_LEN] = '\0';
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* A name neither begins nor ends with a hyphen. */
struct str arn_name(struct region *region, struct str name,
                    struct str logical_id)
{
    char made[NAME_MAX_LEN];
    size_t n = 0;

    if (name.n)
        return region_copy(region, name);
    for (size_t i = 0; i < logical_id.n && n < sizeof(made); i++) {
        char c = logical_id.p[i];

        if (is_alphanumeric(c) || (c == '-' && n))
            made[n++] = c;
    }
    while (n && made[n - 1] == '-')
        n--;
    return region_copy(region, str_make(made, n));
}

struct str arn_partition(struct str region_name)
{
    if (str_starts(region_name, STR("cn-")))
        return STR("aws-cn");
    if (str_starts(region_name, STR("us-gov-")))
        return STR("aws-us-gov");
    return STR("aws");
}

static struct str with_id(struct region *region, const struct arn_scope *scope,
                          const char *kind, struct str name,
                          struct str logical_id)
{
    struct str partition = arn_partition(scope->region_name);
    char id[ARN_ID_LEN + 1];

    arn_id(scope, logical_id, id);
    return region_printf(
        region, "arn:" STR_FMT ":%s:" STR_FMT ":" STR_FMT ":%s/" STR_FMT "/%s",
        STR_ARG(partition), service, STR_ARG(scope->region_name),
        STR_ARG(scope->account), kind, STR_ARG(name), id);
}

struct str arn_load_balancer(struct region *region,
                             const struct arn_scope *scope, struct str name,
                             struct str logical_id)
{
    return with_id(region, scope, "loadbalancer/app", name, logical_id);
}

struct str arn_target_group(struct region *region,
                            const struct arn_scope *scope, struct str name,
                            struct str logical_id)
{
    return with_id(region, scope, "targetgroup", name, logical_id);
}

struct str arn_certificate(struct region *region, const struct arn_scope *scope,
                           struct str logical_id)
{
    struct str partition = arn_partition(scope->region_name);
    char hex[SHA256_HEX_LEN];

    digest(scope, logical_id, hex);
    return region_printf(region,
                         "arn:" STR_FMT ":acm:" STR_FMT ":" STR_FMT
                         ":certificate/%.8s-%.4s-%.4s-%.4s-%.12s",
                         STR_ARG(partition), STR_ARG(scope->region_name),
                         STR_ARG(scope->account), hex, hex + 8, hex + 12,
                         hex + 16, hex + 20);
}

struct str arn_trust_store(struct region *region, const struct arn_scope *scope,
                           struct str name, struct str logical_id)
{
    return with_id(region, scope, "truststore", name, logical_id);
}

/* What stands behind `mark`; p == NULL when it is not there. */
static struct str behind(struct str arn, struct str mark)
{
    const char *at = arn.n ? memmem(arn.p, arn.n, mark.p, mark.n) : NULL;

    if (at == NULL)
        return (struct str){NULL, 0};
    at += mark.n;
    return str_make(at, (size_t)(arn.p + arn.n - at));
}

/* The parent's ARN with another word for its kind, and one id more. */
static struct str child(struct region *region, const struct arn_scope *scope,
                        struct str parent, struct str kind,
                        const char *new_kind, struct str logical_id)
{
    struct str path = behind(parent, kind);
    struct str before = parent;
    char id[ARN_ID_LEN + 1];

    arn_id(scope, logical_id, id);
    if (path.p == NULL)
        return region_printf(region, STR_FMT "/%s", STR_ARG(parent), id);
    before.n -= path.n + kind.n;
    return region_printf(region, STR_FMT "%s" STR_FMT "/%s", STR_ARG(before),
                         new_kind, STR_ARG(path), id);
}

struct str arn_listener(struct region *region, const struct arn_scope *scope,
                        struct str parent, struct str logical_id)
{
    return child(region, scope, parent, STR(":loadbalancer/"), ":listener/",
                 logical_id);
}

struct str arn_rule(struct region *region, const struct arn_scope *scope,
                    struct str parent, struct str logical_id)
{
    return child(region, scope, parent, STR(":listener/"), ":listener-rule/",
                 logical_id);
}

struct str arn_full_name(struct str arn)
{
    struct str name = behind(arn, STR(":loadbalancer/"));
    const char *colon = arn.n ? memrchr(arn.p, ':', arn.n) : NULL;

    if (name.p)
        return name;
    if (colon)
        return str_make(colon + 1, (size_t)(arn.p + arn.n - colon - 1));
    return arn;
}

/* Ten digits, of which the first is not 0. */
static uint64_t dns_digits(const struct arn_scope *scope, struct str logical_id)
{
    char hex[SHA256_HEX_LEN];
    char digits[DNS_DIGITS_LEN + 1];

    digest(scope, logical_id, hex);
    memcpy(digits, hex + DNS_DIGITS_FROM, DNS_DIGITS_LEN);
    digits[DNS_DIGITS_LEN] = '\0';
    return 1000000000 + strtoull(digits, NULL, 16) % 9000000000;
}

struct str arn_dns_name(struct region *region, const struct arn_scope *scope,
                        struct str name, struct str logical_id, bool internal)
{
    bool china = str_eq(arn_partition(scope->region_name), STR("aws-cn"));

    return region_printf(region,
                         "%s" STR_FMT "-%llu." STR_FMT ".elb.amazonaws.com%s",
                         internal ? "internal-" : "", STR_ARG(name),
                         (unsigned long long)dns_digits(scope, logical_id),
                         STR_ARG(scope->region_name), china ? ".cn" : "");
}
