/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of AWS's APIs: lines with method, path, Content-Type, X-Amz-Target and
 * service, then the body, which says itself whether it is compressed; what is
 * application/cbor is of RPC v2.  Whatever comes, there is a call whose input fits its
 * shape or a fault, and the answer is text that XML and JSON can have.
 */
#include <stdlib.h>

#include "api/services.h"
#include "api/wire.h"
#include "base/utf8.h"
#include "codec_check.h"
#include "fuzz.h"

static bool is_member(const struct shape *shape, struct str name)
{
    for (unsigned i = 0; i < shape->n; i++) {
        if (str_eq(name, str_of(shape->members[i].name)))
            return true;
    }
    return false;
}

/* What came through the check has members of the shape and no others. */
static void check_input(const struct shape *shape, const struct value *input)
{
    CHECK(input->kind == VALUE_MAP);
    for (const struct value *v = input->first; v; v = v->next)
        CHECK(is_member(shape, v->key));
    for (unsigned i = 0; i < shape->n; i++) {
        const struct member *m = &shape->members[i];
        const struct value *v = value_get(input, str_of(m->name));

        CHECK(v || !m->required);
        if (v && m->kind == MEMBER_STRUCT)
            check_input(m->shape, v);
        CHECK(v == NULL || m->kind != MEMBER_STRUCTS || v->kind == VALUE_LIST);
        for (const struct value *e = v ? v->first : NULL;
             e && m->kind == MEMBER_STRUCTS; e = e->next)
            check_input(m->shape, e);
    }
}

static void answer(struct wire_call *wire, struct call *call)
{
    struct str text = wire_answer(wire, call);

    if (wire->reader == READER_CBOR) {
        CHECK((text.n > 0) == (wire_content_type(wire, call).n > 0));
        return;
    }
    CHECK(text.n > 0);
    CHECK(wire->reader == READER_JSON || utf8_is_text(text));
    CHECK(wire_content_type(wire, call).n > 0);
}

static void run(struct region *region, const struct wire_request *request)
{
    struct call call = {.region = region, .request_id = STR("id")};
    struct wire_call wire;

    wire_is_call(request);
    if (wire_read(services, request, &wire, &call) != WIRE_OURS) {
        CHECK(call.fault.code != NULL);
        answer(&wire, &call);
        return;
    }
    CHECK(wire.action && wire.input->kind == VALUE_MAP);
    if (wire.action->input == NULL)
        return;
    call.input = shape_check(wire.action->input, wire.input, &call);
    CHECK((call.input == NULL) == (call.fault.code != NULL));
    if (call.input)
        check_input(wire.action->input, call.input);
    call.result = call.input;
    answer(&wire, &call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_make((const char *)data, size);
    struct wire_request request = {.method = str_cut(&rest, '\n')};
    struct region region = {NULL};

    request.path = str_cut(&rest, '\n');
    request.content_type = str_cut(&rest, '\n');
    request.target = str_cut(&rest, '\n');
    request.service = str_cut(&rest, '\n');
    request.body = rest;
    if (str_eq(request.content_type, STR("application/cbor")))
        request.protocol = STR("rpc-v2-cbor");
    if (str_starts(rest, STR("\x1f\x8b")))
        request.encoding = STR("gzip");
    run(&region, &request);
    region_end(&region);
    return 0;
}
