/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- reading ------------------------------------------------------------- */

static _Noreturn void wrong(const char *what, struct str text)
{
    fprintf(stderr, "the test's rules: %s: " STR_FMT "\n", what, STR_ARG(text));
    abort();
}

/* Cuts `*rest` at the first `separator`; as str_cut(). */
static struct str cut(struct str *rest, const char *separator)
{
    size_t n = strlen(separator);
    const char *at = rest->n ? memmem(rest->p, rest->n, separator, n) : NULL;
    struct str item = *rest;

    if (at == NULL) {
        *rest = (struct str){NULL, 0};
        return str_trim(item);
    }
    item.n = (size_t)(at - item.p);
    rest->p = at + n;
    rest->n -= item.n + n;
    return str_trim(item);
}

static unsigned number(struct str text)
{
    uint64_t n;

    if (!str_to_u64(text, UINT32_MAX, &n))
        wrong("no number", text);
    return (unsigned)n;
}

static unsigned count(struct str text, const char *separator)
{
    unsigned n = 0;

    while (text.p) {
        cut(&text, separator);
        n++;
    }
    return n;
}

/* ---- rules --------------------------------------------------------------- */

static enum condition_field field_of(struct str word)
{
    static const char *const words[] = {"host",   "path",  "header",
                                        "method", "query", "ip"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (str_eq(word, str_of(words[i])))
            return i;
    }
    wrong("no condition", word);
}

static void read_value(struct config_match *match, struct str text, bool query)
{
    const char *equals = query ? memchr(text.p, '=', text.n) : NULL;

    match->value = text;
    match->has_key = equals != NULL;
    if (match->has_key)
        match->key = str_cut(&match->value, '=');
}

static void read_condition(struct rules *r, struct config_condition *c,
                           struct str text, const struct place *place)
{
    struct str word = str_cut(&text, ' ');

    c->place = *place;
    c->regex = word.n && word.p[word.n - 1] == '~';
    word.n -= c->regex;
    c->field = field_of(word);
    if (c->field == CONDITION_HEADER)
        c->header = str_cut(&text, ' ');
    if (text.p == NULL)
        text = STR("");
    c->values =
        region_take(&r->region, count(text, " | ") * sizeof(*c->values));
    while (text.p) {
        c->values[c->nvalues].place = *place;
        read_value(&c->values[c->nvalues++], cut(&text, " | "),
                   c->field == CONDITION_QUERY);
    }
}

static struct config_group *group_of(struct rules *r, struct str name)
{
    struct config_group *group;

    for (unsigned i = 0; i < r->config.ngroups; i++) {
        if (str_eq(r->groups[i]->id, name))
            return r->groups[i];
    }
    if (r->config.ngroups == RULES_GROUPS)
        wrong("too many groups", name);
    group = region_take(&r->region, sizeof(*group));
    group->id = group->name = name;
    group->index = r->config.ngroups;
    group->place = (struct place){"t.yaml", 100 + group->index, 1};
    group->health.enabled = true;
    group->health.path = STR("/");
    group->ntargets = 1;
    r->groups[r->config.ngroups++] = group;
    return group;
}

static void read_action(struct rules *r, struct config_action *action,
                        struct str text)
{
    if (str_starts(text, STR("redirect"))) {
        action->type = ACTION_REDIRECT;
        action->u.redirect = (struct config_redirect){
            301,        STR("HTTPS"),    STR("#{host}"),
            STR("443"), STR("/#{path}"), STR("#{query}")};
        return;
    }
    if (str_starts(text, STR("fixed "))) {
        action->type = ACTION_FIXED_RESPONSE;
        action->u.fixed.status = number(str_make(text.p + 6, text.n - 6));
        return;
    }
    action->type = ACTION_FORWARD;
    while (text.p) {
        struct str weight = cut(&text, ",");
        struct str name = str_cut(&weight, ' ');
        unsigned i = action->u.forward.n++;

        action->u.forward.groups[i].group = group_of(r, name);
        action->u.forward.groups[i].weight = weight.p ? number(weight) : 1;
    }
}

static void read_rule(struct rules *r, struct config_rule *rule,
                      struct str line)
{
    struct str conditions = cut(&line, "->");

    rule->nactions = 1;
    rule->actions = region_take(&r->region, sizeof(*rule->actions));
    read_action(r, rule->actions, str_trim(line));
    if (str_eq(conditions, STR("default"))) {
        rule->id = STR("default");
        return;
    }
    rule->priority = number(str_cut(&conditions, ' '));
    rule->id = cut(&conditions, ":");
    rule->conditions = region_take(&r->region, count(conditions, "; ") *
                                                   sizeof(*rule->conditions));
    while (conditions.p)
        read_condition(r, &rule->conditions[rule->nconditions++],
                       cut(&conditions, "; "), &rule->place);
}

void rules_make(struct rules *r, const char *text)
{
    struct str rest = str_of(text);
    struct config_listener *l = &r->listener;

    *r = (struct rules){.listener = {.id = STR("Web"), .port = 80}};
    r->listeners[0] = l;
    r->config.listeners = r->listeners;
    r->config.nlisteners = 1;
    r->config.groups = r->groups;
    l->rules = region_take(&r->region, count(rest, "\n") * sizeof(*l->rules));
    for (unsigned line = 1; rest.p; line++) {
        struct str one = str_trim(str_cut(&rest, '\n'));

        if (one.n == 0)
            continue;
        l->rules[l->nrules].place = (struct place){"t.yaml", line, 1};
        read_rule(r, &l->rules[l->nrules++], one);
    }
    r->router = router_new(l, NULL, &r->report);
    r->scratch = linear_scratch_new();
    if (r->router)
        router_scratch_fit(r->router, r->scratch);
}

void rules_end(struct rules *r)
{
    router_release(r->router);
    linear_scratch_free(r->scratch);
    report_end(&r->report);
    region_end(&r->region);
}

/* ---- requests ------------------------------------------------------------ */

static void read_field(struct ask *ask, struct str line)
{
    struct field *f = &ask->v[ask->fields.n++];
    struct str value = line;
    struct str name = str_cut(&value, ':');

    *f = (struct field){.id = FIELD_OTHER};
    if (name.n && name.p[0] == '!') {
        f->flags |= FIELD_DROPPED;
        name = str_make(name.p + 1, name.n - 1);
    }
    while (value.n && value.p[0] == ' ')
        value = str_make(value.p + 1, value.n - 1);
    f->name = (uint32_t)(name.p - ask->fields.base);
    f->name_len = (uint16_t)name.n;
    f->value = (uint32_t)(value.p - ask->fields.base);
    f->value_len = (uint16_t)value.n;
    f->id = (uint16_t)field_id_of(name);
}

const struct route_request *ask_make(struct ask *ask, const char *text)
{
    struct str rest = str_of(text);
    struct str line = str_cut(&rest, '\n');
    struct route_request *r = &ask->request;

    *ask = (struct ask){.fields = {.base = (char *)(uintptr_t)text,
                                   .v = ask->v,
                                   .cap = ASK_FIELDS}};
    ask->client = (struct address){.ip = {127, 0, 0, 1}, .family = 4};
    r->fields = &ask->fields;
    r->client = &ask->client;
    r->method = str_cut(&line, ' ');
    r->host = str_cut(&line, ' ');
    if (str_eq(r->host, STR("-")))
        r->host = STR("");
    r->query = cut(&line, " from ");
    if (line.p && !address_parse_ip(line, &ask->client))
        wrong("no address", line);
    r->path = str_cut(&r->query, '?');
    while (rest.p)
        read_field(ask, str_cut(&rest, '\n'));
    return r;
}

const char *rules_take(const struct rules *r,
                       const struct route_request *request)
{
    static char id[64];
    unsigned rule = router_match(r->router, request, r->scratch, NULL);

    snprintf(id, sizeof(id), STR_FMT, STR_ARG(r->listener.rules[rule].id));
    return id;
}

const char *rules_taker(const struct rules *r, const char *request)
{
    struct ask ask;

    return rules_take(r, ask_make(&ask, request));
}
