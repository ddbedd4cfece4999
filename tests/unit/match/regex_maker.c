/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_maker.h"

#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { DEPTH = 4 };

unsigned maker_pick(struct maker *maker, unsigned n)
{
    return (unsigned)(random_u64(&maker->random) >> 33) % n;
}

static void put(struct maker *maker, const char *pattern)
{
    text_str_put(&maker->pattern, str_of(pattern));
}

static char any_byte(struct maker *maker)
{
    static const char bytes[] =
        "abcdefgxyzABCSZ0129 _-.,:;/\\=&?%'\"`<>()[]{}*+|#!$^~\n\r\t\v\f\x1b"
        "\x80\x85\xa0\xc3\xe9\xff";

    return bytes[maker_pick(maker, sizeof(bytes))]; /* with NUL */
}

static char swap_case(char c)
{
    char lower = str_lower(c);

    if (lower < 'a' || lower > 'z')
        return c;
    return (char)(c ^ 0x20);
}

/* The case is often that of the pattern. */
static void put_sample(struct maker *maker, char c)
{
    text_char(&maker->sample, maker_pick(maker, 16) ? c : swap_case(c));
}

/* ---- atoms ------------------------------------------------------------------------ */

static void put_quoted(struct maker *maker, char c)
{
    if (c == '\0')
        put(maker, "\\0");
    else if (strchr("\\^$.[|()?*+{", c) ||
             (!maker_pick(maker, 16) && strchr("]}-'\"<>/ ", c)))
        text_printf(&maker->pattern, "\\%c", c);
    else
        text_char(&maker->pattern, c);
}

static void make_byte(struct maker *maker)
{
    char c = any_byte(maker);
    unsigned char u = (unsigned char)c;

    switch (maker_pick(maker, 12)) {
    case 0:
        text_printf(&maker->pattern, "\\x%02x", u);
        break;
    case 1:
        text_printf(&maker->pattern, "\\x{%X}", u);
        break;
    case 2:
        text_printf(&maker->pattern, "\\o{%o}", u);
        break;
    case 3:
        text_printf(&maker->pattern, "\\%03o", u);
        break;
    case 4:
        c = "\a\x1b\f\n\r\t"[maker_pick(maker, 6)];
        text_printf(&maker->pattern, "\\%c",
                    c == '\a'     ? 'a'
                    : c == '\x1b' ? 'e'
                    : c == '\f'   ? 'f'
                    : c == '\n'   ? 'n'
                    : c == '\r'   ? 'r'
                                  : 't');
        break;
    case 5:
        c = (char)('@' + maker_pick(maker, 64));
        text_printf(&maker->pattern, "\\c%c", c);
        c = (char)((c >= 'a' && c <= 'z' ? c - 32 : c) ^ 0x40);
        break;
    default:
        put_quoted(maker, c);
    }
    put_sample(maker, c);
}

static void make_word(struct maker *maker)
{
    static const char *const words[] = {
        "select", "script",     "union",  "or",   "on", "etc",
        "admin",  "JavaScript", "xp_cmd", "from", "12", "sleep"};
    const char *word = words[maker_pick(maker, COUNT(words))];
    bool quoted = maker_pick(maker, 8) == 0;

    if (quoted)
        put(maker, "\\Q");
    put(maker, word);
    if (quoted)
        put(maker, maker_pick(maker, 2) ? "(*+[\\E" : "\\E");
    for (const char *p = word; *p; p++)
        put_sample(maker, *p);
    if (quoted && maker->pattern.p[maker->pattern.n - 3] == '[')
        text_str_put(&maker->sample, STR("(*+["));
}

static const struct {
    const char *pattern;
    const char *bytes; /* that it matches, one each */
} sets[] = {
    {".", "ab \r\xff"},
    {"\\d", "059"},
    {"\\D", "a -\n"},
    {"\\w", "aZ_9"},
    {"\\W", " -\xe9"},
    {"\\s", " \t\n\v\f\r"},
    {"\\S", "a\x85"},
    {"\\h", " \t\xa0"},
    {"\\H", "a\n"},
    {"\\v", "\n\v\f\r\x85"},
    {"\\V", "a "},
    {"\\N", "a\r"},
    {"\\pL", "aZ\xe9"},
    {"\\p{Lu}", "AZ"},
    {"\\P{^Ll}", "az"},
    {"\\R", "\n\r"},
    {"\\X", "ab"},
    {"\\C", "a\n"},
    {"[[:^alpha:]]", "0 "},
    {"[]a]", "]a"},
    {"[^]a]", "b\n"},
    {"[a-c-e]", "ab-e"},
    {"[\\d-z]", "0-z"},
    {"[-a]", "-a"},
    {"[a\\-c]", "a-c"},
    {"[\\Qa-c\\E]", "a-c"},
    {"[a\\Q-\\Ez]", "a-z"},
    {"[a-\\Qc\\E]", "abc"},
    {"[\\E^a]", "bc"},
    {"[\\x41-\\x{43}]", "ABC"},
    {"[\\b]", "\b"},
    {"[\\1-\\7]", "\1\5"},
    {"[[.]", "[."},
    {"[[:alpha:]-]", "a-"},
    {"[+--]", "+,-"},
    {"[^\\W_]", "a9"},
    {"[a-z&&b]", "a&"},
    {"[^a-z[:upper:]]", "0 "},
    {"[[:a]", "[:a"},
    {"[^[:^lower:]]", "az"},
    {"[\\s\\S]", "a\n"},
    {"[\\ca-\\cc]", "\1\2"},
    {"[[:alnum:][:punct:]]", "a0!~"},
    {"[[:graph:]]", "!a~"},
    {"[[:print:]]", " a"},
    {"[[:cntrl:]]", "\1\x7f"},
    {"[[:space:]]", "\v "},
    {"[[:blank:]]", "\t "},
    {"[[:xdigit:]]", "fA0"},
    {"[[:word:]]", "_a"},
    {"[[:ascii:]]", "a\1"},
    {"[^\\x00-\\x7f]", "\x80\xff"},
    {"[\\]]", "]"},
    {"[\\p{Lu}x]", "Ax"},
    {"[^\\PL]", "aZ"},
    {"[\\N]", "a"},
};

static void make_set(struct maker *maker)
{
    unsigned i = maker_pick(maker, COUNT(sets));
    const char *bytes = sets[i].bytes;

    put(maker, sets[i].pattern);
    put_sample(maker, bytes[maker_pick(maker, (unsigned)strlen(bytes))]);
}

/* A class of random members, and one of them (or any byte). */
static void make_class(struct maker *maker)
{
    bool negated = maker_pick(maker, 4) == 0;
    char member = any_byte(maker);

    put(maker, negated ? "[^" : "[");
    for (unsigned n = 1 + maker_pick(maker, 4); n > 0; n--) {
        char c = any_byte(maker);

        if (maker_pick(maker, 6) == 0)
            put(maker, sets[maker_pick(maker, 9)].pattern + 0);
        if (maker_pick(maker, 4) == 0)
            c = '-';
        if (c == '\0' || strchr("\\]^[", c))
            text_printf(&maker->pattern, "\\x%02x", (unsigned char)c);
        else
            text_char(&maker->pattern, c);
        member = c;
    }
    put(maker, "]");
    put_sample(maker, negated ? any_byte(maker) : member);
}

static void make_place(struct maker *maker)
{
    static const char *const places[] = {
        "^",   "$",   "\\b", "\\B",    "\\A",     "\\z",   "\\Z",
        "\\K", "\\G", "\\E", "\\Q\\E", "[[:<:]]", "(?#x)", "(?C3)"};

    put(maker, places[maker_pick(maker, COUNT(places))]);
}

/* ---- groups and repeats ----------------------------------------------------------- */

static void make_alternatives(struct maker *maker);

static void make_group(struct maker *maker)
{
    static const char *const opens[] = {
        "(",     "(",    "(?:",   "(?:",   "(?i:",   "(?s:",
        "(?-i:", "(?>",  "(?|",   "(?x: ", "(?xx:",  "(?im-s:",
        "(?^:",  "(?n:", "(?i)(", "(?x)(", "(?-x)(", "(?i-s)("};
    const char *open = opens[maker_pick(maker, COUNT(opens))];

    if (maker_pick(maker, 12) == 0)
        text_printf(&maker->pattern, "(?<n%u>", maker->groups);
    else
        put(maker, open);
    maker->groups++;
    make_alternatives(maker);
    put(maker, maker_pick(maker, 12) ? ")" : "#c)\n)");
}

static void make_look(struct maker *maker)
{
    static const char *const opens[] = {"(?=", "(?!", "(?<=", "(?<!"};
    size_t sample = maker->sample.n;

    put(maker, opens[maker_pick(maker, COUNT(opens))]);
    make_alternatives(maker);
    put(maker, ")");
    maker->sample.n = sample;
}

static void make_odd(struct maker *maker)
{
    static const char *const odds[] = {
        "\\1",          "\\g{1}",    "\\2",     "(?1)?",     "(?R)?",
        "(?(1)a|b)",    "(*ACCEPT)", "(*FAIL)", "(*COMMIT)", "(*SKIP)",
        "(?(?=a)ab|c)", "\\k{n0}",   "a{,3}",   "{",         "x{y}",
        "a{1",          "\\12",      "\\g<1>",  "(?&n1)?",   "a{ 1,2 }"};

    put(maker, odds[maker_pick(maker, COUNT(odds))]);
}

static void make_atom(struct maker *maker)
{
    unsigned kind = maker_pick(maker, 32);

    if (kind < 10)
        make_word(maker);
    else if (kind < 16)
        make_byte(maker);
    else if (kind < 20)
        make_set(maker);
    else if (kind < 22)
        make_class(maker);
    else if (kind < 24)
        make_place(maker);
    else if (kind < 25 && maker->odd)
        make_odd(maker);
    else if (kind < 26 && maker->depth < DEPTH)
        make_look(maker);
    else if (maker->depth < DEPTH)
        make_group(maker);
    else
        make_byte(maker);
}

/* Copies of what the sample has from `begin` on: n of it in all. */
static void repeat_sample(struct maker *maker, size_t begin, unsigned n)
{
    size_t size = maker->sample.n - begin;

    if (n == 0)
        maker->sample.n = begin;
    for (unsigned i = 1; i < n && maker->sample.n < 200; i++)
        text_put(&maker->sample, maker->sample.p + begin, size);
}

static void make_repeat(struct maker *maker, size_t begin)
{
    unsigned min = maker_pick(maker, 4);
    unsigned more = maker_pick(maker, 3);

    switch (maker_pick(maker, 7)) {
    case 0:
        put(maker, "*");
        break;
    case 1:
        put(maker, "+");
        min = min ? min : 1;
        break;
    case 2:
        put(maker, "?");
        min = min & 1;
        break;
    case 3:
        text_printf(&maker->pattern, "{%u}", min);
        break;
    case 4:
        text_printf(&maker->pattern, "{%u,}", min);
        min += more;
        break;
    default:
        text_printf(&maker->pattern, "{%u,%u}", min, min + more);
        min += maker_pick(maker, more + 1);
    }
    if (maker_pick(maker, 6) == 0)
        put(maker, maker_pick(maker, 2) ? "?" : "+");
    repeat_sample(maker, begin, min);
}

static void make_sequence(struct maker *maker)
{
    static const char *const options[] = {"(?i)", "(?s)",  "(?x)", "(?-i)",
                                          "(?m)", "(?xx)", "(?^)", "(?i-x)"};

    for (unsigned n = maker_pick(maker, 4); n > 0; n--) {
        size_t begin = maker->sample.n;

        if (maker_pick(maker, 12) == 0)
            put(maker, options[maker_pick(maker, COUNT(options))]);
        make_atom(maker);
        if (maker_pick(maker, 3) == 0)
            make_repeat(maker, begin);
        if (maker_pick(maker, 16) == 0)
            put(maker, " ");
    }
}

/* The sample has one of them. */
static void make_alternatives(struct maker *maker)
{
    unsigned n = maker_pick(maker, 3) ? 1 : 1 + maker_pick(maker, 4);
    size_t begin = maker->sample.n;
    char kept[256];
    size_t nkept = 0;

    maker->depth++;
    for (unsigned i = 0; i < n; i++) {
        if (i)
            put(maker, "|");
        maker->sample.n = begin;
        make_sequence(maker);
        if (maker_pick(maker, i + 1) == 0) {
            nkept = maker->sample.n - begin;
            if (nkept > sizeof(kept))
                nkept = sizeof(kept);
            memcpy(kept, maker->sample.p + begin, nkept);
        }
    }
    maker->depth--;
    maker->sample.n = begin;
    text_put(&maker->sample, kept, nkept);
}

/* ---- patterns --------------------------------------------------------------------- */

void maker_begin(struct maker *maker, uint64_t seed)
{
    maker->random = (struct random){{seed, 1, 2, 3}};
    for (unsigned i = 0; i < 20; i++)
        random_u64(&maker->random);
}

void maker_next(struct maker *maker)
{
    maker->pattern = text_in(maker->pattern_room, MAKER_PATTERN);
    maker->sample = text_in(maker->sample_room, MAKER_SAMPLE);
    maker->depth = 0;
    maker->groups = 0;
    maker->odd = maker_pick(maker, 8) == 0;
    if (maker_pick(maker, 4) == 0)
        put(maker, "(?i)");
    make_alternatives(maker);
}

size_t maker_mutate(struct maker *maker, char *text, size_t n, size_t room)
{
    for (unsigned times = maker_pick(maker, 3); times > 0; times--) {
        size_t at = n ? maker_pick(maker, (unsigned)n) : 0;

        switch (maker_pick(maker, 5)) {
        case 0:
            if (n)
                text[at] = any_byte(maker);
            break;
        case 1:
            if (n)
                text[at] = swap_case(text[at]);
            break;
        case 2:
            if (n)
                memmove(text + at, text + at + 1, --n - at);
            break;
        case 3:
            if (n < room) {
                memmove(text + at + 1, text + at, n++ - at);
                text[at] = any_byte(maker);
            }
            break;
        default:
            if (n < room)
                text[n++] = maker_pick(maker, 2) ? '\n' : any_byte(maker);
        }
    }
    return n;
}
