/* SPDX-License-Identifier: Apache-2.0
 *
 * Trails for programs.
 */
#include "waf/describe.h"
#include "waf/trail.h"

static void put_key(struct text *t, const char *key)
{
    text_char(t, ',');
    text_json(t, str_of(key));
    text_char(t, ':');
}

static void put_member(struct text *t, const char *key, struct str value)
{
    put_key(t, key);
    text_json(t, value);
}

/* null for what is not there. */
static void put_optional(struct text *t, const char *key, struct str value)
{
    put_key(t, key);
    if (value.n)
        text_json(t, value);
    else
        TEXT_LITERAL(t, "null");
}

static void put_bool(struct text *t, const char *key, bool value)
{
    put_key(t, key);
    text_str_put(t, value ? STR("true") : STR("false"));
}

/* ---- statements -------------------------------------------------------------------- */

static void put_described(struct text *t, const char *key,
                          const struct waf_statement *statement,
                          void (*put)(struct text *t,
                                      const struct waf_statement *statement))
{
    char room[4096];
    struct text text = text_in(room, sizeof(room));

    put(&text, statement);
    if (text.n)
        put_member(t, key, text_str(&text));
}

static void put_span(struct text *t, const char *key, struct str text,
                     size_t from, size_t to)
{
    put_key(t, key);
    text_printf(t, "{\"from\":%zu,\"to\":%zu,\"text\":", from, to);
    text_json(t, str_make(text.p + from, to - from));
    text_char(t, '}');
}

static void put_chain(struct text *t, const struct waf_chain *chain)
{
    put_key(t, "transformations");
    text_char(t, '[');
    for (unsigned i = 0; i < chain->n; i++) {
        if (i)
            text_char(t, ',');
        text_json(t,
                  str_of(waf_transformation_words[chain->transformations[i]]));
    }
    text_char(t, ']');
}

static void put_value(struct text *t, const struct waf_trace_leaf *leaf)
{
    bool is_value = leaf->statement->type <= WAF_XSS;
    bool marked = leaf->truth == WAF_TRUE && leaf->state == PART_VALUES;

    if (leaf->text.p == NULL && leaf->raw.text.p == NULL)
        return;
    if (leaf->raw.name.n)
        put_member(t, leaf->raw.is_name ? "is_name" : "name", leaf->raw.name);
    put_member(t, "raw", leaf->raw.text);
    put_member(t, "text", leaf->text);
    if (!is_value || !marked)
        return;
    put_span(t, "match", leaf->text, leaf->from, leaf->to);
    if (leaf->mapped)
        put_span(t, "raw_match", leaf->raw.text, leaf->raw_from, leaf->raw_to);
}

static void put_leaf(struct text *t, const struct waf_trace_leaf *leaf)
{
    static const char *const words[] = {"false", "true", "not applicable",
                                        "gave up"};
    const struct waf_statement *statement = leaf->statement;

    TEXT_LITERAL(t, "{\"path\":");
    text_json(t, statement->path);
    put_member(t, "type", str_of(describe_type(statement)));
    put_described(t, "part", statement, describe_put_part);
    if (statement->type <= WAF_XSS)
        put_chain(t, &statement->chain);
    put_described(t, "test", statement, describe_put_test);
    put_member(t, "truth", str_of(words[leaf->truth]));
    if (leaf->state == PART_VALUES)
        put_value(t, leaf);
    if (leaf->note)
        put_member(t, "note", str_of(leaf->note));
    text_char(t, '}');
}

/* ---- rules --------------------------------------------------------------------------- */

static void put_matched(struct text *t, const struct trail_rule *rule)
{
    enum waf_truth truth =
        rule->scope ? trail_truth(rule, trail_statement(rule), WAF_FALSE)
                    : rule->truth;

    if (truth == WAF_NOT_APPLICABLE)
        TEXT_LITERAL(t, ",\"matched\":null");
    else
        put_bool(t, "matched", truth == WAF_TRUE);
}

static void put_rule(struct text *t, const struct trail_rule *rule)
{
    const struct waf_rule *own = rule->referring ? rule->referring : rule->rule;

    TEXT_LITERAL(t, "{\"rule\":");
    text_json(t, own->name);
    put_optional(t, "group_rule", rule->referring ? rule->rule->name : STR(""));
    text_printf(t, ",\"priority\":%u", own->priority);
    if (rule->scope)
        put_bool(t, "scope_down", true);
    put_matched(t, rule);
    if (!rule->scope)
        put_member(t, "action", str_of(waf_action_words[rule->action]));
    TEXT_LITERAL(t, ",\"statements\":[");
    for (const struct trail_leaf *l = rule->leaves; l; l = l->next) {
        if (l != rule->leaves)
            text_char(t, ',');
        put_leaf(t, &l->seen);
    }
    TEXT_LITERAL(t, "]}");
}

/* ---- results --------------------------------------------------------------------------- */

static void put_header(struct text *t, const char *prefix,
                       const struct waf_header *header, bool more)
{
    char room[512];
    struct text name = text_in(room, sizeof(room));

    text_str_put(&name, str_of(prefix));
    text_str_put(&name, header->name);
    text_str_put(t, more ? STR(",{\"name\":") : STR("{\"name\":"));
    text_json(t, text_str(&name));
    put_member(t, "value", header->value);
    text_char(t, '}');
}

static void put_response(struct text *t, const struct waf_result *result)
{
    const struct waf_action *action = result->details;

    put_key(t, "response");
    if (result->action != WAF_BLOCK || !action || !action->status) {
        TEXT_LITERAL(t, "null");
        return;
    }
    TEXT_LITERAL(t, "{\"headers\":[");
    for (unsigned i = 0; i < action->nheaders; i++)
        put_header(t, "", &action->headers[i], i > 0);
    text_char(t, ']');
    put_optional(t, "content_type",
                 action->body ? action->body->content_type : STR(""));
    put_optional(t, "body", action->body ? action->body->content : STR(""));
    text_char(t, '}');
}

static void put_labels(struct text *t, const struct waf_result *result)
{
    put_key(t, "labels");
    text_char(t, '[');
    for (const struct waf_label *l = result->labels; l; l = l->next) {
        if (l != result->labels)
            text_char(t, ',');
        text_json(t, l->name);
    }
    text_char(t, ']');
}

static void put_inserted(struct text *t, const struct waf_result *result)
{
    put_key(t, "inserted");
    text_char(t, '[');
    for (unsigned i = 0; i < result->ninserted; i++)
        put_header(t, "x-amzn-waf-", result->inserted[i], i > 0);
    text_char(t, ']');
}

static void put_oversized(struct text *t, const struct waf_result *result)
{
    static const char *const words[] = {"REQUEST_BODY", "REQUEST_JSON_BODY",
                                        "REQUEST_HEADERS", "REQUEST_COOKIES"};
    const char *separator = "";

    put_key(t, "oversized");
    text_char(t, '[');
    for (unsigned i = 0; i < 4; i++) {
        if (!(result->oversized >> i & 1))
            continue;
        text_printf(t, "%s\"%s\"", separator, words[i]);
        separator = ",";
    }
    text_char(t, ']');
}

static void put_verdict(struct text *t, const struct waf_result *result)
{
    const struct waf_match *by = result->terminating;
    unsigned status = trail_status(result);

    put_member(t, "verdict", str_of(waf_action_words[result->action]));
    put_key(t, "status");
    if (status)
        text_u64(t, status);
    else
        TEXT_LITERAL(t, "null");
    put_member(t, "rule", trail_terminating(result));
    put_optional(t, "group_rule", trail_terminating_in_group(result));
    put_key(t, "priority");
    if (by)
        text_u64(t,
                 by->referring ? by->referring->priority : by->rule->priority);
    else
        TEXT_LITERAL(t, "null");
}

void trail_put_json(struct text *t, const struct trail *trail)
{
    const struct waf_result *result = &trail->result;

    TEXT_LITERAL(t, "{\"acl\":");
    text_json(t, trail->acl->entity.name);
    put_verdict(t, result);
    put_labels(t, result);
    put_inserted(t, result);
    put_response(t, result);
    put_bool(t, "failed", result->failed);
    put_oversized(t, result);
    TEXT_LITERAL(t, ",\"rules\":[");
    for (const struct trail_rule *r = trail->rules; r; r = r->next) {
        if (r != trail->rules)
            text_char(t, ',');
        put_rule(t, r);
    }
    TEXT_LITERAL(t, "]}");
}
