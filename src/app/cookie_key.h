/* SPDX-License-Identifier: Apache-2.0
 *
 * --cookie-key FILE: the keys that seal the cookies of stickiness.
 *
 * A text of one key a line, 64 hexadecimal digits or the 44 characters of
 * base64; empty lines and lines that begin with `#` are passed over.  The
 * first key seals, all of them open.
 */
#ifndef SLUICE_APP_COOKIE_KEY_H
#define SLUICE_APP_COOKIE_KEY_H

#include "app/options.h"
#include "crypto/seal.h"

#define COOKIE_KEY_OPTION(type, text)                                          \
    {                                                                          \
        .name = "cookie-key", .argument = "FILE", .help = text,                \
        .kind = OPTION_TEXT, .offset = offsetof(type, cookie_key)              \
    }

/* Reads the keys of a text; `path` is what errors call it.  False with an
 * error that says which line is wrong, and nothing in `keys`. */
bool cookie_key_parse(struct str text, const char *path, struct seal_keys *keys,
                      struct error *error);

/* The same of a file, which must not be open to users that are neither its
 * owner nor of its group. */
bool cookie_key_read(const char *path, struct seal_keys *keys,
                     struct error *error);

#endif
