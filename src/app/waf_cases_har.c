/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries of HAR 1.2, as browsers and proxies save them.
 */
#include "app/waf_cases_internal.h"

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("*-._", c));
}

static void put_form_text(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_plain(s.p[i]))
            text_char(t, s.p[i]);
        else if (s.p[i] == ' ')
            text_char(t, '+');
        else
            text_printf(t, "%%%02X", (unsigned char)s.p[i]);
    }
}

static void put_form(struct text *t, const struct value *params)
{
    for (const struct value *v = params->first; v; v = v->next) {
        struct str value = waf_case_text(v, "value");

        if (v != params->first)
            text_char(t, '&');
        put_form_text(t, waf_case_text(v, "name"));
        text_char(t, '=');
        if (value.p)
            put_form_text(t, value);
    }
}

/* A form that is told by its fields alone. */
static struct str form_of(struct case_reader *r, const struct value *params)
{
    struct text t;
    size_t room = 1;

    for (const struct value *v = params->first; v; v = v->next)
        room +=
            2 + 3 * (waf_case_text(v, "name").n + waf_case_text(v, "value").n);
    t = text_in(region_take(r->region, room), room);
    put_form(&t, params);
    return text_str(&t);
}

static bool is_form(const struct value *data)
{
    return str_istarts(waf_case_text(data, "mimeType"),
                       STR("application/x-www-form-urlencoded"));
}

static void read_body(struct case_reader *r, const struct value *request)
{
    const struct value *data = value_get(request, STR("postData"));
    const struct value *params = data ? value_get(data, STR("params")) : NULL;
    struct str size = waf_case_text(request, "bodySize");
    struct str text = data ? waf_case_text(data, "text") : str_make(NULL, 0);
    struct str *body = &r->to->request.body;

    if (text.p && str_eq(waf_case_text(data, "encoding"), STR("base64")))
        waf_case_base64(r, text, body);
    else if (text.n || (text.p && value_count(params) == 0))
        *body = text;
    else if (params && params->first && is_form(data))
        *body = form_of(r, params);
    else
        r->to->body_missing =
            value_count(params) > 0 ||
            (size.n && size.p[0] != '-' && !str_eq(size, STR("0")));
}

/* Browsers do not send it. */
static void cut_fragment(struct str *target)
{
    const char *hash = target->n ? memchr(target->p, '#', target->n) : NULL;

    if (hash)
        target->n = (size_t)(hash - target->p);
}

void waf_case_of_entry(struct case_reader *r, const struct value *entry)
{
    const struct value *request = value_get(entry, STR("request"));
    struct offline_request *to = &r->to->request;

    if (request == NULL || request->kind != VALUE_MAP) {
        waf_case_fails(r, "the entry has no request");
        return;
    }
    to->method = waf_case_text(request, "method");
    to->http2 = waf_case_is_http2(waf_case_text(request, "httpVersion"));
    if (!waf_case_url(r, waf_case_text(request, "url")) ||
        !waf_case_headers(r, value_get(request, STR("headers"))))
        return;
    cut_fragment(&to->url.target);
    read_body(r, request);
    waf_case_time(r, waf_case_text(entry, "startedDateTime"));
}
