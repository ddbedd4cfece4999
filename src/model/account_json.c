/* SPDX-License-Identifier: Apache-2.0 */
#include "model/account_json.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "crypto/sha256.h"
#include "model/value_json.h"

enum {
    FIRST_ROOM = 16 * 1024,
    INTEGER_DIGITS = 15, /* that every reader of JSON keeps */
    ID_MAX = 255,
};

#define MARK "Sluice::"
#define UNKNOWN MARK "Unknown"
#define NUMBER MARK "Number"

/* ---- writing --------------------------------------------------------------- */

bool account_json_is_plain(struct str s)
{
    struct str digits = s;
    uint64_t number;

    if (digits.n && digits.p[0] == '-')
        digits = str_make(digits.p + 1, digits.n - 1);
    return digits.n <= INTEGER_DIGITS &&
           str_to_u64(digits, UINT64_MAX, &number) &&
           (digits.p[0] != '0' || (digits.n == 1 && s.n == 1));
}

static void put_marked(struct text *t, struct str mark, struct str what)
{
    text_char(t, '{');
    text_json(t, mark);
    text_char(t, ':');
    text_json(t, what);
    text_char(t, '}');
}

static void put_key(struct text *t, struct str key)
{
    struct region region = {NULL};

    if (str_starts(key, STR(MARK)))
        key = region_printf(&region, MARK STR_FMT, STR_ARG(key));
    text_json(t, key);
    region_end(&region);
}

static void put_number(struct text *t, struct str number)
{
    if (account_json_is_plain(number))
        text_str_put(t, number);
    else
        put_marked(t, STR(NUMBER), number);
}

static void put_unknown(struct text *t, struct str why)
{
    put_marked(t, STR(UNKNOWN), why);
}

void account_json_put(struct text *t, const struct value *value)
{
    static const struct value_json how = {put_key, put_number, put_unknown};

    value_json_put(t, value, &how);
}

void account_json_put_entry(struct text *t, struct str key,
                            const struct value *value)
{
    put_key(t, key);
    text_char(t, ':');
    account_json_put(t, value);
}

void account_json_put_resources(struct text *t, const struct account *account)
{
    text_char(t, '{');
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];

        if (i)
            text_char(t, ',');
        account_json_put_entry(t, r->id, r->value);
    }
    text_char(t, '}');
}

struct str account_json_text(void (*put_it)(struct text *t, const void *what),
                             const void *what)
{
    for (size_t room = FIRST_ROOM; room <= ACCOUNT_JSON_MAX; room *= 4) {
        char *buffer = malloc(room + 1);
        struct text t;

        if (buffer == NULL)
            break;
        t = text_in(buffer, room);
        put_it(&t, what);
        if (text_ok(&t)) {
            buffer[t.n] = '\0';
            return text_str(&t);
        }
        free(buffer);
    }
    return str_make(NULL, 0);
}

static void put_value_of(struct text *t, const void *what)
{
    account_json_put(t, what);
}

static void put_resources_of(struct text *t, const void *what)
{
    account_json_put_resources(t, what);
}

struct str account_json_of_value(const struct value *value)
{
    return account_json_text(put_value_of, value);
}

struct str account_json_of_resources(const struct account *account)
{
    return account_json_text(put_resources_of, account);
}

struct str account_json_digest(const struct account *account,
                               struct region *region)
{
    struct str text = account_json_of_resources(account);
    char hex[SHA256_HEX_LEN];
    struct sha256 sha;

    if (text.p == NULL || !sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&sha);
    sha256_add(&sha, text.p, text.n);
    sha256_hex(&sha, hex);
    sha256_end(&sha);
    free((char *)(uintptr_t)text.p);
    return region_copy(region, str_make(hex, sizeof(hex)));
}

/* ---- reading --------------------------------------------------------------- */

/* Who reads.  What a client sent means nothing but itself. */
struct reading {
    struct region *region;
    struct error *error;
    bool client;
};

static struct value *read_value(const struct reading *r, const json_t *json,
                                unsigned depth);

static struct str text_of(const json_t *json)
{
    return str_make(json_string_value(json), json_string_length(json));
}

static struct value *scalar(struct region *region, enum value_kind kind,
                            struct str text)
{
    struct value *v = value_string(region, text, NULL);

    v->kind = kind;
    return v;
}

/* Sluice::Unknown and Sluice::Number. */
static struct value *read_marked(struct region *region, const char *mark,
                                 const json_t *json, struct error *error)
{
    bool unknown = strcmp(mark, UNKNOWN) == 0;

    if ((!unknown && strcmp(mark, NUMBER) != 0) || !json_is_string(json)) {
        error_set(error, "\"%.60s\" is nothing that Sluice writes", mark);
        return NULL;
    }
    return scalar(region, unknown ? VALUE_UNKNOWN : VALUE_NUMBER,
                  text_of(json));
}

static struct value *read_object(const struct reading *r, json_t *json,
                                 unsigned depth)
{
    const size_t mark = sizeof(MARK) - 1;
    struct value *map = value_new(r->region, VALUE_MAP, NULL);
    const char *key;
    json_t *member;

    json_object_foreach(json, key, member)
    {
        bool marked = !r->client && strncmp(key, MARK, mark) == 0;
        struct value *v;

        if (marked && strncmp(key + mark, MARK, mark) != 0)
            return read_marked(r->region, key, member, r->error);
        v = read_value(r, member, depth);
        if (v == NULL)
            return NULL;
        value_put(r->region, map, str_of(key + (marked ? mark : 0)), v);
    }
    return map;
}

static struct value *read_array(const struct reading *r, json_t *json,
                                unsigned depth)
{
    struct value *list = value_new(r->region, VALUE_LIST, NULL);
    size_t n = json_array_size(json);

    for (size_t i = 0; i < n; i++) {
        struct value *v = read_value(r, json_array_get(json, i), depth);

        if (v == NULL)
            return NULL;
        value_append(list, v);
    }
    return list;
}

static struct value *read_integer(struct region *region, const json_t *json)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
             json_integer_value(json));
    return scalar(region, VALUE_NUMBER, str_of(digits));
}

static struct value *read_real(const struct reading *r, const json_t *json)
{
    char digits[32];

    if (!r->client) {
        error_set(r->error,
                  "numbers with a fraction or exponent are written as "
                  "{\"" NUMBER "\": \"...\"}");
        return NULL;
    }
    snprintf(digits, sizeof(digits), "%.17g", json_real_value(json));
    return scalar(r->region, VALUE_NUMBER, str_of(digits));
}

static struct value *read_value(const struct reading *r, const json_t *json,
                                unsigned depth)
{
    struct region *region = r->region;
    json_t *nested = (json_t *)(uintptr_t)json;

    if (depth == 0) {
        error_set(r->error, "it is nested deeper than %u levels",
                  VALUE_NESTED_MAX);
        return NULL;
    }
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return read_object(r, nested, depth - 1);
    case JSON_ARRAY:
        return read_array(r, nested, depth - 1);
    case JSON_STRING:
        return scalar(region, VALUE_STRING, text_of(json));
    case JSON_INTEGER:
        return read_integer(region, json);
    case JSON_TRUE:
        return scalar(region, VALUE_BOOL, STR("true"));
    case JSON_FALSE:
        return scalar(region, VALUE_BOOL, STR("false"));
    case JSON_NULL:
        return value_new(region, VALUE_NULL, NULL);
    case JSON_REAL:
        return read_real(r, json);
    }
    return NULL;
}

static struct value *read_text(const struct reading *r, struct str text)
{
    struct error *error = r->error;
    struct value *value;
    json_error_t why;
    json_t *json;

    if (text.n > ACCOUNT_JSON_MAX) {
        error_set(error, "it has %zu bytes, more than %d", text.n,
                  ACCOUNT_JSON_MAX);
        return NULL;
    }
    json = json_loadb(text.p, text.n,
                      JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                      &why);
    if (json == NULL) {
        error_set(error, "line %d, column %d: %s", why.line, why.column,
                  why.text);
        return NULL;
    }
    value = read_value(r, json, VALUE_NESTED_MAX + 2);
    json_decref(json);
    return value;
}

struct value *account_json_read(struct region *region, struct str text,
                                struct error *error)
{
    struct reading r = {region, error, false};

    return read_text(&r, text);
}

struct value *account_json_read_client(struct region *region, struct str text,
                                       struct error *error)
{
    struct reading r = {region, error, true};

    return read_text(&r, text);
}

static bool is_map_or_nothing(const struct value *v)
{
    return v == NULL || v->kind == VALUE_MAP;
}

bool account_json_is_resource(struct str id, const struct value *value,
                              struct error *error)
{
    const struct value *type = value_get(value, STR("Type"));

    if (id.n == 0 || id.n > ID_MAX)
        return error_set(error, "a logical id has %zu characters, not 1 to %d",
                         id.n, ID_MAX);
    if (value->kind != VALUE_MAP || type == NULL ||
        type->kind != VALUE_STRING ||
        !is_map_or_nothing(value_get(value, STR("Properties"))) ||
        !is_map_or_nothing(value_get(value, STR("Metadata"))))
        return error_set(error,
                         "\"%.*s\" is no resource {Type, Properties, "
                         "Metadata}",
                         (int)id.n, id.p);
    return true;
}

struct account *account_json_account(const struct value *resources,
                                     uint64_t revision, struct error *error)
{
    if (resources == NULL || resources->kind != VALUE_MAP) {
        error_set(error, "there are no resources in it");
        return NULL;
    }
    for (const struct value *v = resources->first; v; v = v->next) {
        if (!account_json_is_resource(v->key, v, error))
            return NULL;
    }
    return account_new(resources, revision);
}

struct account *account_json_read_resources(struct str text, uint64_t revision,
                                            struct error *error)
{
    struct region region = {NULL};
    const struct value *resources = account_json_read(&region, text, error);
    struct account *account =
        resources ? account_json_account(resources, revision, error) : NULL;

    region_end(&region);
    return account;
}
