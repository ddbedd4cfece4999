/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "builds.h"
#include "model/config.h"
#include "model/web_acl.h"

#define NONE "TextTransformations: [{Priority: 0, Type: NONE}]"
#define URI "FieldToMatch: {UriPath: {}}, " NONE
#define BYTES(field, position)                                                 \
    "{ByteMatchStatement: {SearchString: a, PositionalConstraint: " position   \
    ", FieldToMatch: " field ", " NONE "}}"
#define GEO "{GeoMatchStatement: {CountryCodes: [AQ]}}"
#define RATE(what)                                                             \
    "{RateBasedStatement: {Limit: 100, AggregateKeyType: CUSTOM_KEYS, " what   \
    "}}"
#define S "web ACL Acl: Rules[0].Statement"
#define MEMBERS                                                                \
    "write ByteMatchStatement, RegexMatchStatement, "                          \
    "RegexPatternSetReferenceStatement, SizeConstraintStatement, "             \
    "SqliMatchStatement, XssMatchStatement, GeoMatchStatement, "               \
    "IPSetReferenceStatement, AsnMatchStatement, LabelMatchStatement, "        \
    "AndStatement, OrStatement, NotStatement, RateBasedStatement, "            \
    "ManagedRuleGroupStatement or RuleGroupReferenceStatement"

static void is_text(struct str s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

/* The statement of the only rule; config_release() the config. */
static const struct waf_statement *read_in(const char *frame, const char *text,
                                           struct config **config)
{
    const struct config_web_acl *acl;

    *config = build_good(frame, text);
    assert_non_null((*config)->waf);
    assert_int_equal((*config)->waf->nacls, 1);
    acl = (*config)->waf->acls[0];
    assert_int_equal(acl->nrules, 1);
    assert_int_equal(acl->capacity, waf_capacity(acl->rules, 1));
    return acl->rules[0].statement;
}

static const struct waf_statement *read(const char *text,
                                        struct config **config)
{
    return read_in(in_statement, text, config);
}

/* ---- what is kept ---------------------------------------------------------------- */

static void test_a_byte_match_has_bytes_and_its_chain_in_order(void **state)
{
    struct config *config;
    const struct waf_statement *s = read(
        "{ByteMatchStatement: {SearchStringBase64: 'AP9h', FieldToMatch: "
        "{SingleHeader: {Name: X-Key}}, PositionalConstraint: CONTAINS, "
        "TextTransformations: [{Priority: 5, Type: LOWERCASE}, {Priority: 0, "
        "Type: URL_DECODE}, {Priority: 2, Type: NONE}]}}",
        &config);

    (void)state;
    assert_int_equal(s->type, WAF_BYTE_MATCH);
    assert_int_equal(s->u.byte_match.search.n, 3);
    assert_memory_equal(s->u.byte_match.search.p,
                        "\0\xff"
                        "a",
                        3);
    assert_int_equal(s->u.byte_match.position, WAF_CONTAINS);
    assert_int_equal(s->field.type, WAF_FIELD_SINGLE_HEADER);
    is_text(s->field.name, "X-Key");
    assert_int_equal(s->chain.n, 2);
    assert_int_equal(s->chain.transformations[0], WAF_URL_DECODE);
    assert_int_equal(s->chain.transformations[1], WAF_LOWERCASE);
    is_text(s->path, "Rules[0].Statement");
    config_release(config);
}

/* Checklist 63: all of them. */
static void test_all_transformations_are_taken(void **state)
{
    char text[1024];

    (void)state;
    assert_int_equal(WAF_TRANSFORMATIONS, 31);
    for (unsigned i = 0; waf_transformation_words[i]; i++) {
        struct config *config;
        const struct waf_statement *s;

        snprintf(text, sizeof(text),
                 "{XssMatchStatement: {FieldToMatch: {Method: {}}, "
                 "TextTransformations: [{Priority: 0, Type: %s}]}}",
                 waf_transformation_words[i]);
        s = read(text, &config);
        assert_int_equal(s->chain.n, i != WAF_NONE);
        if (s->chain.n)
            assert_int_equal(s->chain.transformations[0], i);
        config_release(config);
    }
}

static const struct field_case {
    const char *text;
    struct waf_field field; /* without its texts */
} fields[] = {
    {"{Method: {}}", {.type = WAF_FIELD_METHOD}},
    {"{UriPath: {}}", {.type = WAF_FIELD_URI_PATH}},
    {"{UriFragment: {}}", {.type = WAF_FIELD_URI_FRAGMENT}},
    {"{UriFragment: {FallbackBehavior: MATCH}}",
     {.type = WAF_FIELD_URI_FRAGMENT, .fallback = WAF_FALLBACK_MATCH}},
    {"{QueryString: {}}", {.type = WAF_FIELD_QUERY_STRING}},
    {"{SingleQueryArgument: {Name: q}}",
     {.type = WAF_FIELD_SINGLE_QUERY_ARGUMENT}},
    {"{AllQueryArguments: {}}", {.type = WAF_FIELD_ALL_QUERY_ARGUMENTS}},
    {"{Headers: {MatchPattern: {ExcludedHeaders: [a, b]}, MatchScope: KEY, "
     "OversizeHandling: NO_MATCH}}",
     {.type = WAF_FIELD_HEADERS,
      .pattern = WAF_PATTERN_EXCLUDED,
      .scope = WAF_SCOPE_KEY,
      .oversize = WAF_OVERSIZE_NO_MATCH,
      .oversize_given = true,
      .nnames = 2}},
    {"{HeaderOrder: {OversizeHandling: CONTINUE}}",
     {.type = WAF_FIELD_HEADER_ORDER, .oversize_given = true}},
    {"{Cookies: {MatchPattern: {All: {}}, MatchScope: VALUE, "
     "OversizeHandling: MATCH}}",
     {.type = WAF_FIELD_COOKIES,
      .scope = WAF_SCOPE_VALUE,
      .oversize = WAF_OVERSIZE_MATCH,
      .oversize_given = true}},
    {"{Body: {}}", {.type = WAF_FIELD_BODY}},
    {"{JsonBody: {MatchPattern: {IncludedPaths: [/a/b, /c~1d]}, MatchScope: "
     "ALL, InvalidFallbackBehavior: EVALUATE_AS_STRING}}",
     {.type = WAF_FIELD_JSON_BODY,
      .pattern = WAF_PATTERN_INCLUDED,
      .fallback = WAF_FALLBACK_AS_STRING,
      .nnames = 2}},
    {"{JA3Fingerprint: {FallbackBehavior: NO_MATCH}}",
     {.type = WAF_FIELD_JA3, .fallback = WAF_FALLBACK_NO_MATCH}},
    {"{JA4Fingerprint: {FallbackBehavior: MATCH}}",
     {.type = WAF_FIELD_JA4, .fallback = WAF_FALLBACK_MATCH}},
};

static void test_every_field_to_match_is_read(void **state)
{
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const struct waf_field *is = NULL;
        const struct waf_field *wanted = &fields[i].field;
        struct config *config;

        snprintf(text, sizeof(text),
                 "{ByteMatchStatement: {SearchString: a, PositionalConstraint: "
                 "EXACTLY, FieldToMatch: %s, " NONE "}}",
                 fields[i].text);
        is = &read(text, &config)->field;
        assert_int_equal(is->type, wanted->type);
        assert_int_equal(is->pattern, wanted->pattern);
        assert_int_equal(is->scope, wanted->scope);
        assert_int_equal(is->oversize, wanted->oversize);
        assert_int_equal(is->oversize_given, wanted->oversize_given);
        assert_int_equal(is->fallback, wanted->fallback);
        assert_int_equal(is->nnames, wanted->nnames);
        config_release(config);
    }
}

static void test_references_find_what_they_name(void **state)
{
    struct config *config;
    const struct waf_statement *s = read(
        "{OrStatement: {Statements: [{IPSetReferenceStatement: {Arn: @Ips, "
        "IPSetForwardedIPConfig: {HeaderName: X-Real-IP, FallbackBehavior: "
        "MATCH, Position: ANY}}}, {RegexPatternSetReferenceStatement: {Arn: "
        "@Res, " URI "}}]}}",
        &config);
    const struct waf_statement *ip = s->u.nested.statements[0];
    const struct waf_statement *regex = s->u.nested.statements[1];

    (void)state;
    assert_int_equal(s->type, WAF_OR);
    assert_int_equal(s->u.nested.n, 2);
    assert_ptr_equal(ip->u.ip_set.set, config->waf->ip_sets[0]);
    assert_int_equal(ip->u.ip_set.forwarded.position, WAF_IP_ANY);
    assert_int_equal(ip->u.ip_set.forwarded.fallback, WAF_FALLBACK_MATCH);
    is_text(ip->u.ip_set.forwarded.header, "X-Real-IP");
    assert_ptr_equal(regex->u.regex_set, config->waf->regex_sets[0]);
    assert_int_equal(regex->u.regex_set->n, 2);
    is_text(regex->path, "Rules[0].Statement.OrStatement.Statements[1]");
    config_release(config);
}

static void test_other_statements_are_read(void **state)
{
    struct config *config;
    const struct waf_statement *s = read(
        "{AndStatement: {Statements: [{NotStatement: {Statement: "
        "{LabelMatchStatement: {Scope: NAMESPACE, Key: 'a:b:'}}}}, "
        "{SizeConstraintStatement: {ComparisonOperator: GE, Size: "
        "21474836480, " URI
        "}}, {SqliMatchStatement: {SensitivityLevel: HIGH, " URI "}}, "
        "{RegexMatchStatement: {RegexString: '^a', " URI "}}, "
        "{AsnMatchStatement: {AsnList: [0, 4294967295], ForwardedIPConfig: "
        "{HeaderName: X-Forwarded-For, FallbackBehavior: NO_MATCH}}}, "
        "{GeoMatchStatement: {CountryCodes: [DE, XK]}}]}}",
        &config);
    const struct waf_statement *const *in = s->u.nested.statements;

    (void)state;
    assert_int_equal(s->u.nested.n, 6);
    assert_int_equal(in[0]->type, WAF_NOT);
    assert_true(in[0]->u.nested.statements[0]->u.label.name_space);
    is_text(in[0]->u.nested.statements[0]->u.label.key, "a:b:");
    assert_int_equal(in[1]->u.size.comparison, WAF_GE);
    assert_true(in[1]->u.size.size == 21474836480);
    assert_true(in[2]->u.sqli.high);
    is_text(in[3]->u.regex.pattern, "^a");
    assert_int_equal(in[4]->u.asn.n, 2);
    assert_int_equal(in[4]->u.asn.numbers[1], UINT32_MAX);
    is_text(in[4]->u.asn.forwarded.header, "X-Forwarded-For");
    assert_int_equal(in[5]->u.geo.n, 2);
    is_text(in[5]->u.geo.countries[1], "XK");
    config_release(config);
}

/* Checklist 84: windows, 300 without one. */
static void test_rate_rules_are_read(void **state)
{
    struct config *config;
    const struct waf_statement *s = read(
        "{RateBasedStatement: {Limit: 10, AggregateKeyType: IP}}", &config);

    (void)state;
    assert_int_equal(s->u.rate.window_s, 300);
    assert_int_equal(s->u.rate.limit, 10);
    config_release(config);
    s = read("{RateBasedStatement: {Limit: 2000000000, EvaluationWindowSec: "
             "120, AggregateKeyType: CUSTOM_KEYS, ForwardedIPConfig: "
             "{HeaderName: X-Real-IP, FallbackBehavior: MATCH}, CustomKeys: "
             "[{ForwardedIP: {}}, {Header: {Name: a, TextTransformations: "
             "[{Priority: 0, Type: LOWERCASE}]}}, {Header: {Name: b, " NONE
             "}}, {LabelNamespace: {Namespace: 'a:'}}, {JA4Fingerprint: "
             "{FallbackBehavior: NO_MATCH}}], ScopeDownStatement: " GEO "}}",
             &config);
    assert_int_equal(s->u.rate.window_s, 120);
    assert_int_equal(s->u.rate.aggregate, WAF_BY_KEYS);
    assert_int_equal(s->u.rate.nkeys, 5);
    assert_int_equal(s->u.rate.keys[0].type, WAF_KEY_FORWARDED_IP);
    assert_int_equal(s->u.rate.keys[1].chain.n, 1);
    is_text(s->u.rate.keys[2].name, "b");
    is_text(s->u.rate.keys[3].name, "a:");
    assert_int_equal(s->u.rate.keys[4].fallback, WAF_FALLBACK_NO_MATCH);
    assert_int_equal(s->u.rate.scope_down->type, WAF_GEO);
    config_release(config);
}

static void test_own_groups_have_overrides(void **state)
{
    struct config *config;
    const struct waf_statement *s = read_in(
        in_acl_rule,
        "OverrideAction: {Count: {}}, Statement: {RuleGroupReferenceStatement: "
        "{Arn: @Own, ExcludedRules: [{Name: X}], RuleActionOverrides: [{Name: "
        "G, ActionToUse: {Captcha: {}}}]}}",
        &config);
    const struct waf_rule *rule = &config->waf->acls[0]->rules[0];

    (void)state;
    assert_true(rule->of_group);
    assert_true(rule->count);
    assert_ptr_equal(s->u.group.group, config->waf->rule_groups[0]);
    is_text(s->u.group.group->label_prefix,
            "awswaf:000000000000:rulegroup:Own:");
    assert_int_equal(s->u.group.noverrides, 2);
    is_text(s->u.group.overrides[0].rule, "G");
    assert_int_equal(s->u.group.overrides[0].action.type, WAF_CAPTCHA);
    assert_false(s->u.group.overrides[0].excluded);
    is_text(s->u.group.overrides[1].rule, "X");
    assert_int_equal(s->u.group.overrides[1].action.type, WAF_COUNT);
    assert_true(s->u.group.overrides[1].excluded);
    assert_int_equal(config->waf->acls[0]->capacity, 50);
    config_release(config);
}

static void test_managed_groups_have_their_version_and_scope_down(void **state)
{
    struct config *config;
    const struct waf_statement *s = read_in(
        in_acl_rule,
        "OverrideAction: {None: {}}, Statement: {ManagedRuleGroupStatement: "
        "{VendorName: AWS, Name: AWSManagedRulesCommonRuleSet, "
        "ManagedRuleGroupConfigs: [], ScopeDownStatement: " GEO "}}",
        &config);

    (void)state;
    is_text(s->u.group.vendor, "AWS");
    is_text(s->u.group.name, "AWSManagedRulesCommonRuleSet");
    assert_int_equal(s->u.group.version.n, 0);
    assert_int_equal(s->u.group.scope_down->type, WAF_GEO);
    assert_int_equal(config->waf->acls[0]->capacity, 701);
    config_release(config);
}

/* ---- nesting ------------------------------------------------------------------------ */

/* `mark` stands in front of the innermost one. */
static void nest(char *text, size_t cap, unsigned depth, const char *mark)
{
    size_t n = 0;

    for (unsigned i = 0; i < depth; i++)
        n += (size_t)snprintf(text + n, cap - n, "{NotStatement: {Statement: ");
    n += (size_t)snprintf(text + n, cap - n, "%s" GEO, mark);
    for (unsigned i = 0; i < depth; i++)
        n += (size_t)snprintf(text + n, cap - n, "}}");
}

static void test_statements_are_nested_64_deep_at_most(void **state)
{
    char text[8192];
    struct config *config;
    const struct waf_statement *s;
    unsigned depth = 0;
    const struct fault fault = {
        .text = text,
        .what = "web ACL Acl: statements are nested more than 64 deep",
        .remedy = "give parts of it rules of their own that add labels, and "
                  "match those"};

    (void)state;
    nest(text, sizeof(text), WAF_NESTED_MAX - 1, "");
    for (s = read(text, &config); s->type == WAF_NOT; depth++)
        s = s->u.nested.statements[0];
    assert_int_equal(depth, WAF_NESTED_MAX - 1);
    config_release(config);
    nest(text, sizeof(text), WAF_NESTED_MAX, "^");
    check_errors(in_statement, &fault, 1);
}

/* Checklist 8, 12. */
static const struct fault nesting[] = {
    {"^{}", S " is empty", MEMBERS},
    {"{GeoMatchStatement: {CountryCodes: [AQ]}, ^XssMatchStatement: {" URI "}}",
     S " has GeoMatchStatement and XssMatchStatement: it has exactly one of "
       "them",
     "leave one out"},
    {"{^GeoMatchStatment: {}}", S " cannot have \"GeoMatchStatment\"",
     "did you mean \"GeoMatchStatement\"?"},
    {"^[]", S " must be a map, this is a list", MEMBERS},
    {"{AndStatement: {Statements: ^[" GEO "]}}",
     S ".AndStatement.Statements must be a list of at least two statements",
     "write the one that there is in its place"},
    {"{OrStatement: {Statements: ^[]}}",
     S ".OrStatement.Statements must be a list of at least two statements",
     "add them"},
    {"{NotStatement: ^{}}", S ".NotStatement.Statement is missing",
     "add Statement: {...}"},
    {"{NotStatement: {Statement: {^RateBasedStatement: {Limit: 10, "
     "AggregateKeyType: IP}}}}",
     S ".NotStatement.Statement: a RateBasedStatement stands in no other "
       "statement",
     "make it the Statement of a rule of its own"},
    {"{AndStatement: {Statements: [" GEO
     ", {^ManagedRuleGroupStatement: {VendorName: AWS, Name: X}}]}}",
     S ".AndStatement.Statements[1]: a ManagedRuleGroupStatement stands in no "
       "other statement",
     "make it the Statement of a rule of its own"},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: IP, "
     "ScopeDownStatement: {^RuleGroupReferenceStatement: {Arn: @Own}}}}",
     S ".RateBasedStatement.ScopeDownStatement: a RuleGroupReferenceStatement "
       "stands in no other statement",
     "make it the Statement of a rule of its own"},
};

static void test_what_may_not_stand_there_is_refused(void **state)
{
    (void)state;
    CHECK_ERRORS(in_statement, nesting);
}

/* ---- statements that look at parts ----------------------------------------------------- */

#define B S ".ByteMatchStatement"

/* Checklist 60: fingerprints only EXACTLY. */
static const struct fault matches[] = {
    {"{ByteMatchStatement: ^{PositionalConstraint: EXACTLY, " URI "}}",
     B " has neither SearchString nor SearchStringBase64", "write one of them"},
    {"{ByteMatchStatement: ^{SearchString: a, SearchStringBase64: YQ==, "
     "PositionalConstraint: EXACTLY, " URI "}}",
     B " has both SearchString and SearchStringBase64", "write one of them"},
    {"{ByteMatchStatement: {SearchStringBase64: ^/login, "
     "PositionalConstraint: EXACTLY, " URI "}}",
     B ".SearchStringBase64 is \"/login\", which is no base64",
     "write what `printf TEXT | base64` prints"},
    {"{ByteMatchStatement: {SearchString: ^" A128 A128
     ", PositionalConstraint: EXACTLY, " URI "}}",
     B ".SearchString has 256 bytes: AWS takes 200", "make it shorter"},
    {"{ByteMatchStatement: {SearchString: a-b, PositionalConstraint: "
     "^CONTAINS_WORD, " URI "}}",
     B ": CONTAINS_WORD looks for letters, digits and \"_\" alone",
     "write CONTAINS, or another SearchString"},
    {"{ByteMatchStatement: {SearchString: a, PositionalConstraint: ^EXACT, " URI
     "}}",
     B ".PositionalConstraint cannot be \"EXACT\"",
     "did you mean \"EXACTLY\"?"},
    {BYTES("^{JA3Fingerprint: {FallbackBehavior: MATCH}}", "CONTAINS"),
     B ".FieldToMatch is a fingerprint of TLS, which only a "
       "ByteMatchStatement EXACTLY looks at",
     "write one"},
    {"{RegexMatchStatement: {RegexString: a, FieldToMatch: ^{JA4Fingerprint: "
     "{FallbackBehavior: MATCH}}, " NONE "}}",
     S ".RegexMatchStatement.FieldToMatch is a fingerprint of TLS, which only "
       "a ByteMatchStatement EXACTLY looks at",
     "write one"},
    {"{SizeConstraintStatement: {ComparisonOperator: GT, Size: "
     "^21474836481, " URI "}}",
     S ".SizeConstraintStatement.Size is \"21474836481\": it must be a whole "
       "number from 0 to 21474836480",
     "write Size: 8192"},
    {"{XssMatchStatement: {FieldToMatch: {UriPath: {}}, TextTransformations: "
     "^[]}}",
     S ".XssMatchStatement.TextTransformations has 0 entries: it has 1 to 10",
     "write [{Priority: 0, Type: NONE}] for none"},
    {"{XssMatchStatement: {FieldToMatch: {UriPath: {}}, TextTransformations: "
     "[{Priority: 1, Type: NONE}, {Priority: ^1, Type: LOWERCASE}]}}",
     S ".XssMatchStatement.TextTransformations has two entries of Priority 1",
     "give each another one"},
    {"{XssMatchStatement: {" URI ", PreParseTextTransformations: ^[{Priority: "
     "0, Type: URL_DECODE}]}}",
     S ".XssMatchStatement.PreParseTextTransformations is of "
       "SingleQueryArgument and AllQueryArguments alone",
     "leave it out"},
    {BYTES("^{}", "EXACTLY"), B ".FieldToMatch is empty",
     "write Method, UriPath, UriFragment, QueryString, SingleQueryArgument, "
     "AllQueryArguments, SingleHeader, Headers, HeaderOrder, Cookies, Body, "
     "JsonBody, JA3Fingerprint or JA4Fingerprint"},
    {BYTES("{Method: {}, ^Body: {}}", "EXACTLY"),
     B ".FieldToMatch has Method and Body: it has exactly one of them",
     "leave one out"},
    {BYTES("{SingleHeader: ^{}}", "EXACTLY"),
     B ".FieldToMatch.SingleHeader.Name is missing", "add Name: user-agent"},
    {BYTES("{Headers: {MatchPattern: {IncludedHeaders: ^[]}, MatchScope: ALL, "
           "OversizeHandling: MATCH}}",
           "EXACTLY"),
     B ".FieldToMatch.Headers.MatchPattern.IncludedHeaders must be a list of "
       "1 to 199 strings",
     ""},
    {BYTES("{JsonBody: {MatchPattern: {IncludedPaths: [^a]}, MatchScope: ALL}}",
           "EXACTLY"),
     B ".FieldToMatch.JsonBody.MatchPattern.IncludedPaths cannot have \"a\"",
     "write JSON pointers such as /user/name, with ~1 for / and ~0 for ~"},
};

static void test_statements_over_parts_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_statement, matches);
}

/* ---- addresses, labels --------------------------------------------------------------------- */

static const struct fault addresses[] = {
    {"{GeoMatchStatement: {CountryCodes: [DE, ^UK]}}",
     S ".GeoMatchStatement.CountryCodes cannot have \"UK\"",
     "write codes of ISO 3166 in capitals, such as DE or US"},
    {"{GeoMatchStatement: {CountryCodes: ^[]}}",
     S ".GeoMatchStatement.CountryCodes must be a list of 1 to 50 strings", ""},
    {"{AsnMatchStatement: {AsnList: ^[4294967296]}}",
     S ".AsnMatchStatement.AsnList cannot have \"4294967296\"",
     "write numbers from 0 to 4294967295, such as 64496"},
    {"{GeoMatchStatement: {CountryCodes: [DE], ForwardedIPConfig: "
     "{HeaderName: ^X_F, FallbackBehavior: MATCH}}}",
     S ".GeoMatchStatement.ForwardedIPConfig.HeaderName cannot be \"X_F\"",
     "write letters, digits and \"-\""},
    {"{IPSetReferenceStatement: {Arn: ^Ipss}}",
     S ".IPSetReferenceStatement.Arn is \"Ipss\": that is no ARN of an IP set",
     "write !GetAtt Ips.Arn"},
    {"{IPSetReferenceStatement: {Arn: ^@Res}}",
     S ".IPSetReferenceStatement.Arn is the ARN of regex pattern set Res, not "
       "of an IP set",
     "name one of those"},
    {"{LabelMatchStatement: {Scope: LABEL, Key: ^'a b'}}",
     S ".LabelMatchStatement.Key cannot be \"a b\": AWS takes letters, digits, "
       "\"_\", \"-\" and \":\"",
     "write a label as the rule that adds it has it"},
    {"{LabelMatchStatement: {Scope: NAMESPACE, Key: ^a}}",
     S ".LabelMatchStatement.Key cannot be \"a\": a namespace ends with a "
       "colon",
     "add it, or write Scope: LABEL"},
};

/* Checklist 6. */
static const struct fault unresolved[] = {
    {"{IPSetReferenceStatement: {Arn: ^arn:aws:wafv2:x}}",
     S ".IPSetReferenceStatement.Arn is \"arn:aws:wafv2:x\", of which nothing "
       "is known here: the statement never matches",
     "add the resource that has this ARN"},
    {"{RegexPatternSetReferenceStatement: {Arn: ^?Set exists elsewhere?, " URI
     "}}",
     S
     ".RegexPatternSetReferenceStatement.Arn cannot be known here (Set exists "
     "elsewhere): the statement never matches",
     "add the resource that has this ARN"},
};

static void test_addresses_and_labels_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_statement, addresses);
}

static void test_an_arn_of_elsewhere_never_matches_and_is_doubted(void **state)
{
    (void)state;
    CHECK_DOUBTS(in_statement, unresolved);
}

/* Nothing would say so otherwise: such a rule is dead. */
static const struct fault cases[] = {
    {"{ByteMatchStatement: ^{SearchString: /Admin, PositionalConstraint: "
     "EXACTLY, FieldToMatch: {UriPath: {}}, TextTransformations: [{Priority: "
     "0, Type: LOWERCASE}]}}",
     B " never matches: LOWERCASE comes before it, and SearchString has "
       "capitals",
     "write it in lower case"},
};

static void test_capitals_behind_lowercase_are_warned_of(void **state)
{
    (void)state;
    CHECK_WARNINGS(in_statement, cases);
}

/* ---- rate-based statements, checklist 85 ------------------------------------------------------- */

#define R S ".RateBasedStatement"

static const struct fault rates[] = {
    {"{RateBasedStatement: {Limit: ^9, AggregateKeyType: IP}}",
     R ".Limit is 9: it must be a whole number from 10 to 2000000000",
     "write Limit: 2000"},
    {"{RateBasedStatement: {Limit: 10, EvaluationWindowSec: ^90, "
     "AggregateKeyType: IP}}",
     R ".EvaluationWindowSec cannot be \"90\"", "did you mean \"60\"?"},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: ^CONSTANT}}",
     R " has AggregateKeyType CONSTANT and no ScopeDownStatement",
     "add ScopeDownStatement: {...}"},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: ^FORWARDED_IP}}",
     R " has AggregateKeyType FORWARDED_IP and no ForwardedIPConfig",
     "add ForwardedIPConfig: {HeaderName: X-Forwarded-For, FallbackBehavior: "
     "NO_MATCH}"},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: ^CUSTOM_KEYS}}",
     R " has AggregateKeyType CUSTOM_KEYS and no CustomKeys",
     "add CustomKeys: [{IP: {}}, {HTTPMethod: {}}]"},
    {"{RateBasedStatement: {Limit: 10, AggregateKeyType: IP, CustomKeys: "
     "^[{HTTPMethod: {}}]}}",
     R " has CustomKeys and AggregateKeyType IP",
     "write AggregateKeyType: CUSTOM_KEYS, or leave them out"},
    {RATE("CustomKeys: ^[{IP: {}}]"), R ".CustomKeys is an address alone",
     "write AggregateKeyType: IP, or add a key"},
    {RATE("CustomKeys: ^[{IP: {}}, {ForwardedIP: {}}]"),
     R ".CustomKeys has ForwardedIP, and there is no ForwardedIPConfig",
     "add ForwardedIPConfig: {HeaderName: X-Forwarded-For, FallbackBehavior: "
     "NO_MATCH}"},
    {RATE("CustomKeys: ^[{HTTPMethod: {}}, {HTTPMethod: {}}]"),
     R ".CustomKeys has HTTPMethod twice", "leave one out"},
    {RATE(
         "CustomKeys: ^[{IP: {}}, {ASN: {}}, {HTTPMethod: {}}, {UriPath: {" NONE
         "}}, {QueryString: {" NONE "}}, {Header: {Name: a, " NONE "}}]"),
     R ".CustomKeys must be a list of 1 to 5 keys",
     "write CustomKeys: [{IP: {}}, {HTTPMethod: {}}]"},
    {RATE("CustomKeys: [{ASN: {}}, {LabelNamespace: {Namespace: ^a}}]"),
     R ".CustomKeys[1].LabelNamespace.Namespace cannot be \"a\": a namespace "
       "ends with a colon",
     "add it, or write Scope: LABEL"},
    {RATE("CustomKeys: [^{}]"), R ".CustomKeys[0] is empty",
     "write Header, Cookie, QueryArgument, QueryString, UriPath, HTTPMethod, "
     "IP, ForwardedIP, LabelNamespace, JA3Fingerprint, JA4Fingerprint or ASN"},
};

static void test_rate_rules_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_statement, rates);
}

/* ---- groups -------------------------------------------------------------------------------------- */

#define GROUP_RULE(statement)                                                  \
    "OverrideAction: {None: {}}, Statement: " statement

static const struct fault groups[] = {
    {GROUP_RULE("{ManagedRuleGroupStatement: ^{VendorName: AWS}}"),
     S ".ManagedRuleGroupStatement.Name is missing",
     "add Name: AWSManagedRulesCommonRuleSet"},
    {GROUP_RULE("{RuleGroupReferenceStatement: {Arn: @Own, "
                "RuleActionOverrides: [{Name: G, ActionToUse: ^{}}]}}"),
     S ".RuleGroupReferenceStatement.RuleActionOverrides[0].ActionToUse is "
       "empty",
     "write Allow, Block, Count, Captcha, Challenge or Monetize"},
};

/* Checklist 118. */
static const struct fault unknown_groups[] = {
    {GROUP_RULE("{ManagedRuleGroupStatement: {VendorName: AWS, Name: "
                "AWSManagedRulesCommonRuleSet, Version: ^Version_99.0}}"),
     "web ACL Acl: AWSManagedRulesCommonRuleSet has no version "
     "\"Version_99.0\" that is known here: its rules are those of every "
     "version",
     "write one that AWS lists, or leave Version out"},
    {GROUP_RULE("{ManagedRuleGroupStatement: {VendorName: AWS, Name: ^Set}}"),
     "web ACL Acl: there is no managed rule group Set that is known here: it "
     "never matches",
     "if AWS has it all is well"},
    {GROUP_RULE("{ManagedRuleGroupStatement: {VendorName: Elsewhere, Name: "
                "^Set}}"),
     "web ACL Acl: there is no managed rule group Set that is known here: it "
     "never matches",
     "what vendors sell on AWS Marketplace is there alone"},
};

static void test_groups_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_acl_rule, groups);
}

static void test_unknown_groups_and_versions_are_doubted(void **state)
{
    (void)state;
    CHECK_DOUBTS(in_acl_rule, unknown_groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_byte_match_has_bytes_and_its_chain_in_order),
        cmocka_unit_test(test_all_transformations_are_taken),
        cmocka_unit_test(test_every_field_to_match_is_read),
        cmocka_unit_test(test_references_find_what_they_name),
        cmocka_unit_test(test_other_statements_are_read),
        cmocka_unit_test(test_rate_rules_are_read),
        cmocka_unit_test(test_own_groups_have_overrides),
        cmocka_unit_test(test_managed_groups_have_their_version_and_scope_down),
        cmocka_unit_test(test_statements_are_nested_64_deep_at_most),
        cmocka_unit_test(test_what_may_not_stand_there_is_refused),
        cmocka_unit_test(test_statements_over_parts_are_checked),
        cmocka_unit_test(test_addresses_and_labels_are_checked),
        cmocka_unit_test(test_an_arn_of_elsewhere_never_matches_and_is_doubted),
        cmocka_unit_test(test_capitals_behind_lowercase_are_warned_of),
        cmocka_unit_test(test_rate_rules_are_checked),
        cmocka_unit_test(test_groups_are_checked),
        cmocka_unit_test(test_unknown_groups_and_versions_are_doubted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
