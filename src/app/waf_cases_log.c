/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of AWS WAF's log (aws-waf.md 7.1).
 */
#include "app/waf_cases_internal.h"

static bool is_null(const struct value *v)
{
    return v == NULL || v->kind == VALUE_NULL;
}

static const struct value *list_at(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, str_of(key));

    return v && v->kind == VALUE_LIST ? v : NULL;
}

/* ---- the request --------------------------------------------------------------------- */

static bool is_redacted(struct str text)
{
    return str_eq(text, STR("REDACTED"));
}

static struct str or_empty(struct str text)
{
    return text.p ? text : STR("");
}

static void read_target(struct case_reader *r, const struct value *http)
{
    struct str path = or_empty(waf_case_text(http, "uri"));
    struct str query = or_empty(waf_case_text(http, "args"));
    struct str fragment = or_empty(waf_case_text(http, "fragment"));

    r->to->record.redacted_path = is_redacted(path);
    r->to->record.redacted_query = is_redacted(query);
    r->to->request.url.target =
        region_printf(r->region, STR_FMT "%s" STR_FMT "%s" STR_FMT,
                      STR_ARG(path), query.n ? "?" : "", STR_ARG(query),
                      fragment.n ? "#" : "", STR_ARG(fragment));
}

static bool has_header(const struct offline_request *request, struct str name)
{
    for (unsigned i = 0; i < request->nheaders; i++) {
        if (str_ieq(request->headers[i].name, name))
            return true;
    }
    return false;
}

/* A request over HTTP/1.1 without a length has none; over HTTP/2 nobody
 * says. */
static bool may_have_body(const struct case_reader *r,
                          const struct value *record)
{
    const struct offline_request *request = &r->to->request;
    struct str size = waf_case_text(record, "requestBodySize");

    if (size.n)
        return !str_eq(size, STR("0"));
    if (has_header(request, STR("content-length")) ||
        has_header(request, STR("transfer-encoding")))
        return true;
    return request->http2 && !str_eq(request->method, STR("GET")) &&
           !str_eq(request->method, STR("HEAD"));
}

static bool read_request(struct case_reader *r, const struct value *record,
                         const struct value *http)
{
    struct offline_request *to = &r->to->request;
    struct str ip = waf_case_text(http, "clientIp");

    to->method = waf_case_text(http, "httpMethod");
    r->to->record.redacted_method = is_redacted(to->method);
    to->http2 = waf_case_is_http2(waf_case_text(http, "httpVersion"));
    to->url.https = str_eq(waf_case_text(http, "scheme"), STR("https"));
    to->url.host = or_empty(waf_case_text(http, "host"));
    to->ja3 = or_empty(waf_case_text(record, "ja3Fingerprint"));
    to->ja4 = or_empty(waf_case_text(record, "ja4Fingerprint"));
    read_target(r, http);
    if (!waf_case_headers(r, list_at(http, "headers")))
        return false;
    if (ip.n && !address_parse_ip(ip, &to->client))
        return waf_case_fails(r, "clientIp \"" STR_FMT "\" is no address",
                              STR_ARG(ip));
    r->to->record.body_unknown = may_have_body(r, record);
    to->body_unknown = r->to->record.body_unknown;
    return true;
}

/* ---- what became of it ------------------------------------------------------------------ */

struct matches {
    struct case_reader *r;
    unsigned n;
    struct record_match *v;
};

static void add(struct matches *m, struct record_match match)
{
    m->v[m->n++] = match;
}

static void add_list(struct matches *m, const struct value *list,
                     struct str group)
{
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        struct str id = or_empty(waf_case_text(v, "ruleId"));
        struct str action = or_empty(waf_case_text(v, "action"));

        if (id.n == 0)
            continue;
        if (group.n)
            add(m, (struct record_match){
                       .group = group, .inner = id, .action = action});
        else
            add(m, (struct record_match){.rule = id, .action = action});
    }
}

static void add_group(struct matches *m, const struct value *group)
{
    struct str id = or_empty(waf_case_text(group, "ruleGroupId"));
    const struct value *terminating = value_get(group, STR("terminatingRule"));

    if (id.n == 0)
        return;
    if (!is_null(terminating))
        add(m, (struct record_match){
                   .group = id,
                   .inner = or_empty(waf_case_text(terminating, "ruleId")),
                   .action = or_empty(waf_case_text(terminating, "action"))});
    add_list(m, list_at(group, "nonTerminatingMatchingRules"), id);
    add_list(m, list_at(group, "excludedRules"), id);
}

static unsigned most_matches(const struct value *record)
{
    const struct value *groups = list_at(record, "ruleGroupList");
    unsigned n =
        1 + value_count(list_at(record, "nonTerminatingMatchingRules"));

    for (const struct value *g = groups ? groups->first : NULL; g; g = g->next)
        n += 1 + value_count(list_at(g, "nonTerminatingMatchingRules")) +
             value_count(list_at(g, "excludedRules"));
    return n;
}

static void read_matches(struct case_reader *r, const struct value *record)
{
    struct replay_record *to = &r->to->record;
    const struct value *groups = list_at(record, "ruleGroupList");
    struct matches m = {
        .r = r,
        .v = region_take(r->region,
                         most_matches(record) * sizeof(struct record_match))};

    if (!str_eq(to->terminating, STR("Default_Action")))
        add(&m, (struct record_match){.rule = to->terminating,
                                      .action = to->action});
    add_list(&m, list_at(record, "nonTerminatingMatchingRules"), STR(""));
    for (const struct value *g = groups ? groups->first : NULL; g; g = g->next)
        add_group(&m, g);
    to->nmatches = m.n;
    to->matches = m.v;
}

static void read_labels(struct case_reader *r, const struct value *record)
{
    const struct value *list = list_at(record, "labels");
    struct str *labels =
        region_take(r->region, (value_count(list) + 1) * sizeof(*labels));
    unsigned n = 0;

    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        labels[n++] = or_empty(waf_case_text(v, "name"));
    r->to->record.nlabels = n;
    r->to->record.labels = labels;
}

void waf_case_of_record(struct case_reader *r, const struct value *record)
{
    const struct value *http = value_get(record, STR("httpRequest"));
    struct replay_record *to = &r->to->record;
    struct str time = waf_case_text(record, "timestamp");

    to->action = waf_case_text(record, "action");
    to->terminating = waf_case_text(record, "terminatingRuleId");
    if (is_null(http) || to->action.n == 0 || to->terminating.n == 0) {
        waf_case_fails(r, "it is no record of AWS WAF's log: httpRequest, "
                          "action or terminatingRuleId is missing");
        return;
    }
    to->country = or_empty(waf_case_text(http, "country"));
    r->to->timed = str_to_u64(time, INT64_MAX, &r->to->time_ms);
    if (!read_request(r, record, http))
        return;
    read_matches(r, record);
    read_labels(r, record);
}
