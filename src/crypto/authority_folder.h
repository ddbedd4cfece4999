/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that keeps a local authority: ca.pem, its certificate, and ca.key
 * (0600).  Processes that open the same folder at the same time have the same
 * authority.
 */
#ifndef SLUICE_CRYPTO_AUTHORITY_FOLDER_H
#define SLUICE_CRYPTO_AUTHORITY_FOLDER_H

#include "crypto/authority.h"

#define AUTHORITY_CERTIFICATE "ca.pem"
#define AUTHORITY_KEY "ca.key"

/* The authority of the folder; folder and authority are made when they are not
 * there (`*made`).  NULL with an error. */
struct authority *authority_open(const char *folder, int64_t now, bool *made,
                                 struct error *error);

/* "FOLDER/ca.pem" into a buffer of PATH_MAX bytes. */
const char *authority_path(const char *folder, const char *name, char *buffer);

#endif
