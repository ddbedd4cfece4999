/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of the spool of logs as a crash, a disk or somebody else may leave it.
 *
 * - Mending ends, and the torn file is gone.
 * - What is there instead has the same head, is one member of gzip, and has as
 *   many lines as its name says, none of them cut; a name is read as it is
 *   written.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "fuzz.h"
#include "log/folder.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

enum { FILE_MAX = 1 << 22, OUT = 1 << 16 };

static char dir[] = "/tmp/fuzz_log_segment.XXXXXX";
static struct log_folder folder = {.own = false, .lock = -1};
static unsigned found;

static void end(void)
{
    close(folder.fd);
    rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    CHECK(mkdtemp(dir));
    folder.fd = open(dir, O_RDONLY | O_DIRECTORY);
    CHECK(folder.fd >= 0);
    atexit(end);
    return 0;
}

static void write_torn(const char *path, const uint8_t *data, size_t n)
{
    int fd = openat(folder.fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0);
    CHECK(write(fd, data, n) == (ssize_t)n);
    close(fd);
}

static uint64_t count_lines(const char *bytes, size_t n)
{
    static unsigned char out[OUT];
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes,
                  .avail_in = (unsigned)n};
    uint64_t lines = 0;
    unsigned char last = '\n';
    int state = Z_OK;

    CHECK(inflateInit2(&z, 15 + 16) == Z_OK);
    while (state == Z_OK) {
        size_t got;

        z.next_out = out;
        z.avail_out = OUT;
        state = inflate(&z, Z_NO_FLUSH);
        got = OUT - z.avail_out;
        for (size_t i = 0; i < got; i++)
            lines += out[i] == '\n';
        if (got)
            last = out[got - 1];
    }
    CHECK(state == Z_STREAM_END && z.avail_in == 0 && last == '\n');
    inflateEnd(&z);
    return lines;
}

static void check_file(void *owner, const struct log_name *name, uint64_t bytes)
{
    static char text[FILE_MAX];
    const struct log_head *torn = owner;
    char path[LOG_NAME_MAX];
    struct log_head head;
    ssize_t n;
    int fd;

    CHECK(name->state == LOG_FILE_READY);
    log_name_put(path, name);
    fd = openat(folder.fd, path, O_RDONLY);
    n = read(fd, text, sizeof(text));
    close(fd);
    CHECK(n > 0 && (uint64_t)n == bytes);
    CHECK(torn && log_head_read(str_make(text, (size_t)n), &head));
    CHECK(str_eq(head.bucket, torn->bucket) && str_eq(head.key, torn->key));
    CHECK(count_lines(text + head.n, (size_t)n - head.n) == name->lines);
    CHECK(name->lines > 0);
    unlinkat(folder.fd, path, 0);
    found++;
}

static void check_name(struct str text)
{
    char again[LOG_NAME_MAX];
    struct log_name name;
    struct log_name same;

    if (!log_name_read(text, &name))
        return;
    log_name_put(again, &name);
    CHECK(log_name_read(str_of(again), &same));
    CHECK(same.ms == name.ms && same.number == name.number &&
          same.lines == name.lines && same.state == name.state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct log_name name = {.ms = 1, .number = 2};
    char path[LOG_NAME_MAX];
    struct log_head head;
    bool good = log_head_read(str_make((const char *)data, size), &head);
    struct error error;

    check_name(str_make((const char *)data, size));
    if (size > FILE_MAX / 64)
        return 0;
    log_name_put(path, &name);
    write_torn(path, data, size);
    CHECK(log_segment_mend(folder.fd, &name, false, &error));
    found = 0;
    CHECK(log_folder_list(&folder, check_file, good ? &head : NULL));
    CHECK(found <= 1);
    return 0;
}
