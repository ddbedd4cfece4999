/* SPDX-License-Identifier: Apache-2.0 */
#include "app/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "proxy/snapshot.h"

enum { PROBLEM_TEXT = 16 * 1024 };

/* Lists of the command line, cut in their parts. */
struct parts {
    struct template_parameter parameters[OPTION_LIST_MAX];
    struct local_service services[OPTION_LIST_MAX];
    struct local_target_id targets[OPTION_LIST_MAX];
    struct local_port ports[OPTION_LIST_MAX];
    struct local_certificate certificates[OPTION_LIST_MAX];
    struct local_trust_store trust_stores[OPTION_LIST_MAX];
    struct quotas quotas;
};

const char *const source_discover_words[] = {"off", "ecs", NULL};

/* ---- cutting ------------------------------------------------------------- */

static bool cut_pair(const char *option, const char *form, const char *text,
                     struct str *key, struct str *value, struct error *error)
{
    *value = str_of(text);
    *key = str_cut(value, '=');
    if (value->p && key->n)
        return true;
    return error_set(error, "--%s \"%.100s\": must be %s", option, text, form);
}

static bool cut_port(const char *text, struct local_port *port,
                     struct error *error)
{
    struct str key;
    struct str value;
    uint64_t listener;
    uint64_t local;

    if (!cut_pair("port", "PORT=LOCAL, such as 80=8080", text, &key, &value,
                  error))
        return false;
    if (!str_to_u64(key, UINT16_MAX, &listener) || listener == 0 ||
        !str_to_u64(value, UINT16_MAX, &local))
        return error_set(error,
                         "--port \"%.100s\": must be two port numbers, such "
                         "as 80=8080",
                         text);
    port->listener = (uint16_t)listener;
    port->local = (uint16_t)local;
    return true;
}

static bool cut_certificate(const char *text, struct local_certificate *c,
                            struct error *error)
{
    struct str files;

    if (!cut_pair("certificate", "NAME=CERT.pem[,KEY.pem]", text, &c->name,
                  &files, error))
        return false;
    c->file = str_cut(&files, ',');
    c->key = files.p ? files : c->file;
    if (c->file.n && c->key.n)
        return true;
    return error_set(error,
                     "--certificate \"%.100s\": there is no file after the "
                     "\"%c\"; write NAME=CERT.pem,KEY.pem",
                     text, c->file.n ? ',' : '=');
}

static bool cut_lists(const struct source_options *options, struct parts *parts,
                      struct error *error)
{
    for (unsigned i = 0; i < options->parameters.n; i++) {
        struct template_parameter *p = &parts->parameters[i];

        if (!cut_pair("parameter", "KEY=VALUE", options->parameters.v[i],
                      &p->key, &p->value, error))
            return false;
    }
    for (unsigned i = 0; i < options->services.n; i++) {
        struct local_service *s = &parts->services[i];

        if (!cut_pair("service", "NAME=HOST:PORT[,...]", options->services.v[i],
                      &s->name, &s->value, error))
            return false;
    }
    for (unsigned i = 0; i < options->targets.n; i++) {
        struct local_target_id *t = &parts->targets[i];

        if (!cut_pair("target", "ID=HOST[:PORT]", options->targets.v[i], &t->id,
                      &t->value, error))
            return false;
    }
    for (unsigned i = 0; i < options->ports.n; i++) {
        if (!cut_port(options->ports.v[i], &parts->ports[i], error))
            return false;
    }
    for (unsigned i = 0; i < options->certificates.n; i++) {
        if (!cut_certificate(options->certificates.v[i],
                             &parts->certificates[i], error))
            return false;
    }
    for (unsigned i = 0; i < options->quotas.n; i++) {
        if (!quota_set(&parts->quotas, options->quotas.v[i], error))
            return false;
    }
    for (unsigned i = 0; i < options->trust_stores.n; i++) {
        struct local_trust_store *t = &parts->trust_stores[i];

        if (!cut_pair("trust-store", "NAME=CA.pem[,LIST.crl...]",
                      options->trust_stores.v[i], &t->name, &t->files, error))
            return false;
    }
    return true;
}

/* ---- what stands around a template --------------------------------------- */

static struct str environment(const char *name)
{
    const char *value = getenv(name);

    return value ? str_of(value) : STR("");
}

static struct str region_name(void)
{
    struct str name = environment("AWS_REGION");

    return name.n ? name : environment("AWS_DEFAULT_REGION");
}

static struct local local_of(const struct source_options *options,
                             const struct parts *parts)
{
    return (struct local){
        .bind = options->bind,
        .port_offset = (unsigned)options->port_offset,
        .nports = options->ports.n,
        .ports = parts->ports,
        .nservices = options->services.n,
        .services = parts->services,
        .ntargets = options->targets.n,
        .targets = parts->targets,
        .ncertificates = options->certificates.n,
        .certificates = parts->certificates,
        .ntrust_stores = options->trust_stores.n,
        .trust_stores = parts->trust_stores,
        .retry = (enum retry)options->retry,
        .enforce_security_groups = options->security_groups == 1,
        .zone = options->zone ? str_of(options->zone) : STR(""),
        .follow_services = options->discover != 0,
        .s3_folder = options->s3_folder ? str_of(options->s3_folder) : STR(""),
        .again = options->again,
        .quotas = parts->quotas,
        .listeners_come = options->listeners_come,
        .region_name = region_name(),
        .account = environment("AWS_ACCOUNT_ID"),
    };
}

/* ---- the two kinds ------------------------------------------------------- */

static void remember(struct source *source, const struct template_source *read,
                     unsigned n)
{
    source->texts = region_take(&source->region, n * sizeof(*source->texts));
    source->ntexts = n;
    for (unsigned i = 0; i < n; i++)
        source->texts[i] = region_copy(&source->region, read[i].text);
}

static bool read_templates(const struct source_options *options,
                           struct template_source *read, struct report *report)
{
    const struct option_list *files = &options->templates;

    if (options->texts == NULL)
        return template_read(files->v, files->n, read, report);
    for (unsigned i = 0; i < files->n; i++)
        read[i] = (struct template_source){files->v[i], options->texts[i]};
    return true;
}

static bool load_templates(const struct source_options *options,
                           const struct parts *parts, struct source *source,
                           struct report *report)
{
    struct template_options how = {
        .nparameters = options->parameters.n,
        .parameters = parts->parameters,
        .region_name = region_name(),
        .account = environment("AWS_ACCOUNT_ID"),
        .stack = options->stack ? str_of(options->stack) : STR(""),
    };
    struct template_source read[OPTION_LIST_MAX];
    unsigned n = options->templates.n;

    if (!read_templates(options, read, report))
        return false;
    if (options->remember)
        remember(source, read, n);
    source->template = template_parse(read, n, &how, report);
    if (source->template == NULL)
        return false;
    source->resources = source->template->resources;
    source->stack = source->template->stack;
    return true;
}

/* One text of all --to, so that a weight given twice is noticed. */
static struct str join_to(struct source *source, const struct option_list *to)
{
    struct str all = STR("");

    for (unsigned i = 0; i < to->n; i++)
        all = region_printf(&source->region, STR_FMT "%s%s", STR_ARG(all),
                            i ? "," : "", to->v[i]);
    return all;
}

/* The port that --to's listener has: one that AWS would take. */
static uint16_t to_port(const struct source_options *options)
{
    return options->listen ? (uint16_t)options->listen : 80;
}

/* `local` maps it to the one that was asked for. */
static void to_is_local(const struct source_options *options,
                        struct parts *parts, struct local *local)
{
    parts->ports[0] = (struct local_port){
        .listener = to_port(options),
        .local = (uint16_t)options->listen,
    };
    local->nports = 1;
    local->region_name = local->account = STR(""); /* as in config_to() */
}

static bool load_to(const struct source_options *options, struct parts *parts,
                    struct local *local, struct source *source,
                    struct error *error)
{
    struct to_options how = {
        .to = join_to(source, &options->to),
        .port = to_port(options),
        .health_path =
            options->health_check ? str_of(options->health_check) : STR(""),
        .nattributes = options->attributes.n,
        .attributes = options->attributes.v,
    };

    to_is_local(options, parts, local);
    source->stack = STR("sluice");
    source->resources = config_to(&how, &source->region, error);
    source->bad_data = source->resources == NULL;
    return source->resources != NULL;
}

/* An account without resources, for the API to fill. */
static bool load_nothing(const struct source_options *options,
                         struct source *source)
{
    source->stack = options->stack ? str_of(options->stack) : STR("sluice");
    source->resources = value_new(&source->region, VALUE_MAP, NULL);
    return true;
}

static bool check_options(const struct source_options *options,
                          struct error *error)
{
    if (options->templates.n && options->to.n)
        return error_set(error, "a template and --to cannot go together: the "
                                "template says where requests go");
    if (!options->templates.n && !options->to.n && !options->empty)
        return error_set(error, "there is nothing to serve: give a "
                                "CloudFormation template, or --to HOST:PORT");
    if (options->templates.n &&
        (options->attributes.n || options->health_check))
        return error_set(error, "--attribute and --health-check go with --to: "
                                "in a template they are properties");
    if (options->to.n && options->ports.n + options->services.n +
                             options->parameters.n + options->certificates.n +
                             options->trust_stores.n)
        return error_set(error,
                         "--port, --service, --parameter, --certificate and "
                         "--trust-store go with a template; with --to, "
                         "--listen says the port of an HTTP listener");
    return true;
}

struct config *source_load(const struct source_options *options,
                           struct source *source, struct report *report,
                           struct error *error)
{
    struct parts *parts;
    struct config *config = NULL;
    struct local local;
    bool ok;

    *source = (struct source){.stack = STR("")};
    report->strict = options->strict;
    report->verbose = options->verbose;
    if (!check_options(options, error))
        return NULL;
    parts = memory_zeroed(1, sizeof(*parts));
    ok = cut_lists(options, parts, error);
    local = local_of(options, parts);
    if (ok && options->to.n)
        ok = load_to(options, parts, &local, source, error);
    else if (ok && options->templates.n == 0)
        ok = load_nothing(options, source);
    else if (ok)
        ok = load_templates(options, parts, source, report);
    if (ok)
        config = config_build(source->resources, source->stack, &local, report);
    free(parts);
    if (config && !snapshot_check(config, report)) {
        config_release(config);
        config = NULL;
    }
    return config;
}

struct config *source_build(const struct source_options *options,
                            const struct value *resources, struct str stack,
                            struct report *report)
{
    struct parts *parts = memory_zeroed(1, sizeof(*parts));
    struct config *config = NULL;
    struct error error = {""};

    if (cut_lists(options, parts, &error)) {
        struct local local = local_of(options, parts);

        if (options->to.n)
            to_is_local(options, parts, &local);
        config = config_build(resources, stack, &local, report);
    } else {
        report_error(report, NULL, "%s", error.text);
    }
    free(parts);
    return config;
}

bool source_is_files(const struct source_options *options)
{
    struct stat status;

    for (unsigned i = 0; i < options->templates.n; i++) {
        const char *path = options->templates.v[i];

        /* What is not there gets its error when it is read. */
        if (strcmp(path, "-") == 0 ||
            (stat(path, &status) == 0 && !S_ISREG(status.st_mode)))
            return false;
    }
    return true;
}

void source_end(struct source *source)
{
    if (source->template)
        template_free(source->template);
    region_end(&source->region);
    *source = (struct source){.stack = STR("")};
}

/* ---- printing ------------------------------------------------------------ */

void source_print(struct report *report)
{
    char buffer[PROBLEM_TEXT];
    unsigned kept = 0;
    unsigned all = report->errors + report->warnings + report->notes;

    report_sort(report);
    for (const struct problem *p = report->first; p; p = p->next, kept++) {
        struct text t = text_in(buffer, sizeof(buffer));

        report_put(&t, report, p);
        fwrite(t.p, 1, t.n, stderr);
    }
    if (kept < all)
        fprintf(stderr, "... and %u more\n", all - kept);
}

int source_failed(const struct command *command, const struct source *source,
                  const struct report *report, const struct error *error)
{
    if (error->text[0])
        return options_fail(command, source->bad_data ? EX_DATAERR : EX_USAGE,
                            error);
    fprintf(stderr, "sluice %s: %u error%s\n", command->name, report->errors,
            report->errors == 1 ? "" : "s");
    return EX_DATAERR;
}

void source_print_missing(const struct config *config)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *group = config->groups[i];

        if (group->flag.n)
            fprintf(stderr,
                    "target group " STR_FMT " has no address here and answers "
                    "503: give it one with\n    " STR_FMT "\n",
                    STR_ARG(group->id), STR_ARG(group->flag));
    }
}

void source_note_missing(const struct config *config, struct report *report)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *group = config->groups[i];

        if (group->flag.n)
            report_add(report, PROBLEM_NOTE, &group->place, group->flag.p,
                       "target group " STR_FMT
                       " has no address here and answers 503",
                       STR_ARG(group->id));
    }
}
