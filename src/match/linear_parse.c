/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns read into a tree, in one pass and without recursion: an open group
 * is a frame of p->frames.
 */
#include "match/linear_parse.h"

#include <stdarg.h>
#include <stdio.h>

/* What "(?" begins in Perl and not here; the longest begin that fits counts.
 * A "0" stands for any digit. */
static const struct foreign_group {
    const char *begin;
    const char *what;
} foreign_groups[] = {
    {"(?=", "a look-ahead"},     {"(?!", "a look-ahead"},
    {"(?<=", "a look-behind"},   {"(?<!", "a look-behind"},
    {"(?>", "an atomic group"},  {"(?|", "a branch reset"},
    {"(?#", "a comment"},        {"(?(", "a conditional"},
    {"(?R", "a recursion"},      {"(?0", "a recursion"},
    {"(?+", "a recursion"},      {"(?-0", "a recursion"},
    {"(?&", "a recursion"},      {"(?P>", "a recursion"},
    {"(?P=", "a backreference"}, {"(?C", "a callout"},
};

bool parse_fail(struct parse *p, size_t at, const char *format, ...)
{
    char what[sizeof(p->error->text)];
    unsigned character = 1;
    va_list args;

    for (size_t i = 0; i < at && i < p->pattern.n; i++)
        character += ((unsigned char)p->pattern.p[i] & 0xc0) != 0x80;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return error_set(p->error, "character %u: %s", character, what);
}

/* ---- nodes --------------------------------------------------------------- */

struct node *parse_node(struct parse *p, enum node_type type)
{
    struct node *node = region_take(p->region, sizeof(*node));

    node->type = type;
    return node;
}

static struct node *bytes_node(struct parse *p, const struct byte_set *set)
{
    struct node *node = parse_node(p, NODE_BYTES);
    struct byte_set *copy = region_take(p->region, sizeof(*copy));

    *copy = *set;
    node->bytes = copy;
    node->size = 1;
    return node;
}

static struct node *assert_node(struct parse *p, enum assertion which)
{
    struct node *node = parse_node(p, NODE_ASSERT);

    node->group = which;
    node->size = 1;
    node->nullable = true;
    return node;
}

static void add_child(struct node *parent, struct node *child)
{
    child->before = parent->last;
    parent->last = child;
}

void parse_item(struct parse *p, struct node *item)
{
    add_child(p->frames[p->depth].concat, item);
    p->before = BEFORE_ITEM;
}

/* Size and nullable of what has all its children. */
static void sum_up(struct node *node)
{
    uint64_t size = 0;
    bool all = true;
    bool any = false;
    unsigned n = 0;

    for (const struct node *c = node->last; c; c = c->before) {
        size += c->size;
        all = all && c->nullable;
        any = any || c->nullable;
        n++;
    }
    if (node->type == NODE_ALTERNATE)
        size += n - 1;
    node->nullable = node->type == NODE_ALTERNATE ? any : all;
    node->size = node_size(size);
}

/* ---- groups -------------------------------------------------------------- */

static void open_frame(struct parse *p, unsigned group, unsigned flags)
{
    struct parse_frame *frame = &p->frames[p->depth];

    *frame = (struct parse_frame){.concat = parse_node(p, NODE_CONCAT),
                                  .outer_flags = p->flags,
                                  .group = group,
                                  .at = p->at};
    p->flags = flags;
    p->before = BEFORE_NOTHING;
}

static void end_branch(struct parse *p)
{
    struct parse_frame *frame = &p->frames[p->depth];

    sum_up(frame->concat);
    if (frame->alternate == NULL)
        frame->alternate = parse_node(p, NODE_ALTERNATE);
    add_child(frame->alternate, frame->concat);
    frame->concat = parse_node(p, NODE_CONCAT);
    p->before = BEFORE_NOTHING;
    p->at++;
}

/* Everything in the innermost frame. */
static struct node *frame_node(struct parse *p)
{
    struct parse_frame *frame = &p->frames[p->depth];

    sum_up(frame->concat);
    if (frame->alternate == NULL)
        return frame->concat;
    add_child(frame->alternate, frame->concat);
    sum_up(frame->alternate);
    return frame->alternate;
}

static bool close_group(struct parse *p)
{
    const struct parse_frame *frame = &p->frames[p->depth];
    struct node *node;

    if (p->depth == 0)
        return parse_fail(p, p->at,
                          "\")\" closes no group; write \"\\)\" for the "
                          "character itself");
    node = frame_node(p);
    if (frame->group) {
        struct node *group = parse_node(p, NODE_GROUP);

        add_child(group, node);
        group->group = frame->group;
        group->nullable = node->nullable;
        /* Groups that nobody can ask for are not kept. */
        group->size = node_size((uint64_t)node->size +
                                (frame->group < LINEAR_GROUPS_MAX ? 2 : 0));
        node = group;
    }
    p->flags = frame->outer_flags;
    p->depth--;
    p->at++;
    parse_item(p, node);
    return true;
}

static bool open_group(struct parse *p, size_t begin, bool captures,
                       unsigned flags)
{
    if (p->depth == LINEAR_DEPTH_MAX)
        return parse_fail(p, begin, "groups are nested more than %d deep",
                          LINEAR_DEPTH_MAX);
    p->depth++;
    open_frame(p, captures ? ++p->groups : 0, flags);
    p->frames[p->depth].at = begin;
    return true;
}

static bool is_name_byte(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_';
}

/* At "(?<" or "(?P<", which are `skip` bytes. */
static bool open_named_group(struct parse *p, size_t skip)
{
    size_t begin = p->at;
    struct group_name *named;
    size_t n = 0;

    while (is_name_byte(parse_peek(p, skip + n)))
        n++;
    if (n == 0 || parse_peek(p, skip + n) != '>')
        return parse_fail(p, begin,
                          "\"" STR_FMT "\" needs a name of letters, digits and "
                          "\"_\", then \">\"",
                          (int)skip, p->pattern.p + begin);
    named = region_take(p->region, sizeof(*named));
    named->name = str_make(p->pattern.p + begin + skip, n);
    for (const struct group_name *g = p->names; g; g = g->next) {
        if (str_eq(g->name, named->name))
            return parse_fail(p, begin, "two groups have the name \"%.*s\"",
                              (int)(n > 40 ? 40 : n), named->name.p);
    }
    named->next = p->names;
    p->names = named;
    p->at += skip + n + 1;
    return open_group(p, begin, true, p->flags);
}

static unsigned flag_of(int c)
{
    switch (c) {
    case 'i':
        return FLAG_ANY_CASE;
    case 'm':
        return FLAG_LINES;
    case 's':
        return FLAG_DOT_ALL;
    case 'U':
        return FLAG_LAZY;
    default:
        return 0;
    }
}

/* At "(?": `(?flags)` or `(?flags:`, flags as `i`, `-i` or `im-sU`. */
static bool read_flags(struct parse *p)
{
    size_t begin = p->at;
    unsigned flags = p->flags;
    bool negated = false;
    unsigned n = 0;
    int c;

    for (p->at += 2; (c = parse_peek(p, 0)) != ')' && c != ':'; p->at++) {
        if (c == '-' && !negated) {
            negated = true;
            n = 0;
            continue;
        }
        if (c < 0)
            return parse_fail(p, begin, "\"(?\" is not closed with \")\"");
        if (flag_of(c) == 0)
            return parse_fail(p, p->at,
                              "\"" STR_FMT "\" is no flag after \"(?\"; ALB's "
                              "regular expressions have i, m, s and U",
                              STR_ARG(parse_character(p, p->at)));
        flags = negated ? flags & ~flag_of(c) : flags | flag_of(c);
        n++;
    }
    if (negated && n == 0)
        return parse_fail(p, begin, "\"(?-\" needs a flag after the \"-\"");
    p->at++;
    if (c == ':')
        return open_group(p, begin, false, flags);
    p->flags = flags;
    p->before = BEFORE_NOTHING;
    return true;
}

static bool begins(struct str rest, const char *begin)
{
    size_t n = strlen(begin);

    if (rest.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool digit = rest.p[i] >= '0' && rest.p[i] <= '9';

        if (begin[i] != '0' ? rest.p[i] != begin[i] : !digit)
            return false;
    }
    return true;
}

static bool read_open(struct parse *p)
{
    struct str rest = parse_rest(p);
    const size_t n = sizeof(foreign_groups) / sizeof(*foreign_groups);

    for (size_t i = 0; i < n; i++) {
        const struct foreign_group *g = &foreign_groups[i];

        if (begins(rest, g->begin))
            return parse_fail(p, p->at,
                              "\"" STR_FMT "\" is %s, which ALB's regular "
                              "expressions do not have",
                              (int)strlen(g->begin), rest.p, g->what);
    }
    if (begins(rest, "(?P<"))
        return open_named_group(p, 4);
    if (begins(rest, "(?<"))
        return open_named_group(p, 3);
    if (begins(rest, "(?"))
        return read_flags(p);
    p->at++;
    return open_group(p, p->at - 1, true, p->flags);
}

/* ---- characters ---------------------------------------------------------- */

struct str parse_character(const struct parse *p, size_t at)
{
    unsigned char lead = (unsigned char)p->pattern.p[at];
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

    if (n > p->pattern.n - at)
        n = 1;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)p->pattern.p[at + i] & 0xc0) != 0x80)
            n = 1;
    }
    return str_make(p->pattern.p + at, n);
}

static struct node *byte_node(struct parse *p, uint8_t byte)
{
    struct byte_set set = {{0}};

    byte_set_add(&set, byte, byte);
    if (p->flags & FLAG_ANY_CASE)
        byte_set_fold(&set);
    return bytes_node(p, &set);
}

/* A character of several bytes is one item, so that a quantifier takes all of
 * it. */
static void add_character(struct parse *p)
{
    struct str character = parse_character(p, p->at);
    struct node *item;

    p->at += character.n;
    if (character.n == 1) {
        parse_item(p, byte_node(p, (uint8_t)character.p[0]));
        return;
    }
    item = parse_node(p, NODE_CONCAT);
    for (size_t i = 0; i < character.n; i++)
        add_child(item, byte_node(p, (uint8_t)character.p[i]));
    sum_up(item);
    parse_item(p, item);
}

/* At "\Q": everything up to "\E" or the end is characters. */
static void add_quoted(struct parse *p)
{
    p->at += 2;
    while (parse_peek(p, 0) >= 0) {
        if (parse_peek(p, 0) == '\\' && parse_peek(p, 1) == 'E') {
            p->at += 2;
            return;
        }
        add_character(p);
    }
}

static bool add_class(struct parse *p)
{
    struct byte_set set = {{0}};

    if (!parse_class(p, &set))
        return false;
    parse_item(p, bytes_node(p, &set));
    return true;
}

static void add_any(struct parse *p)
{
    struct byte_set set = {{0}};

    byte_set_add(&set, '\n', '\n');
    byte_set_invert(&set);
    if (p->flags & FLAG_DOT_ALL)
        byte_set_add(&set, '\n', '\n');
    parse_item(p, bytes_node(p, &set));
    p->at++;
}

static bool add_escape(struct parse *p)
{
    static const char letters[] = "AzbB";
    static const uint8_t assertions[] = {ASSERT_TEXT_BEGIN, ASSERT_TEXT_END,
                                         ASSERT_WORD_EDGE, ASSERT_NO_WORD_EDGE};
    int c = parse_peek(p, 1);
    const char *letter = c > 0 ? strchr(letters, c) : NULL;
    struct byte_set set = {{0}};

    if (letter) {
        parse_item(p, assert_node(p, assertions[letter - letters]));
        p->at += 2;
        return true;
    }
    if (c == 'Q') {
        add_quoted(p);
        return true;
    }
    if (!parse_escape(p, &set))
        return false;
    if (p->flags & FLAG_ANY_CASE)
        byte_set_fold(&set);
    parse_item(p, bytes_node(p, &set));
    return true;
}

static void add_edge(struct parse *p, bool begin)
{
    bool lines = (p->flags & FLAG_LINES) != 0;

    if (begin)
        parse_item(
            p, assert_node(p, lines ? ASSERT_LINE_BEGIN : ASSERT_TEXT_BEGIN));
    else
        parse_item(p,
                   assert_node(p, lines ? ASSERT_LINE_END : ASSERT_TEXT_END));
    p->at++;
}

/* ---- the whole ----------------------------------------------------------- */

static bool read_one(struct parse *p)
{
    struct quantifier q;
    int c = parse_peek(p, 0);

    if (parse_quantifier(p, &q))
        return parse_repeat(p, &q);
    switch (c) {
    case '(':
        return read_open(p);
    case ')':
        return close_group(p);
    case '[':
        return add_class(p);
    case '\\':
        return add_escape(p);
    case '|':
        end_branch(p);
        return true;
    case '.':
        add_any(p);
        return true;
    case '^':
    case '$':
        add_edge(p, c == '^');
        return true;
    default:
        add_character(p);
        return true;
    }
}

static bool check_length(struct str pattern, struct error *error)
{
    size_t characters = 0;

    for (size_t i = 0; i < pattern.n; i++)
        characters += ((unsigned char)pattern.p[i] & 0xc0) != 0x80;
    if (characters > LINEAR_PATTERN_MAX ||
        pattern.n > (size_t)4 * LINEAR_PATTERN_MAX)
        return error_set(error,
                         "the regular expression is %zu characters long; it "
                         "may have %d",
                         characters, LINEAR_PATTERN_MAX);
    return true;
}

static const struct node *finish(struct parse *p)
{
    const struct node *tree;

    if (p->depth) {
        parse_fail(p, p->frames[p->depth].at,
                   "\"(\" is not closed with \")\"; write \"\\(\" for the "
                   "character itself");
        return NULL;
    }
    tree = frame_node(p);
    if (tree->size + 1 > LINEAR_PROGRAM_MAX) {
        parse_fail(p, p->largest_at,
                   "\"" STR_FMT "\" makes the regular expression too large: "
                   "more than %d instructions; let it repeat less",
                   (int)p->largest_n, p->pattern.p + p->largest_at,
                   LINEAR_PROGRAM_MAX);
        return NULL;
    }
    return tree;
}

const struct node *linear_parse(struct region *region, struct str pattern,
                                bool any_case, unsigned *groups,
                                struct error *error)
{
    struct parse p = {.region = region, .error = error, .pattern = pattern};
    const struct node *tree;

    if (!check_length(pattern, error))
        return NULL;
    p.flags = any_case ? FLAG_ANY_CASE : 0;
    open_frame(&p, 0, p.flags);
    while (p.at < pattern.n) {
        if (!read_one(&p))
            return NULL;
    }
    tree = finish(&p);
    *groups = p.groups;
    return tree;
}
