/* SPDX-License-Identifier: Apache-2.0
 *
 * What web ACLs, rule groups, IP sets and regex pattern sets have in common:
 * name, scope, ARN, and how others name them (aws-waf.md 8.3).
 */
#include <stdlib.h>

#include "model/read_waf.h"

const char *const waf_scope_words[] = {"REGIONAL", "CLOUDFRONT", NULL};

/* ---- Metadata.Sluice ----------------------------------------------------------- */

struct metadata {
    const struct value *value;
    struct identity_input identity;
    struct field arn;
    struct field log; /* of web ACLs */
};

#define METADATA_PROPERTIES                                                    \
    IDENTITY_PROPERTIES(struct metadata, identity),                            \
        {.name = "Arn",                                                        \
         .kind = PROPERTY_STRING,                                              \
         .offset = offsetof(struct metadata, arn),                             \
         .min = 20,                                                            \
         .max = WAF_ARN_MAX,                                                   \
         .example =                                                            \
             "arn:aws:wafv2:us-east-1:000000000000:regional/ipset/NAME/ID"},   \
        {.name = "LockToken", .kind = PROPERTY_IGNORED},                       \
    {                                                                          \
        .name = "PermissionPolicy", .kind = PROPERTY_IGNORED                   \
    }

static const struct property metadata_properties[] = {METADATA_PROPERTIES};

static const struct property acl_metadata_properties[] = {
    METADATA_PROPERTIES,
    {.name = "WafLog",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct metadata, log),
     .min = 1,
     .example = "waf.log"},
};

static const struct schema metadata_schema = {
    .properties = metadata_properties,
    .n = sizeof(metadata_properties) / sizeof(*metadata_properties),
    .size = sizeof(struct metadata),
    .own = true,
};

static const struct schema acl_metadata_schema = {
    .properties = acl_metadata_properties,
    .n = sizeof(acl_metadata_properties) / sizeof(*acl_metadata_properties),
    .size = sizeof(struct metadata),
    .own = true,
};

/* ---- names ------------------------------------------------------------------------ */

static const char *const arn_words[] = {
    [KNOWN_WEB_ACL] = "webacl",
    [KNOWN_RULE_GROUP] = "rulegroup",
    [KNOWN_IP_SET] = "ipset",
    [KNOWN_REGEX_SET] = "regexpatternset",
};

static const char *const fields[] = {
    [KNOWN_WEB_ACL] = "WEB_ACL",
    [KNOWN_RULE_GROUP] = "RULE_GROUP",
    [KNOWN_IP_SET] = "IP_SET",
    [KNOWN_REGEX_SET] = "REGEX_PATTERN_SET",
};

static void read_waf_name(const struct resource *resource, enum known_kind kind,
                          const struct entity_input *input,
                          struct waf_build *waf, struct waf_entity *entity)
{
    const struct field *name = &input->name;
    struct str text = name->ok ? name->text : STR("");

    entity->name = arn_waf_name(waf->region, text, resource->id);
    if (!name->ok)
        return;
    if (!str_eq(entity->name, text)) {
        waf_refuse(resource, field_place(name), fields[kind], text,
                   WAF_BAD_FORMAT,
                   "Name cannot be \"" STR_FMT "\"\nwrite 1 to %d letters, "
                   "digits, \"-\" and \"_\"",
                   STR_ARG(shown(text)), WAF_NAME_MAX);
        return;
    }
    waf->names[waf->nnames++] = (struct waf_name){
        kind, entity->cloudfront, entity->name, resource, field_place(name)};
}

static bool is_description_character(char c)
{
    return is_alnum(c) || (c && strchr("_+=:#@/-,. \t\r\n", c));
}

static void check_description(const struct resource *resource,
                              enum known_kind kind, const struct field *field)
{
    struct str s = field->ok ? field->text : STR("");
    bool ok = s.n != 1 && s.n != 2;

    for (size_t i = 0; i < s.n; i++)
        ok = ok && is_description_character(s.p[i]);
    if (s.n && (s.p[0] <= ' ' || s.p[s.n - 1] <= ' '))
        ok = false;
    if (!ok)
        waf_refuse(resource, field_place(field), fields[kind], s,
                   WAF_BAD_FORMAT,
                   "Description cannot be \"" STR_FMT "\"\nwrite 3 to 256 "
                   "letters, digits, spaces and any of _+=:#@/-,.",
                   STR_ARG(shown(s)));
}

/* ---- the whole ----------------------------------------------------------------------- */

static struct str own_arn(struct build *build, enum known_kind kind,
                          const struct metadata *metadata,
                          const struct waf_entity *entity)
{
    if (metadata->arn.ok)
        return waf_keep(build->waf, metadata->arn.text);
    return arn_waf(build->waf->region, &build->scope, arn_words[kind],
                   entity->name, entity->uuid, entity->cloudfront);
}

void waf_read_entity(struct build *build, const struct resource *resource,
                     enum known_kind kind, const struct entity_input *input,
                     void *object, struct waf_entity *entity)
{
    struct waf_build *waf = waf_build(build);
    struct metadata metadata = {.value = NULL};

    schema_read(resource,
                kind == KNOWN_WEB_ACL ? &acl_metadata_schema : &metadata_schema,
                "Metadata.Sluice", resource->sluice, &metadata);
    if (kind == KNOWN_WEB_ACL)
        ((struct config_web_acl *)object)->log =
            waf_keep_text(waf, &metadata.log);
    entity->id = waf_keep(waf, resource->id);
    entity->place = waf_place(build, resource_place(resource));
    entity->cloudfront = input->scope.ok && input->scope.number == 1;
    read_waf_name(resource, kind, input, waf, entity);
    entity->description = waf_keep_text(waf, &input->description);
    check_description(resource, kind, &input->description);
    entity->uuid = waf_keep(
        waf, read_certificate_identity(build, resource, &metadata.identity));
    entity->arn = own_arn(build, kind, &metadata, entity);
    known_add(build, kind, entity->arn, entity->id, object);
}

struct str waf_label_prefix(const struct waf_build *waf,
                            const struct waf_entity *entity, const char *kind)
{
    struct str rest = entity->arn;
    struct str account = STR("");

    for (unsigned i = 0; i < 5 && rest.p; i++)
        account = str_cut(&rest, ':');
    return region_printf(waf->region, "awswaf:" STR_FMT ":%s:" STR_FMT ":",
                         STR_ARG(account), kind, STR_ARG(entity->name));
}

/* ---- references ------------------------------------------------------------------------ */

/* What a reference is that nobody can follow. */
static void *unresolved(const struct waf_reader *r, const struct field *field,
                        const char *path, const char *what, const char *then)
{
    struct problem_detail detail = {.code = "WAFNonexistentItemException"};

    resource_tell(&r->resource, report_doubtful(r->build->report),
                  &field->value->place, &detail,
                  "%s %s: %s\nadd the resource that has this ARN", path, what,
                  then);
    return NULL;
}

/* Whether it is what Ref of that resource is: "NAME|ID|SCOPE". */
static bool is_ref_of(const struct known *known, struct str text)
{
    struct str rest = text;
    struct str id;

    str_cut(&rest, '|');
    id = rest.p ? str_cut(&rest, '|') : STR("");
    return rest.p && str_eq(arn_last(known->arn), id);
}

/* Which one is meant; NULL: who knows. */
static const char *meant(const struct waf_reader *r, enum known_kind kind,
                         struct str text)
{
    struct suggest near = suggest_for(text);

    for (unsigned i = 0; i < r->build->nknown; i++) {
        const struct known *known = &r->build->known[i];

        if (known->kind != kind)
            continue;
        if (is_ref_of(known, text))
            return known->id.p;
        suggest_offer(&near, known->id.p);
    }
    return suggest_best(&near);
}

static void *not_an_arn(const struct waf_reader *r, enum known_kind kind,
                        const struct field *field, const char *path)
{
    const char *id = meant(r, kind, field->text);

    waf_refuse(&r->resource, field_place(field), "RESOURCE_ARN", field->text,
               WAF_BAD_ARN,
               "%s is \"" STR_FMT "\": that is no ARN of %s %s\nwrite !GetAtt "
               "%s.Arn",
               path, STR_ARG(shown(field->text)),
               kind == KNOWN_IP_SET ? "an" : "a", known_word(kind),
               id ? id : "NAME");
    return NULL;
}

/* The objects of all kinds begin with their entity. */
static bool is_of_scope(const struct waf_reader *r, const struct known *known,
                        const struct field *field, const char *path)
{
    const struct waf_entity *entity = known->object;

    if (!r->scoped || entity == NULL || entity->cloudfront == r->cloudfront)
        return true;
    waf_refuse(&r->resource, field_place(field), "STATEMENT", STR("Statement"),
               WAF_BAD_REFERENCE,
               "%s is " STR_FMT " of Scope %s\nname one of Scope %s", path,
               STR_ARG(entity->name),
               entity->cloudfront ? "CLOUDFRONT" : "REGIONAL",
               r->cloudfront ? "CLOUDFRONT" : "REGIONAL");
    return false;
}

void *waf_find(const struct waf_reader *r, enum known_kind kind,
               const struct field *field, const char *path, const char *then)
{
    const struct known *known;

    if (field->value == NULL)
        return NULL;
    if (!field->ok)
        return field->value->kind == VALUE_UNKNOWN
                   ? unresolved(r, field, path,
                                region_printf(r->resource.region,
                                              "cannot be known here (" STR_FMT
                                              ")",
                                              STR_ARG(field->value->text))
                                    .p,
                                then)
                   : NULL;
    known = known_get(r->build, field->text);
    if (known && known->kind == kind)
        return is_of_scope(r, known, field, path) ? known->object : NULL;
    if (known == NULL && str_starts(field->text, STR("arn:")))
        return unresolved(r, field, path,
                          region_printf(r->resource.region,
                                        "is \"" STR_FMT
                                        "\", of which nothing is known here",
                                        STR_ARG(shown(field->text)))
                              .p,
                          then);
    if (known == NULL)
        return not_an_arn(r, kind, field, path);
    waf_refuse(&r->resource, field_place(field), "STATEMENT", STR("Statement"),
               WAF_BAD_REFERENCE,
               "%s is the ARN of %s " STR_FMT ", not of %s %s\nname one of "
               "those",
               path, known_word(known->kind), STR_ARG(known->id),
               kind == KNOWN_IP_SET ? "an" : "a", known_word(kind));
    return NULL;
}

/* ---- what is there twice or too often ----------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    const struct waf_name *x = a;
    const struct waf_name *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->global != y->global)
        return x->global ? 1 : -1;
    if (strcmp(x->name.p, y->name.p) != 0)
        return strcmp(x->name.p, y->name.p);
    return (x->place->line > y->place->line) -
           (x->place->line < y->place->line);
}

static void check_names_once(const struct waf_build *waf)
{
    struct problem_detail detail = {.code = "WAFDuplicateItemException"};

    if (waf->nnames)
        qsort(waf->names, waf->nnames, sizeof(*waf->names), compare_names);
    for (unsigned i = 1; i < waf->nnames; i++) {
        const struct waf_name *a = &waf->names[i - 1];
        const struct waf_name *b = &waf->names[i];

        if (a->kind == b->kind && a->global == b->global &&
            str_eq(a->name, b->name))
            resource_tell(b->resource, PROBLEM_ERROR, b->place, &detail,
                          "Name \"" STR_FMT "\" is that of %s%s as well\n"
                          "names of a kind are unique: give it another one",
                          STR_ARG(b->name), a->resource->name,
                          resource_see(b->resource, b->place, a->place));
    }
}

static void check_number(const struct build *build, enum quota quota,
                         unsigned n, const char *what)
{
    unsigned max = quota_value(&build->config->quotas, quota);

    if (n > max)
        report_tell(
            build->report, report_doubtful(build->report), NULL,
            &(struct problem_detail){.code = "WAFLimitsExceededException"},
            "there are %u %s: AWS takes %u in a region\nleave some out, or "
            "say --quota %s=%u",
            n, what, max, quota_name(quota), n);
}

static void check_quotas(const struct build *build)
{
    const struct config_waf *waf = build->waf->waf;

    check_number(build, QUOTA_WEB_ACLS, waf->nacls, "web ACLs");
    check_number(build, QUOTA_RULE_GROUPS, waf->nrule_groups, "rule groups");
    check_number(build, QUOTA_IP_SETS, waf->nip_sets, "IP sets");
    check_number(build, QUOTA_REGEX_SETS, waf->nregex_sets,
                 "regex pattern sets");
}

/* The digests of ACLs have their logging in them, which is read last. */
static void end_digests(struct waf_build *waf)
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory, or OpenSSL has no SHA-256 */
    for (unsigned i = 0; i < waf->waf->nacls; i++) {
        struct config_web_acl *acl = waf->waf->acls[i];

        sha256_begin(&sha);
        waf_digest_add(&sha, waf, acl);
        waf_digest_add(&sha, waf, acl->logging);
        sha256_bytes(&sha, acl->digest);
    }
    sha256_end(&sha);
}

void read_waf_end(struct build *build)
{
    if (build->waf == NULL)
        return;
    check_names_once(build->waf);
    check_quotas(build);
    end_digests(build->waf);
}
