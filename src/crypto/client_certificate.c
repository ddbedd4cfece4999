/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/client_certificate.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "base/text.h"

enum { PEM_LINE_BYTES = 48 }; /* RFC 7468: 64 characters */

/* What was written to `t` since it held `from` bytes. */
static struct str since(const struct text *t, size_t from)
{
    return str_make(t->p + from, t->n - from);
}

/* ---- serial number -------------------------------------------------------- */

static void put_serial(struct text *t, const ASN1_INTEGER *serial)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *p = ASN1_STRING_get0_data(serial);
    int n = ASN1_STRING_length(serial);

    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        text_char(t, '-');
    for (int i = 0; i < n; i++) {
        text_char(t, digits[p[i] >> 4]);
        text_char(t, digits[p[i] & 15]);
    }
    if (n == 0)
        TEXT_LITERAL(t, "00");
}

/* ---- names ----------------------------------------------------------------- */

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    }
    return true;
}

/* False, and nothing of it, when it cannot be read.  What is no printable
 * ASCII becomes \XX: OpenSSL is trusted with that, and checked. */
static bool put_name(struct text *t, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    struct str s = STR("");
    bool ok = bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0;

    if (ok) {
        long n = BIO_get_mem_data(bio, &p);

        s = str_make(p, n > 0 ? (size_t)n : 0);
        ok = is_printable(s);
    }
    if (ok)
        text_str_put(t, s);
    else
        ERR_clear_error();
    BIO_free(bio);
    return ok;
}

/* ---- validity ---------------------------------------------------------------- */

static void put_number(struct text *t, int v, unsigned width)
{
    char digits[4];

    for (unsigned i = width; i-- > 0; v /= 10)
        digits[i] = (char)('0' + v % 10);
    text_put(t, digits, width);
}

/* ISO 8601; years of X.509 have four digits. */
static bool put_time(struct text *t, const ASN1_TIME *time)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1 || tm.tm_year + 1900 < 0 ||
        tm.tm_year + 1900 > 9999) {
        ERR_clear_error();
        return false;
    }
    put_number(t, tm.tm_year + 1900, 4);
    text_char(t, '-');
    put_number(t, tm.tm_mon + 1, 2);
    text_char(t, '-');
    put_number(t, tm.tm_mday, 2);
    text_char(t, 'T');
    put_number(t, tm.tm_hour, 2);
    text_char(t, ':');
    put_number(t, tm.tm_min, 2);
    text_char(t, ':');
    put_number(t, tm.tm_sec, 2);
    text_char(t, 'Z');
    return true;
}

static bool put_validity(struct text *t, const X509 *leaf)
{
    TEXT_LITERAL(t, "NotBefore=");
    if (!put_time(t, X509_get0_notBefore(leaf)))
        return false;
    TEXT_LITERAL(t, ";NotAfter=");
    return put_time(t, X509_get0_notAfter(leaf));
}

/* ---- PEM ----------------------------------------------------------------------- */

static void put_lines(struct text *t, const unsigned char *der, size_t n)
{
    TEXT_LITERAL(t, "-----BEGIN%20CERTIFICATE-----%0A");
    for (size_t i = 0; i < n; i += PEM_LINE_BYTES) {
        base64_put(t, der + i, n - i < PEM_LINE_BYTES ? n - i : PEM_LINE_BYTES);
        TEXT_LITERAL(t, "%0A");
    }
    TEXT_LITERAL(t, "-----END%20CERTIFICATE-----%0A");
}

static void put_pem(struct text *t, const X509 *certificate)
{
    unsigned char *der = NULL;
    int n = t->overflow ? 0 : i2d_X509(certificate, &der);

    if (n <= 0) {
        ERR_clear_error();
        t->overflow = true; /* rather than a chain with a hole */
        return;
    }
    put_lines(t, der, (size_t)n);
    OPENSSL_free(der);
}

static void put_chain(struct text *t, const STACK_OF(X509) * chain)
{
    for (int i = 0; i < sk_X509_num(chain); i++)
        put_pem(t, sk_X509_value(chain, i));
}

/* ---- all of it ------------------------------------------------------------------ */

static void put_texts(struct text *t, struct client_certificate *c,
                      const X509 *leaf, const STACK_OF(X509) * chain)
{
    size_t begin = t->n;

    put_serial(t, X509_get0_serialNumber(leaf));
    c->serial_number = since(t, begin);
    begin = t->n;
    c->legible = put_name(t, X509_get_issuer_name(leaf));
    c->issuer = since(t, begin);
    begin = t->n;
    c->legible &= put_name(t, X509_get_subject_name(leaf));
    c->subject = since(t, begin);
    begin = t->n;
    if (!put_validity(t, leaf)) {
        c->legible = false;
        t->n = begin;
    }
    c->validity = since(t, begin);
    begin = t->n;
    if (chain)
        put_chain(t, chain);
    else
        put_pem(t, leaf);
    c->pem = since(t, begin);
}

static void move(struct str *s, const char *from, const char *to)
{
    s->p = to + (s->p - from);
}

struct client_certificate *client_certificate_new(const X509 *leaf,
                                                  const STACK_OF(X509) * chain)
{
    char room[CLIENT_CERTIFICATE_MAX];
    struct text t = text_in(room, sizeof(room));
    struct client_certificate made;
    struct client_certificate *c;
    char *texts;

    put_texts(&t, &made, leaf, chain);
    if (!text_ok(&t))
        return NULL;
    c = malloc(sizeof(*c) + t.n);
    if (c == NULL)
        return NULL;
    texts = (char *)(c + 1);
    memcpy(texts, room, t.n);
    *c = made;
    move(&c->serial_number, room, texts);
    move(&c->issuer, room, texts);
    move(&c->subject, room, texts);
    move(&c->validity, room, texts);
    move(&c->pem, room, texts);
    return c;
}

void client_certificate_free(struct client_certificate *certificate)
{
    free(certificate);
}
