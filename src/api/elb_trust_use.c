/* SPDX-License-Identifier: Apache-2.0
 *
 * What trust stores are used for and hold: DescribeTrustStoreAssociations,
 * DeleteSharedTrustStoreAssociation, GetTrustStoreCaCertificatesBundle and
 * GetTrustStoreRevocationContent.
 */
#include "api/elb_trust.h"
#include "api/find.h"
#include "api/kept.h"
#include "api/paging.h"

/* ---- DescribeTrustStoreAssociations -------------------------------------------------- */

static const struct member associations_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};
static const struct shape associations_shape = SHAPE_OF(associations_members);

static unsigned count_listeners(const struct config *config,
                                const struct config_trust_store *store)
{
    unsigned n = 0;

    for (unsigned i = 0; i < config->nlisteners; i++)
        n += elb_trust_is_of(store, config->listeners[i]);
    return n;
}

static bool associations_answer(struct call *call,
                                const struct account_view *view)
{
    const struct config *config = view->config;
    const struct config_trust_store *store = elb_trust_store(call, view);
    struct value *result = make_map(call->region);
    struct value *list =
        put_list(call->region, result, "TrustStoreAssociations");
    unsigned n = store ? count_listeners(config, store) : 0;
    struct paging page;
    unsigned k = 0;

    if (store == NULL || !paging_of(call, n, &page))
        return false;
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (!elb_trust_is_of(store, config->listeners[i]))
            continue;
        if (k >= page.from && k < page.to)
            put_text(call->region, add_map(call->region, list), "ResourceArn",
                     config->listeners[i]->arn);
        k++;
    }
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- DeleteSharedTrustStoreAssociation ------------------------------------------------ */

static const struct member shared_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "ResourceArn", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape shared_shape = SHAPE_OF(shared_members);

/* A listener that verifies by it, or the load balancer of one. */
static bool is_associated(const struct config *config,
                          const struct config_trust_store *store,
                          struct str arn)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *l = config->listeners[i];

        if (elb_trust_is_of(store, l) &&
            (str_eq(l->arn, arn) || str_eq(l->load_balancer->arn, arn)))
            return true;
    }
    return false;
}

/* There is one account: what is associated is its own. */
static bool shared_edit(struct call *call, const struct account_view *before)
{
    const struct config_trust_store *store = elb_trust_store(call, before);

    if (store == NULL)
        return false;
    if (!is_associated(before->config, store, call_text(call, "ResourceArn")))
        return call_refuse(call, "AssociationNotFound",
                           "The specified association does not exist");
    return call_refuse(call, "DeleteAssociationSameAccount",
                       "The specified association cannot be within the same "
                       "account: modify the listener instead");
}

/* ---- what they hold ------------------------------------------------------------------ */

static const struct member bundle_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape bundle_shape = SHAPE_OF(bundle_members);

static const struct member content_members[] = {
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "RevocationId", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape content_shape = SHAPE_OF(content_members);

/* A link to what the account keeps, or a file of this machine. */
static bool answer_with(struct call *call, const struct account_view *view,
                        bool kept, struct str what, struct str file)
{
    struct value *result = make_map(call->region);

    put_text(
        call->region, result, "Location",
        kept ? kept_link(call->region, view, what)
             : region_printf(call->region, "file://" STR_FMT, STR_ARG(file)));
    call->result = result;
    return true;
}

static bool bundle_answer(struct call *call, const struct account_view *view)
{
    const struct config_trust_store *store = elb_trust_store(call, view);

    return store && answer_with(call, view, store->text.n != 0,
                                region_printf(call->region,
                                              "trust-store/" STR_FMT "/bundle",
                                              STR_ARG(elb_trust_id(store))),
                                store->file);
}

static bool content_answer(struct call *call, const struct account_view *view)
{
    const struct config_trust_store *store = elb_trust_store(call, view);
    struct elb_revocation found;

    return store &&
           elb_revocation_find(call, view, store,
                               call_text(call, "RevocationId"), &found) &&
           answer_with(call, view, found.text.n != 0,
                       region_printf(call->region,
                                     "trust-store/" STR_FMT "/revocation/%u",
                                     STR_ARG(elb_trust_id(store)), found.id),
                       found.file);
}

/* ---- the table ------------------------------------------------------------------------- */

static const char *const by_arn[] = {"TrustStoreArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeTrustStoreAssociations",
     .input = &associations_shape,
     .resources = by_arn,
     .answer = associations_answer},
    {.name = "DeleteSharedTrustStoreAssociation",
     .input = &shared_shape,
     .resources = by_arn,
     .edit = shared_edit},
    {.name = "GetTrustStoreCaCertificatesBundle",
     .input = &bundle_shape,
     .resources = by_arn,
     .answer = bundle_answer},
    {.name = "GetTrustStoreRevocationContent",
     .input = &content_shape,
     .resources = by_arn,
     .answer = content_answer},
};

const struct action_table elb_trust_use_actions = ACTION_TABLE(actions);
