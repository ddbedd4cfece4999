/* SPDX-License-Identifier: Apache-2.0
 *
 * Transforms of rules (alb.md 2.5).
 */
#include "model/read.h"

struct input {
    const struct value *value;
    struct field type;
    struct field configs[2]; /* by enum transform_type */
};

struct config_input {
    const struct value *value;
    struct field rewrites;
};

struct rewrite_input {
    const struct value *value;
    struct field regex;
    struct field replace;
};

enum { TRANSFORM_TYPES = 2, REGEX_MAX = 1024 };

static const char *const types[] = {
    [TRANSFORM_HOST] = "host-header-rewrite",
    [TRANSFORM_URL] = "url-rewrite",
    [TRANSFORM_TYPES] = NULL,
};

static const char *const config_names[] = {
    [TRANSFORM_HOST] = "HostHeaderRewriteConfig",
    [TRANSFORM_URL] = "UrlRewriteConfig",
};

static const struct property rewrite_properties[] = {
    {.name = "Regex",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct rewrite_input, regex),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = REGEX_MAX,
     .example = "\"^/dp/([A-Za-z0-9]+)/?$\""},
    {.name = "Replace",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct rewrite_input, replace),
     .flags = PROPERTY_REQUIRED,
     .max = REGEX_MAX,
     .example = "\"/product.php?id=$1\""},
};

static const struct schema rewrite_schema =
    SCHEMA(rewrite_properties, struct rewrite_input);

static const struct property config_properties[] = {
    {.name = "Rewrites",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct config_input, rewrites),
     .flags = PROPERTY_REQUIRED,
     .schema = &rewrite_schema,
     .example = "[{Regex: ..., Replace: ...}]"},
};

static const struct schema config_schema =
    SCHEMA(config_properties, struct config_input);

#define AT(member) offsetof(struct input, member)
#define CONFIG(type) (AT(configs) + (type) * sizeof(struct field))

static const struct property properties[] = {
    {.name = "Type",
     .kind = PROPERTY_WORD,
     .offset = AT(type),
     .flags = PROPERTY_REQUIRED,
     .words = types,
     .example = "url-rewrite"},
    {.name = "HostHeaderRewriteConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(TRANSFORM_HOST),
     .schema = &config_schema,
     .example = "{Rewrites: [{Regex: ..., Replace: ...}]}"},
    {.name = "UrlRewriteConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(TRANSFORM_URL),
     .schema = &config_schema,
     .example = "{Rewrites: [{Regex: ..., Replace: ...}]}"},
};

const struct schema transform_schema = SCHEMA(properties, struct input);

static bool is_new(const struct resource *resource, const struct input *input,
                   const struct config_rule *rule)
{
    for (unsigned i = 0; i < rule->ntransforms; i++) {
        if (rule->transforms[i].type != (enum transform_type)input->type.number)
            continue;
        resource_error(resource, &input->value->place,
                       "a rule has at most one %s, and has it already%s\nmake "
                       "one regex of both",
                       types[input->type.number],
                       resource_see(resource, &input->value->place,
                                    &rule->transforms[i].place));
        return false;
    }
    return true;
}

static const struct rewrite_input *find_rewrite(const struct resource *resource,
                                                const struct input *input)
{
    enum transform_type type = (enum transform_type)input->type.number;
    const struct field *config = &input->configs[type];
    const struct field *other = &input->configs[!type];
    const struct config_input *items = config->items;

    if (other->value)
        resource_error(resource, &other->value->key_place,
                       "%s does not belong to a %s\nwrite %s, or Type: %s",
                       config_names[!type], types[type], config_names[type],
                       types[!type]);
    else if (config->value == NULL)
        resource_error(resource, &input->value->place,
                       "a %s has no %s\nadd %s: {Rewrites: [{Regex: ..., "
                       "Replace: ...}]}",
                       types[type], config_names[type], config_names[type]);
    else if (config->ok && items->rewrites.n != 1)
        resource_error(resource, field_place(&items->rewrites),
                       "Rewrites has %u entries: a transform has one\n%s",
                       items->rewrites.n,
                       items->rewrites.n ? "make one regex of them"
                                         : "add {Regex: ..., Replace: ...}");
    else if (config->ok)
        return items->rewrites.items;
    return NULL;
}

void read_transforms(struct build *build, const struct resource *resource,
                     const struct field *list, struct config_rule *rule)
{
    const struct input *inputs = list->items;

    for (unsigned i = 0; i < list->n; i++) {
        const struct rewrite_input *rewrite;

        if (!inputs[i].type.ok || !is_new(resource, &inputs[i], rule))
            continue;
        rewrite = find_rewrite(resource, &inputs[i]);
        if (rewrite == NULL)
            continue;
        rule->transforms[rule->ntransforms++] = (struct config_transform){
            .type = (enum transform_type)inputs[i].type.number,
            .place = keep_place(build, field_place(&rewrite->regex)),
            .regex = keep_text(build, &rewrite->regex),
            .replace = keep_text(build, &rewrite->replace),
        };
    }
}
