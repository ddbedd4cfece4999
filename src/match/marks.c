/* SPDX-License-Identifier: Apache-2.0 */
#include "match/marks.h"

#include "match/gate_classes.h"
#include "match/transform_internal.h"

/* The value laid upon itself, a byte further on. */
static bool has_two_spaces(struct str value)
{
    uint64_t found = 0;
    size_t i = 0;

    for (; i + WORD_BYTES < value.n; i += WORD_BYTES)
        found |= word_zero((word_at(value.p + i) ^ WORD_OF(' ')) |
                           (word_at(value.p + i + 1) ^ WORD_OF(' ')));
    for (; i + 1 < value.n; i++)
        found |= value.p[i] == ' ' && value.p[i + 1] == ' ';
    return found;
}

uint64_t marks_of(struct str value)
{
    uint64_t marks = gate_classes_in(value) | MARK_ANY;

    if (marks & gate_class_of[' '] && has_two_spaces(value))
        marks |= MARK_TWO_SPACES;
    return marks;
}

/* The class of white space that is no 0x20 has all of \t to \r; a no-break
 * space is 0xa0. */
uint64_t marks_touched_by(enum transform transform)
{
    switch (transform) {
    case TRANSFORM_NONE:
        return 0;
    case TRANSFORM_URL_DECODE:
    case TRANSFORM_URL_DECODE_UNI:
        return gate_class_of['%'] | gate_class_of['+'];
    case TRANSFORM_HTML_ENTITY_DECODE:
        return gate_class_of['&'];
    case TRANSFORM_ESCAPE_SEQ_DECODE:
    case TRANSFORM_JS_DECODE:
    case TRANSFORM_JS_DECODE_EXT:
    case TRANSFORM_CSS_DECODE:
        return gate_class_of['\\'];
    case TRANSFORM_REPLACE_COMMENTS:
        return gate_class_of['*'];
    case TRANSFORM_COMPRESS_WHITE_SPACE:
        return gate_class_of['\t'] | gate_class_of[0xa0] | MARK_TWO_SPACES;
    case TRANSFORM_REMOVE_WHITESPACE:
        return gate_class_of['\t'] | gate_class_of[0xa0] | gate_class_of[' '];
    case TRANSFORM_REMOVE_NULLS:
    case TRANSFORM_REPLACE_NULLS:
        return gate_class_of[0];
    case TRANSFORM_UTF8_TO_UNICODE:
        return gate_class_of[0x80];
    default:
        return MARK_ANY;
    }
}
