/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices of bytes.
 *
 * A `struct str` borrows: it never owns what it points at, and it is not
 * NUL-terminated.  Comparisons without case are ASCII only, as HTTP wants.
 */
#ifndef SLUICE_BASE_STR_H
#define SLUICE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *cstr)
{
    return (struct str){cstr, strlen(cstr)};
}

static inline struct str str_make(const char *p, size_t n)
{
    return (struct str){p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char str_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* What a hexadecimal digit is worth, -1: it is none. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Which comes first, byte by byte: < 0 a, > 0 b, 0: they are equal. */
int str_compare(struct str a, struct str b);

/* Equal but for the case of ASCII letters. */
bool str_ieq(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);

/* Without SP and HT at both ends. */
struct str str_trim(struct str s);

/* Cuts `*rest` at the first `sep`: returns what stands before it and leaves
 * what stands after it (empty with p == NULL when there was no `sep` left).
 * A loop `while (rest.p) item = str_cut(&rest, ',')` sees every item. */
struct str str_cut(struct str *rest, char sep);

/* All of `s` as an unsigned decimal number no greater than `max`.
 * False for the empty slice, any other character, or overflow. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *value);

#endif
