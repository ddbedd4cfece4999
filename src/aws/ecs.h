/* SPDX-License-Identifier: Apache-2.0
 *
 * What is asked of ECS and what its answers say (aws-integrations.md 4.1):
 * bodies of ListTasks, DescribeTasks, DescribeServices,
 * DescribeContainerInstances, and of EC2's DescribeInstances.
 *
 * Pure; answers may say anything.  What is made stands in the region.
 */
#ifndef SLUICE_AWS_ECS_H
#define SLUICE_AWS_ECS_H

#include "model/value.h"

enum {
    ECS_LIST_MAX = 100,   /* tasks or instances of one call */
    ECS_TASKS_MAX = 5000, /* of one service, as AWS's quota */
    ECS_PAGES_MAX = 2 * ECS_TASKS_MAX / ECS_LIST_MAX /* some may be empty */
};

struct str_list {
    unsigned n;
    struct str *v;
};

/* ---- bodies ------------------------------------------------------------------- */

/* `token`: n == 0: the first page.  Names or ARNs. */
struct str ecs_list_tasks(struct region *region, struct str cluster,
                          struct str service, struct str token);

/* At most ECS_LIST_MAX. */
struct str ecs_describe_tasks(struct region *region, struct str cluster,
                              const struct str *arns, unsigned n);
struct str ecs_describe_service(struct region *region, struct str cluster,
                                struct str service);
struct str ecs_describe_instances(struct region *region, struct str cluster,
                                  const struct str *arns, unsigned n);
/* By a filter: an id that EC2 knows no more would refuse the whole call. */
struct str ec2_describe_instances(struct region *region, const struct str *ids,
                                  unsigned n);

/* ---- answers ------------------------------------------------------------------ */

/* Adds taskArns; `*token` is empty with the last page.  False: it is no such
 * answer. */
bool ecs_read_list(struct region *region, const struct value *answer,
                   struct str_list *arns, struct str *token);

enum task_state {
    TASK_UNKNOWN, /* no answer about it, or one of no use */
    TASK_GOES,    /* it stops or has stopped, or ECS knows no such task */
    TASK_STARTS,  /* it does not run yet, or is not healthy */
    TASK_RUNS,
};

struct ecs_task {
    struct str arn;
    enum task_state state;
    bool missing;          /* GOES: ECS knows no such task */
    struct str deployment; /* "ecs-svc/123", else its task definition */
    struct str zone;
    struct str instance; /* containerInstanceArn; n == 0: none */
    double created;      /* seconds; 0: not told */
    uint64_t version;
    const struct value *value; /* the MAP; NULL: UNKNOWN or missing */
};

/* What an answer of DescribeTasks says of one of the tasks that it was asked
 * for.  `service`: a name; tasks of another service are UNKNOWN. */
struct ecs_task ecs_read_task(const struct value *answer, struct str arn,
                              struct str service);

/* What DescribeServices says: false unless it knows that service. */
struct ecs_service {
    unsigned desired; /* of one that is deleted: 0 */
    unsigned running;
};
bool ecs_read_service(const struct value *answer, struct str service,
                      struct ecs_service *found);

/* ec2InstanceId of a container instance; n == 0: not told. */
struct str ecs_read_instance(const struct value *answer, struct str arn);

/* The address of an instance in the XML of DescribeInstances; n == 0: none of
 * that family. */
struct str ec2_read_address(struct region *region, struct str xml,
                            struct str id, bool six);

/* ---- where a task is -------------------------------------------------------------- */

struct ecs_place {
    struct str ip; /* of the task; n == 0: it is its host's */
    uint16_t port; /* there */
};

/* Where a container's port is reached.  `container` n == 0: any that has the
 * port, or the only one; `port` 0: the container's only one, else `fallback`.
 * False: nowhere, with a clause why in `*why`. */
bool ecs_task_place(const struct ecs_task *task, struct str container,
                    uint16_t port, uint16_t fallback, bool six,
                    struct ecs_place *place, const char **why);

#endif
