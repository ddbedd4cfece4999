/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/options.h"
#include "base/address.h"

struct values {
    const char *name;
    struct option_list list;
    uint64_t number;
    uint64_t untouched;
    unsigned word;
    struct address ip;
    struct address address;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

#define FIELD(field) .offset = offsetof(struct values, field)

static const struct option options[] = {
    {.name = "name",
     .argument = "NAME",
     .help = "A name.",
     .required = true,
     .kind = OPTION_TEXT,
     FIELD(name)},
    {.name = "list",
     .argument = "ITEM",
     .help = "An item.",
     .kind = OPTION_LIST,
     FIELD(list)},
    {.name = "number",
     .argument = "N",
     .help = "A number with a rather long explanation, so long that it has to "
             "be wrapped before the eightieth column.",
     .fallback = "7",
     .kind = OPTION_NUMBER,
     .min = 5,
     .max = 100,
     FIELD(number)},
    {.name = "untouched",
     .argument = "N",
     .help = "No default.",
     .kind = OPTION_NUMBER,
     .max = 9,
     FIELD(untouched)},
    {.name = "word",
     .argument = "red|green|blue",
     .help = "A colour.",
     .fallback = "green",
     .kind = OPTION_WORD,
     .words = colours,
     FIELD(word)},
    {.name = "ip",
     .argument = "IP",
     .help = "An IP.",
     .fallback = "::1",
     .kind = OPTION_IP,
     FIELD(ip)},
    {.name = "address",
     .argument = "ADDRESS:PORT|off",
     .help = "An address.",
     .fallback = "127.0.0.1:80",
     .kind = OPTION_ADDRESS,
     FIELD(address)},
};

static void put_notes(struct text *t)
{
    TEXT_LITERAL(t, "Notes stand at the end.\n");
}

static const struct command command = {
    .name = "paint",
    .summary = "Paints something",
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .put_notes = put_notes,
};

enum { ARGUMENTS_MAX = 200 };

static struct values values;
static struct error error;

/* Parses arguments that stand in one text with spaces between them. */
static enum options_result parse(const char *line)
{
    static char buffer[4096];
    char *argv[ARGUMENTS_MAX];
    char *rest = NULL;
    int argc = 0;

    assert_true(strlen(line) < sizeof(buffer));
    strcpy(buffer, line);
    for (char *word = strtok_r(buffer, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < ARGUMENTS_MAX);
        argv[argc++] = word;
    }
    values = (struct values){.untouched = 77};
    error.text[0] = '\0';
    return options_parse(&command, argc, argv, &values, &error);
}

static void check_bad(const char *line, const char *words)
{
    if (parse(line) != OPTIONS_BAD)
        fail_msg("\"%s\" was accepted", line);
    if (strstr(error.text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, error.text);
}

static void test_defaults_fill_what_is_not_given(void **state)
{
    struct address a;

    (void)state;
    assert_int_equal(parse("--name x"), OPTIONS_OK);
    assert_int_equal(values.number, 7);
    assert_int_equal(values.untouched, 77);
    assert_int_equal(values.word, 1);
    assert_int_equal(values.list.n, 0);
    assert_int_equal(values.ip.family, 6);
    assert_true(address_parse(STR("127.0.0.1:80"), &a));
    assert_true(address_equal(&values.address, &a));
}

static void test_value_follows_as_a_word_or_behind_an_equals_sign(void **state)
{
    (void)state;
    assert_int_equal(parse("--name x --number 9 --word blue"), OPTIONS_OK);
    assert_string_equal(values.name, "x");
    assert_int_equal(values.number, 9);
    assert_int_equal(values.word, 2);
    assert_int_equal(parse("--name=x=y --number=9 --word=blue"), OPTIONS_OK);
    assert_string_equal(values.name, "x=y");
    assert_int_equal(values.number, 9);
    assert_int_equal(parse("--name="), OPTIONS_OK);
    assert_string_equal(values.name, "");
}

static void test_last_one_of_several_counts(void **state)
{
    (void)state;
    assert_int_equal(parse("--name x --number 9 --number 10"), OPTIONS_OK);
    assert_int_equal(values.number, 10);
}

static void test_list_keeps_all_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(parse("--list a --name x --list=b --list c"), OPTIONS_OK);
    assert_int_equal(values.list.n, 3);
    assert_string_equal(values.list.v[0], "a");
    assert_string_equal(values.list.v[1], "b");
    assert_string_equal(values.list.v[2], "c");
}

static void test_list_that_is_too_long_is_refused(void **state)
{
    char line[2048] = "--name x";

    (void)state;
    for (unsigned i = 0; i < OPTION_LIST_MAX; i++)
        strcat(line, " --list a");
    assert_int_equal(parse(line), OPTIONS_OK);
    strcat(line, " --list a");
    check_bad(line, "at most 64");
}

static void test_numbers_outside_their_range_are_refused(void **state)
{
    (void)state;
    check_bad("--name x --number 4",
              "--number \"4\": must be a number from 5 to 100");
    check_bad("--name x --number 101", "from 5 to 100");
    check_bad("--name x --number 9x", "--number \"9x\"");
    check_bad("--name x --number=", "--number \"\"");
    check_bad("--name x --number -9", "--number \"-9\"");
}

static void test_words_that_are_none_are_refused(void **state)
{
    (void)state;
    check_bad("--name x --word pink",
              "--word \"pink\": must be red, green or blue");
    check_bad("--name x --word RED", "must be red, green or blue");
}

static void test_addresses_are_read_or_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("--name x --ip localhost --address off"),
                     OPTIONS_OK);
    assert_int_equal(values.ip.family, 4);
    assert_int_equal(values.address.family, 0);
    check_bad("--name x --ip 127.0.0.1:80", "must be an IPv4 or IPv6 address");
    check_bad("--name x --address 127.0.0.1", "must be ADDRESS:PORT");
}

static void test_unknown_option_gets_a_suggestion(void **state)
{
    (void)state;
    check_bad("--nmae x",
              "there is no option \"--nmae\"; did you mean --name?");
    check_bad("--adress=off",
              "there is no option \"--adress\"; did you mean --address?");
    check_bad("-name x", "did you mean --name?");
    check_bad("--hlep", "did you mean --help?");
    check_bad("--certificate x", "there is no option \"--certificate\"");
    assert_null(strstr(error.text, "did you mean"));
    check_bad("--", "there is no option \"--\"");
    check_bad("-", "there is no option \"-\"");
}

static void test_option_without_its_value_is_refused(void **state)
{
    (void)state;
    check_bad("--number", "--number needs a value: --number N");
}

static void test_missing_required_option_is_named(void **state)
{
    (void)state;
    check_bad("--number 9", "--name NAME is missing");
}

static void test_argument_that_is_no_option_is_refused(void **state)
{
    (void)state;
    check_bad("--name x file", "argument \"file\" is not expected");
}

static void test_help_wins_over_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(parse("--help"), OPTIONS_HELP);
    assert_int_equal(parse("--number 9 -h"), OPTIONS_HELP);
}

static void test_help_shows_every_option_and_fits_the_screen(void **state)
{
    char buffer[8192];
    struct text t = text_in(buffer, sizeof(buffer) - 1);
    struct str rest;

    (void)state;
    options_put_help(&t, &command);
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    rest = text_str(&t);
    while (rest.n)
        assert_in_range(str_cut(&rest, '\n').n, 0, 79);
    for (unsigned i = 0; i < command.noptions; i++)
        assert_non_null(strstr(buffer, options[i].name));
    assert_ptr_equal(strstr(buffer, "Usage: sluice paint --name NAME "
                                    "[OPTION]...\n\n"
                                    "Paints something.\n\n"
                                    "  --name NAME\n"
                                    "        A name.\n"
                                    "  --list ITEM\n"),
                     buffer);
    assert_non_null(strstr(buffer, "An item. May be given several times.\n"));
    assert_non_null(strstr(buffer, "A colour. Default: green.\n"));
    assert_non_null(strstr(buffer, "Notes stand at the end.\n"));
}

static void test_help_of_a_full_buffer_overflows_quietly(void **state)
{
    char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    options_put_help(&t, &command);
    assert_false(text_ok(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_fill_what_is_not_given),
        cmocka_unit_test(test_value_follows_as_a_word_or_behind_an_equals_sign),
        cmocka_unit_test(test_last_one_of_several_counts),
        cmocka_unit_test(test_list_keeps_all_in_their_order),
        cmocka_unit_test(test_list_that_is_too_long_is_refused),
        cmocka_unit_test(test_numbers_outside_their_range_are_refused),
        cmocka_unit_test(test_words_that_are_none_are_refused),
        cmocka_unit_test(test_addresses_are_read_or_refused),
        cmocka_unit_test(test_unknown_option_gets_a_suggestion),
        cmocka_unit_test(test_option_without_its_value_is_refused),
        cmocka_unit_test(test_missing_required_option_is_named),
        cmocka_unit_test(test_argument_that_is_no_option_is_refused),
        cmocka_unit_test(test_help_wins_over_what_is_missing),
        cmocka_unit_test(test_help_shows_every_option_and_fits_the_screen),
        cmocka_unit_test(test_help_of_a_full_buffer_overflows_quietly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
