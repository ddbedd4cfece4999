/* SPDX-License-Identifier: Apache-2.0
 *
 * AddTrustStoreRevocations, RemoveTrustStoreRevocations and
 * DescribeTrustStoreRevocations.
 */
#include "api/elb_quota.h"
#include "api/elb_trust.h"
#include "api/find.h"
#include "api/paging.h"
#include "api/resource.h"
#include "crypto/trust_store.h"

static const char type[] = "AWS::ElasticLoadBalancingV2::TrustStoreRevocation";

/* A larger list is looked at when a listener verifies by it, on another
 * thread. */
enum { SIGNATURE_TEXT_MAX = 1024 * 1024 };

static const char *const kinds[] = {"CRL", NULL};

static const struct member content_members[] = {
    {.name = "S3Bucket", .kind = MEMBER_TEXT},
    {.name = "S3Key", .kind = MEMBER_TEXT},
    {.name = "S3ObjectVersion", .kind = MEMBER_TEXT},
    {.name = "RevocationType", .kind = MEMBER_WORD, .words = kinds},
};
static const struct shape content_shape = SHAPE_OF(content_members);

/* ---- those there are ------------------------------------------------------------------- */

struct counting {
    unsigned n;
    uint64_t entries;
    unsigned last; /* the greatest id */
};

static bool count(void *owner, const struct elb_revocation *revocation)
{
    struct counting *c = owner;
    uint64_t n = 0;

    if (revocation->entries)
        str_to_u64(revocation->entries->text, UINT32_MAX, &n);
    c->n++;
    c->entries += n;
    if (revocation->id > c->last)
        c->last = revocation->id;
    return true;
}

static void put_revocation(struct region *region, struct value *to,
                           struct str store, unsigned id,
                           const struct value *entries)
{
    put_text(region, to, "TrustStoreArn", store);
    put_number(region, to, "RevocationId", id);
    put_text(region, to, "RevocationType", STR("CRL"));
    if (entries)
        put_text(region, to, "NumberOfRevokedEntries", entries->text);
}

/* ---- AddTrustStoreRevocations ------------------------------------------------------------ */

static const struct member add_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "RevocationContents",
     .kind = MEMBER_STRUCTS,
     .shape = &content_shape},
};
static const struct shape add_shape = SHAPE_OF(add_members);

/* Whether an authority of the store's bundle that has the name of the list's
 * issuer signed it. */
static bool check_signature(struct call *call,
                            const struct config_trust_store *store,
                            struct str list)
{
    struct trust_file bundle = {store->file, store->text};
    struct trust_file file = {STR("the list"), list};
    struct error why = {""};
    struct tls_trust *trust;

    if (store->text.n == 0 || list.n > SIGNATURE_TEXT_MAX)
        return true;
    trust = tls_trust_new(&bundle, 1, &file, &why);
    tls_trust_release(trust);
    return trust ||
           call_refuse(call, "InvalidRevocationContent", "%s", why.text);
}

static bool check_lists(struct call *call,
                        const struct config_trust_store *store,
                        struct counting *there)
{
    for (const struct value *v = call->more->first; v; v = v->next) {
        if (!elb_fetched(call, v, "RevocationContentNotFound",
                         "InvalidRevocationContent") ||
            !check_signature(call, store, member_text(v, "Pem")))
            return false;
        there->n++;
        there->entries += member_number(v, "Count", 0);
    }
    return true;
}

static bool check_quotas(struct call *call, const struct account_view *view,
                         const struct counting *all)
{
    static const char code[] = "TooManyTrustStoreRevocationEntries";
    unsigned entries =
        all->entries < UINT32_MAX ? (unsigned)all->entries : UINT32_MAX;

    return elb_quota_fits(call, view, QUOTA_TRUST_STORE_LISTS, all->n, code,
                          "The maximum number of revocation lists of a trust "
                          "store has been reached") &&
           elb_quota_fits(call, view, QUOTA_REVOCATION_ENTRIES, entries, code,
                          "The maximum number of revocation entries of a trust "
                          "store has been reached");
}

static void make_revocation(struct call *call, const struct account_view *view,
                            const struct config_trust_store *store,
                            const struct value *content,
                            const struct value *fetched, unsigned id)
{
    struct region *region = call->region;
    struct value *properties = make_map(region);
    struct value *sluice = make_map(region);

    put_text(region, properties, "TrustStoreArn", store->arn);
    value_append(put_list(region, properties, "RevocationContents"),
                 value_copy(region, content));
    put_number(region, sluice, "RevocationId", id);
    put_text(region, sluice, "Entries", member_text(fetched, "Count"));
    put_text(region, sluice, "List", member_text(fetched, "Pem"));
    resource_make(call, view, "TrustStoreRevocation", type, properties, sluice);
}

/* Ids are never given again. */
static unsigned last_id(const struct account_resource *store,
                        const struct counting *there)
{
    unsigned last = member_number(account_sluice(store), "LastRevocation", 0);

    return last > there->last ? last : there->last;
}

static void add_all(struct call *call, const struct account_view *view,
                    const struct config_trust_store *store, unsigned last)
{
    const struct account_resource *resource = elb_trust_resource(view, store);
    const struct value *content = call_get(call, "RevocationContents")->first;
    struct value *number = make_map(call->region);

    for (const struct value *v = call->more->first; v;
         v = v->next, content = content->next)
        make_revocation(call, view, store, content, v, ++last);
    put_number(call->region, number, "LastRevocation", last);
    resource_change(call, resource, NULL,
                    with_entry(call->region, account_sluice(resource),
                               "LastRevocation", number->first));
}

static bool add_edit(struct call *call, const struct account_view *before)
{
    const struct config_trust_store *store = elb_trust_store(call, before);
    struct counting there = {.n = 0};
    unsigned last;

    if (store == NULL)
        return false;
    if (value_count(call_get(call, "RevocationContents")) == 0)
        return call_refuse(call, "ValidationError",
                           "At least one revocation content must be specified");
    elb_revocations_of(before, store->arn, count, &there);
    last = last_id(elb_trust_resource(before, store), &there);
    if (!check_lists(call, store, &there) ||
        !check_quotas(call, before, &there))
        return false;
    add_all(call, before, store, last);
    return true;
}

/* The last ones of a store. */
struct tail {
    struct call *call;
    struct str store;
    unsigned skip;
    struct value *list;
};

static bool list_tail(void *owner, const struct elb_revocation *revocation)
{
    struct tail *t = owner;

    if (t->skip)
        t->skip--;
    else
        put_revocation(t->call->region, add_map(t->call->region, t->list),
                       t->store, revocation->id, revocation->entries);
    return true;
}

static bool add_answer(struct call *call, const struct account_view *after)
{
    const struct config_trust_store *store = elb_trust_store(call, after);
    unsigned added = value_count(call_get(call, "RevocationContents"));
    struct value *result = make_map(call->region);
    struct counting all = {.n = 0};
    struct tail tail = {
        .call = call,
        .list = put_list(call->region, result, "TrustStoreRevocations"),
    };

    if (store == NULL)
        return false;
    elb_revocations_of(after, store->arn, count, &all);
    tail.store = store->arn;
    tail.skip = all.n > added ? all.n - added : 0;
    elb_revocations_of(after, store->arn, list_tail, &tail);
    call->result = result;
    return true;
}

/* ---- RemoveTrustStoreRevocations ---------------------------------------------------------- */

static const struct member remove_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "RevocationIds", .kind = MEMBER_TEXTS, .required = true},
};
static const struct shape remove_shape = SHAPE_OF(remove_members);

static bool ids_found(struct call *call, const struct account_view *view,
                      const struct config_trust_store *store,
                      const struct value *ids)
{
    struct elb_revocation found;

    for (const struct value *v = ids ? ids->first : NULL; v; v = v->next) {
        if (!elb_revocation_find(call, view, store, v->text, &found))
            return false;
    }
    return true;
}

/* A resource of which some go: one of a template may have several. */
struct removing {
    struct call *call;
    const struct value *ids;
    const struct account_resource *resource; /* NULL: none yet */
    bool changed;
    struct value *contents; /* that stay */
    struct value *lists;
};

static void put_rest(struct removing *r)
{
    struct region *region = r->call->region;
    const struct value *sluice;

    if (r->resource == NULL || !r->changed)
        return;
    if (r->contents->first == NULL) {
        edit_remove(region, &r->call->edit, r->resource->id);
        return;
    }
    sluice = with_entry(region, account_sluice(r->resource), "RevocationLists",
                        r->lists->first ? r->lists : NULL);
    resource_change(r->call, r->resource,
                    with_entry(region, account_properties(r->resource),
                               "RevocationContents", r->contents),
                    sluice);
}

static bool sort_out(void *owner, const struct elb_revocation *revocation)
{
    struct removing *r = owner;
    struct region *region = r->call->region;
    const struct value *contents;

    if (r->resource != revocation->resource) {
        put_rest(r);
        r->resource = revocation->resource;
        r->changed = false;
        r->contents = make_list(region);
        r->lists = make_list(region);
    }
    if (list_has(r->ids, region_printf(region, "%u", revocation->id))) {
        r->changed = true;
        return true;
    }
    contents = elb_revocation_content(revocation);
    if (contents)
        value_append(r->contents, value_copy(region, contents));
    if (revocation->file.n)
        add_text(region, r->lists, revocation->file);
    return true;
}

static bool remove_edit(struct call *call, const struct account_view *before)
{
    const struct config_trust_store *store = elb_trust_store(call, before);
    struct removing removing = {
        .call = call,
        .ids = call_get(call, "RevocationIds"),
    };

    if (store == NULL || !ids_found(call, before, store, removing.ids))
        return false;
    elb_revocations_of(before, store->arn, sort_out, &removing);
    put_rest(&removing);
    return true;
}

/* ---- DescribeTrustStoreRevocations --------------------------------------------------------- */

static const struct member describe_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "RevocationIds", .kind = MEMBER_TEXTS},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

/* All that are told, before the page is cut. */
struct listing {
    struct call *call;
    struct str store;
    const struct value *ids; /* no elements: all */
    struct value *list;
};

static bool list_one(void *owner, const struct elb_revocation *revocation)
{
    struct listing *l = owner;
    struct region *region = l->call->region;
    struct str id = region_printf(region, "%u", revocation->id);

    if (value_count(l->ids) == 0 || list_has(l->ids, id))
        put_revocation(region, add_map(region, l->list), l->store,
                       revocation->id, revocation->entries);
    return true;
}

static void put_page(struct call *call, const struct value *all,
                     const struct paging *page, struct value *list)
{
    unsigned i = 0;

    for (const struct value *v = all->first; v; v = v->next, i++) {
        if (i >= page->from && i < page->to)
            value_append(list, value_copy(call->region, v));
    }
}

static bool describe_answer(struct call *call, const struct account_view *view)
{
    const struct config_trust_store *store = elb_trust_store(call, view);
    struct listing l = {
        .call = call,
        .ids = call_get(call, "RevocationIds"),
        .list = make_list(call->region),
    };
    struct value *result = make_map(call->region);
    struct paging page;
    unsigned n;

    if (store == NULL || !ids_found(call, view, store, l.ids))
        return false;
    l.store = store->arn;
    elb_revocations_of(view, store->arn, list_one, &l);
    n = value_count(l.list);
    if (!paging_of(call, n, &page))
        return false;
    put_page(call, l.list, &page,
             put_list(call->region, result, "TrustStoreRevocations"));
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- the table ------------------------------------------------------------------------------ */

static const char *const by_arn[] = {"TrustStoreArn", NULL};

static const struct action actions[] = {
    {.name = "AddTrustStoreRevocations",
     .input = &add_shape,
     .resources = by_arn,
     .prepare = elb_fetch_lists,
     .edit = add_edit,
     .answer = add_answer},
    {.name = "RemoveTrustStoreRevocations",
     .input = &remove_shape,
     .resources = by_arn,
     .edit = remove_edit},
    {.name = "DescribeTrustStoreRevocations",
     .input = &describe_shape,
     .resources = by_arn,
     .answer = describe_answer},
};

const struct action_table elb_revocation_actions = ACTION_TABLE(actions);
