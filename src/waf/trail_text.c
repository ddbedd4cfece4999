/* SPDX-License-Identifier: Apache-2.0
 *
 * Trails for people.
 */
#include "waf/describe.h"
#include "waf/trail.h"

/* ---- what a statement saw ----------------------------------------------------------- */

static void put_bytes(struct text *t, struct str text, bool marked, size_t from,
                      size_t to)
{
    if (!marked) {
        describe_put_quoted(t, text);
        return;
    }
    describe_put_marked(t, text, from, to);
    text_printf(t, " bytes %zu to %zu", from, to);
}

static void put_name(struct text *t, const struct waf_trace_leaf *leaf)
{
    if (leaf->raw.name.n == 0)
        return;
    text_str_put(t, leaf->raw.is_name ? STR("name ") : STR("of "));
    describe_put_quoted(t, leaf->raw.name);
    TEXT_LITERAL(t, ", ");
}

static void put_value(struct text *t, const struct waf_trace_leaf *leaf)
{
    const struct waf_chain *chain = &leaf->statement->chain;
    bool marked = leaf->truth == WAF_TRUE && leaf->state == PART_VALUES;
    bool is_chain = leaf->statement->type <= WAF_XSS && chain->n;

    if (leaf->text.p == NULL && leaf->raw.text.p == NULL)
        return;
    TEXT_LITERAL(t, "            ");
    put_name(t, leaf);
    TEXT_LITERAL(t, "as it came: ");
    put_bytes(t, leaf->raw.text, marked && leaf->mapped, leaf->raw_from,
              leaf->raw_to);
    text_char(t, '\n');
    if (!is_chain)
        return;
    TEXT_LITERAL(t, "            after ");
    describe_put_chain(t, chain);
    TEXT_LITERAL(t, ": ");
    put_bytes(t, leaf->text, marked, leaf->from, leaf->to);
    text_char(t, '\n');
}

/* Origins have no match of their own in what is shown. */
static bool is_origin(const struct waf_statement *statement)
{
    return statement->type == WAF_GEO || statement->type == WAF_IP_SET ||
           statement->type == WAF_ASN;
}

static void put_leaf(struct text *t, const struct trail_leaf *leaf)
{
    static const char *const words[] = {"false", "true", "not applicable",
                                        "false"};
    const struct waf_trace_leaf *seen = &leaf->seen;

    TEXT_LITERAL(t, "        ");
    text_str_put(t, seen->statement->path);
    TEXT_LITERAL(t, ": ");
    describe_put_statement(t, seen->statement);
    text_printf(t, ": %s\n",
                seen->state == PART_MISSING ? "false" : words[seen->truth]);
    if (is_origin(seen->statement)) {
        if (seen->text.n) {
            TEXT_LITERAL(t, "            ");
            text_str_put(t, seen->text);
            text_char(t, '\n');
        }
    } else if (seen->state == PART_VALUES) {
        put_value(t, seen);
    }
    if (seen->note)
        text_printf(t, "            %s\n", seen->note);
}

/* ---- why a rule is what it is --------------------------------------------------------- */

static void put_leaves(struct text *t, const struct trail_rule *rule,
                       const struct waf_statement *statement)
{
    const struct trail_leaf *shown = NULL;

    /* Of the patterns of a set the one that was true, else the first. */
    for (const struct trail_leaf *l = rule->leaves; l; l = l->next) {
        if (l->seen.statement != statement)
            continue;
        if (shown == NULL || l->seen.truth == WAF_TRUE)
            shown = l;
        if (l->seen.truth == WAF_TRUE)
            break;
    }
    if (shown)
        put_leaf(t, shown);
}

/* Those statements that make it true, or that keep it from being true: of an
 * AND that is false, or an OR that is true, the first that does. */
static void put_reasons(struct text *t, const struct trail_rule *rule,
                        const struct waf_statement *statement)
{
    bool is = trail_truth(rule, statement, WAF_FALSE) == WAF_TRUE;
    bool and = statement->type == WAF_AND;

    if (!and&&statement->type != WAF_OR && statement->type != WAF_NOT) {
        put_leaves(t, rule, statement);
        return;
    }
    for (unsigned i = 0; i < statement->u.nested.n; i++) {
        const struct waf_statement *one = statement->u.nested.statements[i];
        bool one_is = trail_truth(rule, one, WAF_FALSE) == WAF_TRUE;

        if (statement->type == WAF_NOT || one_is == is)
            put_reasons(t, rule, one);
        if (statement->type != WAF_NOT && is != and&&one_is == is)
            return;
    }
}

static bool has_absent(const struct trail_rule *rule)
{
    return rule->truth == WAF_NOT_APPLICABLE;
}

static void put_absent(struct text *t, const struct trail_rule *rule)
{
    for (const struct trail_leaf *l = rule->leaves; l; l = l->next) {
        if (l->seen.truth == WAF_NOT_APPLICABLE && is_origin(l->seen.statement))
            put_leaf(t, l);
    }
}

static void put_why(struct text *t, const struct trail_rule *rule)
{
    const struct waf_statement *statement = trail_statement(rule);

    if (has_absent(rule))
        put_absent(t, rule);
    else if (statement)
        put_reasons(t, rule, statement);
}

/* ---- rules -------------------------------------------------------------------------- */

static void put_rule_name(struct text *t, const struct trail_rule *rule)
{
    const struct waf_rule *own = rule->referring ? rule->referring : rule->rule;

    text_str_put(t, own->name);
    if (rule->referring) {
        TEXT_LITERAL(t, " / ");
        text_str_put(t, rule->rule->name);
    }
    text_printf(t, " (priority %u)", own->priority);
}

static void put_rate(struct text *t, const struct trail *trail,
                     const struct trail_rule *rule)
{
    const struct waf_statement *statement = rule->rule->statement;

    if (rule->scope || statement->type != WAF_RATE)
        return;
    TEXT_LITERAL(t, "        ");
    text_str_put(t, statement->path);
    TEXT_LITERAL(t, ": ");
    describe_put_test(t, statement);
    for (const struct waf_rated *r = trail->result.rates; r; r = r->next) {
        if (r->rule != rule->rule || r->group != rule->group)
            continue;
        if (!r->evaluated)
            TEXT_LITERAL(t, ": a part of its key is missing, not counted");
        else if (!r->limited)
            TEXT_LITERAL(t, ": not so many");
        for (unsigned i = 0; i < r->nvalues; i++) {
            text_char(t, i ? ',' : ' ');
            describe_put_quoted(t, r->values[i]);
        }
        if (r->value.n) {
            TEXT_LITERAL(t, ", of ");
            text_str_put(t, r->value);
        }
    }
    text_char(t, '\n');
}

static const char *outcome(const struct trail_rule *rule)
{
    if (rule->truth == WAF_NOT_APPLICABLE)
        return "not applied";
    return rule->truth == WAF_TRUE ? "yes" : "no";
}

static void put_scope(struct text *t, const struct trail_rule *rule)
{
    bool in = trail_truth(rule, trail_statement(rule), WAF_FALSE) == WAF_TRUE;

    TEXT_LITERAL(t, "    ");
    put_rule_name(t, rule);
    text_str_put(t, in ? STR(": in scope\n") : STR(": not in scope\n"));
    put_why(t, rule);
}

static void put_rule(struct text *t, const struct trail *trail,
                     const struct trail_rule *rule)
{
    if (rule->scope) {
        put_scope(t, rule);
        return;
    }
    TEXT_LITERAL(t, "    ");
    put_rule_name(t, rule);
    text_printf(t, ": %s", outcome(rule));
    if (rule->truth == WAF_TRUE)
        text_printf(t, ", %s", waf_action_words[rule->action]);
    text_char(t, '\n');
    put_why(t, rule);
    put_rate(t, trail, rule);
}

static bool is_terminating(const struct trail *trail,
                           const struct trail_rule *rule)
{
    const struct waf_match *by = trail->result.terminating;

    return by && !rule->scope && rule->rule == by->rule &&
           rule->referring == by->referring;
}

/* ---- the whole ------------------------------------------------------------------------ */

static void put_verdict(struct text *t, const struct trail *trail)
{
    const struct waf_result *result = &trail->result;
    unsigned status = trail_status(result);

    if (result->failed)
        TEXT_LITERAL(t, "failed: it cannot be evaluated in the memory that a "
                        "request may have\n");
    text_printf(t, "verdict: %s", waf_action_words[result->action]);
    if (status)
        text_printf(t, ", answered %u", status);
    text_char(t, '\n');
}

static void put_terminating(struct text *t, const struct trail *trail)
{
    const struct trail_rule *rule = trail->rules;

    while (rule && !is_terminating(trail, rule))
        rule = rule->next;
    TEXT_LITERAL(t, "rule: ");
    if (rule == NULL) {
        text_str_put(t, trail_terminating(&trail->result));
        text_char(t, '\n');
        return;
    }
    put_rule_name(t, rule);
    text_char(t, '\n');
    put_why(t, rule);
    put_rate(t, trail, rule);
}

static void put_response(struct text *t, const struct waf_result *result)
{
    const struct waf_action *action = result->details;

    if (result->action != WAF_BLOCK || !action || !action->status)
        return;
    for (unsigned i = 0; i < action->nheaders; i++)
        text_printf(t, "answer header: " STR_FMT ": " STR_FMT "\n",
                    STR_ARG(action->headers[i].name),
                    STR_ARG(action->headers[i].value));
    if (action->body == NULL)
        return;
    text_printf(t, "answer body: " STR_FMT " ",
                STR_ARG(action->body->content_type));
    describe_put_quoted(t, action->body->content);
    text_char(t, '\n');
}

static void put_counted(struct text *t, const struct trail *trail)
{
    for (const struct trail_rule *r = trail->rules; r; r = r->next) {
        if (r->scope || r->truth != WAF_TRUE || is_terminating(trail, r))
            continue;
        TEXT_LITERAL(t, "matched: ");
        put_rule_name(t, r);
        text_printf(t, ", %s\n", waf_action_words[r->action]);
        put_why(t, r);
        put_rate(t, trail, r);
    }
}

static void put_rest(struct text *t, const struct waf_result *result)
{
    for (const struct waf_label *l = result->labels; l; l = l->next)
        text_printf(t, "label: " STR_FMT "\n", STR_ARG(l->name));
    for (unsigned i = 0; i < result->ninserted; i++)
        text_printf(t, "inserted: x-amzn-waf-" STR_FMT ": " STR_FMT "\n",
                    STR_ARG(result->inserted[i]->name),
                    STR_ARG(result->inserted[i]->value));
    put_response(t, result);
}

void trail_put_text(struct text *t, const struct trail *trail, bool all)
{
    put_verdict(t, trail);
    put_terminating(t, trail);
    if (!all)
        put_counted(t, trail);
    put_rest(t, &trail->result);
    if (!all)
        return;
    TEXT_LITERAL(t, "rules in the order they were tried:\n");
    for (const struct trail_rule *r = trail->rules; r; r = r->next)
        put_rule(t, trail, r);
    if (trail->full)
        TEXT_LITERAL(t, "... what follows has no room\n");
}
