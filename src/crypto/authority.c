/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/address.h"
#include "base/text.h"

enum {
    DAY = 24 * 60 * 60,
    AUTHORITY_DAYS = 3652,
    SERIAL_BYTES = 16,
    COMMON_NAME_MAX = 64, /* RFC 5280: ub-common-name */
};

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

static bool failed(const char *what, struct error *error)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return error_set(error, "%s: %s", what, why ? why : "out of memory");
}

/* ---- parts of a certificate ------------------------------------------------- */

/* 127 random bits: positive, and never the same twice. */
static bool set_serial(X509 *x)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number;
    bool ok;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    return ok;
}

static bool set_dates(X509 *x, int64_t from, int64_t to)
{
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to);
}

static bool add_to_name(X509_NAME *name, const char *field, struct str text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      (const unsigned char *)text.p,
                                      (int)text.n, -1, 0) == 1;
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool ok;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ok = extension && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* The names go in as they are, never through OpenSSL's configuration
 * syntax. */
static bool push_name(GENERAL_NAMES *all, struct str name)
{
    GENERAL_NAME *one = GENERAL_NAME_new();
    ASN1_STRING *value;
    struct address ip;
    bool is_ip = address_parse_ip(name, &ip);
    const void *bytes = name.p;
    int n = (int)name.n;

    if (is_ip) {
        bytes = ip.ip;
        n = ip.family == 4 ? 4 : 16;
    }
    value = is_ip ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    if (one == NULL || value == NULL || ASN1_STRING_set(value, bytes, n) != 1) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(one);
        return false;
    }
    GENERAL_NAME_set0_value(one, is_ip ? GEN_IPADD : GEN_DNS, value);
    if (sk_GENERAL_NAME_push(all, one) > 0)
        return true;
    GENERAL_NAME_free(one);
    return false;
}

static bool add_names(X509 *x, const struct str *names, unsigned n)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    bool ok = all != NULL;

    for (unsigned i = 0; i < n && ok; i++)
        ok = push_name(all, names[i]);
    ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1;
    GENERAL_NAMES_free(all);
    return ok;
}

static X509 *begin(EVP_PKEY *key, int64_t from, int64_t to)
{
    X509 *x = X509_new();

    if (x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
        set_dates(x, from, to) && X509_set_pubkey(x, key) == 1)
        return x;
    X509_free(x);
    return NULL;
}

/* ---- the authority ----------------------------------------------------------- */

/* Its name tells one machine's authority from another's. */
static bool name_authority(X509 *x)
{
    char host[64] = "";
    char text[COMMON_NAME_MAX + 1];
    X509_NAME *name = X509_get_subject_name(x);

    if (gethostname(host, sizeof(host) - 1) || host[0] == '\0')
        snprintf(host, sizeof(host), "this machine");
    snprintf(text, sizeof(text), "Sluice local authority of %.30s", host);
    return add_to_name(name, "O", STR("Sluice")) &&
           add_to_name(name, "CN", str_of(text)) &&
           X509_set_issuer_name(x, name) == 1;
}

static X509 *make_authority(EVP_PKEY *key, int64_t now)
{
    X509 *x = begin(key, now - DAY, now + (int64_t)AUTHORITY_DAYS * DAY);

    if (x && name_authority(x) &&
        add_extension(x, x, NID_basic_constraints,
                      "critical,CA:TRUE,pathlen:0") &&
        add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        add_extension(x, x, NID_subject_key_identifier, "hash") &&
        X509_sign(x, key, EVP_sha256()) > 0)
        return x;
    X509_free(x);
    return NULL;
}

static struct authority *make(X509 *x, EVP_PKEY *key)
{
    struct authority *a = x && key ? calloc(1, sizeof(*a)) : NULL;

    if (a) {
        a->certificate = x;
        a->key = key;
        return a;
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return NULL;
}

struct authority *authority_new(int64_t now, struct error *error)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct authority *a = make(key ? make_authority(key, now) : NULL, key);

    if (a == NULL)
        failed("the local authority cannot be made", error);
    return a;
}

static int no_password(char *buffer, int size, int writing, void *owner)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)owner;
    return -1;
}

static bool is_authority(const struct authority *a)
{
    return X509_check_ca(a->certificate) == 1 &&
           X509_check_private_key(a->certificate, a->key) == 1;
}

struct authority *authority_read(struct str certificate, struct str key,
                                 struct error *error)
{
    BIO *c = BIO_new_mem_buf(certificate.p, (int)certificate.n);
    BIO *k = BIO_new_mem_buf(key.p, (int)key.n);
    X509 *x = c ? PEM_read_bio_X509(c, NULL, no_password, NULL) : NULL;
    EVP_PKEY *pkey =
        k ? PEM_read_bio_PrivateKey(k, NULL, no_password, NULL) : NULL;
    struct authority *a = make(x, pkey);

    BIO_free(c);
    BIO_free(k);
    if (a && is_authority(a)) {
        ERR_clear_error();
        return a;
    }
    authority_free(a);
    ERR_clear_error();
    error_set(error, "they are not the certificate and the key of an "
                     "authority");
    return NULL;
}

void authority_free(struct authority *a)
{
    if (a == NULL)
        return;
    X509_free(a->certificate);
    EVP_PKEY_free(a->key);
    free(a);
}

int64_t authority_not_after(const struct authority *a)
{
    struct tm tm = {0};

    return ASN1_TIME_to_tm(X509_get0_notAfter(a->certificate), &tm) == 1
               ? (int64_t)timegm(&tm)
               : 0;
}

/* ---- PEM ----------------------------------------------------------------------- */

static bool take(BIO *bio, char *out, size_t room)
{
    char *p = NULL;
    long n = bio ? BIO_get_mem_data(bio, &p) : 0;

    if (n <= 0 || (size_t)n >= room)
        return false;
    memcpy(out, p, (size_t)n);
    out[n] = '\0';
    return true;
}

static bool put_pair(X509 *x, EVP_PKEY *key, struct authority_pair *pair)
{
    BIO *c = BIO_new(BIO_s_mem());
    BIO *k = BIO_new(BIO_s_secmem());
    bool ok =
        c && k && PEM_write_bio_X509(c, x) == 1 &&
        PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) == 1 &&
        take(c, pair->certificate, sizeof(pair->certificate)) &&
        take(k, pair->key, sizeof(pair->key));

    BIO_free(c);
    BIO_free(k);
    ERR_clear_error();
    return ok;
}

bool authority_pem(const struct authority *a, struct authority_pair *pair)
{
    return put_pair(a->certificate, a->key, pair);
}

/* ---- what it issues -------------------------------------------------------------- */

static X509 *make_leaf(const struct authority *a, EVP_PKEY *key,
                       const struct str *names, unsigned n, int64_t now)
{
    int64_t last = authority_not_after(a);
    int64_t end = now + (int64_t)AUTHORITY_LEAF_DAYS * DAY;
    X509 *x = begin(key, now - DAY, end < last ? end : last);
    struct str name = names[0];

    if (x &&
        X509_set_issuer_name(x, X509_get_subject_name(a->certificate)) == 1 &&
        (name.n > COMMON_NAME_MAX ||
         add_to_name(X509_get_subject_name(x), "CN", name)) &&
        add_extension(x, a->certificate, NID_basic_constraints,
                      "critical,CA:FALSE") &&
        add_extension(x, a->certificate, NID_key_usage,
                      "critical,digitalSignature") &&
        add_extension(x, a->certificate, NID_ext_key_usage, "serverAuth") &&
        add_extension(x, a->certificate, NID_subject_key_identifier, "hash") &&
        add_extension(x, a->certificate, NID_authority_key_identifier,
                      "keyid") &&
        add_names(x, names, n) && X509_sign(x, a->key, EVP_sha256()) > 0)
        return x;
    X509_free(x);
    return NULL;
}

bool authority_issue(const struct authority *a, const struct str *names,
                     unsigned n, int64_t now, struct authority_pair *pair,
                     struct error *error)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = key && n ? make_leaf(a, key, names, n, now) : NULL;
    bool ok = x && put_pair(x, key, pair);

    X509_free(x);
    EVP_PKEY_free(key);
    return ok ||
           failed("the local authority cannot issue a certificate", error);
}
