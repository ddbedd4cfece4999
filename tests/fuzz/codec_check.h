/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzz targets of the HTTP/1 codec share: parsing from a block of
 * exactly the input's size, and what must be true of any head.
 */
#ifndef TESTS_FUZZ_CODEC_CHECK_H
#define TESTS_FUZZ_CODEC_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "codec/h1.h"

static inline _Noreturn void check_failed(const char *file, int line,
                                          const char *condition)
{
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
    abort();
}

/* abort() with the place and the words of a condition that is false. */
#define CHECK(condition)                                                       \
    ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

enum { CHECK_FIELDS = 4096 };

struct check {
    char *data;
    enum h1_result result;
    struct h1_fault fault;
    size_t len;
    struct request req;
    struct response res;
    struct field *v;
};

static inline struct check *check_of(struct str raw)
{
    struct check *c = calloc(1, sizeof(*c));
    unsigned cap =
        raw.n / 2 + 1 < CHECK_FIELDS ? (unsigned)raw.n / 2 + 1 : CHECK_FIELDS;

    CHECK(c != NULL);
    c->data = malloc(raw.n ? raw.n : 1);
    c->v = malloc(cap * sizeof(*c->v));
    CHECK(c->data != NULL && c->v != NULL);
    if (raw.n)
        memcpy(c->data, raw.p, raw.n);
    c->req.fields.v = c->res.fields.v = c->v;
    c->req.fields.cap = c->res.fields.cap = cap;
    return c;
}

static inline struct check *check_request(enum desync_mode mode, struct str raw)
{
    struct check *c = check_of(raw);

    c->result = h1_parse_request(&c->req, c->data, raw.n, &h1_request_limits,
                                 mode, &c->len, &c->fault);
    return c;
}

static inline struct check *check_response(struct str raw, enum method method)
{
    struct check *c = check_of(raw);

    c->result = h1_parse_response(&c->res, c->data, raw.n, &h1_response_limits,
                                  method, &c->len, &c->fault);
    return c;
}

static inline void check_free(struct check *c)
{
    free(c->data);
    free(c->v);
    free(c);
}

static inline bool is_tchar(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static inline void check_clean(struct str name, struct str value)
{
    CHECK(name.n > 0);
    for (size_t i = 0; i < name.n; i++)
        CHECK(is_tchar(name.p[i]));
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        CHECK(c == '\t' || (c >= ' ' && c != 0x7f));
    }
    CHECK(str_trim(value).n == value.n);
}

/* Every field lies inside the head of `len` bytes, in order; those that are
 * not dropped are clean; `present` tells the truth. */
static inline void check_fields(const struct fields *fs, size_t len)
{
    uint32_t present = 0;
    size_t at = 0;

    CHECK(fs->n <= fs->cap);
    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];
        struct str name = field_name(fs, f), value = field_value(fs, f);

        CHECK(f->name >= at && (size_t)f->name + f->name_len <= len);
        CHECK((size_t)f->value + f->value_len <= len);
        CHECK(f->value >= f->name && f->id < FIELD_COUNT);
        at = f->value + f->value_len;
        if (f->flags & FIELD_DROPPED)
            continue;
        check_clean(name, value);
        CHECK(f->id == field_id_of(name));
        present |= 1u << f->id;
        if (f->flags & FIELD_CANONICAL)
            CHECK(memcmp(name.p + name.n, ": ", 2) == 0 &&
                  name.p + name.n + 2 == value.p &&
                  memcmp(value.p + value.n, "\r\n", 2) == 0);
    }
    CHECK(present == fs->present);
}

/* The fields of `first` that were not dropped are the first of `second`. */
static inline void check_kept(const struct fields *first,
                              const struct fields *second)
{
    unsigned n = 0;

    for (unsigned i = 0; i < first->n; i++) {
        const struct field *f = &first->v[i];

        if (f->flags & FIELD_DROPPED)
            continue;
        CHECK(n < second->n);
        CHECK(str_eq(field_name(first, f), field_name(second, &second->v[n])));
        CHECK(
            str_eq(field_value(first, f), field_value(second, &second->v[n])));
        n++;
    }
    CHECK(second->n - n <= 2); /* framing, and a Host where none was */
}

/* h1_head_end() of all, after checking that it is the same in pieces. */
static inline size_t check_head_end(struct str raw)
{
    size_t whole = 0, scanned = 0, end = 0;
    size_t result = h1_head_end(raw.p, raw.n, &whole);

    for (size_t n = 0; n <= raw.n && end == 0; n++) {
        end = h1_head_end(raw.p, n, &scanned);
        CHECK(scanned == n);
    }
    CHECK(end == result);
    return result;
}

/* The distance between prefixes that are worth the time. */
static inline size_t check_stride(size_t size)
{
    return size < 512 ? 1 : size / 64;
}

#endif
