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

    if (server->options.reload)
        p->config = server->options.reload(server->options.owner);
    if (server->options.cookie_keys_again)
        p->has_keys =
            server->options.cookie_keys_again(server->options.owner, &p->keys);
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
                   server->options.cookie_keys_again == NULL;

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
    server->reload.run = read_again;
    list_init(&server->reload.node);
    chores_add(&server->chores, &server->reload);
}

static bool run(struct server *server, struct config *config)
{
    struct error error = {""};

    if (publish(server, config, &error))
        return true;
    log_write(LOG_ERROR, "control",
              "the new template is refused, the old one goes on: %s",
              error.text);
    return false;
}

static void take_keys(struct server *server, const struct seal_keys *keys)
{
    const struct seal_keys *old = &server->options.cookie_keys;

    if (keys->n == old->n &&
        memcmp(keys->bytes, old->bytes, keys->n * sizeof(keys->bytes[0])) == 0)
        return;
    publish_keys(server, keys);
    log_write(LOG_INFO, "control", "the new cookie keys are in use: %u",
              keys->n);
}

void reload_end(struct server *server, struct publish *p)
{
    bool runs = p->config && !server->stopping && !server->draining &&
                run(server, p->config);

    if (p->has_keys)
        take_keys(server, &p->keys);
    if (p->config && server->options.reloaded)
        server->options.reloaded(server->options.owner, runs);
    if (p->config)
        config_release(p->config);
    seal_keys_forget(&p->keys);
    free(p);
    server->reloading = false;
    if (server->reload_again) {
        server->reload_again = false;
        reload_begin(server);
    } else {
        settled(server);
    }
}
