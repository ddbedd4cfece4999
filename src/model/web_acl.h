/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs as they were asked for: AWS::WAFv2::WebACL, RuleGroup, IPSet,
 * RegexPatternSet and WebACLAssociation, read and checked (aws-waf.md 1 to 6).
 *
 * Resources stand in CloudFormation's words; the dialects of the API and of
 * Terraform become those first (model/waf_words.h).  Everything lives in the
 * region of its config_waf, texts are NUL-terminated, bytes of search strings
 * are decoded.  waf/program.h makes of it what runs.
 */
#ifndef SLUICE_MODEL_WEB_ACL_H
#define SLUICE_MODEL_WEB_ACL_H

#include <stdatomic.h>

#include "base/cidr.h"
#include "model/report.h"
#include "model/value.h"

enum {
    WAF_TRANSFORMATIONS_MAX = 10, /* of one statement */
    WAF_SEARCH_MAX = 200,         /* bytes of a search string */
    WAF_REGEX_MAX = 512,          /* characters */
    WAF_CUSTOM_KEYS_MAX = 5,
    WAF_NESTED_MAX = 64,    /* statements in each other */
    WAF_BODY_LIMIT = 8192,  /* bytes of a body that are looked at behind an
                                ALB */
    WAF_PARTS_LIMIT = 8192, /* bytes of headers, of cookies */
    WAF_PARTS_NUMBER = 200, /* headers, cookies */
    WAF_WCU_MAX = 5000,
};

enum waf_transformation {
#define X(name) WAF_##name,
#include "model/waf_transformations.def"
#undef X
    WAF_TRANSFORMATIONS
};

/* By that number: "URL_DECODE"; NULL at the end. */
extern const char *const waf_transformation_words[];

/* In the order they are applied. */
struct waf_chain {
    unsigned n; /* without NONE */
    uint8_t transformations[WAF_TRANSFORMATIONS_MAX];
};

/* PreParseTextTransformations of arguments of the query. */
enum waf_pre_parse {
    WAF_PRE_URL_DECODE,
    WAF_PRE_URL_DECODE_UNI,
    WAF_PRE_COMBINE_DUPLICATES,
    WAF_PRE_REPLACE_SEMICOLONS,
};

/* ---- FieldToMatch (aws-waf.md 3) -------------------------------------------- */

enum waf_field_type {
    WAF_FIELD_METHOD,
    WAF_FIELD_URI_PATH,
    WAF_FIELD_URI_FRAGMENT,
    WAF_FIELD_QUERY_STRING,
    WAF_FIELD_SINGLE_QUERY_ARGUMENT,
    WAF_FIELD_ALL_QUERY_ARGUMENTS,
    WAF_FIELD_SINGLE_HEADER,
    WAF_FIELD_HEADERS,
    WAF_FIELD_HEADER_ORDER,
    WAF_FIELD_COOKIES,
    WAF_FIELD_BODY,
    WAF_FIELD_JSON_BODY,
    WAF_FIELD_JA3,
    WAF_FIELD_JA4,
};

enum waf_pattern {
    WAF_PATTERN_ALL,
    WAF_PATTERN_INCLUDED,
    WAF_PATTERN_EXCLUDED
};
enum waf_scope { WAF_SCOPE_ALL, WAF_SCOPE_KEY, WAF_SCOPE_VALUE };
enum waf_oversize {
    WAF_OVERSIZE_CONTINUE,
    WAF_OVERSIZE_MATCH,
    WAF_OVERSIZE_NO_MATCH
};

/* What a statement is when its part is not there or cannot be read. */
enum waf_fallback {
    WAF_FALLBACK_NONE,
    WAF_FALLBACK_MATCH,
    WAF_FALLBACK_NO_MATCH,
    WAF_FALLBACK_AS_STRING, /* JSON_BODY */
};

struct waf_field {
    enum waf_field_type type;
    enum waf_pattern pattern; /* HEADERS, COOKIES; JSON_BODY: ALL, or INCLUDED
                                 with pointers (RFC 6901) */
    enum waf_scope scope;     /* the same */
    enum waf_oversize oversize;
    bool oversize_given;
    enum waf_fallback fallback; /* URI_FRAGMENT, JA3, JA4, JSON_BODY */
    struct str name;            /* SINGLE_*: as it was written */
    unsigned nnames;            /* of the pattern */
    const struct str *names;
    unsigned npre_parse; /* in the order they are applied */
    uint8_t pre_parse[WAF_TRANSFORMATIONS_MAX]; /* enum waf_pre_parse */
};

/* ---- statements (aws-waf.md 2) ----------------------------------------------- */

enum waf_statement_type {
    WAF_BYTE_MATCH,
    WAF_REGEX_MATCH,
    WAF_REGEX_SET,
    WAF_SIZE,
    WAF_SQLI,
    WAF_XSS,
    WAF_GEO,
    WAF_IP_SET,
    WAF_ASN,
    WAF_LABEL,
    WAF_AND,
    WAF_OR,
    WAF_NOT,
    WAF_RATE,
    WAF_MANAGED_GROUP,
    WAF_GROUP,
};

enum waf_position {
    WAF_EXACTLY,
    WAF_STARTS_WITH,
    WAF_ENDS_WITH,
    WAF_CONTAINS,
    WAF_CONTAINS_WORD,
};

enum waf_comparison { WAF_EQ, WAF_NE, WAF_LE, WAF_LT, WAF_GE, WAF_GT };

/* ForwardedIPConfig, IPSetForwardedIPConfig; header.n == 0: the address of the
 * client. */
enum waf_ip_position { WAF_IP_FIRST, WAF_IP_LAST, WAF_IP_ANY };
struct waf_forwarded {
    struct str header;
    enum waf_fallback fallback;    /* MATCH or NO_MATCH */
    enum waf_ip_position position; /* IP_SET; FIRST elsewhere */
};

enum waf_key_type {
    WAF_KEY_HEADER,
    WAF_KEY_COOKIE,
    WAF_KEY_QUERY_ARGUMENT,
    WAF_KEY_QUERY_STRING,
    WAF_KEY_URI_PATH,
    WAF_KEY_METHOD,
    WAF_KEY_IP,
    WAF_KEY_FORWARDED_IP,
    WAF_KEY_LABEL_NAMESPACE,
    WAF_KEY_JA3,
    WAF_KEY_JA4,
    WAF_KEY_ASN,
};

struct waf_key {
    enum waf_key_type type;
    struct str name; /* HEADER, COOKIE, QUERY_ARGUMENT, LABEL_NAMESPACE */
    struct waf_chain chain;
    enum waf_fallback fallback; /* JA3, JA4 */
};

enum waf_aggregate {
    WAF_BY_IP,
    WAF_BY_FORWARDED_IP,
    WAF_BY_CONSTANT,
    WAF_BY_KEYS
};

struct config_regex_set;
struct config_ip_set;
struct config_rule_group;

struct waf_statement {
    enum waf_statement_type type;
    struct place place;
    struct str path; /* "Rules[3].Statement.AndStatement.Statements[0]": for
                        people; the statement's own member is not in it */
    /* BYTE_MATCH, REGEX_*, SIZE, SQLI, XSS */
    struct waf_field field;
    struct waf_chain chain;
    union {
        struct {
            struct str search; /* bytes */
            enum waf_position position;
        } byte_match;
        struct {
            struct str pattern;
        } regex;
        const struct config_regex_set *regex_set; /* NULL: an ARN that nobody
                                knows, which was warned of; never matches */
        struct {
            enum waf_comparison comparison;
            uint64_t size;
        } size;
        struct {
            bool high; /* SensitivityLevel */
        } sqli;
        struct {
            unsigned n;
            const struct str *countries; /* two capitals each */
            struct waf_forwarded forwarded;
        } geo;
        struct {
            const struct config_ip_set *set; /* NULL as regex_set */
            struct waf_forwarded forwarded;
        } ip_set;
        struct {
            unsigned n;
            const uint32_t *numbers;
            struct waf_forwarded forwarded;
        } asn;
        struct {
            bool name_space; /* Scope NAMESPACE: the key ends with ":" */
            struct str key;
        } label;
        struct {
            unsigned n; /* NOT: 1 */
            const struct waf_statement *const *statements;
        } nested; /* AND, OR, NOT */
        struct {
            uint64_t limit;
            unsigned window_s;
            enum waf_aggregate aggregate;
            struct waf_forwarded forwarded;
            unsigned nkeys;
            const struct waf_key *keys;
            const struct waf_statement *scope_down; /* or NULL */
        } rate;
        struct {
            const struct config_rule_group *group; /* NULL: nobody here has its
                                  rules: it never matches */
            struct str vendor;                     /* MANAGED_GROUP */
            struct str name;
            struct str version; /* n == 0: not pinned */
            struct str arn;     /* GROUP */
            unsigned noverrides;
            const struct waf_override *overrides;
            const struct waf_statement *scope_down; /* MANAGED_GROUP; or NULL */
        } group;                                    /* MANAGED_GROUP, GROUP */
    } u;
};

/* ---- actions, rules ------------------------------------------------------------ */

enum waf_action_type {
    WAF_ALLOW,
    WAF_BLOCK,
    WAF_COUNT,
    WAF_CAPTCHA,
    WAF_CHALLENGE,
};

/* "ALLOW" ...: as logs and metrics have it; NULL at the end. */
extern const char *const waf_action_words[];

struct waf_header {
    struct str name; /* as it was written: without "x-amzn-waf-" */
    struct str value;
};

struct waf_response_body {
    struct str key;
    struct str content_type; /* "text/plain", "text/html", "application/json" */
    struct str content;
};

struct waf_action {
    enum waf_action_type type;
    unsigned ninserted; /* CustomRequestHandling; not BLOCK */
    const struct waf_header *inserted;
    unsigned status; /* CustomResponse; 0: none */
    unsigned nheaders;
    const struct waf_header *headers;
    const struct waf_response_body *body; /* NULL: none */
};

/* RuleActionOverrides, and ExcludedRules as overrides to Count. */
struct waf_override {
    struct str rule;
    struct waf_action action;
    bool excluded; /* by ExcludedRules */
};

struct waf_visibility {
    struct str metric;
    bool sampled;
    bool metrics;
};

struct waf_rule {
    struct str name;
    struct place place;
    unsigned priority;
    const struct waf_statement *statement;
    bool of_group; /* the statement is a group: `count` counts, not
                              `action` */
    bool count;    /* OverrideAction Count */
    struct waf_action action;
    unsigned nlabels;
    const struct str *labels;    /* as they were written, without a prefix */
    unsigned captcha_immunity_s; /* 0: the ACL's */
    unsigned challenge_immunity_s;
    struct waf_visibility visibility;
};

/* ---- what has ARNs --------------------------------------------------------------- */

/* What they all have. */
struct waf_entity {
    struct str id; /* logical id */
    struct place place;
    struct str name;
    struct str arn;
    struct str uuid;
    struct str description; /* n == 0: none */
    bool cloudfront;        /* Scope CLOUDFRONT: kept, never runs */
};

struct config_ip_set {
    struct waf_entity entity;
    unsigned index; /* in config->waf.ip_sets; and so the others */
    bool ipv6;
    unsigned n;
    const struct cidr *ranges;
};

struct config_regex_set {
    struct waf_entity entity;
    unsigned index;
    unsigned n;
    const struct str *patterns;
};

struct config_rule_group {
    struct waf_entity entity; /* of a managed one: name alone */
    unsigned index;
    bool managed;
    struct str label_prefix; /* "awswaf:000000000000:rulegroup:NAME:" */
    unsigned capacity;       /* as it was declared */
    unsigned nrules;         /* ascending by priority */
    const struct waf_rule *rules;
    struct waf_visibility visibility;
};

/* DataProtectionConfig. */
enum waf_protected {
    WAF_PROTECT_HEADER,
    WAF_PROTECT_COOKIE,
    WAF_PROTECT_QUERY_ARGUMENT,
    WAF_PROTECT_QUERY_STRING,
    WAF_PROTECT_BODY,
};
struct waf_protection {
    enum waf_protected field;
    bool hash; /* else SUBSTITUTION */
    bool exclude_match_details;
    bool exclude_rate_details;
    unsigned nkeys;
    const struct str *keys;
};

/* AWS::WAFv2::LoggingConfiguration. */
struct waf_log_condition {
    bool label; /* LabelName; else Action */
    struct str word;
};
struct waf_log_filter {
    bool keep;
    bool all; /* MEETS_ALL */
    unsigned n;
    const struct waf_log_condition *conditions;
};
struct waf_logging {
    struct str id;
    struct place place;
    unsigned ndestinations;
    const struct str *destinations; /* ARNs */
    unsigned nredacted;
    const struct waf_field *redacted; /* METHOD, QUERY_STRING, URI_PATH,
                                         SINGLE_HEADER */
    bool drop;                        /* DefaultBehavior */
    unsigned nfilters;
    const struct waf_log_filter *filters;
};

struct config_web_acl {
    struct waf_entity entity;
    unsigned index;
    struct str label_prefix;          /* "awswaf:000000000000:webacl:NAME:" */
    struct waf_action default_action; /* ALLOW or BLOCK */
    unsigned nrules; /* in the order they run: PreProcess groups of Firewall
                        Manager, ascending by priority, PostProcess groups */
    const struct waf_rule *rules;
    struct waf_visibility visibility;
    unsigned captcha_immunity_s;
    unsigned challenge_immunity_s;
    unsigned ntoken_domains;
    const struct str *token_domains;
    unsigned nprotections;
    const struct waf_protection *protections;
    const struct waf_logging *logging; /* NULL: none */
    struct str log;    /* Metadata.Sluice.WafLog: a file, "-": standard output;
                       n == 0: none */
    unsigned capacity; /* WCU in use */
    struct config_waf *waf; /* that it stands in */
    /* Of it and all that it refers to: ACLs with the same one become the same
     * program. */
    uint8_t digest[32];
};

/* All of them, in a region of their own that is counted: a program keeps it
 * alive, not the config. */
struct config_waf {
    _Atomic unsigned refs;
    struct region region;
    unsigned nacls;
    struct config_web_acl **acls;
    unsigned nip_sets;
    struct config_ip_set **ip_sets;
    unsigned nregex_sets;
    struct config_regex_set **regex_sets;
    unsigned nrule_groups; /* those of the account, not managed ones */
    struct config_rule_group **rule_groups;
};

struct config_waf *config_waf_hold(struct config_waf *waf);
void config_waf_release(struct config_waf *waf); /* NULL: nothing */

/* WCU of rules (aws-waf.md 6.1). */
unsigned waf_capacity(const struct waf_rule *rules, unsigned n);

#endif
