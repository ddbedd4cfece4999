/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/explain.h"

#include "model/words.h"
#include "proxy/condition.h"
#include "proxy/explain_internal.h"
#include "proxy/witness.h"

const char *explain_transform_name(enum transform_type type)
{
    return type == TRANSFORM_HOST ? "host-header-rewrite" : "url-rewrite";
}

unsigned explain_weights(const struct config_forward *forward)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < forward->n; i++)
        sum += forward->groups[i].weight;
    return sum;
}

void explain_put_percent(struct text *t, unsigned weight, unsigned sum)
{
    unsigned tenths = sum ? (weight * 2000 + sum) / (2 * sum) : 0;

    text_u64(t, tenths / 10);
    if (tenths % 10) {
        text_char(t, '.');
        text_u64(t, tenths % 10);
    }
}

bool explain_put_example(struct text *t, const struct config_condition *config,
                         struct linear_scratch *scratch)
{
    struct report report = {.strict = false};
    struct condition condition;
    bool put = false;

    if (condition_init(&condition, config, config, &report)) {
        for (unsigned v = 0; v < WITNESS_VARIANTS && !put; v++)
            put = witness_put_value(
                t, &condition, v / 3 < config->nvalues ? v / 3 : 0, v, scratch);
    }
    condition_end(&condition);
    report_end(&report);
    return put;
}

/* ---- for people ---------------------------------------------------------- */

enum { VALUES_SHOWN = 8 };

/* Text of a client or a template, with nothing that moves a terminal. */
static void put_quoted(struct text *t, struct str s)
{
    text_char(t, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 0x20 || c >= 0x7f)
            text_printf(t, "\\x%02x", c);
        else
            text_char(t, s.p[i]);
    }
    text_char(t, '"');
}

static void put_value(struct text *t, const struct config_match *match)
{
    if (match->has_key) {
        put_quoted(t, match->key);
        text_char(t, '=');
    }
    put_quoted(t, match->value);
}

static void put_values(struct text *t, const struct config_condition *c)
{
    for (unsigned i = 0; i < c->nvalues && i < VALUES_SHOWN; i++) {
        if (i)
            text_str_put(t, i + 1 < c->nvalues ? STR(", ") : STR(" or "));
        put_value(t, &c->values[i]);
    }
    if (c->nvalues > VALUES_SHOWN)
        text_printf(t, " and %u more", c->nvalues - VALUES_SHOWN);
}

static void put_condition_name(struct text *t, const struct config_condition *c)
{
    text_str_put(t, condition_field_name(c->field));
    text_char(t, ' ');
    if (c->field == CONDITION_HEADER) {
        text_str_put(t, c->header);
        text_char(t, ' ');
    }
    if (c->regex)
        TEXT_LITERAL(t, "regex ");
}

static const char *absence(enum condition_field field)
{
    switch (field) {
    case CONDITION_HOST:
        return ": the request has no host";
    case CONDITION_HEADER:
        return ": the request has no such header";
    case CONDITION_QUERY:
        return ": the request has no query";
    case CONDITION_SOURCE_IP:
        return ": the client's address is not known";
    default:
        return ": the request has none";
    }
}

static void put_failure(struct explain_trail *trail,
                        const struct condition_trial *c)
{
    struct text *t = trail->t;
    const struct config_condition *config = c->condition;
    char buffer[1024];
    struct text example = text_in(buffer, sizeof(buffer));

    put_values(t, config);
    if (c->saw.p == NULL) {
        text_str_put(t, str_of(absence(config->field)));
    } else {
        text_str_put(t, config->nvalues > 1 ? STR(" do not match ")
                                            : STR(" does not match "));
        put_quoted(t, c->saw);
    }
    if (!explain_put_example(&example, config, trail->scratch) ||
        !text_ok(&example))
        return;
    TEXT_LITERAL(t, "; would match: ");
    if (config->field == CONDITION_HEADER) {
        text_str_put(t, config->header);
        TEXT_LITERAL(t, ": ");
    } else if (config->field == CONDITION_QUERY) {
        text_char(t, '?');
    }
    text_str_put(t, text_str(&example));
}

static void put_condition(struct explain_trail *trail,
                          const struct condition_trial *c)
{
    TEXT_LITERAL(trail->t, "    ");
    put_condition_name(trail->t, c->condition);
    if (c->matched) {
        put_value(trail->t, &c->condition->values[c->value]);
        TEXT_LITERAL(trail->t, " matches ");
        put_quoted(trail->t, c->saw);
    } else {
        put_failure(trail, c);
    }
    text_char(trail->t, '\n');
}

static void put_rule_name(struct text *t, const struct config_rule *rule)
{
    if (rule->priority)
        text_printf(t, "rule %u", rule->priority);
    else
        TEXT_LITERAL(t, "default rule");
    if (rule->id.n) {
        TEXT_LITERAL(t, " (");
        text_str_put(t, rule->id);
        text_char(t, ')');
    }
}

static void text_rule(void *owner, const struct rule_trial *trial)
{
    struct explain_trail *trail = owner;

    put_rule_name(trail->t, &trail->listener->rules[trial->rule]);
    text_str_put(trail->t, trial->matched ? STR(": yes\n") : STR(": no\n"));
    for (unsigned i = 0; i < trial->n; i++)
        put_condition(trail, &trial->conditions[i]);
}

static void put_group(struct text *t, const struct config_group *group,
                      unsigned weight, unsigned sum)
{
    text_str_put(t, group->id);
    TEXT_LITERAL(t, " (");
    explain_put_percent(t, weight, sum);
    TEXT_LITERAL(t, " %");
    if (group->ntargets == 0)
        TEXT_LITERAL(t, ", has no address here: answers 503");
    text_char(t, ')');
}

static void put_forward(struct text *t, const struct config_forward *forward)
{
    unsigned sum = explain_weights(forward);

    TEXT_LITERAL(t, " to ");
    for (unsigned i = 0; i < forward->n; i++) {
        if (i)
            text_str_put(t, i + 1 < forward->n ? STR(", ") : STR(" and "));
        put_group(t, forward->groups[i].group, forward->groups[i].weight, sum);
    }
    if (sum == 0)
        TEXT_LITERAL(t, ": no weight is above 0, which answers 503");
}

static void put_redirect(struct text *t, const struct config_redirect *r)
{
    text_printf(t, " %u to " STR_FMT "://" STR_FMT ":" STR_FMT STR_FMT,
                r->status, STR_ARG(r->protocol), STR_ARG(r->host),
                STR_ARG(r->port), STR_ARG(r->path));
    if (r->query.n)
        text_printf(t, "?" STR_FMT, STR_ARG(r->query));
}

static void put_action(struct text *t, const struct config_action *action)
{
    text_str_put(t, str_of(action_type_words[action->type]));
    if (action->type == ACTION_FORWARD)
        put_forward(t, &action->u.forward);
    else if (action->type == ACTION_REDIRECT)
        put_redirect(t, &action->u.redirect);
    else if (action->type == ACTION_FIXED_RESPONSE)
        text_printf(t, " %u", action->u.fixed.status);
}

void explain_put_text(struct text *t, const struct router *router,
                      const struct config_listener *listener,
                      const struct route_request *request,
                      struct linear_scratch *scratch)
{
    struct explain_trail trail = {t, listener, scratch, false};
    const struct config_rule *rule = &listener->rules[router_explain(
        router, request, scratch, text_rule, &trail)];

    put_rule_name(t, rule);
    TEXT_LITERAL(t, " does: ");
    for (unsigned i = 0; i < rule->nactions; i++) {
        if (i)
            TEXT_LITERAL(t, ", then ");
        put_action(t, &rule->actions[i]);
    }
    text_char(t, '\n');
    for (unsigned i = 0; i < rule->ntransforms; i++) {
        text_printf(
            t, "    %s: ", explain_transform_name(rule->transforms[i].type));
        put_quoted(t, rule->transforms[i].regex);
        TEXT_LITERAL(t, " becomes ");
        put_quoted(t, rule->transforms[i].replace);
        text_char(t, '\n');
    }
}

/* ---- a response field ---------------------------------------------------- */

enum { SAW_SHOWN = 64, TAIL_MAX = 600 };

/* Bytes that cannot end the field, nor be taken for its own marks. */
static void put_safe(struct text *t, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = s.n < SAW_SHOWN ? s.n : SAW_SHOWN;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= 0x20 || c >= 0x7f || strchr("%;,()", c)) {
            text_char(t, '%');
            text_char(t, digits[c >> 4]);
            text_char(t, digits[c & 15]);
        } else {
            text_char(t, s.p[i]);
        }
    }
    if (n < s.n)
        TEXT_LITERAL(t, "...");
}

static void header_rule_name(struct text *t, const struct config_rule *rule)
{
    if (rule->priority)
        text_printf(t, "rule=%u", rule->priority);
    else
        TEXT_LITERAL(t, "rule=default");
}

/* " want /api/x": something that would have matched, where that is known. */
static void header_example(struct explain_trail *trail,
                           const struct config_condition *condition)
{
    char room[256];
    struct text example = text_in(room, sizeof(room));

    if (!explain_put_example(&example, condition, trail->scratch) ||
        !text_ok(&example))
        return;
    TEXT_LITERAL(trail->t, " want ");
    put_safe(trail->t, text_str(&example));
}

static void header_rule(void *owner, const struct rule_trial *trial)
{
    struct explain_trail *trail = owner;
    struct text *t = trail->t;
    const char *before = ":no(";

    if (trial->matched)
        return; /* stands in the tail, which is always whole */
    header_rule_name(t, &trail->listener->rules[trial->rule]);
    for (unsigned i = 0; i < trial->n; i++) {
        const struct condition_trial *c = &trial->conditions[i];

        if (c->matched)
            continue;
        text_str_put(t, str_of(before));
        before = ",";
        text_str_put(t, condition_field_name(c->condition->field));
        text_char(t, ' ');
        if (c->condition->field == CONDITION_HEADER) {
            put_safe(t, c->condition->header);
            text_char(t, ' ');
        }
        if (c->saw.p)
            put_safe(t, c->saw);
        else
            TEXT_LITERAL(t, "absent");
        header_example(trail, c->condition);
    }
    text_str_put(t, *before == ',' ? STR(");") : STR(":no;"));
}

static void header_groups(struct text *t, const struct config_forward *forward)
{
    TEXT_LITERAL(t, ";groups=");
    for (unsigned i = 0; i < forward->n; i++) {
        if (i)
            text_char(t, ',');
        put_safe(t, forward->groups[i].group->id);
        text_printf(t, ":%u", forward->groups[i].weight);
    }
}

static void header_tail(struct text *t, const struct config_rule *rule)
{
    header_rule_name(t, rule);
    TEXT_LITERAL(t, ":yes;action=");
    for (unsigned i = 0; i < rule->nactions; i++) {
        const struct config_action *action = &rule->actions[i];

        if (i)
            text_char(t, ',');
        text_str_put(t, str_of(action_type_words[action->type]));
        if (action->type == ACTION_FORWARD)
            header_groups(t, &action->u.forward);
        else if (action->type == ACTION_REDIRECT)
            text_printf(t, ";status=%u", action->u.redirect.status);
        else if (action->type == ACTION_FIXED_RESPONSE)
            text_printf(t, ";status=%u", action->u.fixed.status);
    }
}

/* As many whole rules as there is room for. */
static void put_begin(struct text *t, struct text *rules, size_t room)
{
    size_t n = rules->n;

    if (n <= room && text_ok(rules)) {
        text_str_put(t, text_str(rules));
        return;
    }
    if (n > room - 4)
        n = room - 4;
    while (n && rules->p[n - 1] != ';')
        n--;
    text_put(t, rules->p, n);
    TEXT_LITERAL(t, "...;");
}

void explain_put_header(struct text *t, const struct router *router,
                        const struct config_listener *listener,
                        const struct route_request *request,
                        struct linear_scratch *scratch)
{
    char rules_room[EXPLAIN_HEADER_MAX];
    char tail_room[TAIL_MAX];
    struct text rules = text_in(rules_room, sizeof(rules_room));
    struct text tail = text_in(tail_room, sizeof(tail_room));
    struct explain_trail trail = {&rules, listener, scratch, false};
    unsigned rule =
        router_explain(router, request, scratch, header_rule, &trail);

    header_tail(&tail, &listener->rules[rule]);
    put_begin(t, &rules, EXPLAIN_HEADER_MAX - tail.n);
    text_str_put(t, text_str(&tail));
}
