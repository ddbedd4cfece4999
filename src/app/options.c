/* SPDX-License-Identifier: Apache-2.0 */
#include "app/options.h"

#include <stdio.h>

#include "base/address.h"
#include "base/suggest.h"

enum {
    HELP_MAX = 32 * 1024,
    COLUMNS = 79,
    INDENT = 8,
    SHOWN_MAX = 100,
};

/* As much of what somebody typed as an error has room for. */
static struct str shown(struct str s)
{
    return str_make(s.p, s.n > SHOWN_MAX ? SHOWN_MAX : s.n);
}

/* ---- values ------------------------------------------------------------ */

static bool read_word(const char *const *words, struct str value,
                      unsigned *place)
{
    for (unsigned i = 0; words[i]; i++) {
        if (str_eq(value, str_of(words[i]))) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool read_address(struct str value, struct address *address)
{
    if (str_eq(value, STR("off"))) {
        *address = (struct address){.family = 0};
        return true;
    }
    return address_parse(value, address);
}

static bool add_to_list(struct option_list *list, const char *value)
{
    if (list->n == OPTION_LIST_MAX)
        return false;
    list->v[list->n++] = value;
    return true;
}

static bool store(const struct option *option, void *values, const char *cstr)
{
    void *field = (char *)values + option->offset;
    struct str value = str_of(cstr);

    switch (option->kind) {
    case OPTION_TEXT:
        *(const char **)field = cstr;
        return true;
    case OPTION_LIST:
        return add_to_list(field, cstr);
    case OPTION_NUMBER:
        return str_to_u64(value, option->max, field) &&
               *(uint64_t *)field >= option->min;
    case OPTION_WORD:
        return read_word(option->words, value, field);
    case OPTION_IP:
        if (str_eq(value, STR("localhost")))
            value = STR("127.0.0.1");
        return address_parse_ip(value, field);
    case OPTION_ADDRESS:
        return read_address(value, field);
    case OPTION_FLAG:
        *(bool *)field = true;
        return true;
    }
    return false;
}

static void put_words(struct text *t, const char *const *words)
{
    for (unsigned i = 0; words[i]; i++) {
        if (i)
            text_str_put(t, words[i + 1] ? STR(", ") : STR(" or "));
        text_str_put(t, str_of(words[i]));
    }
}

/* What a value has to be: "a number from 0 to 65535". */
static void put_wanted(struct text *t, const struct option *option)
{
    switch (option->kind) {
    case OPTION_TEXT:
        TEXT_LITERAL(t, "a text");
        break;
    case OPTION_LIST:
        text_printf(t, "one of at most %d", OPTION_LIST_MAX);
        break;
    case OPTION_NUMBER:
        TEXT_LITERAL(t, "a number from ");
        text_u64(t, option->min);
        TEXT_LITERAL(t, " to ");
        text_u64(t, option->max);
        break;
    case OPTION_WORD:
        put_words(t, option->words);
        break;
    case OPTION_IP:
        TEXT_LITERAL(t, "an IPv4 or IPv6 address, such as 127.0.0.1 or ::1");
        break;
    case OPTION_ADDRESS:
        TEXT_LITERAL(t, "ADDRESS:PORT, such as 127.0.0.1:4566 or [::1]:0, "
                        "or off");
        break;
    case OPTION_FLAG:
        TEXT_LITERAL(t, "given without a value");
        break;
    }
}

static bool bad_value(const struct option *option, const char *value,
                      struct error *error)
{
    char buffer[256];
    struct text wanted = text_in(buffer, sizeof(buffer));
    struct str given = shown(str_of(value));

    put_wanted(&wanted, option);
    return error_set(error, "--%s \"" STR_FMT "\": must be " STR_FMT,
                     option->name, STR_ARG(given), STR_ARG(text_str(&wanted)));
}

/* ---- parsing ----------------------------------------------------------- */

static const struct option *find(const struct command *command, struct str name)
{
    for (unsigned i = 0; i < command->noptions; i++) {
        if (str_eq(name, str_of(command->options[i].name)))
            return &command->options[i];
    }
    return NULL;
}

static bool unknown(const struct command *command, struct str word,
                    struct error *error)
{
    struct str name = word;
    struct suggest near;

    while (name.n && name.p[0] == '-')
        name = str_make(name.p + 1, name.n - 1);
    near = suggest_for(name);
    for (unsigned i = 0; i < command->noptions; i++)
        suggest_offer(&near, command->options[i].name);
    suggest_offer(&near, "help");
    word = shown(word);
    if (suggest_best(&near))
        return error_set(
            error, "there is no option \"" STR_FMT "\"; did you mean --%s?",
            STR_ARG(word), suggest_best(&near));
    return error_set(error, "there is no option \"" STR_FMT "\"",
                     STR_ARG(word));
}

static void set_defaults(const struct command *command, void *values)
{
    for (unsigned i = 0; i < command->noptions; i++) {
        const struct option *option = &command->options[i];

        if (option->fallback)
            store(option, values, option->fallback);
    }
}

static bool check_required(const struct command *command, uint64_t given,
                           struct error *error)
{
    for (unsigned i = 0; i < command->noptions; i++) {
        const struct option *option = &command->options[i];

        if (option->required && !(given >> i & 1))
            return error_set(error, "--%s %s is missing", option->name,
                             option->argument);
    }
    return true;
}

/* Words in brackets may be left out. */
static bool check_words(const struct command *command, const void *values,
                        struct error *error)
{
    const struct option_list *words =
        (const void *)((const char *)values + command->words);

    if (command->arguments == NULL || command->arguments[0] == '[' || words->n)
        return true;
    return error_set(error, "%s is missing", command->arguments);
}

/* The option that a word with dashes names; NULL: none. */
static const struct option *named(const struct command *command,
                                  struct str word)
{
    if (word.n > 2 && word.p[1] == '-')
        return find(command, str_make(word.p + 2, word.n - 2));
    for (unsigned i = 0; word.n == 2 && i < command->noptions; i++) {
        if (command->options[i].letter == word.p[1])
            return &command->options[i];
    }
    return NULL;
}

/* A word that is no option. */
static bool take_word(const struct command *command, const char *word,
                      void *values, struct error *error)
{
    struct str given = shown(str_of(word));

    if (command->arguments == NULL)
        return error_set(error, "argument \"" STR_FMT "\" is not expected",
                         STR_ARG(given));
    if (add_to_list((void *)((char *)values + command->words), word))
        return true;
    return error_set(error, "more than %d arguments", OPTION_LIST_MAX);
}

static bool missing_value(const struct option *option, struct error *error)
{
    return error_set(error, "--%s needs a value: --%s %s", option->name,
                     option->name, option->argument);
}

/* Reads the option at argv[*i]; leaves *i at the last word it used. */
static bool parse_one(const struct command *command, int argc, char **argv,
                      int *i, void *values, uint64_t *given,
                      struct error *error)
{
    const char *arg = argv[*i];
    const char *value = strchr(arg, '=');
    size_t n = value ? (size_t)(value - arg) : strlen(arg);
    const struct option *option;

    if (arg[0] != '-' || (arg[1] == '\0' && command->arguments))
        return take_word(command, arg, values, error);
    option = named(command, str_make(arg, n));
    if (option == NULL)
        return unknown(command, str_make(arg, n), error);
    if (value && option->kind == OPTION_FLAG)
        return bad_value(option, value + 1, error);
    if (value)
        value++;
    else if (option->kind == OPTION_FLAG)
        value = "";
    else if (*i + 1 < argc)
        value = argv[++*i];
    else
        return missing_value(option, error);
    *given |= UINT64_C(1) << (option - command->options);
    return store(option, values, value) || bad_value(option, value, error);
}

enum options_result options_parse(const struct command *command, int argc,
                                  char **argv, void *values,
                                  struct error *error)
{
    uint64_t given = 0;

    set_defaults(command, values);
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 ||
            strncmp(argv[i], "--help=", 7) == 0)
            return OPTIONS_HELP;
        if (!parse_one(command, argc, argv, &i, values, &given, error))
            return OPTIONS_BAD;
    }
    return check_required(command, given, error) &&
                   check_words(command, values, error)
               ? OPTIONS_OK
               : OPTIONS_BAD;
}

bool options_read(const struct command *command, int argc, char **argv,
                  void *values, int *status)
{
    char buffer[HELP_MAX];
    struct text help = text_in(buffer, sizeof(buffer));
    struct error error = {""};

    switch (options_parse(command, argc, argv, values, &error)) {
    case OPTIONS_OK:
        return true;
    case OPTIONS_HELP:
        options_put_help(&help, command);
        fwrite(help.p, 1, help.n, stdout);
        *status = EX_OK;
        return false;
    case OPTIONS_BAD:
        break;
    }
    *status = options_fail(command, EX_USAGE, &error);
    fprintf(stderr, "`sluice %s --help` shows its options.\n", command->name);
    return false;
}

int options_fail(const struct command *command, int status,
                 const struct error *error)
{
    fprintf(stderr, "sluice %s: %s\n", command->name, error->text);
    return status;
}

/* ---- help -------------------------------------------------------------- */

static void put_spaces(struct text *t, size_t n)
{
    while (n--)
        text_char(t, ' ');
}

static void put_wrapped(struct text *t, struct str words)
{
    size_t column = COLUMNS + 1;
    size_t start = t->n;

    while (words.p) {
        struct str word = str_cut(&words, ' ');

        if (column + 1 + word.n > COLUMNS) {
            if (t->n > start)
                text_char(t, '\n');
            put_spaces(t, INDENT);
            column = INDENT;
        } else {
            text_char(t, ' ');
            column++;
        }
        text_str_put(t, word);
        column += word.n;
    }
    text_char(t, '\n');
}

static void put_option(struct text *t, const struct option *option)
{
    char buffer[1024];
    struct text words = text_in(buffer, sizeof(buffer));

    TEXT_LITERAL(t, "  ");
    if (option->letter)
        text_printf(t, "-%c, ", option->letter);
    text_printf(t, "--%s %s\n", option->name,
                option->argument ? option->argument : "");
    if (option->argument == NULL)
        t->p[t->n - 2] = '\n', t->n--;
    text_str_put(&words, str_of(option->help));
    if (option->kind == OPTION_LIST)
        TEXT_LITERAL(&words, " May be given several times.");
    if (option->fallback)
        text_printf(&words, " Default: %s.", option->fallback);
    put_wrapped(t, text_str(&words));
}

void options_put_help(struct text *t, const struct command *command)
{
    text_printf(t, "Usage: sluice %s", command->name);
    if (command->arguments)
        text_printf(t, " %s", command->arguments);
    for (unsigned i = 0; i < command->noptions; i++) {
        const struct option *option = &command->options[i];

        if (option->required)
            text_printf(t, " --%s %s", option->name, option->argument);
    }
    text_printf(t, " [OPTION]...\n\n%s.\n\n", command->summary);
    for (unsigned i = 0; i < command->noptions; i++)
        put_option(t, &command->options[i]);
    if (command->put_notes)
        command->put_notes(t);
}
