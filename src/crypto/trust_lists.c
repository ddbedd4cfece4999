/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of revoked certificates.
 *
 * OpenSSL would verify the signature of a list at every handshake, which for
 * the 50 MB that ALB allows stops a worker for a tenth of a second; here it is
 * verified once, when the file is read.  So this looks certificates up itself:
 * a serial number in any list of its issuer is revoked, whatever part of that
 * issuer's certificates the list says it is for.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "crypto/trust_internal.h"

/* ---- reading ---------------------------------------------------------------- */

static bool has_extension(const X509_CRL *crl, int nid)
{
    return X509_CRL_get_ext_by_NID(crl, nid, -1) >= 0;
}

/* RFC 5280 §5.2.5: entries of other issuers. */
static bool is_indirect(X509_CRL *crl)
{
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
    bool indirect = point && point->indirectCRL > 0;

    ISSUING_DIST_POINT_free(point);
    return indirect;
}

/* What says who the list is of is known here, and its number. */
static bool is_understood(const X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
        X509_EXTENSION *e = X509_CRL_get_ext(crl, i);
        int kind = OBJ_obj2nid(X509_EXTENSION_get_object(e));

        if (X509_EXTENSION_get_critical(e) &&
            kind != NID_issuing_distribution_point && kind != NID_crl_number &&
            kind != NID_authority_key_identifier)
            return false;
    }
    return true;
}

static bool check_kind(const struct trust_file *file, X509_CRL *crl,
                       struct error *error)
{
    if (has_extension(crl, NID_delta_crl))
        return error_set(error,
                         STR_FMT ": this is a delta list (it only tells what "
                                 "changed): give the whole list",
                         STR_ARG(file->name));
    if (is_indirect(crl))
        return error_set(error,
                         STR_FMT ": this list has certificates of other "
                                 "issuers: give a list of each issuer",
                         STR_ARG(file->name));
    if (!is_understood(crl))
        return error_set(error,
                         STR_FMT ": the list has a critical extension that is "
                                 "not known here: give one without it",
                         STR_ARG(file->name));
    return true;
}

static bool may_sign(X509 *issuer)
{
    return (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0; /* or not said */
}

/* Whether an authority of the bundle has signed the list.  An authority that
 * changed its key is there twice, and one of the two has. */
static bool check_issuer(const struct tls_trust *trust,
                         const struct trust_file *file, struct trust_list *list,
                         struct error *error)
{
    const X509_NAME *name = X509_CRL_get_issuer(list->crl);
    bool named = false;

    for (int i = 0; i < sk_X509_num(trust->certificates); i++) {
        X509 *x = sk_X509_value(trust->certificates, i);

        if (X509_NAME_cmp(name, X509_get_subject_name(x)) == 0) {
            named = true;
            list->verified |=
                may_sign(x) &&
                X509_CRL_verify(list->crl, X509_get0_pubkey(x)) == 1;
        }
    }
    ERR_clear_error();
    if (named && !list->verified)
        return error_set(error,
                         STR_FMT ": the signature is not of the key of its "
                                 "issuer in the trust store, or that one may "
                                 "not sign lists (keyUsage has no cRLSign): "
                                 "was the list, or the authority's "
                                 "certificate, replaced?",
                         STR_ARG(file->name));
    return true;
}

static bool is_current(const X509_CRL *crl)
{
    const ASN1_TIME *from = X509_CRL_get0_lastUpdate(crl);
    const ASN1_TIME *to = X509_CRL_get0_nextUpdate(crl);

    return X509_cmp_current_time(from) < 0 &&
           (to == NULL || X509_cmp_current_time(to) > 0);
}

static void warn(struct tls_trust *trust, const struct trust_file *file,
                 const struct trust_list *list)
{
    if (trust->warning.text[0])
        return;
    if (!is_current(list->crl))
        error_set(&trust->warning,
                  STR_FMT ": the list is out of date: clients of its issuer "
                          "are refused until a newer one is there",
                  STR_ARG(file->name));
    else if (!list->verified)
        error_set(&trust->warning,
                  STR_FMT ": the trust store has no certificate of the list's "
                          "issuer: its signature is verified at each handshake "
                          "that needs it; add the issuer to the trust store",
                  STR_ARG(file->name));
}

static bool check_room(struct tls_trust *trust, const struct trust_file *file,
                       unsigned nentries, struct error *error)
{
    trust->full = trust->nlists == TRUST_LISTS_MAX ||
                  nentries > TRUST_ENTRIES_MAX - trust->nentries;
    if (trust->nlists == TRUST_LISTS_MAX)
        return error_set(error,
                         STR_FMT ": the trust store has more than %d lists of "
                                 "revoked certificates: it takes no more",
                         STR_ARG(file->name), TRUST_LISTS_MAX);
    if (nentries > TRUST_ENTRIES_MAX - trust->nentries)
        return error_set(error,
                         STR_FMT ": the lists of the trust store revoke more "
                                 "than %d certificates: it takes no more",
                         STR_ARG(file->name), TRUST_ENTRIES_MAX);
    return true;
}

/* So that looking up never sorts, when threads share it. */
static void sort(X509_CRL *crl)
{
    ASN1_INTEGER *none = ASN1_INTEGER_new();
    X509_REVOKED *entry = NULL;

    if (none)
        X509_CRL_get0_by_serial(crl, &entry, none);
    ASN1_INTEGER_free(none);
}

static bool check_list(struct tls_trust *trust, const struct trust_file *file,
                       X509_CRL *crl, struct trust_list *list,
                       struct error *error)
{
    int n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));

    list->crl = crl;
    if (!check_kind(file, crl, error) ||
        !check_room(trust, file, n > 0 ? (unsigned)n : 0, error))
        return false;
    if (!check_issuer(trust, file, list, error))
        return false;
    trust->nentries += n > 0 ? (unsigned)n : 0;
    return true;
}

/* Takes crl, or frees it. */
static bool take(struct tls_trust *trust, const struct trust_file *file,
                 X509_CRL *crl, struct error *error)
{
    struct trust_list list = {.crl = NULL};

    if (crl == NULL)
        return error_set(error,
                         STR_FMT ": this is no list of revoked certificates: "
                                 "it is DER, or PEM with -----BEGIN X509 "
                                 "CRL-----; `openssl crl -in FILE -noout "
                                 "-text` says what openssl thinks of it",
                         STR_ARG(file->name));
    if (!check_list(trust, file, crl, &list, error)) {
        X509_CRL_free(crl);
        return false;
    }
    sort(crl);
    if (trust->lists == NULL)
        trust->lists = memory_zeroed(TRUST_LISTS_MAX, sizeof(*trust->lists));
    warn(trust, file, &list);
    trust->lists[trust->nlists++] = list;
    return true;
}

static X509_CRL *decode(const unsigned char *der, long n)
{
    const unsigned char *p = der;
    X509_CRL *crl = der ? d2i_X509_CRL(NULL, &p, n) : NULL;

    ERR_clear_error();
    if (crl && p != der + n) {
        X509_CRL_free(crl);
        return NULL;
    }
    return crl;
}

static bool read_pem(struct tls_trust *trust, const struct trust_file *file,
                     struct error *error)
{
    struct str rest = file->bytes;
    unsigned line = 0;
    struct trust_block block;
    int more;
    unsigned found = 0;

    while ((more = trust_next_block(file, &rest, &line, &block, error)) > 0) {
        long n = 0;
        unsigned char *der = NULL;
        X509_CRL *crl;

        if (str_eq(block.label, STR("X509 CRL")))
            der = trust_decode(&block, &n);
        crl = decode(der, n);
        OPENSSL_free(der);
        if (!take(trust, file, crl, error))
            return false;
        found++;
    }
    return more == 0 && (found || take(trust, file, NULL, error));
}

bool trust_read_list(struct tls_trust *trust, const struct trust_file *file,
                     struct error *error)
{
    if (file->bytes.n > TRUST_LIST_BYTES_MAX)
        return error_set(error,
                         STR_FMT ": the file has more than %d MB: a trust "
                                 "store takes no more",
                         STR_ARG(file->name), TRUST_LIST_BYTES_MAX >> 20);
    if (file->bytes.n && file->bytes.p[0] == 0x30)
        return take(
            trust, file,
            decode((const unsigned char *)file->bytes.p, (long)file->bytes.n),
            error);
    return read_pem(trust, file, error);
}

/* ---- looking up --------------------------------------------------------------- */

/* What is wrong with a list whose issuer is only known from a chain. */
static int check_signature(const struct trust_list *list, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool ok = key && X509_CRL_verify(list->crl, key) == 1;

    ERR_clear_error();
    if (!ok)
        return X509_V_ERR_CRL_SIGNATURE_FAILURE;
    return may_sign(issuer) ? X509_V_OK : X509_V_ERR_KEYUSAGE_NO_CRL_SIGN;
}

/* One certificate of a chain below `issuer`. */
static int check_certificate(const struct tls_trust *trust, X509 *x,
                             X509 *issuer)
{
    bool any = false;
    bool current = false;
    int fault;

    for (unsigned i = 0; i < trust->nlists; i++) {
        const struct trust_list *list = &trust->lists[i];
        X509_REVOKED *entry = NULL;

        if (X509_NAME_cmp(X509_CRL_get_issuer(list->crl),
                          X509_get_subject_name(issuer)))
            continue;
        fault = list->verified ? X509_V_OK : check_signature(list, issuer);
        if (fault != X509_V_OK)
            return fault;
        if (X509_CRL_get0_by_cert(list->crl, &entry, x) == 1)
            return X509_V_ERR_CERT_REVOKED;
        any = true;
        current |= is_current(list->crl);
    }
    return any && !current ? X509_V_ERR_CRL_HAS_EXPIRED : X509_V_OK;
}

int trust_check_lists(const struct tls_trust *trust,
                      const STACK_OF(X509) * chain)
{
    int n = sk_X509_num(chain);

    for (int i = 0; trust->nlists && i + 1 < n; i++) {
        int fault = check_certificate(trust, sk_X509_value(chain, i),
                                      sk_X509_value(chain, i + 1));

        if (fault != X509_V_OK)
            return fault;
    }
    return X509_V_OK;
}
