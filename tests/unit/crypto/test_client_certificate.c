/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/client_certificate.h"
#include "issued.h"

static void assert_str(struct str got, const char *want)
{
    if (str_eq(got, str_of(want)))
        return;
    print_message("got:  " STR_FMT "\nwant: %s\n", STR_ARG(got), want);
    fail();
}

struct entry {
    const char *field;
    long type;
    const char *value;
    long n; /* -1: strlen() */
};

static X509 *bare(void)
{
    X509 *x = X509_new();

    assert_non_null(x);
    X509_set_version(x, X509_VERSION_3);
    ASN1_TIME_set_string(X509_getm_notBefore(x), "230921015017Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "240920015017Z");
    return x;
}

static X509 *named(const struct entry *entries, unsigned n)
{
    X509 *x = bare();
    X509_NAME *name = X509_get_subject_name(x);

    for (unsigned i = 0; i < n; i++)
        assert_true(X509_NAME_add_entry_by_txt(
            name, entries[i].field, (int)entries[i].type,
            (const unsigned char *)entries[i].value, (int)entries[i].n, -1, 0));
    return x;
}

/* Signed, so that it has an encoding. */
static struct client_certificate *texts_of(X509 *x)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct client_certificate *c;

    assert_non_null(key);
    assert_true(X509_set_pubkey(x, key));
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    c = client_certificate_new(x, NULL);
    EVP_PKEY_free(key);
    X509_free(x);
    return c;
}

static void check_subject(const struct entry *entries, unsigned n,
                          const char *want)
{
    struct client_certificate *c = texts_of(named(entries, n));

    assert_non_null(c);
    assert_str(c->subject, want);
    client_certificate_free(c);
}

#define CHECK_SUBJECT(entries, want)                                           \
    check_subject(entries, sizeof(entries) / sizeof(*(entries)), want)

/* ---- names ---------------------------------------------------------------- */

static void test_names_begin_with_their_last_part(void **state)
{
    static const struct entry entries[] = {
        {"C", MBSTRING_ASC, "US", -1},
        {"ST", MBSTRING_ASC, "Washington", -1},
        {"L", MBSTRING_ASC, "Seattle", -1},
        {"O", MBSTRING_ASC, "mTLS", -1},
        {"OU", MBSTRING_ASC, "rootCA", -1},
        {"CN", MBSTRING_ASC, "rootcamtls.com", -1}};

    (void)state;
    CHECK_SUBJECT(
        entries,
        "CN=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US");
}

static void test_what_rfc_2253_escapes_is_escaped(void **state)
{
    static const struct entry entries[] = {
        {"O", MBSTRING_ASC, "a,b+c\"d\\e<f>g;h", -1},
        {"CN", MBSTRING_ASC, "#begins and ends ", -1}};

    (void)state;
    CHECK_SUBJECT(entries,
                  "CN=\\#begins and ends\\ ,O=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h");
}

static void test_letters_beyond_ascii_are_escaped_as_utf_8(void **state)
{
    static const struct entry utf8[] = {{"CN", MBSTRING_UTF8, "J\xc3\xb6", -1}};
    static const struct entry latin[] = {{"CN", V_ASN1_T61STRING, "J\xf6", 2}};
    static const struct entry wide[] = {
        {"CN", V_ASN1_BMPSTRING, "\0J\0\xf6", 4}};

    (void)state;
    CHECK_SUBJECT(utf8, "CN=J\\C3\\B6");
    CHECK_SUBJECT(latin, "CN=J\\C3\\B6");
    CHECK_SUBJECT(wide, "CN=J\\C3\\B6");
}

static void test_a_name_cannot_end_a_header_line(void **state)
{
    static const struct entry entries[] = {
        {"CN", V_ASN1_PRINTABLESTRING, "a\r\nX-Admin: 1\0b\x7f", 16}};
    static const struct entry wide[] = {
        {"CN", V_ASN1_BMPSTRING, "\0a\0\n\0b\x0a\x0d", 8}};

    (void)state;
    CHECK_SUBJECT(entries, "CN=a\\0D\\0AX-Admin: 1\\00b\\7F");
    CHECK_SUBJECT(wide, "CN=a\\0Ab\\E0\\A8\\8D");
}

static void test_what_is_no_text_is_written_as_der_in_hex(void **state)
{
    static const struct entry bytes[] = {{"CN", V_ASN1_BIT_STRING, "\n\0A", 3}};
    static const struct entry unknown[] = {
        {"1.2.3.4", V_ASN1_UTF8STRING, "a\n", 2}};

    (void)state;
    CHECK_SUBJECT(bytes, "CN=#0304000A0041");
    CHECK_SUBJECT(unknown, "1.2.3.4=#0C02610A");
}

static void test_an_empty_name_is_an_empty_text(void **state)
{
    struct client_certificate *c = texts_of(bare());

    (void)state;
    assert_non_null(c);
    assert_int_equal(c->subject.n, 0);
    assert_true(c->legible);
    client_certificate_free(c);
}

/* ---- serial numbers ----------------------------------------------------------- */

static void check_serial(const unsigned char *bytes, int n, bool negative,
                         const char *want)
{
    X509 *x = bare();
    ASN1_INTEGER *serial = X509_get_serialNumber(x);
    struct client_certificate *c;

    assert_true(ASN1_STRING_set(serial, bytes, n));
    serial->type = negative ? V_ASN1_NEG_INTEGER : V_ASN1_INTEGER;
    c = texts_of(x);
    assert_non_null(c);
    assert_str(c->serial_number, want);
    client_certificate_free(c);
}

static void test_serial_numbers_are_whole_bytes_in_upper_case(void **state)
{
    static const unsigned char example[] = {0x03, 0xa5, 0xb1};
    static const unsigned char high[] = {0xfe, 0xf2, 0x57, 0x37,
                                         0x2d, 0x5c, 0x14, 0xd4};

    (void)state;
    check_serial(example, 3, false, "03A5B1");
    check_serial(high, 8, false, "FEF257372D5C14D4");
    check_serial((const unsigned char *)"\2", 1, false, "02");
    check_serial((const unsigned char *)"\0", 1, false, "00");
    check_serial((const unsigned char *)"\1", 1, true, "-01");
}

/* ---- validity -------------------------------------------------------------------- */

static void test_validity_is_iso_8601_in_utc(void **state)
{
    struct client_certificate *c = texts_of(bare());

    (void)state;
    assert_non_null(c);
    assert_str(c->validity,
               "NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z");
    client_certificate_free(c);
}

static void test_years_after_2049_are_written_in_full(void **state)
{
    X509 *x = bare();
    struct client_certificate *c;

    (void)state;
    ASN1_TIME_set_string(X509_getm_notAfter(x), "99991231235959Z");
    c = texts_of(x);
    assert_non_null(c);
    assert_str(c->validity,
               "NotBefore=2023-09-21T01:50:17Z;NotAfter=9999-12-31T23:59:59Z");
    client_certificate_free(c);
}

static void test_a_date_that_is_none_is_left_out(void **state)
{
    X509 *x = bare();
    struct client_certificate *c;

    (void)state;
    assert_true(ASN1_STRING_set(X509_getm_notAfter(x), "24\r\n20015017Z", 13));
    c = texts_of(x);
    assert_non_null(c);
    assert_int_equal(c->validity.n, 0);
    assert_false(c->legible);
    client_certificate_free(c);
}

/* ---- PEM --------------------------------------------------------------------------- */

/* What a client of Python or Java would make of it: %XX decoded. */
static char *unescaped(struct str s)
{
    char *out = malloc(s.n + 1);
    size_t n = 0;

    assert_non_null(out);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' && i + 2 < s.n + 1) {
            char digits[3] = {s.p[i + 1], s.p[i + 2], 0};

            out[n++] = (char)strtoul(digits, NULL, 16);
            i += 2;
        } else {
            out[n++] = s.p[i];
        }
    }
    out[n] = '\0';
    return out;
}

static void
test_pem_is_openssls_with_only_spaces_and_line_ends_escaped(void **state)
{
    struct issued ca =
        issue(&(struct issue){.name = "a", .key = "RSA:2048"}, NULL);
    struct client_certificate *c = client_certificate_new(ca.x, NULL);
    char *want = issued_pem(ca.x);
    char *got;

    (void)state;
    assert_non_null(c);
    got = unescaped(c->pem);
    assert_string_equal(got, want);
    assert_true(str_starts(c->pem, STR("-----BEGIN%20CERTIFICATE-----%0AMII")));
    assert_null(memchr(c->pem.p, ' ', c->pem.n));
    free(want);
    free(got);
    client_certificate_free(c);
    issued_end(&ca);
}

static void test_a_chain_stands_in_the_order_that_it_came_in(void **state)
{
    struct issued ca =
        issue(&(struct issue){.name = "ca", .authority = true}, NULL);
    struct issued leaf = issue(&(struct issue){.name = "leaf"}, &ca);
    STACK_OF(X509) *chain = sk_X509_new_null();
    char *first = issued_pem(leaf.x);
    char *second = issued_pem(ca.x);
    char want[8192];
    struct client_certificate *c;
    char *got;

    (void)state;
    snprintf(want, sizeof(want), "%s%s", first, second);
    sk_X509_push(chain, leaf.x);
    sk_X509_push(chain, ca.x);
    c = client_certificate_new(leaf.x, chain);
    assert_non_null(c);
    got = unescaped(c->pem);
    assert_string_equal(got, want);
    assert_str(c->subject, "CN=leaf");
    assert_str(c->issuer, "CN=ca");
    sk_X509_free(chain);
    free(first);
    free(second);
    free(got);
    client_certificate_free(c);
    issued_end(&leaf);
    issued_end(&ca);
}

/* ---- sizes --------------------------------------------------------------------------- */

static X509 *with_name_of(int n)
{
    static char value[64 * 1024];
    struct entry entry = {"2.5.4.97", V_ASN1_UTF8STRING, value, n};

    memset(value, 'a', sizeof(value));
    return named(&entry, 1);
}

static void test_what_is_too_large_is_refused_and_not_cut(void **state)
{
    /* The subject as text, and once more in the PEM, by 4/3 and the escapes. */
    struct client_certificate *c = texts_of(with_name_of(11000));

    (void)state;
    assert_non_null(c);
    assert_true(c->subject.n > 11000);
    client_certificate_free(c);
    assert_null(texts_of(with_name_of(14000)));
    assert_null(texts_of(with_name_of(60000)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_begin_with_their_last_part),
        cmocka_unit_test(test_what_rfc_2253_escapes_is_escaped),
        cmocka_unit_test(test_letters_beyond_ascii_are_escaped_as_utf_8),
        cmocka_unit_test(test_a_name_cannot_end_a_header_line),
        cmocka_unit_test(test_what_is_no_text_is_written_as_der_in_hex),
        cmocka_unit_test(test_an_empty_name_is_an_empty_text),
        cmocka_unit_test(test_serial_numbers_are_whole_bytes_in_upper_case),
        cmocka_unit_test(test_validity_is_iso_8601_in_utc),
        cmocka_unit_test(test_years_after_2049_are_written_in_full),
        cmocka_unit_test(test_a_date_that_is_none_is_left_out),
        cmocka_unit_test(
            test_pem_is_openssls_with_only_spaces_and_line_ends_escaped),
        cmocka_unit_test(test_a_chain_stands_in_the_order_that_it_came_in),
        cmocka_unit_test(test_what_is_too_large_is_refused_and_not_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
