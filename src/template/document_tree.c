/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of values that grows from the parser's events.
 *
 * An alias shares the children of what it stands for: trees do not change
 * once they are built.  What it repeats counts all the same, so that a few
 * lines cannot stand for billions of values.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "template/document_internal.h"

enum {
    ANCHORS_MAX = 1000, /* an alias looks through them all */
    FEW = 8,            /* keys that are compared one with another */
};

static struct place place_at(const struct document_tree *tree,
                             const struct fy_mark *mark)
{
    struct place place = {.file = tree->file};

    if (mark) {
        place.line = (unsigned)mark->line + 1;
        place.column = (unsigned)mark->column + 1;
    }
    return place;
}

static struct place place_of(const struct document_tree *tree,
                             struct fy_token *token)
{
    return place_at(tree, token ? fy_token_start_mark(token) : NULL);
}

static struct str text_of(struct fy_token *token)
{
    size_t n = 0;
    const char *p = token ? fy_token_get_text(token, &n) : NULL;

    return p ? str_make(p, n) : STR("");
}

static struct document_frame *top(struct document_tree *tree)
{
    return tree->depth ? &tree->frames[tree->depth - 1] : NULL;
}

struct place document_tree_open(const struct document_tree *tree)
{
    for (unsigned i = tree->depth; i > 0; i--) {
        if (tree->frames[i - 1].flow)
            return tree->frames[i - 1].value->place;
    }
    return (struct place){.line = 0};
}

static bool count(struct document_tree *tree, unsigned n,
                  const struct place *place)
{
    if (n <= DOCUMENT_VALUES_MAX - tree->nvalues) {
        tree->nvalues += n;
        return true;
    }
    report_error(tree->report, place,
                 "the document holds more than %d values, with what aliases "
                 "(*name) repeat\nsplit it, or use fewer aliases",
                 DOCUMENT_VALUES_MAX);
    return false;
}

/* ---- duplicate and merged keys ------------------------------------------- */

struct ranked {
    struct value *entry;
    unsigned rank; /* 0: written in the map itself; then the merged ones */
};

static int by_key(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = str_compare(x->entry->key, y->entry->key);

    if (order)
        return order;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void duplicate(struct document_tree *tree, const struct value *first,
                      const struct value *second)
{
    const struct place *a = &first->key_place, *b = &second->key_place;

    if (a->line > b->line || (a->line == b->line && a->column > b->column)) {
        a = &second->key_place;
        b = &first->key_place;
    }
    report_error(tree->report, b,
                 "the key " STR_FMT " stands twice in this map; first at line "
                 "%u, column %u\nremove one of them, or rename it",
                 STR_ARG(first->key), a->line, a->column);
}

/* Ranks 0 are the map's own: two alike are an error, which check_keys() finds
 * before anything is merged.  A merged entry gives way to what has its key
 * already. */
static void unite(struct document_tree *tree, struct value *map,
                  struct ranked *entries, size_t n, bool merging)
{
    qsort(entries, n, sizeof(*entries), by_key);
    for (size_t i = 0; i < n; i++) {
        struct value *entry = entries[i].entry;
        struct value *before = i ? entries[i - 1].entry : NULL;

        if (before && str_eq(before->key, entry->key)) {
            if (!merging)
                duplicate(tree, before, entry);
            continue;
        }
        if (entries[i].rank > 0)
            value_append(map, entry);
    }
}

static void check_keys(struct document_tree *tree, struct value *map)
{
    unsigned n = value_count(map);
    struct ranked *entries;
    size_t i = 0;

    if (n <= FEW) {
        for (const struct value *a = map->first; a; a = a->next) {
            for (const struct value *b = a->next; b; b = b->next) {
                if (str_eq(a->key, b->key))
                    duplicate(tree, a, b);
            }
        }
        return;
    }
    entries = memory_zeroed(n, sizeof(*entries));
    for (struct value *v = map->first; v; v = v->next)
        entries[i++].entry = v;
    unite(tree, map, entries, n, false);
    free(entries);
}

/* Copies the entries of `from` behind those at `*n`, or only counts them. */
static bool take_merged(struct document_tree *tree, const struct value *from,
                        struct ranked *entries, size_t *n)
{
    if (from->kind != VALUE_MAP) {
        if (entries == NULL)
            report_error(
                tree->report, &from->place,
                "<< stands before %s\nit merges a map that an alias names, as "
                "in <<: *defaults",
                value_kind_name(from->kind));
        return false;
    }
    for (const struct value *v = from->first; v; v = v->next) {
        if (entries) {
            struct value *copy = region_take(tree->region, sizeof(*copy));

            *copy = *v;
            copy->next = NULL;
            entries[*n].entry = copy;
            entries[*n].rank = 1 + (unsigned)*n;
        }
        ++*n;
    }
    return true;
}

/* All that the map's << key merges; NULL `entries`: only counted. */
static bool take_all(struct document_tree *tree, const struct value *merge,
                     struct ranked *entries, size_t *n)
{
    bool ok = true;

    if (merge->kind != VALUE_LIST)
        return take_merged(tree, merge, entries, n);
    for (const struct value *v = merge->first; v; v = v->next)
        ok = take_merged(tree, v, entries, n) && ok;
    return ok;
}

/* Takes the entry << out of the map. */
static struct value *cut_merge(struct value *map)
{
    struct value *merge = NULL;
    struct value *rest = map->first;

    map->first = map->last = NULL;
    while (rest) {
        struct value *v = rest;

        rest = v->next;
        v->next = NULL;
        if (merge == NULL && str_eq(v->key, STR("<<")))
            merge = v;
        else
            value_append(map, v);
    }
    return merge;
}

static bool merge_keys(struct document_tree *tree, struct value *map)
{
    struct value *merge = cut_merge(map);
    struct ranked *entries;
    size_t own = value_count(map), n = 0, i = 0;

    if (!take_all(tree, merge, NULL, &n))
        return true; /* reported */
    if (n > DOCUMENT_VALUES_MAX || !count(tree, (unsigned)n, &merge->place))
        return false;
    entries = memory_zeroed(own + n + 1, sizeof(*entries));
    for (struct value *v = map->first; v; v = v->next)
        entries[i++].entry = v;
    take_all(tree, merge, entries, &i);
    unite(tree, map, entries, i, true);
    free(entries);
    return true;
}

/* ---- putting a value where it belongs ------------------------------------ */

static bool bad_key(struct document_tree *tree, const struct place *place)
{
    report_error(tree->report, place,
                 "this key is no plain text\n"
                 "a key is a word or a number, without tag or alias");
    return false;
}

/* A scalar in the place of a key. */
static bool put_key(struct document_tree *tree, struct document_frame *frame,
                    struct str text, const struct place *place, bool plain)
{
    frame->key = region_copy(tree->region, text);
    frame->key_place = *place;
    if (place->line == 0)
        frame->key_place = frame->value->place;
    if (text.n == 0 && plain) {
        report_error(tree->report, &frame->key_place,
                     "a key is missing before the colon\n"
                     "write KEY: VALUE; quote text that begins with a colon");
        return false;
    }
    frame->has_key = true;
    if (plain && str_eq(text, STR("<<")))
        frame->merges = true;
    return true;
}

/* A whole value: into the list or map that is open, or the document. */
static bool put_value(struct document_tree *tree, struct value *value,
                      unsigned height)
{
    struct document_frame *frame = top(tree);

    if (frame == NULL) {
        tree->root = value;
        return true;
    }
    if (frame->height < height + 1)
        frame->height = height + 1;
    if (frame->value->kind == VALUE_LIST) {
        if (value->place.line == 0)
            value->place = frame->value->place;
        value_append(frame->value, value);
        return true;
    }
    if (!frame->has_key)
        return bad_key(tree, &value->place);
    frame->has_key = false;
    value->key = frame->key;
    value->key_place = frame->key_place;
    if (value->place.line == 0)
        value->place = frame->key_place;
    value_append(frame->value, value);
    return true;
}

static bool wants_key(struct document_tree *tree)
{
    struct document_frame *frame = top(tree);

    return frame && frame->value->kind == VALUE_MAP && !frame->has_key;
}

/* ---- anchors and aliases ------------------------------------------------- */

static bool new_anchor(struct document_tree *tree, struct fy_token *token,
                       struct document_anchor **anchor)
{
    struct place place = place_of(tree, token);

    *anchor = NULL;
    if (token == NULL)
        return true;
    if (++tree->nanchors > ANCHORS_MAX) {
        report_error(tree->report, &place,
                     "the document has more than %d anchors (&name)\n"
                     "write the values out",
                     ANCHORS_MAX);
        return false;
    }
    *anchor = region_take(tree->region, sizeof(**anchor));
    (*anchor)->name = region_copy(tree->region, text_of(token));
    (*anchor)->next = tree->anchors;
    tree->anchors = *anchor;
    return true;
}

static void end_anchor(struct document_tree *tree,
                       struct document_anchor *anchor,
                       const struct value *value, unsigned before,
                       unsigned height)
{
    if (anchor) {
        anchor->value = value;
        anchor->nvalues = tree->nvalues - before;
        anchor->height = height;
    }
}

static const struct document_anchor *
find_anchor(const struct document_tree *tree, struct str name)
{
    const struct document_anchor *a = tree->anchors;

    while (a && !str_eq(a->name, name))
        a = a->next;
    return a;
}

static bool take_alias(struct document_tree *tree, struct fy_event *event)
{
    struct str name = text_of(event->alias.anchor);
    struct place place = place_of(tree, event->alias.anchor);
    const struct document_anchor *a = find_anchor(tree, name);
    struct value *copy;

    if (place.column > 1)
        place.column--; /* the mark stands behind the asterisk */
    if (wants_key(tree))
        return bad_key(tree, &place);
    if (a == NULL || a->value == NULL) {
        report_error(tree->report, &place,
                     a ? "*" STR_FMT " stands inside of what it names\n"
                         "a value cannot hold itself"
                       : "*" STR_FMT " names no anchor\n"
                         "put &NAME before the value that it repeats, above "
                         "this line; or quote it if it is text",
                     STR_ARG(name));
        return false;
    }
    if (tree->depth + a->height > DOCUMENT_DEPTH_MAX) {
        report_error(tree->report, &place,
                     "with *" STR_FMT " the document is more than %d levels "
                     "deep\nuse fewer levels",
                     STR_ARG(name), DOCUMENT_DEPTH_MAX);
        return false;
    }
    if (!count(tree, a->nvalues, &place))
        return false;
    if (!tree->aliased)
        report_doubt(tree->report, &place,
                     "*" STR_FMT " is a YAML alias: CloudFormation reads none\n"
                     "write the value out where the template is to be deployed",
                     STR_ARG(name));
    tree->aliased = true; /* once is enough */
    copy = region_take(tree->region, sizeof(*copy));
    *copy = *a->value;
    copy->next = NULL;
    return put_value(tree, copy, a->height);
}

/* ---- scalars ------------------------------------------------------------- */

/* The tag at a node: NULL when it has none; false after an error, which does
 * not end the parsing. */
static bool take_tag(struct document_tree *tree, struct fy_token *token,
                     unsigned shape, const struct document_tag **tag,
                     struct place *place)
{
    *tag = NULL;
    if (token == NULL)
        return true;
    *place = place_of(tree, token);
    *tag = document_tag_find(text_of(token), place, tree->report);
    if (*tag && !document_tag_fits(*tag, shape, place, tree->report))
        *tag = NULL;
    return *tag != NULL;
}

static struct place scalar_place(const struct document_tree *tree,
                                 struct fy_event *event, bool plain,
                                 struct str text)
{
    struct place place = place_at(tree, fy_event_start_mark(event));
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);

    if (plain && text.n == 0)
        place.line = 0; /* it stands nowhere */
    if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) &&
        place.column > 1)
        place.column--; /* the mark stands behind the quote */
    return place;
}

static enum value_kind scalar_kind(const struct document_tag *tag, bool plain,
                                   struct str text)
{
    if (!plain)
        return VALUE_STRING;
    if (tag && (tag->name || tag->string))
        return text.n || tag->string ? VALUE_STRING : VALUE_NULL;
    return document_scalar_kind(text);
}

static bool take_scalar(struct document_tree *tree, struct fy_event *event)
{
    bool plain = fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    struct str text = text_of(event->scalar.value);
    struct place place = scalar_place(tree, event, plain, text), tag_place;
    struct document_anchor *anchor;
    const struct document_tag *tag;
    struct value *value;
    unsigned before = tree->nvalues;

    if (wants_key(tree))
        return event->scalar.tag || event->scalar.anchor
                   ? bad_key(tree, &place)
                   : put_key(tree, top(tree), text, &place, plain);
    if (!new_anchor(tree, event->scalar.anchor, &anchor) ||
        !count(tree, 1, &place))
        return false;
    take_tag(tree, event->scalar.tag, SHAPE_SCALAR, &tag, &tag_place);
    value = value_new(tree->region, scalar_kind(tag, plain, text), &place);
    if (value->kind == VALUE_BOOL)
        text = document_bool(text);
    value->text = region_copy(tree->region, text);
    if (tag) {
        struct value *tagged = document_tag_apply(tag, value, &tag_place,
                                                  tree->region, tree->report);

        value = tagged ? tagged : value;
    }
    end_anchor(tree, anchor, value, before, 2);
    return put_value(tree, value, 2);
}

/* ---- lists and maps ------------------------------------------------------ */

static bool begin(struct document_tree *tree, struct fy_event *event,
                  enum value_kind kind, struct fy_token *tag,
                  struct fy_token *anchor, struct fy_token *start)
{
    struct place place = place_at(tree, fy_event_start_mark(event));
    struct document_frame frame = {.before = tree->nvalues};

    if (wants_key(tree))
        return bad_key(tree, &place);
    if (tree->depth == DOCUMENT_DEPTH_MAX) {
        report_error(tree->report, &place,
                     "the document is more than %d levels deep\n"
                     "use fewer levels",
                     DOCUMENT_DEPTH_MAX);
        return false;
    }
    if (!new_anchor(tree, anchor, &frame.anchor) || !count(tree, 1, &place))
        return false;
    take_tag(tree, tag, kind == VALUE_LIST ? SHAPE_LIST : SHAPE_MAP, &frame.tag,
             &frame.tag_place);
    frame.value = value_new(tree->region, kind, &place);
    frame.flow =
        str_eq(text_of(start), STR("{")) || str_eq(text_of(start), STR("["));
    tree->frames[tree->depth++] = frame;
    return true;
}

static bool end(struct document_tree *tree)
{
    struct document_frame *frame = top(tree);
    struct value *value = frame->value;

    if (value->kind == VALUE_MAP) {
        check_keys(tree, value);
        if (frame->merges && !merge_keys(tree, value))
            return false;
    }
    if (frame->tag) {
        struct value *tagged = document_tag_apply(
            frame->tag, value, &frame->tag_place, tree->region, tree->report);

        value = tagged ? tagged : value;
        frame->height++;
    }
    end_anchor(tree, frame->anchor, value, frame->before, frame->height);
    tree->depth--;
    return put_value(tree, value, frame->height);
}

static bool begin_document(struct document_tree *tree, struct fy_event *event)
{
    struct place place = place_of(tree, event->document_start.document_start);

    if (tree->ndocuments++ == 0)
        return true;
    report_error(tree->report, &place,
                 "a second document begins here\n"
                 "a template is one document: remove the ---, or give each "
                 "document its own file");
    return false;
}

bool document_tree_event(struct document_tree *tree, struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        return begin_document(tree, event);
    case FYET_SCALAR:
        return take_scalar(tree, event);
    case FYET_ALIAS:
        return take_alias(tree, event);
    case FYET_SEQUENCE_START:
        return begin(tree, event, VALUE_LIST, event->sequence_start.tag,
                     event->sequence_start.anchor,
                     event->sequence_start.sequence_start);
    case FYET_MAPPING_START:
        return begin(tree, event, VALUE_MAP, event->mapping_start.tag,
                     event->mapping_start.anchor,
                     event->mapping_start.mapping_start);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        return end(tree);
    default:
        return true;
    }
}
