/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/logs_put.h"

void logs_put_begin(struct logs_put *put, struct text *text, struct str group,
                    struct str stream)
{
    *put = (struct logs_put){.text = text};
    text->n = 0;
    TEXT_LITERAL(text, "{\"logGroupName\":");
    text_json(text, group);
    TEXT_LITERAL(text, ",\"logStreamName\":");
    text_json(text, stream);
    TEXT_LITERAL(text, ",\"logEvents\":[");
}

bool logs_put_add(struct logs_put *put, int64_t time_ms, struct str message)
{
    struct text *t = put->text;
    size_t before = t->n;
    size_t bytes = message.n + LOGS_EVENT_BYTES;

    if (put->n == LOGS_PUT_EVENTS || put->bytes + bytes > LOGS_PUT_BYTES)
        return false;
    if (put->n)
        text_char(t, ',');
    text_printf(t, "{\"timestamp\":%lld,\"message\":", (long long)time_ms);
    text_json(t, message);
    text_char(t, '}');
    if (!text_ok(t) || t->cap - t->n < 2) {
        t->n = before;
        t->overflow = false;
        return false;
    }
    put->n++;
    put->bytes += bytes;
    return true;
}

struct str logs_put_end(struct logs_put *put)
{
    TEXT_LITERAL(put->text, "]}");
    return text_str(put->text);
}

void logs_put_stream(struct text *t, struct str group, struct str stream)
{
    TEXT_LITERAL(t, "{\"logGroupName\":");
    text_json(t, group);
    TEXT_LITERAL(t, ",\"logStreamName\":");
    text_json(t, stream);
    text_char(t, '}');
}

/* An index of an event, at most n. */
static unsigned index_of(const struct value *info, const char *name,
                         unsigned fallback, unsigned n)
{
    const struct value *v = value_get(info, str_of(name));
    uint64_t index;

    if (v == NULL || !str_to_u64(v->text, UINT32_MAX, &index))
        return fallback;
    return index < n ? (unsigned)index : n;
}

unsigned logs_put_rejected(const struct value *answer, unsigned n)
{
    const struct value *info =
        answer ? value_get(answer, STR("rejectedLogEventsInfo")) : NULL;
    unsigned old;
    unsigned expired;
    unsigned first_new;

    if (info == NULL || info->kind != VALUE_MAP)
        return 0;
    old = index_of(info, "tooOldLogEventEndIndex", 0, n);
    expired = index_of(info, "expiredLogEventEndIndex", 0, n);
    first_new = index_of(info, "tooNewLogEventStartIndex", n, n);
    old = old > expired ? old : expired;
    return first_new > old ? old + n - first_new : n;
}

static bool is_group_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/' ||
           c == '.' || c == '#';
}

bool logs_group_is_one(struct str group, const char **why)
{
    *why = NULL;
    if (group.n == 0 || group.n > LOGS_GROUP_MAX)
        *why = "must have 1 to 512 characters";
    else if (str_starts(group, STR("aws/")))
        *why = "begins with aws/, which is reserved for services of AWS";
    for (size_t i = 0; *why == NULL && i < group.n; i++)
        if (!is_group_byte(group.p[i]))
            *why = "may have letters, digits and _ - / . # only";
    return *why == NULL;
}
