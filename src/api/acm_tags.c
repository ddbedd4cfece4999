/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags of certificates.
 */
#include "api/acm.h"
#include "api/resource.h"
#include "api/services.h"
#include "api/tags.h"

const struct value *acm_tags(const struct account_resource *resource)
{
    return value_get(account_properties(resource), STR("Tags"));
}

static const struct value *tag_named(const struct value *tags, struct str key)
{
    for (const struct value *v = tags ? tags->first : NULL; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), key))
            return v;
    }
    return NULL;
}

static void add_copy(struct region *region, struct value *list,
                     const struct value *tag)
{
    struct value *copy = add_map(region, list);

    put_text(region, copy, "Key", member_text(tag, "Key"));
    put_text(region, copy, "Value", member_text(tag, "Value"));
}

static void set_tags(struct call *call, const struct account_resource *resource,
                     const struct value *tags)
{
    resource_change(call, resource,
                    with_entry(call->region, account_properties(resource),
                               "Tags", tags->first ? tags : NULL),
                    NULL);
}

static bool add(struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = acm_find(call, view);
    const struct value *given = call_get(call, "Tags");
    const struct value *had;
    struct value *tags = make_list(call->region);

    if (resource == NULL || !tags_check(call, given))
        return false;
    had = acm_tags(resource);
    for (const struct value *v = had ? had->first : NULL; v; v = v->next) {
        if (tag_named(given, member_text(v, "Key")) == NULL)
            add_copy(call->region, tags, v);
    }
    for (const struct value *v = given->first; v; v = v->next)
        add_copy(call->region, tags, v);
    if (!tags_check(call, tags))
        return false;
    set_tags(call, resource, tags);
    return true;
}

/* Whether the tag is taken away: a Value that is given must be its own. */
static bool is_removed(const struct value *given, const struct value *tag)
{
    const struct value *named = tag_named(given, member_text(tag, "Key"));

    return named &&
           (value_get(named, STR("Value")) == NULL ||
            str_eq(member_text(named, "Value"), member_text(tag, "Value")));
}

static bool remove_tags(struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = acm_find(call, view);
    const struct value *had;
    struct value *tags = make_list(call->region);

    if (resource == NULL)
        return false;
    had = acm_tags(resource);
    for (const struct value *v = had ? had->first : NULL; v; v = v->next) {
        if (!is_removed(call_get(call, "Tags"), v))
            add_copy(call->region, tags, v);
    }
    set_tags(call, resource, tags);
    return true;
}

static bool list(struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = acm_find(call, view);
    struct value *result = make_map(call->region);
    struct value *tags = put_list(call->region, result, "Tags");
    const struct value *had;

    if (resource == NULL)
        return false;
    had = acm_tags(resource);
    for (const struct value *v = had ? had->first : NULL; v; v = v->next)
        add_copy(call->region, tags, v);
    call->result = result;
    return true;
}

static const struct member arn_members[] = {ACM_ARN_MEMBER};
static const struct shape arn_shape = SHAPE_OF(arn_members);
static const struct member tag_members[] = {
    ACM_ARN_MEMBER,
    {.name = "Tags",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &tag_shape},
};
static const struct shape tags_shape = SHAPE_OF(tag_members);
static const char *const resources[] = {"CertificateArn", NULL};

static const struct action actions[] = {
    {.name = "AddTagsToCertificate",
     .input = &tags_shape,
     .resources = resources,
     .edit = add},
    {.name = "ListTagsForCertificate",
     .input = &arn_shape,
     .resources = resources,
     .answer = list},
    {.name = "RemoveTagsFromCertificate",
     .input = &tags_shape,
     .resources = resources,
     .edit = remove_tags},
};

const struct action_table acm_tag_actions = ACTION_TABLE(actions);
