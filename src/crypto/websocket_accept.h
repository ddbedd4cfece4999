/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server must answer to a Sec-WebSocket-Key (RFC 6455 §4.2.2).
 */
#ifndef SLUICE_CRYPTO_WEBSOCKET_ACCEPT_H
#define SLUICE_CRYPTO_WEBSOCKET_ACCEPT_H

#include "base/str.h"

enum {
    WEBSOCKET_KEY_LEN = 24,    /* 16 bytes in Base64 */
    WEBSOCKET_ACCEPT_LEN = 28, /* a SHA-1 in Base64 */
};

/* False when the library cannot do SHA-1. */
bool websocket_accept(const char key[WEBSOCKET_KEY_LEN],
                      char accept[WEBSOCKET_ACCEPT_LEN]);

#endif
