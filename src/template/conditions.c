/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions: true, false, or unknown when they depend on what only AWS
 * knows.  A part that is known may decide all the same.
 */
#include "template/resolve.h"

static const char shapes[] =
    "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not, or "
    "{Condition: NAME}";

/* ---- Fn::Equals ---------------------------------------------------------- */

/* The first unknown in it, or NULL. */
static const struct value *unknown_in(struct resolver *r, const struct value *v)
{
    if (v->kind == VALUE_UNKNOWN)
        return v;
    for (const struct value *child = v->first; child; child = child->next) {
        const struct value *unknown = unknown_in(r, child);

        if (unknown)
            return unknown;
        if (!resolve_charge(r, 1, &v->place))
            return NULL;
    }
    return NULL;
}

/* Everything is a string to CloudFormation: 1 equals "1". */
static bool equal(const struct value *a, const struct value *b)
{
    if (value_is_scalar(a) && value_is_scalar(b))
        return str_eq(a->text, b->text);
    if (a->kind != b->kind)
        return false;
    b = b->first;
    for (a = a->first; a && b; a = a->next, b = b->next) {
        if (!str_eq(a->key, b->key) || !equal(a, b))
            return false;
    }
    return a == NULL && b == NULL;
}

static enum truth because(struct str *cause, const struct value *unknown)
{
    *cause = unknown->text;
    return IS_UNKNOWN;
}

static enum truth judge_equals(struct resolver *r, const struct value *call,
                               const struct value *argument, struct str *cause)
{
    const struct value *arguments[4], *sides[2], *unknown;

    if (!resolve_arguments(argument, 2, 2, arguments))
        return because(
            cause, resolve_misshapen(r, call, "!Equals [!Ref Stage, prod]"));
    for (unsigned i = 0; i < 2; i++) {
        sides[i] = resolve(r, arguments[i]);
        unknown = unknown_in(r, sides[i]);
        if (unknown)
            return because(cause, unknown);
    }
    return equal(sides[0], sides[1]) ? IS_TRUE : IS_FALSE;
}

/* ---- the others ---------------------------------------------------------- */

static enum truth judge(struct resolver *r, const struct value *v,
                        struct str *cause);

/* Fn::And and Fn::Or: the first part that is `deciding` decides. */
static enum truth judge_parts(struct resolver *r, const struct value *call,
                              const struct value *argument, enum truth deciding,
                              struct str *cause)
{
    unsigned n = value_count(argument);
    enum truth whole = deciding == IS_TRUE ? IS_FALSE : IS_TRUE;

    if (argument->kind != VALUE_LIST || n < 2 || n > 10)
        return because(
            cause, resolve_fault(r, &call->place,
                                 STR_FMT " takes a list of 2 to 10 conditions\n"
                                         "write it as in [!Condition A, "
                                         "!Condition B]; nest it for more",
                                 STR_ARG(call->first->key)));
    for (const struct value *v = argument->first; v; v = v->next) {
        struct str why = {0};
        enum truth part = judge(r, v, &why);

        if (part == deciding)
            return part;
        if (part == IS_UNKNOWN && whole != IS_UNKNOWN) {
            whole = IS_UNKNOWN;
            *cause = why;
        }
    }
    return whole;
}

static enum truth judge_not(struct resolver *r, const struct value *call,
                            const struct value *argument, struct str *cause)
{
    const struct value *arguments[4];
    enum truth part;

    if (!resolve_arguments(argument, 1, 1, arguments))
        return because(cause,
                       resolve_misshapen(r, call, "!Not [!Condition A]"));
    part = judge(r, arguments[0], cause);
    return part == IS_UNKNOWN ? part : part == IS_TRUE ? IS_FALSE : IS_TRUE;
}

static enum truth judge_call(struct resolver *r, const struct value *v,
                             struct str *cause)
{
    const struct value *only = v->first;

    if (str_eq(only->key, STR("Condition")) && value_is_scalar(only))
        return condition_truth(r, only->text, &only->place, cause);
    if (str_eq(only->key, STR("Fn::Equals")))
        return judge_equals(r, v, only, cause);
    if (str_eq(only->key, STR("Fn::And")))
        return judge_parts(r, v, only, IS_FALSE, cause);
    if (str_eq(only->key, STR("Fn::Or")))
        return judge_parts(r, v, only, IS_TRUE, cause);
    if (str_eq(only->key, STR("Fn::Not")))
        return judge_not(r, v, only, cause);
    return because(cause,
                   resolve_fault(r, &v->place, STR_FMT " is no condition\n%s",
                                 STR_ARG(only->key), shapes));
}

static enum truth judge(struct resolver *r, const struct value *v,
                        struct str *cause)
{
    enum truth truth;

    if (v->kind != VALUE_MAP || v->first == NULL || v->first->next)
        return because(cause,
                       resolve_fault(r, &v->place, "%s is no condition\n%s",
                                     value_kind_name(v->kind), shapes));
    if (r->depth == RESOLVE_DEPTH_MAX)
        return because(cause, resolve_fault(r, &v->place,
                                            "conditions are nested more than "
                                            "%d deep\nuse fewer levels",
                                            RESOLVE_DEPTH_MAX));
    r->depth++;
    truth = judge_call(r, v, cause);
    r->depth--;
    return truth;
}

/* ---- the section --------------------------------------------------------- */

enum truth condition_truth(struct resolver *r, struct str name,
                           const struct place *place, struct str *cause)
{
    int i = section_find(r, SECTION_CONDITIONS, name);
    struct condition *c;

    *cause = STR("its condition is not declared");
    if (i < 0)
        return IS_UNKNOWN; /* names.c reported it */
    c = &r->conditions[i];
    if (c->progress == RUNNING)
        return because(cause,
                       resolve_fault(r, place,
                                     "the condition " STR_FMT
                                     " depends on itself\nbreak the circle",
                                     STR_ARG(name)));
    if (c->progress == FRESH) {
        c->progress = RUNNING;
        c->truth =
            judge(r, r->sections[SECTION_CONDITIONS].entries[i], &c->cause);
        c->progress = DONE;
    }
    *cause = c->cause;
    return c->truth;
}

void conditions_judge(struct resolver *r)
{
    const struct section *section = &r->sections[SECTION_CONDITIONS];
    struct str cause;

    for (unsigned i = 0; i < section->n; i++)
        condition_truth(r, section->entries[i]->key,
                        &section->entries[i]->key_place, &cause);
}

/* ---- Fn::If -------------------------------------------------------------- */

const struct value *function_if(struct resolver *r, const struct value *call,
                                const struct value *argument)
{
    const struct value *arguments[4];
    struct str cause;

    if (!resolve_arguments(argument, 3, 3, arguments) ||
        !value_is_scalar(arguments[0]))
        return resolve_misshapen(r, call,
                                 "!If [CONDITION, value, other value]");
    switch (
        condition_truth(r, arguments[0]->text, &arguments[0]->place, &cause)) {
    case IS_TRUE:
        return resolve(r, arguments[1]);
    case IS_FALSE:
        return resolve(r, arguments[2]);
    default:
        return resolve_unknown(
            r, "the condition " STR_FMT " cannot be judged: " STR_FMT,
            STR_ARG(arguments[0]->text), STR_ARG(cause));
    }
}
