/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice status`: what a running `sluice serve` serves, and how it fares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/status.h"
#include "app/access_file.h"
#include "app/api_client.h"
#include "app/commands.h"
#include "app/state_folder.h"

struct values {
    struct address api;
    const char *access_keys;  /* NULL: the one that serve made, if any */
    const char *state_folder; /* NULL: that of the environment */
    bool json;
};

static const struct option options[] = {
    {.name = "api",
     .argument = "ADDRESS:PORT",
     .help = "Where the API of `sluice serve` is, as it prints it at its "
             "start.",
     .fallback = API_ADDRESS,
     .kind = OPTION_ADDRESS,
     .offset = offsetof(struct values, api)},
    ACCESS_KEYS_OPTION(struct values,
                       "The file of `sluice serve --access-keys`, or one with "
                       "a key of it that may sluice:GetStatus: the first key "
                       "signs the request. Default: the key that `sluice "
                       "serve` made and keeps in its state folder, if it can "
                       "be read."),
    {.name = "state-folder",
     .argument = "FOLDER",
     .help = "The --state-folder of `sluice serve`.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, state_folder)},
    {.name = "json",
     .help = "Prints the status as one JSON object.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, json)},
};

/* ---- for a terminal ------------------------------------------------------ */

/* How a word is shown; NULL: as it is. */
static const char *colour_of(struct str word)
{
    static const struct {
        const char *word;
        const char *colour;
    } colours[] = {
        {"healthy", "32"},   {"unhealthy", "31"}, {"draining", "33"},
        {"fail-open", "33"}, {"initial", "36"},   {"anomalous", "33"},
    };

    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        if (str_eq(word, str_of(colours[i].word)))
            return colours[i].colour;
    }
    return NULL;
}

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return (no == NULL || no[0] == '\0') && isatty(STDOUT_FILENO) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

/* Nothing but text leaves for a terminal, whoever answered. */
static void print_char(char c)
{
    putchar((c >= ' ' && c <= '~') || c == '\n' ? c : '?');
}

static void print_text(struct str s, bool colours)
{
    size_t n;

    for (size_t i = 0; i < s.n; i += n) {
        const char *colour;

        for (n = 0; i + n < s.n && in_word(s.p[i + n]);)
            n++;
        colour = colours ? colour_of(str_make(s.p + i, n)) : NULL;
        if (n == 0)
            print_char(s.p[i + n++]);
        else if (colour)
            printf("\033[%sm" STR_FMT "\033[0m", colour, (int)n, s.p + i);
        else
            fwrite(s.p + i, 1, n, stdout);
    }
}

/* ---- the command --------------------------------------------------------- */

static int print_status(const struct values *values, const struct text *body)
{
    if (values->json)
        fwrite(body->p, 1, body->n, stdout);
    else
        print_text(text_str(body), wants_colour());
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EX_OK;
    perror("sluice status: standard output");
    return EX_IOERR;
}

static int get_status(const struct values *values,
                      const struct access_keys *keys)
{
    const struct access_key *key = keys ? access_keys_first(keys) : NULL;
    struct error error = {""};
    struct text body;
    int status;

    if (!api_client_get(&values->api, values->json ? "/status.json" : "/status",
                        values->json ? STR(STATUS_JSON_BEGIN)
                                     : STR(STATUS_TEXT_BEGIN),
                        key, &body, NULL, &error))
        return options_fail(&cmd_status, EX_UNAVAILABLE, &error);
    status = print_status(values, &body);
    free(body.p);
    return status;
}

static int run(int argc, char **argv)
{
    struct values values = {.json = false};
    struct access_keys *keys = NULL;
    struct error error = {""};
    int status;

    if (!options_read(&cmd_status, argc, argv, &values, &status))
        return status;
    if (values.api.family == 0 || values.api.port == 0) {
        error_set(&error, "--api: must be the ADDRESS:PORT of a running "
                          "`sluice serve`, such as " API_ADDRESS);
        return options_fail(&cmd_status, EX_USAGE, &error);
    }
    if (!access_file_of_client(values.access_keys, values.state_folder, &keys))
        return EX_DATAERR;
    status = get_status(&values, keys);
    access_keys_release(keys);
    return status;
}

const struct command cmd_status = {
    .name = "status",
    .summary = "Show what a running load balancer serves, and its health",
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
