/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authorize.h"
#include "api/json.h"
#include "api/wire.h"
#include "api/xml.h"
#include "model/account_json.h"

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
            account_json_put(t, call->result);
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

static void spell(const struct wire_call *wire, struct fault *fault)
{
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (!str_eq(str_of(fault->code), str_of(codes[i].query)))
            continue;
        if (wire->reader == READER_EC2)
            fault->code = codes[i].ec2;
        else if (wire->reader == READER_JSON)
            fault->code = codes[i].json;
        return;
    }
}

struct str wire_answer(const struct wire_call *wire, struct call *call)
{
    if (call->fault.code) {
        spell(wire, &call->fault);
        authorize_fault_as(&call->fault,
                           wire->reader == READER_JSON  ? WIRE_JSON
                           : wire->reader == READER_EC2 ? WIRE_EC2
                                                        : WIRE_QUERY,
                           call->region);
    }
    switch (wire->reader) {
    case READER_JSON:
        return grown(call, put_json);
    case READER_S3:
        return grown(call, put_s3);
    case READER_QUERY:
    case READER_EC2:
        break;
    }
    return xml_answer(wire, call);
}

struct str wire_content_type(const struct wire_call *wire)
{
    return wire->reader == READER_JSON ? STR("application/x-amz-json-1.1")
           : wire->reader == READER_S3 ? STR("application/xml")
                                       : STR("text/xml");
}
