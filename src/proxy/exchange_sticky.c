/* SPDX-License-Identifier: Apache-2.0
 *
 * Stickiness: which cookies of a request are followed, and which its response
 * sets (alb.md 3.5).
 *
 * A response sets cookies only when a target made it, and they name the target
 * that did: a request that had to go elsewhere moves its client.
 */
#include "lb/sticky.h"
#include "proxy/exchange.h"

enum {
    WEEK_S = 7 * 24 * 3600,
    SETTING_MAX = STICKY_SHARD_MAX + 256,
    /* The worker's text: in front what is set, behind it the shards. */
    TEXT_HALF = WORKER_TEXT / 2,
};

_Static_assert(TEXT_HALF >= SETTING_MAX * EXCHANGE_COOKIES_MAX &&
                   TEXT_HALF >= STICKY_SHARD_MAX * STICKY_SHARDS,
               "all cookies of a response fit");

struct exchange_sticky {
    bool of_group;  /* AWSALBTG is due */
    bool of_target; /* the group has stickiness, of one type or the other */
    bool session;   /* app_cookie: there is one already, here or elsewhere */
    bool cross;     /* app_cookie: the browser wants SameSite=None */
    bool counted;   /* in non_sticky_requests */
    uint8_t shards; /* AWSALBAPP that came, as bits */
    uint16_t hint;
    struct sticky_list *list; /* of groups with app_cookie; NULL: nothing */
};

static struct exchange_sticky *begin(struct exchange *ex)
{
    if (ex->sticky == NULL && ex->worker->seal) {
        ex->sticky = arena_take(&ex->arena, sizeof(*ex->sticky));
        if (ex->sticky)
            *ex->sticky = (struct exchange_sticky){.of_group = false};
    }
    return ex->sticky;
}

/* ---- target groups ------------------------------------------------------- */

static enum sticky_verdict judge_group(struct exchange *ex, unsigned *choice)
{
    struct sticky_cookies cookies;
    struct sticky_entry entry;

    sticky_collect(&cookies, &ex->request->fields, STR(""));
    if (cookies.group.p == NULL)
        return STICKY_NONE;
    if (!sticky_open(ex->worker->seal, STICKY_OF_GROUP, cookies.group, &entry))
        return STICKY_UNREADABLE;
    return sticky_judge_group(&entry, ex->action->groups, ex->action->ngroups,
                              clock_wall_ms(), choice);
}

struct group *exchange_sticky_group(struct exchange *ex)
{
    struct exchange_sticky *s = begin(ex);
    enum sticky_verdict verdict;
    unsigned choice = 0;

    if (s == NULL)
        return action_group(ex->action);
    s->of_group = true;
    verdict = judge_group(ex, &choice);
    exchange_explain_more(ex, "group-sticky", sticky_word(verdict));
    if (verdict == STICKY_ACCEPTED)
        return ex->action->groups[choice];
    if (verdict == STICKY_UNREADABLE && ex->record)
        ex->record->texts[ACCESS_ERROR_REASON] = STR("AWSALBTGCookieInvalid");
    return action_group(ex->action);
}

/* ---- targets ------------------------------------------------------------- */

static void count_anew(struct exchange *ex)
{
    struct counters *counters = &ex->worker->counters;

    if (ex->sticky->counted)
        return;
    ex->sticky->counted = true;
    COUNTER_ADD(counters, non_sticky_requests, 1);
    exchange_meter(ex, BALANCER_non_sticky);
    if (ex->group->config->attributes.stickiness_type != STICKINESS_APP_COOKIE)
        return;
    COUNTER_ADD(counters, app_cookie_non_stickiness, 1);
    exchange_meter(ex, BALANCER_app_cookie_non_stickiness);
}

static enum sticky_verdict follow(struct exchange *ex,
                                  const struct sticky_entry *entry,
                                  struct target **target)
{
    ex->sticky->hint = entry->hint;
    return sticky_judge(entry, ex->group, clock_wall_ms(), target);
}

static enum sticky_verdict judge_lb(struct exchange *ex, struct target **target)
{
    struct sticky_cookies cookies;
    struct sticky_entry entry;

    sticky_collect(&cookies, &ex->request->fields, STR(""));
    if (cookies.target.p == NULL)
        return STICKY_NONE;
    if (!sticky_open(ex->worker->seal, STICKY_OF_TARGET, cookies.target,
                     &entry))
        return STICKY_UNREADABLE;
    return follow(ex, &entry, target);
}

static void note_shards(struct exchange_sticky *s,
                        const struct sticky_cookies *cookies)
{
    for (unsigned i = 0; i < STICKY_SHARDS; i++) {
        if (sticky_is_shard(cookies->app[i]))
            s->shards |= (uint8_t)(1u << i);
    }
}

static enum sticky_verdict judge_app(struct exchange *ex,
                                     struct target **target)
{
    struct exchange_sticky *s = ex->sticky;
    const struct sticky_entry *entry;
    struct sticky_cookies cookies;
    enum sticky_verdict verdict;

    sticky_collect(&cookies, &ex->request->fields,
                   ex->group->config->attributes.app_cookie_name);
    s->cross = sticky_wants_same_site(&ex->request->fields);
    note_shards(s, &cookies);
    if (!sticky_is_shard(cookies.app[0]))
        return STICKY_NONE;
    s->list = arena_take(&ex->arena, sizeof(*s->list));
    if (s->list == NULL ||
        !sticky_open_list(ex->worker->seal, cookies.app, s->list))
        return STICKY_UNREADABLE;
    if (!cookies.application)
        return STICKY_NO_APP_COOKIE;
    entry = sticky_find(s->list, &ex->group->identity);
    if (entry == NULL)
        return STICKY_OTHER_GROUP;
    verdict = follow(ex, entry, target);
    s->session = verdict != STICKY_EXPIRED;
    return verdict;
}

struct target *exchange_sticky_target(struct exchange *ex)
{
    struct exchange_sticky *s = begin(ex);
    struct target *target = NULL;
    enum sticky_verdict verdict;

    if (s == NULL)
        return group_choose(ex->zone, &ex->worker->loop.random);
    s->of_target = true;
    verdict =
        ex->group->config->attributes.stickiness_type == STICKINESS_APP_COOKIE
            ? judge_app(ex, &target)
            : judge_lb(ex, &target);
    exchange_explain_more(ex, "sticky", sticky_word(verdict));
    if (verdict == STICKY_ACCEPTED)
        return target;
    target = group_choose(ex->zone, &ex->worker->loop.random);
    if (target)
        count_anew(ex);
    return target;
}

void exchange_sticky_moved(struct exchange *ex)
{
    if (!ex->sticky->of_target)
        return;
    exchange_explain_more(ex, "sticky", sticky_word(STICKY_TARGET_UNREACHABLE));
    count_anew(ex);
}

/* ---- what the response sets ---------------------------------------------- */

/* The date a week ahead, which is when browsers forget our cookies: the real
 * end stands inside. */
static struct str expires(struct worker *w)
{
    int64_t seconds = clock_wall_seconds() + WEEK_S;

    if (seconds != w->week_ahead) {
        clock_http_date(seconds, w->expires);
        w->week_ahead = seconds;
    }
    return str_make(w->expires, sizeof(w->expires));
}

struct setting {
    struct exchange *ex;
    struct response_out *out;
    struct text text;
    struct str expires;
    bool secure; /* the client came by HTTPS */
};

/* `cross`: requests of other sites bring it as well. */
static void set_cookie(struct setting *to, struct str name, struct str value,
                       bool cross)
{
    enum sticky_scope scope = to->secure ? STICKY_ALL_SECURE : STICKY_ALL;
    size_t begin = to->text.n;

    sticky_put_cookie(&to->text, name, value, to->expires,
                      cross ? scope : STICKY_SITE);
    if (text_ok(&to->text) && to->out->nadded < ADDED_FIELDS_MAX)
        to->out->added[to->out->nadded++] = (struct added_field){
            STR("Set-Cookie"),
            str_make(to->text.p + begin, to->text.n - begin)};
}

/* The same value by two names, for this site's requests and for others'. */
static void set_both(struct setting *to, enum sticky_kind kind,
                     const struct sticky_entry *entry, struct str name,
                     struct str cors)
{
    char room[STICKY_VALUE_LEN];
    struct text value = text_in(room, sizeof(room));

    if (!sticky_put(&value, to->ex->worker->seal, kind, entry))
        return;
    set_cookie(to, name, text_str(&value), false);
    set_cookie(to, cors, text_str(&value), true);
}

static void set_group(struct setting *to)
{
    struct exchange *ex = to->ex;
    struct sticky_entry entry = {.group = ex->group->identity,
                                 .expires_ms =
                                     clock_wall_ms() +
                                     ex->action->config->u.forward.sticky_ms};

    set_both(to, STICKY_OF_GROUP, &entry, STR("AWSALBTG"), STR("AWSALBTGCORS"));
}

static struct sticky_entry entry_of(const struct exchange *ex, uint32_t ms)
{
    return sticky_entry_of(ex->group, ex->target, ex->sticky->hint,
                           clock_wall_ms() + ms);
}

static void set_lb(struct setting *to)
{
    struct sticky_entry entry =
        entry_of(to->ex, to->ex->group->config->attributes.lb_cookie_ms);

    set_both(to, STICKY_OF_TARGET, &entry, STR("AWSALB"), STR("AWSALBCORS"));
}

static void set_shard(struct setting *to, unsigned i, struct str value)
{
    char name[] = "AWSALBAPP-0";

    name[sizeof(name) - 2] = (char)('0' + i);
    set_cookie(to, str_of(name), value, to->ex->sticky->cross);
}

/* The list as it is from now on: the groups of others, and this one when its
 * targets have a session for the client. */
static bool renew_list(struct exchange *ex)
{
    const struct group_attributes *a = &ex->group->config->attributes;
    struct exchange_sticky *s = ex->sticky;
    bool session =
        s->session || cookie_is_set(&ex->response->fields, a->app_cookie_name);
    struct sticky_entry entry;

    if (s->list)
        sticky_drop(s->list, &ex->group->identity, clock_wall_ms());
    if (!session)
        return s->list && s->list->n;
    if (s->list == NULL) {
        s->list = arena_take(&ex->arena, sizeof(*s->list));
        if (s->list == NULL)
            return false;
        s->list->n = 0;
    }
    entry = entry_of(ex, a->app_cookie_ms);
    sticky_add(s->list, &entry);
    return true;
}

static void set_app(struct setting *to)
{
    struct exchange_sticky *s = to->ex->sticky;
    struct text t = text_in(to->ex->worker->text + TEXT_HALF, TEXT_HALF);
    struct str shards[STICKY_SHARDS];
    unsigned n = 0;

    if (renew_list(to->ex))
        n = sticky_put_list(&t, to->ex->worker->seal, s->list, shards);
    for (unsigned i = 0; i < n; i++)
        set_shard(to, i, shards[i]);
    for (unsigned i = n; i < STICKY_SHARDS; i++) {
        if (n == 0 || s->shards >> i & 1)
            set_shard(to, i, STR("_remove_"));
    }
}

void exchange_sticky_cookies(struct exchange *ex, struct response_out *out)
{
    struct setting to = {
        .ex = ex,
        .out = out,
        .text = text_in(ex->worker->text, TEXT_HALF),
        .expires = expires(ex->worker),
        .secure = ex->table->config->protocol == PROTOCOL_HTTPS,
    };

    if (ex->sticky->of_group)
        set_group(&to);
    if (!ex->sticky->of_target)
        return;
    if (ex->group->config->attributes.stickiness_type == STICKINESS_APP_COOKIE)
        set_app(&to);
    else
        set_lb(&to);
}
