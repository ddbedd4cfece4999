/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags of web ACLs, rule groups and sets.  They are no part of what a LockToken
 * is about.
 */
#include <stdlib.h>

#include "api/resource.h"
#include "api/services.h"
#include "api/tags.h"
#include "api/waf_shape.h"

static const struct value *tag_named(const struct value *tags, struct str key)
{
    for (const struct value *v = tags ? tags->first : NULL; v; v = v->next) {
        if (str_eq(member_text(v, "Key"), key))
            return v;
    }
    return NULL;
}

bool wafv2_tags_check(struct call *call, const struct value *tags)
{
    for (const struct value *v = tags ? tags->first : NULL; v; v = v->next) {
        struct str key = member_text(v, "Key");

        if (str_istarts(key, STR("aws:")))
            return wafv2_refuse_invalid(call, "TAG_KEYS", key,
                                        "The tag key isn\u2019t valid. AWS "
                                        "keeps aws: for itself");
        if (tag_named(tags, key) != v)
            return wafv2_refuse_invalid(call, "TAG_KEYS", key,
                                        "The tag key is given more than once");
    }
    if (tags && value_count(tags) > TAGS_MAX)
        return wafv2_refuse_limit(call, "a resource can have %d tags",
                                  TAGS_MAX);
    return true;
}

/* Whatever kind of ours ResourceARN names. */
static bool find(struct call *call, const struct account_view *view,
                 struct wafv2_found *found)
{
    struct str arn = call_text(call, "ResourceARN");

    *found = wafv2_with_arn(call->region, view, arn);
    if (found->resource)
        return true;
    if (wafv2_is_arn(arn, &wafv2_web_acls) ||
        wafv2_is_arn(arn, &wafv2_rule_groups) ||
        wafv2_is_arn(arn, &wafv2_ip_sets) ||
        wafv2_is_arn(arn, &wafv2_regex_sets))
        return wafv2_refuse_missing(call, "there is no " STR_FMT, STR_ARG(arn));
    return wafv2_refuse_invalid(
        call, "RESOURCE_ARN", arn,
        "The ARN isn\u2019t valid. A valid ARN begins with arn: and includes "
        "other information separated by colons or slashes.");
}

static const struct value *tags_of(const struct wafv2_found *found)
{
    return value_get(account_properties(found->resource), STR("Tags"));
}

static void add_copy(struct region *region, struct value *list,
                     const struct value *tag)
{
    struct value *copy = add_map(region, list);

    put_text(region, copy, "Key", member_text(tag, "Key"));
    put_text(region, copy, "Value", member_text(tag, "Value"));
}

static void set_tags(struct call *call, const struct wafv2_found *found,
                     const struct value *tags)
{
    resource_change(call, found->resource,
                    with_entry(call->region,
                               account_properties(found->resource), "Tags",
                               tags->first ? tags : NULL),
                    NULL);
}

static bool add(struct call *call, const struct account_view *view)
{
    const struct value *given = call_get(call, "Tags");
    struct value *tags = make_list(call->region);
    const struct value *had;
    struct wafv2_found found;

    if (!find(call, view, &found) || !wafv2_tags_check(call, given))
        return false;
    had = tags_of(&found);
    for (const struct value *v = had ? had->first : NULL; v; v = v->next) {
        const struct value *other = tag_named(given, member_text(v, "Key"));

        add_copy(call->region, tags, other ? other : v);
    }
    for (const struct value *v = given->first; v; v = v->next) {
        if (tag_named(had, member_text(v, "Key")) == NULL)
            add_copy(call->region, tags, v);
    }
    if (!wafv2_tags_check(call, tags))
        return false;
    set_tags(call, &found, tags);
    return true;
}

static bool is_among(const struct value *keys, struct str key)
{
    for (const struct value *v = keys->first; v; v = v->next) {
        if (str_eq(v->text, key))
            return true;
    }
    return false;
}

static bool remove_tags(struct call *call, const struct account_view *view)
{
    const struct value *keys = call_get(call, "TagKeys");
    struct value *tags = make_list(call->region);
    const struct value *had;
    struct wafv2_found found;

    if (!find(call, view, &found))
        return false;
    had = tags_of(&found);
    for (const struct value *v = had ? had->first : NULL; v; v = v->next) {
        if (!is_among(keys, member_text(v, "Key")))
            add_copy(call->region, tags, v);
    }
    if (had)
        set_tags(call, &found, tags);
    return true;
}

/* ---- the list ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const struct value *const *x = a;
    const struct value *const *y = b;

    return strcmp(member_text(*x, "Key").p, member_text(*y, "Key").p);
}

static bool list(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *info = put_map(region, result, "TagInfoForResource");
    struct wafv2_found found;
    const struct value *tags;
    const struct value **v;
    struct wafv2_page page;
    struct str *keys;
    struct value *told;
    unsigned n = 0;

    if (!find(call, view, &found))
        return false;
    tags = tags_of(&found);
    v = region_take(region, (value_count(tags) + 1) * sizeof(struct value *));
    keys = region_take(region, (value_count(tags) + 1) * sizeof(*keys));
    for (const struct value *t = tags ? tags->first : NULL; t; t = t->next)
        v[n++] = t;
    if (n)
        qsort(v, n, sizeof(const struct value *), compare);
    for (unsigned i = 0; i < n; i++)
        keys[i] = member_text(v[i], "Key");
    if (!wafv2_page(call, keys, n, &page))
        return false;
    put_text(region, info, "ResourceARN", found.arn);
    told = put_list(region, info, "TagList");
    for (unsigned i = page.from; i < page.to; i++)
        add_copy(region, told, v[i]);
    wafv2_page_end(call, keys, n, &page, result);
    call->result = result;
    return true;
}

/* ---- the table ------------------------------------------------------------------------ */

static const struct member add_members[] = {
    ARN(MUST, "ResourceARN"),
    STRUCTS(MUST, "Tags", wafv2_tag_shape, 1, 0),
};
static const struct shape add_shape = SHAPE_OF(add_members);

static const struct member remove_members[] = {
    ARN(MUST, "ResourceARN"),
    {.name = "TagKeys",
     .required = true,
     .kind = MEMBER_TEXTS,
     .least = 1,
     .min = 1,
     .max = 128,
     .fits = tag_is_text,
     .pattern = TAG_PATTERN},
};
static const struct shape remove_shape = SHAPE_OF(remove_members);

static const struct member list_members[] = {
    ARN(MUST, "ResourceARN"),
    WAFV2_MEMBERS_OF_PAGE,
};
static const struct shape list_shape = SHAPE_OF(list_members);

static const char *const resources[] = {"ResourceARN", NULL};

static const struct action actions[] = {
    {.name = "TagResource",
     .input = &add_shape,
     .resources = resources,
     .edit = add},
    {.name = "UntagResource",
     .input = &remove_shape,
     .resources = resources,
     .edit = remove_tags},
    {.name = "ListTagsForResource",
     .input = &list_shape,
     .resources = resources,
     .answer = list},
};

const struct action_table waf_tag_actions = ACTION_TABLE(actions);
