/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static char folder[] = "/tmp/test_file.XXXXXX";
static char path[PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    strcpy(strrchr(folder, '.') + 1, "XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/file", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[PATH_MAX];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void put(const char *text)
{
    struct error error = {""};

    if (!file_replace(path, str_of(text), 0640, &error))
        fail_msg("%s", error.text);
}

static void check_refused(size_t max, int cause, const char *what)
{
    struct file_text file;
    struct error error = {""};

    assert_false(file_read(path, max, &file, &error));
    assert_int_equal(errno, cause);
    assert_null(file.text.p);
    assert_true(str_starts(str_of(error.text), str_of(path)));
    assert_non_null(strstr(error.text, what));
}

static void test_what_was_written_is_read(void **state)
{
    struct file_text file;
    struct file_mark mark;
    struct error error = {""};

    (void)state;
    put("hello");
    assert_true(file_read(path, 5, &file, &error));
    assert_string_equal(file.text.p, "hello");
    assert_int_equal(file.text.n, 5);
    assert_int_equal(file.mode, 0640);
    assert_true(file_look(path, &mark));
    assert_true(file_mark_equal(&mark, &file.mark));
    file_forget(&file);
    assert_null(file.text.p);
    file_forget(&file);
}

static void test_what_cannot_be_read_is_told(void **state)
{
    (void)state;
    check_refused(5, ENOENT, "No such file");
    put("hello");
    check_refused(4, 0, "is larger than 4 bytes");
    snprintf(path, sizeof(path), "%s", folder);
    check_refused(4, 0, "is no regular file");
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(4, 0, "is no regular file");
}

static void test_another_file_has_another_mark(void **state)
{
    struct file_mark first, second, gone;

    (void)state;
    put("hello");
    assert_true(file_look(path, &first));
    put("hello");
    assert_true(file_look(path, &second));
    assert_false(file_mark_equal(&first, &second));
    assert_int_equal(unlink(path), 0);
    assert_false(file_look(path, &gone));
    assert_int_equal(errno, ENOENT);
}

static void test_a_file_that_cannot_be_replaced_stays(void **state)
{
    struct file_text file;
    struct error error = {""};
    char other[PATH_MAX];

    (void)state;
    put("old");
    snprintf(other, sizeof(other), "%s/none/file", folder);
    assert_false(file_replace(other, STR("x"), 0600, &error));
    assert_int_equal(errno, ENOENT);
    assert_true(str_starts(str_of(error.text), str_of(other)));
    assert_true(file_read(path, 10, &file, &error));
    assert_string_equal(file.text.p, "old");
    file_forget(&file);
}

static void test_folders_are_for_us_alone(void **state)
{
    struct error error = {""};
    char deep[PATH_MAX];
    struct stat st;

    (void)state;
    snprintf(deep, sizeof(deep), "%s/a/b/c", folder);
    assert_true(file_make_folders(deep, &error));
    assert_true(file_make_folders(deep, &error));
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    snprintf(deep, sizeof(deep), "%s/a", folder);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    put("");
    snprintf(deep, sizeof(deep), "%s/file/a", folder);
    assert_false(file_make_folders(deep, &error));
    assert_false(file_make_folders(path, &error));
    assert_int_equal(errno, ENOTDIR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_written_is_read),
        TEST(test_what_cannot_be_read_is_told),
        TEST(test_another_file_has_another_mark),
        TEST(test_a_file_that_cannot_be_replaced_stays),
        TEST(test_folders_are_for_us_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
