/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_actions.h"

#include "api/elb_quota.h"
#include "api/find.h"

/* What AWS calls an action, what it is made of, and where it may stand. */
static const struct kind {
    const char *type;
    const char *config;
    bool last; /* it ends a rule */
} kinds[] = {
    [ACTION_FORWARD] = {"forward", "ForwardConfig", true},
    [ACTION_REDIRECT] = {"redirect", "RedirectConfig", true},
    [ACTION_FIXED_RESPONSE] = {"fixed-response", "FixedResponseConfig", true},
    [ACTION_AUTHENTICATE_OIDC] = {"authenticate-oidc", "AuthenticateOidcConfig",
                                  false},
    [ACTION_AUTHENTICATE_COGNITO] = {"authenticate-cognito",
                                     "AuthenticateCognitoConfig", false},
    [ACTION_JWT_VALIDATION] = {"jwt-validation", "JwtValidationConfig", false},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static const char invalid[] = "InvalidLoadBalancerAction";

static enum action_type type_of(const struct value *action)
{
    struct str type = member_text(action, "Type");
    unsigned i = 0;

    while (i + 1 < KINDS && !str_eq(type, str_of(kinds[i].type)))
        i++;
    return (enum action_type)i;
}

static const struct value *config_of(const struct value *action)
{
    return value_get(action, str_of(kinds[type_of(action)].config));
}

/* ---- which actions, and in which order --------------------------------------- */

static bool check_number(struct call *call, const struct account_view *view,
                         unsigned n)
{
    unsigned max = quota_value(&view->config->quotas, QUOTA_ACTIONS);

    if (n == 0)
        return call_refuse(call, "ValidationError",
                           "At least one action must be specified");
    return n <= max || call_refuse(call, "TooManyActions",
                                   "A rule can only have '%u' actions", max);
}

/* Several actions have an Order each, all different. */
static bool check_order(struct call *call, const struct value *actions,
                        const struct value *action)
{
    struct str order = member_text(action, "Order");

    if (actions->first == actions->last)
        return true;
    if (order.n == 0)
        return call_refuse(call, invalid,
                           "Every action of a rule with several actions must "
                           "have an order");
    for (const struct value *v = actions->first; v != action; v = v->next) {
        if (str_eq(member_text(v, "Order"), order))
            return call_refuse(call, invalid,
                               "Order '" STR_FMT
                               "' was provided multiple times",
                               STR_ARG(order));
    }
    return true;
}

static unsigned order_of(const struct value *action)
{
    return member_number(action, "Order", 1);
}

/* Exactly one ends the rule, and it has the highest Order. */
static bool check_end(struct call *call, const struct value *actions)
{
    const struct value *last = actions->first;
    unsigned ends = 0;

    for (const struct value *v = actions->first; v; v = v->next) {
        ends += kinds[type_of(v)].last;
        if (order_of(v) > order_of(last))
            last = v;
    }
    if (ends == 1 && kinds[type_of(last)].last)
        return true;
    return call_refuse(call, invalid,
                       "A rule must have exactly one action of type 'forward', "
                       "'redirect' or 'fixed-response', and it must be "
                       "performed last");
}

/* ---- what an action is made of ------------------------------------------------ */

static bool check_config(struct call *call, const struct value *action)
{
    enum action_type type = type_of(action);

    if (type != ACTION_FORWARD && config_of(action) == NULL)
        return call_refuse(call, invalid,
                           "For actions of type '%s', you must specify the "
                           "following fields: '%s'",
                           kinds[type].type, kinds[type].config);
    for (unsigned i = 0; i < KINDS; i++) {
        if (i != type && value_get(action, str_of(kinds[i].config)))
            return call_refuse(call, invalid,
                               "For actions of type '%s', you cannot specify "
                               "the following fields: '%s'",
                               kinds[type].type, kinds[i].config);
    }
    if (type != ACTION_FORWARD && member_text(action, "TargetGroupArn").n)
        return call_refuse(call, invalid,
                           "For actions of type '%s', you cannot specify the "
                           "following fields: 'TargetGroupArn'",
                           kinds[type].type);
    return true;
}

static bool check_listener(struct call *call, const struct elb_actions_of *of,
                           const struct value *action)
{
    const struct kind *kind = &kinds[type_of(action)];

    return kind->last || of->https ||
           call_refuse(call, "UnsupportedProtocol",
                       "Actions of type '%s' are supported only on listeners "
                       "with protocol 'HTTPS'",
                       kind->type);
}

/* ---- redirect ----------------------------------------------------------------- */

/* Whether a part says what the request has already. */
static bool stays(const struct value *config, const char *name,
                  const char *keyword, struct str same)
{
    struct str text = member_text(config, name);

    return text.n == 0 || str_eq(text, str_of(keyword)) || str_eq(text, same);
}

static bool check_redirect(struct call *call, const struct elb_actions_of *of,
                           const struct value *config)
{
    struct str protocol = of->https ? STR("HTTPS") : STR("HTTP");
    struct str port = region_printf(call->region, "%u", of->port);

    if (stays(config, "Protocol", "#{protocol}", protocol) &&
        stays(config, "Port", "#{port}", port) &&
        stays(config, "Host", "#{host}", STR("#{host}")) &&
        stays(config, "Path", "/#{path}", STR("/#{path}")))
        return call_refuse(call, invalid,
                           "The redirect configuration is not valid because "
                           "it creates a loop.");
    if (of->https && str_eq(member_text(config, "Protocol"), STR("HTTP")))
        return call_refuse(call, invalid,
                           "The redirect configuration is not valid because "
                           "it redirects from HTTPS to HTTP.");
    return true;
}

/* ---- secrets ------------------------------------------------------------------ */

/* The secret that the rule has now; n == 0: none. */
static struct str secret_before(const struct config_rule *rule)
{
    for (unsigned i = 0; rule && i < rule->nactions; i++) {
        const struct config_action *a = &rule->actions[i];

        if (a->type == ACTION_AUTHENTICATE_OIDC)
            return member_text(a->properties, "ClientSecret");
    }
    return STR("");
}

/* The action with the secret that it keeps; NULL: refused. */
static const struct value *keep_secret(struct call *call,
                                       const struct elb_actions_of *of,
                                       const struct value *action)
{
    const struct value *config = config_of(action);
    bool keeps = member_true(config, "UseExistingClientSecret");
    struct str given = member_text(config, "ClientSecret");
    struct str before = secret_before(of->before);
    struct value *made;

    if (keeps && given.n)
        call_refuse(call, invalid,
                    "You cannot both specify a client secret and set "
                    "UseExistingClientSecret to true");
    else if (!keeps && given.n == 0)
        call_refuse(call, invalid,
                    "You must either specify a client secret or set "
                    "UseExistingClientSecret to true");
    else if (keeps && before.n == 0)
        call_refuse(call, invalid,
                    "You cannot set UseExistingClientSecret to true because "
                    "there is no existing client secret");
    if (call->fault.code)
        return NULL;
    made = with_entry(call->region, config, "UseExistingClientSecret", NULL);
    if (keeps)
        put_text(call->region, made, "ClientSecret", before);
    return with_entry(call->region, action, kinds[type_of(action)].config,
                      made);
}

/* ---- all of them ---------------------------------------------------------------- */

static bool check_action(struct call *call, const struct account_view *view,
                         const struct elb_actions_of *of,
                         const struct value *actions,
                         const struct value *action)
{
    enum action_type type = type_of(action);

    if (!check_config(call, action) || !check_order(call, actions, action) ||
        !check_listener(call, of, action))
        return false;
    if (type == ACTION_FORWARD)
        return elb_forward_check(call, view, of, action);
    return type != ACTION_REDIRECT ||
           check_redirect(call, of, config_of(action));
}

const struct value *elb_actions_take(struct call *call,
                                     const struct account_view *view,
                                     const struct elb_actions_of *of,
                                     const struct value *actions)
{
    struct value *list = make_list(call->region);

    if (!check_number(call, view, value_count(actions)))
        return NULL;
    for (const struct value *v = actions->first; v; v = v->next) {
        const struct value *action = v;

        if (!check_action(call, view, of, actions, v))
            return NULL;
        if (type_of(v) == ACTION_AUTHENTICATE_OIDC)
            action = keep_secret(call, of, v);
        if (action == NULL)
            return NULL;
        value_append(list, value_copy(call->region, action));
    }
    if (!check_end(call, actions) || !elb_forward_fits(call, view, of, actions))
        return NULL;
    return list;
}
