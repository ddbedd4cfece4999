/* SPDX-License-Identifier: Apache-2.0 */
#include "match/regex_reader.h"

struct regex_reader regex_reader_of(struct str pattern)
{
    return (struct regex_reader){.pattern = pattern};
}

static void be_literal(const struct regex_reader *reader, unsigned char c,
                       struct regex_token *token)
{
    token->kind = REGEX_BYTE;
    byte_set_add(&token->set, c);
    if (regex_reader_options(reader) & REGEX_ANY_CASE)
        byte_set_fold(&token->set);
}

/* ---- what makes no token ---------------------------------------------------------- */

static bool starts(const struct regex_reader *reader, struct str text)
{
    return str_starts(str_make(reader->pattern.p + reader->at,
                               reader->pattern.n - reader->at),
                      text);
}

static bool skip_quotes(struct regex_reader *reader)
{
    if (!starts(reader, STR("\\E")) &&
        (reader->literal || !starts(reader, STR("\\Q"))))
        return false;
    reader->literal = reader->pattern.p[reader->at + 1] == 'Q';
    reader->at += 2;
    return true;
}

static bool skip_extended(struct regex_reader *reader)
{
    int c = regex_peek(reader, 0);

    if (reader->literal || !(regex_reader_options(reader) & REGEX_EXTENDED))
        return false;
    if (c == '#')
        regex_skip_past(reader, '\n');
    else if ((c >= '\t' && c <= '\r') || c == ' ' || c == 0x85)
        reader->at++; /* the last is Unicode's next line */
    else
        return false;
    return true;
}

static bool skip_comment(struct regex_reader *reader)
{
    if (reader->literal || !starts(reader, STR("(?#")))
        return false;
    regex_skip_past(reader, ')');
    return true;
}

static void skip_nothing(struct regex_reader *reader)
{
    while (skip_quotes(reader) || skip_extended(reader) || skip_comment(reader))
        ;
}

/* ---- repeats ---------------------------------------------------------------------- */

bool regex_read_braces(struct regex_reader *reader, struct regex_token *token)
{
    struct regex_reader ahead = *reader;
    int c = regex_peek(&ahead, 0);

    if (c < '0' || c > '9')
        return false;
    token->min = token->max = regex_read_number(&ahead);
    if (regex_peek(&ahead, 0) == ',') {
        ahead.at++;
        c = regex_peek(&ahead, 0);
        token->max =
            c >= '0' && c <= '9' ? regex_read_number(&ahead) : REGEX_ENDLESS;
    }
    if (regex_peek(&ahead, 0) != '}')
        return false;
    reader->at = ahead.at + 1;
    return true;
}

/* "{,3}" and "{ 1, 2 }" are bytes up to version 10.42, and repeats after it. */
static bool is_brace_of_later(const struct regex_reader *reader)
{
    bool digit = false;

    for (size_t i = 0;; i++) {
        int c = regex_peek(reader, i);

        if (c == '}')
            return digit;
        if ((c < '0' || c > '9') && c != ',' && c != ' ' && c != '\t')
            return false;
        digit |= c >= '0' && c <= '9';
    }
}

static void read_repeat(struct regex_reader *reader, char c,
                        struct regex_token *token)
{
    if (c != '{') {
        token->min = c == '+';
        token->max = c == '?' ? 1 : REGEX_ENDLESS;
    }
    token->kind = REGEX_REPEAT;
    while (skip_extended(reader))
        ;
    if (regex_peek(reader, 0) == '+')
        token->kind = REGEX_POSSESSIVE;
    if (regex_peek(reader, 0) == '+' || regex_peek(reader, 0) == '?')
        reader->at++;
}

static void read_brace(struct regex_reader *reader, struct regex_token *token)
{
    if (regex_read_braces(reader, token))
        read_repeat(reader, '{', token);
    else if (is_brace_of_later(reader))
        token->kind = REGEX_UNKNOWN;
    else
        be_literal(reader, '{', token);
}

/* ---- groups ----------------------------------------------------------------------- */

static void open_group(struct regex_reader *reader, enum regex_token_kind kind,
                       struct regex_token *token)
{
    if (reader->depth == REGEX_DEPTH_MAX) {
        reader->at = reader->pattern.n;
        token->kind = REGEX_UNKNOWN;
        return;
    }
    reader->options[reader->depth + 1] = reader->options[reader->depth];
    reader->depth++;
    token->kind = kind;
}

static void open_named(struct regex_reader *reader, char end,
                       struct regex_token *token)
{
    regex_skip_past(reader, end);
    reader->groups++;
    open_group(reader, REGEX_OPEN, token);
}

static void close_group(struct regex_reader *reader, struct regex_token *token)
{
    if (reader->depth)
        reader->depth--;
    token->kind = REGEX_CLOSE;
}

/* Reads letters of options up to ")" or ":"; false when there are others. */
static bool read_options(struct regex_reader *reader, unsigned *options)
{
    static const struct {
        char letter;
        uint8_t option;
    } letters[] = {
        {'i', REGEX_ANY_CASE}, {'s', REGEX_DOT_ALL},    {'m', REGEX_MULTILINE},
        {'x', REGEX_EXTENDED}, {'n', REGEX_NO_CAPTURE}, {'J', 0},
    };
    bool unset = false;

    if (regex_peek(reader, 0) == '^') {
        *options = 0;
        reader->at++;
    }
    for (;; reader->at++) {
        int c = regex_peek(reader, 0);
        unsigned i = 0;

        if (c == ')' || c == ':')
            return true;
        if (c == '-' && !unset) {
            unset = true;
            continue;
        }
        while (i < sizeof(letters) / sizeof(*letters) && letters[i].letter != c)
            i++;
        if (i == sizeof(letters) / sizeof(*letters))
            return false;
        if (c == 'x')
            *options &= ~(unsigned)REGEX_MORE;
        if (unset)
            *options &= ~(unsigned)letters[i].option;
        else
            *options |= letters[i].option;
        if (c == 'x' && regex_peek(reader, 1) == 'x') {
            if (!unset)
                *options |= REGEX_MORE;
            reader->at++;
        }
    }
}

/* (?i) holds up to the end of the group around it, (?i:...) has a group of its
 * own.  The first makes no token: what follows is read instead. */
static void read_option_group(struct regex_reader *reader,
                              struct regex_token *token)
{
    unsigned options = regex_reader_options(reader);
    bool group;

    if (!read_options(reader, &options)) {
        token->kind = REGEX_UNKNOWN;
        return;
    }
    group = regex_peek(reader, 0) == ':';
    reader->at++;
    if (group)
        open_group(reader, REGEX_OPEN, token);
    reader->options[reader->depth] = (uint8_t)options;
}

static const struct group_form {
    struct str begin; /* behind "(?" */
    enum regex_token_kind kind;
    char end; /* of a name or number; 0: there is none */
} group_forms[] = {
    {{":", 1}, REGEX_OPEN, 0},      {{">", 1}, REGEX_ATOMIC, 0},
    {{"=", 1}, REGEX_AHEAD, 0},     {{"*", 1}, REGEX_AHEAD, 0},
    {{"!", 1}, REGEX_NOT_AHEAD, 0}, {{"<=", 2}, REGEX_BEHIND, 0},
    {{"<*", 2}, REGEX_BEHIND, 0},   {{"<!", 2}, REGEX_NOT_BEHIND, 0},
    {{"<", 1}, REGEX_OPEN, '>'},    {{"P<", 2}, REGEX_OPEN, '>'},
    {{"'", 1}, REGEX_OPEN, '\''},   {{"P=", 2}, REGEX_REFERENCE, ')'},
    {{"P>", 2}, REGEX_CALL, ')'},   {{"&", 1}, REGEX_CALL, ')'},
    {{"R", 1}, REGEX_CALL, ')'},    {{"C", 1}, REGEX_CALLOUT, ')'},
};

static bool is_call_by_number(const struct regex_reader *reader)
{
    int c = regex_peek(reader, 0);

    if (c == '+' || c == '-')
        c = regex_peek(reader, 1);
    return c >= '0' && c <= '9';
}

/* Behind "(?". */
static void read_special_group(struct regex_reader *reader,
                               struct regex_token *token)
{
    if (is_call_by_number(reader)) {
        regex_skip_past(reader, ')');
        token->kind = REGEX_CALL;
        return;
    }
    if (regex_peek(reader, 0) == '|') {
        reader->at++;
        reader->reset = true;
        open_group(reader, REGEX_OPEN, token);
        return;
    }
    if (regex_peek(reader, 0) == '(') {
        open_group(reader, REGEX_CONDITION, token);
        return;
    }
    for (size_t i = 0; i < sizeof(group_forms) / sizeof(*group_forms); i++) {
        const struct group_form *form = &group_forms[i];

        if (!starts(reader, form->begin))
            continue;
        reader->at += form->begin.n;
        token->kind = form->kind;
        if (form->end == 0)
            open_group(reader, form->kind, token);
        else if (form->kind == REGEX_OPEN)
            open_named(reader, form->end, token);
        else
            regex_skip_past(reader, form->end);
        return;
    }
    read_option_group(reader, token);
}

static void read_group(struct regex_reader *reader, struct regex_token *token)
{
    if (regex_peek(reader, 0) == '?') {
        reader->at++;
        read_special_group(reader, token);
    } else if (regex_peek(reader, 0) == '*') {
        regex_skip_past(reader, ')');
        token->kind = REGEX_VERB;
    } else {
        if (!(regex_reader_options(reader) & REGEX_NO_CAPTURE))
            reader->groups++;
        open_group(reader, REGEX_OPEN, token);
    }
}

/* ---- tokens ----------------------------------------------------------------------- */

static void read_dot(const struct regex_reader *reader,
                     struct regex_token *token)
{
    token->kind = REGEX_BYTE;
    if (!(regex_reader_options(reader) & REGEX_DOT_ALL))
        byte_set_add(&token->set, '\n');
    byte_set_invert(&token->set);
}

static void read_escape(struct regex_reader *reader, struct regex_token *token)
{
    regex_read_escape(reader, false, token);
    if (regex_reader_options(reader) & REGEX_ANY_CASE &&
        token->kind == REGEX_BYTE && byte_set_count(&token->set) == 1)
        byte_set_fold(&token->set);
}

static void read_special(struct regex_reader *reader, char c,
                         struct regex_token *token)
{
    switch (c) {
    case '\\':
        read_escape(reader, token);
        break;
    case '[':
        regex_read_class(reader, token);
        break;
    case '(':
        read_group(reader, token);
        break;
    case ')':
        close_group(reader, token);
        break;
    case '|':
        token->kind = REGEX_OR;
        break;
    case '^':
    case '$':
        token->kind = REGEX_PLACE;
        break;
    case '.':
        read_dot(reader, token);
        break;
    case '*':
    case '+':
    case '?':
        read_repeat(reader, c, token);
        break;
    case '{':
        read_brace(reader, token);
        break;
    default:
        be_literal(reader, (unsigned char)c, token);
    }
}

void regex_read(struct regex_reader *reader, struct regex_token *token)
{
    do {
        char c;

        *token = (struct regex_token){.kind = REGEX_END};
        skip_nothing(reader);
        token->at = reader->at;
        if (reader->at >= reader->pattern.n)
            return;
        c = reader->pattern.p[reader->at++];
        if (reader->literal)
            be_literal(reader, (unsigned char)c, token);
        else
            read_special(reader, c, token);
    } while (token->kind == REGEX_END); /* it was (?i) */
}
