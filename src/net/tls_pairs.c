/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_pairs.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "net/tls_internal.h"

enum { NAME_MAX_LEN = 255 };

/* ---- errors -------------------------------------------------------------- */

/* Says what OpenSSL found, and empties its queue. */
static bool fail(struct error *error, struct str arn, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *why = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return error_set(error, "certificate " STR_FMT ": %s%s%s", STR_ARG(arn),
                     what, why ? ": " : "", why ? why : "");
}

/* ---- PEM ----------------------------------------------------------------- */

int tls_no_password(char *p, int n, int writing, void *owner)
{
    (void)p;
    (void)n;
    (void)writing;
    (void)owner;
    return -1;
}

static bool read_chain(struct tls_pair *pair, BIO *pem, struct error *error)
{
    X509 *x;

    pair->leaf = PEM_read_bio_X509_AUX(pem, NULL, tls_no_password, NULL);
    if (pair->leaf == NULL)
        return fail(error, pair->arn, "there is no certificate in PEM");
    pair->chain = sk_X509_new_null();
    while (pair->chain &&
           (x = PEM_read_bio_X509(pem, NULL, tls_no_password, NULL)) != NULL)
        sk_X509_push(pair->chain, x);
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return fail(error, pair->arn, "its chain cannot be read");
    ERR_clear_error();
    return true;
}

static bool read_key(struct tls_pair *pair, BIO *pem, struct error *error)
{
    pair->key = PEM_read_bio_PrivateKey(pem, NULL, tls_no_password, NULL);
    if (pair->key == NULL)
        return fail(error, pair->arn,
                    "there is no private key in PEM without a password");
    return X509_check_private_key(pair->leaf, pair->key) == 1 ||
           fail(error, pair->arn,
                "the private key is not that of the certificate");
}

static bool read_pem(struct tls_pair *pair, const struct tls_certificate *c,
                     struct error *error)
{
    BIO *chain = BIO_new_mem_buf(c->chain.p, (int)c->chain.n);
    BIO *key = BIO_new_mem_buf(c->key.p, (int)c->key.n);
    bool ok = chain && key
                  ? read_chain(pair, chain, error) && read_key(pair, key, error)
                  : error_set(error, "out of memory");

    BIO_free(chain);
    BIO_free(key);
    return ok;
}

/* ---- what a certificate is worth ----------------------------------------- */

static enum tls_kind kind_of(EVP_PKEY *key)
{
    char group[64];
    size_t n;

    if (EVP_PKEY_is_a(key, "RSA"))
        return TLS_RSA;
    if (!EVP_PKEY_is_a(key, "EC") ||
        !EVP_PKEY_get_group_name(key, group, sizeof(group), &n))
        return TLS_OTHER;
    if (strcmp(group, "prime256v1") == 0)
        return TLS_P256;
    if (strcmp(group, "secp384r1") == 0)
        return TLS_P384;
    return strcmp(group, "secp521r1") == 0 ? TLS_P521 : TLS_OTHER;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;

    return ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) : 0;
}

static void assess(struct tls_pair *pair)
{
    int bits = 0;

    X509_get_signature_info(pair->leaf, NULL, NULL, &bits, NULL);
    pair->kind = (uint8_t)kind_of(pair->key);
    pair->hash_bits = (uint16_t)bits;
    pair->key_bits = (uint16_t)EVP_PKEY_get_bits(pair->key);
    pair->not_after = seconds_of(X509_get0_notAfter(pair->leaf));
}

static bool is_ecdsa(const struct tls_pair *p)
{
    return p->kind & (TLS_P256 | TLS_P384 | TLS_P521);
}

/* Whether a is shown rather than b, which stands behind it in the list. */
static bool is_better(const struct tls_pair *a, const struct tls_pair *b)
{
    if (is_ecdsa(a) != is_ecdsa(b))
        return is_ecdsa(a);
    if (a->hash_bits != b->hash_bits)
        return a->hash_bits > b->hash_bits;
    if (a->key_bits != b->key_bits)
        return a->key_bits > b->key_bits;
    return a->not_after >= b->not_after;
}

static void rank_all(struct tls_pairs *pairs)
{
    for (unsigned i = 0; i < pairs->n; i++) {
        for (unsigned k = i + 1; k < pairs->n; k++) {
            bool first = is_better(&pairs->v[i], &pairs->v[k]);

            pairs->v[first ? k : i].rank++;
        }
    }
}

/* ---- names --------------------------------------------------------------- */

static void add_name(struct tls_pairs *pairs, const struct tls_pair *pair,
                     const ASN1_STRING *s)
{
    size_t n = (size_t)ASN1_STRING_length(s);
    const char *from = (const char *)ASN1_STRING_get0_data(s);
    struct tls_name *larger;
    char *to;

    if (n == 0 || n > NAME_MAX_LEN || memchr(from, '\0', n))
        return;
    larger = realloc(pairs->names, (pairs->nnames + 1) * sizeof(*larger));
    if (larger)
        pairs->names = larger;
    to = larger ? malloc(n) : NULL;
    if (to == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        to[i] = str_lower(from[i]);
    pairs->names[pairs->nnames++] = (struct tls_name){str_make(to, n), pair};
}

/* The common name counts only where there are no others (RFC 6125 6.4.4). */
static void add_common_name(struct tls_pairs *pairs, const struct tls_pair *p)
{
    X509_NAME *subject = X509_get_subject_name(p->leaf);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    if (at >= 0)
        add_name(pairs, p,
                 X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

static void add_names(struct tls_pairs *pairs, const struct tls_pair *pair)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(pair->leaf, NID_subject_alt_name, NULL, NULL);
    unsigned before = pairs->nnames;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS)
            add_name(pairs, pair, name->d.dNSName);
    }
    GENERAL_NAMES_free(names);
    if (pairs->nnames == before)
        add_common_name(pairs, pair);
}

static int compare_names(const void *x, const void *y)
{
    const struct tls_name *a = x;
    const struct tls_name *b = y;
    int order = str_compare(a->name, b->name);

    if (order)
        return order;
    return (a->pair->rank > b->pair->rank) - (a->pair->rank < b->pair->rank);
}

/* ---- all of them --------------------------------------------------------- */

static bool copy(struct str *to, struct str s)
{
    char *p = malloc(s.n + 1);

    if (p == NULL)
        return false;
    memcpy(p, s.p, s.n);
    *to = str_make(p, s.n);
    return true;
}

bool tls_pairs_read(struct tls_pairs *pairs, const struct tls_certificate *v,
                    unsigned n, struct error *error)
{
    *pairs = (struct tls_pairs){.v = memory_zeroed(n, sizeof(*pairs->v))};
    for (unsigned i = 0; i < n; i++) {
        struct tls_pair *pair = &pairs->v[pairs->n++];

        if (!copy(&pair->arn, v[i].arn))
            return error_set(error, "out of memory");
        if (!read_pem(pair, &v[i], error))
            return false;
        assess(pair);
    }
    rank_all(pairs);
    for (unsigned i = 0; i < n; i++)
        add_names(pairs, &pairs->v[i]);
    if (pairs->nnames)
        qsort(pairs->names, pairs->nnames, sizeof(*pairs->names),
              compare_names);
    ERR_clear_error();
    return true;
}

void tls_pairs_end(struct tls_pairs *pairs)
{
    for (unsigned i = 0; i < pairs->n; i++) {
        struct tls_pair *pair = &pairs->v[i];

        X509_free(pair->leaf);
        sk_X509_pop_free(pair->chain, X509_free);
        EVP_PKEY_free(pair->key);
        free((void *)(uintptr_t)pair->arn.p);
    }
    for (unsigned i = 0; i < pairs->nnames; i++)
        free((void *)(uintptr_t)pairs->names[i].name.p);
    free(pairs->names);
    free(pairs->v);
    *pairs = (struct tls_pairs){.n = 0};
}

/* ---- the choice ---------------------------------------------------------- */

/* The first entry of that name, or where it would be. */
static unsigned lower_bound(const struct tls_pairs *pairs, struct str name)
{
    unsigned low = 0;
    unsigned high = pairs->nnames;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (str_compare(pairs->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The better one of `best` and those with exactly this name. */
static const struct tls_pair *better_of(const struct tls_pairs *pairs,
                                        struct str name, unsigned kinds,
                                        const struct tls_pair *best)
{
    for (unsigned i = lower_bound(pairs, name);
         i < pairs->nnames && str_eq(pairs->names[i].name, name); i++) {
        const struct tls_pair *pair = pairs->names[i].pair;

        if (pair->kind & kinds && (!best || pair->rank < best->rank))
            best = pair;
    }
    return best;
}

const struct tls_pair *tls_pairs_find(const struct tls_pairs *pairs,
                                      struct str name, unsigned kinds)
{
    char lower[NAME_MAX_LEN];
    const struct tls_pair *best;
    size_t dot = 0;

    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    if (name.n == 0 || name.n > sizeof(lower))
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        lower[i] = str_lower(name.p[i]);
    best = better_of(pairs, str_make(lower, name.n), kinds, NULL);
    while (dot < name.n && lower[dot] != '.')
        dot++;
    if (dot == 0 || dot >= name.n)
        return best;
    lower[dot - 1] = '*'; /* one label: "*.example.com" */
    return better_of(pairs, str_make(lower + dot - 1, name.n - dot + 1), kinds,
                     best);
}
