/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML_ENTITY_DECODE: numbers, and the names that AWS lists.
 */
#include "match/transform_internal.h"

/* ---- names ------------------------------------------------------------------ */

enum { NAME_MAX_BYTES = 16 };

/* In the order of memcmp(), for the search in them; without capitals. */
static const struct named {
    const char *name;
    char c;
} names[] = {
    {"amp", '&'},
    {"apos", '\''},
    {"ast", '*'},
    {"bsol", '\\'},
    {"colon", ':'},
    {"comma", ','},
    {"diacriticalgrave", '`'},
    {"diacriticaltilde", '~'},
    {"dollar", '$'},
    {"equals", '='},
    {"excl", '!'},
    {"grave", '`'},
    {"gt", '>'},
    {"hat", '^'},
    {"lbrace", '{'},
    {"lbrack", '['},
    {"lcub", '{'},
    {"lowbar", '_'},
    {"lpar", '('},
    {"lsqb", '['},
    {"lt", '<'},
    {"midast", '*'},
    {"minus", '-'},
    {"nbsp", '\xa0'},
    {"newline", '\n'},
    {"nonbreakingspace", '\xa0'},
    {"num", '#'},
    {"percent", '%'},
    {"percnt", '%'},
    {"period", '.'},
    {"plus", '+'},
    {"quest", '?'},
    {"quot", '"'},
    {"rbrace", '}'},
    {"rbrack", ']'},
    {"rcub", '}'},
    {"rpar", ')'},
    {"rsqb", ']'},
    {"semi", ';'},
    {"sol", '/'},
    {"tab", '\t'},
    {"tilde", '~'},
    {"underbar", '_'},
    {"verbar", '|'},
    {"vert", '|'},
    {"verticalline", '|'},
};

/* NULL: nobody knows the name, which ends with NUL. */
static const struct named *find_name(const char *name)
{
    size_t low = 0, high = sizeof(names) / sizeof(names[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, names[middle].name);

        if (order == 0)
            return &names[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- references ------------------------------------------------------------- */

/* What begins with "&". */
struct reference {
    size_t n;      /* its bytes; 0: it is none */
    unsigned code; /* up to 0xff: that byte; else a character */
};

enum { CODE_END = 0x110000, NO_CHARACTER = 0xfffd };

static inline bool is_name(char c)
{
    return (c >= '0' && c <= '9') ||
           (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

/* With the ";" that may end it. */
static struct reference ended(struct str in, size_t i, size_t end,
                              unsigned code)
{
    return (struct reference){.n = end - i + (end < in.n && in.p[end] == ';'),
                              .code = code};
}

/* The name is all letters and digits in a row: "&ltx" is none. */
static struct reference named_at(struct str in, size_t i)
{
    const struct named *named;
    char name[NAME_MAX_BYTES + 1];
    size_t n = 0, from = i + 1;

    while (from + n < in.n && n < sizeof(name) && is_name(in.p[from + n])) {
        name[n] = str_lower(in.p[from + n]);
        n++;
    }
    if (n == 0 || n == sizeof(name))
        return (struct reference){.n = 0};
    name[n] = 0;
    named = find_name(name);
    if (named == NULL)
        return (struct reference){.n = 0};
    return ended(in, i, from + n, (unsigned char)named->c);
}

static int digit_of(char c, bool hex)
{
    if (hex)
        return hex_digit(c);
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* However many digits it has. */
static struct reference number_at(struct str in, size_t i)
{
    bool hex = in.n - i > 2 && (in.p[i + 2] | 0x20) == 'x';
    size_t from = i + 2 + hex, end = from;
    unsigned code = 0;

    for (; end < in.n; end++) {
        int digit = digit_of(in.p[end], hex);

        if (digit < 0)
            break;
        code = code * (hex ? 16 : 10) + (unsigned)digit;
        if (code > CODE_END)
            code = CODE_END;
    }
    if (end == from)
        return (struct reference){.n = 0};
    if (code == CODE_END || (code >= 0xd800 && code < 0xe000))
        code = NO_CHARACTER;
    return ended(in, i, end, code);
}

static struct reference reference_at(struct str in, size_t i)
{
    if (in.n - i < 2)
        return (struct reference){.n = 0};
    return in.p[i + 1] == '#' ? number_at(in, i) : named_at(in, i);
}

/* ---- the value -------------------------------------------------------------- */

static bool has_reference(struct str in)
{
    const char *at = in.p, *end = in.p + in.n;

    while (at < end && (at = memchr(at, '&', (size_t)(end - at)))) {
        if (reference_at(in, (size_t)(at - in.p)).n)
            return true;
        at++;
    }
    return false;
}

/* A byte, or the character in UTF-8: never more than the reference had. */
static size_t put_code(char *out, unsigned code)
{
    size_t n = code > 0xffff ? 4 : code > 0x7ff ? 3 : 2;

    if (code <= 0xff) {
        out[0] = (char)(unsigned char)code;
        return 1;
    }
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(unsigned char)(0x80 | (code & 0x3f));
    out[0] = (char)(unsigned char)(0xf00 >> n | code);
    return n;
}

static size_t decode_references(struct str in, char *out)
{
    size_t n = 0, i = 0;

    while (i < in.n) {
        struct reference reference = {.n = 0};

        if (in.p[i] == '&')
            reference = reference_at(in, i);
        if (reference.n == 0)
            out[n++] = in.p[i++];
        else
            n += put_code(out + n, reference.code);
        i += reference.n;
    }
    return n;
}

const struct transform_kind transform_html_entity_decode = {
    .touches = has_reference, .write = decode_references, .growth = 1};
