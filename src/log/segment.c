/* SPDX-License-Identifier: Apache-2.0 */
#include "log/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <zlib.h>

#include "base/memory.h"
#include "log/object.h"

enum {
    GZIP_BITS = 15 + 16, /* the largest window, a head and an end of gzip */
    LEVEL = 1,           /* 3 times as fast as 6, for a fifth more bytes */
    STORED = 0, /* 20 times as fast as that; 100 where it hardly helps */
    MEMORY = 8, /* zlib's default */
    OUT = 64 * 1024,
};

struct log_segment {
    int folder;
    int fd;
    int error; /* why it takes no more; 0: it does */
    bool torn; /* something of a write that failed is in the file */
    struct log_name name;
    uint64_t bytes; /* without its end */
    int level;
    z_stream z;
    unsigned char end[LOG_END_BYTES]; /* the one that stands in the file */
    unsigned char out[OUT + LOG_END_BYTES];
};

/* ---- names ---------------------------------------------------------------- */

static const char *const endings[] = {
    [LOG_FILE_PART] = ".part",
    [LOG_FILE_READY] = ".log",
};

void log_name_put(char out[LOG_NAME_MAX], const struct log_name *name)
{
    char lines[32] = "";

    if (name->state == LOG_FILE_READY)
        snprintf(lines, sizeof(lines), "-%llu",
                 (unsigned long long)name->lines);
    snprintf(out, LOG_NAME_MAX, "%013llu-%06llu%s%s",
             (unsigned long long)name->ms, (unsigned long long)name->number,
             lines, endings[name->state]);
}

static bool read_state(struct str *s, enum log_file_state *state)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t n = strlen(endings[i]);

        if (s->n > n && memcmp(s->p + s->n - n, endings[i], n) == 0) {
            s->n -= n;
            *state = (enum log_file_state)i;
            return true;
        }
    }
    return false;
}

/* As log_name_put() writes it: else it would be another file. */
static bool is_name(struct str s, const struct log_name *name)
{
    char wanted[LOG_NAME_MAX];

    log_name_put(wanted, name);
    return str_eq(s, str_of(wanted));
}

bool log_name_read(struct str s, struct log_name *name)
{
    struct str whole = s;
    struct str ms;
    struct str number;

    name->lines = 0;
    if (!read_state(&s, &name->state))
        return false;
    ms = str_cut(&s, '-');
    if (s.p == NULL)
        return false;
    number = str_cut(&s, '-');
    if ((s.p != NULL) != (name->state == LOG_FILE_READY) ||
        (s.p && !str_to_u64(s, UINT64_MAX, &name->lines)))
        return false;
    return str_to_u64(ms, UINT64_MAX, &name->ms) &&
           str_to_u64(number, UINT64_MAX, &name->number) &&
           is_name(whole, name);
}

/* ---- heads ---------------------------------------------------------------- */

static const char first_line[] = "sluice-log 1";

void log_head_put(struct text *t, struct str bucket, struct str key)
{
    text_printf(t, "%s\nbucket " STR_FMT "\nkey " STR_FMT "\n\n", first_line,
                STR_ARG(bucket), STR_ARG(key));
}

/* What stands behind the word on the next line; p == NULL: another line, or
 * none that ends. */
static struct str read_line(struct str *rest, struct str word)
{
    struct str line = str_cut(rest, '\n');

    if (rest->p == NULL || !str_starts(line, word))
        return str_make(NULL, 0);
    return str_make(line.p + word.n, line.n - word.n);
}

bool log_head_read(struct str bytes, struct log_head *head)
{
    struct str rest = str_make(
        bytes.p, bytes.n < LOG_HEAD_MAX ? bytes.n : (size_t)LOG_HEAD_MAX);
    struct str line;

    if (bytes.n == 0)
        return false;
    line = str_cut(&rest, '\n');
    if (line.p == NULL || rest.p == NULL || !str_eq(line, str_of(first_line)))
        return false;
    head->bucket = read_line(&rest, STR("bucket "));
    if (head->bucket.n == 0 || head->bucket.n > LOG_BUCKET_MAX)
        return false;
    head->key = read_line(&rest, STR("key "));
    if (head->key.n == 0 || head->key.n > LOG_KEY_MAX)
        return false;
    line = read_line(&rest, STR(""));
    if (line.p == NULL || line.n || !log_is_plain(head->bucket) ||
        !log_is_plain(head->key))
        return false;
    head->n = (size_t)(rest.p - bytes.p);
    return true;
}

/* ---- writing -------------------------------------------------------------- */

bool log_bytes_put(int fd, const void *bytes, size_t n, uint64_t at)
{
    const char *p = bytes;

    while (n) {
        ssize_t done = pwrite(fd, p, n, (off_t)at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            errno = done == 0 ? EIO : errno;
            return false;
        }
        p += done;
        at += (uint64_t)done;
        n -= (size_t)done;
    }
    return true;
}

static void put_little(unsigned char *p, uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (unsigned char)(n >> 8 * i);
}

/* An empty block, the last one; what all of it is, and how long (RFC 1951 3.2.6,
 * RFC 1952 2.3.1). */
void log_end_put(unsigned char end[LOG_END_BYTES], const z_stream *z,
                 uint64_t length)
{
    end[0] = 3;
    end[1] = 0;
    put_little(end + 2, (uint32_t)z->adler);
    put_little(end + 6, (uint32_t)length);
}

/* Over the end that is there; `more` of them are not a part of the file yet. */
static bool put(struct log_segment *s, const void *bytes, size_t n, size_t more)
{
    if (log_bytes_put(s->fd, bytes, n + more, s->bytes)) {
        s->bytes += n;
        return true;
    }
    s->error = errno;
    return false;
}

static bool put_head(struct log_segment *s, struct str bucket, struct str key)
{
    char buffer[LOG_HEAD_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    log_head_put(&t, bucket, key);
    if (text_ok(&t))
        return put(s, t.p, t.n, 0);
    s->error = ENAMETOOLONG;
    return false;
}

/* Who mends files leaves this one alone until it is closed. */
static bool is_locked(struct log_segment *s)
{
    int state;

    do
        state = flock(s->fd, LOCK_EX);
    while (state && errno == EINTR);
    s->error = state ? errno : 0;
    return state == 0;
}

struct log_segment *log_segment_begin(int folder, const struct log_name *name,
                                      struct str bucket, struct str key)
{
    struct log_segment *s = memory_zeroed(1, sizeof(*s));
    char path[LOG_NAME_MAX];

    s->folder = folder;
    s->name = *name;
    s->name.state = LOG_FILE_PART;
    s->name.lines = 0;
    s->level = LEVEL;
    log_name_put(path, &s->name);
    s->fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->fd < 0) {
        free(s);
        return NULL;
    }
    if (is_locked(s) && put_head(s, bucket, key) &&
        deflateInit2(&s->z, LEVEL, Z_DEFLATED, GZIP_BITS, MEMORY,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return s;
    if (s->error == 0)
        s->error = ENOMEM;
    unlinkat(folder, path, 0);
    close(s->fd);
    errno = s->error;
    free(s);
    return NULL;
}

/* Everything that was given, with an end behind it. */
static bool squeeze(struct log_segment *s)
{
    size_t n;
    bool all;

    do {
        s->z.next_out = s->out;
        s->z.avail_out = OUT;
        if (deflate(&s->z, Z_SYNC_FLUSH) == Z_STREAM_ERROR) {
            s->error = EIO;
            return false;
        }
        n = OUT - s->z.avail_out;
        all = s->z.avail_out > 0;
        if (all)
            log_end_put(s->out + n, &s->z, s->z.total_in);
        if (!put(s, s->out, n, all ? LOG_END_BYTES : 0))
            return false;
    } while (!all);
    return true;
}

static uint64_t count_lines(struct str lines)
{
    uint64_t n = 0;

    while (lines.n) {
        str_cut(&lines, '\n');
        if (lines.p == NULL)
            break;
        n++;
    }
    return n;
}

/* What was written in part is not there: whoever counts it as lost is right.
 * The end had room before, so that it has on a full disk. */
static void cut_to(struct log_segment *s, uint64_t bytes)
{
    s->torn = ftruncate(s->fd, (off_t)(bytes + LOG_END_BYTES)) ||
              !log_bytes_put(s->fd, s->end, LOG_END_BYTES, bytes);
    s->bytes = bytes;
}

/* What was given before is in the file: there is room for what a block's end
 * takes. */
static bool set_level(struct log_segment *s, int level)
{
    if (s->level == level)
        return true;
    s->z.next_out = s->out;
    s->z.avail_out = OUT;
    if (deflateParams(&s->z, level, Z_DEFAULT_STRATEGY) != Z_OK) {
        s->error = EIO;
        return false;
    }
    s->level = level;
    return put(s, s->out, OUT - s->z.avail_out, 0);
}

bool log_segment_write(struct log_segment *s, struct str lines, bool at_once)
{
    uint64_t before;

    if (s->error) {
        errno = s->error;
        return false;
    }
    before = s->bytes;
    s->z.avail_in = 0;
    if (set_level(s, at_once ? STORED : LEVEL)) {
        s->z.next_in = (unsigned char *)(uintptr_t)lines.p;
        s->z.avail_in = (unsigned)lines.n;
        squeeze(s);
    }
    if (s->error) {
        cut_to(s, before);
        errno = s->error;
        return false;
    }
    log_end_put(s->end, &s->z, s->z.total_in);
    s->name.lines += count_lines(lines);
    return true;
}

uint64_t log_segment_bytes(const struct log_segment *segment)
{
    return segment->bytes;
}

uint64_t log_segment_lines(const struct log_segment *segment)
{
    return segment->name.lines;
}

/* Without a line it is no file. */
static bool give_name(const struct log_segment *s)
{
    char from[LOG_NAME_MAX];
    char to[LOG_NAME_MAX];
    struct log_name name = s->name;

    log_name_put(from, &name);
    if (name.lines == 0)
        return unlinkat(s->folder, from, 0) == 0;
    name.state = LOG_FILE_READY;
    log_name_put(to, &name);
    return renameat(s->folder, from, s->folder, to) == 0;
}

bool log_segment_end(struct log_segment *s)
{
    int error = 0;

    if (s->torn && s->name.lines)
        error = s->error;
    else if (!give_name(s))
        error = errno;
    deflateEnd(&s->z);
    close(s->fd);
    free(s);
    errno = error;
    return error == 0;
}
