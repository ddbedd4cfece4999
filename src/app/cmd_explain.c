/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice explain`: which rule takes a request, and why the others do not;
 * without running anything.
 *
 * The request is written as bytes and read by the proxy's own parser, then
 * tried on the proxy's own router: what is said is what happens.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/explain_waf.h"
#include "app/geo_files.h"
#include "app/key_file.h"
#include "app/offline.h"
#include "app/source.h"
#include "base/clock.h"
#include "base/memory.h"
#include "proxy/explain.h"
#include "proxy/explain_cookies.h"
#include "proxy/explain_desync.h"
#include "proxy/snapshot.h"

enum { TRAIL_TEXT = 1024 * 1024 };

struct values {
    struct source_options source; /* templates: TEMPLATE... METHOD URL */
    struct option_list headers;
    struct option_list geoip;
    const char *data; /* NULL: no body */
    struct geo *geo;  /* what --geoip says */
    struct address from;
    const char *cookie_key; /* NULL: cookies are not opened */
    struct seal *seal;      /* what it says */
    bool json;
};

static const struct option options[] = {
    {.name = "header",
     .letter = 'H',
     .argument = "NAME: VALUE",
     .help = "A header of the request.",
     .kind = OPTION_LIST,
     .offset = offsetof(struct values, headers)},
    {.name = "data",
     .letter = 'd',
     .argument = "DATA|@FILE",
     .help = "Its body, which a web ACL may look at: the bytes themselves, or "
             "those of a file.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, data)},
    {.name = "from",
     .argument = "IP",
     .help = "The address that the request comes from.",
     .fallback = "127.0.0.1",
     .kind = OPTION_IP,
     .offset = offsetof(struct values, from)},
    GEOIP_OPTION(struct values,
                 "A database in MaxMind's format that says where addresses "
                 "are, for web ACLs."),
    COOKIE_KEY_OPTION(struct values,
                      "The file that `sluice serve --cookie-key` has: what "
                      "the cookies of stickiness say, and whether they are "
                      "accepted (the health of targets is not looked at)."),
    {.name = "json",
     .help = "Prints the trail as JSON.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, json)},
    {.name = "to",
     .argument = "[NAME=]HOST:PORT[@WEIGHT][,...]",
     .help = "In place of a template, as `sluice serve --to`.",
     .kind = OPTION_LIST,
     SOURCE_FIELD(struct values, to)},
    {.name = "listen",
     .argument = "PORT",
     .help = "The listener's port, with --to.",
     .fallback = "8080",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = UINT16_MAX,
     SOURCE_FIELD(struct values, listen)},
    SOURCE_OPTIONS(struct values),
    SOURCE_LOCAL_OPTIONS(struct values),
};

/* ---- the request --------------------------------------------------------- */

/* Takes METHOD and URL from the end of the words. */
static bool cut_words(struct values *values, struct offline_request *asked,
                      struct error *error)
{
    struct option_list *words = &values->source.templates;

    if (words->n < 2)
        return error_set(error, "METHOD and URL are missing: `sluice explain "
                                "TEMPLATE GET http://HOST/PATH`");
    words->n -= 2;
    asked->method = str_of(words->v[words->n]);
    if (memchr(asked->method.p, '/', asked->method.n) ||
        memchr(asked->method.p, '.', asked->method.n))
        return error_set(error,
                         "\"%.100s\" stands where the method belongs: `sluice "
                         "explain TEMPLATE GET http://HOST/PATH`",
                         asked->method.p);
    asked->nlines = values->headers.n;
    asked->lines = values->headers.v;
    asked->client = values->from;
    return offline_cut_url(str_of(words->v[words->n + 1]), &asked->url, error);
}

/* ---- the listener -------------------------------------------------------- */

static bool no_listener(const struct config *config,
                        const struct offline_url *asked, struct error *error)
{
    char buffer[200];
    struct text ports = text_in(buffer, sizeof(buffer));

    for (unsigned i = 0; i < config->nlisteners; i++)
        text_printf(&ports, "%s%u (" STR_FMT ")", i ? ", " : "",
                    config->listeners[i]->port,
                    STR_ARG(config->listeners[i]->id));
    return error_set(error, "no listener has port %u; there are %.*s",
                     asked->port, (int)ports.n, ports.p);
}

/* A path alone is of whatever the listener speaks. */
static bool speaks(const struct config_listener *listener,
                   const struct offline_url *asked, struct error *error)
{
    bool https = listener->protocol == PROTOCOL_HTTPS;

    if (asked->port == 0 || asked->https == https)
        return true;
    return error_set(error,
                     "listener " STR_FMT " on port %u speaks %s: write %s://",
                     STR_ARG(listener->id), listener->port,
                     https ? "HTTPS" : "HTTP", https ? "https" : "http");
}

/* The listener that the URL's port means: by the template's port, else by the
 * local one; the first of all when none is said. */
static unsigned find_listener(const struct config *config,
                              const struct offline_url *asked)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (asked->port == 0 || config->listeners[i]->port == asked->port)
            return i;
    }
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (config->listeners[i]->bind.port == asked->port)
            return i;
    }
    return config->nlisteners;
}

/* ---- the answer ---------------------------------------------------------- */

static enum desync_mode mode_of(const struct config_listener *listener)
{
    return listener->load_balancer->attributes.desync_mode;
}

/* Of `table` of the snapshot, of the request's cookies and of its head.  The
 * trail's JSON is an object: the others become its last members. */
static void put_trail(struct text *t, const struct snapshot *s,
                      const struct route_table *table,
                      const struct route_request *request,
                      const struct request *req, struct linear_scratch *scratch,
                      const struct values *values)
{
    enum desync_mode mode = mode_of(table->config);
    struct explain_cookies how = {
        .snapshot = s,
        .action =
            table->actions[router_match(table->router, request, scratch, NULL)],
        .fields = request->fields,
        .seal = values->seal,
        .now_ms = clock_wall_ms(),
    };

    if (!values->json) {
        explain_put_desync(t, req, mode);
        explain_put_text(t, table->router, table->config, request, scratch);
        explain_put_cookies(t, &how);
        return;
    }
    explain_put_json(t, table->router, table->config, request, scratch);
    if (text_ok(t))
        t->n--; /* the brace */
    TEXT_LITERAL(t, ",\"desync\":");
    explain_put_desync_json(t, req, mode);
    TEXT_LITERAL(t, ",\"cookies\":");
    explain_put_cookies_json(t, &how);
    TEXT_LITERAL(t, "}\n");
}

static void print_trail(const struct snapshot *s,
                        const struct route_table *table,
                        const struct offline *offline,
                        const struct offline_request *asked,
                        const struct values *values)
{
    const struct request *req = &offline->request;
    struct linear_scratch *scratch = linear_scratch_new();
    struct text t = text_in(memory_zeroed(1, TRAIL_TEXT), TRAIL_TEXT);
    struct str query = slice_of(&req->fields, req->path);
    struct str path = str_cut(&query, '?');
    struct route_request request = {
        .method = slice_of(&req->fields, req->method_name),
        .host = slice_of(&req->fields, req->authority),
        .path = path.n ? path : STR("/"),
        .query = query.p ? query : STR(""),
        .fields = &req->fields,
        .client = &values->from,
    };

    router_scratch_fit(table->router, scratch);
    if (values->json)
        fputs("{\"web_acl\":", stdout);
    if (table->waf)
        explain_waf_print(
            table->waf, offline, asked,
            table->config->load_balancer->attributes.waf_fail_open,
            values->json);
    else if (values->json)
        fputs("null", stdout);
    put_trail(&t, s, table, &request, req, scratch, values);
    if (values->json && t.n)
        t.p[0] = ','; /* in place of the brace */
    fwrite(t.p, 1, t.n, stdout);
    free(t.p);
    linear_scratch_free(scratch);
}

static void drop_target(void *owner, struct target *target)
{
    (void)owner;
    target_release(target);
}

/* What rules of this listener see of it. */
static void drop_invalid(const struct config_listener *listener,
                         struct request *req)
{
    if (req->invalid_names &&
        listener->load_balancer->attributes.drop_invalid_header_fields)
        forwarded_drop_invalid(req);
}

static int explain(struct config *config, const struct values *values,
                   unsigned listener, struct offline *offline,
                   const struct offline_request *asked, struct error *error)
{
    const struct snapshot_means means = {.geo = values->geo};
    struct target_registry registry = {0};
    struct report report = {.strict = false};
    struct snapshot *s =
        snapshot_compile(config, 0, NULL, &registry, &means, &report);

    if (s && listener < s->nlisteners) {
        drop_invalid(config->listeners[listener], &offline->request);
        print_trail(s, s->listeners[listener], offline, asked, values);
    } else {
        error_set(error, "out of memory");
    }
    if (s)
        snapshot_free(s, &registry, drop_target, NULL);
    target_registry_end(&registry);
    report_end(&report);
    return error->text[0] ? EX_DATAERR : EX_OK;
}

static int with_config(struct config *config, const struct values *values,
                       struct offline_request *asked, struct error *error)
{
    unsigned i = find_listener(config, &asked->url);
    struct offline offline = {.fields = NULL};
    int status = EX_DATAERR;

    if (asked->url.host.n == 0 && !offline_has_line(asked, STR("host")) &&
        config->nload_balancers)
        asked->url.host = config->load_balancers[0]->dns_name;
    if (i == config->nlisteners)
        no_listener(config, &asked->url, error);
    else if (speaks(config->listeners[i], &asked->url, error) &&
             offline_read(&offline, asked, mode_of(config->listeners[i]),
                          error))
        status = explain(config, values, i, &offline, asked, error);
    offline_end(&offline);
    return status;
}

/* --cookie-key as a seal, or nothing without it. */
static bool read_keys(struct values *values, struct error *error)
{
    struct seal_keys keys;
    bool ok;

    if (values->cookie_key == NULL)
        return true;
    ok = key_file_read(&key_file_cookies, values->cookie_key, &keys, error);
    if (ok)
        values->seal = seal_new(&keys);
    seal_keys_forget(&keys);
    return ok;
}

/* ---- the command --------------------------------------------------------- */

/* Loads the template, and says what becomes of the request. */
static int with_request(struct values *values, struct offline_request *asked)
{
    struct source source = {.stack = STR("")};
    struct report report = {.strict = false};
    struct error error = {""};
    struct config *config;
    int status;

    config = source_load(&values->source, &source, &report, &error);
    source_print(&report);
    if (config)
        status = with_config(config, values, asked, &error);
    else
        status = source_failed(&cmd_explain, &source, &report, &error);
    if (config && status != EX_OK)
        options_fail(&cmd_explain, status, &error);
    if (config)
        config_release(config);
    report_end(&report);
    source_end(&source);
    return status;
}

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct offline_request asked = {.nlines = 0};
    struct file_text data = {.text = {NULL, 0}};
    struct geo_files files;
    struct error error = {""};
    int status;

    if (!options_read(&cmd_explain, argc, argv, &values, &status))
        return status;
    values.source.listeners_come = true;
    if (!cut_words(&values, &asked, &error))
        return options_fail(&cmd_explain, EX_USAGE, &error);
    if (read_keys(&values, &error) &&
        offline_read_data(values.data, &data, &asked.body, &error) &&
        geo_files_open(&files, &values.geoip, &values.geo, &error))
        status = with_request(&values, &asked);
    else
        status = options_fail(&cmd_explain, EX_DATAERR, &error);
    file_forget(&data);
    geo_release(values.geo);
    seal_free(values.seal);
    return status;
}

const struct command cmd_explain = {
    .name = "explain",
    .summary = "Say which rule takes a request, and why",
    .arguments = "TEMPLATE... METHOD URL",
    .words = offsetof(struct values, source.templates),
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
