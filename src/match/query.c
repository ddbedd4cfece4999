/* SPDX-License-Identifier: Apache-2.0 */
#include "match/query.h"

bool query_next(struct str *rest, struct query_parameter *parameter)
{
    struct str value = {NULL, 0};

    do {
        if (rest->p == NULL)
            return false;
        value = str_cut(rest, '&');
    } while (value.n == 0);
    parameter->whole = value;
    parameter->key = str_cut(&value, '=');
    parameter->value = value;
    return true;
}

bool query_find(struct str query, const struct pattern *key,
                const struct pattern *value, struct query_parameter *found)
{
    struct query_parameter p;

    while (query_next(&query, &p)) {
        if ((key && !pattern_matches(key, p.key)) ||
            !pattern_matches(value, p.value))
            continue;
        if (found)
            *found = p;
        return true;
    }
    return false;
}
