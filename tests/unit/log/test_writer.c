/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/folder.h"
#include "log/writer.h"

enum {
    RINGS = 2,
    FILES = 3,
    DEADLINE_SECONDS = 60, /* of what never takes nearly so long */
    TEXT_MAX = 32 * 1024 * 1024,
    OVERFULL = 6000, /* lines: more than a pipe and a backlog hold */
};

/* Nobody reads what the writer logs: errors are what is tested. */
struct fixture {
    char dir[64];
    char path[FILES][128];
    struct log_ring *rings[RINGS];
    struct log_writer *writer;
    uint64_t next; /* number of the next record */
    int saved_stdout;
    char *text; /* what read_file() read */
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.dir = "/tmp/test_log_writer.XXXXXX",
                         .saved_stdout = -1};
    if (mkdtemp(f.dir) == NULL)
        return -1;
    for (unsigned i = 0; i < FILES; i++)
        snprintf(f.path[i], sizeof(f.path[i]), "%s/%u.log", f.dir, i);
    for (unsigned i = 0; i < RINGS; i++)
        f.rings[i] = log_ring_new();
    f.text = malloc(TEXT_MAX);
    alarm(DEADLINE_SECONDS);
    return f.rings[0] && f.rings[1] && f.text ? 0 : -1;
}

static void restore_stdout(void)
{
    if (f.saved_stdout < 0)
        return;
    dup2(f.saved_stdout, STDOUT_FILENO);
    close(f.saved_stdout);
    f.saved_stdout = -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    alarm(0);
    restore_stdout();
    if (f.writer)
        log_writer_stop(f.writer);
    for (unsigned i = 0; i < RINGS; i++)
        log_ring_free(f.rings[i]);
    free(f.text);
    snprintf(command, sizeof(command), "rm -rf '%s'", f.dir);
    return system(command); /* NOLINT(cert-env33-c): our own name */
}

/* Access logs. */
static const struct log_sink *sinks_of(const struct str *paths, unsigned n)
{
    static struct log_sink sinks[4];

    assert_in_range(n, 1, 4);
    for (unsigned i = 0; i < n; i++)
        sinks[i] = (struct log_sink){.kind = ACCESS_LOG, .path = paths[i]};
    return sinks;
}

static struct log_writer *start_paths(const struct str *paths, unsigned n,
                                      struct error *error)
{
    return log_writer_start(f.rings, RINGS, sinks_of(paths, n), n, NULL, error);
}

static bool set_paths(const struct str *paths, unsigned n, struct error *error)
{
    return log_writer_set_sinks(f.writer, sinks_of(paths, n), n, error);
}

static void start(const char *a, const char *b)
{
    struct str paths[] = {str_of(a), str_of(b ? b : "")};
    struct error error;

    f.writer = start_paths(paths, b ? 2 : 1, &error);
    assert_non_null(f.writer);
}

static void stop(void)
{
    log_writer_stop(f.writer);
    f.writer = NULL;
}

static bool put_number(unsigned ring, unsigned sink, uint64_t number)
{
    char target[32];
    struct access_record r = {.sink = sink, .version = 11, .status = 200};
    bool wake;
    bool fits;

    snprintf(target, sizeof(target), "/%llu", (unsigned long long)number);
    r.texts[ACCESS_METHOD] = STR("GET");
    r.texts[ACCESS_HOST] = STR("h");
    r.texts[ACCESS_TARGET] = str_of(target);
    fits = log_ring_put(f.rings[ring], ACCESS_LOG, &r, &wake);
    if (wake)
        log_writer_wake(f.writer);
    return fits;
}

static void nap(void)
{
    struct timespec ms = {.tv_nsec = 1000000};

    nanosleep(&ms, NULL);
}

/* As many, with the numbers that follow; waits while the ring is full. */
static void put(unsigned sink, unsigned n)
{
    while (n) {
        if (put_number(0, sink, f.next)) {
            f.next++;
            n--;
        } else {
            nap();
        }
    }
}

static struct str read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    ssize_t more;

    if (fd < 0)
        return (struct str){f.text, 0};
    while (n < TEXT_MAX && (more = read(fd, f.text + n, TEXT_MAX - n)) > 0)
        n += (size_t)more;
    close(fd);
    return str_make(f.text, n);
}

/* The number of a whole line. */
static uint64_t number_of(struct str line)
{
    const char *at = memmem(line.p, line.n, "http://h:0/", 11);
    struct str rest;
    uint64_t number;

    assert_true(str_starts(line, STR("http 1970-01-01T00:00:00.000000Z - ")));
    assert_non_null(at);
    rest = str_make(at + 11, (size_t)(line.p + line.n - at - 11));
    assert_true(str_to_u64(str_cut(&rest, ' '), UINT64_MAX, &number));
    assert_true(rest.n > 20);
    assert_memory_equal(rest.p + rest.n - 5, "\"-\" -", 5);
    return number;
}

/* Counts lines, each of which must be whole and come after the one before. */
static unsigned count_lines(struct str text, uint64_t *next)
{
    unsigned lines = 0;

    if (text.n == 0)
        return 0;
    assert_int_equal(text.p[text.n - 1], '\n');
    text.n--;
    while (text.p) {
        uint64_t number = number_of(str_cut(&text, '\n'));

        assert_true(number >= *next);
        *next = number + 1;
        lines++;
    }
    return lines;
}

static unsigned lines_in(const char *path)
{
    uint64_t next = 0;

    return count_lines(read_file(path), &next);
}

/* While the writer may be writing: how many lines have their end. */
static unsigned lines_so_far(const char *path)
{
    struct str text = read_file(path);
    unsigned n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void wait_for_lines(const char *path, unsigned n)
{
    while (lines_so_far(path) < n)
        nap();
    assert_int_equal(lines_so_far(path), n);
}

static void wait_for_dropped(uint64_t n)
{
    while (log_writer_dropped(f.writer) < n)
        nap();
}

static void test_lines_appear_without_a_stop(void **state)
{
    struct stat st;

    (void)state;
    umask(022);
    start(f.path[0], NULL);
    assert_int_equal(stat(f.path[0], &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    put(0, 1);
    wait_for_lines(f.path[0], 1);
    put(0, 2);
    wait_for_lines(f.path[0], 3);
    assert_int_equal(log_writer_dropped(f.writer), 0);
}

static void test_a_stop_writes_what_the_rings_hold(void **state)
{
    (void)state;
    start(f.path[0], NULL);
    put(0, 500);
    for (unsigned i = 0; i < 300; i++)
        assert_true(put_number(1, 0, i + 1000));
    stop();
    assert_int_equal(lines_so_far(f.path[0]), 800);
}

static void test_lines_are_appended(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        start(f.path[0], NULL);
        put(0, 1);
        stop();
        assert_int_equal(lines_in(f.path[0]), i);
    }
}

static void test_each_sink_has_its_file_and_equal_paths_share_one(void **state)
{
    struct str paths[] = {str_of(f.path[0]), str_of(f.path[1]),
                          str_of(f.path[0]), STR("")};
    struct error error;

    (void)state;
    f.writer = start_paths(paths, 4, &error);
    assert_non_null(f.writer);
    for (unsigned i = 0; i < 40; i++)
        put(i % 4, 1);
    stop();
    assert_int_equal(lines_in(f.path[0]), 20);
    assert_int_equal(lines_in(f.path[1]), 10);
}

/* Whole lines of each log, in the order of their records. */
static void test_logs_of_all_kinds_can_share_a_file(void **state)
{
    struct log_sink sinks[LOG_KINDS];
    struct connection_record connection = {.sink = CONNECTION_LOG};
    struct health_check_record check = {.sink = HEALTH_CHECK_LOG};
    struct waf_log_record waf = {.sink = WAF_LOG};
    struct error error;
    struct str text;
    bool wake;

    (void)state;
    for (unsigned i = 0; i < LOG_KINDS; i++)
        sinks[i] = (struct log_sink){.kind = (enum log_kind)i,
                                     .path = str_of(f.path[0])};
    f.writer = log_writer_start(f.rings, RINGS, sinks, LOG_KINDS, NULL, &error);
    assert_non_null(f.writer);
    for (unsigned i = 0; i < 300; i++) {
        put(ACCESS_LOG, 1);
        assert_true(
            log_ring_put(f.rings[0], CONNECTION_LOG, &connection, &wake));
        assert_true(log_ring_put(f.rings[0], HEALTH_CHECK_LOG, &check, &wake));
        waf_log_cut(&waf, STR("{}\n"));
        assert_true(log_ring_put(f.rings[0], WAF_LOG, &waf, &wake));
    }
    stop();
    text = read_file(f.path[0]);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(number_of(str_cut(&text, '\n')), i);
        assert_true(str_eq(str_cut(&text, '\n'),
                           STR("1970-01-01T00:00:00.000000Z - 0 0 - - 0.000 "
                               "\"-\" - - - - - - -")));
        assert_true(str_eq(str_cut(&text, '\n'),
                           STR("http 1970-01-01T00:00:00.000000Z 0.000000000 "
                               "- - PASS - - - -")));
        assert_true(str_eq(str_cut(&text, '\n'), STR("{}")));
    }
    assert_int_equal(text.n, 0);
}

/* A log is called by its name in what is said about it. */
static void test_a_log_that_cannot_be_opened_is_called_by_its_name(void **state)
{
    static const char *const names[LOG_KINDS] = {"access log", "connection log",
                                                 "health check log", "WAF log"};

    (void)state;
    for (unsigned i = 0; i < LOG_KINDS; i++) {
        struct log_sink sink = {.kind = (enum log_kind)i,
                                .path = STR("/absent/x")};
        struct error error;
        char want[64];

        snprintf(want, sizeof(want), "cannot open the %s /absent/x", names[i]);
        assert_null(log_writer_start(f.rings, RINGS, &sink, 1, NULL, &error));
        assert_non_null(strstr(error.text, want));
    }
}

static void test_a_sink_without_a_file_is_counted_or_meant(void **state)
{
    (void)state;
    start(f.path[0], "");
    put(1, 10); /* goes nowhere on purpose */
    put(2, 3);
    put(UINT32_MAX, 1);
    put(0, 1);
    wait_for_lines(f.path[0], 1);
    assert_int_equal(log_writer_dropped(f.writer), 4);
}

static void test_drops_of_the_rings_are_counted(void **state)
{
    (void)state;
    while (log_ring_dropped(f.rings[1]) < 5) {
        struct access_record r = {.sink = 1};
        bool wake;

        log_ring_put(f.rings[1], ACCESS_LOG, &r, &wake);
    }
    start(f.path[0], "");
    assert_int_equal(log_writer_dropped(f.writer), 5);
}

static void test_a_file_that_cannot_be_opened_is_named(void **state)
{
    char path[160];
    struct str paths[] = {str_of(f.path[0]), {path, 0}};
    struct error error;

    (void)state;
    snprintf(path, sizeof(path), "%s/absent/access.log", f.dir);
    paths[1] = str_of(path);
    assert_null(start_paths(paths, 2, &error));
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, strerror(ENOENT)));
    paths[1] = str_of(f.dir);
    assert_null(start_paths(paths, 2, &error));
    assert_non_null(strstr(error.text, strerror(EISDIR)));
    paths[1] = STR("a\0b");
    assert_null(start_paths(paths, 2, &error));
    assert_non_null(strstr(error.text, "NUL"));
}

static _Atomic bool enough;

/* As long as somebody wants more: in portions, so that no file gets large. */
static void *put_load(void *unused)
{
    (void)unused;
    while (!atomic_load(&enough)) {
        put(0, 100);
        nap();
    }
    return NULL;
}

static void test_rotation_under_load_loses_and_cuts_nothing(void **state)
{
    enum { ROTATIONS = 6 };
    pthread_t worker;
    uint64_t next = 0;
    unsigned lines = 0;
    char moved[160];

    (void)state;
    start(f.path[0], NULL);
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&worker, NULL, put_load, NULL), 0);
    for (unsigned i = 0; i < ROTATIONS; i++) {
        snprintf(moved, sizeof(moved), "%s.%u", f.path[0], i);
        while (lines_so_far(f.path[0]) == 0)
            nap();
        assert_int_equal(rename(f.path[0], moved), 0);
        log_writer_reopen(f.writer);
        while (access(f.path[0], F_OK))
            nap();
    }
    atomic_store(&enough, true);
    pthread_join(worker, NULL);
    stop();
    for (unsigned i = 0; i < ROTATIONS; i++) {
        snprintf(moved, sizeof(moved), "%s.%u", f.path[0], i);
        lines += count_lines(read_file(moved), &next);
    }
    lines += count_lines(read_file(f.path[0]), &next);
    assert_int_equal(lines, f.next);
}

static void test_a_reopen_that_fails_is_tried_again(void **state)
{
    char dir[160];
    char path[200];
    char moved[160];
    char moved_path[200];

    (void)state;
    snprintf(dir, sizeof(dir), "%s/logs", f.dir);
    snprintf(path, sizeof(path), "%s/access.log", dir);
    snprintf(moved, sizeof(moved), "%s/moved", f.dir);
    snprintf(moved_path, sizeof(moved_path), "%s/access.log", moved);
    assert_int_equal(mkdir(dir, 0755), 0);
    start(path, NULL);
    put(0, 1);
    wait_for_lines(path, 1);
    assert_int_equal(rename(dir, moved), 0);
    log_writer_reopen(f.writer);
    put(0, 1);
    wait_for_lines(moved_path, 2);
    assert_int_equal(mkdir(dir, 0755), 0);
    while (access(path, F_OK))
        nap();
    put(0, 1);
    wait_for_lines(path, 1);
    assert_int_equal(lines_in(moved_path), 2);
    assert_int_equal(log_writer_dropped(f.writer), 0);
}

static void test_new_paths_hold_for_later_records_only(void **state)
{
    struct str paths[] = {str_of(f.path[1]), str_of(f.path[0])};
    struct str bad[] = {str_of(f.path[2]), STR("/absent/access.log")};
    struct error error;

    (void)state;
    start(f.path[0], NULL);
    put(0, 700);
    assert_false(set_paths(bad, 2, &error));
    assert_non_null(strstr(error.text, "/absent/access.log"));
    put(0, 50);
    assert_true(set_paths(paths, 2, &error));
    put(0, 200);
    assert_true(set_paths(paths + 1, 1, &error));
    assert_true(set_paths(paths, 2, &error));
    put(1, 30);
    stop();
    assert_int_equal(lines_in(f.path[0]), 780);
    assert_int_equal(lines_in(f.path[1]), 200);
    assert_int_equal(lines_in(f.path[2]), 0);
}

static unsigned open_files(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_a_file_that_no_path_names_is_closed(void **state)
{
    struct str other = str_of(f.path[1]);
    struct error error;
    unsigned before;

    (void)state;
    start(f.path[0], NULL);
    before = open_files();
    for (unsigned i = 0; i < 10; i++) {
        other = str_of(f.path[1 + i % 2]);
        assert_true(set_paths(&other, 1, &error));
        put(0, 1);
    }
    while (open_files() > before)
        nap();
    stop();
    assert_int_equal(lines_in(f.path[1]), 5);
    assert_int_equal(lines_in(f.path[2]), 5);
}

static void test_a_full_disk_drops_lines_and_harms_nobody_else(void **state)
{
    (void)state;
    start("/dev/full", f.path[0]);
    put(0, 20);
    wait_for_dropped(20);
    assert_int_equal(log_writer_dropped(f.writer), 20);
    put(1, 5);
    wait_for_lines(f.path[0], 5);
    put(0, 3000);
    wait_for_dropped(3020);
    put(1, 5);
    stop();
    assert_int_equal(lines_in(f.path[0]), 10);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on file sizes is a disk that is full in the middle of a line: the
 * rest of that line comes first when there is room again. */
static void test_a_line_that_was_cut_is_ended_before_the_next(void **state)
{
    uint64_t next = 0;
    unsigned lines;

    (void)state;
    start(f.path[0], NULL);
    put(0, 1);
    wait_for_lines(f.path[0], 1);
    limit_files(1000);
    put(0, 40);
    wait_for_dropped(1);
    put(0, 1);
    wait_for_dropped(log_writer_dropped(f.writer) + 1);
    assert_int_equal(read_file(f.path[0]).n, 1000);
    assert_int_not_equal(f.text[999], '\n');
    limit_files(RLIM_INFINITY);
    put(0, 10);
    while (f.text[read_file(f.path[0]).n - 1] != '\n')
        nap();
    while (lines_in(f.path[0]) + log_writer_dropped(f.writer) < f.next)
        nap();
    lines = count_lines(read_file(f.path[0]), &next);
    assert_int_equal(lines + log_writer_dropped(f.writer), f.next);
    assert_int_equal(next, f.next);
}

static void test_a_new_file_never_begins_with_a_rest(void **state)
{
    char moved[160];

    (void)state;
    start(f.path[0], NULL);
    limit_files(1000);
    put(0, 40);
    wait_for_dropped(1);
    snprintf(moved, sizeof(moved), "%s.1", f.path[0]);
    assert_int_equal(rename(f.path[0], moved), 0);
    log_writer_reopen(f.writer);
    while (access(f.path[0], F_OK))
        nap();
    limit_files(RLIM_INFINITY);
    put(0, 10);
    stop();
    assert_int_equal(lines_in(f.path[0]), 10);
    assert_int_equal(read_file(moved).n, 1000);
}

static void test_a_fifo_that_nobody_reads_harms_nobody_else(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(f.path[0], 0600), 0);
    start(f.path[0], f.path[1]);
    put(0, OVERFULL);
    wait_for_dropped(log_ring_dropped(f.rings[0]) + 1);
    put(1, 100);
    wait_for_lines(f.path[1], 100);
    put(1, 100);
    stop();
    assert_int_equal(lines_in(f.path[1]), 200);
}

/* Reads the FIFO until it had as many lines. */
static unsigned read_fifo(int fd, unsigned lines)
{
    size_t n = 0;
    unsigned seen = 0;
    uint64_t next = 0;

    while (seen < lines) {
        ssize_t more = read(fd, f.text + n, TEXT_MAX - n);

        assert_true(more > 0);
        for (ssize_t i = 0; i < more; i++)
            seen += f.text[n++] == '\n';
    }
    return count_lines(str_make(f.text, n), &next);
}

static void test_a_reader_that_comes_late_gets_what_waited(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(mkfifo(f.path[0], 0600), 0);
    start(f.path[0], NULL);
    put(0, 2000);
    fd = open(f.path[0], O_RDONLY | O_CLOEXEC);
    assert_int_equal(read_fifo(fd, 2000), 2000);
    close(fd);
    put(0, 10);
    fd = open(f.path[0], O_RDONLY | O_CLOEXEC);
    assert_int_equal(read_fifo(fd, 10), 10);
    close(fd);
    assert_int_equal(log_writer_dropped(f.writer), 0);
}

static void replace_stdout(int fd)
{
    fflush(stdout);
    f.saved_stdout = dup(STDOUT_FILENO);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    close(fd);
}

static void test_standard_output_may_be_a_pipe_and_stays_as_it_is(void **state)
{
    int ends[2];
    int flags;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    replace_stdout(ends[1]);
    start("-", f.path[0]);
    put(0, 3000);
    flags = fcntl(STDOUT_FILENO, F_GETFL);
    restore_stdout();
    assert_int_equal(flags & O_NONBLOCK, 0);
    assert_int_equal(read_fifo(ends[0], 3000), 3000);
    assert_int_equal(log_writer_dropped(f.writer), 0);
    close(ends[0]);
    put(0, 7);
    wait_for_dropped(7);
    put(1, 1);
    wait_for_lines(f.path[0], 1);
    assert_int_equal(log_writer_dropped(f.writer), 7);
}

static void test_standard_output_may_be_a_file(void **state)
{
    int fd = open(f.path[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    replace_stdout(fd);
    start("-", NULL);
    put(0, 10);
    stop();
    restore_stdout();
    assert_int_equal(lines_in(f.path[0]), 10);
}

/* A write to a terminal that was stopped may block whatever it was asked
 * before: then the thread is given up, and must touch nothing any more. */
static void test_a_terminal_that_is_stopped_does_not_hold_the_stop(void **state)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct pollfd readable = {.fd = terminal, .events = POLLIN};
    char name[64];

    (void)state;
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal) ||
        ptsname_r(terminal, name, sizeof(name)))
        skip();
    replace_stdout(open(name, O_RDWR | O_NOCTTY));
    start("-", f.path[0]);
    put(0, 2000);
    put(1, 10);
    stop();
    restore_stdout();
    for (unsigned i = 0; i < RINGS; i++) {
        log_ring_free(f.rings[i]);
        f.rings[i] = NULL;
    }
    /* Until the thread has closed the other end, too. */
    while (poll(&readable, 1, -1) > 0 && read(terminal, f.text, TEXT_MAX) > 0)
        continue;
    close(terminal);
}

#define WRITER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* ---- S3 ------------------------------------------------------------------- */

struct of_bucket {
    const struct log_folder *folder;
    const char *bucket;
    uint64_t lines;
};

static void add_of_bucket(void *owner, const struct log_name *name,
                          uint64_t bytes)
{
    struct of_bucket *of = owner;
    char path[LOG_NAME_MAX];
    char buffer[LOG_HEAD_MAX];
    struct log_head head;
    ssize_t n;
    int fd;

    (void)bytes;
    if (name->state != LOG_FILE_READY)
        return;
    log_name_put(path, name);
    fd = openat(of->folder->fd, path, O_RDONLY);
    n = read(fd, buffer, sizeof(buffer));
    close(fd);
    assert_true(n > 0);
    assert_true(log_head_read(str_make(buffer, (size_t)n), &head));
    if (of->bucket == NULL || str_eq(head.bucket, str_of(of->bucket)))
        of->lines += name->lines;
}

/* Of complete files; bucket NULL: of all. */
static uint64_t lines_of(const struct log_folder *folder, const char *bucket)
{
    struct of_bucket of = {.folder = folder, .bucket = bucket};

    assert_true(log_folder_list(folder, add_of_bucket, &of));
    return of.lines;
}

static struct log_sink to_bucket(const char *bucket, const char *path)
{
    return (struct log_sink){
        .kind = ACCESS_LOG,
        .path = str_of(path),
        .place = {.kind = ACCESS_LOG,
                  .bucket = str_of(bucket),
                  .prefix = STR(""),
                  .account = STR("1"),
                  .region = STR("r"),
                  .name = STR("app/n/1")},
    };
}

static struct log_folder *start_with_spool(struct log_sink *sinks, unsigned n)
{
    struct error error;
    struct log_folder *folder = log_folder_make(f.dir, &error);
    struct log_waiting waiting = {.open_max = UINT64_MAX};

    assert_non_null(folder);
    waiting.folder = folder->fd;
    f.writer = log_writer_start(f.rings, RINGS, sinks, n, &waiting, &error);
    assert_non_null(f.writer);
    return folder;
}

static void test_a_log_goes_to_its_file_and_to_s3(void **state)
{
    struct log_sink sinks[] = {to_bucket("logs", f.path[0]),
                               to_bucket("logs", ""), to_bucket("", "")};
    struct log_folder *folder = start_with_spool(sinks, 3);

    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(put_number(0, 0, i));
        assert_true(put_number(1, 1, 1000 + i));
        assert_true(put_number(1, 2, 2000 + i));
        if (i % 100 == 0)
            nap();
    }
    stop();
    assert_int_equal(lines_of(folder, NULL), 2000);
    assert_int_equal(lines_in(f.path[0]), 1000);
    log_folder_leave(folder);
}

/* The old bucket's file ends with what was put before the change. */
static void test_another_bucket_begins_another_file(void **state)
{
    struct log_sink a = to_bucket("a", "");
    struct log_sink b = to_bucket("b", "");
    struct log_folder *folder = start_with_spool(&a, 1);
    struct error error;

    (void)state;
    assert_true(put_number(0, 0, 1));
    assert_true(log_writer_set_sinks(f.writer, &b, 1, &error));
    assert_true(put_number(0, 0, 2));
    assert_true(put_number(1, 0, 3));
    while (lines_of(folder, "a") != 1)
        nap();
    stop();
    assert_int_equal(lines_of(folder, "a"), 1);
    assert_int_equal(lines_of(folder, "b"), 2);
    log_folder_leave(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WRITER_TEST(test_lines_appear_without_a_stop),
        WRITER_TEST(test_a_stop_writes_what_the_rings_hold),
        WRITER_TEST(test_lines_are_appended),
        WRITER_TEST(test_each_sink_has_its_file_and_equal_paths_share_one),
        WRITER_TEST(test_logs_of_all_kinds_can_share_a_file),
        WRITER_TEST(test_a_log_that_cannot_be_opened_is_called_by_its_name),
        WRITER_TEST(test_a_sink_without_a_file_is_counted_or_meant),
        WRITER_TEST(test_drops_of_the_rings_are_counted),
        WRITER_TEST(test_a_file_that_cannot_be_opened_is_named),
        WRITER_TEST(test_rotation_under_load_loses_and_cuts_nothing),
        WRITER_TEST(test_a_reopen_that_fails_is_tried_again),
        WRITER_TEST(test_new_paths_hold_for_later_records_only),
        WRITER_TEST(test_a_file_that_no_path_names_is_closed),
        WRITER_TEST(test_a_full_disk_drops_lines_and_harms_nobody_else),
        WRITER_TEST(test_a_line_that_was_cut_is_ended_before_the_next),
        WRITER_TEST(test_a_new_file_never_begins_with_a_rest),
        WRITER_TEST(test_a_fifo_that_nobody_reads_harms_nobody_else),
        WRITER_TEST(test_a_reader_that_comes_late_gets_what_waited),
        WRITER_TEST(test_standard_output_may_be_a_pipe_and_stays_as_it_is),
        WRITER_TEST(test_standard_output_may_be_a_file),
        WRITER_TEST(test_a_terminal_that_is_stopped_does_not_hold_the_stop),
        WRITER_TEST(test_a_log_goes_to_its_file_and_to_s3),
        WRITER_TEST(test_another_bucket_begins_another_file),
    };

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
