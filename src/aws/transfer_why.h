/* SPDX-License-Identifier: Apache-2.0
 *
 * Why no answer came, in libcurl's words, and what to do about it where that
 * can be known: certificates, TLS, proxies; and errno of a connection that was
 * not made.
 */
#ifndef SLUICE_AWS_TRANSFER_WHY_H
#define SLUICE_AWS_TRANSFER_WHY_H

#include <stdbool.h>

#include <curl/curl.h>

enum { TRANSFER_WHY_MAX = CURL_ERROR_SIZE + 256 };

/* `why` has what libcurl wrote there (CURLOPT_ERRORBUFFER), perhaps nothing.
 * `no_socket`: errno of a socket that could not be, which libcurl does not keep;
 * 0: there was one.  `bundle` is where a file of authorities is said; `direct`: no proxy was asked
 * for. */
void transfer_explain(CURL *easy, CURLcode result, int no_socket,
                      const char *bundle, bool direct,
                      char why[TRANSFER_WHY_MAX]);

#endif
