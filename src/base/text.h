/* SPDX-License-Identifier: Apache-2.0
 *
 * Text built into a buffer that somebody else owns, never past its end.
 *
 * From the first piece on that did not fit nothing more is written, so that a
 * text is whole or a begin of it, never one with a hole; the caller asks once,
 * at the end, with text_ok().
 */
#ifndef SLUICE_BASE_TEXT_H
#define SLUICE_BASE_TEXT_H

#include "base/str.h"

struct text {
    char *p;
    size_t n;
    size_t cap;
    bool overflow;
};

static inline struct text text_in(char *buffer, size_t cap)
{
    return (struct text){.p = buffer, .cap = cap};
}

static inline bool text_ok(const struct text *t)
{
    return !t->overflow;
}

static inline struct str text_str(const struct text *t)
{
    return (struct str){t->p, t->n};
}

static inline void text_put(struct text *t, const char *p, size_t n)
{
    if (t->overflow || n > t->cap - t->n) {
        t->overflow = true;
        return;
    }
    if (n) {
        memcpy(t->p + t->n, p, n);
        t->n += n;
    }
}

static inline void text_str_put(struct text *t, struct str s)
{
    text_put(t, s.p, s.n);
}

static inline void text_char(struct text *t, char c)
{
    text_put(t, &c, 1);
}

#define TEXT_LITERAL(t, literal) text_put((t), (literal), sizeof(literal) - 1)

/* Decimal digits of `v`. */
void text_u64(struct text *t, uint64_t v);

/* Lower-case hexadecimal digits of `v`, at least `width` of them. */
void text_hex(struct text *t, uint64_t v, unsigned width);

/* printf into the text.  For cold paths. */
void text_printf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes; bytes that are not UTF-8 text become
 * \u00XX escapes, so that the result is always valid JSON. */
void text_json(struct text *t, struct str s);

#endif
