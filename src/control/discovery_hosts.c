/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts of tasks with bridge or host networks: ECS tells which instance it is,
 * EC2 where that is.  What was found once is known.
 */
#include <stdlib.h>

#include "control/discovery_ecs.h"

const struct host *ecs_host_of(const struct ecs_question *q, struct str arn)
{
    return q->nhosts ? bsearch(&arn, q->hosts, q->nhosts, sizeof(*q->hosts),
                               ecs_by_arn)
                     : NULL;
}

static struct host known(struct ecs_question *q, struct str arn)
{
    const struct ecs_memory *m = q->q.follower->memory;
    const struct host *found =
        m && m->nhosts
            ? bsearch(&arn, m->hosts, m->nhosts, sizeof(*m->hosts), ecs_by_arn)
            : NULL;

    if (found == NULL)
        return (struct host){.arn = arn};
    return (struct host){arn, region_copy(&q->q.region, found->id),
                         region_copy(&q->q.region, found->ip)};
}

/* Each once, by ARN. */
static void collect(struct ecs_question *q)
{
    struct str *arns =
        region_take(&q->q.region, (q->ntasks + 1) * sizeof(*arns));
    unsigned n = 0;

    for (unsigned i = 0; i < q->ntasks; i++) {
        const struct seen_task *t = &q->tasks[i];

        if (t->state != TASK_GOES && t->placed && t->ip.n == 0)
            arns[n++] = t->instance;
    }
    qsort(arns, n, sizeof(*arns), ecs_by_arn);
    q->hosts = region_take(&q->q.region, (n + 1) * sizeof(*q->hosts));
    for (unsigned i = 0; i < n; i++) {
        if (i == 0 || !str_eq(arns[i], arns[i - 1]))
            q->hosts[q->nhosts++] = known(q, arns[i]);
    }
}

static bool lacks_id(const struct host *host)
{
    return host->id.n == 0;
}

static bool lacks_ip(const struct host *host)
{
    return host->id.n && host->ip.n == 0;
}

/* Those from q->at on that lack something, one call's worth. */
static unsigned next_hosts(struct ecs_question *q,
                           bool (*lacks)(const struct host *host), bool ids,
                           struct str *v)
{
    unsigned n = 0;

    q->from = q->at;
    for (; q->at < q->nhosts && n < ECS_LIST_MAX; q->at++) {
        const struct host *host = &q->hosts[q->at];

        if (lacks(host))
            v[n++] = ids ? host->id : host->arn;
    }
    return n;
}

static void ask_addresses(struct ecs_question *q);

static void on_addresses(struct aws_question *asked, const struct value *value)
{
    struct ecs_question *q = ecs_question_of(asked);

    (void)value;
    for (unsigned i = q->from; i < q->at; i++) {
        struct host *host = &q->hosts[i];

        if (lacks_ip(host))
            host->ip = ec2_read_address(&q->q.region, q->q.call.answer,
                                        host->id, q->q.follower->six);
    }
    ask_addresses(q);
}

static void ask_addresses(struct ecs_question *q)
{
    struct str ids[ECS_LIST_MAX];
    unsigned n = next_hosts(q, lacks_ip, true, ids);

    if (n == 0)
        q->found(q);
    else
        ecs_ask(q, AWS_EC2, "DescribeInstances",
                ec2_describe_instances(&q->q.region, ids, n), on_addresses);
}

static void ask_instances(struct ecs_question *q);

static void on_instances(struct aws_question *asked, const struct value *value)
{
    struct ecs_question *q = ecs_question_of(asked);

    for (unsigned i = q->from; i < q->at; i++) {
        struct host *host = &q->hosts[i];

        if (lacks_id(host))
            host->id =
                region_copy(&q->q.region, ecs_read_instance(value, host->arn));
    }
    ask_instances(q);
}

static void ask_instances(struct ecs_question *q)
{
    struct str arns[ECS_LIST_MAX];
    unsigned n = next_hosts(q, lacks_id, false, arns);

    if (n) {
        ecs_ask(
            q, AWS_ECS, "DescribeContainerInstances",
            ecs_describe_instances(&q->q.region, ecs_of(q)->cluster, arns, n),
            on_instances);
        return;
    }
    q->at = 0;
    ask_addresses(q);
}

void ecs_find_hosts(struct ecs_question *q,
                    void (*done)(struct ecs_question *q))
{
    collect(q);
    q->at = 0;
    q->found = done;
    ask_instances(q);
}
