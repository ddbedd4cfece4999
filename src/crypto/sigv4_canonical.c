/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical request: the form of a request that both sides make the same.
 */
#include <stdlib.h>

#include "crypto/sigv4.h"

/* ---- escapes ------------------------------------------------------------------ */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

/* The byte at s.p[*at], which moves behind it. */
static char decoded(struct str s, size_t *at, bool plus)
{
    char c = s.p[(*at)++];

    if (c == '%' && s.n - *at >= 2) {
        int high = hex_digit(s.p[*at]);
        int low = hex_digit(s.p[*at + 1]);

        if (high >= 0 && low >= 0) {
            *at += 2;
            return (char)(high << 4 | low);
        }
    }
    return plus && c == '+' ? ' ' : c;
}

static void put_encoded(struct text *t, char c, bool slash)
{
    static const char digits[] = "0123456789ABCDEF";

    if (is_unreserved(c) || (slash && c == '/')) {
        text_char(t, c);
        return;
    }
    text_char(t, '%');
    text_char(t, digits[(unsigned char)c >> 4]);
    text_char(t, digits[(unsigned char)c & 15]);
}

struct str sigv4_decode(struct region *region, struct str s)
{
    char *p = region_take(region, s.n + 1);
    size_t n = 0;

    for (size_t at = 0; at < s.n;)
        p[n++] = decoded(s, &at, true);
    return str_make(p, n);
}

/* ---- the path ----------------------------------------------------------------- */

/* Without dot segments and empty ones; always begins with a slash. */
static struct str normalised(struct region *region, struct str path)
{
    char *p = region_take(region, path.n + 2);
    struct text t = text_in(p, path.n + 2);
    bool slash = path.n && path.p[path.n - 1] == '/';

    while (path.p) {
        struct str segment = str_cut(&path, '/');

        if (segment.n == 0 || str_eq(segment, STR(".")))
            continue;
        if (str_eq(segment, STR(".."))) {
            while (t.n && t.p[--t.n] != '/')
                ;
            continue;
        }
        text_char(&t, '/');
        text_str_put(&t, segment);
    }
    if (slash || t.n == 0)
        text_char(&t, '/');
    return text_str(&t);
}

/* S3 takes a path as it is, and encodes it once; the others normalise what is
 * encoded already, and encode it again. */
static void put_path(struct text *t, struct region *region, struct str path,
                     bool s3)
{
    if (path.n == 0)
        path = STR("/");
    if (!s3) {
        path = normalised(region, path);
        for (size_t i = 0; i < path.n; i++)
            put_encoded(t, path.p[i], true);
        return;
    }
    for (size_t at = 0; at < path.n;)
        put_encoded(t, decoded(path, &at, false), true);
}

/* ---- the query ---------------------------------------------------------------- */

struct parameter {
    struct str name; /* encoded */
    struct str value;
};

static int compare_parameters(const void *a, const void *b)
{
    const struct parameter *x = a;
    const struct parameter *y = b;
    int order = str_compare(x->name, y->name);

    return order ? order : str_compare(x->value, y->value);
}

static struct str recoded(struct text *room, struct str s)
{
    const char *p = room->p + room->n;

    for (size_t at = 0; at < s.n;)
        put_encoded(room, decoded(s, &at, true), false);
    return str_make(p, (size_t)(room->p + room->n - p));
}

static unsigned count_parameters(struct str query)
{
    unsigned n = 1;

    for (size_t i = 0; i < query.n; i++)
        n += query.p[i] == '&';
    return n;
}

static unsigned read_parameters(struct region *region, struct str query,
                                bool presigned, struct parameter *v)
{
    size_t cap = 3 * query.n + 1;
    struct text room = text_in(region_take(region, cap), cap);
    unsigned n = 0;

    while (query.p) {
        struct str value = str_cut(&query, '&');
        bool empty = value.n == 0;

        v[n].name = recoded(&room, str_cut(&value, '='));
        v[n].value = value.p ? recoded(&room, value) : STR("");
        if (!empty && !(presigned && str_eq(v[n].name, STR("X-Amz-Signature"))))
            n++;
    }
    return n;
}

/* Pairs are sorted, not texts: `-` is before `=`. */
static void put_query(struct text *t, struct region *region, struct str query,
                      bool presigned)
{
    struct parameter *v =
        region_take(region, count_parameters(query) * sizeof(*v));
    unsigned n = read_parameters(region, query, presigned, v);

    qsort(v, n, sizeof(*v), compare_parameters);
    for (unsigned i = 0; i < n; i++) {
        if (i)
            text_char(t, '&');
        text_str_put(t, v[i].name);
        text_char(t, '=');
        text_str_put(t, v[i].value);
    }
}

/* ---- the fields --------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void put_value(struct text *t, struct str value)
{
    value = str_trim(value);
    for (size_t i = 0; i < value.n; i++) {
        if (!is_space(value.p[i]))
            text_char(t, value.p[i]);
        else if (!is_space(value.p[i - 1]))
            text_char(t, ' ');
    }
}

/* "name:value,value\n". */
static void put_field(struct text *t, const struct sigv4_request *request,
                      struct str name)
{
    bool more = false;

    for (size_t i = 0; i < name.n; i++)
        text_char(t, str_lower(name.p[i]));
    text_char(t, ':');
    for (unsigned i = 0; i < request->nfields; i++) {
        if (!str_ieq(request->fields[i].name, name))
            continue;
        if (more)
            text_char(t, ',');
        put_value(t, request->fields[i].value);
        more = true;
    }
    text_char(t, '\n');
}

static bool put_fields(struct text *t, const struct sigv4_request *request,
                       struct str names)
{
    struct str rest = names;
    unsigned n = 0;

    for (; rest.p && n <= SIGV4_FIELDS_MAX; n++)
        put_field(t, request, str_cut(&rest, ';'));
    return n <= SIGV4_FIELDS_MAX;
}

/* ---- all of it ---------------------------------------------------------------- */

static size_t request_size(const struct sigv4_request *request)
{
    size_t n = request->method.n + request->path.n + request->query.n +
               request->payload_hash.n;

    for (unsigned i = 0; i < request->nfields; i++)
        n += request->fields[i].name.n + request->fields[i].value.n + 3;
    return n;
}

/* A name that is listed more than once may not make it longer than fields are:
 * it overflows then. */
struct str sigv4_canonical(struct region *region,
                           const struct sigv4_request *request,
                           const struct sigv4_scope *scope, struct str names,
                           bool presigned)
{
    size_t size = request_size(request);
    size_t cap = 3 * size + 3 * names.n + 64;
    struct text t;
    bool ok;

    if (size + names.n > SIGV4_REQUEST_MAX ||
        request->nfields > SIGV4_FIELDS_MAX)
        return STR("");
    t = text_in(region_take(region, cap), cap);
    text_str_put(&t, request->method);
    text_char(&t, '\n');
    put_path(&t, region, request->path, str_eq(scope->service, STR("s3")));
    text_char(&t, '\n');
    put_query(&t, region, request->query, presigned);
    text_char(&t, '\n');
    ok = put_fields(&t, request, names);
    text_char(&t, '\n');
    text_str_put(&t, names);
    text_char(&t, '\n');
    text_str_put(&t, request->payload_hash);
    return ok && text_ok(&t) ? text_str(&t) : STR("");
}
