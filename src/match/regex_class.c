/* SPDX-License-Identifier: Apache-2.0 */
#include "match/regex_reader.h"

/* ---- [:names:] -------------------------------------------------------------------- */

struct span {
    unsigned char from;
    unsigned char to;
};

static const struct posix_name {
    const char *name;
    struct span spans[4]; /* up to the one that ends at 0 */
} posix_names[] = {
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
    {"lower", {{'a', 'z'}}},
    {"upper", {{'A', 'Z'}}},
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"ascii", {{0, 127}}},
    {"blank", {{' ', ' '}, {'\t', '\t'}}},
    {"cntrl", {{0, 31}, {127, 127}}},
    {"digit", {{'0', '9'}}},
    {"graph", {{33, 126}}},
    {"print", {{32, 126}}},
    {"punct", {{33, 47}, {58, 64}, {91, 96}, {123, 126}}},
    {"space", {{9, 13}, {' ', ' '}}},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}}},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

static bool posix_set(struct str name, bool any_case, struct byte_set *set)
{
    if (any_case && (str_eq(name, STR("lower")) || str_eq(name, STR("upper"))))
        name = STR("alpha");
    for (size_t i = 0; i < sizeof(posix_names) / sizeof(*posix_names); i++) {
        const struct posix_name *p = &posix_names[i];

        if (!str_eq(name, str_of(p->name)))
            continue;
        for (unsigned s = 0; s < 4 && p->spans[s].to; s++)
            byte_set_add_range(set, p->spans[s].from, p->spans[s].to);
        return true;
    }
    return false;
}

/* ---- a class ---------------------------------------------------------------------- */

struct class_reader {
    struct regex_reader *reader;
    bool any_case;
    bool blanks;  /* are skipped: (?xx) */
    bool vague;   /* what is in it is not known */
    bool ranging; /* the last was a "-" behind a byte that may begin a range */
    int last;     /* byte that may; -1 */
    struct byte_set set;
};

static void add_byte(struct class_reader *class, unsigned char c)
{
    if (class->ranging) {
        if (class->last > c)
            class->vague = true;
        else
            byte_set_add_range(&class->set, (unsigned)class->last, c);
        class->last = -1;
    } else {
        byte_set_add(&class->set, c);
        class->last = c;
    }
    class->ranging = false;
}

/* A class in the class neither begins nor ends a range. */
static void end_range(struct class_reader *class)
{
    if (class->ranging)
        byte_set_add(&class->set, '-');
    class->ranging = false;
    class->last = -1;
}

static void add_hyphen(struct class_reader *class)
{
    if (class->last >= 0 && !class->ranging)
        class->ranging = true;
    else
        add_byte(class, '-');
}

static void add_set(struct class_reader *class, const struct byte_set *set)
{
    end_range(class);
    byte_set_join(&class->set, set);
}

/* Where the name behind "[:" ends, as PCRE2 looks for it; false: that was
 * no such name but bytes. */
static bool find_posix_end(const struct regex_reader *reader, char mark,
                           size_t *end)
{
    for (size_t i = 1; regex_peek(reader, i + 1) >= 0; i++) {
        int c = regex_peek(reader, i);
        int next = regex_peek(reader, i + 1);

        if (c == '\\' && (next == ']' || next == '\\'))
            i++;
        else if ((c == '[' && next == mark) || c == ']')
            return false;
        else if (c == mark && next == ']') {
            *end = i;
            return true;
        }
    }
    return false;
}

/* Behind a "[" in a class. */
static void read_posix(struct class_reader *class)
{
    struct regex_reader *reader = class->reader;
    int mark = regex_peek(reader, 0);
    struct byte_set set = {{0}};
    struct str name;
    bool negated;
    size_t end;

    if ((mark != ':' && mark != '.' && mark != '=') ||
        !find_posix_end(reader, (char)mark, &end)) {
        add_byte(class, '[');
        return;
    }
    negated = regex_peek(reader, 1) == '^';
    name = str_make(reader->pattern.p + reader->at + 1 + negated,
                    end - 1 - negated);
    reader->at += end + 2;
    if (mark != ':' || !posix_set(name, class->any_case, &set))
        class->vague = true;
    if (negated)
        byte_set_invert(&set);
    add_set(class, &set);
}

static void read_class_escape(struct class_reader *class)
{
    struct regex_reader *reader = class->reader;
    int c = regex_peek(reader, 0);
    struct regex_token token;

    if (c == 'E' || c == 'Q') {
        reader->at++;
        reader->literal = c == 'Q';
        return;
    }
    if (c == 'p' || c == 'P')
        class->vague = true;
    regex_read_escape(reader, true, &token);
    if (token.kind != REGEX_BYTE)
        class->vague = true;
    else if (byte_set_count(&token.set) != 1)
        add_set(class, &token.set);
    else
        for (unsigned i = 0; i < 256; i++)
            if (byte_set_has(&token.set, (unsigned char)i))
                add_byte(class, (unsigned char)i);
}

/* \E ends what \Q began; false: it does not stand here. */
static bool end_literal(struct regex_reader *reader)
{
    if (regex_peek(reader, 0) != '\\' || regex_peek(reader, 1) != 'E')
        return false;
    reader->at += 2;
    reader->literal = false;
    return true;
}

static void read_member(struct class_reader *class, char c)
{
    if (class->reader->literal)
        add_byte(class, (unsigned char)c);
    else if (c == '\\')
        read_class_escape(class);
    else if (class->blanks && (c == ' ' || c == '\t'))
        return;
    else if (c == '[')
        read_posix(class);
    else if (c == '-')
        add_hyphen(class);
    else
        add_byte(class, (unsigned char)c);
}

/* What may stand before the first member: "^" once, blanks, empty quotes. */
static bool skip_before(struct class_reader *class)
{
    struct regex_reader *reader = class->reader;
    bool negated = false;

    for (;;) {
        int c = regex_peek(reader, 0);
        int next = regex_peek(reader, 1);

        if (c == '\\' && next == 'E')
            reader->at += 2;
        else if (c == '\\' && next == 'Q' && regex_peek(reader, 2) == '\\' &&
                 regex_peek(reader, 3) == 'E')
            reader->at += 4;
        else if ((class->blanks && (c == ' ' || c == '\t')) ||
                 (c == '^' && !negated)) {
            negated |= c == '^';
            reader->at++;
        } else
            return negated;
    }
}

/* "[[:<:]]" and "[[:>:]]" are \b at the begin and at the end of a word. */
static bool is_word_place(const struct regex_reader *reader)
{
    struct str rest = str_make(reader->pattern.p + reader->at,
                               reader->pattern.n - reader->at);

    return str_starts(rest, STR("[:<:]]")) || str_starts(rest, STR("[:>:]]"));
}

static void read_members(struct class_reader *class)
{
    struct regex_reader *reader = class->reader;

    for (bool first = true;; first = false) {
        int c = regex_peek(reader, 0);

        if (c < 0)
            return;
        if (reader->literal && end_literal(reader))
            continue;
        reader->at++;
        if (c == ']' && !first && !reader->literal)
            break;
        if (c == ']' && first)
            add_byte(class, ']');
        else
            read_member(class, (char)c);
    }
    end_range(class);
}

void regex_read_class(struct regex_reader *reader, struct regex_token *token)
{
    unsigned options = regex_reader_options(reader);
    struct class_reader class = {
        .reader = reader,
        .any_case = options & REGEX_ANY_CASE,
        .blanks = options & REGEX_MORE,
        .last = -1,
    };
    bool negated;

    if (is_word_place(reader)) {
        reader->at += 6;
        token->kind = REGEX_PLACE;
        return;
    }
    negated = skip_before(&class);
    read_members(&class);
    if (class.any_case)
        byte_set_fold(&class.set);
    if (negated)
        byte_set_invert(&class.set);
    if (class.vague)
        byte_set_add_range(&class.set, 0, 0xff);
    token->kind = REGEX_BYTE;
    token->set = class.set;
}
