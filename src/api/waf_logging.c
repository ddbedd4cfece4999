/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging configurations of web ACLs (AWS::WAFv2::LoggingConfiguration): one
 * each, of LogScope CUSTOMER, since the others are those of services of AWS's
 * own.
 */
#include "api/resource.h"
#include "api/services.h"
#include "api/waf_acl.h"
#include "api/waf_shape.h"
#include "model/waf_words.h"

static const char logging[] = "AWS::WAFv2::LoggingConfiguration";
static const char *const members[] = {
    "LogDestinationConfigs",
    "RedactedFields",
    "LoggingFilter",
    NULL,
};

/* ---- finding --------------------------------------------------------------------------- */

static bool is_logging(const struct account_resource *resource)
{
    return str_eq(account_type(resource), STR(logging));
}

static struct str acl_of(const struct account_resource *resource)
{
    return member_text(account_properties(resource), "ResourceArn");
}

/* NULL: the ACL is not logged. */
static const struct account_resource *logging_of(const struct account *account,
                                                 struct str arn)
{
    for (unsigned i = 0; i < account->n; i++) {
        if (is_logging(account->resources[i]) &&
            str_eq(acl_of(account->resources[i]), arn))
            return account->resources[i];
    }
    return NULL;
}

/* LogScope of `map`.  False: refused. */
static bool check_scope(struct call *call, const struct value *map)
{
    struct str scope = member_text(map, "LogScope");

    if (scope.n == 0 || str_eq(scope, STR("CUSTOMER")))
        return true;
    return wafv2_refuse_operation(
        call,
        "logs of LogScope " STR_FMT " go to a service of AWS\u2019s own; "
        "use CUSTOMER, which is what is meant without it",
        STR_ARG(scope));
}

/* The logging of the ACL that ResourceArn names.  False: refused. */
static bool find(struct call *call, const struct account_view *view,
                 const struct account_resource **found)
{
    struct wafv2_found acl;

    if (!check_scope(call, call->input) ||
        !wafv2_find_arn(call, view, &wafv2_web_acls, "ResourceArn", &acl))
        return false;
    *found = logging_of(view->account, acl.arn);
    if (*found)
        return true;
    return wafv2_refuse_missing(call, STR_FMT " has no logging configuration",
                                STR_ARG(acl.arn));
}

/* ---- what it may be ---------------------------------------------------------------------- */

static bool has(struct str text, const char *what)
{
    return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

/* arn:aws:logs:...:log-group:aws-waf-logs-X, arn:aws:s3:::aws-waf-logs-X,
 * arn:aws:firehose:...:deliverystream/aws-waf-logs-X. */
static bool is_destination(struct str arn)
{
    return str_starts(arn, STR("arn:")) &&
           ((has(arn, ":logs:") && has(arn, ":log-group:aws-waf-logs-")) ||
            has(arn, ":s3:::aws-waf-logs-") ||
            (has(arn, ":firehose:") &&
             has(arn, ":deliverystream/aws-waf-logs-")));
}

static bool check_destinations(struct call *call, const struct value *list)
{
    struct str first = list->first->text;

    if (list->first->next)
        return wafv2_refuse_invalid(call, "LOG_DESTINATION",
                                    list->first->next->text,
                                    "A web ACL has one logging destination");
    if (is_destination(first))
        return true;
    return wafv2_refuse_invalid(
        call, "LOG_DESTINATION", first,
        "The ARN isn\u2019t valid. A valid ARN begins with arn: and includes "
        "other information separated by colons or slashes. It is that of a log "
        "group, a bucket of S3 or a delivery stream of Firehose, whose name "
        "begins with aws-waf-logs-");
}

/* ---- changing ------------------------------------------------------------------------------ */

static struct value *properties_of(struct call *call, const struct value *given,
                                   struct str arn)
{
    struct region *region = call->region;
    struct value *properties = make_map(region);

    put_text(region, properties, "ResourceArn", arn);
    for (unsigned i = 0; members[i]; i++) {
        const struct value *v = value_get(given, str_of(members[i]));

        if (v)
            put_value(region, properties, members[i], value_copy(region, v));
    }
    return properties;
}

/* The readers look at it together with its ACL. */
static bool try_it(struct call *call, const struct account_view *view,
                   const struct wafv2_found *acl,
                   const struct value *properties)
{
    struct region *region = call->region;
    struct value *resources = make_map(region);
    struct value *resource = make_map(region);
    struct config *config;

    value_put(region, resources, acl->resource->id,
              value_copy(region, acl->resource->value));
    put_text(region, resource, "Type", STR(logging));
    value_put(region, resource, STR("Properties"),
              value_copy(region, properties));
    value_put(region, resources, STR("Logging"), resource);
    wafv2_add_named(call, view, resources);
    config = wafv2_build(call, view, resources);
    config_release(config);
    return config != NULL;
}

static bool put(struct call *call, const struct account_view *view)
{
    const struct value *given = call_get(call, "LoggingConfiguration");
    const struct account_resource *before;
    struct call inner = *call;
    struct wafv2_found acl;
    const struct value *words;
    const struct value *properties;
    struct error error = {""};

    inner.input = given;
    if (!wafv2_find_arn(&inner, view, &wafv2_web_acls, "ResourceArn", &acl)) {
        call->fault = inner.fault;
        return false;
    }
    if (!check_scope(call, given) ||
        !check_destinations(call,
                            value_get(given, STR("LogDestinationConfigs"))))
        return false;
    words = waf_words_from_api(given, call->region, &error);
    if (words == NULL)
        return call_refuse(call, "SerializationException", "%s", error.text);
    properties = properties_of(call, words, acl.arn);
    if (!try_it(call, view, &acl, properties))
        return false;
    before = logging_of(view->account, acl.arn);
    if (before)
        resource_change(call, before, properties, NULL);
    else
        resource_make(call, view, "LoggingConfiguration", logging, properties,
                      NULL);
    call->made[call->nmade++] = region_copy(call->region, acl.arn);
    return true;
}

static bool delete (struct call *call, const struct account_view *view)
{
    const struct account_resource *found;

    if (!find(call, view, &found))
        return false;
    edit_remove(call->region, &call->edit, found->id);
    return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

static struct value *tell(struct region *region,
                          const struct account_resource *resource)
{
    struct value *told = wafv2_members(region, resource, NULL, members);

    put_text(region, told, "ResourceArn", acl_of(resource));
    put_bool(region, told, "ManagedByFirewallManager", false);
    put_text(region, told, "LogType", STR("WAF_LOGS"));
    put_text(region, told, "LogScope", STR("CUSTOMER"));
    return told;
}

static void answer(struct call *call, const struct account_resource *resource)
{
    struct value *result = make_map(call->region);

    put_value(call->region, result, "LoggingConfiguration",
              tell(call->region, resource));
    call->result = result;
}

static bool answer_put(struct call *call, const struct account_view *view)
{
    const struct account_resource *there =
        logging_of(view->account, call->made[0]);

    if (there == NULL)
        return wafv2_refuse_missing(call, "it went meanwhile");
    answer(call, there);
    return true;
}

static bool get(struct call *call, const struct account_view *view)
{
    const struct account_resource *found;

    if (!find(call, view, &found))
        return false;
    answer(call, found);
    return true;
}

/* By the name of their ACLs. */
static bool list(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct wafv2_all all = wafv2_all(call, view, &wafv2_web_acls);
    const struct account_resource **of;
    struct value *result = make_map(region);
    struct value *told = put_list(region, result, "LoggingConfigurations");
    struct str *keys = region_take(region, (all.n + 1) * sizeof(*keys));
    struct wafv2_page page;
    unsigned n = 0;

    if (!check_scope(call, call->input))
        return false;
    of = region_take(region, (all.n + 1) * sizeof(struct account_resource *));
    for (unsigned i = 0; i < all.n; i++) {
        of[n] = logging_of(view->account, all.found[i].arn);
        keys[n] = all.found[i].name;
        n += of[n] != NULL;
    }
    if (!wafv2_page(call, keys, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        value_append(told, tell(region, of[i]));
    wafv2_page_end(call, keys, n, &page, result);
    call->result = result;
    return true;
}

/* ---- shapes ----------------------------------------------------------------------------------- */

static const char *const action_words[] = {
    "ALLOW",    "BLOCK", "COUNT", "CAPTCHA", "CHALLENGE", "EXCLUDED_AS_COUNT",
    "MONETIZE", NULL};
static const char *const behavior_words[] = {"KEEP", "DROP", NULL};
static const char *const requirement_words[] = {"MEETS_ALL", "MEETS_ANY", NULL};
static const char *const type_words[] = {"WAF_LOGS", NULL};
static const char *const scope_words[] = {
    "CUSTOMER", "SECURITY_LAKE", "CLOUDWATCH_TELEMETRY_RULE_MANAGED", NULL};

static const struct member action_members[] = {
    WORD(MUST, "Action", action_words),
};
static const struct shape action_shape = SHAPE_OF(action_members);

static const struct member label_members[] = {LABEL(MUST, "LabelName", 1024)};
static const struct shape label_shape = SHAPE_OF(label_members);

static const struct member condition_members[] = {
    STRUCT(MAY, "ActionCondition", action_shape),
    STRUCT(MAY, "LabelNameCondition", label_shape),
};
static const struct shape condition_shape = SHAPE_OF(condition_members);

static const struct member filter_members[] = {
    WORD(MUST, "Behavior", behavior_words),
    WORD(MUST, "Requirement", requirement_words),
    STRUCTS(MUST, "Conditions", condition_shape, 1, 0),
};
static const struct shape filter_shape = SHAPE_OF(filter_members);

static const struct member filters_members[] = {
    STRUCTS(MUST, "Filters", filter_shape, 1, 0),
    WORD(MUST, "DefaultBehavior", behavior_words),
};
static const struct shape filters_shape = SHAPE_OF(filters_members);

static const struct member configuration_members[] = {
    ARN(MUST, "ResourceArn"),
    {.name = "LogDestinationConfigs",
     .required = true,
     .kind = MEMBER_TEXTS,
     .least = 1,
     .most = 100,
     .min = 20,
     .max = 2048,
     .fits = wafv2_is_told,
     .pattern = ".*\\S.*"},
    STRUCTS(MAY, "RedactedFields", wafv2_field_shape, 0, 100),
    BOOL(MAY, "ManagedByFirewallManager"),
    STRUCT(MAY, "LoggingFilter", filters_shape),
    WORD(MAY, "LogType", type_words),
    WORD(MAY, "LogScope", scope_words),
};
static const struct shape configuration_shape = SHAPE_OF(configuration_members);

static const struct member put_members[] = {
    STRUCT(MUST, "LoggingConfiguration", configuration_shape),
};
static const struct shape put_shape = SHAPE_OF(put_members);

static const struct member one_members[] = {
    ARN(MUST, "ResourceArn"),
    WORD(MAY, "LogType", type_words),
    WORD(MAY, "LogScope", scope_words),
};
static const struct shape one_shape = SHAPE_OF(one_members);

static const struct member list_members[] = {
    WAFV2_MEMBER_SCOPE,
    WAFV2_MEMBERS_OF_PAGE,
    WORD(MAY, "LogScope", scope_words),
};
static const struct shape list_shape = SHAPE_OF(list_members);

static const char *const resources[] = {"ResourceArn", NULL};
static const char *const in_it[] = {"LoggingConfiguration", NULL};

static const struct action actions[] = {
    {.name = "PutLoggingConfiguration",
     .input = &put_shape,
     .resources = in_it,
     .edit = put,
     .answer = answer_put},
    {.name = "GetLoggingConfiguration",
     .input = &one_shape,
     .resources = resources,
     .answer = get},
    {.name = "DeleteLoggingConfiguration",
     .input = &one_shape,
     .resources = resources,
     .edit = delete},
    {.name = "ListLoggingConfigurations", .input = &list_shape, .answer = list},
};

const struct action_table waf_logging_actions = ACTION_TABLE(actions);
