/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads PCRE2's syntax (pcre2pattern, version 10.42, bytes, newline is LF) one
 * token at a time: for who wants to know what a pattern needs without running
 * it.  It is for patterns that PCRE2 compiles; of others the tokens mean
 * nothing, but the reader stays inside the pattern and comes to its end.  What
 * it does not understand, or what versions read differently, it says.
 *
 * Options ((?i) and so on), comments, \Q and \E make no token: they are in what
 * the others say.
 */
#ifndef SLUICE_MATCH_REGEX_READER_H
#define SLUICE_MATCH_REGEX_READER_H

#include "base/str.h"
#include "match/byte_set.h"

enum regex_token_kind {
    REGEX_END,
    REGEX_UNKNOWN, /* anything may follow from it */
    REGEX_BYTE,    /* one byte of the set */
    REGEX_PLACE,   /* ^ $ \A \z \Z \b \B: nothing, at some places */
    REGEX_OR,
    REGEX_REPEAT,     /* what stands before, min to max times */
    REGEX_POSSESSIVE, /* the same, without giving back */
    REGEX_SINGLE,     /* \C: one byte */
    REGEX_NEWLINE,    /* \R */
    REGEX_CLUSTER,    /* \X */
    REGEX_KEEP,       /* \K: nothing */
    REGEX_BEGIN,      /* \G: nothing, at the begin of the search */
    REGEX_REFERENCE,  /* what a group matched */
    REGEX_CALL,       /* what a group would match */
    REGEX_CALLOUT,    /* nothing */
    REGEX_VERB,       /* (*...): anything */
    REGEX_CLOSE,
    /* groups, each with its REGEX_CLOSE */
    REGEX_OPEN,
    REGEX_ATOMIC,
    REGEX_AHEAD,
    REGEX_NOT_AHEAD,
    REGEX_BEHIND,
    REGEX_NOT_BEHIND,
    REGEX_CONDITION, /* the condition itself is the first group in it */
};

enum {
    REGEX_DEPTH_MAX = 120, /* nested groups; more are not understood */
};

#define REGEX_ENDLESS UINT32_MAX

struct regex_token {
    enum regex_token_kind kind;
    size_t at;           /* first byte of it in the pattern */
    struct byte_set set; /* of REGEX_BYTE */
    uint32_t min;        /* of the repeats */
    uint32_t max;        /* or REGEX_ENDLESS */
};

struct regex_reader {
    struct str pattern;
    size_t at;
    bool literal; /* behind \Q */
    bool reset;   /* (?| was seen: numbers of groups are not known */
    unsigned groups;
    unsigned depth;
    uint8_t options[REGEX_DEPTH_MAX + 1]; /* of each open group */
};

struct regex_reader regex_reader_of(struct str pattern);
void regex_read(struct regex_reader *reader, struct regex_token *token);

/* ---- between the reader's files ------------------------------------------------- */

enum {
    REGEX_ANY_CASE = 1,
    REGEX_DOT_ALL = 2,
    REGEX_MULTILINE = 4,
    REGEX_EXTENDED = 8,
    REGEX_MORE = 16, /* (?xx) */
    REGEX_NO_CAPTURE = 32,
};

static inline unsigned regex_reader_options(const struct regex_reader *reader)
{
    return reader->options[reader->depth];
}

/* The byte `ahead` of the next one; -1: the pattern ends before it. */
static inline int regex_peek(const struct regex_reader *reader, size_t ahead)
{
    return ahead < reader->pattern.n - reader->at
               ? (unsigned char)reader->pattern.p[reader->at + ahead]
               : -1;
}

/* Behind a backslash.  `in_class`: inside of []. A REGEX_BYTE with more than one
 * byte in its set is a class of its own, as \d. */
void regex_read_escape(struct regex_reader *reader, bool in_class,
                       struct regex_token *token);
/* Behind a "[". */
void regex_read_class(struct regex_reader *reader, struct regex_token *token);

/* The number of decimal digits there, none is 0; too large ones stay large. */
uint32_t regex_read_number(struct regex_reader *reader);
/* To the byte behind the next `end`; to the pattern's end without one. */
void regex_skip_past(struct regex_reader *reader, char end);
/* Whether "{" is the begin of {n}, {n,} or {n,m}, and which; the reader stands
 * behind it then. */
bool regex_read_braces(struct regex_reader *reader, struct regex_token *token);

#endif
