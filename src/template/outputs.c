/* SPDX-License-Identifier: Apache-2.0
 *
 * Outputs: those that can be known are printed when Sluice starts.
 */
#include "template/resolve.h"

const struct value *output_value(struct resolver *r, unsigned index)
{
    const struct value *output = r->sections[SECTION_OUTPUTS].entries[index];
    const struct value *v = value_get(output, STR("Value"));
    struct export *export = &r->outputs[index];

    if (v == NULL)
        return resolve_unknown(r, "the output " STR_FMT " has no Value",
                               STR_ARG(output->key));
    if (export->progress == RUNNING)
        return resolve_unknown(r, "the output " STR_FMT " needs itself",
                               STR_ARG(output->key));
    if (export->progress == FRESH) {
        export->progress = RUNNING;
        r->quiet++;
        export->value = resolve(r, v);
        r->quiet--;
        export->progress = DONE;
    }
    return export->value;
}

/* Whether it exists, and is not a copy of another file's. */
static bool is_there(struct resolver *r, unsigned index)
{
    const struct value *output = r->sections[SECTION_OUTPUTS].entries[index];
    const struct value *condition = value_get(output, STR("Condition"));
    struct str cause;

    if (section_find(r, SECTION_OUTPUTS, output->key) != (int)index)
        return false;
    return condition == NULL ||
           condition_truth(r, condition->text, &condition->place, &cause) ==
               IS_TRUE;
}

/* A list's elements with commas between them; n == 0 and p == NULL: it cannot
 * be known. */
static struct str text_of(struct resolver *r, const struct value *v)
{
    const struct value *comma = value_string(r->region, STR(","), NULL);
    struct value *arguments, *call;

    if (value_is_scalar(v))
        return v->text;
    if (v->kind != VALUE_LIST)
        return str_make(NULL, 0);
    arguments = value_new(r->region, VALUE_LIST, NULL);
    call = value_new(r->region, VALUE_MAP, &v->place);
    value_append(arguments, (struct value *)(uintptr_t)comma);
    value_append(arguments, region_take(r->region, sizeof(*v)));
    *arguments->last = *v;
    arguments->last->next = NULL;
    v = function_join(r, call, arguments);
    return v->kind == VALUE_STRING ? v->text : str_make(NULL, 0);
}

/* What shows a NoEcho parameter is shown as CloudFormation's console does. */
void outputs_resolve(struct resolver *r, struct template *template)
{
    unsigned n = r->sections[SECTION_OUTPUTS].n;

    template->outputs =
        region_take(r->region, (n + 1) * sizeof(*template->outputs));
    for (unsigned i = 0; i < n; i++) {
        struct template_output *output = &template->outputs[template->noutputs];
        const struct value *v;

        if (!is_there(r, i))
            continue;
        r->secret = false;
        v = output_value(r, i);
        r->quiet++;
        output->value = r->secret ? STR("****") : text_of(r, v);
        r->quiet--;
        output->key = r->sections[SECTION_OUTPUTS].entries[i]->key;
        template->noutputs += output->value.p != NULL;
    }
}
