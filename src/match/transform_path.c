/* SPDX-License-Identifier: Apache-2.0
 *
 * NORMALIZE_PATH and NORMALIZE_PATH_WIN: where a path leads to.
 */
#include "match/transform_internal.h"

/* A path that is written; but for an empty one it ends with a slash. */
struct path {
    char *p;
    size_t n;
    size_t floor; /* ".." does not go back behind it */
    bool rooted;
};

static void push(struct path *path, struct str segment)
{
    memcpy(path->p + path->n, segment.p, segment.n);
    path->n += segment.n;
    path->p[path->n++] = '/';
}

static void go_back(struct path *path)
{
    if (path->n > path->floor) {
        path->n--;
        while (path->n > path->floor && path->p[path->n - 1] != '/')
            path->n--;
    } else if (!path->rooted) {
        push(path, STR(".."));
        path->floor = path->n;
    }
}

static inline bool is_slash(char c, bool windows)
{
    return c == '/' || (windows && c == '\\');
}

static inline size_t segment_end(struct str in, size_t i, bool windows)
{
    while (i < in.n && !is_slash(in.p[i], windows))
        i++;
    return i;
}

static inline size_t normalize(struct str in, char *out, bool windows)
{
    struct path path = {.p = out, .rooted = is_slash(in.p[0], windows)};
    size_t end;

    if (path.rooted)
        path.p[path.n++] = '/';
    path.floor = path.n;
    for (size_t i = 0; i < in.n; i = end + 1) {
        struct str segment;

        end = segment_end(in, i, windows);
        segment = str_make(in.p + i, end - i);
        if (str_eq(segment, STR("..")))
            go_back(&path);
        else if (segment.n && !str_eq(segment, STR(".")))
            push(&path, segment);
    }
    if (path.n > path.rooted && !is_slash(in.p[in.n - 1], windows))
        path.n--;
    return path.n;
}

/* ---- with slashes ----------------------------------------------------------- */

static bool has_dots(struct str in)
{
    const char *at = in.p, *end = in.p + in.n;

    if (in.n == 0)
        return false;
    if (in.p[0] == '.')
        return true;
    while (at < end && (at = memchr(at, '/', (size_t)(end - at)))) {
        at++;
        if (at < end && (*at == '/' || *at == '.'))
            return true;
    }
    return false;
}

static size_t normalize_path(struct str in, char *out)
{
    return normalize(in, out, false);
}

/* ---- with backslashes too --------------------------------------------------- */

static bool has_windows_dots(struct str in)
{
    return in.n && (memchr(in.p, '\\', in.n) || has_dots(in));
}

static size_t normalize_windows_path(struct str in, char *out)
{
    return normalize(in, out, true);
}

/* The slash behind the last segment. */
const struct transform_kind transform_normalize_path = {
    .touches = has_dots, .write = normalize_path, .growth = 1, .least = 1};

const struct transform_kind transform_normalize_path_win = {
    .touches = has_windows_dots,
    .write = normalize_windows_path,
    .growth = 1,
    .least = 1};
