/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/protocol.h"

bool protocol_is_grpc(const struct request *request)
{
    static const struct str grpc = {"application/grpc", 16};
    const struct field *f = fields_find(&request->fields, FIELD_CONTENT_TYPE);
    struct str type;

    if (request->version < REQUEST_HTTP_2 || f == NULL)
        return false;
    type = field_value(&request->fields, f);
    if (!str_istarts(type, grpc))
        return false;
    /* Not application/grpc-web, which HTTP/1 servers answer. */
    return type.n == grpc.n || type.p[grpc.n] == '+' || type.p[grpc.n] == ';' ||
           type.p[grpc.n] == ' ';
}

bool protocol_fits(const struct request *request, enum protocol_version version)
{
    bool http2 = request->version >= REQUEST_HTTP_2;

    switch (version) {
    case VERSION_HTTP1:
        return !http2 || !protocol_is_grpc(request);
    case VERSION_HTTP2:
        return http2;
    case VERSION_GRPC:
        return http2 &&
               (request->method == METHOD_POST || protocol_is_grpc(request));
    }
    return false;
}
