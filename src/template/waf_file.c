/* SPDX-License-Identifier: Apache-2.0 */
#include "template/waf_file.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/waf_words.h"
#include "template/document.h"
#include "template/waf_file_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ---- what the API says ----------------------------------------------------------- */

static const struct kind {
    const char *wrapper; /* of Get... */
    const char *type;
    const char *member;     /* what it alone has */
    const char *not_member; /* ... and does not have, or NULL */
} kinds[] = {
    {"WebACL", "AWS::WAFv2::WebACL", "DefaultAction", NULL},
    {"IPSet", "AWS::WAFv2::IPSet", "IPAddressVersion", NULL},
    {"RegexPatternSet", "AWS::WAFv2::RegexPatternSet", "RegularExpressionList",
     NULL},
    {"LoggingConfiguration", "AWS::WAFv2::LoggingConfiguration",
     "LogDestinationConfigs", NULL},
    {"RuleGroup", "AWS::WAFv2::RuleGroup", "Rules", "DefaultAction"},
};

/* The entity in a document, and what it is; NULL: it is none. */
static const struct value *find_entity(const struct value *root,
                                       const struct kind **kind)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct value *inner = value_get(root, str_of(kinds[i].wrapper));

        *kind = &kinds[i];
        if (inner && inner->kind == VALUE_MAP)
            return inner;
    }
    for (size_t i = 0; i < COUNT(kinds); i++) {
        *kind = &kinds[i];
        if (value_get(root, str_of(kinds[i].member)) &&
            (kinds[i].not_member == NULL ||
             !value_get(root, str_of(kinds[i].not_member))))
            return root;
    }
    return NULL;
}

/* What only Get... says. */
static bool is_told(const struct kind *kind, struct str name)
{
    static const char *const names[] = {"Id",
                                        "ARN",
                                        "LabelNamespace",
                                        "LockToken",
                                        "ManagedByFirewallManager",
                                        "RetrofittedByFirewallManager",
                                        NULL};

    for (unsigned i = 0; names[i]; i++) {
        if (str_eq(name, str_of(names[i])))
            return true;
    }
    return str_eq(name, STR("Capacity")) && kind == &kinds[0];
}

static struct str text_of(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && value_is_scalar(v) ? v->text : STR("");
}

static struct value *properties_of(struct waf_loader *l,
                                   const struct kind *kind,
                                   const struct value *words)
{
    struct value *properties = value_new(l->region, VALUE_MAP, &words->place);
    bool global = memmem(text_of(words, "ARN").p, text_of(words, "ARN").n,
                         ":global/", 8) != NULL;

    for (const struct value *v = words->first; v; v = v->next) {
        struct value *copy;

        if (is_told(kind, v->key) || v->kind == VALUE_NULL)
            continue;
        copy = value_copy(l->region, v);
        copy->key_place = v->key_place;
        value_put(l->region, properties, v->key, copy);
    }
    if (!value_get(properties, STR("Scope")) &&
        !value_get(properties, STR("LogDestinationConfigs")))
        value_put(l->region, properties, STR("Scope"),
                  value_string(l->region,
                               global ? STR("CLOUDFRONT") : STR("REGIONAL"),
                               &words->place));
    return properties;
}

static void add_entity(struct waf_loader *l, const struct kind *kind,
                       const struct value *entity)
{
    const struct value *words =
        waf_words_from_file(entity, l->region, l->report);
    struct str name = text_of(entity, "Name");

    if (words == NULL)
        return;
    waf_loader_add(l, name.n ? name : str_of(kind->wrapper), kind->type,
                   properties_of(l, kind, words), text_of(entity, "Id"),
                   text_of(entity, "ARN"), &entity->place);
}

/* ---- what was found ------------------------------------------------------------------ */

static struct str free_name(struct waf_loader *l, struct str logical)
{
    if (value_get(l->resources, logical) == NULL)
        return logical;
    return region_printf(l->region, STR_FMT "-%u", STR_ARG(logical),
                         value_count(l->resources) + 1);
}

static void put_text(struct region *region, struct value *map, const char *key,
                     struct str text, const struct place *place)
{
    if (text.n)
        value_put(region, map, str_of(key), value_string(region, text, place));
}

void waf_loader_add(struct waf_loader *l, struct str logical, const char *type,
                    struct value *properties, struct str uuid, struct str arn,
                    const struct place *place)
{
    struct region *region = l->region;
    struct value *resource = value_new(region, VALUE_MAP, place);
    struct value *metadata = value_new(region, VALUE_MAP, place);
    struct value *sluice = value_new(region, VALUE_MAP, place);

    put_text(region, resource, "Type", str_of(type), place);
    value_put(region, resource, STR("Properties"), properties);
    put_text(region, sluice, "Id", uuid, place);
    put_text(region, sluice, "Arn", arn, place);
    if (sluice->first) {
        value_put(region, metadata, STR("Sluice"), sluice);
        value_put(region, resource, STR("Metadata"), metadata);
    }
    value_put(region, l->resources, free_name(l, logical), resource);
}

/* Of a template what is WAF's; what it is associated with is no matter. */
static void add_template(struct waf_loader *l, const struct template *template)
{
    for (const struct value *v = template->resources->first; v; v = v->next) {
        struct str type = text_of(v, "Type");
        struct value *copy;

        if (!str_starts(type, STR("AWS::WAFv2::")) ||
            str_eq(type, STR("AWS::WAFv2::WebACLAssociation")))
            continue;
        copy = value_copy(l->region, v);
        copy->key_place = v->key_place;
        value_put(l->region, l->resources, free_name(l, v->key), copy);
    }
}

/* ---- files ------------------------------------------------------------------------------ */

static void unknown_file(struct waf_loader *l, const struct value *root)
{
    report_error(l->report, &root->place,
                 "there is no web ACL in this file\ngive what `aws wafv2 "
                 "get-web-acl`, get-ip-set, get-regex-pattern-set or "
                 "get-rule-group prints, a CloudFormation template, or what "
                 "`terraform show -json` prints");
}

/* Templates are read together, and what is wrong with them is said then. */
static bool is_template(const struct template_source *source)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    const struct value *root =
        document_parse(source->file, source->text, &region, &report);
    bool is = value_get(root, STR("Resources")) != NULL;

    report_end(&report);
    region_end(&region);
    return is;
}

static void read_source(struct waf_loader *l,
                        const struct template_source *source)
{
    const struct value *root;
    const struct value *entity;
    const struct kind *kind;

    report_source(l->report, source->file, source->text);
    root = document_parse(source->file, source->text, l->region, l->report);
    if (root == NULL)
        return;
    entity = find_entity(root, &kind);
    if (waf_terraform_is(root))
        waf_terraform_add(l, root);
    else if (entity)
        add_entity(l, kind, entity);
    else
        unknown_file(l, root);
}

static void read_templates(struct waf_loader *l,
                           const struct template_source *sources, unsigned n)
{
    struct template *template =
        n ? template_parse(sources, n, l->options, l->report) : NULL;

    if (template)
        add_template(l, template);
    template_free(template);
}

const struct value *waf_file_parse(const struct template_source *sources,
                                   unsigned n,
                                   const struct template_options *options,
                                   struct region *region, struct report *report)
{
    struct template_source *templates = memory_zeroed(n + 1, sizeof(*sources));
    struct waf_loader l = {.region = region,
                           .report = report,
                           .options = options,
                           .resources = value_new(region, VALUE_MAP, NULL)};
    unsigned errors = report->errors;
    unsigned ntemplates = 0;

    for (unsigned i = 0; i < n; i++) {
        if (is_template(&sources[i]))
            templates[ntemplates++] = sources[i];
        else
            read_source(&l, &sources[i]);
    }
    if (report->errors == errors)
        read_templates(&l, templates, ntemplates);
    free(templates);
    return report->errors == errors ? l.resources : NULL;
}

const struct value *waf_file_read(const char *const *files, unsigned n,
                                  const struct template_options *options,
                                  struct region *region, struct report *report)
{
    struct template_source *sources = memory_zeroed(n + 1, sizeof(*sources));
    const struct value *resources = NULL;

    if (template_read(files, n, sources, report))
        resources = waf_file_parse(sources, n, options, region, report);
    free(sources);
    return resources;
}
