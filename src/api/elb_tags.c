/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_tags.h"

#include "api/change.h"
#include "api/find.h"
#include "api/refer.h"
#include "api/resource.h"
#include "api/tags.h"

enum { ARNS_MAX = 20 /* of one call */ };

static const char default_rule_tags[] = "DefaultRuleTags";

/* ---- lists ----------------------------------------------------------------------- */

static const struct value *find_tag(const struct value *tags, struct str key)
{
    const struct value *v = tags ? tags->first : NULL;

    while (v && !str_eq(member_text(v, "Key"), key))
        v = v->next;
    return v;
}

bool tags_are_same(const struct value *a, const struct value *b)
{
    for (const struct value *v = a ? a->first : NULL; v; v = v->next) {
        const struct value *other = find_tag(b, member_text(v, "Key"));

        if (other == NULL ||
            !str_eq(member_text(v, "Value"), member_text(other, "Value")))
            return false;
    }
    return (a ? value_count(a) : 0) == (b ? value_count(b) : 0);
}

static void add_tag(struct region *region, struct value *list,
                    const struct value *tag)
{
    struct value *made = add_map(region, list);

    put_text(region, made, "Key", member_text(tag, "Key"));
    put_text(region, made, "Value", member_text(tag, "Value"));
}

/* ---- what has tags ------------------------------------------------------------------ */

static bool not_found(struct call *call, struct str arn)
{
    static const struct {
        const char *kind;
        const char *code;
        const char *word;
    } kinds[] = {
        {"loadbalancer", "LoadBalancerNotFound", "load balancers"},
        {"targetgroup", "TargetGroupNotFound", "target groups"},
        {"listener", "ListenerNotFound", "listeners"},
        {"listener-rule", "RuleNotFound", "rules"},
        {"truststore", "TrustStoreNotFound", "trust stores"},
    };

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (is_arn_of(arn, kinds[i].kind))
            return call_refuse(call, kinds[i].code, "One or more %s not found",
                               kinds[i].word);
    }
    return call_refuse(call, "ValidationError",
                       "'" STR_FMT "' is not a valid ARN of a load balancer, "
                       "target group, listener, rule or trust store",
                       STR_ARG(arn));
}

static bool check_arns(struct call *call, const struct account_view *view)
{
    const struct value *arns = call_get(call, "ResourceArns");

    if (value_count(arns) == 0)
        return call_refuse(call, "ValidationError",
                           "At least one resource ARN must be specified");
    if (value_count(arns) > ARNS_MAX)
        return call_refuse(call, "ValidationError",
                           "Up to '%d' resource ARNs can be specified, but "
                           "'%u' were specified",
                           ARNS_MAX, value_count(arns));
    for (const struct value *v = arns->first; v; v = v->next) {
        if (find_any(view->config, v->text).id.n == 0)
            return not_found(call, v->text);
    }
    return true;
}

static const struct value *tags_of(const struct account_view *view,
                                   const struct any *tagged)
{
    return tagged->default_rule ? sluice_of(view, tagged->id, default_rule_tags)
                                : resource_property(view, tagged->id, "Tags");
}

/* ---- changing them ------------------------------------------------------------------- */

/* What was put for this resource already, by this call: a listener and its
 * default rule are one. */
static const struct value *newest(const struct call *call,
                                  const struct account_view *before,
                                  struct str id)
{
    const struct value *value = resource_of(before, id);

    for (const struct edit_step *s = call->edit.first; s; s = s->next) {
        if (str_eq(s->id, id))
            value = s->value;
    }
    return value;
}

static void put_tags(struct call *call, const struct account_view *before,
                     const struct any *tagged, struct value *tags)
{
    struct region *region = call->region;
    const struct value *value = newest(call, before, tagged->id);
    const struct value *to = tags->first ? tags : NULL;

    value = tagged->default_rule
                ? change_sluice(region, value, default_rule_tags, to)
                : change_property(region, value, "Tags", to);
    change_resource(call, before, tagged->id, value);
}

static bool add_to(struct call *call, const struct account_view *before,
                   struct str arn)
{
    struct region *region = call->region;
    struct any tagged = find_any(before->config, arn);
    const struct value *given = call_get(call, "Tags");
    const struct value *is = tags_of(before, &tagged);
    struct value *tags = make_list(region);

    for (const struct value *v = is ? is->first : NULL; v; v = v->next) {
        const struct value *other = find_tag(given, member_text(v, "Key"));

        add_tag(region, tags, other ? other : v);
    }
    for (const struct value *v = given->first; v; v = v->next) {
        if (find_tag(is, member_text(v, "Key")) == NULL)
            add_tag(region, tags, v);
    }
    if (value_count(tags) > TAGS_MAX)
        return call_refuse(call, "TooManyTags",
                           "The resource '" STR_FMT
                           "' can have '%d' tags at most",
                           STR_ARG(arn), TAGS_MAX);
    put_tags(call, before, &tagged, tags);
    return true;
}

static bool add_edit(struct call *call, const struct account_view *before)
{
    const struct value *arns = call_get(call, "ResourceArns");

    if (value_count(call_get(call, "Tags")) == 0)
        return call_refuse(call, "ValidationError",
                           "At least one tag must be specified");
    if (!tags_check(call, call_get(call, "Tags")) || !check_arns(call, before))
        return false;
    for (const struct value *v = arns->first; v; v = v->next) {
        if (!add_to(call, before, v->text))
            return false;
    }
    return true;
}

static bool remove_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct value *arns = call_get(call, "ResourceArns");
    const struct value *keys = call_get(call, "TagKeys");

    if (value_count(keys) > TAGS_MAX)
        return call_refuse(call, "TooManyTags",
                           "Up to '%d' tag keys can be specified, but '%u' "
                           "were specified",
                           TAGS_MAX, value_count(keys));
    if (!check_arns(call, before))
        return false;
    for (const struct value *a = arns->first; a; a = a->next) {
        struct any tagged = find_any(before->config, a->text);
        const struct value *is = tags_of(before, &tagged);
        struct value *tags = make_list(region);

        for (const struct value *v = is ? is->first : NULL; v; v = v->next) {
            if (!list_has(keys, member_text(v, "Key")))
                add_tag(region, tags, v);
        }
        if (is)
            put_tags(call, before, &tagged, tags);
    }
    return true;
}

/* ---- DescribeTags -------------------------------------------------------------------- */

static bool describe(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct value *arns = call_get(call, "ResourceArns");
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "TagDescriptions");

    if (!check_arns(call, view))
        return false;
    for (const struct value *a = arns->first; a; a = a->next) {
        struct any tagged = find_any(view->config, a->text);
        const struct value *is = tags_of(view, &tagged);
        struct value *told = add_map(region, list);
        struct value *tags;

        put_text(region, told, "ResourceArn", a->text);
        tags = put_list(region, told, "Tags");
        for (const struct value *v = is ? is->first : NULL; v; v = v->next)
            add_tag(region, tags, v);
    }
    call->result = result;
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

#define ARNS                                                                   \
    {                                                                          \
        .name = "ResourceArns", .kind = MEMBER_TEXTS, .required = true         \
    }

static const struct member add_members[] = {
    ARNS,
    {.name = "Tags",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &tag_shape},
};

static const struct member remove_members[] = {
    ARNS,
    {.name = "TagKeys",
     .kind = MEMBER_TEXTS,
     .required = true,
     .min = 1,
     .max = 128},
};

static const struct member describe_members[] = {ARNS};

static const struct shape add_shape = SHAPE_OF(add_members);
static const struct shape remove_shape = SHAPE_OF(remove_members);
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const char *const resources[] = {"ResourceArns", NULL};

static const struct action actions[] = {
    {.name = "AddTags",
     .input = &add_shape,
     .resources = resources,
     .edit = add_edit},
    {.name = "RemoveTags",
     .input = &remove_shape,
     .resources = resources,
     .edit = remove_edit},
    {.name = "DescribeTags",
     .input = &describe_shape,
     .resources = resources,
     .answer = describe},
};

const struct action_table elb_tag_actions = ACTION_TABLE(actions);
