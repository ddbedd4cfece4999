/* SPDX-License-Identifier: Apache-2.0
 *
 * A value read as tokens of SQL: what MySQL, PostgreSQL, SQL Server, Oracle or
 * SQLite would see, where they differ whichever lets more through.
 *
 * Every byte is looked at a bounded number of times: whatever is opened and
 * never closed reaches to the value's end.
 */
#ifndef SLUICE_MATCH_SQLI_TOKEN_H
#define SLUICE_MATCH_SQLI_TOKEN_H

#include "base/str.h"

enum sqli_kind {
    SQLI_NONE,
    SQLI_STRING,     /* s: a literal in quotes */
    SQLI_NUMBER,     /* 1: with TRUE and FALSE */
    SQLI_NAME,       /* n: a word that means nothing of itself */
    SQLI_VARIABLE,   /* v: @a, @@version, NULL, CURRENT_USER */
    SQLI_KEYWORD,    /* k: WHERE, FROM, INTO */
    SQLI_OPERATOR,   /* o */
    SQLI_LOGIC,      /* &: AND, OR, XOR, && and || */
    SQLI_UNION,      /* U: UNION, EXCEPT, INTERSECT */
    SQLI_EXPRESSION, /* E: starts a query or an expression: SELECT, CASE */
    SQLI_FUNCTION,   /* f */
    SQLI_STATEMENT,  /* T: starts a statement that reads nothing: DROP */
    SQLI_CLAUSE,     /* B: GROUP BY, ORDER BY, HAVING, LIMIT */
    SQLI_COMMENT,    /* c */
    SQLI_TYPE,       /* t: INT, VARCHAR */
    SQLI_COLLATE,    /* A */
    SQLI_OPEN,       /* ( */
    SQLI_CLOSE,      /* ) */
    SQLI_COMMA,      /* , */
    SQLI_SEMICOLON,  /* ; */
    SQLI_LEFT_BRACE, /* { */
    SQLI_RIGHT_BRACE,
    SQLI_DOT,
    SQLI_COLON,
    SQLI_BACKSLASH,
    SQLI_UNKNOWN, /* ?: a byte that no dialect knows here */
    SQLI_HIDDEN,  /* X: a comment made to hide: MySQL runs it, or they nest */
    SQLI_KINDS
};

/* Words that mean more beside others. */
enum sqli_tag {
    SQLI_TAG_NONE,
    SQLI_TAG_UNARY, /* an operator of one operand: + - ! ~ NOT */
    SQLI_TAG_NOT,   /* NOT itself, unary too */
    SQLI_TAG_CAST,  /* :: */
    SQLI_TAG_IN,
    SQLI_TAG_LIKE,
    SQLI_TAG_IF,
    SQLI_TAG_INFO,    /* a name that is a function before "(": USER */
    SQLI_TAG_TO_FILE, /* INTO OUTFILE */
    SQLI_TAG_FROM,
    SQLI_TAG_DANGER, /* a function that waits, reads files or calls out */
    SQLI_TAG_RUNS,   /* a procedure or a wait, no parenthesis needed */
    SQLI_TAG_SYSTEM, /* a schema or table of the system's */
    SQLI_TAG_WORDS   /* the first of those of sqli_words.h */
};

struct sqli_token {
    uint8_t kind;
    uint8_t tag;
    char opened; /* the quote before a string, 0: the value began inside */
    char closed; /* 0: the string reaches to the value's end */
    size_t from; /* what it says, without quotes */
    size_t to;
};

/* How a value is read. */
struct sqli_context {
    char quote; /* ' or ": the value begins inside; 0: bare */
    bool mysql; /* # starts a comment, and -- does before white space only */
};

struct sqli_reader {
    const unsigned char *p;
    size_t n;
    size_t at;
    struct sqli_context context;
    /* Whether the other dialect's comments would read it otherwise. */
    bool hash;
    bool dashes;
};

/* Nothing but letters and digits of ASCII, _ . and single dashes: without
 * space, quote, parenthesis or comparison there is no statement to change. */
bool sqli_is_plain(struct str value);

void sqli_read_start(struct sqli_reader *r, struct str value,
                     struct sqli_context context);

/* False: no more. */
bool sqli_read(struct sqli_reader *r, struct sqli_token *token);

#endif
