/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that empties the rings into files.
 *
 * It holds the lock except while it sleeps or calls something that a disk can
 * delay, so that it is never in the rings when log_writer_stop() gives it
 * up.  It wakes each tick, when a ring is half full, and when a pipe that was
 * full has room.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "log/writer_state.h"

enum {
    TICK_MS = 100, /* while there is something to write */
    IDLE_TICK_MS = 200,
    PIPE_BYTES = 64 * 1024,
    POLLED_MAX = 64, /* further full pipes are tried each tick */
    SECOND_US = 1000 * 1000,
    STOP_US = 5 * SECOND_US,
    GIVE_UP_US = 4500 * 1000, /* of STOP_US: no more waiting for readers */
    STALL_US = SECOND_US,     /* nor for ones that take nothing so long */
    REPORT_US = 60 * SECOND_US,
    REOPEN_US = SECOND_US,
};

/* ---- writing ------------------------------------------------------------ */

static void write_file(struct log_writer *w, struct log_file *file)
{
    bool some;

    if (file->n == 0)
        return;
    pthread_mutex_unlock(&w->lock);
    some = log_file_write(file);
    pthread_mutex_lock(&w->lock);
    if (some)
        w->progress_us = clock_monotonic_us();
}

static void write_stream(struct log_writer *w, struct log_stream *stream)
{
    bool some = stream->n > 0;

    if (!some && stream->segment == NULL)
        return;
    pthread_mutex_unlock(&w->lock);
    log_stream_write(stream, clock_wall_seconds());
    pthread_mutex_lock(&w->lock);
    if (some)
        w->progress_us = clock_monotonic_us();
}

static void write_all(struct log_writer *w)
{
    for (struct log_file *f = w->files; f && !w->given_up; f = f->next)
        write_file(w, f);
    for (struct log_stream *s = w->streams; s && !w->given_up; s = s->next)
        write_stream(w, s);
}

/* A full pipe is tried again each time that as much as it holds came. */
static void write_if_worth(struct log_writer *w, struct log_file *file,
                           size_t before)
{
    if (file->n >= LOG_WRITE_MIN && before / PIPE_BYTES != file->n / PIPE_BYTES)
        write_file(w, file);
}

static void put_record(struct log_writer *w, const struct table *table,
                       const struct log_record *record)
{
    uint32_t sink = log_record_sink(record);
    struct log_file *file;
    struct log_stream *stream;
    struct str line = STR("");
    size_t before = 0;

    if (sink >= table->n) {
        w->strays++;
        atomic_fetch_add_explicit(&w->dropped, 1, memory_order_relaxed);
        return;
    }
    file = table->files[sink];
    stream = table->streams[sink];
    if (file) {
        before = file->n;
        line = log_file_add(file, record);
    }
    if (stream) {
        log_stream_add(stream, record, line);
        if (stream->n >= LOG_STREAM_FULL)
            write_stream(w, stream);
    }
    if (file)
        write_if_worth(w, file, before);
}

static void advance(struct source *source, unsigned index)
{
    struct table *next = source->table->next;

    while (next && log_ring_at(source->ring) >= next->from[index]) {
        source->table->rings--;
        source->table = next;
        next->rings++;
        next = next->next;
    }
}

/* All that was in the ring when it was looked into: a thread that is faster
 * than the disk does not keep us from the others.  True when there was any. */
static bool read_ring(struct log_writer *w, unsigned index)
{
    struct source *source = &w->sources[index];
    uint64_t end = log_ring_end(source->ring);
    struct log_record record;
    bool any = false;

    while (!w->given_up) {
        advance(source, index);
        if (log_ring_at(source->ring) >= end ||
            !log_ring_take(source->ring, &record))
            break;
        any = true;
        put_record(w, source->table, &record);
    }
    return any;
}

static bool read_rings(struct log_writer *w)
{
    bool any = false;

    for (unsigned i = 0; i < w->nsources && !w->given_up; i++)
        any |= read_ring(w, i);
    return any;
}

/* ---- files that come and go --------------------------------------------- */

static void reopen_files(struct log_writer *w, uint64_t now)
{
    bool asked =
        atomic_exchange_explicit(&w->reopen, false, memory_order_acquire);

    if (!asked && now - w->reopened_us < REOPEN_US)
        return;
    w->reopened_us = now;
    for (struct log_file *f = w->files; f && !w->given_up; f = f->next) {
        f->stale |= asked;
        if (!f->stale)
            continue;
        pthread_mutex_unlock(&w->lock);
        f->stale = !log_file_reopen(f);
        pthread_mutex_lock(&w->lock);
    }
}

/* Closes the files that no table names.  Lines that wait for a reader get some
 * time. */
static void close_unneeded(struct log_writer *w, uint64_t now)
{
    struct log_file **at = &w->files;

    while (*at) {
        struct log_file *file = *at;

        if (file->refs || (file->n && now - file->unneeded_us < STOP_US)) {
            at = &file->next;
            continue;
        }
        *at = file->next;
        pthread_mutex_unlock(&w->lock);
        log_file_close(file);
        pthread_mutex_lock(&w->lock);
    }
}

/* Completes the files of logs that no table names. */
static void end_unneeded(struct log_writer *w)
{
    struct log_stream **at = &w->streams;

    while (*at && !w->given_up) {
        struct log_stream *stream = *at;

        if (stream->refs) {
            at = &stream->next;
            continue;
        }
        *at = stream->next;
        pthread_mutex_unlock(&w->lock);
        while (stream->n)
            log_stream_write(stream, clock_wall_seconds());
        log_stream_end(stream);
        log_stream_free(stream);
        pthread_mutex_lock(&w->lock);
    }
}

/* The end: nothing waits any more. */
static void end_streams(struct log_writer *w)
{
    for (struct log_stream *s = w->streams; s && !w->given_up; s = s->next) {
        pthread_mutex_unlock(&w->lock);
        log_stream_end(s);
        pthread_mutex_lock(&w->lock);
    }
}

static uint64_t rings_dropped(const struct log_writer *w)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < w->nsources; i++)
        n += log_ring_dropped(w->sources[i].ring);
    return n;
}

/* Of the rings, and of records that belong nowhere. */
static void report_rings(struct log_writer *w, uint64_t now)
{
    uint64_t full = rings_dropped(w) - w->rings_told;

    if (full == 0 && w->strays == 0)
        return;
    if (full) {
        log_write(LOG_ERROR, "control",
                  "logs of load balancers lost %llu line%s: they came faster "
                  "than they could be written; use a faster disk",
                  (unsigned long long)full, full == 1 ? "" : "s");
    }
    if (w->strays) {
        log_write(LOG_ERROR, "control",
                  "logs of load balancers lost %llu line%s: of load balancers "
                  "that have none any more",
                  (unsigned long long)w->strays, w->strays == 1 ? "" : "s");
    }
    w->rings_told += full;
    w->strays = 0;
    w->told_us = now;
}

static bool is_due(uint64_t told, uint64_t now)
{
    return told == 0 || now - told >= REPORT_US;
}

static void report(struct log_writer *w, uint64_t now)
{
    for (struct log_file *f = w->files; f; f = f->next) {
        if (is_due(f->told_us, now))
            log_file_report(f, now);
    }
    for (struct log_stream *s = w->streams; s; s = s->next) {
        if (is_due(s->told_us, now))
            log_stream_report(s, now);
    }
    if (is_due(w->told_us, now))
        report_rings(w, now);
}

/* ---- the thread --------------------------------------------------------- */

static bool anything_waits(const struct log_writer *w)
{
    for (const struct log_file *f = w->files; f; f = f->next) {
        if (f->n)
            return true;
    }
    return false;
}

/* Lines for S3 do: they are written in pieces, and rings are read between. */
static bool more_waits(const struct log_writer *w)
{
    const struct log_stream *s = w->streams;

    while (s && s->n == 0)
        s = s->next;
    return s;
}

/* Until the tick, a wake, or room in a pipe that was full. */
static void sleep_a_tick(struct log_writer *w, bool busy)
{
    struct pollfd polled[1 + POLLED_MAX] = {{.fd = w->event, .events = POLLIN}};
    nfds_t n = 1;
    eventfd_t woken;

    for (struct log_file *f = w->files; f && n <= POLLED_MAX; f = f->next) {
        if (f->blocked)
            polled[n++] = (struct pollfd){.fd = f->fd, .events = POLLOUT};
    }
    pthread_mutex_unlock(&w->lock);
    poll(polled, n, busy ? TICK_MS : IDLE_TICK_MS);
    eventfd_read(w->event, &woken);
    pthread_mutex_lock(&w->lock);
}

static bool may_end(const struct log_writer *w, bool any)
{
    uint64_t now = clock_monotonic_us();

    if (!any && !anything_waits(w))
        return true;
    return now - w->stop_us >= GIVE_UP_US ||
           (!any && now - w->stop_us >= STALL_US &&
            now - w->progress_us >= STALL_US);
}

/* What is to be done between two rounds. */
static void keep_house(struct log_writer *w)
{
    uint64_t now = clock_monotonic_us();

    reopen_files(w, now);
    close_unneeded(w, now);
    end_unneeded(w);
    if (w->given_up)
        return;
    log_table_drop_old(w);
    report(w, now);
}

static void run(struct log_writer *w)
{
    while (!w->given_up) {
        /* Asked before the rings are read: what was put before the stop is
         * seen. */
        bool stopping = w->stopping;
        bool any = read_rings(w);
        bool more;

        write_all(w);
        keep_house(w);
        /* Once given up, only what is our own may be touched. */
        if (w->given_up)
            return;
        more = more_waits(w);
        if (stopping && may_end(w, any || more))
            break;
        if (!more && !(stopping && any))
            sleep_a_tick(w, any);
    }
    end_streams(w);
    if (!w->given_up)
        report_rings(w, 0);
}

static void free_all(struct log_writer *w)
{
    while (w->files) {
        struct log_file *file = w->files;

        w->files = file->next;
        log_file_close(file);
    }
    while (w->streams) {
        struct log_stream *stream = w->streams;

        w->streams = stream->next;
        log_stream_free(stream);
    }
    log_table_end(w);
    if (w->spools)
        close(w->spool.folder);
    close(w->event);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w->sources);
    free(w);
}

static void *write_logs(void *data)
{
    struct log_writer *w = data;
    bool given_up;

    pthread_mutex_lock(&w->lock);
    run(w);
    w->ended = true;
    given_up = w->given_up;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (given_up)
        free_all(w);
    return NULL;
}

/* ---- the calls ---------------------------------------------------------- */

static void begin_spool(struct log_writer *w, const struct log_waiting *waiting)
{
    w->spool.folder = fcntl(waiting->folder, F_DUPFD_CLOEXEC, 0);
    w->spool.open_max = waiting->open_max;
    random_seed(&w->spool.random);
    w->spools = w->spool.folder >= 0;
}

static struct log_writer *writer_new(struct log_ring *const *rings,
                                     unsigned nrings)
{
    struct log_writer *w = memory_zeroed(1, sizeof(*w));
    pthread_condattr_t monotonic;

    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->nsources = nrings;
    w->sources = memory_zeroed(nrings ? nrings : 1, sizeof(struct source));
    for (unsigned i = 0; i < nrings; i++)
        w->sources[i].ring = rings[i];
    return w;
}

/* Signals are for other threads, also SIGPIPE. */
struct log_writer *
log_writer_start(struct log_ring *const *rings, unsigned nrings,
                 const struct log_sink *sinks, unsigned nsinks,
                 const struct log_waiting *waiting, struct error *error)
{
    struct log_writer *w = writer_new(rings, nrings);
    struct table *table;

    if (waiting)
        begin_spool(w, waiting);
    if (w->event < 0 || (waiting && !w->spools)) {
        error_set(error, "cannot make an event for the logs: %s",
                  strerror(errno));
        free_all(w);
        return NULL;
    }
    table = log_table_make(w, sinks, nsinks, error);
    if (table == NULL) {
        free_all(w);
        return NULL;
    }
    w->tables = table;
    table->rings = nrings;
    for (unsigned i = 0; i < nrings; i++)
        w->sources[i].table = table;
    if (thread_start(&w->thread, write_logs, w))
        return w;
    error_set(error, "cannot start a thread for the logs");
    free_all(w);
    return NULL;
}

void log_writer_wake(struct log_writer *writer)
{
    /* It fails only when the counter is full: then it is awake anyway. */
    eventfd_write(writer->event, 1);
}

void log_writer_reopen(struct log_writer *writer)
{
    atomic_store_explicit(&writer->reopen, true, memory_order_release);
    log_writer_wake(writer);
}

bool log_writer_set_sinks(struct log_writer *writer,
                          const struct log_sink *sinks, unsigned nsinks,
                          struct error *error)
{
    struct table *table = log_table_make(writer, sinks, nsinks, error);

    if (table == NULL)
        return false;
    pthread_mutex_lock(&writer->lock);
    log_table_add(writer, table);
    pthread_mutex_unlock(&writer->lock);
    return true;
}

uint64_t log_writer_dropped(const struct log_writer *writer)
{
    return rings_dropped(writer) +
           atomic_load_explicit(&writer->dropped, memory_order_relaxed);
}

static struct timespec stop_deadline(void)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += STOP_US / SECOND_US;
    return deadline;
}

void log_writer_stop(struct log_writer *writer)
{
    struct timespec deadline = stop_deadline();
    pthread_t thread = writer->thread;
    bool ended;

    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    writer->stop_us = clock_monotonic_us();
    log_writer_wake(writer);
    while (!writer->ended &&
           pthread_cond_timedwait(&writer->changed, &writer->lock, &deadline) ==
               0)
        continue;
    ended = writer->ended;
    writer->given_up = !ended;
    pthread_mutex_unlock(&writer->lock);
    if (ended) {
        pthread_join(thread, NULL);
        free_all(writer);
        return;
    }
    pthread_detach(thread);
    log_write(LOG_ERROR, "control",
              "the logs of load balancers were given up: a write to one did "
              "not end within 5 seconds; their last lines are missing");
}
