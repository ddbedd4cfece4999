/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#else
#define PACKAGE_VERSION "unknown"
#endif

#include <stdio.h>

#include "app/commands.h"
#include "app/process.h"
#include "base/suggest.h"
#include "crypto/library.h"
#include "net/library.h"
#include "template/library.h"

static const struct command *const commands[] = {
    &cmd_serve, &cmd_status, &cmd_check, &cmd_explain,
    &cmd_waf,   &cmd_export, &cmd_ca,    &cmd_origin};

enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int print_version(void)
{
    printf("sluice %s\nlibevent %s\nlibfyaml %s\n%s\n", PACKAGE_VERSION,
           net_library(), template_library(), crypto_library());
    return EX_OK;
}

static int print_help(FILE *to, int status)
{
    fputs("Usage: sluice COMMAND [OPTION]...\n\n", to);
    for (unsigned i = 0; i < NCOMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n  --version  Versions of sluice and of its libraries\n"
          "  --help     This text; `sluice COMMAND --help` shows options\n",
          to);
    return status;
}

static int unknown_command(const char *name)
{
    struct suggest near = suggest_for(str_of(name));

    for (unsigned i = 0; i < NCOMMANDS; i++)
        suggest_offer(&near, commands[i]->name);
    suggest_offer(&near, "--version");
    suggest_offer(&near, "--help");
    if (suggest_best(&near))
        fprintf(stderr,
                "sluice: there is no command \"%s\"; did you mean %s?\n", name,
                suggest_best(&near));
    else
        fprintf(stderr, "sluice: there is no command \"%s\"\n", name);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    process_arguments = argv;
    if (argc < 2)
        return print_help(stderr, EX_USAGE);
    if (strcmp(argv[1], "--version") == 0)
        return print_version();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help(stdout, EX_OK);
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(argc - 2, argv + 2);
    }
    return unknown_command(argv[1]);
}
