/* SPDX-License-Identifier: Apache-2.0
 *
 * What web ACLs, rule groups, IP sets and regex pattern sets have in common.
 */
#include "api/resource.h"
#include "api/waf_acl.h"
#include "model/arn.h"
#include "model/instant.h"
#include "model/waf_words.h"

static const char *const common[] = {"Name", "Scope", "Description", NULL};

static bool is_among(struct str name, const char *const *members)
{
    for (; *members; members++) {
        if (str_eq(name, str_of(*members)))
            return true;
    }
    return false;
}

/* Only Create* takes Name and Scope. */
static bool is_fixed(const struct wafv2_kind *kind, struct str name)
{
    return is_among(name, kind->fixed) || str_eq(name, STR("Name")) ||
           str_eq(name, STR("Scope"));
}

/* ---- making them -------------------------------------------------------------------- */

/* Members of the call as Properties, in CloudFormation's words.  False:
 * refused. */
static bool put_given(struct call *call, const struct wafv2_kind *kind,
                      bool create, struct value *properties)
{
    const struct value *given;
    struct error error = {""};

    given = waf_words_from_api(call->input, call->region, &error);
    if (given == NULL)
        return call_refuse(call, "SerializationException", "%s", error.text);
    for (const struct value *v = given->first; v; v = v->next) {
        bool wanted =
            is_among(v->key, common) || is_among(v->key, kind->members);

        if (wanted && (create || !is_fixed(kind, v->key)))
            value_put(call->region, properties, v->key,
                      value_copy(call->region, v));
    }
    return true;
}

static bool check_new(struct call *call, const struct account_view *view,
                      const struct wafv2_kind *kind)
{
    struct wafv2_all all = wafv2_all(call, view, kind);
    unsigned max = quota_value(&view->config->quotas, kind->quota);

    for (unsigned i = 0; i < all.n; i++) {
        if (str_eq(all.found[i].name, call_text(call, "Name")))
            return call_refuse(
                call, "WAFDuplicateItemException",
                "AWS WAF couldn\u2019t perform the operation because some "
                "resource in your request is a duplicate of an existing one: "
                "there is a %s " STR_FMT " already, " STR_FMT,
                kind->name, STR_ARG(all.found[i].name),
                STR_ARG(all.found[i].arn));
    }
    if (all.n >= max)
        return wafv2_refuse_limit(
            call, "there may be %u of %s in scope " STR_FMT " (--quota %s=N)",
            max, kind->list, STR_ARG(call_text(call, "Scope")),
            quota_name(kind->quota));
    return wafv2_tags_check(call, call_get(call, "Tags"));
}

bool wafv2_create(struct call *call, const struct account_view *view,
                  const struct wafv2_kind *kind)
{
    struct region *region = call->region;
    struct value *resource = make_map(region);
    struct value *properties = make_map(region);
    struct value *sluice = make_map(region);
    struct str id = region_printf(region, "%s" STR_FMT, kind->name,
                                  STR_ARG(call_new_id(call)));
    const struct value *tags = call_get(call, "Tags");

    if (!check_new(call, view, kind) ||
        !put_given(call, kind, true, properties))
        return false;
    if (tags)
        put_value(region, properties, "Tags", value_copy(region, tags));
    put_text(region, sluice, "Id", call_new_uuid(call));
    put_text(region, sluice, "Created", instant_text(region, view->now_ms));
    put_text(region, sluice, "LockToken", call_new_uuid(call));
    put_text(region, resource, "Type", str_of(kind->type));
    put_value(region, resource, "Properties", properties);
    put_value(region, put_map(region, resource, "Metadata"), "Sluice", sluice);
    edit_put(region, &call->edit, id, resource);
    call->made[call->nmade++] = id;
    return wafv2_try(call, view);
}

/* ---- changing them ------------------------------------------------------------------- */

static bool check_lock(struct call *call, const struct wafv2_found *found)
{
    if (str_eq(call_text(call, "LockToken"),
               wafv2_lock_token(call->region, found->resource)))
        return true;
    return call_refuse(
        call, "WAFOptimisticLockException",
        "AWS WAF couldn\u2019t save your changes because someone changed the "
        "resource after you started to edit it. Reapply your changes.");
}

/* What an update does not say stays: tags, what is fixed, what only others
 * than the API say.  All else goes. */
static struct value *kept_of(struct region *region,
                             const struct wafv2_found *found)
{
    const struct value *before = account_properties(found->resource);
    struct value *kept = make_map(region);

    for (const struct value *v = before ? before->first : NULL; v;
         v = v->next) {
        bool told =
            is_among(v->key, common) || is_among(v->key, found->kind->members);

        if (!told || is_fixed(found->kind, v->key))
            value_put(region, kept, v->key, value_copy(region, v));
    }
    return kept;
}

bool wafv2_update(struct call *call, const struct account_view *view,
                  const struct wafv2_kind *kind)
{
    struct region *region = call->region;
    struct wafv2_found found;
    struct value *properties;
    struct value *token;

    if (!wafv2_find(call, view, kind, &found) || !check_lock(call, &found))
        return false;
    properties = kept_of(region, &found);
    if (!put_given(call, kind, false, properties))
        return false;
    token = value_string(region, call_new_uuid(call), NULL);
    resource_change(
        call, found.resource, properties,
        with_entry(region, account_sluice(found.resource), "LockToken", token));
    /* The account before goes when the one after runs. */
    call->made[call->nmade++] = region_copy(call->region, found.resource->id);
    return wafv2_try(call, view);
}

/* ---- removing them -------------------------------------------------------------------- */

static bool is_logging(const struct account_resource *resource)
{
    return str_eq(account_type(resource),
                  STR("AWS::WAFv2::LoggingConfiguration"));
}

/* Logging goes along with its web ACL. */
bool wafv2_delete(struct call *call, const struct account_view *view,
                  const struct wafv2_kind *kind)
{
    const struct account *account = view->account;
    struct wafv2_found found;

    if (!wafv2_find(call, view, kind, &found) || !check_lock(call, &found))
        return false;
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];

        if (r == found.resource ||
            !wafv2_names(account_properties(r), found.arn))
            continue;
        if (!is_logging(r))
            return wafv2_refuse_used(
                call, STR_FMT " is named by " STR_FMT " (" STR_FMT ")",
                STR_ARG(found.arn), STR_ARG(r->id), STR_ARG(account_type(r)));
        edit_remove(call->region, &call->edit, r->id);
    }
    edit_remove(call->region, &call->edit, found.resource->id);
    return true;
}

/* ---- telling of them -------------------------------------------------------------------- */

/* NULL: something in it does not fit. */
static const struct value *by_shape(struct region *region,
                                    const struct account_resource *resource,
                                    const struct shape *shape,
                                    const struct value *told)
{
    struct call call = {.region = region};
    struct str name =
        arn_waf_name(region, member_text(told, "Name"), resource->id);

    return shape_check(
        shape,
        with_entry(region, told, "Name", value_string(region, name, NULL)),
        &call);
}

struct value *wafv2_members(struct region *region,
                            const struct account_resource *resource,
                            const struct shape *shape,
                            const char *const *members)
{
    const struct value *told =
        waf_words_to_api(account_properties(resource), region);
    const struct value *fitting =
        shape ? by_shape(region, resource, shape, told) : NULL;
    struct value *made = make_map(region);

    for (; *members; members++) {
        const struct value *v = value_get(fitting, str_of(*members));

        if (v == NULL)
            v = value_get(told, str_of(*members));
        if (v)
            put_value(region, made, *members, value_copy(region, v));
    }
    return made;
}

static void put_identity(struct region *region, struct value *map,
                         const struct wafv2_found *found)
{
    struct str description =
        member_text(account_properties(found->resource), "Description");

    put_text(region, map, "Name", found->name);
    put_text(region, map, "Id", found->uuid);
    put_text(region, map, "ARN", found->arn);
    if (description.n)
        put_text(region, map, "Description", description);
}

static void put_summary(struct region *region, struct value *map,
                        const struct wafv2_found *found)
{
    put_identity(region, map, found);
    put_text(region, map, "LockToken",
             wafv2_lock_token(region, found->resource));
}

bool wafv2_answer_summary(struct call *call, const struct account_view *view,
                          const struct wafv2_kind *kind)
{
    struct value *result = make_map(call->region);
    struct wafv2_found found =
        wafv2_with_id(call->region, view, kind, call->made[0]);

    if (found.resource == NULL)
        return wafv2_refuse_missing(call, "it went meanwhile");
    put_summary(call->region, put_map(call->region, result, "Summary"), &found);
    call->result = result;
    return true;
}

bool wafv2_answer_token(struct call *call, const struct account_view *view,
                        const struct wafv2_kind *kind)
{
    const struct account_resource *resource =
        account_find(view->account, call->made[0]);
    struct value *result = make_map(call->region);

    (void)kind;
    if (resource == NULL)
        return wafv2_refuse_missing(call, "it went meanwhile");
    put_text(call->region, result, "NextLockToken",
             wafv2_lock_token(call->region, resource));
    call->result = result;
    return true;
}

bool wafv2_answer_one(struct call *call, const struct account_view *view,
                      const struct wafv2_found *found,
                      void (*more)(struct call *call,
                                   const struct account_view *view,
                                   const struct wafv2_found *found,
                                   struct value *one))
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *one = put_map(region, result, found->kind->name);
    struct value *told = wafv2_members(
        region, found->resource, found->kind->shape, found->kind->members);

    put_identity(region, one, found);
    for (const struct value *v = told->first; v; v = v->next)
        value_put(region, one, v->key, value_copy(region, v));
    if (more)
        more(call, view, found, one);
    put_text(region, result, "LockToken",
             wafv2_lock_token(region, found->resource));
    call->result = result;
    return true;
}

bool wafv2_answer_list(struct call *call, const struct account_view *view,
                       const struct wafv2_kind *kind)
{
    struct region *region = call->region;
    struct wafv2_all all = wafv2_all(call, view, kind);
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, kind->list);
    struct str *keys = region_take(region, (all.n + 1) * sizeof(*keys));
    struct wafv2_page page;

    /* A space comes before all that names have: "a" is before "a-b". */
    for (unsigned i = 0; i < all.n; i++)
        keys[i] = region_printf(region, STR_FMT " " STR_FMT,
                                STR_ARG(all.found[i].name),
                                STR_ARG(all.found[i].uuid));
    if (!wafv2_page(call, keys, all.n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        put_summary(region, add_map(region, list), &all.found[i]);
    wafv2_page_end(call, keys, all.n, &page, result);
    call->result = result;
    return true;
}
