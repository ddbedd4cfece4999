/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions over lists and maps: Select, Length, GetAZs, Cidr, FindInMap; and
 * those that only AWS can answer: ImportValue (but of what these files
 * export), Transform.
 */
#include <arpa/inet.h>

#include "base/suggest.h"
#include "template/resolve.h"

/* Counting a shared list costs, too. */
static bool count(struct resolver *r, const struct value *call,
                  const struct value *list, unsigned *n)
{
    *n = value_count(list);
    return resolve_charge(r, *n, &call->place);
}

/* ---- Fn::Select ---------------------------------------------------------- */

const struct value *function_select(struct resolver *r,
                                    const struct value *call,
                                    const struct value *argument)
{
    const struct value *arguments[4], *index, *list;
    uint64_t at;
    unsigned n;

    if (!resolve_arguments(argument, 2, 2, arguments))
        return resolve_misshapen(r, call, "!Select [0, [a, b]]");
    index = resolve(r, arguments[0]);
    list = resolve(r, arguments[1]);
    if (index->kind == VALUE_UNKNOWN)
        return index;
    if (list->kind == VALUE_UNKNOWN)
        return list;
    if (!value_is_scalar(index) || list->kind != VALUE_LIST ||
        !str_to_u64(index->text, UINT32_MAX, &at))
        return resolve_misshapen(r, call, "!Select [0, [a, b]]");
    if (!count(r, call, list, &n))
        return resolve_unknown(r, "Fn::Select looks through too much");
    if (at >= n)
        return resolve_fault(r, &call->place,
                             "Fn::Select takes element %u of a list of %u\n"
                             "the first element has index 0",
                             (unsigned)at, n);
    list = list->first;
    while (at--)
        list = list->next;
    return list;
}

/* ---- Fn::Length ---------------------------------------------------------- */

const struct value *function_length(struct resolver *r,
                                    const struct value *call,
                                    const struct value *argument)
{
    const struct value *list = resolve(r, argument);
    struct value *v;
    unsigned n;

    if (list->kind == VALUE_UNKNOWN)
        return list;
    if (list->kind != VALUE_LIST)
        return resolve_misshapen(r, call, "!Length [a, b]");
    if (!count(r, call, list, &n))
        return resolve_unknown(r, "Fn::Length counts too much");
    v = value_new(r->region, VALUE_NUMBER, &call->place);
    v->text = region_printf(r->region, "%u", n);
    return v;
}

/* ---- Fn::GetAZs ---------------------------------------------------------- */

/* Three zones, as most regions have at least. */
const struct value *function_zones(struct resolver *r, const struct value *call,
                                   const struct value *argument)
{
    const struct value *name = resolve(r, argument);
    struct value *list;
    struct str region_name;

    if (name->kind == VALUE_UNKNOWN)
        return name;
    if (!value_is_scalar(name) && name->kind != VALUE_NULL)
        return resolve_misshapen(r, call, "!GetAZs us-east-1");
    region_name = name->text.n ? name->text : r->scope.region_name;
    list = value_new(r->region, VALUE_LIST, &call->place);
    for (unsigned i = 0; i < 3; i++) {
        struct value *zone = value_new(r->region, VALUE_STRING, &call->place);

        if (!resolve_charge(r, region_name.n + 1, &call->place))
            break;
        zone->text = region_printf(r->region, STR_FMT "%c",
                                   STR_ARG(region_name), "abc"[i]);
        value_append(list, zone);
    }
    return list;
}

/* ---- Fn::Cidr ------------------------------------------------------------ */

/* "10.0.0.0/16" */
static bool parse_block(struct str text, uint32_t *address, unsigned *prefix)
{
    char host[INET_ADDRSTRLEN];
    struct str rest = text, ip = str_cut(&rest, '/');
    struct in_addr in;
    uint64_t bits;

    if (ip.n >= sizeof(host) || rest.p == NULL || !str_to_u64(rest, 32, &bits))
        return false;
    memcpy(host, ip.p, ip.n);
    host[ip.n] = '\0';
    if (inet_pton(AF_INET, host, &in) != 1)
        return false;
    *prefix = (unsigned)bits;
    *address = ntohl(in.s_addr) & (bits ? UINT32_MAX << (32 - bits) : 0);
    return true;
}

/* The first `n` subnets of 2^bits addresses each. */
static const struct value *subnets(struct resolver *r, const struct value *call,
                                   uint32_t address, uint64_t n, unsigned bits)
{
    struct value *list = value_new(r->region, VALUE_LIST, &call->place);

    for (uint64_t i = 0; i < n; i++) {
        uint32_t at = address + (uint32_t)(i << bits);
        struct value *v = value_new(r->region, VALUE_STRING, &call->place);

        if (!resolve_charge(r, sizeof(*v), &call->place))
            break;
        v->text =
            region_printf(r->region, "%u.%u.%u.%u/%u", at >> 24, at >> 16 & 255,
                          at >> 8 & 255, at & 255, 32 - bits);
        value_append(list, v);
    }
    return list;
}

const struct value *function_cidr(struct resolver *r, const struct value *call,
                                  const struct value *argument)
{
    const char *example = "!Cidr [10.0.0.0/16, 4, 8]: the block, how many (1 "
                          "to 256), bits of each (1 to 32)";
    const struct value *arguments[4], *v[3] = {0};
    uint64_t n, bits = 8;
    uint32_t address;
    unsigned prefix;

    if (!resolve_arguments(argument, 2, 3, arguments))
        return resolve_misshapen(r, call, example);
    for (unsigned i = 0; i < (arguments[2] ? 3 : 2); i++) {
        v[i] = resolve(r, arguments[i]);
        if (v[i]->kind == VALUE_UNKNOWN)
            return v[i];
        if (!value_is_scalar(v[i]))
            return resolve_misshapen(r, call, example);
    }
    if (memchr(v[0]->text.p, ':', v[0]->text.n))
        return resolve_unknown(r, "Fn::Cidr of IPv6 blocks is not computed");
    if (!parse_block(v[0]->text, &address, &prefix) ||
        !str_to_u64(v[1]->text, 256, &n) || n == 0 ||
        (arguments[2] && !str_to_u64(v[2]->text, 32, &bits)))
        return resolve_misshapen(r, call, example);
    if (prefix + bits > 32 || n > (uint64_t)1 << (32 - bits - prefix))
        return resolve_fault(r, &call->place,
                             "Fn::Cidr: " STR_FMT " has no room for %u blocks "
                             "of %u bits\nask for fewer or smaller ones",
                             STR_ARG(r->secret ? STR("the block") : v[0]->text),
                             (unsigned)n, (unsigned)bits);
    return subnets(r, call, address, n, (unsigned)bits);
}

/* ---- Fn::FindInMap ------------------------------------------------------- */

static const struct value *not_in_map(struct resolver *r,
                                      const struct value *call,
                                      const struct value *map, struct str key)
{
    struct suggest s = suggest_for(key);

    for (const struct value *v = map->first; v; v = v->next)
        suggest_offer(&s, v->key.p);
    if (r->secret) /* the key may be a NoEcho parameter's value */
        key = STR("of this value");
    return resolve_fault(
        r, &call->place,
        "Fn::FindInMap: " STR_FMT " has no key " STR_FMT "\n%s%s%s",
        STR_ARG(map->key), STR_ARG(key),
        suggest_best(&s) ? "did you mean " : "",
        suggest_best(&s) ? suggest_best(&s) : "add it to the mapping",
        suggest_best(&s) ? "?" : "");
}

/* The `DefaultValue` of {DefaultValue: x}, or NULL. */
static const struct value *fallback(const struct value *options)
{
    return options ? value_get(options, STR("DefaultValue")) : NULL;
}

/* A map by regions need not know the one that Sluice plays: what is missing
 * is an error only where somebody needs it. */
static bool is_region(const struct value *key)
{
    const struct value *call = resolve_call(key);

    return call && str_eq(call->key, STR("Ref")) &&
           str_eq(call->text, STR("AWS::Region"));
}

static const struct value *no_mapping(struct resolver *r,
                                      const struct value *call,
                                      const struct value *written,
                                      struct str name)
{
    if (value_is_scalar(written)) /* names.c reported it */
        return resolve_unknown(r, "there is no mapping " STR_FMT,
                               STR_ARG(name));
    return resolve_fault(r, &call->place,
                         "Fn::FindInMap: there is no mapping " STR_FMT
                         "\ndeclare it under Mappings",
                         STR_ARG(r->secret ? STR("of this name") : name));
}

/* `keys` are the resolved `arguments`. */
static const struct value *find(struct resolver *r, const struct value *call,
                                const struct value *const keys[3],
                                const struct value *const arguments[4])
{
    const struct value *other = fallback(arguments[3]), *map;
    int i = section_find(r, SECTION_MAPPINGS, keys[0]->text);

    if (i < 0)
        return other ? resolve(r, other)
                     : no_mapping(r, call, arguments[0], keys[0]->text);
    map = r->sections[SECTION_MAPPINGS].entries[i];
    for (unsigned level = 1; level < 3; level++) {
        const struct value *inner = value_get(map, keys[level]->text);

        if (inner == NULL && other)
            return resolve(r, other);
        if (inner == NULL && is_region(arguments[level]))
            return resolve_unknown(
                r,
                "the mapping " STR_FMT " has nothing for the region " STR_FMT,
                STR_ARG(keys[0]->text), STR_ARG(keys[level]->text));
        if (inner == NULL)
            return not_in_map(r, call, map, keys[level]->text);
        map = inner;
    }
    if (!resolve_charge(r, value_count(map) + 1, &call->place))
        return resolve_unknown(r, "Fn::FindInMap looks through too much");
    return map;
}

const struct value *function_find_in_map(struct resolver *r,
                                         const struct value *call,
                                         const struct value *argument)
{
    const char *example = "!FindInMap [Map, !Ref AWS::Region, Key]";
    const struct value *arguments[4], *keys[3];

    if (!resolve_arguments(argument, 3, 4, arguments))
        return resolve_misshapen(r, call, example);
    for (unsigned i = 0; i < 3; i++) {
        keys[i] = resolve(r, arguments[i]);
        if (keys[i]->kind == VALUE_UNKNOWN)
            return keys[i];
        if (!value_is_scalar(keys[i]))
            return resolve_misshapen(r, call, example);
    }
    return find(r, call, keys, arguments);
}

/* ---- what AWS answers ---------------------------------------------------- */

/* Whether output i is exported by this name. */
static bool exports(struct resolver *r, unsigned i, struct str name)
{
    const struct value *output = r->sections[SECTION_OUTPUTS].entries[i];
    const struct value *export = value_get(output, STR("Export"));
    const struct value *v = value_get(export, STR("Name"));
    bool same;

    if (v == NULL)
        return false;
    r->quiet++;
    v = resolve(r, v);
    r->quiet--;
    same = value_is_scalar(v) && str_eq(v->text, name);
    return same;
}

const struct value *function_import(struct resolver *r,
                                    const struct value *call,
                                    const struct value *argument)
{
    const struct value *name = resolve(r, argument);

    if (name->kind == VALUE_UNKNOWN)
        return name;
    if (!value_is_scalar(name))
        return resolve_misshapen(r, call, "!ImportValue Name");
    for (unsigned i = 0; i < r->sections[SECTION_OUTPUTS].n; i++) {
        if (!resolve_charge(r, 64, &call->place))
            break;
        if (exports(r, i, name->text))
            return output_value(r, i);
    }
    return resolve_unknown(r, "another stack exports " STR_FMT,
                           STR_ARG(r->secret ? STR("it") : name->text));
}

const struct value *function_transform(struct resolver *r,
                                       const struct value *call,
                                       const struct value *argument)
{
    const struct value *name = value_get(argument, STR("Name"));

    (void)call;
    if (name == NULL || !value_is_scalar(name))
        return resolve_unknown(r, "a macro of Fn::Transform runs in AWS only");
    return resolve_unknown(r, "the macro " STR_FMT " runs in AWS only",
                           STR_ARG(name->text));
}
