/* SPDX-License-Identifier: Apache-2.0
 *
 * What is counted of an exchange: at its end, by the facts that the access log
 * tells (exchange_log.c), whether there is a log or not; what no log tells is
 * counted where it happens.
 */
#include "proxy/connection.h"
#include "proxy/exchange.h"

enum { RULES_FREE = 10 }; /* of each request: LCUs do not count them */

/* ---- where ------------------------------------------------------------------ */

void exchange_meter_begin(struct exchange *ex)
{
    const struct route_table *table = ex->table;

    if (table->nodes)
        ex->node =
            meter_zone_of(table->nodes, server_stream_number(ex->client));
    ex->balancer_cell =
        meter_balancer_cell(table->meter, ex->worker->index, ex->node);
    ex->ipv6 = server_stream_client(ex->client)->family == 6;
}

void exchange_meter_target(struct exchange *ex)
{
    ex->group_cell =
        meter_group_cell(ex->group->meter, ex->worker->index, ex->node);
}

void exchange_meter_keep(struct exchange *ex)
{
    if (ex->balancer_cell)
        meter_cell_pin(&ex->balancer_cell->cell);
    if (ex->group_cell)
        meter_cell_pin(&ex->group_cell->cell);
}

static void let_go(struct exchange *ex)
{
    if (ex->tunnel && ex->balancer_cell)
        meter_cell_unpin(&ex->balancer_cell->cell);
    if (ex->tunnel && ex->group_cell)
        meter_cell_unpin(&ex->group_cell->cell);
    ex->balancer_cell = NULL;
    ex->group_cell = NULL;
}

/* ---- what ------------------------------------------------------------------- */

void exchange_meter_rules(struct exchange *ex, unsigned evaluated)
{
    unsigned free = evaluated < RULES_FREE ? evaluated : RULES_FREE;

    if (evaluated == 0)
        return;
    balancer_cell_add(ex->balancer_cell, BALANCER_rule_evaluations, evaluated);
    balancer_cell_add(ex->balancer_cell, BALANCER_evaluated_rules_free, free);
}

static void count_bytes(struct balancer_cell *cell, bool ipv6, uint64_t n)
{
    balancer_cell_add(cell, BALANCER_processed_bytes, n);
    if (ipv6)
        balancer_cell_add(cell, BALANCER_ipv6_processed_bytes, n);
}

void exchange_meter_bytes(struct exchange *ex)
{
    uint64_t all = ex->bytes_in + ex->bytes_out;

    count_bytes(ex->balancer_cell, ex->ipv6, all - ex->bytes_metered);
    ex->bytes_metered = all;
}

/* A status that no target sent. */
static void count_own(struct balancer_cell *cell, unsigned status)
{
    static const enum balancer_count of_class[] = {
        [3] = BALANCER_elb_3xx, [4] = BALANCER_elb_4xx, [5] = BALANCER_elb_5xx};
    unsigned class = status / 100;

    if (class >= 3 && class <= 5)
        balancer_cell_add(cell, of_class[class], 1);
    switch (status) {
    case 500:
        balancer_cell_add(cell, BALANCER_elb_500, 1);
        break;
    case 502:
        balancer_cell_add(cell, BALANCER_elb_502, 1);
        break;
    case 503:
        balancer_cell_add(cell, BALANCER_elb_503, 1);
        break;
    case 504:
        balancer_cell_add(cell, BALANCER_elb_504, 1);
        break;
    default:
        break;
    }
}

/* There is no metric for 101: a WebSocket is a request alone. */
static void count_target(struct group_cell *cell, const struct exchange *ex)
{
    static const enum group_count of_class[] = {
        [2] = GROUP_target_2xx,
        [3] = GROUP_target_3xx,
        [4] = GROUP_target_4xx,
        [5] = GROUP_target_5xx,
    };
    unsigned class = ex->target_status / 100;

    group_cell_add(cell, GROUP_requests, 1);
    if (ex->grpc || (ex->group && ex->group->config->version == VERSION_GRPC))
        group_cell_add(cell, GROUP_grpc_requests, 1);
    if (class >= 2 && class <= 5)
        group_cell_add(cell, of_class[class], 1);
    if (ex->responded_us)
        group_cell_time(cell, ex->responded_us - ex->sent_us);
}

void exchange_meter_end(struct exchange *ex)
{
    struct balancer_cell *cell = ex->balancer_cell;

    if (cell == NULL)
        return;
    exchange_meter_bytes(ex);
    if (ex->ipv6)
        balancer_cell_add(cell, BALANCER_ipv6_requests, 1);
    if (ex->target)
        connection_meter_add(&cell->counts[BALANCER_requests], 1);
    if (ex->group_cell)
        count_target(ex->group_cell, ex);
    if (ex->target_status == 0)
        count_own(cell, ex->status);
    let_go(ex);
}

void exchange_meter_refused(struct server_stream *stream,
                            const struct h1_fault *fault, size_t received,
                            size_t sent)
{
    struct balancer_cell *cell = connection_cell(stream);
    bool ipv6 = server_stream_client(stream)->family == 6;

    count_bytes(cell, ipv6, received + sent);
    if (ipv6)
        balancer_cell_add(cell, BALANCER_ipv6_requests, 1);
    if (fault->class != DESYNC_COMPLIANT)
        balancer_cell_add(cell, BALANCER_desync_non_compliant, 1);
    count_own(cell, fault->status);
}
