/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice waf check`: what is wrong with a web ACL, what it costs, and which
 * of its rules cannot work.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/waf_acl.h"
#include "base/memory.h"

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
        printf("    %u " STR_FMT ": %u WCU\n", acl->rules[i].priority,
               STR_ARG(acl->rules[i].name), waf_capacity(&acl->rules[i], 1));
}

/* ---- the command --------------------------------------------------------------- */

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct report report = {.partly = true};
    struct error error = {""};
    struct waf_acls acls;
    int status = EX_OK;

    if (!options_read(&cmd_waf_check, argc, argv, &values, &status))
        return status;
    report.verbose = values.verbose;
    if (!waf_acls_load(&acls, &values.acl, values.files.v, values.files.n, NULL,
                       &report, &error))
        status = error.text[0] ? EX_USAGE : EX_DATAERR;
    source_print(&report);
    for (unsigned i = 0; status == EX_OK && i < acls.n; i++)
        print_capacity(waf_program_acl(acls.programs[i]));
    if (status != EX_OK)
        status =
            source_failed(&cmd_waf_check, &(struct source){.stack = STR("")},
                          &report, &error);
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
