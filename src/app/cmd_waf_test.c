/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice waf test`: what a web ACL makes of requests, and which bytes it is
 * about.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/geo_files.h"
#include "app/offline.h"
#include "app/waf_acl.h"
#include "app/waf_batch.h"
#include "base/memory.h"
#include "waf/replay.h"

enum { TRAIL_TEXT = 16 * 1024 * 1024 };

struct values {
    struct waf_acl_options acl;
    struct option_list words; /* ACL... [URL] */
    struct option_list headers;
    struct option_list geoip;
    struct address from;
    const char *name;                       /* --acl; NULL: the only one */
    const char *method;                     /* NULL: GET, or POST with data */
    const char *data;                       /* NULL: no body */
    const char *files[WAF_CASES_LINES + 1]; /* by kind; NULL: none */
    const char *expected;                   /* VERDICT[:RULE]; NULL: nothing */
    struct option_list diff;
    bool verbose;
    bool json;
};

static const struct option options[] = {
    {.name = "header",
     .letter = 'H',
     .argument = "NAME: VALUE",
     .help = "A header of the request.",
     .kind = OPTION_LIST,
     .offset = offsetof(struct values, headers)},
    {.name = "method",
     .letter = 'X',
     .argument = "METHOD",
     .help = "Its method. Default: GET, or POST with --data.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, method)},
    {.name = "data",
     .letter = 'd',
     .argument = "DATA|@FILE",
     .help = "Its body: the bytes themselves, or those of a file.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, data)},
    {.name = "from",
     .argument = "IP",
     .help = "The address that it comes from.",
     .fallback = "127.0.0.1",
     .kind = OPTION_IP,
     .offset = offsetof(struct values, from)},
    GEOIP_OPTION(struct values,
                 "A database in MaxMind's format that says where addresses "
                 "are: for statements about countries and autonomous "
                 "systems."),
    {.name = "har",
     .argument = "FILE",
     .help = "Tries the requests of an HTTP archive, as browsers save it, in "
             "place of one URL.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, files[WAF_CASES_HAR])},
    {.name = "waf-log",
     .argument = "FILE",
     .help = "Tries the requests of a log of AWS WAF's (a JSON record after "
             "another; \"-\": standard input), and says how far rules and "
             "verdicts agree with it. Logs have no bodies: rules that depend "
             "on one are not evaluable.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, files[WAF_CASES_LOG])},
    {.name = "requests",
     .argument = "FILE.jsonl",
     .help = "Tries one request a line, {\"method\", \"url\", \"headers\", "
             "\"body\" or \"bodyBase64\", \"clientIp\", \"expect\": "
             "{\"action\", \"rule\", \"status\", \"labels\"}}; only \"url\" "
             "must be there. What is not as expected is printed, and the exit "
             "code is 1.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, files[WAF_CASES_LINES])},
    {.name = "expect",
     .argument = "VERDICT[:RULE]",
     .help = "What a request that does not say it itself has to come to: "
             "ALLOW, BLOCK, CAPTCHA or CHALLENGE, by that rule "
             "(\"common/NoUserAgent_HEADER\", \"Default_Action\"). The exit "
             "code is 1 when one does not.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, expected)},
    {.name = "diff",
     .argument = "OTHER-ACL",
     .help = "Another web ACL that the same requests are tried on: says which "
             "verdicts change, and the exit code is 1 when one does.",
     .kind = OPTION_LIST,
     .offset = offsetof(struct values, diff)},
    {.name = "acl",
     .argument = "NAME",
     .help = "Which web ACL, where the files have several.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, name)},
    WAF_ACL_OPTIONS(struct values),
    {.name = "verbose",
     .letter = 'v',
     .help = "Says what every rule saw; of many requests, each has a line.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, verbose)},
    {.name = "json",
     .help = "Prints the results as JSON.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, json)},
};

/* ---- one request --------------------------------------------------------------- */

static void print_trail(const struct trail *trail, const struct values *values)
{
    struct text t = text_in(memory_zeroed(1, TRAIL_TEXT), TRAIL_TEXT);

    if (values->json) {
        trail_put_json(&t, trail);
        text_char(&t, '\n');
    } else {
        trail_put_text(&t, trail, values->verbose);
    }
    fwrite(t.p, 1, t.n, stdout);
    free(t.p);
}

/* What is tried, on what. */
struct trial {
    const struct values *values;
    const char *url; /* NULL: a file's */
    struct geo *geo;
    struct waf_program *program;
    struct waf_program *other; /* NULL: none */
    struct replay_expected expected;
};

static bool judge_one(const struct trial *trial, const struct trail *trail,
                      struct error *error)
{
    char room[sizeof(error->text)];
    struct text t = text_in(room, sizeof(room) - 1);

    if (replay_expects_nothing(&trial->expected) ||
        replay_meets(&trial->expected, &trail->result, &t))
        return true;
    return error_set(error, STR_FMT, STR_ARG(text_str(&t)));
}

static int try_one(const struct trial *trial,
                   const struct offline_request *request, struct error *error)
{
    struct offline offline;
    struct replay *replay = replay_new(trial->program);
    struct inspected inspected;
    struct trail trail;
    int status = EX_DATAERR;

    if (offline_read(&offline, request, DESYNC_MODE_DEFENSIVE, error)) {
        offline_inspected(&offline, request, waf_program_body(trial->program),
                          &inspected);
        replay_try(replay, &inspected, 0, true, &trail);
        print_trail(&trail, trial->values);
        status = judge_one(trial, &trail, error) ? EX_OK : EXIT_FAILURE;
    }
    offline_end(&offline);
    replay_free(replay);
    return status;
}

static struct waf_batch *begin_batch(const struct trial *trial, bool log)
{
    return waf_batch_new(
        &(struct waf_batch_options){.program = trial->program,
                                    .other = trial->other,
                                    .expected = trial->expected,
                                    .log = log,
                                    .places = trial->geo != NULL,
                                    .verbose = trial->values->verbose,
                                    .json = trial->values->json});
}

static int diff_one(const struct trial *trial,
                    const struct offline_request *request)
{
    struct waf_batch *batch = begin_batch(trial, false);

    waf_batch_add(batch, &(struct waf_case){.request = *request,
                                            .place = STR("request")});
    return waf_batch_end(batch, true) ? EX_OK : EXIT_FAILURE;
}

static int try_url(const struct trial *trial, struct error *error)
{
    const struct values *values = trial->values;
    struct file_text file = {.text = {NULL, 0}};
    struct offline_request request = {
        .method = values->method ? str_of(values->method)
                  : values->data ? STR("POST")
                                 : STR("GET"),
        .nlines = values->headers.n,
        .lines = values->headers.v,
        .client = values->from,
    };
    int status = EX_DATAERR;

    if (!offline_cut_url(str_of(trial->url), &request.url, error))
        return EX_USAGE;
    if (offline_has_line(&request, STR("host")))
        request.url.host = STR("");
    else if (request.url.host.n == 0)
        request.url.host = STR("localhost");
    if (offline_read_data(values->data, &file, &request.body, error))
        status = trial->other ? diff_one(trial, &request)
                              : try_one(trial, &request, error);
    file_forget(&file);
    return status;
}

static int try_file(const struct trial *trial, struct error *error)
{
    struct waf_cases_defaults defaults = {.client = trial->values->from};
    enum waf_cases_kind kind = WAF_CASES_HAR;
    struct waf_batch *batch;
    bool read;
    bool good;

    while (trial->values->files[kind] == NULL)
        kind++;
    batch = begin_batch(trial, kind == WAF_CASES_LOG);
    read = waf_cases_read(kind, trial->values->files[kind], &defaults,
                          waf_batch_add, batch, error);
    good = waf_batch_end(batch, read);
    if (!read)
        return EX_DATAERR;
    return good ? EX_OK : EXIT_FAILURE;
}

/* ---- the command ------------------------------------------------------------------ */

static unsigned count_files(const struct values *values)
{
    unsigned n = 0;

    for (unsigned i = 0; i <= WAF_CASES_LINES; i++)
        n += values->files[i] != NULL;
    return n;
}

/* The URL is the last word when no file stands for it. */
static bool check_values(struct values *values, const char **url,
                         struct error *error)
{
    unsigned files = count_files(values);

    *url = NULL;
    if (files > 1)
        return error_set(error, "--har, --waf-log and --requests cannot go "
                                "together: try one after the other");
    if (files && (values->headers.n || values->method || values->data))
        return error_set(error, "--header, --method and --data are of one "
                                "URL: the file says those of its requests");
    if (files)
        return true;
    if (values->words.n < 2)
        return error_set(error, "the URL is missing: `sluice waf test ACL "
                                "http://HOST/PATH`, or give a file with --har, "
                                "--waf-log or --requests");
    *url = values->words.v[--values->words.n];
    return true;
}

static bool read_expected(const struct values *values,
                          struct replay_expected *to, struct error *error)
{
    struct str rest;

    if (values->expected == NULL)
        return true;
    rest = str_of(values->expected);
    to->action = str_cut(&rest, ':');
    to->rule = rest.p ? rest : STR("");
    if (replay_is_verdict(to->action))
        return true;
    return error_set(error,
                     "--expect \"%.100s\": must be ALLOW, BLOCK, CAPTCHA or "
                     "CHALLENGE, and :RULE behind it to say which rule",
                     values->expected);
}

/* The web ACL of some files; `acls` must be ended. */
static struct waf_program *load(const struct trial *trial,
                                const struct option_list *files,
                                struct waf_acls *acls, int *status,
                                struct error *error)
{
    struct report report = {.strict = false};
    struct waf_program *program = NULL;
    bool loaded = waf_acls_load(acls, &trial->values->acl, files->v, files->n,
                                trial->geo, &report, error);

    source_print(&report);
    *status = EX_USAGE;
    if (loaded)
        program = waf_acls_one(acls,
                               files == &trial->values->diff && acls->n == 1
                                   ? NULL
                                   : trial->values->name,
                               error);
    else if (!error->text[0])
        *status = source_failed(
            &cmd_waf_test, &(struct source){.stack = STR("")}, &report, error);
    report_end(&report);
    return program;
}

static int with_acls(struct trial *trial, struct error *error)
{
    struct waf_acls acls;
    struct waf_acls others = {.n = 0};
    const struct values *values = trial->values;
    int status;

    trial->program = load(trial, &values->words, &acls, &status, error);
    if (trial->program && values->diff.n)
        trial->other = load(trial, &values->diff, &others, &status, error);
    if (trial->program && (trial->other || values->diff.n == 0))
        status = trial->url ? try_url(trial, error) : try_file(trial, error);
    waf_acls_end(&others);
    waf_acls_end(&acls);
    return status;
}

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct trial trial = {.values = &values};
    struct geo_files files;
    struct error error = {""};
    int status;

    if (!options_read(&cmd_waf_test, argc, argv, &values, &status))
        return status;
    status = EX_USAGE;
    if (check_values(&values, &trial.url, &error) &&
        read_expected(&values, &trial.expected, &error)) {
        status = EX_DATAERR;
        if (geo_files_open(&files, &values.geoip, &trial.geo, &error))
            status = with_acls(&trial, &error);
    }
    geo_release(trial.geo);
    if (error.text[0])
        options_fail(&cmd_waf_test, status, &error);
    return status;
}

const struct command cmd_waf_test = {
    .name = "waf test",
    .summary = "Say what a web ACL makes of requests, and of which bytes",
    .arguments = "ACL... [URL]",
    .words = offsetof(struct values, words),
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
