/* SPDX-License-Identifier: Apache-2.0
 *
 * Actions of rules: custom responses and inserted headers (aws-waf.md 5.1,
 * 5.2).
 */
#include "model/read_waf.h"

enum {
    HEADERS_MAX = 10,  /* of one action */
    OF_ACL_MAX = 100,  /* headers of one kind of an ACL or group */
    BODY_BYTES = 4096, /* AWS's quotas */
    BODIES_BYTES = 51200,
};

const char *const waf_action_words[] = {
    [WAF_ALLOW] = "ALLOW",         [WAF_BLOCK] = "BLOCK",
    [WAF_COUNT] = "COUNT",         [WAF_CAPTCHA] = "CAPTCHA",
    [WAF_CHALLENGE] = "CHALLENGE", [WAF_CHALLENGE + 1] = NULL,
};

enum { MONETIZE = WAF_CHALLENGE + 1 };

static const char *const members[] = {
    [WAF_ALLOW] = "Allow",         [WAF_BLOCK] = "Block",
    [WAF_COUNT] = "Count",         [WAF_CAPTCHA] = "Captcha",
    [WAF_CHALLENGE] = "Challenge", [MONETIZE] = "Monetize",
    [MONETIZE + 1] = NULL,
};

struct header_input {
    const struct value *value;
    struct field name;
    struct field text;
};

static const struct property header_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct header_input, name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 64,
     .example = "Retry-After"},
    {.name = "Value",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct header_input, text),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 255,
     .example = "\"60\""},
};

static const struct schema header_schema =
    SCHEMA(header_properties, struct header_input);

struct handling_input {
    const struct value *value;
    struct field headers;
};

static const struct property handling_properties[] = {
    {.name = "InsertHeaders",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct handling_input, headers),
     .flags = PROPERTY_REQUIRED,
     .schema = &header_schema,
     .example = "[{Name: checked, Value: \"yes\"}]"},
};

static const struct schema handling_schema =
    SCHEMA(handling_properties, struct handling_input);

struct response_input {
    const struct value *value;
    struct field code;
    struct field body;
    struct field headers;
};

static const struct property response_properties[] = {
    {.name = "ResponseCode",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct response_input, code),
     .flags = PROPERTY_REQUIRED,
     .min = 200,
     .max = 599,
     .example = "403"},
    {.name = "CustomResponseBodyKey",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct response_input, body),
     .min = 1,
     .max = 128,
     .example = "blocked"},
    {.name = "ResponseHeaders",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct response_input, headers),
     .schema = &header_schema,
     .example = "[{Name: Retry-After, Value: \"60\"}]"},
};

static const struct schema response_schema =
    SCHEMA(response_properties, struct response_input);

/* What stands in Allow and so on. */
struct action_input {
    const struct value *value;
    struct field handling;
    struct field response;
};

static const struct property going_properties[] = {
    {.name = "CustomRequestHandling",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct action_input, handling),
     .schema = &handling_schema},
    {.name = "PriceMultiplier", .kind = PROPERTY_IGNORED},
};

static const struct property block_properties[] = {
    {.name = "CustomResponse",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct action_input, response),
     .schema = &response_schema},
};

static const struct schema going_schema =
    SCHEMA(going_properties, struct action_input);
static const struct schema block_schema =
    SCHEMA(block_properties, struct action_input);

/* ---- headers ---------------------------------------------------------------------- */

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

static bool check_header(const struct waf_reader *r, const char *field,
                         const char *path, const struct header_input *header)
{
    struct str name = header->name.text;

    if (!waf_is_word(name, "._$-")) {
        waf_refuse(&r->resource, field_place(&header->name), field, name,
                   WAF_BAD_FORMAT,
                   "%s: no header is called \"" STR_FMT "\"\nwrite letters, "
                   "digits and any of ._$-",
                   path, STR_ARG(shown(name)));
        return false;
    }
    if (!is_clean(header->text.text)) {
        waf_refuse(&r->resource, field_place(&header->text), field, name,
                   WAF_BAD_FORMAT,
                   "%s: the value of " STR_FMT " has control characters\n"
                   "write it on one line",
                   path, STR_ARG(name));
        return false;
    }
    return true;
}

static bool is_there(const struct waf_reader *r, const char *field,
                     const char *path, const struct header_input *headers,
                     unsigned i)
{
    for (unsigned j = 0; j < i; j++) {
        if (!str_ieq(headers[j].name.text, headers[i].name.text))
            continue;
        waf_refuse(&r->resource, field_place(&headers[i].name), field,
                   headers[i].name.text, NULL,
                   "%s: header " STR_FMT " is given twice\nleave one out", path,
                   STR_ARG(headers[i].name.text));
        return true;
    }
    return false;
}

/* Both kinds of headers, whose number in all is in `*all`. */
static bool read_headers(struct waf_reader *r, const struct field *list,
                         const char *field, const char *path, unsigned *all,
                         const struct waf_header **into, unsigned *n)
{
    const struct header_input *inputs = list->items;
    struct waf_header *headers;

    if (!list->ok)
        return list->value == NULL;
    if (list->n > HEADERS_MAX) {
        waf_refuse(&r->resource, field_place(list), field, STR(""), NULL,
                   "%s has %u headers: AWS takes %d\nleave some out", path,
                   list->n, HEADERS_MAX);
        return false;
    }
    headers = waf_take(r->waf, list->n, sizeof(*headers));
    for (unsigned i = 0; i < list->n; i++) {
        if (!check_header(r, field, path, &inputs[i]) ||
            is_there(r, field, path, inputs, i))
            return false;
        headers[i].name = waf_keep_text(r->waf, &inputs[i].name);
        headers[i].value = waf_keep_text(r->waf, &inputs[i].text);
    }
    *into = headers;
    *n = list->n;
    *all += list->n;
    if (*all > OF_ACL_MAX && *all - list->n <= OF_ACL_MAX)
        waf_limit(&r->resource, field_place(list),
                  "there are more than %d custom headers\nleave some out",
                  OF_ACL_MAX);
    return true;
}

static bool read_handling(struct waf_reader *r, const struct field *field,
                          const char *path, struct waf_action *action)
{
    const struct handling_input *input = field->items;

    if (!field->ok)
        return field->value == NULL;
    return read_headers(
        r, &input->headers, "CUSTOM_REQUEST_HANDLING",
        waf_path(r, path, "CustomRequestHandling.InsertHeaders"), &r->ninserted,
        &action->inserted, &action->ninserted);
}

/* ---- responses ----------------------------------------------------------------------- */

static bool is_response_code(unsigned code)
{
    static const uint16_t codes[] = {
        200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307,
        308, 400, 401, 403, 404, 405, 408, 409, 411, 412, 413,
        414, 415, 416, 421, 429, 500, 501, 502, 503, 504, 505};

    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

static bool find_body(const struct waf_reader *r, const struct field *key,
                      const char *path, struct waf_action *action)
{
    struct suggest near = suggest_for(key->text);

    if (!key->ok)
        return key->value == NULL;
    for (unsigned i = 0; i < r->nbodies; i++) {
        if (str_eq(r->bodies[i].key, key->text)) {
            action->body = &r->bodies[i];
            return true;
        }
        suggest_offer(&near, r->bodies[i].key.p);
    }
    waf_refuse(&r->resource, field_place(key), "CUSTOM_RESPONSE_BODY",
               key->text, NULL,
               "%s.CustomResponseBodyKey is \"" STR_FMT "\", which "
               "CustomResponseBodies does not have\n%s%s%s",
               path, STR_ARG(shown(key->text)),
               suggest_best(&near) ? "did you mean \"" : "add it there",
               suggest_best(&near) ? suggest_best(&near) : "",
               suggest_best(&near) ? "\"?" : "");
    return false;
}

static bool check_content_type(const struct waf_reader *r, const char *path,
                               const struct field *list)
{
    const struct header_input *headers = list->items;

    for (unsigned i = 0; i < list->n; i++) {
        if (!str_ieq(headers[i].name.text, STR("content-type")))
            continue;
        waf_refuse(&r->resource, field_place(&headers[i].name),
                   "CUSTOM_RESPONSE", headers[i].name.text, NULL,
                   "%s.ResponseHeaders cannot have content-type\nit is the "
                   "ContentType of the body",
                   path);
        return false;
    }
    return true;
}

static bool read_response(struct waf_reader *r, const struct field *field,
                          const char *path, struct waf_action *action)
{
    const struct response_input *input = field->items;

    if (!field->ok)
        return field->value == NULL;
    path = waf_path(r, path, "CustomResponse");
    action->status = input->code.number;
    if (!is_response_code(action->status)) {
        waf_refuse(&r->resource, field_place(&input->code), "CUSTOM_RESPONSE",
                   input->code.text, NULL,
                   "%s.ResponseCode cannot be %u\nwrite one that AWS takes, "
                   "such as 403, 404, 429 or 503",
                   path, action->status);
        return false;
    }
    return check_content_type(r, path, &input->headers) &&
           read_headers(r, &input->headers, "CUSTOM_RESPONSE",
                        waf_path(r, path, "ResponseHeaders"),
                        &r->nresponse_headers, &action->headers,
                        &action->nheaders) &&
           find_body(r, &input->body, path, action);
}

/* ---- actions ---------------------------------------------------------------------------- */

static bool read_member(struct waf_reader *r, const struct value *value,
                        const char *path, unsigned index,
                        struct waf_action *action)
{
    struct action_input input = {.value = NULL};
    bool ok;

    path = waf_path(r, path, members[index]);
    ok = schema_read(&r->resource,
                     index == WAF_BLOCK ? &block_schema : &going_schema, path,
                     value, &input);
    *action = (struct waf_action){.type = (enum waf_action_type)index};
    if (index == MONETIZE) {
        action->type = WAF_COUNT;
        resource_doubt(&r->resource, &value->key_place,
                       "%s is CloudFront's alone: it counts here\nwrite "
                       "another action",
                       path);
    }
    ok &= index == WAF_BLOCK ? read_response(r, &input.response, path, action)
                             : read_handling(r, &input.handling, path, action);
    return ok;
}

bool waf_read_action(struct waf_reader *r, const struct value *value,
                     const char *path, struct waf_action *action)
{
    const struct value *member;
    unsigned index;

    member =
        waf_one(r, value, path, members, "RULE_ACTION", "RuleAction", &index);
    return member && read_member(r, member, path, index, action);
}

bool waf_read_default_action(struct waf_reader *r, const struct value *value,
                             struct waf_action *action)
{
    static const char *const words[] = {
        [WAF_ALLOW] = "Allow", [WAF_BLOCK] = "Block", [WAF_BLOCK + 1] = NULL};
    const struct value *member;
    unsigned index;

    member = waf_one(r, value, "DefaultAction", words, "DEFAULT_ACTION",
                     "DefaultAction", &index);
    return member && read_member(r, member, "DefaultAction", index, action);
}

/* ---- CustomResponseBodies ------------------------------------------------------------------ */

struct body_input {
    const struct value *value;
    struct field type;
    struct field content;
};

static const char *const content_types[] = {"TEXT_PLAIN", "TEXT_HTML",
                                            "APPLICATION_JSON", NULL};
static const char *const media_types[] = {"text/plain", "text/html",
                                          "application/json"};

static const struct property body_properties[] = {
    {.name = "ContentType",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct body_input, type),
     .flags = PROPERTY_REQUIRED,
     .words = content_types,
     .example = "TEXT_PLAIN"},
    {.name = "Content",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct body_input, content),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 10240,
     .example = "\"no\""},
};

static const struct schema body_schema =
    SCHEMA(body_properties, struct body_input);

static bool read_body(struct waf_reader *r, const struct value *v,
                      struct waf_response_body *body)
{
    struct body_input input = {.value = NULL};
    struct str key = shown(v->key);
    const char *path =
        region_printf(r->resource.region, "CustomResponseBodies." STR_FMT,
                      STR_ARG(key))
            .p;

    if (!waf_is_word(v->key, "_-") || v->key.n > WAF_NAME_MAX) {
        waf_refuse(&r->resource, &v->key_place, "CUSTOM_RESPONSE_BODY", key,
                   WAF_BAD_FORMAT,
                   "CustomResponseBodies cannot have the key \"" STR_FMT
                   "\"\nwrite 1 to %d letters, digits, \"-\" and \"_\"",
                   STR_ARG(key), WAF_NAME_MAX);
        return false;
    }
    if (!schema_read(&r->resource, &body_schema, path, v, &input))
        return false;
    body->key = waf_keep(r->waf, v->key);
    body->content_type = str_of(media_types[input.type.number]);
    body->content = waf_keep(r->waf, input.content.text);
    if (body->content.n > BODY_BYTES)
        waf_limit(&r->resource, field_place(&input.content),
                  "%s.Content has %zu bytes: AWS takes %d\nmake it shorter",
                  path, body->content.n, BODY_BYTES);
    return true;
}

static void check_bodies(const struct waf_reader *r, const struct value *map)
{
    unsigned max = quota_value(&r->build->config->quotas, QUOTA_WAF_BODIES);
    size_t bytes = 0;

    for (unsigned i = 0; i < r->nbodies; i++)
        bytes += r->bodies[i].content.n;
    if (r->nbodies > max)
        waf_limit(&r->resource, &map->place,
                  "CustomResponseBodies has %u bodies: AWS takes %u\nleave "
                  "some out",
                  r->nbodies, max);
    if (bytes > BODIES_BYTES)
        waf_limit(&r->resource, &map->place,
                  "CustomResponseBodies has %zu bytes in all: AWS takes %d\n"
                  "make them shorter",
                  bytes, BODIES_BYTES);
}

bool waf_read_bodies(struct waf_reader *r, const struct field *field)
{
    const struct value *map = field->value;
    struct waf_response_body *bodies;
    bool ok = true;

    if (map == NULL || map->kind == VALUE_NULL)
        return true;
    if (map->kind != VALUE_MAP) {
        resource_error(&r->resource, &map->place,
                       "CustomResponseBodies must be a map, this is %s\nwrite "
                       "KEY: {ContentType: TEXT_PLAIN, Content: TEXT}",
                       value_kind_name(map->kind));
        return false;
    }
    bodies = waf_take(r->waf, value_count(map), sizeof(*bodies));
    for (const struct value *v = map->first; v; v = v->next) {
        bool read = read_body(r, v, &bodies[r->nbodies]);

        r->nbodies += read;
        ok &= read;
    }
    r->bodies = bodies;
    check_bodies(r, map);
    return ok;
}
