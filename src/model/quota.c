/* SPDX-License-Identifier: Apache-2.0 */
#include "model/quota.h"

#include "base/suggest.h"

enum { QUOTA_MAX = 1000000 };

static const struct {
    const char *name;
    unsigned initial;
    unsigned cap;
    bool listed;
} table[QUOTAS] = {
#define QUOTA(symbol, name, initial, cap, listed)                              \
    [QUOTA_##symbol] = {name, initial, cap, listed},
#include "model/quota.def"
#undef QUOTA
};

unsigned quota_value(const struct quotas *quotas, enum quota quota)
{
    return quotas && quotas->given[quota] ? quotas->max[quota]
                                          : table[quota].initial;
}

const char *quota_name(enum quota quota)
{
    return table[quota].name;
}

bool quota_is_listed(enum quota quota)
{
    return table[quota].listed;
}

static bool unknown(struct str name, struct error *error)
{
    struct suggest near = suggest_for(name);
    const char *best;

    for (unsigned i = 0; i < QUOTAS; i++)
        suggest_offer(&near, table[i].name);
    best = suggest_best(&near);
    return error_set(error, "--quota %.*s: there is no such quota; %s%s%s",
                     (int)(name.n < 100 ? name.n : 100), name.p,
                     best ? "did you mean "
                          : "write a name that `aws elbv2 "
                            "describe-account-limits` lists, "
                            "such as ",
                     best ? best : table[QUOTA_RULES].name, best ? "?" : "");
}

bool quota_set(struct quotas *quotas, const char *text, struct error *error)
{
    struct str rest = str_of(text);
    struct str name = str_cut(&rest, '=');
    unsigned quota = 0;
    uint64_t max;

    while (quota < QUOTAS && !str_eq(str_of(table[quota].name), name))
        quota++;
    if (rest.p == NULL)
        return error_set(error, "--quota %.100s: write NAME=N, such as %s=200",
                         text, table[QUOTA_RULES].name);
    if (quota == QUOTAS)
        return unknown(name, error);
    max = table[quota].cap ? table[quota].cap : QUOTA_MAX;
    if (!str_to_u64(rest, max, &max))
        return error_set(error,
                         "--quota %.100s: %s is a whole number from 0 to %llu",
                         text, table[quota].name, (unsigned long long)max);
    quotas->max[quota] = (unsigned)max;
    quotas->given[quota] = true;
    return true;
}
