/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the template again: on the chore thread, one at a time, the last
 * wish counts.
 */
#include <stdlib.h>

#include "api/access_keys.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"
#include "model/account_json.h"
#include "model/merge.h"

/* What snapshots are built with is the chore thread's. */
static void take_geo(struct server *server, struct publish *p)
{
    struct geo *geo = server->options.geo_again
                          ? server->options.geo_again(server->options.owner)
                          : NULL;

    if (geo == NULL)
        return;
    geo_release(server->options.means.geo);
    server->options.means.geo = geo;
    p->located = true;
    log_write(LOG_INFO, "control", "the databases of --geoip were read again");
}

static void read_again(struct chore *chore)
{
    struct server *server = LIST_ENTRY_OF(chore, struct server, reload);
    struct publish *p = memory_zeroed(1, sizeof(*p));
    const struct running *from = &server->reload_from;
    bool ok;

    if (server->options.reload)
        p->config = server->options.reload(server->options.owner, &p->account);
    if (server->options.certificate_source)
        certificate_complain_anew(server->options.certificate_source);
    p->certificates = certificate_watch_load(
        server, p->config ? p->config : from->config, from, &ok);
    p->refused = !ok;
    for (unsigned i = 0; i < KEY_USES && server->options.keys_again; i++)
        p->has_keys[i] = server->options.keys_again(
            server->options.owner, (enum key_use)i, &p->keys[i]);
    if (server->options.access_keys_again)
        p->access_keys =
            server->options.access_keys_again(server->options.owner);
    take_geo(server, p);
    p->message.kind = CONTROL_RELOADED;
    mailbox_send(&server->mailbox, &p->message);
}

static void settled(struct server *server)
{
    if (server->options.settled)
        server->options.settled(server->options.owner);
}

void reload_begin(struct server *server)
{
    bool nothing =
        server->options.reload == NULL && server->options.keys_again == NULL &&
        server->options.access_keys_again == NULL &&
        server->options.geo_again == NULL && server->certificates == NULL;

    if (nothing || server->draining) {
        log_write(LOG_INFO, "control",
                  server->draining ? "HUP: draining, nothing is read again"
                                   : "HUP: there is no template to read again");
        settled(server);
        return;
    }
    if (server->reloading) {
        server->reload_again = true;
        return;
    }
    server->reloading = true;
    running_hold(server, &server->reload_from);
    server->reload.run = read_again;
    list_init(&server->reload.node);
    chores_add(&server->chores, &server->reload);
}

static void take_keys(struct server *server, enum key_use use,
                      const struct seal_keys *keys)
{
    const struct seal_keys *old = &server->options.keys[use];

    if (keys->n == old->n &&
        memcmp(keys->bytes, old->bytes, keys->n * sizeof(keys->bytes[0])) == 0)
        return;
    publish_keys(server, use, keys);
    log_write(LOG_INFO, "control", "the new %s keys are in use: %u",
              key_use_words[use], keys->n);
}

static void take_access_keys(struct server *server, struct access_keys *keys)
{
    struct access_keys *old = server->options.access_keys;

    server->options.access_keys = keys;
    if (server->api)
        api_port_let_in(server->api, keys);
    access_keys_release(old);
    log_write(LOG_INFO, "control", "the access keys were read again: %u",
              access_keys_count(keys));
}

static void take_all_keys(struct server *server, struct publish *p)
{
    for (unsigned i = 0; i < KEY_USES; i++) {
        if (p->has_keys[i])
            take_keys(server, (enum key_use)i, &p->keys[i]);
        seal_keys_forget(&p->keys[i]);
    }
    if (p->access_keys)
        take_access_keys(server, p->access_keys);
    p->access_keys = NULL;
}

static void end(struct server *server, struct publish *p)
{
    running_release(&server->reload_from);
    take_all_keys(server, p);
    publish_free(p);
    server->reloading = false;
    if (server->reload_again) {
        server->reload_again = false;
        reload_begin(server);
    } else {
        settled(server);
    }
}

/* Nothing but templates made the account so far: the new one is all of it, and
 * was built already. */
static struct account *make(struct change_job *job, const struct document *now)
{
    struct publish *p = LIST_ENTRY_OF(job, struct publish, job);
    struct error error = {"its certificates cannot be had"};
    bool alone = account_is_template(now->account, now->base);
    struct account *merged = NULL;

    job->config = alone ? p->config : NULL;
    job->certificates = alone ? p->certificates : NULL;
    if (alone && !p->refused)
        return account_again(p->account, now->account->revision + 1);
    if (!p->refused)
        merged = account_merge(now->account, now->base, p->account,
                               p->config->stack, &error);
    if (merged == NULL)
        change_refuse(job, "ValidationError", "%s", error.text);
    return merged;
}

static void done(struct change_job *job)
{
    struct publish *p = LIST_ENTRY_OF(job, struct publish, job);
    struct server *server = p->server;

    if (job->fault.code && !server->stopping && !server->draining)
        log_write(LOG_ERROR, "control",
                  "the new template is refused, the old one goes on: " STR_FMT,
                  STR_ARG(job->fault.message));
    if (server->options.reloaded)
        server->options.reloaded(server->options.owner, job->changed);
    end(server, p);
}

/* The same account, compiled with other databases. */
static struct account *make_again(struct change_job *job,
                                  const struct document *now)
{
    const struct publish *p = LIST_ENTRY_OF(job, const struct publish, job);
    struct account *account = certificate_watch_make(job, now);

    return account == NULL && p->located ? account_hold(now->account) : account;
}

static void certificates_done(struct change_job *job)
{
    struct publish *p = LIST_ENTRY_OF(job, struct publish, job);

    certificate_watch_told(job);
    end(p->server, p);
}

void reload_end(struct server *server, struct publish *p)
{
    p->server = server;
    p->job.certificates = p->certificates;
    if (p->config) {
        p->job.make = make;
        p->job.done = done;
        p->job.base = p->account;
        p->job.digest = account_json_digest(p->account, &p->job.region);
    } else {
        p->before = &server->reload_from;
        p->job.make = make_again;
        p->job.done = certificates_done;
    }
    changes_add(server, &p->job);
}
