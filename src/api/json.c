/* SPDX-License-Identifier: Apache-2.0 */
#include "api/json.h"

static void put_key(struct json *j, const char *key)
{
    if (j->more)
        text_char(j->t, ',');
    j->more = true;
    if (key) {
        text_char(j->t, '"');
        text_str_put(j->t, str_of(key));
        TEXT_LITERAL(j->t, "\":");
    }
}

void json_begin(struct json *j, const char *key, char open)
{
    bool element = key == NULL && j->t->n;

    put_key(j, key);
    if (element)
        text_char(j->t, '\n');
    text_char(j->t, open);
    j->more = false;
}

void json_end(struct json *j, char close)
{
    text_char(j->t, close);
    j->more = true;
}

void json_str(struct json *j, const char *key, struct str value)
{
    put_key(j, key);
    text_json(j->t, value);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    put_key(j, key);
    text_u64(j->t, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    put_key(j, key);
    text_str_put(j->t, value ? STR("true") : STR("false"));
}
