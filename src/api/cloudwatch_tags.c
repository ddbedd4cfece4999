/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags of alarms: ListTagsForResource, TagResource, UntagResource.
 */
#include "api/change.h"
#include "api/cloudwatch_alarm.h"
#include "api/find.h"
#include "api/services.h"
#include "api/tags.h"

static const struct account_resource *find(struct call *call,
                                           const struct account_view *view)
{
    struct str arn = call_text(call, "ResourceARN");
    const struct config_alarm *alarm = config_find_alarm(view->config, arn);

    if (alarm)
        return alarm_resource(view, alarm);
    call_refuse(call, "ResourceNotFoundException",
                STR_FMT " does not exist: alarms are what has tags here",
                STR_ARG(arn));
    return NULL;
}

static const struct value *tags_of(const struct account_resource *resource)
{
    return value_get(account_properties(resource), STR("Tags"));
}

static void add(struct region *region, struct value *list,
                const struct value *tag)
{
    struct value *made = add_map(region, list);

    put_text(region, made, "Key", member_text(tag, "Key"));
    put_text(region, made, "Value", member_text(tag, "Value"));
}

static const struct value *find_tag(const struct value *tags, struct str key)
{
    const struct value *v = tags ? tags->first : NULL;

    while (v && !str_eq(member_text(v, "Key"), key))
        v = v->next;
    return v;
}

static void put(struct call *call, const struct account_view *view,
                const struct account_resource *resource, struct value *tags)
{
    change_resource(call, view, resource->id,
                    change_property(call->region, resource->value, "Tags",
                                    tags->first ? tags : NULL));
}

/* ---- the actions --------------------------------------------------------------------- */

static bool tag(struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = find(call, view);
    const struct value *given = call_get(call, "Tags");
    struct region *region = call->region;
    struct value *tags = make_list(region);
    const struct value *is;

    if (resource == NULL || !tags_check(call, given))
        return false;
    is = tags_of(resource);
    for (const struct value *v = is ? is->first : NULL; v; v = v->next) {
        const struct value *other = find_tag(given, member_text(v, "Key"));

        add(region, tags, other ? other : v);
    }
    for (const struct value *v = given->first; v; v = v->next) {
        if (find_tag(is, member_text(v, "Key")) == NULL)
            add(region, tags, v);
    }
    if (!tags_check(call, tags))
        return false;
    put(call, view, resource, tags);
    return true;
}

static bool untag(struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = find(call, view);
    const struct value *keys = call_get(call, "TagKeys");
    struct value *tags = make_list(call->region);
    const struct value *is;

    if (resource == NULL)
        return false;
    is = tags_of(resource);
    for (const struct value *v = is ? is->first : NULL; v; v = v->next) {
        if (!list_has(keys, member_text(v, "Key")))
            add(call->region, tags, v);
    }
    put(call, view, resource, tags);
    return true;
}

static bool list(struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = find(call, view);
    struct value *result = make_map(call->region);
    struct value *tags = put_list(call->region, result, "Tags");
    const struct value *is;

    if (resource == NULL)
        return false;
    is = tags_of(resource);
    for (const struct value *v = is ? is->first : NULL; v; v = v->next)
        add(call->region, tags, v);
    call->result = result;
    return true;
}

/* ---- the table ------------------------------------------------------------------------- */

#define RESOURCE                                                               \
    {                                                                          \
        .name = "ResourceARN", .required = true, .min = 1, .max = 1024         \
    }

static const struct member list_members[] = {RESOURCE};
static const struct shape list_shape = SHAPE_OF(list_members);

static const struct member tag_members[] = {
    RESOURCE,
    {.name = "Tags",
     .required = true,
     .kind = MEMBER_STRUCTS,
     .shape = &tag_shape},
};
static const struct shape tags_shape = SHAPE_OF(tag_members);

static const struct member untag_members[] = {
    RESOURCE,
    {.name = "TagKeys",
     .required = true,
     .kind = MEMBER_TEXTS,
     .min = 1,
     .max = 128},
};
static const struct shape untag_shape = SHAPE_OF(untag_members);

static const char *const resources[] = {"ResourceARN", NULL};

static const struct action actions[] = {
    {.name = "ListTagsForResource",
     .input = &list_shape,
     .resources = resources,
     .answer = list},
    {.name = "TagResource",
     .input = &tags_shape,
     .resources = resources,
     .edit = tag},
    {.name = "UntagResource",
     .input = &untag_shape,
     .resources = resources,
     .edit = untag},
};

const struct action_table cloudwatch_tag_actions = ACTION_TABLE(actions);
