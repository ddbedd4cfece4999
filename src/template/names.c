/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether every name that the template uses is declared, also where nobody
 * needs the value: so CloudFormation judges before it deploys anything.
 */
#include "base/suggest.h"
#include "template/resolve.h"

enum where { IN_CONDITIONS, IN_RESOURCES, IN_OUTPUTS };

struct walk {
    struct resolver *r;
    enum where where;
};

static void walk(struct walk *w, const struct value *v);

enum {
    PARAMETERS = 1U << SECTION_PARAMETERS,
    RESOURCES = 1U << SECTION_RESOURCES,
};

/* ---- Ref and Fn::GetAtt -------------------------------------------------- */

static void undeclared(struct walk *w, const struct place *place,
                       const char *function, struct str name, unsigned mask)
{
    const char *near = section_suggest(w->r, mask, name);

    if (w->r->macro.n)
        return; /* the macro may declare it */
    if (str_starts(name, STR("AWS::"))) {
        near = reference_suggest_pseudo(name);
        report_error(w->r->report, place,
                     "%s names " STR_FMT ", which is no pseudo parameter\n"
                     "%s%s%s",
                     function, STR_ARG(name),
                     near ? "did you mean "
                          : "AWS::Region, AWS::AccountId "
                            "and AWS::StackName are some",
                     near ? near : "", near ? "?" : "");
        return;
    }
    report_error(w->r->report, place,
                 "%s names " STR_FMT ", which this template does not "
                 "declare\n%s%s%s",
                 function, STR_ARG(name),
                 near ? "did you mean " : "correct the name, or declare it",
                 near ? near : "", near ? "?" : "");
}

static void check_ref(struct walk *w, const struct place *place,
                      const char *function, struct str name)
{
    struct resolver *r = w->r;
    bool resource = section_find(r, SECTION_RESOURCES, name) >= 0;

    if (reference_is_pseudo(name) ||
        section_find(r, SECTION_PARAMETERS, name) >= 0)
        return;
    if (resource && w->where != IN_CONDITIONS)
        return;
    if (resource)
        report_error(r->report, place,
                     "a condition refers to the resource " STR_FMT "\n"
                     "conditions know parameters and mappings only",
                     STR_ARG(name));
    else
        undeclared(w, place, function, name,
                   w->where == IN_CONDITIONS ? PARAMETERS
                                             : PARAMETERS | RESOURCES);
}

static void check_known_attribute(struct walk *w, const struct place *place,
                                  const struct declared *d, struct str name)
{
    const char *const *known = resource_attributes(d->kind);
    struct suggest s = suggest_for(name);

    for (; known && *known; known++) {
        if (str_eq(name, str_of(*known)))
            return;
        suggest_offer(&s, *known);
    }
    if (known == NULL)
        return;
    known = resource_attributes(d->kind);
    report_error(w->r->report, place,
                 STR_FMT " (" STR_FMT ") has no attribute " STR_FMT "\n%s%s%s",
                 STR_ARG(d->id), STR_ARG(d->type), STR_ARG(name),
                 suggest_best(&s) ? "did you mean "
                                  : "!Ref gives its ARN; an attribute is ",
                 suggest_best(&s) ? suggest_best(&s) : *known,
                 suggest_best(&s) ? "?" : "");
}

static void check_attribute(struct walk *w, const struct place *place,
                            const char *function, struct str id,
                            struct str name)
{
    int i = section_find(w->r, SECTION_RESOURCES, id);

    if (w->where == IN_CONDITIONS)
        report_error(w->r->report, place,
                     "a condition refers to the resource " STR_FMT "\n"
                     "conditions know parameters and mappings only",
                     STR_ARG(id));
    else if (i >= 0)
        check_known_attribute(w, place, &w->r->resources[i], name);
    else if (section_find(w->r, SECTION_PARAMETERS, id) >= 0 ||
             reference_is_pseudo(id))
        report_error(w->r->report, place,
                     STR_FMT " is a parameter and has no attributes\n"
                             "write !Ref " STR_FMT,
                     STR_ARG(id), STR_ARG(id));
    else
        undeclared(w, place, function, id, RESOURCES);
}

static void check_get_att(struct walk *w, const struct value *call,
                          const struct value *argument)
{
    const struct value *arguments[4];
    struct str rest = argument->text, id;

    if (argument->kind == VALUE_STRING) {
        id = str_cut(&rest, '.');
        if (rest.p)
            check_attribute(w, &call->place, "Fn::GetAtt", id, rest);
        return;
    }
    if (!resolve_arguments(argument, 2, 2, arguments) ||
        !value_is_scalar(arguments[0]))
        return;
    if (value_is_scalar(arguments[1])) {
        check_attribute(w, &call->place, "Fn::GetAtt", arguments[0]->text,
                        arguments[1]->text);
        return;
    }
    if (section_find(w->r, SECTION_RESOURCES, arguments[0]->text) < 0)
        undeclared(w, &call->place, "Fn::GetAtt", arguments[0]->text,
                   RESOURCES);
    walk(w, arguments[1]);
}

/* ---- Fn::Sub ------------------------------------------------------------- */

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != ':' &&
            c != '.' && c != '_')
            return false;
    }
    return name.n > 0;
}

static void check_sub_name(struct walk *w, const struct place *place,
                           struct str name, const struct value *own)
{
    struct str rest = name, id;

    if (value_get(own, name) || (name.n && name.p[0] == '!'))
        return;
    if (!is_name(name)) {
        report_error(w->r->report, place,
                     "${" STR_FMT "} in Fn::Sub is no name\n"
                     "write ${!" STR_FMT "} for text that stays as it is",
                     STR_ARG(name), STR_ARG(name));
        return;
    }
    id = str_cut(&rest, '.');
    if (rest.p)
        check_attribute(w, place, "Fn::Sub", id, rest);
    else
        check_ref(w, place, "Fn::Sub", name);
}

static void check_sub(struct walk *w, const struct value *call,
                      const struct value *argument)
{
    const struct value *arguments[4], *own = NULL;
    struct sub_piece piece;
    struct str text;

    if (argument->kind == VALUE_LIST) {
        if (!resolve_arguments(argument, 2, 2, arguments))
            return;
        argument = arguments[0];
        own = arguments[1];
        walk(w, own);
    }
    text = argument->text;
    while (text.p && function_sub_next(&text, &piece)) {
        if (piece.has_name)
            check_sub_name(w, &call->place, piece.name, own);
    }
}

/* ---- conditions and mappings --------------------------------------------- */

static void check_condition(struct walk *w, const struct value *name)
{
    const char *near;

    if (!value_is_scalar(name) ||
        section_find(w->r, SECTION_CONDITIONS, name->text) >= 0)
        return;
    if (name->kind == VALUE_BOOL) {
        report_error(w->r->report, &name->place,
                     "this name of a condition means " STR_FMT " in YAML\n"
                     "quote it, or rename the condition",
                     STR_ARG(name->text));
        return;
    }
    near = section_suggest(w->r, 1U << SECTION_CONDITIONS, name->text);
    report_error(w->r->report, &name->place,
                 "there is no condition " STR_FMT "\n%s%s%s",
                 STR_ARG(name->text),
                 near ? "did you mean " : "declare it under Conditions",
                 near ? near : "", near ? "?" : "");
}

static void check_mapping(struct walk *w, const struct value *argument)
{
    const struct value *name = argument->first;
    const char *near;

    if (argument->kind != VALUE_LIST || name == NULL ||
        !value_is_scalar(name) ||
        section_find(w->r, SECTION_MAPPINGS, name->text) >= 0)
        return;
    for (const struct value *v = name; v; v = v->next) {
        if (value_get(v, STR("DefaultValue")))
            return;
    }
    near = section_suggest(w->r, 1U << SECTION_MAPPINGS, name->text);
    report_error(w->r->report, &name->place,
                 "there is no mapping " STR_FMT "\n%s%s%s", STR_ARG(name->text),
                 near ? "did you mean " : "declare it under Mappings",
                 near ? near : "", near ? "?" : "");
}

/* ---- all values ---------------------------------------------------------- */

static void unknown_function(struct walk *w, const struct value *call)
{
    const char *near = resolve_suggest(call->key);

    if (str_starts(call->key, STR("Fn::ForEach")))
        report_error(w->r->report, &call->key_place,
                     "Fn::ForEach is not supported\n"
                     "write out what the loop would make");
    else
        report_error(w->r->report, &call->key_place,
                     "there is no function " STR_FMT "\n%s%s%s",
                     STR_ARG(call->key),
                     near ? "did you mean " : "correct the name",
                     near ? near : "", near ? "?" : "");
}

static void check_call(struct walk *w, const struct value *v,
                       const struct value *call)
{
    if (!resolve_is_function(call->key)) {
        unknown_function(w, call);
        return;
    }
    if (str_eq(call->key, STR("Ref")) && value_is_scalar(call)) {
        check_ref(w, &v->place, "Ref", call->text);
        return;
    }
    if (str_eq(call->key, STR("Fn::GetAtt"))) {
        check_get_att(w, v, call);
        return;
    }
    if (str_eq(call->key, STR("Fn::Sub"))) {
        check_sub(w, v, call);
        return;
    }
    if (str_eq(call->key, STR("Fn::If")) && call->first)
        check_condition(w, call->first);
    if (str_eq(call->key, STR("Fn::FindInMap")))
        check_mapping(w, call);
    walk(w, call);
}

/* A function's map has no other entries; only macros may stand among them. */
static void check_entry(struct walk *w, const struct value *entry)
{
    if (str_starts(entry->key, STR("Fn::ForEach"))) {
        unknown_function(w, entry);
        return;
    }
    if (str_starts(entry->key, STR("Fn::")) &&
        !str_eq(entry->key, STR("Fn::Transform")))
        report_error(w->r->report, &entry->key_place,
                     STR_FMT " stands beside other keys\n"
                             "a function is the only key of its map",
                     STR_ARG(entry->key));
    walk(w, entry);
}

/* As deep as the document. */
static void walk(struct walk *w, const struct value *v)
{
    const struct value *call = resolve_call(v);

    if (call) {
        check_call(w, v, call);
        return;
    }
    if (w->where == IN_CONDITIONS && v->kind == VALUE_MAP && v->first &&
        str_eq(v->first->key, STR("Condition")) && value_is_scalar(v->first)) {
        check_condition(w, v->first);
        return;
    }
    for (const struct value *child = v->first; child; child = child->next) {
        if (v->kind == VALUE_MAP)
            check_entry(w, child);
        else
            walk(w, child);
    }
}

/* ---- the sections -------------------------------------------------------- */

static void check_dependence(struct walk *w, const struct value *name)
{
    const char *near;

    if (!value_is_scalar(name) || w->r->macro.n ||
        section_find(w->r, SECTION_RESOURCES, name->text) >= 0)
        return;
    near = section_suggest(w->r, RESOURCES, name->text);
    report_error(w->r->report, &name->place,
                 "DependsOn names " STR_FMT
                 ", which this template does not declare\n%s%s%s",
                 STR_ARG(name->text),
                 near ? "did you mean " : "correct the name, or remove it",
                 near ? near : "", near ? "?" : "");
}

static void check_resource(struct walk *w, const struct value *resource)
{
    for (const struct value *v = resource->first; v; v = v->next) {
        if (str_eq(v->key, STR("Condition"))) {
            check_condition(w, v);
        } else if (str_eq(v->key, STR("DependsOn"))) {
            check_dependence(w, v);
            for (const struct value *one = v->first; one; one = one->next)
                check_dependence(w, one);
        } else {
            walk(w, v);
        }
    }
}

static void check_output(struct walk *w, const struct value *output)
{
    const struct value *condition = value_get(output, STR("Condition"));

    if (condition)
        check_condition(w, condition);
    for (const struct value *v = output->first; v; v = v->next) {
        if (v != condition)
            walk(w, v);
    }
}

void names_check(struct resolver *r)
{
    const struct section *conditions = &r->sections[SECTION_CONDITIONS];
    const struct section *resources = &r->sections[SECTION_RESOURCES];
    const struct section *outputs = &r->sections[SECTION_OUTPUTS];
    struct walk w = {r, IN_CONDITIONS};

    for (unsigned i = 0; i < conditions->n; i++)
        walk(&w, conditions->entries[i]);
    w.where = IN_RESOURCES;
    for (unsigned i = 0; i < resources->n; i++) {
        if (resources->entries[i]->kind == VALUE_MAP)
            check_resource(&w, resources->entries[i]);
    }
    w.where = IN_OUTPUTS;
    for (unsigned i = 0; i < outputs->n; i++)
        check_output(&w, outputs->entries[i]);
}
