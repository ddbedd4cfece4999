/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/discovery_internal.h"

enum {
    ECS_MS = 15 * 1000,
    CLOUD_MAP_MS = 10 * 1000,
    DNS_MS = 60 * 1000,         /* an answer is not good for longer */
    FAILED_MAX_MS = 120 * 1000, /* after failures it is asked so seldom */
    FAILED_SHIFT_MAX = 3,
};

static const struct discovery_ops *ops_of(const struct discovery_follower *f)
{
    static const struct discovery_ops *const all[] = {
        [DISCOVERY_ECS] = &discovery_ecs_ops,
        [DISCOVERY_CLOUD_MAP] = &discovery_map_ops,
        [DISCOVERY_DNS] = &discovery_dns_ops,
    };

    return all[f->source->kind];
}

static struct loop *loop_of(const struct discovery_follower *f)
{
    return &f->group->all->server->loop;
}

void discovery_error(struct discovery_follower *follower, const char *format,
                     ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(follower->error, sizeof(follower->error), format, args);
    va_end(args);
}

/* ---- the change ------------------------------------------------------------ */

static const struct config_group *find_group(const struct config *config,
                                             const struct discovery_group *g)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *group = config->groups[i];

        if (str_eq(group->arn, g->arn) && str_eq(group->id, g->id))
            return group;
    }
    return NULL;
}

/* What all sources of the group have found. */
static void gather(const struct discovery_group *g, struct region *region,
                   struct found_wanted *wanted)
{
    struct found_target *targets;
    unsigned n = 0;

    wanted->all = true;
    for (struct list *l = g->followers.next; l != &g->followers; l = l->next) {
        const struct discovery_follower *f =
            LIST_ENTRY_OF(l, struct discovery_follower, node);

        n += f->keep.n;
        wanted->all = wanted->all && f->keep.known;
    }
    targets = region_take(region, (n + 1) * sizeof(*targets));
    n = 0;
    for (struct list *l = g->followers.next; l != &g->followers; l = l->next) {
        const struct discovery_follower *f =
            LIST_ENTRY_OF(l, struct discovery_follower, node);

        for (unsigned i = 0; i < f->keep.n; i++)
            targets[n++] = f->keep.targets[i].target;
    }
    wanted->targets = targets;
    wanted->n = found_sort(targets, n);
}

static void log_done(struct discovery_group *g, const struct found_done *done)
{
    if (done->added || done->removed)
        log_write(LOG_INFO, "discovery",
                  "target group " STR_FMT ": %u found, %u gone",
                  STR_ARG(g->name), done->added, done->removed);
    if (done->left_out && done->left_out != g->left_out)
        log_write(LOG_WARN, "discovery",
                  "target group " STR_FMT
                  ": %u that were found are left out: it may have no more "
                  "targets; --quota targets-per-target-group... raises that",
                  STR_ARG(g->name), done->left_out);
    g->left_out = done->left_out;
}

static struct account *make(struct change_job *job, const struct document *now)
{
    struct discovery_group *g = LIST_ENTRY_OF(job, struct discovery_group, job);
    const struct config *config = g->all->server->newest->config;
    const struct config_group *group = find_group(config, g);
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    struct account *account = NULL;
    struct found_wanted wanted;
    struct found_done done;

    g->again = false;
    if (g->all->stopped || g->gone || group == NULL)
        return NULL;
    gather(g, &region, &wanted);
    wanted.max = quota_value(&config->quotas, QUOTA_TARGETS);
    if (found_edit(&region, &edit, now->account, group, &wanted, &done))
        account = account_edit(now->account, &edit);
    log_done(g, &done);
    region_end(&region);
    return account;
}

static void free_group(struct discovery_group *g)
{
    list_remove(&g->node);
    region_end(&g->region);
    free(g);
}

static void note_refused(struct discovery_group *g, const struct fault *fault)
{
    char text[DISCOVERY_ERROR_MAX] = "";

    if (fault->code)
        snprintf(text, sizeof(text), STR_FMT, STR_ARG(fault->message));
    if (fault->code && strcmp(text, g->error) != 0 &&
        !g->all->server->draining && !g->all->stopped)
        log_write(LOG_ERROR, "discovery",
                  "target group " STR_FMT ": what was found cannot be "
                  "registered: %s",
                  STR_ARG(g->name), text);
    memcpy(g->error, text, sizeof(text));
}

static void change(struct discovery_group *g);

static void done(struct change_job *job)
{
    struct discovery_group *g = LIST_ENTRY_OF(job, struct discovery_group, job);

    note_refused(g, &job->fault);
    region_end(&job->region);
    g->queued = false;
    if (g->gone)
        free_group(g);
    else if (g->again)
        change(g);
}

/* One change at a time for each group; what comes meanwhile is the next. */
static void change(struct discovery_group *g)
{
    struct server *server = g->all->server;

    if (g->all->stopped || server->draining)
        return;
    g->again = true;
    if (g->queued || server->changes.nwaiting >= CHANGES_MAX)
        return; /* the next answer brings it */
    g->queued = true;
    g->job = (struct change_job){.make = make, .done = done};
    list_init(&g->job.node);
    changes_add(server, &g->job);
}

/* ---- asking ------------------------------------------------------------------ */

static uint64_t interval_ms(const struct discovery_follower *f)
{
    static const uint32_t defaults[] = {
        [DISCOVERY_ECS] = ECS_MS,
        [DISCOVERY_CLOUD_MAP] = CLOUD_MAP_MS,
        [DISCOVERY_DNS] = DNS_MS,
    };

    return f->source->interval_ms ? f->source->interval_ms
                                  : defaults[f->source->kind];
}

/* Up to a quarter sooner, so that nodes and groups do not ask together. */
static uint64_t scattered(struct loop *loop, uint64_t ms)
{
    return ms - random_u64(&loop->random) % (ms / 4 + 1);
}

static void set_timer(struct discovery_follower *f, uint64_t ms)
{
    uint64_t most = interval_ms(f);
    unsigned shift = f->fails < FAILED_SHIFT_MAX ? f->fails : FAILED_SHIFT_MAX;

    if (ms == 0 || ms > most)
        ms = most;
    if (f->fails) {
        ms <<= shift;
        if (ms > FAILED_MAX_MS)
            ms = FAILED_MAX_MS > most ? FAILED_MAX_MS : most;
    }
    loop_timer_set(loop_of(f), &f->timer, scattered(loop_of(f), ms));
}

static void note_failure(struct discovery_follower *f, const char *why)
{
    if (why && strcmp(why, f->error) != 0) {
        discovery_error(f, "%s", why);
        log_write(LOG_WARN, "discovery",
                  "target group " STR_FMT ": " STR_FMT
                  ": what was found stays: %s",
                  STR_ARG(f->group->name), STR_ARG(f->source->name), why);
    }
}

static void note_success(struct discovery_follower *f)
{
    if (f->error[0])
        log_write(LOG_INFO, "discovery",
                  "target group " STR_FMT ": " STR_FMT " answers again",
                  STR_ARG(f->group->name), STR_ARG(f->source->name));
    f->error[0] = '\0';
}

void discovery_answered(struct discovery_follower *follower,
                        struct discovery_answer *answer, uint64_t next_ms)
{
    uint64_t now_us = loop_of(follower)->now_us;
    bool believed = discovery_keep_take(&follower->keep, answer,
                                        follower->source->kind, now_us);

    follower->asking = NULL;
    if (believed && answer->outcome == ANSWER_WHOLE)
        note_success(follower);
    else
        note_failure(follower, answer->why ? answer->why
                                           : "it has none, which is not "
                                             "believed");
    if (believed) {
        follower->answers++;
        follower->seen = true;
        follower->seen_us = now_us;
        change(follower->group);
    } else {
        follower->failures++;
    }
    follower->fails = answer->slower ? follower->fails + 1 : 0;
    set_timer(follower, next_ms);
}

static void on_time(struct timer *timer)
{
    struct discovery_follower *f =
        LIST_ENTRY_OF(timer, struct discovery_follower, timer);
    char before[DISCOVERY_ERROR_MAX];
    char why[DISCOVERY_ERROR_MAX];

    if (f->group->all->stopped || f->group->all->server->draining)
        return;
    memcpy(before, f->error, sizeof(before));
    if (ops_of(f)->ask(f))
        return;
    memcpy(why, f->error, sizeof(why));
    memcpy(f->error, before, sizeof(before));
    note_failure(f, why);
    f->failures++;
    f->fails++;
    set_timer(f, 0);
}

/* ---- followers ----------------------------------------------------------------- */

static void free_follower(struct discovery_follower *f)
{
    timer_end(&f->timer);
    if (f->asking)
        ops_of(f)->cancel(f);
    ops_of(f)->forget(f);
    discovery_keep_end(&f->keep);
    list_remove(&f->node);
    free(f);
}

static void take_group(struct discovery_follower *f,
                       const struct config_group *group)
{
    f->port = group->port;
    f->type = group->type;
    f->six = group->ip_address_type == IP_TYPE_IPV6;
}

/* An answer after a restart is believed as much as one before it. */
static void begin_keep(struct discovery_follower *f,
                       const struct config_group *group)
{
    struct region region = {NULL};
    struct found_target *targets;
    unsigned n = found_list(&region, f->group->all->server->document.account,
                            group, &targets);

    discovery_keep_begin(&f->keep, targets, n);
    region_end(&region);
}

static void follow(struct discovery_group *g, const struct config_group *group,
                   const struct discovery_source *source)
{
    struct discovery_follower *f = memory_zeroed(1, sizeof(*f));

    f->group = g;
    f->source = source;
    take_group(f, group);
    begin_keep(f, group);
    timer_init(&f->timer, on_time);
    list_push_back(&g->followers, &f->node);
    loop_timer_set(loop_of(f), &f->timer, 1);
}

static struct discovery_follower *
find_follower(const struct discovery_group *g,
              const struct discovery_source *source)
{
    for (struct list *l = g->followers.next; l != &g->followers; l = l->next) {
        struct discovery_follower *f =
            LIST_ENTRY_OF(l, struct discovery_follower, node);

        if (discovery_same(f->source, source))
            return f;
    }
    return NULL;
}

static bool is_in(const struct discovery_source *source,
                  const struct config_group *group)
{
    for (const struct discovery_source *s = group ? group->sources : NULL; s;
         s = s->next) {
        if (discovery_same(s, source))
            return true;
    }
    return false;
}

/* Followers of sources that are gone; of a group that is NULL all of them. */
static void drop_followers(struct discovery_group *g,
                           const struct config_group *group)
{
    struct list *l = g->followers.next;

    while (l != &g->followers) {
        struct discovery_follower *f =
            LIST_ENTRY_OF(l, struct discovery_follower, node);

        l = l->next;
        if (!is_in(f->source, group))
            free_follower(f);
    }
}

static struct discovery_group *group_of(struct discoveries *all,
                                        const struct config_group *group)
{
    struct discovery_group *g;

    for (struct list *l = all->groups.next; l != &all->groups; l = l->next) {
        g = LIST_ENTRY_OF(l, struct discovery_group, node);
        if (!g->gone && str_eq(g->arn, group->arn) && str_eq(g->id, group->id))
            return g;
    }
    g = memory_zeroed(1, sizeof(*g));
    g->all = all;
    g->id = region_copy(&g->region, group->id);
    g->arn = region_copy(&g->region, group->arn);
    g->name = region_copy(&g->region, group->name);
    list_init(&g->followers);
    list_push_back(&all->groups, &g->node);
    return g;
}

/* The sources stand in another config from now on. */
static struct discovery_group *follow_group(struct discoveries *all,
                                            const struct config_group *group)
{
    struct discovery_group *g = group_of(all, group);

    drop_followers(g, group);
    for (const struct discovery_source *s = group->sources; s; s = s->next) {
        struct discovery_follower *f = find_follower(g, s);

        if (f == NULL) {
            follow(g, group, s);
            continue;
        }
        f->source = s;
        take_group(f, group);
    }
    return g;
}

static void leave(struct discovery_group *g)
{
    drop_followers(g, NULL);
    g->gone = true;
    if (!g->queued)
        free_group(g);
}

/* Targets of nobody: their group has no source any more. */
static bool has_found(const struct config_group *group)
{
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (group->targets[i].found)
            return true;
    }
    return false;
}

static void leave_groups(struct discoveries *all, const struct config *config)
{
    struct list *l = all->groups.next;

    while (l != &all->groups) {
        struct discovery_group *g =
            LIST_ENTRY_OF(l, struct discovery_group, node);
        const struct config_group *group = find_group(config, g);

        l = l->next;
        if (!g->gone &&
            (group == NULL || (group->sources == NULL && !has_found(group))))
            leave(g);
    }
}

static void follow_groups(struct discoveries *all, const struct config *config)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *group = config->groups[i];

        if (group->sources)
            follow_group(all, group);
        else if (has_found(group))
            change(follow_group(all, group));
    }
}

void discoveries_apply(struct discoveries *all)
{
    struct config *before;

    if (all == NULL || all->config == all->server->newest->config)
        return;
    before = all->config;
    all->config = config_hold(all->server->newest->config);
    leave_groups(all, all->config);
    follow_groups(all, all->config);
    config_release(before);
}

/* ---- life -------------------------------------------------------------------------- */

struct discoveries *discoveries_begin(struct server *server)
{
    struct discoveries *all = memory_zeroed(1, sizeof(*all));

    all->server = server;
    list_init(&all->groups);
    discoveries_apply(all);
    return all;
}

void discoveries_stop(struct discoveries *all)
{
    if (all == NULL)
        return;
    all->stopped = true;
    for (struct list *l = all->groups.next; l != &all->groups; l = l->next)
        drop_followers(LIST_ENTRY_OF(l, struct discovery_group, node), NULL);
}

void discoveries_end(struct discoveries *all)
{
    struct list *l;

    if (all == NULL)
        return;
    discoveries_stop(all);
    l = all->groups.next;
    while (l != &all->groups) {
        struct discovery_group *g =
            LIST_ENTRY_OF(l, struct discovery_group, node);

        l = l->next;
        free_group(g);
    }
    config_release(all->config);
    free(all);
}

/* ---- the first answers ------------------------------------------------------------- */

bool discoveries_are_new(const struct config *config)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        if (config->groups[i]->sources && !has_found(config->groups[i]))
            return true;
    }
    return false;
}

static bool is_awaited(const struct discovery_follower *f)
{
    return f->keep.n == 0 && f->answers == 0 && f->failures == 0;
}

/* Those of the group that are awaited; each is logged or not. */
static unsigned count_awaited(const struct discovery_group *g, bool told)
{
    unsigned n = 0;

    for (struct list *l = g->followers.next; l != &g->followers; l = l->next) {
        const struct discovery_follower *f =
            LIST_ENTRY_OF(l, struct discovery_follower, node);

        if (!is_awaited(f))
            continue;
        n++;
        if (told)
            log_write(LOG_WARN, "discovery",
                      "target group " STR_FMT ": " STR_FMT
                      " has not answered yet: service begins without what it "
                      "has",
                      STR_ARG(g->name), STR_ARG(f->source->name));
    }
    return n;
}

bool discoveries_await(const struct discoveries *all)
{
    for (struct list *l = all->groups.next; l != &all->groups; l = l->next) {
        const struct discovery_group *g =
            LIST_ENTRY_OF(l, struct discovery_group, node);

        if (g->queued || count_awaited(g, false))
            return true;
    }
    return false;
}

void discoveries_tell_late(const struct discoveries *all)
{
    for (struct list *l = all->groups.next; l != &all->groups; l = l->next)
        count_awaited(LIST_ENTRY_OF(l, struct discovery_group, node), true);
}

/* ---- what is seen --------------------------------------------------------------- */

static void show(const struct discovery_follower *f,
                 void (*visit)(void *to, const struct status_source *seen),
                 void *to)
{
    uint64_t now_us = loop_of(f)->now_us;
    const struct status_source seen = {
        .group = f->group->name,
        .name = f->source->name,
        .ntargets = f->keep.n,
        .since_s = f->seen ? (now_us - f->seen_us) / 1000000 : STATUS_UNKNOWN,
        .answers = f->answers,
        .failures = f->failures,
        .error = str_of(f->error[0] ? f->error : f->group->error),
    };

    visit(to, &seen);
}

void discoveries_visit(const struct discoveries *all, struct str arn,
                       void (*visit)(void *to,
                                     const struct status_source *seen),
                       void *to)
{
    if (all == NULL)
        return;
    for (struct list *l = all->groups.next; l != &all->groups; l = l->next) {
        const struct discovery_group *g =
            LIST_ENTRY_OF(l, struct discovery_group, node);

        if (arn.n && !str_eq(g->arn, arn))
            continue;
        for (struct list *k = g->followers.next; k != &g->followers;
             k = k->next)
            show(LIST_ENTRY_OF(k, struct discovery_follower, node), visit, to);
    }
}
