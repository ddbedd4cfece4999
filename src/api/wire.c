/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire.h"

#include <limits.h>

#include "api/cbor.h"
#include "api/inflate.h"
#include "api/query.h"
#include "base/suggest.h"
#include "model/account_json.h"

/* Of the name of a parameter that may be "Action", with escapes. */
enum { ACTION_KEY_MAX = 3 * 6 };

/* ---- which service ------------------------------------------------------------ */

static const struct service *
service_named(const struct service *const *services, struct str name)
{
    for (; *services; services++) {
        if (str_eq(name, str_of((*services)->name)))
            return *services;
    }
    return NULL;
}

static const struct service *
service_targeted(const struct service *const *services, struct str prefix)
{
    for (; *services; services++) {
        if ((*services)->target && str_eq(prefix, str_of((*services)->target)))
            return *services;
    }
    return NULL;
}

static struct str query_of(struct str path)
{
    str_cut(&path, '?');
    return path;
}

static bool is_form(const struct wire_request *request)
{
    return str_istarts(request->content_type,
                       STR("application/x-www-form-urlencoded"));
}

/* The value of a parameter as it is sent; p == NULL: there is none. */
static struct str parameter_of(struct str form, struct str name)
{
    while (form.p) {
        struct str value = str_cut(&form, '&');

        if (str_eq(str_cut(&value, '='), name))
            return value.p ? value : STR("");
    }
    return str_make(NULL, 0);
}

static bool has_parameter(struct str form, struct str name)
{
    return parameter_of(form, name).p != NULL;
}

/* "/service/PREFIX/operation/ACTION". */
static bool split_rpc(struct str path, struct str *prefix, struct str *action)
{
    struct str rest = str_cut(&path, '?');
    struct str first = str_cut(&rest, '/');
    struct str service = str_cut(&rest, '/');
    struct str operation;

    *prefix = str_cut(&rest, '/');
    operation = str_cut(&rest, '/');
    *action = rest;
    return first.n == 0 && rest.n && memchr(rest.p, '/', rest.n) == NULL &&
           str_eq(service, STR("service")) &&
           str_eq(operation, STR("operation"));
}

static bool is_cbor(const struct wire_request *request)
{
    return str_eq(request->protocol, STR("rpc-v2-cbor"));
}

bool wire_is_call(const struct wire_request *request)
{
    struct str query = query_of(request->path);

    if (request->target.n || request->service.n || is_cbor(request))
        return true;
    if (str_eq(request->method, STR("POST")) &&
        (str_eq(request->path, STR("/")) ||
         str_starts(request->path, STR("/?"))))
        return true;
    return has_parameter(query, STR("Action"));
}

static enum wire_reader reader_of(const struct service *service)
{
    return service->wire == WIRE_JSON  ? READER_JSON
           : service->wire == WIRE_EC2 ? READER_EC2
                                       : READER_QUERY;
}

enum wire_reader wire_reader(const struct service *const *services,
                             const struct wire_request *request)
{
    const struct service *service = service_named(services, request->service);

    if (is_cbor(request))
        return READER_CBOR;
    if (request->target.n)
        return READER_JSON;
    if (service)
        return reader_of(service);
    if (str_starts(request->service, STR("s3")))
        return READER_S3;
    if (is_form(request) ||
        has_parameter(query_of(request->path), STR("Action")) ||
        request->service.n == 0)
        return READER_QUERY;
    return READER_JSON;
}

/* ---- what is not served --------------------------------------------------------- */

static const char *unknown_code(enum wire_reader reader)
{
    switch (reader) {
    case READER_JSON:
    case READER_CBOR:
        return "UnknownOperationException";
    case READER_S3:
        return "NotImplemented";
    case READER_QUERY:
    case READER_EC2:
        break;
    }
    return "InvalidAction";
}

static enum wire_verdict foreign_service(const struct wire_call *wire,
                                         struct str service, struct call *call)
{
    call_refuse(call, unknown_code(wire->reader),
                "Sluice does not serve the service '" STR_FMT
                "': start it with --passthrough URL to have requests for it "
                "passed on to another emulator",
                STR_ARG(service));
    return WIRE_FOREIGN;
}

static enum wire_verdict foreign_action(const struct wire_call *wire,
                                        struct call *call)
{
    struct suggest suggest = suggest_for(wire->name);
    const char *best;

    for (const struct action_table *const *t = wire->service->tables; *t; t++) {
        for (unsigned i = 0; i < (*t)->n; i++)
            suggest_offer(&suggest, (*t)->actions[i].name);
    }
    best = suggest_best(&suggest);
    call_refuse(
        call, unknown_code(wire->reader),
        "Could not find operation " STR_FMT
        "%s%s; %s%s%sSluice passes what it does not serve on to "
        "another emulator with --passthrough URL",
        STR_ARG(wire->name), wire->service->version ? " for version " : " of ",
        wire->service->version ? wire->service->version : wire->service->name,
        best ? "did you mean " : "", best ? best : "", best ? "? " : "");
    return WIRE_FOREIGN;
}

static bool is_encoded(const struct wire_request *request)
{
    return request->encoding.n && !str_ieq(request->encoding, STR("identity"));
}

/* How many parameters called Action there are; `name` is the last one's. */
static unsigned actions_of(struct region *region, struct str form,
                           struct str *name)
{
    unsigned n = 0;

    while (form.p) {
        struct str value = str_cut(&form, '&');
        struct str key = str_cut(&value, '=');
        struct str decoded;

        if (key.n < 6 || key.n > ACTION_KEY_MAX ||
            !query_decode(region, key, &decoded) ||
            !str_eq(decoded, STR("Action")))
            continue;
        n++;
        if (!query_decode(region, value, name))
            *name = STR("");
    }
    return n;
}

/* Of the query and of what others might take for a form; of a form that is too
 * long for one nobody knows. */
static unsigned named_actions(const struct wire_request *request,
                              struct region *region, struct str *name)
{
    unsigned n = actions_of(region, query_of(request->path), name);
    bool form = is_form(request);

    if (request->body.n > WIRE_BODY_MAX)
        return form ? UINT_MAX : n;
    /* What a form says that is encoded in some way nobody knows. */
    if (is_encoded(request) && request->body.n)
        return n && (form || request->content_type.n == 0) ? UINT_MAX : n;
    if (form || request->content_type.n == 0)
        n += actions_of(region, request->body, name);
    return n;
}

/* The action of a form of another service; n == 0: it is none, or no name. */
static struct str foreign_name(const struct wire_request *request,
                               struct region *region)
{
    struct str name = STR("");

    named_actions(request, region, &name);
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
            return STR("");
    }
    return name;
}

/* Policies are asked about one of them, and who is asked may take another. */
static bool is_ambiguous(const struct wire_request *request,
                         struct region *region)
{
    struct str name = STR("");
    struct str prefix;
    unsigned n;

    if (str_starts(request->service, STR("s3")))
        return false;
    n = named_actions(request, region, &name);
    return n > 1 || n + (request->target.n != 0) +
                            split_rpc(request->path, &prefix, &name) >
                        1;
}

/* The classic load balancers' API has the same name and host. */
static enum wire_verdict foreign_version(const struct wire_call *wire,
                                         struct str version, struct call *call)
{
    if (str_eq(version, STR("2012-06-01")))
        call_refuse(call, "InvalidAction",
                    "Could not find operation " STR_FMT
                    " for version 2012-06-01: Sluice has no Classic Load "
                    "Balancers (aws elb); use Application Load Balancers, "
                    "version %s (aws elbv2)",
                    STR_ARG(wire->name), wire->service->version);
    else
        call_refuse(call, "InvalidAction",
                    "Could not find operation " STR_FMT " for version '" STR_FMT
                    "': Sluice serves version %s of %s",
                    STR_ARG(wire->name), STR_ARG(version),
                    wire->service->version, wire->service->name);
    return WIRE_FOREIGN;
}

/* ---- reading ---------------------------------------------------------------------- */

static enum wire_verdict bad(struct call *call, const char *code,
                             const char *why)
{
    call_refuse(call, code, "%s", why);
    return WIRE_BAD;
}

static enum wire_verdict too_long(struct call *call)
{
    call_refuse(call, "RequestEntityTooLarge",
                "The body of a call has %u bytes at most", WIRE_BODY_MAX);
    return WIRE_BAD;
}

static enum wire_verdict find_action(struct wire_call *wire, struct call *call)
{
    wire->action = service_action(wire->service, wire->name);
    return wire->action ? WIRE_OURS : foreign_action(wire, call);
}

static enum wire_verdict read_query(const struct wire_request *request,
                                    struct wire_call *wire, struct call *call)
{
    const struct str forms[] = {query_of(request->path), request->body};
    struct error error = {""};
    struct str version;

    if (request->body.n > WIRE_BODY_MAX)
        return too_long(call);
    wire->input = query_read(call->region, forms, QUERY_FORMS_MAX, &error);
    if (wire->input == NULL)
        return bad(call, "MalformedQueryString", error.text);
    wire->name = member_text(wire->input, "Action");
    if (wire->name.n == 0)
        return bad(call, "MissingAction",
                   "The request has no action: the parameter Action says what "
                   "to do");
    version = member_text(wire->input, "Version");
    if (version.n && !str_eq(version, str_of(wire->service->version)))
        return foreign_version(wire, version, call);
    return find_action(wire, call);
}

/* A body that is a structure: of JSON or of CBOR. */
static enum wire_verdict
read_structure(const struct wire_request *request, struct wire_call *wire,
               struct call *call,
               struct value *(*read)(struct region *region, struct str text,
                                     struct error *error))
{
    struct error error = {""};

    if (request->body.n > WIRE_BODY_MAX)
        return too_long(call);
    call->typed = true;
    wire->input = request->body.n ? read(call->region, request->body, &error)
                                  : make_map(call->region);
    if (wire->input == NULL)
        return bad(call, "SerializationException", error.text);
    if (wire->input->kind != VALUE_MAP)
        return bad(call, "SerializationException",
                   wire->reader == READER_CBOR ? "The body is no CBOR map"
                                               : "The body is no JSON object");
    return find_action(wire, call);
}

/* A known service of JSON by its target; another one's name is in the scope of
 * the signature, if anywhere. */
static enum wire_verdict read_target(const struct service *const *services,
                                     const struct wire_request *request,
                                     struct wire_call *wire, struct call *call)
{
    struct str name = request->target;
    struct str prefix = str_cut(&name, '.');

    wire->name = region_copy(call->region, name);
    wire->service = service_targeted(services, prefix);
    if (wire->service == NULL)
        return foreign_service(
            wire, request->service.n ? request->service : prefix, call);
    return read_structure(request, wire, call, account_json_read_client);
}

static enum wire_verdict read_cbor(const struct service *const *services,
                                   const struct wire_request *request,
                                   struct wire_call *wire, struct call *call)
{
    struct str prefix;
    struct str name;

    if (!split_rpc(request->path, &prefix, &name))
        return bad(call, "UnknownOperationException",
                   "Calls of rpc-v2-cbor have the path "
                   "/service/SERVICE/operation/OPERATION");
    wire->name = region_copy(call->region, name);
    wire->service = service_targeted(services, prefix);
    if (wire->service && wire->service->shapes == NULL)
        wire->service = NULL;
    if (wire->service == NULL)
        return foreign_service(
            wire, request->service.n ? request->service : prefix, call);
    if (!str_eq(request->method, STR("POST")))
        return bad(call, "MethodNotAllowed",
                   "Calls of this protocol are POST requests");
    return read_structure(request, wire, call, cbor_read);
}

static enum wire_verdict read_call(const struct service *const *services,
                                   const struct wire_request *request,
                                   struct wire_call *wire, struct call *call)
{
    if (wire->reader == READER_CBOR)
        return read_cbor(services, request, wire, call);
    if (request->target.n)
        return read_target(services, request, wire, call);
    wire->service = service_named(services, request->service);
    if (wire->service == NULL || wire->service->wire == WIRE_JSON) {
        wire->service = NULL;
        wire->name = foreign_name(request, call->region);
        return foreign_service(wire, request->service, call);
    }
    if (!str_eq(request->method, STR("POST")) &&
        !str_eq(request->method, STR("GET")))
        return bad(call, "MethodNotAllowed",
                   "Calls of this service are POST or GET requests");
    return read_query(request, wire, call);
}

/* The request with its body as it was before it was compressed. */
static enum wire_verdict read_plain(const struct service *const *services,
                                    const struct wire_request *request,
                                    struct wire_call *wire, struct call *call)
{
    struct wire_request plain = *request;

    switch (
        inflate_gzip(call->region, request->body, WIRE_BODY_MAX, &plain.body)) {
    case INFLATE_TOO_LONG:
        return too_long(call);
    case INFLATE_BROKEN:
        return bad(call,
                   wire->reader == READER_QUERY || wire->reader == READER_EC2
                       ? "MalformedQueryString"
                       : "SerializationException",
                   "The body is no gzip, as Content-Encoding says it is");
    case INFLATED:
        break;
    }
    return read_call(services, &plain, wire, call);
}

/* Whether it is one of ours, as far as the head says it: others read what is
 * encoded as they do. */
static bool is_ours(const struct service *const *services,
                    const struct wire_request *request,
                    const struct wire_call *wire)
{
    struct str prefix = request->target;
    struct str action;

    if (wire->reader == READER_CBOR)
        return split_rpc(request->path, &prefix, &action) &&
               service_targeted(services, prefix);
    if (request->target.n)
        return service_targeted(services, str_cut(&prefix, '.'));
    return service_named(services, request->service);
}

enum wire_verdict wire_read(const struct service *const *services,
                            const struct wire_request *request,
                            struct wire_call *wire, struct call *call)
{
    enum wire_verdict verdict;

    *wire = (struct wire_call){.reader = wire_reader(services, request)};
    verdict = str_ieq(request->encoding, STR("gzip")) &&
                      is_ours(services, request, wire)
                  ? read_plain(services, request, wire, call)
                  : read_call(services, request, wire, call);

    if (verdict == WIRE_FOREIGN && is_ambiguous(request, call->region))
        return bad(call, "MalformedQueryString",
                   "The request names its action more than once");
    return verdict;
}
