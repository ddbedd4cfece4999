/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/thread.h"

enum {
    MESSAGE_MAX = 1024,                 /* longer ones are cut */
    LINE_BYTES = MESSAGE_MAX * 6 + 256, /* every byte may become \u00XX */
    QUEUE_MAX = 256 * 1024,
    WRITE_MAX = 64 * 1024,
    STOP_SECONDS = 1,
};

enum state {
    DIRECT,  /* no writer: whoever logs writes */
    RUNNING, /* lines go through the queue */
    STUCK,   /* the writer was given up while it waits for its reader */
};

/* The queue is a ring of whole lines: `at` and `end` only grow, their places
 * in the ring are modulo QUEUE_MAX.  The writer owns the bytes [at, end) while
 * it writes them without the lock. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum state state;
    bool stopping;
    pthread_t writer;
    uint64_t at;
    uint64_t end;
    uint64_t reported; /* lines dropped before the writer was started: it may
                          begin to run only when more have been */
    char ring[QUEUE_MAX];
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
};

static _Atomic unsigned wanted = LOG_INFO;
static _Atomic unsigned chosen = LOG_TEXT;
static _Atomic uint64_t dropped;

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const level_shouts[] = {"ERROR", "WARN", "INFO", "DEBUG"};

bool log_wants(enum log_level level)
{
    return level <= atomic_load_explicit(&wanted, memory_order_relaxed);
}

uint64_t log_dropped(void)
{
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}

static void put_time(struct text *t)
{
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    text_printf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                now.tv_nsec / 1000000);
}

/* Controls as \xNN, the backslash doubled so that nobody can feign one.  C1
 * controls in UTF-8 (U+0080 to U+009F) move cursors of terminals too. */
static void put_escaped(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool c1 = c == 0xc2 && i + 1 < s.n && (s.p[i + 1] & 0xe0) == 0x80;

        if (c < 0x20 || c == 0x7f || c1) {
            TEXT_LITERAL(t, "\\x");
            text_hex(t, c, 2);
        } else if (c == '\\') {
            TEXT_LITERAL(t, "\\\\");
        } else {
            text_char(t, (char)c);
        }
    }
}

static void put_line(struct text *t, enum log_level level, struct str area,
                     struct str message)
{
    if (atomic_load_explicit(&chosen, memory_order_relaxed) == LOG_JSON) {
        TEXT_LITERAL(t, "{\"time\":\"");
        put_time(t);
        text_printf(t, "\",\"level\":\"%s\",\"area\":", level_names[level]);
        text_json(t, area);
        TEXT_LITERAL(t, ",\"message\":");
        text_json(t, message);
        TEXT_LITERAL(t, "}\n");
        return;
    }
    put_time(t);
    text_printf(t, " %s " STR_FMT ": ", level_shouts[level], STR_ARG(area));
    put_escaped(t, message);
    text_char(t, '\n');
}

/* Waits for the reader as long as it takes; what can not be written (nobody
 * is there any more) is forgotten. */
static void write_all(const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(STDERR_FILENO, p, n);

        if (done > 0) {
            p += done;
            n -= (size_t)done;
        } else if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            /* Another holder of this file made it non-blocking. */
            struct pollfd wait = {.fd = STDERR_FILENO, .events = POLLOUT};

            poll(&wait, 1, -1);
        } else if (done == 0 || errno != EINTR) {
            return;
        }
    }
}

/* Says how many lines were lost since it was said last. */
static void report_dropped(uint64_t *reported)
{
    char line[512];
    char message[128];
    struct text t = text_in(line, sizeof(line));
    struct text m = text_in(message, sizeof(message));
    uint64_t now = log_dropped();

    if (now == *reported)
        return;
    text_u64(&m, now - *reported);
    TEXT_LITERAL(&m, " lines were dropped: the log is not read fast enough");
    *reported = now;
    put_line(&t, LOG_WARN, STR("base"), text_str(&m));
    write_all(line, t.n);
}

/* Called with the lock held, which it drops to write. */
static void write_queued(void)
{
    size_t from = (size_t)(queue.at % QUEUE_MAX);
    size_t n = (size_t)(queue.end - queue.at);

    if (n > QUEUE_MAX - from)
        n = QUEUE_MAX - from;
    if (n > WRITE_MAX)
        n = WRITE_MAX; /* so that log_stop() sees whether anybody reads */
    pthread_mutex_unlock(&queue.lock);
    write_all(queue.ring + from, n);
    pthread_mutex_lock(&queue.lock);
    queue.at += n;
}

static void *write_lines(void *unused)
{
    uint64_t reported;

    (void)unused;
    pthread_mutex_lock(&queue.lock);
    reported = queue.reported;
    for (;;) {
        if (queue.at != queue.end) {
            write_queued();
        } else if (log_dropped() != reported) {
            pthread_mutex_unlock(&queue.lock);
            report_dropped(&reported);
            pthread_mutex_lock(&queue.lock);
        } else if (queue.stopping) {
            break;
        } else {
            pthread_cond_wait(&queue.changed, &queue.lock);
        }
    }
    /* In one step with the empty queue, so that no line falls between. */
    queue.state = DIRECT;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    return NULL;
}

void log_choose(enum log_level level, enum log_format format)
{
    atomic_store_explicit(&wanted, level, memory_order_relaxed);
    atomic_store_explicit(&chosen, format, memory_order_relaxed);
}

void log_start(enum log_level level, enum log_format format)
{
    log_choose(level, format);
    pthread_mutex_lock(&queue.lock);
    if (queue.state == DIRECT) {
        queue.stopping = false;
        queue.reported = log_dropped();
        if (thread_start(&queue.writer, write_lines, NULL))
            queue.state = RUNNING;
    }
    pthread_mutex_unlock(&queue.lock);
}

void log_stop(void)
{
    struct timespec deadline;
    pthread_t writer;
    uint64_t seen;
    bool ended;

    pthread_mutex_lock(&queue.lock);
    if (queue.state != RUNNING || queue.stopping) {
        pthread_mutex_unlock(&queue.lock);
        return;
    }
    queue.stopping = true;
    pthread_cond_broadcast(&queue.changed);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += STOP_SECONDS;
    seen = queue.at;
    while (queue.state == RUNNING) {
        if (!pthread_cond_timedwait(&queue.changed, &queue.lock, &deadline) ||
            queue.state != RUNNING)
            continue;
        if (queue.at == seen)
            queue.state = STUCK;
        seen = queue.at;
        deadline.tv_sec += STOP_SECONDS;
    }
    ended = queue.state == DIRECT;
    writer = queue.writer;
    pthread_mutex_unlock(&queue.lock);
    if (ended)
        pthread_join(writer, NULL);
    else
        pthread_detach(writer);
}

static bool enqueue(struct str line)
{
    size_t to = (size_t)(queue.end % QUEUE_MAX);
    size_t first = line.n < QUEUE_MAX - to ? line.n : QUEUE_MAX - to;

    if (queue.state == STUCK || line.n > QUEUE_MAX - (queue.end - queue.at))
        return false;
    memcpy(queue.ring + to, line.p, first);
    memcpy(queue.ring, line.p + first, line.n - first);
    if (queue.at == queue.end)
        pthread_cond_broadcast(&queue.changed);
    queue.end += line.n;
    return true;
}

static void hand_over(struct str line)
{
    pthread_mutex_lock(&queue.lock);
    if (queue.state == DIRECT) {
        pthread_mutex_unlock(&queue.lock);
        write_all(line.p, line.n);
        return;
    }
    if (!enqueue(line))
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
    pthread_mutex_unlock(&queue.lock);
}

void log_write(enum log_level level, const char *area, const char *format, ...)
{
    char message[MESSAGE_MAX];
    char line[LINE_BYTES];
    struct text t = text_in(line, sizeof(line));
    va_list args;
    int n;

    if (!log_wants(level))
        return;
    va_start(args, format);
    n = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (n < 0)
        return;
    if ((size_t)n >= sizeof(message)) {
        n = (int)sizeof(message) - 1;
        memcpy(message + n - 3, "...", 3);
    }
    put_line(&t, level, str_of(area), str_make(message, (size_t)n));
    hand_over(text_str(&t));
}
