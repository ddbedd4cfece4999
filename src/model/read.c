/* SPDX-License-Identifier: Apache-2.0 */
#include "model/read.h"

#include <stdlib.h>

#include "model/attributes.h"

enum {
    IDS_SHOWN_MAX = 8,
    ATTRIBUTES_MAX = 100, /* more than there are */
};

struct kept_file {
    struct kept_file *next;
    const char *name;
};

/* ---- into the config's region ------------------------------------------- */

struct str keep(struct build *build, struct str s)
{
    return region_copy(&build->config->region, s);
}

struct str keep_text(struct build *build, const struct field *field)
{
    return keep(build, field->ok ? field->text : STR(""));
}

const char *keep_file(struct build *build, struct region *region,
                      struct kept_file **files, const char *name)
{
    struct kept_file *f = *files;

    if (name == NULL)
        return NULL;
    while (f && strcmp(f->name, name) != 0)
        f = f->next;
    if (f == NULL) {
        f = region_take(&build->region, sizeof(*f));
        f->name = region_copy(region, str_of(name)).p;
        f->next = *files;
        *files = f;
    }
    return f->name;
}

struct place keep_place(struct build *build, const struct place *place)
{
    struct place kept = *place;

    kept.file =
        keep_file(build, &build->config->region, &build->files, place->file);
    return kept;
}

static struct value *keep_tree(struct build *build, const struct value *value,
                               unsigned depth)
{
    struct region *region = &build->config->region;
    struct place place = keep_place(build, &value->place);
    struct value *copy = value_new(region, value->kind, &place);

    copy->text = keep(build, value->text);
    if (depth == 0)
        return copy;
    for (const struct value *v = value->first; v; v = v->next) {
        struct value *child = keep_tree(build, v, depth - 1);

        child->key_place = keep_place(build, &v->key_place);
        if (value->kind == VALUE_MAP)
            value_put(region, copy, v->key, child);
        else
            value_append(copy, child);
    }
    return copy;
}

const struct value *keep_value(struct build *build, const struct value *value)
{
    return keep_tree(build, value, VALUE_NESTED_MAX);
}

/* ---- what the template declares ------------------------------------------ */

static const char *const kind_words[] = {
    [KNOWN_LOAD_BALANCER] = "load balancer",
    [KNOWN_TARGET_GROUP] = "target group",
    [KNOWN_LISTENER] = "listener",
    [KNOWN_TRUST_STORE] = "trust store",
    [KNOWN_CERTIFICATE] = "certificate",
    [KNOWN_WEB_ACL] = "web ACL",
    [KNOWN_RULE_GROUP] = "rule group",
    [KNOWN_IP_SET] = "IP set",
    [KNOWN_REGEX_SET] = "regex pattern set",
};

static const char *const not_found[] = {
    [KNOWN_LOAD_BALANCER] = "LoadBalancerNotFound",
    [KNOWN_TARGET_GROUP] = "TargetGroupNotFound",
    [KNOWN_LISTENER] = "ListenerNotFound",
    [KNOWN_TRUST_STORE] = "TrustStoreNotFound",
    [KNOWN_CERTIFICATE] = "CertificateNotFound",
    [KNOWN_WEB_ACL] = "WAFNonexistentItemException",
    [KNOWN_RULE_GROUP] = "WAFNonexistentItemException",
    [KNOWN_IP_SET] = "WAFNonexistentItemException",
    [KNOWN_REGEX_SET] = "WAFNonexistentItemException",
};

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a;
    const struct known *y = b;

    return str_compare(x->arn, y->arn);
}

void known_add(struct build *build, enum known_kind kind, struct str arn,
               struct str id, void *object)
{
    build->known[build->nknown++] = (struct known){kind, arn, id, object};
}

const struct known *known_get(struct build *build, struct str arn)
{
    struct known key = {.arn = arn};

    if (build->nsorted != build->nknown)
        qsort(build->known, build->nknown, sizeof(key), compare_known);
    build->nsorted = build->nknown;
    if (build->nknown == 0)
        return NULL;
    return bsearch(&key, build->known, build->nknown, sizeof(key),
                   compare_known);
}

bool known_has(struct build *build, struct str arn)
{
    return known_get(build, arn) != NULL;
}

const char *known_word(enum known_kind kind)
{
    return kind_words[kind];
}

/* "\nname one with !Ref: A, B" for what names none of them. */
static const char *list_ids(const struct build *build,
                            const struct resource *resource,
                            enum known_kind kind)
{
    char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer));
    unsigned n = 0;

    for (unsigned i = 0; i < build->nknown; i++) {
        if (build->known[i].kind != kind)
            continue;
        if (++n > IDS_SHOWN_MAX)
            break;
        if (n > 1)
            TEXT_LITERAL(&t, ", ");
        text_str_put(&t, shown(build->known[i].id));
    }
    if (n == 0)
        return region_printf(resource->region,
                             "\ndeclare a %s and name it with !Ref",
                             kind_words[kind])
            .p;
    if (n > IDS_SHOWN_MAX)
        TEXT_LITERAL(&t, ", ...");
    return region_printf(resource->region, "\nname one with !Ref: " STR_FMT,
                         STR_ARG(text_str(&t)))
        .p;
}

/* What is probably meant by a text that is no ARN of the template. */
static const char *known_remedy(const struct build *build,
                                const struct resource *resource,
                                enum known_kind kind, struct str text,
                                const char *name)
{
    struct suggest near = suggest_for(text);

    if (build->report->errors >= REPORT_MAX)
        return "";
    for (unsigned i = 0; i < build->nknown; i++) {
        const struct known *k = &build->known[i];

        if (k->kind != kind)
            continue;
        suggest_offer(&near, k->id.p);
        if (str_eq(k->id, text))
            return region_printf(resource->region, "\nwrite %s: !Ref " STR_FMT,
                                 name, STR_ARG(text))
                .p;
    }
    if (!str_starts(text, STR("arn:")) && suggest_best(&near))
        return region_printf(resource->region, "\nwrite %s: !Ref %s", name,
                             suggest_best(&near))
            .p;
    return list_ids(build, resource, kind);
}

void *known_find(struct build *build, const struct resource *resource,
                 enum known_kind kind, const struct field *field,
                 const char *name)
{
    const struct known *known;
    struct str text = shown(field->text);

    if (!field->ok)
        return NULL;
    known = known_get(build, field->text);
    if (known && known->kind == kind)
        return known->object;
    if (known)
        resource_refuse(resource, field_place(field), not_found[kind],
                        "%s is the ARN of %s " STR_FMT ", not of a %s%s", name,
                        kind_words[known->kind], STR_ARG(known->id),
                        kind_words[kind], list_ids(build, resource, kind));
    else if (!build->lost)
        resource_refuse(resource, field_place(field), not_found[kind],
                        "%s is \"" STR_FMT
                        "\": no %s in this template has this ARN%s",
                        name, STR_ARG(text), kind_words[kind],
                        known_remedy(build, resource, kind, field->text, name));
    return NULL;
}

/* ---- names --------------------------------------------------------------- */

static bool has_only_name_characters(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    }
    return true;
}

/* What is wrong with a name (alb.md 1.2); NULL when nothing is. */
static const char *name_fault(struct str s, bool balancer)
{
    if (s.n == 0)
        return "it is empty\nwrite 1 to 32 letters, digits and hyphens, or "
               "leave Name out";
    if (!has_only_name_characters(s))
        return "AWS takes letters, digits and hyphens\nwrite - for other "
               "characters";
    if (s.n > CONFIG_NAME_MAX)
        return "it has more than 32 characters\nmake it shorter";
    if (s.p[0] == '-' || s.p[s.n - 1] == '-')
        return "it begins or ends with a hyphen\nleave that hyphen out";
    if (balancer && str_starts(s, STR("internal-")))
        return "AWS keeps names that begin with internal- for itself\nchoose "
               "another begin; Scheme: internal makes it internal";
    return NULL;
}

struct str read_name(struct build *build, const struct resource *resource,
                     const struct field *name, struct given_names *names)
{
    const char *fault;
    struct str text = shown(name->text);

    if (!name->ok) {
        if (name->value && name->value->kind != VALUE_UNKNOWN)
            build->lost = true;
        return STR("");
    }
    fault = name_fault(name->text, names == &build->balancer_names);
    if (fault) {
        build->lost = true;
        resource_error(resource, field_place(name),
                       "Name cannot be \"" STR_FMT "\": %s", STR_ARG(text),
                       fault);
        return STR("");
    }
    names->names[names->n++] =
        (struct given_name){name->text, resource, field_place(name)};
    return name->text;
}

static int compare_names(const void *a, const void *b)
{
    const struct given_name *x = a;
    const struct given_name *y = b;
    int order = str_compare(x->name, y->name);

    if (order == 0)
        order = (x->place->line > y->place->line) -
                (x->place->line < y->place->line);
    return order;
}

void check_names(const struct given_names *names, const char *kind)
{
    if (names->n)
        qsort(names->names, names->n, sizeof(*names->names), compare_names);
    for (unsigned i = 1; i < names->n; i++) {
        const struct given_name *a = &names->names[i - 1];
        const struct given_name *b = &names->names[i];

        if (str_eq(a->name, b->name))
            resource_error(b->resource, b->place,
                           "Name \"" STR_FMT "\" is that of %s%s as well\n"
                           "names of %ss are unique: give it another one, or "
                           "leave Name out",
                           STR_ARG(b->name), a->resource->name,
                           resource_see(b->resource, b->place, a->place), kind);
    }
}

/* ---- other things that types share -------------------------------------- */

void refuse_sluice(const struct resource *resource)
{
    if (resource->sluice)
        resource_error(resource, &resource->sluice->key_place,
                       "Metadata.Sluice has no meaning here\nmove it to a load "
                       "balancer, a listener or a target group");
}

bool is_foreign_protocol(struct str protocol)
{
    static const char *const names[] = {"TCP",  "UDP",      "TLS",   "TCP_UDP",
                                        "QUIC", "TCP_QUIC", "GENEVE"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq(protocol, str_of(names[i])))
            return true;
    }
    return false;
}

enum protocol read_protocol(const struct resource *resource,
                            const struct field *field, const char *name,
                            bool (*is_foreign)(struct str protocol),
                            const char *why_not)
{
    static const char *const words[] = {"HTTP", "HTTPS", NULL};
    struct str text = shown(field->text);

    if (!field->ok || str_eq(field->text, STR("HTTP")))
        return PROTOCOL_HTTP;
    if (str_eq(field->text, STR("HTTPS")))
        return PROTOCOL_HTTPS;
    if (is_foreign(field->text))
        resource_error(resource, field_place(field), "%s " STR_FMT " %s", name,
                       STR_ARG(text), why_not);
    else
        resource_error(resource, field_place(field),
                       "%s cannot be \"" STR_FMT "\"%s", name, STR_ARG(text),
                       resource_words(resource, field->text, words));
    return PROTOCOL_HTTP;
}

/* ---- attributes ----------------------------------------------------------- */

#define AT(member) offsetof(struct attribute_input, member)

static const struct property attribute_properties[] = {
    {.name = "Key",
     .kind = PROPERTY_STRING,
     .offset = AT(key),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 256,
     .example = "idle_timeout.timeout_seconds"},
    {.name = "Value",
     .kind = PROPERTY_STRING,
     .offset = AT(text),
     .flags = PROPERTY_REQUIRED | PROPERTY_UNKNOWABLE,
     .max = 1024,
     .example = "\"60\""},
};

const struct schema attribute_schema =
    SCHEMA(attribute_properties, struct attribute_input);

static bool ends_with(struct str s, struct str end)
{
    return s.n >= end.n && str_eq(str_make(s.p + s.n - end.n, end.n), end);
}

/* A bucket that the template declares has its name in AWS only. */
static bool needs_value(struct str key)
{
    return !ends_with(key, STR(".s3.bucket")) &&
           !ends_with(key, STR(".s3.prefix")) &&
           !str_eq(key, STR("deletion_protection.enabled"));
}

static bool given_before(const struct resource *resource,
                         const struct attribute_input *inputs, unsigned i)
{
    for (unsigned j = 0; j < i; j++) {
        if (!inputs[j].key.ok ||
            !str_eq(inputs[j].key.text, inputs[i].key.text))
            continue;
        resource_error(resource, field_place(&inputs[i].key),
                       "attribute " STR_FMT " is given twice%s\nleave one of "
                       "them out",
                       STR_ARG(inputs[i].key.text),
                       resource_see(resource, field_place(&inputs[i].key),
                                    field_place(&inputs[j].key)));
        return true;
    }
    return false;
}

static bool value_is_there(const struct resource *resource,
                           const struct attribute_input *input)
{
    struct str key = shown(input->key.text);

    if (input->text.ok)
        return true;
    if (input->text.value && input->text.value->kind == VALUE_UNKNOWN &&
        needs_value(input->key.text))
        resource_unknown(
            resource, input->text.value,
            region_printf(resource->region, "attribute " STR_FMT, STR_ARG(key))
                .p);
    return false;
}

void read_attributes(struct build *build, const struct resource *resource,
                     const struct field *list, const char *name,
                     void (*read)(struct build *build,
                                  const struct resource *resource,
                                  const struct attribute_input *attribute,
                                  void *owner),
                     void *owner)
{
    const struct attribute_input *inputs = list->items;

    if (list->n > ATTRIBUTES_MAX) {
        resource_error(resource, field_place(list),
                       "%s has %u entries, more than there are attributes\n"
                       "write each attribute once",
                       name, list->n);
        return;
    }
    for (unsigned i = 0; i < list->n; i++) {
        if (inputs[i].key.ok && !given_before(resource, inputs, i) &&
            value_is_there(resource, &inputs[i]))
            read(build, resource, &inputs[i], owner);
    }
}
