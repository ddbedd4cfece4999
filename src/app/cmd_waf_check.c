/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice waf check`: what is wrong with a web ACL, what it costs, and which
 * of its rules cannot work.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/problems.h"
#include "app/waf_acl.h"
#include "base/memory.h"
#include "waf/lint.h"

struct values {
    struct waf_acl_options acl;
    struct option_list files;
    bool verbose;
    bool json;
};

static const struct option options[] = {
    WAF_ACL_OPTIONS(struct values),
    {.name = "verbose",
     .letter = 'v',
     .help = "Says also what is no mistake as such.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, verbose)},
    {.name = "json",
     .help = "Prints the problems and the capacity as JSON on standard output.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, json)},
};

/* ---- capacity ----------------------------------------------------------------- */

static void print_capacity(const struct config_web_acl *acl)
{
    printf("web ACL " STR_FMT ": %u WCU, %u rule%s\n",
           STR_ARG(acl->entity.name), acl->capacity, acl->nrules,
           acl->nrules == 1 ? "" : "s");
    for (unsigned i = 0; i < acl->nrules; i++)
        printf("%8u WCU  %u " STR_FMT "\n", waf_capacity(&acl->rules[i], 1),
               acl->rules[i].priority, STR_ARG(acl->rules[i].name));
}

static void put_rule(struct text *t, const struct waf_rule *rule)
{
    TEXT_LITERAL(t, "{\"rule\":");
    text_json(t, rule->name);
    text_printf(t, ",\"priority\":%u,\"capacity\":%u}", rule->priority,
                waf_capacity(rule, 1));
}

static void put_acl(struct text *t, const struct config_web_acl *acl)
{
    TEXT_LITERAL(t, "{\"acl\":");
    text_json(t, acl->entity.name);
    text_printf(t, ",\"capacity\":%u,\"rules\":[", acl->capacity);
    for (unsigned i = 0; i < acl->nrules; i++) {
        if (i)
            text_char(t, ',');
        put_rule(t, &acl->rules[i]);
    }
    TEXT_LITERAL(t, "]}");
}

static size_t acl_size(const struct config_web_acl *acl)
{
    return 2048 + (size_t)acl->nrules * 1024;
}

static void print_acls_json(const struct waf_acls *acls)
{
    fputs("{\"acls\":[", stdout);
    for (unsigned i = 0; i < acls->n; i++) {
        const struct config_web_acl *acl = waf_program_acl(acls->programs[i]);
        struct text t = text_in(memory_zeroed(1, acl_size(acl)), acl_size(acl));

        put_acl(&t, acl);
        printf("%s" STR_FMT, i ? ",\n" : "", STR_ARG(text_str(&t)));
        free(t.p);
    }
    fputs("],\n\"problems\":", stdout);
}

/* ---- the command --------------------------------------------------------------- */

static void print(const struct values *values, const struct waf_acls *acls,
                  bool loaded, struct report *report)
{
    static const struct waf_acls none = {.n = 0};

    if (values->json) {
        print_acls_json(loaded ? acls : &none);
        problems_print_json(report);
        puts("}");
        return;
    }
    source_print(report);
    for (unsigned i = 0; loaded && i < acls->n; i++)
        print_capacity(waf_program_acl(acls->programs[i]));
    if (loaded)
        printf("ok: %u web ACL%s, %u warning%s\n", acls->n,
               acls->n == 1 ? "" : "s", report->warnings,
               report->warnings == 1 ? "" : "s");
}

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct report report = {.partly = true};
    struct source source = {.stack = STR("")};
    struct error error = {""};
    struct waf_acls acls;
    int status = EX_OK;
    bool loaded;

    if (!options_read(&cmd_waf_check, argc, argv, &values, &status))
        return status;
    report.verbose = values.verbose || values.json;
    loaded = waf_acls_load(&acls, &values.acl, values.files.v, values.files.n,
                           NULL, &report, &error);
    for (unsigned i = 0; loaded && i < acls.n; i++)
        lint_acl(acls.programs[i], &report);
    if (!error.text[0])
        print(&values, &acls, loaded, &report);
    if (!loaded)
        status = source_failed(&cmd_waf_check, &source, &report, &error);
    report_end(&report);
    waf_acls_end(&acls);
    return status;
}

const struct command cmd_waf_check = {
    .name = "waf check",
    .summary = "Say what is wrong with a web ACL, and what it costs",
    .arguments = "ACL...",
    .words = offsetof(struct values, files),
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
