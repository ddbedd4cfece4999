/* SPDX-License-Identifier: Apache-2.0
 *
 * CMD_LINE, CMD_LINE_UNIX and CMD_LINE_WIN: commands as a shell would see them,
 * without what only hides them.
 */
#include "match/transform_internal.h"

/* ---- any shell -------------------------------------------------------------- */

enum {
    DELETED = BYTE_BACKSLASH | BYTE_QUOTE | BYTE_CARET,
    AS_SPACE = BYTE_SPACE | BYTE_LINE | BYTE_SEPARATOR,
};

static bool has_command(struct str in)
{
    unsigned before = 0;

    for (size_t i = 0; i < in.n; i++) {
        unsigned class = transform_class(in.p[i]);

        if (class & (DELETED | BYTE_UPPER | BYTE_LINE | BYTE_SEPARATOR))
            return true;
        if (before & BYTE_SPACE && class & (BYTE_SPACE | BYTE_OPENER))
            return true;
        before = class;
    }
    return false;
}

static size_t write_command(struct str in, char *out)
{
    bool space = false; /* the last byte written is one */
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        unsigned class = transform_class(in.p[i]);

        if (class & DELETED)
            continue;
        if (class & AS_SPACE) {
            if (!space)
                out[n++] = ' ';
            space = true;
            continue;
        }
        if (class & BYTE_OPENER && space)
            n--;
        out[n++] = str_lower(in.p[i]);
        space = false;
    }
    return n;
}

/* ---- one shell -------------------------------------------------------------- */

static bool has_end_space(struct str in)
{
    return in.n && (in.p[0] == ' ' || in.p[in.n - 1] == ' ');
}

/* Length of the caret with which a command goes on in the next line; 0: none
 * is at in[i]. */
static size_t continued_at(struct str in, size_t i)
{
    size_t left = in.n - i;

    if (in.p[i] != '^')
        return 0;
    if (left >= 2 && in.p[i + 1] == '\n')
        return 2;
    return left >= 3 && in.p[i + 1] == '\r' && in.p[i + 2] == '\n' ? 3 : 0;
}

/* Deletes bytes of those classes, makes white space one space and none at the
 * ends, letters small; of backslashes in a row one stays. */
static inline size_t write_shell(struct str in, char *out, unsigned deleted)
{
    bool space = false; /* one is due before the next byte */
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        unsigned class = transform_class(in.p[i]);
        size_t skipped = deleted & BYTE_CARET ? continued_at(in, i) : 0;

        if (skipped) {
            i += skipped - 1;
            continue;
        }
        if (class & deleted)
            continue;
        if (class & (BYTE_SPACE | BYTE_BLANK)) {
            space = n > 0;
            continue;
        }
        if (space)
            out[n++] = ' ';
        space = false;
        if (class & BYTE_BACKSLASH && n && out[n - 1] == '\\')
            continue;
        out[n++] = str_lower(in.p[i]);
    }
    return n;
}

enum {
    UNIX_DELETED = BYTE_BACKSLASH | BYTE_QUOTE,
    WINDOWS_DELETED = BYTE_QUOTE | BYTE_CARET | BYTE_GRAVE,
};

static bool has_unix(struct str in)
{
    return has_end_space(in) ||
           transform_has(in, UNIX_DELETED | BYTE_BLANK | BYTE_UPPER,
                         BYTE_SPACE);
}

static size_t write_unix(struct str in, char *out)
{
    return write_shell(in, out, UNIX_DELETED);
}

static bool has_windows(struct str in)
{
    return has_end_space(in) ||
           transform_has(in, WINDOWS_DELETED | BYTE_BLANK | BYTE_UPPER,
                         BYTE_SPACE | BYTE_BACKSLASH);
}

static size_t write_windows(struct str in, char *out)
{
    return write_shell(in, out, WINDOWS_DELETED);
}

const struct transform_kind transform_cmd_line = {
    .touches = has_command, .write = write_command, .growth = 1};

const struct transform_kind transform_cmd_line_unix = {
    .touches = has_unix, .write = write_unix, .growth = 1};

const struct transform_kind transform_cmd_line_win = {
    .touches = has_windows, .write = write_windows, .growth = 1};
