/* SPDX-License-Identifier: Apache-2.0 */
#include "control/target_view.h"

#include "control/balance_monitor.h"
#include "control/server_state.h"

/* While the targets of a group are visited. */
struct visiting {
    const struct server *server;
    void (*visit)(void *to, const struct target_seen *target);
    void *to;
};

/* Texts of it are good until the buffer goes. */
static void fill(struct target_seen *seen, const struct health *health,
                 struct text *buffer)
{
    seen->state = str_of(target_state_word(health->state));
    seen->reason = str_of(health_reason_word(health->reason));
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
    struct target_seen seen = {
        .id = config->id, .port = config->port, .zone = config->zone};

    fill(&seen, health, &buffer);
    seen.anomaly = str_of(balance_anomaly_word(target));
    seen.mitigation = balance_is_mitigated(target);
    visiting->visit(visiting->to, &seen);
}

static void visit_draining(void *owner, struct str group,
                           const struct target *target,
                           const struct health *health)
{
    const struct visiting *visiting = owner;
    const struct deregistrations *leaving = &visiting->server->leaving;
    char description[256];
    struct text buffer = text_in(description, sizeof(description));
    struct target_seen seen = {.port = 0};
    uint64_t began_us;
    uint64_t rest_ms = 0;

    (void)group;
    deregistration_name(leaving, target, &seen.id, &seen.port, &seen.zone);
    deregistration_times(leaving, target, &began_us, &rest_ms);
    seen.left_s = (unsigned)((rest_ms + 999) / 1000);
    fill(&seen, health, &buffer);
    visiting->visit(visiting->to, &seen);
}

/* Whether the monitor has all targets of the group. */
static bool is_known(const struct server *server, const struct group *group)
{
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (health_monitor_find(server->health, group->targets[i]) == NULL)
            return false;
    }
    return true;
}

bool target_view_visit(void *owner, struct str group_arn,
                       void (*visit)(void *to,
                                     const struct target_seen *target),
                       void *to)
{
    const struct server *server = owner;
    const struct group *group = group_set_find(server->newest->set, group_arn);
    struct visiting visiting = {server, visit, to};

    if (group == NULL || !is_known(server, group))
        return false;
    for (unsigned i = 0; i < group->ntargets; i++)
        visit_registered(server, group, i, &visiting);
    deregistrations_of(&server->leaving, group_arn, visit_draining, &visiting);
    return true;
}
