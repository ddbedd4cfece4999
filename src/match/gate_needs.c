/* SPDX-License-Identifier: Apache-2.0 */
#include "match/gate_needs.h"

#include <stdlib.h>

#include "base/memory.h"
#include "match/regex_reader.h"

enum {
    PATTERN_MAX = 64 * 1024, /* of longer ones nothing is known */
    LENGTH_MAX = 1024 * 1024,
    POWER_MAX = 8,    /* copies of a part that are put together */
    WORTH_LEAST = 24, /* of literals that are looked for */
};

/* ---- parts of a pattern ----------------------------------------------------------- */

/* What a part matches: the strings are all of it (`exact`), or one of them is
 * in each match; none: that is not known. */
struct piece {
    uint32_t min;
    struct gate_classes classes;
    bool exact;
    struct gate_strings strings;
};

/* Parts one after the other. */
struct sequence {
    uint32_t min;
    struct gate_classes classes;
    bool exact;              /* the run is all of it */
    struct gate_strings run; /* what its end matches; at least "" */
    struct gate_strings best;
    unsigned worth; /* of `best` */
};

struct frame {
    enum regex_token_kind kind;
    struct piece choice; /* the alternatives before */
    bool is_choice;      /* there are some */
    struct sequence sequence;
    struct piece last; /* what a quantifier would be about */
    bool has_last;
};

struct reading {
    struct regex_reader reader;
    struct region region; /* of this pattern's strings */
    unsigned depth;
    struct frame frames[REGEX_DEPTH_MAX + 1];
};

static uint32_t add_length(uint32_t a, uint32_t b)
{
    return a + b < LENGTH_MAX ? a + b : LENGTH_MAX;
}

static struct piece piece_of_any(uint32_t min)
{
    return (struct piece){.min = min};
}

static struct piece piece_of_nothing(struct region *region)
{
    struct piece piece = {.exact = true};

    gate_strings_begin(&piece.strings, region);
    return piece;
}

static struct piece piece_of_set(const struct byte_set *set,
                                 struct region *region)
{
    struct piece piece = {.min = 1, .classes = gate_classes_of(set)};

    piece.exact = gate_strings_of_set(&piece.strings, region, set);
    return piece;
}

/* ---- one after the other ---------------------------------------------------------- */

static void begin_sequence(struct sequence *sequence, struct region *region)
{
    *sequence = (struct sequence){.exact = true};
    gate_strings_begin(&sequence->run, region);
}

static void offer(struct sequence *sequence, const struct gate_strings *strings)
{
    unsigned worth = gate_strings_worth(strings);

    if (worth > sequence->worth) {
        sequence->worth = worth;
        sequence->best = *strings;
    }
}

static void end_run(struct sequence *sequence)
{
    offer(sequence, &sequence->run);
    sequence->exact = false;
}

static void append(struct sequence *sequence, struct region *region,
                   const struct piece *piece)
{
    sequence->min = add_length(sequence->min, piece->min);
    gate_classes_and(&sequence->classes, &piece->classes);
    if (piece->exact &&
        gate_strings_append(&sequence->run, region, &piece->strings))
        return;
    end_run(sequence);
    if (piece->exact) {
        /* Of its own, as the run is appended to. */
        sequence->run = (struct gate_strings){.n = 0};
        for (unsigned i = 0; i < piece->strings.n; i++)
            gate_strings_add(&sequence->run, region, piece->strings.v[i]);
        return;
    }
    offer(sequence, &piece->strings);
    gate_strings_begin(&sequence->run, region);
}

static struct piece piece_of_sequence(struct sequence *sequence)
{
    struct piece piece = {.min = sequence->min,
                          .classes = sequence->classes,
                          .exact = sequence->exact,
                          .strings = sequence->run};

    if (!sequence->exact) {
        offer(sequence, &sequence->run);
        piece.strings = sequence->best;
    }
    return piece;
}

/* ---- alternatives ----------------------------------------------------------------- */

/* Whether the strings, which are all that is matched, say what is in it. */
static void not_exact(struct piece *piece)
{
    if (!piece->exact)
        return;
    piece->exact = false;
    if (gate_strings_worth(&piece->strings) == 0)
        piece->strings.n = 0;
}

static void join(struct piece *piece, struct region *region,
                 struct piece *other)
{
    if (piece->min > other->min)
        piece->min = other->min;
    gate_classes_or(&piece->classes, &other->classes);
    if (!piece->exact || !other->exact) {
        not_exact(piece);
        not_exact(other);
    }
    gate_strings_join(&piece->strings, region, &other->strings);
    if (piece->strings.n == 0)
        piece->exact = false;
}

/* ---- repeats ---------------------------------------------------------------------- */

static void make_optional(struct piece *piece, struct region *region,
                          uint32_t max)
{
    piece->min = 0;
    piece->classes.n = 0;
    if (max == 1 && piece->exact &&
        gate_strings_add(&piece->strings, region, STR("")))
        return;
    piece->exact = false;
    piece->strings.n = 0;
}

static void multiply(struct piece *piece, struct region *region, uint32_t times)
{
    struct gate_strings power;

    gate_strings_begin(&power, region);
    for (uint32_t i = 0; i < times; i++) {
        if (times > POWER_MAX ||
            !gate_strings_append(&power, region, &piece->strings)) {
            not_exact(piece);
            return;
        }
    }
    piece->strings = power;
}

static void repeat(struct piece *piece, struct region *region, uint32_t min,
                   uint32_t max)
{
    if (max == 0) {
        *piece = piece_of_nothing(region);
        return;
    }
    if (min == 0) {
        make_optional(piece, region, max);
        return;
    }
    piece->min = piece->min > LENGTH_MAX / min ? LENGTH_MAX : piece->min * min;
    if (piece->exact && min == max)
        multiply(piece, region, min);
    else
        not_exact(piece);
}

/* ---- reading ---------------------------------------------------------------------- */

static void begin_frame(struct frame *frame, enum regex_token_kind kind,
                        struct region *region)
{
    *frame = (struct frame){.kind = kind};
    begin_sequence(&frame->sequence, region);
}

static void end_last(struct frame *frame, struct region *region)
{
    if (frame->has_last)
        append(&frame->sequence, region, &frame->last);
    frame->has_last = false;
}

static void put(struct frame *frame, struct region *region,
                const struct piece *piece)
{
    end_last(frame, region);
    frame->last = *piece;
    frame->has_last = true;
}

static void end_alternative(struct frame *frame, struct region *region)
{
    struct piece piece;

    end_last(frame, region);
    piece = piece_of_sequence(&frame->sequence);
    if (frame->is_choice)
        join(&frame->choice, region, &piece);
    else
        frame->choice = piece;
    frame->is_choice = true;
    begin_sequence(&frame->sequence, region);
}

static bool close_group(struct reading *reading)
{
    struct frame *frame = &reading->frames[reading->depth];
    struct piece piece;

    if (reading->depth == 0)
        return false;
    end_alternative(frame, &reading->region);
    piece = frame->choice;
    if (frame->kind != REGEX_OPEN && frame->kind != REGEX_ATOMIC)
        piece = piece_of_nothing(&reading->region); /* it looks around */
    put(--frame, &reading->region, &piece);
    reading->depth--;
    return true;
}

static bool open_group(struct reading *reading, enum regex_token_kind kind)
{
    if (reading->depth == REGEX_DEPTH_MAX)
        return false;
    begin_frame(&reading->frames[++reading->depth], kind, &reading->region);
    return true;
}

static bool put_repeat(struct reading *reading, const struct regex_token *token)
{
    struct frame *frame = &reading->frames[reading->depth];

    if (!frame->has_last)
        return false;
    repeat(&frame->last, &reading->region, token->min, token->max);
    return true;
}

/* What a token that is no group, repeat or alternative matches. */
static struct piece piece_of(struct reading *reading,
                             const struct regex_token *token)
{
    switch (token->kind) {
    case REGEX_BYTE:
        return piece_of_set(&token->set, &reading->region);
    case REGEX_SINGLE:
    case REGEX_NEWLINE:
    case REGEX_CLUSTER:
        return piece_of_any(1);
    case REGEX_REFERENCE:
    case REGEX_CALL:
        return piece_of_any(0);
    default: /* places, \K, callouts */
        return piece_of_nothing(&reading->region);
    }
}

/* False: nothing can be told of the whole pattern. */
static bool take(struct reading *reading, const struct regex_token *token)
{
    struct frame *frame = &reading->frames[reading->depth];
    struct piece piece;

    switch (token->kind) {
    case REGEX_UNKNOWN:
    case REGEX_VERB:
    case REGEX_CONDITION:
        return false;
    case REGEX_OR:
        end_alternative(frame, &reading->region);
        return true;
    case REGEX_REPEAT:
    case REGEX_POSSESSIVE:
        return put_repeat(reading, token);
    case REGEX_CLOSE:
        return close_group(reading);
    case REGEX_OPEN:
    case REGEX_ATOMIC:
    case REGEX_AHEAD:
    case REGEX_NOT_AHEAD:
    case REGEX_BEHIND:
    case REGEX_NOT_BEHIND:
        return open_group(reading, token->kind);
    default:
        piece = piece_of(reading, token);
        put(frame, &reading->region, &piece);
        return true;
    }
}

static bool read_all(struct reading *reading, struct piece *piece)
{
    struct regex_token token;

    begin_frame(&reading->frames[0], REGEX_OPEN, &reading->region);
    for (;;) {
        regex_read(&reading->reader, &token);
        if (token.kind == REGEX_END)
            break;
        if (!take(reading, &token))
            return false;
    }
    end_alternative(&reading->frames[0], &reading->region);
    *piece = reading->frames[0].choice;
    return reading->depth == 0;
}

/* ---- needs ------------------------------------------------------------------------ */

struct gate_needs gate_needs_nothing(void)
{
    return (struct gate_needs){.max = SIZE_MAX};
}

static void keep_literals(struct gate_needs *needs,
                          const struct gate_strings *strings,
                          struct region *region)
{
    if (gate_strings_worth(strings) < WORTH_LEAST)
        return;
    for (unsigned i = 0; i < strings->n; i++)
        gate_strings_add(
            &needs->literals, region,
            region_copy(region,
                        gate_strings_window(strings->v[i], GATE_LITERAL_MAX)));
}

struct gate_needs gate_needs_of_regex(struct str pattern, struct region *region)
{
    struct gate_needs needs = gate_needs_nothing();
    struct reading *reading;
    struct piece piece;

    if (pattern.n > PATTERN_MAX)
        return needs;
    reading = memory_zeroed(1, sizeof(*reading));
    reading->reader = regex_reader_of(pattern);
    if (read_all(reading, &piece)) {
        needs.min = piece.min;
        needs.classes = piece.classes;
        keep_literals(&needs, &piece.strings, region);
    }
    region_end(&reading->region);
    free(reading);
    return needs;
}

struct gate_needs gate_needs_of_bytes(struct str bytes, struct region *region)
{
    struct gate_needs needs = gate_needs_nothing();
    struct gate_strings strings = {.n = 0};
    struct str lower = region_copy(region, bytes);

    needs.min = bytes.n;
    for (size_t i = 0; i < bytes.n; i++) {
        struct byte_set set = {{0}};
        struct gate_classes classes;
        char c = str_lower(bytes.p[i]);

        memcpy((char *)(uintptr_t)lower.p + i, &c, 1);
        byte_set_add(&set, (unsigned char)c);
        classes = gate_classes_of(&set);
        gate_classes_and(&needs.classes, &classes);
    }
    gate_strings_add(&strings, region, lower);
    keep_literals(&needs, &strings, region);
    return needs;
}
