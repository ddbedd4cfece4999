/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests of web ACLs: of what they say and of all that they refer to.
 */
#include "model/read_waf.h"

void waf_digest_str(struct sha256 *sha, struct str s)
{
    uint64_t n = s.n;

    sha256_add(sha, &n, sizeof(n));
    sha256_add(sha, s.p, s.n);
}

/* As deep as values are nested; deeper ones nobody reads. */
static void add(struct sha256 *sha, const struct value *value, unsigned depth)
{
    uint8_t kind = (uint8_t)value->kind;
    uint8_t end = UINT8_MAX;

    sha256_add(sha, &kind, 1);
    waf_digest_str(sha, value->text);
    for (const struct value *v = value->first; v && depth; v = v->next) {
        if (value->kind == VALUE_MAP)
            waf_digest_str(sha, v->key);
        add(sha, v, depth - 1);
    }
    sha256_add(sha, &end, 1);
}

void waf_digest_value(struct sha256 *sha, const struct value *value)
{
    if (value)
        add(sha, value, VALUE_NESTED_MAX);
}

void waf_digest_note(struct waf_build *waf, const void *object,
                     struct sha256 *sha)
{
    struct waf_digest *digest = &waf->digests[waf->ndigests++];

    digest->object = object;
    sha256_bytes(sha, digest->bytes);
}

void waf_digest_add(struct sha256 *sha, const struct waf_build *waf,
                    const void *object)
{
    for (unsigned i = 0; i < waf->ndigests; i++) {
        if (waf->digests[i].object == object)
            sha256_add(sha, waf->digests[i].bytes, SHA256_BYTES);
    }
}
