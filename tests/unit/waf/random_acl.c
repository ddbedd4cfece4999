/* SPDX-License-Identifier: Apache-2.0 */
#include "random_acl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base64.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static unsigned below(struct acl_maker *m, unsigned n)
{
    return (unsigned)(random_u64(&m->random) % n);
}

static bool chance(struct acl_maker *m, unsigned percent)
{
    return below(m, 100) < percent;
}

void acl_maker_begin(struct acl_maker *m, uint64_t seed)
{
    m->random = (struct random){{seed, seed ^ 0x9e3779b97f4a7c15, ~seed, 1}};
    m->npool = 0;
    for (unsigned i = 0; i < 16; i++)
        random_u64(&m->random);
}

/* ---- texts ------------------------------------------------------------------------ */

static const char *const words[] = {
    "admin",   "login",    "select",
    "union",   "script",   "<script>",
    "../",     "passwd",   "etc",
    "evil",    "a",        "aa",
    "ab",      "b",        "0",
    "007",     "id",       "1=1",
    "' or 1",  "-- ",      "onload=",
    "%41",     "%2e%2e/",  "&lt;",
    "\\u0041", "/*",       "*/",
    "x y",     "\t",       "Mozilla/5.0",
    "AAAA",    "\xc3\xa9", "\xff",
    "0x41",    "YWRtaW4=", "javascript:",
    "sid",     "{\"a\"",   "union  select",
    "%00",     "cmd.exe",
};

static struct str word(struct acl_maker *m)
{
    return str_of(words[below(m, COUNT(words))]);
}

static void pool_add(struct acl_maker *m, struct str text)
{
    struct pool_text *to = &m->pool[m->npool % POOL_MAX];

    if (text.n == 0 || text.n > POOL_TEXT_MAX)
        return;
    memcpy(to->p, text.p, text.n);
    to->n = text.n;
    if (m->npool < POOL_MAX)
        m->npool++;
}

static struct str pooled(struct acl_maker *m)
{
    const struct pool_text *from;

    if (m->npool == 0 || chance(m, 20))
        return word(m);
    from = &m->pool[below(m, m->npool)];
    return str_make(from->p, from->n);
}

/* One byte of it becomes another, or many, or goes. */
static void put_byte(struct acl_maker *m, struct text *t, char c)
{
    switch (below(m, 6)) {
    case 0:
        text_printf(t, "%%%02x", (unsigned char)c);
        break;
    case 1:
        text_char(t, (char)(c ^ 0x20));
        break;
    case 2:
        break;
    case 3:
        text_char(t, c);
        text_char(t, c);
        break;
    case 4:
        text_printf(t, "&#%u;", (unsigned char)c);
        break;
    default:
        text_char(t, (char)below(m, 256));
        break;
    }
}

static void put_piece(struct acl_maker *m, struct text *t)
{
    struct str piece = pooled(m);
    unsigned change =
        chance(m, 40) ? below(m, (unsigned)piece.n + 1) : UINT32_MAX;

    for (size_t i = 0; i < piece.n; i++) {
        if (i == change)
            put_byte(m, t, piece.p[i]);
        else
            text_char(t, piece.p[i]);
    }
}

static void put_value(struct acl_maker *m, struct text *t)
{
    unsigned n = below(m, 10);

    if (n == 0)
        return;
    for (n = n > 5 ? 1 : n; n; n--)
        put_piece(m, t);
    if (chance(m, 3))
        for (unsigned i = below(m, 300); i; i--)
            text_char(t, "a <'%/;=\xff"[below(m, 9)]);
}

/* ---- statements over parts -------------------------------------------------------------- */

static const char *const fields[] = {
    "{\"Method\": {}}",
    "{\"UriPath\": {}}",
    "{\"UriPath\": {}}",
    "{\"QueryString\": {}}",
    "{\"UriFragment\": {\"FallbackBehavior\": \"MATCH\"}}",
    "{\"SingleQueryArgument\": {\"Name\": \"a\"}}",
    "{\"AllQueryArguments\": {}}",
    "{\"AllQueryArguments\": {}}",
    "{\"SingleHeader\": {\"Name\": \"user-agent\"}}",
    "{\"SingleHeader\": {\"Name\": \"x-a\"}}",
    "{\"Headers\": {\"MatchPattern\": {\"All\": {}}, \"MatchScope\": \"ALL\", "
    "\"OversizeHandling\": \"CONTINUE\"}}",
    "{\"Headers\": {\"MatchPattern\": {\"IncludedHeaders\": [\"x-a\", "
    "\"x-b\"]}, \"MatchScope\": \"VALUE\", \"OversizeHandling\": \"MATCH\"}}",
    "{\"HeaderOrder\": {\"OversizeHandling\": \"NO_MATCH\"}}",
    "{\"Cookies\": {\"MatchPattern\": {\"All\": {}}, \"MatchScope\": \"ALL\", "
    "\"OversizeHandling\": \"NO_MATCH\"}}",
    "{\"Body\": {\"OversizeHandling\": \"CONTINUE\"}}",
    "{\"Body\": {\"OversizeHandling\": \"MATCH\"}}",
    "{\"JsonBody\": {\"MatchPattern\": {\"All\": {}}, \"MatchScope\": \"ALL\", "
    "\"InvalidFallbackBehavior\": \"EVALUATE_AS_STRING\", "
    "\"OversizeHandling\": \"CONTINUE\"}}",
    "{\"JsonBody\": {\"MatchPattern\": {\"IncludedPaths\": [\"/a\"]}, "
    "\"MatchScope\": \"VALUE\", \"OversizeHandling\": \"NO_MATCH\"}}",
};

static void put_field(struct acl_maker *m, struct text *t)
{
    unsigned n = chance(m, 12) ? 0 : 1 + below(m, 3);
    static const char *const common[] = {
        "LOWERCASE", "URL_DECODE", "URL_DECODE_UNI", "HTML_ENTITY_DECODE"};

    text_printf(t, "\"FieldToMatch\": %s, \"TextTransformations\": [",
                fields[below(m, COUNT(fields))]);
    if (n == 0)
        TEXT_LITERAL(t, "{\"Priority\": 0, \"Type\": \"NONE\"}");
    for (unsigned i = 0; i < n; i++)
        text_printf(
            t, "%s{\"Priority\": %u, \"Type\": \"%s\"}", i ? ", " : "", i,
            chance(m, 60)
                ? common[below(m, COUNT(common))]
                : waf_transformation_words[below(m, WAF_TRANSFORMATIONS)]);
    TEXT_LITERAL(t, "]");
}

static void put_byte_match(struct acl_maker *m, struct text *t)
{
    static const char *const positions[] = {
        "EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "CONTAINS_WORD"};
    unsigned position = below(m, COUNT(positions));
    struct str search =
        position == 4 ? str_of(words[below(m, 6) % 5]) : word(m);

    pool_add(m, search);
    TEXT_LITERAL(t, "{\"ByteMatchStatement\": {");
    put_field(m, t);
    text_printf(t,
                ", \"PositionalConstraint\": \"%s\", "
                "\"SearchStringBase64\": \"",
                positions[position]);
    base64_put(t, (const uint8_t *)search.p, search.n);
    TEXT_LITERAL(t, "\"}}");
}

/* Patterns, and texts that they match. */
static const struct sample {
    const char *pattern;
    const char *text;
} samples[] = {
    {"admin", "admin"},
    {"(?i)ADMIN", "aDmin"},
    {"^/admin", "/admin"},
    {"admin$", "admin"},
    {"(?i)(?:union|select)\\\\s+(?:all|a)", "UNION  all"},
    {"[a-f0-9]{4,8}", "00ff"},
    {"<\\\\s*script", "< script"},
    {"\\\\.\\\\./", "../"},
    {".*", "x"},
    {"^$", ""},
    {"a?b*", "ab"},
    {"(?:ev|a)il", "evil"},
    {"\\\\bid\\\\b", " id "},
    {"[^a-z]x", "0x"},
    {"(?i)on(load|error)\\\\s*=", "ONLOAD ="},
    {"\\\\x00", "\x01"},
    {"[\\\\x80-\\\\xff]", "\xff"},
    {"(?i)k", "K"},
    {"(?s).{12,}", "abcdefghijklmn"},
    {"(?:a|b|c)(?:d|e)f", "bef"},
    {"1(?:\\\\s*)=\\\\s*1", "1 = 1"},
    {"^[^?]+$", "abc"},
    {"passwd|shadow|\\\\.ssh", ".ssh"},
};

static const char *pattern(struct acl_maker *m)
{
    const struct sample *sample = &samples[below(m, COUNT(samples))];

    pool_add(m, str_of(sample->text));
    return sample->pattern;
}

static void put_regex(struct acl_maker *m, struct text *t)
{
    if (chance(m, 15)) {
        for (unsigned i = 0; i < 4; i++)
            pool_add(m, str_of(samples[i].text));
        TEXT_LITERAL(t, "{\"RegexPatternSetReferenceStatement\": {\"Arn\": "
                        "{\"Fn::GetAtt\": [\"Patterns\", \"Arn\"]}, ");
        put_field(m, t);
        TEXT_LITERAL(t, "}}");
        return;
    }
    TEXT_LITERAL(t, "{\"RegexMatchStatement\": {");
    put_field(m, t);
    text_printf(t, ", \"RegexString\": \"%s\"}}", pattern(m));
}

static void put_other(struct acl_maker *m, struct text *t)
{
    static const char *const comparisons[] = {"EQ", "NE", "LE",
                                              "LT", "GE", "GT"};
    unsigned kind = below(m, 4);

    if (kind < 2) {
        text_printf(t, "{\"%s\": {",
                    kind ? "SqliMatchStatement" : "XssMatchStatement");
        put_field(m, t);
        TEXT_LITERAL(t, "}}");
        pool_add(m, kind ? STR("1' or '1'='1") : STR("<script>a"));
        return;
    }
    TEXT_LITERAL(t, "{\"SizeConstraintStatement\": {");
    put_field(m, t);
    text_printf(t, ", \"ComparisonOperator\": \"%s\", \"Size\": %u}}",
                comparisons[below(m, COUNT(comparisons))], below(m, 40));
}

/* ---- other statements --------------------------------------------------------------------- */

static void put_origin(struct acl_maker *m, struct text *t)
{
    static const char *const positions[] = {"FIRST", "LAST", "ANY"};
    static const char *const fallbacks[] = {"MATCH", "NO_MATCH"};
    const char *fallback = fallbacks[below(m, 2)];

    switch (below(m, 5)) {
    case 0:
        TEXT_LITERAL(t,
                     "{\"GeoMatchStatement\": {\"CountryCodes\": [\"DE\"]}}");
        break;
    case 1:
        text_printf(t,
                    "{\"GeoMatchStatement\": {\"CountryCodes\": [\"DE\"], "
                    "\"ForwardedIPConfig\": {\"HeaderName\": \"X-A\", "
                    "\"FallbackBehavior\": \"%s\"}}}",
                    fallback);
        break;
    case 2:
        TEXT_LITERAL(t, "{\"AsnMatchStatement\": {\"AsnList\": [1, 2]}}");
        break;
    case 3:
        TEXT_LITERAL(t, "{\"IPSetReferenceStatement\": {\"Arn\": "
                        "{\"Fn::GetAtt\": [\"Ips\", \"Arn\"]}}}");
        break;
    default:
        text_printf(t,
                    "{\"IPSetReferenceStatement\": {\"Arn\": {\"Fn::GetAtt\": "
                    "[\"Ips\", \"Arn\"]}, \"IPSetForwardedIPConfig\": "
                    "{\"HeaderName\": \"X-Forwarded-For\", "
                    "\"FallbackBehavior\": \"%s\", \"Position\": \"%s\"}}}",
                    fallback, positions[below(m, 3)]);
        break;
    }
}

static void put_label_match(struct acl_maker *m, struct text *t)
{
    static const char *const keys[] = {
        "LABEL\", \"Key\": \"l1",
        "LABEL\", \"Key\": \"ns:l2",
        "NAMESPACE\", \"Key\": \"ns:",
        "LABEL\", \"Key\": \"awswaf:000000000000:webacl:acl:l3",
        "LABEL\", \"Key\": \"awswaf:000000000000:rulegroup:group:l1",
        "NAMESPACE\", \"Key\": \"awswaf:000000000000:rulegroup:group:ns:",
        "NAMESPACE\", \"Key\": \"awswaf:clientip:geo:",
        "LABEL\", \"Key\": \"awswaf:forwardedip:geo:country:XX",
    };

    text_printf(t, "{\"LabelMatchStatement\": {\"Scope\": \"%s\"}}",
                keys[below(m, COUNT(keys))]);
}

static void put_statement(struct acl_maker *m, struct text *t, unsigned depth)
{
    unsigned kind = below(m, 100);

    if (depth < 4 && kind < 35) {
        unsigned n = 2 + below(m, 3);

        if (kind < 12) {
            TEXT_LITERAL(t, "{\"NotStatement\": {\"Statement\": ");
            put_statement(m, t, depth + 1);
            TEXT_LITERAL(t, "}}");
            return;
        }
        text_printf(t, "{\"%s\": {\"Statements\": [",
                    kind < 24 ? "AndStatement" : "OrStatement");
        for (unsigned i = 0; i < n; i++) {
            if (i)
                TEXT_LITERAL(t, ", ");
            put_statement(m, t, depth + 1);
        }
        TEXT_LITERAL(t, "]}}");
        return;
    }
    if (kind < 60)
        put_byte_match(m, t);
    else if (kind < 80)
        put_regex(m, t);
    else if (kind < 88)
        put_other(m, t);
    else if (kind < 94)
        put_origin(m, t);
    else
        put_label_match(m, t);
}

/* ---- rules ------------------------------------------------------------------------------- */

static void put_labels(struct acl_maker *m, struct text *t)
{
    static const char *const labels[] = {"l1", "ns:l2", "l3", "ns:ns:l4"};

    if (chance(m, 50))
        text_printf(t, ", \"RuleLabels\": [{\"Name\": \"%s\"}]",
                    labels[below(m, COUNT(labels))]);
}

static void put_action(struct acl_maker *m, struct text *t)
{
    static const char *const actions[] = {
        "{\"Block\": {}}",
        "{\"Allow\": {}}",
        "{\"Captcha\": {}}",
        ("{\"Count\": {\"CustomRequestHandling\": {\"InsertHeaders\": "
         "[{\"Name\": \"h\", \"Value\": \"v\"}]}}}"),
    };

    text_printf(t, ", \"Action\": %s",
                chance(m, 85) ? "{\"Count\": {}}"
                              : actions[below(m, COUNT(actions))]);
}

static void put_rate(struct acl_maker *m, struct text *t, unsigned number)
{
    text_printf(t,
                "{\"Name\": \"n%u\", \"Priority\": %u, \"Action\": "
                "{\"Count\": {}}, \"Statement\": {\"RateBasedStatement\": "
                "{\"Limit\": 10, \"AggregateKeyType\": ",
                number, number);
    if (chance(m, 50))
        TEXT_LITERAL(t, "\"IP\", ");
    else
        TEXT_LITERAL(
            t, "\"CUSTOM_KEYS\", \"CustomKeys\": [{\"HTTPMethod\": {}}, "
               "{\"Header\": {\"Name\": \"x-a\", \"TextTransformations\": "
               "[{\"Priority\": 0, \"Type\": \"LOWERCASE\"}]}}], ");
    TEXT_LITERAL(t, "\"ScopeDownStatement\": ");
    put_statement(m, t, 2);
    TEXT_LITERAL(t, "}}}");
}

static void put_rule(struct acl_maker *m, struct text *t, unsigned number)
{
    if (chance(m, 4)) {
        put_rate(m, t, number);
        return;
    }
    text_printf(t, "{\"Name\": \"n%u\", \"Priority\": %u", number, number);
    put_action(m, t);
    put_labels(m, t);
    TEXT_LITERAL(t, ", \"Statement\": ");
    put_statement(m, t, 0);
    TEXT_LITERAL(t, "}");
}

static void put_reference(struct acl_maker *m, struct text *t, unsigned number)
{
    text_printf(t,
                "{\"Name\": \"n%u\", \"Priority\": %u, \"OverrideAction\": "
                "{\"%s\": {}}, \"Statement\": {\"RuleGroupReferenceStatement\""
                ": {\"Arn\": {\"Fn::GetAtt\": [\"Group\", \"Arn\"]}, "
                "\"RuleActionOverrides\": [{\"Name\": \"n%u\", \"ActionToUse\""
                ": {\"Block\": {}}}]}}}",
                number, number, chance(m, 50) ? "None" : "Count", below(m, 6));
}

void acl_maker_acl(struct acl_maker *m, struct text *t)
{
    unsigned n = 1 + below(m, 24);

    m->npool = 0;
    TEXT_LITERAL(
        t,
        "{\"resources\": {\"Ips\": {\"Type\": \"AWS::WAFv2::IPSet\", "
        "\"Properties\": {\"Name\": \"ips\", \"Scope\": \"REGIONAL\", "
        "\"IPAddressVersion\": \"IPV4\", \"Addresses\": [\"192.0.2.0/30\"]}}, "
        "\"Patterns\": {\"Type\": \"AWS::WAFv2::RegexPatternSet\", "
        "\"Properties\": {\"Name\": \"patterns\", \"Scope\": \"REGIONAL\", "
        "\"RegularExpressionList\": [\"admin\", \"(?i)evil\", \"^/admin\", "
        "\"x{3}\"]}}, \"Group\": {\"Type\": \"AWS::WAFv2::RuleGroup\", "
        "\"Properties\": {\"Name\": \"group\", \"Scope\": \"REGIONAL\", "
        "\"Capacity\": 5000, \"Rules\": [");
    for (unsigned i = 0; i < 6; i++) {
        if (i)
            TEXT_LITERAL(t, ", ");
        put_rule(m, t, i);
    }
    TEXT_LITERAL(t, "]}}}, \"rules\": [");
    for (unsigned i = 0; i < n; i++) {
        if (i)
            TEXT_LITERAL(t, ", ");
        if (chance(m, 5))
            put_reference(m, t, i);
        else
            put_rule(m, t, i);
    }
    TEXT_LITERAL(t, "]}");
    assert_true(text_ok(t));
}

/* ---- requests ---------------------------------------------------------------------------- */

/* A value that stands in the request's text. */
static struct str keep_value(struct acl_maker *m, struct request_made *request,
                             const char *separators)
{
    struct text t = text_in(request->text + request->used,
                            sizeof(request->text) - request->used);

    put_value(m, &t);
    for (unsigned i = below(m, 5); *separators && i; i--) {
        text_char(&t, separators[below(m, (unsigned)strlen(separators))]);
        put_value(m, &t);
    }
    request->used += t.n;
    return text_str(&t);
}

static struct str keep_json(struct acl_maker *m, struct request_made *request)
{
    struct text t = text_in(request->text + request->used,
                            sizeof(request->text) - request->used);

    TEXT_LITERAL(&t, "{\"a\": [");
    for (unsigned i = below(m, 6) + 1; i; i--) {
        char buffer[1024];
        struct text value = text_in(buffer, sizeof(buffer));

        put_value(m, &value);
        text_json(&t, text_str(&value));
        if (i > 1)
            text_char(&t, ',');
    }
    TEXT_LITERAL(&t, "], \"b\": {\"");
    put_piece(m, &t);
    TEXT_LITERAL(&t, "\": 1}");
    if (chance(m, 90))
        text_char(&t, '}');
    request->used += t.n;
    return text_str(&t);
}

static void add_headers(struct acl_maker *m, struct request_made *request)
{
    static const char *const names[] = {
        "User-Agent", "X-A", "X-B", "Cookie", "X-Forwarded-For", "Accept"};
    static const char *const addresses[] = {
        "192.0.2.1", "198.51.100.7, 192.0.2.2", "192.0.2.1, x", "rubbish"};

    for (unsigned i = below(m, 8); i; i--) {
        const char *name = names[below(m, COUNT(names))];
        char buffer[2048];
        struct text t = text_in(buffer, sizeof(buffer));

        if (strcmp(name, "X-Forwarded-For") == 0)
            text_str_put(&t, str_of(addresses[below(m, COUNT(addresses))]));
        else
            put_value(m, &t);
        if (strcmp(name, "Cookie") == 0)
            TEXT_LITERAL(&t, "; sid=7; a=");
        if (strcmp(name, "Cookie") == 0)
            put_value(m, &t);
        request_add(request, str_of(name), text_str(&t));
    }
}

void acl_maker_request(struct acl_maker *m, struct request_made *request)
{
    struct inspected *to = &request->inspected;

    request->used = 0;
    request->fields.n = 0;
    *to = (struct inspected){.fields = &request->fields, .version = 11};
    to->method = chance(m, 60) ? STR("GET") : STR("POST");
    to->path = keep_value(m, request, "/");
    if (to->path.n == 0 || chance(m, 30))
        to->path = STR("/admin");
    if (chance(m, 70))
        to->query = keep_value(m, request, "&&=;");
    if (chance(m, 10))
        to->fragment = keep_value(m, request, "");
    add_headers(m, request);
    if (chance(m, 50))
        to->body = chance(m, 50) ? keep_json(m, request)
                                 : keep_value(m, request, "&= ");
    to->body_whole = true;
    assert_true(address_parse_ip(
        chance(m, 50) ? STR("192.0.2.1") : STR("203.0.113.9"), &to->client));
}
