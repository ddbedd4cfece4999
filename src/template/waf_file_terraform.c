/* SPDX-License-Identifier: Apache-2.0
 *
 * aws_wafv2_* resources of a Terraform plan or state, as `terraform show -json`
 * prints it.
 *
 * ARNs of what a plan makes are known only after it was applied: which resource
 * is meant stands in the expressions of the configuration, which has the same
 * blocks as the values, but for dynamic ones.
 */
#include "base/base64.h"
#include "model/account_json.h"
#include "model/waf_words.h"
#include "template/waf_file_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum {
    MODULES_MAX = 32,
    BLOCKS_MAX = 256,
    REFERENCES_MAX = 32,
    ADDRESS_MAX = 1024,
    STEPS_MAX = 10 * 1000 * 1000, /* of all searches in a plan */
    OUTPUT_STEPS = 100,           /* it takes memory */
};

static const struct kind {
    const char *terraform;
    const char *type;
    const char *word; /* of its ARN; NULL: it has none */
} kinds[] = {
    {"aws_wafv2_web_acl", "AWS::WAFv2::WebACL", "webacl"},
    {"aws_wafv2_ip_set", "AWS::WAFv2::IPSet", "ipset"},
    {"aws_wafv2_regex_pattern_set", "AWS::WAFv2::RegexPatternSet",
     "regexpatternset"},
    {"aws_wafv2_rule_group", "AWS::WAFv2::RuleGroup", "rulegroup"},
    {"aws_wafv2_web_acl_logging_configuration",
     "AWS::WAFv2::LoggingConfiguration", NULL},
};

/* A module of the configuration. */
struct module {
    const struct module *up;
    struct str name;
    struct str prefix; /* "module.a.module.b.", of addresses without indexes */
    const struct value *config;
};

struct terraform_resource {
    struct terraform_resource *next;
    const struct kind *kind;
    struct str address;
    struct str plain; /* without indexes */
    const struct value *values;
    struct str uuid;
    struct str arn;
};

struct terraform {
    struct waf_loader *loader;
    struct arn_scope scope;
    const struct value *configuration; /* NULL: a state */
    struct terraform_resource *first;
    struct terraform_resource **end;
    unsigned *steps;
};

bool waf_terraform_is(const struct value *root)
{
    return value_get(root, STR("format_version")) &&
           (value_get(root, STR("planned_values")) ||
            value_get(root, STR("values")));
}

static struct str text_of(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && v->kind == VALUE_STRING ? v->text : STR("");
}

/* ---- addresses ---------------------------------------------------------------------- */

/* Without what stands in brackets; `made` has room for the address. */
static struct str plain_in(char *made, struct str address)
{
    bool inside = false;
    size_t n = 0;

    for (size_t i = 0; i < address.n; i++) {
        inside = inside || address.p[i] == '[';
        if (!inside)
            made[n++] = address.p[i];
        inside = inside && address.p[i] != ']';
    }
    return str_make(made, n);
}

static struct str plain_of(struct region *region, struct str address)
{
    return plain_in(region_take(region, address.n + 1), address);
}

/* The module of the configuration that a resource stands in; NULL: unknown. */
static const struct module *module_of(struct terraform *t, struct str plain)
{
    struct region *region = t->loader->region;
    struct module *module = region_take(region, sizeof(*module));
    struct str rest = plain;

    module->config = value_get(t->configuration, STR("root_module"));
    module->prefix = STR("");
    for (unsigned i = 0; i < MODULES_MAX && str_starts(rest, STR("module."));
         i++) {
        struct module *inner = region_take(region, sizeof(*inner));
        const struct value *calls =
            value_get(module->config, STR("module_calls"));

        str_cut(&rest, '.');
        inner->up = module;
        inner->name = str_cut(&rest, '.');
        inner->config = value_get(value_get(calls, inner->name), STR("module"));
        inner->prefix =
            region_printf(region, STR_FMT "module." STR_FMT ".",
                          STR_ARG(module->prefix), STR_ARG(inner->name));
        module = inner;
    }
    return module;
}

static const struct value *expressions_of(const struct module *module,
                                          const struct terraform_resource *r)
{
    const struct value *all = value_get(module->config, STR("resources"));
    struct str address = r->plain;

    if (!str_starts(address, module->prefix))
        return NULL;
    address =
        str_make(address.p + module->prefix.n, address.n - module->prefix.n);
    for (const struct value *v = all ? all->first : NULL; v; v = v->next) {
        if (str_eq(text_of(v, "address"), address))
            return value_get(v, STR("expressions"));
    }
    return NULL;
}

/* ---- references ------------------------------------------------------------------------ */

static bool is_in(const struct module *module, struct str address,
                  struct str reference)
{
    return address.n == module->prefix.n + reference.n &&
           str_starts(address, module->prefix) &&
           str_eq(str_make(address.p + module->prefix.n, reference.n),
                  reference);
}

/* The only resource of that address; NULL: there is none, or one for each
 * index. */
static const struct terraform_resource *find(const struct terraform *t,
                                             const struct module *module,
                                             struct str reference)
{
    char room[ADDRESS_MAX];
    const struct terraform_resource *found = NULL;
    struct str plain;

    if (reference.n > sizeof(room))
        return NULL;
    plain = plain_in(room, reference);
    for (const struct terraform_resource *r = t->first; r; r = r->next) {
        if (++*t->steps > STEPS_MAX)
            return NULL;
        if (is_in(module, r->address, reference))
            return r;
        if (!is_in(module, r->plain, plain))
            continue;
        if (found)
            return NULL;
        found = r;
    }
    return found;
}

static const struct terraform_resource *resolve(const struct terraform *t,
                                                const struct module *module,
                                                struct str reference,
                                                unsigned depth);

static const struct terraform_resource *
resolve_all(const struct terraform *t, const struct module *module,
            const struct value *expression, unsigned depth)
{
    const struct value *list = value_get(expression, STR("references"));
    const struct terraform_resource *found = NULL;

    for (const struct value *v = list ? list->first : NULL;
         v && found == NULL && depth; v = v->next)
        found = resolve(t, module, v->text, depth - 1);
    return found;
}

/* "module.sets.deny_arn": what that output is made of. */
static const struct terraform_resource *
resolve_output(const struct terraform *t, const struct module *module,
               struct str rest, unsigned depth)
{
    struct region *region = t->loader->region;
    struct module inner = {.up = module};
    const struct value *outputs;

    *t->steps += OUTPUT_STEPS;
    inner.name = plain_of(region, str_cut(&rest, '.'));
    inner.config = value_get(
        value_get(value_get(module->config, STR("module_calls")), inner.name),
        STR("module"));
    inner.prefix = region_printf(region, STR_FMT "module." STR_FMT ".",
                                 STR_ARG(module->prefix), STR_ARG(inner.name));
    outputs = value_get(inner.config, STR("outputs"));
    if (rest.p == NULL)
        return NULL;
    return resolve_all(
        t, &inner,
        value_get(value_get(outputs, str_cut(&rest, '.')), STR("expression")),
        depth);
}

/* "var.set": what the call of this module says. */
static const struct terraform_resource *
resolve_variable(const struct terraform *t, const struct module *module,
                 struct str rest, unsigned depth)
{
    const struct value *calls;

    if (module->up == NULL)
        return NULL;
    calls = value_get(module->up->config, STR("module_calls"));
    return resolve_all(
        t, module->up,
        value_get(value_get(value_get(calls, module->name), STR("expressions")),
                  str_cut(&rest, '.')),
        depth);
}

/* "aws_wafv2_ip_set.deny.arn", "aws_wafv2_ip_set.deny[0]". */
static const struct terraform_resource *resolve(const struct terraform *t,
                                                const struct module *module,
                                                struct str reference,
                                                unsigned depth)
{
    struct str rest = reference;
    struct str first = str_cut(&rest, '.');

    if (rest.p == NULL || ++*t->steps > STEPS_MAX)
        return NULL;
    if (str_eq(first, STR("module")))
        return resolve_output(t, module, rest, depth);
    if (str_eq(first, STR("var")))
        return resolve_variable(t, module, rest, depth);
    if (reference.n > 4 &&
        str_eq(str_make(reference.p + reference.n - 4, 4), STR(".arn")))
        reference.n -= 4;
    return find(t, module, reference);
}

/* ---- what the plan does not know ---------------------------------------------------------- */

static void put(struct region *region, struct value *map, struct str key,
                struct value *v)
{
    v->key_place = map->place;
    value_put(region, map, key, v);
}

/* Puts ARNs into blocks that stand in the configuration as they do in the
 * values. */
static void fill(struct terraform *t, const struct module *module,
                 struct value *values, const struct value *expressions,
                 unsigned depth)
{
    struct region *region = t->loader->region;

    if (values->kind != VALUE_MAP || depth == 0)
        return;
    for (const struct value *e = expressions ? expressions->first : NULL; e;
         e = e->next) {
        struct value *v = values->first;
        const struct terraform_resource *r = NULL;

        while (v && !str_eq(v->key, e->key))
            v = v->next;
        if (v == NULL && e->kind == VALUE_MAP)
            r = resolve_all(t, module, e, REFERENCES_MAX);
        if (r && r->arn.n)
            put(region, values, e->key,
                value_string(region, r->arn, &values->place));
        if (v == NULL || v->kind != VALUE_LIST || e->kind != VALUE_LIST ||
            value_count(v) != value_count(e))
            continue;
        v = v->first;
        for (const struct value *b = e->first; b; b = b->next, v = v->next)
            fill(t, module, v, b, depth - 1);
    }
}

/* The only resource of a kind that any expression refers to. */
static void only(const struct terraform *t, const struct module *module,
                 const struct value *expressions, const char *word,
                 const struct terraform_resource **found, bool *several,
                 unsigned depth)
{
    const struct terraform_resource *r;

    if (expressions == NULL || depth == 0 || ++*t->steps > STEPS_MAX)
        return;
    r = resolve_all(t, module, expressions, REFERENCES_MAX);
    if (r && r->kind->word && strcmp(r->kind->word, word) == 0) {
        *several = *several || (*found && *found != r);
        *found = r;
    }
    for (const struct value *v = expressions->first; v; v = v->next)
        only(t, module, v, word, found, several, depth - 1);
}

/* A reference whose ARN is still missing: in a dynamic block. */
static void complete(struct terraform *t, const struct module *module,
                     const struct value *expressions, struct value *v,
                     unsigned depth)
{
    static const char *const words[][2] = {
        {"IPSetReferenceStatement", "ipset"},
        {"RegexPatternSetReferenceStatement", "regexpatternset"},
        {"RuleGroupReferenceStatement", "rulegroup"}};
    struct region *region = t->loader->region;

    if (depth == 0)
        return;
    for (size_t i = 0; i < COUNT(words); i++) {
        const struct terraform_resource *found = NULL;
        bool several = false;
        struct value *arn;

        if (!str_eq(v->key, str_of(words[i][0])) || v->kind != VALUE_MAP ||
            value_get(v, STR("Arn")))
            continue;
        only(t, module, expressions, words[i][1], &found, &several, BLOCKS_MAX);
        arn = value_string(region,
                           found && !several
                               ? found->arn
                               : STR("it is known after the plan is applied"),
                           &v->place);
        if (found == NULL || several)
            arn->kind = VALUE_UNKNOWN;
        put(region, v, STR("Arn"), arn);
    }
    for (struct value *inner = v->first; inner; inner = inner->next)
        complete(t, module, expressions, inner, depth - 1);
}

/* ---- rule_json ------------------------------------------------------------------------------- */

static struct str in_base64(struct region *region, struct str text)
{
    size_t n = BASE64_LEN(text.n);
    char *room = region_take(region, n + 1);
    struct text t = text_in(room, n);

    base64_put(&t, (const uint8_t *)text.p, text.n);
    return str_make(room, n);
}

/* Gives all of it the place of the attribute.  A search string is text there:
 * the provider makes it base64 whatever it looks like. */
static void as_sent(struct waf_loader *l, struct value *v,
                    const struct place *place, unsigned depth)
{
    bool bytes = str_eq(v->key, STR("ByteMatchStatement"));

    v->place = *place;
    v->key_place = *place;
    for (struct value *e = depth ? v->first : NULL; e; e = e->next) {
        if (bytes && e->kind == VALUE_STRING &&
            str_eq(e->key, STR("SearchString")))
            e->text = in_base64(l->region, e->text);
        as_sent(l, e, place, depth - 1);
    }
}

/* A list of rules in the API's words but for search strings. */
static void add_rule_json(struct waf_loader *l, const struct value *json,
                          struct value *properties)
{
    struct error error = {""};
    const struct value *words;
    struct value *rules;

    if (json == NULL || json->kind != VALUE_STRING || json->text.n == 0)
        return;
    rules = account_json_read(l->region, json->text, &error);
    if (rules == NULL) {
        report_error(l->report, &json->place,
                     "rule_json is no JSON: %s\nwrite it with jsonencode()",
                     error.text);
        return;
    }
    as_sent(l, rules, &json->place, VALUE_NESTED_MAX);
    words = waf_words_from_file(rules, l->region, l->report);
    if (words)
        put(l->region, properties, STR("Rules"), value_copy(l->region, words));
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static const struct kind *kind_of(struct str type)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (str_eq(type, str_of(kinds[i].terraform)))
            return &kinds[i];
    }
    return NULL;
}

static struct str arn_of(struct terraform *t,
                         const struct terraform_resource *r)
{
    struct region *region = t->loader->region;
    struct str given = text_of(r->values, "arn");

    if (given.n || r->kind->word == NULL)
        return given;
    return arn_waf(region, &t->scope, r->kind->word,
                   arn_waf_name(region, text_of(r->values, "name"), r->plain),
                   r->uuid,
                   str_eq(text_of(r->values, "scope"), STR("CLOUDFRONT")));
}

static void gather_one(struct terraform *t, const struct value *v)
{
    struct region *region = t->loader->region;
    const struct kind *kind = kind_of(text_of(v, "type"));
    struct terraform_resource *r;

    if (kind == NULL || !str_eq(text_of(v, "mode"), STR("managed")))
        return;
    r = region_take(region, sizeof(*r));
    r->kind = kind;
    r->address = text_of(v, "address");
    r->plain = plain_of(region, r->address);
    r->values = value_get(v, STR("values"));
    r->uuid = arn_certificate_id(region, &t->scope, text_of(r->values, "id"),
                                 r->address);
    r->arn = arn_of(t, r);
    *t->end = r;
    t->end = &r->next;
}

static void gather(struct terraform *t, const struct value *module,
                   unsigned depth)
{
    const struct value *resources = value_get(module, STR("resources"));
    const struct value *inner = value_get(module, STR("child_modules"));

    for (const struct value *v = resources ? resources->first : NULL; v;
         v = v->next)
        gather_one(t, v);
    for (const struct value *v = inner && depth ? inner->first : NULL; v;
         v = v->next)
        gather(t, v, depth - 1);
}

static void add_resource(struct terraform *t,
                         const struct terraform_resource *r)
{
    struct waf_loader *l = t->loader;
    const struct module *module = module_of(t, r->plain);
    const struct value *expressions = expressions_of(module, r);
    struct value *values;
    struct value *properties;

    if (r->values == NULL || r->values->kind != VALUE_MAP)
        return;
    values = value_copy(l->region, r->values);
    fill(t, module, values, expressions, BLOCKS_MAX);
    properties = waf_terraform_words(l, values);
    if (properties == NULL)
        return;
    complete(t, module, expressions, properties, BLOCKS_MAX);
    add_rule_json(l, value_get(values, STR("rule_json")), properties);
    waf_loader_add(l, r->address, r->kind->type, properties,
                   r->kind->word ? r->uuid : STR(""), r->arn,
                   &r->values->place);
}

void waf_terraform_add(struct waf_loader *l, const struct value *root)
{
    struct str region_name = l->options->region_name;
    struct str account = l->options->account;
    unsigned steps = 0;
    struct terraform t = {
        .steps = &steps,
        .loader = l,
        .scope = {region_name.n ? region_name : STR("us-east-1"),
                  account.n ? account : STR("000000000000"), STR("terraform")},
        .configuration = value_get(root, STR("configuration"))};
    const struct value *values = value_get(root, STR("planned_values"));

    t.end = &t.first;
    if (values == NULL)
        values = value_get(root, STR("values"));
    gather(&t, value_get(values, STR("root_module")), MODULES_MAX);
    for (const struct terraform_resource *r = t.first; r; r = r->next)
        add_resource(&t, r);
    if (steps > STEPS_MAX)
        report_warning(l->report, &root->place,
                       "this plan has too many references to follow all of "
                       "them\ngive what `terraform show -json` prints after it "
                       "was applied");
}
