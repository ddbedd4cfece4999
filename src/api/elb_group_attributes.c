/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeTargetGroupAttributes and ModifyTargetGroupAttributes (alb.md 3.2).
 */
#include "api/elb_attributes.h"
#include "api/elb_group.h"
#include "api/find.h"
#include "api/resource.h"
#include "model/attributes.h"
#include "model/words.h"

static const struct member describe_members[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const struct member modify_members[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Attributes",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &attribute_member_shape},
};
static const struct shape modify_shape = SHAPE_OF(modify_members);

/* ---- what is given ------------------------------------------------------------- */

static const struct value *find_given(const struct value *list, struct str key)
{
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), key))
            return v;
    }
    return NULL;
}

static bool has_attribute(const struct attribute *attribute,
                          const struct config_group *group)
{
    return attribute->owner == OWNER_TARGET_GROUP &&
           (attribute->types == 0 || attribute->types & 1u << group->type);
}

/* Terraform looks for these words, drops the key and tries again. */
static bool refuse_key(struct call *call, struct str key)
{
    return call_refuse(call, "ValidationError",
                       "Target group attribute key '" STR_FMT
                       "' is not recognized",
                       STR_ARG(key));
}

static bool refuse_value(struct call *call, const struct attribute *attribute,
                         struct str value)
{
    char buffer[512];
    struct text values = text_in(buffer, sizeof(buffer));

    attribute_put_values(&values, attribute);
    return call_refuse(call, "ValidationError",
                       "Target group attribute '%s' cannot be '" STR_FMT
                       "': it takes " STR_FMT,
                       attribute->name, STR_ARG(value),
                       STR_ARG(text_str(&values)));
}

static bool check_one(struct call *call, const struct config_group *group,
                      const struct value *given)
{
    struct str key = member_text(given, "Key");
    struct str value = member_text(given, "Value");
    const struct attribute *attribute = attribute_find(OWNER_TARGET_GROUP, key);

    if (attribute == NULL)
        return refuse_key(call, key);
    if (!has_attribute(attribute, group))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "Target group attribute key '" STR_FMT
                           "' is not supported on target groups with target "
                           "type '%s'",
                           STR_ARG(key), target_type_words[group->type]);
    if (!attribute_set(attribute, NULL, value, NULL))
        return refuse_value(call, attribute, value);
    return true;
}

/* ---- what is there -------------------------------------------------------------- */

static const struct value *attributes_of(const struct account_view *view,
                                         const struct config_group *group)
{
    return resource_property(view, group->id, "TargetGroupAttributes");
}

static void put_attribute(struct region *region, struct value *list,
                          struct str key, struct str value)
{
    struct value *to = add_map(region, list);

    put_text(region, to, "Key", key);
    put_text(region, to, "Value", value);
}

/* The list with what is given changed in it. */
static struct value *merged(struct call *call, const struct value *before,
                            const struct value *given)
{
    struct value *list = make_list(call->region);

    for (const struct value *v = before ? before->first : NULL; v;
         v = v->next) {
        struct str key = member_text(v, "Key");

        if (find_given(given, key) == NULL)
            value_append(list, value_copy(call->region, v));
    }
    for (const struct value *v = given->first; v; v = v->next)
        put_attribute(call->region, list, member_text(v, "Key"),
                      member_text(v, "Value"));
    return list;
}

/* ---- constraints ---------------------------------------------------------------- */

/* What ALB does not take together is InvalidConfigurationRequest. */
static bool check_together(struct call *call, const struct config_group *group,
                           const struct value *list)
{
    struct report report = {.strict = false};
    struct config_group tried = *group;
    bool ok;

    tried.id = group->name; /* for what is said */
    attributes_init(OWNER_TARGET_GROUP, &tried);
    for (const struct value *v = list->first; v; v = v->next) {
        const struct attribute *attribute =
            attribute_find(OWNER_TARGET_GROUP, member_text(v, "Key"));

        if (attribute)
            attribute_set(attribute, &tried, member_text(v, "Value"), NULL);
    }
    attributes_check_group(&tried, &report);
    ok = report.errors == 0 ||
         call_refuse(
             call, "InvalidConfigurationRequest", STR_FMT,
             STR_ARG(problem_line(call->region, report_first_error(&report))));
    report_end(&report);
    return ok;
}

static bool check_twice(struct call *call, const struct value *given)
{
    for (const struct value *v = given->first; v; v = v->next) {
        struct str key = member_text(v, "Key");

        if (find_given(given, key) != v)
            return call_refuse(call, "ValidationError",
                               "Target group attribute key '" STR_FMT
                               "' is given more than once",
                               STR_ARG(key));
    }
    return true;
}

static bool check_given(struct call *call, const struct config_group *group,
                        const struct value *given)
{
    if (value_count(given) > nattributes)
        return call_refuse(call, "ValidationError",
                           "More attributes are given than there are");
    if (value_count(given) == 0)
        return call_refuse(call, "ValidationError",
                           "At least one attribute must be specified");
    for (const struct value *v = given->first; v; v = v->next) {
        if (!check_one(call, group, v))
            return false;
    }
    return check_twice(call, given);
}

static bool modify_edit(struct call *call, const struct account_view *before)
{
    const struct config_group *group = elb_group(call, before);
    const struct value *given = call_get(call, "Attributes");
    const struct account_resource *resource;
    struct value *list;

    if (group == NULL || !check_given(call, group, given))
        return false;
    list = merged(call, attributes_of(before, group), given);
    if (!check_together(call, group, list))
        return false;
    resource = account_find(before->account, group->id);
    resource_change(call, resource,
                    with_entry(call->region, account_properties(resource),
                               "TargetGroupAttributes", list),
                    NULL);
    return true;
}

/* ---- what is shown -------------------------------------------------------------- */

static bool answer(struct call *call, const struct account_view *view)
{
    const struct config_group *group = elb_group(call, view);
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "Attributes");
    const struct value *given;

    if (group == NULL)
        return false;
    given = attributes_of(view, group);
    for (unsigned i = 0; i < nattributes; i++) {
        struct str key = str_of(attributes[i].name);
        const struct value *v = find_given(given, key);

        if (has_attribute(&attributes[i], group))
            put_attribute(call->region, list, key,
                          v ? member_text(v, "Value")
                            : str_of(attributes[i].initial));
    }
    call->result = result;
    return true;
}

/* ---- the table ------------------------------------------------------------------ */

static const char *const by_arn[] = {"TargetGroupArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeTargetGroupAttributes",
     .input = &describe_shape,
     .resources = by_arn,
     .answer = answer},
    {.name = "ModifyTargetGroupAttributes",
     .input = &modify_shape,
     .resources = by_arn,
     .edit = modify_edit,
     .answer = answer},
};

const struct action_table elb_group_attribute_actions = ACTION_TABLE(actions);
