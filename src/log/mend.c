/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the spool that nobody completed: their process was killed, or the
 * disk refused even that.  Each is cut after its last whole write and ended
 * there, in its place: a disk that is full has no room for a second one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "log/segment.h"

enum {
    GZIP_BITS = 15 + 16, /* the largest window, a head and an end of gzip */
    PIECE = 64 * 1024,
    AT_BLOCK_END = 128, /* of data_type, when inflate() was told Z_BLOCK */
    IN_LAST_BLOCK = 64,
    UNUSED_BITS = 63,
};

struct reader {
    int fd;
    z_stream z;
    uint64_t lines; /* that were read */
    bool whole;     /* the last one ends */
    uint64_t good;  /* bytes of the object up to its last whole write ... */
    uint64_t good_lines;
    unsigned char end[LOG_END_BYTES]; /* ... and what ends it there */
    bool complete;                    /* it ends, and nothing is behind it */
    unsigned char in[PIECE];
    unsigned char out[PIECE];
};

static ssize_t read_some(int fd, void *p, size_t n)
{
    ssize_t got;

    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* What cannot be read is not there. */
static bool fill(struct reader *r)
{
    ssize_t got;

    if (r->z.avail_in)
        return true;
    got = read_some(r->fd, r->in, sizeof(r->in));
    if (got <= 0)
        return false;
    r->z.next_in = r->in;
    r->z.avail_in = (unsigned)got;
    return true;
}

static void see_lines(struct reader *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        r->lines += r->out[i] == '\n';
    if (n)
        r->whole = r->out[n - 1] == '\n';
}

/* A write ends where a block does, and a byte, and a line. */
static void note_good(struct reader *r)
{
    int type = r->z.data_type;

    if (!(type & AT_BLOCK_END) || type & (IN_LAST_BLOCK | UNUSED_BITS) ||
        !r->whole)
        return;
    r->good = r->z.total_in;
    r->good_lines = r->lines;
    log_end_put(r->end, &r->z, r->z.total_out);
}

static void read_object(struct reader *r)
{
    int state = Z_OK;

    while ((state == Z_OK || state == Z_BUF_ERROR) && fill(r)) {
        r->z.next_out = r->out;
        r->z.avail_out = sizeof(r->out);
        state = inflate(&r->z, Z_BLOCK);
        see_lines(r, sizeof(r->out) - r->z.avail_out);
        if (state == Z_OK)
            note_good(r);
    }
    r->complete = state == Z_STREAM_END && r->whole && !fill(r);
    if (r->complete)
        r->good_lines = r->lines;
}

/* From byte `at` of the file on. */
static bool read_from(struct reader *r, int fd, size_t at)
{
    memset(r, 0, sizeof(*r));
    r->fd = fd;
    if (lseek(fd, (off_t)at, SEEK_SET) != (off_t)at)
        return false;
    if (inflateInit2(&r->z, GZIP_BITS) != Z_OK) {
        errno = ENOMEM;
        return false;
    }
    read_object(r);
    inflateEnd(&r->z);
    return true;
}

/* Being killed in between does no harm: it is as torn as before. */
static bool end_at(const struct reader *r, uint64_t at)
{
    return r->complete || (log_bytes_put(r->fd, r->end, LOG_END_BYTES, at) &&
                           ftruncate(r->fd, (off_t)(at + LOG_END_BYTES)) == 0);
}

static bool complete(int folder, const struct log_name *name,
                     const struct reader *r, size_t head)
{
    char from[LOG_NAME_MAX];
    char to[LOG_NAME_MAX];
    struct log_name ready = *name;

    if (!end_at(r, head + r->good) || fsync(r->fd))
        return false;
    log_name_put(from, name);
    ready.state = LOG_FILE_READY;
    ready.lines = r->good_lines;
    log_name_put(to, &ready);
    return renameat(folder, from, folder, to) == 0;
}

static bool mend(int folder, const struct log_name *name, bool begins, int fd)
{
    char bytes[LOG_HEAD_MAX];
    char path[LOG_NAME_MAX];
    struct log_head head;
    struct reader r;
    ssize_t got = read_some(fd, bytes, sizeof(bytes));

    if (got < 0)
        return false;
    if (log_head_read(str_make(bytes, (size_t)got), &head)) {
        if (!read_from(&r, fd, head.n))
            return false;
        if (r.good_lines)
            return complete(folder, name, &r, head.n);
    } else if (begins) {
        return true; /* it may have one soon */
    }
    log_name_put(path, name);
    return unlinkat(folder, path, 0) == 0;
}

/* Who wrote it may have given it its name since it was looked for: ENOENT. */
static bool open_and_mend(int folder, const struct log_name *name, bool begins)
{
    char path[LOG_NAME_MAX];
    bool ok;
    int fd;
    int error;

    log_name_put(path, name);
    fd = openat(folder, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT;
    if (flock(fd, LOCK_EX | LOCK_NB))
        ok = errno == EWOULDBLOCK;
    else
        ok = mend(folder, name, begins, fd) || errno == ENOENT;
    error = errno;
    close(fd);
    errno = error;
    return ok;
}

bool log_segment_mend(int folder, const struct log_name *name, bool begins,
                      struct error *error)
{
    char path[LOG_NAME_MAX];

    if (open_and_mend(folder, name, begins))
        return true;
    log_name_put(path, name);
    return error_set(error, "cannot mend %s of the spool of logs: %s", path,
                     strerror(errno));
}
