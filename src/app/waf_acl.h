/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs of files, compiled: what `sluice waf check` and `sluice waf test`
 * have in common.
 */
#ifndef SLUICE_APP_WAF_ACL_H
#define SLUICE_APP_WAF_ACL_H

#include "app/source.h"
#include "match/geo.h"
#include "waf/program.h"

/* Their options, as they were typed. */
struct waf_acl_options {
    struct option_list parameters;
    const char *stack;
    bool strict;
};

#define WAF_ACL_OPTIONS(type)                                                  \
    {.name = "parameter",                                                      \
     .argument = "KEY=VALUE",                                                  \
     .help = "The value of a parameter of the template.",                      \
     .kind = OPTION_LIST,                                                      \
     .offset = offsetof(type, acl.parameters)},                                \
        {.name = "stack",                                                      \
         .argument = "NAME",                                                   \
         .help =                                                               \
             "The name of the stack, of which ARNs are made. Default: the "    \
             "template's file name up to its first full stop.",                \
         .kind = OPTION_TEXT,                                                  \
         .offset = offsetof(type, acl.stack)},                                 \
    {                                                                          \
        .name = "strict",                                                      \
        .help =                                                                \
            "Warnings about unknown properties, sets and groups that are not " \
            "here, and exceeded quotas of AWS's are errors.",                  \
        .kind = OPTION_FLAG, .offset = offsetof(type, acl.strict)              \
    }

struct waf_acls {
    struct region region;
    struct config *config; /* NULL: errors in the report */
    unsigned n;            /* also those of CloudFront */
    struct waf_program **programs;
};

/* Reads and compiles all web ACLs of the files; `geo` may be NULL.  False with
 * errors in the report, or with one of the command line in `error`.
 * waf_acls_end() either way, after the report was printed. */
bool waf_acls_load(struct waf_acls *acls, const struct waf_acl_options *options,
                   const char *const *files, unsigned n, struct geo *geo,
                   struct report *report, struct error *error);
void waf_acls_end(struct waf_acls *acls);

/* The one of that name or logical id; NULL name: the only one.  NULL with an
 * error. */
struct waf_program *waf_acls_one(const struct waf_acls *acls, const char *name,
                                 struct error *error);

#endif
