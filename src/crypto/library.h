/* SPDX-License-Identifier: Apache-2.0
 *
 * Which cryptographic library this process runs with.
 */
#ifndef SLUICE_CRYPTO_LIBRARY_H
#define SLUICE_CRYPTO_LIBRARY_H

/* "OpenSSL 3.0.15 3 Sep 2024": the one that was loaded. */
const char *crypto_library(void);

#endif
