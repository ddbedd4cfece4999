/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/lint.h"

#include "proxy/rule_cover.h"
#include "proxy/witness.h"

enum { MESSAGE_MAX = 2048, PATTERNS_SHOWN = 3 };

/* The paths that rules send to a target group. */
struct group_paths {
    bool used;
    bool root; /* "/" is one of them */
    unsigned n;
    const struct config_match *patterns[PATTERNS_SHOWN];
};

struct lint {
    struct report *report;
    struct region region;
    struct linear_scratch *scratch;
    struct group_paths *groups; /* by the group's index */
    unsigned ngroups;
    /* Of the listener that is looked at. */
    const struct config_listener *listener;
    struct router *router;
    unsigned nrules; /* without the default rule */
    struct rule_conditions *rules;
};

/* ---- words --------------------------------------------------------------- */

static void put_rule(struct text *t, const struct config_rule *rule)
{
    text_printf(t, "rule %u (" STR_FMT ")", rule->priority, STR_ARG(rule->id));
}

static void put_rule_at(struct text *t, const struct config_rule *rule)
{
    text_printf(t, "rule %u (" STR_FMT, rule->priority, STR_ARG(rule->id));
    if (rule->place.file && rule->place.line)
        text_printf(t, ", %s:%u", rule->place.file, rule->place.line);
    text_char(t, ')');
}

/* The text up to the first LF is what is wrong, what follows how to mend it. */
static void warn(struct lint *lint, const struct place *place,
                 const struct text *t)
{
    report_warning(lint->report, place, STR_FMT, STR_ARG(text_str(t)));
}

static const struct config_rule *rule_of(const struct lint *lint, unsigned i)
{
    return &lint->listener->rules[i];
}

/* ---- rules that other rules hide ----------------------------------------- */

/* A request that rule `late` would take and rule `early` takes. */
static bool find_witness(struct lint *lint, unsigned early, unsigned late,
                         struct witness *w)
{
    const struct rule_conditions *rule = &lint->rules[late];

    for (unsigned v = 0; v < WITNESS_VARIANTS; v++) {
        if (witness_make(w, rule->v, rule->n, v, lint->scratch) &&
            router_match(lint->router, &w->request, lint->scratch, NULL) ==
                early)
            return true;
    }
    return false;
}

static void put_witness(struct text *t, const struct lint *lint,
                        const struct witness *w, unsigned early)
{
    TEXT_LITERAL(t, "for one, ");
    witness_put(t, w, lint->listener);
    text_printf(t, " takes rule %u already: ", rule_of(lint, early)->priority);
}

static void warn_hidden(struct lint *lint, unsigned early, unsigned late,
                        enum rule_cover cover, const struct witness *w)
{
    char room[MESSAGE_MAX];
    struct text t = text_in(room, sizeof(room));

    put_rule(&t, rule_of(lint, late));
    TEXT_LITERAL(&t, " can never match");
    if (cover == COVER_PATHS)
        TEXT_LITERAL(&t, " but for OPTIONS *");
    TEXT_LITERAL(&t, ": ");
    put_rule_at(&t, rule_of(lint, early));
    TEXT_LITERAL(&t, " takes all of its requests first\n");
    put_witness(&t, lint, w, early);
    text_printf(&t,
                "give " STR_FMT " a Priority below %u, or narrow the "
                "conditions of " STR_FMT,
                STR_ARG(rule_of(lint, late)->id),
                rule_of(lint, early)->priority,
                STR_ARG(rule_of(lint, early)->id));
    warn(lint, &rule_of(lint, late)->place, &t);
}

/* `w` NULL: none was found, but equal conditions need no proof. */
static void warn_repeats(struct lint *lint, unsigned early, unsigned late,
                         const struct witness *w)
{
    char room[MESSAGE_MAX];
    struct text t = text_in(room, sizeof(room));

    put_rule(&t, rule_of(lint, late));
    TEXT_LITERAL(&t, " can never match: it has the same conditions as ");
    put_rule_at(&t, rule_of(lint, early));
    TEXT_LITERAL(&t, ", which comes first\n");
    if (w)
        put_witness(&t, lint, w, early);
    TEXT_LITERAL(&t, "remove one of the two, or give them conditions that "
                     "tell them apart");
    warn(lint, &rule_of(lint, late)->place, &t);
}

/* Reports the first rule in front of `late` that hides it. */
static void check_hidden(struct lint *lint, unsigned late)
{
    const struct rule_conditions *rule = &lint->rules[late];
    struct witness w;

    for (unsigned early = 0; early < late; early++) {
        enum rule_cover cover = rule_covers(&lint->rules[early], rule);
        bool found;

        if (cover == COVER_NONE)
            continue;
        found = find_witness(lint, early, late, &w);
        if (cover == COVER_COMPLETE &&
            rule_covers(rule, &lint->rules[early]) == COVER_COMPLETE) {
            warn_repeats(lint, early, late, found ? &w : NULL);
            return;
        }
        if (found) {
            warn_hidden(lint, early, late, cover, &w);
            return;
        }
    }
}

/* ---- rules behind one that takes everything ------------------------------ */

static void warn_catch_all(struct lint *lint, unsigned all, unsigned late,
                           const struct witness *w)
{
    unsigned more = lint->nrules - all - 2;
    char room[MESSAGE_MAX];
    struct text t = text_in(room, sizeof(room));

    put_rule(&t, rule_of(lint, all));
    TEXT_LITERAL(&t, " takes every request: ");
    put_rule_at(&t, rule_of(lint, late));
    if (more)
        text_printf(&t, " and %u more behind it never get one\n", more);
    else
        TEXT_LITERAL(&t, " behind it never gets one\n");
    put_witness(&t, lint, w, all);
    TEXT_LITERAL(&t, "rules are tried from the lowest Priority up; give ");
    text_str_put(&t, rule_of(lint, all)->id);
    TEXT_LITERAL(&t, " a higher one than the others, or narrow its conditions");
    warn(lint, &rule_of(lint, all)->place, &t);
}

/* The index of the first rule that takes everything, nrules when none does or
 * when it is not reported; rules behind it are not worth a warning each. */
static unsigned check_catch_all(struct lint *lint)
{
    struct witness w;
    unsigned all = 0;

    while (all < lint->nrules && !rule_is_catch_all(&lint->rules[all]))
        all++;
    for (unsigned late = all + 1; late < lint->nrules; late++) {
        if (find_witness(lint, all, late, &w)) {
            warn_catch_all(lint, all, late, &w);
            return all;
        }
    }
    return lint->nrules;
}

/* ---- path patterns that no path can match -------------------------------- */

/* Whether the characters in front of the first wildcard have a dot segment:
 * they are compared with paths that have none. */
static bool has_dot_segment(struct str prefix, bool exact)
{
    struct str segment;

    while (prefix.p) {
        segment = str_cut(&prefix, '/');
        if (prefix.p == NULL && !exact)
            return false; /* the segment goes on */
        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return true;
    }
    return false;
}

static void check_pattern(struct lint *lint, const struct condition *condition,
                          unsigned i)
{
    const struct config_match *match = &condition->config->values[i];
    bool exact;
    struct str prefix = pattern_prefix(condition->values[i].pattern, &exact);

    if (has_dot_segment(prefix, exact))
        report_warning(lint->report, &match->place,
                       "path-pattern \"" STR_FMT "\" can never match: \".\" "
                       "and \"..\" are taken out of a path before it is "
                       "compared\n"
                       "write the path that is left without them",
                       STR_ARG(match->value));
}

static void check_patterns(struct lint *lint,
                           const struct rule_conditions *rule)
{
    for (unsigned c = 0; c < rule->n; c++) {
        const struct condition *condition = &rule->v[c];

        if (condition->config->field != CONDITION_PATH ||
            condition->config->regex)
            continue;
        for (unsigned i = 0; i < condition->config->nvalues; i++)
            check_pattern(lint, condition, i);
    }
}

/* ---- headers that rules do not get to see -------------------------------- */

static bool is_dropped(const struct lint *lint, struct str name)
{
    const struct config_load_balancer *lb = lint->listener->load_balancer;

    if (lb == NULL || !lb->attributes.drop_invalid_header_fields)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return true;
    }
    return false;
}

static void check_headers(struct lint *lint, unsigned rule)
{
    for (unsigned c = 0; c < lint->rules[rule].n; c++) {
        const struct config_condition *condition =
            lint->rules[rule].v[c].config;
        char room[MESSAGE_MAX];
        struct text t = text_in(room, sizeof(room));

        if (condition->field != CONDITION_HEADER ||
            !is_dropped(lint, condition->header))
            continue;
        put_rule(&t, rule_of(lint, rule));
        text_printf(
            &t,
            " can never match: its load balancer drops the header " STR_FMT
            " before rules see it\n"
            "name a header of letters, digits and hyphens, or set "
            "routing.http.drop_invalid_header_fields.enabled to false",
            STR_ARG(condition->header));
        warn(lint, &condition->place, &t);
    }
}

/* ---- health checks on a page that is nobody's ---------------------------- */

static const struct condition *
path_condition(const struct rule_conditions *rule)
{
    for (unsigned c = 0; c < rule->n; c++) {
        if (rule->v[c].config->field == CONDITION_PATH)
            return &rule->v[c];
    }
    return NULL;
}

/* What a rule sends to the groups that it forwards to; `rule` has no
 * conditions when it is the default rule. */
static void note_path(struct lint *lint, struct group_paths *group,
                      const struct config_rule *config,
                      const struct rule_conditions *rule)
{
    const struct condition *path = path_condition(rule);
    struct route_view root = {.path = STR("/")};

    group->used = true;
    for (unsigned i = 0; i < config->ntransforms; i++) {
        if (config->transforms[i].type == TRANSFORM_URL)
            path = NULL; /* it may become anything */
    }
    if (path == NULL || condition_match(path, &root, lint->scratch) >= 0) {
        group->root = true;
        return;
    }
    for (unsigned i = 0; i < path->config->nvalues; i++) {
        if (group->n < PATTERNS_SHOWN)
            group->patterns[group->n] = &path->config->values[i];
        group->n++;
    }
}

static void note_paths(struct lint *lint, const struct config_rule *config,
                       const struct rule_conditions *rule)
{
    const struct config_action *action;

    if (config->nactions == 0)
        return;
    action = config_rule_action(config);
    if (action->type != ACTION_FORWARD)
        return;
    for (unsigned i = 0; i < action->u.forward.n; i++) {
        unsigned index = action->u.forward.groups[i].group->index;

        if (index < lint->ngroups)
            note_path(lint, &lint->groups[index], config, rule);
    }
}

/* "/api/health" for "/api/ *"; nothing special for a regex. */
static void put_health_path(struct text *t, struct str pattern)
{
    size_t n = 0;

    for (size_t i = 0; i < pattern.n && !strchr("*?^\\[(.$+{|", pattern.p[i]);
         i++) {
        if (pattern.p[i] == '/')
            n = i + 1;
    }
    text_put(t, pattern.p, n);
    if (n == 0)
        text_char(t, '/');
    TEXT_LITERAL(t, "health");
}

static void check_group(struct lint *lint, const struct config_group *group)
{
    const struct group_paths *paths = &lint->groups[group->index];
    unsigned n = paths->n < PATTERNS_SHOWN ? paths->n : PATTERNS_SHOWN;
    char room[MESSAGE_MAX];
    struct text t = text_in(room, sizeof(room));

    if (!paths->used || paths->root || !group->health.enabled ||
        group->type == TARGET_TYPE_LAMBDA || group->version == VERSION_GRPC ||
        !str_eq(group->health.path, STR("/")) ||
        code_set_has(&group->health.codes, 404))
        return;
    text_printf(&t,
                "target group " STR_FMT " is probed on \"/\", which no rule "
                "sends there: it gets ",
                STR_ARG(group->id));
    for (unsigned i = 0; i < n; i++) {
        if (i)
            text_str_put(&t, i + 1 < paths->n ? STR(", ") : STR(" and "));
        text_printf(&t, "\"" STR_FMT "\"", STR_ARG(paths->patterns[i]->value));
    }
    if (paths->n > n)
        text_printf(&t, " and %u more", paths->n - n);
    TEXT_LITERAL(&t, "\na service without a page at \"/\" counts as "
                     "unhealthy: set HealthCheckPath to a page that it has, "
                     "such as ");
    put_health_path(&t, paths->patterns[0]->value);
    warn(lint, &group->place, &t);
}

/* HealthCheckProtocol is HTTP where nobody says more, whatever Protocol is. */
static void check_probe_protocol(struct lint *lint,
                                 const struct config_group *group)
{
    char room[MESSAGE_MAX];
    struct text t = text_in(room, sizeof(room));

    if (group->protocol != PROTOCOL_HTTPS || !group->health.enabled ||
        group->health.protocol != PROTOCOL_HTTP || group->health.port ||
        !lint->groups[group->index].used)
        return;
    text_printf(&t,
                "target group " STR_FMT " gets its requests over HTTPS, but "
                "its health checks over HTTP, at the same port\nwrite "
                "HealthCheckProtocol: HTTPS, which is HTTP by default",
                STR_ARG(group->id));
    warn(lint, &group->place, &t);
}

/* ---- everything ---------------------------------------------------------- */

/* False when the rules have errors, which others report. */
static bool compile(struct lint *lint, const struct config_listener *listener)
{
    struct report errors = {.strict = false};

    lint->listener = listener;
    lint->nrules = listener->nrules ? listener->nrules - 1 : 0;
    lint->router = router_new(listener, NULL, &errors);
    report_end(&errors);
    if (lint->router == NULL)
        return false;
    router_scratch_fit(lint->router, lint->scratch);
    lint->rules =
        region_take(&lint->region, lint->nrules * sizeof(*lint->rules));
    for (unsigned i = 0; i < lint->nrules; i++) {
        const struct config_rule *config = &listener->rules[i];
        struct rule_conditions *rule = &lint->rules[i];

        rule->v =
            region_take(&lint->region, config->nconditions * sizeof(*rule->v));
        for (; rule->n < config->nconditions; rule->n++)
            condition_init(&rule->v[rule->n], &config->conditions[rule->n],
                           &config->conditions[rule->n], &errors);
    }
    report_end(&errors);
    return true;
}

static void release(struct lint *lint)
{
    for (unsigned i = 0; i < lint->nrules; i++) {
        for (unsigned c = 0; c < lint->rules[i].n; c++)
            condition_end(&lint->rules[i].v[c]);
    }
    router_release(lint->router);
}

static bool lint_listener(struct lint *lint,
                          const struct config_listener *listener)
{
    static const struct rule_conditions none = {0, NULL};
    unsigned last;

    if (!compile(lint, listener))
        return false;
    last = check_catch_all(lint);
    for (unsigned i = 0; i < lint->nrules; i++) {
        check_patterns(lint, &lint->rules[i]);
        check_headers(lint, i);
        note_paths(lint, &listener->rules[i], &lint->rules[i]);
        if (i <= last)
            check_hidden(lint, i);
    }
    if (listener->nrules)
        note_paths(lint, &listener->rules[lint->nrules], &none);
    release(lint);
    return true;
}

void lint_config(const struct config *config, struct report *report)
{
    struct lint lint = {.report = report, .ngroups = config->ngroups};
    bool all = true;

    lint.scratch = linear_scratch_new();
    lint.groups =
        region_take(&lint.region, config->ngroups * sizeof(*lint.groups));
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (!lint_listener(&lint, config->listeners[i]))
            all = false;
    }
    for (unsigned i = 0; i < config->ngroups && all; i++)
        check_group(&lint, config->groups[i]);
    for (unsigned i = 0; i < config->ngroups && all; i++)
        check_probe_protocol(&lint, config->groups[i]);
    linear_scratch_free(lint.scratch);
    region_end(&lint.region);
}
