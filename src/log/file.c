/* SPDX-License-Identifier: Apache-2.0 */
#include "log/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

/* ---- opening ------------------------------------------------------------ */

/* Non-blocking, so that nobody's sleep is ours; for regular files that means
 * nothing.  A FIFO is opened for reading too: that works without a reader, and
 * lines wait for the next one instead of failing with EPIPE. */
static int open_path(const char *path)
{
    struct stat st;
    bool fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);

    return open(path,
                (fifo ? O_RDWR : O_WRONLY) | O_APPEND | O_CREAT | O_CLOEXEC |
                    O_NOCTTY | O_NONBLOCK,
                0640);
}

/* Standard output is shared with whoever started us, and so is its mode: what
 * could block is asked before each write. */
static int open_stdout(bool *shared)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    struct stat st;

    *shared = fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode));
    return fd;
}

static const char *advice(int cause)
{
    switch (cause) {
    case EACCES:
    case EPERM:
    case EROFS:
        return "this user may not write there: give it the right to, or name "
               "another file";
    case ENOENT:
    case ENOTDIR:
        return "its directory does not exist: make it, or name another file";
    case EISDIR:
        return "name a file in it";
    case ENOSPC:
    case EDQUOT:
        return "make room there";
    case EAGAIN:
        return "only 1 MiB can wait, and nothing once the log ends";
    case EPIPE:
        return "nobody reads it any more";
    default:
        return "writing is tried again with the next lines";
    }
}

static const char *reason(int cause)
{
    return cause == EAGAIN ? "its reader is too slow" : strerror(cause);
}

static bool open_file(struct log_file *file, struct error *error)
{
    file->fd =
        file->is_stdout ? open_stdout(&file->shared) : open_path(file->path);
    if (file->fd >= 0)
        return true;
    return error_set(error, "cannot open the %s %s: %s; %s", file->name,
                     file->is_stdout ? "on standard output" : file->path,
                     strerror(errno), advice(errno));
}

struct log_file *log_file_open(struct str path, const char *name,
                               _Atomic uint64_t *dropped, struct error *error)
{
    struct log_file *file;

    if (path.n >= PATH_MAX || memchr(path.p, '\0', path.n)) {
        error_set(error, "the file name of the %s is %s", name,
                  path.n >= PATH_MAX ? "too long" : "cut by a NUL byte");
        return NULL;
    }
    file = memory_zeroed(1, sizeof(*file));
    file->name = name;
    file->path = memory_zeroed(path.n + 1, 1);
    memcpy(file->path, path.p, path.n);
    file->is_stdout = str_eq(path, STR("-"));
    file->dropped = dropped;
    /* The pages of a backlog that never is one are never touched. */
    file->lines = memory_zeroed(LOG_BACKLOG_MAX, 1);
    if (open_file(file, error))
        return file;
    file->fd = -1;
    log_file_close(file);
    return NULL;
}

/* ---- losing lines ------------------------------------------------------- */

static void lose(struct log_file *file, uint64_t lines, int cause)
{
    if (lines == 0)
        return;
    file->lost += lines;
    file->error = cause;
    atomic_fetch_add_explicit(file->dropped, lines, memory_order_relaxed);
}

static size_t length_of_first(const struct log_file *file)
{
    const char *lf = memchr(file->lines, '\n', file->n);

    return lf ? (size_t)(lf + 1 - file->lines) : file->n;
}

static uint64_t count_lines(const char *p, const char *end)
{
    uint64_t lines = 0;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        lines++;
        p++;
    }
    return lines;
}

/* Drops what waits, from byte `keep` on. */
static void drop_from(struct log_file *file, size_t keep, int cause)
{
    lose(file, count_lines(file->lines + keep, file->lines + file->n), cause);
    file->n = keep;
}

/* Lines wait because a pipe is full, else because an error cut one. */
static int why_waiting(const struct log_file *file)
{
    return file->blocked ? EAGAIN : file->error;
}

static void forget_first(struct log_file *file, size_t n)
{
    file->n -= n;
    memmove(file->lines, file->lines + n, file->n);
}

void log_file_close(struct log_file *file)
{
    drop_from(file, 0, why_waiting(file));
    if (file->lost)
        log_file_report(file, UINT64_MAX);
    if (file->fd >= 0)
        close(file->fd);
    free(file->lines);
    free(file->path);
    free(file);
}

static void report_reopen(struct log_file *file)
{
    log_write(LOG_ERROR, "control",
              "the %s %s cannot be reopened: %s; %s (until then lines go to "
              "the file that had this name)",
              file->name, file->path, strerror(file->reopen_error),
              advice(file->reopen_error));
    file->reopen_error = 0;
}

void log_file_report(struct log_file *file, uint64_t now_us)
{
    if (file->lost == 0 && file->reopen_error == 0)
        return;
    if (file->reopen_error)
        report_reopen(file);
    if (file->lost) {
        log_write(LOG_ERROR, "control", "the %s %s lost %llu line%s: %s; %s",
                  file->name,
                  file->is_stdout ? "on standard output" : file->path,
                  (unsigned long long)file->lost, file->lost == 1 ? "" : "s",
                  reason(file->error), advice(file->error));
    }
    file->lost = 0;
    file->told_us = now_us;
}

/* ---- lines -------------------------------------------------------------- */

struct str log_file_add(struct log_file *file, const struct log_record *record)
{
    struct text t = text_in(file->lines, LOG_BACKLOG_MAX);
    size_t before = file->n;

    t.n = before;
    log_put_line(&t, record);
    if (!text_ok(&t)) {
        lose(file, 1, EAGAIN);
        return STR("");
    }
    file->n = t.n;
    return str_make(file->lines + before, t.n - before);
}

/* As much of the first n bytes as a shared file takes without making us wait:
 * when it is writable at all it has room for PIPE_BUF bytes. */
static ssize_t write_shared(int fd, const char *p, size_t n)
{
    struct pollfd ask = {.fd = fd, .events = POLLOUT};

    if (poll(&ask, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, p, n < PIPE_BUF ? n : PIPE_BUF);
}

static ssize_t write_some(const struct log_file *file, const char *p, size_t n)
{
    ssize_t done;

    do
        done =
            file->shared ? write_shared(file->fd, p, n) : write(file->fd, p, n);
    while (done < 0 && errno == EINTR);
    if (done == 0)
        errno = EIO;
    return done;
}

bool log_file_write(struct log_file *file)
{
    size_t at = 0;
    ssize_t done = 0;

    while (at < file->n) {
        done = write_some(file, file->lines + at, file->n - at);
        if (done <= 0)
            break;
        at += (size_t)done;
        file->torn = file->lines[at - 1] != '\n';
    }
    file->blocked = at < file->n && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (at < file->n && !file->blocked) {
        int cause = errno;

        forget_first(file, at);
        drop_from(file, file->torn ? length_of_first(file) : 0, cause);
    } else {
        forget_first(file, at);
    }
    return at > 0;
}

/* The file was moved away and takes no more: what is torn stays so, and the
 * new file begins with a whole line. */
static void give_up_rest(struct log_file *file)
{
    if (!file->torn)
        return;
    forget_first(file, length_of_first(file));
    file->torn = false;
    lose(file, 1, why_waiting(file));
}

static bool same_file(int a, int b)
{
    struct stat sa;
    struct stat sb;

    return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

bool log_file_reopen(struct log_file *file)
{
    int fd;

    if (file->is_stdout)
        return true;
    fd = open_path(file->path);
    if (fd < 0) {
        file->reopen_error = errno;
        return false;
    }
    file->reopen_error = 0;
    if (same_file(fd, file->fd)) {
        close(fd);
        return true;
    }
    log_file_write(file);
    give_up_rest(file);
    close(file->fd);
    file->fd = fd;
    return true;
}
