/* SPDX-License-Identifier: Apache-2.0 */
#include "match/xss_tokens.h"

/* What a byte ends, by its value. */
enum { BLANK = 1, NUL = 2, END = 4, EQUALS = 8 };

static const uint8_t kinds[256] = {
    ['\0'] = NUL,   ['\t'] = BLANK, ['\n'] = BLANK, ['\v'] = BLANK,
    ['\f'] = BLANK, ['\r'] = BLANK, [' '] = BLANK,  ['/'] = END,
    ['>'] = END,    ['='] = EQUALS,
};

static bool is(char c, unsigned what)
{
    return kinds[(unsigned char)c] & what;
}

static bool is_letter(char c)
{
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'z';
}

static struct str slice(const struct xss_reader *r, size_t from, size_t to)
{
    return str_make(r->p + from, to - from);
}

/* Where c stands from `at` on, n: nowhere. */
static size_t find(const struct xss_reader *r, size_t at, char c)
{
    const char *p = at < r->n ? memchr(r->p + at, c, r->n - at) : NULL;

    return p ? (size_t)(p - r->p) : r->n;
}

struct xss_reader xss_reader(struct str value, enum xss_context context,
                             struct xss_seen *seen)
{
    static const char quotes[XSS_CONTEXTS] = {
        [XSS_IN_SINGLE] = '\'', [XSS_IN_DOUBLE] = '"', [XSS_IN_BACK] = '`'};
    struct xss_reader r = {
        .p = value.p,
        .n = value.n,
        .seen = seen,
        .writes = context == XSS_IN_TEXT,
    };

    if (context == XSS_IN_TAG) {
        r.in_tag = r.fresh = true;
    } else if (context != XSS_IN_TEXT) {
        r.in_tag = true;
        r.at = find(&r, 0, quotes[context]);
        if (r.at < r.n)
            r.at++;
    }
    return r;
}

/* ---- comments and the like --------------------------------------------------- */

/* The end of a comment: "-->", "--!>", and at its begin ">" and "->"; NULs
 * among them do not count. */
static size_t comment_end(const struct xss_reader *r, size_t at, size_t *next)
{
    unsigned dashes = 2; /* those of "<!--" */
    size_t dash = at;

    for (;;) {
        size_t i = dash;

        for (; i < r->n && (r->p[i] == '-' || r->p[i] == '\0'); i++)
            dashes += r->p[i] == '-';
        if (dashes >= 2 && i < r->n && r->p[i] == '!' && dash > at)
            i++;
        if (dashes >= 2 && i < r->n && r->p[i] == '>') {
            *next = i + 1;
            return dash;
        }
        dash = find(r, i, '-');
        dashes = 0;
        if (dash == r->n)
            break;
    }
    *next = r->n;
    return r->n;
}

/* Up to the first `c`; behind it goes on what follows. */
static void take_until(struct xss_reader *r, struct xss_token *token,
                       enum xss_piece piece, char c)
{
    size_t end = find(r, r->at, c);

    token->piece = piece;
    token->text = slice(r, r->at, end);
    r->at = end < r->n ? end + 1 : end;
}

/* At "<!". */
static void read_declaration(struct xss_reader *r, struct xss_token *token)
{
    size_t from = r->at;
    size_t end, next;

    if (!str_starts(str_make(r->p + from, r->n - from), STR("<!--"))) {
        r->at = from + 2;
        token->open = slice(r, from, r->at);
        take_until(r, token, XSS_PIECE_DECLARATION, '>');
        return;
    }
    r->at = from + 4;
    token->open = slice(r, from, r->at);
    end = comment_end(r, r->at, &next);
    token->piece = XSS_PIECE_COMMENT;
    token->text = slice(r, r->at, end);
    r->at = next;
}

/* ---- tags --------------------------------------------------------------------- */

/* A name up to a blank, '/', '>' or `stop`; what it begins with belongs to it. */
static struct str read_name(struct xss_reader *r, unsigned stop)
{
    size_t from = r->at;
    size_t to = from + 1;

    while (to < r->n && !is(r->p[to], BLANK | END | stop))
        to++;
    r->at = to;
    return slice(r, from, to);
}

static void skip_blanks(struct xss_reader *r)
{
    while (r->at < r->n && is(r->p[r->at], BLANK | NUL))
        r->at++;
}

/* Behind '='.  False where there is no value. */
static bool read_value(struct xss_reader *r, struct str *value)
{
    char quote;
    size_t from, end;

    skip_blanks(r);
    if (r->at == r->n)
        return false;
    quote = r->p[r->at];
    if (quote == '"' || quote == '\'' || quote == '`') {
        from = r->at + 1;
        end = find(r, from, quote);
        r->at = end < r->n ? end + 1 : end;
    } else {
        from = end = r->at;
        while (end < r->n && r->p[end] != '>' && !is(r->p[end], BLANK))
            end++;
        r->at = end;
    }
    *value = slice(r, from, end);
    return true;
}

/* The next attribute with a value; false at the end of the tag. */
static bool read_attribute(struct xss_reader *r, struct xss_token *token)
{
    while (r->at < r->n) {
        struct str name;

        if (r->p[r->at] == '>') {
            r->at++;
            break;
        }
        if (r->p[r->at] == '/' || is(r->p[r->at], BLANK | NUL)) {
            r->at++;
            continue;
        }
        token->first = r->fresh;
        r->fresh = false;
        name = read_name(r, EQUALS);
        skip_blanks(r);
        if (r->at == r->n || r->p[r->at] != '=')
            continue;
        r->at++;
        if (!read_value(r, &token->text) || r->in_end_tag)
            continue;
        token->piece = XSS_PIECE_ATTRIBUTE;
        token->name = name;
        token->open = r->open;
        token->tag = r->tag;
        return true;
    }
    r->in_tag = false;
    return false;
}

/* At a '<'; false where it begins nothing. */
static bool read_markup(struct xss_reader *r, struct xss_token *token)
{
    size_t from = r->at;
    char c = from + 1 < r->n ? r->p[from + 1] : ' ';
    bool end = c == '/';

    if (c == '!') {
        read_declaration(r, token);
        return true;
    }
    if (c == '?') {
        r->at = from + 2;
        token->open = slice(r, from, r->at);
        take_until(r, token, XSS_PIECE_INSTRUCTION, '>');
        return true;
    }
    r->at = from + 1 + end;
    c = r->at < r->n ? r->p[r->at] : ' ';
    if (!is_letter(c) && c != '\0')
        return false;
    r->in_tag = true;
    r->in_end_tag = end;
    r->open = token->open = slice(r, from, r->at);
    r->tag = token->text = read_name(r, 0);
    token->piece = end ? XSS_PIECE_END_TAG : XSS_PIECE_TAG;
    return true;
}

/* Whether this '<' was read as markup before: all that follows was, too. */
static bool was_seen(struct xss_reader *r)
{
    struct xss_seen *seen = r->seen;

    if (r->writes) {
        if (seen->n < XSS_SEEN_MAX)
            seen->at[seen->n++] = r->at;
        return false;
    }
    while (r->next_seen < seen->n && seen->at[r->next_seen] < r->at)
        r->next_seen++;
    return r->next_seen < seen->n && seen->at[r->next_seen] == r->at;
}

void xss_read(struct xss_reader *r, struct xss_token *token)
{
    token->piece = XSS_PIECE_END;
    token->name = token->tag = str_make(NULL, 0);
    while (r->at < r->n) {
        if (r->in_tag) {
            if (read_attribute(r, token))
                return;
        } else {
            r->fresh = false;
            r->at = find(r, r->at, '<');
            if (r->at == r->n || was_seen(r))
                return;
            if (read_markup(r, token))
                return;
        }
    }
}
