/* SPDX-License-Identifier: Apache-2.0
 *
 * Trust stores and their revocations by the API.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "../crypto/issued.h"
#include "api/elb_listener.h"
#include "api/elb_trust.h"
#include "api/kept.h"
#include "calls.h"

#define STORES &elb_trust_store_actions
#define LISTS &elb_revocation_actions
#define USE &elb_trust_use_actions
#define S3(key)                                                                \
    "CaCertificatesBundleS3Bucket: b, CaCertificatesBundleS3Key: " key
#define NOBODY                                                                 \
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:truststore/x/0"

#define CERTIFICATE                                                            \
    "arn:aws:acm:us-east-1:000000000000:certificate/"                          \
    "01234567-89ab-cdef-0123-456789abcdef"

/* Objects of bucket b, as they are in S3. */
struct bucket {
    struct object_source source;
    struct issued root;
    struct issued other;
    char *one;   /* one authority */
    char *two;   /* both */
    char *list;  /* root revokes two */
    char *more;  /* other revokes one */
    char *wrong; /* of a third, that has the root's name */
    struct str der;
};

static enum object_result read_object(void *owner, struct str bucket,
                                      struct str key, struct str version,
                                      size_t max, struct region *region,
                                      struct str *bytes, struct error *why)
{
    const struct bucket *b = owner;
    const struct {
        const char *key;
        const char *text;
    } all[] = {{"one.pem", b->one},     {"two.pem", b->two},
               {"list.crl", b->list},   {"more.crl", b->more},
               {"wrong.crl", b->wrong}, {"junk", "nothing\n"}};

    (void)version;
    error_set(why, "it is not in this test's bucket");
    if (!str_eq(bucket, STR("b")))
        return OBJECT_NOT_FOUND;
    if (str_eq(key, STR("list.der"))) {
        *bytes = region_copy(region, b->der);
        return OBJECT_READ;
    }
    if (str_eq(key, STR("locked")))
        return OBJECT_REFUSED;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (!str_eq(key, str_of(all[i].key)))
            continue;
        *bytes = region_copy(region, str_of(all[i].text));
        assert_true(bytes->n <= max);
        return OBJECT_READ;
    }
    return OBJECT_NOT_FOUND;
}

static char *join(const char *a, const char *b)
{
    size_t n = strlen(a) + strlen(b) + 1;
    char *both = malloc(n);

    assert_non_null(both);
    snprintf(both, n, "%s%s", a, b);
    return both;
}

static void fill(struct bucket *b)
{
    static const unsigned two[] = {5, 6, 0};
    static const unsigned one[] = {7, 0};
    struct issue root = {.name = "Root", .authority = true};
    struct issue other = {.name = "Other", .authority = true};
    struct issued false_root = issue(&root, NULL);
    unsigned char *der = NULL;
    X509_CRL *crl;
    char *second;
    int n;

    b->root = issue(&root, NULL);
    b->other = issue(&other, NULL);
    b->one = issued_pem(b->root.x);
    second = issued_pem(b->other.x);
    b->two = join(b->one, second);
    free(second);
    crl = issue_list(&b->root, two, 0, 0);
    b->list = issued_list_pem(crl);
    n = i2d_X509_CRL(crl, &der);
    assert_true(n > 0);
    b->der = str_make((const char *)der, (size_t)n);
    X509_CRL_free(crl);
    crl = issue_list(&b->other, one, 0, 0);
    b->more = issued_list_pem(crl);
    X509_CRL_free(crl);
    crl = issue_list(&false_root, one, 0, 0);
    b->wrong = issued_list_pem(crl);
    X509_CRL_free(crl);
    issued_end(&false_root);
    b->source = (struct object_source){.read = read_object, .owner = b};
}

static void empty(struct bucket *b)
{
    issued_end(&b->root);
    issued_end(&b->other);
    free(b->one);
    free(b->two);
    free(b->list);
    free(b->more);
    free(b->wrong);
    OPENSSL_free((void *)(uintptr_t)b->der.p);
}

static void begin(struct calls *c, struct bucket *b, const char *resources)
{
    fill(b);
    calls_begin(c, resources);
    c->objects = &b->source;
    c->view.api_url = STR("http://127.0.0.1:4566");
    c->view.link_key = STR("a key of this test");
}

static void end(struct calls *c, struct bucket *b)
{
    calls_end(c);
    empty(b);
}

/* Makes store "clients" of one.pem: its ARN. */
static const char *make(struct calls *c)
{
    MUST(c, STORES, "CreateTrustStore", "Name: clients, " S3("one.pem"));
    return region_copy(&c->region,
                       str_of(calls_at(c, "TrustStores.0.TrustStoreArn")))
        .p;
}

#define BALANCED                                                               \
    "Lb: {Type: LB}, Cert: {Type: CE, Properties: {DomainName: a.test}, "      \
    "Metadata: {Sluice: {Id: 01234567-89ab-cdef-0123-456789abcdef}}}"

/* A listener that verifies by it: its ARN. */
static const char *verify_by(struct calls *c, const char *arn)
{
    MUST(c, &elb_listener_actions, "CreateListener",
         "LoadBalancerArn: $Lb, Protocol: HTTPS, Port: 443, Certificates: "
         "[{CertificateArn: '%s'}], DefaultActions: [{Type: fixed-response, "
         "FixedResponseConfig: {StatusCode: '200'}}], MutualAuthentication: "
         "{Mode: verify, TrustStoreArn: '%s'}",
         CERTIFICATE, arn);
    return region_copy(&c->region,
                       str_of(calls_at(c, "Listeners.0.ListenerArn")))
        .p;
}

/* ---- trust stores --------------------------------------------------------------- */

/* checklist 34 */
static void test_a_trust_store_is_made_changed_and_deleted(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    AT(&c, "TrustStores.0.Name", "clients");
    AT(&c, "TrustStores.0.Status", "ACTIVE");
    AT(&c, "TrustStores.0.NumberOfCaCertificates", "1");
    AT(&c, "TrustStores.0.TotalRevokedEntries", "0");
    assert_string_equal(c.config->trust_stores[0]->text.p, b.one);
    MUST(&c, STORES, "ModifyTrustStore", "TrustStoreArn: '%s', " S3("two.pem"),
         arn);
    AT(&c, "TrustStores.0.NumberOfCaCertificates", "2");
    AT(&c, "TrustStores.0.TrustStoreArn", arn);
    assert_string_equal(c.config->trust_stores[0]->text.p, b.two);
    MUST(&c, STORES, "DeleteTrustStore", "TrustStoreArn: '%s'", arn);
    assert_int_equal(c.config->ntrust_stores, 0);
    REFUSES(&c, "TrustStoreNotFound", "One or more trust stores not found",
            STORES, "DeleteTrustStore", "TrustStoreArn: '%s'", arn);
    end(&c, &b);
}

static void test_another_text_has_another_name(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;
    struct str before;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    before = region_copy(&c.region, c.config->trust_stores[0]->file);
    assert_true(str_starts(before, STR("s3://b/one.pem (sha256 ")));
    free(b.one);
    b.one = join(b.two, "");
    MUST(&c, STORES, "ModifyTrustStore", "TrustStoreArn: '%s', " S3("one.pem"),
         arn);
    assert_false(str_eq(before, c.config->trust_stores[0]->file));
    end(&c, &b);
}

/* checklist 8 */
static void test_names_of_trust_stores_are_those_of_aws(void **state)
{
    static const char *const wrong[] = {
        "a-", "'-a'", "a--b", "a_b", "''", "a12345678901234567890123456789012"};
    struct calls c = {.account = NULL};
    struct bucket b;

    (void)state;
    begin(&c, &b, "");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        REFUSES(&c, "ValidationError", "1 validation error detected", STORES,
                "CreateTrustStore", "Name: %s, " S3("one.pem"), wrong[i]);
    MUST(&c, STORES, "CreateTrustStore", "Name: a-B-1, " S3("one.pem"));
    end(&c, &b);
}

static void test_what_is_no_bundle_is_refused(void **state)
{
    static const struct {
        const char *key;
        const char *code;
    } cases[] = {
        {"nowhere", "CaCertificatesBundleNotFound"},
        {"junk", "InvalidCaCertificatesBundle"},
        {"list.crl", "InvalidCaCertificatesBundle"},
        {"locked", "InvalidCaCertificatesBundle"},
    };
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        REFUSES(&c, cases[i].code, "", STORES, "CreateTrustStore",
                "Name: other, " S3("%s"), cases[i].key);
        REFUSES(&c, cases[i].code, "", STORES, "ModifyTrustStore",
                "TrustStoreArn: '%s', " S3("%s"), arn, cases[i].key);
    }
    REFUSES(&c, "TrustStoreNotFound", "", STORES, "ModifyTrustStore",
            "TrustStoreArn: '" NOBODY "', " S3("one.pem"));
    REFUSES(&c, "ValidationError", "'x' is not a valid trust store ARN", STORES,
            "ModifyTrustStore", "TrustStoreArn: x, " S3("one.pem"));
    end(&c, &b);
}

static void test_names_are_unique_and_stores_limited(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;

    (void)state;
    c.local.quotas.given[QUOTA_TRUST_STORES] = true;
    c.local.quotas.max[QUOTA_TRUST_STORES] = 2;
    begin(&c, &b, "");
    make(&c);
    REFUSES(&c, "DuplicateTrustStoreName", "A trust store with the same name",
            STORES, "CreateTrustStore", "Name: clients, " S3("one.pem"));
    MUST(&c, STORES, "CreateTrustStore", "Name: b, " S3("one.pem"));
    REFUSES(&c, "TooManyTrustStores", "", STORES, "CreateTrustStore",
            "Name: c, " S3("one.pem"));
    REFUSES(&c, "DuplicateTagKeys", "", STORES, "CreateTrustStore",
            "Name: d, Tags: [{Key: a}, {Key: a}], " S3("one.pem"));
    end(&c, &b);
}

static void test_more_than_50_tags_of_a_store_are_too_many(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    char tags[4096];
    struct text t = text_in(tags, sizeof(tags) - 1);

    (void)state;
    for (unsigned i = 0; i <= 50; i++)
        text_printf(&t, "%s{Key: k%u}", i ? ", " : "", i);
    tags[t.n] = '\0';
    begin(&c, &b, "");
    REFUSES(&c, "TooManyTags", "", STORES, "CreateTrustStore",
            "Name: a, Tags: [%s], " S3("one.pem"), tags);
    end(&c, &b);
}

static void test_stores_are_found_by_arn_and_name(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "Theirs: {Type: TS, Properties: {Name: theirs}}");
    arn = make(&c);
    MUST(&c, STORES, "DescribeTrustStores", "Names: []");
    AT(&c, "TrustStores.0.Name", "theirs");
    AT(&c, "TrustStores.0.Status", "CREATING");
    AT(&c, "TrustStores.0.NumberOfCaCertificates", NULL);
    AT(&c, "TrustStores.1.Name", "clients");
    MUST(&c, STORES, "DescribeTrustStores", "TrustStoreArns: ['%s']", arn);
    AT(&c, "TrustStores.0.Name", "clients");
    AT(&c, "TrustStores.1", NULL);
    MUST(&c, STORES, "DescribeTrustStores", "Names: [theirs]");
    AT(&c, "TrustStores.0.Name", "theirs");
    AT(&c, "TrustStores.1", NULL);
    MUST(&c, STORES, "DescribeTrustStores", "PageSize: 1");
    AT(&c, "TrustStores.1", NULL);
    assert_non_null(calls_at(&c, "NextMarker"));
    REFUSES(&c, "TrustStoreNotFound", "One or more trust stores not found",
            STORES, "DescribeTrustStores", "Names: [clients, nobody]");
    REFUSES(&c, "TrustStoreNotFound", "One or more trust stores not found",
            STORES, "DescribeTrustStores", "TrustStoreArns: ['" NOBODY "']");
    REFUSES(&c, "ValidationError", "Only one of", STORES, "DescribeTrustStores",
            "TrustStoreArns: ['%s'], Names: [theirs]", arn);
    end(&c, &b);
}

/* checklist 34 */
static void test_a_store_in_use_is_not_deleted_and_told(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;
    const char *listener;

    (void)state;
    begin(&c, &b, BALANCED);
    arn = make(&c);
    MUST(&c, USE, "DescribeTrustStoreAssociations", "TrustStoreArn: '%s'", arn);
    AT(&c, "TrustStoreAssociations.0", NULL);
    listener = verify_by(&c, arn);
    REFUSES(&c, "TrustStoreInUse", "Trust store '", STORES, "DeleteTrustStore",
            "TrustStoreArn: '%s'", arn);
    MUST(&c, USE, "DescribeTrustStoreAssociations", "TrustStoreArn: '%s'", arn);
    AT(&c, "TrustStoreAssociations.0.ResourceArn", listener);
    REFUSES(&c, "DeleteAssociationSameAccount", "", USE,
            "DeleteSharedTrustStoreAssociation",
            "TrustStoreArn: '%s', ResourceArn: '%s'", arn, listener);
    REFUSES(&c, "AssociationNotFound", "", USE,
            "DeleteSharedTrustStoreAssociation",
            "TrustStoreArn: '%s', ResourceArn: '%s'", arn, arn);
    REFUSES(&c, "TrustStoreNotFound", "", USE,
            "DeleteSharedTrustStoreAssociation",
            "TrustStoreArn: '" NOBODY "', ResourceArn: '%s'", listener);
    REFUSES(&c, "TrustStoreNotFound", "", USE, "DescribeTrustStoreAssociations",
            "TrustStoreArn: '" NOBODY "'");
    end(&c, &b);
}

/* A template's, whose bundle is in S3 and not here. */
static void test_a_store_without_certificates_is_not_ready(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;

    (void)state;
    begin(&c, &b, BALANCED ", Theirs: {Type: TS, Properties: {Name: theirs}}");
    REFUSES(&c, "TrustStoreNotReady", "", &elb_listener_actions,
            "CreateListener",
            "LoadBalancerArn: $Lb, Protocol: HTTPS, Port: 443, Certificates: "
            "[{CertificateArn: '" CERTIFICATE "'}], DefaultActions: [{Type: "
            "fixed-response, FixedResponseConfig: {StatusCode: '200'}}], "
            "MutualAuthentication: {Mode: verify, TrustStoreArn: $Theirs}");
    end(&c, &b);
}

/* ---- revocations ------------------------------------------------------------------ */

/* checklist 34 */
static void test_revocations_are_added_told_and_removed(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    MUST(&c, LISTS, "AddTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, S3Key: "
         "list.crl, RevocationType: CRL}, {S3Bucket: b, S3Key: more.crl}]",
         arn);
    AT(&c, "TrustStoreRevocations.0.TrustStoreArn", arn);
    AT(&c, "TrustStoreRevocations.0.RevocationId", "1");
    AT(&c, "TrustStoreRevocations.0.RevocationType", "CRL");
    AT(&c, "TrustStoreRevocations.0.NumberOfRevokedEntries", "2");
    AT(&c, "TrustStoreRevocations.1.RevocationId", "2");
    AT(&c, "TrustStoreRevocations.1.NumberOfRevokedEntries", "1");
    assert_int_equal(c.config->trust_stores[0]->nlists, 2);
    assert_string_equal(c.config->trust_stores[0]->list_texts[0].p, b.list);
    MUST(&c, STORES, "DescribeTrustStores", "Names: [clients]");
    AT(&c, "TrustStores.0.TotalRevokedEntries", "3");
    MUST(&c, LISTS, "RemoveTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationIds: ['2']", arn);
    assert_int_equal(c.config->trust_stores[0]->nlists, 1);
    MUST(&c, LISTS, "AddTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, S3Key: "
         "more.crl}]",
         arn);
    AT(&c, "TrustStoreRevocations.0.RevocationId", "3");
    AT(&c, "TrustStoreRevocations.1", NULL);
    MUST(&c, LISTS, "DescribeTrustStoreRevocations", "TrustStoreArn: '%s'",
         arn);
    AT(&c, "TrustStoreRevocations.0.RevocationId", "1");
    AT(&c, "TrustStoreRevocations.1.RevocationId", "3");
    MUST(&c, LISTS, "DescribeTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationIds: ['3']", arn);
    AT(&c, "TrustStoreRevocations.0.RevocationId", "3");
    AT(&c, "TrustStoreRevocations.1", NULL);
    MUST(&c, STORES, "DeleteTrustStore", "TrustStoreArn: '%s'", arn);
    assert_int_equal(c.account->n, 0);
    end(&c, &b);
}

static void test_a_list_of_der_is_kept_as_pem(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    MUST(&c, LISTS, "AddTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, S3Key: "
         "list.der}]",
         arn);
    AT(&c, "TrustStoreRevocations.0.NumberOfRevokedEntries", "2");
    assert_string_equal(c.config->trust_stores[0]->list_texts[0].p, b.list);
    end(&c, &b);
}

static void test_what_is_no_list_is_refused(void **state)
{
    static const struct {
        const char *key;
        const char *code;
    } cases[] = {
        {"nowhere", "RevocationContentNotFound"},
        {"junk", "InvalidRevocationContent"},
        {"one.pem", "InvalidRevocationContent"},
        {"wrong.crl", "InvalidRevocationContent"},
        {"locked", "InvalidRevocationContent"},
    };
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        REFUSES(&c, cases[i].code, "", LISTS, "AddTrustStoreRevocations",
                "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, "
                "S3Key: list.crl}, {S3Bucket: b, S3Key: %s}]",
                arn, cases[i].key);
    assert_int_equal(c.config->trust_stores[0]->nlists, 0);
    REFUSES(&c, "ValidationError", "At least one", LISTS,
            "AddTrustStoreRevocations", "TrustStoreArn: '%s'", arn);
    REFUSES(&c, "TrustStoreNotFound", "", LISTS, "AddTrustStoreRevocations",
            "TrustStoreArn: '" NOBODY "', RevocationContents: [{S3Bucket: b, "
            "S3Key: list.crl}]");
    end(&c, &b);
}

static void test_revocations_are_limited(void **state)
{
    static const enum quota quotas[] = {QUOTA_REVOCATION_ENTRIES,
                                        QUOTA_TRUST_STORE_LISTS};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct calls c = {.account = NULL};
        struct bucket b;
        const char *arn;

        c.local.quotas.given[quotas[i]] = true;
        c.local.quotas.max[quotas[i]] = 2 - i;
        begin(&c, &b, "");
        arn = make(&c);
        MUST(&c, LISTS, "AddTrustStoreRevocations",
             "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, S3Key: "
             "list.crl}]",
             arn);
        REFUSES(&c, "TooManyTrustStoreRevocationEntries", "", LISTS,
                "AddTrustStoreRevocations",
                "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, "
                "S3Key: more.crl}]",
                arn);
        end(&c, &b);
    }
}

static void test_revocations_that_are_not_there_are_an_error(void **state)
{
    static const char *const ids[] = {"1", "0", "x", "4294967297"};
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    for (unsigned i = 0; i < 4; i++) {
        REFUSES(&c, "RevocationIdNotFound", "The revocation ID '", LISTS,
                "RemoveTrustStoreRevocations",
                "TrustStoreArn: '%s', RevocationIds: ['%s']", arn, ids[i]);
        REFUSES(&c, "RevocationIdNotFound", "", LISTS,
                "DescribeTrustStoreRevocations",
                "TrustStoreArn: '%s', RevocationIds: ['%s']", arn, ids[i]);
        REFUSES(&c, "RevocationIdNotFound", "", USE,
                "GetTrustStoreRevocationContent",
                "TrustStoreArn: '%s', RevocationId: '%s'", arn, ids[i]);
    }
    REFUSES(&c, "TrustStoreNotFound", "", LISTS, "RemoveTrustStoreRevocations",
            "TrustStoreArn: '" NOBODY "', RevocationIds: ['1']");
    REFUSES(&c, "TrustStoreNotFound", "", LISTS,
            "DescribeTrustStoreRevocations", "TrustStoreArn: '" NOBODY "'");
    end(&c, &b);
}

/* A template's resource may have several. */
static void test_revocations_of_a_template_are_told_and_removed(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;

    (void)state;
    begin(&c, &b,
          "Ts: {Type: TS, Properties: {Name: theirs}}, Tr: {Type: TR, "
          "Properties: {TrustStoreArn: @Ts, RevocationContents: [{S3Bucket: b, "
          "S3Key: x}, {S3Bucket: b, S3Key: y}]}, Metadata: {Sluice: "
          "{RevocationLists: [x.crl, y.crl]}}}");
    MUST(&c, LISTS, "DescribeTrustStoreRevocations", "TrustStoreArn: $Ts");
    AT(&c, "TrustStoreRevocations.1.RevocationId", "2");
    AT(&c, "TrustStoreRevocations.1.NumberOfRevokedEntries", NULL);
    AT(&c, "TrustStoreRevocations.2", NULL);
    MUST(&c, USE, "GetTrustStoreRevocationContent",
         "TrustStoreArn: $Ts, RevocationId: '2'");
    AT(&c, "Location", "file://y.crl");
    MUST(&c, LISTS, "RemoveTrustStoreRevocations",
         "TrustStoreArn: $Ts, RevocationIds: ['1']");
    assert_int_equal(c.config->trust_stores[0]->nlists, 1);
    assert_string_equal(c.config->trust_stores[0]->lists[0].p, "y.crl");
    MUST(&c, LISTS, "RemoveTrustStoreRevocations",
         "TrustStoreArn: $Ts, RevocationIds: ['1']");
    assert_int_equal(c.account->n, 1);
    end(&c, &b);
}

/* ---- what they hold ---------------------------------------------------------------- */

/* Of a link, what the API port is asked for. */
static struct str target_of(const struct calls *c)
{
    struct str url = str_of(calls_at(c, "Location"));

    assert_true(str_starts(url, c->view.api_url));
    return str_make(url.p + c->view.api_url.n, url.n - c->view.api_url.n);
}

static void test_a_link_gives_the_text_for_ten_minutes(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;
    struct str target;
    struct str text;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    MUST(&c, USE, "GetTrustStoreCaCertificatesBundle", "TrustStoreArn: '%s'",
         arn);
    target = target_of(&c);
    assert_true(kept_is(target));
    assert_int_equal(kept_follow(&c.view, target, &text), 200);
    assert_true(str_eq(text, str_of(b.one)));
    c.view.now_ms += 599 * 1000;
    assert_int_equal(kept_follow(&c.view, target, &text), 200);
    c.view.now_ms += 1000;
    assert_int_equal(kept_follow(&c.view, target, &text), 403);
    assert_int_equal(text.n, 0);
    REFUSES(&c, "TrustStoreNotFound", "", USE,
            "GetTrustStoreCaCertificatesBundle", "TrustStoreArn: '" NOBODY "'");
    REFUSES(&c, "TrustStoreNotFound", "", USE, "GetTrustStoreRevocationContent",
            "TrustStoreArn: '" NOBODY "', RevocationId: '1'");
    end(&c, &b);
}

static void test_a_link_is_good_for_what_it_was_made_for(void **state)
{
    struct calls c = {.account = NULL};
    struct bucket b;
    const char *arn;
    struct str target;
    struct str text;
    char *other;

    (void)state;
    begin(&c, &b, "");
    arn = make(&c);
    MUST(&c, LISTS, "AddTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationContents: [{S3Bucket: b, S3Key: "
         "list.crl}, {S3Bucket: b, S3Key: more.crl}]",
         arn);
    MUST(&c, USE, "GetTrustStoreRevocationContent",
         "TrustStoreArn: '%s', RevocationId: '2'", arn);
    target = target_of(&c);
    assert_int_equal(kept_follow(&c.view, target, &text), 200);
    assert_true(str_eq(text, str_of(b.more)));
    other = strstr((char *)(uintptr_t)target.p, "/revocation/2");
    assert_non_null(other);
    other[12] = '1';
    assert_int_equal(kept_follow(&c.view, target, &text), 403);
    other[12] = '2';
    for (size_t i = 0; i < target.n; i++) {
        char *p = (char *)(uintptr_t)target.p + i;
        char was = *p;

        if (i < sizeof("/kept/") - 1)
            continue;
        *p = (char)(was ^ 1);
        assert_int_not_equal(kept_follow(&c.view, target, &text), 200);
        *p = was;
    }
    MUST(&c, LISTS, "RemoveTrustStoreRevocations",
         "TrustStoreArn: '%s', RevocationIds: ['2']", arn);
    assert_int_equal(kept_follow(&c.view, target, &text), 404);
    c.view.link_key = STR("another one");
    assert_int_equal(kept_follow(&c.view, target, &text), 403);
    assert_int_equal(kept_follow(&c.view, STR("/kept/"), &text), 403);
    end(&c, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_trust_store_is_made_changed_and_deleted),
        cmocka_unit_test(test_another_text_has_another_name),
        cmocka_unit_test(test_names_of_trust_stores_are_those_of_aws),
        cmocka_unit_test(test_what_is_no_bundle_is_refused),
        cmocka_unit_test(test_names_are_unique_and_stores_limited),
        cmocka_unit_test(test_more_than_50_tags_of_a_store_are_too_many),
        cmocka_unit_test(test_stores_are_found_by_arn_and_name),
        cmocka_unit_test(test_a_store_in_use_is_not_deleted_and_told),
        cmocka_unit_test(test_a_store_without_certificates_is_not_ready),
        cmocka_unit_test(test_revocations_are_added_told_and_removed),
        cmocka_unit_test(test_a_list_of_der_is_kept_as_pem),
        cmocka_unit_test(test_what_is_no_list_is_refused),
        cmocka_unit_test(test_revocations_are_limited),
        cmocka_unit_test(test_revocations_that_are_not_there_are_an_error),
        cmocka_unit_test(test_revocations_of_a_template_are_told_and_removed),
        cmocka_unit_test(test_a_link_gives_the_text_for_ten_minutes),
        cmocka_unit_test(test_a_link_is_good_for_what_it_was_made_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
