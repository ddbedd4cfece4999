/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/folder.h"

struct fixture {
    char dir[64];
    char spool[96];
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.dir = "/tmp/test_log_folder.XXXXXX"};
    if (mkdtemp(f.dir) == NULL)
        return -1;
    snprintf(f.spool, sizeof(f.spool), "%s/a/spool", f.dir);
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", f.dir);
    return system(command); /* NOLINT(cert-env33-c): our own name */
}

static struct log_folder *make(void)
{
    struct error error;
    struct log_folder *folder = log_folder_make(f.spool, &error);

    assert_non_null(folder);
    return folder;
}

static void write_file(const struct log_folder *folder, uint64_t number,
                       bool whole)
{
    struct log_name name = {.ms = 1000 + number, .number = number};
    struct log_segment *s =
        log_segment_begin(folder->fd, &name, STR("b"), STR("k"));
    char from[LOG_NAME_MAX];

    assert_non_null(s);
    assert_true(log_segment_write(s, STR("one\ntwo\n"), false));
    if (!whole) {
        log_name_put(from, &name);
        assert_int_equal(linkat(folder->fd, from, folder->fd, "kept", 0), 0);
    }
    assert_true(log_segment_end(s));
    if (whole)
        return;
    unlinkat(folder->fd, "1001-000001-2.log", 0);
    name.state = LOG_FILE_READY;
    name.lines = 2;
    log_name_put(from, &name);
    unlinkat(folder->fd, from, 0);
    name.state = LOG_FILE_PART;
    log_name_put(from, &name);
    assert_int_equal(renameat(folder->fd, "kept", folder->fd, from), 0);
}

struct counts {
    unsigned n[3];
    uint64_t lines;
};

static void count(void *owner, const struct log_name *name, uint64_t bytes)
{
    struct counts *counts = owner;

    assert_true(bytes > 0);
    counts->n[name->state]++;
    counts->lines += name->lines;
}

static struct counts look(const struct log_folder *folder)
{
    struct counts counts = {{0}, 0};

    assert_true(log_folder_list(folder, count, &counts));
    return counts;
}

/* A process that makes a folder, does something and is killed. */
static void die_after(void (*work)(const struct log_folder *folder))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct error error;
        struct log_folder *folder = log_folder_make(f.spool, &error);

        if (folder)
            work(folder);
        _exit(folder ? 0 : 1);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_folder_is_for_us_alone(void **state)
{
    struct log_folder *folder = make();
    struct stat st;

    (void)state;
    assert_int_equal(stat(f.spool, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(fstat(folder->fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(folder->own);
    log_folder_leave(folder);
}

static void two_processes_have_two(void **state)
{
    struct log_folder *a = make();
    struct log_folder *b = make();

    (void)state;
    assert_string_not_equal(a->path, b->path);
    log_folder_leave(a);
    log_folder_leave(b);
}

static void a_folder_that_somebody_has_is_left_alone(void **state)
{
    struct log_folder *a = make();

    (void)state;
    write_file(a, 1, true);
    assert_null(log_folder_adopt(f.spool));
    log_folder_leave(a);
}

static void an_empty_folder_goes(void **state)
{
    struct log_folder *folder = make();
    char path[PATH_MAX];

    (void)state;
    memcpy(path, folder->path, sizeof(path));
    log_folder_leave(folder);
    assert_int_equal(access(path, F_OK), -1);
}

static void what_is_left_is_taken_over(void **state)
{
    struct log_folder *folder = make();
    char path[PATH_MAX];

    (void)state;
    memcpy(path, folder->path, sizeof(path));
    write_file(folder, 1, true);
    log_folder_leave(folder);
    folder = log_folder_adopt(f.spool);
    assert_non_null(folder);
    assert_false(folder->own);
    assert_string_equal(folder->path, path);
    assert_null(log_folder_adopt(f.spool));
    assert_int_equal(look(folder).n[LOG_FILE_READY], 1);
    assert_int_equal(look(folder).lines, 2);
    log_folder_leave(folder);
}

static void leave_one_and_a_half(const struct log_folder *folder)
{
    write_file(folder, 1, true);
    write_file(folder, 2, false);
}

static void what_a_killed_process_wrote_is_mended(void **state)
{
    struct log_folder *folder;
    struct error error = {""};

    (void)state;
    die_after(leave_one_and_a_half);
    folder = log_folder_adopt(f.spool);
    assert_non_null(folder);
    assert_int_equal(look(folder).n[LOG_FILE_PART], 1);
    assert_true(log_folder_mend(folder, &error));
    assert_int_equal(look(folder).n[LOG_FILE_PART], 0);
    assert_int_equal(look(folder).n[LOG_FILE_READY], 2);
    assert_int_equal(look(folder).lines, 4);
    log_folder_leave(folder);
}

static void what_we_write_is_not_mended(void **state)
{
    struct log_folder *folder = make();
    struct log_name name = {.ms = 1000, .number = 1};
    struct log_segment *s =
        log_segment_begin(folder->fd, &name, STR("b"), STR("k"));
    struct error error = {""};

    (void)state;
    assert_true(log_segment_write(s, STR("one\n"), false));
    assert_true(log_folder_mend(folder, &error));
    assert_int_equal(look(folder).n[LOG_FILE_PART], 1);
    assert_true(log_segment_end(s));
    assert_int_equal(look(folder).n[LOG_FILE_READY], 1);
    log_folder_leave(folder);
}

/* What we wrote, but could not give its name. */
static void what_we_could_not_complete_is_mended(void **state)
{
    struct log_folder *folder = make();
    struct error error = {""};

    (void)state;
    write_file(folder, 2, false);
    assert_true(log_folder_mend(folder, &error));
    assert_int_equal(look(folder).n[LOG_FILE_PART], 0);
    assert_int_equal(look(folder).n[LOG_FILE_READY], 1);
    assert_int_equal(look(folder).lines, 2);
    log_folder_leave(folder);
}

static void a_disk_has_room_and_a_size(void **state)
{
    struct log_folder *folder = make();
    struct log_disk disk = log_folder_disk(folder);

    (void)state;
    assert_true(disk.size > 0);
    assert_true(disk.room <= disk.size);
    log_folder_leave(folder);
}

static void leave_many(const struct log_folder *folder)
{
    for (unsigned i = 0; i < 150; i++)
        write_file(folder, 2 + i, false);
}

static void all_of_many_are_mended(void **state)
{
    struct log_folder *folder;
    struct error error = {""};

    (void)state;
    die_after(leave_many);
    folder = log_folder_adopt(f.spool);
    assert_true(log_folder_mend(folder, &error));
    assert_int_equal(look(folder).n[LOG_FILE_READY], 150);
    assert_int_equal(look(folder).lines, 300);
    log_folder_leave(folder);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct error error = {""};

    (void)state;
    assert_null(log_folder_make("/proc/none", &error));
    assert_non_null(strstr(error.text, "/proc/none"));
    assert_non_null(strstr(error.text, "--log-spool"));
}

static void nothing_is_adopted_where_nothing_is(void **state)
{
    (void)state;
    assert_null(log_folder_adopt(f.spool));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_is_for_us_alone),
        TEST(two_processes_have_two),
        TEST(a_folder_that_somebody_has_is_left_alone),
        TEST(an_empty_folder_goes),
        TEST(what_is_left_is_taken_over),
        TEST(what_a_killed_process_wrote_is_mended),
        TEST(what_we_write_is_not_mended),
        TEST(what_we_could_not_complete_is_mended),
        TEST(a_disk_has_room_and_a_size),
        TEST(all_of_many_are_mended),
        TEST(a_folder_that_cannot_be_made_is_named),
        TEST(nothing_is_adopted_where_nothing_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
