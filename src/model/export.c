/* SPDX-License-Identifier: Apache-2.0 */
#include "model/export.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/account_json.h"

#define ELB "AWS::ElasticLoadBalancingV2::"

enum { INDENT = 2 };

/* ---- whose ARN it is ---------------------------------------------------------- */

/* What has an ARN that others name, and what stands in it before the ids. */
static const struct kind {
    const char *type;
    const char *path; /* behind the account */
    const char *service;
    bool uuid;      /* its id is one */
    bool attribute; /* of CloudFormation's its ARN is Arn, not Ref */
} kinds[] = {
    {ELB "LoadBalancer", "loadbalancer/", "elasticloadbalancing", false, false},
    {ELB "TargetGroup", "targetgroup/", "elasticloadbalancing", false, false},
    {ELB "Listener", "listener/", "elasticloadbalancing", false, false},
    {ELB "ListenerRule", "listener-rule/", "elasticloadbalancing", false,
     false},
    {ELB "TrustStore", "truststore/", "elasticloadbalancing", false, false},
    {"AWS::CertificateManager::Certificate", "certificate/", "acm", true,
     false},
    {"AWS::WAFv2::WebACL", "webacl/", "wafv2", true, true},
    {"AWS::WAFv2::RuleGroup", "rulegroup/", "wafv2", true, true},
    {"AWS::WAFv2::IPSet", "ipset/", "wafv2", true, true},
    {"AWS::WAFv2::RegexPatternSet", "regexpatternset/", "wafv2", true, true},
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct named {
    struct str id;      /* at the end of its ARN */
    struct str logical; /* id */
    const struct kind *kind;
};

struct export
{
    struct region *region;
    const struct arn_scope *scope;
    bool hide;
    unsigned n;
    struct named *named; /* by id */
    struct exported made;
    struct value *parameters;
    struct str resource;  /* whose values are written */
    unsigned of_resource; /* its secrets so far */
};

static const struct kind *kind_of(const struct account_resource *r)
{
    struct str type = account_type(r);

    for (size_t i = 0; i < NKINDS; i++) {
        if (str_eq(type, str_of(kinds[i].type)))
            return &kinds[i];
    }
    return NULL;
}

static struct str id_of(const struct export *e,
                        const struct account_resource *r,
                        const struct kind *kind)
{
    const struct value *given = value_get(account_sluice(r), STR("Id"));
    struct str id = given && value_is_scalar(given) ? given->text : STR("");

    return kind->uuid ? arn_certificate_id(e->region, e->scope, id, r->id)
                      : arn_id(e->region, e->scope, id, r->id);
}

static int compare(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    size_t n = x->id.n < y->id.n ? x->id.n : y->id.n;
    int order = memcmp(x->id.p, y->id.p, n);

    return order ? order : (x->id.n > y->id.n) - (x->id.n < y->id.n);
}

static void gather(struct export *e, const struct account *account)
{
    e->named =
        region_take(e->region, ((size_t)account->n + 1) * sizeof(struct named));
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];
        const struct kind *kind = kind_of(r);

        if (kind)
            e->named[e->n++] = (struct named){id_of(e, r, kind), r->id, kind};
    }
    if (e->n)
        qsort(e->named, e->n, sizeof(*e->named), compare);
}

static bool cut(struct str *rest, struct str word)
{
    if (!str_starts(*rest, word))
        return false;
    *rest = str_make(rest->p + word.n, rest->n - word.n);
    return true;
}

/* "global/" of us-east-1, or "regional/" of this region: of WAF. */
static bool cut_place(const struct export *e, struct str *arn)
{
    struct str region = str_cut(arn, ':');

    return arn->p && cut(arn, e->scope->account) && cut(arn, STR(":")) &&
           ((str_eq(region, e->scope->region_name) &&
             cut(arn, STR("regional/"))) ||
            (str_eq(region, STR("us-east-1")) && cut(arn, STR("global/"))));
}

/* Whether it is an ARN of that kind, of this region and account. */
static bool is_ours(const struct export *e, struct str arn,
                    const struct kind *kind)
{
    if (!cut(&arn, STR("arn:")) ||
        !cut(&arn, arn_partition(e->scope->region_name)) ||
        !cut(&arn, STR(":")) || !cut(&arn, str_of(kind->service)) ||
        !cut(&arn, STR(":")))
        return false;
    if (kind->attribute)
        return cut_place(e, &arn) && cut(&arn, str_of(kind->path));
    return cut(&arn, e->scope->region_name) && cut(&arn, STR(":")) &&
           cut(&arn, e->scope->account) && cut(&arn, STR(":")) &&
           cut(&arn, str_of(kind->path));
}

/* The resource that has this ARN; NULL: none has. */
static const struct named *owner_of(const struct export *e, struct str text)
{
    const char *slash = text.n ? memrchr(text.p, '/', text.n) : NULL;
    struct named wanted = {.id = STR("")};
    const struct named *found;

    if (slash == NULL || e->n == 0 || !str_starts(text, STR("arn:")))
        return NULL;
    wanted.id = str_make(slash + 1, (size_t)(text.p + text.n - slash - 1));
    found = bsearch(&wanted, e->named, e->n, sizeof(*e->named), compare);
    return found && is_ours(e, text, found->kind) ? found : NULL;
}

/* ---- values ---------------------------------------------------------------------- */

static struct value *string(struct export *e, const char *text)
{
    return value_string(e->region, str_of(text), NULL);
}

static struct value *map(struct export *e)
{
    return value_new(e->region, VALUE_MAP, NULL);
}

static struct value *attribute(struct export *e, struct str logical)
{
    struct value *made = map(e);
    struct value *list = value_new(e->region, VALUE_LIST, NULL);

    value_append(list, value_string(e->region, logical, NULL));
    value_append(list, string(e, "Arn"));
    value_put(e->region, made, STR("Fn::GetAtt"), list);
    return made;
}

static struct value *reference(struct export *e, struct str logical)
{
    struct value *made = map(e);

    value_put(e->region, made, STR("Ref"),
              value_string(e->region, logical, NULL));
    return made;
}

static bool is_secret(struct str key, const struct value *v)
{
    static const char mark[] = "PRIVATE KEY-----";

    return str_eq(key, STR("ClientSecret")) || str_eq(key, STR("Secret")) ||
           (v->text.n >= sizeof(mark) &&
            memmem(v->text.p, v->text.n, mark, sizeof(mark) - 1));
}

/* A parameter of its own that has no default. */
static struct value *parameter(struct export *e, struct str key)
{
    struct str name = region_printf(e->region, STR_FMT "Secret%u",
                                    STR_ARG(e->resource), ++e->of_resource);
    struct str what = region_printf(e->region, STR_FMT " of " STR_FMT,
                                    STR_ARG(key), STR_ARG(e->resource));
    struct value *made = map(e);

    value_put(e->region, made, STR("Type"), string(e, "String"));
    value_put(e->region, made, STR("NoEcho"), string(e, "true"));
    value_put(e->region, made, STR("Description"),
              value_string(e->region, what, NULL));
    value_put(e->region, e->parameters, name, made);
    e->made.secrets++;
    return reference(e, name);
}

static struct value *write(struct export *e, struct str key,
                           const struct value *v);

static struct value *write_string(struct export *e, struct str key,
                                  const struct value *v)
{
    const struct named *owner = owner_of(e, v->text);

    if (owner && owner->kind->attribute)
        return attribute(e, owner->logical);
    if (owner)
        return reference(e, owner->logical);
    if (e->hide && is_secret(key, v))
        return parameter(e, key);
    return value_string(e->region, v->text, NULL);
}

/* Elements of a list are under its key. */
static struct value *write_nested(struct export *e, struct str key,
                                  const struct value *from)
{
    struct value *made = value_new(e->region, from->kind, NULL);

    for (const struct value *v = from->first; v; v = v->next) {
        bool entry = from->kind == VALUE_MAP;
        struct value *one = write(e, entry ? v->key : key, v);

        if (one && entry)
            value_put(e->region, made, v->key, one);
        else if (one)
            value_append(made, one);
    }
    return made;
}

/* NULL: it is left out.  Depth is that of values, which has a cap. */
static struct value *write(struct export *e, struct str key,
                           const struct value *v)
{
    struct value *made;

    switch (v->kind) {
    case VALUE_UNKNOWN:
        e->made.unknown++;
        return NULL;
    case VALUE_STRING:
        return write_string(e, key, v);
    case VALUE_LIST:
    case VALUE_MAP:
        return write_nested(e, key, v);
    default:
        made = value_string(e->region, v->text, NULL);
        made->kind = v->kind;
        return made;
    }
}

/* ---- resources ------------------------------------------------------------------- */

/* The member of that name, made when there is none. */
static struct value *member(struct export *e, struct value *of,
                            const char *name)
{
    for (struct value *v = of->first; v; v = v->next) {
        if (str_eq(v->key, str_of(name)) && v->kind == VALUE_MAP)
            return v;
    }
    value_put(e->region, of, str_of(name), map(e));
    return of->last;
}

static void say_id(struct export *e, struct value *resource,
                   const struct account_resource *r)
{
    const struct kind *kind = kind_of(r);
    struct value *sluice;

    if (kind == NULL || value_get(account_sluice(r), STR("Id")))
        return;
    sluice = member(e, member(e, resource, "Metadata"), "Sluice");
    value_put(e->region, sluice, STR("Id"),
              value_string(e->region, id_of(e, r, kind), NULL));
}

static struct value *write_resources(struct export *e,
                                     const struct account *account)
{
    struct value *resources = map(e);

    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];
        struct value *made;

        e->resource = r->id;
        e->of_resource = 0;
        made = write_nested(e, STR(""), r->value);
        say_id(e, made, r);
        value_put(e->region, resources, r->id, made);
    }
    return resources;
}

struct exported account_export(const struct account *account,
                               const struct arn_scope *scope, bool hide,
                               struct region *region)
{
    struct export e = {.region = region, .scope = scope, .hide = hide};
    struct value *template;
    struct value *resources;

    gather(&e, account);
    e.parameters = map(&e);
    resources = write_resources(&e, account);
    template = map(&e);
    value_put(region, template, STR("AWSTemplateFormatVersion"),
              string(&e, "2010-09-09"));
    if (e.made.secrets)
        value_put(region, template, STR("Parameters"), e.parameters);
    value_put(region, template, STR("Resources"), resources);
    e.made.template = template;
    return e.made;
}

/* ---- as text ---------------------------------------------------------------------- */

static void put(struct text *t, const struct value *v, unsigned depth);

static void put_line(struct text *t, unsigned depth)
{
    text_char(t, '\n');
    for (unsigned i = 0; i < depth * INDENT; i++)
        text_char(t, ' ');
}

static void put_nested(struct text *t, const struct value *from, unsigned depth)
{
    bool is_map = from->kind == VALUE_MAP;

    text_char(t, is_map ? '{' : '[');
    for (const struct value *v = from->first; v; v = v->next) {
        if (v != from->first)
            text_char(t, ',');
        put_line(t, depth + 1);
        if (is_map) {
            text_json(t, v->key);
            TEXT_LITERAL(t, ": ");
        }
        put(t, v, depth + 1);
    }
    if (from->first)
        put_line(t, depth);
    text_char(t, is_map ? '}' : ']');
}

/* Of a number that JSON writes otherwise the text is what counts. */
static void put(struct text *t, const struct value *v, unsigned depth)
{
    if (v->kind == VALUE_LIST || v->kind == VALUE_MAP)
        put_nested(t, v, depth);
    else if (v->kind == VALUE_BOOL ||
             (v->kind == VALUE_NUMBER && account_json_is_plain(v->text)))
        text_str_put(t, v->text);
    else if (v->kind == VALUE_NULL)
        TEXT_LITERAL(t, "null");
    else
        text_json(t, v->text);
}

void export_put(struct text *t, const struct exported *exported)
{
    put(t, exported->template, 0);
    text_char(t, '\n');
}

static void put_exported(struct text *t, const void *what)
{
    export_put(t, what);
}

struct str export_text(const struct exported *exported)
{
    return account_json_text(put_exported, exported);
}
