/* SPDX-License-Identifier: Apache-2.0
 *
 * Rate-based rules (aws-waf.md 2.11): what their keys are made of, and which
 * instance counts for them.
 */
#include "waf/builder.h"

/* ---- the parts of a key ------------------------------------------------------------ */

static bool field_of_key(const struct waf_key *key, struct waf_field *field)
{
    field->scope = WAF_SCOPE_VALUE;
    field->fallback = key->fallback;
    field->name = key->name;
    switch (key->type) {
    case WAF_KEY_HEADER:
        field->type = WAF_FIELD_SINGLE_HEADER;
        return true;
    case WAF_KEY_COOKIE:
        field->type = WAF_FIELD_COOKIES;
        field->pattern = WAF_PATTERN_INCLUDED;
        field->nnames = 1;
        field->names = &key->name;
        return true;
    case WAF_KEY_QUERY_ARGUMENT:
        field->type = WAF_FIELD_SINGLE_QUERY_ARGUMENT;
        return true;
    case WAF_KEY_QUERY_STRING:
        field->type = WAF_FIELD_QUERY_STRING;
        return true;
    case WAF_KEY_URI_PATH:
        field->type = WAF_FIELD_URI_PATH;
        return true;
    case WAF_KEY_METHOD:
        field->type = WAF_FIELD_METHOD;
        return true;
    case WAF_KEY_JA3:
        field->type = WAF_FIELD_JA3;
        return true;
    case WAF_KEY_JA4:
        field->type = WAF_FIELD_JA4;
        return true;
    case WAF_KEY_IP:
    case WAF_KEY_FORWARDED_IP:
    case WAF_KEY_LABEL_NAMESPACE:
    case WAF_KEY_ASN:
        break;
    }
    return false;
}

static void add_keys(struct builder *b, struct rate_rule *rate)
{
    struct waf_program *program = b->program;
    const struct waf_statement *statement = rate->statement;

    rate->nkeys = statement->u.rate.nkeys;
    rate->keys =
        region_take(&program->region, (rate->nkeys + 1) * sizeof(*rate->keys));
    for (unsigned i = 0; i < rate->nkeys; i++) {
        const struct waf_key *key = &statement->u.rate.keys[i];
        struct waf_field *field = region_take(&program->region, sizeof(*field));

        rate->keys[i] = (struct rate_key){
            .type = key->type, .source = NO_INDEX, .name_space = key->name};
        if (field_of_key(key, field))
            rate->keys[i].source =
                value_plan_add(program->plan, field, &key->chain);
    }
}

/* ---- the instance ------------------------------------------------------------------- */

static uint64_t hash_chain(uint64_t hash, const struct waf_chain *chain)
{
    return intern_hash(intern_hash_u64(hash, chain->n), chain->transformations,
                       chain->n);
}

static uint64_t hash_forwarded(uint64_t hash,
                               const struct waf_forwarded *forwarded)
{
    hash = intern_hash_str(hash, forwarded->header);
    hash = intern_hash_u64(hash, forwarded->fallback);
    return intern_hash_u64(hash, forwarded->position);
}

static uint64_t hash_field(uint64_t hash, const struct waf_field *field)
{
    hash = intern_hash_u64(hash, field->type);
    hash = intern_hash_u64(hash, field->pattern);
    hash = intern_hash_u64(hash, field->scope);
    hash = intern_hash_u64(hash, field->oversize);
    hash = intern_hash_u64(hash, field->fallback);
    hash = intern_hash_str(hash, field->name);
    for (unsigned i = 0; i < field->nnames; i++)
        hash = intern_hash_str(hash, field->names[i]);
    return intern_hash(hash, field->pre_parse, field->npre_parse);
}

/* Sets by their names: what stands in them may change. */
static uint64_t hash_own(uint64_t hash, const struct waf_statement *s)
{
    switch (s->type) {
    case WAF_BYTE_MATCH:
        hash = intern_hash_u64(hash, s->u.byte_match.position);
        return intern_hash_str(hash, s->u.byte_match.search);
    case WAF_REGEX_MATCH:
        return intern_hash_str(hash, s->u.regex.pattern);
    case WAF_REGEX_SET:
        return s->u.regex_set
                   ? intern_hash_str(hash, s->u.regex_set->entity.arn)
                   : hash;
    case WAF_SIZE:
        hash = intern_hash_u64(hash, s->u.size.comparison);
        return intern_hash_u64(hash, s->u.size.size);
    case WAF_SQLI:
        return intern_hash_u64(hash, s->u.sqli.high);
    case WAF_GEO:
        for (unsigned i = 0; i < s->u.geo.n; i++)
            hash = intern_hash_str(hash, s->u.geo.countries[i]);
        return hash_forwarded(hash, &s->u.geo.forwarded);
    case WAF_IP_SET:
        if (s->u.ip_set.set)
            hash = intern_hash_str(hash, s->u.ip_set.set->entity.arn);
        return hash_forwarded(hash, &s->u.ip_set.forwarded);
    case WAF_ASN:
        hash = intern_hash(hash, s->u.asn.numbers,
                           s->u.asn.n * sizeof(*s->u.asn.numbers));
        return hash_forwarded(hash, &s->u.asn.forwarded);
    case WAF_LABEL:
        hash = intern_hash_u64(hash, s->u.label.name_space);
        return intern_hash_str(hash, s->u.label.key);
    default:
        return hash;
    }
}

/* A statement is at most WAF_NESTED_MAX deep. */
static uint64_t hash_statement(uint64_t hash, const struct waf_statement *s)
{
    hash = intern_hash_u64(hash, s->type);
    if (s->type == WAF_AND || s->type == WAF_OR || s->type == WAF_NOT) {
        hash = intern_hash_u64(hash, s->u.nested.n);
        for (unsigned i = 0; i < s->u.nested.n; i++)
            hash = hash_statement(hash, s->u.nested.statements[i]);
        return hash;
    }
    hash = hash_field(hash, &s->field);
    return hash_own(hash_chain(hash, &s->chain), s);
}

static uint64_t hash_settings(uint64_t hash, const struct waf_statement *s)
{
    hash = intern_hash_u64(hash, s->u.rate.limit);
    hash = intern_hash_u64(hash, s->u.rate.window_s);
    hash = intern_hash_u64(hash, s->u.rate.aggregate);
    hash = hash_forwarded(hash, &s->u.rate.forwarded);
    for (unsigned i = 0; i < s->u.rate.nkeys; i++) {
        const struct waf_key *key = &s->u.rate.keys[i];

        hash = intern_hash_u64(hash, key->type);
        hash = intern_hash_u64(hash, key->fallback);
        hash = hash_chain(intern_hash_str(hash, key->name), &key->chain);
    }
    return s->u.rate.scope_down ? hash_statement(hash, s->u.rate.scope_down)
                                : hash;
}

/* Of the ACL, the rule that refers to the group, the rule, its settings. */
static uint64_t number_of(const struct builder *b, const struct waf_rule *rule,
                          const struct item *item)
{
    uint64_t hash = intern_hash_str(INTERN_HASH, b->program->acl->entity.arn);

    if (item->referring) {
        hash = intern_hash_str(hash, item->referring->name);
        hash = intern_hash_str(hash, item->group->entity.name);
    }
    hash = intern_hash_str(hash, rule->name);
    return hash_settings(hash, rule->statement);
}

uint32_t builder_rate(struct builder *b, const struct waf_rule *rule,
                      const struct item *item)
{
    struct waf_program *program = b->program;
    const struct waf_statement *statement = rule->statement;
    struct rate_rule *rate;

    program->rates = builder_grow(b, program->rates, program->nrates,
                                  &b->cap_rates, sizeof(*program->rates));
    rate = &program->rates[program->nrates];
    *rate = (struct rate_rule){
        .instance = {.number = number_of(b, rule, item),
                     .limit = statement->u.rate.limit,
                     .window_ms = statement->u.rate.window_s * 1000},
        .statement = statement,
        .prefix = b->prefix,
    };
    add_keys(b, rate);
    return program->nrates++;
}
