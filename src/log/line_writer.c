/* SPDX-License-Identifier: Apache-2.0 */
#include "log/line_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"

struct line_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ready; /* there is something to do */
    pthread_cond_t over;  /* the thread ended */
    char *path;
    int fd;
    size_t n; /* in `waiting` */
    char *waiting;
    char *writing; /* the thread's */
    uint64_t dropped;
    bool reopen;
    bool stop;
    bool ended;
    bool broken; /* writing failed, which was logged */
};

/* A FIFO is opened for reading too: that does not wait for a reader, and lines
 * wait for the next one. */
static int open_file(const char *path)
{
    struct stat st;
    bool fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);

    if (strcmp(path, "-") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    return open(path,
                (fifo ? O_RDWR : O_WRONLY) | O_APPEND | O_CREAT | O_CLOEXEC |
                    O_NOCTTY | (fifo ? O_NONBLOCK : 0),
                0640);
}

/* False: it reads nothing, and the end has come. */
static bool await_reader(struct line_writer *w)
{
    struct pollfd ready = {.fd = w->fd, .events = POLLOUT};
    bool stop;

    if (poll(&ready, 1, 200) > 0)
        return true;
    pthread_mutex_lock(&w->lock);
    stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    errno = EAGAIN;
    return !stop;
}

/* False: the disk is full, or the reader gone. */
static bool write_all(struct line_writer *w, const char *p, size_t n)
{
    while (n) {
        ssize_t wrote = write(w->fd, p, n);

        if (wrote < 0 &&
            (errno == EINTR || (errno == EAGAIN && await_reader(w))))
            continue;
        if (wrote <= 0)
            return false;
        p += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

static void write_out(struct line_writer *w, size_t n)
{
    bool ok = write_all(w, w->writing, n);

    if (!ok && !w->broken)
        log_write(LOG_WARN, "control", "%s: metrics cannot be written: %s",
                  w->path, strerror(errno));
    w->broken = !ok;
}

static void open_again(struct line_writer *w)
{
    int fd = open_file(w->path);

    if (fd < 0) {
        log_write(LOG_WARN, "control", "%s: cannot be opened: %s", w->path,
                  strerror(errno));
        return;
    }
    close(w->fd);
    w->fd = fd;
}

/* With the lock held, but for what may take its time. */
static void work(struct line_writer *w)
{
    size_t n = w->n;
    char *full = w->waiting;
    bool reopen = w->reopen;

    w->waiting = w->writing;
    w->writing = full;
    w->n = 0;
    w->reopen = false;
    pthread_mutex_unlock(&w->lock);
    write_out(w, n);
    if (reopen)
        open_again(w);
    pthread_mutex_lock(&w->lock);
}

static void *run(void *arg)
{
    struct line_writer *w = arg;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        if (w->n || w->reopen)
            work(w);
        else if (w->stop)
            break;
        else
            pthread_cond_wait(&w->ready, &w->lock);
    }
    w->ended = true;
    pthread_cond_signal(&w->over);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct line_writer *line_writer_start(struct str path, struct error *error)
{
    struct line_writer *w = memory_zeroed(1, sizeof(*w));
    pthread_condattr_t attributes;

    w->path = memory_zeroed(1, path.n + 1);
    memcpy(w->path, path.p, path.n);
    w->fd = open_file(w->path);
    if (w->fd < 0) {
        (void)error_set(error, "%s: cannot be opened: %s", w->path,
                        strerror(errno));
        free(w->path);
        free(w);
        return NULL;
    }
    w->waiting = memory_zeroed(1, LINE_WRITER_BYTES);
    w->writing = memory_zeroed(1, LINE_WRITER_BYTES);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->ready, &attributes);
    pthread_cond_init(&w->over, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!thread_start(&w->thread, run, w)) {
        (void)error_set(error, "%s: no thread is to be had that writes it",
                        w->path);
        w->ended = true;
        line_writer_stop(w);
        return NULL;
    }
    return w;
}

void line_writer_add(struct line_writer *w, struct str line)
{
    pthread_mutex_lock(&w->lock);
    if (line.n + 1 > LINE_WRITER_BYTES - w->n) {
        w->dropped++;
    } else {
        memcpy(w->waiting + w->n, line.p, line.n);
        w->waiting[w->n + line.n] = '\n';
        w->n += line.n + 1;
    }
    pthread_cond_signal(&w->ready);
    pthread_mutex_unlock(&w->lock);
}

void line_writer_reopen(struct line_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->reopen = true;
    pthread_cond_signal(&w->ready);
    pthread_mutex_unlock(&w->lock);
}

uint64_t line_writer_dropped(struct line_writer *w)
{
    uint64_t dropped;

    pthread_mutex_lock(&w->lock);
    dropped = w->dropped;
    pthread_mutex_unlock(&w->lock);
    return dropped;
}

static bool await_end(struct line_writer *w)
{
    struct timespec until;
    int status = 0;
    bool ended;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LINE_WRITER_STOP_MS / 1000;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->ready);
    while (!w->ended && status == 0)
        status = pthread_cond_timedwait(&w->over, &w->lock, &until);
    ended = w->ended;
    pthread_mutex_unlock(&w->lock);
    return ended;
}

void line_writer_stop(struct line_writer *w)
{
    bool started = w && !w->ended;

    if (w == NULL)
        return;
    if (started && !await_end(w)) {
        log_write(LOG_WARN, "control",
                  "%s: nobody reads: metrics that wait are lost", w->path);
        pthread_detach(w->thread);
        return; /* it may still use all of it; the process ends */
    }
    if (started)
        pthread_join(w->thread, NULL);
    close(w->fd);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->ready);
    pthread_cond_destroy(&w->over);
    free(w->path);
    free(w->waiting);
    free(w->writing);
    free(w);
}
