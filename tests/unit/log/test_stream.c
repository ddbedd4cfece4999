/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/folder.h"
#include "log/stream.h"

enum { BEGIN = 1768480200, FILES = 16 }; /* 2026-01-15T12:30:00Z */

struct fixture {
    char dir[64];
    struct log_folder *folder;
    struct log_spool spool;
    struct log_stream *stream;
    _Atomic uint64_t dropped;
    unsigned ready;
    unsigned part;
    uint64_t lines;
    char keys[FILES][LOG_KEY_MAX + 1];
};

static struct fixture f;

static int setup(void **state)
{
    static const struct log_place place = {
        .kind = ACCESS_LOG,
        .bucket = {"logs", 4},
        .prefix = {"", 0},
        .account = {"1", 1},
        .region = {"r", 1},
        .name = {"app/n/1", 7},
    };
    struct error error;

    (void)state;
    f = (struct fixture){.dir = "/tmp/test_log_stream.XXXXXX"};
    if (mkdtemp(f.dir) == NULL)
        return -1;
    f.folder = log_folder_make(f.dir, &error);
    if (f.folder == NULL)
        return -1;
    f.spool.folder = f.folder->fd;
    f.spool.open_max = UINT64_MAX;
    random_seed(&f.spool.random);
    f.stream = log_stream_new(&place, &f.spool, &f.dropped);
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    log_stream_end(f.stream);
    log_stream_free(f.stream);
    log_folder_leave(f.folder);
    snprintf(command, sizeof(command), "rm -rf '%s'", f.dir);
    return system(command); /* NOLINT(cert-env33-c): our own name */
}

static void note(void *owner, const struct log_name *name, uint64_t bytes)
{
    char path[LOG_NAME_MAX];
    char buffer[LOG_HEAD_MAX];
    struct log_head head;
    ssize_t n;
    int fd;

    (void)owner;
    (void)bytes;
    if (name->state != LOG_FILE_READY) {
        f.part++;
        return;
    }
    log_name_put(path, name);
    fd = openat(f.folder->fd, path, O_RDONLY);
    n = read(fd, buffer, sizeof(buffer));
    close(fd);
    assert_true(n > 0);
    assert_true(log_head_read(str_make(buffer, (size_t)n), &head));
    assert_true(f.ready < FILES);
    memcpy(f.keys[f.ready], head.key.p, head.key.n);
    f.keys[f.ready][head.key.n] = '\0';
    f.ready++;
    f.lines += name->lines;
}

static void look(void)
{
    f.ready = f.part = 0;
    f.lines = 0;
    assert_true(log_folder_list(f.folder, note, NULL));
}

static void add(const char *line)
{
    log_stream_add(f.stream, NULL, str_of(line));
}

static void without_a_line_there_is_no_file(void **state)
{
    (void)state;
    log_stream_write(f.stream, BEGIN);
    log_stream_tick(f.stream, BEGIN + 300);
    log_stream_end(f.stream);
    look();
    assert_int_equal(f.ready + f.part, 0);
}

static void a_file_is_of_five_minutes(void **state)
{
    (void)state;
    add("a\n");
    log_stream_write(f.stream, BEGIN);
    add("b\n");
    log_stream_write(f.stream, BEGIN + 299);
    look();
    assert_int_equal(f.part, 1);
    assert_int_equal(f.ready, 0);
    log_stream_tick(f.stream, BEGIN + 299);
    look();
    assert_int_equal(f.ready, 0);
    log_stream_tick(f.stream, BEGIN + 300);
    look();
    assert_int_equal(f.part, 0);
    assert_int_equal(f.ready, 1);
    assert_int_equal(f.lines, 2);
    assert_non_null(strstr(f.keys[0], "_20260115T1235Z_"));
    assert_int_equal(f.spool.open, 0);
}

static void a_line_of_the_next_window_is_in_another_file(void **state)
{
    (void)state;
    add("a\n");
    log_stream_write(f.stream, BEGIN + 299);
    add("b\n");
    log_stream_write(f.stream, BEGIN + 300);
    log_stream_end(f.stream);
    look();
    assert_int_equal(f.ready, 2);
    assert_true((strstr(f.keys[0], "_20260115T1235Z_") &&
                 strstr(f.keys[1], "_20260115T1240Z_")) ||
                (strstr(f.keys[1], "_20260115T1235Z_") &&
                 strstr(f.keys[0], "_20260115T1240Z_")));
}

static void a_clock_that_is_set_back_keeps_no_file_open(void **state)
{
    (void)state;
    add("a\n");
    log_stream_write(f.stream, BEGIN + 3600);
    log_stream_tick(f.stream, BEGIN);
    look();
    assert_int_equal(f.ready, 1);
}

static void files_of_one_window_have_keys_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        add("a\n");
        log_stream_write(f.stream, BEGIN);
        log_stream_end(f.stream);
    }
    look();
    assert_int_equal(f.ready, 3);
    assert_string_not_equal(f.keys[0], f.keys[1]);
    assert_string_not_equal(f.keys[1], f.keys[2]);
    assert_string_not_equal(f.keys[0], f.keys[2]);
}

static void a_file_ends_when_too_much_is_open(void **state)
{
    (void)state;
    f.spool.open_max = 200;
    for (unsigned i = 0; i < 40; i++) {
        char line[32];

        snprintf(line, sizeof(line), "line %u\n", i * 2654435761U);
        add(line);
        log_stream_write(f.stream, BEGIN);
        assert_in_range(f.spool.open, 0, 200);
    }
    log_stream_end(f.stream);
    look();
    assert_true(f.ready > 2);
    assert_int_equal(f.lines, 40);
    assert_int_equal(f.spool.open, 0);
}

/* The folder is gone: nothing can be made in it. */
static void lines_that_cannot_be_written_are_counted(void **state)
{
    int fd = f.spool.folder;

    (void)state;
    f.spool.folder = -1;
    add("a\n");
    add("b\n");
    log_stream_write(f.stream, BEGIN);
    assert_int_equal(f.dropped, 2);
    assert_int_equal(f.stream->lost, 2);
    assert_int_equal(f.stream->error, EBADF);
    f.spool.folder = fd;
    add("c\n");
    log_stream_write(f.stream, BEGIN);
    log_stream_end(f.stream);
    look();
    assert_int_equal(f.lines, 1);
}

static void lines_that_nobody_writes_are_counted(void **state)
{
    static char line[300 * 1024];

    (void)state;
    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    for (unsigned i = 0; i < 14; i++)
        add(line);
    assert_int_equal(f.dropped, 1);
    while (f.stream->n)
        log_stream_write(f.stream, BEGIN);
    log_stream_end(f.stream);
    look();
    assert_int_equal(f.lines, 13);
}

/* ---- much at once ----------------------------------------------------------- */

/* Lines of 1 KiB; of dense ones hardly a byte is like another. */
static void add_much(unsigned n, bool dense)
{
    char line[1025];

    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < 1023; k++)
            line[k] =
                (char)(dense ? ' ' + random_u64(&f.spool.random) % 90 : 'x');
        memcpy(line + 1023, "\n", 2);
        add(line);
    }
}

static size_t waiting(void)
{
    return f.stream->n - f.stream->at;
}

static void check_all(unsigned lines)
{
    while (f.stream->n)
        log_stream_write(f.stream, BEGIN);
    log_stream_end(f.stream);
    look();
    assert_int_equal(f.lines, lines);
    assert_int_equal(f.dropped, 0);
}

static void much_is_written_in_pieces(void **state)
{
    size_t before;

    (void)state;
    add_much(1000, false);
    for (unsigned i = 0; i < 20; i++) {
        before = waiting();
        log_stream_write(f.stream, BEGIN);
        assert_int_equal(before - waiting(), LOG_STREAM_PIECE);
        add_much(1, false); /* between them more comes */
    }
    check_all(1020);
}

static void much_that_is_dense_is_written_at_once(void **state)
{
    (void)state;
    add_much(1000, true);
    log_stream_write(f.stream, BEGIN);
    assert_int_equal(waiting(), 1000 * 1024 - LOG_STREAM_PIECE);
    log_stream_write(f.stream, BEGIN);
    assert_int_equal(waiting(), 0);
    add_much(200, true); /* not much: compressed */
    log_stream_write(f.stream, BEGIN);
    assert_int_equal(waiting(), 200 * 1024 - LOG_STREAM_PIECE);
    check_all(1200);
}

/* It may be other lines by now. */
static void dense_lines_are_tried_again(void **state)
{
    (void)state;
    add_much(32, true);
    log_stream_write(f.stream, BEGIN);
    assert_true(f.stream->dense > 0);
    for (unsigned i = 0; i < LOG_STREAM_DENSE / LOG_STREAM_MUCH; i++) {
        add_much(LOG_STREAM_MUCH / 1024, false);
        log_stream_write(f.stream, BEGIN);
        assert_int_equal(waiting(), 0);
    }
    assert_int_equal(f.stream->dense, 0);
    add_much(1024, false);
    log_stream_write(f.stream, BEGIN);
    assert_int_equal(waiting(), 1024 * 1024 - LOG_STREAM_PIECE);
    check_all(32 + LOG_STREAM_DENSE / 1024 + 1024);
}

static void too_much_is_written_at_once(void **state)
{
    (void)state;
    add_much(LOG_STREAM_FULL / 1024, false);
    f.spool.open_max = 1024 * 1024;
    log_stream_write(f.stream, BEGIN);
    assert_int_equal(waiting(), 0);
    check_all(LOG_STREAM_FULL / 1024);
    assert_true(f.ready > 1); /* no file is longer for it */
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_a_line_there_is_no_file),
        TEST(a_file_is_of_five_minutes),
        TEST(a_line_of_the_next_window_is_in_another_file),
        TEST(a_clock_that_is_set_back_keeps_no_file_open),
        TEST(files_of_one_window_have_keys_of_their_own),
        TEST(a_file_ends_when_too_much_is_open),
        TEST(lines_that_cannot_be_written_are_counted),
        TEST(lines_that_nobody_writes_are_counted),
        TEST(much_is_written_in_pieces),
        TEST(much_that_is_dense_is_written_at_once),
        TEST(dense_lines_are_tried_again),
        TEST(too_much_is_written_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
