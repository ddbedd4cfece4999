/* SPDX-License-Identifier: Apache-2.0
 *
 * Escapes with a backslash: ESCAPE_SEQ_DECODE, JS_DECODE, JS_DECODE_EXT and
 * CSS_DECODE.
 */
#include "match/transform_internal.h"

/* What begins with a backslash. */
struct escape {
    size_t n; /* bytes that it takes; 0: it is no escape, the backslash stays */
    int byte; /* that it stands for; -1: none */
};

static const struct escape no_escape = {.n = 0, .byte = -1};

/* Reads the one that `s` begins with. */
typedef struct escape escape_reader(struct str s);

static inline size_t decode(struct str in, char *out, escape_reader *read)
{
    size_t n = 0;

    while (in.n) {
        const char *slash = memchr(in.p, '\\', in.n);
        size_t plain = slash ? (size_t)(slash - in.p) : in.n;
        struct escape escape;

        memcpy(out + n, in.p, plain);
        n += plain;
        in = str_make(in.p + plain, in.n - plain);
        if (in.n == 0)
            break;
        escape = read(in);
        if (escape.n == 0)
            escape = (struct escape){.n = 1, .byte = '\\'};
        if (escape.byte >= 0)
            out[n++] = (char)(unsigned char)escape.byte;
        in = str_make(in.p + escape.n, in.n - escape.n);
    }
    return n;
}

static bool has_backslash(struct str in)
{
    return in.n && memchr(in.p, '\\', in.n);
}

/* The control character of \a, \b, \f, \n, \r, \t and \v; -1: another letter. */
static int control_of(char letter)
{
    switch (letter) {
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return -1;
    }
}

/* ---- numbers ---------------------------------------------------------------- */

/* \HH behind a letter. */
static struct escape hex_escape(struct str s)
{
    int value = s.n >= 4 ? transform_hex_pair(s.p + 2) : -1;

    return value < 0 ? no_escape : (struct escape){.n = 4, .byte = value};
}

static inline bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* One to `most` octal digits; the low byte counts. */
static struct escape octal_escape(struct str s, size_t most)
{
    size_t i = 1;
    int value = 0;

    for (; i < s.n && i <= most && is_octal(s.p[i]); i++)
        value = value * 8 + (s.p[i] - '0');
    return i == 1 ? no_escape : (struct escape){.n = i, .byte = value & 0xff};
}

/* ---- ANSI C ----------------------------------------------------------------- */

static struct escape read_ansi(struct str s)
{
    int control;

    if (s.n < 2)
        return no_escape;
    if (is_octal(s.p[1]))
        return octal_escape(s, 3);
    if (s.p[1] == 'x' || s.p[1] == 'X')
        return hex_escape(s);
    if (memchr("\\?'\"", s.p[1], 4))
        return (struct escape){.n = 2, .byte = s.p[1]};
    control = control_of(s.p[1]);
    return control < 0 ? no_escape : (struct escape){.n = 2, .byte = control};
}

static size_t decode_ansi(struct str in, char *out)
{
    return decode(in, out, read_ansi);
}

/* ---- JavaScript ------------------------------------------------------------- */

/* \uHHHH, \xHH and octal digits, of which three are no more than a byte. */
static struct escape script_number(struct str s)
{
    if (s.p[1] == 'x')
        return hex_escape(s);
    if (s.p[1] == 'u') {
        int code = s.n >= 6 ? transform_hex_four(s.p + 2) : -1;

        return code < 0 ? no_escape
                        : (struct escape){
                              .n = 6, .byte = transform_narrow((unsigned)code)};
    }
    return octal_escape(s, s.p[1] <= '3' ? 3 : 2);
}

static struct escape read_script(struct str s)
{
    struct escape number;
    int control;

    if (s.n < 2)
        return no_escape;
    number = script_number(s);
    if (number.n)
        return number;
    control = control_of(s.p[1]);
    return (struct escape){
        .n = 2, .byte = control < 0 ? (unsigned char)s.p[1] : control};
}

static size_t decode_script(struct str in, char *out)
{
    return decode(in, out, read_script);
}

static struct escape read_script_ext(struct str s)
{
    if (s.n < 2)
        return no_escape;
    if (memchr("\\/'\"", s.p[1], 4))
        return (struct escape){.n = 2, .byte = s.p[1]};
    return script_number(s);
}

static size_t decode_script_ext(struct str in, char *out)
{
    return decode(in, out, read_script_ext);
}

/* ---- CSS -------------------------------------------------------------------- */

static struct escape read_css(struct str s)
{
    unsigned code = 0;
    size_t i = 1;

    if (s.n == 1)
        return (struct escape){.n = 1, .byte = -1};
    for (; i < s.n && i <= 6 && hex_digit(s.p[i]) >= 0; i++)
        code = code * 16 + (unsigned)hex_digit(s.p[i]);
    if (i == 1)
        return (struct escape){
            .n = 2, .byte = s.p[1] == '\n' ? -1 : (unsigned char)s.p[1]};
    if (i < s.n && transform_class(s.p[i]) & (BYTE_SPACE | BYTE_BLANK))
        i++;
    return (struct escape){.n = i, .byte = transform_narrow(code)};
}

static size_t decode_css(struct str in, char *out)
{
    return decode(in, out, read_css);
}

const struct transform_kind transform_escape_seq_decode = {
    .touches = has_backslash, .write = decode_ansi, .growth = 1};

const struct transform_kind transform_js_decode = {
    .touches = has_backslash, .write = decode_script, .growth = 1};

const struct transform_kind transform_js_decode_ext = {
    .touches = has_backslash, .write = decode_script_ext, .growth = 1};

const struct transform_kind transform_css_decode = {
    .touches = has_backslash, .write = decode_css, .growth = 1};
