/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "crypto/ssl_policy.h"

/* AWS's table, spelt out by the letters of alb.md 5.6. */
static const struct {
    const char *letters;
    const char *ciphers;
} sets[] = {
    {"A", "ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256"},
    {"B", "ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-SHA256"},
    {"C", "ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA"},
    {"D", "ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384"},
    {"E", "ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384"},
    {"F", "ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA"},
    {"R128", "AES128-GCM-SHA256 AES128-SHA256"},
    {"R128S", "AES128-SHA"},
    {"R256", "AES256-GCM-SHA384 AES256-SHA256"},
    {"R256S", "AES256-SHA"},
    {"3DES", "DES-CBC3-SHA"},
};

#define EVERY "A B C D E F R128 R128S R256 R256S"

static const struct row {
    const char *name;
    unsigned min, max;
    const char *letters;
    bool chacha, fips, pq;
} rows[] = {
    {"TLS13-1-3-2021-06", 13, 13, "", true, false, false},
    {"TLS13-1-2-Res-2021-06", 12, 13, "A D", true, false, false},
    {"TLS13-1-2-2021-06", 12, 13, "A B D E", true, false, false},
    {"TLS13-1-2-Ext1-2021-06", 12, 13, "A B D E R128 R256", true, false, false},
    {"TLS13-1-2-Ext2-2021-06", 12, 13, EVERY, true, false, false},
    {"TLS13-1-1-2021-06", 11, 13, EVERY, true, false, false},
    {"TLS13-1-0-2021-06", 10, 13, EVERY, true, false, false},
    {"TLS-1-2-Ext-2018-06", 12, 12, EVERY, false, false, false},
    {"TLS-1-2-2017-01", 12, 12, "A B D E R128 R256", false, false, false},
    {"TLS-1-1-2017-01", 11, 12, EVERY, false, false, false},
    {"2016-08", 10, 12, EVERY, false, false, false},
    {"2015-05", 10, 12, EVERY, false, false, false},
    {"FS-2018-06", 10, 12, "A B C D E F", false, false, false},
    {"FS-1-1-2019-08", 11, 12, "A B C D E F", false, false, false},
    {"FS-1-2-2019-08", 12, 12, "A B C D E F", false, false, false},
    {"FS-1-2-Res-2019-08", 12, 12, "A B D E", false, false, false},
    {"FS-1-2-Res-2020-10", 12, 12, "A D", false, false, false},
    {"TLS-1-0-2015-04", 10, 12, EVERY " 3DES", false, false, false},
    {"TLS13-1-3-FIPS-2023-04", 13, 13, "", false, true, false},
    {"TLS13-1-2-Res-FIPS-2023-04", 12, 13, "A D", false, true, false},
    {"TLS13-1-2-FIPS-2023-04", 12, 13, "A B D E", false, true, false},
    {"TLS13-1-2-Ext0-FIPS-2023-04", 12, 13, "A B C D E F", false, true, false},
    {"TLS13-1-2-Ext1-FIPS-2023-04", 12, 13, "A B D E R128 R256", false, true,
     false},
    {"TLS13-1-2-Ext2-FIPS-2023-04", 12, 13, EVERY, false, true, false},
    {"TLS13-1-1-FIPS-2023-04", 11, 13, EVERY, false, true, false},
    {"TLS13-1-0-FIPS-2023-04", 10, 13, EVERY, false, true, false},
    {"TLS13-1-3-PQ-2025-09", 13, 13, "", true, false, true},
    {"TLS13-1-2-Res-PQ-2025-09", 12, 13, "A D", true, false, true},
    {"TLS13-1-2-PQ-2025-09", 12, 13, "A B D E", true, false, true},
    {"TLS13-1-2-Ext1-PQ-2025-09", 12, 13, "A B D E R128 R256", true, false,
     true},
    {"TLS13-1-2-Ext2-PQ-2025-09", 12, 13, EVERY, true, false, true},
    {"TLS13-1-3-FIPS-PQ-2025-09", 13, 13, "", false, true, true},
    {"TLS13-1-2-Res-FIPS-PQ-2025-09", 12, 13, "A D", false, true, true},
    {"TLS13-1-2-FIPS-PQ-2025-09", 12, 13, "A B D E", false, true, true},
    {"TLS13-1-2-Ext0-FIPS-PQ-2025-09", 12, 13, "A B C D E F", false, true,
     true},
    {"TLS13-1-2-Ext1-FIPS-PQ-2025-09", 12, 13, "A B D E R128 R256", false, true,
     true},
    {"TLS13-1-2-Ext2-FIPS-PQ-2025-09", 12, 13, EVERY, false, true, true},
};

enum { NROWS = sizeof(rows) / sizeof(*rows), LIST = 1024 };

static const struct ssl_policy *policy_of(const char *name)
{
    char full[80];

    snprintf(full, sizeof(full), "ELBSecurityPolicy-%s", name);
    return ssl_policy_find(str_of(full));
}

/* "A D" as an OpenSSL list. */
static void spell(const char *letters, char list[LIST])
{
    char copy[128];
    char *rest = NULL;

    list[0] = '\0';
    snprintf(copy, sizeof(copy), "%s", letters);
    for (char *l = strtok_r(copy, " ", &rest); l;
         l = strtok_r(NULL, " ", &rest))
        for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
            if (strcmp(sets[i].letters, l) == 0)
                snprintf(list + strlen(list), LIST - strlen(list), "%s%s",
                         list[0] ? ":" : "", sets[i].ciphers);
        }
    for (char *p = list; *p; p++)
        *p = *p == ' ' ? ':' : *p;
}

static void check_row(const struct row *row)
{
    const struct ssl_policy *policy = policy_of(row->name);
    char ciphers[LIST];

    assert_non_null(policy);
    spell(row->letters, ciphers);
    assert_int_equal(policy->min, row->min);
    assert_int_equal(policy->max, row->max);
    assert_string_equal(policy->ciphers ? policy->ciphers : "", ciphers);
    assert_int_equal(policy->fips, row->fips);
    assert_int_equal(policy->pq, row->pq);
    if (row->max < 13)
        assert_null(policy->suites);
    else
        assert_string_equal(
            policy->suites,
            row->chacha ? "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                          "TLS_CHACHA20_POLY1305_SHA256"
                        : "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
}

static void
test_each_policy_has_awss_protocols_and_ciphers_in_awss_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NROWS; i++)
        check_row(&rows[i]);
}

static void test_there_is_no_policy_that_aws_has_not(void **state)
{
    unsigned n = 0;

    (void)state;
    while (ssl_policy_at(n))
        n++;
    assert_int_equal(n, NROWS);
    for (unsigned i = 0; i < n; i++)
        assert_ptr_equal(ssl_policy_find(ssl_policy_at(i)->name),
                         ssl_policy_at(i));
    assert_null(policy_of("TLS13-1-2-Res-2023-04"));
    assert_null(policy_of("2016-8"));
    assert_null(ssl_policy_find(STR("")));
    assert_null(ssl_policy_find(STR("elbsecuritypolicy-2016-08")));
}

static void test_the_default_is_the_one_of_2016(void **state)
{
    const struct ssl_policy *policy =
        ssl_policy_find(str_of(ssl_policy_default));

    (void)state;
    assert_ptr_equal(policy, policy_of("2016-08"));
    assert_non_null(policy);
}

static void test_a_wrong_name_gets_the_nearest_one(void **state)
{
    (void)state;
    assert_string_equal(
        ssl_policy_suggest(STR("ELBSecurityPolicy-TLS13-1-2-2021-6")),
        "ELBSecurityPolicy-TLS13-1-2-2021-06");
    assert_string_equal(ssl_policy_suggest(STR("TLS13-1-2-Res-PQ-2025-09")),
                        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09");
    assert_null(ssl_policy_suggest(STR("modern")));
}

/* Whether the library takes what it is said to have, at the policy's level. */
static void check_use(const struct ssl_policy *policy)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    char groups[LIST], lacks[LIST];
    struct text t = text_in(groups, sizeof(groups) - 1);
    struct text l = text_in(lacks, sizeof(lacks) - 1);

    ssl_policy_groups(policy, &t);
    ssl_policy_lacks(policy, &l);
    groups[t.n] = lacks[l.n] = '\0';
    SSL_CTX_set_security_level(context, policy->level);
    if (policy->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(context, policy->ciphers), 1);
    if (policy->suites)
        assert_int_equal(SSL_CTX_set_ciphersuites(context, policy->suites), 1);
    if (policy->groups) {
        assert_true(t.n > 0);
        assert_int_equal(SSL_CTX_set1_groups_list(context, groups), 1);
    } else {
        assert_int_equal(t.n, 0);
    }
    /* What is lacking is not served, and what is not lacking is. */
    assert_int_equal(policy->groups && strstr(groups, "X25519MLKEM768") == NULL,
                     strstr(lacks, "X25519MLKEM768") != NULL);
    SSL_CTX_free(context);
}

static void test_what_the_library_has_of_each_policy_can_be_used(void **state)
{
    (void)state;
    for (unsigned i = 0; ssl_policy_at(i); i++)
        check_use(ssl_policy_at(i));
}

static void test_only_old_protocols_lower_the_security_level(void **state)
{
    (void)state;
    for (unsigned i = 0; ssl_policy_at(i); i++)
        assert_int_equal(ssl_policy_at(i)->level,
                         ssl_policy_at(i)->min < 12 ? 0 : 2);
}

static void test_a_policy_that_the_library_has_whole_lacks_nothing(void **state)
{
    char lacks[LIST];
    struct text t = text_in(lacks, sizeof(lacks));

    (void)state;
    ssl_policy_lacks(policy_of("TLS13-1-0-2021-06"), &t);
    assert_int_equal(t.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_each_policy_has_awss_protocols_and_ciphers_in_awss_order),
        cmocka_unit_test(test_there_is_no_policy_that_aws_has_not),
        cmocka_unit_test(test_the_default_is_the_one_of_2016),
        cmocka_unit_test(test_a_wrong_name_gets_the_nearest_one),
        cmocka_unit_test(test_what_the_library_has_of_each_policy_can_be_used),
        cmocka_unit_test(test_only_old_protocols_lower_the_security_level),
        cmocka_unit_test(
            test_a_policy_that_the_library_has_whole_lacks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
