/* SPDX-License-Identifier: Apache-2.0 */
#include "control/status_view.h"

#include <unistd.h>

#include "config.h"
#include "control/balance_monitor.h"
#include "control/server_state.h"
#include "model/instant.h"
#include "model/words.h"

/* ---- words --------------------------------------------------------------- */

static struct str algorithm_word(enum algorithm algorithm)
{
    static const char *const words[] = {
        [ALGORITHM_ROUND_ROBIN] = "round_robin",
        [ALGORITHM_LEAST_OUTSTANDING] = "least_outstanding_requests",
        [ALGORITHM_WEIGHTED_RANDOM] = "weighted_random",
    };

    return str_of(words[algorithm]);
}

static struct str stickiness_word(const struct group_attributes *attributes)
{
    if (!attributes->sticky)
        return STR("");
    return attributes->stickiness_type == STICKINESS_APP_COOKIE
               ? STR("app_cookie")
               : STR("lb_cookie");
}

/* ---- the process --------------------------------------------------------- */

#define SUM(server, name)                                                      \
    counters_sum((server)->all, (server)->nworkers,                            \
                 offsetof(struct counters, name))

static void fill_process(struct status_process *p, const struct server *server)
{
    bool parent = server->options.on_parent != NULL;

    *p = (struct status_process){
        .version = PACKAGE_VERSION,
        .pid = (uint64_t)getpid(),
        .uptime_s = (server->loop.now_us - server->started_us) / 1000000,
        .workers = server->nworkers,
        .draining = server->draining,
        .generation = server->snapshot_id,
        .configs_alive = atomic_load(&server->snapshots),
        .restarts = parent ? server->options.restarts : STATUS_UNKNOWN,
        .upgrades = parent ? server->options.upgrades : STATUS_UNKNOWN,
        .requests = SUM(server, requests),
        .requests_active = SUM(server, requests_active),
        .connections = SUM(server, client_connections),
    };
}

/* ---- listeners ----------------------------------------------------------- */

static void fill_forwards(struct status_rule *rule,
                          const struct config_forward *forward,
                          struct region *region)
{
    struct status_forward *all =
        region_take(region, (forward->n + 1) * sizeof(*all));

    for (unsigned i = 0; i < forward->n; i++)
        all[i] = (struct status_forward){
            .name = forward->groups[i].group->name,
            .arn = forward->groups[i].group->arn,
            .weight = forward->groups[i].weight,
        };
    rule->nforwards = forward->n;
    rule->forwards = all;
}

static void fill_rule(struct status_rule *rule, const struct config_rule *from,
                      struct region *region)
{
    const struct config_action *action = config_rule_action(from);

    *rule = (struct status_rule){
        .id = from->id,
        .arn = from->arn,
        .priority = from->priority,
        .action = str_of(action_type_words[action->type]),
    };
    if (action->type == ACTION_FORWARD)
        fill_forwards(rule, &action->u.forward, region);
    else if (action->type == ACTION_REDIRECT)
        rule->code = action->u.redirect.status;
    else if (action->type == ACTION_FIXED_RESPONSE)
        rule->code = action->u.fixed.status;
}

static struct str slot_address(const struct slot *slot, struct region *region)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text address = text_in(buffer, sizeof(buffer));

    address_put(&address, &slot->local);
    return region_copy(region, text_str(&address));
}

static uint64_t slot_connections(const struct server *server,
                                 const struct slot *slot)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < server->nworkers; i++)
        n += atomic_load_explicit(&slot->open[i].n, memory_order_relaxed);
    return n;
}

/* Where it is.  Whose the connections of a shared port are nobody knows: each
 * request may be another's. */
static void fill_places(struct status_listener *listener,
                        const struct server *server,
                        const struct place_here *place, struct region *region)
{
    const struct slot *bound = &server->slots[place->bound];
    const struct slot *own =
        place->own == PLACE_NONE ? NULL : &server->slots[place->own];

    listener->address = slot_address(bound, region);
    if (server->newest->slots[place->bound].names == NULL)
        listener->connections = slot_connections(server, bound) +
                                (own ? slot_connections(server, own) : 0);
    if (own)
        listener->own_address = slot_address(own, region);
}

static void fill_certificate(struct status_certificate *to,
                             const struct config_certificate *config,
                             const struct served_certificate *served,
                             struct region *region)
{
    char buffer[32];
    struct text until = text_in(buffer, sizeof(buffer));

    certificate_put_time(&until, served->facts.not_after);
    *to = (struct status_certificate){
        .arn = config->arn,
        .names = str_of(served->facts.names),
        .key = str_of(served->facts.kind),
        .until = region_copy(region, text_str(&until)),
        .file = served->file,
        .stale = served->stale,
    };
}

/* Of the set that runs, which is in the order of the config. */
static void fill_certificates(struct status_listener *listener,
                              const struct server *server,
                              const struct config_listener *from,
                              struct region *region)
{
    const struct served_listener *served;
    struct status_certificate *all;

    if (from->tls == NULL || server->certificates == NULL)
        return;
    served = &server->certificates->listeners[from->index];
    all = region_take(region, (served->n + 1) * sizeof(*all));
    for (unsigned i = 0; i < served->n; i++)
        fill_certificate(&all[i], &from->tls->certificates[i],
                         served->certificates[i], region);
    listener->policy = from->tls->policy->name;
    listener->ncertificates = served->n;
    listener->certificates = all;
}

static void fill_listener(struct status_listener *listener,
                          const struct server *server,
                          const struct config_listener *from,
                          struct region *region)
{
    struct status_rule *rules =
        region_take(region, (from->nrules + 1) * sizeof(*rules));

    for (unsigned i = 0; i < from->nrules; i++)
        fill_rule(&rules[i], &from->rules[i], region);
    *listener = (struct status_listener){
        .id = from->id,
        .arn = from->arn,
        .protocol = str_of(protocol_words[from->protocol]),
        .port = from->port,
        .connections = STATUS_UNKNOWN,
        .nrules = from->nrules,
        .rules = rules,
    };
    fill_places(listener, server, &server->newest->places[from->index], region);
    fill_certificates(listener, server, from, region);
}

static void fill_balancer(struct status_balancer *balancer,
                          const struct server *server,
                          const struct config_load_balancer *from,
                          struct region *region)
{
    struct status_listener *listeners =
        region_take(region, (from->nlisteners + 1) * sizeof(*listeners));

    for (unsigned i = 0; i < from->nlisteners; i++)
        fill_listener(&listeners[i], server, from->listeners[i], region);
    *balancer = (struct status_balancer){
        .id = from->id,
        .name = from->name,
        .arn = from->arn,
        .dns_name = from->dns_name,
        .nlisteners = from->nlisteners,
        .listeners = listeners,
    };
}

/* ---- targets ------------------------------------------------------------- */

/* The targets of one group while they are gathered. */
struct gathered {
    const struct server *server;
    struct region *region;
    struct status_target *v;
    unsigned n;
};

static void fill_health(struct status_target *to, const struct gathered *in,
                        const struct target *target)
{
    const struct health *health =
        health_monitor_find(in->server->health, target);
    char buffer[256];
    struct text description = text_in(buffer, sizeof(buffer));
    uint64_t since_us;

    if (health == NULL) {
        to->state = str_of(target_state_word(atomic_load(&target->state)));
        return;
    }
    health_put_description(&description, health);
    to->state = str_of(target_state_word(health->state));
    to->reason = str_of(health_reason_word(health->reason));
    to->description = region_copy(in->region, text_str(&description));
    if (health_monitor_since(in->server->health, target, &since_us))
        to->since_s = (in->server->loop.now_us - since_us) / 1000000;
}

/* One target more, with what is known of any. */
static struct status_target *add_target(struct gathered *in,
                                        const struct target *target)
{
    struct status_target *to = &in->v[in->n++];
    char buffer[ADDRESS_TEXT_MAX];
    struct text ip = text_in(buffer, sizeof(buffer));

    address_put_ip(&ip, &target->address);
    *to = (struct status_target){
        .address = region_copy(in->region, str_of(target->text)),
        .ip = region_copy(in->region, text_str(&ip)),
        .port = target->address.port,
        .since_s = STATUS_UNKNOWN,
        .weight = STATUS_UNKNOWN,
        .share = STATUS_UNKNOWN,
        .slow_start = STATUS_UNKNOWN,
        .draining_left_s = STATUS_UNKNOWN,
        .active = STATUS_UNKNOWN,
        .requests = STATUS_UNKNOWN,
        .errors = STATUS_UNKNOWN,
    };
    fill_health(to, in, target);
    return to;
}

static unsigned zones_in_dns(const struct group *group)
{
    unsigned n = 0;

    for (unsigned i = 0; i < group->nzones; i++)
        n += !atomic_load(&group->zones[i].dns_out);
    return n;
}

/* The shares of one zone's targets when it has `part` of all requests.  They
 * are in the same order there as in the group. */
static void fill_zone(struct status_target *v, const struct group *group,
                      const struct group_zone *zone, uint64_t part)
{
    unsigned n = atomic_load(&zone->neligible);
    bool weighted = atomic_load(&zone->weighted);
    uint32_t before = 0;
    unsigned k = 0;

    for (unsigned i = 0; i < n; i++) {
        uint32_t sum = atomic_load(&zone->sums[i]);

        while (group->targets[k] != group_eligible(zone, i))
            k++;
        v[k].share =
            group->balancer->counts_outstanding ? STATUS_UNKNOWN
            : weighted ? part * (sum - before) / atomic_load(&zone->sums[n - 1])
                       : part / n;
        before = sum;
    }
}

/* Who gets which share; v: the targets in the order of group->targets.  Clients
 * are spread evenly over the zones that are in DNS. */
static void fill_shares(struct status_target *v, const struct group *group)
{
    unsigned in = zones_in_dns(group);

    for (unsigned i = 0; i < group->ntargets; i++)
        v[i].share = 0;
    for (unsigned i = 0; i < group->nzones; i++) {
        const struct group_zone *zone = &group->zones[i];

        if (in == 0 || !atomic_load(&zone->dns_out))
            fill_zone(v, group, zone, 10000 / (in ? in : group->nzones));
    }
}

static void fill_balance(struct status_target *to, const struct target *target)
{
    const struct target_balance *b = &target->balance;
    struct target_sum sum = target_sum(target);

    to->active = sum.active;
    to->requests = sum.requests;
    to->errors = sum.errors;
    to->weight = b->weight;
    to->anomaly = str_of(balance_anomaly_word(target));
    to->mitigated = balance_is_mitigated(target);
    if (b->slow_start.on)
        to->slow_start = b->weight / (WEIGHT_FULL / 100);
}

static void count_draining(void *owner, struct str group,
                           const struct target *target,
                           const struct health *health)
{
    unsigned *n = owner;

    (void)group;
    (void)target;
    (void)health;
    ++*n;
}

static void add_draining(void *owner, struct str group,
                         const struct target *target,
                         const struct health *health)
{
    struct gathered *in = owner;
    struct status_target *to = add_target(in, target);
    char buffer[256];
    struct text description = text_in(buffer, sizeof(buffer));
    uint64_t began_us = 0;
    uint64_t left_ms = 0;

    (void)group;
    health_put_description(&description, health);
    to->reason = str_of(health_reason_word(health->reason));
    to->description = region_copy(in->region, text_str(&description));
    to->share = 0;
    if (!deregistration_times(&in->server->leaving, target, &began_us,
                              &left_ms))
        return;
    to->since_s = (in->server->loop.now_us - began_us) / 1000000;
    to->draining_left_s = (left_ms + 999) / 1000;
}

/* Those that are registered, and behind them those that drain. */
static void gather(struct gathered *in, const struct group *group)
{
    unsigned ndraining = 0;

    deregistrations_of(&in->server->leaving, group->config->arn, count_draining,
                       &ndraining);
    in->v = region_take(in->region,
                        (group->ntargets + ndraining + 1) * sizeof(*in->v));
    for (unsigned i = 0; i < group->ntargets; i++) {
        const struct target *target = group->targets[i];
        struct status_target *to = add_target(in, target);

        to->zone = group->config->targets[i].zone;
        fill_balance(to, target);
    }
    fill_shares(in->v, group);
    deregistrations_of(&in->server->leaving, group->config->arn, add_draining,
                       in);
}

static bool fails_open(const struct group *group)
{
    bool any = false;

    for (unsigned i = 0; i < group->nzones; i++)
        any |= atomic_load(&group->zones[i].fail_open);
    return any;
}

/* ---- groups -------------------------------------------------------------- */

struct gathered_sources {
    struct region *region;
    unsigned n;
    unsigned room;
    struct status_source *v;
};

static void add_source(void *to, const struct status_source *seen)
{
    struct gathered_sources *all = to;
    struct status_source *source;

    if (all->n == all->room) {
        unsigned room = 2 * all->room + 4;
        struct status_source *v = region_take(all->region, room * sizeof(*v));

        for (unsigned i = 0; i < all->n; i++)
            v[i] = all->v[i];
        all->v = v;
        all->room = room;
    }
    source = &all->v[all->n++];
    *source = *seen;
    source->error = region_copy(all->region, seen->error);
}

const struct status_source *status_view_sources(const struct server *server,
                                                struct str arn,
                                                struct region *region,
                                                unsigned *n)
{
    struct gathered_sources all = {.region = region};

    discoveries_visit(server->discoveries, arn, add_source, &all);
    *n = all.n;
    return all.v;
}

static void fill_group(struct status_group *to, const struct server *server,
                       const struct group *group, struct region *region)
{
    const struct config_group *from = group->config;
    struct gathered in = {.server = server, .region = region};

    gather(&in, group);
    *to = (struct status_group){
        .id = from->id,
        .name = from->name,
        .arn = from->arn,
        .type = str_of(target_type_words[from->type]),
        .protocol = str_of(protocol_words[from->protocol]),
        .version = str_of(protocol_version_words[from->version]),
        .algorithm = algorithm_word(from->attributes.algorithm),
        .stickiness = stickiness_word(&from->attributes),
        .dns_state = from->load_balancer == NULL ? STR("")
                     : zones_in_dns(group)       ? STR("healthy")
                                                 : STR("unhealthy"),
        .port = from->port,
        .nelsewhere = from->nelsewhere,
        .used = from->load_balancer != NULL,
        .fail_open = fails_open(group),
        .slow_start_s = from->attributes.slow_start_ms / 1000,
        .deregistration_s = from->attributes.deregistration_delay_ms / 1000,
        .ntargets = in.n,
        .targets = in.v,
    };
    to->sources = status_view_sources(server, from->arn, region, &to->nsources);
}

/* ---- web ACLs ------------------------------------------------------------ */

static void count_acl(struct status_acl *acl, const struct waf_metric *m)
{
    if (!str_eq(m->arn, acl->arn) || m->group.n ||
        !str_eq(m->rule, STR(WAF_METER_ALL)))
        return;
    acl->allowed = m->counts[WAF_ALLOW];
    acl->blocked = m->counts[WAF_BLOCK];
    acl->counted = m->counts[WAF_COUNT];
    acl->captcha = m->counts[WAF_CAPTCHA];
    acl->challenge = m->counts[WAF_CHALLENGE];
}

static void fill_acls(struct status_view *view, const struct server *server,
                      struct region *region)
{
    const struct waf_set *set = server->newest->wafs;
    struct status_acl *acls = region_take(region, (set->n + 1) * sizeof(*acls));
    unsigned n = 0;
    const struct waf_metric *metrics =
        set->n ? waf_meters_sum(server->meters, server->nworkers, region, &n)
               : NULL;

    view->nacls = 0;
    view->acls = acls;
    for (unsigned i = 0; i < set->n; i++) {
        struct status_acl *acl = &acls[view->nacls];
        const struct waf_entity *entity;

        if (set->programs[i] == NULL)
            continue;
        entity = &waf_program_acl(set->programs[i])->entity;
        *acl = (struct status_acl){
            .id = entity->id, .name = entity->name, .arn = entity->arn};
        for (unsigned k = 0; k < n; k++)
            count_acl(acl, &metrics[k]);
        view->nacls++;
    }
}

static void fill_alarms(struct status_view *view, const struct server *server,
                        struct region *region)
{
    const struct config_alarms *config = &server->newest->config->alarms;
    struct status_alarm *alarms =
        region_take(region, (config->n + 1) * sizeof(*alarms));

    for (unsigned i = 0; i < config->n; i++) {
        const struct config_alarm *alarm = config->by_name[i];
        struct alarm_seen seen = {.state = ALARM_STATE_INSUFFICIENT_DATA};

        alarm_watch_see((void *)(uintptr_t)server, alarm->arn, &seen);
        alarms[i] = (struct status_alarm){
            .id = alarm->id,
            .name = alarm->name,
            .arn = alarm->arn,
            .state = str_of(alarm_state_words[seen.state]),
            .reason = seen.reason,
            .since = instant_text(region, seen.transitioned_ms),
        };
    }
    view->nalarms = config->n;
    view->alarms = alarms;
}

void status_view_fill(struct status_view *view, const struct server *server,
                      struct region *region)
{
    const struct config *config = server->newest->config;
    struct status_balancer *balancers =
        region_take(region, (config->nload_balancers + 1) * sizeof(*balancers));
    struct status_group *groups =
        region_take(region, (server->newest->ngroups + 1) * sizeof(*groups));

    fill_process(&view->process, server);
    for (unsigned i = 0; i < config->nload_balancers; i++)
        fill_balancer(&balancers[i], server, config->load_balancers[i], region);
    for (unsigned i = 0; i < server->newest->ngroups; i++)
        fill_group(&groups[i], server, server->newest->groups[i], region);
    view->nbalancers = config->nload_balancers;
    view->balancers = balancers;
    view->ngroups = server->newest->ngroups;
    view->groups = groups;
    fill_acls(view, server, region);
    fill_alarms(view, server, region);
}
