/* SPDX-License-Identifier: Apache-2.0
 *
 * Which files stand here for trust stores, whose own are in S3.
 */
#include "model/local.h"
#include "model/schema.h"

/* ---- --trust-store ------------------------------------------------------------ */

/* The one of a listener's. */
static bool is_of(const struct config *config,
                  const struct config_trust_store *store, struct str name)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *l = config->listeners[i];

        if (l->tls && l->tls->trust_store == store && str_eq(l->id, name))
            return true;
    }
    return false;
}

static struct config_trust_store *find(const struct config *config,
                                       struct str name)
{
    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        struct config_trust_store *store = config->trust_stores[i];

        if (str_eq(store->arn, name) ||
            (store->id.n && str_eq(store->id, name)) ||
            is_of(config, store, name))
            return store;
    }
    return NULL;
}

static struct str called(const struct config_trust_store *store)
{
    return store->id.n ? store->id : store->owner;
}

static void unknown(const struct config *config, struct str given,
                    struct report *report)
{
    struct str name = shown(given);
    struct suggest near = suggest_for(given);
    char buffer[256];
    struct text all = text_in(buffer, sizeof(buffer));

    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        struct str id = called(config->trust_stores[i]);

        suggest_offer(&near, id.p);
        text_printf(&all, "%s" STR_FMT, i ? ", " : "", STR_ARG(id));
    }
    if (suggest_best(&near))
        report_error(report, NULL,
                     "--trust-store " STR_FMT ": there is no trust store of "
                     "this name\ndid you mean %s?",
                     STR_ARG(name), suggest_best(&near));
    else
        report_error(report, NULL,
                     "--trust-store " STR_FMT ": there is no trust store of "
                     "this name\n%s" STR_FMT,
                     STR_ARG(name),
                     all.n ? "write its ARN, or one of these: "
                           : "no listener verifies certificates of clients",
                     STR_ARG(text_str(&all)));
}

/* Files of the command line stand in the place of the template's. */
static bool take_files(struct region *region, struct str files,
                       struct config_trust_store *store)
{
    struct str bundle = str_cut(&files, ',');

    if (bundle.n == 0)
        return false;
    store->file = region_copy(region, bundle);
    store->text = STR("");
    store->nlists = 0;
    while (files.p) {
        struct str list = str_cut(&files, ',');

        if (list.n == 0 || store->nlists == CONFIG_REVOCATIONS_MAX)
            return false;
        store->list_texts[store->nlists] = STR("");
        store->lists[store->nlists++] = region_copy(region, list);
    }
    return true;
}

static void give_files(struct config *config,
                       const struct local_trust_store *given, bool again,
                       struct report *report)
{
    struct config_trust_store *store = find(config, given->name);
    struct str name = shown(given->name);

    if (store == NULL) {
        if (!again)
            unknown(config, given->name, report);
        return;
    }
    if (!take_files(&config->region, given->files, store))
        report_error(report, NULL,
                     "--trust-store " STR_FMT ": these are no files of a trust "
                     "store\nwrite NAME=CA.pem, or NAME=CA.pem,LIST.crl with "
                     "%d lists at most",
                     STR_ARG(name), CONFIG_REVOCATIONS_MAX);
}

/* ---- what is missing ----------------------------------------------------------- */

static void check_file(const struct config_listener *listener,
                       struct report *report)
{
    const struct config_trust_store *store = listener->tls->trust_store;
    struct str name = called(store);

    if (store->file.n)
        return;
    if (store->id.n)
        report_refuse(report, &store->place, "TrustStoreNotReady",
                      "trust store " STR_FMT ": its certificates are in S3, "
                      "which is not read here, and listener " STR_FMT
                      " verifies its clients by them\n"
                      "add Metadata: {Sluice: {CaCertificates: ca.pem}}, or "
                      "give --trust-store " STR_FMT "=ca.pem, or --s3-folder",
                      STR_ARG(name), STR_ARG(listener->id), STR_ARG(name));
    else
        report_refuse(report, &listener->place, "TrustStoreNotFound",
                      "listener " STR_FMT ": its trust store is not in this "
                      "template, and its certificates are not known here\n"
                      "give --trust-store " STR_FMT "=ca.pem",
                      STR_ARG(listener->id), STR_ARG(name));
}

void local_apply_trust_stores(struct config *config, const struct local *local,
                              struct report *report)
{
    for (unsigned i = 0; i < local->ntrust_stores; i++)
        give_files(config, &local->trust_stores[i], local->again, report);
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_tls *tls = config->listeners[i]->tls;

        if (tls && tls->trust_store)
            check_file(config->listeners[i], report);
    }
}
