/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/log_line.h"

#include "base/address.h"
#include "match/part.h"
#include "waf/log_internal.h"

#define INSERTED "x-amzn-waf-"

/* ---- the request ------------------------------------------------------------------- */

static void put_member(struct text *t, const char *name, struct str value)
{
    text_char(t, '"');
    text_str_put(t, str_of(name));
    TEXT_LITERAL(t, "\":");
    text_json(t, value);
}

static void put_pair(struct text *t, struct str name, struct str value)
{
    TEXT_LITERAL(t, "{\"name\":");
    text_json(t, name);
    TEXT_LITERAL(t, ",\"value\":");
    text_json(t, value);
    text_char(t, '}');
}

static void put_header(const struct waf_log_line *line, bool *first,
                       struct str name, struct str value)
{
    log_next(line->t, first);
    put_pair(line->t, name, waf_shown_header(line->privacy, name, value));
}

static void put_headers(const struct waf_log_line *line)
{
    const struct inspected *request = line->seen->request;
    const struct fields *fs = request->fields;
    bool first = true;

    TEXT_LITERAL(line->t, ",\"headers\":[");
    if (!line->brief && waf_seen_adds_host(line->seen))
        put_header(line, &first, STR("host"), request->host);
    for (unsigned i = 0; !line->brief && i < fs->n; i++)
        put_header(line, &first, field_name(fs, &fs->v[i]),
                   field_value(fs, &fs->v[i]));
    TEXT_LITERAL(line->t, "],");
}

static void put_request(const struct waf_log_line *line)
{
    const struct inspected *request = line->seen->request;
    const struct waf_privacy *privacy = line->privacy;
    struct text *t = line->t;

    TEXT_LITERAL(t, ",\"httpRequest\":{\"clientIp\":\"");
    address_put_ip(t, &request->client);
    TEXT_LITERAL(t, "\",");
    put_member(t, "country", waf_seen_country(line->seen));
    put_headers(line);
    put_member(t, "uri", waf_shown_path(privacy, request->path));
    text_char(t, ',');
    put_member(t, "args", waf_shown_query(privacy, request->query));
    text_char(t, ',');
    put_member(t, "httpVersion", waf_seen_version(line->seen));
    text_char(t, ',');
    put_member(t, "httpMethod", waf_shown_method(privacy, request->method));
    text_char(t, ',');
    put_member(t, "requestId", line->seen->request_id);
    text_char(t, ',');
    put_member(t, "fragment", request->fragment);
    text_char(t, ',');
    put_member(t, "scheme", request->https ? STR("https") : STR("http"));
    text_char(t, ',');
    put_member(t, "host",
               waf_shown_header(privacy, STR("host"), request->host));
    text_char(t, '}');
}

/* ---- what became of it ---------------------------------------------------------------- */

static void put_inserted(const struct waf_log_line *line)
{
    const struct waf_result *result = line->seen->result;
    struct text *t = line->t;
    char room[sizeof(INSERTED) + 128];

    TEXT_LITERAL(t, ",\"requestHeadersInserted\":");
    if (result->ninserted == 0) {
        TEXT_LITERAL(t, "null");
        return;
    }
    for (unsigned i = 0; i < result->ninserted; i++) {
        struct text name = text_in(room, sizeof(room));

        text_char(t, i ? ',' : '[');
        TEXT_LITERAL(&name, INSERTED);
        text_str_put(&name, result->inserted[i]->name);
        put_pair(t, text_str(&name), result->inserted[i]->value);
    }
    text_char(t, ']');
}

static void put_status(const struct waf_log_line *line)
{
    unsigned status = waf_seen_status(line->seen);

    TEXT_LITERAL(line->t, ",\"responseCodeSent\":");
    if (status)
        text_u64(line->t, status);
    else
        TEXT_LITERAL(line->t, "null");
}

static void put_labels(const struct waf_log_line *line)
{
    const struct waf_label *label = line->seen->result->labels;
    struct text *t = line->t;
    bool first = true;

    TEXT_LITERAL(t, ",\"labels\":[");
    for (unsigned i = 0; label && i < WAF_LOG_LABELS_MAX;
         i++, label = label->next) {
        log_next(t, &first);
        TEXT_LITERAL(t, "{\"name\":");
        text_json(t, label->name);
        text_char(t, '}');
    }
    text_char(t, ']');
}

static void put_oversize(const struct waf_log_line *line)
{
    static const struct {
        uint8_t bit;
        const char *word;
    } parts[] = {
        {PART_OVERSIZE_BODY, "REQUEST_BODY"},
        {PART_OVERSIZE_JSON, "REQUEST_JSON_BODY"},
        {PART_OVERSIZE_HEADERS, "REQUEST_HEADERS"},
        {PART_OVERSIZE_COOKIES, "REQUEST_COOKIES"},
    };
    uint8_t oversized = line->seen->result->oversized;
    bool first = true;

    if (oversized == 0)
        return;
    TEXT_LITERAL(line->t, ",\"oversizeFields\":[");
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if ((oversized & parts[i].bit) == 0)
            continue;
        log_next(line->t, &first);
        text_json(line->t, str_of(parts[i].word));
    }
    text_char(line->t, ']');
}

static void put_number(struct text *t, const char *name, uint64_t number)
{
    TEXT_LITERAL(t, ",\"");
    text_str_put(t, str_of(name));
    TEXT_LITERAL(t, "\":");
    text_u64(t, number);
}

static void put_origin(const struct waf_log_line *line)
{
    const struct inspected *request = line->seen->request;
    const struct waf_result *result = line->seen->result;
    struct text *t = line->t;

    if (request->ja3.n) {
        text_char(t, ',');
        put_member(t, "ja3Fingerprint", request->ja3);
    }
    if (request->ja4.n) {
        text_char(t, ',');
        put_member(t, "ja4Fingerprint", request->ja4);
    }
    if (result->asn_asked)
        put_number(t, "clientAsn", result->place.asn);
    if (result->forwarded_asn_asked)
        put_number(t, "forwardedAsn", result->forwarded_asn);
}

/* ---- the line ---------------------------------------------------------------------------- */

static void put_head(const struct waf_log_line *line)
{
    const struct waf_seen *seen = line->seen;
    struct text *t = line->t;

    TEXT_LITERAL(t, "{\"timestamp\":");
    text_u64(t, seen->time_ms);
    TEXT_LITERAL(t, ",\"formatVersion\":1,");
    put_member(t, "webaclId", seen->acl->entity.arn);
    text_char(t, ',');
    log_put_end(line);
    TEXT_LITERAL(t, ",\"httpSourceName\":\"ALB\",\"httpSourceId\":\"");
    text_str_put(t, waf_account(seen->acl));
    text_char(t, '-');
    text_str_put(t, seen->resource);
    TEXT_LITERAL(t, "\",");
    log_put_groups(line);
    text_char(t, ',');
    log_put_rates(line);
    text_char(t, ',');
    log_put_matches(line);
}

/* Of the body there is a byte more than is looked at, when there are more. */
static uint64_t inspected_bytes(const struct waf_seen *seen)
{
    size_t n = seen->request->body.n;

    return n < WAF_BODY_LIMIT ? n : WAF_BODY_LIMIT;
}

static void put_line(const struct waf_log_line *line)
{
    const struct waf_seen *seen = line->seen;
    struct text *t = line->t;

    put_head(line);
    put_inserted(line);
    put_status(line);
    put_request(line);
    put_labels(line);
    put_oversize(line);
    put_number(t, "requestBodySize", seen->body_bytes);
    put_number(t, "requestBodySizeInspectedByWAF", inspected_bytes(seen));
    put_origin(line);
    log_put_token(line, seen->result->action);
    if (line->brief) {
        TEXT_LITERAL(t, ",\"sluice\":{\"headersLeftOut\":");
        text_u64(t, seen->request->fields->n);
        text_char(t, '}');
    }
    TEXT_LITERAL(t, "}\n");
}

void waf_log_put(struct text *t, const struct waf_seen *seen,
                 const struct waf_privacy *privacy)
{
    struct waf_log_line line = {.t = t, .seen = seen, .privacy = privacy};
    const struct text before = *t;

    put_line(&line);
    if (text_ok(t))
        return;
    *t = before;
    line.brief = true;
    put_line(&line);
}
