/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets that are instances of a service of Cloud Map.  The revision is cheap
 * to ask for and changes with what is registered, not with its health: the
 * whole list is asked for when it is another one, and each FULL_MS.
 */
#include <stdlib.h>

#include "aws/cloud_map.h"
#include "base/memory.h"
#include "control/discovery_aws.h"

enum { FULL_MS = 60 * 1000 };

/* From answer to answer. */
struct map_memory {
    bool known; /* an answer was taken: */
    uint64_t revision;
    uint64_t full_us;
};

static const struct discovery_cloud_map *what(const struct aws_question *q)
{
    return &q->follower->source->u.cloud_map;
}

static uint64_t now_us(const struct aws_question *q)
{
    return q->follower->group->all->server->loop.now_us;
}

/* ---- answers --------------------------------------------------------------------- */

static struct found_target *targets_of(struct aws_question *q,
                                       const struct cloud_map_answer *read)
{
    struct found_target *targets =
        region_take(&q->region, (read->n + 1) * sizeof(*targets));

    for (unsigned i = 0; i < read->n; i++) {
        const struct cloud_map_instance *instance = &read->instances[i];
        uint16_t port = what(q)->port;

        if (port == 0)
            port = instance->port ? instance->port : q->follower->port;
        targets[i] = (struct found_target){
            .id = instance->ip, .port = port, .zone = instance->zone};
    }
    return targets;
}

/* `whole`: an equal revision says that nothing is new. */
static void remember(struct aws_question *q, bool whole,
                     const struct cloud_map_answer *read)
{
    struct map_memory *m = q->follower->memory;

    if (m == NULL)
        m = q->follower->memory = memory_zeroed(1, sizeof(*m));
    m->known = whole && read->has_revision && read->n;
    m->revision = read->revision;
    m->full_us = now_us(q);
}

static void take(struct aws_question *q, const struct value *value)
{
    struct cloud_map_answer read;
    struct discovery_answer a = {.outcome = ANSWER_WHOLE};

    if (!cloud_map_read(&q->region, value, q->follower->six, &read)) {
        aws_question_fail(
            q, "DiscoverInstances: the answer is no list of instances");
        return;
    }
    a.n = read.n;
    a.targets = targets_of(q, &read);
    if (read.full || (read.without && read.n == 0))
        a.outcome = ANSWER_PART;
    if (read.full)
        a.why = "it has more instances than an answer tells (1000)";
    else if (read.n == 0)
        a.why = read.without ? "no instance has an address of the group's "
                               "IpAddressType"
                             : "Cloud Map tells no instance, which is not "
                               "believed";
    remember(q, a.outcome == ANSWER_WHOLE, &read);
    aws_question_answer(q, &a);
}

/* ---- calls ------------------------------------------------------------------------- */

static void ask(struct aws_question *q, const char *action, struct str body,
                void (*next)(struct aws_question *q, const struct value *value))
{
    const struct aws_call call = {.service = AWS_CLOUD_MAP,
                                  .action = action,
                                  .body = body,
                                  .host_prefix = true};

    aws_question_ask(q, &call, next);
}

static void discover(struct aws_question *q)
{
    q->unless = NULL;
    ask(q, "DiscoverInstances", cloud_map_discover(&q->region, what(q)), take);
}

/* Nothing new: what is kept is the answer. */
static void repeat(struct aws_question *q)
{
    const struct discovery_keep *keep = &q->follower->keep;
    struct discovery_answer a = {.outcome = ANSWER_WHOLE, .n = keep->n};

    a.targets = region_take(&q->region, (keep->n + 1) * sizeof(*a.targets));
    for (unsigned i = 0; i < keep->n; i++)
        a.targets[i] = keep->targets[i].target;
    aws_question_answer(q, &a);
}

/* A service that knows no revisions (or a policy without that permission)
 * tells its instances all the same. */
static void on_revision(struct aws_question *q, const struct value *value)
{
    const struct map_memory *m = q->follower->memory;
    uint64_t revision;

    if (value && m && cloud_map_read_revision(value, &revision) &&
        revision == m->revision)
        repeat(q);
    else
        discover(q);
}

static void ask_revision(struct aws_question *q)
{
    q->unless = "";
    ask(q, "DiscoverInstancesRevision", cloud_map_revision(&q->region, what(q)),
        on_revision);
}

/* ---- what discovery.c calls ------------------------------------------------------------ */

static bool begin(struct discovery_follower *f)
{
    const struct map_memory *m = f->memory;
    struct aws_question *q = aws_question_new(f, sizeof(*q));

    if (q == NULL)
        return false;
    if (m && m->known && f->keep.known &&
        now_us(q) - m->full_us < FULL_MS * UINT64_C(1000))
        ask_revision(q);
    else
        discover(q);
    return true;
}

static void forget(struct discovery_follower *f)
{
    free(f->memory);
    f->memory = NULL;
}

const struct discovery_ops discovery_map_ops = {begin, aws_question_cancel,
                                                forget};
