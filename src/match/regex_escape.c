/* SPDX-License-Identifier: Apache-2.0 */
#include "match/regex_reader.h"

/* ---- numbers ---------------------------------------------------------------------- */

enum { NUMBER_MAX = 1000000 };

uint32_t regex_read_number(struct regex_reader *reader)
{
    uint32_t number = 0;
    int c;

    while ((c = regex_peek(reader, 0)) >= '0' && c <= '9') {
        if (number < NUMBER_MAX)
            number = number * 10 + (uint32_t)(c - '0');
        reader->at++;
    }
    return number;
}

void regex_skip_past(struct regex_reader *reader, char end)
{
    while (reader->at < reader->pattern.n &&
           reader->pattern.p[reader->at++] != end)
        ;
}

static void be_byte(struct regex_token *token, unsigned value)
{
    token->kind = REGEX_BYTE;
    if (value > 0xff)
        token->kind = REGEX_UNKNOWN;
    else
        byte_set_add(&token->set, (unsigned char)value);
}

static void read_octal(struct regex_reader *reader, unsigned value,
                       unsigned digits, struct regex_token *token)
{
    int c;

    while (digits-- > 0 && (c = regex_peek(reader, 0)) >= '0' && c <= '7') {
        value = value * 8 + (unsigned)(c - '0');
        reader->at++;
    }
    be_byte(token, value);
}

/* Digits up to "}"; the reader stands behind "{". */
static void read_braced(struct regex_reader *reader, unsigned base,
                        struct regex_token *token)
{
    unsigned value = 0;
    unsigned digits = 0;
    int c;

    while ((c = regex_peek(reader, 0)) >= 0 && c != '}') {
        int digit = hex_digit((char)c);

        if (digit < 0 || (unsigned)digit >= base)
            return;
        if (value <= 0xff)
            value = value * base + (unsigned)digit;
        digits++;
        reader->at++;
    }
    reader->at += c == '}';
    if (c == '}' && digits)
        be_byte(token, value);
}

static void read_hex(struct regex_reader *reader, struct regex_token *token)
{
    unsigned value = 0;
    int c = regex_peek(reader, 0);

    if (c == '{') {
        reader->at++;
        read_braced(reader, 16, token);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        int digit = (c = regex_peek(reader, 0)) < 0 ? -1 : hex_digit((char)c);

        if (digit < 0)
            break;
        value = value * 16 + (unsigned)digit;
        reader->at++;
    }
    be_byte(token, value);
}

static void read_control(struct regex_reader *reader, struct regex_token *token)
{
    int c = regex_peek(reader, 0);

    if (c < ' ' || c > '~')
        return;
    reader->at++;
    if (c >= 'a' && c <= 'z')
        c -= 'a' - 'A';
    be_byte(token, (unsigned)c ^ 0x40);
}

/* ---- sets ------------------------------------------------------------------------- */

static void add_word(struct byte_set *set)
{
    byte_set_add_range(set, '0', '9');
    byte_set_add_range(set, 'A', 'Z');
    byte_set_add_range(set, 'a', 'z');
    byte_set_add(set, '_');
}

/* \d \h \s \v \w; false for other letters. */
static bool add_named(char name, struct byte_set *set)
{
    switch (name) {
    case 'd':
        byte_set_add_range(set, '0', '9');
        return true;
    case 'h':
        byte_set_add(set, '\t');
        byte_set_add(set, ' ');
        byte_set_add(set, 0xa0);
        return true;
    case 's':
        byte_set_add_range(set, '\t', '\r');
        byte_set_add(set, ' ');
        return true;
    case 'v':
        byte_set_add_range(set, '\n', '\r');
        byte_set_add(set, 0x85);
        return true;
    case 'w':
        add_word(set);
        return true;
    default:
        return false;
    }
}

static bool read_named(char name, struct regex_token *token)
{
    if (!add_named(str_lower(name), &token->set))
        return false;
    if (name != str_lower(name))
        byte_set_invert(&token->set);
    token->kind = REGEX_BYTE;
    return true;
}

static void be_any(struct regex_token *token)
{
    token->kind = REGEX_BYTE;
    byte_set_add_range(&token->set, 0, 0xff);
}

/* \p: which bytes have the property is not asked. */
static void read_property(struct regex_reader *reader,
                          struct regex_token *token)
{
    if (regex_peek(reader, 0) == '{')
        regex_skip_past(reader, '}');
    else if (regex_peek(reader, 0) >= 0)
        reader->at++;
    be_any(token);
}

/* \N, not the \N{U+...} of UTF. */
static void read_not_newline(struct regex_reader *reader,
                             struct regex_token *token)
{
    struct regex_reader ahead = *reader;
    struct regex_token braces;

    if (regex_peek(reader, 0) == '{') {
        ahead.at++;
        if (!regex_read_braces(&ahead, &braces))
            return;
    }
    byte_set_add(&token->set, '\n');
    byte_set_invert(&token->set);
    token->kind = REGEX_BYTE;
}

/* ---- references ------------------------------------------------------------------- */

/* \g: {..} or a number is a reference, <..> and '..' are calls. */
static void read_g(struct regex_reader *reader, struct regex_token *token)
{
    int c = regex_peek(reader, 0);

    if (c < 0)
        return;
    reader->at++;
    token->kind = c == '<' || c == '\'' ? REGEX_CALL : REGEX_REFERENCE;
    if (c == '{' || c == '<' || c == '\'')
        regex_skip_past(reader, c == '{' ? '}' : c == '<' ? '>' : '\'');
    else
        regex_read_number(reader);
}

static void read_k(struct regex_reader *reader, struct regex_token *token)
{
    int c = regex_peek(reader, 0);

    if (c != '{' && c != '<' && c != '\'')
        return;
    reader->at++;
    regex_skip_past(reader, c == '{' ? '}' : c == '<' ? '>' : '\'');
    token->kind = REGEX_REFERENCE;
}

/* Digits, the first of which is not 0: a reference, when there are that many
 * groups already or it is one digit; else octal. */
static void read_digits(struct regex_reader *reader, char first, bool in_class,
                        struct regex_token *token)
{
    size_t behind = reader->at;
    uint32_t number;

    if (!in_class) {
        reader->at--;
        number = regex_read_number(reader);
        if (number < 10 || first >= '8' || number <= reader->groups) {
            token->kind = REGEX_REFERENCE;
            return;
        }
        reader->at = behind;
        if (reader->reset)
            return;
    }
    if (first >= '8')
        be_byte(token, (unsigned char)first);
    else
        read_octal(reader, (unsigned)(first - '0'), 2, token);
}

/* ---- all of them ------------------------------------------------------------------ */

static const struct {
    enum regex_token_kind kind;
    char name;
    unsigned char byte;
} plain[] = {
    {REGEX_BYTE, 'a', '\a'}, {REGEX_BYTE, 'e', 0x1b}, {REGEX_BYTE, 'f', '\f'},
    {REGEX_BYTE, 'n', '\n'}, {REGEX_BYTE, 'r', '\r'}, {REGEX_BYTE, 't', '\t'},
    {REGEX_PLACE, 'A', 0},   {REGEX_PLACE, 'z', 0},   {REGEX_PLACE, 'Z', 0},
    {REGEX_PLACE, 'b', 0},   {REGEX_PLACE, 'B', 0},   {REGEX_SINGLE, 'C', 0},
    {REGEX_NEWLINE, 'R', 0}, {REGEX_CLUSTER, 'X', 0}, {REGEX_KEEP, 'K', 0},
    {REGEX_BEGIN, 'G', 0},
};

static bool read_plain(char name, bool in_class, struct regex_token *token)
{
    if (in_class && name == 'b') {
        be_byte(token, '\b');
        return true;
    }
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
        if (plain[i].name != name)
            continue;
        if (plain[i].kind == REGEX_BYTE)
            be_byte(token, plain[i].byte);
        else if (!in_class)
            token->kind = plain[i].kind;
        return true;
    }
    return false;
}

static void read_letter(struct regex_reader *reader, char name, bool in_class,
                        struct regex_token *token)
{
    if (read_plain(name, in_class, token) || read_named(name, token))
        return;
    switch (name) {
    case 'c':
        read_control(reader, token);
        break;
    case 'o':
        if (regex_peek(reader, 0) == '{') {
            reader->at++;
            read_braced(reader, 8, token);
        }
        break;
    case 'x':
        read_hex(reader, token);
        break;
    case 'p':
    case 'P':
        read_property(reader, token);
        break;
    case 'N':
        if (!in_class)
            read_not_newline(reader, token);
        break;
    case 'g':
        if (!in_class)
            read_g(reader, token);
        break;
    case 'k':
        if (!in_class)
            read_k(reader, token);
        break;
    default:
        break;
    }
}

static bool is_letter(char c)
{
    return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

void regex_read_escape(struct regex_reader *reader, bool in_class,
                       struct regex_token *token)
{
    int next = regex_peek(reader, 0);
    char c = (char)next;

    token->kind = REGEX_UNKNOWN;
    token->set = (struct byte_set){{0}};
    if (next < 0)
        return;
    reader->at++;
    if (is_letter(c))
        read_letter(reader, c, in_class, token);
    else if (c == '0')
        read_octal(reader, 0, 2, token);
    else if (c >= '1' && c <= '9')
        read_digits(reader, c, in_class, token);
    else
        be_byte(token, (unsigned char)c);
}
