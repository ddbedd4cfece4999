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
#include "base/memory.h"
#include "waf/replay.h"

enum { TRAIL_TEXT = 16 * 1024 * 1024, DATA_MAX = 64 * 1024 * 1024 };

struct values {
    struct waf_acl_options acl;
    struct option_list words; /* ACL... [URL] */
    struct option_list headers;
    struct option_list geoip;
    struct address from;
    const char *name;   /* --acl; NULL: the only one */
    const char *method; /* NULL: GET, or POST with data */
    const char *data;   /* NULL: no body */
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
    {.name = "acl",
     .argument = "NAME",
     .help = "Which web ACL, where the files have several.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, name)},
    WAF_ACL_OPTIONS(struct values),
    {.name = "verbose",
     .letter = 'v',
     .help = "Says what every rule saw.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, verbose)},
    {.name = "json",
     .help = "Prints the results as JSON.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, json)},
};

/* ---- one request --------------------------------------------------------------- */

static bool read_data(const char *data, struct file_text *file,
                      struct str *body, struct error *error)
{
    if (data == NULL)
        return true;
    *body = str_of(data);
    if (data[0] != '@')
        return true;
    if (!file_read(data + 1, DATA_MAX, file, error))
        return false;
    *body = file->text;
    return true;
}

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

static int try_one(struct waf_program *program, const struct values *values,
                   const struct offline_request *request, struct error *error)
{
    struct offline offline;
    struct replay *replay = replay_new(program);
    struct inspected inspected;
    struct trail trail;
    bool ok = offline_read(&offline, request, DESYNC_MODE_DEFENSIVE, error);

    if (ok) {
        offline_inspected(&offline, request, waf_program_body(program),
                          &inspected);
        replay_try(replay, &inspected, 0, true, &trail);
        print_trail(&trail, values);
    }
    offline_end(&offline);
    replay_free(replay);
    return ok ? EX_OK : EX_DATAERR;
}

static int with_program(struct waf_program *program,
                        const struct values *values, const char *url,
                        struct error *error)
{
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

    if (!offline_cut_url(str_of(url), &request.url, error))
        return EX_USAGE;
    if (offline_has_line(&request, STR("host")))
        request.url.host = STR("");
    else if (request.url.host.n == 0)
        request.url.host = STR("localhost");
    if (read_data(values->data, &file, &request.body, error))
        status = try_one(program, values, &request, error);
    file_forget(&file);
    return status;
}

/* ---- the command ------------------------------------------------------------------ */

static int with_acls(const struct values *values, struct geo *geo,
                     const char *url)
{
    struct report report = {.strict = false};
    struct error error = {""};
    struct waf_acls acls;
    struct waf_program *program = NULL;
    int status = EX_DATAERR;
    bool loaded = waf_acls_load(&acls, &values->acl, values->words.v,
                                values->words.n, geo, &report, &error);

    source_print(&report);
    if (loaded)
        program = waf_acls_one(&acls, values->name, &error);
    if (program)
        status = with_program(program, values, url, &error);
    else if (loaded)
        status = EX_USAGE;
    else
        status = source_failed(
            &cmd_waf_test, &(struct source){.stack = STR("")}, &report, &error);
    if (loaded && error.text[0])
        options_fail(&cmd_waf_test, status, &error);
    report_end(&report);
    waf_acls_end(&acls);
    return status;
}

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct geo_files files;
    struct geo *geo = NULL;
    struct error error = {""};
    const char *url;
    int status;

    if (!options_read(&cmd_waf_test, argc, argv, &values, &status))
        return status;
    if (values.words.n < 2) {
        error_set(&error, "the URL is missing: `sluice waf test ACL "
                          "http://HOST/PATH`");
        return options_fail(&cmd_waf_test, EX_USAGE, &error);
    }
    url = values.words.v[--values.words.n];
    if (!geo_files_open(&files, &values.geoip, &geo, &error))
        return options_fail(&cmd_waf_test, EX_DATAERR, &error);
    status = with_acls(&values, geo, url);
    geo_release(geo);
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
