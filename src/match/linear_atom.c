/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands for one byte in a pattern: escapes and classes.
 */
#include "match/linear_parse.h"

/* Escapes of Perl's that are left out, and what to write instead. */
static const struct left_out {
    const char *letters;
    const char *what;
    const char *instead; /* NULL: nothing does the same */
} left_out[] = {
    {"123456789gk", "a backreference", NULL},
    {"pP", "a Unicode class", "write the characters out, as in [A-Za-z]"},
    {"X", "a Unicode grapheme", NULL},
    {"K", "a reset of the match's begin", NULL},
    {"G", "the end of the match before", NULL},
    {"Z", "the end of the text or its last line", "write \"\\n?\\z\""},
    {"R", "any line break", "write \"(?:\\r\\n|\\r|\\n)\""},
    {"h", "horizontal space", "write \"[ \\t]\""},
    {"H", "no horizontal space", "write \"[^ \\t]\""},
    {"V", "no vertical space", "write \"[^\\n\\v\\f\\r]\""},
    {"N", "no line break", "write \"[^\\n]\""},
    {"e", "the escape character", "write \"\\x1B\""},
    {"c", "a control character", "write \"\\xHH\" with its code"},
    {"o", "an octal character", "write \"\\xHH\" with its code"},
    {"uU", "a Unicode character or a change of case", "write the character"},
    {"lL", "a change of case", "write the character"},
};

static int hex_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool refuse_escape(struct parse *p, char letter)
{
    if (letter == 'Q' || letter == 'E')
        return parse_fail(p, p->at,
                          letter == 'E' ? "\"\\E\" ends no \"\\Q\""
                                        : "\"\\Q\" has no place in a class");
    for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
        const struct left_out *l = &left_out[i];

        if (strchr(l->letters, letter))
            return parse_fail(p, p->at,
                              "\"\\%c\" is %s, which ALB's regular expressions "
                              "do not have%s%s",
                              letter, l->what, l->instead ? "; " : "",
                              l->instead ? l->instead : "");
    }
    return parse_fail(p, p->at,
                      "\"\\%c\" is no escape; write \"%c\" for the character "
                      "itself",
                      letter, letter);
}

/* `\xHH` and `\x{H...}`. */
static bool read_hex(struct parse *p, uint8_t *byte)
{
    unsigned value = 0;
    size_t n = 2;

    if (parse_peek(p, 2) == '{') {
        for (n = 3; hex_value(parse_peek(p, n)) >= 0; n++) {
            value = value * 16 + (unsigned)hex_value(parse_peek(p, n));
            if (value > 0xff)
                return parse_fail(p, p->at,
                                  "\"\\x{\" has a code above FF; write the "
                                  "character itself, or its bytes");
        }
        n = n > 3 && parse_peek(p, n) == '}' ? n + 1 : 0;
    } else if (hex_value(parse_peek(p, 2)) >= 0 &&
               hex_value(parse_peek(p, 3)) >= 0) {
        value = (unsigned)hex_value(parse_peek(p, 2)) * 16 +
                (unsigned)hex_value(parse_peek(p, 3));
        n = 4;
    } else {
        n = 0;
    }
    if (n == 0)
        return parse_fail(p, p->at,
                          "\"\\x\" needs two hexadecimal digits, as in "
                          "\"\\x2F\" or \"\\x{2F}\"");
    p->at += n;
    *byte = (uint8_t)value;
    return true;
}

static bool is_octal(int c)
{
    return c >= '0' && c <= '7';
}

/* `\0`, `\07`, `\123`: up to three digits. */
static bool read_octal(struct parse *p, uint8_t *byte)
{
    unsigned value = 0;
    size_t n = 1;

    for (; n <= 3 && is_octal(parse_peek(p, n)); n++)
        value = value * 8 + (unsigned)(parse_peek(p, n) - '0');
    if (value > 0xff)
        return parse_fail(p, p->at,
                          "\"\\%o\" is an octal code above 377; write the "
                          "character itself, or its bytes",
                          value);
    p->at += n;
    *byte = (uint8_t)value;
    return true;
}

/* At a "\" whose escape is one byte. */
static bool read_escaped_byte(struct parse *p, uint8_t *byte)
{
    static const char names[] = "afnrtv";
    static const char bytes[] = "\a\f\n\r\t\v";
    int c = parse_peek(p, 1);
    const char *known = c > 0 ? strchr(names, c) : NULL;

    if (c < 0)
        return parse_fail(p, p->at,
                          "\"\\\" stands at the end; write \"\\\\\" for the "
                          "character itself");
    if (c >= 0x80)
        return parse_fail(p, p->at,
                          "\"\\\" stands in front of a character that needs "
                          "no escape; leave it out");
    if (c == 'x')
        return read_hex(p, byte);
    /* One digit is a backreference, more of them are octal. */
    if (c == '0' || (is_octal(c) && is_octal(parse_peek(p, 2))))
        return read_octal(p, byte);
    if (!known && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                   (c >= 'a' && c <= 'z')))
        return refuse_escape(p, (char)c);
    *byte = known ? (uint8_t)bytes[known - names] : (uint8_t)c;
    p->at += 2;
    return true;
}

bool parse_escape(struct parse *p, struct byte_set *set)
{
    int c = parse_peek(p, 1);
    uint8_t byte;

    if (c == 'C') {
        byte_set_add(set, 0, 0xff);
        p->at += 2;
        return true;
    }
    if (c > 0 && byte_set_perl(set, (char)c)) {
        p->at += 2;
        return true;
    }
    if (!read_escaped_byte(p, &byte))
        return false;
    byte_set_add(set, byte, byte);
    return true;
}

/* ---- classes ------------------------------------------------------------- */

/* At a "[:name:]" of n bytes whose name is none. */
static bool unknown_posix(struct parse *p, struct str name, size_t n)
{
    const char *near = byte_set_posix_near(name);
    int shown = (int)(n > 40 ? 40 : n);

    if (near)
        return parse_fail(p, p->at,
                          "\"%.*s\" is no class; did you mean \"[:%s:]\"?",
                          shown, p->pattern.p + p->at, near);
    return parse_fail(p, p->at,
                      "\"%.*s\" is no class; there are [:alnum:], [:alpha:], "
                      "[:digit:], [:lower:], [:punct:], [:space:], [:upper:], "
                      "[:word:] and others of POSIX's",
                      shown, p->pattern.p + p->at);
}

/* `[:alpha:]` and `[:^alpha:]`.  `*known` is false when this is none: then
 * nothing is passed, and the "[" is a character. */
static bool read_posix(struct parse *p, struct byte_set *set, bool *known)
{
    struct str rest = parse_rest(p);
    struct byte_set one = {{0}};
    struct str name;
    size_t end = 2;
    bool negated;

    *known = false;
    while (end + 1 < rest.n && (rest.p[end] != ':' || rest.p[end + 1] != ']'))
        end++;
    if (end + 1 >= rest.n)
        return true;
    *known = true;
    negated = rest.p[2] == '^';
    name = str_make(rest.p + 2 + negated, end - 2 - negated);
    if (!byte_set_posix(&one, name))
        return unknown_posix(p, name, end + 2);
    if (p->flags & FLAG_ANY_CASE)
        byte_set_fold(&one);
    if (negated)
        byte_set_invert(&one);
    byte_set_join(set, &one);
    p->at += end + 2;
    return true;
}

/* One end of a range, or a character alone. */
static bool read_class_byte(struct parse *p, uint8_t *byte)
{
    int c = parse_peek(p, 0);

    if (c == '\\') {
        int letter = parse_peek(p, 1);

        if (letter == 'b' || letter == 'B' || letter == 'A' || letter == 'z')
            return parse_fail(p, p->at,
                              "\"\\%c\" has no place in a class: it stands for "
                              "no character",
                              letter);
        return read_escaped_byte(p, byte);
    }
    if (c >= 0x80) {
        struct str character = parse_character(p, p->at);

        return parse_fail(p, p->at,
                          "\"" STR_FMT "\" is not ASCII and cannot stand in a "
                          "class; write it outside of the class, with \"|\"",
                          STR_ARG(character));
    }
    *byte = (uint8_t)c;
    p->at++;
    return true;
}

/* At a character of a class: it, or the range that it begins. */
static bool read_range(struct parse *p, struct byte_set *set)
{
    size_t begin = p->at;
    struct byte_set one = {{0}};
    uint8_t low = 0;
    uint8_t high;

    if (!read_class_byte(p, &low))
        return false;
    high = low;
    if (parse_peek(p, 0) == '-' && parse_peek(p, 1) >= 0 &&
        parse_peek(p, 1) != ']') {
        struct byte_set none = {{0}};
        int c = parse_peek(p, 2);

        p->at++;
        if (parse_peek(p, 0) == '\\' && c > 0 && byte_set_perl(&none, (char)c))
            return parse_fail(p, begin,
                              "\"" STR_FMT "\" is no range: \"\\%c\" is more "
                              "than one character; write the \"-\" last in "
                              "the class",
                              (int)(p->at + 2 - begin), p->pattern.p + begin,
                              c);
        if (!read_class_byte(p, &high))
            return false;
        if (high < low)
            return parse_fail(p, begin,
                              "the range \"" STR_FMT "\" ends before it "
                              "begins; turn it round",
                              (int)(p->at - begin), p->pattern.p + begin);
    }
    byte_set_add(&one, low, high);
    if (p->flags & FLAG_ANY_CASE)
        byte_set_fold(&one);
    byte_set_join(set, &one);
    return true;
}

static bool read_class_item(struct parse *p, struct byte_set *set)
{
    int c = parse_peek(p, 0);
    int next = parse_peek(p, 1);

    if (c == '[' && next == ':') {
        bool known;

        if (!read_posix(p, set, &known))
            return false;
        if (known)
            return true;
    }
    if (c == '\\' && next > 0 && byte_set_perl(set, (char)next)) {
        p->at += 2;
        return true;
    }
    return read_range(p, set);
}

bool parse_class(struct parse *p, struct byte_set *set)
{
    size_t begin = p->at;
    bool negated = parse_peek(p, 1) == '^';
    bool first = true;

    p->at += 1 + negated;
    /* A "]" that comes first is a character. */
    for (; first || parse_peek(p, 0) != ']'; first = false) {
        if (parse_peek(p, 0) < 0)
            return parse_fail(p, begin,
                              "\"[\" is not closed with \"]\"; write \"\\[\" "
                              "for the character itself");
        if (!read_class_item(p, set))
            return false;
    }
    p->at++;
    if (negated)
        byte_set_invert(set);
    return true;
}
