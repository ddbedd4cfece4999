/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/explain_cookies.h"

#include "base/clock.h"
#include "lb/sticky.h"

/* What there is to say of one cookie. */
struct finding {
    const char *cookie;
    bool opened; /* group, target and expires_ms are known */
    struct sticky_entry entry;
    const char *word;
    const char *sentence;
};

/* Where findings go, as they come. */
struct report_to {
    const struct explain_cookies *how;
    struct text *t;
    void (*put)(struct report_to *to, const struct finding *finding);
    bool more; /* one was written already */
};

static void judged(struct report_to *to, struct finding *f,
                   enum sticky_verdict verdict)
{
    f->word = sticky_word(verdict);
    f->sentence = sticky_sentence(verdict);
    to->put(to, f);
}

static void not_wanted(struct report_to *to, struct finding *f)
{
    f->word = "not-wanted";
    f->sentence = "not looked at: no target group of this rule has such "
                  "stickiness";
    to->put(to, f);
}

static void sealed(struct report_to *to, const char *cookie)
{
    struct finding f = {.cookie = cookie,
                        .word = "sealed",
                        .sentence = "cannot be opened without its key: add "
                                    "--cookie-key FILE"};

    to->put(to, &f);
}

/* ---- judging ------------------------------------------------------------- */

static struct group *find_group(const struct explain_cookies *how,
                                const struct group_identity *identity)
{
    for (unsigned i = 0; i < how->snapshot->ngroups; i++) {
        struct group *group = how->snapshot->groups[i];

        if (memcmp(&group->identity, identity, sizeof(*identity)) == 0)
            return group;
    }
    return NULL;
}

static bool forwards_to(const struct rule_action *action,
                        const struct group *group)
{
    for (unsigned i = 0; i < action->ngroups; i++) {
        if (action->groups[i] == group)
            return true;
    }
    return false;
}

static bool is_sticky(const struct group *group, enum stickiness_type type)
{
    return group->config->attributes.sticky &&
           group->config->attributes.stickiness_type == type;
}

/* Whether any group of the action has stickiness of this type. */
static bool wants(const struct rule_action *action, enum stickiness_type type)
{
    for (unsigned i = 0; i < action->ngroups; i++) {
        if (is_sticky(action->groups[i], type))
            return true;
    }
    return false;
}

/* An opened cookie that names a target. */
static void find_target(struct report_to *to, struct finding *f,
                        enum stickiness_type type)
{
    const struct explain_cookies *how = to->how;
    const struct group *group = find_group(how, &f->entry.group);
    struct target *target;

    if (!wants(how->action, type))
        not_wanted(to, f);
    else if (group == NULL || !forwards_to(how->action, group) ||
             !is_sticky(group, type))
        judged(to, f, STICKY_OTHER_GROUP);
    else
        judged(to, f, sticky_judge(&f->entry, group, how->now_ms, &target));
}

static void look_at_group(struct report_to *to,
                          const struct sticky_cookies *cookies)
{
    const struct explain_cookies *how = to->how;
    struct finding f = {.cookie =
                            cookies->group_cors ? "AWSALBTGCORS" : "AWSALBTG"};
    unsigned choice;

    if (how->seal == NULL) {
        sealed(to, f.cookie);
        return;
    }
    f.opened =
        sticky_open(how->seal, STICKY_OF_GROUP, cookies->group, &f.entry);
    if (how->action->type != ACTION_FORWARD ||
        !how->action->config->u.forward.sticky)
        not_wanted(to, &f);
    else if (!f.opened)
        judged(to, &f, STICKY_UNREADABLE);
    else
        judged(to, &f,
               sticky_judge_group(&f.entry, how->action->groups,
                                  how->action->ngroups, how->now_ms, &choice));
}

static void look_at_target(struct report_to *to,
                           const struct sticky_cookies *cookies)
{
    struct finding f = {.cookie =
                            cookies->target_cors ? "AWSALBCORS" : "AWSALB"};

    if (to->how->seal == NULL) {
        sealed(to, f.cookie);
        return;
    }
    f.opened =
        sticky_open(to->how->seal, STICKY_OF_TARGET, cookies->target, &f.entry);
    if (f.opened)
        find_target(to, &f, STICKINESS_LB_COOKIE);
    else
        judged(to, &f, STICKY_UNREADABLE);
}

/* Whether the request has the application's cookie of the entry's group. */
static bool has_application(const struct explain_cookies *how,
                            const struct sticky_entry *entry)
{
    const struct group *group = find_group(how, &entry->group);
    struct sticky_cookies cookies;

    if (group == NULL)
        return true; /* which one that is cannot be told: another's it is */
    sticky_collect(&cookies, how->fields,
                   group->config->attributes.app_cookie_name);
    return cookies.application;
}

static void look_at_app(struct report_to *to,
                        const struct sticky_cookies *cookies)
{
    struct finding f = {.cookie = "AWSALBAPP"};
    struct sticky_list list;

    if (to->how->seal == NULL) {
        sealed(to, f.cookie);
        return;
    }
    if (!sticky_open_list(to->how->seal, cookies->app, &list)) {
        judged(to, &f, STICKY_UNREADABLE);
        return;
    }
    f.opened = true;
    for (unsigned i = 0; i < list.n; i++) {
        f.entry = list.v[i];
        if (has_application(to->how, &f.entry))
            find_target(to, &f, STICKINESS_APP_COOKIE);
        else
            judged(to, &f, STICKY_NO_APP_COOKIE);
    }
}

static void look(struct report_to *to)
{
    struct sticky_cookies cookies;

    sticky_collect(&cookies, to->how->fields, STR(""));
    if (cookies.group.p)
        look_at_group(to, &cookies);
    if (cookies.target.p)
        look_at_target(to, &cookies);
    if (sticky_is_shard(cookies.app[0]))
        look_at_app(to, &cookies);
}

/* ---- writing ------------------------------------------------------------- */

static struct str group_name(const struct explain_cookies *how,
                             const struct finding *f)
{
    const struct group *group = find_group(how, &f->entry.group);

    return group ? group->config->id : str_make(NULL, 0);
}

static struct str until(const struct finding *f, char room[CLOCK_HTTP_DATE_LEN])
{
    clock_http_date(f->entry.expires_ms / 1000, room);
    return str_make(room, CLOCK_HTTP_DATE_LEN);
}

static void put_line(struct report_to *to, const struct finding *f)
{
    struct str group = group_name(to->how, f);
    char date[CLOCK_HTTP_DATE_LEN];
    struct text *t = to->t;

    text_printf(t, "cookie %s: ", f->cookie);
    if (f->opened) {
        if (f->entry.target.family) {
            TEXT_LITERAL(t, "target ");
            address_put(t, &f->entry.target);
            TEXT_LITERAL(t, " of ");
        }
        if (group.p)
            text_printf(t, STR_FMT " until ", STR_ARG(group));
        else
            TEXT_LITERAL(t, "a target group that is not in here until ");
        text_str_put(t, until(f, date));
        TEXT_LITERAL(t, ": ");
    }
    text_str_put(t, str_of(f->sentence));
    text_char(t, '\n');
}

static void put_member(struct text *t, const char *key, struct str value)
{
    text_printf(t, ",\"%s\":", key);
    if (value.p)
        text_json(t, value);
    else
        TEXT_LITERAL(t, "null");
}

static void put_object(struct report_to *to, const struct finding *f)
{
    char date[CLOCK_HTTP_DATE_LEN];
    char room[ADDRESS_TEXT_MAX];
    struct text target = text_in(room, sizeof(room));
    struct str none = str_make(NULL, 0);
    struct text *t = to->t;

    if (f->opened && f->entry.target.family)
        address_put(&target, &f->entry.target);
    if (to->more)
        text_char(t, ',');
    to->more = true;
    TEXT_LITERAL(t, "{\"cookie\":");
    text_json(t, str_of(f->cookie));
    put_member(t, "group", f->opened ? group_name(to->how, f) : none);
    put_member(t, "target", target.n ? text_str(&target) : none);
    put_member(t, "until", f->opened ? until(f, date) : none);
    put_member(t, "verdict", str_of(f->word));
    text_char(t, '}');
}

void explain_put_cookies(struct text *t, const struct explain_cookies *how)
{
    struct report_to to = {.how = how, .t = t, .put = put_line};

    look(&to);
}

void explain_put_cookies_json(struct text *t, const struct explain_cookies *how)
{
    struct report_to to = {.how = how, .t = t, .put = put_object};

    text_char(t, '[');
    look(&to);
    text_char(t, ']');
}
