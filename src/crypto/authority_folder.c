/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/authority_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

enum { FILE_MAX = 64 * 1024 };

/* Both files, and where they are. */
struct files {
    char certificate_path[PATH_MAX];
    char key_path[PATH_MAX];
    struct file_text certificate;
    struct file_text key;
};

const char *authority_path(const char *folder, const char *name, char *buffer)
{
    snprintf(buffer, PATH_MAX, "%s/%s", folder, name);
    return buffer;
}

/* ---- the files ------------------------------------------------------------------ */

enum found { FOUND_BOTH, FOUND_NONE, FOUND_WRONG };

static bool read_one(const char *path, struct file_text *file, bool *missing,
                     struct error *error)
{
    *missing = false;
    if (file_read(path, FILE_MAX, file, error))
        return true;
    *missing = errno == ENOENT;
    return false;
}

/* A key without its certificate is what a crash between the two left. */
static enum found read_both(struct files *f, struct error *error)
{
    bool no_certificate, no_key;

    if (!read_one(f->certificate_path, &f->certificate, &no_certificate, error))
        return no_certificate ? FOUND_NONE : FOUND_WRONG;
    if (!read_one(f->key_path, &f->key, &no_key, error)) {
        if (no_key)
            error_set(error,
                      "%.200s has lost its key (%.200s); remove it to have a "
                      "new authority made",
                      f->certificate_path, f->key_path);
        return FOUND_WRONG;
    }
    if ((f->key.mode & 077) == 0)
        return FOUND_BOTH;
    error_set(error,
              "%.200s: other users may open it (mode %03o), and who has it can "
              "make certificates that are trusted here; `chmod 600 %.200s`",
              f->key_path, f->key.mode & 0777, f->key_path);
    return FOUND_WRONG;
}

static struct authority *parse(const struct files *f, int64_t now,
                               struct error *error)
{
    struct error cause = {""};
    struct authority *a =
        authority_read(f->certificate.text, f->key.text, &cause);

    if (a && authority_not_after(a) > now)
        return a;
    error_set(error,
              "%.150s and %.150s: %s; remove both to have a new "
              "authority made",
              f->certificate_path, f->key_path,
              a ? "the authority has expired" : cause.text);
    authority_free(a);
    return NULL;
}

static struct authority *make(const struct files *f, int64_t now,
                              struct error *error)
{
    struct authority *a = authority_new(now, error);
    struct authority_pair pair;
    bool ok;

    if (a == NULL)
        return NULL;
    ok = authority_pem(a, &pair) &&
         file_replace(f->key_path, str_of(pair.key), 0600, error) &&
         file_replace(f->certificate_path, str_of(pair.certificate), 0644,
                      error);
    explicit_bzero(&pair, sizeof(pair));
    if (ok)
        return a;
    authority_free(a);
    return NULL;
}

/* Whoever makes an authority holds the lock. */
static bool lock_folder(const char *folder, int *fd, struct error *error)
{
    char path[PATH_MAX];

    if (!file_make_folders(folder, error))
        return false;
    *fd = file_lock(authority_path(folder, "ca.lock", path));
    return *fd >= 0 || error_set(error, "%.300s: cannot be written: %s", folder,
                                 strerror(errno));
}

/* One that is there is read without the lock: the folder may be another
 * user's. */
static struct authority *open_files(const char *folder, struct files *f,
                                    int64_t now, bool *made,
                                    struct error *error)
{
    struct authority *a = NULL;
    enum found found = read_both(f, error);
    int fd = -1;

    if (found == FOUND_NONE) {
        if (!lock_folder(folder, &fd, error))
            return NULL;
        found = read_both(f, error);
    }
    if (found == FOUND_BOTH) {
        a = parse(f, now, error);
    } else if (found == FOUND_NONE) {
        a = make(f, now, error);
        *made = a != NULL;
    }
    if (fd >= 0)
        close(fd);
    return a;
}

struct authority *authority_open(const char *folder, int64_t now, bool *made,
                                 struct error *error)
{
    struct files f = {.certificate_path = ""};
    struct authority *a;

    *made = false;
    authority_path(folder, AUTHORITY_CERTIFICATE, f.certificate_path);
    authority_path(folder, AUTHORITY_KEY, f.key_path);
    a = open_files(folder, &f, now, made, error);
    file_forget(&f.certificate);
    file_forget(&f.key);
    if (a)
        error->text[0] = '\0';
    return a;
}
