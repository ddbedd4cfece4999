/* SPDX-License-Identifier: Apache-2.0
 *
 * What the health check log says of a probe (alb.md 7.5).
 */
#include "control/server_state.h"
#include "lb/probe.h"

/* The node, as its other logs name it: where its listeners are. */
static struct address node_of(const struct config_load_balancer *balancer)
{
    return balancer->nlisteners ? balancer->listeners[0]->bind
                                : (struct address){.family = 0};
}

void health_log_put(void *owner, const struct probe_end *end)
{
    struct server *server = owner;
    const struct config_load_balancer *balancer = end->group->load_balancer;
    struct health_check_record record = {
        .type = probe_type(end->group),
        .code = (uint16_t)end->code,
        .time = end->began,
        .latency_ns = end->latency_ns,
        .target = end->target->address,
        .result = end->result,
    };
    bool wake;
    int sink;

    if (balancer == NULL)
        return;
    sink = publish_sink(server, balancer, HEALTH_CHECK_LOG);
    if (sink == LOG_SINK_NONE)
        return;
    record.sink = (uint32_t)sink;
    record.local = node_of(balancer);
    record.texts[HEALTH_CHECK_LOAD_BALANCER] = balancer->full_name;
    record.texts[HEALTH_CHECK_TARGET_GROUP] = end->group->name;
    log_ring_put(server->ring, HEALTH_CHECK_LOG, &record, &wake);
    if (wake && server->log)
        log_writer_wake(server->log);
}
