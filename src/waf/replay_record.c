/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/replay_record.h"

#include <stdlib.h>

#include "base/memory.h"
#include "waf/program_internal.h"

/* What is known of a statement. */
enum known { KNOWN_FALSE, KNOWN_TRUE, KNOWN_NOT };

/* One request while it is compared. */
struct compared {
    const struct trail *trail;
    const struct replay_record *record;
    bool doubtful; /* a rule before was not evaluable: labels are those of the
                      log */
    enum waf_action_type action; /* here */
};

/* ---- statements ---------------------------------------------------------------------- */

static bool is_redacted(struct str text)
{
    return str_eq(text, STR("REDACTED"));
}

static bool is_part_known(const struct compared *c,
                          const struct waf_trace_leaf *leaf)
{
    const struct replay_record *record = c->record;

    switch (leaf->statement->field.type) {
    case WAF_FIELD_BODY:
    case WAF_FIELD_JSON_BODY:
        return !record->body_unknown;
    case WAF_FIELD_METHOD:
        return !record->redacted_method;
    case WAF_FIELD_URI_PATH:
        return !record->redacted_path;
    case WAF_FIELD_QUERY_STRING:
    case WAF_FIELD_SINGLE_QUERY_ARGUMENT:
    case WAF_FIELD_ALL_QUERY_ARGUMENTS:
        return !record->redacted_query;
    case WAF_FIELD_SINGLE_HEADER:
        return leaf->state != PART_VALUES || !is_redacted(leaf->raw.text);
    case WAF_FIELD_JA3:
    case WAF_FIELD_JA4:
        return leaf->state == PART_VALUES;
    default:
        return true;
    }
}

static enum known known_truth(enum waf_truth truth)
{
    return truth == WAF_TRUE ? KNOWN_TRUE : KNOWN_FALSE;
}

static enum known geo_known(const struct compared *c,
                            const struct waf_statement *statement)
{
    struct str country = c->record->country;

    if (statement->u.geo.forwarded.header.n || country.n == 0)
        return KNOWN_NOT;
    for (unsigned i = 0; i < statement->u.geo.n; i++) {
        if (str_eq(statement->u.geo.countries[i], country))
            return KNOWN_TRUE;
    }
    return KNOWN_FALSE;
}

static bool is_of_place(struct str key)
{
    return str_starts(key, STR("awswaf:clientip:geo:")) ||
           str_starts(key, STR("awswaf:forwardedip:geo:"));
}

static enum known label_known(const struct compared *c,
                              const struct trail_rule *rule,
                              const struct waf_trace_leaf *leaf)
{
    const struct waf_statement *statement = leaf->statement;
    struct label_leaf key = {
        .key = statement->u.label.key,
        .prefix = rule->group ? rule->group->label_prefix
                              : c->trail->acl->label_prefix,
        .name_space = statement->u.label.name_space,
    };
    bool of_place = is_of_place(key.key) && !c->record->places;

    if (leaf->truth == WAF_TRUE && !of_place)
        return KNOWN_TRUE;
    if (!c->doubtful && !of_place)
        return KNOWN_FALSE;
    for (unsigned i = 0; i < c->record->nlabels; i++) {
        if (waf_label_matches(&key, c->record->labels[i]))
            return KNOWN_TRUE;
    }
    return KNOWN_FALSE;
}

static enum known leaf_known(const struct compared *c,
                             const struct trail_rule *rule,
                             const struct waf_trace_leaf *leaf)
{
    const struct waf_statement *statement = leaf->statement;
    bool placed = c->record->places;

    switch (statement->type) {
    case WAF_GEO:
        return placed ? known_truth(leaf->truth) : geo_known(c, statement);
    case WAF_ASN:
        return placed ? known_truth(leaf->truth) : KNOWN_NOT;
    case WAF_LABEL:
        return label_known(c, rule, leaf);
    case WAF_IP_SET:
        return statement->u.ip_set.set ? known_truth(leaf->truth) : KNOWN_NOT;
    case WAF_REGEX_SET:
        if (statement->u.regex_set == NULL)
            return KNOWN_NOT;
        break;
    default:
        break;
    }
    return is_part_known(c, leaf) ? known_truth(leaf->truth) : KNOWN_NOT;
}

static enum known any_leaf(const struct compared *c,
                           const struct trail_rule *rule,
                           const struct waf_statement *statement)
{
    enum known known = KNOWN_NOT;

    for (const struct trail_leaf *l = rule->leaves; l; l = l->next) {
        if (l->seen.statement != statement)
            continue;
        known = leaf_known(c, rule, &l->seen);
        if (known == KNOWN_TRUE)
            return known;
    }
    return known;
}

/* In three values: what is not known matters only where it decides. */
static enum known statement_known(const struct compared *c,
                                  const struct trail_rule *rule,
                                  const struct waf_statement *statement)
{
    bool and = statement->type == WAF_AND;
    enum known decides = and? KNOWN_FALSE : KNOWN_TRUE;
    enum known known = and? KNOWN_TRUE : KNOWN_FALSE;

    if (statement->type != WAF_NOT && !and&&statement->type != WAF_OR)
        return any_leaf(c, rule, statement);
    for (unsigned i = 0; i < statement->u.nested.n; i++) {
        enum known one =
            statement_known(c, rule, statement->u.nested.statements[i]);

        if (statement->type == WAF_NOT)
            return one == KNOWN_NOT ? KNOWN_NOT
                                    : (enum known)(KNOWN_TRUE - one);
        if (one == decides)
            return one;
        if (one == KNOWN_NOT)
            known = KNOWN_NOT;
    }
    return known;
}

static bool is_not_applied(const struct trail_rule *rule)
{
    return rule->truth == WAF_NOT_APPLICABLE;
}

/* Of a rate-based rule within its scope: what is counted here. */
static enum known rule_known(const struct compared *c,
                             const struct trail_rule *rule)
{
    const struct waf_statement *statement = trail_statement(rule);
    enum known known = KNOWN_TRUE;

    if (!rule->scope && is_not_applied(rule))
        return KNOWN_FALSE;
    if (statement)
        known = statement_known(c, rule, statement);
    if (!rule->scope && rule->rule->statement->type == WAF_RATE &&
        known == KNOWN_TRUE)
        return known_truth(rule->truth);
    return known;
}

/* ---- the log ------------------------------------------------------------------------ */

static struct str last_part(struct str text, char separator, unsigned from_end)
{
    struct str rest = text;

    for (size_t i = text.n; i-- > 0;) {
        if (text.p[i] != separator)
            continue;
        rest = str_make(text.p + i + 1, rest.p + rest.n - text.p - i - 1);
        if (from_end-- == 0)
            return rest;
        rest = str_make(text.p, i);
    }
    return rest;
}

/* "AWS#NAME", "AWS#NAME#Version_1.0", or an ARN .../rulegroup/NAME/ID. */
static bool is_group(const struct waf_rule *rule, struct str id)
{
    const struct waf_statement *statement = rule->statement;
    struct str rest = id;
    struct str vendor = str_cut(&rest, '#');

    if (statement->type == WAF_MANAGED_GROUP)
        return rest.p && str_eq(vendor, statement->u.group.vendor) &&
               str_eq(str_cut(&rest, '#'), statement->u.group.name);
    if (statement->type != WAF_GROUP)
        return false;
    return str_eq(id, statement->u.group.arn) ||
           (statement->u.group.name.n &&
            str_eq(last_part(id, '/', 1), statement->u.group.name));
}

/* Whether the log says that a rule matched; `inner` NULL: one of the ACL, for
 * which any rule of its group is enough. */
static bool is_logged(const struct replay_record *record,
                      const struct waf_rule *rule, const struct waf_rule *inner)
{
    for (unsigned i = 0; i < record->nmatches; i++) {
        const struct record_match *m = &record->matches[i];

        if (m->rule.n) {
            if (!inner && str_eq(m->rule, rule->name))
                return true;
        } else if (is_group(rule, m->group) &&
                   (!inner || str_eq(m->inner, inner->name))) {
            return true;
        }
    }
    return false;
}

/* Where in the ACL a rule of that name is; its end for Default_Action. */
static unsigned position(const struct config_web_acl *acl, struct str name)
{
    unsigned i = 0;

    while (i < acl->nrules && !str_eq(acl->rules[i].name, name))
        i++;
    return i;
}

/* ---- counts --------------------------------------------------------------------------- */

void agreement_begin(struct agreement *a, const struct config_web_acl *acl)
{
    *a = (struct agreement){.acl = acl};
}

void agreement_end(struct agreement *a)
{
    free(a->rules);
    region_end(&a->region);
    *a = (struct agreement){.acl = NULL};
}

static struct agreement_rule *rule_of(struct agreement *a,
                                      const struct waf_rule *rule,
                                      const struct waf_rule *referring)
{
    for (unsigned i = 0; i < a->nrules; i++) {
        if (a->rules[i].rule == rule && a->rules[i].referring == referring)
            return &a->rules[i];
    }
    if (a->nrules == a->cap) {
        struct agreement_rule *more =
            memory_zeroed(2 * (size_t)a->cap + 32, sizeof(*more));

        if (a->nrules)
            memcpy(more, a->rules, a->nrules * sizeof(*more));
        free(a->rules);
        a->rules = more;
        a->cap = 2 * a->cap + 32;
    }
    a->rules[a->nrules] =
        (struct agreement_rule){.rule = rule, .referring = referring};
    return &a->rules[a->nrules++];
}

static void put_rule_name(struct text *t, const struct waf_rule *rule,
                          const struct waf_rule *referring)
{
    if (referring) {
        text_str_put(t, referring->name);
        TEXT_LITERAL(t, " / ");
    }
    text_str_put(t, rule->name);
}

static bool count(struct agreement *a, const struct waf_rule *rule,
                  const struct waf_rule *referring, bool logged,
                  enum known here, struct text *t)
{
    struct agreement_rule *to = rule_of(a, rule, referring);

    if (here == KNOWN_NOT) {
        to->unknown++;
        return true;
    }
    if (logged == (here == KNOWN_TRUE)) {
        *(logged ? &to->both : &to->neither) += 1;
        return true;
    }
    *(logged ? &to->logged : &to->here) += 1;
    if (t->n)
        TEXT_LITERAL(t, "; ");
    put_rule_name(t, rule, referring);
    text_str_put(t, logged ? STR(" matched in the log, not here")
                           : STR(" matches here, not in the log"));
    return false;
}

/* ---- a request ------------------------------------------------------------------------- */

/* All that was tried of one rule of the ACL. */
struct tried {
    enum known known; /* whether it matches, or a rule of its group */
    enum known ends;  /* whether it ends the ACL */
    bool reached;
    bool same;
};

static enum known any(enum known a, enum known b)
{
    if (a == KNOWN_TRUE || b == KNOWN_TRUE)
        return KNOWN_TRUE;
    return a == KNOWN_NOT || b == KNOWN_NOT ? KNOWN_NOT : KNOWN_FALSE;
}

static bool is_in_group_of(const struct trail_rule *rule,
                           const struct waf_rule *own)
{
    return rule->rule == own || rule->referring == own;
}

/* One rule of the trail; the scope-down of a group decides for its rules. */
static void try_rule(struct agreement *a, struct compared *c,
                     const struct trail_rule *rule, struct tried *tried,
                     struct text *t)
{
    enum known known = rule_known(c, rule);

    tried->reached = true;
    if (rule->scope) {
        if (known == KNOWN_NOT)
            tried->known = KNOWN_NOT;
        return;
    }
    if (rule->referring)
        tried->same &=
            count(a, rule->rule, rule->referring,
                  is_logged(c->record, rule->referring, rule->rule), known, t);
    tried->known = any(tried->known, known);
    if (rule->action != WAF_COUNT &&
        !(rule->referring && rule->referring->count))
        tried->ends = any(tried->ends, known);
}

static bool never_known(const struct waf_rule *rule)
{
    return rule->of_group && rule->statement->u.group.group == NULL;
}

static struct tried try_own(struct agreement *a, struct compared *c,
                            const struct waf_rule *own, struct text *t)
{
    struct tried tried = {.known = KNOWN_FALSE, .same = true};

    rule_of(a, own, NULL); /* stands before those of its group */
    for (const struct trail_rule *r = c->trail->rules; r; r = r->next) {
        if (is_in_group_of(r, own))
            try_rule(a, c, r, &tried, t);
    }
    if (never_known(own))
        tried.known = tried.ends = KNOWN_NOT;
    return tried;
}

/* A client that has solved it before: nobody here sees that. */
static bool passed(const struct replay_record *record,
                   const struct waf_rule *rule)
{
    for (unsigned i = 0; i < record->nmatches; i++) {
        const struct record_match *m = &record->matches[i];

        if (m->rule.n && str_eq(m->rule, rule->name) &&
            !str_eq(record->terminating, rule->name))
            return str_eq(m->action, STR("CHALLENGE")) ||
                   str_eq(m->action, STR("CAPTCHA"));
    }
    return false;
}

static unsigned word_of(struct str action)
{
    for (unsigned i = 0; waf_action_words[i]; i++) {
        if (str_eq(action, str_of(waf_action_words[i])))
            return i;
    }
    return AGREEMENT_OTHER;
}

static bool count_verdict(struct agreement *a, const struct compared *c,
                          bool certain, struct text *t)
{
    unsigned logged = word_of(c->record->action);

    a->verdicts[logged][certain ? c->action : AGREEMENT_UNKNOWN]++;
    if (!certain || logged == c->action)
        return true;
    text_printf(t, "%s" STR_FMT " in the log, %s here", t->n ? "; " : "",
                STR_ARG(c->record->action), waf_action_words[c->action]);
    return false;
}

/* Whether it is told that the ACL goes on behind a rule, or ends there as it
 * did when it was evaluated.  Where the log says the country, the rule may end
 * it all the same: `*ended`. */
static bool is_certain(struct compared *c, const struct tried *tried,
                       const struct waf_rule *own, bool evaluated_to_end,
                       bool *ended)
{
    *ended = tried->ends == KNOWN_TRUE;
    if (tried->ends == KNOWN_NOT || passed(c->record, own))
        return false;
    if (*ended && !evaluated_to_end)
        c->action = own->action.type;
    if (*ended)
        return evaluated_to_end || !own->of_group;
    return !evaluated_to_end;
}

bool agreement_add(struct agreement *a, const struct trail *trail,
                   const struct replay_record *record, struct text *t)
{
    struct compared c = {
        .trail = trail, .record = record, .action = trail->result.action};
    unsigned last = position(a->acl, record->terminating);
    unsigned ours = position(a->acl, trail_terminating(&trail->result));
    bool certain = !trail->result.failed;
    bool ended = false;
    bool same = true;

    a->requests++;
    if (last == a->acl->nrules &&
        !str_eq(record->terminating, STR("Default_Action")))
        a->unknown_rules++;
    for (unsigned i = 0; i < a->acl->nrules && i <= ours && !ended; i++) {
        const struct waf_rule *own = &a->acl->rules[i];
        struct tried tried = try_own(a, &c, own, t);

        same &= tried.same;
        certain &= is_certain(&c, &tried, own, i == ours, &ended);
        c.doubtful |= tried.known == KNOWN_NOT;
        if (i <= last)
            same &= count(a, own, NULL, is_logged(record, own, NULL),
                          tried.known, t);
    }
    return count_verdict(a, &c, certain, t) && same;
}

/* ---- tables ------------------------------------------------------------------------------ */

static const char *verdict_word(unsigned i)
{
    return i < AGREEMENT_UNKNOWN ? waf_action_words[i] : "not evaluable";
}

static void put_verdicts(struct text *t, const struct agreement *a)
{
    TEXT_LITERAL(t, "verdicts:\n    in the log  here            requests\n");
    for (unsigned i = 0; i < AGREEMENT_WORDS; i++) {
        for (unsigned k = 0; k < AGREEMENT_WORDS; k++) {
            if (a->verdicts[i][k] == 0)
                continue;
            text_printf(t, "    %-10s  %-14s  ",
                        i == AGREEMENT_OTHER ? "another" : waf_action_words[i],
                        verdict_word(k));
            text_u64(t, a->verdicts[i][k]);
            TEXT_LITERAL(t, "\n");
        }
    }
}

static void put_number(struct text *t, uint64_t number)
{
    text_printf(t, "%8llu ", (unsigned long long)number);
}

static void put_rules(struct text *t, const struct agreement *a)
{
    TEXT_LITERAL(t, "rules:\n        both  neither  log only here only  not "
                    "evaluable  rule\n");
    for (unsigned i = 0; i < a->nrules; i++) {
        const struct agreement_rule *r = &a->rules[i];

        if (r->referring && !r->both && !r->logged && !r->here && !r->unknown)
            continue;
        TEXT_LITERAL(t, "    ");
        put_number(t, r->both);
        put_number(t, r->neither);
        TEXT_LITERAL(t, " ");
        put_number(t, r->logged);
        TEXT_LITERAL(t, " ");
        put_number(t, r->here);
        text_printf(t, "%14llu  ", (unsigned long long)r->unknown);
        put_rule_name(t, r->rule, r->referring);
        text_char(t, '\n');
    }
}

/* Of what can be told. */
static void put_share(struct text *t, const struct agreement *a)
{
    uint64_t same = 0;
    uint64_t all = 0;

    for (unsigned i = 0; i < AGREEMENT_WORDS; i++) {
        for (unsigned k = 0; k < AGREEMENT_UNKNOWN; k++) {
            all += a->verdicts[i][k];
            same += i == k ? a->verdicts[i][k] : 0;
        }
    }
    TEXT_LITERAL(t, "agreement: ");
    text_u64(t, same);
    TEXT_LITERAL(t, " of ");
    text_u64(t, all);
    TEXT_LITERAL(t, " verdicts that can be told, of ");
    text_u64(t, a->requests);
    TEXT_LITERAL(t, " requests\n");
}

void agreement_put_text(struct text *t, const struct agreement *a)
{
    put_share(t, a);
    put_verdicts(t, a);
    put_rules(t, a);
    if (a->unknown_rules) {
        text_u64(t, a->unknown_rules);
        TEXT_LITERAL(t, " requests were ended by rules that this web ACL does "
                        "not have\n");
    }
}

static void json_number(struct text *t, const char *key, uint64_t number)
{
    text_printf(t, ",\"%s\":", key);
    text_u64(t, number);
}

void agreement_put_json(struct text *t, const struct agreement *a)
{
    const char *separator = "";

    TEXT_LITERAL(t, "{\"requests\":");
    text_u64(t, a->requests);
    json_number(t, "ended_by_unknown_rules", a->unknown_rules);
    TEXT_LITERAL(t, ",\"verdicts\":[");
    for (unsigned i = 0; i < AGREEMENT_WORDS; i++) {
        for (unsigned k = 0; k < AGREEMENT_WORDS; k++) {
            if (a->verdicts[i][k] == 0)
                continue;
            text_printf(t, "%s{\"logged\":\"%s\",\"here\":", separator,
                        i == AGREEMENT_OTHER ? "OTHER" : waf_action_words[i]);
            if (k == AGREEMENT_UNKNOWN)
                TEXT_LITERAL(t, "null");
            else
                text_json(t, str_of(waf_action_words[k]));
            json_number(t, "requests", a->verdicts[i][k]);
            text_char(t, '}');
            separator = ",";
        }
    }
    TEXT_LITERAL(t, "],\"rules\":[");
    for (unsigned i = 0; i < a->nrules; i++) {
        const struct agreement_rule *r = &a->rules[i];

        text_str_put(t, i ? STR(",{\"rule\":") : STR("{\"rule\":"));
        text_json(t, r->referring ? r->referring->name : r->rule->name);
        TEXT_LITERAL(t, ",\"group_rule\":");
        if (r->referring)
            text_json(t, r->rule->name);
        else
            TEXT_LITERAL(t, "null");
        json_number(t, "both", r->both);
        json_number(t, "neither", r->neither);
        json_number(t, "logged_only", r->logged);
        json_number(t, "here_only", r->here);
        json_number(t, "not_evaluable", r->unknown);
        text_char(t, '}');
    }
    TEXT_LITERAL(t, "]}");
}
