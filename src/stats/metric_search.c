/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/metric_search.h"

enum kind { ALL, ANY, NOT, TERM };

struct node {
    enum kind kind;
    struct node *first; /* of ALL, ANY, NOT */
    struct node *next;
    struct str of; /* TERM: n == 0: anything */
    struct str text;
    bool exact;
};

struct metric_search {
    bool has_schema;
    struct str space;
    unsigned ndimensions;
    struct str dimensions[SERIES_DIMENSIONS_MAX];
    struct node *terms; /* NULL: none */
    unsigned nodes;
};

struct parser {
    struct region *region;
    struct error *error;
    struct str text;
    size_t at;
    unsigned nodes;
};

/* ---- characters ------------------------------------------------------------------ */

static bool fail(struct parser *p, const char *why)
{
    return error_set(p->error, "%s at character %zu of the search", why,
                     p->at + 1);
}

static char peek(struct parser *p)
{
    while (p->at < p->text.n &&
           (p->text.p[p->at] == ' ' || p->text.p[p->at] == '\t' ||
            p->text.p[p->at] == '\n'))
        p->at++;
    return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

static bool accept(struct parser *p, char c)
{
    if (peek(p) != c)
        return false;
    p->at++;
    return true;
}

/* "quoted", or up to what cannot be in it. */
static bool read_word(struct parser *p, struct str *word, bool *quoted)
{
    const char *begin;
    size_t n = 0;

    *quoted = accept(p, '"');
    begin = p->text.p + p->at;
    while (p->at + n < p->text.n && begin[n] != '"' &&
           (*quoted || strchr(" \t\n(){},=", begin[n]) == NULL))
        n++;
    *word = str_make(begin, n);
    p->at += n;
    if (*quoted && !accept(p, '"'))
        return fail(p, "a quote does not end");
    return n || *quoted || fail(p, "a term is missing");
}

static bool accept_word(struct parser *p, const char *wanted)
{
    size_t begin;
    struct str word;
    struct error ignored;
    struct parser look;
    bool quoted;

    peek(p);
    begin = p->at;
    look = *p;
    look.error = &ignored;
    if (!read_word(&look, &word, &quoted) || quoted ||
        !str_eq(word, str_of(wanted)))
        return false;
    p->at = begin + word.n;
    return true;
}

/* ---- the tree ----------------------------------------------------------------------- */

static struct node *parse_any(struct parser *p, struct str of, unsigned depth);

static struct node *make(struct parser *p, enum kind kind, struct node *first)
{
    struct node *node = region_take(p->region, sizeof(*node));

    p->nodes++;
    node->kind = kind;
    node->first = first;
    return node;
}

/* What "name=" stands in front of belongs to it. */
static struct node *parse_term(struct parser *p, struct str of, unsigned depth)
{
    struct node *node = make(p, TERM, NULL);
    bool quoted;

    if (!read_word(p, &node->text, &quoted))
        return NULL;
    node->exact = quoted;
    node->of = of;
    if (of.n || !accept(p, '='))
        return node;
    of = node->text;
    if (accept(p, '(')) {
        node = parse_any(p, of, depth - 1);
        if (node && !accept(p, ')')) {
            fail(p, "')' is missing");
            return NULL;
        }
        return node;
    }
    return parse_term(p, of, depth);
}

static struct node *parse_not(struct parser *p, struct str of, unsigned depth)
{
    struct node *node;

    if (depth == 0) {
        fail(p, "it is nested too deep");
        return NULL;
    }
    if (accept_word(p, "NOT")) {
        node = parse_not(p, of, depth - 1);
        return node ? make(p, NOT, node) : NULL;
    }
    if (!accept(p, '('))
        return parse_term(p, of, depth);
    node = parse_any(p, of, depth - 1);
    if (node && !accept(p, ')')) {
        fail(p, "')' is missing");
        return NULL;
    }
    return node;
}

/* AND may be left out. */
static struct node *parse_all(struct parser *p, struct str of, unsigned depth)
{
    struct node *all = make(p, ALL, NULL);
    struct node **last = &all->first;
    struct parser look;

    do {
        *last = parse_not(p, of, depth);
        if (*last == NULL)
            return NULL;
        last = &(*last)->next;
        accept_word(p, "AND");
        look = *p;
    } while (peek(p) && peek(p) != ')' && !accept_word(&look, "OR"));
    return all;
}

static struct node *parse_any(struct parser *p, struct str of, unsigned depth)
{
    struct node *any = make(p, ANY, NULL);
    struct node **last = &any->first;

    if (depth == 0) {
        fail(p, "it is nested too deep");
        return NULL;
    }
    do {
        *last = parse_all(p, of, depth);
        if (*last == NULL)
            return NULL;
        last = &(*last)->next;
    } while (accept_word(p, "OR"));
    return any;
}

/* ---- the schema ----------------------------------------------------------------------- */

static bool parse_schema(struct parser *p, struct metric_search *search)
{
    bool quoted;

    search->has_schema = true;
    if (!read_word(p, &search->space, &quoted))
        return false;
    while (accept(p, ',')) {
        if (search->ndimensions == SERIES_DIMENSIONS_MAX)
            return fail(p, "there are too many dimensions");
        if (!read_word(p, &search->dimensions[search->ndimensions++], &quoted))
            return false;
    }
    return accept(p, '}') || fail(p, "'}' is missing");
}

const struct metric_search *
metric_search_parse(struct str text, struct region *region, struct error *error)
{
    struct metric_search *search = region_take(region, sizeof(*search));
    struct parser p = {
        .region = region,
        .error = error,
        .text = region_copy(region, text),
    };

    if (text.n > METRIC_SEARCH_MAX) {
        fail(&p, "it is too long, which begins");
        return NULL;
    }
    if (accept(&p, '{') && !parse_schema(&p, search))
        return NULL;
    if (!peek(&p) && search->has_schema)
        return search;
    search->terms = parse_any(&p, STR(""), METRIC_SEARCH_NESTED_MAX);
    if (search->terms && peek(&p)) {
        fail(&p, "something follows that is no term");
        return NULL;
    }
    search->nodes = p.nodes;
    return search->terms ? search : NULL;
}

unsigned metric_search_size(const struct metric_search *search)
{
    return search->nodes;
}

/* ---- looking ------------------------------------------------------------------------------ */

static bool contains(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (str_ieq(str_make(text.p + i, part.n), part))
            return true;
    }
    return false;
}

static bool fits(const struct node *term, struct str text)
{
    return term->exact ? str_eq(text, term->text) : contains(text, term->text);
}

static bool finds_term(const struct node *term, const struct series_name *name)
{
    bool any = term->of.n == 0;

    if ((any || str_ieq(term->of, STR("Namespace"))) && fits(term, name->space))
        return true;
    if ((any || str_ieq(term->of, STR("MetricName"))) &&
        fits(term, name->metric))
        return true;
    for (unsigned i = 0; i < name->ndimensions; i++) {
        const struct dimension *d = &name->dimensions[i];

        if ((any && (fits(term, d->name) || fits(term, d->value))) ||
            (str_eq(term->of, d->name) && fits(term, d->value)))
            return true;
    }
    return false;
}

/* As deep as it is nested. */
static bool finds(const struct node *node, const struct series_name *name)
{
    if (node->kind == TERM)
        return finds_term(node, name);
    if (node->kind == NOT)
        return !finds(node->first, name);
    for (const struct node *c = node->first; c; c = c->next) {
        if (finds(c, name) == (node->kind == ANY))
            return node->kind == ANY;
    }
    return node->kind == ALL;
}

static bool fits_schema(const struct metric_search *search,
                        const struct series_name *name)
{
    if (!str_eq(search->space, name->space) ||
        search->ndimensions != name->ndimensions)
        return false;
    for (unsigned i = 0; i < search->ndimensions; i++) {
        unsigned k = 0;

        while (k < name->ndimensions &&
               !str_eq(search->dimensions[i], name->dimensions[k].name))
            k++;
        if (k == name->ndimensions)
            return false;
    }
    return true;
}

bool metric_search_finds(const struct metric_search *search,
                         const struct series_name *name)
{
    return (!search->has_schema || fits_schema(search, name)) &&
           (search->terms == NULL || finds(search->terms, name));
}
