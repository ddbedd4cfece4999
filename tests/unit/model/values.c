/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/arn.h"

#define ELB "AWS::ElasticLoadBalancingV2::"
#define WAF "AWS::WAFv2::"

struct parser {
    struct region *region;
    const char *p;
    const char *line_begin;
    unsigned line;
    struct place *mark;
};

static struct place here(const struct parser *parser)
{
    return (struct place){"t.yaml", parser->line,
                          (unsigned)(parser->p - parser->line_begin) + 1};
}

static void skip_spaces(struct parser *parser)
{
    while (*parser->p == ' ' || *parser->p == '\n') {
        if (*parser->p++ == '\n') {
            parser->line++;
            parser->line_begin = parser->p;
        }
    }
    if (*parser->p == '^') {
        *parser->mark = here(parser);
        parser->mark->column++;
        parser->p++;
    }
}

static bool is_end(const char *p)
{
    return *p == '\0' || strchr(",{}[]\n", *p) ||
           (*p == ':' && (p[1] == ' ' || p[1] == '\0'));
}

/* A bare word, or one in quotes. */
static struct str take_word(struct parser *parser, char *quote)
{
    const char *begin = parser->p;
    const char *end;

    *quote = strchr("'\"?", *begin) && *begin ? *begin : '\0';
    if (*quote) {
        end = strchr(begin + 1, *quote);
        assert_non_null(end);
        parser->p = end + 1;
        return str_make(begin + 1, (size_t)(end - begin) - 1);
    }
    while (!is_end(parser->p))
        parser->p++;
    return str_trim(str_make(begin, (size_t)(parser->p - begin)));
}

static enum value_kind kind_of(struct str word, char quote)
{
    if (quote)
        return quote == '?' ? VALUE_UNKNOWN : VALUE_STRING;
    if (str_eq(word, STR("null")))
        return VALUE_NULL;
    if (str_eq(word, STR("true")) || str_eq(word, STR("false")))
        return VALUE_BOOL;
    for (size_t i = 0; i < word.n; i++) {
        if ((word.p[i] < '0' || word.p[i] > '9') && (i || word.p[i] != '-'))
            return VALUE_STRING;
    }
    return word.n ? VALUE_NUMBER : VALUE_STRING;
}

static struct value *parse(struct parser *parser);

static struct value *parse_list(struct parser *parser, struct value *list)
{
    parser->p++;
    for (skip_spaces(parser); *parser->p != ']'; skip_spaces(parser)) {
        value_append(list, parse(parser));
        skip_spaces(parser);
        if (*parser->p == ',')
            parser->p++;
        else
            assert_int_equal(*parser->p, ']');
    }
    parser->p++;
    return list;
}

static struct value *parse_map(struct parser *parser, struct value *map,
                               char end)
{
    for (skip_spaces(parser); *parser->p != end; skip_spaces(parser)) {
        struct place place = here(parser);
        char quote;
        struct str key = take_word(parser, &quote);
        struct value *entry;

        assert_int_equal(*parser->p, ':');
        parser->p++;
        skip_spaces(parser);
        entry = parse(parser);
        entry->key_place = place;
        value_put(parser->region, map, key, entry);
        skip_spaces(parser);
        if (*parser->p == ',')
            parser->p++;
        else
            assert_int_equal(*parser->p, end);
    }
    if (end)
        parser->p++;
    return map;
}

static struct value *parse(struct parser *parser)
{
    struct place place = here(parser);
    struct value *value;
    struct str word;
    char quote;

    if (*parser->p == '[')
        return parse_list(parser,
                          value_new(parser->region, VALUE_LIST, &place));
    if (*parser->p == '{') {
        parser->p++;
        return parse_map(parser, value_new(parser->region, VALUE_MAP, &place),
                         '}');
    }
    word = take_word(parser, &quote);
    value = value_new(parser->region, kind_of(word, quote), &place);
    value->text = region_copy(parser->region, word);
    return value;
}

/* ---- types and ARNs ------------------------------------------------------- */

static void expand_type(const struct value *resource)
{
    static const char *const names[][2] = {
        {"LB", ELB "LoadBalancer"},
        {"TG", ELB "TargetGroup"},
        {"LI", ELB "Listener"},
        {"RU", ELB "ListenerRule"},
        {"LC", ELB "ListenerCertificate"},
        {"TS", ELB "TrustStore"},
        {"TR", ELB "TrustStoreRevocation"},
        {"CE", "AWS::CertificateManager::Certificate"},
        {"WA", WAF "WebACL"},
        {"WG", WAF "RuleGroup"},
        {"IP", WAF "IPSet"},
        {"RX", WAF "RegexPatternSet"},
        {"AS", WAF "WebACLAssociation"},
        {"LO", WAF "LoggingConfiguration"},
        {"SG", "AWS::EC2::SecurityGroup"},
        {"SI", "AWS::EC2::SecurityGroupIngress"},
        {"SN", "AWS::EC2::Subnet"}};
    struct value *type =
        (void *)(uintptr_t)(const void *)value_get(resource, STR("Type"));

    for (size_t i = 0; type && i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq(type->text, str_of(names[i][0])))
            type->text = str_of(names[i][1]);
    }
}

static const struct arn_scope scope = {
    {"us-east-1", 9}, {"000000000000", 12}, {"test", 4}};

static struct str waf_arn(struct region *region, struct str type,
                          const struct value *name, struct str given,
                          struct str id)
{
    const char *kind = str_eq(type, STR(WAF "WebACL"))      ? "webacl"
                       : str_eq(type, STR(WAF "RuleGroup")) ? "rulegroup"
                       : str_eq(type, STR(WAF "IPSet"))     ? "ipset"
                                                            : "regexpatternset";

    return arn_waf(region, &scope, kind,
                   arn_waf_name(region, name ? name->text : STR(""), id),
                   arn_certificate_id(region, &scope, given, id), false);
}

static struct str arn_of(struct region *region, const struct value *resources,
                         struct str id)
{
    const struct value *resource = value_get(resources, id);
    const struct value *properties = value_get(resource, STR("Properties"));
    const struct value *name = value_get(properties, STR("Name"));
    const struct value *parent = value_get(properties, STR("LoadBalancerArn"));
    const struct value *sluice =
        value_get(value_get(resource, STR("Metadata")), STR("Sluice"));
    const struct value *own = value_get(sluice, STR("Id"));
    struct str given = own ? own->text : STR("");
    struct str type, made;

    assert_non_null(resource);
    type = value_get(resource, STR("Type"))->text;
    if (str_eq(type, STR("AWS::EC2::SecurityGroup")))
        return arn_vpc_id(region, &scope, "sg", id);
    if (str_eq(type, STR("AWS::EC2::Subnet")))
        return arn_vpc_id(region, &scope, "subnet", id);
    if (str_eq(type, STR(ELB "Listener"))) {
        struct str text = parent->text;

        if (text.p[0] == '@')
            text = arn_of(region, resources, str_make(text.p + 1, text.n - 1));
        return arn_listener(region, text, arn_id(region, &scope, given, id));
    }
    if (str_starts(type, STR(WAF)))
        return waf_arn(region, type, name, given, id);
    id = region_copy(region, id);
    made = arn_id(region, &scope, given, id);
    if (str_eq(type, STR(ELB "TargetGroup")))
        return arn_target_group(
            region, &scope, arn_name(region, name ? name->text : STR(""), id),
            made);
    if (str_eq(type, STR(ELB "TrustStore")))
        return arn_trust_store(
            region, &scope, arn_name(region, name ? name->text : STR(""), id),
            made);
    if (str_eq(type, STR("AWS::CertificateManager::Certificate")))
        return arn_certificate(region, &scope,
                               arn_certificate_id(region, &scope, given, id));
    return arn_load_balancer(region, &scope,
                             arn_name(region, name ? name->text : STR(""), id),
                             made);
}

static void expand_arns(struct region *region, const struct value *resources,
                        struct value *value)
{
    for (struct value *v = value->first; v; v = v->next)
        expand_arns(region, resources, v);
    if (value->kind == VALUE_STRING && value->text.n > 1 &&
        value->text.p[0] == '@')
        value->text = arn_of(region, resources,
                             str_make(value->text.p + 1, value->text.n - 1));
}

const struct value *values_parse(struct region *region, const char *text,
                                 struct place *mark)
{
    struct parser parser = {region, text, text, 1, mark};
    struct value *map = value_new(region, VALUE_MAP, NULL);

    *mark = (struct place){.line = 0};
    parse_map(&parser, map, '\0');
    for (const struct value *v = map->first; v; v = v->next)
        expand_type(v);
    expand_arns(region, map, map);
    return map;
}
