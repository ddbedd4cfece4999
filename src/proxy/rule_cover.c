/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/rule_cover.h"

/* ---- one value inside another -------------------------------------------- */

static bool text_covers(const struct condition *wide, unsigned w,
                        const struct condition *narrow, unsigned n)
{
    const struct condition_value *a = &wide->values[w];
    const struct condition_value *b = &narrow->values[n];

    if (a->regex && b->regex)
        return str_eq(wide->config->values[w].value,
                      narrow->config->values[n].value);
    if (a->pattern && b->pattern)
        return pattern_covers(a->pattern, b->pattern);
    return a->pattern && pattern_is_any(a->pattern);
}

static bool query_covers(const struct condition_value *a,
                         const struct condition_value *b)
{
    if (a->key && b->key && !pattern_covers(a->key, b->key))
        return false;
    if (a->key && !b->key && !pattern_is_any(a->key))
        return false;
    return pattern_covers(a->pattern, b->pattern);
}

/* Whether value `w` of the one matches whatever value `n` of the other one
 * does. */
static bool value_covers(const struct condition *wide, unsigned w,
                         const struct condition *narrow, unsigned n)
{
    switch (wide->config->field) {
    case CONDITION_HOST:
    case CONDITION_PATH:
    case CONDITION_HEADER:
        return text_covers(wide, w, narrow, n);
    case CONDITION_METHOD:
        return str_eq(wide->config->values[w].value,
                      narrow->config->values[n].value);
    case CONDITION_QUERY:
        return query_covers(&wide->values[w], &narrow->values[n]);
    case CONDITION_SOURCE_IP:
        return cidr_covers(&wide->values[w].cidr, &narrow->values[n].cidr);
    }
    return false;
}

/* ---- one condition inside another ---------------------------------------- */

static bool some_value_covers(const struct condition *wide,
                              const struct condition *narrow, unsigned n)
{
    for (unsigned w = 0; w < wide->config->nvalues; w++) {
        if (value_covers(wide, w, narrow, n))
            return true;
    }
    return false;
}

static bool condition_covers(const struct condition *wide,
                             const struct condition *narrow)
{
    if (wide->config->field != narrow->config->field ||
        (wide->config->field == CONDITION_HEADER &&
         !str_ieq(wide->config->header, narrow->config->header)))
        return false;
    for (unsigned n = 0; n < narrow->config->nvalues; n++) {
        if (!some_value_covers(wide, narrow, n))
            return false;
    }
    return true;
}

/* A path condition that all paths meet: every path begins with a slash, but
 * the `*` of OPTIONS. */
static enum rule_cover covers_paths(const struct condition *condition)
{
    enum rule_cover cover = COVER_NONE;

    if (condition->config->field != CONDITION_PATH || condition->config->regex)
        return COVER_NONE;
    for (unsigned i = 0; i < condition->config->nvalues; i++) {
        const struct pattern *p = condition->values[i].pattern;

        if (pattern_is_any(p))
            return COVER_COMPLETE;
        /* Both are matched by "*", "?*" and "/ *" alone. */
        if (pattern_matches(p, STR("/")) && pattern_matches(p, STR("/x")))
            cover = COVER_PATHS;
    }
    return cover;
}

/* A source-ip condition with all IPv4 and all IPv6 addresses. */
static bool covers_addresses(const struct condition *condition)
{
    bool all[2] = {false, false};

    if (condition->config->field != CONDITION_SOURCE_IP)
        return false;
    for (unsigned i = 0; i < condition->config->nvalues; i++) {
        const struct cidr *cidr = &condition->values[i].cidr;

        if (cidr->bits == 0)
            all[cidr->base.family == 6] = true;
    }
    return all[0] && all[1];
}

/* How much of what the rule `narrow` matches meets the condition. */
static enum rule_cover condition_cover(const struct condition *wide,
                                       const struct rule_conditions *narrow)
{
    for (unsigned n = 0; n < narrow->n; n++) {
        if (condition_covers(wide, &narrow->v[n]))
            return COVER_COMPLETE;
    }
    if (covers_addresses(wide))
        return COVER_COMPLETE;
    return covers_paths(wide);
}

/* Whether `OPTIONS *` is none of what the rule matches. */
static bool excludes_asterisk(const struct rule_conditions *rule)
{
    struct route_view view = {.method = STR("OPTIONS"), .path = STR("*")};

    for (unsigned i = 0; i < rule->n; i++) {
        const struct condition *c = &rule->v[i];
        enum condition_field field = c->config->field;

        if ((field == CONDITION_METHOD ||
             (field == CONDITION_PATH && !c->config->regex)) &&
            condition_match(c, &view, NULL) < 0)
            return true;
    }
    return false;
}

enum rule_cover rule_covers(const struct rule_conditions *wide,
                            const struct rule_conditions *narrow)
{
    enum rule_cover cover = COVER_COMPLETE;

    for (unsigned w = 0; w < wide->n && cover != COVER_NONE; w++) {
        enum rule_cover one = condition_cover(&wide->v[w], narrow);

        if (one < cover)
            cover = one;
    }
    if (cover == COVER_PATHS && excludes_asterisk(narrow))
        return COVER_COMPLETE;
    return cover;
}

bool rule_is_catch_all(const struct rule_conditions *rule)
{
    static const struct rule_conditions all = {0, NULL};

    return rule_covers(rule, &all) != COVER_NONE;
}
