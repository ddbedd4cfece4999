/* SPDX-License-Identifier: Apache-2.0
 *
 * --cookie-key FILE, --ticket-key FILE: the keys that seal what clients keep
 * for us, the cookies of stickiness and the tickets of TLS sessions.
 *
 * A text of one key a line, 64 hexadecimal digits or the 44 characters of
 * base64; empty lines and lines that begin with `#` are passed over.  The
 * first key seals, all of them open.
 */
#ifndef SLUICE_APP_KEY_FILE_H
#define SLUICE_APP_KEY_FILE_H

#include "app/options.h"
#include "crypto/seal.h"

#define COOKIE_KEY_OPTION(type, text)                                          \
    {                                                                          \
        .name = "cookie-key", .argument = "FILE", .help = text,                \
        .kind = OPTION_TEXT, .offset = offsetof(type, cookie_key)              \
    }

#define TICKET_KEY_OPTION(type, text)                                          \
    {                                                                          \
        .name = "ticket-key", .argument = "FILE", .help = text,                \
        .kind = OPTION_TEXT, .offset = offsetof(type, ticket_key)              \
    }

/* What is said of a file that cannot be used. */
struct key_file {
    const char *option; /* "--cookie-key" */
    const char *harm;   /* what may be done by who knows a key */
    const char *life;   /* until when a key is needed */
};

extern const struct key_file key_file_cookies;
extern const struct key_file key_file_tickets;

/* Reads the keys of a text; `path` is what errors call it.  False with an
 * error that says which line is wrong, and nothing in `keys`. */
bool key_file_parse(const struct key_file *file, struct str text,
                    const char *path, struct seal_keys *keys,
                    struct error *error);

/* The same of a file, which must not be open to users that are neither its
 * owner nor of its group. */
bool key_file_read(const struct key_file *file, const char *path,
                   struct seal_keys *keys, struct error *error);

#endif
