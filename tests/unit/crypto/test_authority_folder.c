/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "crypto/authority_folder.h"

enum { PROCESSES = 8 };

static char top[] = "/tmp/test_authority_folder.XXXXXX";
static char folder[PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    strcpy(strrchr(top, '.') + 1, "XXXXXX");
    if (mkdtemp(top) == NULL)
        return -1;
    snprintf(folder, sizeof(folder), "%s/a/state", top);
    return 0;
}

static int tear_down(void **state)
{
    char command[PATH_MAX];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", top);
    return system(command);
}

static struct authority *open_it(bool *made)
{
    struct error error = {""};
    struct authority *a = authority_open(folder, time(NULL), made, &error);

    if (a == NULL)
        fail_msg("%s", error.text);
    return a;
}

static void check_refused(const char *what)
{
    struct error error = {""};
    bool made;

    assert_null(authority_open(folder, time(NULL), &made, &error));
    assert_false(made);
    if (strstr(error.text, what) == NULL)
        fail_msg("\"%s\" has no \"%s\"", error.text, what);
}

static unsigned mode_of(const char *name)
{
    char path[PATH_MAX];
    struct stat st;

    assert_int_equal(stat(authority_path(folder, name, path), &st), 0);
    return (unsigned)st.st_mode & 07777;
}

static void test_it_is_made_once_and_kept(void **state)
{
    static struct authority_pair first, second;
    struct authority *a, *b;
    bool made;

    (void)state;
    a = open_it(&made);
    assert_true(made);
    b = open_it(&made);
    assert_false(made);
    assert_true(authority_pem(a, &first));
    assert_true(authority_pem(b, &second));
    assert_string_equal(first.certificate, second.certificate);
    assert_string_equal(first.key, second.key);
    assert_int_equal(mode_of("."), 0700);
    assert_int_equal(mode_of("ca.key"), 0600);
    assert_int_equal(mode_of("ca.pem"), 0644);
    authority_free(a);
    authority_free(b);
}

/* Exits with the certificate's bytes summed up: equal for equal ones. */
static void be_a_process(int fd)
{
    static struct authority_pair pair;
    struct error error = {""};
    bool made = false;
    struct authority *a = authority_open(folder, time(NULL), &made, &error);

    if (a == NULL || !authority_pem(a, &pair) ||
        write(fd, pair.certificate, sizeof(pair.certificate)) !=
            (ssize_t)sizeof(pair.certificate))
        _exit(2);
    _exit(made ? 1 : 0);
}

static void test_processes_at_once_have_the_same_one(void **state)
{
    static char first[AUTHORITY_CHAIN_PEM], other[AUTHORITY_CHAIN_PEM];
    int pipes[PROCESSES][2];
    pid_t pids[PROCESSES];
    unsigned made = 0;

    (void)state;
    for (unsigned i = 0; i < PROCESSES; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            be_a_process(pipes[i][1]);
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status;

        assert_int_equal(read(pipes[i][0], i ? other : first, sizeof(first)),
                         sizeof(first));
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        made += WEXITSTATUS(status) == 1;
        if (i)
            assert_string_equal(first, other);
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    assert_int_equal(made, 1);
}

static void test_a_key_that_others_may_open_is_refused(void **state)
{
    char path[PATH_MAX];
    bool made;

    (void)state;
    authority_free(open_it(&made));
    assert_int_equal(chmod(authority_path(folder, "ca.key", path), 0640), 0);
    check_refused("other users may open it (mode 640)");
    assert_int_equal(chmod(path, 0600), 0);
    authority_free(open_it(&made));
    assert_false(made);
}

static void test_a_lost_key_is_told_and_not_replaced(void **state)
{
    char path[PATH_MAX];
    bool made;

    (void)state;
    authority_free(open_it(&made));
    assert_int_equal(unlink(authority_path(folder, "ca.key", path)), 0);
    check_refused("has lost its key");
}

static void test_what_a_crash_left_is_made_anew(void **state)
{
    char path[PATH_MAX];
    bool made;

    (void)state;
    authority_free(open_it(&made));
    assert_int_equal(unlink(authority_path(folder, "ca.pem", path)), 0);
    authority_free(open_it(&made));
    assert_true(made);
}

static void test_damaged_files_are_told(void **state)
{
    char path[PATH_MAX];
    struct error error = {""};
    bool made;

    (void)state;
    authority_free(open_it(&made));
    assert_true(file_replace(authority_path(folder, "ca.pem", path),
                             STR("nothing"), 0644, &error));
    check_refused("remove both to have a new authority made");
}

static void test_a_folder_that_cannot_be_made_is_told(void **state)
{
    struct error error = {""};
    char path[PATH_MAX];

    (void)state;
    snprintf(path, sizeof(path), "%s/a", top);
    assert_true(file_replace(path, STR(""), 0600, &error));
    check_refused("cannot be ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_made_once_and_kept),
        TEST(test_processes_at_once_have_the_same_one),
        TEST(test_a_key_that_others_may_open_is_refused),
        TEST(test_a_lost_key_is_told_and_not_replaced),
        TEST(test_what_a_crash_left_is_made_anew),
        TEST(test_damaged_files_are_told),
        TEST(test_a_folder_that_cannot_be_made_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
