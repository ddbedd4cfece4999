/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateTrustStore, DescribeTrustStores, ModifyTrustStore and DeleteTrustStore.
 */
#include "api/elb_quota.h"
#include "api/elb_trust.h"
#include "api/find.h"
#include "api/paging.h"
#include "api/resource.h"
#include "api/tags.h"

static const char type[] = "AWS::ElasticLoadBalancingV2::TrustStore";

#define S3_MEMBERS                                                             \
    {.name = "CaCertificatesBundleS3Bucket",                                   \
     .kind = MEMBER_TEXT,                                                      \
     .required = true},                                                        \
        {.name = "CaCertificatesBundleS3Key",                                  \
         .kind = MEMBER_TEXT,                                                  \
         .required = true},                                                    \
    {                                                                          \
        .name = "CaCertificatesBundleS3ObjectVersion", .kind = MEMBER_TEXT     \
    }

static bool is_name(struct str s)
{
    bool hyphen = true; /* one may not follow */

    for (size_t i = 0; i < s.n; i++) {
        char c = str_lower(s.p[i]);

        if (c == '-' ? hyphen
                     : !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return false;
        hyphen = c == '-';
    }
    return !hyphen;
}

#define NAME_MEMBER(kind_of, needed, member_name)                              \
    {                                                                          \
        .name = (member_name), .kind = (kind_of), .required = (needed),        \
        .min = 1, .max = 32, .fits = is_name,                                  \
        .pattern = "^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$"                            \
    }

static const struct config_trust_store *find_named(const struct config *config,
                                                   struct str name)
{
    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        const struct config_trust_store *store = config->trust_stores[i];

        if (store->id.n && str_eq(elb_trust_name(store), name))
            return store;
    }
    return NULL;
}

/* ---- what is shown -------------------------------------------------------------------- */

/* Entries in all; false while one is not known. */
struct total {
    uint64_t n;
    bool known;
};

static bool add_entries(void *owner, const struct elb_revocation *revocation)
{
    struct total *total = owner;
    uint64_t n = 0;

    if (revocation->entries &&
        str_to_u64(revocation->entries->text, UINT32_MAX, &n))
        total->n += n;
    else
        total->known = false;
    return total->known;
}

static struct value *show(struct region *region,
                          const struct account_view *view,
                          const struct config_trust_store *store)
{
    const struct value *sluice =
        account_sluice(elb_trust_resource(view, store));
    const struct value *count = value_get(sluice, STR("Certificates"));
    struct total total = {.known = true};
    struct value *to = make_map(region);

    elb_revocations_of(view, store->arn, add_entries, &total);
    put_text(region, to, "Name", elb_trust_name(store));
    put_text(region, to, "TrustStoreArn", store->arn);
    put_text(region, to, "Status",
             store->file.n ? STR("ACTIVE") : STR("CREATING"));
    if (count)
        put_text(region, to, "NumberOfCaCertificates", count->text);
    if (total.known)
        put_number(region, to, "TotalRevokedEntries", total.n);
    return to;
}

static bool answer_with(struct call *call, const struct account_view *view,
                        const struct config_trust_store *store)
{
    struct value *result = make_map(call->region);

    value_append(put_list(call->region, result, "TrustStores"),
                 show(call->region, view, store));
    call->result = result;
    return true;
}

/* ---- CreateTrustStore ------------------------------------------------------------------ */

static const struct member create_members[] = {
    NAME_MEMBER(MEMBER_TEXT, true, "Name"),
    S3_MEMBERS,
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
};
static const struct shape create_shape = SHAPE_OF(create_members);

static unsigned count_stores(const struct config *config)
{
    unsigned n = 0;

    for (unsigned i = 0; i < config->ntrust_stores; i++)
        n += config->trust_stores[i]->id.n != 0;
    return n;
}

/* Metadata.Sluice with the bundle that was fetched. */
static const struct value *with_bundle(struct call *call,
                                       const struct value *sluice)
{
    struct region *region = call->region;
    const struct value *fetched = call->more;

    sluice = with_entry(region, sluice, "CaCertificates", NULL);
    sluice =
        with_entry(region, sluice, "Bundle", value_get(fetched, STR("Pem")));
    return with_entry(region, sluice, "Certificates",
                      value_get(fetched, STR("Count")));
}

static bool create_edit(struct call *call, const struct account_view *before)
{
    const struct config *config = before->config;
    struct str name = call_text(call, "Name");

    if (!tags_check(call, call_get(call, "Tags")))
        return false;
    if (find_named(config, name))
        return call_refuse(call, "DuplicateTrustStoreName",
                           "A trust store with the same name '" STR_FMT
                           "' already exists",
                           STR_ARG(name));
    if (!elb_quota_fits(call, before, QUOTA_TRUST_STORES,
                        count_stores(config) + 1, "TooManyTrustStores",
                        "The maximum number of trust stores has been "
                        "reached") ||
        !elb_fetched(call, call->more, "CaCertificatesBundleNotFound",
                     "InvalidCaCertificatesBundle"))
        return false;
    resource_make(call, before, "TrustStore", type, call->input,
                  with_bundle(call, NULL));
    return true;
}

static bool create_answer(struct call *call, const struct account_view *after)
{
    return answer_with(call, after,
                       find_named(after->config, call_text(call, "Name")));
}

/* ---- DescribeTrustStores ------------------------------------------------------------------ */

static const struct member describe_members[] = {
    {.name = "TrustStoreArns", .kind = MEMBER_TEXTS},
    NAME_MEMBER(MEMBER_TEXTS, false, "Names"),
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

static bool all_found(struct call *call, const struct account_view *view,
                      const struct value *arns, const struct value *names)
{
    for (const struct value *v = arns ? arns->first : NULL; v; v = v->next) {
        if (elb_trust_store_of(call, view, v->text) == NULL)
            return false;
    }
    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        if (find_named(view->config, v->text) == NULL)
            return call_refuse(call, "TrustStoreNotFound",
                               "One or more trust stores not found");
    }
    return true;
}

static const struct config_trust_store **
choose(struct call *call, const struct account_view *view, unsigned *n)
{
    const struct config *config = view->config;
    const struct value *arns = call_get(call, "TrustStoreArns");
    const struct value *names = call_get(call, "Names");
    const struct config_trust_store **chosen =
        region_take(call->region, (config->ntrust_stores + 1) * sizeof(void *));

    *n = 0;
    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        const struct config_trust_store *store = config->trust_stores[i];

        if (store->id.n == 0 ||
            (value_count(arns) && !list_has(arns, store->arn)) ||
            (value_count(names) && !list_has(names, elb_trust_name(store))))
            continue;
        chosen[(*n)++] = store;
    }
    return chosen;
}

static bool describe_answer(struct call *call, const struct account_view *view)
{
    const struct value *arns = call_get(call, "TrustStoreArns");
    const struct value *names = call_get(call, "Names");
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "TrustStores");
    const struct config_trust_store **chosen;
    struct paging page;
    unsigned n;

    if (value_count(arns) && value_count(names))
        return call_refuse(call, "ValidationError",
                           "Only one of trust store ARNs and trust store names "
                           "can be specified");
    if (!all_found(call, view, arns, names))
        return false;
    chosen = choose(call, view, &n);
    if (!paging_of(call, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        value_append(list, show(call->region, view, chosen[i]));
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- ModifyTrustStore -------------------------------------------------------------------- */

static const struct member modify_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    S3_MEMBERS,
};
static const struct shape modify_shape = SHAPE_OF(modify_members);

static bool modify_edit(struct call *call, const struct account_view *before)
{
    static const char *const names[] = {"CaCertificatesBundleS3Bucket",
                                        "CaCertificatesBundleS3Key",
                                        "CaCertificatesBundleS3ObjectVersion"};
    const struct config_trust_store *store = elb_trust_store(call, before);
    const struct account_resource *resource;
    const struct value *properties;

    if (store == NULL ||
        !elb_fetched(call, call->more, "CaCertificatesBundleNotFound",
                     "InvalidCaCertificatesBundle"))
        return false;
    resource = elb_trust_resource(before, store);
    properties = account_properties(resource);
    for (unsigned i = 0; i < 3; i++)
        properties = with_entry(call->region, properties, names[i],
                                call_get(call, names[i]));
    resource_change(call, resource, properties,
                    with_bundle(call, account_sluice(resource)));
    return true;
}

static bool modify_answer(struct call *call, const struct account_view *after)
{
    const struct config_trust_store *store = elb_trust_store(call, after);

    return store && answer_with(call, after, store);
}

/* ---- DeleteTrustStore -------------------------------------------------------------------- */

static const struct member delete_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape delete_shape = SHAPE_OF(delete_members);

static bool remove_revocation(void *owner,
                              const struct elb_revocation *revocation)
{
    struct call *call = owner;

    if (revocation->content == 0)
        edit_remove(call->region, &call->edit, revocation->resource->id);
    return true;
}

static bool is_used(const struct config *config,
                    const struct config_trust_store *store)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (elb_trust_is_of(store, config->listeners[i]))
            return true;
    }
    return false;
}

static bool delete_edit(struct call *call, const struct account_view *before)
{
    const struct config_trust_store *store = elb_trust_store(call, before);

    if (store == NULL)
        return false;
    if (is_used(before->config, store))
        return call_refuse(call, "TrustStoreInUse",
                           "Trust store '" STR_FMT
                           "' is currently in use by a listener",
                           STR_ARG(store->arn));
    elb_revocations_of(before, store->arn, remove_revocation, call);
    edit_remove(call->region, &call->edit, store->id);
    return true;
}

/* ---- the table -------------------------------------------------------------------------- */

static const char *const by_arn[] = {"TrustStoreArn", NULL};
static const char *const by_arns[] = {"TrustStoreArns", NULL};

static const struct action actions[] = {
    {.name = "CreateTrustStore",
     .input = &create_shape,
     .prepare = elb_fetch_bundle,
     .edit = create_edit,
     .answer = create_answer},
    {.name = "DescribeTrustStores",
     .input = &describe_shape,
     .resources = by_arns,
     .answer = describe_answer},
    {.name = "ModifyTrustStore",
     .input = &modify_shape,
     .resources = by_arn,
     .prepare = elb_fetch_bundle,
     .edit = modify_edit,
     .answer = modify_answer},
    {.name = "DeleteTrustStore",
     .input = &delete_shape,
     .resources = by_arn,
     .edit = delete_edit},
};

const struct action_table elb_trust_store_actions = ACTION_TABLE(actions);
