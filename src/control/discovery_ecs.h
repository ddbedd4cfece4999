/* SPDX-License-Identifier: Apache-2.0
 *
 * A question to ECS, as its parts know it: what the tasks are
 * (discovery_ecs.c), where hosts of tasks are (discovery_hosts.c), and which
 * of two groups a target belongs to (discovery_blue_green.c).
 */
#ifndef SLUICE_CONTROL_DISCOVERY_ECS_H
#define SLUICE_CONTROL_DISCOVERY_ECS_H

#include "aws/ecs.h"
#include "control/discovery_aws.h"
#include "control/discovery_sides.h"

/* A task, without the answer that it stood in. */
struct seen_task {
    struct str arn;
    enum task_state state;
    bool listed;
    bool placed; /* it is somewhere: */
    struct str ip;
    uint16_t port;
    struct str zone;
    struct str deployment;
    double created;
    struct str instance; /* ip n == 0: of this host */
};

/* A container instance. */
struct host {
    struct str arn; /* first, as ecs_by_arn() wants it */
    struct str id;  /* n == 0: ECS did not tell */
    struct str ip;  /* n == 0: EC2 did not tell */
};

/* From answer to answer. */
struct ecs_memory {
    struct region region;
    unsigned nrunning;
    struct str *running; /* tasks that were targets */
    unsigned nhosts;
    struct host *hosts; /* by ARN */
};

struct ecs_question {
    struct aws_question q; /* first */
    struct str_list arns;
    unsigned nlisted;
    unsigned npages;
    struct str token;
    unsigned ntasks;
    struct seen_task *tasks;
    unsigned nhosts;
    struct host *hosts; /* by ARN: that are looked for, or known */
    unsigned from;      /* of the hosts that are asked about */
    unsigned at;        /* of the arns or hosts that are described */
    void (*found)(struct ecs_question *q); /* the hosts */
    const char *why;                       /* something is missing */
};

static inline struct ecs_question *ecs_question_of(struct aws_question *q)
{
    return LIST_ENTRY_OF(q, struct ecs_question, q);
}

static inline const struct discovery_ecs *ecs_of(const struct ecs_question *q)
{
    return &q->q.follower->source->u.ecs;
}

/* Orders ARNs, and what begins with one. */
int ecs_by_arn(const void *a, const void *b);

/* Asks in the region of the cluster. */
void ecs_ask(struct ecs_question *q, enum aws_service service,
             const char *action, struct str body,
             void (*next)(struct aws_question *q, const struct value *answer));

/* Finds the hosts of the tasks that have no address of their own, then calls
 * `done`, with those in q->hosts that could be found. */
void ecs_find_hosts(struct ecs_question *q,
                    void (*done)(struct ecs_question *q));

/* NULL: it was not looked for. */
const struct host *ecs_host_of(const struct ecs_question *q, struct str arn);

/* Leaves the targets of this group's side, as many as it returns, of a
 * blue/green service; of others all. */
unsigned ecs_keep_side(struct ecs_question *q, struct found_target *targets,
                       struct side_task *tasks, unsigned n);

#endif
