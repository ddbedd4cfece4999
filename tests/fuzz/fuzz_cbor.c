/* SPDX-License-Identifier: Apache-2.0
 *
 * CBOR of clients, compressed by gzip when the first byte is odd.  Whatever is
 * read is within the caps, and what is written of it reads as the same again.
 */
#include <stdlib.h>

#include "api/cbor.h"
#include "api/inflate.h"
#include "codec_check.h"
#include "fuzz.h"

enum { PLAIN_MAX = 64 * 1024 };

static void check(const struct value *v, unsigned depth)
{
    unsigned n = 0;

    CHECK(depth > 0);
    CHECK(v->kind != VALUE_UNKNOWN);
    for (const struct value *e = v->first; e; e = e->next, n++) {
        CHECK(v->kind != VALUE_MAP || value_get(v, e->key) == e);
        check(e, depth - 1);
    }
    CHECK(v->kind != VALUE_MAP || n <= CBOR_ENTRIES_MAX);
}

static void run(struct region *region, struct str bytes)
{
    struct error error = {""};
    const struct value *v = cbor_read(region, bytes, &error);
    size_t room = bytes.n * 16 + 64;
    struct text first = text_in(region_take(region, room), room);
    struct text second = text_in(region_take(region, room), room);

    if (v == NULL) {
        CHECK(error.text[0] != '\0');
        return;
    }
    check(v, CBOR_NESTED_MAX);
    cbor_put(&first, v);
    CHECK(text_ok(&first));
    v = cbor_read(region, text_str(&first), &error);
    CHECK(v != NULL);
    cbor_put(&second, v);
    CHECK(text_ok(&second) && str_eq(text_str(&first), text_str(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region region = {NULL};
    struct str bytes;

    if (size == 0)
        return 0;
    bytes = str_make((const char *)data + 1, size - 1);
    if ((data[0] & 1) == 0)
        run(&region, bytes);
    else if (inflate_gzip(&region, bytes, PLAIN_MAX, &bytes) == INFLATED)
        run(&region, bytes);
    region_end(&region);
    return 0;
}
