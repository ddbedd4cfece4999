/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is to say about a call, without making it.
 */
#include "aws/client.h"
#include "aws/request.h"
#include "model/json.h"

const struct value *aws_answer_json(struct region *region,
                                    const struct aws_call *call)
{
    struct error ignored;
    size_t used;
    const struct value *map =
        json_value_read(region, call->answer, &used, &ignored);

    return map && map->kind == VALUE_MAP ? map : NULL;
}

/* Whether the query has this parameter. */
static bool has(struct str query, struct str name)
{
    while (query.p) {
        struct str rest = str_cut(&query, '&');

        if (str_eq(str_cut(&rest, '='), name))
            return true;
    }
    return false;
}

/* "Actions, resources, and condition keys for Amazon S3". */
static const char *s3_permission(const struct aws_call *call)
{
    bool key = call->path.n > 1;

    if (str_eq(call->method, STR("DELETE")))
        return has(call->query, STR("uploadId")) ? "AbortMultipartUpload"
                                                 : "DeleteObject";
    if (str_eq(call->method, STR("PUT")) || str_eq(call->method, STR("POST")))
        return key ? "PutObject" : "CreateBucket";
    if (has(call->query, STR("uploadId")))
        return "ListMultipartUploadParts";
    if (has(call->query, STR("uploads")))
        return "ListBucketMultipartUploads";
    if (has(call->query, STR("location")))
        return "GetBucketLocation";
    return key ? "GetObject" : "ListBucket";
}

struct str aws_call_permission(struct region *region,
                               const struct aws_call *call)
{
    const struct aws_service_facts *service = aws_service_facts(call->service);

    return region_printf(region, "%s:%s", service->iam,
                         call->action ? call->action : s3_permission(call));
}

bool aws_call_is_forbidden(const struct aws_call *call)
{
    static const char *const codes[] = {
        "AccessDenied",          "AccessDeniedException", "AuthorizationError",
        "UnauthorizedOperation", "NotAuthorized",
    };

    if (call->outcome != AWS_REFUSED)
        return false;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (str_eq(call->code, str_of(codes[i])))
            return true;
    }
    return call->status == 403 && call->code.n == 0;
}

static void put_encoded(struct text *t, struct str s, bool slash)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9') || memchr("-._~", c, 4) ||
            (slash && c == '/'))
            text_char(t, c);
        else
            text_printf(t, "%%%02X", (unsigned)(unsigned char)c);
    }
}

void aws_put_parameter(struct text *t, const char *name, struct str value)
{
    text_printf(t, "%s%s=", t->n ? "&" : "", name);
    put_encoded(t, value, false);
}

void aws_put_key(struct text *t, struct str key)
{
    put_encoded(t, key, true);
}
