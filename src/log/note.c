/* SPDX-License-Identifier: Apache-2.0 */
#include "log/note.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_ROOM = LOG_NAME_MAX + 8 };

static void put_path(char out[PATH_ROOM], const struct log_name *name)
{
    char file[LOG_NAME_MAX];

    log_name_put(file, name);
    snprintf(out, PATH_ROOM, "%s.upload", file);
}

void log_note_put(int folder, const struct log_name *name, struct str id)
{
    char path[PATH_ROOM];
    int fd;

    put_path(path, name);
    fd = openat(folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (write(fd, id.p, id.n) != (ssize_t)id.n)
        unlinkat(folder, path, 0);
    close(fd);
}

struct str log_note_get(int folder, const struct log_name *name,
                        char id[S3_UPLOAD_ID_MAX])
{
    char path[PATH_ROOM];
    struct str read_id = STR("");
    ssize_t n;
    int fd;

    put_path(path, name);
    fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return read_id;
    n = read(fd, id, S3_UPLOAD_ID_MAX);
    close(fd);
    if (n > 0 && s3_is_upload_id(str_make(id, (size_t)n)))
        read_id = str_make(id, (size_t)n);
    return read_id;
}

void log_note_remove(int folder, const struct log_name *name)
{
    char path[PATH_ROOM];

    put_path(path, name);
    unlinkat(folder, path, 0);
}
