/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/where.h"

#include "aws/chain.h"
#include "aws/endpoint.h"
#include "model/json.h"

#define DOCUMENT "/latest/dynamic/instance-identity/document"

static void on_end(struct loop_task *task)
{
    struct where *w = LIST_ENTRY_OF(task, struct where, answer);

    w->asking = false;
    w->done(w, w->region, &w->error);
}

void where_init(struct where *w, struct loop *loop, struct transport *transport)
{
    metadata_init(&w->metadata, loop, transport);
    loop_task_init(&w->answer, on_end);
}

void where_end(struct where *w)
{
    metadata_end(&w->metadata);
    list_remove(&w->answer.node);
    region_end(&w->memory);
}

/* arn:aws:ecs:eu-west-1:123456789012:task/... */
static struct str region_of_arn(struct str arn)
{
    struct str part = STR("");

    for (unsigned i = 0; i < 4 && arn.p; i++)
        part = str_cut(&arn, ':');
    return arn.p ? part : STR("");
}

struct str where_read(struct region *memory, struct str answer)
{
    struct error ignored;
    size_t used;
    const struct value *map = json_value_read(memory, answer, &used, &ignored);
    const struct value *v = map ? value_get(map, STR("region")) : NULL;
    struct str region = STR("");

    if (v && v->kind == VALUE_STRING)
        region = v->text;
    v = map ? value_get(map, STR("TaskARN")) : NULL;
    if (v && v->kind == VALUE_STRING)
        region = region_of_arn(v->text);
    return aws_region_is_name(region) ? region : STR("");
}

static void finish(struct where *w)
{
    loop_ready(w->metadata.loop, &w->answer);
}

static bool take(struct where *w, unsigned status, struct str text)
{
    if (status == 200)
        w->region = where_read(&w->memory, text);
    return w->region.n > 0;
}

static void on_imds(struct metadata *m, unsigned status, struct str text,
                    const struct error *why)
{
    struct where *w = LIST_ENTRY_OF(m, struct where, metadata);

    if (!take(w, status, text))
        error_set(&w->error,
                  "there is no region: set AWS_REGION, or region in the "
                  "profile of the config file; neither ECS's nor EC2's "
                  "metadata services say it (%s)",
                  why->text[0] ? why->text : "there is none in the answer");
    finish(w);
}

static void ask_imds(struct where *w)
{
    if (w->imds.n == 0) {
        error_set(&w->error,
                  "there is no region: set AWS_REGION, or region in the "
                  "profile of the config file; ECS's metadata service does "
                  "not say it and AWS_EC2_METADATA_DISABLED is true");
        finish(w);
        return;
    }
    w->metadata.done = on_imds;
    metadata_imds(&w->metadata, w->imds, STR(DOCUMENT));
}

static void on_task(struct metadata *m, unsigned status, struct str text,
                    const struct error *why)
{
    struct where *w = LIST_ENTRY_OF(m, struct where, metadata);

    (void)why;
    if (take(w, status, text))
        finish(w);
    else
        ask_imds(w);
}

void where_begin(struct where *w, char *const *environment,
                 const struct profiles *profiles)
{
    struct str task =
        aws_environment(environment, "ECS_CONTAINER_METADATA_URI_V4");
    struct loop *loop = w->metadata.loop;
    struct transport *transport = w->metadata.transport;

    metadata_end(&w->metadata);
    metadata_init(&w->metadata, loop, transport);
    region_end(&w->memory);
    w->region = STR("");
    w->error.text[0] = '\0';
    w->asking = true;
    if (!aws_imds_url(&w->memory, environment, profiles, &w->imds, &w->error)) {
        finish(w);
    } else if (task.n) {
        w->metadata.done = on_task;
        metadata_get(&w->metadata,
                     region_printf(&w->memory, STR_FMT "/task", STR_ARG(task)),
                     STR(""), true);
    } else {
        ask_imds(w);
    }
}
