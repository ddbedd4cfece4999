/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/log_filter.h"

#include "waf/seen.h"

static bool has_label(const struct waf_result *result, struct str name)
{
    for (const struct waf_label *l = result->labels; l; l = l->next) {
        if (str_eq(l->name, name))
            return true;
    }
    return false;
}

static bool is_counted(const struct waf_match *match, bool by_exclusion)
{
    return match->action == WAF_COUNT &&
           (!by_exclusion || match->excluded || match->overridden);
}

static bool has_counted(const struct waf_result *result, bool by_exclusion)
{
    for (const struct waf_match *m = result->matches; m; m = m->next) {
        if (is_counted(m, by_exclusion))
            return true;
    }
    return false;
}

static bool is_met(const struct waf_log_condition *condition,
                   const struct waf_result *result)
{
    if (condition->label)
        return has_label(result, condition->word);
    if (str_eq(condition->word, STR("COUNT")))
        return has_counted(result, false);
    if (str_eq(condition->word, STR("EXCLUDED_AS_COUNT")))
        return has_counted(result, true);
    return str_eq(condition->word, waf_action_word(result->action));
}

static bool meets(const struct waf_log_filter *filter,
                  const struct waf_result *result)
{
    for (unsigned i = 0; i < filter->n; i++) {
        if (is_met(&filter->conditions[i], result) != filter->all)
            return !filter->all;
    }
    return filter->all;
}

bool waf_log_wants(const struct waf_logging *logging,
                   const struct waf_result *result)
{
    if (logging == NULL)
        return true;
    for (unsigned i = 0; i < logging->nfilters; i++) {
        if (meets(&logging->filters[i], result))
            return logging->filters[i].keep;
    }
    return !logging->drop;
}
