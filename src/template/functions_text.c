/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that make text: Join, Split, Sub, Base64, ToJsonString.
 *
 * What has an unknown part is unknown, for the first part's reason.
 */
#include "template/resolve.h"

/* ---- Fn::Join ------------------------------------------------------------ */

static const struct value *bad_element(struct resolver *r,
                                       const struct value *call,
                                       const struct value *element)
{
    return resolve_fault(r, &call->place,
                         "an element of Fn::Join is %s\n"
                         "join strings and numbers only",
                         value_kind_name(element->kind));
}

static const struct value *join(struct resolver *r, const struct value *call,
                                struct str delimiter, const struct value *list)
{
    struct text t;
    size_t n = 1;

    for (const struct value *v = list->first; v; v = v->next) {
        if (v->kind == VALUE_UNKNOWN)
            return v;
        if (!value_is_scalar(v))
            return bad_element(r, call, v);
        n += v->text.n + delimiter.n + 1; /* looking costs, too */
        if (n > RESOLVE_BYTES_MAX)
            break;
    }
    if (!resolve_charge(r, n, &call->place))
        return resolve_unknown(r, "Fn::Join makes too much text");
    t = text_in(region_take(r->region, n), n - 1);
    for (const struct value *v = list->first; v; v = v->next) {
        text_str_put(&t, v->text);
        if (v->next)
            text_str_put(&t, delimiter);
    }
    return resolve_made(r, text_str(&t), &call->place);
}

const struct value *function_join(struct resolver *r, const struct value *call,
                                  const struct value *argument)
{
    const struct value *arguments[4], *delimiter, *list;

    if (!resolve_arguments(argument, 2, 2, arguments))
        return resolve_misshapen(r, call, "!Join ['-', [a, b]]");
    delimiter = resolve(r, arguments[0]);
    list = resolve(r, arguments[1]);
    if (delimiter->kind == VALUE_UNKNOWN)
        return delimiter;
    if (list->kind == VALUE_UNKNOWN)
        return list;
    if (!value_is_scalar(delimiter) || list->kind != VALUE_LIST)
        return resolve_misshapen(r, call, "!Join ['-', [a, b]]");
    return join(r, call, delimiter->text, list);
}

/* ---- Fn::Split ----------------------------------------------------------- */

/* Cuts at the delimiter as str_cut() does. */
static struct str cut(struct str *rest, struct str delimiter)
{
    const char *at = memmem(rest->p, rest->n, delimiter.p, delimiter.n);
    struct str item = *rest;

    if (at == NULL) {
        *rest = str_make(NULL, 0);
        return item;
    }
    item.n = (size_t)(at - rest->p);
    *rest = str_make(at + delimiter.n, rest->n - item.n - delimiter.n);
    return item;
}

const struct value *function_split(struct resolver *r, const struct value *call,
                                   const struct value *argument)
{
    const struct value *arguments[4], *delimiter, *text;
    struct value *list;
    struct str rest;

    if (!resolve_arguments(argument, 2, 2, arguments))
        return resolve_misshapen(r, call, "!Split [',', 'a,b']");
    delimiter = resolve(r, arguments[0]);
    text = resolve(r, arguments[1]);
    if (delimiter->kind == VALUE_UNKNOWN)
        return delimiter;
    if (text->kind == VALUE_UNKNOWN)
        return text;
    if (!value_is_scalar(delimiter) || !value_is_scalar(text) ||
        delimiter->text.n == 0)
        return resolve_misshapen(r, call, "!Split [',', 'a,b']");
    list = value_new(r->region, VALUE_LIST, &call->place);
    rest = text->text;
    while (rest.p) {
        struct str item = cut(&rest, delimiter->text);

        if (!resolve_charge(r, item.n + sizeof(struct value), &call->place))
            break;
        value_append(list, value_string(r->region, item, &call->place));
    }
    return list;
}

/* ---- Fn::Sub ------------------------------------------------------------- */

bool function_sub_next(struct str *rest, struct sub_piece *piece)
{
    const char *open, *close;

    piece->has_name = false;
    if (rest->n == 0)
        return false;
    open = memmem(rest->p, rest->n, "${", 2);
    close = open ? memchr(open, '}', (size_t)(rest->p + rest->n - open)) : NULL;
    if (close == NULL) { /* no more names: "${" alone is text */
        piece->literal = *rest;
        *rest = str_make(rest->p + rest->n, 0);
        return true;
    }
    piece->literal = str_make(rest->p, (size_t)(open - rest->p));
    piece->name = str_make(open + 2, (size_t)(close - open - 2));
    piece->has_name = true;
    rest->n -= (size_t)(close + 1 - rest->p);
    rest->p = close + 1;
    return true;
}

/* The values of one Fn::Sub. */
struct sub {
    struct resolver *r;
    const struct value *call;
    const struct value *names; /* the map, or NULL */
};

static const struct value *look_up(struct sub *sub, struct str name)
{
    const struct value *v = value_get(sub->names, name);

    v = v ? resolve(sub->r, v)
          : reference_name(sub->r, &sub->call->place, name);
    if (v->kind != VALUE_UNKNOWN && !value_is_scalar(v))
        return resolve_fault(sub->r, &sub->call->place,
                             "${" STR_FMT "} in Fn::Sub is %s\n"
                             "substitute strings and numbers only; make a "
                             "list one string with Fn::Join",
                             STR_ARG(name),
                             v == &resolve_no_value ? "AWS::NoValue"
                                                    : value_kind_name(v->kind));
    return v;
}

static void add(struct resolver *r, struct value *pieces, struct str text)
{
    struct value *v;

    if (text.n == 0)
        return;
    v = value_new(r->region, VALUE_STRING, NULL);
    v->text = text;
    value_append(pieces, v);
}

/* All pieces as strings, or what makes the whole unknown. */
static const struct value *substitute(struct sub *sub, struct str text,
                                      struct value *pieces)
{
    const struct value *unknown = NULL;
    struct sub_piece piece;

    while (function_sub_next(&text, &piece)) {
        const struct value *v;

        if (!resolve_charge(sub->r, sizeof(*v), &sub->call->place))
            return resolve_unknown(sub->r, "Fn::Sub makes too much text");
        add(sub->r, pieces, piece.literal);
        if (!piece.has_name)
            continue;
        if (piece.name.n && piece.name.p[0] == '!') { /* ${!Literal} */
            add(sub->r, pieces, STR("${"));
            add(sub->r, pieces, str_make(piece.name.p + 1, piece.name.n));
            continue;
        }
        v = look_up(sub, piece.name);
        if (v->kind != VALUE_UNKNOWN)
            add(sub->r, pieces, v->text);
        else if (unknown == NULL)
            unknown = v;
    }
    return unknown;
}

const struct value *function_sub(struct resolver *r, const struct value *call,
                                 const struct value *argument)
{
    const char *example = "!Sub '${Name}-web', or with a map: !Sub ['${A}', "
                          "{A: value}]";
    struct sub sub = {r, call, NULL};
    const struct value *arguments[4], *unknown;
    struct value *pieces;

    if (argument->kind == VALUE_LIST) {
        if (!resolve_arguments(argument, 2, 2, arguments) ||
            arguments[1]->kind != VALUE_MAP)
            return resolve_misshapen(r, call, example);
        sub.names = arguments[1];
        argument = arguments[0];
    }
    if (!value_is_scalar(argument))
        return resolve_misshapen(r, call, example);
    pieces = value_new(r->region, VALUE_LIST, &call->place);
    unknown = substitute(&sub, argument->text, pieces);
    return unknown ? unknown : join(r, call, STR(""), pieces);
}

/* ---- Fn::Base64 ---------------------------------------------------------- */

static void put_base64(struct text *t, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                 "qrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.n; i += 3) {
        size_t left = s.n - i;
        unsigned a = (unsigned char)s.p[i];
        unsigned b = left > 1 ? (unsigned char)s.p[i + 1] : 0;
        unsigned c = left > 2 ? (unsigned char)s.p[i + 2] : 0;

        text_char(t, digits[a >> 2]);
        text_char(t, digits[(a << 4 | b >> 4) & 63]);
        text_char(t, left > 1 ? digits[(b << 2 | c >> 6) & 63] : '=');
        text_char(t, left > 2 ? digits[c & 63] : '=');
    }
}

const struct value *function_base64(struct resolver *r,
                                    const struct value *call,
                                    const struct value *argument)
{
    const struct value *v = resolve(r, argument);
    struct text t;
    size_t n;

    if (v->kind == VALUE_UNKNOWN)
        return v;
    if (!value_is_scalar(v))
        return resolve_misshapen(r, call, "!Base64 text");
    n = (v->text.n + 2) / 3 * 4;
    if (!resolve_charge(r, n, &call->place))
        return resolve_unknown(r, "Fn::Base64 makes too much text");
    t = text_in(region_take(r->region, n + 1), n);
    put_base64(&t, v->text);
    return resolve_made(r, text_str(&t), &call->place);
}

/* ---- Fn::ToJsonString ---------------------------------------------------- */

/* The first unknown in it, or NULL.  Adds up what its JSON takes at most. */
static const struct value *measure(const struct value *v, size_t *n)
{
    *n += 6 * v->text.n + 6 * v->key.n + 16;
    if (v->kind == VALUE_UNKNOWN)
        return v;
    for (const struct value *child = v->first; child; child = child->next) {
        const struct value *unknown = measure(child, n);

        if (unknown || *n > RESOLVE_BYTES_MAX)
            return unknown;
    }
    return NULL;
}

static void put_json(struct text *t, const struct value *v)
{
    bool map = v->kind == VALUE_MAP;

    if (v->kind == VALUE_STRING) {
        text_json(t, v->text);
        return;
    }
    if (v->kind != VALUE_LIST && !map) {
        text_str_put(t, v->kind == VALUE_NULL ? STR("null") : v->text);
        return;
    }
    text_char(t, map ? '{' : '[');
    for (const struct value *child = v->first; child; child = child->next) {
        if (map) {
            text_json(t, child->key);
            text_char(t, ':');
        }
        put_json(t, child);
        if (child->next)
            text_char(t, ',');
    }
    text_char(t, map ? '}' : ']');
}

const struct value *function_json(struct resolver *r, const struct value *call,
                                  const struct value *argument)
{
    const struct value *v = resolve(r, argument), *unknown;
    struct text t;
    size_t n = 0;

    if (v->kind == VALUE_UNKNOWN)
        return v;
    if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
        return resolve_misshapen(r, call, "!ToJsonString {key: value}");
    unknown = measure(v, &n);
    if (unknown)
        return unknown;
    if (!resolve_charge(r, n, &call->place))
        return resolve_unknown(r, "Fn::ToJsonString makes too much text");
    t = text_in(region_take(r->region, n + 1), n);
    put_json(&t, v);
    return resolve_made(r, text_str(&t), &call->place);
}
