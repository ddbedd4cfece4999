/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/xml_read.h"

#include "base/text.h"

/* ---- tags ---------------------------------------------------------------- */

enum tag_kind { TAG_NONE, TAG_OPEN, TAG_CLOSE, TAG_EMPTY, TAG_OTHER };

struct tag {
    enum tag_kind kind;
    struct str name;
    const char *begin; /* its "<" */
    const char *end;   /* behind its ">" */
};

static const char *find(struct str s, struct str what)
{
    return s.n ? memmem(s.p, s.n, what.p, what.n) : NULL;
}

/* One that ends with this text. */
static struct tag other(struct str s, struct str ending)
{
    const char *end = find(s, ending);

    if (end == NULL)
        return (struct tag){.kind = TAG_NONE};
    return (struct tag){.kind = TAG_OTHER, .begin = s.p, .end = end + ending.n};
}

/* The ">" of a tag: not one in the value of an attribute. */
static const char *tag_end(struct str s)
{
    char quote = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return s.p + i;
    }
    return NULL;
}

static bool ends_name(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' ||
           c == '>';
}

static struct str tag_name(const char *p, const char *end)
{
    const char *from = p;
    const char *to = p;

    while (to < end && !ends_name(*to)) {
        if (*to == ':')
            from = to + 1;
        to++;
    }
    return str_make(from, (size_t)(to - from));
}

/* The tag that begins where `s` does, with "<". */
static struct tag read_tag(struct str s)
{
    struct tag tag = {.kind = TAG_OPEN, .begin = s.p};
    const char *end;
    const char *name = s.p + 1;

    if (str_starts(s, STR("<!--")))
        return other(s, STR("-->"));
    if (str_starts(s, STR("<![CDATA[")))
        return other(s, STR("]]>"));
    if (str_starts(s, STR("<?")))
        return other(s, STR("?>"));
    end = tag_end(s);
    if (end == NULL)
        return (struct tag){.kind = TAG_NONE};
    tag.end = end + 1;
    if (name < end && *name == '!') {
        tag.kind = TAG_OTHER;
        return tag;
    }
    if (name < end && *name == '/') {
        tag.kind = TAG_CLOSE;
        name++;
    } else if (end[-1] == '/') {
        tag.kind = TAG_EMPTY;
    }
    tag.name = tag_name(name, end);
    if (tag.name.n == 0)
        tag.kind = TAG_NONE;
    return tag;
}

static struct str from(struct str s, const char *p)
{
    return str_make(p, (size_t)(s.p + s.n - p));
}

/* The next tag of an element in `*rest`, which is cut behind it. */
static struct tag next_tag(struct str *rest)
{
    struct tag tag = {.kind = TAG_OTHER};

    while (tag.kind == TAG_OTHER) {
        const char *open = rest->n ? memchr(rest->p, '<', rest->n) : NULL;

        if (open == NULL)
            return (struct tag){.kind = TAG_NONE};
        tag = read_tag(from(*rest, open));
        if (tag.kind != TAG_NONE)
            *rest = from(*rest, tag.end);
    }
    return tag;
}

/* ---- elements -------------------------------------------------------------- */

bool xml_read_next(struct str *rest, struct xml_element *element)
{
    struct tag tag = next_tag(rest);
    const char *begin = tag.end;
    size_t depth = 1;

    if (tag.kind != TAG_OPEN && tag.kind != TAG_EMPTY)
        return false;
    *element = (struct xml_element){.name = tag.name, .inside = STR("")};
    if (tag.kind == TAG_EMPTY)
        return true;
    while (depth > 0) {
        tag = next_tag(rest);
        if (tag.kind == TAG_NONE)
            return false;
        if (tag.kind == TAG_OPEN)
            depth++;
        else if (tag.kind == TAG_CLOSE)
            depth--;
    }
    element->inside = str_make(begin, (size_t)(tag.begin - begin));
    return str_eq(tag.name, element->name);
}

bool xml_read_find(struct str inside, const char *path,
                   struct xml_element *element)
{
    struct str names = str_of(path);

    while (names.p) {
        struct str name = str_cut(&names, '/');
        bool found = false;

        while (!found && xml_read_next(&inside, element))
            found = str_eq(element->name, name);
        if (!found)
            return false;
        inside = element->inside;
    }
    return true;
}

/* ---- text ------------------------------------------------------------------ */

static void put_utf8(struct text *t, uint32_t c)
{
    static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    text_char(t, (char)(n == 1 ? c : heads[n] | c >> 6 * (n - 1)));
    while (--n > 0)
        text_char(t, (char)(0x80 | (c >> 6 * (n - 1) & 0x3f)));
}

static bool put_number(struct text *t, struct str number)
{
    uint32_t c = 0;
    bool hex = number.n > 1 && (number.p[0] | 0x20) == 'x';

    for (size_t i = hex ? 1 : 0; i < number.n; i++) {
        int digit = hex_digit(number.p[i]);

        if (digit < 0 || (!hex && digit > 9))
            return false;
        c = c * (hex ? 16 : 10) + (uint32_t)digit;
        if (c > 0x10ffff)
            return false;
    }
    if (number.n == 0 || c == 0 || (c >= 0xd800 && c < 0xe000))
        return false;
    put_utf8(t, c);
    return true;
}

/* What stands between "&" and ";". */
static bool put_entity(struct text *t, struct str name)
{
    static const struct {
        const char *name;
        char c;
    } known[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

    if (name.n && name.p[0] == '#')
        return put_number(t, str_make(name.p + 1, name.n - 1));
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq(name, str_of(known[i].name))) {
            text_char(t, known[i].c);
            return true;
        }
    }
    return false;
}

/* Takes an entity at the begin of `s`; what is none is text. */
static size_t take_entity(struct text *t, struct str s)
{
    enum { ENTITY_MAX = 12 };
    const char *end = memchr(s.p, ';', s.n < ENTITY_MAX ? s.n : ENTITY_MAX);

    if (end && put_entity(t, str_make(s.p + 1, (size_t)(end - s.p) - 1)))
        return (size_t)(end - s.p) + 1;
    text_char(t, '&');
    return 1;
}

/* Passes over a tag at the begin of `s`; of CDATA the text is taken. */
static size_t take_tag(struct text *t, struct str s)
{
    struct tag tag = read_tag(s);
    size_t head = STR("<![CDATA[").n;

    if (tag.kind == TAG_NONE)
        return s.n;
    if (str_starts(s, STR("<![CDATA[")))
        text_put(t, s.p + head, (size_t)(tag.end - s.p) - head - 3);
    return (size_t)(tag.end - s.p);
}

struct str xml_read_decode(struct region *region, struct str inside)
{
    struct text t = text_in(region_take(region, inside.n + 1), inside.n);
    size_t at = 0;

    while (at < inside.n) {
        struct str s = str_make(inside.p + at, inside.n - at);

        if (*s.p == '&') {
            at += take_entity(&t, s);
        } else if (*s.p == '<') {
            at += take_tag(&t, s);
        } else {
            text_char(&t, *s.p);
            at++;
        }
    }
    return text_str(&t);
}

struct str xml_read_text(struct region *region, struct str inside,
                         const char *path)
{
    struct xml_element element;

    if (!xml_read_find(inside, path, &element))
        return STR("");
    return xml_read_decode(region, element.inside);
}
