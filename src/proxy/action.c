/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/action.h"

static void put_encoded(struct text *t, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t byte = (uint8_t)c;
    char code[3] = {'%', digits[byte >> 4], digits[byte & 15]};

    text_put(t, code, sizeof(code));
}

/* ---- compiling ----------------------------------------------------------- */

static const char *transform_name(enum transform_type type)
{
    return type == TRANSFORM_HOST ? "host-header-rewrite" : "url-rewrite";
}

/* The number of the group that a "$1" to "$9" at p[i] stands for; 0: it stands
 * for itself. */
static unsigned reference(struct str s, size_t i)
{
    if (s.p[i] != '$' || i + 1 >= s.n || s.p[i + 1] < '1' || s.p[i + 1] > '9')
        return 0;
    return (unsigned)(s.p[i + 1] - '0');
}

/* A byte that no request target has: SP, controls, "#". */
static bool is_no_target(char c)
{
    return (unsigned char)c <= 0x20 || c == 0x7f || c == '#';
}

static bool check_replace(const struct config_transform *transform,
                          unsigned groups, struct report *report)
{
    struct str replace = transform->replace;

    for (size_t i = 0; i < replace.n; i++) {
        unsigned n = reference(replace, i);

        if (n > groups) {
            report_add(report, PROBLEM_ERROR, &transform->place,
                       "put \"(\" and \")\" around the part of the regex that "
                       "it stands for",
                       "replacement \"" STR_FMT "\" of a %s transform has $%u, "
                       "but its regex has %u group%s",
                       STR_ARG(replace), transform_name(transform->type), n,
                       groups, groups == 1 ? "" : "s");
            return false;
        }
    }
    return true;
}

/* What can be compiled and will not do what it seems to say. */
static void doubt_replace(const struct config_transform *transform,
                          struct report *report)
{
    struct str replace = transform->replace;
    bool whole = false;
    bool odd = false;

    for (size_t i = 0; i < replace.n; i++) {
        whole |= str_starts(str_make(replace.p + i, replace.n - i), STR("$0"));
        odd |= transform->type == TRANSFORM_URL && is_no_target(replace.p[i]);
    }
    if (whole)
        report_add(report, PROBLEM_WARNING, &transform->place,
                   "put \"(\" and \")\" around the regex and write $1",
                   "replacement \"" STR_FMT
                   "\" of a %s transform has $0, which "
                   "stays as it is: groups are $1 to $9",
                   STR_ARG(replace), transform_name(transform->type));
    if (odd)
        report_add(report, PROBLEM_WARNING, &transform->place,
                   "write it percent-encoded, as in %20 for a space",
                   "replacement \"" STR_FMT "\" of a url-rewrite transform has "
                   "a character that no URL has: requests that its regex "
                   "matches are answered 500",
                   STR_ARG(replace));
}

/* The regex, when the rule had a transform with it. */
static struct linear *find_regex(const struct rule_action *before,
                                 const struct config_transform *transform)
{
    for (unsigned i = 0; before && i < before->rule->ntransforms; i++) {
        const struct config_transform *old = &before->rule->transforms[i];

        if (old->type == transform->type &&
            str_eq(old->regex, transform->regex))
            return old->type == TRANSFORM_HOST ? before->host.regex
                                               : before->url.regex;
    }
    return NULL;
}

static bool compile_transform(struct action_transform *to,
                              const struct config_transform *from,
                              const struct rule_action *before,
                              struct report *report)
{
    struct error error = {""};

    to->type = from->type;
    to->replace = from->replace;
    to->regex = linear_hold(find_regex(before, from));
    if (to->regex == NULL)
        to->regex =
            linear_new(from->regex, from->type == TRANSFORM_HOST, &error);
    if (to->regex == NULL) {
        report_add(report, PROBLEM_ERROR, &from->place,
                   "write it in RE2's syntax, as ALB wants it; there is no "
                   "look-around, no backreference and no \\p{..}",
                   "regex \"" STR_FMT "\" of a %s transform: %s",
                   STR_ARG(from->regex), transform_name(from->type),
                   error.text);
        return false;
    }
    doubt_replace(from, report);
    return check_replace(from, linear_groups(to->regex), report);
}

static void take_groups(struct rule_action *action, struct group *const *groups)
{
    const struct config_forward *forward = &action->config->u.forward;

    action->ngroups = forward->n;
    for (unsigned i = 0; i < forward->n; i++) {
        action->groups[i] = groups[forward->groups[i].group->index];
        action->weights[i] = forward->groups[i].weight;
    }
}

/* The port to write for one that the template has: where the listener of that
 * port is here. */
static uint16_t local_port(const struct config_listener *own, uint16_t port)
{
    const struct config_load_balancer *lb = own->load_balancer;

    if (port == own->port)
        return 0;
    for (unsigned i = 0; lb && i < lb->nlisteners; i++) {
        const struct config_listener *l = lb->listeners[i];

        if (l->port == port && l->bind.port)
            return l->bind.port;
    }
    return port;
}

bool action_init(struct rule_action *action,
                 const struct config_listener *listener,
                 const struct config_rule *rule, struct group *const *groups,
                 const struct rule_action *before, struct report *report)
{
    bool ok = true;
    uint64_t port;

    *action = (struct rule_action){
        .listener = listener, .rule = rule, .config = config_rule_action(rule)};
    action->type = action->config->type;
    if (action->type == ACTION_FORWARD)
        take_groups(action, groups);
    else if (action->type == ACTION_REDIRECT &&
             str_to_u64(action->config->u.redirect.port, UINT16_MAX, &port))
        action->redirect_port = local_port(listener, (uint16_t)port);
    for (unsigned i = 0; i < rule->ntransforms; i++) {
        const struct config_transform *from = &rule->transforms[i];

        ok &= compile_transform(from->type == TRANSFORM_HOST ? &action->host
                                                             : &action->url,
                                from, before, report);
    }
    return ok;
}

void action_resolve_port(struct rule_action *action,
                         const struct config_listener *listener, uint16_t local)
{
    uint64_t port;

    if (action->type != ACTION_REDIRECT || listener == action->listener ||
        listener->load_balancer != action->listener->load_balancer ||
        !str_to_u64(action->config->u.redirect.port, UINT16_MAX, &port))
        return;
    if (port == listener->port && port != action->listener->port)
        action->redirect_port = local;
}

void action_end(struct rule_action *action)
{
    linear_free(action->host.regex);
    linear_free(action->url.regex);
    action->host.regex = NULL;
    action->url.regex = NULL;
}

void action_need_add(const struct rule_action *action, struct linear_need *need)
{
    if (action->host.regex)
        linear_need_add(need, action->host.regex);
    if (action->url.regex)
        linear_need_add(need, action->url.regex);
}

/* ---- forward ------------------------------------------------------------- */

struct group *action_group(struct rule_action *action)
{
    int i = group_weighted(action->weights, action->ngroups, &action->cursor);

    return i < 0 ? NULL : action->groups[i];
}

/* ---- redirect ------------------------------------------------------------ */

/* A byte that a Location may not have as it is. */
static bool is_unsafe(char c)
{
    return (unsigned char)c <= 0x20 || (unsigned char)c >= 0x7f || c == '"' ||
           c == '<' || c == '>';
}

static void put_own(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_unsafe(s.p[i]))
            put_encoded(t, s.p[i]);
        else
            text_char(t, s.p[i]);
    }
}

/* What came with the request.  A "#" in it began no fragment. */
static void put_foreign(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_unsafe(s.p[i]) || s.p[i] == '#')
            put_encoded(t, s.p[i]);
        else
            text_char(t, s.p[i]);
    }
}

struct redirect {
    const struct rule_action *action;
    const struct route_request *request;
    uint16_t port;
};

static void put_protocol(struct text *t, const struct redirect *r)
{
    if (r->action->listener->protocol == PROTOCOL_HTTPS)
        TEXT_LITERAL(t, "https");
    else
        TEXT_LITERAL(t, "http");
}

static void put_host(struct text *t, const struct redirect *r)
{
    const struct config_load_balancer *lb = r->action->listener->load_balancer;
    struct str host = authority_split(r->request->host, NULL);

    if (host.n == 0 && lb)
        host = lb->dns_name;
    if (host.n == 0)
        host = STR("localhost");
    put_foreign(t, host);
}

static void put_port(struct text *t, const struct redirect *r)
{
    text_u64(t, r->port);
}

static void put_path(struct text *t, const struct redirect *r)
{
    struct str path = r->request->path;

    if (path.n && path.p[0] == '/') {
        path.p++;
        path.n--;
    }
    put_foreign(t, path);
}

static void put_query(struct text *t, const struct redirect *r)
{
    put_foreign(t, r->request->query);
}

static const struct keyword {
    struct str word;
    void (*put)(struct text *t, const struct redirect *r);
} keywords[] = {
    {{"#{protocol}", 11}, put_protocol}, {{"#{host}", 7}, put_host},
    {{"#{port}", 7}, put_port},          {{"#{path}", 7}, put_path},
    {{"#{query}", 8}, put_query},
};

static const struct keyword *find_keyword(struct str s)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
        if (str_starts(s, keywords[i].word))
            return &keywords[i];
    }
    return NULL;
}

/* A part with its keywords; the config has only those that belong there. */
static void put_part(struct text *t, const struct redirect *r, struct str part)
{
    while (part.n) {
        const char *mark = memchr(part.p, '#', part.n);
        const struct keyword *keyword;
        size_t n = mark ? (size_t)(mark - part.p) : part.n;

        put_own(t, str_make(part.p, n));
        part = str_make(part.p + n, part.n - n);
        if (part.n == 0)
            return;
        keyword = find_keyword(part);
        n = keyword ? keyword->word.n : 1;
        if (keyword)
            keyword->put(t, r);
        else
            text_char(t, '#');
        part = str_make(part.p + n, part.n - n);
    }
}

static void put_lower(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        text_char(t, str_lower(s.p[i]));
}

static void put_location(struct text *t, const struct redirect *r)
{
    const struct config_redirect *to = &r->action->config->u.redirect;
    size_t query;

    if (str_eq(to->protocol, STR("#{protocol}")))
        put_protocol(t, r);
    else
        put_lower(t, to->protocol);
    TEXT_LITERAL(t, "://");
    put_part(t, r, to->host);
    text_char(t, ':');
    text_u64(t, r->action->redirect_port ? r->action->redirect_port : r->port);
    put_part(t, r, to->path);
    text_char(t, '?');
    query = t->n;
    put_part(t, r, to->query);
    if (t->n == query && text_ok(t))
        t->n--; /* no "?" of its own */
}

bool action_location(struct text *t, const struct rule_action *action,
                     const struct route_request *request, uint16_t port)
{
    struct redirect r = {.action = action, .request = request, .port = port};
    size_t room = t->cap - t->n;
    /* one more for a "?" that is taken back */
    struct text location =
        text_in(t->p + t->n, room < LOCATION_MAX + 1 ? room : LOCATION_MAX + 1);

    put_location(&location, &r);
    if (!text_ok(&location) || location.n > LOCATION_MAX)
        return false;
    t->n += location.n;
    return true;
}

/* ---- transforms ---------------------------------------------------------- */

static void put_piece(struct text *t, const struct action_transform *transform,
                      struct str s)
{
    if (transform->type == TRANSFORM_HOST) {
        text_str_put(t, s);
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (is_no_target(s.p[i]))
            put_encoded(t, s.p[i]);
        else
            text_char(t, s.p[i]);
    }
}

static void put_replacement(struct text *t,
                            const struct action_transform *transform,
                            const struct str *groups)
{
    struct str replace = transform->replace;

    for (size_t i = 0; i < replace.n; i++) {
        unsigned n = reference(replace, i);

        if (n) {
            put_piece(t, transform, groups[n]);
            i++;
        } else {
            text_char(t, replace.p[i]);
        }
    }
}

static bool is_host_byte(char c)
{
    char l = str_lower(c);

    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_host_byte(s.p[i]))
            return false;
    }
    return s.n && s.p[0] != ':';
}

static bool is_target(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_no_target(s.p[i]))
            return false;
    }
    return s.n && s.p[0] == '/';
}

enum transform_result action_transform(struct text *t,
                                       const struct action_transform *transform,
                                       struct str text,
                                       struct linear_scratch *scratch)
{
    struct text to = text_in(t->p + t->n, t->cap - t->n);
    struct str groups[LINEAR_GROUPS_MAX];
    size_t begin;
    size_t end;

    if (!linear_search(transform->regex, scratch, text, groups))
        return TRANSFORM_UNCHANGED;
    begin = text.n ? (size_t)(groups[0].p - text.p) : 0;
    end = begin + groups[0].n;
    put_piece(&to, transform, str_make(text.p, begin));
    put_replacement(&to, transform, groups);
    if (end < text.n)
        put_piece(&to, transform, str_make(text.p + end, text.n - end));
    if (!text_ok(&to) ||
        (transform->type == TRANSFORM_HOST ? !is_host(text_str(&to))
                                           : !is_target(text_str(&to))))
        return TRANSFORM_FAILED;
    t->n += to.n;
    return TRANSFORM_DONE;
}
