/* SPDX-License-Identifier: Apache-2.0
 *
 * What a line of the log says of rules (aws-waf.md 7.1).
 */
#include "base/utf8.h"
#include "waf/log_internal.h"

/* ---- what SQLi and XSS statements saw -------------------------------------------- */

static struct str location(enum waf_field_type type)
{
    static const char *const words[] = {
        [WAF_FIELD_METHOD] = "METHOD",
        [WAF_FIELD_URI_PATH] = "URI",
        [WAF_FIELD_URI_FRAGMENT] = "URI_FRAGMENT",
        [WAF_FIELD_QUERY_STRING] = "QUERY_STRING",
        [WAF_FIELD_SINGLE_QUERY_ARGUMENT] = "SINGLE_QUERY_ARG",
        [WAF_FIELD_ALL_QUERY_ARGUMENTS] = "ALL_QUERY_ARGS",
        [WAF_FIELD_SINGLE_HEADER] = "HEADER",
        [WAF_FIELD_HEADERS] = "ALL_HEADERS",
        [WAF_FIELD_HEADER_ORDER] = "HEADER_ORDER",
        [WAF_FIELD_COOKIES] = "ALL_COOKIES",
        [WAF_FIELD_BODY] = "BODY",
        [WAF_FIELD_JSON_BODY] = "UNKNOWN",
        [WAF_FIELD_JA3] = "JA3_FINGERPRINT",
        [WAF_FIELD_JA4] = "JA4_FINGERPRINT",
    };

    return str_of(words[type]);
}

static void put_evidence(const struct waf_log_line *line,
                         const struct waf_evidence *e)
{
    struct text *t = line->t;
    bool sqli = e->statement->type == WAF_SQLI;
    bool first = true;

    TEXT_LITERAL(t, "{\"conditionType\":");
    text_json(t, sqli ? STR("SQL_INJECTION") : STR("XSS"));
    if (sqli) {
        TEXT_LITERAL(t, ",\"sensitivityLevel\":");
        text_json(t, e->statement->u.sqli.high ? STR("HIGH") : STR("LOW"));
    }
    TEXT_LITERAL(t, ",\"location\":");
    text_json(t, location(e->statement->field.type));
    TEXT_LITERAL(t, ",\"matchedData\":[");
    for (unsigned i = 0; i < e->n; i++) {
        log_next(t, &first);
        text_json(t, waf_shown_token(line->privacy, e, e->tokens[i]));
    }
    text_char(t, ']');
    if (e->name.n) {
        TEXT_LITERAL(t, ",\"matchedFieldName\":");
        text_json(t, e->name);
    }
    text_char(t, '}');
}

static void put_details(const struct waf_log_line *line,
                        const struct waf_match *match)
{
    bool first = true;

    text_char(line->t, '[');
    for (const struct waf_evidence *e = match ? match->evidence : NULL; e;
         e = e->next) {
        log_next(line->t, &first);
        put_evidence(line, e);
    }
    text_char(line->t, ']');
}

/* ---- matches ------------------------------------------------------------------------ */

void log_put_token(const struct waf_log_line *line, enum waf_action_type action)
{
    struct text *t = line->t;

    if (action == WAF_CAPTCHA)
        TEXT_LITERAL(t, ",\"captchaResponse\":{\"responseCode\":405");
    else if (action == WAF_CHALLENGE)
        TEXT_LITERAL(t, ",\"challengeResponse\":{\"responseCode\":202");
    else
        return;
    TEXT_LITERAL(t, ",\"solveTimestamp\":0,\"failureReason\":");
    text_json(t, waf_seen_token(line->seen));
    text_char(t, '}');
}

/* `here`: its details stand here, not at the top. */
static void put_match(const struct waf_log_line *line,
                      const struct waf_match *match, bool here)
{
    struct text *t = line->t;

    TEXT_LITERAL(t, "{\"ruleId\":");
    text_json(t, match->rule->name);
    TEXT_LITERAL(t, ",\"action\":");
    text_json(t, waf_action_word(match->action));
    if (match->overridden) {
        TEXT_LITERAL(t, ",\"overriddenAction\":");
        text_json(t, waf_action_word(match->configured));
    }
    TEXT_LITERAL(t, ",\"ruleMatchDetails\":");
    if (here)
        put_details(line, match);
    else
        TEXT_LITERAL(t, "null");
    log_put_token(line, match->action);
    text_char(t, '}');
}

/* Those that did not end anything, of the ACL itself or of a group. */
static bool is_of(const struct waf_match *match,
                  const struct waf_rule *referring, bool excluded)
{
    return match->referring == referring && !match->terminating &&
           match->excluded == excluded;
}

static void put_counted(const struct waf_log_line *line,
                        const struct waf_rule *referring)
{
    bool first = true;

    TEXT_LITERAL(line->t, "\"nonTerminatingMatchingRules\":[");
    for (const struct waf_match *m = line->seen->result->matches; m;
         m = m->next) {
        if (!is_of(m, referring, false))
            continue;
        log_next(line->t, &first);
        put_match(line, m, true);
    }
    text_char(line->t, ']');
}

void log_put_matches(const struct waf_log_line *line)
{
    put_counted(line, NULL);
}

/* ---- the end ------------------------------------------------------------------------ */

static struct str type_of(const struct waf_match *end)
{
    const struct waf_rule *rule;

    if (end == NULL)
        return STR("REGULAR");
    rule = end->referring ? end->referring : end->rule;
    switch (rule->statement->type) {
    case WAF_RATE:
        return STR("RATE_BASED");
    case WAF_GROUP:
        return STR("GROUP");
    case WAF_MANAGED_GROUP:
        return STR("MANAGED_RULE_GROUP");
    default:
        return STR("REGULAR");
    }
}

void log_put_end(const struct waf_log_line *line)
{
    struct text *t = line->t;
    const struct waf_match *end = line->seen->result->terminating;

    TEXT_LITERAL(t, "\"terminatingRuleId\":");
    if (end)
        text_json(t, (end->referring ? end->referring : end->rule)->name);
    else
        TEXT_LITERAL(t, "\"Default_Action\"");
    TEXT_LITERAL(t, ",\"terminatingRuleType\":");
    text_json(t, type_of(end));
    TEXT_LITERAL(t, ",\"action\":");
    text_json(t, waf_action_word(line->seen->result->action));
    TEXT_LITERAL(t, ",\"terminatingRuleMatchDetails\":");
    put_details(line, end);
}

/* ---- groups ------------------------------------------------------------------------- */

static void put_group_id(struct text *t, const struct waf_statement *group)
{
    char room[512];
    struct text id = text_in(room, sizeof(room));

    if (group->type == WAF_GROUP) {
        text_json(t, group->u.group.arn);
        return;
    }
    text_str_put(&id, group->u.group.vendor);
    text_char(&id, '#');
    text_str_put(&id, group->u.group.name);
    if (group->u.group.version.n) {
        text_char(&id, '#');
        text_str_put(&id, group->u.group.version);
    }
    text_json(t, text_str(&id));
}

static void put_excluded(const struct waf_log_line *line,
                         const struct waf_rule *referring)
{
    struct text *t = line->t;
    bool first = true;

    TEXT_LITERAL(t, ",\"excludedRules\":");
    for (const struct waf_match *m = line->seen->result->matches; m;
         m = m->next) {
        if (!is_of(m, referring, true))
            continue;
        text_char(t, first ? '[' : ',');
        first = false;
        TEXT_LITERAL(t, "{\"exclusionType\":\"EXCLUDED_AS_COUNT\",\"ruleId\":");
        text_json(t, m->rule->name);
        text_char(t, '}');
    }
    if (first)
        TEXT_LITERAL(t, "null");
    else
        text_char(t, ']');
}

static void put_group(const struct waf_log_line *line,
                      const struct waf_group_result *group)
{
    struct text *t = line->t;
    const struct waf_match *end = group->terminating;

    TEXT_LITERAL(t, "{\"ruleGroupId\":");
    put_group_id(t, group->referring->statement);
    TEXT_LITERAL(t, ",\"terminatingRule\":");
    if (end)
        put_match(line, end, end != line->seen->result->terminating);
    else
        TEXT_LITERAL(t, "null");
    text_char(t, ',');
    put_counted(line, group->referring);
    put_excluded(line, group->referring);
    TEXT_LITERAL(t, ",\"customerConfig\":null}");
}

void log_put_groups(const struct waf_log_line *line)
{
    bool first = true;

    TEXT_LITERAL(line->t, "\"ruleGroupList\":[");
    for (const struct waf_group_result *g = line->seen->result->groups; g;
         g = g->next) {
        log_next(line->t, &first);
        put_group(line, g);
    }
    text_char(line->t, ']');
}

/* ---- rate-based rules ------------------------------------------------------------------ */

static struct str aggregate_word(enum waf_aggregate aggregate)
{
    static const char *const words[] = {
        [WAF_BY_IP] = "IP",
        [WAF_BY_FORWARDED_IP] = "FORWARDED_IP",
        [WAF_BY_CONSTANT] = "CONSTANT",
        [WAF_BY_KEYS] = "CUSTOMKEYS",
    };

    return str_of(words[aggregate]);
}

static struct str key_word(enum waf_key_type type)
{
    static const char *const words[] = {
        [WAF_KEY_HEADER] = "HEADER",
        [WAF_KEY_COOKIE] = "COOKIE",
        [WAF_KEY_QUERY_ARGUMENT] = "QUERY_ARGUMENT",
        [WAF_KEY_QUERY_STRING] = "QUERY_STRING",
        [WAF_KEY_URI_PATH] = "URI_PATH",
        [WAF_KEY_METHOD] = "HTTP_METHOD",
        [WAF_KEY_IP] = "IP",
        [WAF_KEY_FORWARDED_IP] = "FORWARDED_IP",
        [WAF_KEY_LABEL_NAMESPACE] = "LABEL_NAMESPACE",
        [WAF_KEY_JA3] = "JA3_FINGERPRINT",
        [WAF_KEY_JA4] = "JA4_FINGERPRINT",
        [WAF_KEY_ASN] = "ASN",
    };

    return str_of(words[type]);
}

static void put_rate_id(const struct waf_log_line *line,
                        const struct waf_rated *rated)
{
    const struct waf_entity *of =
        rated->group ? &rated->group->entity : &line->seen->acl->entity;
    char room[2048 + 256];
    struct text id = text_in(room, sizeof(room));

    if (!rated->evaluated) {
        TEXT_LITERAL(line->t, "\"NO_EVALUATION_PERFORMED\"");
        return;
    }
    text_str_put(&id, of->arn.n ? of->arn : of->name);
    text_char(&id, '/');
    text_str_put(&id, rated->rule->name);
    text_json(line->t, text_str(&id));
}

static bool is_address(const struct waf_key *key)
{
    return key->type == WAF_KEY_IP || key->type == WAF_KEY_FORWARDED_IP;
}

static void put_value(const struct waf_log_line *line,
                      const struct waf_statement *statement,
                      const struct waf_key *key, struct str value)
{
    struct text *t = line->t;
    struct str shown = waf_shown_rate(line->privacy, statement, key, value);

    TEXT_LITERAL(t, "{\"key\":");
    text_json(t, key_word(key->type));
    if (key->name.n) {
        TEXT_LITERAL(t, ",\"name\":");
        text_json(t, key->name);
    }
    TEXT_LITERAL(t, ",\"value\":");
    if (!is_address(key) && shown.p == value.p)
        shown = utf8_cut(shown, WAF_LOG_VALUE_MAX);
    text_json(t, shown);
    text_char(t, '}');
}

static void put_values(const struct waf_log_line *line,
                       const struct waf_rated *rated)
{
    const struct waf_statement *statement = rated->rule->statement;
    bool first = true;

    TEXT_LITERAL(line->t, ",\"customValues\":[");
    for (unsigned i = 0; i < rated->nvalues; i++) {
        log_next(line->t, &first);
        put_value(line, statement, &statement->u.rate.keys[i],
                  rated->values[i]);
    }
    text_char(line->t, ']');
}

static void put_rated(const struct waf_log_line *line,
                      const struct waf_rated *rated)
{
    const struct waf_statement *statement = rated->rule->statement;
    struct text *t = line->t;

    TEXT_LITERAL(t, "{\"rateBasedRuleId\":");
    put_rate_id(line, rated);
    TEXT_LITERAL(t, ",\"rateBasedRuleName\":");
    text_json(t, rated->rule->name);
    TEXT_LITERAL(t, ",\"limitKey\":");
    text_json(t, aggregate_word(statement->u.rate.aggregate));
    if (rated->value.n) {
        TEXT_LITERAL(t, ",\"limitValue\":");
        text_json(t,
                  waf_shown_rate(line->privacy, statement, NULL, rated->value));
    }
    TEXT_LITERAL(t, ",\"maxRateAllowed\":");
    text_u64(t, statement->u.rate.limit);
    TEXT_LITERAL(t, ",\"evaluationWindowSec\":\"");
    text_u64(t, statement->u.rate.window_s);
    text_char(t, '"');
    if (statement->u.rate.aggregate == WAF_BY_KEYS)
        put_values(line, rated);
    text_char(t, '}');
}

void log_put_rates(const struct waf_log_line *line)
{
    bool first = true;

    TEXT_LITERAL(line->t, "\"rateBasedRuleList\":[");
    for (const struct waf_rated *r = line->seen->result->rates; r;
         r = r->next) {
        log_next(line->t, &first);
        put_rated(line, r);
    }
    text_char(line->t, ']');
}
