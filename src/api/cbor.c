/* SPDX-License-Identifier: Apache-2.0 */
#include "api/cbor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum major {
    UNSIGNED,
    NEGATIVE,
    BYTES,
    TEXT,
    ARRAY,
    MAP,
    TAG,
    SIMPLE,
};

enum {
    BREAK = 0xff,
    TAG_TIME = 1,
    INDEFINITE = 31,
    /* Of SIMPLE. */
    IS_FALSE = 20,
    IS_TRUE = 21,
    IS_NULL = 22,
    IS_UNDEFINED = 23,
    HALF = 25,
    FLOAT = 26,
    DOUBLE = 27,
};

/* ---- reading ------------------------------------------------------------------ */

struct reading {
    struct region *region;
    struct error *error;
    const unsigned char *p;
    size_t n;
    size_t at;
    unsigned values;
};

/* The first byte of a value, and the number in or behind it. */
struct head {
    enum major major;
    unsigned more; /* 0 to 23, 24 to 27, INDEFINITE */
    uint64_t number;
};

static bool fail(struct reading *r, const char *why)
{
    return error_set(r->error, "byte %zu of the CBOR: %s", r->at, why);
}

static bool read_head(struct reading *r, struct head *head)
{
    unsigned first;
    unsigned n;

    if (r->at == r->n)
        return fail(r, "it ends too early");
    first = r->p[r->at++];
    head->major = (enum major)(first >> 5);
    head->more = first & 31;
    head->number = head->more;
    if (head->more < 24 || head->more == INDEFINITE)
        return true;
    if (head->more > DOUBLE)
        return fail(r, "a value begins with a byte that none begins with");
    n = 1U << (head->more - 24);
    if (n > r->n - r->at)
        return fail(r, "it ends too early");
    head->number = 0;
    while (n--)
        head->number = head->number << 8 | r->p[r->at++];
    return true;
}

static bool is_break(struct reading *r)
{
    if (r->at == r->n || r->p[r->at] != BREAK)
        return false;
    r->at++;
    return true;
}

static struct value *scalar(struct reading *r, enum value_kind kind,
                            struct str text)
{
    struct value *v = value_string(r->region, text, NULL);

    v->kind = kind;
    return v;
}

/* -1 - number, which may lie below all of int64_t. */
static struct value *make_integer(struct reading *r, const struct head *head)
{
    struct value *v = value_new(r->region, VALUE_NUMBER, NULL);

    if (head->major == UNSIGNED)
        v->text =
            region_printf(r->region, "%llu", (unsigned long long)head->number);
    else if (head->number == UINT64_MAX)
        v->text = region_copy(r->region, STR("-18446744073709551616"));
    else
        v->text = region_printf(r->region, "-%llu",
                                (unsigned long long)head->number + 1);
    return v;
}

static double half_of(uint64_t bits)
{
    unsigned exponent = bits >> 10 & 31;
    unsigned fraction = bits & 1023;
    double number = exponent == 0 ? ldexp(fraction, -24)
                    : exponent == 31
                        ? (fraction ? NAN : INFINITY)
                        : ldexp(fraction + 1024, (int)exponent - 25);

    return bits >> 15 ? -number : number;
}

static double real_of(const struct head *head)
{
    uint32_t bits = (uint32_t)head->number;
    float single;
    double real;

    if (head->more == HALF)
        return half_of(head->number);
    if (head->more == FLOAT) {
        memcpy(&single, &bits, sizeof(single));
        return single;
    }
    memcpy(&real, &head->number, sizeof(real));
    return real;
}

static struct value *make_real(struct reading *r, double real)
{
    char digits[40];

    if (isnan(real))
        return scalar(r, VALUE_NUMBER, STR("NaN"));
    if (isinf(real))
        return scalar(r, VALUE_NUMBER,
                      real < 0 ? STR("-Infinity") : STR("Infinity"));
    snprintf(digits, sizeof(digits), "%.17g", real);
    if (strpbrk(digits, ".e") == NULL)
        strncat(digits, ".0", sizeof(digits) - strlen(digits) - 1);
    return scalar(r, VALUE_NUMBER, str_of(digits));
}

static struct value *make_simple(struct reading *r, const struct head *head)
{
    switch (head->more) {
    case IS_FALSE:
        return scalar(r, VALUE_BOOL, STR("false"));
    case IS_TRUE:
        return scalar(r, VALUE_BOOL, STR("true"));
    case IS_NULL:
    case IS_UNDEFINED:
        return value_new(r->region, VALUE_NULL, NULL);
    case HALF:
    case FLOAT:
    case DOUBLE:
        return make_real(r, real_of(head));
    default:
        fail(r, head->more == INDEFINITE
                    ? "something ends here that did not begin"
                    : "there is no such simple value");
        return NULL;
    }
}

static bool take(struct reading *r, uint64_t n, struct str *bytes)
{
    if (n > r->n - r->at)
        return fail(r, "it ends too early");
    *bytes = str_make((const char *)r->p + r->at, (size_t)n);
    r->at += (size_t)n;
    return true;
}

static bool is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0, n; i < s.n; i += n) {
        n = p[i] < 0x80 ? 1 : utf8_length(p + i, s.n - i);
        if (n == 0)
            return false;
    }
    return true;
}

/* Chunks of a text whose length is not known. */
static bool join(struct reading *r, struct str *joined)
{
    size_t begin = r->at;
    size_t n = 0;
    char *out = NULL;

    /* First to see how long it is, then to copy. */
    for (unsigned pass = 0; pass < 2; pass++) {
        r->at = begin;
        out = pass ? region_take(r->region, n + 1) : NULL;
        n = 0;
        while (!is_break(r)) {
            struct head head;
            struct str chunk = {NULL, 0};

            if (!read_head(r, &head))
                return false;
            if (head.major != TEXT || head.more == INDEFINITE)
                return fail(r, "a chunk is of another kind than the whole");
            if (!take(r, head.number, &chunk))
                return false;
            if (out && chunk.n)
                memcpy(out + n, chunk.p, chunk.n);
            n += chunk.n;
        }
    }
    *joined = str_make(out, n);
    return true;
}

static bool read_string(struct reading *r, const struct head *head,
                        struct str *s)
{
    if (!(head->more == INDEFINITE ? join(r, s) : take(r, head->number, s)))
        return false;
    return is_utf8(*s) || fail(r, "a text is no UTF-8");
}

static struct value *make_string(struct reading *r, const struct head *head)
{
    struct str s = {NULL, 0};

    return read_string(r, head, &s) ? value_string(r->region, s, NULL) : NULL;
}

static struct value *read_value(struct reading *r, unsigned depth);

/* Whether another element follows; of an array or map of `n`, `i` of which are
 * behind us. */
static bool has_next(struct reading *r, const struct head *head, uint64_t i)
{
    return head->more == INDEFINITE ? !is_break(r) : i < head->number;
}

static struct value *make_list(struct reading *r, const struct head *head,
                               unsigned depth)
{
    struct value *list = value_new(r->region, VALUE_LIST, NULL);

    for (uint64_t i = 0; has_next(r, head, i); i++) {
        struct value *v = read_value(r, depth);

        if (v == NULL)
            return NULL;
        value_append(list, v);
    }
    return list;
}

static bool read_key(struct reading *r, const struct value *map,
                     struct str *key)
{
    struct head head;

    if (!read_head(r, &head))
        return false;
    if (head.major != TEXT)
        return fail(r, "a key of a map is no text");
    if (!read_string(r, &head, key))
        return false;
    return value_get(map, *key) == NULL ||
           fail(r, "a map has the same key twice");
}

static struct value *make_map(struct reading *r, const struct head *head,
                              unsigned depth)
{
    struct value *map = value_new(r->region, VALUE_MAP, NULL);

    for (uint64_t i = 0; has_next(r, head, i); i++) {
        struct value *v;
        struct str key = {NULL, 0};

        if (i == CBOR_ENTRIES_MAX) {
            fail(r, "a map has too many entries");
            return NULL;
        }
        if (!read_key(r, map, &key))
            return NULL;
        v = read_value(r, depth);
        if (v == NULL)
            return NULL;
        value_put(r->region, map, key, v);
    }
    return map;
}

static struct value *read_tagged(struct reading *r, const struct head *head,
                                 unsigned depth)
{
    struct value *v;

    if (head->more == INDEFINITE) {
        fail(r, "a tag has no number");
        return NULL;
    }
    v = read_value(r, depth);
    if (v && head->number == TAG_TIME) {
        if (v->kind != VALUE_NUMBER) {
            fail(r, "a time is no number");
            return NULL;
        }
        v->kind = VALUE_TIME;
    }
    return v;
}

static struct value *make_value(struct reading *r, const struct head *head,
                                unsigned depth)
{
    switch (head->major) {
    case UNSIGNED:
    case NEGATIVE:
        if (head->more != INDEFINITE)
            return make_integer(r, head);
        fail(r, "an integer has no length");
        return NULL;
    case BYTES:
        fail(r, "bytes stand where none are expected");
        return NULL;
    case TEXT:
        return make_string(r, head);
    case ARRAY:
        return make_list(r, head, depth);
    case MAP:
        return make_map(r, head, depth);
    case TAG:
        return read_tagged(r, head, depth);
    case SIMPLE:
        break;
    }
    return make_simple(r, head);
}

/* As deep as CBOR_NESTED_MAX. */
static struct value *read_value(struct reading *r, unsigned depth)
{
    struct head head;

    if (depth == 0) {
        fail(r, "it is nested too deep");
        return NULL;
    }
    if (r->values++ == CBOR_VALUES_MAX) {
        fail(r, "there are too many values");
        return NULL;
    }
    return read_head(r, &head) ? make_value(r, &head, depth - 1) : NULL;
}

struct value *cbor_read(struct region *region, struct str bytes,
                        struct error *error)
{
    struct reading r = {
        .region = region,
        .error = error,
        .p = (const unsigned char *)bytes.p,
        .n = bytes.n,
    };
    struct value *v = read_value(&r, CBOR_NESTED_MAX);

    if (v && r.at != r.n) {
        fail(&r, "something follows that does not belong to it");
        return NULL;
    }
    return v;
}

/* ---- writing ------------------------------------------------------------------- */

static void put_bytes(struct text *t, uint64_t number, unsigned n)
{
    while (n--)
        text_char(t, (char)(number >> (8 * n)));
}

static void put_head(struct text *t, enum major major, uint64_t number)
{
    unsigned top = (unsigned)major << 5;
    unsigned size = number <= UINT8_MAX    ? 0
                    : number <= UINT16_MAX ? 1
                    : number <= UINT32_MAX ? 2
                                           : 3;

    if (number < 24) {
        text_char(t, (char)(top | (unsigned)number));
        return;
    }
    text_char(t, (char)(top | (24 + size)));
    put_bytes(t, number, 1U << size);
}

void cbor_put_map(struct text *t, uint64_t entries)
{
    put_head(t, MAP, entries);
}

/* What is no UTF-8 (a message that was cut) is not sent as such. */
void cbor_put_text(struct text *t, struct str s)
{
    bool good = is_utf8(s);

    put_head(t, TEXT, s.n);
    for (size_t i = 0; i < s.n && !good; i++)
        text_char(t, s.p[i] & 0x80 ? '?' : s.p[i]);
    if (good)
        text_str_put(t, s);
}

static void put_real(struct text *t, const struct value *value)
{
    double real = strtod(value->text.p, NULL);
    uint64_t bits;

    memcpy(&bits, &real, sizeof(bits));
    text_char(t, (char)(SIMPLE << 5 | DOUBLE));
    put_bytes(t, bits, 8);
}

/* An integer where it is written as one and fits. */
static void put_number(struct text *t, const struct value *value)
{
    struct str digits = value->text;
    bool negative = digits.n && digits.p[0] == '-';
    uint64_t number;

    if (negative)
        digits = str_make(digits.p + 1, digits.n - 1);
    if (!str_to_u64(digits, UINT64_MAX, &number))
        put_real(t, value);
    else if (negative && number)
        put_head(t, NEGATIVE, number - 1);
    else
        put_head(t, UNSIGNED, number);
}

static void put(struct text *t, const struct value *value, unsigned depth)
{
    switch (depth ? value->kind : VALUE_NULL) {
    case VALUE_BOOL:
        put_head(t, SIMPLE,
                 str_eq(value->text, STR("true")) ? IS_TRUE : IS_FALSE);
        return;
    case VALUE_TIME:
        put_head(t, TAG, TAG_TIME);
        put_number(t, value);
        return;
    case VALUE_NUMBER:
        put_number(t, value);
        return;
    case VALUE_STRING:
        cbor_put_text(t, value->text);
        return;
    case VALUE_LIST:
    case VALUE_MAP:
        put_head(t, value->kind == VALUE_MAP ? MAP : ARRAY, value_count(value));
        for (const struct value *v = value->first; v; v = v->next) {
            if (value->kind == VALUE_MAP)
                cbor_put_text(t, v->key);
            put(t, v, depth - 1);
        }
        return;
    case VALUE_NULL:
    case VALUE_UNKNOWN:
        break;
    }
    put_head(t, SIMPLE, IS_NULL);
}

void cbor_put(struct text *t, const struct value *value)
{
    put(t, value, VALUE_NESTED_MAX);
}
