/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets that are the tasks of an ECS service.
 *
 *     ListTasks, page by page · DescribeTasks of these and of those that ran
 *     before · (bridge: DescribeContainerInstances · DescribeInstances) ·
 *     (none: DescribeServices)
 *
 * A task that is not listed any more is asked about by its ARN: it goes when
 * ECS says that it stops or does not know it.  What breaks anywhere is no
 * answer at all.
 */
#include "control/discovery_ecs.h"

#include <stdlib.h>

#include "base/memory.h"

int ecs_by_arn(const void *a, const void *b)
{
    const struct str *x = a;
    const struct str *y = b;

    return str_compare(*x, *y);
}

void ecs_ask(struct ecs_question *q, enum aws_service service,
             const char *action, struct str body,
             void (*next)(struct aws_question *q, const struct value *answer))
{
    const struct aws_call call = {
        .service = service,
        .action = action,
        .body = body,
        .region = discovery_region(ecs_of(q)->cluster),
    };

    aws_question_ask(&q->q, &call, next);
}

/* ---- the end -------------------------------------------------------------------- */

/* False: nobody can say where it is. */
static bool target_of(struct ecs_question *q, const struct seen_task *task,
                      struct found_target *target)
{
    const struct host *host =
        task->ip.n ? NULL : ecs_host_of(q, task->instance);
    bool instance = q->q.follower->type == TARGET_TYPE_INSTANCE;

    *target = (struct found_target){.port = task->port, .zone = task->zone};
    if (!task->placed) {
        return false;
    } else if (task->ip.n && instance) {
        q->why = "its tasks have addresses of their own, and the group has "
                 "TargetType instance: write TargetType: ip";
        return false;
    } else if (task->ip.n) {
        target->id = task->ip;
        return true;
    } else if (host == NULL || host->ip.n == 0) {
        q->why = "nobody says where the host of a task is "
                 "(ecs:DescribeContainerInstances, ec2:DescribeInstances)";
        return false;
    }
    target->id = instance ? host->id : host->ip;
    target->address = instance ? host->ip : STR("");
    if (instance)
        target->zone = STR(""); /* ALB takes the instance's */
    return true;
}

/* What is asked about next time though it be listed no more. */
static void remember(struct ecs_question *q)
{
    struct ecs_memory *m = memory_zeroed(1, sizeof(*m));

    m->running = region_take(&m->region, (q->ntasks + 1) * sizeof(*m->running));
    for (unsigned i = 0; i < q->ntasks && m->nrunning < KEPT_MAX; i++) {
        if (q->tasks[i].state != TASK_GOES)
            m->running[m->nrunning++] =
                region_copy(&m->region, q->tasks[i].arn);
    }
    m->hosts = region_take(&m->region, (q->nhosts + 1) * sizeof(*m->hosts));
    for (unsigned i = 0; i < q->nhosts; i++) {
        if (q->hosts[i].ip.n == 0)
            continue;
        m->hosts[m->nhosts++] = (struct host){
            region_copy(&m->region, q->hosts[i].arn),
            region_copy(&m->region, q->hosts[i].id),
            region_copy(&m->region, q->hosts[i].ip),
        };
    }
    discovery_ecs_ops.forget(q->q.follower);
    q->q.follower->memory = m;
}

/* Tasks that are targets, and those that stay because they were. */
static unsigned list_targets(struct ecs_question *q,
                             struct found_target *targets,
                             struct side_task *sides)
{
    unsigned n = 0;

    for (unsigned i = 0; i < q->ntasks; i++) {
        const struct seen_task *t = &q->tasks[i];
        struct found_target target;

        if (t->state == TASK_UNKNOWN)
            q->why = "ECS says nothing of a task that it lists or that ran";
        if (t->state == TASK_UNKNOWN || t->state == TASK_GOES ||
            !target_of(q, t, &target))
            continue;
        if (t->state == TASK_STARTS &&
            !discovery_keep_has(&q->q.follower->keep, &target))
            continue;
        sides[n] = (struct side_task){.deployment = t->deployment,
                                      .created = t->created};
        targets[n++] = target;
    }
    return n;
}

static void settle(struct ecs_question *q, bool none)
{
    struct region *region = &q->q.region;
    struct found_target *targets =
        region_take(region, (q->ntasks + 1) * sizeof(*targets));
    struct side_task *sides =
        region_take(region, (q->ntasks + 1) * sizeof(*sides));
    unsigned all = list_targets(q, targets, sides);
    struct discovery_answer a = {
        .outcome = q->why ? ANSWER_PART : ANSWER_WHOLE,
        .none = none || all > 0,
        .n = ecs_keep_side(q, targets, sides, all),
        .targets = targets,
        .why = q->why,
    };

    remember(q);
    aws_question_answer(&q->q, &a);
}

/* ---- no task at all --------------------------------------------------------------- */

static void on_service(struct aws_question *asked, const struct value *value)
{
    struct ecs_question *q = ecs_question_of(asked);
    struct ecs_service service;
    char why[DISCOVERY_ERROR_MAX];

    if (!ecs_read_service(value, ecs_of(q)->service, &service)) {
        aws_question_fail(
            &q->q, "ECS lists no tasks of the service, and does not say that "
                   "there is such a service");
        return;
    }
    if (service.desired == 0) {
        settle(q, true);
        return;
    }
    snprintf(why, sizeof(why),
             "ECS lists no running tasks of a service that wants %u",
             service.desired);
    aws_question_fail(&q->q, why);
}

/* Whether any of them may be a target. */
static bool any_runs(const struct ecs_question *q)
{
    for (unsigned i = 0; i < q->ntasks; i++) {
        if (q->tasks[i].state == TASK_RUNS || q->tasks[i].state == TASK_UNKNOWN)
            return true;
        if (q->tasks[i].state == TASK_STARTS && q->q.follower->keep.n)
            return true;
    }
    return false;
}

static void finish(struct ecs_question *q)
{
    if (any_runs(q))
        settle(q, false);
    else
        ecs_ask(q, AWS_ECS, "DescribeServices",
                ecs_describe_service(&q->q.region, ecs_of(q)->cluster,
                                     ecs_of(q)->service),
                on_service);
}

/* ---- tasks ---------------------------------------------------------------------------- */

static void place(struct ecs_question *q, const struct ecs_task *task,
                  struct seen_task *seen)
{
    const struct discovery_ecs *ecs = ecs_of(q);
    struct ecs_place where;
    const char *why = NULL;

    seen->placed =
        ecs_task_place(task, ecs->container, ecs->port, q->q.follower->port,
                       q->q.follower->six, &where, &why);
    if (!seen->placed) {
        q->why = why;
        return;
    }
    seen->ip = region_copy(&q->q.region, where.ip);
    seen->port = where.port;
    seen->instance = region_copy(&q->q.region, task->instance);
}

/* What is said of one that is listed and MISSING at once is nothing. */
static void see(struct ecs_question *q, const struct value *value, unsigned i)
{
    struct region *region = &q->q.region;
    struct ecs_task task =
        ecs_read_task(value, q->arns.v[i], discovery_name(ecs_of(q)->service));
    struct seen_task *seen = &q->tasks[q->ntasks++];

    *seen = (struct seen_task){
        .arn = q->arns.v[i],
        .state = task.state,
        .listed = i < q->nlisted,
        .zone = region_copy(region, task.zone),
        .deployment = region_copy(region, task.deployment),
        .created = task.created,
    };
    if (task.missing && seen->listed)
        seen->state = TASK_UNKNOWN;
    if (task.state == TASK_RUNS || task.state == TASK_STARTS)
        place(q, &task, seen);
}

static void describe(struct ecs_question *q);

static void on_tasks(struct aws_question *asked, const struct value *value)
{
    struct ecs_question *q = ecs_question_of(asked);

    while (q->ntasks < q->at)
        see(q, value, q->ntasks);
    describe(q);
}

static void describe(struct ecs_question *q)
{
    unsigned n = q->arns.n - q->at;
    const struct str *from = q->arns.v + q->at;

    if (n == 0) {
        ecs_find_hosts(q, finish);
        return;
    }
    if (n > ECS_LIST_MAX)
        n = ECS_LIST_MAX;
    q->at += n;
    ecs_ask(q, AWS_ECS, "DescribeTasks",
            ecs_describe_tasks(&q->q.region, ecs_of(q)->cluster, from, n),
            on_tasks);
}

/* ---- the list ---------------------------------------------------------------------------- */

/* Those that ran before and are not in the list stand behind it. */
static void add_running(struct ecs_question *q)
{
    const struct ecs_memory *m = q->q.follower->memory;
    unsigned nrunning = m ? m->nrunning : 0;
    struct str *all =
        region_take(&q->q.region, (q->arns.n + nrunning + 1) * sizeof(*all));
    unsigned n = 0;

    if (q->arns.n)
        qsort(q->arns.v, q->arns.n, sizeof(*all), ecs_by_arn);
    for (unsigned i = 0; i < q->arns.n; i++) {
        if (n == 0 || !str_eq(all[n - 1], q->arns.v[i]))
            all[n++] = q->arns.v[i];
    }
    q->nlisted = n;
    for (unsigned i = 0; i < nrunning; i++) {
        if (q->nlisted == 0 || bsearch(&m->running[i], all, q->nlisted,
                                       sizeof(*all), ecs_by_arn) == NULL)
            all[n++] = region_copy(&q->q.region, m->running[i]);
    }
    q->arns = (struct str_list){n, all};
    q->tasks = region_take(&q->q.region, (n + 1) * sizeof(*q->tasks));
}

static void list(struct ecs_question *q);

static void on_list(struct aws_question *asked, const struct value *value)
{
    struct ecs_question *q = ecs_question_of(asked);

    if (value == NULL) { /* no such service, which must show below */
        q->arns.n = 0;
        add_running(q);
        describe(q);
    } else if (!ecs_read_list(&q->q.region, value, &q->arns, &q->token)) {
        aws_question_fail(&q->q, "ListTasks: the answer is no list of tasks");
    } else if (q->arns.n > ECS_TASKS_MAX) {
        aws_question_fail(&q->q,
                          "ListTasks: a service has no more than 5000 tasks");
    } else if (q->token.n && ++q->npages == ECS_PAGES_MAX) {
        aws_question_fail(&q->q, "ListTasks: there is no end of pages");
    } else if (q->token.n) {
        list(q);
    } else {
        add_running(q);
        describe(q);
    }
}

static void list(struct ecs_question *q)
{
    ecs_ask(q, AWS_ECS, "ListTasks",
            ecs_list_tasks(&q->q.region, ecs_of(q)->cluster, ecs_of(q)->service,
                           q->token),
            on_list);
}

/* ---- what discovery.c calls ------------------------------------------------------------------ */

static bool begin(struct discovery_follower *f)
{
    struct ecs_question *q = aws_question_new(f, sizeof(*q));

    if (q == NULL)
        return false;
    q->q.unless = "ServiceNotFoundException";
    list(q);
    return true;
}

static void forget(struct discovery_follower *f)
{
    struct ecs_memory *m = f->memory;

    if (m)
        region_end(&m->region);
    free(m);
    f->memory = NULL;
}

const struct discovery_ops discovery_ecs_ops = {begin, aws_question_cancel,
                                                forget};
