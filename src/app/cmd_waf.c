/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice waf`: web ACLs without AWS and without a network.
 */
#include <stdio.h>

#include "app/commands.h"
#include "base/suggest.h"

static const struct command *const commands[] = {&cmd_waf_check, &cmd_waf_test};

enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* "check" of "waf check". */
static const char *word_of(const struct command *command)
{
    return command->name + strlen("waf ");
}

static int print_help(FILE *to, int status)
{
    fputs("Usage: sluice waf COMMAND [OPTION]...\n\n", to);
    for (unsigned i = 0; i < NCOMMANDS; i++)
        fprintf(to, "  %-10s %s\n", word_of(commands[i]), commands[i]->summary);
    fputs("\n  --help     This text; `sluice waf COMMAND --help` shows "
          "options\n",
          to);
    return status;
}

static int unknown_command(const char *name)
{
    struct suggest near = suggest_for(str_of(name));

    for (unsigned i = 0; i < NCOMMANDS; i++)
        suggest_offer(&near, word_of(commands[i]));
    suggest_offer(&near, "--help");
    if (suggest_best(&near))
        fprintf(stderr,
                "sluice waf: there is no command \"%s\"; did you mean %s?\n",
                name, suggest_best(&near));
    else
        fprintf(stderr,
                "sluice waf: there is no command \"%s\"; there are check and "
                "test\n",
                name);
    return EX_USAGE;
}

static int run(int argc, char **argv)
{
    if (argc < 1)
        return print_help(stderr, EX_USAGE);
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return print_help(stdout, EX_OK);
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        if (strcmp(argv[0], word_of(commands[i])) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    }
    return unknown_command(argv[0]);
}

const struct command cmd_waf = {
    .name = "waf",
    .summary = "Check a web ACL, and try requests on it",
    .run = run,
};
