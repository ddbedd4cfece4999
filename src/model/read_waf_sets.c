/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::WAFv2::IPSet and AWS::WAFv2::RegexPatternSet (aws-waf.md 2.3, 2.8).
 */
#include <stdlib.h>

#include "model/read_waf.h"

static const char *const versions[] = {"IPV4", "IPV6", NULL};

struct ip_set_input {
    const struct value *value;
    struct entity_input entity;
    struct field version;
    struct field addresses;
};

#define IP_SET(member) offsetof(struct ip_set_input, member)

static const struct property ip_set_properties[] = {
    ENTITY_PROPERTIES(struct ip_set_input, entity),
    {.name = "IPAddressVersion",
     .kind = PROPERTY_WORD,
     .offset = IP_SET(version),
     .flags = PROPERTY_REQUIRED,
     .words = versions,
     .example = "IPV4"},
    {.name = "Addresses",
     .kind = PROPERTY_RAW,
     .offset = IP_SET(addresses),
     .flags = PROPERTY_REQUIRED,
     .example = "[192.0.2.0/24]"},
};

static const struct schema ip_set_schema =
    SCHEMA(ip_set_properties, struct ip_set_input);

struct regex_set_input {
    const struct value *value;
    struct entity_input entity;
    struct field patterns;
};

static const struct property regex_set_properties[] = {
    ENTITY_PROPERTIES(struct regex_set_input, entity),
    {.name = "RegularExpressionList",
     .kind = PROPERTY_STRINGS,
     .offset = offsetof(struct regex_set_input, patterns),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = WAF_REGEX_MAX,
     .example = "[\"^/admin\"]"},
};

static const struct schema regex_set_schema =
    SCHEMA(regex_set_properties, struct regex_set_input);

/* ---- digests -------------------------------------------------------------------- */

static void note(struct waf_build *waf, const struct resource *resource,
                 const void *object, struct str arn)
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&sha);
    waf_digest_str(&sha, arn);
    waf_digest_value(&sha, resource->properties);
    waf_digest_note(waf, object, &sha);
    sha256_end(&sha);
}

/* ---- IP sets ---------------------------------------------------------------------- */

static bool read_address(const struct resource *resource, const struct value *v,
                         bool ipv6, struct cidr *cidr)
{
    struct str text = shown(v->text);

    if (v->kind == VALUE_UNKNOWN) {
        resource_unknown(resource, v, "an address of Addresses");
        return false;
    }
    if (value_is_scalar(v) && cidr_parse(v->text, cidr) && cidr->bits > 0 &&
        (cidr->base.family == 6) == ipv6)
        return true;
    waf_refuse(resource, &v->place, "IP_ADDRESS", text, WAF_BAD_FORMAT,
               "Addresses cannot have \"" STR_FMT "\"\nwrite %s, such as %s",
               STR_ARG(text),
               ipv6 ? "blocks of IPv6 with /1 to /128"
                    : "blocks of IPv4 with /1 to /32",
               ipv6 ? "2001:db8::/32" : "192.0.2.44/32");
    return false;
}

static void read_addresses(struct waf_build *waf,
                           const struct resource *resource,
                           const struct value *list, struct config_ip_set *set)
{
    unsigned n = value_count(list);
    unsigned max =
        quota_value(NULL, QUOTA_WAF_ADDRESSES); /* what can be done here */
    struct cidr *ranges;

    if (list->kind == VALUE_UNKNOWN) {
        resource_unknown(resource, list, "Addresses");
        return;
    }
    if (list->kind != VALUE_LIST) {
        resource_error(resource, &list->place,
                       "Addresses must be a list of strings\nwrite Addresses: "
                       "[192.0.2.0/24]");
        return;
    }
    if (n > max) {
        resource_tell(
            resource, PROBLEM_ERROR, &list->place,
            &(struct problem_detail){.code = "WAFLimitsExceededException"},
            "Addresses has %u blocks: an IP set has at most %u\nspread them "
            "over several sets",
            n, max);
        return;
    }
    ranges = waf_take(waf, n, sizeof(*ranges));
    for (const struct value *v = list->first; v; v = v->next) {
        if (read_address(resource, v, set->ipv6, &ranges[set->n]))
            set->n++;
    }
    set->ranges = ranges;
}

void read_ip_set(struct build *build, const struct resource *resource)
{
    struct waf_build *waf = waf_build(build);
    struct ip_set_input input = {.value = NULL};
    struct config_ip_set *set = waf_take(waf, 1, sizeof(*set));

    schema_read(resource, &ip_set_schema, NULL, resource->properties, &input);
    waf_read_entity(build, resource, KNOWN_IP_SET, &input.entity, set,
                    &set->entity);
    set->ipv6 = input.version.ok && input.version.number == 1;
    if (input.addresses.ok && input.version.ok)
        read_addresses(waf, resource, input.addresses.value, set);
    note(waf, resource, set, set->entity.arn);
    set->index = waf->waf->nip_sets;
    waf->waf->ip_sets[waf->waf->nip_sets++] = set;
}

/* ---- regex pattern sets -------------------------------------------------------------- */

static void read_patterns(struct build *build, const struct resource *resource,
                          const struct field *list,
                          struct config_regex_set *set)
{
    struct waf_build *waf = build->waf;
    unsigned max = quota_value(&build->config->quotas, QUOTA_WAF_PATTERNS);
    struct str *patterns = waf_take(waf, list->n, sizeof(*patterns));
    const struct field *items = list->items;

    if (list->n > max)
        waf_limit(resource, field_place(list),
                  "RegularExpressionList has %u patterns: AWS takes %u in a "
                  "set\nspread them over several sets",
                  list->n, max);
    for (unsigned i = 0; i < list->n; i++)
        patterns[i] = waf_keep_text(waf, &items[i]);
    set->n = list->n;
    set->patterns = patterns;
}

void read_regex_set(struct build *build, const struct resource *resource)
{
    struct waf_build *waf = waf_build(build);
    struct regex_set_input input = {.value = NULL};
    struct config_regex_set *set = waf_take(waf, 1, sizeof(*set));

    schema_read(resource, &regex_set_schema, NULL, resource->properties,
                &input);
    waf_read_entity(build, resource, KNOWN_REGEX_SET, &input.entity, set,
                    &set->entity);
    read_patterns(build, resource, &input.patterns, set);
    note(waf, resource, set, set->entity.arn);
    set->index = waf->waf->nregex_sets;
    waf->waf->regex_sets[waf->waf->nregex_sets++] = set;
}
