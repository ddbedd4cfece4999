/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/identity.h"

#include <stdlib.h>

#include "aws/chain.h"
#include "aws/client_internal.h"
#include "aws/provider.h"
#include "aws/reader.h"
#include "aws/refresh.h"
#include "aws/where.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

struct aws_identity {
    struct aws_client *client;
    struct region memory; /* of the settings */
    char **environment;
    struct str said; /* region of the options */
    struct reader reader;

    bool has_settings;
    bool reading; /* the shared files: for settings, or for credentials too */
    struct aws_settings settings;

    struct region chain_memory; /* of profiles and chain; secrets */
    struct profiles profiles;
    struct aws_chain chain;
    struct provider provider;
    bool searching;                      /* files and provider */
    bool forced;                         /* the present ones were refused */
    struct aws_credentials *credentials; /* NULL: none yet */
    bool stable; /* they are used though they have expired, if need be; while
                    the next search goes on the chain does not say it */
    struct refresh refresh;
    int64_t again; /* no search before; seconds since 1970 */
    int64_t forced_at;
    unsigned failures;  /* in a row */
    struct error error; /* of the last search; "": it succeeded */

    struct where where; /* the region, when nobody says it */
    int64_t where_again;
    unsigned where_failures;
    struct error where_error;
};

/* ---- credentials --------------------------------------------------------- */

static void search_failed(struct aws_identity *id, const struct error *error)
{
    bool first = id->failures == 0;

    id->searching = false;
    id->forced = false;
    id->failures++;
    id->again = clock_wall_seconds() +
                refresh_again(id->failures, id->credentials != NULL,
                              random_u64(&id->client->loop->random));
    id->error = *error;
    if (first)
        log_write(LOG_WARN, "aws", "no %scredentials: %s",
                  id->credentials ? "new " : "", error->text);
    aws_client_wake(id->client);
}

/* Those of a metadata service are good for a while after they should have been
 * replaced, when it cannot ("static stability"). */
static bool is_stable(const struct aws_chain *chain)
{
    return chain->kind == CHAIN_IMDS || chain->kind == CHAIN_CONTAINER;
}

/* Where nothing is configured, what could have been is said too. */
static void explain(struct aws_identity *id, const struct error *error)
{
    struct error all = *error;

    if (id->chain.last_resort)
        error_set(&all,
                  "there are none in the environment (AWS_ACCESS_KEY_ID, "
                  "AWS_WEB_IDENTITY_TOKEN_FILE), in profile \"" STR_FMT
                  "\", of a container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, "
                  "_FULL_URI); %s",
                  STR_ARG(aws_profile_name(id->environment)), error->text);
    search_failed(id, &all);
}

static void on_found(struct provider *provider, struct aws_credentials *found,
                     const struct error *error)
{
    struct aws_identity *id =
        LIST_ENTRY_OF(provider, struct aws_identity, provider);
    int64_t now = clock_wall_seconds();
    struct error expired;

    id->client->counts.refreshes++;
    if (found && found->expires && found->expires <= now &&
        !is_stable(&id->chain)) {
        error_set(&expired, STR_FMT ": the credentials have expired",
                  STR_ARG(id->chain.from));
        aws_credentials_unref(found);
        search_failed(id, &expired);
        return;
    }
    if (found == NULL) {
        explain(id, error);
        return;
    }
    if (id->failures || id->credentials == NULL)
        log_write(LOG_INFO, "aws", "credentials: " STR_FMT,
                  STR_ARG(id->chain.from));
    aws_credentials_unref(id->credentials);
    id->credentials = found;
    id->stable = is_stable(&id->chain);
    id->refresh = refresh_plan(now, found->expires,
                               random_u64(&id->client->loop->random));
    id->searching = id->forced = false;
    id->failures = 0;
    id->error.text[0] = '\0';
    id->again = 0;
    if (found->expires && found->expires <= now)
        id->again = now + refresh_again(1, true, (uint64_t)now);
    aws_client_wake(id->client);
}

/* The files are read. */
static void choose(struct aws_identity *id)
{
    struct error error;

    if (aws_chain_choose(&id->chain_memory, id->environment, &id->profiles,
                         &id->chain, &error))
        provider_begin(&id->provider, &id->chain);
    else
        search_failed(id, &error);
}

/* ---- the shared files ---------------------------------------------------- */

static void take_settings(struct aws_identity *id)
{
    struct region *region = &id->memory;

    aws_settings_read(region, id->environment, &id->profiles, id->said,
                      &id->settings);
    /* The profiles go with the next search. */
    id->settings.region = region_copy(region, id->settings.region);
    id->settings.ca_bundle = region_copy(region, id->settings.ca_bundle);
    for (unsigned i = 0; i < AWS_SERVICES; i++)
        id->settings.endpoint_url[i] =
            region_copy(region, id->settings.endpoint_url[i]);
    transport_trust(id->client->transport, TRANSPORT_BUNDLE,
                    id->settings.ca_bundle);
    id->has_settings = true;
}

static void take_file(struct aws_identity *id, enum profile_file file,
                      struct str path, const struct reader_text *text)
{
    struct error mistake = {.text = ""};

    if (text->ok)
        profiles_read(&id->chain_memory, &id->profiles, file, text->text,
                      &mistake);
    else if (!text->missing)
        mistake = text->why;
    if (mistake.text[0] && !id->has_settings)
        log_write(LOG_WARN, "aws", STR_FMT ": %s: it is passed over",
                  STR_ARG(path), mistake.text);
}

static void on_files(struct reader *reader, const struct reader_text *texts)
{
    struct aws_identity *id = reader->owner;
    struct str paths[READER_FILES];

    id->reading = false;
    aws_settings_files(&id->chain_memory, id->environment, paths);
    if (texts) {
        take_file(id, PROFILE_CONFIG, paths[0], &texts[0]);
        take_file(id, PROFILE_CREDENTIALS, paths[1], &texts[1]);
    }
    if (!id->has_settings)
        take_settings(id);
    if (id->searching)
        choose(id);
    aws_client_wake(id->client);
}

/* What it read before is forgotten. */
static void read_files(struct aws_identity *id)
{
    struct str paths[READER_FILES];

    if (id->reading)
        return;
    region_forget(&id->chain_memory);
    id->profiles = (struct profiles){NULL};
    id->chain = (struct aws_chain){.fixed = false};
    id->reading = true;
    id->reader.owner = id;
    aws_settings_files(&id->chain_memory, id->environment, paths);
    if ((paths[0].n == 0 && paths[1].n == 0) ||
        !reader_files(&id->reader, paths, READER_FILES, on_files))
        on_files(&id->reader, NULL);
}

static void search(struct aws_identity *id)
{
    id->searching = true;
    read_files(id);
}

/* ---- asking -------------------------------------------------------------- */

enum aws_ready aws_identity_settings(struct aws_identity *id,
                                     const struct aws_settings **settings)
{
    *settings = &id->settings;
    if (!id->has_settings)
        read_files(id);
    return id->has_settings ? AWS_READY : AWS_WAIT;
}

static enum aws_ready have(const struct aws_identity *id,
                           struct aws_credentials **credentials)
{
    *credentials = aws_credentials_ref(id->credentials);
    return AWS_READY;
}

/* What is had while no better can be. */
static enum aws_ready make_do(const struct aws_identity *id, int64_t now,
                              struct aws_credentials **credentials,
                              struct error *error)
{
    if (id->credentials && (now < id->refresh.expires || id->stable))
        return have(id, credentials);
    *error = id->error;
    return AWS_NONE;
}

enum aws_ready aws_identity_credentials(struct aws_identity *id,
                                        struct aws_credentials **credentials,
                                        struct error *error)
{
    int64_t now = clock_wall_seconds();
    bool advised =
        id->credentials == NULL || id->forced || now >= id->refresh.advised;
    bool must =
        id->credentials == NULL || id->forced || now >= id->refresh.must;

    if (!advised)
        return have(id, credentials);
    if (!id->searching) {
        if (now < id->again)
            return make_do(id, now, credentials, error);
        search(id);
        if (!id->searching) /* it ended at once */
            return make_do(id, now, credentials, error);
    }
    /* After a failure nobody waits as long as there are others. */
    if (!must || (id->failures && id->credentials && !id->forced))
        return make_do(id, now, credentials, error);
    return AWS_WAIT;
}

bool aws_identity_refused(struct aws_identity *id,
                          const struct aws_credentials *credentials)
{
    int64_t now = clock_wall_seconds();

    if (credentials != id->credentials || id->forced)
        return true;
    if (id->chain.fixed || now < id->forced_at + REFRESH_FORCED_S)
        return false;
    id->forced_at = now;
    id->forced = true;
    id->again = 0;
    return true;
}

/* ---- the region ---------------------------------------------------------- */

static void on_where(struct where *where, struct str region,
                     const struct error *error)
{
    struct aws_identity *id = LIST_ENTRY_OF(where, struct aws_identity, where);

    if (region.n) {
        id->settings.region = region_copy(&id->memory, region);
        log_write(LOG_INFO, "aws", "region: " STR_FMT, STR_ARG(region));
    } else {
        id->where_error = *error;
        id->where_again = clock_wall_seconds() +
                          refresh_again(++id->where_failures, false, 0);
        if (id->where_failures == 1)
            log_write(LOG_WARN, "aws", "%s", error->text);
    }
    aws_client_wake(id->client);
}

enum aws_ready aws_identity_region(struct aws_identity *id, struct str *region,
                                   struct error *error)
{
    if (!id->has_settings)
        read_files(id);
    if (!id->has_settings)
        return AWS_WAIT;
    *region = id->settings.region;
    if (region->n)
        return AWS_READY;
    if (id->reading) /* where_begin() looks into the profile */
        return AWS_WAIT;
    if (!id->where.asking && clock_wall_seconds() < id->where_again) {
        *error = id->where_error;
        return AWS_NONE;
    }
    if (!id->where.asking)
        where_begin(&id->where, id->environment, &id->profiles);
    return AWS_WAIT;
}

/* ---- the identity -------------------------------------------------------- */

struct aws_identity *aws_identity_new(struct aws_client *client,
                                      const struct aws_options *options)
{
    struct aws_identity *id = memory_zeroed(1, sizeof(*id));

    id->client = client;
    id->environment = options->environment;
    id->said = region_copy(&id->memory, options->region);
    id->forced_at = INT64_MIN / 2;
    if (!reader_init(&id->reader, client->loop)) {
        region_end(&id->memory);
        free(id);
        return NULL;
    }
    provider_init(&id->provider, client, id->environment, &id->reader);
    id->provider.done = on_found;
    where_init(&id->where, client->loop, client->transport);
    id->where.done = on_where;
    return id;
}

void aws_identity_free(struct aws_identity *id)
{
    if (id == NULL)
        return;
    provider_end(&id->provider);
    where_end(&id->where);
    reader_end(&id->reader);
    aws_credentials_unref(id->credentials);
    region_forget(&id->chain_memory);
    region_forget(&id->memory);
    free(id);
}
