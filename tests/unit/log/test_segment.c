/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "log/segment.h"

enum { TEXT_MAX = 4 * 1024 * 1024, LINES = 2000 };

static const struct log_name name = {.ms = 1768480500123, .number = 7};
static const char part[] = "1768480500123-000007.part";

struct fixture {
    char dir[64];
    int fd;
    char *text; /* what read_object() unpacked, with a NUL */
    size_t n;
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.dir = "/tmp/test_log_segment.XXXXXX"};
    if (mkdtemp(f.dir) == NULL)
        return -1;
    f.fd = open(f.dir, O_RDONLY | O_DIRECTORY);
    f.text = malloc(TEXT_MAX);
    return f.fd >= 0 && f.text ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    free(f.text);
    close(f.fd);
    snprintf(command, sizeof(command), "rm -rf '%s'", f.dir);
    return system(command); /* NOLINT(cert-env33-c): our own name */
}

static bool is_there(const char *path)
{
    return faccessat(f.fd, path, F_OK, 0) == 0;
}

/* Its head is the one that was given; its object is one gzip member without
 * anything behind it. */
static void read_object(const char *path)
{
    static char bytes[TEXT_MAX];
    struct log_head head;
    z_stream z = {.next_in = NULL};
    int fd = openat(f.fd, path, O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, bytes, sizeof(bytes));
    close(fd);
    assert_true(n > 0);
    assert_true(log_head_read(str_make(bytes, (size_t)n), &head));
    assert_true(str_eq(head.bucket, STR("logs")));
    assert_true(str_eq(head.key, STR("a b/AWSLogs/1/x.log.gz")));
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (unsigned char *)bytes + head.n;
    z.avail_in = (unsigned)((size_t)n - head.n);
    z.next_out = (unsigned char *)f.text;
    z.avail_out = TEXT_MAX - 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    f.n = TEXT_MAX - 1 - z.avail_out;
    f.text[f.n] = '\0';
    inflateEnd(&z);
}

static struct log_segment *begin(void)
{
    struct log_segment *s = log_segment_begin(f.fd, &name, STR("logs"),
                                              STR("a b/AWSLogs/1/x.log.gz"));

    assert_non_null(s);
    return s;
}

/* Some compressed, some at once. */
static void write_numbers(struct log_segment *s, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char line[64];
        int n =
            snprintf(line, sizeof(line), "line %u %u\n", i, i * 2654435761U);

        assert_true(
            log_segment_write(s, str_make(line, (size_t)n), i / 7 % 2 == 1));
    }
}

static void check_numbers(unsigned n)
{
    const char *at = f.text;

    for (unsigned i = 0; i < n; i++) {
        char line[64];

        snprintf(line, sizeof(line), "line %u %u\n", i, i * 2654435761U);
        assert_memory_equal(at, line, strlen(line));
        at += strlen(line);
    }
    assert_int_equal(at - f.text, f.n);
}

static void what_is_written_at_once_is_not_compressed(void **state)
{
    static char line[100000];
    struct log_segment *s = begin();
    uint64_t before = log_segment_bytes(s);

    (void)state;
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    assert_true(log_segment_write(s, str_make(line, sizeof(line)), true));
    assert_in_range(log_segment_bytes(s) - before, sizeof(line),
                    sizeof(line) + 100);
    before = log_segment_bytes(s);
    assert_true(log_segment_write(s, str_make(line, sizeof(line)), false));
    assert_in_range(log_segment_bytes(s) - before, 1, 1000);
    assert_true(log_segment_end(s));
    read_object("1768480500123-000007-2.log");
    assert_int_equal(f.n, 2 * sizeof(line));
    assert_memory_equal(f.text, line, sizeof(line));
    assert_memory_equal(f.text + sizeof(line), line, sizeof(line));
}

/* ---- names and heads -------------------------------------------------------- */

static void names_say_what_they_said(void **state)
{
    char text[LOG_NAME_MAX];
    struct log_name read;
    struct log_name ready = name;

    (void)state;
    log_name_put(text, &name);
    assert_string_equal(text, part);
    assert_true(log_name_read(str_of(text), &read));
    assert_int_equal(read.ms, name.ms);
    assert_int_equal(read.number, 7);
    assert_int_equal(read.state, LOG_FILE_PART);
    ready.state = LOG_FILE_READY;
    ready.lines = 4211;
    log_name_put(text, &ready);
    assert_string_equal(text, "1768480500123-000007-4211.log");
    assert_true(log_name_read(str_of(text), &read));
    assert_int_equal(read.lines, 4211);
    assert_int_equal(read.state, LOG_FILE_READY);
}

static void other_names_are_none(void **state)
{
    static const char *const others[] = {
        "",
        "lock",
        ".part",
        "1.part",
        "1-2-3.part",
        "1-2-3.log",
        "0000000000001-0000002.part",
        "0000000000001-000002-03.log",
        "1-2.log",
        "1-2-3-4.log",
        "1-x-3.log",
        "-1-2-3.log",
        "1-2-3.lo",
        "1-2-3.log.gz",
        "0000000000001-000002.broken",
        "1-2-99999999999999999999999.log",
    };
    struct log_name read;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(log_name_read(str_of(others[i]), &read));
}

static void a_head_in_part_is_none(void **state)
{
    char bytes[LOG_HEAD_MAX];
    struct text t = text_in(bytes, sizeof(bytes));
    struct log_head head;

    (void)state;
    log_head_put(&t, STR("b"), STR("k"));
    assert_true(log_head_read(text_str(&t), &head));
    assert_int_equal(head.n, t.n);
    for (size_t n = 0; n < t.n; n++)
        assert_false(log_head_read(str_make(bytes, n), &head));
    assert_false(
        log_head_read(STR("sluice-log 1\nbucket b\nkey a\0b\n\n"), &head));
    assert_false(log_head_read(STR("sluice-log 1\nbucket \nkey k\n\n"), &head));
    assert_false(
        log_head_read(STR("sluice-log 2\nbucket b\nkey k\n\n"), &head));
    assert_false(
        log_head_read(STR("sluice-log 1\nbucket b\nkey k\nx\n\n"), &head));
}

/* ---- writing ---------------------------------------------------------------- */

static void lines_become_one_member_of_gzip(void **state)
{
    struct log_segment *s = begin();

    (void)state;
    write_numbers(s, 0, LINES);
    assert_true(is_there(part));
    assert_int_equal(log_segment_lines(s), LINES);
    assert_true(log_segment_end(s));
    assert_false(is_there(part));
    read_object("1768480500123-000007-2000.log");
    check_numbers(LINES);
}

static void a_file_is_never_written_over(void **state)
{
    struct log_segment *s = begin();

    (void)state;
    assert_null(log_segment_begin(f.fd, &name, STR("b"), STR("k")));
    assert_int_equal(errno, EEXIST);
    assert_true(log_segment_end(s));
}

/* No file may be longer: what a full disk does, but for us alone. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_write_that_fails_leaves_what_was_before(void **state)
{
    static char noise[256 * 1024];
    struct log_segment *s = begin();
    uint32_t x = 1;

    (void)state;
    write_numbers(s, 0, 100);
    for (size_t i = 0; i < sizeof(noise); i++) {
        x = x * 1664525 + 1013904223;
        noise[i] = (char)('a' + (x >> 24) % 26);
    }
    noise[sizeof(noise) - 1] = '\n';
    limit_files(64 * 1024);
    assert_false(log_segment_write(s, str_make(noise, sizeof(noise)), false));
    assert_int_equal(errno, EFBIG);
    assert_false(log_segment_write(s, STR("more\n"), false));
    assert_true(log_segment_end(s));
    limit_files(RLIM_INFINITY);
    assert_false(is_there(part));
    read_object("1768480500123-000007-100.log");
    check_numbers(100);
}

/* Each number of bytes of room: also none for as much as an end. */
static void to_complete_a_file_takes_no_room(void **state)
{
    struct log_segment *s = begin();
    uint64_t bytes;

    (void)state;
    write_numbers(s, 0, 3);
    bytes = log_segment_bytes(s);
    for (unsigned more = LOG_END_BYTES; more < 40; more++) {
        limit_files(bytes + more);
        if (log_segment_write(s, STR("another line that is new\n"), false))
            break; /* it had room */
        assert_true(log_segment_end(s));
        limit_files(RLIM_INFINITY);
        read_object("1768480500123-000007-3.log");
        check_numbers(3);
        unlinkat(f.fd, "1768480500123-000007-3.log", 0);
        s = begin();
        write_numbers(s, 0, 3);
    }
    limit_files(RLIM_INFINITY);
    assert_true(log_segment_bytes(s) > bytes); /* the last one had room */
    assert_true(log_segment_end(s));
}

static void a_file_whose_first_write_fails_is_removed(void **state)
{
    struct log_segment *s = begin();

    (void)state;
    limit_files(log_segment_bytes(s) + 20);
    assert_false(log_segment_write(s, STR("a line that is new\n"), false));
    assert_true(log_segment_end(s));
    limit_files(RLIM_INFINITY);
    assert_false(is_there(part));
    assert_false(is_there("1768480500123-000007-0.log"));
}

/* ---- after a crash ---------------------------------------------------------- */

/* What a process leaves that is killed: copies the file as it is. */
static void kill_writer(struct log_segment *s, const char *to, off_t n)
{
    char buffer[256];

    snprintf(buffer, sizeof(buffer), "cp '%s/%s' '%s/%s'", f.dir, part, f.dir,
             to);
    assert_int_equal(system(buffer), 0); /* NOLINT(cert-env33-c) */
    assert_true(log_segment_end(s));
    unlinkat(f.fd, "1768480500123-000007-2000.log", 0);
    assert_int_equal(renameat(f.fd, to, f.fd, part), 0);
    if (n >= 0) {
        int fd = openat(f.fd, part, O_WRONLY);

        assert_int_equal(ftruncate(fd, n), 0);
        close(fd);
    }
}

static void every_line_that_was_written_survives(void **state)
{
    struct log_segment *s = begin();
    struct error error;

    (void)state;
    write_numbers(s, 0, LINES);
    kill_writer(s, "copy", -1);
    assert_true(log_segment_mend(f.fd, &name, false, &error));
    assert_false(is_there(part));
    read_object("1768480500123-000007-2000.log");
    check_numbers(LINES);
}

/* Cut anywhere, what is left are the first lines and nothing else. */
static void whole_lines_of_a_cut_file_survive(void **state)
{
    (void)state;
    for (off_t n = 0; n < 12000; n += 397) {
        struct log_segment *s = begin();
        struct error error;
        char found[LOG_NAME_MAX] = "";

        write_numbers(s, 0, LINES);
        kill_writer(s, "copy", n);
        assert_true(log_segment_mend(f.fd, &name, false, &error));
        assert_false(is_there(part));
        for (unsigned lines = 1; lines <= LINES; lines++) {
            struct log_name ready = {.ms = name.ms,
                                     .number = name.number,
                                     .lines = lines,
                                     .state = LOG_FILE_READY};

            log_name_put(found, &ready);
            if (!is_there(found))
                continue;
            read_object(found);
            check_numbers(lines);
            unlinkat(f.fd, found, 0);
            found[0] = '!';
            break;
        }
        /* Without one whole line nothing is left. */
        assert_true(found[0] == '!' || n < 200);
    }
}

static void a_file_without_a_line_is_removed(void **state)
{
    struct log_segment *s = begin();
    struct error error;

    (void)state;
    kill_writer(s, "copy", -1);
    assert_true(log_segment_mend(f.fd, &name, true, &error));
    assert_false(is_there(part));
    assert_false(is_there("1768480500123-000007-0.log"));
}

/* Who begins one has not come to its head yet. */
static void a_file_without_a_head_is_removed_where_none_begins(void **state)
{
    struct error error;

    (void)state;
    close(openat(f.fd, part, O_WRONLY | O_CREAT, 0600));
    assert_true(log_segment_mend(f.fd, &name, true, &error));
    assert_true(is_there(part));
    assert_true(log_segment_mend(f.fd, &name, false, &error));
    assert_false(is_there(part));
}

static void what_is_being_written_is_left_alone(void **state)
{
    struct log_segment *s = begin();
    struct error error;

    (void)state;
    write_numbers(s, 0, 10);
    assert_true(log_segment_mend(f.fd, &name, false, &error));
    assert_true(is_there(part));
    write_numbers(s, 10, 20);
    assert_true(log_segment_end(s));
    read_object("1768480500123-000007-20.log");
    check_numbers(20);
}

/* A full disk has room for it then, too. */
static void to_mend_a_file_takes_no_room(void **state)
{
    struct log_segment *s = begin();
    struct error error;
    uint64_t bytes;

    (void)state;
    write_numbers(s, 0, 100);
    bytes = log_segment_bytes(s);
    write_numbers(s, 100, LINES);
    kill_writer(s, "copy", (off_t)bytes + LOG_END_BYTES);
    limit_files(bytes + LOG_END_BYTES);
    assert_true(log_segment_mend(f.fd, &name, false, &error));
    limit_files(RLIM_INFINITY);
    read_object("1768480500123-000007-100.log");
    check_numbers(100);
}

static void what_is_gone_needs_no_mending(void **state)
{
    struct error error = {""};

    (void)state;
    assert_true(log_segment_mend(f.fd, &name, true, &error));
}

static void what_cannot_be_mended_is_named(void **state)
{
    struct error error = {""};

    (void)state;
    assert_int_equal(symlinkat("nowhere", f.fd, part), 0);
    assert_false(log_segment_mend(f.fd, &name, false, &error));
    assert_non_null(strstr(error.text, part));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_at_once_is_not_compressed),
        cmocka_unit_test(names_say_what_they_said),
        cmocka_unit_test(other_names_are_none),
        cmocka_unit_test(a_head_in_part_is_none),
        TEST(lines_become_one_member_of_gzip),
        TEST(a_file_is_never_written_over),
        TEST(a_write_that_fails_leaves_what_was_before),
        TEST(to_complete_a_file_takes_no_room),
        TEST(a_file_whose_first_write_fails_is_removed),
        TEST(every_line_that_was_written_survives),
        TEST(whole_lines_of_a_cut_file_survive),
        TEST(a_file_without_a_line_is_removed),
        TEST(a_file_without_a_head_is_removed_where_none_begins),
        TEST(what_is_being_written_is_left_alone),
        TEST(to_mend_a_file_takes_no_room),
        TEST(what_is_gone_needs_no_mending),
        TEST(what_cannot_be_mended_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
