/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice serve`: run the load balancer that a template describes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/guard.h"
#include "app/access_file.h"
#include "app/key_file.h"
#include "app/process.h"
#include "app/serving.h"
#include "app/state_folder.h"
#include "app/supervisor.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/local_address.h"

/* How long the new process of an upgrade may ask targets for their health
 * before it serves. */
enum { PROBE_FIRST_MS = 2000 };

/* How much may wait for S3. */
#define LOG_SPOOL_MIB UINT64_C(1024)

/* How long the first process waits for targets before it listens. */
enum { DISCOVER_FIRST_MS = 5000 };

_Static_assert((int)CHANNEL_SECRET == (int)SEAL_KEY_BYTES,
               "the secret of the parent is a key of cookies");

/* ---- running ------------------------------------------------------------- */

/* A template's listeners are known by logical id and port; and where its load
 * balancer is beside that, and by what name. */
static void put_names(struct text *t, const struct server *server,
                      const struct config_listener *listener)
{
    struct address own = listener->bind;

    text_printf(t, " " STR_FMT " %u ", STR_ARG(listener->id), listener->port);
    if (server_own_address(server, listener->index, &own) ||
        local_is_alone(listener))
        address_put(t, &own);
    else
        text_char(t, '-');
    text_printf(t, " " STR_FMT, STR_ARG(listener->load_balancer->dns_name));
}

static void print_listeners(const struct server *server,
                            const struct serving *s)
{
    const struct config *config = s->config;
    struct address address;

    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *listener = config->listeners[i];
        char more[1024] = "";
        struct text t = text_in(more, sizeof(more) - 1);

        if (!server_listener_address(server, i, &address))
            continue;
        if (s->values->source.to.n == 0)
            put_names(&t, server, listener);
        process_print_address(
            "listener", listener->protocol == PROTOCOL_HTTPS ? "https" : "http",
            &address, more);
    }
}

static void print_start(const struct server *server, const struct serving *s)
{
    const struct template *template = s->source.template;
    struct address address;

    print_listeners(server, s);
    if (server_api_address(server, &address))
        process_print_address("api", "http", &address, "");
    for (unsigned i = 0; template && i < template->noutputs; i++)
        printf("output " STR_FMT " " STR_FMT "\n",
               STR_ARG(template->outputs[i].key),
               STR_ARG(template->outputs[i].value));
    process_print_ready();
}

/* Errors of addresses end with how another one is said. */
static int unavailable(const struct error *error)
{
    options_fail(&cmd_serve, EX_UNAVAILABLE, error);
    if (strstr(error->text, "cannot listen"))
        fputs("--listen PORT (with --to), --port PORT=LOCAL, --port-offset N, "
              "--bind ADDRESS and --api ADDRESS:PORT|off say where it "
              "listens.\n",
              stderr);
    return EX_UNAVAILABLE;
}

static struct str log_of(const char *value)
{
    if (value == NULL)
        return str_make(NULL, 0);
    return strcmp(value, "off") == 0 ? STR("") : str_of(value);
}

static bool bound(void *owner, struct error *error)
{
    const struct serving *s = owner;

    return process_become(s->values->user, error);
}

static void settled(void *owner)
{
    struct serving *s = owner;

    parent_settled(&s->parent);
}

static void on_parent(void *owner, struct server *server)
{
    struct serving *s = owner;

    parent_listen(&s->parent, server);
}

static void draining(void *owner)
{
    (void)owner;
    process_notify("STOPPING=1");
}

/* Whoever started us is told where we listen; the parent starts others too. */
static void tell_start(const struct server *server, struct serving *s)
{
    serve_remember(s);
    parent_ready(&s->parent);
    if (s->parent.start == START_FIRST)
        print_start(server, s);
    process_notify("READY=1");
}

/* What comes with a parent. */
static void set_parent(struct server_options *how, struct serving *s)
{
    const struct parent *parent = &s->parent;

    how->sockets = &parent->sockets;
    how->settled = settled;
    how->restarts = parent->restarts;
    how->upgrades = parent->upgrades;
    for (unsigned i = 0; i < KEY_USES; i++) {
        if (how->keys[i].n)
            continue;
        memcpy(how->keys[i].bytes[0], parent->secret, SEAL_KEY_BYTES);
        how->keys[i].n = 1;
    }
    if (parent->start == START_FIRST)
        how->discover_first_ms = DISCOVER_FIRST_MS;
    if (parent->fd < 0)
        return;
    how->parent = parent->fd;
    how->on_parent = on_parent;
    if (parent->start == START_UPGRADE && !parent->hurry)
        how->probe_first_ms = PROBE_FIRST_MS;
}

static void forget(struct seal_keys keys[KEY_USES])
{
    for (unsigned i = 0; i < KEY_USES; i++)
        seal_keys_forget(&keys[i]);
}

/* serve_options_fit() saw that it is right. */
static void set_publish(struct server_options *how,
                        const struct serve_values *values)
{
    struct error error;
    const char *log = values->emf_log;

    how->max_series = (unsigned)values->max_series;
    if (values->publish == NULL)
        return;
    (void)publish_read(str_of(values->publish), &how->publish, &error);
    if (values->emf_group)
        how->emf_group = str_of(values->emf_group);
    else if (log == NULL && (how->publish & PUBLISH_EMF))
        log = "-";
    if (log)
        how->emf_log = str_of(log);
}

/* Where logs wait for S3, if they go there.  False with an error. */
static bool set_spool(struct server_options *how, struct serving *s,
                      char buffer[PATH_MAX], struct error *error)
{
    static const char name[] = "/log-spool";
    const struct serve_values *values = s->values;
    const char *folder = values->log_spool;
    size_t n;

    if (!(how->publish & PUBLISH_S3))
        return true;
    how->log_spool_max =
        (values->log_spool_max ? values->log_spool_max : LOG_SPOOL_MIB) << 20;
    how->log_spool = folder;
    if (folder)
        return true;
    if (state_folder(values->state_folder, buffer) == NULL)
        return error_set(error, "--publish s3 needs a folder where logs wait: "
                                "name it with --log-spool FOLDER");
    n = strlen(buffer);
    if (n + sizeof(name) > PATH_MAX)
        return error_set(error, "the name of the state folder is too long");
    memcpy(buffer + n, name, sizeof(name));
    how->log_spool = buffer;
    return true;
}

static int run_server(struct serving *s, struct error *error)
{
    char spool[PATH_MAX];
    const struct serve_values *values = s->values;
    struct server_options how = {
        .workers = values->workers ? (unsigned)values->workers : process_cpus(),
        .api = values->api.family != 0,
        .api_bind = values->api,
        .passthrough = values->passthrough,
        .drain_timeout_ms = (uint32_t)values->drain_timeout * 1000,
        .explain_key =
            values->explain_key ? str_of(values->explain_key) : STR(""),
        .keys_again =
            values->cookie_key || values->ticket_key ? serve_keys_again : NULL,
        .document = *s->state.document,
        .store = s->state.store,
        .redis = store_is_shared(values->state) ? values->state : NULL,
        .unsaved = s->state.unsaved,
        .takes_over = s->parent.start == START_UPGRADE,
        .build = serve_build,
        .access_keys = s->access_keys,
        .access_keys_again = values->access_keys ? serve_access_again : NULL,
        .means = {.geo = s->geo},
        .geo_again = values->geoip.n ? serve_geo_again : NULL,
        .reload = values->source.templates.n ? serve_reload : NULL,
        .reloaded = serve_reloaded,
        .bound = values->user ? bound : NULL,
        .draining = draining,
        .certificate_source = &s->certificate_source,
        .objects = &s->s3_folder.source,
        .certificates = s->certificates,
        .certified = serve_certified,
        .owner = s,
    };
    const char *s3_folder = values->source.s3_folder;
    struct server *server;

    s3_folder_init(&s->s3_folder, s3_folder ? str_of(s3_folder) : STR(""));
    for (unsigned i = 0; i < LOG_KINDS; i++)
        how.logs[i] = log_of(values->logs[i]);
    memcpy(how.keys, s->keys, sizeof(how.keys));
    set_publish(&how, values);
    set_parent(&how, s);
    if (!set_spool(&how, s, spool, error)) {
        forget(how.keys);
        return EX_UNAVAILABLE;
    }
    server = server_start(s->config, &how, error);
    forget(how.keys);
    if (server) {
        if (!server_never_served(server))
            tell_start(server, s);
        server_wait(server);
        process_ignore_late();
        server_free(server);
    }
    s->state.store = NULL; /* it ended with the server */
    return server ? EX_OK : EX_UNAVAILABLE;
}

static int serve(struct serving *s)
{
    struct error error = {""};
    int status;

    process_prepare();
    process_reserve_descriptors();
    log_start(s->values->log_level, s->values->log_format);
    status = run_server(s, &error);
    log_stop();
    return status == EX_OK ? EX_OK : unavailable(&error);
}

/* After a crash what ran runs again, whatever the files hold by now; and what
 * is no file cannot be read a second time. */
static void choose_texts(struct serving *s, struct source_options *source)
{
    source->remember = s->parent.fd >= 0 && source->templates.n;
    if (s->parent.start == START_CRASHED ||
        (s->parent.start == START_UPGRADE && !source_is_files(source)))
        source->texts = parent_texts(&s->parent, source->templates.n);
}

/* Nobody waits for warnings that were told before. */
static void print_problems(const struct serving *s, struct report *report)
{
    if (s->parent.start == START_CRASHED)
        return;
    source_print(report);
    if (s->config)
        source_print_missing(s->config);
}

/* Certificates are read before privileges are dropped; after a crash those that
 * ran do where their files are not as they were. */
static bool load_certificates(struct serving *s, struct report *report)
{
    char folder[PATH_MAX];
    struct certificates *before = NULL;

    certificate_source_init(&s->certificate_source,
                            state_folder(s->values->state_folder, folder));
    if (!certificates_wanted(s->config))
        return true;
    if (s->parent.start == START_CRASHED)
        before = serve_remembered(s);
    s->certificates =
        certificates_load(&s->certificate_source, s->config, before, report);
    certificates_release(before);
    return s->certificates != NULL;
}

static void drop_certificates(struct serving *s)
{
    certificates_release(s->certificates);
    certificate_source_end(&s->certificate_source);
}

static bool open_state(struct serving *s, struct source_options *source,
                       struct error *error)
{
    const struct serve_values *values = s->values;
    struct state_options how = {
        .where = values->state,
        .folder = values->state_folder,
        .stack = values->source.stack,
        .templates = source->templates.n || source->to.n,
        .reset = values->reset,
    };

    s->state.parent = &s->parent;
    if (!state_open(&s->state, &how, error))
        return false;
    /* A template that has another name by now is not another stack. */
    if (source->stack == NULL && state_stack(&s->state).n)
        source->stack = state_stack(&s->state).p;
    return true;
}

/* What is kept was good when it was stored, but not everything stands in it. */
static bool build_kept(struct serving *s, struct error *error)
{
    struct report report = {.strict = false};
    struct region region = {NULL};
    struct config *config =
        serve_build(s, account_values(s->state.document->account, &region),
                    s->config->stack, &report);

    if (config == NULL)
        source_print(&report);
    report_end(&report);
    region_end(&region);
    config_release(s->config);
    s->config = config;
    if (config)
        return true;
    return error_set(error, "the account that is kept cannot run: mend what is "
                            "said above, or discard it with --reset");
}

static bool choose_account(struct serving *s, struct error *error)
{
    s->source.bad_data = true; /* whatever is wrong from here on */
    return state_choose(&s->state, s->config, s->source.resources, error) &&
           (s->state.as_template || build_kept(s, error));
}

static bool load(struct serving *s, struct source_options *source,
                 struct report *report, struct error *error)
{
    choose_texts(s, source);
    /* What --port and others name may be something that the API made. */
    source->again = s->state.found || source->templates.n + source->to.n == 0;
    s->config = source_load(source, &s->source, report, error);
    return s->config && choose_account(s, error) &&
           load_certificates(s, report);
}

static int load_and_serve(struct serving *s, struct source_options *source)
{
    struct report report = {.strict = false};
    struct error error = {""};
    int status;

    if (!open_state(s, source, &error))
        return options_fail(&cmd_serve, EX_UNAVAILABLE, &error);
    if (load(s, source, &report, &error)) {
        print_problems(s, &report);
        report_end(&report);
        status = serve(s);
    } else {
        source_print(&report);
        status = source_failed(&cmd_serve, &s->source, &report, &error);
        report_end(&report);
    }
    if (s->config)
        drop_certificates(s);
    config_release(s->config);
    source_end(&s->source);
    source_end(&s->next);
    state_end(&s->state);
    return status;
}

/* After a crash a file that is not as it was must not keep us from serving:
 * until it is read again the parent's secret is the key. */
static bool read_keys_first(struct serving *s, struct error *error)
{
    for (unsigned i = 0; i < KEY_USES; i++) {
        const char *path = serve_key_path(s->values, (enum key_use)i);

        if (path == NULL || key_file_read(serve_key_kind((enum key_use)i), path,
                                          &s->keys[i], error))
            continue;
        if (s->parent.start != START_CRASHED)
            return false;
        log_write(LOG_ERROR, "serve", "%s; a key of our own is used",
                  error->text);
    }
    return true;
}

/* Shown once, and never logged. */
static void show_pair(const struct access_keys *keys, const char *folder)
{
    const struct access_key *key = access_keys_first(keys);

    if (key)
        fprintf(stderr,
                "sluice serve: the API can be reached from other machines: "
                "whoever calls it needs this access key, which is kept in "
                "%s/" ACCESS_FILE_OWN " and not shown again:\n"
                "  export AWS_ACCESS_KEY_ID=" STR_FMT "\n"
                "  export AWS_SECRET_ACCESS_KEY=" STR_FMT "\n",
                folder, STR_ARG(key->id), STR_ARG(key->secret));
}

static struct access_keys *load_own(const struct serve_values *values,
                                    struct report *report)
{
    char buffer[PATH_MAX];
    const char *folder = state_folder(values->state_folder, buffer);
    struct access_keys *keys;
    bool made;

    if (values->api.family == 0 || guard_is_loopback(&values->api))
        return NULL;
    keys = access_file_own(folder, &made, report);
    if (keys && made)
        show_pair(keys, folder);
    return keys;
}

/* Without keys that can be read nobody comes in, rather than everybody: after a
 * crash too, when we serve all the same. */
static bool read_access_first(struct serving *s)
{
    const char *path = s->values->access_keys;
    struct report report = {.strict = false};
    bool ok;

    s->access_keys =
        path ? access_file_read(path, &report) : load_own(s->values, &report);
    ok = report.errors == 0;
    if (s->parent.start == START_CRASHED && !ok) {
        serve_log_problems(s->values, &report);
        s->access_keys = access_keys_none();
        ok = true;
    } else if (s->parent.start != START_CRASHED) {
        source_print(&report);
    }
    report_end(&report);
    return ok;
}

/* After a crash better without than not at all. */
static bool read_geo_first(struct serving *s, struct error *error)
{
    if (geo_files_open(&s->geo_files, &s->values->geoip, &s->geo, error))
        return true;
    if (s->parent.start != START_CRASHED)
        return false;
    log_write(LOG_ERROR, "serve", "%s; no country is known", error->text);
    error->text[0] = '\0';
    return true;
}

static int supervise(const struct serve_values *values)
{
    int status;

    process_prepare();
    log_start(values->log_level, values->log_format);
    status = supervisor_run();
    log_stop();
    return status;
}

int serve_run(int argc, char **argv)
{
    struct serve_values values = {.workers = 0};
    struct serving s = {.values = &values};
    struct error error = {""};
    int status;

    if (!options_read(&cmd_serve, argc, argv, &values, &status))
        return status;
    if (!serve_options_fit(&values, &error))
        return options_fail(&cmd_serve, EX_USAGE, &error);
    values.source.listeners_come = values.api.family != 0;
    if (!values.no_supervisor && !parent_there())
        return supervise(&values);
    process_ignore_early();
    values.source.empty = values.api.family != 0;
    log_choose(values.log_level, values.log_format);
    if (!parent_open(&s.parent, &error))
        status = options_fail(&cmd_serve, EX_UNAVAILABLE, &error);
    else if (!read_keys_first(&s, &error))
        status = options_fail(&cmd_serve, EX_DATAERR, &error);
    else if (!read_geo_first(&s, &error))
        status = options_fail(&cmd_serve, EX_DATAERR, &error);
    else if (!read_access_first(&s))
        status = EX_DATAERR;
    else
        status = load_and_serve(&s, &values.source);
    forget(s.keys);
    access_keys_release(s.access_keys);
    geo_release(s.geo);
    parent_close(&s.parent);
    return status;
}
