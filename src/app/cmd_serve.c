/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice serve`: run the load balancer that a template describes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/guard.h"
#include "app/access_file.h"
#include "app/commands.h"
#include "app/key_file.h"
#include "app/parent.h"
#include "app/process.h"
#include "app/source.h"
#include "app/state.h"
#include "app/state_folder.h"
#include "app/supervisor.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/passthrough.h"
#include "control/s3_folder.h"
#include "control/server.h"
#include "model/attributes.h"
#include "model/diff.h"
#include "model/local_address.h"

struct values {
    struct source_options source;
    struct address api;
    uint64_t workers; /* 0: one for each CPU */
    uint64_t drain_timeout;
    unsigned log_level;          /* enum log_level */
    unsigned log_format;         /* enum log_format */
    const char *logs[LOG_KINDS]; /* NULL: what the template says */
    const char *explain_key;
    const char *cookie_key;   /* NULL: one that is made at the start */
    const char *ticket_key;   /* the same */
    const char *user;         /* NULL: the one we are */
    const char *state_folder; /* NULL: that of the environment */
    const char *state;        /* NULL: the default */
    bool reset;
    const char *access_keys; /* NULL: none, or one of our own */
    const char *passthrough; /* NULL: none */
    bool no_supervisor;
};

/* What runs, and what it was read from. */
struct serving {
    const struct values *values;
    struct source source;
    struct config *config;
    struct certificate_source certificate_source;
    struct s3_folder s3_folder;
    struct certificates *certificates; /* that run; held */
    struct source next;                /* read again, not running yet */
    struct seal_keys keys[KEY_USES];   /* n == 0: the server makes one */
    struct access_keys *access_keys;   /* held; NULL: nobody is verified */
    struct parent parent;
    struct state state;
};

/* How long the new process of an upgrade may ask targets for their health
 * before it serves. */
enum { PROBE_FIRST_MS = 2000 };

_Static_assert((int)CHANNEL_SECRET == (int)SEAL_KEY_BYTES,
               "the secret of the parent is a key of cookies");

/* In the order of their enums. */
static const char *const retries[] = {"off", "safe", NULL};
static const char *const log_levels[] = {"error", "warn", "info", "debug",
                                         NULL};
static const char *const log_formats[] = {"text", "json", NULL};

#define FIELD(field) .offset = offsetof(struct values, field)

static const struct option options[] = {
    {.name = "to",
     .argument = "[NAME=]HOST:PORT[@WEIGHT][,...]",
     .help = "Where requests go, without a template. Addresses with the same "
             "NAME are one target group (without a NAME: `default`); WEIGHT (0 "
             "to 999, 1 when not given) is the group's share, given once per "
             "NAME. `:3000` is 127.0.0.1:3000.",
     .kind = OPTION_LIST,
     SOURCE_FIELD(struct values, to)},
    {.name = "listen",
     .argument = "PORT",
     .help = "The port that clients connect to, with --to; 0 lets the system "
             "choose.",
     .fallback = "8080",
     .kind = OPTION_NUMBER,
     .max = UINT16_MAX,
     SOURCE_FIELD(struct values, listen)},
    {.name = "attribute",
     .argument = "KEY=VALUE",
     .help = "Sets an attribute of the load balancer, its listener or every "
             "target group, by its AWS name (below), with --to.",
     .kind = OPTION_LIST,
     SOURCE_FIELD(struct values, attributes)},
    {.name = "health-check",
     .argument = "PATH",
     .help = "What targets are asked for to see whether they are healthy, "
             "with --to. Default: they are not asked, and all get requests.",
     .kind = OPTION_TEXT,
     SOURCE_FIELD(struct values, health_check)},
    SOURCE_OPTIONS(struct values),
    SOURCE_LOCAL_OPTIONS(struct values),
    {.name = "zone",
     .argument = "NAME",
     .help = "The Availability Zone whose node this process is: target groups "
             "with cross-zone load balancing off use only targets of that "
             "zone. Default: it stands for the nodes of all zones, and each "
             "client's connection is at one of them.",
     .kind = OPTION_TEXT,
     SOURCE_FIELD(struct values, zone)},
    {.name = "access-log",
     .argument = "FILE|-|off",
     .help = "Where ALB's access log goes, for every load balancer; `-` is "
             "standard output. USR1 opens the file anew. Default: AccessLog of "
             "the load balancer's Metadata.Sluice.",
     .kind = OPTION_TEXT,
     FIELD(logs[ACCESS_LOG])},
    {.name = "connection-log",
     .argument = "FILE|-|off",
     .help = "Where ALB's connection log goes, a line for each connection of "
             "a client; as --access-log, which may be the same file. Default: "
             "ConnectionLog of the load balancer's Metadata.Sluice.",
     .kind = OPTION_TEXT,
     FIELD(logs[CONNECTION_LOG])},
    {.name = "health-check-log",
     .argument = "FILE|-|off",
     .help = "Where ALB's health check log goes, a line for each health check; "
             "as --access-log, which may be the same file. Default: "
             "HealthCheckLog of the load balancer's Metadata.Sluice.",
     .kind = OPTION_TEXT,
     FIELD(logs[HEALTH_CHECK_LOG])},
    {.name = "explain-key",
     .argument = "KEY",
     .help = "A request with the header `X-Sluice-Explain: KEY` is told in a "
             "response header of that name why it went where it went.",
     .kind = OPTION_TEXT,
     FIELD(explain_key)},
    COOKIE_KEY_OPTION(struct values,
                      "Keys of the cookies of stickiness, one on a line: 64 "
                      "hexadecimal digits (`openssl rand -hex 32`) or the "
                      "same 32 bytes in base64. The first seals, all open; "
                      "processes with the same file follow each other's "
                      "cookies. HUP reads it again. Default: a key that is "
                      "made at the start and forgotten at the end."),
    TICKET_KEY_OPTION(struct values,
                      "Keys from which those of TLS session tickets are made, "
                      "anew every 12 hours; a file as of --cookie-key, but "
                      "another one. Processes with the same file resume each "
                      "other's sessions. HUP reads it again. Default: a key "
                      "that is made at the start and forgotten at the end."),
    STATE_FOLDER_OPTION(struct values),
    {.name = "state",
     .argument = "FILE.sqlite|memory|redis://HOST[:PORT]",
     .help = "Where the account is kept, so that what the API changed is there "
             "at the next start: a SQLite file, which one Sluice at a time "
             "uses; the parent process, for as long as it lives; or Redis, of "
             "several nodes. What is kept counts, and the template only where "
             "it is not the one of the last start. Default: account.sqlite in "
             "the state folder without a template, or when $STATE_DIRECTORY is "
             "set; else memory.",
     .kind = OPTION_TEXT,
     FIELD(state)},
    {.name = "reset",
     .help = "What --state keeps is discarded: the account begins as the "
             "template says.",
     .kind = OPTION_FLAG,
     FIELD(reset)},
    {.name = "user",
     .argument = "NAME",
     .help = "The user to become once the sockets are bound.",
     .kind = OPTION_TEXT,
     FIELD(user)},
    {.name = "workers",
     .argument = "N",
     .help = "Threads that carry requests. Default: one for each CPU.",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 256,
     FIELD(workers)},
    {.name = "api",
     .argument = "ADDRESS:PORT|off",
     .help = "Where AWS's clients reach the API (--endpoint-url), and where "
             "/healthz, /metrics, /targets and /status are served; port 0 lets "
             "the system choose.",
     .fallback = API_ADDRESS,
     .kind = OPTION_ADDRESS,
     FIELD(api)},
    ACCESS_KEYS_OPTION(
        struct values,
        "Who may call the API: a JSON file of access keys, their users and IAM "
        "policies (see ACCESS KEYS). Signatures are verified then, on loopback "
        "too. HUP reads it again. Default: with --api on loopback any "
        "signature "
        "is taken; elsewhere a key is made at the first start, shown once and "
        "kept in --state-folder as access-key.json."),
    {.name = "passthrough",
     .argument = "URL",
     .help = "Another emulator of AWS (http://HOST:PORT): requests on the API "
             "port for services and actions that Sluice does not serve go on "
             "to it, and so do those for EC2. Default: they are refused.",
     .kind = OPTION_TEXT,
     FIELD(passthrough)},
    {.name = "retry",
     .argument = "off|safe",
     .help = "What happens to a request on a pooled connection that its "
             "target closed before the first byte of an answer: 502 as ALB "
             "does it, or, when it is safe to repeat, once more on a fresh "
             "connection.",
     .fallback = "off",
     .kind = OPTION_WORD,
     .words = retries,
     SOURCE_FIELD(struct values, retry)},
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
    {.name = "no-supervisor",
     .help = "One process: no parent that holds the sockets, starts another "
             "process after a crash, and upgrades on USR2.",
     .kind = OPTION_FLAG,
     FIELD(no_supervisor)},
};

static void put_notes(struct text *t)
{
    TEXT_LITERAL(t, "\nAttributes:\n");
    for (unsigned i = 0; i < nattributes; i++) {
        text_printf(t, "  %s\n        ", attributes[i].name);
        attribute_put_values(t, &attributes[i]);
        text_printf(t, ". Default: %s.\n",
                    attributes[i].initial[0] ? attributes[i].initial : "none");
    }
}

/* ---- what a process after this one runs ----------------------------------- */

/* The templates, then the number of pairs of certificates and keys that were
 * read from files, then those. */
static void remember(struct serving *s)
{
    unsigned files = certificates_files(s->certificates);
    unsigned n = s->source.ntexts;
    struct str *texts = memory_zeroed(n + 1 + (size_t)files * CERTIFICATE_TEXTS,
                                      sizeof(*texts));
    char number[16];

    if (n == 0) {
        parent_remember(&s->parent, NULL, 0);
        free(texts);
        return;
    }
    memcpy(texts, s->source.texts, n * sizeof(*texts));
    snprintf(number, sizeof(number), "%u", files);
    texts[n] = str_of(number);
    certificates_put_texts(s->certificates, texts + n + 1);
    parent_remember(&s->parent, texts, n + 1 + files * CERTIFICATE_TEXTS);
    free(texts);
}

/* What the process before remembered of certificates; NULL: nothing. */
static struct certificates *remembered(struct serving *s)
{
    unsigned n = s->values->source.templates.n;
    const struct str *texts = parent_texts(&s->parent, n + 1);
    uint64_t files = 0;

    if (texts == NULL || !str_to_u64(texts[n], UINT16_MAX, &files))
        return NULL;
    texts =
        parent_texts(&s->parent, n + 1 + (unsigned)files * CERTIFICATE_TEXTS);
    return texts ? certificates_of_texts(texts + n + 1, (unsigned)files) : NULL;
}

/* A pair may change while the template stays. */
static void certified(void *owner, struct certificates *certificates)
{
    struct serving *s = owner;

    if (certificates == s->certificates)
        return;
    certificates_release(s->certificates);
    s->certificates = certificates_hold(certificates);
    remember(s);
}

/* ---- the template, again ------------------------------------------------- */

static void log_change(void *owner, enum diff_kind kind, struct str id,
                       struct str type)
{
    static const char *const words[] = {"added", "removed", "changed"};

    (void)owner;
    log_write(LOG_INFO, "serve", "template: " STR_FMT " (" STR_FMT ") %s",
              STR_ARG(id), STR_ARG(type), words[kind]);
}

/* Problems as lines of the log, where those are JSON; else for people. */
static void log_problems(const struct values *values, struct report *report)
{
    if (values->log_format != LOG_JSON) {
        source_print(report);
        return;
    }
    report_sort(report);
    for (const struct problem *p = report->first; p; p = p->next)
        log_write(p->severity == PROBLEM_ERROR ? LOG_ERROR : LOG_WARN, "serve",
                  "%s:%u:%u: " STR_FMT "%s" STR_FMT,
                  p->place.file ? p->place.file : "-", p->place.line,
                  p->place.column, STR_ARG(p->what), p->remedy.n ? ": " : "",
                  STR_ARG(p->remedy));
}

/* SIGHUP: what is not as in the template that runs. */
static struct config *reload(void *owner, struct account **account)
{
    struct serving *s = owner;
    struct source_options again = s->values->source;
    struct report report = {.strict = false};
    struct error error = {""};
    struct config *config;
    unsigned errors;

    again.again = true;
    again.texts = NULL;
    if (!source_is_files(&s->values->source)) {
        log_write(LOG_ERROR, "serve",
                  "the new template is refused, the old one goes on: standard "
                  "input and pipes cannot be read again");
        return NULL;
    }
    config = source_load(&again, &s->next, &report, &error);
    errors = report.errors;

    log_problems(s->values, &report);
    report_end(&report);
    if (config == NULL) {
        log_write(LOG_ERROR, "serve",
                  "the new template is refused, the old one goes on: %u "
                  "error%s",
                  errors, errors == 1 ? "" : "s");
    } else if (diff_resources(s->source.resources, s->next.resources,
                              log_change, NULL) == 0) {
        log_write(LOG_INFO, "serve", "template: nothing changed");
        config_release(config);
        config = NULL;
    }
    if (config == NULL)
        source_end(&s->next);
    else
        *account = account_new(s->next.resources, 0);
    return config;
}

/* What a call of the API makes of the resources. */
static struct config *build(void *owner, const struct value *resources,
                            struct str stack, struct report *report)
{
    struct serving *s = owner;
    struct source_options how = s->values->source;

    how.again = true;
    return source_build(&how, resources, stack, report);
}

static void reloaded(void *owner, bool runs)
{
    struct serving *s = owner;
    struct source old = s->source;

    if (!runs) {
        source_end(&s->next);
        return;
    }
    s->source = s->next;
    s->next = (struct source){.stack = STR("")};
    source_end(&old);
    remember(s);
    log_write(LOG_INFO, "serve", "the new template runs");
}

static const char *path_of(const struct values *values, enum key_use use)
{
    return use == KEY_COOKIES ? values->cookie_key : values->ticket_key;
}

static const struct key_file *kind_of(enum key_use use)
{
    return use == KEY_COOKIES ? &key_file_cookies : &key_file_tickets;
}

/* SIGHUP: keys, which are read again whatever became of the template. */
static bool read_keys_again(void *owner, enum key_use use,
                            struct seal_keys *keys)
{
    const struct serving *s = owner;
    const char *path = path_of(s->values, use);
    struct error error = {""};

    if (path == NULL)
        return false;
    if (key_file_read(kind_of(use), path, keys, &error))
        return true;
    log_write(LOG_ERROR, "serve", "%s; the old %s keys go on", error.text,
              key_use_words[use]);
    return false;
}

/* SIGHUP: access keys, as well. */
static struct access_keys *read_access_again(void *owner)
{
    const struct serving *s = owner;
    struct report report = {.strict = false};
    struct access_keys *keys =
        access_file_read(s->values->access_keys, &report);

    log_problems(s->values, &report);
    report_end(&report);
    if (keys == NULL)
        log_write(LOG_ERROR, "serve",
                  "%s is refused, the old access keys go on",
                  s->values->access_keys);
    return keys;
}

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
    remember(s);
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

static int run_server(struct serving *s, struct error *error)
{
    const struct values *values = s->values;
    struct server_options how = {
        .workers = values->workers ? (unsigned)values->workers : process_cpus(),
        .api = values->api.family != 0,
        .api_bind = values->api,
        .passthrough = values->passthrough,
        .drain_timeout_ms = (uint32_t)values->drain_timeout * 1000,
        .explain_key =
            values->explain_key ? str_of(values->explain_key) : STR(""),
        .keys_again =
            values->cookie_key || values->ticket_key ? read_keys_again : NULL,
        .document = *s->state.document,
        .store = s->state.store,
        .unsaved = s->state.unsaved,
        .takes_over = s->parent.start == START_UPGRADE,
        .build = build,
        .access_keys = s->access_keys,
        .access_keys_again = values->access_keys ? read_access_again : NULL,
        .reload = values->source.templates.n ? reload : NULL,
        .reloaded = reloaded,
        .bound = values->user ? bound : NULL,
        .draining = draining,
        .certificate_source = &s->certificate_source,
        .objects = &s->s3_folder.source,
        .certificates = s->certificates,
        .certified = certified,
        .owner = s,
    };
    const char *s3_folder = values->source.s3_folder;
    struct server *server;

    s3_folder_init(&s->s3_folder, s3_folder ? str_of(s3_folder) : STR(""));
    for (unsigned i = 0; i < LOG_KINDS; i++)
        how.logs[i] = log_of(values->logs[i]);
    memcpy(how.keys, s->keys, sizeof(how.keys));
    set_parent(&how, s);
    server = server_start(s->config, &how, error);
    forget(how.keys);
    if (server == NULL)
        return EX_UNAVAILABLE;
    tell_start(server, s);
    server_wait(server);
    process_ignore_late();
    server_free(server);
    return EX_OK;
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

static bool url_fits(const char *url, struct error *error)
{
    struct passthrough_url read;

    return url == NULL || passthrough_read(url, &read, error);
}

static bool zone_fits(const char *zone, struct error *error)
{
    if (*zone == '\0' || strcmp(zone, "all") == 0)
        return error_set(error,
                         "--zone \"%s\" is no Availability Zone; write one "
                         "such as us-east-1a, or leave --zone out for all",
                         zone);
    return true;
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
        before = remembered(s);
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
    const struct values *values = s->values;
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
        build(s, account_values(s->state.document->account, &region),
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
        const char *path = path_of(s->values, (enum key_use)i);

        if (path == NULL ||
            key_file_read(kind_of((enum key_use)i), path, &s->keys[i], error))
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

static struct access_keys *load_own(const struct values *values,
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
        log_problems(s->values, &report);
        s->access_keys = access_keys_none();
        ok = true;
    } else if (s->parent.start != START_CRASHED) {
        source_print(&report);
    }
    report_end(&report);
    return ok;
}

static int supervise(const struct values *values)
{
    int status;

    process_prepare();
    log_start(values->log_level, values->log_format);
    status = supervisor_run();
    log_stop();
    return status;
}

static int run(int argc, char **argv)
{
    struct values values = {.workers = 0};
    struct serving s = {.values = &values};
    struct error error = {""};
    int status;

    if (!options_read(&cmd_serve, argc, argv, &values, &status))
        return status;
    if (!url_fits(values.passthrough, &error))
        return options_fail(&cmd_serve, EX_USAGE, &error);
    values.source.listeners_come = values.api.family != 0;
    if (values.source.zone && !zone_fits(values.source.zone, &error))
        return options_fail(&cmd_serve, EX_USAGE, &error);
    if (values.state && !store_spec_check(values.state, &error))
        return options_fail(&cmd_serve, EX_USAGE, &error);
    if (values.user && !process_user_exists(values.user, &error))
        return options_fail(&cmd_serve, EX_USAGE, &error);
    if (!values.no_supervisor && !parent_there())
        return supervise(&values);
    process_ignore_early();
    values.source.empty = values.api.family != 0;
    log_choose(values.log_level, values.log_format);
    if (!parent_open(&s.parent, &error))
        status = options_fail(&cmd_serve, EX_UNAVAILABLE, &error);
    else if (!read_keys_first(&s, &error))
        status = options_fail(&cmd_serve, EX_DATAERR, &error);
    else if (!read_access_first(&s))
        status = EX_DATAERR;
    else
        status = load_and_serve(&s, &values.source);
    forget(s.keys);
    access_keys_release(s.access_keys);
    parent_close(&s.parent);
    return status;
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "Run the load balancer in front of your services",
    .arguments = "[TEMPLATE...]",
    .words = offsetof(struct values, source.templates),
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .put_notes = put_notes,
    .run = run,
};
