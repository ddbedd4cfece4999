/* SPDX-License-Identifier: Apache-2.0 */
#include "app/waf_batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "waf/describe.h"

enum { LINE_TEXT = 64 * 1024, TABLE_TEXT = 16 * 1024 * 1024, FIRST_RULES = 32 };

/* How often a rule matched. */
struct tally {
    const struct waf_rule *rule;
    const struct waf_rule *referring;
    uint64_t matched;
    uint64_t ended;
};

struct waf_batch {
    struct waf_batch_options options;
    struct replay *replay;
    struct replay *other;
    struct agreement agreement;
    unsigned nrules;
    unsigned cap;
    struct tally *rules;
    uint64_t requests;
    uint64_t verdicts[WAF_CHALLENGE + 1];
    uint64_t not_tried;
    uint64_t expected;
    uint64_t failed;
    uint64_t changed;
    uint64_t moved; /* the same verdict by another rule */
    uint64_t bodies_missing;
    uint64_t untimed;
    uint64_t results; /* printed as JSON */
    char *room;
    struct text line;
};

/* ---- begin ------------------------------------------------------------------------- */

struct waf_batch *waf_batch_new(const struct waf_batch_options *options)
{
    struct waf_batch *b = memory_zeroed(1, sizeof(*b));

    b->options = *options;
    b->replay = replay_new(options->program);
    if (options->other)
        b->other = replay_new(options->other);
    agreement_begin(&b->agreement, waf_program_acl(options->program));
    b->room = memory_zeroed(1, LINE_TEXT);
    return b;
}

/* ---- rules ---------------------------------------------------------------------------- */

static struct tally *tally_of(struct waf_batch *b, const struct waf_rule *rule,
                              const struct waf_rule *referring)
{
    for (unsigned i = 0; i < b->nrules; i++) {
        if (b->rules[i].rule == rule && b->rules[i].referring == referring)
            return &b->rules[i];
    }
    if (b->nrules == b->cap) {
        unsigned cap = b->cap ? 2 * b->cap : FIRST_RULES;
        struct tally *more = memory_zeroed(cap, sizeof(*more));

        if (b->nrules)
            memcpy(more, b->rules, b->nrules * sizeof(*more));
        free(b->rules);
        b->rules = more;
        b->cap = cap;
    }
    b->rules[b->nrules] = (struct tally){.rule = rule, .referring = referring};
    return &b->rules[b->nrules++];
}

static void count(struct waf_batch *b, const struct waf_result *result)
{
    b->verdicts[result->action]++;
    for (const struct waf_match *m = result->matches; m; m = m->next) {
        struct tally *to = tally_of(b, m->rule, m->referring);

        to->matched++;
        to->ended += m == result->terminating;
    }
}

/* ---- lines ------------------------------------------------------------------------------ */

static void put_request(struct text *t, const struct offline_request *request)
{
    struct str host = request->url.host;
    struct str target = request->url.target;

    text_str_put(t, request->method);
    text_char(t, ' ');
    if (host.n)
        text_printf(t, "%s://" STR_FMT, request->url.https ? "https" : "http",
                    STR_ARG(host));
    describe_put_plain(t, target.n ? target : STR("/"));
}

static void begin_line(struct waf_batch *b, const struct waf_case *one)
{
    b->line = text_in(b->room, LINE_TEXT - 1);
    text_str_put(&b->line, one->place);
    if (one->name.n) {
        TEXT_LITERAL(&b->line, " (");
        describe_put_plain(&b->line, one->name);
        text_char(&b->line, ')');
    }
    TEXT_LITERAL(&b->line, ": ");
}

static void end_line(struct waf_batch *b, const struct waf_case *one)
{
    if (one->request.method.n) {
        TEXT_LITERAL(&b->line, ": ");
        put_request(&b->line, &one->request);
    }
    fwrite(b->line.p, 1, b->line.n, stdout);
    putchar('\n');
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_member(struct text *t, const char *key, struct str value)
{
    text_printf(t, ",\"%s\":", key);
    if (value.p)
        text_json(t, value);
    else
        TEXT_LITERAL(t, "null");
}

static void json_verdict(struct text *t, const struct waf_result *result)
{
    struct str inner = trail_terminating_in_group(result);

    json_member(t, "verdict", str_of(waf_action_words[result->action]));
    TEXT_LITERAL(t, ",\"status\":");
    if (trail_status(result))
        text_u64(t, trail_status(result));
    else
        TEXT_LITERAL(t, "null");
    json_member(t, "rule", trail_terminating(result));
    json_member(t, "group_rule", inner.n ? inner : str_make(NULL, 0));
}

static void begin_json(struct waf_batch *b, const struct waf_case *one)
{
    struct text *t = &b->line;
    char room[8192];
    struct text request = text_in(room, sizeof(room));

    *t = text_in(b->room, LINE_TEXT);
    put_request(&request, &one->request);
    text_str_put(t, b->results++ ? STR(",\n{\"place\":")
                                 : STR("{\"results\":[\n{\"place\":"));
    text_json(t, one->place);
    if (one->name.n)
        json_member(t, "name", one->name);
    json_member(t, "request", text_str(&request));
}

static void end_json(struct waf_batch *b)
{
    text_char(&b->line, '}');
    fwrite(b->line.p, 1, b->line.n, stdout);
}

static void json_labels(struct text *t, const struct waf_result *result)
{
    TEXT_LITERAL(t, ",\"labels\":[");
    for (const struct waf_label *l = result->labels; l; l = l->next) {
        if (l != result->labels)
            text_char(t, ',');
        text_json(t, l->name);
    }
    text_char(t, ']');
}

/* ---- a request ---------------------------------------------------------------------------- */

static void not_tried(struct waf_batch *b, const struct waf_case *one,
                      const char *why)
{
    b->not_tried++;
    if (b->options.json) {
        begin_json(b, one);
        json_member(&b->line, "not_tried", str_of(why));
        end_json(b);
        return;
    }
    begin_line(b, one);
    text_printf(&b->line, "not tried: %s", why);
    end_line(b, one);
}

/* What came of one request. */
struct outcome {
    const struct waf_case *one;
    const struct trail *trail;
    const struct trail *other; /* NULL: there is none */
    struct str failed;         /* n == 0: nothing */
    struct str differs;        /* from the log; n == 0: nothing */
    bool changed;
};

static void print_json(struct waf_batch *b, const struct outcome *o)
{
    struct text *t = &b->line;

    begin_json(b, o->one);
    json_verdict(t, &o->trail->result);
    json_labels(t, &o->trail->result);
    if (o->failed.n)
        json_member(t, "failed", o->failed);
    if (o->differs.n)
        json_member(t, "differs_from_log", o->differs);
    if (o->other) {
        text_printf(t, ",\"changed\":%s,\"other\":{\"acl\":",
                    o->changed ? "true" : "false");
        text_json(t, o->other->acl->entity.name);
        json_verdict(t, &o->other->result);
        text_char(t, '}');
    }
    end_json(b);
}

static void print_text(struct waf_batch *b, const struct outcome *o)
{
    struct text *t = &b->line;

    begin_line(b, o->one);
    if (o->failed.n) {
        TEXT_LITERAL(t, "failed: ");
        text_str_put(t, o->failed);
    } else if (o->differs.n) {
        TEXT_LITERAL(t, "differs: ");
        text_str_put(t, o->differs);
    } else if (o->changed) {
        TEXT_LITERAL(t, "changes from ");
        replay_put_verdict(t, &o->trail->result);
        TEXT_LITERAL(t, " to ");
        replay_put_verdict(t, &o->other->result);
    } else {
        replay_put_verdict(t, &o->trail->result);
    }
    end_line(b, o->one);
}

static bool is_notable(const struct waf_batch *b, const struct outcome *o)
{
    return b->options.verbose || o->failed.n || o->differs.n || o->changed;
}

static void print_outcome(struct waf_batch *b, const struct outcome *o)
{
    if (!is_notable(b, o))
        return;
    if (b->options.json)
        print_json(b, o);
    else
        print_text(b, o);
}

static bool same_verdict(const struct waf_result *a, const struct waf_result *b)
{
    return a->action == b->action && trail_status(a) == trail_status(b);
}

static bool same_rule(const struct waf_result *a, const struct waf_result *b)
{
    return str_eq(trail_terminating(a), trail_terminating(b)) &&
           str_eq(trail_terminating_in_group(a), trail_terminating_in_group(b));
}

/* The case's own expectations, or those of all. */
static const struct replay_expected *expected_of(const struct waf_batch *b,
                                                 const struct waf_case *one)
{
    return replay_expects_nothing(&one->expected) ? &b->options.expected
                                                  : &one->expected;
}

static void judge(struct waf_batch *b, struct outcome *o, struct text *t)
{
    const struct replay_expected *expected = expected_of(b, o->one);

    if (replay_expects_nothing(expected))
        return;
    b->expected++;
    if (replay_meets(expected, &o->trail->result, t))
        return;
    b->failed++;
    o->failed = text_str(t);
}

static void compare_log(struct waf_batch *b, struct outcome *o, struct text *t)
{
    struct replay_record record = o->one->record;

    record.places = b->options.places;
    if (b->options.log && !agreement_add(&b->agreement, o->trail, &record, t))
        o->differs = text_str(t);
}

static void compare_other(struct waf_batch *b, struct outcome *o)
{
    const struct waf_result *a;
    const struct waf_result *z;

    if (o->other == NULL)
        return;
    a = &o->trail->result;
    z = &o->other->result;
    o->changed = !same_verdict(a, z);
    b->changed += o->changed;
    b->moved += !o->changed && !same_rule(a, z);
}

static void conclude(struct waf_batch *b, struct outcome *o)
{
    char failed[4096];
    char differs[4096];
    struct text failed_text = text_in(failed, sizeof(failed));
    struct text differs_text = text_in(differs, sizeof(differs));

    count(b, &o->trail->result);
    judge(b, o, &failed_text);
    compare_log(b, o, &differs_text);
    compare_other(b, o);
    print_outcome(b, o);
}

static void try_on(struct replay *replay, const struct waf_program *program,
                   const struct offline *offline, const struct waf_case *one,
                   bool told, struct trail *trail)
{
    struct inspected inspected;

    offline_inspected(offline, &one->request, waf_program_body(program),
                      &inspected);
    replay_try(replay, &inspected, one->time_ms, told, trail);
}

static void try_case(struct waf_batch *b, const struct waf_case *one,
                     const struct offline *offline)
{
    struct trail trail;
    struct trail other;
    struct outcome outcome = {.one = one, .trail = &trail};

    try_on(b->replay, b->options.program, offline, one, b->options.log, &trail);
    if (b->other) {
        try_on(b->other, b->options.other, offline, one, false, &other);
        outcome.other = &other;
    }
    conclude(b, &outcome);
}

void waf_batch_add(void *batch, const struct waf_case *one)
{
    struct waf_batch *b = batch;
    struct offline offline;
    struct error error = {""};

    b->requests++;
    if (one->why) {
        not_tried(b, one, one->why);
        return;
    }
    b->untimed += !one->timed;
    b->bodies_missing += one->body_missing;
    if (offline_read(&offline, &one->request, DESYNC_MODE_DEFENSIVE, &error))
        try_case(b, one, &offline);
    else
        not_tried(b, one, error.text);
    offline_end(&offline);
}

/* ---- the sums ---------------------------------------------------------------------------- */

static bool has_rates(const struct config_web_acl *acl)
{
    for (unsigned i = 0; i < acl->nrules; i++) {
        const struct waf_statement *s = acl->rules[i].statement;
        const struct config_rule_group *group =
            acl->rules[i].of_group ? s->u.group.group : NULL;

        if (s->type == WAF_RATE)
            return true;
        for (unsigned k = 0; group && k < group->nrules; k++) {
            if (group->rules[k].statement->type == WAF_RATE)
                return true;
        }
    }
    return false;
}

static const char *rates_note(const struct waf_batch *b)
{
    if (!has_rates(waf_program_acl(b->options.program)))
        return NULL;
    return b->untimed ? "rate-based rules counted these requests alone, in "
                        "their order; those without a time as if they came "
                        "at the time of the one before"
                      : "rate-based rules counted these requests alone, in "
                        "their order and by their times";
}

static void put_sum(struct text *t, uint64_t n, const char *what)
{
    text_printf(t, "    %8llu  %s\n", (unsigned long long)n, what);
}

static void put_sums(struct text *t, const struct waf_batch *b)
{
    text_printf(t, "requests: %llu\n", (unsigned long long)b->requests);
    for (unsigned i = 0; waf_action_words[i]; i++) {
        if (b->verdicts[i])
            put_sum(t, b->verdicts[i], waf_action_words[i]);
    }
    if (b->not_tried)
        put_sum(t, b->not_tried, "not tried");
    if (b->nrules)
        TEXT_LITERAL(t, "rules that matched:\n     matched     ended  rule\n");
    for (unsigned i = 0; i < b->nrules; i++) {
        const struct tally *r = &b->rules[i];

        text_printf(t, "    %8llu  %8llu  ", (unsigned long long)r->matched,
                    (unsigned long long)r->ended);
        if (r->referring)
            text_printf(t, STR_FMT " / ", STR_ARG(r->referring->name));
        text_str_put(t, r->rule->name);
        text_char(t, '\n');
    }
}

static void put_notes(struct text *t, const struct waf_batch *b)
{
    const char *rates = rates_note(b);

    if (b->expected)
        text_printf(t, "expectations: %llu, failed: %llu\n",
                    (unsigned long long)b->expected,
                    (unsigned long long)b->failed);
    if (b->options.other)
        text_printf(
            t, "changed verdicts: %llu; the same by another rule: %llu\n",
            (unsigned long long)b->changed, (unsigned long long)b->moved);
    if (b->bodies_missing)
        text_printf(t,
                    "note: %llu requests had a body that the file does not "
                    "have: rules saw none\n",
                    (unsigned long long)b->bodies_missing);
    if (rates)
        text_printf(t, "note: %s\n", rates);
    if (b->options.log && !b->options.places)
        TEXT_LITERAL(t, "note: without --geoip countries are those of the "
                        "log, and autonomous systems are not evaluable\n");
}

static void json_counts(struct text *t, const struct waf_batch *b)
{
    const char *separator = "";

    text_printf(t, "%s],\n\"requests\":%llu,\"not_tried\":%llu,\"verdicts\":{",
                b->results ? "" : "{\"results\":[",
                (unsigned long long)b->requests,
                (unsigned long long)b->not_tried);
    for (unsigned i = 0; waf_action_words[i]; i++) {
        if (i == WAF_COUNT)
            continue;
        text_printf(t, "%s\"%s\":%llu", separator, waf_action_words[i],
                    (unsigned long long)b->verdicts[i]);
        separator = ",";
    }
    TEXT_LITERAL(t, "},\"rules\":[");
    for (unsigned i = 0; i < b->nrules; i++) {
        const struct tally *r = &b->rules[i];

        text_str_put(t, i ? STR(",{\"rule\":") : STR("{\"rule\":"));
        text_json(t, r->referring ? r->referring->name : r->rule->name);
        json_member(t, "group_rule",
                    r->referring ? r->rule->name : str_make(NULL, 0));
        text_printf(t, ",\"matched\":%llu,\"ended\":%llu}",
                    (unsigned long long)r->matched,
                    (unsigned long long)r->ended);
    }
    text_char(t, ']');
}

static void json_sums(struct text *t, const struct waf_batch *b)
{
    const char *rates = rates_note(b);

    json_counts(t, b);
    text_printf(t, ",\"expectations\":{\"checked\":%llu,\"failed\":%llu}",
                (unsigned long long)b->expected, (unsigned long long)b->failed);
    if (b->options.other)
        text_printf(t, ",\"diff\":{\"changed\":%llu,\"other_rule\":%llu}",
                    (unsigned long long)b->changed,
                    (unsigned long long)b->moved);
    if (b->options.log) {
        TEXT_LITERAL(t, ",\"agreement\":");
        agreement_put_json(t, &b->agreement);
    }
    text_printf(t, ",\"bodies_missing\":%llu",
                (unsigned long long)b->bodies_missing);
    if (rates)
        json_member(t, "rates", str_of(rates));
    TEXT_LITERAL(t, "}\n");
}

static void print_sums(struct waf_batch *b)
{
    struct text t = text_in(memory_zeroed(1, TABLE_TEXT), TABLE_TEXT);

    if (b->options.json) {
        json_sums(&t, b);
    } else {
        put_sums(&t, b);
        if (b->options.log)
            agreement_put_text(&t, &b->agreement);
        put_notes(&t, b);
    }
    fwrite(t.p, 1, t.n, stdout);
    free(t.p);
}

/* What cannot be tried cannot be as expected either. */
static bool is_good(const struct waf_batch *b)
{
    bool asked = b->expected || b->options.other ||
                 !replay_expects_nothing(&b->options.expected);

    return b->failed == 0 && b->changed == 0 && !(asked && b->not_tried);
}

bool waf_batch_end(struct waf_batch *b, bool read)
{
    bool good = is_good(b);

    if (read)
        print_sums(b);
    agreement_end(&b->agreement);
    replay_free(b->replay);
    replay_free(b->other);
    free(b->rules);
    free(b->room);
    free(b);
    return good;
}
