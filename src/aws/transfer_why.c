/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/transfer_why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>

static const char *of_certificate(CURL *easy)
{
    long verdict = X509_V_OK;

    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    switch (verdict) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: /* the chain is good: its names are not */
        return "another machine answers in this name: look at DNS and at "
               "proxies";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "look at this machine's clock, and at proxies that make "
               "certificates";
    default:
        return "if it should be trusted, set %s to a file (PEM) with the "
               "authority that issued it";
    }
}

/* One that libcurl takes for https. */
static bool has_proxy(void)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY",
                                        "all_proxy", "ALL_PROXY"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *said = getenv(names[i]);

        if (said && said[0])
            return true;
    }
    return false;
}

/* The connection was there and TLS was not.  (Its time is told only with the
 * handshake's, its port at once.) */
static bool hung_in_handshake(CURL *easy)
{
    curl_off_t secure = 0;
    char *url = NULL;
    long port = 0;

    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &secure);
    return url && strncmp(url, "https:", 6) == 0 && port > 0 && secure == 0;
}

/* NULL: the words say enough.  "%s" in it is where a file of authorities is
 * said. */
static const char *advice(CURL *easy, CURLcode result, bool direct)
{
    long proxy_status = 0;

    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return of_certificate(easy);
    case CURLE_SSL_CACERT_BADFILE:
        return "%s names a file (PEM) of authorities; without it the system "
               "has them (package ca-certificates)";
    case CURLE_SSL_CONNECT_ERROR:
        return "what answers there speaks no TLS that we do: look at proxies, "
               "or write http:// if the endpoint is one of yours";
    case CURLE_OPERATION_TIMEDOUT:
        return hung_in_handshake(easy)
                   ? "it took the connection and did not end TLS's handshake: "
                     "look at firewalls and proxies"
                   : NULL;
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "look at HTTPS_PROXY and NO_PROXY";
    case CURLE_COULDNT_CONNECT:
        return !direct && has_proxy() ? "look at HTTPS_PROXY and NO_PROXY too"
                                      : NULL;
    default:
        return proxy_status && proxy_status != 200
                   ? "the proxy does not let it pass: look at HTTPS_PROXY and "
                     "NO_PROXY"
                   : NULL;
    }
}

/* "Couldn't connect to server" is all that libcurl says. */
static void put_cause(CURL *easy, CURLcode result, int no_socket,
                      char why[TRANSFER_WHY_MAX])
{
    size_t n = strlen(why);
    long cause = no_socket;

    if (cause == 0)
        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &cause);
    if (result == CURLE_COULDNT_CONNECT && cause)
        snprintf(why + n, TRANSFER_WHY_MAX - n, ": %s", strerror((int)cause));
}

void transfer_explain(CURL *easy, CURLcode result, int no_socket,
                      const char *bundle, bool direct,
                      char why[TRANSFER_WHY_MAX])
{
    const char *more = advice(easy, result, direct);
    const char *place = more ? strstr(more, "%s") : NULL;
    size_t n;

    if (why[0] == '\0')
        snprintf(why, TRANSFER_WHY_MAX, "%s", curl_easy_strerror(result));
    put_cause(easy, result, no_socket, why);
    n = strlen(why);
    if (place)
        snprintf(why + n, TRANSFER_WHY_MAX - n, "; %.*s%s%s",
                 (int)(place - more), more, bundle, place + 2);
    else if (more)
        snprintf(why + n, TRANSFER_WHY_MAX - n, "; %s", more);
}
