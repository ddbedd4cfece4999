/* SPDX-License-Identifier: Apache-2.0
 *
 * Trust stores of mutual TLS, and what they revoke (alb.md 1.6, 5.7).
 *
 * AWS reads bundles and lists from S3 once, when a call names them.  So it is
 * here: what was read stands in the account as PEM (Bundle of the trust store's
 * Metadata.Sluice, List of a TrustStoreRevocation's), each revocation being a
 * resource of its own.  A template's trust stores may be files
 * (CaCertificates, RevocationLists, --trust-store, --s3-folder).
 */
#ifndef SLUICE_API_ELB_TRUST_H
#define SLUICE_API_ELB_TRUST_H

#include "api/action.h"

/* CreateTrustStore, DescribeTrustStores, ModifyTrustStore, DeleteTrustStore. */
extern const struct action_table elb_trust_store_actions;

/* Add-, Remove- and DescribeTrustStoreRevocations. */
extern const struct action_table elb_revocation_actions;

/* DescribeTrustStoreAssociations, DeleteSharedTrustStoreAssociation,
 * GetTrustStoreCaCertificatesBundle, GetTrustStoreRevocationContent. */
extern const struct action_table elb_trust_use_actions;

/* The store of that ARN.  NULL: refused (TrustStoreNotFound, or ValidationError
 * when it is no ARN of one). */
const struct config_trust_store *
elb_trust_store_of(struct call *call, const struct account_view *v,
                   struct str arn);

/* The one that TrustStoreArn names. */
const struct config_trust_store *elb_trust_store(struct call *call,
                                                 const struct account_view *v);

/* "clients" and "0123456789abcdef" of
 * arn:...:truststore/clients/0123456789abcdef. */
struct str elb_trust_name(const struct config_trust_store *store);
struct str elb_trust_id(const struct config_trust_store *store);

/* Whether the listener verifies its clients by it. */
bool elb_trust_is_of(const struct config_trust_store *store,
                     const struct config_listener *listener);

/* One in the account. */
const struct account_resource *
elb_trust_resource(const struct account_view *view,
                   const struct config_trust_store *store);

/* ---- revocations ----------------------------------------------------------------- */

/* A revocation of a trust store, in the account. */
struct elb_revocation {
    const struct account_resource *resource;
    unsigned id;      /* RevocationId; n-th of the template's: that */
    unsigned content; /* which of its RevocationContents */
    const struct value *entries; /* how many it revokes; NULL: not known */
    struct str text;             /* PEM; n == 0: it is a file */
    struct str file;             /* that one; n == 0: none is known */
};

/* Calls `visit` for each of the store with this ARN, in the order they came;
 * until it is false. */
void elb_revocations_of(const struct account_view *view, struct str store,
                        bool (*visit)(void *owner,
                                      const struct elb_revocation *revocation),
                        void *owner);

/* Its {S3Bucket, S3Key ...}; NULL: it has none. */
const struct value *
elb_revocation_content(const struct elb_revocation *revocation);

/* The one of the store with that id.  False: refused (RevocationIdNotFound). */
bool elb_revocation_find(struct call *call, const struct account_view *view,
                         const struct config_trust_store *store, struct str id,
                         struct elb_revocation *found);

/* ---- what is fetched --------------------------------------------------------------- */

/* For prepare(): fetches the bundle that the call names into call->more, and
 * looks into it. */
void elb_fetch_bundle(struct call *call, const struct object_source *objects);

/* ... the lists of RevocationContents. */
void elb_fetch_lists(struct call *call, const struct object_source *objects);

/* For edit(): whether what was fetched can be used; else refused, with the code
 * for what is not there, or for what is no bundle or list.  `fetched` is a MAP
 * {Pem, Count}: certificates or entries. */
bool elb_fetched(struct call *call, const struct value *fetched,
                 const char *not_there, const char *invalid);

#endif
