/* SPDX-License-Identifier: Apache-2.0 */
#include "match/transform.h"

#include "match/transform_internal.h"

/* NONE has no entry. */
static const struct transform_kind *const kinds[TRANSFORMS] = {
    [TRANSFORM_COMPRESS_WHITE_SPACE] = &transform_compress_white_space,
    [TRANSFORM_HTML_ENTITY_DECODE] = &transform_html_entity_decode,
    [TRANSFORM_LOWERCASE] = &transform_lowercase,
    [TRANSFORM_CMD_LINE] = &transform_cmd_line,
    [TRANSFORM_URL_DECODE] = &transform_url_decode,
    [TRANSFORM_BASE64_DECODE] = &transform_base64_decode,
    [TRANSFORM_HEX_DECODE] = &transform_hex_decode,
    [TRANSFORM_MD5] = &transform_md5,
    [TRANSFORM_REPLACE_COMMENTS] = &transform_replace_comments,
    [TRANSFORM_ESCAPE_SEQ_DECODE] = &transform_escape_seq_decode,
    [TRANSFORM_SQL_HEX_DECODE] = &transform_sql_hex_decode,
    [TRANSFORM_CSS_DECODE] = &transform_css_decode,
    [TRANSFORM_JS_DECODE] = &transform_js_decode,
    [TRANSFORM_NORMALIZE_PATH] = &transform_normalize_path,
    [TRANSFORM_NORMALIZE_PATH_WIN] = &transform_normalize_path_win,
    [TRANSFORM_REMOVE_NULLS] = &transform_remove_nulls,
    [TRANSFORM_REPLACE_NULLS] = &transform_replace_nulls,
    [TRANSFORM_BASE64_DECODE_EXT] = &transform_base64_decode_ext,
    [TRANSFORM_URL_DECODE_UNI] = &transform_url_decode_uni,
    [TRANSFORM_UTF8_TO_UNICODE] = &transform_utf8_to_unicode,
    [TRANSFORM_UPPERCASE] = &transform_uppercase,
    [TRANSFORM_REMOVE_WHITESPACE] = &transform_remove_whitespace,
    [TRANSFORM_TRIM] = &transform_trim,
    [TRANSFORM_TRIM_LEFT] = &transform_trim_left,
    [TRANSFORM_TRIM_RIGHT] = &transform_trim_right,
    [TRANSFORM_CMD_LINE_UNIX] = &transform_cmd_line_unix,
    [TRANSFORM_CMD_LINE_WIN] = &transform_cmd_line_win,
    [TRANSFORM_SHA256] = &transform_sha256,
    [TRANSFORM_REMOVE_COMMENTS_CHAR] = &transform_remove_comments_char,
    [TRANSFORM_JS_DECODE_EXT] = &transform_js_decode_ext,
};

struct str transform_apply(enum transform transform, struct str in,
                           struct arena *arena)
{
    const struct transform_kind *kind = kinds[transform];
    char *out;
    size_t n;

    /* No value is as an empty one; NULL is for the arena. */
    if (in.p == NULL)
        in = STR("");
    if (kind == NULL)
        return in;
    if (kind->slice)
        return kind->slice(in);
    if (!kind->touches(in))
        return in;
    out = arena_take(arena, kind->growth * in.n + kind->least);
    if (out == NULL)
        return str_make(NULL, 0);
    n = kind->write(in, out);
    return str_eq(str_make(out, n), in) ? in : str_make(out, n);
}

/* ---- classes of bytes ------------------------------------------------------- */

#define U BYTE_UPPER

const uint16_t transform_classes[256] = {
    [0] = BYTE_NULL,
    ['\t'] = BYTE_LINE,
    ['\n'] = BYTE_LINE,
    ['\v'] = BYTE_FEED,
    ['\f'] = BYTE_FEED,
    ['\r'] = BYTE_LINE,
    [' '] = BYTE_SPACE,
    ['"'] = BYTE_QUOTE,
    ['\''] = BYTE_QUOTE,
    ['('] = BYTE_OPENER,
    ['/'] = BYTE_OPENER,
    [','] = BYTE_SEPARATOR,
    [';'] = BYTE_SEPARATOR,
    ['\\'] = BYTE_BACKSLASH,
    ['^'] = BYTE_CARET,
    ['`'] = BYTE_GRAVE,
    ['%'] = BYTE_URL,
    ['&'] = BYTE_AMPERSAND,
    ['+'] = BYTE_URL,
    [0xa0] = BYTE_NBSP,
    ['A'] = U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U, /* to M */
    ['N'] = U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U,
    U, /* to Z */
};

#undef U

bool transform_has(struct str in, unsigned always, unsigned twice)
{
    unsigned before = 0;

    for (size_t i = 0; i < in.n; i++) {
        unsigned class = transform_class(in.p[i]);

        if (class & (always | (before & twice)))
            return true;
        before = class;
    }
    return false;
}
