/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire.h"

#include <limits.h>

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

bool wire_is_call(const struct wire_request *request)
{
    struct str query = query_of(request->path);

    if (request->target.n || request->service.n)
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

    return !str_starts(request->service, STR("s3")) &&
           named_actions(request, region, &name) > (request->target.n == 0);
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

static enum wire_verdict read_json(const struct wire_request *request,
                                   struct wire_call *wire, struct call *call)
{
    struct str body = request->body.n ? request->body : STR("{}");
    struct error error = {""};

    if (body.n > WIRE_BODY_MAX)
        return too_long(call);
    wire->input = account_json_read_client(call->region, body, &error);
    if (wire->input == NULL)
        return bad(call, "SerializationException", error.text);
    if (wire->input->kind != VALUE_MAP)
        return bad(call, "SerializationException",
                   "The body is no JSON object");
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
    return read_json(request, wire, call);
}

static enum wire_verdict read_call(const struct service *const *services,
                                   const struct wire_request *request,
                                   struct wire_call *wire, struct call *call)
{
    *wire = (struct wire_call){.reader = wire_reader(services, request)};
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

enum wire_verdict wire_read(const struct service *const *services,
                            const struct wire_request *request,
                            struct wire_call *wire, struct call *call)
{
    enum wire_verdict verdict = read_call(services, request, wire, call);

    if (verdict == WIRE_FOREIGN && is_ambiguous(request, call->region))
        return bad(call, "MalformedQueryString",
                   "The request names its action more than once");
    return verdict;
}
