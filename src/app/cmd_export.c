/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice export`: the account as a template that `sluice serve` runs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/access_file.h"
#include "app/api_client.h"
#include "app/commands.h"
#include "app/state_folder.h"
#include "model/export.h"
#include "store/kept.h"
#include "store/open.h"

struct values {
    struct address api;
    const char *state;        /* NULL: from the API */
    const char *access_keys;  /* NULL: the one that serve made, if any */
    const char *state_folder; /* NULL: that of the environment */
};

static const struct option options[] = {
    {.name = "api",
     .argument = "ADDRESS:PORT",
     .help = "Where the API of the `sluice serve` is whose account is wanted. "
             "Client secrets and private keys do not leave this way: they "
             "become parameters of the template.",
     .fallback = API_ADDRESS,
     .kind = OPTION_ADDRESS,
     .offset = offsetof(struct values, api)},
    {.name = "state",
     .argument = "FILE.sqlite|redis://HOST[:PORT]",
     .help = "What `sluice serve --state` keeps there, with its secrets, "
             "whether it runs or not; instead of --api.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, state)},
    ACCESS_KEYS_OPTION(struct values,
                       "The file of `sluice serve --access-keys`, or one with "
                       "a key of it that may sluice:GetConfig: the first key "
                       "signs the request. Default: the key that `sluice "
                       "serve` made and keeps in its state folder, if it can "
                       "be read."),
    {.name = "state-folder",
     .argument = "FOLDER",
     .help = "The --state-folder of `sluice serve`.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, state_folder)},
};

static void put_notes(struct text *t)
{
    TEXT_LITERAL(t,
                 "\nThe template has the id of every resource "
                 "(Metadata.Sluice.Id), so that ARNs stay: `sluice serve` on "
                 "it\nruns the same account, and its export is the same text. "
                 "Values that only AWS knows are left\nout.\n");
}

/* ---- printing ---------------------------------------------------------------- */

static void tell_left_out(uint64_t unknown)
{
    if (unknown)
        fprintf(stderr,
                "sluice export: %llu value%s left out that only AWS knows\n",
                (unsigned long long)unknown, unknown == 1 ? "" : "s");
}

static int print(struct str text)
{
    fwrite(text.p, 1, text.n, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EX_OK;
    perror("sluice export: standard output");
    return EX_IOERR;
}

/* ---- from what is kept --------------------------------------------------------- */

static int print_document(const struct document *document)
{
    struct str rest = document->scope;
    struct arn_scope scope = {.region_name = str_cut(&rest, ' ')};
    struct region region = {NULL};
    struct exported exported;
    struct str text;
    int status;

    scope.account = rest.p ? str_cut(&rest, ' ') : STR("");
    scope.stack = rest.p ? rest : STR("");
    exported = account_export(document->account, &scope, false, &region);
    text = export_text(&exported);
    status = print(text);
    tell_left_out(exported.unknown);
    free((char *)(uintptr_t)text.p);
    region_end(&region);
    return status;
}

static int export_kept(const char *where)
{
    struct document *document = NULL;
    struct error error = {""};
    int status;

    if (!store_spec_check(where, &error))
        return options_fail(&cmd_export, EX_USAGE, &error);
    if (!store_read(where, &document, &error))
        return options_fail(&cmd_export, EX_DATAERR, &error);
    if (document == NULL) {
        error_set(&error, "%s keeps no account yet", where);
        return options_fail(&cmd_export, EX_DATAERR, &error);
    }
    status = print_document(document);
    kept_free(document);
    return status;
}

/* ---- from one that runs -------------------------------------------------------- */

static int get_config(const struct values *values,
                      const struct access_keys *keys)
{
    const struct access_key *key = keys ? access_keys_first(keys) : NULL;
    struct error error = {""};
    uint64_t left_out = 0;
    struct text body;
    int status;

    if (!api_client_get(&values->api, "/config", STR(EXPORT_BEGIN), key, &body,
                        &left_out, &error))
        return options_fail(&cmd_export, EX_UNAVAILABLE, &error);
    status = print(text_str(&body));
    tell_left_out(left_out);
    free(body.p);
    return status;
}

static int run(int argc, char **argv)
{
    struct values values = {.state = NULL};
    struct access_keys *keys = NULL;
    struct error error = {""};
    int status;

    if (!options_read(&cmd_export, argc, argv, &values, &status))
        return status;
    if (values.state)
        return export_kept(values.state);
    if (values.api.family == 0 || values.api.port == 0) {
        error_set(&error, "--api: must be the ADDRESS:PORT of a running "
                          "`sluice serve`, such as " API_ADDRESS);
        return options_fail(&cmd_export, EX_USAGE, &error);
    }
    if (!access_file_of_client(values.access_keys, values.state_folder, &keys))
        return EX_DATAERR;
    status = get_config(&values, keys);
    access_keys_release(keys);
    return status;
}

const struct command cmd_export = {
    .name = "export",
    .summary = "Print the account as a template that serve runs",
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .put_notes = put_notes,
    .run = run,
};
