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

    p->config = server->options.reload(server->options.owner);
    p->message.kind = CONTROL_RELOADED;
    mailbox_send(&server->mailbox, &p->message);
}

void reload_begin(struct server *server)
{
    if (server->options.reload == NULL || server->draining) {
        log_write(LOG_INFO, "control",
                  server->draining ? "HUP: draining, nothing is read again"
                                   : "HUP: there is no template to read again");
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

void reload_end(struct server *server, struct publish *p)
{
    bool runs = p->config && !server->stopping && !server->draining &&
                run(server, p->config);

    if (p->config && server->options.reloaded)
        server->options.reloaded(server->options.owner, runs);
    if (p->config)
        config_release(p->config);
    free(p);
    server->reloading = false;
    if (server->reload_again) {
        server->reload_again = false;
        reload_begin(server);
    }
}
