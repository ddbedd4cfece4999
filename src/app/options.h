/* SPDX-License-Identifier: Apache-2.0
 *
 * Command-line options, declared once per subcommand.
 *
 * A subcommand has one table of options; parsing, defaults, error texts and
 * --help come from it.  Values go to the fields of a struct of the
 * subcommand's own, found by their offset.
 */
#ifndef SLUICE_APP_OPTIONS_H
#define SLUICE_APP_OPTIONS_H

#include <sysexits.h>

#include "base/error.h"
#include "base/text.h"

enum option_kind {
    OPTION_TEXT,    /* const char * */
    OPTION_LIST,    /* struct option_list; may be given again and again */
    OPTION_NUMBER,  /* uint64_t from min to max */
    OPTION_WORD,    /* unsigned: the place of the word in words */
    OPTION_IP,      /* struct address with port 0 */
    OPTION_ADDRESS, /* struct address; `off` makes its family 0 */
    OPTION_FLAG,    /* bool; has no value */
};

enum { OPTION_LIST_MAX = 64 };

struct option_list {
    unsigned n;
    const char *v[OPTION_LIST_MAX];
};

struct option {
    const char *name;     /* without the dashes */
    const char *argument; /* what follows it, for people; NULL of a FLAG */
    const char *help;     /* sentences; wrapped where they are printed */
    const char *fallback; /* the default as text; NULL: field unchanged */
    size_t offset;        /* of the field */
    uint64_t min;
    uint64_t max;
    const char *const *words; /* NULL at the end */
    enum option_kind kind;
    char letter; /* -X is the same; 0: none */
    bool required;
};

struct command {
    const char *name;
    const char *summary; /* one line, no full stop */
    /* Words that are no options, for people ("TEMPLATE..."); NULL: none are
     * expected.  They go to the struct option_list at `words`. */
    const char *arguments;
    size_t words;
    const struct option *options;
    unsigned noptions; /* at most 64 */
    /* More that --help prints at its end, or NULL. */
    void (*put_notes)(struct text *t);
    /* Arguments after the subcommand's name; returns the exit code. */
    int (*run)(int argc, char **argv);
};

enum options_result {
    OPTIONS_OK,
    OPTIONS_HELP, /* --help or -h stands there */
    OPTIONS_BAD,
};

/* Reads `--name value` and `--name=value` into `values`, defaults first; of an
 * option given twice the last one counts.  What is stored borrows argv. */
enum options_result options_parse(const struct command *command, int argc,
                                  char **argv, void *values,
                                  struct error *error);

/* options_parse(), and help on stdout or the error on stderr.  False when the
 * program should end now with `*status`. */
bool options_read(const struct command *command, int argc, char **argv,
                  void *values, int *status);

/* What --help prints. */
void options_put_help(struct text *t, const struct command *command);

/* Prints "sluice COMMAND: ERROR" on stderr and returns `status`. */
int options_fail(const struct command *command, int status,
                 const struct error *error);

#endif
