/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/route_view.h"

static inline bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

bool route_has_control(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_control(text.p[i]))
            return true;
    }
    return false;
}

/* Whether the path is its own normal form, as far as one look tells: no
 * escapes, no segment that begins with a dot, no control characters. */
static bool is_plain_path(struct str path)
{
    char before = 0;

    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];

        if (c == '%' || (c == '.' && before == '/') || is_control(c))
            return false;
        before = c;
    }
    return true;
}

/* "example.com.:80" is example.com; "[::1]:80" is [::1]. */
static struct str host_name(struct str host)
{
    host = authority_split(host, NULL);
    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    return host.n ? host : (struct str){NULL, 0};
}

bool route_view_init(struct route_view *view,
                     const struct route_request *request)
{
    *view = (struct route_view){
        .method = request->method,
        .host = host_name(request->host),
        .path = request->path,
        .query = request->query,
        .fields = request->fields,
        .client = request->client,
    };
    return is_plain_path(view->path) && !route_has_control(view->host);
}

struct str route_visible(struct str text, char *room, size_t cap)
{
    size_t n = 0;

    if (text.n > cap || !route_has_control(text))
        return text;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_control(text.p[i]))
            room[n++] = text.p[i];
    }
    return str_make(room, n);
}

/* ---- the normal form of a path ------------------------------------------- */

/* RFC 3986 2.3. */
static bool is_unreserved(char c)
{
    char lower = str_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

/* The character at `*at`, which moves behind it or behind its escape. */
static char next_char(struct str path, size_t *at)
{
    char c = path.p[(*at)++];

    if (c == '%' && path.n - *at >= 2) {
        int high = hex_digit(path.p[*at]);
        int low = hex_digit(path.p[*at + 1]);
        char decoded = (char)(high * 16 + low);

        if (high >= 0 && low >= 0 && is_unreserved(decoded)) {
            *at += 2;
            return decoded;
        }
    }
    return c;
}

/* Takes back the segment from `begin` to `n` when it is a dot segment, and the
 * one before it when it is "..".  False for an ordinary one. */
static bool drop_dots(const char *out, size_t begin, size_t *n)
{
    size_t length = *n - begin;

    if (length == 0 || length > 2 || out[begin] != '.' || out[*n - 1] != '.')
        return false;
    if (length == 2 && begin > 1) {
        begin--; /* in front of the slash that ends the segment before */
        while (out[begin - 1] != '/')
            begin--;
    }
    *n = begin;
    return true;
}

/* What never is longer than the path.  `path` begins with a slash. */
static size_t normal_path(char *out, struct str path)
{
    size_t begin = 1; /* of the segment that is being written */
    size_t n = 1;

    out[0] = '/';
    for (size_t at = 1; at < path.n;) {
        char c = next_char(path, &at);

        if (is_control(c))
            continue;
        if (c != '/' || !drop_dots(out, begin, &n))
            out[n++] = c;
        if (c == '/')
            begin = n;
    }
    drop_dots(out, begin, &n);
    return n;
}

void route_view_normalise(struct route_view *view, char *room)
{
    struct str path = view->path;
    size_t used;

    if (path.n > ROUTE_ROOM)
        return;
    if (path.n && path.p[0] == '/')
        view->path = str_make(room, normal_path(room, path));
    else
        view->path = route_visible(path, room, path.n);
    used = view->path.p == room ? view->path.n : 0;
    view->host = route_visible(view->host, room + used, ROUTE_ROOM - used);
}
