/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/ingress.h"

#include <stdlib.h>

#include "base/memory.h"
#include "match/ip_tree.h"
#include "model/vpc.h"

struct ingress {
    struct ip_tree *ipv4;
    struct ip_tree *ipv6;
};

static struct ip_tree *tree_of(const struct config_listener *listener,
                               uint8_t family)
{
    const struct config_security *security = listener->load_balancer->security;
    struct cidr *ranges = memory_zeroed(security->n + 1, sizeof(*ranges));
    struct ip_tree *tree;
    unsigned n = 0;

    for (unsigned i = 0; i < security->n; i++) {
        const struct config_ingress *rule = &security->ingress[i];

        if (rule->range.base.family == family &&
            rule->from_port <= listener->port &&
            listener->port <= rule->to_port)
            ranges[n++] = rule->range;
    }
    tree = ip_tree_new(ranges, n);
    free(ranges);
    return tree;
}

struct ingress *ingress_new(const struct config_listener *listener)
{
    struct ingress *ingress;

    if (listener->load_balancer->security == NULL)
        return NULL;
    ingress = memory_zeroed(1, sizeof(*ingress));
    ingress->ipv4 = tree_of(listener, 4);
    ingress->ipv6 = tree_of(listener, 6);
    return ingress;
}

void ingress_free(struct ingress *ingress)
{
    if (ingress == NULL)
        return;
    ip_tree_free(ingress->ipv4);
    ip_tree_free(ingress->ipv6);
    free(ingress);
}

bool ingress_admits(const struct ingress *ingress, const struct address *client)
{
    return ingress == NULL ||
           ip_tree_has(client->family == 4 ? ingress->ipv4 : ingress->ipv6,
                       client);
}
