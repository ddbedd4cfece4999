/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "control/admission.h"
#include "control/server.h"

static bool may(struct admission *a, int number, int64_t now_s)
{
    char value[16];
    const struct dimension d = {STR("D"), {value, 0}};
    struct dimension numbered = d;
    const struct series_name name = {.space = STR("N"),
                                     .metric = STR("M"),
                                     .ndimensions = 1,
                                     .dimensions = &numbered};

    numbered.value.n = (size_t)snprintf(value, sizeof(value), "%d", number);
    return admission_may(a, &name, now_s);
}

static void test_the_first_series_have_the_room(void **state)
{
    struct admission *a = admission_new(500);

    (void)state;
    for (int i = 0; i < 500; i++)
        assert_true(may(a, i, 1000));
    assert_false(may(a, 500, 1000));
    assert_false(may(a, 501, 1060));
    for (int i = 0; i < 500; i++)
        assert_true(may(a, i, 1060));
    assert_int_equal(admission_n(a), 500);
    admission_free(a);
}

static void test_a_series_without_data_for_an_hour_makes_room(void **state)
{
    struct admission *a = admission_new(2);

    (void)state;
    assert_true(may(a, 1, 1000));
    assert_true(may(a, 2, 1000));
    assert_true(may(a, 2, 3000));
    assert_false(may(a, 3, 4600));
    assert_true(may(a, 3, 4661)); /* 1 was silent since 1000 */
    assert_false(may(a, 1, 4661));
    assert_true(may(a, 2, 4661));
    admission_free(a);
}

static void test_what_is_published_is_a_list_of_words(void **state)
{
    struct error error = {""};
    unsigned publish;

    (void)state;
    assert_true(publish_read(STR("cloudwatch"), &publish, &error));
    assert_int_equal(publish, PUBLISH_CLOUDWATCH);
    assert_true(publish_read(STR("emf, s3,cloudwatch"), &publish, &error));
    assert_int_equal(publish, PUBLISH_CLOUDWATCH | PUBLISH_S3 | PUBLISH_EMF);
    assert_false(publish_read(STR("cloudwach"), &publish, &error));
    assert_non_null(strstr(error.text, "did you mean cloudwatch?"));
    assert_false(publish_read(STR("emf,"), &publish, &error));
    assert_non_null(strstr(error.text, "write cloudwatch, s3, emf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_series_have_the_room),
        cmocka_unit_test(test_a_series_without_data_for_an_hour_makes_room),
        cmocka_unit_test(test_what_is_published_is_a_list_of_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
