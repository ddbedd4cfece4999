/* SPDX-License-Identifier: Apache-2.0 */
#include "api/xml.h"

#include "api/moment.h"
#include "base/utf8.h"

/* ---- texts -------------------------------------------------------------------- */

static void put_character(struct text *t, struct str c)
{
    switch (c.p[0]) {
    case '&':
        TEXT_LITERAL(t, "&amp;");
        break;
    case '<':
        TEXT_LITERAL(t, "&lt;");
        break;
    case '>':
        TEXT_LITERAL(t, "&gt;");
        break;
    case '"':
        TEXT_LITERAL(t, "&quot;");
        break;
    case '\r': /* a reader makes LF of it otherwise */
        TEXT_LITERAL(t, "&#xD;");
        break;
    default:
        if (utf8_is_text(c))
            text_str_put(t, c);
        else
            TEXT_LITERAL(t, "\xef\xbf\xbd");
        break;
    }
}

void xml_put_text(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        const unsigned char *p = (const unsigned char *)s.p + i;
        size_t n = p[0] < 0x80 ? 1 : utf8_length(p, s.n - i);

        n = n ? n : 1;
        put_character(t, str_make(s.p + i, n));
        i += n;
    }
}

/* ---- elements ------------------------------------------------------------------ */

static void begin(struct text *t, struct str name)
{
    text_char(t, '<');
    xml_put_text(t, name);
    text_char(t, '>');
}

static void end(struct text *t, struct str name)
{
    TEXT_LITERAL(t, "</");
    xml_put_text(t, name);
    text_char(t, '>');
}

static void put_element(struct text *t, const char *name, struct str text)
{
    begin(t, str_of(name));
    xml_put_text(t, text);
    end(t, str_of(name));
}

/* Members of the models that are maps of text to text; everything else that is
 * a MAP is a structure. */
static bool is_map(struct str name)
{
    return str_eq(name, STR("AuthenticationRequestExtraParams")) ||
           str_eq(name, STR("ExtendedStatistics"));
}

static void put_entries(struct text *t, const struct value *map)
{
    for (const struct value *v = map->first; v; v = v->next) {
        TEXT_LITERAL(t, "<entry>");
        put_element(t, "key", v->key);
        put_element(t, "value", v->text);
        TEXT_LITERAL(t, "</entry>");
    }
}

static void put_value_as(struct text *t, struct str name,
                         const struct value *value, struct str element,
                         unsigned depth);

/* What stands between the tags of a value. */
static void put_inside(struct text *t, struct str name,
                       const struct value *value, struct str element,
                       unsigned depth)
{
    if (value->kind == VALUE_MAP && is_map(name)) {
        put_entries(t, value);
        return;
    }
    for (const struct value *v = value->first; v; v = v->next)
        put_value_as(t, value->kind == VALUE_LIST ? element : v->key, v,
                     element, depth - 1);
}

static void put_value_as(struct text *t, struct str name,
                         const struct value *value, struct str element,
                         unsigned depth)
{
    if (value->kind == VALUE_NULL || value->kind == VALUE_UNKNOWN || depth == 0)
        return;
    if (!value_is_scalar(value) && value->first == NULL) {
        text_char(t, '<');
        xml_put_text(t, name);
        TEXT_LITERAL(t, "/>");
        return;
    }
    begin(t, name);
    if (value->kind == VALUE_TIME)
        moment_put(t, value_real(value));
    else if (value_is_scalar(value))
        xml_put_text(t, value->text);
    else
        put_inside(t, name, value, element, depth);
    end(t, name);
}

static void put_members(struct text *t, const struct value *result,
                        struct str element)
{
    if (result)
        put_inside(t, STR(""), result, element, VALUE_NESTED_MAX);
}

/* ---- envelopes ------------------------------------------------------------------- */

static void put_open(struct text *t, struct str action, const char *what,
                     const char *namespace)
{
    text_char(t, '<');
    xml_put_text(t, action);
    text_str_put(t, str_of(what));
    if (namespace) {
        TEXT_LITERAL(t, " xmlns=\"");
        xml_put_text(t, str_of(namespace));
        text_char(t, '"');
    }
    text_char(t, '>');
}

static void put_close(struct text *t, struct str action, const char *what)
{
    TEXT_LITERAL(t, "</");
    xml_put_text(t, action);
    text_str_put(t, str_of(what));
    text_char(t, '>');
}

static void put_query(struct text *t, const struct xml_answer *a)
{
    put_open(t, a->action, "Response", a->service->namespace);
    put_open(t, a->action, "Result", NULL);
    put_members(t, a->result, STR("member"));
    put_close(t, a->action, "Result");
    TEXT_LITERAL(t, "<ResponseMetadata>");
    put_element(t, "RequestId", a->request_id);
    TEXT_LITERAL(t, "</ResponseMetadata>");
    put_close(t, a->action, "Response");
}

static void put_ec2(struct text *t, const struct xml_answer *a)
{
    put_open(t, a->action, "Response", a->service->namespace);
    put_element(t, "requestId", a->request_id);
    put_members(t, a->result, STR("item"));
    put_close(t, a->action, "Response");
}

static void put_query_fault(struct text *t, const struct xml_answer *a)
{
    put_open(t, STR(""), "ErrorResponse", a->service->namespace);
    TEXT_LITERAL(t, "<Error>");
    put_element(t, "Type",
                a->fault->status < 500 ? STR("Sender") : STR("Receiver"));
    put_element(t, "Code", str_of(a->fault->code));
    put_element(t, "Message", a->fault->message);
    TEXT_LITERAL(t, "</Error>");
    put_element(t, "RequestId", a->request_id);
    TEXT_LITERAL(t, "</ErrorResponse>");
}

static void put_ec2_fault(struct text *t, const struct xml_answer *a)
{
    TEXT_LITERAL(t, "<Response><Errors><Error>");
    put_element(t, "Code", str_of(a->fault->code));
    put_element(t, "Message", a->fault->message);
    TEXT_LITERAL(t, "</Error></Errors>");
    put_element(t, "RequestID", a->request_id);
    TEXT_LITERAL(t, "</Response>");
}

void xml_put(struct text *t, const struct xml_answer *answer)
{
    bool ec2 = answer->service->wire == WIRE_EC2;

    TEXT_LITERAL(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (answer->fault)
        (ec2 ? put_ec2_fault : put_query_fault)(t, answer);
    else
        (ec2 ? put_ec2 : put_query)(t, answer);
    text_char(t, '\n');
}

/* ---- room ------------------------------------------------------------------------- */

enum {
    ESCAPED = 6,     /* bytes that one becomes, at most */
    ELEMENT = 64,    /* around an element: tags without names, <entry> ... */
    ENVELOPE = 1024, /* around it all, without names */
};

static size_t room_of(const struct value *value, unsigned depth)
{
    size_t room = ELEMENT + (2 * value->key.n + value->text.n) * ESCAPED;

    for (const struct value *v = value->first; v && depth; v = v->next)
        room += room_of(v, depth - 1);
    return room;
}

size_t xml_room(const struct xml_answer *answer)
{
    size_t room = ENVELOPE + (4 * answer->action.n + answer->request_id.n +
                              2 * strlen(answer->service->namespace)) *
                                 ESCAPED;

    if (answer->result)
        room += room_of(answer->result, VALUE_NESTED_MAX);
    if (answer->fault)
        room +=
            (strlen(answer->fault->code) + answer->fault->message.n) * ESCAPED;
    return room;
}
