/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice serve`: run the load balancer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/process.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server.h"
#include "model/attributes.h"

struct values {
    struct option_list to;
    struct option_list attributes;
    struct address bind;
    struct address api;
    uint64_t listen;
    uint64_t workers; /* 0: one for each CPU */
    uint64_t drain_timeout;
    unsigned retry;      /* enum retry */
    unsigned log_level;  /* enum log_level */
    unsigned log_format; /* enum log_format */
};

/* In the order of their enums. */
static const char *const retries[] = {"off", "safe", NULL};
static const char *const log_levels[] = {"error", "warn", "info", "debug",
                                         NULL};
static const char *const log_formats[] = {"text", "json", NULL};

#define FIELD(field) .offset = offsetof(struct values, field)

static const struct option options[] = {
    {.name = "to",
     .argument = "[NAME=]HOST:PORT[@WEIGHT][,...]",
     .help = "Where requests go. Addresses with the same NAME are one target "
             "group (without a NAME: `default`); WEIGHT (0 to 999, 1 when not "
             "given) is the group's share, given once per NAME. `:3000` is "
             "127.0.0.1:3000.",
     .required = true,
     .kind = OPTION_LIST,
     FIELD(to)},
    {.name = "listen",
     .argument = "PORT",
     .help = "The port that clients connect to; 0 lets the system choose.",
     .fallback = "8080",
     .kind = OPTION_NUMBER,
     .max = UINT16_MAX,
     FIELD(listen)},
    {.name = "bind",
     .argument = "ADDRESS",
     .help = "The local address that clients connect to, IPv4 or IPv6; "
             "0.0.0.0 is every IPv4 address of this machine.",
     .fallback = "127.0.0.1",
     .kind = OPTION_IP,
     FIELD(bind)},
    {.name = "workers",
     .argument = "N",
     .help = "Threads that carry requests. Default: one for each CPU.",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 256,
     FIELD(workers)},
    {.name = "api",
     .argument = "ADDRESS:PORT|off",
     .help = "Where /healthz and /metrics are served; port 0 lets the system "
             "choose.",
     .fallback = "127.0.0.1:4566",
     .kind = OPTION_ADDRESS,
     FIELD(api)},
    {.name = "attribute",
     .argument = "KEY=VALUE",
     .help = "Sets an attribute of the load balancer or of every target "
             "group, by its AWS name (below).",
     .kind = OPTION_LIST,
     FIELD(attributes)},
    {.name = "retry",
     .argument = "off|safe",
     .help = "What happens to a request on a pooled connection that its "
             "target closed before the first byte of an answer: 502 as ALB "
             "does it, or, when it is safe to repeat, once more on a fresh "
             "connection.",
     .fallback = "off",
     .kind = OPTION_WORD,
     .words = retries,
     FIELD(retry)},
    {.name = "log-level",
     .argument = "error|warn|info|debug",
     .help = "The least important lines that are logged (on stderr).",
     .fallback = "info",
     .kind = OPTION_WORD,
     .words = log_levels,
     FIELD(log_level)},
    {.name = "log-format",
     .argument = "text|json",
     .help = "The form of a line of the log.",
     .fallback = "text",
     .kind = OPTION_WORD,
     .words = log_formats,
     FIELD(log_format)},
    {.name = "drain-timeout",
     .argument = "SECONDS",
     .help = "How long TERM and INT wait for requests in progress (0 to "
             "86400); a second one ends them at once.",
     .fallback = "300",
     .kind = OPTION_NUMBER,
     .max = 86400,
     FIELD(drain_timeout)},
};

static void put_notes(struct text *t)
{
    TEXT_LITERAL(t, "\nAttributes:\n");
    for (unsigned i = 0; i < nattributes; i++) {
        text_printf(t, "  %s\n        ", attributes[i].name);
        attribute_put_values(t, &attributes[i]);
        text_printf(t, ". Default: %s.\n", attributes[i].initial);
    }
}

/* One text of all --to, so that a weight given twice is noticed. */
static bool add_targets(struct config *config, const struct option_list *to,
                        struct error *error)
{
    struct text all = {.cap = 0};
    bool ok;

    for (unsigned i = 0; i < to->n; i++)
        all.cap += strlen(to->v[i]) + 1;
    all.p = memory_zeroed(all.cap, 1);
    for (unsigned i = 0; i < to->n; i++) {
        if (i)
            text_char(&all, ',');
        text_str_put(&all, str_of(to->v[i]));
    }
    ok = config_add_to(config, text_str(&all), error);
    free(all.p);
    return ok;
}

static bool set_attributes(struct config *config,
                           const struct option_list *list, struct error *error)
{
    for (unsigned i = 0; i < list->n; i++) {
        struct str value = str_of(list->v[i]);
        struct str key = str_cut(&value, '=');

        if (value.p == NULL)
            return error_set(error, "--attribute \"%.100s\": must be KEY=VALUE",
                             list->v[i]);
        if (!config_set_attribute(config, key, value, error))
            return false;
    }
    return true;
}

static bool fill_config(struct config *config, const struct values *values,
                        struct error *error)
{
    struct config_listener *listener = &config->listeners[0];

    listener->bind = values->bind;
    listener->bind.port = (uint16_t)values->listen;
    config->nlisteners = 1;
    if (!add_targets(config, &values->to, error) ||
        !set_attributes(config, &values->attributes, error))
        return false;
    for (unsigned i = 0; i < config->ngroups; i++)
        config->groups[i].retry = values->retry;
    return true;
}

static void print_start(const struct server *server)
{
    struct address address;

    for (unsigned i = 0; server_listener_address(server, i, &address); i++)
        process_print_address("listener", &address, "");
    if (server_api_address(server, &address))
        process_print_address("api", &address, "");
    process_print_ready();
}

static int unavailable(const struct error *error)
{
    options_fail(&cmd_serve, EX_UNAVAILABLE, error);
    fputs("--listen PORT, --bind ADDRESS and --api ADDRESS:PORT|off say where "
          "it listens.\n",
          stderr);
    return EX_UNAVAILABLE;
}

static int serve(const struct config *config, const struct values *values)
{
    struct server_options server_options = {
        .workers = values->workers ? (unsigned)values->workers : process_cpus(),
        .api = values->api.family != 0,
        .api_bind = values->api,
        .drain_timeout_ms = (uint32_t)values->drain_timeout * 1000,
    };
    struct error error = {""};
    struct server *server;

    process_prepare();
    log_start(values->log_level, values->log_format);
    server = server_start(config, &server_options, &error);
    if (server) {
        print_start(server);
        server_wait(server);
        server_free(server);
    }
    log_stop();
    return server ? EX_OK : unavailable(&error);
}

static int run(int argc, char **argv)
{
    struct values values = {.workers = 0};
    struct config *config;
    struct error error = {""};
    int status;

    if (!options_read(&cmd_serve, argc, argv, &values, &status))
        return status;
    config = config_new();
    if (fill_config(config, &values, &error))
        status = serve(config, &values);
    else
        status = options_fail(&cmd_serve, EX_DATAERR, &error);
    config_free(config);
    return status;
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "Run the load balancer in front of your services",
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .put_notes = put_notes,
    .run = run,
};
