/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/action.h"

/* Codes whose status is not 400 (alb.md 1.5). */
static const struct {
    const char *code;
    unsigned status;
} statuses[] = {
#define FAULT(code, status) {code, status},
#include "api/fault.def"
#undef FAULT
};

struct fault fault_make(const char *code, struct str message)
{
    struct fault fault = {.code = code, .status = 400, .message = message};

    for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (str_eq(str_of(code), str_of(statuses[i].code)))
            fault.status = statuses[i].status;
    }
    return fault;
}

struct fault fault_invalid(struct region *region, const char *field,
                           struct str parameter, struct str reason)
{
    struct fault fault =
        fault_make("WAFInvalidParameterException",
                   region_printf(region,
                                 "Error reason: " STR_FMT
                                 ", field: %s, parameter: " STR_FMT,
                                 STR_ARG(reason), field, STR_ARG(parameter)));

    fault.field = field;
    fault.parameter = region_copy(region, parameter);
    fault.reason = region_copy(region, reason);
    return fault;
}

/* Of WAF's the Reason is AWS's, the message says what it means here too. */
struct fault fault_of(struct region *region, const struct problem *problem)
{
    struct str line = problem_line(region, problem);
    struct fault fault;

    if (problem->field == NULL)
        return fault_make(problem->code ? problem->code : "ValidationError",
                          line);
    if (problem->reason == NULL)
        return fault_invalid(region, problem->field, problem->parameter, line);
    fault = fault_invalid(region, problem->field, problem->parameter,
                          str_of(problem->reason));
    fault.message = region_printf(region, STR_FMT ": " STR_FMT,
                                  STR_ARG(fault.message), STR_ARG(line));
    return fault;
}

struct fault fault_copy(struct region *region, const struct fault *fault)
{
    struct fault copy = *fault;

    copy.message = region_copy(region, fault->message);
    copy.parameter = region_copy(region, fault->parameter);
    copy.reason = region_copy(region, fault->reason);
    return copy;
}

bool call_refuse(struct call *call, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    call->fault = fault_make(code, region_vprintf(call->region, format, args));
    va_end(args);
    return false;
}

const struct action *service_action(const struct service *service,
                                    struct str name)
{
    for (const struct action_table *const *t = service->tables; *t; t++) {
        for (unsigned i = 0; i < (*t)->n; i++) {
            if (str_eq(name, str_of((*t)->actions[i].name)))
                return &(*t)->actions[i];
        }
    }
    return NULL;
}

struct str call_new_id(struct call *call)
{
    return region_printf(call->region, "%016llx",
                         (unsigned long long)random_u64(&call->random));
}

/* Version 4, variant 1 (RFC 9562 5.4). */
struct str call_new_uuid(struct call *call)
{
    uint64_t a = random_u64(&call->random);
    uint64_t b = random_u64(&call->random);

    return region_printf(call->region, "%08x-%04x-4%03x-%04x-%012llx",
                         (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
                         (unsigned)a & 0xfff,
                         ((unsigned)(b >> 48) & 0x3fff) | 0x8000,
                         (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

/* ---- reading the input ------------------------------------------------------ */

const struct value *call_get(const struct call *call, const char *name)
{
    return value_get(call->input, str_of(name));
}

struct str call_text(const struct call *call, const char *name)
{
    return member_text(call->input, name);
}

struct str member_text(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && value_is_scalar(v) ? v->text : STR("");
}

unsigned member_number(const struct value *map, const char *name,
                       unsigned fallback)
{
    struct str text = member_text(map, name);
    uint64_t number;

    return str_to_u64(text, UINT32_MAX, &number) ? (unsigned)number : fallback;
}

double value_real(const struct value *number)
{
    char copy[64];
    size_t n = number->text.n < sizeof(copy) ? number->text.n : 0;

    if (n)
        memcpy(copy, number->text.p, n);
    copy[n] = '\0';
    return strtod(copy, NULL);
}

double member_real(const struct value *map, const char *name, double fallback)
{
    const struct value *v = value_get(map, str_of(name));

    return v && value_is_scalar(v) && v->text.n ? value_real(v) : fallback;
}

int64_t member_time(const struct value *map, const char *name, int64_t fallback)
{
    return (int64_t)floor(member_real(map, name, (double)fallback));
}

bool member_true(const struct value *map, const char *name)
{
    return str_eq(member_text(map, name), STR("true"));
}

/* ---- making values ------------------------------------------------------------ */

struct value *make_map(struct region *region)
{
    return value_new(region, VALUE_MAP, NULL);
}

struct value *make_list(struct region *region)
{
    return value_new(region, VALUE_LIST, NULL);
}

void put_value(struct region *region, struct value *map, const char *name,
               struct value *value)
{
    value_put(region, map, str_of(name), value);
}

static void put_scalar(struct region *region, struct value *map,
                       const char *name, enum value_kind kind, struct str text)
{
    struct value *v = value_new(region, kind, NULL);

    v->text = region_copy(region, text);
    put_value(region, map, name, v);
}

void put_text(struct region *region, struct value *map, const char *name,
              struct str text)
{
    put_scalar(region, map, name, VALUE_STRING, text);
}

void put_number(struct region *region, struct value *map, const char *name,
                uint64_t number)
{
    put_scalar(region, map, name, VALUE_NUMBER,
               region_printf(region, "%llu", (unsigned long long)number));
}

/* As short as it can be to mean the same number, and always a fraction or an
 * exponent: so that who writes it knows that it is a real. */
static struct value *make_real(struct region *region, double number)
{
    struct value *v = value_new(region, VALUE_NUMBER, NULL);
    char digits[40];
    int precision = 15;

    do
        snprintf(digits, sizeof(digits), "%.*g", precision, number);
    while (precision++ < 17 && strtod(digits, NULL) != number);
    v->text = region_printf(region, "%s%s", digits,
                            strpbrk(digits, ".en") ? "" : ".0");
    return v;
}

static struct value *make_time(struct region *region, int64_t seconds)
{
    struct value *v = value_new(region, VALUE_TIME, NULL);

    v->text = region_printf(region, "%lld", (long long)seconds);
    return v;
}

void put_real(struct region *region, struct value *map, const char *name,
              double number)
{
    put_value(region, map, name, make_real(region, number));
}

void put_time(struct region *region, struct value *map, const char *name,
              int64_t seconds)
{
    put_value(region, map, name, make_time(region, seconds));
}

void put_bool(struct region *region, struct value *map, const char *name,
              bool truth)
{
    put_scalar(region, map, name, VALUE_BOOL,
               truth ? STR("true") : STR("false"));
}

struct value *put_map(struct region *region, struct value *map,
                      const char *name)
{
    struct value *made = make_map(region);

    put_value(region, map, name, made);
    return made;
}

struct value *put_list(struct region *region, struct value *map,
                       const char *name)
{
    struct value *made = make_list(region);

    put_value(region, map, name, made);
    return made;
}

void add_text(struct region *region, struct value *list, struct str text)
{
    value_append(list, value_string(region, text, NULL));
}

void add_real(struct region *region, struct value *list, double number)
{
    value_append(list, make_real(region, number));
}

void add_time(struct region *region, struct value *list, int64_t seconds)
{
    value_append(list, make_time(region, seconds));
}

struct value *add_map(struct region *region, struct value *list)
{
    struct value *made = make_map(region);

    value_append(list, made);
    return made;
}

struct value *with_entry(struct region *region, const struct value *map,
                         const char *name, const struct value *value)
{
    struct value *made = make_map(region);
    bool there = false;

    for (const struct value *v = map ? map->first : NULL; v; v = v->next) {
        bool it = str_eq(v->key, str_of(name));

        if (!it)
            value_put(region, made, v->key, value_copy(region, v));
        else if (value)
            put_value(region, made, name, value_copy(region, value));
        there = there || it;
    }
    if (!there && value)
        put_value(region, made, name, value_copy(region, value));
    return made;
}
