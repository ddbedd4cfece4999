/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the access log (alb.md 7.1).
 */
#include "proxy/access_log.h"
#include "proxy/log_line.h"

/* ---- the request -------------------------------------------------------- */

/* The length of "HOST:" when that is what the authority (perhaps with a port)
 * begins with, else 0. */
static size_t before_port(struct str authority)
{
    for (size_t i = authority.n; i > 0; i--) {
        char c = authority.p[i - 1];

        if (c == ':')
            return i;
        if (c == ']' || c == '@')
            return 0;
    }
    return 0;
}

/* HOST:PORT, whatever of it there is. */
static char *put_authority(char *out, struct str authority,
                           const struct access_record *r)
{
    size_t colon = before_port(authority);

    if (colon && colon < authority.n)
        return line_escaped(out, authority, LINE_QUOTED);
    if (colon)
        authority.n = colon - 1; /* an empty port */
    if (authority.n) {
        out = line_escaped(out, authority, LINE_QUOTED);
    } else if (r->local.family == 6) {
        *out++ = '[';
        out = line_ip(out, &r->local);
        *out++ = ']';
    } else {
        out = line_ip(out, &r->local);
    }
    *out++ = ':';
    return line_number(out, r->port);
}

/* The length of "http://" or "https://" that the target begins with, or 0. */
static size_t scheme_length(struct str target)
{
    if (target.n == 0 || target.p[0] == '/')
        return 0;
    if (str_istarts(target, STR("http://")))
        return sizeof("http://") - 1;
    return str_istarts(target, STR("https://")) ? sizeof("https://") - 1 : 0;
}

static char *put_absolute(char *out, size_t scheme,
                          const struct access_record *r)
{
    struct str rest = r->texts[ACCESS_TARGET];
    size_t n = scheme;

    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' &&
           rest.p[n] != '#')
        n++;
    out = line_escaped(out, str_make(rest.p, scheme), LINE_QUOTED);
    out = put_authority(out, str_make(rest.p + scheme, n - scheme), r);
    return line_escaped(out, str_make(rest.p + n, rest.n - n), LINE_QUOTED);
}

static char *put_url(char *out, const struct access_record *r)
{
    bool clear = r->type == ACCESS_HTTP || r->type == ACCESS_WS;
    bool malformed = r->malformed || r->version == 0;
    struct str target = malformed ? STR("-") : r->texts[ACCESS_TARGET];
    size_t scheme = scheme_length(target);

    if (scheme)
        return put_absolute(out, scheme, r);
    out = line_raw(out, clear ? STR("http://") : STR("https://"));
    out = put_authority(out, r->texts[ACCESS_HOST], r);
    return line_escaped(out, target.n ? target : STR("-"), LINE_QUOTED);
}

static char *put_request(char *out, const struct access_record *r)
{
    struct str method = r->texts[ACCESS_METHOD];
    bool malformed = r->malformed || r->version == 0;

    out = LINE_LITERAL(out, " \"");
    if (malformed || method.n == 0)
        method = STR("-");
    out = line_escaped(out, method, LINE_QUOTED);
    *out++ = ' ';
    out = put_url(out, r);
    if (malformed)
        return LINE_LITERAL(out, " -\"");
    out = LINE_LITERAL(out, " HTTP/");
    out = line_number(out, r->version / 10);
    *out++ = '.';
    out = line_number(out, r->version % 10);
    *out++ = '"';
    return out;
}

/* ---- the line ----------------------------------------------------------- */

static struct str type_name(uint32_t type)
{
    static const struct str names[] = {
        [ACCESS_HTTP] = {"http", 4}, [ACCESS_HTTPS] = {"https", 5},
        [ACCESS_H2] = {"h2", 2},     [ACCESS_GRPCS] = {"grpcs", 5},
        [ACCESS_WS] = {"ws", 2},     [ACCESS_WSS] = {"wss", 3},
    };

    return type < sizeof(names) / sizeof(*names) ? names[type] : STR("-");
}

static char *put_priority(char *out, int32_t priority)
{
    if (priority == ACCESS_PRIORITY_ERROR)
        return LINE_LITERAL(out, " -1");
    if (priority < 0)
        return LINE_LITERAL(out, " -");
    *out++ = ' ';
    return line_number(out, (uint64_t)priority);
}

/* Fields 1 to 12: who, when, how long, what came of it. */
static char *put_outcome(char *out, const struct access_record *r,
                         struct str target)
{
    out = line_raw(out, type_name(r->type));
    *out++ = ' ';
    out = line_time(out, r->time);
    out = line_bare(out, r->texts[ACCESS_LOAD_BALANCER]);
    *out++ = ' ';
    out = line_address(out, &r->client);
    *out++ = ' ';
    out = line_raw(out, target);
    out = line_span(out, r->request_us);
    out = line_span(out, r->target_us);
    out = line_span(out, r->response_us);
    *out++ = ' ';
    out = line_status(out, r->status);
    *out++ = ' ';
    out = line_status(out, r->target_status);
    *out++ = ' ';
    out = line_number(out, r->received);
    *out++ = ' ';
    return line_number(out, r->sent);
}

/* Fields 13 to 25: what was asked, and what was done about it. */
static char *put_handling(char *out, const struct access_record *r)
{
    struct str agent = r->texts[ACCESS_USER_AGENT];

    if (agent.n > ACCESS_USER_AGENT_MAX)
        agent.n = ACCESS_USER_AGENT_MAX;
    out = put_request(out, r);
    out = line_quoted(out, agent);
    out = line_bare(out, r->texts[ACCESS_SSL_CIPHER]);
    out = line_bare(out, r->texts[ACCESS_SSL_PROTOCOL]);
    out = line_bare(out, r->texts[ACCESS_TARGET_GROUP]);
    out = line_quoted(out, r->texts[ACCESS_TRACE_ID]);
    out = line_quoted(out, r->texts[ACCESS_DOMAIN_NAME]);
    out = line_quoted(out, r->texts[ACCESS_CERTIFICATE]);
    out = put_priority(out, r->priority);
    *out++ = ' ';
    out = line_time(out, r->created);
    out = line_quoted(out, r->texts[ACCESS_ACTIONS]);
    out = line_quoted(out, r->texts[ACCESS_REDIRECT_URL]);
    return line_quoted(out, r->texts[ACCESS_ERROR_REASON]);
}

/* Fields 26 to 34. */
static char *put_rest(char *out, const struct access_record *r,
                      struct str target)
{
    out = LINE_LITERAL(out, " \"");
    out = line_raw(out, target);
    out = LINE_LITERAL(out, "\" \"");
    out = line_status(out, r->target_status);
    *out++ = '"';
    out = line_quoted(out, r->texts[ACCESS_CLASSIFICATION]);
    out = line_quoted(out, r->texts[ACCESS_CLASSIFICATION_REASON]);
    out = line_conn_id(out, r->conn_id);
    out = line_quoted(out, r->texts[ACCESS_TRANSFORMED_HOST]);
    out = line_quoted(out, r->texts[ACCESS_TRANSFORMED_URI]);
    out = line_quoted(out, r->texts[ACCESS_TRANSFORM_STATUS]);
    *out++ = ' ';
    return line_ip(out, &r->local);
}

void access_put_line(struct text *t, const struct access_record *record)
{
    char target_text[ADDRESS_TEXT_MAX];
    struct str target = {target_text, 0};
    char *out = line_begin(t, record->texts, ACCESS_TEXTS);

    if (out == NULL)
        return;
    target.n =
        (size_t)(line_address(target_text, &record->target) - target_text);
    out = put_outcome(out, record, target);
    out = put_handling(out, record);
    line_end(t, put_rest(out, record, target));
}
