/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of patterns, between its files: linear_parse.c has alternatives
 * and groups, linear_quantifier.c what repeats, linear_atom.c what stands for
 * one byte.
 */
#ifndef SLUICE_MATCH_LINEAR_PARSE_H
#define SLUICE_MATCH_LINEAR_PARSE_H

#include "match/linear_internal.h"

enum parse_flags {
    FLAG_ANY_CASE = 1, /* i */
    FLAG_LINES = 2,    /* m: ^ and $ at lines too */
    FLAG_DOT_ALL = 4,  /* s: . is LF too */
    FLAG_LAZY = 8,     /* U: quantifiers are lazy unless marked */
};

/* What the pattern has in front of a quantifier. */
enum parse_before { BEFORE_NOTHING, BEFORE_ITEM, BEFORE_QUANTIFIER };

/* A group that is open; the whole pattern is the first. */
struct parse_frame {
    struct node *alternate; /* the branches before this one; NULL: none */
    struct node *concat;    /* this branch */
    unsigned outer_flags;   /* come back with its end */
    unsigned group;         /* 0: captures nothing */
    size_t at;              /* of its "(" */
};

struct group_name {
    struct group_name *next;
    struct str name;
};

struct parse {
    struct region *region;
    struct error *error;
    struct str pattern;
    size_t at;
    unsigned flags;
    unsigned groups;
    enum parse_before before;
    struct group_name *names;
    unsigned depth;
    struct parse_frame frames[LINEAR_DEPTH_MAX + 1];
    /* The quantifier that makes most instructions, for the error. */
    size_t largest_at;
    size_t largest_n;
    unsigned largest;
};

static inline struct str parse_rest(const struct parse *p)
{
    return str_make(p->pattern.p + p->at, p->pattern.n - p->at);
}

/* The byte `ahead` bytes on, or -1 at the end. */
static inline int parse_peek(const struct parse *p, size_t ahead)
{
    return ahead < p->pattern.n - p->at
               ? (unsigned char)p->pattern.p[p->at + ahead]
               : -1;
}

/* Sets the error "character N: ..." for the byte offset; returns false. */
bool parse_fail(struct parse *p, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The character at an offset: more than one byte when it is not ASCII. */
struct str parse_character(const struct parse *p, size_t at);

/* A zeroed node; to be filled by whoever makes it. */
struct node *parse_node(struct parse *p, enum node_type type);

/* Makes it the last item of the branch that is being read. */
void parse_item(struct parse *p, struct node *item);

/* A size for node->size: capped, so that sums of it cannot overflow. */
static inline unsigned node_size(uint64_t size)
{
    return size > LINEAR_PROGRAM_MAX ? LINEAR_PROGRAM_MAX + 1 : (unsigned)size;
}

struct quantifier {
    size_t at;
    size_t n; /* bytes, without the "?" or "+" behind it */
    int min;
    int max;
};

/* Whether a quantifier stands here; a "{" may be a character. */
bool parse_quantifier(const struct parse *p, struct quantifier *q);

/* At a quantifier: makes the last item what it repeats, and passes it. */
bool parse_repeat(struct parse *p, const struct quantifier *q);

/* At a "[": reads the class and passes it. */
bool parse_class(struct parse *p, struct byte_set *set);

/* At a "\": reads an escape that stands for a set of bytes or one byte, and
 * passes it. */
bool parse_escape(struct parse *p, struct byte_set *set);

#endif
