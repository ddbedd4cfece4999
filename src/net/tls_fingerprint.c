/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_fingerprint.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/text.h"

enum {
    SERVER_NAME = 0,
    SUPPORTED_GROUPS = 10,
    POINT_FORMATS = 11,
    SIGNATURE_ALGORITHMS = 13,
    ALPN = 16,
    SUPPORTED_VERSIONS = 43,
    /* Five digits and a separator for each number. */
    TEXT_MAX = 5 * TLS_FINGERPRINT_MOST * 6,
};

/* What a list has, GREASE left out. */
struct numbers {
    unsigned n;
    bool too_many;
    uint16_t v[TLS_FINGERPRINT_MOST];
};

/* Everything that one of the two looks at. */
struct seen {
    struct numbers ciphers;
    struct numbers extensions;
    struct numbers groups;
    struct numbers formats;
    struct numbers signatures;
    struct numbers versions;
    struct str protocol; /* the first of ALPN */
    bool named;
    char text[TEXT_MAX];
};

/* ---- reading ------------------------------------------------------------------ */

/* RFC 8701: both bytes are the same, 0x?a. */
static bool is_grease(unsigned number)
{
    return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

static void add(struct numbers *to, unsigned number)
{
    if (to->n == TLS_FINGERPRINT_MOST)
        to->too_many = true;
    else
        to->v[to->n++] = (uint16_t)number;
}

static unsigned number_at(struct str s, size_t at)
{
    return (unsigned)(uint8_t)s.p[at] << 8 | (uint8_t)s.p[at + 1];
}

static void add_pairs(struct numbers *to, struct str list)
{
    for (size_t i = 0; i + 1 < list.n; i += 2) {
        if (!is_grease(number_at(list, i)))
            add(to, number_at(list, i));
    }
}

/* Without the length in front of it, `size` bytes. */
static struct str behind(struct str data, size_t size)
{
    return data.n < size ? STR("") : str_make(data.p + size, data.n - size);
}

static void add_bytes(struct numbers *to, struct str list)
{
    for (size_t i = 0; i < list.n; i++)
        add(to, (uint8_t)list.p[i]);
}

static void read_protocol(struct seen *seen, struct str data)
{
    struct str list = behind(data, 2);
    size_t n = list.n ? (uint8_t)list.p[0] : 0;

    if (n < list.n)
        seen->protocol = str_make(list.p + 1, n);
}

static void read_extension(struct seen *seen, unsigned type, struct str data)
{
    switch (type) {
    case SERVER_NAME:
        seen->named = true;
        break;
    case SUPPORTED_GROUPS:
        add_pairs(&seen->groups, behind(data, 2));
        break;
    case POINT_FORMATS:
        add_bytes(&seen->formats, behind(data, 1));
        break;
    case SIGNATURE_ALGORITHMS:
        add_pairs(&seen->signatures, behind(data, 2));
        break;
    case ALPN:
        read_protocol(seen, data);
        break;
    case SUPPORTED_VERSIONS:
        add_pairs(&seen->versions, behind(data, 1));
        break;
    default:
        break;
    }
}

static bool read_all(struct seen *seen, const struct client_hello *hello)
{
    struct str rest = hello->extensions;
    struct str data;
    unsigned type;

    add_pairs(&seen->ciphers, hello->ciphers);
    while (tls_hello_next(&rest, &type, &data)) {
        if (is_grease(type))
            continue;
        add(&seen->extensions, type);
        read_extension(seen, type, data);
    }
    return !(seen->ciphers.too_many || seen->extensions.too_many ||
             seen->groups.too_many || seen->formats.too_many ||
             seen->signatures.too_many || seen->versions.too_many);
}

/* ---- JA3 ------------------------------------------------------------------------ */

static void put_decimals(struct text *t, const struct numbers *numbers)
{
    for (unsigned i = 0; i < numbers->n; i++) {
        if (i)
            text_char(t, '-');
        text_u64(t, numbers->v[i]);
    }
}

static bool put_digest(char *to, size_t n, const char *name, struct str of)
{
    static const char digits[] = "0123456789abcdef";
    const EVP_MD *md = EVP_get_digestbyname(name);
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (md == NULL || EVP_Digest(of.p, of.n, digest, NULL, md, NULL) != 1)
        return false;
    for (size_t i = 0; i < n; i++)
        to[i] = digits[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
    return true;
}

static bool put_ja3(struct seen *seen, unsigned version, char ja3[JA3_TEXT])
{
    const struct numbers *lists[] = {&seen->ciphers, &seen->extensions,
                                     &seen->groups, &seen->formats};
    struct text t = text_in(seen->text, sizeof(seen->text));

    text_u64(&t, version);
    for (unsigned i = 0; i < 4; i++) {
        text_char(&t, ',');
        put_decimals(&t, lists[i]);
    }
    return text_ok(&t) && put_digest(ja3, JA3_TEXT, "MD5", text_str(&t));
}

/* ---- JA4 ------------------------------------------------------------------------ */

static const char *version_word(unsigned version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    default:
        return "00";
    }
}

static unsigned highest(const struct seen *seen, unsigned legacy)
{
    unsigned most = 0;

    for (unsigned i = 0; i < seen->versions.n; i++)
        most = seen->versions.v[i] > most ? seen->versions.v[i] : most;
    return most ? most : legacy;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') ||
           (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

/* The first and the last character of the protocol, or, where one of them is
 * neither letter nor digit, of its hexadecimal form. */
static void put_protocol(struct text *t, struct str protocol)
{
    static const char digits[] = "0123456789abcdef";
    char first;
    char last;

    if (protocol.n == 0) {
        TEXT_LITERAL(t, "00");
        return;
    }
    first = protocol.p[0];
    last = protocol.p[protocol.n - 1];
    if (!is_alnum(first) || !is_alnum(last)) {
        first = digits[(uint8_t)first >> 4];
        last = digits[(uint8_t)last & 15];
    }
    text_char(t, first);
    text_char(t, last);
}

static void put_count(struct text *t, unsigned n)
{
    n = n < 99 ? n : 99;
    text_char(t, (char)('0' + n / 10));
    text_char(t, (char)('0' + n % 10));
}

static void put_hexadecimals(struct text *t, const struct numbers *numbers)
{
    for (unsigned i = 0; i < numbers->n; i++) {
        if (i)
            text_char(t, ',');
        text_hex(t, numbers->v[i], 4);
    }
}

static int compare(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void drop(struct numbers *numbers, unsigned number)
{
    unsigned n = 0;

    for (unsigned i = 0; i < numbers->n; i++) {
        if (numbers->v[i] != number)
            numbers->v[n++] = numbers->v[i];
    }
    numbers->n = n;
}

/* Twelve digits of what the list says, sorted; zeros for an empty one. */
static bool put_list(struct seen *seen, struct text *to,
                     struct numbers *numbers, const struct numbers *more)
{
    struct text t = text_in(seen->text, sizeof(seen->text));
    char digest[12];

    memset(digest, '0', sizeof(digest));
    qsort(numbers->v, numbers->n, sizeof(numbers->v[0]), compare);
    put_hexadecimals(&t, numbers);
    if (more && more->n) {
        text_char(&t, '_');
        put_hexadecimals(&t, more);
    }
    if (numbers->n &&
        !put_digest(digest, sizeof(digest), "SHA256", text_str(&t)))
        return false;
    text_put(to, digest, sizeof(digest));
    return text_ok(&t);
}

/* Sorts the lists. */
static bool put_ja4(struct seen *seen, unsigned legacy, char ja4[JA4_TEXT])
{
    struct text t = text_in(ja4, JA4_TEXT);

    text_char(&t, 't'); /* over TCP */
    text_str_put(&t, str_of(version_word(highest(seen, legacy))));
    text_char(&t, seen->named ? 'd' : 'i');
    put_count(&t, seen->ciphers.n);
    put_count(&t, seen->extensions.n);
    put_protocol(&t, seen->protocol);
    text_char(&t, '_');
    if (!put_list(seen, &t, &seen->ciphers, NULL))
        return false;
    text_char(&t, '_');
    drop(&seen->extensions, SERVER_NAME);
    drop(&seen->extensions, ALPN);
    return put_list(seen, &t, &seen->extensions, &seen->signatures) &&
           text_ok(&t);
}

bool tls_fingerprint(const struct client_hello *hello,
                     struct tls_fingerprint *to)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    bool ok = seen && read_all(seen, hello) &&
              put_ja3(seen, hello->version, to->ja3) &&
              put_ja4(seen, hello->version, to->ja4);

    if (!ok)
        *to = (struct tls_fingerprint){.ja3 = ""};
    free(seen);
    return ok;
}
