/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::WAFv2::LoggingConfiguration, and DataProtectionConfig of web ACLs
 * (aws-waf.md 7.2 to 7.5).
 */
#include <stdlib.h>

#include "model/read_waf.h"

enum {
    DESTINATIONS_MAX = 100,
    REDACTED_MAX = 100,
    PROTECTIONS_MAX = 26,
    KEYS_MAX = 100,
    KEY_MAX = 64,
};

/* ---- DataProtectionConfig ------------------------------------------------------ */

static const char *const field_types[] = {
    [WAF_PROTECT_HEADER] = "SINGLE_HEADER",
    [WAF_PROTECT_COOKIE] = "SINGLE_COOKIE",
    [WAF_PROTECT_QUERY_ARGUMENT] = "SINGLE_QUERY_ARGUMENT",
    [WAF_PROTECT_QUERY_STRING] = "QUERY_STRING",
    [WAF_PROTECT_BODY] = "BODY",
    [WAF_PROTECT_BODY + 1] = NULL,
};
static const char *const protect_actions[] = {"SUBSTITUTION", "HASH", NULL};

struct protected_input {
    const struct value *value;
    struct field type;
    struct field keys;
};

static const struct property protected_properties[] = {
    {.name = "FieldType",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct protected_input, type),
     .flags = PROPERTY_REQUIRED,
     .words = field_types,
     .example = "SINGLE_HEADER"},
    {.name = "FieldKeys",
     .kind = PROPERTY_RAW,
     .offset = offsetof(struct protected_input, keys)},
};

static const struct schema protected_schema =
    SCHEMA(protected_properties, struct protected_input);

struct protection_input {
    const struct value *value;
    struct field field;
    struct field action;
    struct field exclude_match;
    struct field exclude_rate;
};

#define PROTECTION(member) offsetof(struct protection_input, member)

static const struct property protection_properties[] = {
    {.name = "Field",
     .kind = PROPERTY_STRUCT,
     .offset = PROTECTION(field),
     .flags = PROPERTY_REQUIRED,
     .schema = &protected_schema,
     .example = "{FieldType: SINGLE_HEADER, FieldKeys: [authorization]}"},
    {.name = "Action",
     .kind = PROPERTY_WORD,
     .offset = PROTECTION(action),
     .flags = PROPERTY_REQUIRED,
     .words = protect_actions,
     .example = "SUBSTITUTION"},
    {.name = "ExcludeRuleMatchDetails",
     .kind = PROPERTY_BOOL,
     .offset = PROTECTION(exclude_match)},
    {.name = "ExcludeRateBasedDetails",
     .kind = PROPERTY_BOOL,
     .offset = PROTECTION(exclude_rate)},
};

static const struct schema protection_schema =
    SCHEMA(protection_properties, struct protection_input);

struct protections_input {
    const struct value *value;
    struct field list;
};

static const struct property protections_properties[] = {
    {.name = "DataProtections",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct protections_input, list),
     .flags = PROPERTY_REQUIRED,
     .schema = &protection_schema},
};

static const struct schema protections_schema =
    SCHEMA(protections_properties, struct protections_input);

static bool refuse_protection(const struct waf_reader *r,
                              const struct place *place, const char *path,
                              const char *what)
{
    waf_refuse(&r->resource, place, "DATA_PROTECTION_CONFIG", STR(""), NULL,
               "%s %s", path, what);
    return false;
}

static bool read_protection(struct waf_reader *r,
                            const struct protection_input *input,
                            const char *path, struct waf_protection *to)
{
    const struct protected_input *field = input->field.items;
    bool single = field->type.number <= WAF_PROTECT_QUERY_ARGUMENT;
    bool keys = field->keys.value && value_count(field->keys.value);

    to->field = (enum waf_protected)field->type.number;
    to->hash = input->action.number == 1;
    to->exclude_match_details = input->exclude_match.number;
    to->exclude_rate_details = input->exclude_rate.number;
    if (single && !keys)
        return refuse_protection(r, field_place(&field->type), path,
                                 "has no FieldKeys\nadd FieldKeys: [NAME]");
    if (!single && keys)
        return refuse_protection(r, field_place(&field->keys), path,
                                 "has FieldKeys, which its FieldType does not "
                                 "have\nleave them out");
    if (!single)
        return true;
    r->resource.field = "DATA_PROTECTION_CONFIG";
    to->keys =
        waf_strings(r, field->keys.value, waf_path(r, path, "Field.FieldKeys"),
                    KEYS_MAX, KEY_MAX, &to->nkeys);
    r->resource.field = NULL;
    return to->keys != NULL;
}

void waf_read_protections(struct waf_reader *r, const struct field *field,
                          struct config_web_acl *acl)
{
    struct protections_input input = {.value = NULL};
    const struct protection_input *items;
    struct waf_protection *made;

    if (field->value == NULL || field->value->kind == VALUE_NULL ||
        !schema_read(&r->resource, &protections_schema, "DataProtectionConfig",
                     field->value, &input))
        return;
    items = input.list.items;
    if (input.list.n > PROTECTIONS_MAX) {
        refuse_protection(r, field_place(&input.list),
                          "DataProtectionConfig.DataProtections",
                          "has more than 26 entries\nleave some out");
        return;
    }
    made = waf_take(r->waf, input.list.n, sizeof(*made));
    for (unsigned i = 0; i < input.list.n; i++)
        acl->nprotections += read_protection(
            r, &items[i],
            waf_path_at(r, "DataProtectionConfig.DataProtections", i),
            &made[acl->nprotections]);
    acl->protections = made;
}

/* ---- LoggingFilter -------------------------------------------------------------- */

static const char *const behaviors[] = {"KEEP", "DROP", NULL};
static const char *const requirements[] = {"MEETS_ALL", "MEETS_ANY", NULL};
static const char *const condition_members[] = {"ActionCondition",
                                                "LabelNameCondition", NULL};
static const char *const filter_actions[] = {
    "ALLOW",    "BLOCK", "COUNT", "CAPTCHA", "CHALLENGE", "EXCLUDED_AS_COUNT",
    "MONETIZE", NULL};

struct condition_input {
    const struct value *value;
    struct field word;
};

static const struct property action_properties[] = {
    {.name = "Action",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct condition_input, word),
     .flags = PROPERTY_REQUIRED,
     .words = filter_actions,
     .example = "BLOCK"},
};
static const struct property label_properties[] = {
    {.name = "LabelName",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct condition_input, word),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 1024,
     .example = "awswaf:managed:aws:core-rule-set:NoUserAgent_Header"},
};

static const struct schema condition_schemas[] = {
    SCHEMA(action_properties, struct condition_input),
    SCHEMA(label_properties, struct condition_input),
};

struct filter_input {
    const struct value *value;
    struct field behavior;
    struct field requirement;
    struct field conditions;
};

static const struct property filter_properties[] = {
    {.name = "Behavior",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct filter_input, behavior),
     .flags = PROPERTY_REQUIRED,
     .words = behaviors,
     .example = "KEEP"},
    {.name = "Requirement",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct filter_input, requirement),
     .flags = PROPERTY_REQUIRED,
     .words = requirements,
     .example = "MEETS_ANY"},
    {.name = "Conditions",
     .kind = PROPERTY_RAW,
     .offset = offsetof(struct filter_input, conditions),
     .flags = PROPERTY_REQUIRED,
     .example = "[{ActionCondition: {Action: BLOCK}}]"},
};

static const struct schema filter_schema =
    SCHEMA(filter_properties, struct filter_input);

struct filters_input {
    const struct value *value;
    struct field initial;
    struct field filters;
};

static const struct property filters_properties[] = {
    {.name = "DefaultBehavior",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct filters_input, initial),
     .flags = PROPERTY_REQUIRED,
     .words = behaviors,
     .example = "KEEP"},
    {.name = "Filters",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct filters_input, filters),
     .flags = PROPERTY_REQUIRED,
     .schema = &filter_schema},
};

static const struct schema filters_schema =
    SCHEMA(filters_properties, struct filters_input);

static bool read_condition(struct waf_reader *r, const struct value *value,
                           const char *path, struct waf_log_condition *to)
{
    struct condition_input input = {.value = NULL};
    const struct value *member;
    unsigned index;

    member = waf_one(r, value, path, condition_members, "FILTER_CONDITION",
                     "Condition", &index);
    if (member == NULL ||
        !schema_read(&r->resource, &condition_schemas[index],
                     waf_path(r, path, condition_members[index]), member,
                     &input))
        return false;
    to->label = index == 1;
    to->word = waf_keep_text(r->waf, &input.word);
    return true;
}

static bool read_filter(struct waf_reader *r, const struct filter_input *input,
                        const char *path, struct waf_log_filter *to)
{
    const struct value *list = input->conditions.value;
    struct waf_log_condition *made =
        waf_take(r->waf, value_count(list), sizeof(*made));

    path = waf_path(r, path, "Conditions");
    if (list->kind != VALUE_LIST || list->first == NULL) {
        waf_refuse(&r->resource, &list->place, "LOGGING_FILTER",
                   STR("Conditions"), WAF_TOO_FEW,
                   "%s must be a list of conditions\nwrite "
                   "[{ActionCondition: {Action: BLOCK}}]",
                   path);
        return false;
    }
    to->keep = input->behavior.number == 0;
    to->all = input->requirement.number == 0;
    for (const struct value *v = list->first; v; v = v->next) {
        if (!read_condition(r, v, waf_path_at(r, path, to->n), &made[to->n]))
            return false;
        to->n++;
    }
    to->conditions = made;
    return true;
}

static void read_filters(struct waf_reader *r, const struct field *field,
                         struct waf_logging *to)
{
    const struct filters_input *input = field->items;
    const struct filter_input *filters;
    struct waf_log_filter *made;

    if (!field->ok)
        return;
    filters = input->filters.items;
    made = waf_take(r->waf, input->filters.n, sizeof(*made));
    to->drop = input->initial.number == 1;
    for (unsigned i = 0; i < input->filters.n; i++)
        to->nfilters += read_filter(r, &filters[i],
                                    waf_path_at(r, "LoggingFilter.Filters", i),
                                    &made[to->nfilters]);
    to->filters = made;
}

/* ---- the resource --------------------------------------------------------------------- */

struct logging_input {
    const struct value *value;
    struct field resource;
    struct field destinations;
    struct field redacted;
    struct field filter;
};

#define AT(member) offsetof(struct logging_input, member)

static const struct property logging_properties[] = {
    {.name = "ResourceArn",
     .kind = PROPERTY_STRING,
     .offset = AT(resource),
     .flags = NEEDED,
     .example = "!GetAtt Acl.Arn"},
    {.name = "LogDestinationConfigs",
     .kind = PROPERTY_STRINGS,
     .offset = AT(destinations),
     .flags = NEEDED,
     .min = 1,
     .max = WAF_ARN_MAX,
     .example = "[\"arn:aws:s3:::aws-waf-logs-shop\"]"},
    {.name = "RedactedFields", .kind = PROPERTY_RAW, .offset = AT(redacted)},
    {.name = "LoggingFilter",
     .kind = PROPERTY_STRUCT,
     .offset = AT(filter),
     .schema = &filters_schema},
    {.name = "LogType", .kind = PROPERTY_IGNORED},
    {.name = "LogScope", .kind = PROPERTY_IGNORED},
    {.name = "ManagedByFirewallManager", .kind = PROPERTY_IGNORED},
};

static const struct schema logging_schema =
    SCHEMA(logging_properties, struct logging_input);

/* What names the log group, bucket or stream: behind the last ":", or of
 * Firehose behind "deliverystream/". */
static bool is_waf_destination(struct str arn)
{
    static const char mark[] = "aws-waf-logs-";
    const char *at = memmem(arn.p, arn.n, mark, sizeof(mark) - 1);

    return at && at > arn.p && (at[-1] == ':' || at[-1] == '/');
}

static void read_destinations(struct waf_reader *r, const struct field *list,
                              struct waf_logging *to)
{
    const struct field *items = list->items;
    struct str *made;

    if (list->n > DESTINATIONS_MAX || (list->ok && list->n == 0)) {
        waf_refuse(&r->resource, field_place(list), "LOG_DESTINATION", STR(""),
                   NULL,
                   "LogDestinationConfigs has %u entries: AWS takes 1 to %d\n"
                   "write one",
                   list->n, DESTINATIONS_MAX);
        return;
    }
    made = waf_take(r->waf, list->n, sizeof(*made));
    for (unsigned i = 0; i < list->n; i++) {
        struct str arn = items[i].text;

        if (!items[i].ok)
            continue; /* AWS has it */
        if (!is_waf_destination(arn))
            waf_refuse(&r->resource, field_place(&items[i]), "LOG_DESTINATION",
                       arn, WAF_BAD_ARN,
                       "LogDestinationConfigs[%u] is \"" STR_FMT "\": the name "
                       "of a destination begins with aws-waf-logs-\nrename it",
                       i, STR_ARG(shown(arn)));
        made[to->ndestinations++] = waf_keep(r->waf, arn);
    }
    to->destinations = made;
}

static bool may_be_redacted(enum waf_field_type type)
{
    return type == WAF_FIELD_METHOD || type == WAF_FIELD_QUERY_STRING ||
           type == WAF_FIELD_URI_PATH || type == WAF_FIELD_SINGLE_HEADER;
}

static void read_redacted(struct waf_reader *r, const struct field *field,
                          struct waf_logging *to)
{
    const struct value *list = field->value;
    struct waf_field *made;
    unsigned i = 0;

    if (list == NULL || list->kind == VALUE_NULL)
        return;
    if (list->kind != VALUE_LIST || value_count(list) > REDACTED_MAX) {
        resource_error(&r->resource, &list->place,
                       "RedactedFields must be a list of at most %d parts of "
                       "a request\nwrite [{SingleHeader: {Name: cookie}}]",
                       REDACTED_MAX);
        return;
    }
    made = waf_take(r->waf, value_count(list), sizeof(*made));
    for (const struct value *v = list->first; v; v = v->next, i++) {
        const char *path = waf_path_at(r, "RedactedFields", i);

        if (!waf_read_field(r, v, path, &made[to->nredacted]))
            continue;
        if (may_be_redacted(made[to->nredacted++].type))
            continue;
        waf_refuse(&r->resource, &v->place, "FIELD_TO_MATCH",
                   STR("FieldToMatch"), NULL,
                   "%s can be Method, QueryString, SingleHeader or UriPath\n"
                   "protect others by DataProtectionConfig of the web ACL",
                   path);
    }
    to->redacted = made;
}

static void give(struct waf_reader *r, const struct field *field,
                 const struct waf_logging *logging)
{
    struct config_web_acl *acl =
        waf_find(r, KNOWN_WEB_ACL, field, "ResourceArn", "nothing is logged");

    if (acl == NULL)
        return;
    if (acl->logging)
        waf_refuse(&r->resource, &field->value->place, "RESOURCE_ARN",
                   acl->entity.arn, NULL,
                   "web ACL " STR_FMT " has a logging configuration already%s"
                   "\nleave one of them out",
                   STR_ARG(acl->entity.id),
                   resource_see(&r->resource, &field->value->place,
                                &acl->logging->place));
    else
        acl->logging = logging;
}

void read_logging(struct build *build, const struct resource *resource)
{
    struct waf_reader r = {
        .build = build, .waf = waf_build(build), .resource = *resource};
    struct waf_logging *logging = waf_take(r.waf, 1, sizeof(*logging));
    struct logging_input input = {.value = NULL};
    struct identity_input identity;

    schema_read(resource, &logging_schema, NULL, resource->properties, &input);
    read_identity_alone(resource, &identity);
    logging->id = waf_keep(r.waf, resource->id);
    logging->place = waf_place(build, resource_place(resource));
    read_destinations(&r, &input.destinations, logging);
    read_redacted(&r, &input.redacted, logging);
    read_filters(&r, &input.filter, logging);
    give(&r, &input.resource, logging);
    if (!sha256_init(&r.sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    sha256_begin(&r.sha);
    waf_digest_value(&r.sha, resource->properties);
    waf_digest_note(r.waf, logging, &r.sha);
    sha256_end(&r.sha);
}
