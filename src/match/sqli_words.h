/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of SQL that mean something of themselves, and the pairs that mean
 * something together (GROUP BY, UNION ALL, IS NOT).  From the reserved words
 * and functions in the manuals of MySQL 8.4, PostgreSQL 16, SQL Server 2022,
 * Oracle 23 and SQLite; what each is follows from what may stand beside it.
 */
#ifndef SLUICE_MATCH_SQLI_WORDS_H
#define SLUICE_MATCH_SQLI_WORDS_H

#include "match/sqli_token.h"

enum { SQLI_WORD_MAX = 32 };

struct sqli_word {
    uint8_t kind; /* SQLI_NAME: none of ours */
    uint8_t tag;
};

/* In any case. */
struct sqli_word sqli_word(const char *p, size_t n);

/* What two words say together; kind is SQLI_NONE: nothing of its own. */
struct sqli_word sqli_phrase(const struct sqli_token *first,
                             const struct sqli_token *second);

#endif
