/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/request.h"

#include "aws/gzip.h"

#define XML_FORM "application/x-www-form-urlencoded; charset=utf-8"

static const struct aws_service_facts facts[] = {
#define X(name, prefix, signing, id, protocol, version, iam)                   \
    {iam, signing, PROTOCOL_##protocol, version, iam},
#include "aws/service.def"
#undef X
};

const struct aws_service_facts *aws_service_facts(enum aws_service service)
{
    return &facts[service];
}

static struct str plain_body(struct region *region, const struct aws_call *call)
{
    const struct aws_service_facts *service = &facts[call->service];

    if (service->protocol == PROTOCOL_REST)
        return call->body;
    if (service->protocol != PROTOCOL_QUERY)
        return call->body.n ? call->body : STR("{}");
    return region_printf(region, "Action=%s&Version=%s%s" STR_FMT, call->action,
                         service->version, call->body.n ? "&" : "",
                         STR_ARG(call->body));
}

void aws_request_body(struct region *region, const struct aws_call *call,
                      size_t gzip_min, struct aws_body *body)
{
    *body = (struct aws_body){.bytes = STR("")};
    if (call->has_file)
        return;
    body->bytes = plain_body(region, call);
    if (call->gzip && body->bytes.n >= gzip_min)
        body->gzip = aws_gzip(region, body->bytes, &body->bytes);
}

/* ---- fields -------------------------------------------------------------- */

struct fields {
    struct sigv4_field at[REQUEST_LINES_MAX];
    unsigned n;
};

static void add(struct fields *f, struct str name, struct str value)
{
    if (f->n < REQUEST_LINES_MAX)
        f->at[f->n++] = (struct sigv4_field){name, value};
}

static void add_protocol(struct region *region, struct fields *f,
                         const struct aws_call *call,
                         const struct aws_sender *sender)
{
    const struct aws_service_facts *service = &facts[call->service];

    switch (service->protocol) {
    case PROTOCOL_JSON_1_0:
    case PROTOCOL_JSON_1_1:
        add(f, STR("Content-Type"),
            service->protocol == PROTOCOL_JSON_1_0
                ? STR("application/x-amz-json-1.0")
                : STR("application/x-amz-json-1.1"));
        add(f, STR("X-Amz-Target"),
            region_printf(region, "%s.%s", service->version, call->action));
        break;
    case PROTOCOL_QUERY:
        add(f, STR("Content-Type"), STR(XML_FORM));
        break;
    case PROTOCOL_REST:
        add(f, STR("X-Amz-Content-Sha256"), sender->payload_hash);
        break;
    }
}

static void add_all(struct region *region, struct fields *f,
                    const struct aws_call *call,
                    const struct aws_sender *sender)
{
    add(f, STR("Host"), sender->endpoint->host);
    add_protocol(region, f, call, sender);
    if (sender->gzip)
        add(f, STR("Content-Encoding"), STR("gzip"));
    add(f, STR("amz-sdk-invocation-id"), sender->invocation);
    add(f, STR("amz-sdk-request"),
        region_printf(region, "attempt=%u; max=%u", sender->attempt,
                      sender->attempts));
    for (unsigned i = 0; i < call->nfields; i++)
        add(f, call->fields[i].name, call->fields[i].value);
}

/* No line of a request ends where it should not. */
static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

static bool add_signature(struct region *region, struct fields *f,
                          const struct aws_sender *sender,
                          const struct sigv4_request *request,
                          const char *service)
{
    char *date = region_take(region, SIGV4_DATE_LEN + 1);
    struct sigv4_scope scope = {.region = sender->region,
                                .service = str_of(service)};
    struct str authorization;

    sigv4_date(sender->now, date);
    scope.date = str_make(date, SIGV4_DATE_LEN);
    authorization = sigv4_sign(region, sender->keys, request, &scope);
    if (authorization.n == 0)
        return false;
    add(f, STR("X-Amz-Date"), scope.date);
    if (sender->keys->token.n)
        add(f, STR("X-Amz-Security-Token"), sender->keys->token);
    add(f, STR("Authorization"), authorization);
    return true;
}

/* ---- the request --------------------------------------------------------- */

/* What stands behind the host, in the URL as it is signed. */
static bool is_sendable(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '#')
            return false;
    }
    return true;
}

static struct str path_of(struct region *region, const struct aws_call *call,
                          const struct aws_endpoint *endpoint)
{
    bool rest = facts[call->service].protocol == PROTOCOL_REST;
    struct str path = rest && call->path.n ? call->path : STR("/");

    /* "GET /bucket" is the bucket as well as "GET /bucket/" is. */
    return region_printf(region, STR_FMT STR_FMT, STR_ARG(endpoint->path),
                         STR_ARG(path));
}

static bool is_askable(const struct aws_call *call)
{
    bool rest = facts[call->service].protocol == PROTOCOL_REST;

    if (call->nfields > REQUEST_FIELDS_MAX || !is_sendable(call->path) ||
        !is_sendable(call->query) ||
        (call->path.n && memchr(call->path.p, '?', call->path.n)))
        return false;
    for (unsigned i = 0; i < call->nfields; i++) {
        if (!is_value(call->fields[i].name) || !is_value(call->fields[i].value))
            return false;
    }
    return rest ? call->method.n > 0 : call->action != NULL;
}

static void put_lines(struct region *region, const struct fields *f,
                      struct aws_request *request)
{
    request->nlines = 0;
    for (unsigned i = 0; i < f->n; i++)
        request->lines[request->nlines++] =
            region_printf(region, STR_FMT "%s" STR_FMT, STR_ARG(f->at[i].name),
                          f->at[i].value.n ? ": " : ";",
                          STR_ARG(f->at[i].value))
                .p;
}

bool aws_request_make(struct region *region, const struct aws_call *call,
                      const struct aws_sender *sender,
                      struct aws_request *request, struct error *error)
{
    const struct aws_service_facts *service = &facts[call->service];
    struct fields f = {.n = 0};
    struct sigv4_request signed_as = {
        .method =
            service->protocol == PROTOCOL_REST ? call->method : STR("POST"),
        .path = path_of(region, call, sender->endpoint),
        .query = service->protocol == PROTOCOL_REST ? call->query : STR(""),
        .payload_hash = sender->payload_hash,
    };

    if (!is_askable(call))
        return error_set(error, "%s: the call is none that can be sent",
                         service->name);
    add_all(region, &f, call, sender);
    signed_as.fields = f.at;
    signed_as.nfields = f.n;
    if (sender->keys &&
        !add_signature(region, &f, sender, &signed_as, service->signing))
        return error_set(error, "%s: the request cannot be signed",
                         service->name);
    add(&f, STR("User-Agent"), STR("sluice"));
    put_lines(region, &f, request);
    request->method = region_copy(region, signed_as.method).p;
    request->url =
        region_printf(region, STR_FMT "://" STR_FMT STR_FMT "%s" STR_FMT,
                      STR_ARG(sender->endpoint->scheme),
                      STR_ARG(sender->endpoint->host), STR_ARG(signed_as.path),
                      signed_as.query.n ? "?" : "", STR_ARG(signed_as.query))
            .p;
    return true;
}
