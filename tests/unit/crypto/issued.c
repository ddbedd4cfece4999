/* SPDX-License-Identifier: Apache-2.0 */
#include "issued.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define MUST(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

enum { DAY = 24 * 60 * 60 };

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "issued.c:%d: not true: %s\n", line, condition);
    abort();
}

static EVP_PKEY *make_key(const char *kind)
{
    EVP_PKEY *key;

    if (kind == NULL)
        kind = "P-256";
    if (strncmp(kind, "RSA:", 4) == 0)
        key = EVP_RSA_gen((unsigned)atoi(kind + 4));
    else if (strcmp(kind, "ED25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_EC_gen(kind);
    MUST(key);
    return key;
}

static void extend(X509 *x, X509 *by, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *e;

    X509V3_set_ctx(&context, by, x, NULL, NULL, 0);
    e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    MUST(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void extend_unknown(X509 *x, const char *oid)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e;

    MUST(object && value && ASN1_OCTET_STRING_set(value, (void *)"\5", 2));
    e = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
    MUST(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *x, X509 *by, const struct issue *what)
{
    extend(x, by, NID_basic_constraints,
           what->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (what->usage)
        extend(x, by, NID_key_usage, what->usage);
    if (what->purpose || !what->authority)
        extend(x, by, NID_ext_key_usage,
               what->purpose ? what->purpose : "clientAuth");
    if (what->critical)
        extend_unknown(x, what->critical);
}

static const EVP_MD *digest_of(const char *name, const EVP_PKEY *key)
{
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
        return NULL;
    return EVP_get_digestbyname(name ? name : "SHA256");
}

struct issued issue(const struct issue *what, const struct issued *by)
{
    static unsigned next = 0x1000;
    struct issued made = {X509_new(), make_key(what->key)};
    const struct issued *issuer = by ? by : &made;
    X509_NAME *name = X509_NAME_new();

    MUST(made.x && name);
    MUST(X509_set_version(made.x,
                          what->version1 ? X509_VERSION_1 : X509_VERSION_3));
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(made.x),
                          what->serial ? what->serial : next++));
    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    (const unsigned char *)what->name, -1, -1,
                                    0));
    MUST(X509_set_subject_name(made.x, name));
    X509_NAME_free(name);
    MUST(X509_set_issuer_name(made.x, X509_get_subject_name(issuer->x)));
    MUST(X509_gmtime_adj(X509_getm_notBefore(made.x),
                         (long)(what->from ? what->from : -1) * DAY));
    MUST(X509_gmtime_adj(X509_getm_notAfter(made.x),
                         (long)(what->to ? what->to : 30) * DAY));
    MUST(X509_set_pubkey(made.x, made.key));
    if (!what->version1)
        add_extensions(made.x, issuer->x, what);
    MUST(X509_sign(made.x, issuer->key, digest_of(what->digest, issuer->key)) >
         0);
    return made;
}

void issued_end(struct issued *issued)
{
    X509_free(issued->x);
    EVP_PKEY_free(issued->key);
    *issued = (struct issued){NULL, NULL};
}

static void revoke(X509_CRL *crl, unsigned serial)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, time(NULL) - DAY);

    MUST(entry && number && when && ASN1_INTEGER_set(number, serial));
    MUST(X509_REVOKED_set_serialNumber(entry, number));
    MUST(X509_REVOKED_set_revocationDate(entry, when));
    MUST(X509_CRL_add0_revoked(crl, entry));
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(when);
}

X509_CRL *issue_list(const struct issued *by, const unsigned *serials, int from,
                     int to)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *begin = ASN1_TIME_set(NULL, time(NULL) + (long)from * DAY);
    ASN1_TIME *end = ASN1_TIME_set(NULL, time(NULL) + (long)to * DAY);

    MUST(crl && begin && end && X509_CRL_set_version(crl, X509_CRL_VERSION_2));
    MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->x)));
    MUST(X509_CRL_set1_lastUpdate(crl, begin));
    MUST(X509_CRL_set1_nextUpdate(crl, end));
    while (serials && *serials)
        revoke(crl, *serials++);
    MUST(X509_CRL_sort(crl));
    MUST(X509_CRL_sign(crl, by->key, EVP_sha256()) > 0);
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    return crl;
}

static char *text_of(BIO *bio)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    char *copy = malloc((size_t)n + 1);

    MUST(copy);
    memcpy(copy, p, (size_t)n);
    copy[n] = '\0';
    BIO_free(bio);
    return copy;
}

char *issued_pem(X509 *x)
{
    BIO *bio = BIO_new(BIO_s_mem());

    MUST(bio && PEM_write_bio_X509(bio, x));
    return text_of(bio);
}

char *issued_key_pem(const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    MUST(bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    return text_of(bio);
}

char *issued_list_pem(X509_CRL *crl)
{
    BIO *bio = BIO_new(BIO_s_mem());

    MUST(bio && PEM_write_bio_X509_CRL(bio, crl));
    return text_of(bio);
}
