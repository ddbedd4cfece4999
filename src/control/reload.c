/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the template again: on the chore thread, one at a time, the last
 * wish counts.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"

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
    bool nothing = server->options.reload == NULL &&
                   server->options.keys_again == NULL &&
                   server->certificates == NULL;

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

static bool run(struct server *server, const struct publish *p)
{
    struct error error = {"its certificates cannot be had"};

    if (!p->refused && publish(server, p->config, p->certificates, &error)) {
        account_release(server->account);
        server->account = account_hold(p->account);
        return true;
    }
    log_write(LOG_ERROR, "control",
              "the new template is refused, the old one goes on: %s",
              error.text);
    return false;
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

void reload_end(struct server *server, struct publish *p)
{
    bool runs =
        p->config && !server->stopping && !server->draining && run(server, p);

    if (p->config == NULL)
        certificate_watch_take(server, &server->reload_from, p->certificates);
    running_release(&server->reload_from);
    certificates_release(p->certificates);
    for (unsigned i = 0; i < KEY_USES; i++) {
        if (p->has_keys[i])
            take_keys(server, (enum key_use)i, &p->keys[i]);
        seal_keys_forget(&p->keys[i]);
    }
    if (p->config && server->options.reloaded)
        server->options.reloaded(server->options.owner, runs);
    if (p->config)
        config_release(p->config);
    account_release(p->account);
    free(p);
    server->reloading = false;
    if (server->reload_again) {
        server->reload_again = false;
        reload_begin(server);
    } else {
        settled(server);
    }
}
