/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_hello.h"

#include <string.h>

enum {
    RECORD_HEADER = 5,
    RECORD_HANDSHAKE = 22,
    RECORD_MAX = 16384,
    MESSAGE_HEADER = 4,
    MESSAGE_CLIENT_HELLO = 1,
    RANDOM = 32,
    EXTENSION_SERVER_NAME = 0,
    NAME_HOST = 0,
};

/* ---- a cursor ------------------------------------------------------------- */

/* What is left of a part; reading beyond its end makes it bad for good. */
struct bytes {
    const uint8_t *p;
    size_t n;
    bool bad;
};

static const uint8_t *take(struct bytes *b, size_t n)
{
    const uint8_t *p = b->p;

    if (b->bad || n > b->n) {
        *b = (struct bytes){.bad = true};
        return NULL;
    }
    b->p += n;
    b->n -= n;
    return p;
}

static unsigned take_number(struct bytes *b, unsigned size)
{
    const uint8_t *p = take(b, size);
    unsigned number = 0;

    for (unsigned i = 0; p && i < size; i++)
        number = number << 8 | p[i];
    return number;
}

/* A part that is preceded by its length in `size` bytes. */
static struct bytes take_part(struct bytes *b, unsigned size)
{
    size_t n = take_number(b, size);
    const uint8_t *p = take(b, n);

    return p ? (struct bytes){.p = p, .n = n} : (struct bytes){.bad = true};
}

/* ---- the message ---------------------------------------------------------- */

/* Puts the handshake bytes of the records together: no more than `want`.
 * Returns how many there are; `*first` gets where they begin if they stand in
 * one piece. */
static size_t gather(struct str records, size_t want, char *room,
                     const char **first)
{
    struct bytes b = {.p = (const uint8_t *)records.p, .n = records.n};
    size_t have = 0;

    *first = NULL;
    for (unsigned i = 0; i < TLS_HELLO_RECORDS_MAX && have < want; i++) {
        unsigned type = take_number(&b, 1);
        struct bytes part;
        size_t n;

        take(&b, 2);
        part = take_part(&b, 2);
        if (part.bad || type != RECORD_HANDSHAKE || part.n > RECORD_MAX)
            break;
        n = part.n < want - have ? part.n : want - have;
        if (i == 0 && n == want) {
            *first = (const char *)part.p;
            return n;
        }
        if (n)
            memcpy(room + have, part.p, n);
        have += n;
    }
    return have;
}

/* Whether the handshake bytes so far may become a ClientHello that is read. */
static bool may_grow(struct str records)
{
    struct bytes b = {.p = (const uint8_t *)records.p, .n = records.n};

    for (unsigned i = 0; i < TLS_HELLO_RECORDS_MAX; i++) {
        unsigned type = take_number(&b, 1);
        unsigned n;

        if (b.bad)
            return true;
        if (type != RECORD_HANDSHAKE)
            return false;
        take(&b, 2);
        n = take_number(&b, 2);
        if (n > RECORD_MAX)
            return false;
        take(&b, n);
        if (b.bad)
            return true;
    }
    return false;
}

/* ---- what stands in it ------------------------------------------------------ */

static struct str str_of_part(struct bytes b)
{
    return str_make((const char *)b.p, b.n);
}

/* Only whole lists are read; what follows the extensions is OpenSSL's to
 * refuse. */
static bool read_hello(struct bytes b, struct client_hello *hello)
{
    struct bytes ciphers;
    struct bytes extensions = {.p = NULL};

    hello->version = take_number(&b, 2);
    take(&b, RANDOM);
    take_part(&b, 1); /* legacy_session_id */
    ciphers = take_part(&b, 2);
    take_part(&b, 1); /* legacy_compression_methods */
    if (b.bad)
        return false;
    if (b.n)
        extensions = take_part(&b, 2);
    hello->ciphers = str_of_part(ciphers);
    hello->extensions = str_of_part(extensions);
    return !extensions.bad;
}

enum tls_hello tls_hello_read(struct str records, char *room,
                              struct client_hello *hello)
{
    char header[MESSAGE_HEADER];
    struct bytes b;
    const char *first;
    size_t n;

    if (gather(records, MESSAGE_HEADER, header, &first) < MESSAGE_HEADER)
        return may_grow(records) ? TLS_HELLO_PART : TLS_HELLO_OTHER;
    b = (struct bytes){.p = (const uint8_t *)(first ? first : header),
                       .n = MESSAGE_HEADER};
    if (take_number(&b, 1) != MESSAGE_CLIENT_HELLO)
        return TLS_HELLO_OTHER;
    n = MESSAGE_HEADER + (size_t)take_number(&b, 3);
    if (n > TLS_HELLO_MAX)
        return TLS_HELLO_OTHER;
    if (gather(records, n, room, &first) < n)
        return may_grow(records) ? TLS_HELLO_PART : TLS_HELLO_OTHER;
    b = (struct bytes){.p = (const uint8_t *)(first ? first : room), .n = n};
    take(&b, MESSAGE_HEADER);
    return read_hello(b, hello) ? TLS_HELLO_WHOLE : TLS_HELLO_OTHER;
}

bool tls_hello_next(struct str *rest, unsigned *type, struct str *data)
{
    struct bytes b = {.p = (const uint8_t *)rest->p, .n = rest->n};
    struct bytes one;

    *type = take_number(&b, 2);
    one = take_part(&b, 2);
    if (one.bad)
        return false;
    *data = str_of_part(one);
    *rest = str_of_part(b);
    return true;
}

/* ---- the name -------------------------------------------------------------- */

static struct str name_in_list(struct str list)
{
    struct bytes b = {.p = (const uint8_t *)list.p, .n = list.n};
    struct bytes all = take_part(&b, 2);

    while (!all.bad && all.n) {
        unsigned type = take_number(&all, 1);
        struct bytes one = take_part(&all, 2);

        if (!one.bad && type == NAME_HOST)
            return str_of_part(one);
    }
    return STR("");
}

struct str tls_hello_name(const struct client_hello *hello)
{
    struct str rest = hello->extensions;
    struct str data;
    unsigned type;

    while (tls_hello_next(&rest, &type, &data)) {
        if (type == EXTENSION_SERVER_NAME)
            return name_in_list(data);
    }
    return STR("");
}
