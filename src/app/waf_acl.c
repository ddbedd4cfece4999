/* SPDX-License-Identifier: Apache-2.0 */
#include "app/waf_acl.h"

#include <stdlib.h>

#include "base/suggest.h"
#include "template/waf_file.h"

static struct str environment(const char *name)
{
    const char *value = getenv(name);

    return value ? str_of(value) : STR("");
}

static bool cut_parameters(const struct waf_acl_options *options,
                           struct template_parameter *to, struct error *error)
{
    for (unsigned i = 0; i < options->parameters.n; i++) {
        to[i].value = str_of(options->parameters.v[i]);
        to[i].key = str_cut(&to[i].value, '=');
        if (to[i].value.p == NULL || to[i].key.n == 0)
            return error_set(error, "--parameter \"%.100s\": must be KEY=VALUE",
                             options->parameters.v[i]);
    }
    return true;
}

/* As templates have it: the file's name up to its first full stop. */
static struct str stack_of(const struct waf_acl_options *options,
                           const char *file)
{
    const char *slash = strrchr(file, '/');
    struct str rest = str_of(slash ? slash + 1 : file);
    struct str name = str_cut(&rest, '.');

    if (options->stack)
        return str_of(options->stack);
    return name.n && !str_eq(name, STR("-")) ? name : STR("stack");
}

static void build(struct waf_acls *acls, const struct value *resources,
                  const struct template_options *how, struct report *report)
{
    struct local local = {.region_name = how->region_name,
                          .account = how->account};

    acls->config = config_build(resources, how->stack, &local, report);
}

static bool compile(struct waf_acls *acls, struct geo *geo,
                    struct report *report)
{
    struct config_waf *waf = acls->config->waf;
    unsigned errors = report->errors;

    if (waf == NULL || waf->nacls == 0)
        return true;
    acls->n = waf->nacls;
    acls->programs =
        region_take(&acls->region, acls->n * sizeof(struct waf_program *));
    for (unsigned i = 0; i < acls->n; i++)
        acls->programs[i] = waf_program_new(waf->acls[i], geo, report);
    return report->errors == errors;
}

bool waf_acls_load(struct waf_acls *acls, const struct waf_acl_options *options,
                   const char *const *files, unsigned n, struct geo *geo,
                   struct report *report, struct error *error)
{
    struct template_parameter parameters[OPTION_LIST_MAX];
    struct str region = environment("AWS_REGION");
    struct template_options how = {
        .nparameters = options->parameters.n,
        .parameters = parameters,
        .region_name = region.n ? region : environment("AWS_DEFAULT_REGION"),
        .account = environment("AWS_ACCOUNT_ID"),
        .stack = stack_of(options, files[0]),
    };
    const struct value *resources;

    *acls = (struct waf_acls){.n = 0};
    report->strict = options->strict;
    if (!cut_parameters(options, parameters, error))
        return false;
    resources = waf_file_read(files, n, &how, &acls->region, report);
    if (resources)
        build(acls, resources, &how, report);
    if (acls->config == NULL || !compile(acls, geo, report))
        return false;
    if (acls->n == 0)
        report_error(report, &(struct place){.file = files[0]},
                     "there is no web ACL in %s\ngive a file that has one: "
                     "sets and rule groups alone check nothing",
                     n == 1 ? "it" : "these files");
    return acls->n > 0;
}

void waf_acls_end(struct waf_acls *acls)
{
    for (unsigned i = 0; i < acls->n; i++)
        waf_program_release(acls->programs[i]);
    if (acls->config)
        config_release(acls->config);
    region_end(&acls->region);
    *acls = (struct waf_acls){.n = 0};
}

/* ---- by name ------------------------------------------------------------------------ */

static void no_such(const struct waf_acls *acls, const char *name,
                    struct error *error)
{
    char room[300];
    struct text names = text_in(room, sizeof(room));
    struct suggest near = suggest_for(str_of(name ? name : ""));

    for (unsigned i = 0; i < acls->n; i++) {
        struct str one = waf_program_acl(acls->programs[i])->entity.name;

        text_printf(&names, "%s" STR_FMT, i ? ", " : "", STR_ARG(one));
        suggest_offer(&near, one.p);
    }
    if (name == NULL)
        error_set(error,
                  "there are %u web ACLs: say --acl NAME; there are %.*s",
                  acls->n, (int)names.n, names.p);
    else if (suggest_best(&near))
        error_set(error, "there is no web ACL \"%.100s\"; did you mean %s?",
                  name, suggest_best(&near));
    else
        error_set(error, "there is no web ACL \"%.100s\"; there are %.*s", name,
                  (int)names.n, names.p);
}

struct waf_program *waf_acls_one(const struct waf_acls *acls, const char *name,
                                 struct error *error)
{
    if (name == NULL && acls->n == 1)
        return acls->programs[0];
    for (unsigned i = 0; name && i < acls->n; i++) {
        const struct waf_entity *entity =
            &waf_program_acl(acls->programs[i])->entity;

        if (str_eq(entity->name, str_of(name)) ||
            str_eq(entity->id, str_of(name)))
            return acls->programs[i];
    }
    no_such(acls, name, error);
    return NULL;
}
