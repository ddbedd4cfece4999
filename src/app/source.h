/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a config comes from: templates, or --to; what `serve`, `check` and
 * `explain` have in common.
 */
#ifndef SLUICE_APP_SOURCE_H
#define SLUICE_APP_SOURCE_H

#include "app/options.h"
#include "model/config.h"
#include "template/template.h"

/* The options, as they were typed. */
struct source_options {
    struct option_list templates;
    struct option_list parameters;
    struct option_list services;
    struct option_list targets;
    struct option_list ports;
    struct option_list certificates;
    struct option_list trust_stores;
    struct option_list quotas;
    struct option_list to;
    struct option_list attributes;
    const char *stack;
    const char *health_check; /* of --to; NULL: none */
    const char *s3_folder;    /* NULL: none */
    const char *zone;         /* whose node this is; NULL: of all zones */
    struct address bind;      /* family 0: not given */
    uint64_t listen;          /* of --to */
    uint64_t port_offset;
    unsigned retry;           /* enum retry */
    unsigned discover;        /* source_discover_words */
    unsigned security_groups; /* 1: enforced */
    bool strict;
    bool empty;          /* neither a template nor --to is an account without
                   resources */
    bool again;          /* a running one is read again */
    bool listeners_come; /* the API may make listeners */
    bool remember;       /* what was read is kept in the source */
    const struct str *texts; /* of the templates, instead of what their files
                                hold; must outlive the report.  NULL: read */
    bool verbose;            /* what is ignored is listed */
};

/* NULL at the end; the first is: nothing. */
extern const char *const source_discover_words[];

/* The rows of an option table for a struct `type` with a member `source`.
 * SOURCE_OPTIONS are those of every command that reads a template,
 * SOURCE_LOCAL_OPTIONS those that say what is local. */
#define SOURCE_FIELD(type, field) .offset = offsetof(type, source.field)

#define SOURCE_OPTIONS(type)                                                   \
    {.name = "parameter",                                                      \
     .argument = "KEY=VALUE",                                                  \
     .help = "The value of a parameter of the template.",                      \
     .kind = OPTION_LIST,                                                      \
     SOURCE_FIELD(type, parameters)},                                          \
        {.name = "stack",                                                      \
         .argument = "NAME",                                                   \
         .help =                                                               \
             "The name of the stack, of which ARNs are made. Default: the "    \
             "template's file name up to its first full stop.",                \
         .kind = OPTION_TEXT,                                                  \
         SOURCE_FIELD(type, stack)},                                           \
    {                                                                          \
        .name = "strict",                                                      \
        .help =                                                                \
            "Warnings about unknown properties and exceeded quotas of AWS's "  \
            "are errors.",                                                     \
        .kind = OPTION_FLAG, SOURCE_FIELD(type, strict)                        \
    }

#define SOURCE_LOCAL_OPTIONS(type)                                             \
    {.name = "port",                                                           \
     .argument = "PORT=LOCAL",                                                 \
     .help = "Listeners of port PORT, also those that the API makes, listen "  \
             "on port LOCAL here; 0 lets the system choose.",                  \
     .kind = OPTION_LIST,                                                      \
     SOURCE_FIELD(type, ports)},                                               \
        {.name = "port-offset",                                                \
         .argument = "N",                                                      \
         .help = "Added to the port of every listener of which neither "       \
                 "--port nor "                                                 \
                 "LocalPort says another.",                                    \
         .fallback = "0",                                                      \
         .kind = OPTION_NUMBER,                                                \
         .max = UINT16_MAX,                                                    \
         SOURCE_FIELD(type, port_offset)},                                     \
        {.name = "bind",                                                       \
         .argument = "ADDRESS",                                                \
         .help = "The local address that clients connect to, IPv4 or IPv6; "   \
                 "0.0.0.0 is every IPv4 address of this machine. Default: "    \
                 "127.0.0.1.",                                                 \
         .kind = OPTION_IP,                                                    \
         SOURCE_FIELD(type, bind)},                                            \
        {.name = "service",                                                    \
         .argument = "NAME=HOST:PORT[,...]",                                   \
         .help =                                                               \
             "Which local addresses stand for a target group or an ECS "       \
             "service: NAME is a logical id, the begin of one that no other "  \
             "has, or an aws:cdk:path. NAME.green is the green side of a "     \
             "blue/green service.",                                            \
         .kind = OPTION_LIST,                                                  \
         SOURCE_FIELD(type, services)},                                        \
        {.name = "target",                                                     \
         .argument = "ID=HOST[:PORT]",                                         \
         .help = "Which local address stands for a target that is registered " \
                 "by an id, such as i-0123456789abcdef0, or by an address of " \
                 "elsewhere. Without PORT it has the port that it is "         \
                 "registered with.",                                           \
         .kind = OPTION_LIST,                                                  \
         SOURCE_FIELD(type, targets)},                                         \
        {.name = "discover",                                                   \
         .argument = "WHAT",                                                   \
         .help = "`ecs` finds targets as ECS registers them: the tasks of "    \
                 "the template's services (AWS::ECS::Service, LoadBalancers) " \
                 "become targets of the groups that these name, asked for by " \
                 "ListTasks and DescribeTasks with the credentials, region "   \
                 "and endpoint that the SDKs find. Groups with Discovery in "  \
                 "their Metadata.Sluice do not need this.",                    \
         .fallback = "off",                                                    \
         .kind = OPTION_WORD,                                                  \
         .words = source_discover_words,                                       \
         SOURCE_FIELD(type, discover)},                                        \
        {.name = "s3-folder",                                                  \
         .argument = "DIR",                                                    \
         .help = "A folder that stands for S3: object KEY of bucket BUCKET "   \
                 "is DIR/BUCKET/KEY. Trust stores have their certificates "    \
                 "and lists from there.",                                      \
         .kind = OPTION_TEXT,                                                  \
         SOURCE_FIELD(type, s3_folder)},                                       \
        {.name = "trust-store",                                                \
         .argument = "NAME=CA.pem[,LIST.crl...]",                              \
         .help = "The files of a trust store of mutual TLS: certificates of "  \
                 "the authorities that clients may come from (PEM), and "      \
                 "lists of those that were revoked (PEM or DER). NAME is its " \
                 "ARN, its logical id, or that of a listener that names it. "  \
                 "They are read again when they change. Default: "             \
                 "CaCertificates and RevocationLists of its "                  \
                 "Metadata.Sluice.",                                           \
         .kind = OPTION_LIST,                                                  \
         SOURCE_FIELD(type, trust_stores)},                                    \
        {.name = "quota",                                                      \
         .argument = "NAME=N",                                                 \
         .help = "What a quota of AWS's is here, by the name that "            \
                 "`aws elbv2 describe-account-limits` has for it "             \
                 "(rules-per-application-load-balancer=200). Templates "       \
                 "beyond one get a warning or an error, calls of the API a "   \
                 "TooMany... .",                                               \
         .kind = OPTION_LIST,                                                  \
         SOURCE_FIELD(type, quotas)},                                          \
    {                                                                          \
        .name = "certificate", .argument = "NAME=CERT.pem[,KEY.pem]",          \
        .help =                                                                \
            "The files of a certificate of HTTPS listeners (PEM; the key may " \
            "stand in the same file). NAME is its ARN, its logical id, or "    \
            "that of the listener or ListenerCertificate that names it. They " \
            "are read again when they change. Default: Certificates of the "   \
            "listener's Metadata.Sluice; what has no file is issued by a "     \
            "local authority (`sluice ca`).",                                  \
        .kind = OPTION_LIST, SOURCE_FIELD(type, certificates)                  \
    }

/* What was read; the report's sources live in it. */
struct source {
    struct template *template; /* NULL: --to */
    struct region region;      /* of the resources that --to makes */
    unsigned ntexts;
    struct str *texts; /* of the templates, when they are to be remembered */
    const struct value *resources;
    struct str stack;
    bool bad_data; /* the error is of what --to or --attribute say, not of how
                      the command line is spelt */
};

/* Reads everything and builds the config.  NULL with problems in the report,
 * or with an error of the command line in `error`; source_end() either way,
 * after the report was printed. */
struct config *source_load(const struct source_options *options,
                           struct source *source, struct report *report,
                           struct error *error);
void source_end(struct source *source);

/* The config of resources that may come from elsewhere, with what is local of
 * the options; `stack`: as config_build().  NULL with problems in the
 * report. */
struct config *source_build(const struct source_options *options,
                            const struct value *resources, struct str stack,
                            struct report *report);

/* Whether all templates are files, which can be read again. */
bool source_is_files(const struct source_options *options);

/* Prints problems to stderr, in the order of their places. */
void source_print(struct report *report);

/* What to say and return when source_load() failed: EX_DATAERR or EX_USAGE. */
int source_failed(const struct command *command, const struct source *source,
                  const struct report *report, const struct error *error);

/* The same as notes in the report. */
void source_note_missing(const struct config *config, struct report *report);

/* For each target group in use without an address: the flag that gives it
 * one. */
void source_print_missing(const struct config *config);

#endif
