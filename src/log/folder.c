/* SPDX-License-Identifier: Apache-2.0 */
#include "log/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static const char lock_name[] = "lock";

/* Until it is locked a folder has a name that nobody looks at. */
static const char new_begin[] = ".new-";
static const char begin[] = "p-";

/* ---- one's own -------------------------------------------------------------- */

/* Opens and locks what folder->path names.  False with errno; nothing is open
 * then. */
static bool open_locked(struct log_folder *folder)
{
    folder->fd =
        open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder->fd < 0)
        return false;
    folder->lock =
        openat(folder->fd, lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock >= 0 && flock(folder->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (folder->lock >= 0)
        close(folder->lock);
    close(folder->fd);
    return false;
}

static void close_both(const struct log_folder *folder)
{
    close(folder->fd);
    close(folder->lock);
}

/* SPOOL/.new-aB3xYz becomes SPOOL/p-aB3xYz. */
static bool give_name(struct log_folder *folder, size_t spool)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%.*s/%s%s", (int)spool, folder->path, begin,
             folder->path + spool + sizeof(new_begin));
    if (rename(folder->path, path))
        return false;
    memcpy(folder->path, path, sizeof(path));
    return true;
}

static bool make(struct log_folder *folder, const char *spool)
{
    int n = snprintf(folder->path, sizeof(folder->path), "%s/%sXXXXXX", spool,
                     new_begin);

    if (n < 0 || (size_t)n >= sizeof(folder->path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdtemp(folder->path) == NULL || !open_locked(folder))
        return false;
    if (give_name(folder, strlen(spool)))
        return true;
    close_both(folder);
    return false;
}

struct log_folder *log_folder_make(const char *spool, struct error *error)
{
    struct log_folder *folder;
    struct error why = {""};

    if (!file_make_folders(spool, &why)) {
        error_set(error,
                  "cannot keep logs until S3 has them: %.300s; --log-spool "
                  "names another folder",
                  why.text);
        return NULL;
    }
    folder = memory_zeroed(1, sizeof(*folder));
    folder->own = true;
    if (make(folder, spool))
        return folder;
    error_set(error,
              "cannot keep logs until S3 has them: %.200s: %s; give this user "
              "the right to write there, or name another folder with "
              "--log-spool",
              spool, strerror(errno));
    free(folder);
    return NULL;
}

/* ---- those of others --------------------------------------------------------- */

/* Who had the lock may have removed the folder before letting go. */
static bool is_still_there(const struct log_folder *folder)
{
    struct stat here;
    struct stat locked;

    return fstat(folder->lock, &locked) == 0 &&
           fstatat(folder->fd, lock_name, &here, AT_SYMLINK_NOFOLLOW) == 0 &&
           here.st_dev == locked.st_dev && here.st_ino == locked.st_ino;
}

static struct log_folder *try_one(const char *spool, const char *name)
{
    struct log_folder *folder = memory_zeroed(1, sizeof(*folder));
    int n = snprintf(folder->path, sizeof(folder->path), "%s/%s", spool, name);

    if (n > 0 && (size_t)n < sizeof(folder->path) && open_locked(folder)) {
        if (is_still_there(folder))
            return folder;
        close_both(folder);
    }
    free(folder);
    return NULL;
}

struct log_folder *log_folder_adopt(const char *spool)
{
    struct log_folder *folder = NULL;
    DIR *dir = opendir(spool);
    const struct dirent *entry;

    if (dir == NULL)
        return NULL;
    while (folder == NULL && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, begin, sizeof(begin) - 1) == 0)
            folder = try_one(spool, entry->d_name);
    }
    closedir(dir);
    return folder;
}

/* ---- what is in them ---------------------------------------------------------- */

/* A stream of the folder of its own; NULL with errno. */
static DIR *open_stream(const struct log_folder *folder)
{
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL && fd >= 0)
        close(fd);
    return dir;
}

bool log_folder_list(const struct log_folder *folder,
                     void (*each)(void *owner, const struct log_name *name,
                                  uint64_t bytes),
                     void *owner)
{
    DIR *dir = open_stream(folder);
    const struct dirent *entry;

    if (dir == NULL)
        return false;
    while ((entry = readdir(dir))) {
        struct log_name name;
        struct stat st;

        if (log_name_read(str_of(entry->d_name), &name) &&
            fstatat(folder->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            each(owner, &name, (uint64_t)st.st_size);
    }
    closedir(dir);
    return true;
}

struct mending {
    struct log_folder *folder;
    struct error *error;
};

static void mend_one(void *owner, const struct log_name *name, uint64_t bytes)
{
    const struct mending *m = owner;
    struct log_folder *folder = m->folder;

    (void)bytes;
    if (name->state == LOG_FILE_PART &&
        !log_segment_mend(folder->fd, name, folder->own, m->error))
        folder->stuck++;
}

bool log_folder_mend(struct log_folder *folder, struct error *error)
{
    struct mending m = {.folder = folder, .error = error};

    folder->stuck = 0;
    if (!log_folder_list(folder, mend_one, &m))
        return error_set(error, "cannot read the spool of logs: %s",
                         strerror(errno));
    return folder->stuck == 0;
}

/* ---- its disk ------------------------------------------------------------------ */

static uint64_t product(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

struct log_disk log_folder_disk(const struct log_folder *folder)
{
    struct log_disk disk = {.size = UINT64_MAX, .room = UINT64_MAX};
    struct statvfs st;

    if (fstatvfs(folder->fd, &st) == 0 && st.f_blocks) {
        disk.size = product(st.f_blocks, st.f_frsize);
        disk.room = product(st.f_bavail, st.f_frsize);
    }
    return disk;
}

/* ---- the end ------------------------------------------------------------------- */

static void count(void *owner, const struct log_name *name, uint64_t bytes)
{
    unsigned *n = owner;

    (void)name;
    (void)bytes;
    ++*n;
}

/* Whoever opens the lock meanwhile finds that it is another one, or keeps the
 * folder. */
void log_folder_leave(struct log_folder *folder)
{
    unsigned n = 0;

    if (log_folder_list(folder, count, &n) && n == 0) {
        unlinkat(folder->fd, lock_name, 0);
        rmdir(folder->path);
    }
    close_both(folder);
    free(folder);
}
