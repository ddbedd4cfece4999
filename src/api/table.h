/* SPDX-License-Identifier: Apache-2.0
 *
 * Aligned columns: the rows are asked for twice, first to see how wide they
 * are, then to be written.  The first row is the heading; a column in which no
 * other row has anything is left out.
 *
 * Cells are printable ASCII; what else is in them becomes '?', so that nothing
 * that somebody wrote into a template reaches a terminal as a command.
 */
#ifndef SLUICE_API_TABLE_H
#define SLUICE_API_TABLE_H

#include "base/text.h"

enum {
    TABLE_COLUMNS = 16, /* of one table, at most */
    TABLE_CELL = 1024,  /* bytes of a cell that table_printf() makes */
};

struct table {
    struct text *out;
    bool measuring;
    unsigned row;
    unsigned column;
    size_t owed;              /* spaces before the next cell */
    bool used[TABLE_COLUMNS]; /* some row has something there */
    size_t width[TABLE_COLUMNS];
};

/* Has `rows` make the same cells twice, and writes them to `out`. */
void table_put(struct text *out,
               void (*rows)(struct table *table, const void *owner),
               const void *owner);

/* The next cell of the row; "-" when it is empty. */
void table_cell(struct table *table, struct str cell);
void table_printf(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The row is complete. */
void table_row(struct table *table);

/* What a cell shows of a text. */
void table_put_plain(struct text *out, struct str s);

#endif
