/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of access keys: --access-keys FILE, and the key pair that Sluice makes
 * for itself where its API can be reached from elsewhere and no file was given.
 */
#ifndef SLUICE_APP_ACCESS_FILE_H
#define SLUICE_APP_ACCESS_FILE_H

#include "api/access_keys.h"
#include "app/options.h"

#define ACCESS_KEYS_OPTION(type, text)                                         \
    {                                                                          \
        .name = "access-keys", .argument = "FILE", .help = text,               \
        .kind = OPTION_TEXT, .offset = offsetof(type, access_keys)             \
    }

#define ACCESS_FILE_OWN "access-key.json" /* in the state folder */

/* Reads the file; NULL with errors in the report.  That other users may open it
 * is a warning. */
struct access_keys *access_file_read(const char *path, struct report *report);

/* The key pair of the folder (NULL: there is none).  It is made when it is not
 * there, for one user who may everything; then `*made` and it is to be shown.
 * NULL with errors in the report. */
struct access_keys *access_file_own(const char *folder, bool *made,
                                    struct report *report);

/* The same if it is there and may be read; NULL without a word if not. */
struct access_keys *access_file_look(const char *folder);

/* What a client of the API signs with: `*keys` of the file (`path`), or else of
 * the state folder (NULL: that of the environment) where it may be read; NULL:
 * there are none, and it does not sign.  False with errors printed: the file
 * that is named cannot be used. */
bool access_file_of_client(const char *path, const char *folder,
                           struct access_keys **keys);

#endif
