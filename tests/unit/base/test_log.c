/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

enum {
    THREADS = 4,
    LINES = 3000, /* of each thread */
    OUTPUT_MAX = 4 * 1024 * 1024,
    DEADLINE_SECONDS = 60,
};

/* Standard error while a test has it: a pipe as small as pipes can be. */
struct capture {
    int saved;
    int reader;
    pthread_t thread;
    char *output;
    size_t n;
};

static void capture_begin(struct capture *c)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    c->saved = dup(STDERR_FILENO);
    c->reader = ends[0];
    c->n = 0;
    c->output = malloc(OUTPUT_MAX);
    assert_non_null(c->output);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
}

static void *read_all(void *data)
{
    struct capture *c = data;
    ssize_t n;

    while (c->n < OUTPUT_MAX - 1 &&
           (n = read(c->reader, c->output + c->n, OUTPUT_MAX - 1 - c->n)) > 0)
        c->n += (size_t)n;
    c->output[c->n] = '\0';
    return NULL;
}

static void capture_read(struct capture *c)
{
    assert_int_equal(pthread_create(&c->thread, NULL, read_all, c), 0);
}

/* Gives standard error back; after that `output` is complete. */
static void capture_end(struct capture *c)
{
    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    pthread_join(c->thread, NULL);
    close(c->reader);
}

static void *log_lines(void *data)
{
    unsigned thread = *(unsigned *)data;

    for (unsigned i = 0; i < LINES; i++)
        log_write(LOG_INFO, "test",
                  "thread %u line %u with words enough to fill a queue, and "
                  "then some more of them so that it does not take long",
                  thread, i);
    return NULL;
}

static void log_from_threads(void)
{
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(
            pthread_create(&threads[i], NULL, log_lines, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* What a captured log holds. */
struct tally {
    unsigned lines;       /* of log_lines() */
    unsigned out_of_turn; /* not after the line before it of its thread */
    unsigned dropped;     /* as the log itself says */
    unsigned others;
};

static void tally_line(struct tally *t, int *last, const char *line)
{
    const char *message = strstr(line, "test: thread ");
    unsigned thread;
    unsigned number;

    if (message &&
        sscanf(message, "test: thread %u line %u", &thread, &number) == 2) {
        t->lines++;
        if (thread >= THREADS || (int)number <= last[thread])
            t->out_of_turn++;
        else
            last[thread] = (int)number;
    } else if ((message = strstr(line, "WARN base: ")) &&
               strstr(line, "lines were dropped")) {
        t->dropped += (unsigned)strtoul(message + 11, NULL, 10);
    } else {
        t->others++;
    }
}

static struct tally count(char *output)
{
    struct tally t = {0};
    int last[THREADS] = {-1, -1, -1, -1};
    char *rest = NULL;

    for (char *line = strtok_r(output, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        tally_line(&t, last, line);
    return t;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The one line that log_write() makes of a message. */
static char *line_of(enum log_format format, enum log_level level,
                     const char *message)
{
    struct capture c;

    capture_begin(&c);
    capture_read(&c);
    log_start(LOG_DEBUG, format);
    log_write(level, "proxy", "%s", message);
    log_stop();
    capture_end(&c);
    return c.output;
}

static void test_text_line_has_time_level_area_and_message(void **state)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ WARN proxy: a message"
                                "\n";
    char *line = line_of(LOG_TEXT, LOG_WARN, "a message");

    (void)state;
    assert_int_equal(strlen(line), strlen(shape));
    for (size_t i = 0; i < 23; i++) {
        if (shape[i] == 'd')
            assert_in_range(line[i], '0', '9');
        else
            assert_int_equal(line[i], shape[i]);
    }
    assert_string_equal(line + 23, shape + 23);
    free(line);
}

static void test_json_line_has_time_level_area_and_message(void **state)
{
    char *line = line_of(LOG_JSON, LOG_ERROR, "say \"no\"\n\x01");

    (void)state;
    assert_memory_equal(line, "{\"time\":\"2", 10);
    assert_string_equal(line + 33,
                        "\",\"level\":\"error\",\"area\":\"proxy\",\"message\":"
                        "\"say \\\"no\\\"\\u000a\\u0001\"}\n");
    free(line);
}

static void test_time_is_now(void **state)
{
    char *line = line_of(LOG_TEXT, LOG_INFO, "x");
    struct tm tm = {0};

    (void)state;
    assert_non_null(strptime(line, "%Y-%m-%dT%H:%M:%S", &tm));
    assert_in_range(time(NULL) - timegm(&tm), 0, 5);
    free(line);
}

static void test_control_bytes_cannot_forge_a_line(void **state)
{
    char *line =
        line_of(LOG_TEXT, LOG_INFO, "a\r\nb\tc\x1b[31m\x7f\xc2\x9b\\ \xc3\xa9");

    (void)state;
    assert_non_null(strstr(line, "INFO proxy: a\\x0d\\x0ab\\x09c\\x1b[31m\\x7f"
                                 "\\xc2\x9b\\\\ \xc3\xa9\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    free(line);
}

static void test_long_message_is_cut_and_says_so(void **state)
{
    char *message = malloc(5001);
    char *line;

    (void)state;
    memset(message, '\n', 5000);
    message[5000] = '\0';
    line = line_of(LOG_JSON, LOG_INFO, message);
    assert_string_equal(line + strlen(line) - 12, "\\u000a...\"}\n");
    free(line);
    line = line_of(LOG_TEXT, LOG_INFO, message);
    assert_string_equal(line + strlen(line) - 8, "\\x0a...\n");
    free(line);
    free(message);
}

static void test_lines_below_the_level_are_not_written(void **state)
{
    struct capture c;

    (void)state;
    capture_begin(&c);
    capture_read(&c);
    log_start(LOG_WARN, LOG_TEXT);
    assert_true(log_wants(LOG_ERROR));
    assert_true(log_wants(LOG_WARN));
    assert_false(log_wants(LOG_INFO));
    log_write(LOG_INFO, "test", "no");
    log_write(LOG_WARN, "test", "yes");
    log_stop();
    capture_end(&c);
    assert_null(strstr(c.output, "no"));
    assert_non_null(strstr(c.output, "yes"));
    free(c.output);
}

static void test_without_a_writer_lines_are_written_directly(void **state)
{
    struct capture c;

    (void)state;
    capture_begin(&c);
    log_write(LOG_ERROR, "test", "directly");
    capture_read(&c);
    capture_end(&c);
    assert_non_null(strstr(c.output, "ERROR test: directly\n"));
    free(c.output);
}

static void test_every_line_of_every_thread_is_written_or_counted(void **state)
{
    struct capture c;
    struct tally t;
    uint64_t before = log_dropped();

    (void)state;
    capture_begin(&c);
    capture_read(&c);
    log_start(LOG_INFO, LOG_TEXT);
    log_from_threads();
    log_stop();
    capture_end(&c);
    t = count(c.output);
    assert_int_equal(t.out_of_turn, 0);
    assert_int_equal(t.others, 0);
    assert_int_equal(t.lines + t.dropped, THREADS * LINES);
    assert_int_equal(log_dropped() - before, t.dropped);
    free(c.output);
}

static void test_reader_that_does_not_read_blocks_no_caller(void **state)
{
    struct capture c;
    struct tally t;
    uint64_t before = log_dropped();

    (void)state;
    alarm(DEADLINE_SECONDS);
    capture_begin(&c);
    log_start(LOG_INFO, LOG_TEXT);
    log_from_threads();
    assert_true(log_dropped() > before);
    capture_read(&c);
    log_stop();
    capture_end(&c);
    alarm(0);
    t = count(c.output);
    assert_int_equal(t.out_of_turn, 0);
    assert_int_equal(t.others, 0);
    assert_true(t.lines > 1000);
    assert_int_equal(t.lines + t.dropped, THREADS * LINES);
    assert_int_equal(log_dropped() - before, t.dropped);
    free(c.output);
}

static void test_stop_gives_a_silent_reader_one_second(void **state)
{
    struct capture c;
    double began;
    double took;
    uint64_t before;

    (void)state;
    alarm(DEADLINE_SECONDS);
    capture_begin(&c);
    log_start(LOG_INFO, LOG_TEXT);
    log_from_threads();
    began = now();
    log_stop();
    took = now() - began;
    before = log_dropped();
    log_write(LOG_ERROR, "test", "nobody waits for this one");
    assert_int_equal(log_dropped(), before + 1);
    capture_read(&c);
    capture_end(&c);
    alarm(0);
    assert_true(took > 0.9 && took < 5);
    free(c.output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_line_has_time_level_area_and_message),
        cmocka_unit_test(test_json_line_has_time_level_area_and_message),
        cmocka_unit_test(test_time_is_now),
        cmocka_unit_test(test_control_bytes_cannot_forge_a_line),
        cmocka_unit_test(test_long_message_is_cut_and_says_so),
        cmocka_unit_test(test_lines_below_the_level_are_not_written),
        cmocka_unit_test(test_without_a_writer_lines_are_written_directly),
        cmocka_unit_test(test_every_line_of_every_thread_is_written_or_counted),
        cmocka_unit_test(test_reader_that_does_not_read_blocks_no_caller),
        cmocka_unit_test(test_stop_gives_a_silent_reader_one_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
