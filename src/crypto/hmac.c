/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text.h"

bool hmac_hex(struct str key, struct str text, char out[HMAC_HEX_LEN])
{
    struct text hex = text_in(out, HMAC_HEX_LEN);
    uint8_t code[HMAC_BYTES];
    unsigned n = sizeof(code);

    if (!HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p,
              text.n, code, &n))
        return false;
    for (unsigned i = 0; i < sizeof(code); i++)
        text_hex(&hex, code[i], 2);
    return true;
}

bool hmac_is(struct str key, struct str text, struct str hex)
{
    char right[HMAC_HEX_LEN];

    return hex.n == sizeof(right) && hmac_hex(key, text, right) &&
           CRYPTO_memcmp(right, hex.p, sizeof(right)) == 0;
}
