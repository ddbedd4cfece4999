/* SPDX-License-Identifier: Apache-2.0 */
#include "api/status.h"

unsigned status_odds(const struct status_rule *rule, unsigned i)
{
    uint64_t total = 0;

    for (unsigned k = 0; k < rule->nforwards; k++)
        total += rule->forwards[k].weight;
    return total
               ? (unsigned)(rule->forwards[i].weight * UINT64_C(10000) / total)
               : 0;
}

unsigned status_count(const struct status_group *group, struct str state)
{
    unsigned n = 0;

    for (unsigned i = 0; i < group->ntargets; i++)
        n += str_eq(group->targets[i].state, state);
    return n;
}

size_t status_room(const struct status_view *view)
{
    enum { ALL = 4096, EACH = 1024, RULE = 512, FORWARD = 256 };
    size_t room =
        ALL + view->nacls * (size_t)EACH + view->nalarms * 2 * (size_t)EACH;

    for (unsigned i = 0; i < view->nbalancers; i++) {
        const struct status_balancer *balancer = &view->balancers[i];

        room += EACH;
        for (unsigned k = 0; k < balancer->nlisteners; k++) {
            const struct status_listener *listener = &balancer->listeners[k];

            room += EACH + listener->ncertificates * (size_t)EACH;
            for (unsigned r = 0; r < listener->nrules; r++)
                room += RULE + listener->rules[r].nforwards * (size_t)FORWARD;
        }
    }
    for (unsigned i = 0; i < view->ngroups; i++)
        room += EACH + (view->groups[i].ntargets + view->groups[i].nsources) *
                           (size_t)EACH;
    return room;
}
