/* SPDX-License-Identifier: Apache-2.0
 *
 * Actions as Describe* shows them (alb.md 1.7).
 */
#include "api/elb_actions.h"
#include "model/words.h"

/* ---- forward --------------------------------------------------------------------- */

static void show_forward(struct region *region,
                         const struct config_forward *forward,
                         struct value *action)
{
    struct value *config;
    struct value *list;
    struct value *stickiness;

    if (forward->n == 1)
        put_text(region, action, "TargetGroupArn",
                 forward->groups[0].group->arn);
    config = put_map(region, action, "ForwardConfig");
    list = put_list(region, config, "TargetGroups");
    for (unsigned i = 0; i < forward->n; i++) {
        struct value *tuple = add_map(region, list);

        put_text(region, tuple, "TargetGroupArn",
                 forward->groups[i].group->arn);
        put_number(region, tuple, "Weight", forward->groups[i].weight);
    }
    stickiness = put_map(region, config, "TargetGroupStickinessConfig");
    put_bool(region, stickiness, "Enabled", forward->sticky);
    if (forward->sticky_ms)
        put_number(region, stickiness, "DurationSeconds",
                   forward->sticky_ms / 1000);
}

/* ---- redirect and fixed-response --------------------------------------------------- */

static void show_redirect(struct region *region,
                          const struct config_redirect *redirect,
                          struct value *action)
{
    struct value *config = put_map(region, action, "RedirectConfig");

    put_text(region, config, "Protocol", redirect->protocol);
    put_text(region, config, "Port", redirect->port);
    put_text(region, config, "Host", redirect->host);
    put_text(region, config, "Path", redirect->path);
    put_text(region, config, "Query", redirect->query);
    put_text(region, config, "StatusCode",
             redirect->status == 301 ? STR("HTTP_301") : STR("HTTP_302"));
}

static void show_fixed(struct region *region, const struct config_fixed *fixed,
                       struct value *action)
{
    struct value *config = put_map(region, action, "FixedResponseConfig");

    if (fixed->body.n)
        put_text(region, config, "MessageBody", fixed->body);
    put_text(region, config, "StatusCode",
             region_printf(region, "%u", fixed->status));
    if (fixed->content_type.n)
        put_text(region, config, "ContentType", fixed->content_type);
}

/* ---- logins ------------------------------------------------------------------------ */

static void put_missing(struct region *region, struct value *map,
                        const char *name, const char *initial)
{
    if (value_get(map, str_of(name)) == NULL)
        put_text(region, map, name, str_of(initial));
}

/* What was given but for the secret, with AWS's defaults. */
static void show_login(struct region *region, const struct value *given,
                       const char *name, struct value *action)
{
    struct value *config = put_map(region, action, name);

    for (const struct value *v = given->first; v; v = v->next) {
        if (!str_eq(v->key, STR("ClientSecret")) &&
            !str_eq(v->key, STR("UseExistingClientSecret")))
            value_put(region, config, v->key, value_copy(region, v));
    }
    put_missing(region, config, "SessionCookieName", "AWSELBAuthSessionCookie");
    put_missing(region, config, "Scope", "openid");
    put_missing(region, config, "SessionTimeout", "604800");
    put_missing(region, config, "OnUnauthenticatedRequest", "authenticate");
}

/* ---- all of a rule ------------------------------------------------------------------ */

static void show_config(struct region *region,
                        const struct config_action *action, struct value *shown)
{
    switch (action->type) {
    case ACTION_FORWARD:
        show_forward(region, &action->u.forward, shown);
        break;
    case ACTION_REDIRECT:
        show_redirect(region, &action->u.redirect, shown);
        break;
    case ACTION_FIXED_RESPONSE:
        show_fixed(region, &action->u.fixed, shown);
        break;
    case ACTION_AUTHENTICATE_OIDC:
        show_login(region, action->properties, "AuthenticateOidcConfig", shown);
        break;
    case ACTION_AUTHENTICATE_COGNITO:
        show_login(region, action->properties, "AuthenticateCognitoConfig",
                   shown);
        break;
    case ACTION_JWT_VALIDATION:
        put_value(region, shown, "JwtValidationConfig",
                  value_copy(region, action->properties));
        break;
    }
}

struct value *elb_actions_shown(struct region *region,
                                const struct config_rule *rule)
{
    struct value *list = make_list(region);

    for (unsigned i = 0; i < rule->nactions; i++) {
        const struct config_action *action = &rule->actions[i];
        struct value *shown = add_map(region, list);

        put_text(region, shown, "Type",
                 str_of(action_type_words[action->type]));
        put_number(region, shown, "Order", action->order ? action->order : 1);
        show_config(region, action, shown);
    }
    return list;
}
