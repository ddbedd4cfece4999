/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters: their types, their values and what limits them.
 *
 * A value of a NoEcho parameter is in no message, and no message shows the
 * line that it stands in.
 */
#include <stdlib.h>

#include "base/suggest.h"
#include "template/allowed_pattern.h"
#include "template/document_internal.h"
#include "template/resolve.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *const types[] = {
    "String",
    "Number",
    "List<Number>",
    "List<String>",
    "CommaDelimitedList",
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
    "AWS::SSM::Parameter::Name",
};

static const char *const attributes[] = {
    "AllowedPattern", "AllowedValues", "ConstraintDescription",
    "Default",        "Description",   "MaxLength",
    "MaxValue",       "MinLength",     "MinValue",
    "NoEcho",         "Type",
};

/* One parameter while it is read. */
struct reading {
    struct resolver *r;
    const struct value *entry;
    struct str type; /* without AWS::SSM::Parameter::Value<> */
    bool of_ssm;
    bool list;
    bool number;
    bool secret;
    bool given;         /* by an option */
    struct place place; /* of what the value's faults are about */
    bool doubted;       /* the pattern, once */
};

/* ---- the type ------------------------------------------------------------ */

/* What stands between `begin` and ">"; false when it has no such form. */
static bool unwrap(struct str *type, struct str begin)
{
    if (!str_starts(*type, begin) || type->p[type->n - 1] != '>')
        return false;
    *type = str_make(type->p + begin.n, type->n - begin.n - 1);
    return true;
}

static bool is_known(struct str type)
{
    for (size_t i = 0; i < COUNT(types); i++) {
        if (str_eq(type, str_of(types[i])))
            return true;
    }
    unwrap(&type, STR("List<"));
    for (size_t i = 0; i < COUNT(types); i++) {
        if (str_eq(type, str_of(types[i])))
            return true;
    }
    return false;
}

static bool read_type(struct reading *p)
{
    const struct value *type = value_get(p->entry, STR("Type"));
    struct suggest s;

    if (type == NULL || !value_is_scalar(type)) {
        report_error(p->r->report, type ? &type->place : &p->entry->key_place,
                     "parameter " STR_FMT " has no Type\n"
                     "write Type: String, Number or CommaDelimitedList",
                     STR_ARG(p->entry->key));
        return false;
    }
    p->type = type->text;
    p->of_ssm = unwrap(&p->type, STR("AWS::SSM::Parameter::Value<"));
    p->number =
        str_eq(p->type, STR("Number")) || str_eq(p->type, STR("List<Number>"));
    p->list = str_starts(p->type, STR("List<")) ||
              str_eq(p->type, STR("CommaDelimitedList"));
    if (is_known(p->type))
        return true;
    s = suggest_for(p->type);
    for (size_t i = 0; i < COUNT(types); i++)
        suggest_offer(&s, types[i]);
    if (suggest_best(&s) || !str_starts(p->type, STR("AWS::")))
        report_error(p->r->report, &type->place,
                     STR_FMT " is no type of parameter\n%s%s%s",
                     STR_ARG(type->text),
                     suggest_best(&s) ? "did you mean "
                                      : "write String, Number or "
                                        "CommaDelimitedList",
                     suggest_best(&s) ? suggest_best(&s) : "",
                     suggest_best(&s) ? "?" : "");
    return true;
}

static void check_attributes(const struct reading *p)
{
    for (const struct value *v = p->entry->first; v; v = v->next) {
        struct suggest s = suggest_for(v->key);
        size_t i = 0;

        while (i < COUNT(attributes) && !str_eq(v->key, str_of(attributes[i])))
            suggest_offer(&s, attributes[i++]);
        if (i == COUNT(attributes))
            report_error(p->r->report, &v->key_place,
                         STR_FMT " is no attribute of a parameter\n%s%s%s",
                         STR_ARG(v->key),
                         suggest_best(&s) ? "did you mean " : "remove it",
                         suggest_best(&s) ? suggest_best(&s) : "",
                         suggest_best(&s) ? "?" : "");
    }
}

/* ---- the value's limits -------------------------------------------------- */

/* "parameter Port is 99999", or without the value. */
static struct str subject(const struct reading *p, struct str text)
{
    struct region *region = p->r->region;

    if (p->secret)
        return region_printf(region, "the value of parameter " STR_FMT,
                             STR_ARG(p->entry->key));
    return region_printf(region, "%s " STR_FMT " \"" STR_FMT "\"",
                         p->given ? "the value for --parameter"
                                  : "the Default of parameter",
                         STR_ARG(p->entry->key), STR_ARG(text));
}

/* The author's own words, when there are any. */
static void fault(struct reading *p, struct str text, const char *what,
                  struct str limit, const char *remedy)
{
    const struct value *own = value_get(p->entry, STR("ConstraintDescription"));
    struct str who = subject(p, text);

    if (own && value_is_scalar(own))
        report_error(p->r->report, &p->place,
                     STR_FMT " %s" STR_FMT "\n" STR_FMT, STR_ARG(who), what,
                     STR_ARG(limit), STR_ARG(own->text));
    else
        report_error(p->r->report, &p->place, STR_FMT " %s" STR_FMT "\n%s",
                     STR_ARG(who), what, STR_ARG(limit), remedy);
}

/* The limit's number; false when it has none. */
static bool limit_of(struct reading *p, struct str name, double *limit,
                     struct str *text)
{
    const struct value *v = value_get(p->entry, name);

    if (v == NULL)
        return false;
    if (!value_is_scalar(v) || document_scalar_kind(v->text) != VALUE_NUMBER) {
        report_error(p->r->report, &v->place,
                     STR_FMT " of parameter " STR_FMT " is no number\n"
                             "write a number",
                     STR_ARG(name), STR_ARG(p->entry->key));
        return false;
    }
    *limit = strtod(v->text.p, NULL);
    *text = v->text;
    return true;
}

static size_t characters(struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

static void check_length(struct reading *p, struct str text)
{
    double limit, n = (double)characters(text);
    struct str shown;

    if (limit_of(p, STR("MinLength"), &limit, &shown) && n < limit)
        fault(p, text, "is shorter than MinLength ", shown,
              "give a longer value");
    if (limit_of(p, STR("MaxLength"), &limit, &shown) && n > limit)
        fault(p, text, "is longer than MaxLength ", shown,
              "give a shorter value");
}

static void check_number(struct reading *p, const struct value *v)
{
    struct str shown;
    double limit, n;

    if (document_scalar_kind(v->text) != VALUE_NUMBER) {
        fault(p, v->text, "is no number", STR(""), "give digits only");
        return;
    }
    n = strtod(v->text.p, NULL);
    if (limit_of(p, STR("MinValue"), &limit, &shown) && n < limit)
        fault(p, v->text, "is less than MinValue ", shown,
              "give a greater value");
    if (limit_of(p, STR("MaxValue"), &limit, &shown) && n > limit)
        fault(p, v->text, "is more than MaxValue ", shown,
              "give a smaller value");
}

/* "a, b, c" for a remedy. */
static const char *list_allowed(struct reading *p, const struct value *allowed)
{
    char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer));

    TEXT_LITERAL(&t, "give one of ");
    for (const struct value *v = allowed->first; v; v = v->next) {
        text_str_put(&t, v->text);
        if (v->next)
            TEXT_LITERAL(&t, ", ");
    }
    return region_copy(p->r->region, text_str(&t)).p;
}

static void check_allowed(struct reading *p, struct str text)
{
    const struct value *allowed = value_get(p->entry, STR("AllowedValues"));

    if (allowed == NULL)
        return;
    if (allowed->kind != VALUE_LIST) {
        report_error(p->r->report, &allowed->place,
                     "AllowedValues of parameter " STR_FMT " is no list\n"
                     "write [a, b]",
                     STR_ARG(p->entry->key));
        return;
    }
    for (const struct value *v = allowed->first; v; v = v->next) {
        if (value_is_scalar(v) && str_eq(v->text, text))
            return;
    }
    fault(p, text, "is none of AllowedValues", STR(""),
          list_allowed(p, allowed));
}

static void check_pattern(struct reading *p, struct str text)
{
    const struct value *pattern = value_get(p->entry, STR("AllowedPattern"));

    if (pattern == NULL || !value_is_scalar(pattern))
        return;
    switch (allowed_pattern_judge(pattern->text, text)) {
    case PATTERN_MATCHES:
        return;
    case PATTERN_DIFFERS:
        fault(p, text, "does not match AllowedPattern ", pattern->text,
              "the whole value must match");
        return;
    case PATTERN_UNSUPPORTED:
        if (!p->doubted)
            report_warning(p->r->report, &pattern->place,
                           "AllowedPattern of parameter " STR_FMT
                           " is not checked: it uses what POSIX regular "
                           "expressions have not\n"
                           "CloudFormation will check it",
                           STR_ARG(p->entry->key));
        p->doubted = true;
    }
}

static void check_value(struct reading *p, const struct value *v)
{
    check_allowed(p, v->text);
    if (p->number) {
        check_number(p, v);
        return;
    }
    check_pattern(p, v->text);
    if (!p->list)
        check_length(p, v->text);
}

/* ---- the value ----------------------------------------------------------- */

static const struct value *one_value(struct reading *p, struct str text)
{
    struct value *v = value_string(p->r->region, text, &p->place);

    if (p->number && document_scalar_kind(text) == VALUE_NUMBER)
        v->kind = VALUE_NUMBER;
    check_value(p, v);
    return v;
}

static const struct value *list_value(struct reading *p, struct str text)
{
    struct value *list = value_new(p->r->region, VALUE_LIST, &p->place);

    while (text.p && (text.n || list->first)) {
        struct str item = str_trim(str_cut(&text, ','));

        if (!resolve_charge(p->r, item.n + sizeof(*list), &p->place))
            break;
        value_append(list, (struct value *)(uintptr_t)one_value(p, item));
    }
    return list;
}

/* The last option for it wins, as on other command lines. */
static const struct template_parameter *option_for(const struct reading *p)
{
    const struct template_options *options = p->r->options;

    for (unsigned i = options->nparameters; i > 0; i--) {
        if (str_eq(options->parameters[i - 1].key, p->entry->key))
            return &options->parameters[i - 1];
    }
    return NULL;
}

static bool find_text(struct reading *p, struct str *text)
{
    const struct value *fallback = value_get(p->entry, STR("Default"));
    const struct template_parameter *option = option_for(p);

    p->place = p->entry->key_place;
    if (option) {
        p->given = true;
        *text = option->value;
        return true;
    }
    if (fallback == NULL)
        return false;
    if (!value_is_scalar(fallback)) {
        report_error(p->r->report, &fallback->place,
                     "the Default of parameter " STR_FMT " is %s\n"
                     "write a string or a number; a list as one string with "
                     "commas",
                     STR_ARG(p->entry->key), value_kind_name(fallback->kind));
        return false;
    }
    if (!p->secret)
        p->place = fallback->place;
    *text = fallback->text;
    return true;
}

static const struct value *read_value(struct reading *p)
{
    struct str text, key = p->entry->key;

    if (!find_text(p, &text))
        return resolve_unknown(p->r,
                               "parameter " STR_FMT
                               " has no value (--parameter " STR_FMT
                               "=VALUE gives it one)",
                               STR_ARG(key), STR_ARG(key));
    if (p->of_ssm && !p->given)
        return resolve_unknown(
            p->r,
            "parameter " STR_FMT
            " is what AWS Systems Manager holds as " STR_FMT
            " (--parameter " STR_FMT "=VALUE gives it a value here)",
            STR_ARG(key), STR_ARG(p->secret ? STR("its Default") : text),
            STR_ARG(key));
    return p->list ? list_value(p, text) : one_value(p, text);
}

static void read_one(struct resolver *r, const struct value *entry,
                     struct parameter *parameter)
{
    struct reading p = {.r = r, .entry = entry};
    const struct value *no_echo = value_get(entry, STR("NoEcho"));

    parameter->value =
        resolve_unknown(r, "parameter " STR_FMT " is not declared rightly",
                        STR_ARG(entry->key));
    if (entry->kind != VALUE_MAP) {
        report_error(r->report, &entry->place,
                     "parameter " STR_FMT " is %s\n"
                     "write Type: and what else describes it, indented",
                     STR_ARG(entry->key), value_kind_name(entry->kind));
        return;
    }
    p.secret = no_echo && str_ieq(no_echo->text, STR("true"));
    parameter->secret = p.secret;
    check_attributes(&p);
    if (read_type(&p))
        parameter->value = read_value(&p);
}

/* ---- all of them --------------------------------------------------------- */

static void check_option(struct resolver *r, struct str key)
{
    const char *near;

    if (section_find(r, SECTION_PARAMETERS, key) >= 0)
        return;
    near = section_suggest(r, 1U << SECTION_PARAMETERS, key);
    report_error(r->report, NULL,
                 "--parameter " STR_FMT
                 ": the template declares no such parameter\n%s%s%s",
                 STR_ARG(key),
                 near ? "did you mean "
                      : "leave it out, or "
                        "declare it under "
                        "Parameters",
                 near ? near : "", near ? "?" : "");
}

void parameters_read(struct resolver *r)
{
    const struct section *section = &r->sections[SECTION_PARAMETERS];

    r->parameters =
        region_take(r->region, (section->n + 1) * sizeof(*r->parameters));
    for (unsigned i = 0; i < section->n; i++) {
        const struct value *entry = section->entries[i];

        if (section_find(r, SECTION_PARAMETERS, entry->key) == (int)i)
            read_one(r, entry, &r->parameters[i]);
    }
    for (unsigned i = 0; i < r->options->nparameters; i++)
        check_option(r, r->options->parameters[i].key);
}
