/* SPDX-License-Identifier: Apache-2.0 */
#include "api/table.h"

#include <stdarg.h>
#include <stdio.h>

enum { BETWEEN = 2 /* spaces between two columns */ };

void table_put(struct text *out,
               void (*rows)(struct table *table, const void *owner),
               const void *owner)
{
    struct table table = {.out = out, .measuring = true};

    rows(&table, owner);
    table.measuring = false;
    table.row = 0;
    rows(&table, owner);
}

void table_put_plain(struct text *out, struct str s)
{
    for (size_t i = 0, n = 0; i < s.n; i = ++n) {
        while (n < s.n && s.p[n] >= ' ' && s.p[n] <= '~')
            n++;
        text_put(out, s.p + i, n - i);
        if (n < s.n)
            text_char(out, '?');
    }
}

static void measure(struct table *table, unsigned column, struct str cell)
{
    size_t *width = &table->width[column];

    *width = cell.n > *width ? cell.n : *width;
    table->used[column] |= table->row && cell.n;
}

void table_cell(struct table *table, struct str cell)
{
    unsigned column = table->column++;

    if (column >= TABLE_COLUMNS)
        return;
    if (table->measuring)
        measure(table, column, cell);
    if (table->measuring || !table->used[column])
        return;
    if (cell.n == 0)
        cell = STR("-");
    while (table->owed) {
        text_char(table->out, ' ');
        table->owed--;
    }
    table_put_plain(table->out, cell);
    table->owed = table->width[column] - cell.n + BETWEEN;
}

void table_printf(struct table *table, const char *format, ...)
{
    char buffer[TABLE_CELL];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(buffer, sizeof(buffer), format, args);
    va_end(args);
    if (n < 0)
        n = 0;
    table_cell(table, str_make(buffer, (size_t)n < sizeof(buffer)
                                           ? (size_t)n
                                           : sizeof(buffer) - 1));
}

void table_row(struct table *table)
{
    table->row++;
    table->column = 0;
    table->owed = 0;
    if (!table->measuring)
        text_char(table->out, '\n');
}
