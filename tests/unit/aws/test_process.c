/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/process.h"
#include "base/thread.h"

static struct region region;
static struct process_handle handle;

static void check_words(const char *line, const char *wanted)
{
    struct error error;
    char **words = process_split(&region, str_of(line), &error);
    char joined[256] = "";

    assert_non_null(words);
    for (; *words; words++) {
        strcat(joined, *words);
        strcat(joined, "|");
    }
    assert_string_equal(joined, wanted);
}

static void test_words_are_taken_apart_as_a_shell_does(void **state)
{
    struct error error;

    (void)state;
    check_words("a  b\tc ", "a|b|c|");
    check_words("'a b' \"c d\" e\\ f", "a b|c d|e f|");
    check_words("a'b'\"c\" '' \"\"", "abc|||");
    check_words("\"a\\\"b\\\\c\\d\" '\\'", "a\"b\\c\\d|\\|");
    check_words("$HOME ~ * ; a|b >c", "$HOME|~|*|;|a|b|>c|");
    check_words("a\\", "a\\|");
    assert_null(process_split(&region, STR("a 'b"), &error));
    assert_null(process_split(&region, STR("a \"b\\\""), &error));
    assert_null(process_split(&region, STR(" \t"), &error));
    assert_null(process_split(&region, STR("a\0b"), &error));
}

static bool run(const char *line, unsigned deadline_ms, struct str *output,
                struct error *error)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char letter[] = "A=b";
    static char *const environment[] = {path, letter, NULL};

    return process_run(&region, process_split(&region, str_of(line), error),
                       environment, deadline_ms, &handle, output, error);
}

static void test_what_it_prints_is_its_output(void **state)
{
    struct str output;
    struct error error;

    (void)state;
    assert_true(run("sh -c 'cat; echo $A; echo no >&2; ls /proc/self/fd'",
                    10000, &output, &error));
    /* Nothing of ours is open in it: ls has opened 3. */
    assert_true(str_eq(output, STR("b\n0\n1\n2\n3\n")));
}

static void test_it_is_killed_when_its_time_is_over(void **state)
{
    struct str output;
    struct error error;

    (void)state;
    assert_false(run("sleep 1000", 50, &output, &error));
    assert_non_null(strstr(error.text, "too long"));
    /* With what it started. */
    assert_false(run("sh -c 'sleep 1000 & wait'", 50, &output, &error));
    /* One that only closes its output too. */
    assert_false(run("sh -c 'exec >&-; sleep 1000; :'", 50, &output, &error));
    assert_non_null(strstr(error.text, "too long"));
}

static void test_too_much_is_not_taken(void **state)
{
    struct str output;
    struct error error;

    (void)state;
    assert_true(run("head -c 65536 /dev/zero", 10000, &output, &error));
    assert_int_equal(output.n, PROCESS_OUTPUT_MAX);
    assert_false(run("yes", 10000, &output, &error));
    assert_non_null(strstr(error.text, "more than"));
}

static void test_how_it_ended_is_told(void **state)
{
    struct str output;
    struct error error;

    (void)state;
    assert_false(run("sh -c 'exit 3'", 10000, &output, &error));
    assert_non_null(strstr(error.text, "status 3"));
    assert_false(run("sh -c 'kill -9 $$'", 10000, &output, &error));
    assert_non_null(strstr(error.text, "signal 9"));
    assert_false(run("/none/such", 10000, &output, &error));
    assert_non_null(strstr(error.text, "/none/such: "));
}

static void *stop_soon(void *arg)
{
    usleep(20000);
    process_stop(arg);
    return NULL;
}

static void test_another_thread_ends_it(void **state)
{
    struct str output;
    struct error error;
    pthread_t thread;

    (void)state;
    assert_true(thread_start(&thread, stop_soon, &handle));
    assert_false(run("sleep 1000", 60000, &output, &error));
    pthread_join(thread, NULL);
    /* And what would be run. */
    assert_false(run("sleep 1000", 60000, &output, &error));
}

static int begin(void **state)
{
    (void)state;
    return process_handle_init(&handle) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    process_handle_end(&handle);
    region_end(&region);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_taken_apart_as_a_shell_does),
        cmocka_unit_test(test_what_it_prints_is_its_output),
        cmocka_unit_test(test_it_is_killed_when_its_time_is_over),
        cmocka_unit_test(test_too_much_is_not_taken),
        cmocka_unit_test(test_how_it_ended_is_told),
        cmocka_unit_test(test_another_thread_ends_it),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
