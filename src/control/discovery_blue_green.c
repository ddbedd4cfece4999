/* SPDX-License-Identifier: Apache-2.0
 *
 * Of a blue/green service: which tasks are targets of this group, by what the
 * account and the rules say (control/discovery_sides.h).
 */
#include <stdlib.h>

#include "api/find.h"
#include "control/discovery_ecs.h"

static unsigned rule_weight(const struct config_rule *rule,
                            const struct config_group *group)
{
    const struct config_action *action = config_rule_action(rule);

    if (action->type != ACTION_FORWARD)
        return 0;
    for (unsigned i = 0; i < action->u.forward.n; i++) {
        if (str_eq(action->u.forward.groups[i].group->arn, group->arn))
            return action->u.forward.groups[i].weight;
    }
    return 0;
}

/* The most that any rule which has both of them gives `a` more than `b`: a
 * rule for tests has the new one alone. */
static bool gets_more(const struct config *config, const struct config_group *a,
                      const struct config_group *b)
{
    unsigned most_a = 0;
    unsigned most_b = 0;

    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *l = config->listeners[i];

        for (unsigned k = 0; k < l->nrules; k++) {
            unsigned wa = rule_weight(&l->rules[k], a);
            unsigned wb = rule_weight(&l->rules[k], b);

            if (wa + wb > most_a + most_b) {
                most_a = wa;
                most_b = wb;
            }
        }
    }
    return most_a > most_b;
}

struct sides {
    unsigned n[2];
    struct found_target *found[2];
    unsigned production;
    bool known; /* both groups are there */
};

static void read_sides(struct ecs_question *q, struct sides *sides)
{
    const struct server *server = q->q.follower->group->all->server;
    const struct config *config = server->newest->config;
    bool first = ecs_of(q)->first;
    const struct config_group *groups[2] = {
        find_group(config,
                   first ? q->q.follower->group->arn : ecs_of(q)->other),
        find_group(config,
                   first ? ecs_of(q)->other : q->q.follower->group->arn),
    };

    sides->known = groups[0] && groups[1];
    if (!sides->known)
        return;
    for (unsigned i = 0; i < 2; i++)
        sides->n[i] = found_list(&q->q.region, server->document.account,
                                 groups[i], &sides->found[i]);
    sides->production = gets_more(config, groups[1], groups[0]);
}

static bool is_registered(const struct sides *sides, unsigned side,
                          const struct found_target *target)
{
    return sides->n[side] && bsearch(target, sides->found[side], sides->n[side],
                                     sizeof(*target), found_compare);
}

/* Leaves the targets of this group's side. */
unsigned ecs_keep_side(struct ecs_question *q, struct found_target *targets,
                       struct side_task *tasks, unsigned n)
{
    unsigned mine = ecs_of(q)->first ? 0 : 1;
    struct sides sides = {.known = false};
    unsigned kept = 0;

    if (ecs_of(q)->other.n)
        read_sides(q, &sides);
    if (!sides.known)
        return n;
    for (unsigned i = 0; i < n; i++) {
        tasks[i].in[0] = is_registered(&sides, 0, &targets[i]);
        tasks[i].in[1] = is_registered(&sides, 1, &targets[i]);
    }
    discovery_sides(tasks, n, sides.production);
    for (unsigned i = 0; i < n; i++) {
        if (tasks[i].side == mine)
            targets[kept++] = targets[i];
    }
    return kept;
}
