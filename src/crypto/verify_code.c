/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/verify_code.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

static const char unmapped[] = "UnmappedConnectionError";
static const char untrusted[] = "ClientCertUntrusted";
static const char invalid[] = "ClientCertInvalid";
static const char unsupported[] = "ClientCertTypeUnsupported";
static const char purpose[] = "ClientCertPurposeInvalid";
static const char too_deep[] = "ClientCertMaxChainDepthExceeded";
static const char too_large[] = "ClientCertMaxSizeExceeded";
static const char rejected[] = "ClientCertRejected";
static const char incompatible[] = "ClientCertIncompatible";
static const char crl_fault[] = "ClientCertCrlProcessingError";

struct row {
    long error;
    const char *code;
};

/* What is not here has no chain to a certificate of the trust store. */
static const struct row faults[] = {
    {VERIFY_TOO_LARGE, too_large},
    {VERIFY_UNSUPPORTED, unsupported},
    {VERIFY_ILLEGIBLE, invalid},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, too_deep},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, too_deep},
    {X509_V_ERR_CERT_REVOKED, "ClientCertCrlHit"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, crl_fault},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, crl_fault},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, crl_fault},
    {X509_V_ERR_CRL_NOT_YET_VALID, crl_fault},
    {X509_V_ERR_CRL_HAS_EXPIRED, crl_fault},
    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, crl_fault},
    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, crl_fault},
    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, crl_fault},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, crl_fault},
    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, crl_fault},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE, crl_fault},
    {X509_V_ERR_CRL_PATH_VALIDATION_ERROR, crl_fault},
    {X509_V_ERR_CERT_NOT_YET_VALID, "ClientCertNotYetValid"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "ClientCertExpired"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, unsupported},
    {X509_V_ERR_CA_KEY_TOO_SMALL, unsupported},
    {X509_V_ERR_CA_MD_TOO_WEAK, unsupported},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, unsupported},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, unsupported},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, unsupported},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, invalid},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, invalid},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, invalid},
    {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, invalid},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, invalid},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, invalid},
    {X509_V_ERR_INVALID_EXTENSION, invalid},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, invalid},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, invalid},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, invalid},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, invalid},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, invalid},
    {X509_V_ERR_INVALID_PURPOSE, purpose},
    {X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, purpose},
    {X509_V_ERR_CERT_REJECTED, rejected},
    {X509_V_ERR_APPLICATION_VERIFICATION, rejected},
    {X509_V_ERR_PERMITTED_VIOLATION, rejected},
    {X509_V_ERR_EXCLUDED_VIOLATION, rejected},
    {X509_V_ERR_OUT_OF_MEM, unmapped},
    {X509_V_ERR_UNSPECIFIED, unmapped},
    {X509_V_OK, unmapped},
};

const char *verify_code(long error)
{
    for (unsigned i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        if (faults[i].error == error)
            return faults[i].code;
    }
    return untrusted;
}

const char *verify_words(long error)
{
    switch (error) {
    case VERIFY_TOO_LARGE:
        return "the certificate is too large";
    case VERIFY_UNSUPPORTED:
        return "a key, a signature or the version of X.509 is none of those "
               "that are taken";
    case VERIFY_ILLEGIBLE:
        return "a name or a date in the certificate cannot be read";
    default:
        return X509_verify_cert_error_string(error);
    }
}

/* ---- without a fault in the chain ------------------------------------------- */

/* Reasons of the library SSL. */
static const struct row reasons[] = {
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, too_large},
    {SSL_R_CERT_LENGTH_MISMATCH, invalid},
    {SSL_R_BAD_SIGNATURE, invalid},
    {SSL_R_UNKNOWN_CERTIFICATE_TYPE, unsupported},
    {SSL_R_WRONG_CERTIFICATE_TYPE, unsupported},
    {SSL_R_WRONG_SIGNATURE_TYPE, incompatible},
    {SSL_R_WRONG_SIGNATURE_SIZE, incompatible},
    {SSL_R_WRONG_CURVE, incompatible},
};

const char *verify_code_of_library(unsigned long error)
{
    if (ERR_GET_LIB(error) == ERR_LIB_ASN1)
        return invalid;
    for (unsigned i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
            ERR_GET_REASON(error) == reasons[i].error)
            return reasons[i].code;
    }
    return unmapped;
}
