/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/describe.h"

#include "base/cidr.h"

enum {
    AROUND = 48,     /* bytes that are shown on each side of a match, */
    SHOWN_MAX = 160, /* of it, or of a text without one */
    WORDS_SHOWN = 8, /* of a list */
};

/* ---- bytes ------------------------------------------------------------------------ */

static void put_byte(struct text *t, char byte)
{
    unsigned char c = (unsigned char)byte;

    if (c == '"' || c == '\\') {
        text_char(t, '\\');
        text_char(t, byte);
    } else if (c >= 0x20 && c < 0x7f) {
        text_char(t, byte);
    } else {
        text_printf(t, "\\x%02x", c);
    }
}

static void put_bytes(struct text *t, struct str s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        put_byte(t, s.p[i]);
}

void describe_put_plain(struct text *t, struct str s)
{
    put_bytes(t, s, 0, s.n);
}

void describe_put_quoted(struct text *t, struct str s)
{
    size_t n = s.n < SHOWN_MAX ? s.n : SHOWN_MAX;

    text_char(t, '"');
    put_bytes(t, s, 0, n);
    text_char(t, '"');
    if (n < s.n)
        text_printf(t, "... (%zu bytes)", s.n);
}

static void put_match(struct text *t, struct str s, size_t from, size_t to)
{
    TEXT_LITERAL(t, ">>>");
    if (to - from <= SHOWN_MAX) {
        put_bytes(t, s, from, to);
    } else {
        put_bytes(t, s, from, from + SHOWN_MAX / 2);
        TEXT_LITERAL(t, "...");
        put_bytes(t, s, to - SHOWN_MAX / 2, to);
    }
    TEXT_LITERAL(t, "<<<");
}

void describe_put_marked(struct text *t, struct str s, size_t from, size_t to)
{
    size_t begin = from > AROUND ? from - AROUND : 0;
    size_t end = s.n - to > AROUND ? to + AROUND : s.n;

    TEXT_LITERAL(t, "\"");
    if (begin)
        TEXT_LITERAL(t, "...");
    put_bytes(t, s, begin, from);
    put_match(t, s, from, to);
    put_bytes(t, s, to, end);
    if (end < s.n)
        TEXT_LITERAL(t, "...");
    TEXT_LITERAL(t, "\"");
}

/* ---- types ------------------------------------------------------------------------- */

const char *describe_type(const struct waf_statement *statement)
{
    static const char *const names[] = {
        [WAF_BYTE_MATCH] = "ByteMatchStatement",
        [WAF_REGEX_MATCH] = "RegexMatchStatement",
        [WAF_REGEX_SET] = "RegexPatternSetReferenceStatement",
        [WAF_SIZE] = "SizeConstraintStatement",
        [WAF_SQLI] = "SqliMatchStatement",
        [WAF_XSS] = "XssMatchStatement",
        [WAF_GEO] = "GeoMatchStatement",
        [WAF_IP_SET] = "IPSetReferenceStatement",
        [WAF_ASN] = "AsnMatchStatement",
        [WAF_LABEL] = "LabelMatchStatement",
        [WAF_AND] = "AndStatement",
        [WAF_OR] = "OrStatement",
        [WAF_NOT] = "NotStatement",
        [WAF_RATE] = "RateBasedStatement",
        [WAF_MANAGED_GROUP] = "ManagedRuleGroupStatement",
        [WAF_GROUP] = "RuleGroupReferenceStatement",
    };

    return names[statement->type];
}

/* ---- what is asked ------------------------------------------------------------------ */

static void put_countries(struct text *t, const struct waf_statement *statement)
{
    TEXT_LITERAL(t, "in [");
    for (unsigned i = 0; i < statement->u.geo.n && i < WORDS_SHOWN; i++) {
        if (i)
            TEXT_LITERAL(t, ", ");
        text_str_put(t, statement->u.geo.countries[i]);
    }
    if (statement->u.geo.n > WORDS_SHOWN)
        text_printf(t, " and %u more", statement->u.geo.n - WORDS_SHOWN);
    text_char(t, ']');
}

static void put_numbers(struct text *t, const struct waf_statement *statement)
{
    TEXT_LITERAL(t, "in [");
    for (unsigned i = 0; i < statement->u.asn.n && i < WORDS_SHOWN; i++)
        text_printf(t, "%s%u", i ? ", " : "", statement->u.asn.numbers[i]);
    if (statement->u.asn.n > WORDS_SHOWN)
        text_printf(t, " and %u more", statement->u.asn.n - WORDS_SHOWN);
    text_char(t, ']');
}

static void put_set(struct text *t, const struct waf_entity *entity)
{
    text_str_put(t, entity->name.n ? entity->name : entity->id);
}

static void put_group(struct text *t, const struct waf_statement *statement)
{
    if (statement->u.group.vendor.n) {
        text_str_put(t, statement->u.group.vendor);
        text_char(t, ' ');
    }
    text_str_put(t, statement->u.group.name.n ? statement->u.group.name
                                              : statement->u.group.arn);
}

static void put_byte_match(struct text *t,
                           const struct waf_statement *statement)
{
    static const char *const words[] = {"EXACTLY", "STARTS_WITH", "ENDS_WITH",
                                        "CONTAINS", "CONTAINS_WORD"};

    text_printf(t, "%s ", words[statement->u.byte_match.position]);
    describe_put_quoted(t, statement->u.byte_match.search);
}

static void put_size(struct text *t, const struct waf_statement *statement)
{
    static const char *const words[] = {"EQ", "NE", "LE", "LT", "GE", "GT"};

    text_printf(t, "%s ", words[statement->u.size.comparison]);
    text_u64(t, statement->u.size.size);
}

static void put_rate(struct text *t, const struct waf_statement *statement)
{
    static const char *const words[] = {"IP", "FORWARDED_IP", "CONSTANT",
                                        "CUSTOM_KEYS"};

    TEXT_LITERAL(t, "more than ");
    text_u64(t, statement->u.rate.limit);
    text_printf(t, " in %u s by %s", statement->u.rate.window_s,
                words[statement->u.rate.aggregate]);
}

static void put_reference(struct text *t, const struct waf_entity *entity)
{
    if (entity)
        put_set(t, entity);
    else
        TEXT_LITERAL(t, "a set that is not known here");
}

void describe_put_test(struct text *t, const struct waf_statement *statement)
{
    switch (statement->type) {
    case WAF_BYTE_MATCH:
        put_byte_match(t, statement);
        break;
    case WAF_REGEX_MATCH:
        describe_put_quoted(t, statement->u.regex.pattern);
        break;
    case WAF_REGEX_SET:
        put_reference(
            t, statement->u.regex_set ? &statement->u.regex_set->entity : NULL);
        break;
    case WAF_SIZE:
        put_size(t, statement);
        break;
    case WAF_SQLI:
        text_str_put(t, statement->u.sqli.high ? STR("HIGH") : STR("LOW"));
        break;
    case WAF_GEO:
        put_countries(t, statement);
        break;
    case WAF_IP_SET:
        put_reference(t, statement->u.ip_set.set
                             ? &statement->u.ip_set.set->entity
                             : NULL);
        break;
    case WAF_ASN:
        put_numbers(t, statement);
        break;
    case WAF_LABEL:
        text_str_put(t, statement->u.label.key);
        break;
    case WAF_RATE:
        put_rate(t, statement);
        break;
    case WAF_MANAGED_GROUP:
    case WAF_GROUP:
        put_group(t, statement);
        break;
    case WAF_XSS:
    case WAF_AND:
    case WAF_OR:
    case WAF_NOT:
        break;
    }
}

/* ---- what is looked at ---------------------------------------------------------------- */

static bool has_field(const struct waf_statement *statement)
{
    return statement->type <= WAF_XSS;
}

static void put_names(struct text *t, const struct waf_field *field)
{
    if (field->pattern == WAF_PATTERN_ALL)
        return;
    text_str_put(t, field->pattern == WAF_PATTERN_INCLUDED ? STR(" [")
                                                           : STR(" but ["));
    for (unsigned i = 0; i < field->nnames && i < WORDS_SHOWN; i++) {
        if (i)
            TEXT_LITERAL(t, ", ");
        text_str_put(t, field->names[i]);
    }
    if (field->nnames > WORDS_SHOWN)
        text_printf(t, " and %u more", field->nnames - WORDS_SHOWN);
    text_char(t, ']');
}

static void put_field(struct text *t, const struct waf_field *field)
{
    static const char *const names[] = {
        [WAF_FIELD_METHOD] = "Method",
        [WAF_FIELD_URI_PATH] = "UriPath",
        [WAF_FIELD_URI_FRAGMENT] = "UriFragment",
        [WAF_FIELD_QUERY_STRING] = "QueryString",
        [WAF_FIELD_SINGLE_QUERY_ARGUMENT] = "SingleQueryArgument",
        [WAF_FIELD_ALL_QUERY_ARGUMENTS] = "AllQueryArguments",
        [WAF_FIELD_SINGLE_HEADER] = "SingleHeader",
        [WAF_FIELD_HEADERS] = "Headers",
        [WAF_FIELD_HEADER_ORDER] = "HeaderOrder",
        [WAF_FIELD_COOKIES] = "Cookies",
        [WAF_FIELD_BODY] = "Body",
        [WAF_FIELD_JSON_BODY] = "JsonBody",
        [WAF_FIELD_JA3] = "JA3Fingerprint",
        [WAF_FIELD_JA4] = "JA4Fingerprint",
    };

    text_str_put(t, str_of(names[field->type]));
    if (field->name.n) {
        text_char(t, ' ');
        describe_put_quoted(t, field->name);
    }
    put_names(t, field);
}

static const struct waf_forwarded *
forwarded_of(const struct waf_statement *statement)
{
    switch (statement->type) {
    case WAF_GEO:
        return &statement->u.geo.forwarded;
    case WAF_IP_SET:
        return &statement->u.ip_set.forwarded;
    case WAF_ASN:
        return &statement->u.asn.forwarded;
    default:
        return NULL;
    }
}

void describe_put_part(struct text *t, const struct waf_statement *statement)
{
    const struct waf_forwarded *forwarded = forwarded_of(statement);

    if (has_field(statement)) {
        put_field(t, &statement->field);
    } else if (forwarded && forwarded->header.n) {
        TEXT_LITERAL(t, "the addresses in ");
        describe_put_quoted(t, forwarded->header);
    } else if (forwarded) {
        TEXT_LITERAL(t, "the client's address");
    } else if (statement->type == WAF_LABEL) {
        TEXT_LITERAL(t, "the labels");
    } else {
        TEXT_LITERAL(t, "the request");
    }
}

void describe_put_chain(struct text *t, const struct waf_chain *chain)
{
    for (unsigned i = 0; i < chain->n; i++)
        text_printf(t, "%s%s", i ? ", " : "",
                    waf_transformation_words[chain->transformations[i]]);
}

void describe_put_statement(struct text *t,
                            const struct waf_statement *statement)
{
    char room[2048];
    struct text test = text_in(room, sizeof(room));

    describe_put_part(t, statement);
    if (has_field(statement) && statement->chain.n) {
        TEXT_LITERAL(t, " after ");
        describe_put_chain(t, &statement->chain);
    }
    text_printf(t, ": %s", describe_type(statement));
    describe_put_test(&test, statement);
    if (test.n) {
        text_char(t, ' ');
        text_str_put(t, text_str(&test));
    }
}
