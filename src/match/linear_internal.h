/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the three steps of a regex: linear_parse.c reads the pattern into a
 * tree, linear_program.c makes instructions of the tree, linear_run.c runs
 * them over a text.
 */
#ifndef SLUICE_MATCH_LINEAR_INTERNAL_H
#define SLUICE_MATCH_LINEAR_INTERNAL_H

#include <stdatomic.h>

#include "base/region.h"
#include "match/linear.h"

/* ---- sets of bytes ------------------------------------------------------- */

struct byte_set {
    uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, uint8_t byte)
{
    return set->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void byte_set_add(struct byte_set *set, unsigned from,
                                unsigned to)
{
    for (unsigned b = from; b <= to; b++)
        set->bits[b >> 6] |= (uint64_t)1 << (b & 63);
}

static inline void byte_set_join(struct byte_set *set,
                                 const struct byte_set *other)
{
    for (int i = 0; i < 4; i++)
        set->bits[i] |= other->bits[i];
}

static inline void byte_set_invert(struct byte_set *set)
{
    for (int i = 0; i < 4; i++)
        set->bits[i] = ~set->bits[i];
}

/* Where both cases of a letter belong when one does. */
void byte_set_fold(struct byte_set *set);

/* `\d`, `\w`, `\s` and their capitals; false for another letter. */
bool byte_set_perl(struct byte_set *set, char letter);

/* "alpha", "digit" ... of [[:alpha:]]; false when there is none. */
bool byte_set_posix(struct byte_set *set, struct str name);

/* The name of POSIX's that is nearest to one that is none, or NULL. */
const char *byte_set_posix_near(struct str name);

/* ---- the tree ------------------------------------------------------------ */

enum assertion {
    ASSERT_TEXT_BEGIN, /* \A, and ^ without (?m) */
    ASSERT_TEXT_END,   /* \z, and $ without (?m) */
    ASSERT_LINE_BEGIN,
    ASSERT_LINE_END,
    ASSERT_WORD_EDGE,
    ASSERT_NO_WORD_EDGE,
};

enum node_type {
    NODE_BYTES, /* one byte of a set */
    NODE_ASSERT,
    NODE_GROUP, /* a capture */
    NODE_REPEAT,
    NODE_CONCAT,
    NODE_ALTERNATE,
};

enum { REPEAT_FOREVER = -1 };

struct node {
    enum node_type type;
    bool nullable; /* can match the empty text */
    bool lazy;     /* REPEAT */
    int min;       /* REPEAT */
    int max;
    unsigned group; /* GROUP: its number; ASSERT: which one */
    unsigned size;  /* instructions that it becomes; at most PROGRAM_MAX + 1 */
    const struct byte_set *bytes;
    struct node *last;   /* the last child; of GROUP and REPEAT the only one */
    struct node *before; /* the sibling before this one */
};

/* Reads a pattern; the tree stands in the region.  NULL with an error. */
const struct node *linear_parse(struct region *region, struct str pattern,
                                bool any_case, unsigned *groups,
                                struct error *error);

/* ---- the program --------------------------------------------------------- */

enum opcode {
    OP_RANGE, /* a byte from `low` to `high` */
    OP_SET,   /* a byte of sets[other] */
    OP_SPLIT, /* `next`; when that fails, `other` */
    OP_SAVE,  /* the place goes to slot `other` */
    OP_ASSERT,
    OP_MATCH,
};

struct instruction {
    uint8_t op;
    uint8_t low; /* ASSERT: which one */
    uint8_t high;
    uint16_t next;
    uint16_t other;
};

struct linear {
    _Atomic unsigned more; /* holds beside the first */
    struct instruction *code;
    unsigned n;
    unsigned start;
    struct byte_set *sets;
    unsigned groups; /* of the pattern */
    unsigned nslots; /* two for each group that is kept, $0 included */
    /* What tells a place where no match begins without running anything. */
    bool anchored;         /* only at the begin of the text */
    bool nullable;         /* the empty text may match */
    struct byte_set first; /* bytes that a match can begin with */
    int only;              /* the only one of them, or -1 */
};

/* NULL never: the parser made sure of the size. */
struct linear *linear_compile(const struct node *tree, unsigned groups);

/* Instructions that were looked at in this scratch's searches: what tests
 * bound instead of time. */
uint64_t linear_steps(const struct linear_scratch *scratch);

#endif
