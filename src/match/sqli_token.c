/* SPDX-License-Identifier: Apache-2.0 */
#include "match/sqli_token.h"

#include "match/sqli_words.h"

/* Bytes by what they can be part of. */
enum {
    WORD = 1,
    DIGIT = 2,
    VARIABLE = 4,
    HEX = 8,
    WHITE = 16,
    SPLIT = 32, /* ends a word of ours, not other names */
    PLAIN = 64
};

enum {
    V = VARIABLE,
    U = WORD | VARIABLE,         /* $ and what is not ASCII */
    L = WORD | VARIABLE | PLAIN, /* letters, _ */
    H = L | HEX,
    D = H | DIGIT,
    S = L | SPLIT,    /* . */
    K = WORD | SPLIT, /* ` */
    P = PLAIN,        /* - */
    W = WHITE
};

/* clang-format off */
static const unsigned char class_of[256] = {
    W, 0, 0, 0, 0, 0, 0, 0, 0, W, W, W, W, W, 0, 0, /* control */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* characters */
    W, 0, 0, 0, U, 0, 0, 0, 0, 0, 0, 0, 0, P, S, 0, /*  !"#$%&'()*+,-./ */
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0, /* 0-9 :;<=>? */
    0, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* @A-O */
    L, L, L, L, L, L, L, L, L, L, L, V, 0, V, 0, L, /* P-Z [\]^_ */
    K, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* `a-o */
    L, L, L, L, L, L, L, L, L, L, L, V, 0, V, 0, U, /* p-z {|}~ DEL */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* UTF-8 */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* 90 */
    W, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* a0: Latin-1's space */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* b0 */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* c0 */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* d0 */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* e0 */
    U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* f0 */
};
/* clang-format on */

static bool is(unsigned char c, unsigned classes)
{
    return (class_of[c] & classes) != 0;
}

static unsigned char peek(const struct sqli_reader *r, size_t at)
{
    return at < r->n ? r->p[at] : 0;
}

static size_t span(const struct sqli_reader *r, size_t at, unsigned classes)
{
    while (at < r->n && is(r->p[at], classes))
        at++;
    return at;
}

/* Where `c` is from `at` on, n: nowhere. */
static size_t find(const struct sqli_reader *r, size_t at, unsigned char c)
{
    const unsigned char *hit =
        at < r->n ? memchr(r->p + at, c, r->n - at) : NULL;
    return hit != NULL ? (size_t)(hit - r->p) : r->n;
}

/* A token of what stands from the reader's place to `to`. */
static bool plain(struct sqli_reader *r, struct sqli_token *t,
                  enum sqli_kind kind, size_t to)
{
    *t = (struct sqli_token){.kind = (uint8_t)kind, .from = r->at, .to = to};
    r->at = to;
    return true;
}

/* ---- strings ---------------------------------------------------------------- */

/* Whether an odd number of backslashes stands before `at`. */
static bool escaped(const struct sqli_reader *r, size_t from, size_t at)
{
    size_t p = at;
    while (p > from && r->p[p - 1] == '\\')
        p--;
    return (at - p) % 2 != 0;
}

/* The end of what was opened before `from`: where its quote closes, n: never.
 * A quote after a backslash, or twice, is text. */
static size_t string_end(const struct sqli_reader *r, size_t from,
                         unsigned char quote)
{
    size_t at = from;
    for (size_t seen = from;; seen = at) {
        at = find(r, at, quote);
        if (at >= r->n)
            return r->n;
        if (escaped(r, seen, at))
            at++;
        else if (peek(r, at + 1) == quote)
            at += 2;
        else
            return at;
    }
}

/* The string whose text begins at `from`. */
static bool string(struct sqli_reader *r, struct sqli_token *t, size_t from,
                   char opened)
{
    char quote = opened != 0 ? opened : r->context.quote;
    size_t end = string_end(r, from, (unsigned char)quote);
    *t = (struct sqli_token){.kind = SQLI_STRING,
                             .opened = opened,
                             .closed = end < r->n ? quote : 0,
                             .from = from,
                             .to = end};
    r->at = end < r->n ? end + 1 : r->n;
    return true;
}

/* From `from` until the bytes at `closing`. */
static bool quoted_until(struct sqli_reader *r, struct sqli_token *t,
                         size_t from, const unsigned char *closing, size_t n)
{
    const unsigned char *hit =
        from < r->n ? memmem(r->p + from, r->n - from, closing, n) : NULL;
    size_t end = hit != NULL ? (size_t)(hit - r->p) : r->n;
    *t = (struct sqli_token){.kind = SQLI_STRING,
                             .opened = '\'',
                             .closed = hit != NULL ? '\'' : 0,
                             .from = from < r->n ? from : r->n,
                             .to = end};
    r->at = hit != NULL ? end + n : r->n;
    return true;
}

/* Oracle: q'(it's)'. */
static bool oracle_string(struct sqli_reader *r, struct sqli_token *t,
                          size_t from)
{
    static const char open[] = "([{<", close[] = ")]}>";
    unsigned char c = peek(r, from);
    const char *pair = c != 0 ? strchr(open, c) : NULL;
    unsigned char closing[2] = {
        pair != NULL ? (unsigned char)close[pair - open] : c, '\''};
    return quoted_until(r, t, from + 1, closing, 2);
}

/* X'4142', B'01': a number when all of it is digits of that kind. */
static bool digits_in_quotes(struct sqli_reader *r, struct sqli_token *t,
                             bool hex)
{
    size_t at = r->at + 2;
    while (at < r->n &&
           (hex ? is(r->p[at], HEX) : r->p[at] == '0' || r->p[at] == '1'))
        at++;
    if (peek(r, at) != '\'' || at >= r->n)
        return false;
    return plain(r, t, SQLI_NUMBER, at + 1);
}

/* A literal with letters before its quote; false: it is a word. */
static bool prefixed(struct sqli_reader *r, struct sqli_token *t)
{
    size_t at = r->at;
    unsigned char next = peek(r, at + 1), third = peek(r, at + 2);
    if (next != '\'' && third != '\'')
        return false;
    switch (r->p[at] | 0x20) {
    case 'b':
    case 'x':
        return next == '\'' && digits_in_quotes(r, t, (r->p[at] | 0x20) == 'x');
    case 'e':
        return next == '\'' && at + 2 < r->n && string(r, t, at + 2, '\'');
    case 'q':
        return next == '\'' && third > ' ' && third < 0x80 &&
               oracle_string(r, t, at + 2);
    case 'n':
        if ((next | 0x20) == 'q' && third == '\'')
            return peek(r, at + 3) > ' ' && oracle_string(r, t, at + 3);
        return next == '\'' && at + 2 < r->n && string(r, t, at + 2, '\'');
    case 'u':
        return next == '&' && third == '\'' && string(r, t, at + 3, '\'');
    default:
        return false;
    }
}

/* PostgreSQL: $1, $$text$$, $tag$text$tag$; T-SQL: $1.50. */
static bool dollar(struct sqli_reader *r, struct sqli_token *t)
{
    size_t at = r->at + 1;
    size_t end = at;
    while (end < r->n &&
           (is(r->p[end], DIGIT) || r->p[end] == '.' || r->p[end] == ','))
        end++;
    if (end > at && !(end == at + 1 && r->p[at] == '.'))
        return plain(r, t, SQLI_NUMBER, end);
    while (end < r->n && (r->p[end] | 0x20) >= 'a' && (r->p[end] | 0x20) <= 'z')
        end++;
    if (peek(r, end) == '$')
        return quoted_until(r, t, end + 1, r->p + r->at, end + 1 - r->at);
    return plain(r, t, SQLI_NAME, at);
}

/* ---- names -------------------------------------------------------------------- */

/* `name`, which may be that of a function. */
static bool back_quoted(struct sqli_reader *r, struct sqli_token *t)
{
    string(r, t, r->at + 1, '`');
    struct sqli_word word =
        sqli_word((const char *)r->p + t->from, t->to - t->from);
    t->kind = word.kind == SQLI_FUNCTION ? SQLI_FUNCTION : SQLI_NAME;
    return true;
}

/* SQL Server: [name]. */
static bool bracketed(struct sqli_reader *r, struct sqli_token *t)
{
    size_t end = find(r, r->at, ']');
    return plain(r, t, SQLI_NAME, end < r->n ? end + 1 : r->n);
}

static bool variable(struct sqli_reader *r, struct sqli_token *t)
{
    size_t from = r->at + 1;
    if (peek(r, from) == '@')
        from++;
    unsigned char quote = peek(r, from);
    if (quote == '\'' || quote == '"' || quote == '`') {
        string(r, t, from + 1, (char)quote);
    } else {
        plain(r, t, SQLI_VARIABLE, span(r, from, VARIABLE));
        return true;
    }
    t->kind = SQLI_VARIABLE;
    return true;
}

/* A word of ours ends before a dot or a back quote ("select.x"); in other
 * names they stand. */
static bool word(struct sqli_reader *r, struct sqli_token *t)
{
    const char *p = (const char *)r->p + r->at;
    size_t n = span(r, r->at, WORD) - r->at;
    struct sqli_word found = sqli_word(p, n);
    size_t part = 1;
    while (part < n && !is((unsigned char)p[part], SPLIT))
        part++;
    if (found.kind == SQLI_NAME && part < n) {
        found = sqli_word(p, part);
        if (found.tag != SQLI_TAG_SYSTEM)
            found.tag = found.kind == SQLI_NAME ? SQLI_TAG_NONE : found.tag;
        if (found.kind != SQLI_NAME)
            n = part;
    }
    plain(r, t, found.kind, r->at + n);
    t->tag = found.tag;
    return true;
}

/* ---- numbers ------------------------------------------------------------------ */

/* 0x41, 0b01; false: neither. */
static bool based(struct sqli_reader *r, struct sqli_token *t)
{
    unsigned char base = peek(r, r->at + 1) | 0x20;
    if (r->p[r->at] != '0' || (base != 'x' && base != 'b'))
        return false;
    size_t at = r->at + 2;
    if (base == 'x')
        at = span(r, at, HEX);
    else
        while (at < r->n && (r->p[at] == '0' || r->p[at] == '1'))
            at++;
    return plain(r, t, at == r->at + 2 ? SQLI_NAME : SQLI_NUMBER, at);
}

/* Oracle: 1.5f and 1.5d, and the U is that of "1fUNION". */
static size_t float_suffix(const struct sqli_reader *r, size_t at)
{
    unsigned char c = peek(r, at) | 0x20, next = peek(r, at + 1);
    if (c != 'd' && c != 'f')
        return at;
    bool ends = at + 1 >= r->n || is(next, WHITE) || next == ';' ||
                (next | 0x20) == 'u';
    return ends ? at + 1 : at;
}

static bool number(struct sqli_reader *r, struct sqli_token *t)
{
    if (based(r, t))
        return true;
    size_t at = span(r, r->at, DIGIT);
    if (peek(r, at) == '.')
        at = span(r, at + 1, DIGIT);
    if (at == r->at + 1 && r->p[r->at] == '.')
        return plain(r, t, SQLI_DOT, at);
    if ((peek(r, at) | 0x20) == 'e') {
        size_t digits = at + 1;
        if (peek(r, digits) == '+' || peek(r, digits) == '-')
            digits++;
        at = span(r, digits, DIGIT);
        if (at == digits)
            return plain(r, t, SQLI_NAME, at);
    }
    return plain(r, t, SQLI_NUMBER, float_suffix(r, at));
}

/* ---- operators and comments ------------------------------------------------- */

static bool line_comment(struct sqli_reader *r, struct sqli_token *t)
{
    return plain(r, t, SQLI_COMMENT, find(r, r->at, '\n'));
}

static bool hash(struct sqli_reader *r, struct sqli_token *t)
{
    r->hash = true;
    return r->context.mysql ? line_comment(r, t)
                            : plain(r, t, SQLI_OPERATOR, r->at + 1);
}

static bool minus(struct sqli_reader *r, struct sqli_token *t)
{
    if (peek(r, r->at + 1) == '-') {
        bool spaced = r->at + 2 >= r->n || is(r->p[r->at + 2], WHITE);
        if (spaced || !r->context.mysql) {
            r->dashes |= !spaced;
            return line_comment(r, t);
        }
    }
    plain(r, t, SQLI_OPERATOR, r->at + 1);
    t->tag = SQLI_TAG_UNARY;
    return true;
}

static bool slash(struct sqli_reader *r, struct sqli_token *t)
{
    if (peek(r, r->at + 1) != '*')
        return plain(r, t, SQLI_OPERATOR, r->at + 1);
    const unsigned char *text = r->p + r->at + 2;
    size_t n = r->n - r->at - 2;
    const unsigned char *end = memmem(text, n, "*/", 2);
    if (end != NULL)
        n = (size_t)(end - text);
    bool hidden = (n > 0 && text[0] == '!') ||
                  (end != NULL && memmem(text, n + 1, "/*", 2) != NULL);
    return plain(r, t, hidden ? SQLI_HIDDEN : SQLI_COMMENT,
                 r->at + 2 + n + (end != NULL ? 2 : 0));
}

struct pair {
    char text[3];
    uint8_t kind;
    uint8_t tag;
};

static const struct pair pairs[] = {
    {"!=", SQLI_OPERATOR, 0}, {"!!", SQLI_OPERATOR, SQLI_TAG_UNARY},
    {"!<", SQLI_OPERATOR, 0}, {"!>", SQLI_OPERATOR, 0},
    {"&&", SQLI_LOGIC, 0},    {"&=", SQLI_OPERATOR, 0},
    {"*=", SQLI_OPERATOR, 0}, {"::", SQLI_OPERATOR, SQLI_TAG_CAST},
    {":=", SQLI_OPERATOR, 0}, {"<<", SQLI_OPERATOR, 0},
    {"<=", SQLI_OPERATOR, 0}, {"<>", SQLI_OPERATOR, 0},
    {"<@", SQLI_OPERATOR, 0}, {">=", SQLI_OPERATOR, 0},
    {">>", SQLI_OPERATOR, 0}, {"|/", SQLI_OPERATOR, 0},
    {"|=", SQLI_OPERATOR, 0}, {"||", SQLI_LOGIC, 0},
};

static bool operator(struct sqli_reader *r, struct sqli_token *t)
{
    char c = (char)r->p[r->at], next = (char)peek(r, r->at + 1);
    if (c == '<' && next == '=' && peek(r, r->at + 2) == '>')
        return plain(r, t, SQLI_OPERATOR, r->at + 3);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].text[0] == c && pairs[i].text[1] == next) {
            plain(r, t, pairs[i].kind, r->at + 2);
            t->tag = pairs[i].tag;
            return true;
        }
    plain(r, t, c == ':' ? SQLI_COLON : SQLI_OPERATOR, r->at + 1);
    if (c == '+' || c == '!' || c == '~')
        t->tag = SQLI_TAG_UNARY;
    return true;
}

/* \N is MySQL's NULL. */
static bool backslash(struct sqli_reader *r, struct sqli_token *t)
{
    return peek(r, r->at + 1) == 'N' ? plain(r, t, SQLI_NUMBER, r->at + 2)
                                     : plain(r, t, SQLI_BACKSLASH, r->at + 1);
}

/* ---- */

static bool punctuation(struct sqli_reader *r, struct sqli_token *t)
{
    static const struct {
        char c;
        uint8_t kind;
    } alone[] = {{'(', SQLI_OPEN},       {')', SQLI_CLOSE},
                 {',', SQLI_COMMA},      {';', SQLI_SEMICOLON},
                 {'{', SQLI_LEFT_BRACE}, {'}', SQLI_RIGHT_BRACE},
                 {'?', SQLI_UNKNOWN},    {']', SQLI_UNKNOWN}};
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        if ((char)r->p[r->at] == alone[i].c)
            return plain(r, t, alone[i].kind, r->at + 1);
    return operator(r, t);
}

static bool symbol(struct sqli_reader *r, struct sqli_token *t)
{
    switch (r->p[r->at]) {
    case '\'':
    case '"':
        return string(r, t, r->at + 1, (char)r->p[r->at]);
    case '`':
        return back_quoted(r, t);
    case '@':
        return variable(r, t);
    case '$':
        return dollar(r, t);
    case '[':
        return bracketed(r, t);
    case '#':
        return hash(r, t);
    case '-':
        return minus(r, t);
    case '/':
        return slash(r, t);
    case '\\':
        return backslash(r, t);
    case '.':
        return number(r, t);
    default:
        return punctuation(r, t);
    }
}

bool sqli_is_plain(struct str value)
{
    unsigned char before = 0;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (!is(c, PLAIN) || (c == '-' && before == '-'))
            return false;
        before = c;
    }
    return true;
}

void sqli_read_start(struct sqli_reader *r, struct str value,
                     struct sqli_context context)
{
    *r = (struct sqli_reader){
        .p = (const unsigned char *)value.p, .n = value.n, .context = context};
}

bool sqli_read(struct sqli_reader *r, struct sqli_token *token)
{
    if (r->at == 0 && r->context.quote != 0 && r->n > 0)
        return string(r, token, 0, 0);
    while (r->at < r->n &&
           (is(r->p[r->at], WHITE) || r->p[r->at] < ' ' || r->p[r->at] == 0x7f))
        r->at++;
    if (r->at >= r->n)
        return false;
    unsigned char c = r->p[r->at];
    if (is(c, DIGIT))
        return number(r, token);
    if (is(c, WORD) && c != '$' && c != '.' && c != '`')
        return prefixed(r, token) || word(r, token);
    return symbol(r, token);
}
