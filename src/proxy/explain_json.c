/* SPDX-License-Identifier: Apache-2.0 */
#include "model/words.h"
#include "proxy/condition.h"
#include "proxy/explain.h"
#include "proxy/explain_internal.h"

static void json_member(struct text *t, const char *key, struct str value)
{
    text_json(t, str_of(key));
    text_char(t, ':');
    if (value.p)
        text_json(t, value);
    else
        TEXT_LITERAL(t, "null");
}

static void json_bool(struct text *t, const char *key, bool value)
{
    text_printf(t, "\"%s\":%s", key, value ? "true" : "false");
}

static void json_rule_name(struct text *t, const struct config_rule *rule)
{
    json_member(t, "rule", rule->id.p ? rule->id : STR(""));
    if (rule->priority)
        text_printf(t, ",\"priority\":%u", rule->priority);
    else
        TEXT_LITERAL(t, ",\"priority\":\"default\"");
}

static void json_values(struct text *t, const struct config_condition *c)
{
    TEXT_LITERAL(t, ",\"values\":[");
    for (unsigned i = 0; i < c->nvalues; i++) {
        const struct config_match *m = &c->values[i];
        char buffer[1024];
        struct text both = text_in(buffer, sizeof(buffer));

        if (i)
            text_char(t, ',');
        if (m->has_key) {
            text_str_put(&both, m->key);
            text_char(&both, '=');
            text_str_put(&both, m->value);
        }
        text_json(t, m->has_key ? text_str(&both) : m->value);
    }
    text_char(t, ']');
}

static void json_condition(struct explain_trail *trail,
                           const struct condition_trial *c)
{
    struct text *t = trail->t;
    const struct config_condition *config = c->condition;
    char buffer[1024];
    struct text example = text_in(buffer, sizeof(buffer));

    text_char(t, '{');
    json_member(t, "field", condition_field_name(config->field));
    if (config->field == CONDITION_HEADER) {
        text_char(t, ',');
        json_member(t, "header", config->header);
    }
    if (config->regex)
        TEXT_LITERAL(t, ",\"regex\":true");
    json_values(t, config);
    text_char(t, ',');
    json_bool(t, "matched", c->matched);
    if (c->matched)
        text_printf(t, ",\"value\":%d", c->value);
    text_char(t, ',');
    json_member(t, "saw", c->saw);
    if (!c->matched && explain_put_example(&example, config, trail->scratch) &&
        text_ok(&example)) {
        text_char(t, ',');
        json_member(t, "would_match", text_str(&example));
    }
    text_char(t, '}');
}

static void json_rule(void *owner, const struct rule_trial *trial)
{
    struct explain_trail *trail = owner;
    struct text *t = trail->t;

    text_str_put(t, trail->more ? STR(",{") : STR("{"));
    trail->more = true;
    json_rule_name(t, &trail->listener->rules[trial->rule]);
    text_char(t, ',');
    json_bool(t, "matched", trial->matched);
    TEXT_LITERAL(t, ",\"conditions\":[");
    for (unsigned i = 0; i < trial->n; i++) {
        if (i)
            text_char(t, ',');
        json_condition(trail, &trial->conditions[i]);
    }
    TEXT_LITERAL(t, "]}");
}

static void json_request(struct text *t, const struct route_request *r)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text from = text_in(buffer, sizeof(buffer));

    TEXT_LITERAL(t, "\"request\":{");
    json_member(t, "method", r->method);
    text_char(t, ',');
    json_member(t, "host", r->host.n ? r->host : (struct str){NULL, 0});
    text_char(t, ',');
    json_member(t, "path", r->path);
    text_char(t, ',');
    json_member(t, "query", r->query.n ? r->query : STR(""));
    text_char(t, ',');
    if (r->client)
        address_put_ip(&from, r->client);
    json_member(t, "from", r->client ? text_str(&from) : (struct str){NULL, 0});
    text_char(t, '}');
}

static void json_forward(struct text *t, const struct config_forward *forward)
{
    unsigned sum = explain_weights(forward);

    TEXT_LITERAL(t, ",\"groups\":[");
    for (unsigned i = 0; i < forward->n; i++) {
        text_str_put(t, i ? STR(",{") : STR("{"));
        json_member(t, "group", forward->groups[i].group->id);
        text_printf(t,
                    ",\"weight\":%u,\"percent\":", forward->groups[i].weight);
        explain_put_percent(t, forward->groups[i].weight, sum);
        text_char(t, '}');
    }
    text_char(t, ']');
}

static void json_redirect(struct text *t, const struct config_redirect *r)
{
    const struct {
        const char *key;
        struct str value;
    } parts[] = {{"protocol", r->protocol},
                 {"host", r->host},
                 {"port", r->port},
                 {"path", r->path},
                 {"query", r->query}};

    text_printf(t, ",\"status\":%u", r->status);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        text_char(t, ',');
        json_member(t, parts[i].key,
                    parts[i].value.n ? parts[i].value : STR(""));
    }
}

static void json_action(struct text *t, const struct config_action *action)
{
    text_char(t, '{');
    json_member(t, "type", str_of(action_type_words[action->type]));
    if (action->type == ACTION_FORWARD)
        json_forward(t, &action->u.forward);
    else if (action->type == ACTION_REDIRECT)
        json_redirect(t, &action->u.redirect);
    else if (action->type == ACTION_FIXED_RESPONSE)
        text_printf(t, ",\"status\":%u", action->u.fixed.status);
    text_char(t, '}');
}

static void json_transforms(struct text *t, const struct config_rule *rule)
{
    TEXT_LITERAL(t, ",\"transforms\":[");
    for (unsigned i = 0; i < rule->ntransforms; i++) {
        const struct config_transform *transform = &rule->transforms[i];

        text_str_put(t, i ? STR(",{") : STR("{"));
        json_member(t, "type", str_of(explain_transform_name(transform->type)));
        text_char(t, ',');
        json_member(t, "regex", transform->regex);
        text_char(t, ',');
        json_member(t, "replace", transform->replace);
        text_char(t, '}');
    }
    text_char(t, ']');
}

void explain_put_json(struct text *t, const struct router *router,
                      const struct config_listener *listener,
                      const struct route_request *request,
                      struct linear_scratch *scratch)
{
    struct explain_trail trail = {t, listener, scratch, false};
    const struct config_rule *rule;

    text_char(t, '{');
    json_member(t, "listener", listener->id.p ? listener->id : STR(""));
    text_printf(t, ",\"port\":%u,", listener->port);
    json_request(t, request);
    TEXT_LITERAL(t, ",\"rules\":[");
    rule = &listener->rules[router_explain(router, request, scratch, json_rule,
                                           &trail)];
    TEXT_LITERAL(t, "],");
    json_rule_name(t, rule);
    TEXT_LITERAL(t, ",\"actions\":[");
    for (unsigned i = 0; i < rule->nactions; i++) {
        if (i)
            text_char(t, ',');
        json_action(t, &rule->actions[i]);
    }
    text_char(t, ']');
    json_transforms(t, rule);
    text_char(t, '}');
}
