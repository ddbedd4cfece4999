/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is meant by an ARN, or by Name, Scope and Id.
 */
#include <stdlib.h>

#include "api/waf.h"
#include "model/arn.h"

static const struct wafv2_kind *const kinds[] = {
    &wafv2_web_acls,
    &wafv2_rule_groups,
    &wafv2_ip_sets,
    &wafv2_regex_sets,
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool is_cloudfront(const struct account_resource *resource)
{
    return str_eq(member_text(account_properties(resource), "Scope"),
                  STR("CLOUDFRONT"));
}

static struct wafv2_found tell(struct region *region,
                               const struct config *config,
                               const struct wafv2_kind *kind,
                               const struct account_resource *resource)
{
    struct arn_scope scope = {config->region_name, config->account,
                              config->stack};
    const struct value *own = account_sluice(resource);
    struct wafv2_found found = {
        .kind = kind,
        .resource = resource,
        .cloudfront = is_cloudfront(resource),
    };

    found.name =
        arn_waf_name(region, member_text(account_properties(resource), "Name"),
                     resource->id);
    found.uuid = arn_certificate_id(region, &scope, member_text(own, "Id"),
                                    resource->id);
    found.arn = member_text(own, "Arn");
    if (found.arn.n == 0)
        found.arn = arn_waf(region, &scope, kind->path, found.name, found.uuid,
                            found.cloudfront);
    return found;
}

static bool is_of(const struct account_resource *resource,
                  const struct wafv2_kind *kind)
{
    return str_eq(account_type(resource), str_of(kind->type));
}

static const struct wafv2_kind *kind_of(const struct account_resource *resource)
{
    for (unsigned i = 0; i < NKINDS; i++) {
        if (is_of(resource, kinds[i]))
            return kinds[i];
    }
    return NULL;
}

struct wafv2_found wafv2_with_arn(struct region *region,
                                  const struct account_view *view,
                                  struct str arn)
{
    const struct account *account = view->account;

    for (unsigned i = 0; i < account->n; i++) {
        const struct wafv2_kind *kind = kind_of(account->resources[i]);
        struct wafv2_found found;

        if (kind == NULL)
            continue;
        found = tell(region, view->config, kind, account->resources[i]);
        if (str_eq(found.arn, arn))
            return found;
    }
    return (struct wafv2_found){.resource = NULL};
}

struct wafv2_found wafv2_with_id(struct region *region,
                                 const struct account_view *view,
                                 const struct wafv2_kind *kind, struct str id)
{
    const struct account_resource *r = account_find(view->account, id);

    if (r == NULL || !is_of(r, kind))
        return (struct wafv2_found){.resource = NULL};
    return tell(region, view->config, kind, r);
}

bool wafv2_is_cloudfront(const struct call *call)
{
    return str_eq(call_text(call, "Scope"), STR("CLOUDFRONT"));
}

/* resource NULL: there is none. */
static struct wafv2_found find_named(const struct call *call,
                                     const struct account_view *view,
                                     const struct wafv2_kind *kind)
{
    const struct account *account = view->account;

    for (unsigned i = 0; i < account->n; i++) {
        struct wafv2_found found;

        if (!is_of(account->resources[i], kind))
            continue;
        found = tell(call->region, view->config, kind, account->resources[i]);
        if (found.cloudfront == wafv2_is_cloudfront(call) &&
            str_eq(found.name, call_text(call, "Name")) &&
            str_eq(found.uuid, call_text(call, "Id")))
            return found;
    }
    return (struct wafv2_found){.resource = NULL};
}

bool wafv2_find(struct call *call, const struct account_view *view,
                const struct wafv2_kind *kind, struct wafv2_found *found)
{
    *found = find_named(call, view, kind);
    if (found->resource)
        return true;
    return wafv2_refuse_missing(
        call,
        "there is no %s " STR_FMT " with the id " STR_FMT " in scope " STR_FMT,
        kind->name, STR_ARG(call_text(call, "Name")),
        STR_ARG(call_text(call, "Id")), STR_ARG(call_text(call, "Scope")));
}

struct str wafv2_concerned(const struct call *call,
                           const struct account_view *view,
                           const struct wafv2_kind *kind)
{
    const struct config *config = view->config;
    struct arn_scope scope = {config->region_name, config->account,
                              config->stack};
    struct wafv2_found found = find_named(call, view, kind);
    struct str id = call_text(call, "Id");

    if (call_get(call, "ARN"))
        return call_text(call, "ARN");
    if (found.resource)
        return found.arn;
    return arn_waf(call->region, &scope, kind->path, call_text(call, "Name"),
                   id.n ? id : STR("*"), wafv2_is_cloudfront(call));
}

/* The part of the ARN behind that colon; p == NULL: it has fewer. */
static struct str behind_colons(struct str arn, unsigned colons)
{
    while (colons-- && arn.p)
        str_cut(&arn, ':');
    return arn;
}

bool wafv2_is_arn(struct str arn, const struct wafv2_kind *kind)
{
    struct str path = behind_colons(arn, 5);

    if (!str_starts(arn, STR("arn:")) || path.p == NULL ||
        !str_starts(behind_colons(arn, 2), STR("wafv2:")))
        return false;
    str_cut(&path, '/');
    return path.p && str_eq(str_cut(&path, '/'), str_of(kind->path)) &&
           path.n > 2;
}

bool wafv2_find_arn(struct call *call, const struct account_view *view,
                    const struct wafv2_kind *kind, const char *member,
                    struct wafv2_found *found)
{
    struct str arn = call_text(call, member);

    if (!wafv2_is_arn(arn, kind))
        return wafv2_refuse_invalid(
            call, "RESOURCE_ARN", arn,
            "The ARN isn\u2019t valid. A valid ARN of a "
            "%s is arn:aws:wafv2:REGION:ACCOUNT:regional/"
            "%s/NAME/ID",
            kind->name, kind->path);
    *found = wafv2_with_arn(call->region, view, arn);
    if (found->resource)
        return true;
    return wafv2_refuse_missing(call, "there is no %s " STR_FMT, kind->name,
                                STR_ARG(arn));
}

/* ---- all of a kind ----------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct wafv2_found *x = a;
    const struct wafv2_found *y = b;
    int order = str_compare(x->name, y->name);

    return order ? order : str_compare(x->uuid, y->uuid);
}

struct wafv2_all wafv2_all(struct call *call, const struct account_view *view,
                           const struct wafv2_kind *kind)
{
    const struct account *account = view->account;
    struct wafv2_all all = {
        .found = region_take(call->region,
                             (account->n + 1) * sizeof(struct wafv2_found)),
    };

    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];

        if (is_of(r, kind) && is_cloudfront(r) == wafv2_is_cloudfront(call))
            all.found[all.n++] = tell(call->region, view->config, kind, r);
    }
    if (all.n)
        qsort(all.found, all.n, sizeof(*all.found), compare);
    return all;
}

/* ---- who uses it -------------------------------------------------------------------- */

static bool names(const struct value *value, struct str arn, unsigned depth)
{
    if (value_is_scalar(value))
        return str_eq(value->text, arn);
    for (const struct value *v = value->first; depth && v; v = v->next) {
        if (names(v, arn, depth - 1))
            return true;
    }
    return false;
}

/* A tag that has the ARN uses nothing. */
bool wafv2_names(const struct value *properties, struct str arn)
{
    for (const struct value *v = properties ? properties->first : NULL; v;
         v = v->next) {
        if (!str_eq(v->key, STR("Tags")) && names(v, arn, VALUE_NESTED_MAX))
            return true;
    }
    return false;
}

struct str wafv2_arn_of(struct region *region, const struct account_view *view,
                        const struct account_resource *resource)
{
    const struct wafv2_kind *kind = kind_of(resource);

    return kind ? tell(region, view->config, kind, resource).arn : STR("");
}
