/* SPDX-License-Identifier: Apache-2.0 */
#include "app/access_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/source.h"
#include "app/state_folder.h"
#include "base/base64.h"
#include "base/file.h"

enum {
    ID_BYTES = 16,     /* characters behind AKIA, of five bits each */
    SECRET_BYTES = 30, /* 40 characters of base64, without padding */
    TEXT_MAX = 1024,
};

/* ---- reading ---------------------------------------------------------------------- */

static void warn_of_mode(const char *path, unsigned mode, struct report *report)
{
    const struct place place = {.file = path};

    if (mode & 077)
        report_warning(report, &place,
                       "other users may open it (mode %03o), and who knows a "
                       "secret can change what is served\n`chmod 600 %s`",
                       mode & 0777, path);
}

static struct access_keys *parse(const char *path, struct file_text *file,
                                 struct report *report)
{
    struct access_keys *keys = access_keys_read(path, file->text, report);

    file_forget(file);
    return keys;
}

struct access_keys *access_file_read(const char *path, struct report *report)
{
    struct error error = {""};
    struct file_text file;

    if (!file_read(path, ACCESS_KEYS_BYTES_MAX, &file, &error)) {
        report_add(report, PROBLEM_ERROR, NULL, NULL, "--access-keys %s",
                   error.text);
        return NULL;
    }
    warn_of_mode(path, file.mode, report);
    return parse(path, &file, report);
}

/* ---- our own pair ------------------------------------------------------------------- */

static const char *own_path(const char *folder, const char *name,
                            char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? path
                                                                      : NULL;
}

static bool draw(void *p, size_t n, struct error *error)
{
    return getrandom(p, n, 0) == (ssize_t)n ||
           error_set(error, "the kernel gives no random bytes: %s",
                     strerror(errno));
}

static bool put_pair(struct text *t, struct error *error)
{
    uint8_t id[ID_BYTES];
    uint8_t secret[SECRET_BYTES];
    bool ok =
        draw(id, sizeof(id), error) && draw(secret, sizeof(secret), error);

    TEXT_LITERAL(t, "{\n  \"AccessKeys\": [\n    {\n"
                    "      \"UserName\": \"sluice\",\n"
                    "      \"AccessKeyId\": \"AKIA");
    for (size_t i = 0; i < sizeof(id); i++)
        text_char(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[id[i] & 31]);
    TEXT_LITERAL(t, "\",\n      \"SecretAccessKey\": \"");
    base64_put(t, secret, sizeof(secret));
    TEXT_LITERAL(t, "\",\n      \"Policies\": [\n        {\n"
                    "          \"Version\": \"2012-10-17\",\n"
                    "          \"Statement\": [\n"
                    "            {\"Effect\": \"Allow\", \"Action\": \"*\", "
                    "\"Resource\": \"*\"}\n"
                    "          ]\n        }\n      ]\n    }\n  ]\n}\n");
    explicit_bzero(secret, sizeof(secret));
    return ok;
}

static bool make(const char *path, struct error *error)
{
    char room[TEXT_MAX];
    struct text t = text_in(room, sizeof(room));
    bool ok =
        put_pair(&t, error) && file_replace(path, text_str(&t), 0600, error);

    explicit_bzero(room, sizeof(room));
    return ok;
}

/* Processes that start at the same time have the same pair: whoever holds the
 * lock makes it. */
static bool make_once(const char *folder, const char *path, bool *made,
                      struct error *error)
{
    char lock[PATH_MAX];
    struct file_mark mark;
    int fd;
    bool ok;

    if (!file_make_folders(folder, error))
        return false;
    fd = own_path(folder, "access-key.lock", lock) ? file_lock(lock) : -1;
    if (fd < 0)
        return error_set(error, "%.300s: cannot be written: %s", folder,
                         strerror(errno));
    *made = !file_look(path, &mark);
    ok = !*made || make(path, error);
    *made = *made && ok;
    close(fd);
    return ok;
}

static struct access_keys *fail(struct report *report, const char *what)
{
    report_add(report, PROBLEM_ERROR, NULL,
               "--access-keys FILE says who may call it, --state-folder "
               "FOLDER where a key is kept; --api 127.0.0.1:PORT is for this "
               "machine alone, and needs none",
               "the API can be reached from elsewhere, and needs access keys: "
               "%s",
               what);
    return NULL;
}

static struct access_keys *refuse_mode(const char *path, unsigned mode,
                                       struct report *report)
{
    report_add(report, PROBLEM_ERROR, NULL, NULL,
               "%s: other users may open it (mode %03o), and who has the key "
               "can change what is served; `chmod 600 %s`",
               path, mode & 0777, path);
    return NULL;
}

struct access_keys *access_file_own(const char *folder, bool *made,
                                    struct report *report)
{
    struct error error = {""};
    struct file_text file;
    char path[PATH_MAX];

    *made = false;
    if (folder == NULL || own_path(folder, ACCESS_FILE_OWN, path) == NULL)
        return fail(report, "there is no state folder to keep one in");
    if (!file_read(path, ACCESS_KEYS_BYTES_MAX, &file, &error) &&
        (errno != ENOENT || !make_once(folder, path, made, &error) ||
         !file_read(path, ACCESS_KEYS_BYTES_MAX, &file, &error)))
        return fail(report, error.text);
    if ((file.mode & 077) == 0)
        return parse(path, &file, report);
    file_forget(&file);
    return refuse_mode(path, file.mode, report);
}

struct access_keys *access_file_look(const char *folder)
{
    struct report report = {.strict = false};
    struct error error = {""};
    struct file_text file;
    struct access_keys *keys = NULL;
    char path[PATH_MAX];

    if (folder && own_path(folder, ACCESS_FILE_OWN, path) &&
        file_read(path, ACCESS_KEYS_BYTES_MAX, &file, &error))
        keys = parse(path, &file, &report);
    report_end(&report);
    return keys;
}

bool access_file_of_client(const char *path, const char *folder,
                           struct access_keys **keys)
{
    struct report report = {.strict = false};
    char buffer[PATH_MAX];

    if (path)
        *keys = access_file_read(path, &report);
    else
        *keys = access_file_look(state_folder(folder, buffer));
    if (report.errors)
        source_print(&report);
    report_end(&report);
    return *keys || path == NULL;
}
