/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of lists: a client that follows NextMarker sees everything once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../model/values.h"
#include "api/paging.h"

struct list {
    struct region region;
    struct call call;
};

static void ask(struct list *l, const char *input)
{
    struct place mark;

    l->call = (struct call){
        .region = &l->region,
        .input = values_parse(&l->region, input, &mark),
    };
}

static struct str marker_after(struct list *l, unsigned n,
                               const struct paging *page)
{
    struct value *result = make_map(&l->region);

    paging_end(&l->call, n, page, result);
    return member_text(result, "NextMarker");
}

/* checklist 6 */
static void test_pages_follow_each_other_without_gap_or_overlap(void **state)
{
    struct list l = {.call.nmade = 0};
    struct paging page;
    struct str marker;

    (void)state;
    ask(&l, "PageSize: 3");
    assert_true(paging_of(&l.call, 7, &page));
    assert_int_equal(page.from, 0);
    assert_int_equal(page.to, 3);
    for (unsigned from = 3; from < 7; from += 3) {
        marker = marker_after(&l, 7, &page);
        assert_true(marker.n > 0);
        ask(&l, region_printf(&l.region, "PageSize: 3, Marker: '%.*s'",
                              STR_ARG(marker))
                    .p);
        assert_true(paging_of(&l.call, 7, &page));
        assert_int_equal(page.from, from);
    }
    assert_int_equal(page.to, 7);
    region_end(&l.region);
}

static void test_the_last_page_has_no_marker(void **state)
{
    struct list l = {.call.nmade = 0};
    struct paging page;

    (void)state;
    ask(&l, "PageSize: 7");
    assert_true(paging_of(&l.call, 7, &page));
    assert_int_equal(marker_after(&l, 7, &page).n, 0);
    ask(&l, "");
    assert_true(paging_of(&l.call, 400, &page));
    assert_int_equal(marker_after(&l, 400, &page).n, 0);
    assert_true(paging_of(&l.call, 401, &page));
    assert_true(marker_after(&l, 401, &page).n > 0);
    region_end(&l.region);
}

static void test_a_marker_beyond_a_list_that_shrank_is_its_end(void **state)
{
    struct list l = {.call.nmade = 0};
    struct paging page;
    struct str marker;

    (void)state;
    ask(&l, "PageSize: 5");
    assert_true(paging_of(&l.call, 9, &page));
    marker = marker_after(&l, 9, &page);
    ask(&l, region_printf(&l.region, "Marker: '%.*s'", STR_ARG(marker)).p);
    assert_true(paging_of(&l.call, 2, &page));
    assert_int_equal(page.from, 2);
    assert_int_equal(page.to, 2);
    region_end(&l.region);
}

static void test_a_marker_of_somebody_else_is_refused(void **state)
{
    static const char *const others[] = {
        "Marker: x",
        "Marker: 5",
        "Marker: 'c2x1aWNlLXBhZ2Ut'",                 /* no number */
        "Marker: 'c2x1aWNlLXBhZ2UtLTE='",             /* -1 */
        "Marker: 'c2x1aWNlLXBhZ2UtNQ'",               /* no padding */
        "Marker: 'c2x1aWNlLXBhZ2UtNSA='",             /* "5 " */
        "Marker: 'c2x1aWNlLXBhZ2UtNDI5NDk2NzI5Ng=='", /* 2^32 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        struct list l = {.call.nmade = 0};
        struct paging page;

        ask(&l, others[i]);
        assert_false(paging_of(&l.call, 9, &page));
        assert_string_equal(l.call.fault.code, "ValidationError");
        region_end(&l.region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_follow_each_other_without_gap_or_overlap),
        cmocka_unit_test(test_the_last_page_has_no_marker),
        cmocka_unit_test(test_a_marker_beyond_a_list_that_shrank_is_its_end),
        cmocka_unit_test(test_a_marker_of_somebody_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
