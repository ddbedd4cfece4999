/* SPDX-License-Identifier: Apache-2.0 */
#include "control/s3_folder.h"

#include <errno.h>

#include "base/file.h"

enum { BUCKET_MAX = 63, KEY_MAX = 1024 };

/* Names of buckets: lower-case letters, digits, "." and "-". */
static bool is_bucket(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
            (c != '.' || i == 0))
            return false;
    }
    return s.n && s.n <= BUCKET_MAX;
}

/* A key that is the path of a file below the bucket's folder. */
static bool is_key(struct str s)
{
    struct str rest = s;

    if (s.n == 0 || s.n > KEY_MAX || memchr(s.p, '\0', s.n))
        return false;
    while (rest.p) {
        struct str part = str_cut(&rest, '/');

        if (part.n == 0 || str_eq(part, STR(".")) || str_eq(part, STR("..")))
            return false;
    }
    return true;
}

static enum object_result read_file(const char *path, size_t max,
                                    struct region *region, struct str *bytes,
                                    struct error *why)
{
    struct file_text file = {.mode = 0};

    errno = 0;
    if (!file_read(path, max, &file, why))
        return errno == ENOENT || errno == ENOTDIR ? OBJECT_NOT_FOUND
                                                   : OBJECT_REFUSED;
    *bytes = region_copy(region, file.text);
    file_forget(&file);
    return OBJECT_READ;
}

static enum object_result read_object(void *owner, struct str bucket,
                                      struct str key, struct str version,
                                      size_t max, struct region *region,
                                      struct str *bytes, struct error *why)
{
    const struct s3_folder *folder = owner;
    struct str path;

    (void)version;
    *bytes = STR("");
    if (folder->path.n == 0) {
        error_set(why, "there is no S3 here: start sluice with --s3-folder "
                       "DIR, in which it is DIR/BUCKET/KEY");
        return OBJECT_NOT_FOUND;
    }
    if (!is_bucket(bucket) || !is_key(key)) {
        error_set(why, "the bucket or the key is no name that a file in "
                       "--s3-folder could have");
        return OBJECT_NOT_FOUND;
    }
    path = region_printf(region, STR_FMT "/" STR_FMT "/" STR_FMT,
                         STR_ARG(folder->path), STR_ARG(bucket), STR_ARG(key));
    return read_file(path.p, max, region, bytes, why);
}

void s3_folder_init(struct s3_folder *folder, struct str path)
{
    *folder = (struct s3_folder){
        .source = {.read = read_object, .owner = folder},
        .path = path,
    };
}
