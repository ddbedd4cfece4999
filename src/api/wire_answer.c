/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authorize.h"
#include "api/cbor.h"
#include "api/json.h"
#include "api/wire.h"
#include "api/wire_json.h"
#include "api/xml.h"

/* Who reads XML of no service of ours: the namespace of AWS's own faults. */
static const struct service nobody = {
    .namespace = "http://webservices.amazon.com/AWSFault/2005-15-09",
    .wire = WIRE_QUERY,
};
static const struct service nobody_ec2 = {
    .namespace = "",
    .wire = WIRE_EC2,
};

static struct str xml_answer(const struct wire_call *wire,
                             const struct call *call)
{
    struct xml_answer answer = {
        .service = wire->service                ? wire->service
                   : wire->reader == READER_EC2 ? &nobody_ec2
                                                : &nobody,
        .action = wire->name,
        .request_id = call->request_id,
        .result = call->result,
        .fault = call->fault.code ? &call->fault : NULL,
    };
    size_t room = xml_room(&answer);
    struct text t = text_in(region_take(call->region, room), room);

    xml_put(&t, &answer);
    return text_str(&t);
}

static void put_s3(struct text *t, const struct call *call)
{
    TEXT_LITERAL(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<Error><Code>");
    xml_put_text(t, str_of(call->fault.code ? call->fault.code : ""));
    TEXT_LITERAL(t, "</Code><Message>");
    xml_put_text(t, call->fault.message);
    TEXT_LITERAL(t, "</Message><RequestId>");
    xml_put_text(t, call->request_id);
    TEXT_LITERAL(t, "</RequestId></Error>\n");
}

/* WAF's faults have a Message, but for those with a Field (aws-waf.md 8.1). */
static const char *message_key(const struct fault *fault)
{
    return str_starts(str_of(fault->code), STR("WAF")) && fault->field == NULL
               ? "Message"
               : "message";
}

static void put_json(struct text *t, const struct call *call)
{
    struct json j = {.t = t};

    if (call->fault.code == NULL) {
        if (call->result)
            wire_json_put(t, call->result);
        else
            TEXT_LITERAL(t, "{}");
        return;
    }
    json_begin(&j, NULL, '{');
    json_str(&j, "__type", str_of(call->fault.code));
    json_str(&j, message_key(&call->fault), call->fault.message);
    if (call->fault.field) {
        json_str(&j, "Field", str_of(call->fault.field));
        json_str(&j, "Parameter", call->fault.parameter);
        json_str(&j, "Reason", call->fault.reason);
    }
    json_end(&j, '}');
}

/* Nothing for an action that has no result. */
static void put_cbor(struct text *t, const struct call *call)
{
    if (call->fault.code == NULL) {
        if (call->result)
            cbor_put(t, call->result);
        return;
    }
    cbor_put_map(t, 2);
    cbor_put_text(t, STR("__type"));
    cbor_put_text(t, str_of(call->fault.code));
    cbor_put_text(t, STR("message"));
    cbor_put_text(t, call->fault.message);
}

/* As much room as it takes. */
static struct str grown(const struct call *call,
                        void (*put)(struct text *t, const struct call *call))
{
    struct text t;
    size_t room = 4096;

    do {
        t = text_in(region_take(call->region, room), room);
        put(&t, call);
        room *= 2;
    } while (!text_ok(&t));
    return text_str(&t);
}

/* ---- codes ------------------------------------------------------------------------ */

/* The query protocol's codes, EC2's and JSON's. */
static const struct {
    const char *query;
    const char *ec2;
    const char *json;
} codes[] = {
    {"ValidationError", "InvalidParameterValue", "ValidationException"},
    {"Throttling", "RequestLimitExceeded", "ThrottlingException"},
    {"ServiceUnavailable", "Unavailable", "ServiceUnavailableException"},
    {"InternalFailure", "InternalError", "InternalFailure"},
    {"DuplicateTagKeys", "InvalidParameterValue", "InvalidTagException"},
    {"TooManyTags", "TagLimitExceeded", "TooManyTagsException"},
    {"RequestEntityTooLarge", "RequestEntityTooLarge",
     "RequestEntityTooLargeException"},
};

static bool is_structured(enum wire_reader reader)
{
    return reader == READER_JSON || reader == READER_CBOR;
}

static void spell(const struct wire_call *wire, struct fault *fault)
{
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (!str_eq(str_of(fault->code), str_of(codes[i].query)))
            continue;
        if (wire->reader == READER_EC2)
            fault->code = codes[i].ec2;
        else if (is_structured(wire->reader))
            fault->code = codes[i].json;
        return;
    }
}

/* What the service itself calls a fault. */
static void rename_fault(const struct wire_call *wire, struct fault *fault,
                         struct region *region)
{
    const struct fault_name *f = wire->service->faults;
    const char *shape = fault->code;

    while (f && f->query && !str_eq(str_of(fault->query), str_of(f->query)))
        f++;
    if (f && f->query) {
        shape = f->shape;
        fault->status = f->status;
    }
    if (is_structured(wire->reader))
        fault->code =
            region_printf(region, "%s#%s", wire->service->shapes, shape).p;
}

/* The fault as it is called in the protocol and by the service. */
static void name(const struct wire_call *wire, struct fault *fault,
                 struct region *region)
{
    const char *query = fault->code;

    spell(wire, fault);
    authorize_fault_as(fault,
                       is_structured(wire->reader)  ? WIRE_JSON
                       : wire->reader == READER_EC2 ? WIRE_EC2
                                                    : WIRE_QUERY,
                       region);
    if (wire->service && wire->service->shapes) {
        fault->query = query;
        rename_fault(wire, fault, region);
    }
}

struct str wire_answer(const struct wire_call *wire, struct call *call)
{
    if (call->fault.code)
        name(wire, &call->fault, call->region);
    switch (wire->reader) {
    case READER_JSON:
        return grown(call, put_json);
    case READER_CBOR:
        return grown(call, put_cbor);
    case READER_S3:
        return grown(call, put_s3);
    case READER_QUERY:
    case READER_EC2:
        break;
    }
    return xml_answer(wire, call);
}

struct str wire_content_type(const struct wire_call *wire,
                             const struct call *call)
{
    switch (wire->reader) {
    case READER_JSON:
        return wire->service && wire->service->shapes
                   ? STR("application/x-amz-json-1.0")
                   : STR("application/x-amz-json-1.1");
    case READER_CBOR:
        return call->result || call->fault.code ? STR("application/cbor")
                                                : STR("");
    case READER_S3:
        return STR("application/xml");
    case READER_QUERY:
    case READER_EC2:
        break;
    }
    return STR("text/xml");
}
