/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_trust.h"

#include "api/find.h"

/* ---- which one ---------------------------------------------------------------------- */

static bool is_arn(struct str arn)
{
    static const char kind[] = ":truststore/";

    return str_starts(arn, STR("arn:")) &&
           memmem(arn.p, arn.n, kind, sizeof(kind) - 1) != NULL;
}

const struct config_trust_store *
elb_trust_store_of(struct call *call, const struct account_view *v,
                   struct str arn)
{
    const struct config_trust_store *store = find_trust_store(v->config, arn);

    if (store)
        return store;
    if (is_arn(arn))
        call_refuse(call, "TrustStoreNotFound",
                    "One or more trust stores not found");
    else
        call_refuse(call, "ValidationError",
                    "'" STR_FMT "' is not a valid trust store ARN",
                    STR_ARG(arn));
    return NULL;
}

const struct config_trust_store *elb_trust_store(struct call *call,
                                                 const struct account_view *v)
{
    return elb_trust_store_of(call, v, call_text(call, "TrustStoreArn"));
}

struct str elb_trust_name(const struct config_trust_store *store)
{
    struct str rest = store->arn;

    str_cut(&rest, '/');
    return str_cut(&rest, '/');
}

struct str elb_trust_id(const struct config_trust_store *store)
{
    struct str rest = store->arn;

    str_cut(&rest, '/');
    str_cut(&rest, '/');
    return rest;
}

bool elb_trust_is_of(const struct config_trust_store *store,
                     const struct config_listener *listener)
{
    return listener->tls && listener->tls->trust_store == store;
}

const struct account_resource *
elb_trust_resource(const struct account_view *view,
                   const struct config_trust_store *store)
{
    return account_find(view->account, store->id);
}

/* ---- its revocations ------------------------------------------------------------------ */

/* Gives those of one resource; `*n` of the store were before it. */
struct visiting {
    bool (*visit)(void *owner, const struct elb_revocation *revocation);
    void *owner;
    unsigned n;
};

/* The n-th element; NULL: there is none. */
static const struct value *nth(const struct value *list, unsigned n)
{
    const struct value *v = list ? list->first : NULL;

    while (v && n--)
        v = v->next;
    return v;
}

static bool visit_resource(struct visiting *v, const struct account_resource *r)
{
    const struct value *sluice = account_sluice(r);
    const struct value *contents =
        value_get(account_properties(r), STR("RevocationContents"));
    const struct value *files = value_get(sluice, STR("RevocationLists"));
    unsigned n = value_count(contents);

    if (value_count(files) > n)
        n = value_count(files);
    for (unsigned i = 0; i < n; i++) {
        const struct value *file = nth(files, i);
        struct elb_revocation revocation = {
            .resource = r,
            .id = member_number(sluice, "RevocationId", ++v->n),
            .content = i,
            .entries = value_get(sluice, STR("Entries")),
            .text = member_text(sluice, "List"),
            .file = file ? file->text : STR(""),
        };

        if (!v->visit(v->owner, &revocation))
            return false;
    }
    return true;
}

void elb_revocations_of(const struct account_view *view, struct str store,
                        bool (*visit)(void *owner,
                                      const struct elb_revocation *revocation),
                        void *owner)
{
    struct visiting visiting = {visit, owner, 0};

    for (unsigned i = 0; i < view->account->n; i++) {
        const struct account_resource *r = view->account->resources[i];
        const struct value *of =
            value_get(account_properties(r), STR("TrustStoreArn"));

        if (of && str_eq(of->text, store) &&
            str_eq(account_type(r),
                   STR("AWS::ElasticLoadBalancingV2::TrustStoreRevocation")) &&
            !visit_resource(&visiting, r))
            return;
    }
}

const struct value *
elb_revocation_content(const struct elb_revocation *revocation)
{
    return nth(value_get(account_properties(revocation->resource),
                         STR("RevocationContents")),
               revocation->content);
}

/* One that is looked for by its id. */
struct looking {
    struct str id;
    struct elb_revocation found; /* resource NULL: there is none */
};

static bool look(void *owner, const struct elb_revocation *revocation)
{
    struct looking *l = owner;
    uint64_t id;

    if (!str_to_u64(l->id, UINT32_MAX, &id) || id != revocation->id)
        return true;
    l->found = *revocation;
    return false;
}

bool elb_revocation_find(struct call *call, const struct account_view *view,
                         const struct config_trust_store *store, struct str id,
                         struct elb_revocation *found)
{
    struct looking l = {.id = id};

    elb_revocations_of(view, store->arn, look, &l);
    *found = l.found;
    return found->resource ||
           call_refuse(call, "RevocationIdNotFound",
                       "The revocation ID '" STR_FMT "' does not exist",
                       STR_ARG(id));
}
