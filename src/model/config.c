/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "model/attributes.h"

enum { CONNECT_TIMEOUT_MS = 10000, SHOWN_MAX = 100 };

struct config *config_new(void)
{
    struct config *config = memory_zeroed(1, sizeof(*config));

    attributes_init(OWNER_LOAD_BALANCER, &config->attributes);
    config->attributes.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (unsigned i = 0; i < config->ngroups; i++)
        free(config->groups[i].targets);
    free(config);
}

struct config *config_copy(const struct config *config)
{
    struct config *copy = memory_zeroed(1, sizeof(*copy));

    *copy = *config;
    for (unsigned i = 0; i < copy->ngroups; i++) {
        struct config_group *group = &copy->groups[i];
        size_t size = sizeof(*group->targets);

        if (group->ntargets == 0)
            continue;
        group->targets = memory_zeroed(group->ntargets, size);
        memcpy(group->targets, config->groups[i].targets,
               group->ntargets * size);
    }
    return copy;
}

/* As much of what somebody typed as an error has room for. */
static struct str shown(struct str s)
{
    return str_make(s.p, s.n > SHOWN_MAX ? SHOWN_MAX : s.n);
}

static bool unknown_attribute(struct str key, struct error *error)
{
    struct suggest near = suggest_for(key);
    struct str name = shown(key);

    for (unsigned i = 0; i < nattributes; i++)
        suggest_offer(&near, attributes[i].name);
    if (suggest_best(&near))
        return error_set(error,
                         "attribute \"" STR_FMT
                         "\" is not known; did you mean \"%s\"?",
                         STR_ARG(name), suggest_best(&near));
    return error_set(error,
                     "attribute \"" STR_FMT "\" is not one that Sluice acts "
                     "on; `sluice serve --help` lists those it does",
                     STR_ARG(name));
}

static bool bad_value(const struct attribute *attribute, struct str value,
                      struct error *error)
{
    char buffer[128];
    struct text values = text_in(buffer, sizeof(buffer));
    struct str given = shown(value);

    attribute_put_values(&values, attribute);
    return error_set(
        error, "attribute %s cannot be \"" STR_FMT "\": ALB takes " STR_FMT,
        attribute->name, STR_ARG(given), STR_ARG(text_str(&values)));
}

static bool set_in_groups(struct config *config,
                          const struct attribute *attribute, struct str value)
{
    struct config_group trial; /* there may be no group to try it on */

    if (!attribute_set(attribute, &trial, value))
        return false;
    for (unsigned i = 0; i < config->ngroups; i++)
        attribute_set(attribute, &config->groups[i], value);
    return true;
}

bool config_set_attribute(struct config *config, struct str key,
                          struct str value, struct error *error)
{
    const struct attribute *attribute = attribute_find(key);
    bool ok = false;

    if (attribute == NULL)
        return unknown_attribute(key, error);
    switch (attribute->owner) {
    case OWNER_LOAD_BALANCER:
        ok = attribute_set(attribute, &config->attributes, value);
        break;
    case OWNER_TARGET_GROUP:
        ok = set_in_groups(config, attribute, value);
        break;
    }
    return ok || bad_value(attribute, value, error);
}
