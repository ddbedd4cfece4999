/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs against the shapes of the model, with the texts of AWS's services.
 */
#include <math.h>
#include <stdlib.h>

#include "api/action.h"
#include "api/moment.h"
#include "api/shape_kind.h"
#include "base/utf8.h"

enum {
    VIOLATIONS_MAX = 20, /* that are told; all are counted */
    VALUE_SHOWN = 1024,  /* bytes of a value in a message */
    /* Shapes in shapes: 64 statements of WAF in each other, each in an And-
     * Statement, and what stands around and in them. */
    NESTED_MAX = 160,
};

/* Where a member is: actions.1.member.type. */
struct path {
    const struct path *parent;
    const char *name; /* NULL: an element, of that number or key */
    unsigned number;
    struct str key; /* p == NULL: none */
};

struct checking {
    struct region *region;
    bool typed; /* values have kinds */
    enum refusal refusal;
    struct str strange; /* why a value is of another kind; n == 0: none is */
    const char *code;   /* of the first violation */
    unsigned violations;
    struct str told; /* the first of them, with "; " between */
};

/* ---- violations ----------------------------------------------------------------- */

/* Names of members begin with a lower-case letter in messages; what begins with
 * more than one capital letter does too (SSLPolicy is sSLPolicy there). */
static struct str path_text(struct region *region, const struct path *path)
{
    struct str before;

    if (path == NULL)
        return STR("input");
    if (path->parent == NULL)
        return region_printf(region, "%c%s", str_lower(path->name[0]),
                             path->name + 1);
    before = path_text(region, path->parent);
    if (path->key.p)
        return region_printf(region, STR_FMT "." STR_FMT ".member",
                             STR_ARG(before),
                             STR_ARG(utf8_cut(path->key, VALUE_SHOWN)));
    if (path->name == NULL)
        return region_printf(region, STR_FMT ".%u.member", STR_ARG(before),
                             path->number);
    return region_printf(region, STR_FMT ".%c%s", STR_ARG(before),
                         str_lower(path->name[0]), path->name + 1);
}

/* "Dimensions.member.1.Name". */
static struct str parameter_text(struct region *region, const struct path *path)
{
    struct str before;

    if (path == NULL)
        return STR("of the input");
    if (path->parent == NULL)
        return str_of(path->name);
    before = parameter_text(region, path->parent);
    if (path->key.p)
        return region_printf(region, STR_FMT "." STR_FMT, STR_ARG(before),
                             STR_ARG(utf8_cut(path->key, VALUE_SHOWN)));
    if (path->name == NULL)
        return region_printf(region, STR_FMT ".member.%u", STR_ARG(before),
                             path->number);
    return region_printf(region, STR_FMT ".%s", STR_ARG(before), path->name);
}

static struct str shown(struct region *region, struct str value)
{
    struct str cut = utf8_cut(value, VALUE_SHOWN);

    if (cut.n == value.n)
        return region_printf(region, "'" STR_FMT "'", STR_ARG(value));
    return region_printf(region, "'" STR_FMT "...'", STR_ARG(cut));
}

/* As CloudWatch tells it: a line each. */
static void tell_parameter(struct checking *c, const struct path *path,
                           struct str value, struct str constraint)
{
    struct str parameter = parameter_text(c->region, path);

    c->told = region_printf(c->region, STR_FMT "%s", STR_ARG(c->told),
                            c->told.n ? "\n" : "");
    if (str_eq(value, STR("null")))
        c->told = region_printf(
            c->region, STR_FMT "The parameter " STR_FMT " is required.",
            STR_ARG(c->told), STR_ARG(parameter));
    else
        c->told =
            region_printf(c->region,
                          STR_FMT "The value " STR_FMT " for parameter " STR_FMT
                                  " is invalid. " STR_FMT,
                          STR_ARG(c->told), STR_ARG(value), STR_ARG(parameter),
                          STR_ARG(constraint));
}

static void violated(struct checking *c, const struct path *path,
                     struct str value, struct str constraint)
{
    if (c->violations++ >= VIOLATIONS_MAX)
        return;
    if (c->code == NULL)
        c->code = c->refusal != REFUSE_PARAMETER ? "ValidationError"
                  : str_eq(value, STR("null"))   ? "MissingParameter"
                                                 : "InvalidParameterValue";
    if (c->refusal != REFUSE_VALIDATION) {
        tell_parameter(c, path, value, constraint);
        return;
    }
    c->told =
        region_printf(c->region,
                      STR_FMT "%sValue " STR_FMT " at '" STR_FMT
                              "' failed to satisfy constraint: " STR_FMT,
                      STR_ARG(c->told), c->told.n ? "; " : "", STR_ARG(value),
                      STR_ARG(path_text(c->region, path)), STR_ARG(constraint));
}

/* ---- constraints: n == 0 when they hold ----------------------------------------- */

static struct str length_fault(struct region *region, const struct member *m,
                               struct str text)
{
    size_t n = utf8_count(text);

    if (n < m->min)
        return region_printf(
            region, "Member must have length greater than or equal to %llu",
            (unsigned long long)m->min);
    if (m->max && n > m->max)
        return region_printf(
            region, "Member must have length less than or equal to %llu",
            (unsigned long long)m->max);
    if (m->fits && !m->fits(text))
        return region_printf(
            region, "Member must satisfy regular expression pattern: %s",
            m->pattern ? m->pattern : "?");
    return STR("");
}

static struct str word_fault(struct region *region, const struct member *m,
                             struct str text)
{
    struct str all = STR("");

    for (const char *const *w = m->words; *w; w++) {
        if (str_eq(text, str_of(*w)))
            return STR("");
        all = region_printf(region, STR_FMT "%s%s", STR_ARG(all),
                            all.n ? ", " : "", *w);
    }
    return region_printf(region,
                         "Member must satisfy enum value set: [" STR_FMT "]",
                         STR_ARG(all));
}

static bool number_of(struct str text, int64_t *number)
{
    bool negative = text.n && text.p[0] == '-';
    uint64_t magnitude;

    if (negative)
        text = str_make(text.p + 1, text.n - 1);
    if (!str_to_u64(text, INT64_MAX, &magnitude))
        return false;
    *number = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

static struct str number_fault(struct region *region, const struct member *m,
                               struct str text)
{
    uint64_t max = m->max ? m->max : UINT32_MAX;
    int64_t number;

    if (!number_of(text, &number))
        return STR("Member must be a number");
    if (number < (int64_t)m->min)
        return region_printf(
            region, "Member must have value greater than or equal to %llu",
            (unsigned long long)m->min);
    if (number > (int64_t)max)
        return region_printf(
            region, "Member must have value less than or equal to %llu",
            (unsigned long long)max);
    return STR("");
}

static struct str time_fault(struct str text)
{
    double s;

    return moment_read(text, &s) ? STR("") : STR("Member must be a timestamp");
}

static struct str time_text(struct region *region, struct str text)
{
    double s = 0;

    if (text.n < 5 || text.p[4] != '-' || !moment_read(text, &s))
        return region_copy(region, text);
    return region_printf(region, "%.*f", s == floor(s) ? 0 : 6, s);
}

static struct str real_fault(struct str text)
{
    char copy[64];
    char *end;

    if (text.n == 0 || text.n >= sizeof(copy))
        return STR("Member must be a number");
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strspn(copy, "0123456789+-.eE") != text.n ||
        !isfinite(strtod(copy, &end)) || *end)
        return STR("Member must be a number");
    return STR("");
}

static struct str scalar_fault(struct region *region, const struct member *m,
                               struct str text)
{
    switch (m->kind) {
    case MEMBER_TEXT:
    case MEMBER_TEXTS:
        return length_fault(region, m, text);
    case MEMBER_WORD:
    case MEMBER_WORDS:
        return word_fault(region, m, text);
    case MEMBER_NUMBER:
    case MEMBER_NUMBERS:
        return number_fault(region, m, text);
    case MEMBER_REAL:
    case MEMBER_REALS:
        return real_fault(text);
    case MEMBER_TIME:
        return time_fault(text);
    case MEMBER_BOOL:
        return str_ieq(text, STR("true")) || str_ieq(text, STR("false"))
                   ? STR("")
                   : STR("Member must be true or false");
    case MEMBER_STRUCT:
    case MEMBER_STRUCTS:
    case MEMBER_MAP:
        break;
    }
    return STR("");
}

/* ---- members ---------------------------------------------------------------------- */

static struct value *check_struct(struct checking *c, const struct shape *shape,
                                  const struct value *input,
                                  const struct path *parent, unsigned depth);

static bool is_blank(const struct value *v)
{
    return value_is_scalar(v) && v->text.n == 0;
}

static struct value *check_scalar(struct checking *c, const struct member *m,
                                  const struct value *input,
                                  const struct path *path)
{
    struct value *made = value_new(c->region, VALUE_STRING, NULL);
    struct str text = input->text;
    struct str fault;

    if (!value_is_scalar(input)) {
        violated(c, path, STR("of another kind"),
                 STR("Member must be a single value"));
        return made;
    }
    if (c->typed && m->kind == MEMBER_NUMBER)
        text = shape_kind_whole(c->region, text);
    fault = scalar_fault(c->region, m, text);
    if (fault.n)
        violated(c, path, shown(c->region, text), fault);
    made->text = region_copy(c->region, text);
    if (m->kind == MEMBER_TIME) {
        made->kind = VALUE_NUMBER;
        made->text = time_text(c->region, text);
    } else if (m->kind == MEMBER_NUMBER || m->kind == MEMBER_REAL) {
        made->kind = VALUE_NUMBER;
    } else if (m->kind == MEMBER_BOOL) {
        made->kind = VALUE_BOOL;
        made->text = str_ieq(text, STR("true")) ? STR("true") : STR("false");
    }
    return made;
}

/* "[a, b]": how a list is shown. */
static struct str list_text(struct region *region, const struct value *list)
{
    struct str all = STR("");

    for (const struct value *v = list->first; v && all.n < VALUE_SHOWN;
         v = v->next)
        all = region_printf(region, STR_FMT "%s" STR_FMT, STR_ARG(all),
                            all.n ? ", " : "",
                            STR_ARG(utf8_cut(v->text, VALUE_SHOWN)));
    return region_printf(region, "[" STR_FMT "]", STR_ARG(all));
}

/* Elements of texts and words: what is wrong with one is said of the list. */
static void check_texts(struct checking *c, const struct member *m,
                        const struct value *input, struct value *list,
                        const struct path *path)
{
    bool told = false;

    for (const struct value *v = input->first; v; v = v->next) {
        struct str fault;

        if (v->kind == VALUE_NULL)
            continue;
        fault = value_is_scalar(v) ? scalar_fault(c->region, m, v->text)
                                   : STR("Member must be a single value");
        if (fault.n && !told) {
            violated(c, path, shown(c->region, list_text(c->region, input)),
                     region_printf(c->region,
                                   "Member must satisfy constraint: [" STR_FMT
                                   "]",
                                   STR_ARG(fault)));
            told = true;
        }
        value_append(list, value_string(c->region, v->text, NULL));
        if (m->kind == MEMBER_NUMBERS || m->kind == MEMBER_REALS)
            list->last->kind = VALUE_NUMBER;
    }
}

/* How many elements or entries there are. */
static void check_count(struct checking *c, const struct member *m,
                        const struct value *input, const struct path *path)
{
    unsigned n = value_count(input);

    if (n < m->least)
        violated(c, path, shown(c->region, list_text(c->region, input)),
                 region_printf(c->region,
                               "Member must have length greater than or equal "
                               "to %u",
                               m->least));
    else if (m->most && n > m->most)
        violated(c, path, shown(c->region, list_text(c->region, input)),
                 region_printf(c->region,
                               "Member must have length less than or equal to "
                               "%u",
                               m->most));
}

static struct value *check_list(struct checking *c, const struct member *m,
                                const struct value *input,
                                const struct path *path, unsigned depth)
{
    struct value *list = value_new(c->region, VALUE_LIST, NULL);
    struct path element = {.parent = path};

    if (is_blank(input))
        return list;
    if (input->kind != VALUE_LIST) {
        violated(c, path,
                 value_is_scalar(input) ? shown(c->region, input->text)
                                        : STR("of another kind"),
                 STR("Member must be a list"));
        return list;
    }
    check_count(c, m, input, path);
    if (m->kind != MEMBER_STRUCTS) {
        check_texts(c, m, input, list, path);
        return list;
    }
    for (const struct value *v = input->first; v; v = v->next) {
        element.number++;
        if (v->kind == VALUE_NULL)
            continue;
        value_append(list, check_struct(c, m->shape, v, &element, depth));
    }
    return list;
}

/* An entry is called "customResponseBodies.slow.member". */
static struct value *check_map(struct checking *c, const struct member *m,
                               const struct value *input,
                               const struct path *path, unsigned depth)
{
    struct value *map = value_new(c->region, VALUE_MAP, NULL);

    if (is_blank(input))
        return map;
    if (input->kind != VALUE_MAP) {
        violated(c, path, STR("of another kind"), STR("Member must be a map"));
        return map;
    }
    check_count(c, m, input, path);
    for (const struct value *v = input->first; v; v = v->next) {
        struct path entry = {.parent = path, .key = v->key};

        if (v->kind == VALUE_NULL)
            continue;
        if (m->shape)
            value_put(c->region, map, v->key,
                      check_struct(c, m->shape, v, &entry, depth));
        else if (value_is_scalar(v))
            value_put(c->region, map, v->key,
                      value_string(c->region, v->text, NULL));
        else
            violated(c, path, STR("of another kind"),
                     STR("Map value must be a single value"));
    }
    return map;
}

static struct value *check_member(struct checking *c, const struct member *m,
                                  const struct value *input,
                                  const struct path *path, unsigned depth)
{
    switch (m->kind) {
    case MEMBER_STRUCT:
        return check_struct(c, m->shape, input, path, depth);
    case MEMBER_TEXTS:
    case MEMBER_WORDS:
    case MEMBER_NUMBERS:
    case MEMBER_REALS:
    case MEMBER_STRUCTS:
        return check_list(c, m, input, path, depth);
    case MEMBER_MAP:
        return check_map(c, m, input, path, depth);
    case MEMBER_TEXT:
    case MEMBER_WORD:
    case MEMBER_NUMBER:
    case MEMBER_REAL:
    case MEMBER_TIME:
    case MEMBER_BOOL:
        break;
    }
    return check_scalar(c, m, input, path);
}

/* A blank number, word or bool is one that was not given, as clients send that
 * have a field for it. */
static bool is_given(const struct member *m, const struct value *v)
{
    bool word = m->kind == MEMBER_NUMBER || m->kind == MEMBER_REAL ||
                m->kind == MEMBER_TIME || m->kind == MEMBER_BOOL ||
                m->kind == MEMBER_WORD || m->blank_is_none;

    return v->kind != VALUE_NULL && !(word && is_blank(v));
}

static struct value *check_struct(struct checking *c, const struct shape *shape,
                                  const struct value *input,
                                  const struct path *parent, unsigned depth)
{
    struct value *map = value_new(c->region, VALUE_MAP, NULL);

    if (depth == 0) {
        violated(c, parent, STR("of another kind"),
                 region_printf(c->region,
                               "Member must not be nested deeper than %d "
                               "structures",
                               NESTED_MAX));
        return map;
    }
    if (input->kind != VALUE_MAP && !is_blank(input)) {
        violated(c, parent, STR("of another kind"),
                 STR("Member must be a structure"));
        return map;
    }
    for (unsigned i = 0; i < shape->n; i++) {
        const struct member *m = &shape->members[i];
        const struct value *v = value_get(input, str_of(m->name));
        struct path path = {.parent = parent, .name = m->name};

        if (c->typed && v && c->strange.n == 0)
            c->strange = shape_kind_fault(c->region, m, v);
        if (c->strange.n)
            break;
        if (v && is_given(m, v)) {
            value_put(c->region, map, str_of(m->name),
                      check_member(c, m, v, &path, depth - 1));
        } else if (m->required) {
            violated(c, &path, STR("null"), STR("Member must not be null"));
        }
    }
    return map;
}

const struct value *shape_check(const struct shape *shape,
                                const struct value *input, struct call *call)
{
    struct checking c = {
        .region = call->region,
        .typed = call->typed,
        .refusal = call->action ? call->action->refusal : REFUSE_VALIDATION,
    };
    const struct value *made = check_struct(&c, shape, input, NULL, NESTED_MAX);

    if (c.strange.n)
        call_refuse(call, "SerializationException", STR_FMT,
                    STR_ARG(c.strange));
    else if (c.violations == 0)
        return made;
    else if (c.refusal != REFUSE_VALIDATION)
        call_refuse(call, c.code, STR_FMT, STR_ARG(c.told));
    else
        call_refuse(call, c.code, "%u validation error%s detected: " STR_FMT,
                    c.violations, c.violations == 1 ? "" : "s",
                    STR_ARG(c.told));
    return NULL;
}
