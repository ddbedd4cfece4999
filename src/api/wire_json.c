/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire_json.h"

#include "model/value_json.h"

static size_t digits_at(struct str s, size_t at)
{
    size_t n = 0;

    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
        n++;
    return n;
}

/* As RFC 8259 writes numbers: -12.5e+3. */
static bool is_number(struct str s)
{
    size_t at = s.n && s.p[0] == '-';
    size_t n = digits_at(s, at);

    if (n == 0 || (n > 1 && s.p[at] == '0'))
        return false;
    at += n;
    if (at < s.n && s.p[at] == '.') {
        n = digits_at(s, at + 1);
        if (n == 0)
            return false;
        at += n + 1;
    }
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
        at++;
        at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
        n = digits_at(s, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == s.n;
}

static void put_number(struct text *t, struct str number)
{
    if (is_number(number))
        text_str_put(t, number);
    else
        text_json(t, number);
}

void wire_json_put(struct text *t, const struct value *value)
{
    static const struct value_json how = {
        .key = text_json,
        .number = put_number,
    };

    value_json_put(t, value, &how);
}
