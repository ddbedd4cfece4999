/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that say a request and what is expected of it.
 */
#include "app/waf_cases_internal.h"
#include "base/suggest.h"

/* Whether all members are known. */
static bool check_members(struct case_reader *r, const struct value *map,
                          const char *const *names, const char *what)
{
    for (const struct value *v = map->first; v; v = v->next) {
        struct suggest near = suggest_for(v->key);
        unsigned i = 0;

        while (names[i] && !str_eq(v->key, str_of(names[i])))
            suggest_offer(&near, names[i++]);
        if (names[i])
            continue;
        if (suggest_best(&near))
            return waf_case_fails(
                r, "%s has no member \"" STR_FMT "\"; did you mean \"%s\"?",
                what, STR_ARG(v->key), suggest_best(&near));
        return waf_case_fails(r, "%s has no member \"" STR_FMT "\"", what,
                              STR_ARG(v->key));
    }
    return true;
}

/* ---- the request --------------------------------------------------------------------- */

static unsigned most_headers(const struct value *headers)
{
    unsigned n = value_count(headers);

    for (const struct value *v = headers ? headers->first : NULL; v;
         v = v->next)
        n += value_count(v);
    return n;
}

static bool add_header(struct case_reader *r, struct offline_header *headers,
                       struct str name, const struct value *value)
{
    struct offline_request *to = &r->to->request;

    if (value == NULL || !value_is_scalar(value) || name.n == 0)
        return waf_case_fails(r, "header %u is no name with a text",
                              to->nheaders + 1);
    headers[to->nheaders++] =
        (struct offline_header){.name = name, .value = value->text};
    return true;
}

/* {NAME: VALUE, NAME: [VALUE, VALUE]} */
static bool add_named(struct case_reader *r, struct offline_header *headers,
                      const struct value *entry)
{
    if (entry->kind != VALUE_LIST)
        return add_header(r, headers, entry->key, entry);
    for (const struct value *v = entry->first; v; v = v->next) {
        if (!add_header(r, headers, entry->key, v))
            return false;
    }
    return true;
}

/* [NAME, VALUE] */
static bool add_pair(struct case_reader *r, struct offline_header *headers,
                     const struct value *pair)
{
    if (pair->kind != VALUE_LIST || value_count(pair) != 2)
        return waf_case_fails(r, "\"headers\" is {NAME: VALUE, ...} or "
                                 "[[NAME, VALUE], ...]");
    return add_header(r, headers, pair->first->text, pair->first->next);
}

static bool read_headers(struct case_reader *r, const struct value *value)
{
    struct offline_header *headers =
        region_take(r->region, (most_headers(value) + 1) * sizeof(*headers));

    r->to->request.headers = headers;
    if (value && value->kind != VALUE_MAP && value->kind != VALUE_LIST)
        return waf_case_fails(r, "\"headers\" is {NAME: VALUE, ...} or "
                                 "[[NAME, VALUE], ...]");
    for (const struct value *v = value ? value->first : NULL; v; v = v->next) {
        if (!(value->kind == VALUE_MAP ? add_named(r, headers, v)
                                       : add_pair(r, headers, v)))
            return false;
    }
    return true;
}

static bool read_body(struct case_reader *r, const struct value *line)
{
    struct str text = waf_case_text(line, "body");
    struct str coded = waf_case_text(line, "bodyBase64");

    if (text.p && coded.p)
        return waf_case_fails(r, "it has \"body\" and \"bodyBase64\"");
    if (coded.p)
        return waf_case_base64(r, coded, &r->to->request.body);
    r->to->request.body = text;
    return true;
}

static bool read_request(struct case_reader *r, const struct value *line)
{
    struct offline_request *to = &r->to->request;
    struct str method = waf_case_text(line, "method");
    struct str ip = waf_case_text(line, "clientIp");
    struct str ja3 = waf_case_text(line, "ja3");
    struct str ja4 = waf_case_text(line, "ja4");

    if (!waf_case_url(r, waf_case_text(line, "url")) ||
        !read_headers(r, value_get(line, STR("headers"))) ||
        !read_body(r, line))
        return false;
    if (ip.p && !address_parse_ip(ip, &to->client))
        return waf_case_fails(r, "clientIp \"" STR_FMT "\" is no address",
                              STR_ARG(ip));
    to->method = method.p ? method : to->body.p ? STR("POST") : STR("GET");
    to->http2 = waf_case_is_http2(waf_case_text(line, "httpVersion"));
    to->ja3 = ja3.p ? ja3 : STR("");
    to->ja4 = ja4.p ? ja4 : STR("");
    if (to->url.host.n == 0)
        to->url.host = STR("localhost");
    return true;
}

/* Milliseconds since 1970, or a text as archives have it. */
static bool read_time(struct case_reader *r, const struct value *time)
{
    if (time == NULL)
        return true;
    if (time->kind == VALUE_NUMBER)
        r->to->timed = str_to_u64(time->text, INT64_MAX, &r->to->time_ms);
    else if (time->kind == VALUE_STRING)
        waf_case_time(r, time->text);
    return r->to->timed ||
           waf_case_fails(r, "\"time\" is milliseconds since 1970, or such as "
                             "\"2026-01-02T03:04:05Z\"");
}

/* ---- what is expected ------------------------------------------------------------------- */

static bool read_labels(struct case_reader *r, const struct value *list)
{
    struct str *labels =
        region_take(r->region, (value_count(list) + 1) * sizeof(*labels));
    struct replay_expected *to = &r->to->expected;

    if (list && list->kind != VALUE_LIST)
        return waf_case_fails(r, "\"labels\" is a list of labels");
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        if (v->kind != VALUE_STRING || v->text.n == 0)
            return waf_case_fails(r, "\"labels\" is a list of labels");
        labels[to->nlabels++] = v->text;
    }
    to->labels = labels;
    return true;
}

static bool read_expected(struct case_reader *r, const struct value *value)
{
    static const char *const names[] = {"action", "rule", "status", "labels",
                                        NULL};
    struct replay_expected *to = &r->to->expected;
    struct str action;
    struct str rule;
    struct str status;
    uint64_t number = 0;

    if (value == NULL)
        return true;
    if (value->kind != VALUE_MAP)
        return waf_case_fails(r, "\"expect\" is {\"action\": ..., ...}");
    if (!check_members(r, value, names, "\"expect\""))
        return false;
    action = waf_case_text(value, "action");
    rule = waf_case_text(value, "rule");
    status = waf_case_text(value, "status");
    if (action.p && !replay_is_verdict(action))
        return waf_case_fails(r, "\"action\" is ALLOW, BLOCK, CAPTCHA or "
                                 "CHALLENGE: that is what a request comes to");
    if (status.p && !str_to_u64(status, 599, &number))
        return waf_case_fails(r, "\"status\" is what is answered, such as 403");
    to->action = action.p ? action : STR("");
    to->rule = rule.p ? rule : STR("");
    to->status = (unsigned)number;
    return read_labels(r, value_get(value, STR("labels")));
}

/* ---- a line -------------------------------------------------------------------------------- */

void waf_case_of_line(struct case_reader *r, const struct value *line)
{
    static const char *const names[] = {
        "method",   "url",         "headers", "body", "bodyBase64",
        "clientIp", "httpVersion", "time",    "ja3",  "ja4",
        "name",     "expect",      NULL};
    struct str name;

    if (line->kind != VALUE_MAP) {
        waf_case_fails(r, "it is no object {\"method\", \"url\", ...}");
        return;
    }
    name = waf_case_text(line, "name");
    r->to->name = name.p ? name : STR("");
    if (check_members(r, line, names, "a request") && read_request(r, line) &&
        read_time(r, value_get(line, STR("time"))))
        read_expected(r, value_get(line, STR("expect")));
}
