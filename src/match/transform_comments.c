/* SPDX-License-Identifier: Apache-2.0
 *
 * REPLACE_COMMENTS and REMOVE_COMMENTS_CHAR.
 */
#include "match/transform_internal.h"

/* The first `a` with `b` behind it, from in[i] on; in.n: none. */
static size_t find_pair(struct str in, size_t i, char a, char b)
{
    while (i + 1 < in.n) {
        const char *at = memchr(in.p + i, a, in.n - 1 - i);

        if (at == NULL)
            break;
        i = (size_t)(at - in.p);
        if (in.p[i + 1] == b)
            return i;
        i++;
    }
    return in.n;
}

/* ---- whole comments --------------------------------------------------------- */

/* Looks for the star: slashes are in everything. */
static bool has_comment(struct str in)
{
    const char *at = in.p, *end = in.p + in.n;

    while (at < end && (at = memchr(at, '*', (size_t)(end - at)))) {
        if (at > in.p && at[-1] == '/')
            return true;
        at++;
    }
    return false;
}

static size_t replace_comments(struct str in, char *out)
{
    size_t n = 0, i = 0;

    while (i < in.n) {
        size_t begin = find_pair(in, i, '/', '*');

        memcpy(out + n, in.p + i, begin - i);
        n += begin - i;
        if (begin == in.n)
            break;
        out[n++] = ' ';
        i = find_pair(in, begin + 2, '*', '/');
        i = i < in.n ? i + 2 : in.n;
    }
    return n;
}

/* ---- what comments begin and end with --------------------------------------- */

/* Length of the mark at in[i]; 0: none. */
static inline size_t mark_at(struct str in, size_t i)
{
    char next = i + 1 < in.n ? in.p[i + 1] : 0;

    switch (in.p[i]) {
    case '#':
        return 1;
    case '-':
        return next == '-' ? 2 : 0;
    case '/':
        return next == '*' ? 2 : 0;
    case '*':
        return next == '/' ? 2 : 0;
    default:
        return 0;
    }
}

static bool has_mark(struct str in)
{
    return in.n && (memchr(in.p, '#', in.n) || has_comment(in) ||
                    find_pair(in, 0, '*', '/') < in.n ||
                    find_pair(in, 0, '-', '-') < in.n);
}

static size_t remove_marks(struct str in, char *out)
{
    size_t n = 0, i = 0;

    while (i < in.n) {
        size_t mark = mark_at(in, i);

        if (mark == 0)
            out[n++] = in.p[i++];
        i += mark;
    }
    return n;
}

const struct transform_kind transform_replace_comments = {
    .touches = has_comment, .write = replace_comments, .growth = 1};

const struct transform_kind transform_remove_comments_char = {
    .touches = has_mark, .write = remove_marks, .growth = 1};
