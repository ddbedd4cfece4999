/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/websocket_accept.h"

#include <openssl/evp.h>

#include "base/base64.h"

bool websocket_accept(const char key[WEBSOCKET_KEY_LEN],
                      char accept[WEBSOCKET_ACCEPT_LEN])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char both[WEBSOCKET_KEY_LEN + sizeof(guid) - 1];
    struct text t = text_in(accept, WEBSOCKET_ACCEPT_LEN);
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t n = 0;

    memcpy(both, key, WEBSOCKET_KEY_LEN);
    memcpy(both + WEBSOCKET_KEY_LEN, guid, sizeof(guid) - 1);
    if (!EVP_Q_digest(NULL, "SHA1", NULL, both, sizeof(both), digest, &n))
        return false;
    base64_put(&t, digest, n);
    return text_ok(&t) && t.n == WEBSOCKET_ACCEPT_LEN;
}
