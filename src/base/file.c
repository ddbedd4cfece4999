/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FOLDER_MODE = 0700,
    LOCK_TRIES = 200,
    LOCK_PAUSE_NS = 25 * 1000 * 1000,
};

/* Keeps errno. */
static bool failed(const char *path, const char *what, struct error *error)
{
    int cause = errno;

    error_set(error, "%.300s: %s: %s", path, what, strerror(cause));
    errno = cause;
    return false;
}

static void take_mark(const struct stat *st, struct file_mark *mark)
{
    *mark = (struct file_mark){
        .device = (uint64_t)st->st_dev,
        .inode = (uint64_t)st->st_ino,
        .size = (uint64_t)st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
                    (int64_t)st->st_mtim.tv_nsec,
        .ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 +
                    (int64_t)st->st_ctim.tv_nsec,
    };
}

/* ---- reading --------------------------------------------------------------- */

static bool read_all(int fd, const char *path, size_t max, char *p, size_t *n,
                     struct error *error)
{
    ssize_t got;

    *n = 0;
    do {
        got = read(fd, p + *n, max + 1 - *n);
        if (got < 0 && errno != EINTR)
            return failed(path, "cannot be read", error);
        *n += got > 0 ? (size_t)got : 0;
    } while (got != 0 && *n <= max);
    if (*n <= max)
        return true;
    errno = 0;
    return error_set(error, "%.300s is larger than %zu bytes", path, max);
}

static bool read_open(int fd, const char *path, size_t max,
                      struct file_text *file, struct error *error)
{
    struct stat st;
    size_t n;
    char *p;

    if (fstat(fd, &st))
        return failed(path, "cannot be read", error);
    if (!S_ISREG(st.st_mode)) {
        errno = 0;
        return error_set(error, "%.300s is no regular file", path);
    }
    p = malloc(max + 2);
    if (p == NULL)
        return failed(path, "cannot be read", error);
    if (!read_all(fd, path, max, p, &n, error)) {
        explicit_bzero(p, max + 2);
        free(p);
        return false;
    }
    p[n] = '\0';
    file->text = str_make(p, n);
    file->mode = (unsigned)st.st_mode & 07777;
    take_mark(&st, &file->mark);
    return true;
}

bool file_read(const char *path, size_t max, struct file_text *file,
               struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int cause;
    bool ok;

    *file = (struct file_text){.mode = 0};
    if (fd < 0)
        return failed(path, "cannot be opened", error);
    ok = read_open(fd, path, max, file, error);
    cause = errno;
    close(fd);
    errno = cause;
    return ok;
}

void file_forget(struct file_text *file)
{
    char *p = (char *)(uintptr_t)file->text.p;

    if (p)
        explicit_bzero(p, file->text.n);
    free(p);
    *file = (struct file_text){.mode = 0};
}

bool file_look(const char *path, struct file_mark *mark)
{
    struct stat st;

    if (stat(path, &st))
        return false;
    take_mark(&st, mark);
    return true;
}

/* ---- writing ---------------------------------------------------------------- */

static bool write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = str_make(text.p + n, text.n - (size_t)n);
    }
    return true;
}

/* So that the new name is there after a crash. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *end = strrchr(path, '/');
    int fd;

    snprintf(folder, sizeof(folder), "%.*s", end ? (int)(end - path) : 1,
             end ? path : ".");
    fd = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

bool file_replace(const char *path, struct str text, unsigned mode,
                  struct error *error)
{
    char other[PATH_MAX];
    int cause, fd;
    bool ok;

    if (snprintf(other, sizeof(other), "%s.XXXXXX", path) >=
        (int)sizeof(other)) {
        errno = ENAMETOOLONG;
        return failed(path, "cannot be written", error);
    }
    fd = mkostemp(other, O_CLOEXEC);
    if (fd < 0)
        return failed(path, "cannot be written", error);
    ok = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, text) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(other, path) == 0;
    if (ok) {
        sync_folder(path);
        return true;
    }
    cause = errno;
    unlink(other);
    errno = cause;
    return failed(path, "cannot be written", error);
}

bool file_make_folders(const char *path, struct error *error)
{
    char part[PATH_MAX];
    struct stat st;
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(part)) {
        errno = n ? ENAMETOOLONG : ENOENT;
        return failed(path, "cannot be made", error);
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, FOLDER_MODE) && errno != EEXIST &&
            (stat(part, &st) || !S_ISDIR(st.st_mode)))
            return failed(part, "cannot be made", error);
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    errno = ENOTDIR;
    return failed(path, "cannot be made", error);
}

/* ---- locks ------------------------------------------------------------------- */

int file_lock(const char *path)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    int cause;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    for (unsigned i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if (errno != EWOULDBLOCK && errno != EINTR)
            break;
        nanosleep(&pause, NULL);
    }
    cause = errno;
    if (fd >= 0)
        close(fd);
    errno = cause;
    return -1;
}
