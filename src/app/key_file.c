/* SPDX-License-Identifier: Apache-2.0 */
#include "app/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"

enum { FILE_MAX = 16 * 1024 };

const struct key_file key_file_cookies = {
    .option = "--cookie-key",
    .harm = "make cookies",
    .life = "cookies last 7 days at most",
};

const struct key_file key_file_tickets = {
    .option = "--ticket-key",
    .harm = "take over sessions",
    .life = "tickets last 12 hours",
};

#define HOW_TO_MAKE "make a key with `openssl rand -hex 32`"

/* ---- a line -------------------------------------------------------------- */

static bool read_hex(struct str line, uint8_t key[SEAL_KEY_BYTES])
{
    for (size_t i = 0; i < SEAL_KEY_BYTES; i++) {
        int high = hex_digit(line.p[2 * i]);
        int low = hex_digit(line.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_base64(struct str line, uint8_t key[SEAL_KEY_BYTES])
{
    uint8_t bytes[BASE64_BYTES(BASE64_LEN(SEAL_KEY_BYTES))];

    if (base64_read(line, bytes) != SEAL_KEY_BYTES)
        return false;
    memcpy(key, bytes, SEAL_KEY_BYTES);
    return true;
}

static bool read_key(struct str line, uint8_t key[SEAL_KEY_BYTES])
{
    if (line.n == (size_t)2 * SEAL_KEY_BYTES)
        return read_hex(line, key);
    return line.n == BASE64_LEN(SEAL_KEY_BYTES) && read_base64(line, key);
}

/* ---- the file ------------------------------------------------------------ */

static bool parse(const struct key_file *file, struct str text,
                  const char *path, struct seal_keys *keys, struct error *error)
{
    for (unsigned number = 1; text.p; number++) {
        struct str line = str_cut(&text, '\n');

        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (keys->n == SEAL_KEYS_MAX)
            return error_set(error,
                             "%.200s:%u: more than %d keys; take the oldest "
                             "ones out: %s",
                             path, number, SEAL_KEYS_MAX, file->life);
        if (!read_key(line, keys->bytes[keys->n]))
            return error_set(
                error,
                "%.200s:%u: this is no key of 64 hexadecimal "
                "digits or 44 characters of base64 (it has %zu); " HOW_TO_MAKE,
                path, number, line.n);
        keys->n++;
    }
    return keys->n ||
           error_set(error, "%.200s: there is no key in it; " HOW_TO_MAKE,
                     path);
}

bool key_file_parse(const struct key_file *file, struct str text,
                    const char *path, struct seal_keys *keys,
                    struct error *error)
{
    keys->n = 0;
    if (parse(file, text, path, keys, error))
        return true;
    seal_keys_forget(keys);
    return false;
}

static bool cannot_read(const struct key_file *file, const char *path,
                        struct error *error)
{
    return error_set(error, "%s %.200s: cannot be read: %s", file->option, path,
                     strerror(errno));
}

static bool read_open(const struct key_file *file, int fd, const char *path,
                      struct seal_keys *keys, struct error *error)
{
    char text[FILE_MAX];
    struct stat st;
    size_t n = 0;
    ssize_t got;
    bool ok;

    if (fstat(fd, &st))
        return cannot_read(file, path, error);
    if (st.st_mode & 007)
        return error_set(error,
                         "%s %.200s: every user may open it (mode %03o), and "
                         "who knows a key can %s; `chmod o= %.100s`",
                         file->option, path, (unsigned)st.st_mode & 0777,
                         file->harm, path);
    do {
        got = read(fd, text + n, sizeof(text) - n);
        n += got > 0 ? (size_t)got : 0;
    } while (got > 0 && n < sizeof(text));
    if (got < 0)
        return cannot_read(file, path, error);
    if (n == sizeof(text))
        return error_set(error,
                         "%s %.200s: longer than any file of keys (%d bytes)",
                         file->option, path, FILE_MAX - 1);
    ok = key_file_parse(file, str_make(text, n), path, keys, error);
    explicit_bzero(text, sizeof(text));
    return ok;
}

bool key_file_read(const struct key_file *file, const char *path,
                   struct seal_keys *keys, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok;

    keys->n = 0;
    if (fd < 0)
        return cannot_read(file, path, error);
    ok = read_open(file, fd, path, keys, error);
    close(fd);
    return ok;
}
