/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::SNS::Topic and AWS::SNS::Subscription: what alarms notify.
 */
#include "model/read_alarm.h"

/* ---- AWS::SNS::Topic ------------------------------------------------------------------ */

struct topic_input {
    const struct value *value;
    struct field name;
    struct field subscriptions;
};

struct pair_input {
    const struct value *value;
    struct field endpoint;
    struct field protocol;
};

static const struct property pair_properties[] = {
    {.name = "Endpoint",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct pair_input, endpoint),
     .flags = NEEDED,
     .example = "http://127.0.0.1:9000/alarms"},
    {.name = "Protocol",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct pair_input, protocol),
     .flags = NEEDED,
     .example = "http"},
};

static const struct schema pair_schema =
    SCHEMA(pair_properties, struct pair_input);

static const struct property topic_properties[] = {
    {.name = "TopicName",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct topic_input, name),
     .flags = PROPERTY_UNKNOWABLE,
     .min = 1,
     .max = 256,
     .example = "pager"},
    {.name = "Subscription",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct topic_input, subscriptions),
     .flags = PROPERTY_UNKNOWABLE,
     .schema = &pair_schema},
};

static const struct schema topic_schema = {
    .properties = topic_properties,
    .n = sizeof(topic_properties) / sizeof(*topic_properties),
    .size = sizeof(struct topic_input),
    .open = true,
};

static void add(struct build *build, struct config_topic *topic,
                const struct field *protocol, const struct field *endpoint,
                bool raw)
{
    struct config_subscription *to;

    if (!protocol->ok || !endpoint->ok)
        return; /* what only AWS knows is reached from there */
    to = region_take(&build->config->region,
                     (topic->nsubscriptions + 1) * sizeof(*to));
    if (topic->nsubscriptions)
        memcpy(to, topic->subscriptions, topic->nsubscriptions * sizeof(*to));
    to[topic->nsubscriptions++] = (struct config_subscription){
        keep_text(build, protocol), keep_text(build, endpoint), raw};
    topic->subscriptions = to;
}

void read_topic(struct build *build, const struct resource *resource)
{
    struct config_alarms *alarms = &build->config->alarms;
    struct region *region = &build->config->region;
    struct config_topic *topic = region_take(region, sizeof(*topic));
    struct topic_input input = {.value = NULL};
    const struct pair_input *pairs;

    schema_read(resource, &topic_schema, NULL, resource->properties, &input);
    refuse_sluice(resource);
    topic->id = keep(build, resource->id);
    topic->name = keep(build, input.name.ok ? input.name.text : resource->id);
    topic->arn = arn_topic(region, &build->scope, topic->name);
    pairs = input.subscriptions.items;
    for (unsigned i = 0; i < input.subscriptions.n; i++)
        add(build, topic, &pairs[i].protocol, &pairs[i].endpoint, false);
    alarms->topics[alarms->ntopics++] = topic;
}

/* ---- AWS::SNS::Subscription ---------------------------------------------------------------- */

struct subscription_input {
    const struct value *value;
    struct field topic;
    struct field protocol;
    struct field endpoint;
    struct field raw;
};

#define AT(member) offsetof(struct subscription_input, member)

static const struct property subscription_properties[] = {
    {.name = "TopicArn",
     .kind = PROPERTY_STRING,
     .offset = AT(topic),
     .flags = NEEDED,
     .example = "!Ref Topic"},
    {.name = "Protocol",
     .kind = PROPERTY_STRING,
     .offset = AT(protocol),
     .flags = NEEDED,
     .example = "http"},
    {.name = "Endpoint",
     .kind = PROPERTY_STRING,
     .offset = AT(endpoint),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "http://127.0.0.1:9000/alarms"},
    {.name = "RawMessageDelivery", .kind = PROPERTY_BOOL, .offset = AT(raw)},
};

static const struct schema subscription_schema = {
    .properties = subscription_properties,
    .n = sizeof(subscription_properties) / sizeof(*subscription_properties),
    .size = sizeof(struct subscription_input),
    .open = true,
};

/* A topic of elsewhere has its subscriptions there. */
void read_subscription(struct build *build, const struct resource *resource)
{
    const struct config_alarms *alarms = &build->config->alarms;
    struct subscription_input input = {.value = NULL};

    schema_read(resource, &subscription_schema, NULL, resource->properties,
                &input);
    refuse_sluice(resource);
    for (unsigned i = 0; i < alarms->ntopics; i++) {
        if (input.topic.ok && str_eq(alarms->topics[i]->arn, input.topic.text))
            add(build, alarms->topics[i], &input.protocol, &input.endpoint,
                input.raw.ok && input.raw.number);
    }
}

const struct config_topic *config_find_topic(const struct config *config,
                                             struct str arn)
{
    for (unsigned i = 0; i < config->alarms.ntopics; i++) {
        if (str_eq(config->alarms.topics[i]->arn, arn))
            return config->alarms.topics[i];
    }
    return NULL;
}
