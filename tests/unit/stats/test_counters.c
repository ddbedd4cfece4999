/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/counters.h"

enum { TEXT_MAX = 32 * 1024 };

static char *exposition(struct counters *const *all, unsigned n)
{
    struct text t = text_in(malloc(TEXT_MAX), TEXT_MAX);

    assert_non_null(t.p);
    counters_put(&t, all, n);
    text_char(&t, '\0');
    assert_true(text_ok(&t));
    return t.p;
}

static bool is_metric_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = str_lower(s.p[i]);

        if (!((c >= 'a' && c <= 'z') || c == '_' || c == ':' ||
              (i && c >= '0' && c <= '9')))
            return false;
    }
    return s.n > 0;
}

/* What follows `prefix` in the next line. */
static struct str next_line(struct str *rest, struct str prefix)
{
    struct str line = str_cut(rest, '\n');

    if (!str_starts(line, prefix))
        fail_msg("\"" STR_FMT "\" does not begin with \"" STR_FMT "\"",
                 STR_ARG(line), STR_ARG(prefix));
    return str_make(line.p + prefix.n, line.n - prefix.n);
}

/* A family: HELP, TYPE and one sample, as the format wants them. */
static void check_family(struct str *rest)
{
    struct str help = next_line(rest, STR("# HELP "));
    struct str name = str_cut(&help, ' ');
    struct str type = next_line(rest, STR("# TYPE "));
    struct str value;
    uint64_t number;
    bool total = name.n > 6 && memcmp(name.p + name.n - 6, "_total", 6) == 0;

    assert_true(is_metric_name(name));
    assert_true(str_starts(name, STR("sluice_")));
    assert_true(help.n > 0);
    assert_null(memchr(help.p, '\\', help.n));
    assert_true(str_eq(str_cut(&type, ' '), name));
    assert_true(str_eq(type, total ? STR("counter") : STR("gauge")));
    value = next_line(rest, name);
    assert_int_equal(value.p[0], ' ');
    assert_true(
        str_to_u64(str_make(value.p + 1, value.n - 1), UINT64_MAX, &number));
}

static void test_exposition_is_valid_prometheus_text(void **state)
{
    struct counters counters = {0};
    struct counters *all[] = {&counters};
    char *text = exposition(all, 1);
    struct str rest = str_of(text);
    unsigned families = 0;
    unsigned declared = 0;

    (void)state;
#define X(name, type, help) declared++;
#include "stats/counters.def"
#undef X
    assert_int_equal(text[rest.n - 1], '\n');
    while (rest.n) {
        check_family(&rest);
        families++;
    }
    assert_int_equal(families, declared);
    free(text);
}

static void test_every_family_is_there_once(void **state)
{
    char *text = exposition(NULL, 0);

    (void)state;
#define X(name, type, help)                                                    \
    {                                                                          \
        const char *at = strstr(text, "# TYPE sluice_" #name " ");             \
                                                                               \
        if (at == NULL)                                                        \
            at = strstr(text, "# TYPE sluice_" #name "_total ");               \
        assert_non_null(at);                                                   \
        assert_null(strstr(at + 1, "# TYPE sluice_" #name " "));               \
    }
#include "stats/counters.def"
#undef X
    free(text);
}

static void test_values_are_sums_over_all_owners(void **state)
{
    struct counters one = {0};
    struct counters two = {0};
    struct counters *all[] = {&one, &two};
    char *text;

    (void)state;
    COUNTER_ADD(&one, requests, 40);
    COUNTER_ADD(&two, requests, 1);
    COUNTER_ADD(&two, requests, 1);
    COUNTER_ADD(&one, requests_active, 5);
    COUNTER_ADD(&one, requests_active, -3);
    COUNTER_ADD(&two, bytes_to_clients, UINT64_C(1) << 40);
    text = exposition(all, 2);
    assert_non_null(strstr(text, "\nsluice_requests_total 42\n"));
    assert_non_null(strstr(text, "\nsluice_requests_active 2\n"));
    assert_non_null(
        strstr(text, "\nsluice_bytes_to_clients_total 1099511627776\n"));
    assert_non_null(strstr(text, "\nsluice_retries_total 0\n"));
    free(text);
}

static void test_small_buffer_is_an_overflow_not_a_crash(void **state)
{
    char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    counters_put(&t, NULL, 0);
    assert_false(text_ok(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exposition_is_valid_prometheus_text),
        cmocka_unit_test(test_every_family_is_there_once),
        cmocka_unit_test(test_values_are_sums_over_all_owners),
        cmocka_unit_test(test_small_buffer_is_an_overflow_not_a_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
