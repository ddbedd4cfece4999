/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a trust store comes from: the file of its authorities, and the files
 * of what they revoked; or texts that the account has of them.
 */
#ifndef SLUICE_CONTROL_TRUST_SOURCE_H
#define SLUICE_CONTROL_TRUST_SOURCE_H

#include "base/file.h"
#include "crypto/trust_store.h"
#include "model/config.h"

/* The bundle: as many certificates as there may be, each as large as it may
 * be, as PEM with room for comments. */
enum { TRUST_FILE_MAX = 1024 * 1024 };

/* A trust store that can be verified with. */
struct served_trust {
    struct str arn;
    unsigned nfiles;         /* at least 1 */
    struct str *files;       /* the bundle, then lists: names */
    bool *is_file;           /* of each; false: a text of the account, which
                                never changes under the same name */
    struct file_mark *marks; /* of each file */
    bool stale; /* the files are not as they were, and cannot be used */
    struct tls_trust *trust; /* held */
};

/* Reads the files and texts; what it keeps but the trust store stands in the region.
 * False with an error that names the file. */
bool trust_from_files(struct served_trust *served,
                      const struct config_trust_store *wanted,
                      struct region *region, struct error *error);

/* The same once more, with one more holder. */
void trust_copy(struct served_trust *to, const struct served_trust *from,
                struct region *region);

/* Whether it is what is wanted, and its files are as they were. */
bool trust_is_of(const struct served_trust *served,
                 const struct config_trust_store *wanted);
bool trust_is_current(const struct served_trust *served);

#endif
