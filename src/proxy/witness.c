/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/witness.h"

/* ---- guessing what a regex matches --------------------------------------- */

/* Goes through a regex from left to right and takes the first of all choices.
 * It need not understand all of them: what it puts is tried. */
struct sketch {
    struct str rest;
    struct text *t;
};

static char class_example(char letter)
{
    switch (letter) {
    case 'd':
        return '0';
    case 'w':
        return 'a';
    case 's':
        return ' ';
    case 'D':
    case 'W':
    case 'S':
        return '-';
    case 'A':
    case 'b':
    case 'B':
    case 'z':
        return 0;
    default:
        return letter;
    }
}

static char next(struct sketch *s)
{
    char c = *s->rest.p++;

    s->rest.n--;
    return c;
}

static void sketch_escape(struct sketch *s)
{
    char c = s->rest.n ? class_example(next(s)) : 0;

    if (c)
        text_char(s->t, c);
}

/* Behind a "[". */
static void sketch_set(struct sketch *s)
{
    char c = s->rest.n ? next(s) : 0;

    if (c == '^')
        text_char(s->t, '~');
    else if (c == '\\')
        sketch_escape(s);
    else if (c)
        text_char(s->t, c);
    while (s->rest.n && next(s) != ']')
        ;
}

/* Behind a "{": the last character again and again, to the minimum. */
static void sketch_repeat(struct sketch *s)
{
    char last = s->t->n ? s->t->p[s->t->n - 1] : 'x';
    unsigned n = 0;
    char c;

    while (s->rest.n && (c = next(s)) >= '0' && c <= '9' && n < 1000)
        n = n * 10 + (unsigned)(c - '0');
    while (s->rest.n && s->rest.p[-1] != '}')
        next(s);
    for (; n > 1; n--)
        text_char(s->t, last);
}

/* Behind a "(": what is not part of the group's own pattern. */
static void skip_group_kind(struct sketch *s)
{
    if (s->rest.n == 0 || *s->rest.p != '?')
        return;
    while (s->rest.n && *s->rest.p != ')') {
        char c = next(s);

        if (c == ':' || c == '>')
            return;
    }
}

/* Behind a "|": to the end of the group, since its first choice was taken. */
static void skip_choices(struct sketch *s)
{
    unsigned depth = 0;

    while (s->rest.n && (depth || *s->rest.p != ')')) {
        char c = next(s);

        if (c == '\\' && s->rest.n)
            next(s);
        else if (c == '(')
            depth++;
        else if (c == ')')
            depth--;
    }
}

static void sketch_regex(struct text *t, struct str regex)
{
    struct sketch s = {.rest = regex, .t = t};

    while (s.rest.n) {
        char c = next(&s);

        if (c == '\\')
            sketch_escape(&s);
        else if (c == '[')
            sketch_set(&s);
        else if (c == '{')
            sketch_repeat(&s);
        else if (c == '(')
            skip_group_kind(&s);
        else if (c == '|')
            skip_choices(&s);
        else if (c == '.')
            text_char(t, 'x');
        else if (!strchr("^$)*+?", c))
            text_char(t, c);
    }
}

/* ---- one value ----------------------------------------------------------- */

static struct str filling_of(unsigned variant)
{
    static const char *const fillings[] = {"x", "", "zq7"};

    return str_of(fillings[variant % 3]);
}

static void guess_text(struct text *t, const struct condition *condition,
                       unsigned i, unsigned variant)
{
    const struct condition_value *value = &condition->values[i];
    size_t begin = t->n;

    if (value->regex)
        sketch_regex(t, condition->config->values[i].value);
    else
        pattern_put_example(t, value->pattern, filling_of(variant));
    /* What has no begin of its own may stand behind any. */
    if (condition->config->field != CONDITION_PATH ||
        (t->n > begin && t->p[begin] == '/'))
        return;
    text_char(t, '/');
    if (text_ok(t)) {
        memmove(t->p + begin + 1, t->p + begin, t->n - begin - 1);
        t->p[begin] = '/';
    }
}

/* An address of the block; not the first, which often is nobody's. */
static struct address address_in(const struct cidr *cidr)
{
    struct address a = cidr->base;
    unsigned bits = a.family == 4 ? 32 : 128;

    if (cidr->bits + 1 < bits)
        a.ip[bits / 8 - 1] |= 1;
    return a;
}

static void guess(struct text *t, const struct condition *condition, unsigned i,
                  unsigned variant)
{
    const struct condition_value *value = &condition->values[i];

    switch (condition->config->field) {
    case CONDITION_HOST:
    case CONDITION_PATH:
    case CONDITION_HEADER:
        guess_text(t, condition, i, variant);
        break;
    case CONDITION_METHOD:
        text_str_put(t, condition->config->values[i].value);
        break;
    case CONDITION_QUERY:
        if (value->key)
            pattern_put_example(t, value->key, filling_of(variant));
        else
            TEXT_LITERAL(t, "x");
        text_char(t, '=');
        pattern_put_example(t, value->pattern, filling_of(variant));
        break;
    case CONDITION_SOURCE_IP: /* no text */
        break;
    }
}

/* ---- a whole request ----------------------------------------------------- */

static struct str begin_at(struct text *t)
{
    return str_make(t->p + t->n, 0);
}

static struct str end_at(const struct text *t, struct str s)
{
    s.n = (size_t)(t->p + t->n - s.p);
    return s;
}

static bool add_field(struct witness *w, struct text *t, struct str name,
                      struct str value)
{
    struct field *f = &w->v[w->fields.n];

    if (w->fields.n == WITNESS_FIELDS || name.n > UINT16_MAX ||
        value.n > UINT16_MAX)
        return false;
    *f = (struct field){.name = (uint32_t)t->n,
                        .name_len = (uint16_t)name.n,
                        .value = (uint32_t)(value.p - t->p),
                        .value_len = (uint16_t)value.n};
    f->id = (uint16_t)field_id_of(name);
    text_str_put(t, name);
    w->fields.n++;
    return text_ok(t);
}

/* One parameter more; they need not be next to each other in the room. */
static struct str join_query(struct text *t, struct str query, struct str more)
{
    struct str all = begin_at(t);

    text_str_put(t, query);
    text_char(t, '&');
    text_str_put(t, more);
    return end_at(t, all);
}

static bool add_condition(struct witness *w, struct text *t,
                          const struct condition *condition, unsigned variant)
{
    unsigned n = condition->config->nvalues;
    unsigned i = n ? variant / 3 % n : 0;
    struct route_request *r = &w->request;
    struct str s = begin_at(t);

    if (n == 0)
        return false;
    guess(t, condition, i, variant);
    s = end_at(t, s);
    switch (condition->config->field) {
    case CONDITION_HOST:
        r->host = s;
        break;
    case CONDITION_PATH:
        r->path = s;
        break;
    case CONDITION_HEADER:
        return add_field(w, t, condition->config->header, s);
    case CONDITION_METHOD:
        r->method = s;
        break;
    case CONDITION_QUERY:
        r->query = r->query.n ? join_query(t, r->query, s) : s;
        break;
    case CONDITION_SOURCE_IP:
        w->client = address_in(&condition->values[i].cidr);
        w->has_client = true;
        break;
    }
    return text_ok(t);
}

static void begin(struct witness *w)
{
    *w = (struct witness){
        .request = {.method = STR("GET"),
                    .host = STR("example.com"),
                    .path = STR("/"),
                    .query = STR(""),
                    .fields = &w->fields,
                    .client = &w->client},
        .fields = {.base = w->room, .v = w->v, .cap = WITNESS_FIELDS},
        .client = {.ip = {192, 0, 2, 1}, .family = 4}, /* RFC 5737 */
    };
}

static bool all_match(const struct witness *w,
                      const struct condition *conditions, unsigned n,
                      struct linear_scratch *scratch)
{
    char room[ROUTE_ROOM];
    struct route_view view;

    if (!route_view_init(&view, &w->request))
        route_view_normalise(&view, room);
    for (unsigned i = 0; i < n; i++) {
        if (condition_match(&conditions[i], &view, scratch) < 0)
            return false;
    }
    return true;
}

/* What no client could send: nothing that a message should offer. */
static bool can_be_sent(const struct witness *w)
{
    const struct route_request *r = &w->request;

    return r->method.n && r->host.n && r->path.n && r->path.p[0] == '/' &&
           !memchr(r->path.p, ' ', r->path.n) &&
           !memchr(r->path.p, '?', r->path.n) &&
           !memchr(r->host.p, '/', r->host.n) &&
           !memchr(r->host.p, ' ', r->host.n) &&
           (r->query.n == 0 || !memchr(r->query.p, ' ', r->query.n));
}

bool witness_make(struct witness *w, const struct condition *conditions,
                  unsigned n, unsigned variant, struct linear_scratch *scratch)
{
    struct text t = text_in(w->room, sizeof(w->room));

    begin(w);
    for (unsigned i = 0; i < n; i++) {
        if (!add_condition(w, &t, &conditions[i], variant))
            return false;
    }
    return can_be_sent(w) && all_match(w, conditions, n, scratch);
}

bool witness_put_value(struct text *t, const struct condition *condition,
                       unsigned i, unsigned variant,
                       struct linear_scratch *scratch)
{
    struct witness w;

    /* The variant that goes for value `i`. */
    variant = variant % 3 + 3 * i;
    if (!witness_make(&w, condition, 1, variant, scratch))
        return false;
    switch (condition->config->field) {
    case CONDITION_HOST:
        text_str_put(t, w.request.host);
        break;
    case CONDITION_PATH:
        text_str_put(t, w.request.path);
        break;
    case CONDITION_HEADER:
        text_str_put(t, field_value(&w.fields, &w.v[0]));
        break;
    case CONDITION_METHOD:
        text_str_put(t, w.request.method);
        break;
    case CONDITION_QUERY:
        text_str_put(t, w.request.query);
        break;
    case CONDITION_SOURCE_IP:
        address_put_ip(t, &w.client);
        break;
    }
    return true;
}

static bool is_usual_port(const struct config_listener *listener)
{
    return listener->port == (listener->protocol == PROTOCOL_HTTPS ? 443 : 80);
}

void witness_put(struct text *t, const struct witness *w,
                 const struct config_listener *listener)
{
    const struct route_request *r = &w->request;

    text_str_put(t, r->method);
    if (listener->protocol == PROTOCOL_HTTPS)
        TEXT_LITERAL(t, " https://");
    else
        TEXT_LITERAL(t, " http://");
    text_str_put(t, r->host);
    if (!is_usual_port(listener))
        text_printf(t, ":%u", listener->port);
    text_str_put(t, r->path);
    if (r->query.n)
        text_char(t, '?');
    text_str_put(t, r->query);
    for (unsigned i = 0; i < w->fields.n; i++) {
        text_str_put(t, i ? STR(" and ") : STR(" with "));
        text_str_put(t, field_name(&w->fields, &w->v[i]));
        TEXT_LITERAL(t, ": ");
        text_str_put(t, field_value(&w->fields, &w->v[i]));
    }
    if (w->has_client) {
        TEXT_LITERAL(t, " from ");
        address_put_ip(t, r->client);
    }
}
