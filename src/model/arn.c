/* SPDX-License-Identifier: Apache-2.0 */
#include "model/arn.h"

#include <stdlib.h>

#include "crypto/sha256.h"

enum { NAME_MAX_LEN = 32, WAF_NAME_MAX_LEN = 128 };

static const char service[] = "elasticloadbalancing";

static void digest(struct str a, struct str b, char hex[SHA256_HEX_LEN])
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&sha);
    sha256_add(&sha, a.p, a.n);
    sha256_add(&sha, "/", 1);
    sha256_add(&sha, b.p, b.n);
    sha256_hex(&sha, hex);
    sha256_end(&sha);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool arn_is_id(struct str id, bool certificate)
{
    if (id.n != (certificate ? ARN_UUID_LEN : ARN_ID_LEN))
        return false;
    for (size_t i = 0; i < id.n; i++) {
        bool hyphen = certificate && (i == 8 || i == 13 || i == 18 || i == 23);

        if (hyphen ? id.p[i] != '-' : !is_hex(id.p[i]))
            return false;
    }
    return true;
}

bool arn_has_uuid(struct str type)
{
    return str_eq(type, STR("AWS::CertificateManager::Certificate")) ||
           str_starts(type, STR("AWS::WAFv2::"));
}

struct str arn_id(struct region *region, const struct arn_scope *scope,
                  struct str given, struct str logical_id)
{
    char hex[SHA256_HEX_LEN];

    if (arn_is_id(given, false))
        return region_copy(region, given);
    digest(scope->stack, logical_id, hex);
    return region_copy(region, str_make(hex, ARN_ID_LEN));
}

struct str arn_certificate_id(struct region *region,
                              const struct arn_scope *scope, struct str given,
                              struct str logical_id)
{
    char hex[SHA256_HEX_LEN];

    if (arn_is_id(given, true))
        return region_copy(region, given);
    digest(scope->stack, logical_id, hex);
    return region_printf(region, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
                         hex + 12, hex + 16, hex + 20);
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
                          const char *kind, struct str name, struct str id)
{
    struct str partition = arn_partition(scope->region_name);

    return region_printf(
        region,
        "arn:" STR_FMT ":%s:" STR_FMT ":" STR_FMT ":%s/" STR_FMT "/" STR_FMT,
        STR_ARG(partition), service, STR_ARG(scope->region_name),
        STR_ARG(scope->account), kind, STR_ARG(name), STR_ARG(id));
}

struct str arn_load_balancer(struct region *region,
                             const struct arn_scope *scope, struct str name,
                             struct str id)
{
    return with_id(region, scope, "loadbalancer/app", name, id);
}

struct str arn_target_group(struct region *region,
                            const struct arn_scope *scope, struct str name,
                            struct str id)
{
    return with_id(region, scope, "targetgroup", name, id);
}

struct str arn_certificate(struct region *region, const struct arn_scope *scope,
                           struct str uuid)
{
    struct str partition = arn_partition(scope->region_name);

    return region_printf(region,
                         "arn:" STR_FMT ":acm:" STR_FMT ":" STR_FMT
                         ":certificate/" STR_FMT,
                         STR_ARG(partition), STR_ARG(scope->region_name),
                         STR_ARG(scope->account), STR_ARG(uuid));
}

static struct str with_name(struct region *region,
                            const struct arn_scope *scope, const char *of,
                            const char *before, struct str name)
{
    struct str partition = arn_partition(scope->region_name);

    return region_printf(
        region, "arn:" STR_FMT ":%s:" STR_FMT ":" STR_FMT ":%s" STR_FMT,
        STR_ARG(partition), of, STR_ARG(scope->region_name),
        STR_ARG(scope->account), before, STR_ARG(name));
}

struct str arn_alarm(struct region *region, const struct arn_scope *scope,
                     struct str name)
{
    return with_name(region, scope, "cloudwatch", "alarm:", name);
}

struct str arn_topic(struct region *region, const struct arn_scope *scope,
                     struct str name)
{
    return with_name(region, scope, "sns", "", name);
}

struct str arn_waf(struct region *region, const struct arn_scope *scope,
                   const char *kind, struct str name, struct str uuid,
                   bool global)
{
    struct str partition = arn_partition(scope->region_name);
    struct str at = global ? STR("us-east-1") : scope->region_name;

    return region_printf(
        region,
        "arn:" STR_FMT ":wafv2:" STR_FMT ":" STR_FMT ":%s/%s/" STR_FMT
        "/" STR_FMT,
        STR_ARG(partition), STR_ARG(at), STR_ARG(scope->account),
        global ? "global" : "regional", kind, STR_ARG(name), STR_ARG(uuid));
}

static bool is_waf_name_character(char c)
{
    return is_alphanumeric(c) || c == '-' || c == '_';
}

struct str arn_waf_name(struct region *region, struct str name,
                        struct str logical_id)
{
    char made[WAF_NAME_MAX_LEN];
    bool whole = name.n > 0 && name.n <= sizeof(made);
    size_t n = 0;

    for (size_t i = 0; i < name.n && whole; i++)
        whole = is_waf_name_character(name.p[i]);
    if (whole)
        return region_copy(region, name);
    for (size_t i = 0; i < logical_id.n && n < sizeof(made); i++) {
        if (is_waf_name_character(logical_id.p[i]))
            made[n++] = logical_id.p[i];
    }
    return region_copy(region, str_make(made, n));
}

struct str arn_trust_store(struct region *region, const struct arn_scope *scope,
                           struct str name, struct str id)
{
    return with_id(region, scope, "truststore", name, id);
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
static struct str child(struct region *region, struct str parent,
                        struct str kind, const char *new_kind, struct str id)
{
    struct str path = behind(parent, kind);
    struct str before = parent;

    if (path.p == NULL)
        return region_printf(region, STR_FMT "/" STR_FMT, STR_ARG(parent),
                             STR_ARG(id));
    before.n -= path.n + kind.n;
    return region_printf(region, STR_FMT "%s" STR_FMT "/" STR_FMT,
                         STR_ARG(before), new_kind, STR_ARG(path), STR_ARG(id));
}

struct str arn_listener(struct region *region, struct str parent, struct str id)
{
    return child(region, parent, STR(":loadbalancer/"), ":listener/", id);
}

struct str arn_rule(struct region *region, struct str parent, struct str id)
{
    return child(region, parent, STR(":listener/"), ":listener-rule/", id);
}

struct str arn_default_rule(struct region *region, struct str parent)
{
    char hex[SHA256_HEX_LEN];

    digest(arn_last(parent), STR("default"), hex);
    return arn_rule(region, parent, str_make(hex, ARN_ID_LEN));
}

struct str arn_vpc_id(struct region *region, const struct arn_scope *scope,
                      const char *kind, struct str logical_id)
{
    struct str id = arn_id(region, scope, STR(""), logical_id);

    return region_printf(region, "%s-0" STR_FMT, kind, STR_ARG(id));
}

struct str arn_last(struct str arn)
{
    const char *slash = arn.n ? memrchr(arn.p, '/', arn.n) : NULL;

    return slash ? str_make(slash + 1, (size_t)(arn.p + arn.n - slash - 1))
                 : arn;
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
static uint64_t dns_digits(struct str id)
{
    char hex[ARN_ID_LEN + 1] = "";

    memcpy(hex, id.p, id.n < ARN_ID_LEN ? id.n : ARN_ID_LEN);
    return 1000000000 + strtoull(hex, NULL, 16) % 9000000000;
}

struct str arn_dns_name(struct region *region, const struct arn_scope *scope,
                        struct str name, struct str id, bool internal)
{
    return region_printf(region, "%s" STR_FMT "-%llu." STR_FMT ".elb.localhost",
                         internal ? "internal-" : "", STR_ARG(name),
                         (unsigned long long)dns_digits(id),
                         STR_ARG(scope->region_name));
}
