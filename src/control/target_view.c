/* SPDX-License-Identifier: Apache-2.0 */
#include "control/target_view.h"

#include "control/balance_monitor.h"
#include "control/server_state.h"

/* While the targets of a group are visited. */
struct visiting {
    void (*visit)(void *to, const struct target_seen *target);
    void *to;
};

/* Texts of it are good until the buffer goes. */
static void fill(struct target_seen *seen, const struct target *target,
                 const struct health *health, struct text *buffer)
{
    seen->state = str_of(target_state_word(health->state));
    seen->reason = str_of(health_reason_word(health->reason));
    seen->port = target->address.port;
    health_put_description(buffer, health);
    seen->description = text_str(buffer);
}

static void visit_registered(const struct server *server,
                             const struct group *group, unsigned i,
                             const struct visiting *visiting)
{
    const struct config_target *config = &group->config->targets[i];
    const struct target *target = group->targets[i];
    const struct health *health = health_monitor_find(server->health, target);
    char description[256];
    struct text buffer = text_in(description, sizeof(description));
    struct target_seen seen = {.id = config->id, .zone = config->zone};

    if (health == NULL)
        return;
    fill(&seen, target, health, &buffer);
    seen.anomaly = str_of(balance_anomaly_word(target));
    seen.mitigation = balance_is_mitigated(target);
    visiting->visit(visiting->to, &seen);
}

static void visit_draining(void *owner, struct str group,
                           const struct target *target,
                           const struct health *health)
{
    const struct visiting *visiting = owner;
    char address[ADDRESS_TEXT_MAX];
    char description[256];
    struct text ip = text_in(address, sizeof(address));
    struct text buffer = text_in(description, sizeof(description));
    struct target_seen seen = {.port = 0};

    (void)group;
    address_put_ip(&ip, &target->address);
    seen.id = text_str(&ip);
    fill(&seen, target, health, &buffer);
    visiting->visit(visiting->to, &seen);
}

static const struct group *find_group(const struct snapshot *s, struct str arn)
{
    for (unsigned i = 0; i < s->ngroups; i++) {
        if (str_eq(s->groups[i].config->arn, arn))
            return &s->groups[i];
    }
    return NULL;
}

bool target_view_visit(void *owner, struct str group_arn,
                       void (*visit)(void *to,
                                     const struct target_seen *target),
                       void *to)
{
    const struct server *server = owner;
    const struct group *group = find_group(server->newest, group_arn);
    struct visiting visiting = {visit, to};

    if (group == NULL)
        return false;
    for (unsigned i = 0; i < group->ntargets; i++)
        visit_registered(server, group, i, &visiting);
    deregistrations_of(&server->leaving, group_arn, visit_draining, &visiting);
    return true;
}
