/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/replay_expected.h"

#include "waf/trail.h"

bool replay_expects_nothing(const struct replay_expected *expected)
{
    return expected->action.n == 0 && expected->rule.n == 0 &&
           expected->status == 0 && expected->nlabels == 0;
}

bool replay_is_verdict(struct str word)
{
    for (unsigned i = 0; waf_action_words[i]; i++) {
        if (str_eq(word, str_of(waf_action_words[i])))
            return i != WAF_COUNT;
    }
    return false;
}

void replay_put_verdict(struct text *t, const struct waf_result *result)
{
    struct str inner = trail_terminating_in_group(result);
    unsigned status = trail_status(result);

    text_str_put(t, str_of(waf_action_words[result->action]));
    if (status)
        text_printf(t, " %u", status);
    TEXT_LITERAL(t, " by ");
    text_str_put(t, trail_terminating(result));
    if (inner.n) {
        TEXT_LITERAL(t, " / ");
        text_str_put(t, inner);
    }
}

/* "common" of "common/X" is enough. */
static bool is_rule(struct str wanted, const struct waf_result *result)
{
    struct str rest = wanted;
    struct str name = str_cut(&rest, '/');

    return str_eq(str_trim(name), trail_terminating(result)) &&
           (rest.p == NULL ||
            str_eq(str_trim(rest), trail_terminating_in_group(result)));
}

static bool is_label(struct str wanted, struct str label)
{
    size_t before = label.n - wanted.n;

    if (str_eq(wanted, label))
        return true;
    return label.n > wanted.n && label.p[before - 1] == ':' &&
           memcmp(label.p + before, wanted.p, wanted.n) == 0;
}

static bool has_label(const struct waf_result *result, struct str wanted)
{
    for (const struct waf_label *l = result->labels; l; l = l->next) {
        if (is_label(wanted, l->name))
            return true;
    }
    return false;
}

static bool is_verdict(const struct replay_expected *expected,
                       const struct waf_result *result)
{
    return (expected->action.n == 0 ||
            str_eq(expected->action,
                   str_of(waf_action_words[result->action]))) &&
           (expected->rule.n == 0 || is_rule(expected->rule, result)) &&
           (expected->status == 0 || expected->status == trail_status(result));
}

static void put_difference(struct text *t,
                           const struct replay_expected *expected,
                           const struct waf_result *result)
{
    TEXT_LITERAL(t, "expected ");
    text_str_put(t, expected->action.n ? expected->action : STR("a verdict"));
    if (expected->status)
        text_printf(t, " %u", expected->status);
    if (expected->rule.n) {
        TEXT_LITERAL(t, " by rule ");
        text_str_put(t, expected->rule);
    }
    TEXT_LITERAL(t, ", got ");
    replay_put_verdict(t, result);
}

bool replay_meets(const struct replay_expected *expected,
                  const struct waf_result *result, struct text *t)
{
    bool is = is_verdict(expected, result);

    if (!is)
        put_difference(t, expected, result);
    for (unsigned i = 0; i < expected->nlabels; i++) {
        if (has_label(result, expected->labels[i]))
            continue;
        text_printf(t, "%sexpected label " STR_FMT ", %s", is ? "" : "; ",
                    STR_ARG(expected->labels[i]),
                    result->labels ? "it got others" : "it got none");
        is = false;
    }
    return is;
}
