/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice check`: what is wrong with a template, without running it.
 */
#include <stdio.h>

#include "app/commands.h"
#include "app/problems.h"
#include "app/source.h"
#include "control/certificates.h"
#include "control/target_tls.h"
#include "proxy/lint.h"
#include "waf/program.h"

struct values {
    struct source_options source;
    bool json;
};

static const struct option options[] = {
    SOURCE_OPTIONS(struct values),
    SOURCE_LOCAL_OPTIONS(struct values),
    {.name = "verbose",
     .letter = 'v',
     .help = "Lists the resource types that are ignored, and what the template "
             "becomes.",
     .kind = OPTION_FLAG,
     SOURCE_FIELD(struct values, verbose)},
    {.name = "json",
     .help = "Prints the problems as JSON on standard output.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, json)},
};

/* ---- JSON ---------------------------------------------------------------- */

static void print_json(struct report *report, const struct config *config)
{
    report->verbose = true;
    if (config)
        source_note_missing(config, report);
    problems_print_json(report);
    putchar('\n');
}

/* ---- for people ---------------------------------------------------------- */

static void print_certificate(const struct config_certificate *c,
                              bool is_default)
{
    printf("    %s " STR_FMT ", ",
           is_default ? "default certificate" : "certificate", STR_ARG(c->arn));
    if (c->file.n) {
        printf("from " STR_FMT, STR_ARG(c->file));
        if (!str_eq(c->key, c->file))
            printf(" and " STR_FMT, STR_ARG(c->key));
    } else if (c->pem.n) {
        printf("imported");
    } else {
        printf("issued here for");
        for (unsigned i = 0; i < c->nnames; i++)
            printf(" " STR_FMT, STR_ARG(c->names[i]));
    }
    putchar('\n');
}

static void print_tls(const struct config_tls *tls)
{
    printf("    " STR_FMT "\n", STR_ARG(tls->policy->name));
    for (unsigned i = 0; i < tls->ncertificates; i++)
        print_certificate(&tls->certificates[i], i == 0);
    if (tls->mutual == MUTUAL_PASSTHROUGH)
        puts("    clients may show certificates, which targets verify");
    else if (tls->mutual == MUTUAL_VERIFY)
        printf("    clients are verified by " STR_FMT
               ", %u revocation list%s\n",
               STR_ARG(tls->trust_store->file), tls->trust_store->nlists,
               tls->trust_store->nlists == 1 ? "" : "s");
}

static void print_balancer(const struct config_load_balancer *balancer)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    if (balancer->own.family) {
        TEXT_LITERAL(&t, " at ");
        address_put_ip(&t, &balancer->own);
    }
    printf("load balancer " STR_FMT " is " STR_FMT STR_FMT "\n",
           STR_ARG(balancer->id), STR_ARG(balancer->dns_name),
           STR_ARG(text_str(&t)));
}

static void print_listener(const struct config_listener *listener)
{
    char buffer[2 * ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    address_put(&t, &listener->bind);
    if (listener->own.family) {
        TEXT_LITERAL(&t, " and ");
        address_put(&t, &listener->own);
    }
    printf("listener " STR_FMT " port %u at " STR_FMT ", %u rule%s and the "
           "default\n",
           STR_ARG(listener->id), listener->port, STR_ARG(text_str(&t)),
           listener->nrules - 1, listener->nrules == 2 ? "" : "s");
    if (listener->tls)
        print_tls(listener->tls);
}

static void print_group(const struct config_group *group)
{
    printf("target group " STR_FMT " %s, %u target%s here\n",
           STR_ARG(group->id), group->load_balancer ? "in use" : "not in use",
           group->ntargets, group->ntargets == 1 ? "" : "s");
}

static void print_acl(const struct config *config,
                      const struct config_web_acl *acl)
{
    printf("web ACL " STR_FMT ", %u rule%s, %u capacity units",
           STR_ARG(acl->entity.id), acl->nrules, acl->nrules == 1 ? "" : "s",
           acl->capacity);
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        if (config->load_balancers[i]->web_acl == acl)
            printf(", of load balancer " STR_FMT,
                   STR_ARG(config->load_balancers[i]->id));
    }
    putchar('\n');
}

static void print_config(const struct config *config)
{
    for (unsigned i = 0; i < config->nload_balancers; i++)
        print_balancer(config->load_balancers[i]);
    for (unsigned i = 0; i < config->nlisteners; i++)
        print_listener(config->listeners[i]);
    for (unsigned i = 0; i < config->ngroups; i++)
        print_group(config->groups[i]);
    for (unsigned i = 0; config->waf && i < config->waf->nacls; i++)
        print_acl(config, config->waf->acls[i]);
}

/* What only compiling them finds: patterns that AWS refuses. */
static void check_acls(const struct config *config, struct report *report)
{
    for (unsigned i = 0; config->waf && i < config->waf->nacls; i++)
        waf_program_release(
            waf_program_new(config->waf->acls[i], NULL, report));
}

static void print_text(const struct values *values, const struct config *config,
                       struct report *report)
{
    source_print(report);
    if (config)
        source_print_missing(config);
    if (config && values->source.verbose)
        print_config(config);
    if (config && report->errors == 0)
        printf("ok: %u load balancer%s, %u listener%s, %u target group%s, %u "
               "warning%s\n",
               config->nload_balancers, config->nload_balancers == 1 ? "" : "s",
               config->nlisteners, config->nlisteners == 1 ? "" : "s",
               config->ngroups, config->ngroups == 1 ? "" : "s",
               report->warnings, report->warnings == 1 ? "" : "s");
}

/* ---- the command --------------------------------------------------------- */

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct source source;
    struct report report = {.partly = true};
    struct error error = {""};
    struct config *config;
    int status;

    if (!options_read(&cmd_check, argc, argv, &values, &status))
        return status;
    values.source.listeners_come = true;
    config = source_load(&values.source, &source, &report, &error);
    if (config) {
        certificates_check(config, &report);
        target_tls_check(config, &report);
        lint_config(config, &report);
        check_acls(config, &report);
    }
    if (values.json && !error.text[0])
        print_json(&report, config);
    else
        print_text(&values, config, &report);
    status = EX_OK;
    if (config == NULL || report.errors)
        status = source_failed(&cmd_check, &source, &report, &error);
    if (config)
        config_release(config);
    report_end(&report);
    source_end(&source);
    return status;
}

const struct command cmd_check = {
    .name = "check",
    .summary = "Say what is wrong with a template",
    .arguments = "TEMPLATE...",
    .words = offsetof(struct values, source.templates),
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
