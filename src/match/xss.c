/* SPDX-License-Identifier: Apache-2.0 */
#include "match/xss.h"

#include "match/xss_words.h"

/* ---- what a piece says --------------------------------------------------------- */

/* Attributes that begin a value count only with what surely is a script there:
 * `style=modern&filter=price` begins a form, `onclick=alert(1)` does not. */
static bool is_first_active(enum xss_attribute kind, const struct xss_token *t)
{
    switch (kind) {
    case XSS_EVENT:
        return true;
    case XSS_URL:
        return xss_url_is_script(t->text);
    case XSS_STYLE:
        return xss_style_is_script(t->text);
    default:
        return false;
    }
}

static bool is_attribute_active(const struct xss_token *t)
{
    enum xss_attribute kind = xss_attribute_kind(t->name);

    if (t->first)
        return is_first_active(kind, t);
    switch (kind) {
    case XSS_HARMLESS:
        return false;
    case XSS_EVENT_NEW:
        return t->tag.n > 0;
    case XSS_URL:
        return xss_url_is_script(t->text);
    case XSS_NAMES:
        return xss_attribute_kind(t->text) != XSS_HARMLESS;
    case XSS_EVENT:
    case XSS_CODE:
    case XSS_STYLE:
        break;
    }
    return true;
}

static bool is_active(const struct xss_token *t)
{
    switch (t->piece) {
    case XSS_PIECE_TAG:
        return xss_tag_is_active(t->text);
    case XSS_PIECE_ATTRIBUTE:
        return is_attribute_active(t);
    case XSS_PIECE_COMMENT: /* Internet Explorer's conditions; and it ended
                               comments at a back quote */
        return str_istarts(t->text, STR("[if")) ||
               memchr(t->text.p, '`', t->text.n);
    case XSS_PIECE_INSTRUCTION:
        return str_istarts(t->text, STR("xml")) ||
               str_istarts(t->text, STR("import")) ||
               memchr(t->text.p, '`', t->text.n);
    case XSS_PIECE_DECLARATION:
        return str_istarts(t->text, STR("doctype")) ||
               str_istarts(t->text, STR("entity")) ||
               str_istarts(t->text, STR("import")) ||
               str_istarts(t->text, STR("[if")) ||
               memchr(t->text.p, '`', t->text.n);
    case XSS_PIECE_END_TAG:
    case XSS_PIECE_END:
        break;
    }
    return false;
}

/* ---- evidence ------------------------------------------------------------------- */

enum { WORD_MAX = 64 }; /* bytes of a token that is a value */

static void add(struct xss_evidence *e, struct str value, struct str token)
{
    size_t from, to;

    if (token.n == 0 || e->n == XSS_TOKENS_MAX)
        return;
    from = (size_t)(token.p - value.p);
    to = from + token.n;
    if (e->n == 0)
        e->from = from;
    e->to = to;
    if (token.n > WORD_MAX)
        token.n = WORD_MAX;
    e->tokens[e->n++] = token;
}

static void tell(struct xss_evidence *e, struct str value,
                 const struct xss_token *t)
{
    *e = (struct xss_evidence){.n = 0};
    add(e, value, t->open);
    add(e, value, t->tag);
    add(e, value, t->name);
    add(e, value, t->text);
}

/* ---- contexts ------------------------------------------------------------------- */

static bool detect_in(struct str value, enum xss_context context,
                      struct xss_seen *seen, struct xss_evidence *evidence)
{
    struct xss_reader reader = xss_reader(value, context, seen);
    struct xss_token token;

    for (;;) {
        xss_read(&reader, &token);
        if (token.piece == XSS_PIECE_END)
            return false;
        if (is_active(&token)) {
            if (evidence)
                tell(evidence, value, &token);
            return true;
        }
    }
}

bool xss_detect_in(struct str value, enum xss_context context)
{
    struct xss_seen seen = {.n = 0};

    return detect_in(value, context, &seen, NULL);
}

bool xss_detect(struct str value, struct xss_evidence *evidence)
{
    struct xss_seen seen;
    bool markup;

    if (value.n < XSS_LEAST)
        return false;
    markup = memchr(value.p, '<', value.n) != NULL;
    if (!markup && !memchr(value.p, '=', value.n))
        return false;
    seen.n = 0;
    return (markup && detect_in(value, XSS_IN_TEXT, &seen, evidence)) ||
           detect_in(value, XSS_IN_TAG, &seen, evidence) ||
           detect_in(value, XSS_IN_SINGLE, &seen, evidence) ||
           detect_in(value, XSS_IN_DOUBLE, &seen, evidence) ||
           detect_in(value, XSS_IN_BACK, &seen, evidence);
}

void xss_needs(uint64_t bytes[4])
{
    static const char needed[] = {'<', '='};

    memset(bytes, 0, 4 * sizeof(*bytes));
    for (size_t i = 0; i < sizeof(needed); i++)
        bytes[needed[i] / 64] |= UINT64_C(1) << (needed[i] % 64);
}
