/* SPDX-License-Identifier: Apache-2.0
 *
 * A ClientHello: its server name and its fingerprints.
 *
 * - Neither is anything read beyond what came, nor written beyond the room;
 *   a name that is found stands in one of the two.
 * - More bytes change nothing about a name that was found, nor about there
 *   being none: what was decided early was decided well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "net/tls_fingerprint.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

static bool within(struct str name, const char *p, size_t n)
{
    return name.p >= p && name.p + name.n <= p + n;
}

static struct str name_of(enum tls_hello result,
                          const struct client_hello *hello)
{
    return result == TLS_HELLO_WHOLE ? tls_hello_name(hello) : STR("");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *room = malloc(TLS_HELLO_MAX);
    struct str all = str_make((const char *)data, size);
    struct client_hello hello;
    struct client_hello early;
    struct tls_fingerprint fingerprint;
    enum tls_hello result = tls_hello_read(all, room, &hello);
    struct str name = name_of(result, &hello);
    size_t part = size ? data[size - 1] % size : 0;
    char *other = malloc(TLS_HELLO_MAX);
    enum tls_hello before =
        tls_hello_read(str_make(all.p, part), other, &early);

    CHECK(room && other);
    if (name.n)
        CHECK(within(name, all.p, all.n) || within(name, room, TLS_HELLO_MAX));
    if (result == TLS_HELLO_WHOLE && tls_fingerprint(&hello, &fingerprint))
        CHECK(fingerprint.ja3[0] && fingerprint.ja4[0] == 't' &&
              fingerprint.ja4[10] == '_' && fingerprint.ja4[23] == '_');
    if (before != TLS_HELLO_PART)
        CHECK(before == result && str_eq(name_of(before, &early), name));
    free(room);
    free(other);
    return 0;
}
