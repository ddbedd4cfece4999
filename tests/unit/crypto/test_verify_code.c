/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "crypto/verify_code.h"

struct pair {
    long error;
    const char *code;
};

/* Of every code that ALB has at least one cause. */
static void test_faults_have_the_codes_of_alb(void **state)
{
    static const struct pair pairs[] = {
        {X509_V_ERR_CERT_CHAIN_TOO_LONG, "ClientCertMaxChainDepthExceeded"},
        {VERIFY_TOO_LARGE, "ClientCertMaxSizeExceeded"},
        {X509_V_ERR_CERT_REVOKED, "ClientCertCrlHit"},
        {X509_V_ERR_CRL_HAS_EXPIRED, "ClientCertCrlProcessingError"},
        {X509_V_ERR_CRL_SIGNATURE_FAILURE, "ClientCertCrlProcessingError"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "ClientCertUntrusted"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "ClientCertUntrusted"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "ClientCertUntrusted"},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "ClientCertUntrusted"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "ClientCertNotYetValid"},
        {X509_V_ERR_CERT_HAS_EXPIRED, "ClientCertExpired"},
        {VERIFY_UNSUPPORTED, "ClientCertTypeUnsupported"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "ClientCertTypeUnsupported"},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, "ClientCertInvalid"},
        {VERIFY_ILLEGIBLE, "ClientCertInvalid"},
        {X509_V_ERR_INVALID_PURPOSE, "ClientCertPurposeInvalid"},
        {X509_V_ERR_CERT_REJECTED, "ClientCertRejected"},
        {X509_V_ERR_OUT_OF_MEM, "UnmappedConnectionError"},
        {99999, "ClientCertUntrusted"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        assert_string_equal(verify_code(pairs[i].error), pairs[i].code);
}

static void test_handshakes_that_fail_otherwise_have_codes_too(void **state)
{
    static const struct pair pairs[] = {
        {SSL_R_EXCESSIVE_MESSAGE_SIZE, "ClientCertMaxSizeExceeded"},
        {SSL_R_WRONG_SIGNATURE_TYPE, "ClientCertIncompatible"},
        {SSL_R_BAD_SIGNATURE, "ClientCertInvalid"},
        {SSL_R_UNKNOWN_CERTIFICATE_TYPE, "ClientCertTypeUnsupported"},
        {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "UnmappedConnectionError"},
        {SSL_R_NO_SHARED_CIPHER, "UnmappedConnectionError"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        assert_string_equal(verify_code_of_library(
                                ERR_PACK(ERR_LIB_SSL, 0, (int)pairs[i].error)),
                            pairs[i].code);
    assert_string_equal(verify_code_of_library(ERR_PACK(ERR_LIB_ASN1, 0, 5)),
                        "ClientCertInvalid");
    assert_string_equal(verify_code_of_library(0), "UnmappedConnectionError");
}

/* A reason of another library that has the same number. */
static void test_numbers_of_other_libraries_mean_nothing(void **state)
{
    (void)state;
    assert_string_equal(verify_code_of_library(ERR_PACK(
                            ERR_LIB_SYS, 0, SSL_R_EXCESSIVE_MESSAGE_SIZE)),
                        "UnmappedConnectionError");
}

static void test_each_fault_has_words(void **state)
{
    (void)state;
    assert_string_equal(verify_words(X509_V_ERR_CERT_HAS_EXPIRED),
                        "certificate has expired");
    assert_string_equal(verify_words(VERIFY_TOO_LARGE),
                        "the certificate is too large");
    assert_non_null(strstr(verify_words(VERIFY_UNSUPPORTED), "version"));
    assert_non_null(strstr(verify_words(VERIFY_ILLEGIBLE), "read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_have_the_codes_of_alb),
        cmocka_unit_test(test_handshakes_that_fail_otherwise_have_codes_too),
        cmocka_unit_test(test_numbers_of_other_libraries_mean_nothing),
        cmocka_unit_test(test_each_fault_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
