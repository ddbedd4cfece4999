/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/answer.h"

#include "aws/xml_read.h"
#include "base/utf8.h"
#include "model/json.h"

enum { ERROR_BODY_MAX = 64 * 1024 }; /* that is looked into */

struct str *aws_answer_field(struct aws_answer *answer, struct str name)
{
    const struct {
        struct str name;
        struct str *value;
    } known[] = {
        {STR("x-amzn-errortype"), &answer->error_type},
        {STR("x-amzn-requestid"), &answer->request_id},
        {STR("x-amz-request-id"), &answer->request_id},
        {STR("etag"), &answer->etag},
        {STR("date"), &answer->date},
        {STR("retry-after"), &answer->retry_after},
        {STR("x-amz-retry-after"), &answer->amz_retry_after},
        {STR("x-amz-bucket-region"), &answer->bucket_region},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_ieq(name, known[i].name))
            return known[i].value;
    }
    return NULL;
}

/* ---- errors -------------------------------------------------------------- */

/* "com.amazonaws.sns#NotFound:http://..." is NotFound. */
static struct str plain_code(struct str code)
{
    struct str rest = str_trim(code);
    struct str first = str_cut(&rest, ':');
    struct str name = first;
    struct str space = str_cut(&name, '#');

    return name.p ? name : space;
}

/* Its first line: behind it stands what was signed, the token with it. */
static struct str one_line(struct region *region, struct str message)
{
    struct str rest = str_trim(message);
    struct str line = utf8_cut(str_cut(&rest, '\n'), AWS_MESSAGE_MAX);
    struct str copy = region_copy(region, line);
    char *p = (char *)(uintptr_t)copy.p;

    for (size_t i = 0; i < copy.n; i++)
        p[i] = (unsigned char)p[i] < ' ' ? ' ' : p[i];
    return str_trim(copy);
}

static struct str json_text(const struct value *map, struct str key)
{
    const struct value *v = value_get(map, key);

    return v && v->kind == VALUE_STRING ? v->text : STR("");
}

static void read_json(struct region *region, struct str body,
                      struct aws_fault *fault)
{
    struct error ignored;
    size_t used;
    const struct value *map = json_value_read(region, body, &used, &ignored);

    if (map == NULL || map->kind != VALUE_MAP)
        return;
    fault->code = json_text(map, STR("__type"));
    if (fault->code.n == 0)
        fault->code = json_text(map, STR("code"));
    fault->message = json_text(map, STR("message"));
    if (fault->message.n == 0)
        fault->message = json_text(map, STR("Message"));
}

/* <ErrorResponse><Error>, <Response><Errors><Error>, <Error>. */
static void read_xml(struct region *region, struct aws_answer *answer,
                     struct aws_fault *fault)
{
    static const char *const places[] = {"ErrorResponse/Error",
                                         "ErrorResponse/Errors/Error",
                                         "Response/Errors/Error", "Error"};
    struct xml_element e;
    struct str id;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!xml_read_find(answer->body, places[i], &e))
            continue;
        fault->code = xml_read_text(region, e.inside, "Code");
        fault->message = xml_read_text(region, e.inside, "Message");
        fault->region = xml_read_text(region, e.inside, "Region");
        break;
    }
    id = xml_read_text(region, answer->body, "ErrorResponse/RequestId");
    if (id.n == 0)
        id = xml_read_text(region, answer->body, "Response/RequestID");
    if (answer->request_id.n == 0)
        answer->request_id = id;
}

static bool is_json(enum aws_protocol protocol)
{
    return protocol == PROTOCOL_JSON_1_0 || protocol == PROTOCOL_JSON_1_1;
}

static void read_fault(struct region *region, enum aws_protocol protocol,
                       struct aws_answer *answer, struct aws_fault *fault)
{
    *fault = AWS_NO_FAULT;
    if (answer->body.n && answer->body.n <= ERROR_BODY_MAX) {
        if (is_json(protocol))
            read_json(region, answer->body, fault);
        else
            read_xml(region, answer, fault);
    }
    if (fault->code.n == 0)
        fault->code = answer->error_type;
    fault->code = utf8_cut(plain_code(fault->code), 128);
    fault->message = one_line(region, fault->message);
}

/* ---- results --------------------------------------------------------------- */

/* What it begins and ends with: whether it is all JSON is seen by who reads
 * it. */
static bool may_be_object(struct str body)
{
    while (body.n && (unsigned char)body.p[body.n - 1] <= ' ')
        body.n--;
    while (body.n && (unsigned char)body.p[0] <= ' ') {
        body.p++;
        body.n--;
    }
    return body.n == 0 ||
           (body.n >= 2 && body.p[0] == '{' && body.p[body.n - 1] == '}');
}

/* <ActionResponse>, to its end. */
static bool is_response(struct str body, struct str action)
{
    struct xml_element root;

    return xml_read_next(&body, &root) &&
           root.name.n == action.n + STR("Response").n &&
           str_starts(root.name, action) &&
           str_eq(str_make(root.name.p + action.n, root.name.n - action.n),
                  STR("Response"));
}

static enum aws_verdict judge_result(enum aws_protocol protocol,
                                     struct str action,
                                     const struct aws_answer *answer)
{
    struct str body = answer->body;
    struct xml_element root;

    if (is_json(protocol))
        return may_be_object(body) ? VERDICT_RESULT : VERDICT_UNREADABLE;
    if (protocol == PROTOCOL_QUERY)
        return is_response(body, action) ? VERDICT_RESULT : VERDICT_UNREADABLE;
    /* S3 begins an answer before it knows how it ends. */
    if (body.n <= ERROR_BODY_MAX && xml_read_next(&body, &root) &&
        str_eq(root.name, STR("Error")))
        return VERDICT_ERROR;
    return VERDICT_RESULT;
}

enum aws_verdict aws_answer_judge(struct region *region,
                                  enum aws_protocol protocol, struct str action,
                                  struct aws_answer *answer,
                                  struct aws_fault *fault)
{
    enum aws_verdict verdict = VERDICT_ERROR;

    *fault = AWS_NO_FAULT;
    if (answer->status >= 200 && answer->status < 300)
        verdict = judge_result(protocol, action, answer);
    if (verdict == VERDICT_ERROR)
        read_fault(region, protocol, answer, fault);
    return verdict;
}
