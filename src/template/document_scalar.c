/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plain scalar is.
 */
#include "template/document_internal.h"

static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                  "YES",  "on",   "On",   "ON"};
static const char *const no[] = {"false", "False", "FALSE", "no", "No",
                                 "NO",    "off",   "Off",   "OFF"};
static const char *const nothing[] = {"", "~", "null", "Null", "NULL"};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static bool is_one(struct str text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(text, str_of(words[i])))
            return true;
    }
    return false;
}

static size_t skip_digits(struct str text, size_t at)
{
    while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
        at++;
    return at;
}

/* 12, -3, 0.5, 1e9.  Not 007: account ids begin with zeros, and octal is
 * never meant; not 0x1f or 1_000, which no property of AWS's is written as. */
static bool is_number(struct str text)
{
    size_t at = text.n && (text.p[0] == '-' || text.p[0] == '+');
    size_t digits = at;

    at = skip_digits(text, at);
    if (at == digits || (text.p[digits] == '0' && at > digits + 1))
        return false;
    if (at < text.n && text.p[at] == '.') {
        size_t fraction = ++at;

        at = skip_digits(text, at);
        if (at == fraction)
            return false;
    }
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        size_t exponent;

        at++;
        at += at < text.n && (text.p[at] == '-' || text.p[at] == '+');
        exponent = at;
        at = skip_digits(text, at);
        if (at == exponent)
            return false;
    }
    return at == text.n;
}

enum value_kind document_scalar_kind(struct str text)
{
    if (is_one(text, nothing, COUNT(nothing)))
        return VALUE_NULL;
    if (is_one(text, yes, COUNT(yes)) || is_one(text, no, COUNT(no)))
        return VALUE_BOOL;
    return is_number(text) ? VALUE_NUMBER : VALUE_STRING;
}

struct str document_bool(struct str text)
{
    return is_one(text, yes, COUNT(yes)) ? STR("true") : STR("false");
}
