/* SPDX-License-Identifier: Apache-2.0 */
#include "api/shape_kind.h"

#include <math.h>
#include <stdlib.h>

enum { DIGITS_MAX = 32 };

#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

static const char *kind_name(const struct value *v)
{
    switch (v->kind) {
    case VALUE_BOOL:
        return str_eq(v->text, STR("true")) ? "TRUE_VALUE" : "FALSE_VALUE";
    case VALUE_NUMBER:
        return "NUMBER_VALUE";
    case VALUE_TIME:
        return "TIMESTAMP_VALUE";
    default:
        return "STRING_VALUE";
    }
}

static struct str structured_fault(const struct value *v)
{
    return v->kind == VALUE_LIST
               ? STR("Start of list found where not expected")
               : STR("Start of structure or map found where not expected.");
}

/* A number may be a time: JSON has no other, and CBOR's tag may be left out. */
static struct str scalar_fault(struct region *region, const struct value *v,
                               enum value_kind kind, const char *to)
{
    if (v->kind == kind || v->kind == VALUE_NULL ||
        (kind == VALUE_TIME && v->kind == VALUE_NUMBER))
        return STR("");
    if (!value_is_scalar(v))
        return structured_fault(v);
    return region_printf(region, "%s can not be converted to %s", kind_name(v),
                         to);
}

static struct str container_fault(const struct value *v, enum value_kind kind,
                                  struct str expected)
{
    if (v->kind == kind || v->kind == VALUE_NULL)
        return STR("");
    return value_is_scalar(v) ? expected : structured_fault(v);
}

/* Of a member, or an element of one that is a list. */
static struct str one_fault(struct region *region, enum member_kind kind,
                            const struct value *v)
{
    switch (kind) {
    case MEMBER_TEXT:
    case MEMBER_TEXTS:
    case MEMBER_WORD:
    case MEMBER_WORDS:
        return scalar_fault(region, v, VALUE_STRING, "a String");
    case MEMBER_NUMBER:
    case MEMBER_NUMBERS:
        return scalar_fault(region, v, VALUE_NUMBER, "an Integer");
    case MEMBER_REAL:
    case MEMBER_REALS:
        return scalar_fault(region, v, VALUE_NUMBER, "a Double");
    case MEMBER_BOOL:
        return scalar_fault(region, v, VALUE_BOOL, "a Boolean");
    case MEMBER_TIME:
        return scalar_fault(region, v, VALUE_TIME, "milliseconds since epoch");
    case MEMBER_STRUCT:
    case MEMBER_STRUCTS:
    case MEMBER_MAP:
        break;
    }
    return container_fault(v, VALUE_MAP, STR("Expected null"));
}

static bool is_list(enum member_kind kind)
{
    return kind == MEMBER_TEXTS || kind == MEMBER_WORDS ||
           kind == MEMBER_NUMBERS || kind == MEMBER_REALS ||
           kind == MEMBER_STRUCTS;
}

/* Texts are what a map without a shape holds. */
static struct str entries_fault(struct region *region, const struct member *m,
                                const struct value *map)
{
    enum member_kind kind = m->shape ? MEMBER_STRUCT : MEMBER_TEXT;
    struct str fault = STR("");

    for (const struct value *v = map->first; v && fault.n == 0; v = v->next)
        fault = one_fault(region, kind, v);
    return fault;
}

struct str shape_kind_fault(struct region *region, const struct member *m,
                            const struct value *value)
{
    bool list = is_list(m->kind);
    struct str fault =
        list ? container_fault(value, VALUE_LIST, STR("Expected list or null"))
             : one_fault(region, m->kind, value);

    if (fault.n == 0 && m->kind == MEMBER_MAP)
        return entries_fault(region, m, value);
    for (const struct value *v = list ? value->first : NULL; v && fault.n == 0;
         v = v->next)
        fault = one_fault(region, m->kind, v);
    return fault;
}

struct str shape_kind_whole(struct region *region, struct str number)
{
    char copy[DIGITS_MAX];
    double whole;

    if (number.n >= sizeof(copy))
        return number;
    memcpy(copy, number.p, number.n);
    copy[number.n] = '\0';
    if (strpbrk(copy, ".eE") == NULL)
        return number;
    whole = trunc(strtod(copy, NULL));
    return fabs(whole) < WHOLE_MAX ? region_printf(region, "%.0f", whole + 0.0)
                                   : number;
}
