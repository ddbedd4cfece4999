/* SPDX-License-Identifier: Apache-2.0
 *
 * A sample: its size, its metrics, the request.  Numbers are 64 bits as the
 * machine has them, texts have their length before them.
 */
#include "waf/sampler.h"

#include "base/address.h"
#include "base/utf8.h"

#define INSERTED "x-amzn-waf-"

/* ---- who wants one ------------------------------------------------------------------ */

static bool take_token(struct waf_due *due, uint64_t now_ms)
{
    uint64_t more = (now_ms - due->filled_ms) * WAF_SAMPLES_A_SECOND / 1000;

    if (!due->used) {
        due->used = true;
        due->tokens = WAF_SAMPLES_BURST;
        due->filled_ms = now_ms;
    } else if (more) {
        due->tokens = due->tokens + more < WAF_SAMPLES_BURST
                          ? due->tokens + (unsigned)more
                          : WAF_SAMPLES_BURST;
        due->filled_ms = now_ms;
    }
    return due->tokens != 0;
}

/* NULL: of a metric that there is no row for, or that had the request. */
static struct waf_sample_metric *
want(struct waf_meter *meter, struct waf_sample_wish *wish, struct waf_due *due,
     struct str metric, enum waf_action_type action, uint64_t now_ms)
{
    struct waf_sample_metric *m = &wish->metrics[wish->n];

    if (due == NULL || !waf_due_is_new(meter, due))
        return NULL;
    due->waiting++;
    if (wish->n == WAF_SAMPLE_METRICS_MAX || !take_token(due, now_ms))
        return NULL;
    *m = (struct waf_sample_metric){
        .due = due, .metric = metric, .action = action};
    wish->n++;
    return m;
}

static bool is_sampled(const struct waf_match *match)
{
    const struct waf_rule *rule =
        match->group && match->group->managed ? match->referring : match->rule;

    return rule->visibility.sampled;
}

/* The rule that a group whose result is counted ended by. */
static const struct waf_match *ended_by(const struct waf_result *result,
                                        const struct waf_rule *referring)
{
    for (const struct waf_group_result *g = result->groups; g; g = g->next) {
        if (g->referring == referring)
            return g->terminating;
    }
    return NULL;
}

static void want_match(struct waf_meter *meter, struct waf_sample_wish *wish,
                       const struct waf_result *result,
                       const struct waf_match *match, uint64_t now_ms)
{
    struct waf_sample_metric *m;

    if (!is_sampled(match))
        return;
    m = want(meter, wish, waf_meter_due(meter, wish->program, match),
             waf_metric_of(match->rule), match->action, now_ms);
    if (m == NULL)
        return;
    m->match = match->referring ? match : ended_by(result, match->rule);
    m->overridden = match->overridden;
    m->configured = match->configured;
}

/* For the rule that refers to the group of the one that ended the ACL. */
static void want_reference(struct waf_meter *meter,
                           struct waf_sample_wish *wish,
                           const struct waf_result *result, uint64_t now_ms)
{
    const struct waf_match *end = result->terminating;
    const struct waf_match as = {.rule = end->referring};
    struct waf_sample_metric *m;

    if (!end->referring->visibility.sampled)
        return;
    m = want(meter, wish, waf_meter_due(meter, wish->program, &as),
             waf_metric_of(end->referring), result->action, now_ms);
    if (m == NULL)
        return;
    m->match = end;
    m->overridden = end->overridden;
    m->configured = end->configured;
}

bool waf_sample_wanted(struct waf_meter *meter,
                       const struct waf_program *program,
                       const struct waf_result *result, uint64_t now_ms,
                       struct waf_sample_wish *wish)
{
    const struct config_web_acl *acl = waf_program_acl(program);

    wish->program = program;
    wish->n = 0;
    for (const struct waf_match *m = result->matches; m; m = m->next)
        want_match(meter, wish, result, m, now_ms);
    if (result->terminating && result->terminating->referring)
        want_reference(meter, wish, result, now_ms);
    if (!acl->visibility.sampled)
        return wish->n != 0;
    if (result->terminating == NULL)
        want(meter, wish, waf_meter_due_default(meter, program),
             STR(WAF_METER_DEFAULT), result->action, now_ms);
    want(meter, wish, waf_meter_due_all(meter, program), STR(WAF_METER_ALL),
         result->action, now_ms);
    return wish->n != 0;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void put_number(struct text *t, uint64_t number)
{
    text_put(t, (const char *)&number, sizeof(number));
}

static void put_text(struct text *t, struct str s)
{
    put_number(t, s.n);
    text_str_put(t, s);
}

/* "AWS#AWSManagedRulesCommonRuleSet#NoUserAgent_HEADER", "GROUP#RULE" */
static void put_rule_in_group(struct text *t, const struct waf_match *match)
{
    char room[512];
    struct text name = text_in(room, sizeof(room));

    if (match) {
        const struct waf_statement *s = match->referring->statement;

        if (match->group->managed) {
            text_str_put(&name, s->u.group.vendor);
            text_char(&name, '#');
        }
        text_str_put(&name, match->group->entity.name);
        text_char(&name, '#');
        text_str_put(&name, match->rule->name);
    }
    put_text(t, text_str(&name));
}

static void put_metric(struct text *t, const struct waf_sample_metric *m)
{
    put_text(t, m->metric);
    put_number(t, m->due->waiting);
    put_text(t, waf_action_word(m->action));
    put_rule_in_group(t, m->match);
    put_text(t, m->overridden ? waf_action_word(m->configured) : STR(""));
}

/* Numbers of things that come later: how many there were room for. */
static void put_later(struct text *t, size_t at, uint64_t number)
{
    if (text_ok(t))
        memcpy(t->p + at, &number, sizeof(number));
}

/* Whether n bytes of texts more are within a part that began there. */
static bool fits(const struct text *t, size_t begin, size_t max, size_t n)
{
    return t->n - begin + n + 2 * sizeof(uint64_t) <= max;
}

static uint64_t put_labels(struct text *t, const struct waf_result *result,
                           size_t begin)
{
    uint64_t n = 0;

    for (const struct waf_label *l = result->labels;
         l && n < WAF_METER_REQUEST_LABELS_MAX &&
         fits(t, begin, WAF_SAMPLE_NOTES_MAX, l->name.n);
         l = l->next, n++)
        put_text(t, l->name);
    return n;
}

static uint64_t put_inserted(struct text *t, const struct waf_result *result,
                             size_t begin)
{
    uint64_t n = 0;

    for (; n < result->ninserted; n++) {
        const struct waf_header *h = result->inserted[n];
        size_t name = sizeof(INSERTED) - 1 + h->name.n;

        if (!fits(t, begin, WAF_SAMPLE_NOTES_MAX, name + h->value.n))
            break;
        put_number(t, name);
        TEXT_LITERAL(t, INSERTED);
        text_str_put(t, h->name);
        put_text(t, h->value);
    }
    return n;
}

static bool put_header(struct text *t, const struct waf_privacy *privacy,
                       size_t begin, struct str name, struct str value)
{
    struct str shown = waf_shown_header(privacy, name, value);

    if (!fits(t, begin, WAF_SAMPLE_HEADERS_MAX, name.n + shown.n))
        return false;
    put_text(t, name);
    put_text(t, shown);
    return true;
}

static uint64_t put_headers(struct text *t, const struct waf_seen *seen,
                            const struct waf_privacy *privacy)
{
    const struct fields *fs = seen->request->fields;
    size_t begin = t->n;
    uint64_t n = 0;

    if (waf_seen_adds_host(seen))
        n += put_header(t, privacy, begin, STR("host"), seen->request->host);
    for (unsigned i = 0; i < fs->n; i++)
        n += put_header(t, privacy, begin, field_name(fs, &fs->v[i]),
                        field_value(fs, &fs->v[i]));
    return n;
}

static void put_ip(struct text *t, const struct address *address)
{
    char room[ADDRESS_TEXT_MAX];
    struct text ip = text_in(room, sizeof(room));

    address_put_ip(&ip, address);
    put_text(t, text_str(&ip));
}

static void put_token(struct text *t, const struct waf_seen *seen)
{
    bool asks = seen->result->action == WAF_CAPTCHA ||
                seen->result->action == WAF_CHALLENGE;

    put_number(t, asks ? waf_seen_status(seen) : 0);
    put_text(t, asks ? waf_seen_token(seen) : STR(""));
}

static void put_request(struct text *t, const struct waf_seen *seen,
                        const struct waf_privacy *privacy)
{
    const struct inspected *request = seen->request;
    struct str country = waf_seen_country(seen);
    size_t counts;
    size_t begin;
    uint64_t n;

    put_ip(t, &request->client);
    put_text(t, str_eq(country, STR("-")) ? STR("") : country);
    put_text(t, utf8_cut(waf_shown_path(privacy, request->path),
                         WAF_SAMPLE_PATH_MAX));
    put_text(t, waf_shown_method(privacy, request->method));
    put_text(t, waf_seen_version(seen));
    put_number(t, waf_seen_status(seen));
    put_token(t, seen);
    counts = t->n;
    for (unsigned i = 0; i < 3; i++)
        put_number(t, 0);
    begin = t->n;
    n = put_labels(t, seen->result, begin);
    put_later(t, counts, n);
    n = put_inserted(t, seen->result, begin);
    put_later(t, counts + sizeof(n), n);
    n = put_headers(t, seen, privacy);
    put_later(t, counts + 2 * sizeof(n), n);
}

bool waf_sample_put(struct waf_sample_box *box,
                    const struct waf_sample_wish *wish,
                    const struct waf_seen *seen,
                    const struct waf_privacy *privacy)
{
    struct text t = text_in(box->bytes + box->n, sizeof(box->bytes) - box->n);

    put_number(&t, 0);
    put_number(&t, seen->time_ms);
    put_text(&t, seen->acl->entity.arn);
    put_number(&t, wish->n);
    for (unsigned i = 0; i < wish->n; i++)
        put_metric(&t, &wish->metrics[i]);
    put_request(&t, seen, privacy);
    if (!text_ok(&t))
        return false;
    put_later(&t, 0, t.n);
    box->n += t.n;
    for (unsigned i = 0; i < wish->n; i++) {
        wish->metrics[i].due->waiting = 0;
        wish->metrics[i].due->tokens--;
    }
    return true;
}

/* ---- reading ------------------------------------------------------------------------------ */

static uint64_t read_number(struct waf_sample_reader *reader)
{
    uint64_t number = 0;

    if ((size_t)(reader->end - reader->p) < sizeof(number)) {
        reader->p = reader->end;
        return 0;
    }
    memcpy(&number, reader->p, sizeof(number));
    reader->p += sizeof(number);
    return number;
}

struct str waf_sample_text(struct waf_sample_reader *reader)
{
    uint64_t n = read_number(reader);
    struct str s;

    if (n > (size_t)(reader->end - reader->p))
        n = (size_t)(reader->end - reader->p);
    s = str_make(reader->p, n);
    reader->p += n;
    return s;
}

static struct waf_sample_reader reader_at(struct str bytes, size_t at)
{
    return (struct waf_sample_reader){bytes.p + at, bytes.p + bytes.n};
}

struct waf_sample waf_sample_of(struct str bytes)
{
    struct waf_sample_reader reader = reader_at(bytes, sizeof(uint64_t));
    struct waf_sample sample = {.bytes = bytes};

    sample.time_ms = read_number(&reader);
    sample.arn = waf_sample_text(&reader);
    sample.nmetrics = (unsigned)read_number(&reader);
    sample.metrics = (size_t)(reader.p - bytes.p);
    return sample;
}

bool waf_sample_next(const struct waf_sample_box *box, size_t *at,
                     struct waf_sample *sample)
{
    struct waf_sample_reader reader =
        reader_at(str_make(box->bytes, box->n), *at);
    uint64_t size = read_number(&reader);

    if (*at >= box->n)
        return false;
    *sample = waf_sample_of(str_make(box->bytes + *at, size));
    *at += size;
    return true;
}

void waf_sample_metric(struct str bytes, size_t *at, struct waf_sample_as *as)
{
    struct waf_sample_reader reader = reader_at(bytes, *at);

    as->metric = waf_sample_text(&reader);
    as->weight = read_number(&reader);
    as->action = waf_sample_text(&reader);
    as->rule_in_group = waf_sample_text(&reader);
    as->overridden = waf_sample_text(&reader);
    *at = (size_t)(reader.p - bytes.p);
}

void waf_sample_read(const struct waf_sample *sample,
                     struct waf_sample_reader *reader,
                     struct waf_sample_request *request)
{
    size_t at = sample->metrics;
    struct waf_sample_as as;

    for (unsigned i = 0; i < sample->nmetrics; i++)
        waf_sample_metric(sample->bytes, &at, &as);
    *reader = reader_at(sample->bytes, at);
    request->client_ip = waf_sample_text(reader);
    request->country = waf_sample_text(reader);
    request->uri = waf_sample_text(reader);
    request->method = waf_sample_text(reader);
    request->version = waf_sample_text(reader);
    request->status = (unsigned)read_number(reader);
    request->asked = (unsigned)read_number(reader);
    request->why = waf_sample_text(reader);
    request->nlabels = (unsigned)read_number(reader);
    request->ninserted = (unsigned)read_number(reader);
    request->nheaders = (unsigned)read_number(reader);
}
