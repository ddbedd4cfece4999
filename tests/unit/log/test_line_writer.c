/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "log/line_writer.h"

static char folder[] = "/tmp/sluice-lines-XXXXXX";
static char path[64];

static int begin(void **state)
{
    (void)state;
    (void)strcpy(folder + sizeof(folder) - 7, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/lines", folder);
    return 0;
}

static int end(void **state)
{
    char other[80];

    (void)state;
    (void)snprintf(other, sizeof(other), "%s.1", path);
    (void)unlink(path);
    (void)unlink(other);
    return rmdir(folder);
}

static size_t read_all(const char *name, char *to, size_t cap)
{
    FILE *file = fopen(name, "r");
    size_t n;

    assert_non_null(file);
    n = fread(to, 1, cap - 1, file);
    to[n] = '\0';
    (void)fclose(file);
    return n;
}

static void test_lines_are_in_the_file_at_the_end(void **state)
{
    struct error error = {""};
    struct line_writer *w = line_writer_start(str_of(path), &error);
    char text[64];

    (void)state;
    assert_non_null(w);
    line_writer_add(w, STR("one"));
    line_writer_add(w, STR("two"));
    line_writer_stop(w);
    (void)read_all(path, text, sizeof(text));
    assert_string_equal(text, "one\ntwo\n");
}

static void test_a_file_that_was_moved_away_is_left(void **state)
{
    struct error error = {""};
    struct line_writer *w = line_writer_start(str_of(path), &error);
    char other[80];
    char text[64];

    (void)state;
    (void)snprintf(other, sizeof(other), "%s.1", path);
    line_writer_add(w, STR("before"));
    assert_int_equal(rename(path, other), 0);
    line_writer_reopen(w);
    while (access(path, F_OK) != 0)
        (void)usleep(1000);
    line_writer_add(w, STR("after"));
    line_writer_stop(w);
    (void)read_all(path, text, sizeof(text));
    assert_string_equal(text, "after\n");
    (void)read_all(other, text, sizeof(text));
    assert_string_equal(text, "before\n");
}

static void test_a_reader_that_sleeps_costs_lines_and_no_time(void **state)
{
    struct error error = {""};
    struct line_writer *w;
    char *line = memory_zeroed(1, 100 * 1000);
    char *read_to = memory_zeroed(1, 64 * 1024);
    int reader;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    w = line_writer_start(str_of(path), &error);
    assert_non_null(w);
    memset(line, 'x', 100 * 1000);
    for (unsigned i = 0; i < 200; i++) /* 20 MB: nobody reads */
        line_writer_add(w, str_make(line, 100 * 1000));
    assert_true(line_writer_dropped(w) > 50);
    /* It goes on with who reads again. */
    while (read(reader, read_to, 64 * 1024) != 0 && line_writer_dropped(w)) {
        static unsigned reads;

        if (++reads > 4000)
            break;
    }
    close(reader);
    line_writer_stop(w);
    free(line);
    free(read_to);
}

static void test_a_pipe_without_a_reader_holds_nobody_up(void **state)
{
    struct error error = {""};
    struct line_writer *w;
    char line[4096];

    (void)state;
    memset(line, 'x', sizeof(line));
    assert_int_equal(mkfifo(path, 0600), 0);
    w = line_writer_start(str_of(path), &error);
    assert_non_null(w);
    for (unsigned i = 0; i < 100; i++) /* more than a pipe holds */
        line_writer_add(w, str_make(line, sizeof(line)));
    line_writer_reopen(w);
    line_writer_stop(w);
}

static void test_a_file_that_cannot_be_is_named(void **state)
{
    struct error error = {""};

    (void)state;
    assert_null(line_writer_start(STR("/nowhere/at/all"), &error));
    assert_non_null(strstr(error.text, "/nowhere/at/all: cannot be opened"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines_are_in_the_file_at_the_end),
        TEST(test_a_file_that_was_moved_away_is_left),
        TEST(test_a_reader_that_sleeps_costs_lines_and_no_time),
        TEST(test_a_pipe_without_a_reader_holds_nobody_up),
        TEST(test_a_file_that_cannot_be_is_named),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
