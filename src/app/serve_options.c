/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of `sluice serve`: --help and the man page come from here.
 */
#include "app/access_file.h"
#include "app/geo_files.h"
#include "app/process.h"
#include "app/serving.h"
#include "app/state_folder.h"
#include "aws/logs_put.h"
#include "control/passthrough.h"
#include "model/attributes.h"
#include "store/open.h"

/* In the order of their enums. */
static const char *const retries[] = {"off", "safe", NULL};
static const char *const security_groups[] = {"ignore", "enforce", NULL};
static const char *const log_levels[] = {"error", "warn", "info", "debug",
                                         NULL};
static const char *const log_formats[] = {"text", "json", NULL};

#define FIELD(field) .offset = offsetof(struct serve_values, field)

static const struct option options[] = {
    {.name = "to",
     .argument = "[NAME=]HOST:PORT[@WEIGHT][,...]",
     .help = "Where requests go, without a template. Addresses with the same "
             "NAME are one target group (without a NAME: `default`); WEIGHT (0 "
             "to 999, 1 when not given) is the group's share, given once per "
             "NAME. `:3000` is 127.0.0.1:3000.",
     .kind = OPTION_LIST,
     SOURCE_FIELD(struct serve_values, to)},
    {.name = "listen",
     .argument = "PORT",
     .help = "The port that clients connect to, with --to; 0 lets the system "
             "choose.",
     .fallback = "8080",
     .kind = OPTION_NUMBER,
     .max = UINT16_MAX,
     SOURCE_FIELD(struct serve_values, listen)},
    {.name = "attribute",
     .argument = "KEY=VALUE",
     .help = "Sets an attribute of the load balancer, its listener or every "
             "target group, by its AWS name (below), with --to.",
     .kind = OPTION_LIST,
     SOURCE_FIELD(struct serve_values, attributes)},
    {.name = "health-check",
     .argument = "PATH",
     .help = "What targets are asked for to see whether they are healthy, "
             "with --to. Default: they are not asked, and all get requests.",
     .kind = OPTION_TEXT,
     SOURCE_FIELD(struct serve_values, health_check)},
    SOURCE_OPTIONS(struct serve_values),
    SOURCE_LOCAL_OPTIONS(struct serve_values),
    {.name = "zone",
     .argument = "NAME",
     .help = "The Availability Zone whose node this process is: target groups "
             "with cross-zone load balancing off use only targets of that "
             "zone. Default: it stands for the nodes of all zones, and each "
             "client's connection is at one of them.",
     .kind = OPTION_TEXT,
     SOURCE_FIELD(struct serve_values, zone)},
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
    {.name = "waf-log",
     .argument = "FILE|-|off",
     .help = "Where AWS WAF's log goes, a JSON object for each request that a "
             "web ACL looked at, as its logging configuration wants it; as "
             "--access-log, which may be the same file. Default: WafLog of the "
             "web ACL's Metadata.Sluice.",
     .kind = OPTION_TEXT,
     FIELD(logs[WAF_LOG])},
    {.name = "publish",
     .argument = "cloudwatch,s3,emf,sns,sns-http",
     .help = "What leaves this machine for AWS, with commas between: "
             "`cloudwatch` sends the metrics of load balancers and web ACLs "
             "each minute (PutMetricData), in the namespaces "
             "Sluice/ApplicationELB and Sluice/WAFV2; `emf` writes them in the "
             "embedded metric format (--emf-log, --emf-group); `s3` delivers "
             "the logs to the buckets that load balancers' attributes name; "
             "`sns` tells topics of SNS of alarms (Publish), `sns-http` the "
             "http and https subscriptions of the template's topics, without "
             "AWS. "
             "Credentials, region and endpoints are found as AWS's SDKs find "
             "them. Default: nothing leaves.",
     .kind = OPTION_TEXT,
     FIELD(publish)},
    {.name = "max-series",
     .argument = "N",
     .help = "How many series of metrics --publish may make within an hour: "
             "CloudWatch bills each, some $0.30 a month. What is beyond is not "
             "published; load balancers come first, then target groups, web "
             "ACLs, their rule groups, zones, labels.",
     .fallback = "500",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 10000,
     FIELD(max_series)},
    {.name = "emf-log",
     .argument = "FILE|-",
     .help = "Where lines of --publish emf go; `-` is standard output. USR1 "
             "opens the file anew. Default: `-`, unless there is an "
             "--emf-group.",
     .kind = OPTION_TEXT,
     FIELD(emf_log)},
    {.name = "emf-group",
     .argument = "NAME",
     .help = "The group of CloudWatch Logs that lines of --publish emf are "
             "put into, in a stream of this process. It must be there.",
     .kind = OPTION_TEXT,
     FIELD(emf_group)},
    {.name = "log-spool",
     .argument = "FOLDER",
     .help = "Where logs wait until S3 has them, over restarts too. Default: "
             "log-spool in the state folder.",
     .kind = OPTION_TEXT,
     FIELD(log_spool)},
    {.name = "log-spool-max",
     .argument = "MIB",
     .help = "How much may wait there, in MiB (1 to 1048576); beyond that the "
             "oldest logs are given up, counted and reported; so they are "
             "when the disk is full. Default: 1024.",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 1048576,
     FIELD(log_spool_max)},
    {.name = "explain-key",
     .argument = "KEY",
     .help = "A request with the header `X-Sluice-Explain: KEY` is told in a "
             "response header of that name why it went where it went.",
     .kind = OPTION_TEXT,
     FIELD(explain_key)},
    GEOIP_OPTION(struct serve_values,
                 "A database in MaxMind's format (GeoLite2-City, -Country, "
                 "-ASN) for what web ACLs ask of countries and autonomous "
                 "systems; several may be given. HUP reads those again that "
                 "are others. Default: no country is known."),
    COOKIE_KEY_OPTION(struct serve_values,
                      "Keys of the cookies of stickiness, one on a line: 64 "
                      "hexadecimal digits (`openssl rand -hex 32`) or the "
                      "same 32 bytes in base64. The first seals, all open; "
                      "processes with the same file follow each other's "
                      "cookies. HUP reads it again. Default: a key that is "
                      "made at the start and forgotten at the end."),
    TICKET_KEY_OPTION(struct serve_values,
                      "Keys from which those of TLS session tickets are made, "
                      "anew every 12 hours; a file as of --cookie-key, but "
                      "another one. Processes with the same file resume each "
                      "other's sessions. HUP reads it again. Default: a key "
                      "that is made at the start and forgotten at the end."),
    STATE_FOLDER_OPTION(struct serve_values),
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
        struct serve_values,
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
     SOURCE_FIELD(struct serve_values, retry)},
    {.name = "security-groups",
     .argument = "ignore|enforce",
     .help = "What security groups of load balancers do: nothing, or they "
             "decide who may connect, by the rules of the template (see "
             "EnforceSecurityGroups), which a load balancer's own "
             "Metadata.Sluice may say otherwise.",
     .fallback = "ignore",
     .kind = OPTION_WORD,
     .words = security_groups,
     SOURCE_FIELD(struct serve_values, security_groups)},
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

/* ---- what the table cannot say ------------------------------------------- */

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

static bool emf_fits(const struct serve_values *values, unsigned publish,
                     struct error *error)
{
    const char *why;

    if (!(publish & PUBLISH_EMF) && (values->emf_log || values->emf_group))
        return error_set(error, "%s is for --publish emf, which is not there",
                         values->emf_log ? "--emf-log" : "--emf-group");
    if (values->emf_log && values->emf_log[0] == '\0')
        return error_set(error, "--emf-log is empty; write a file, or -");
    if (values->emf_group &&
        !logs_group_is_one(str_of(values->emf_group), &why))
        return error_set(error, "--emf-group \"%.100s\" %s", values->emf_group,
                         why);
    return true;
}

static bool spool_fits(const struct serve_values *values, unsigned publish,
                       struct error *error)
{
    if (!(publish & PUBLISH_S3) && (values->log_spool || values->log_spool_max))
        return error_set(error, "%s is for --publish s3, which is not there",
                         values->log_spool ? "--log-spool" : "--log-spool-max");
    return true;
}

static bool publish_fits(const struct serve_values *values, struct error *error)
{
    unsigned publish = 0;

    if (values->publish &&
        !publish_read(str_of(values->publish), &publish, error))
        return false;
    return emf_fits(values, publish, error) &&
           spool_fits(values, publish, error);
}

bool serve_options_fit(const struct serve_values *values, struct error *error)
{
    return url_fits(values->passthrough, error) &&
           publish_fits(values, error) &&
           (values->source.zone == NULL ||
            zone_fits(values->source.zone, error)) &&
           (values->state == NULL || store_spec_check(values->state, error)) &&
           (values->user == NULL || process_user_exists(values->user, error));
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "Run the load balancer in front of your services",
    .arguments = "[TEMPLATE...]",
    .words = offsetof(struct serve_values, source.templates),
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .put_notes = put_notes,
    .run = serve_run,
};
