/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeListenerAttributes, ModifyListenerAttributes.
 */
#include "api/change.h"
#include "api/elb_attributes.h"
#include "api/elb_listener.h"
#include "api/refer.h"
#include "api/resource.h"

static const char property[] = "ListenerAttributes";

static const struct config_listener *
listener_of(struct call *call, const struct account_view *view)
{
    return refer_listener(call, view, call_text(call, "ListenerArn"));
}

static bool tell(struct call *call, const struct account_view *view)
{
    const struct config_listener *listener = listener_of(call, view);

    if (listener == NULL)
        return false;
    attributes_tell(call, OWNER_LISTENER,
                    resource_property(view, listener->id, property), NULL);
    return true;
}

static bool modify(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_listener *listener = listener_of(call, before);
    const struct value *list;

    if (listener == NULL)
        return false;
    list = attributes_change(call, OWNER_LISTENER,
                             resource_property(before, listener->id, property));
    if (list == NULL)
        return false;
    change_resource(call, before, listener->id,
                    change_property(region, resource_of(before, listener->id),
                                    property, list->first ? list : NULL));
    return true;
}

static const struct member members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Attributes",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &attribute_member_shape},
};

static const struct shape describe_shape = {members, 1};
static const struct shape modify_shape = SHAPE_OF(members);

static const char *const resources[] = {"ListenerArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeListenerAttributes",
     .input = &describe_shape,
     .resources = resources,
     .answer = tell},
    {.name = "ModifyListenerAttributes",
     .input = &modify_shape,
     .resources = resources,
     .edit = modify,
     .answer = tell},
};

const struct action_table elb_listener_attribute_actions =
    ACTION_TABLE(actions);
