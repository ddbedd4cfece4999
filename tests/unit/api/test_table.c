/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/table.h"

static char buffer[64 * 1024];
static struct text out;

/* Rows of cells; NULL ends a row, two of them the table. */
static void rows(struct table *table, const void *owner)
{
    for (const char *const *cell = owner; *cell; cell++) {
        for (; *cell; cell++)
            table_cell(table, str_of(*cell));
        table_row(table);
    }
}

static const char *put(const char *const *cells)
{
    out = text_in(buffer, sizeof(buffer) - 1);
    table_put(&out, rows, cells);
    assert_true(text_ok(&out));
    buffer[out.n] = '\0';
    return buffer;
}

static void test_columns_are_as_wide_as_their_widest_cell(void **state)
{
    static const char *const cells[] = {"A", "LONG", "C",  NULL, "1234",
                                        "5", "67",   NULL, "8",  "9",
                                        "0", NULL,   NULL};

    (void)state;
    assert_string_equal(put(cells), "A     LONG  C\n"
                                    "1234  5     67\n"
                                    "8     9     0\n");
}

static void test_an_empty_cell_is_a_dash(void **state)
{
    static const char *const cells[] = {"A",  "B", NULL, "",   "1",
                                        NULL, "2", "",   NULL, NULL};

    (void)state;
    assert_string_equal(put(cells), "A  B\n"
                                    "-  1\n"
                                    "2  -\n");
}

static void test_a_column_without_anything_is_left_out(void **state)
{
    static const char *const cells[] = {
        "A", "EMPTY", "C", NULL, "1", "", "3", NULL, "4", "", "6", NULL, NULL};

    (void)state;
    assert_string_equal(put(cells), "A  C\n"
                                    "1  3\n"
                                    "4  6\n");
}

static void test_lines_have_no_spaces_at_their_end(void **state)
{
    static const char *const cells[] = {
        "A", "B", NULL, "1", "a much longer one", NULL, NULL};

    (void)state;
    assert_string_equal(put(cells), "A  B\n1  a much longer one\n");
}

static void test_what_a_terminal_could_obey_becomes_question_marks(void **state)
{
    static const char *const cells[] = {
        "A", "B", NULL, "\033[2J", "\t\n\x7f\x9b\xc3\xa4", NULL, NULL};

    (void)state;
    assert_string_equal(put(cells), "A     B\n?[2J  ??????\n");
}

static void printed(struct table *table, const void *owner)
{
    (void)owner;
    table_cell(table, STR("A"));
    table_row(table);
    table_printf(table, "%s-%d", "x", 7);
    table_row(table);
}

static void test_cells_may_be_printed(void **state)
{
    (void)state;
    out = text_in(buffer, sizeof(buffer));
    table_put(&out, printed, NULL);
    assert_true(str_eq(text_str(&out), STR("A\nx-7\n")));
}

static void many(struct table *table, const void *owner)
{
    (void)owner;
    for (int row = 0; row < 2; row++) {
        for (int i = 0; i < TABLE_COLUMNS + 3; i++)
            table_cell(table, STR("x"));
        table_row(table);
    }
}

static void test_more_columns_than_there_can_be_are_not_written(void **state)
{
    (void)state;
    out = text_in(buffer, sizeof(buffer));
    table_put(&out, many, NULL);
    assert_int_equal(out.n, 2 * (TABLE_COLUMNS * 3 - 2 + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(test_an_empty_cell_is_a_dash),
        cmocka_unit_test(test_a_column_without_anything_is_left_out),
        cmocka_unit_test(test_lines_have_no_spaces_at_their_end),
        cmocka_unit_test(
            test_what_a_terminal_could_obey_becomes_question_marks),
        cmocka_unit_test(test_cells_may_be_printed),
        cmocka_unit_test(test_more_columns_than_there_can_be_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
