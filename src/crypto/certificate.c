/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/certificate.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { CHAIN_MAX = 16 };

struct chain {
    unsigned n;
    X509 *x[CHAIN_MAX];
};

/* ---- PEM ------------------------------------------------------------------- */

/* Nobody is there to be asked for one. */
static int no_password(char *buffer, int size, int writing, void *owner)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)owner;
    return -1;
}

static bool has(struct str text, const char *what)
{
    return text.n && memmem(text.p, text.n, what, strlen(what)) != NULL;
}

/* What OpenSSL found, for people; its queue is empty then. */
static const char *reason(void)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return why ? why : "it is damaged";
}

/* A SEQUENCE that begins with version 3 (RFC 7292 §4): .p12 and .pfx. */
static bool is_pkcs12(struct str text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    size_t length = text.n > 1 && p[1] >= 0x80 ? p[1] & 0x7fu : 0;

    return length < 5 && text.n >= 5 + length && p[0] == 0x30 &&
           memcmp(p + 2 + length, "\x02\x01\x03", 3) == 0;
}

static bool not_there(const struct certificate_text *c, const char *what,
                      struct error *error)
{
    const unsigned char *p = (const unsigned char *)c->text.p;

    if (c->text.n == 0)
        return error_set(error, "%.200s is empty", c->where);
    if (is_pkcs12(c->text))
        return error_set(error,
                         "%.200s is no PEM but PKCS#12; `openssl pkcs12 -in "
                         "FILE -nodes -out FILE.pem` converts it, key and all",
                         c->where);
    if (c->text.n > 4 && p[0] == 0x30 && p[1] >= 0x80)
        return error_set(error,
                         "%.200s is no PEM but DER; `openssl %s -in FILE "
                         "-inform DER -out FILE.pem` converts it",
                         c->where, what[0] == 'c' ? "x509" : "pkey");
    return error_set(error, "%.200s has no %s in PEM (-----BEGIN %s-----)",
                     c->where, what,
                     what[0] == 'c' ? "CERTIFICATE" : "PRIVATE KEY");
}

static void free_chain(struct chain *chain)
{
    for (unsigned i = 0; i < chain->n; i++)
        X509_free(chain->x[i]);
    chain->n = 0;
}

/* All certificates of a text; what else stands in it is passed over. */
static bool read_chain(const struct certificate_text *c, struct chain *chain,
                       struct error *error)
{
    BIO *bio = BIO_new_mem_buf(c->text.p, (int)c->text.n);
    X509 *x;
    unsigned long code;

    chain->n = 0;
    ERR_clear_error();
    while (bio && (x = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        if (chain->n == CHAIN_MAX) {
            X509_free(x);
            free_chain(chain);
            BIO_free(bio);
            return error_set(error, "%.200s has more than %d certificates",
                             c->where, CHAIN_MAX);
        }
        chain->x[chain->n++] = x;
    }
    BIO_free(bio);
    code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_PEM &&
        ERR_GET_REASON(code) == PEM_R_NO_START_LINE)
        ERR_clear_error();
    else if (code) {
        error_set(error, "%.200s: certificate %u of it cannot be read: %s",
                  c->where, chain->n + 1, reason());
        free_chain(chain);
        return false;
    }
    return chain->n || not_there(c, "certificate", error);
}

static EVP_PKEY *read_key(const struct certificate_text *c, struct error *error)
{
    BIO *bio = BIO_new_mem_buf(c->text.p, (int)c->text.n);
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

    BIO_free(bio);
    if (key) {
        ERR_clear_error();
        return key;
    }
    if (!has(c->text, "PRIVATE KEY-----"))
        not_there(c, "private key", error);
    else if (has(c->text, "ENCRYPTED"))
        error_set(error,
                  "%.200s: the private key has a password; `openssl pkey -in "
                  "FILE -out FILE.plain` writes it without",
                  c->where);
    else
        error_set(error, "%.200s: the private key cannot be read: %s", c->where,
                  reason());
    ERR_clear_error();
    return NULL;
}

/* ---- what ALB takes ---------------------------------------------------------- */

static bool is_rsa(EVP_PKEY *key, char kind[16])
{
    int bits = EVP_PKEY_get_bits(key);

    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        return false;
    snprintf(kind, 16, "RSA %d", bits);
    return bits == 2048 || bits == 3072 || bits == 4096;
}

static bool is_ecdsa(EVP_PKEY *key, char kind[16])
{
    static const char *const names[][2] = {{"prime256v1", "P-256"},
                                           {"secp384r1", "P-384"},
                                           {"secp521r1", "P-521"}};
    char group[64] = "";
    size_t n = 0;

    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(key, group, sizeof(group), &n) != 1)
        return false;
    snprintf(kind, 16, "EC %.12s", group);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i][0], group) == 0) {
            snprintf(kind, 16, "ECDSA %s", names[i][1]);
            return true;
        }
    }
    return false;
}

static bool check_kind(X509 *x, const char *where, char kind[16],
                       struct error *error)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    const char *name;

    kind[0] = '\0';
    if (key && (is_rsa(key, kind) || is_ecdsa(key, kind)))
        return true;
    name = key ? EVP_PKEY_get0_type_name(key) : NULL;
    ERR_clear_error();
    return error_set(error,
                     "%.200s: ALB takes no certificate with a key of kind %s; "
                     "make one of RSA 2048, 3072 or 4096 bits or ECDSA on "
                     "P-256, P-384 or P-521",
                     where,
                     kind[0] ? kind
                     : name  ? name
                             : "that nobody knows");
}

/* ---- the two together -------------------------------------------------------- */

static bool check_order(const struct chain *chain, const char *where,
                        struct error *error)
{
    for (unsigned i = 1; i < chain->n; i++) {
        if (X509_check_issued(chain->x[i], chain->x[i - 1]) == X509_V_OK)
            continue;
        return error_set(error,
                         "%.200s: certificate %u of it did not issue "
                         "certificate %u; put the server's first, then each "
                         "one's issuer, and nothing else",
                         where, i + 1, i);
    }
    return true;
}

static bool check_match(const struct chain *chain,
                        const struct certificate_text *c, EVP_PKEY *key,
                        const struct certificate_text *k, struct error *error)
{
    bool same = strcmp(c->where, k->where) == 0;

    if (X509_check_private_key(chain->x[0], key) == 1)
        return true;
    ERR_clear_error();
    for (unsigned i = 1; i < chain->n; i++) {
        if (X509_check_private_key(chain->x[i], key) == 1)
            return error_set(error,
                             "%.200s: the key belongs to certificate %u of it, "
                             "not to the first; put that one first",
                             c->where, i + 1);
        ERR_clear_error();
    }
    if (same)
        return error_set(error,
                         "%.200s: the private key in it is not that of the "
                         "certificate",
                         c->where);
    return error_set(error,
                     "%.200s is not the private key of the certificate in "
                     "%.200s",
                     k->where, c->where);
}

/* ---- facts -------------------------------------------------------------------- */

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm = {0};

    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void put_name(struct text *t, const GENERAL_NAME *name)
{
    const unsigned char *p;
    char ip[INET6_ADDRSTRLEN];
    int n;

    if (name->type == GEN_DNS) {
        p = ASN1_STRING_get0_data(name->d.dNSName);
        n = ASN1_STRING_length(name->d.dNSName);
        text_printf(t, "%s%.*s", t->n ? ", " : "", n, (const char *)p);
    } else if (name->type == GEN_IPADD) {
        p = ASN1_STRING_get0_data(name->d.iPAddress);
        n = ASN1_STRING_length(name->d.iPAddress);
        if ((n != 4 && n != 16) ||
            !inet_ntop(n == 4 ? AF_INET : AF_INET6, p, ip, sizeof(ip)))
            return;
        text_printf(t, "%s%s", t->n ? ", " : "", ip);
    }
}

/* Printable ASCII: the text goes to logs and terminals. */
static void make_printable(char *s)
{
    for (; *s; s++) {
        if (*s < ' ' || *s > '~')
            *s = '?';
    }
}

static void take_names(X509 *x, struct certificate_facts *facts)
{
    enum { ROOM = CERTIFICATE_NAMES - 8 };
    struct text t = text_in(facts->names, ROOM);
    GENERAL_NAMES *names =
        X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int n = names ? sk_GENERAL_NAME_num(names) : 0;

    for (int i = 0; i < n; i++) {
        size_t before = t.n;

        put_name(&t, sk_GENERAL_NAME_value(names, i));
        if (!text_ok(&t)) {
            t = text_in(facts->names, CERTIFICATE_NAMES);
            t.n = before;
            TEXT_LITERAL(&t, " ...");
            break;
        }
    }
    facts->names[t.n] = '\0';
    make_printable(facts->names);
    GENERAL_NAMES_free(names);
    ERR_clear_error();
}

static void take_facts(const struct chain *chain,
                       struct certificate_facts *facts)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *x = chain->x[0];

    facts->chain = chain->n;
    facts->not_before = seconds_of(X509_get0_notBefore(x));
    facts->not_after = seconds_of(X509_get0_notAfter(x));
    take_names(x, facts);
    facts->fingerprint[0] = '\0';
    if (X509_digest(x, EVP_sha256(), digest, &n) != 1)
        return;
    for (unsigned i = 0; i < n && i < CERTIFICATE_HEX / 2; i++)
        snprintf(facts->fingerprint + (size_t)2 * i, 3, "%02x", digest[i]);
}

bool certificate_read(const struct certificate_text *c,
                      struct certificate_facts *facts, struct error *error)
{
    struct chain chain;
    bool ok;

    *facts = (struct certificate_facts){.chain = 0};
    if (!read_chain(c, &chain, error))
        return false;
    ok = check_kind(chain.x[0], c->where, facts->kind, error);
    take_facts(&chain, facts);
    free_chain(&chain);
    return ok;
}

bool certificate_check(const struct certificate_text *c,
                       const struct certificate_text *k,
                       struct certificate_facts *facts, struct error *error)
{
    struct chain chain;
    EVP_PKEY *key;
    bool ok;

    *facts = (struct certificate_facts){.chain = 0};
    if (!read_chain(c, &chain, error))
        return false;
    key = read_key(k, error);
    ok = key && check_kind(chain.x[0], c->where, facts->kind, error) &&
         check_match(&chain, c, key, k, error) &&
         check_order(&chain, c->where, error);
    take_facts(&chain, facts);
    EVP_PKEY_free(key);
    free_chain(&chain);
    return ok;
}

void certificate_put_date(struct text *t, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&when, &tm))
        text_printf(t, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                    tm.tm_mday);
}

void certificate_put_time(struct text *t, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;

    certificate_put_date(t, seconds);
    if (gmtime_r(&when, &tm))
        text_printf(t, "T%02d:%02d:%02dZ", tm.tm_hour, tm.tm_min, tm.tm_sec);
}
