/* SPDX-License-Identifier: Apache-2.0 */
#include "template/allowed_pattern.h"

#include <regex.h>
#include <stdlib.h>

#include "base/text.h"

enum {
    /* What {n,m} multiply to at most: the C library writes repeats out. */
    REPEATS_MAX = 5000,
    OUT_MAX = 8 * ALLOWED_PATTERN_MAX,
};

static const char punctuation[] = "\\^$.|?*+()[]{}";

/* What stands in brackets for \d, \w and \s; NULL for the others. */
static const char *class_of(char c)
{
    switch (c) {
    case 'd':
        return "0-9";
    case 'w':
        return "A-Za-z0-9_";
    case 's':
        return " \t\n\r\f\v";
    default:
        return NULL;
    }
}

/* \t, \n ...; 0 for the others. */
static char control_of(char c)
{
    switch (c) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    default:
        return 0;
    }
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* An escape outside of brackets, at p[0]. */
static bool put_escape(struct text *t, char c)
{
    char lower = str_lower(c);

    if (class_of(lower)) {
        text_printf(t, c == lower ? "[%s]" : "[^%s]", class_of(lower));
        return true;
    }
    if (control_of(c)) {
        text_char(t, control_of(c));
        return true;
    }
    if (is_word(c))
        return false; /* \b, \1, \p{...} */
    if (strchr(punctuation, c))
        text_char(t, '\\');
    text_char(t, c);
    return true;
}

/* In POSIX brackets a backslash is one: `]` stands first, `^` not first, and
 * `-` last. */
struct bracket {
    bool caret, closing, hyphen;
};

static bool put_member(struct text *t, struct bracket *b, struct str *rest)
{
    char c = *rest->p++;

    rest->n--;
    if (c == '\\') {
        if (rest->n == 0)
            return false;
        c = *rest->p++;
        rest->n--;
        if (class_of(c)) {
            text_printf(t, "%s", class_of(c));
            return true;
        }
        if (control_of(c))
            c = control_of(c);
        else if (is_word(c))
            return false;
    } else if (c == '[' || c == '&') {
        return false; /* classes within classes */
    } else if (c == '-' && t->p[t->n - 1] != '[' && rest->n &&
               rest->p[0] != ']' && rest->p[0] != '\\') {
        text_char(t, c); /* a range */
        return true;
    }
    b->caret |= c == '^';
    b->closing |= c == ']';
    b->hyphen |= c == '-';
    if (c != '^' && c != ']' && c != '-')
        text_char(t, c);
    return true;
}

/* From behind the "[" to behind the "]". */
static bool put_bracket(struct text *out, struct str *rest)
{
    char members[OUT_MAX];
    struct text t = text_in(members, sizeof(members));
    struct bracket b = {false, false, false};
    bool negated = rest->n && rest->p[0] == '^';

    rest->p += negated;
    rest->n -= negated;
    text_char(&t, '['); /* so that there is a byte before the first one */
    do {
        if (rest->n == 0 || !put_member(&t, &b, rest))
            return false;
    } while (rest->n && rest->p[0] != ']');
    if (rest->n == 0)
        return false;
    rest->p++;
    rest->n--;
    if (b.caret && !negated && !b.closing && t.n == 1) {
        if (b.hyphen)
            TEXT_LITERAL(out, "[-^]");
        else
            TEXT_LITERAL(out, "\\^");
        return true;
    }
    text_printf(out, "[%s%s%.*s%s%s]", negated ? "^" : "", b.closing ? "]" : "",
                (int)t.n - 1, t.p + 1, b.caret ? "^" : "", b.hyphen ? "-" : "");
    return text_ok(&t);
}

/* "{n}", "{n,}", "{n,m}": how often at most, 0 for no quantifier. */
static unsigned repeats(struct str rest)
{
    unsigned n = 0, last = 0;

    for (size_t i = 1; i < rest.n && rest.p[i] != '}'; i++) {
        char c = rest.p[i];

        if (c == ',') {
            last = n;
            n = 0;
        } else if (c >= '0' && c <= '9' && n <= REPEATS_MAX) {
            n = n * 10 + (unsigned)(c - '0');
        } else {
            return 0;
        }
    }
    return (n > last ? n : last) + 1;
}

static bool put_one(struct text *t, struct str *rest, unsigned *repeated)
{
    char c = *rest->p;
    bool quantifier = c == '*' || c == '+' || c == '?' || c == '}';

    if (c == '{') {
        unsigned n = repeats(*rest);

        if (n == 0 || (*repeated *= n) > REPEATS_MAX)
            return false;
    }
    rest->p++;
    rest->n--;
    if (c == '\\') {
        if (rest->n == 0 || !put_escape(t, *rest->p))
            return false;
        rest->p++;
        rest->n--;
        return true;
    }
    if (c == '[')
        return put_bracket(t, rest);
    text_char(t, c);
    if (c == '(' && rest->n && rest->p[0] == '?') {
        if (rest->n < 2 || rest->p[1] != ':')
            return false; /* look-around, flags, names */
        rest->p += 2;
        rest->n -= 2;
    }
    /* Lazy and possessive: x*?, x++ */
    return !(quantifier && rest->n && (rest->p[0] == '?' || rest->p[0] == '+'));
}

static bool translate(struct str pattern, struct text *t)
{
    unsigned repeated = 1;

    TEXT_LITERAL(t, "^(");
    while (pattern.n) {
        if (*pattern.p == '\0' || !put_one(t, &pattern, &repeated))
            return false;
    }
    TEXT_LITERAL(t, ")$");
    text_char(t, '\0');
    return text_ok(t);
}

enum allowed_pattern_verdict allowed_pattern_judge(struct str pattern,
                                                   struct str value)
{
    char posix[OUT_MAX], subject[ALLOWED_PATTERN_VALUE_MAX + 1];
    struct text t = text_in(posix, sizeof(posix));
    regex_t regex;
    int differs;

    if (pattern.n > ALLOWED_PATTERN_MAX ||
        value.n > ALLOWED_PATTERN_VALUE_MAX || memchr(value.p, '\0', value.n) ||
        !translate(pattern, &t))
        return PATTERN_UNSUPPORTED;
    if (regcomp(&regex, posix, REG_EXTENDED | REG_NOSUB) != 0)
        return PATTERN_UNSUPPORTED;
    memcpy(subject, value.p, value.n);
    subject[value.n] = '\0';
    differs = regexec(&regex, subject, 0, NULL, 0);
    regfree(&regex);
    return differs == 0             ? PATTERN_MATCHES
           : differs == REG_NOMATCH ? PATTERN_DIFFERS
                                    : PATTERN_UNSUPPORTED;
}
