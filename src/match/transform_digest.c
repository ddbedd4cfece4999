/* SPDX-License-Identifier: Apache-2.0
 *
 * MD5 and SHA256: the raw bytes of the digest.
 */
#include "crypto/md5.h"
#include "crypto/sha256.h"
#include "match/transform_internal.h"

static bool always(struct str in)
{
    (void)in;
    return true;
}

static size_t write_md5(struct str in, char *out)
{
    md5_bytes(in, (uint8_t *)out);
    return MD5_BYTES;
}

/* Without memory for OpenSSL's state there is no digest, which no rule can
 * ask for. */
static size_t write_sha256(struct str in, char *out)
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        return 0;
    sha256_add(&sha, in.p, in.n);
    sha256_bytes(&sha, (uint8_t *)out);
    sha256_end(&sha);
    return SHA256_BYTES;
}

const struct transform_kind transform_md5 = {
    .touches = always, .write = write_md5, .least = MD5_BYTES};

const struct transform_kind transform_sha256 = {
    .touches = always, .write = write_sha256, .least = SHA256_BYTES};
