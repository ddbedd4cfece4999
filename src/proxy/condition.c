/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/condition.h"

#include <stdlib.h>

#include "base/memory.h"
#include "match/query.h"

struct str condition_field_name(enum condition_field field)
{
    static const char *const names[] = {
        [CONDITION_HOST] = "host-header",
        [CONDITION_PATH] = "path-pattern",
        [CONDITION_HEADER] = "http-header",
        [CONDITION_METHOD] = "http-request-method",
        [CONDITION_QUERY] = "query-string",
        [CONDITION_SOURCE_IP] = "source-ip",
    };

    return str_of(names[field]);
}

/* ---- compiling ----------------------------------------------------------- */

static bool compile_regex(struct condition_value *value,
                          const struct config_condition *config,
                          const struct config_match *match,
                          const struct place *place, struct report *report)
{
    struct str name = condition_field_name(config->field);
    struct error error = {""};

    value->regex =
        linear_new(match->value, config->field != CONDITION_PATH, &error);
    if (value->regex)
        return true;
    report_error(report, place,
                 "regex \"" STR_FMT "\" of a " STR_FMT " condition: %s\n"
                 "write it in RE2's syntax, as ALB wants it; there is no "
                 "look-around, no backreference and no \\p{..}",
                 STR_ARG(match->value), STR_ARG(name), error.text);
    return false;
}

static bool compile_cidr(struct condition_value *value,
                         const struct config_match *match,
                         const struct place *place, struct report *report)
{
    if (cidr_parse(match->value, &value->cidr))
        return true;
    report_error(report, place,
                 "\"" STR_FMT "\" of a source-ip condition is no CIDR block\n"
                 "write an address and how many of its bits count, such as "
                 "192.0.2.0/24 or 2001:db8::/32",
                 STR_ARG(match->value));
    return false;
}

static bool compile_value(struct condition_value *value,
                          const struct config_condition *config,
                          const struct config_match *match,
                          const struct place *place, struct report *report)
{
    enum pattern_case fold =
        config->field == CONDITION_PATH ? PATTERN_EXACT_CASE : PATTERN_ANY_CASE;

    switch (config->field) {
    case CONDITION_HOST:
    case CONDITION_PATH:
    case CONDITION_HEADER:
        if (config->regex)
            return compile_regex(value, config, match, place, report);
        value->pattern = pattern_new(match->value, fold, false);
        return true;
    case CONDITION_QUERY:
        value->pattern = pattern_new(match->value, fold, true);
        if (match->has_key)
            value->key = pattern_new(match->key, fold, true);
        return true;
    case CONDITION_SOURCE_IP:
        return compile_cidr(value, match, place, report);
    case CONDITION_METHOD:
        break;
    }
    return true;
}

bool condition_init(struct condition *condition,
                    const struct config_condition *config,
                    const struct config_condition *written,
                    struct report *report)
{
    bool ok = true;

    condition->config = config;
    condition->values =
        memory_zeroed(config->nvalues + 1, sizeof(*condition->values));
    for (unsigned i = 0; i < config->nvalues; i++) {
        if (!compile_value(&condition->values[i], config, &config->values[i],
                           &written->values[i].place, report))
            ok = false;
    }
    return ok;
}

void condition_end(struct condition *condition)
{
    for (unsigned i = 0; i < condition->config->nvalues; i++) {
        struct condition_value *value = &condition->values[i];

        pattern_free(value->pattern);
        pattern_free(value->key);
        if (value->regex)
            linear_free(value->regex);
    }
    free(condition->values);
}

void condition_need_add(const struct condition *condition,
                        struct linear_need *need)
{
    for (unsigned i = 0; i < condition->config->nvalues; i++) {
        if (condition->values[i].regex)
            linear_need_add(need, condition->values[i].regex);
    }
}

/* ---- matching ------------------------------------------------------------ */

static bool value_matches(const struct condition_value *value, struct str text,
                          struct linear_scratch *scratch)
{
    if (value->regex)
        return linear_search(value->regex, scratch, text, NULL);
    return pattern_matches(value->pattern, text);
}

static int match_text(const struct condition *condition, struct str text,
                      struct linear_scratch *scratch)
{
    for (unsigned i = 0; text.p && i < condition->config->nvalues; i++) {
        if (value_matches(&condition->values[i], text, scratch))
            return (int)i;
    }
    return -1;
}

/* A value of a field for a regex, which does not leave out control characters
 * by itself.  Apart, so that only this needs the room. */
static __attribute__((noinline)) int
match_visible(const struct condition *condition, struct str text,
              struct linear_scratch *scratch)
{
    char room[ROUTE_ROOM];

    return match_text(condition, route_visible(text, room, sizeof(room)),
                      scratch);
}

/* The next field of the condition's name from `*i` on that was not dropped. */
static const struct field *next_field(const struct fields *fields,
                                      struct str name, unsigned *i)
{
    for (; fields && *i < fields->n; (*i)++) {
        const struct field *f = &fields->v[*i];

        if (f->name_len == name.n && !(f->flags & FIELD_DROPPED) &&
            str_ieq(field_name(fields, f), name)) {
            (*i)++;
            return f;
        }
    }
    return NULL;
}

static int match_header(const struct condition *condition,
                        const struct fields *fields,
                        struct linear_scratch *scratch, struct str *saw)
{
    bool regex = condition->config->regex;
    const struct field *f;
    unsigned i = 0;

    while ((f = next_field(fields, condition->config->header, &i)) != NULL) {
        struct str value = field_value(fields, f);
        int found = regex && route_has_control(value)
                        ? match_visible(condition, value, scratch)
                        : match_text(condition, value, scratch);

        if (saw && (saw->p == NULL || found >= 0))
            *saw = value;
        if (found >= 0)
            return found;
    }
    return -1;
}

static int match_method(const struct condition *condition, struct str method)
{
    for (unsigned i = 0; i < condition->config->nvalues; i++) {
        if (str_eq(condition->config->values[i].value, method))
            return (int)i;
    }
    return -1;
}

static int match_query(const struct condition *condition, struct str query,
                       struct str *saw)
{
    struct query_parameter found;

    for (unsigned i = 0; i < condition->config->nvalues; i++) {
        const struct condition_value *value = &condition->values[i];

        if (!query_find(query, value->key, value->pattern, &found))
            continue;
        if (saw)
            *saw = found.whole;
        return (int)i;
    }
    return -1;
}

static int match_source_ip(const struct condition *condition,
                           const struct address *client)
{
    for (unsigned i = 0; client && i < condition->config->nvalues; i++) {
        if (cidr_has(&condition->values[i].cidr, client))
            return (int)i;
    }
    return -1;
}

static int match(const struct condition *condition,
                 const struct route_view *view, struct linear_scratch *scratch,
                 struct str *saw)
{
    switch (condition->config->field) {
    case CONDITION_HOST:
        return match_text(condition, view->host, scratch);
    case CONDITION_PATH:
        return match_text(condition, view->path, scratch);
    case CONDITION_HEADER:
        return match_header(condition, view->fields, scratch, saw);
    case CONDITION_METHOD:
        return match_method(condition, view->method);
    case CONDITION_QUERY:
        return match_query(condition, view->query, saw);
    case CONDITION_SOURCE_IP:
        return match_source_ip(condition, view->client);
    }
    return -1;
}

int condition_match(const struct condition *condition,
                    const struct route_view *view,
                    struct linear_scratch *scratch)
{
    return match(condition, view, scratch, NULL);
}

/* ---- explaining ---------------------------------------------------------- */

/* What a condition looks at, before it is known what matches. */
static struct str looked_at(const struct condition *condition,
                            const struct route_view *view,
                            char room[CONDITION_ROOM])
{
    struct text t = text_in(room, CONDITION_ROOM);

    switch (condition->config->field) {
    case CONDITION_HOST:
        return view->host;
    case CONDITION_PATH:
        return view->path;
    case CONDITION_METHOD:
        return view->method;
    case CONDITION_QUERY:
        return view->query.n ? view->query : (struct str){NULL, 0};
    case CONDITION_SOURCE_IP:
        if (view->client == NULL)
            break;
        address_put_ip(&t, view->client);
        return text_str(&t);
    case CONDITION_HEADER: /* match_header() knows */
        break;
    }
    return (struct str){NULL, 0};
}

struct condition_trial condition_try(const struct condition *condition,
                                     const struct route_view *view,
                                     struct linear_scratch *scratch,
                                     char room[CONDITION_ROOM])
{
    struct condition_trial trial = {.condition = condition->config};

    trial.saw = looked_at(condition, view, room);
    trial.value = match(condition, view, scratch, &trial.saw);
    trial.matched = trial.value >= 0;
    return trial;
}
