/* SPDX-License-Identifier: Apache-2.0 */
#include "model/waf_words.h"

#include "base/base64.h"

enum { PATH_SHOWN_MAX = 400 };

/* Which words a map has: by the key that it stands under. */
enum context { PLAIN, ROOT, BYTE_MATCH, REFERENCE };

/* Where the writer is: the names above it, outermost last. */
struct path {
    const struct path *up;
    const struct value *value;
    struct str name; /* n == 0: an element of a list */
    unsigned index;
};

struct words {
    struct region *region;
    struct error error;
    struct place place; /* of the error */
    bool to_api;
    bool failed;
};

static enum context context_of(struct str key)
{
    if (str_eq(key, STR("ByteMatchStatement")))
        return BYTE_MATCH;
    if (str_eq(key, STR("IPSetReferenceStatement")) ||
        str_eq(key, STR("RegexPatternSetReferenceStatement")) ||
        str_eq(key, STR("RuleGroupReferenceStatement")))
        return REFERENCE;
    return PLAIN;
}

/* ---- errors ------------------------------------------------------------------- */

/* "Rules[3].Statement"; as deep as values are nested. */
static void put_path(struct text *t, const struct path *path)
{
    if (path == NULL)
        return;
    put_path(t, path->up);
    if (path->name.n == 0) {
        text_printf(t, "[%u]", path->index);
        return;
    }
    if (t->n)
        text_char(t, '.');
    text_str_put(t, path->name);
}

/* The name of the rule that it stands in; n == 0: in none. */
static struct str rule_of(const struct path *path)
{
    struct str found = STR("");

    for (; path; path = path->up) {
        const struct value *name = value_get(path->value, STR("Name"));

        if (name && value_is_scalar(name) &&
            value_get(path->value, STR("Statement")))
            found = name->text;
    }
    return found;
}

static void fail(struct words *w, const struct path *path, const char *what)
{
    char buffer[PATH_SHOWN_MAX];
    struct text t = text_in(buffer, sizeof(buffer) - 1);
    struct str rule = rule_of(path);

    if (w->failed)
        return;
    w->failed = true;
    if (path)
        w->place = path->value->place;
    put_path(&t, path);
    buffer[t.n] = '\0';
    error_set(&w->error, "%s%s%s%.*s %s", buffer, text_ok(&t) ? "" : "...",
              rule.n ? " of rule " : "", (int)(rule.n < 128 ? rule.n : 128),
              rule.p, what);
}

/* ---- search strings -------------------------------------------------------------- */

static bool is_base64(struct words *w, struct str text)
{
    uint8_t *bytes = region_take(w->region, text.n + 1);

    return base64_read(text, bytes) >= 0;
}

static struct value *in_base64(struct words *w, const struct value *v)
{
    struct value *made = value_new(w->region, VALUE_STRING, &v->place);
    size_t n = BASE64_LEN(v->text.n);
    char *room = region_take(w->region, n + 1);
    struct text t = text_in(room, n);

    base64_put(&t, (const uint8_t *)v->text.p, v->text.n);
    made->text = str_make(room, n);
    return made;
}

/* ---- lists of patterns -------------------------------------------------------------- */

static struct value *as_patterns(struct words *w, const struct value *list,
                                 const struct path *path)
{
    struct value *made = value_new(w->region, VALUE_LIST, &list->place);

    for (const struct value *v = list->first; v; v = v->next) {
        const struct value *text = value_get(v, STR("RegexString"));

        if (text == NULL) {
            fail(w, path, "is a list of {\"RegexString\": \"...\"}");
            break;
        }
        value_append(made, value_copy(w->region, text));
    }
    return made;
}

static struct value *as_regexes(struct words *w, const struct value *list)
{
    struct value *made = value_new(w->region, VALUE_LIST, &list->place);

    for (const struct value *v = list->first; v; v = v->next) {
        struct value *regex = value_new(w->region, VALUE_MAP, &v->place);

        value_put(w->region, regex, STR("RegexString"),
                  value_copy(w->region, v));
        value_append(made, regex);
    }
    return made;
}

/* ---- trees ------------------------------------------------------------------------- */

static struct value *convert(struct words *w, const struct value *v,
                             enum context context, const struct path *path,
                             unsigned depth);

static bool is(const struct value *v, const char *key)
{
    return str_eq(v->key, str_of(key));
}

/* An entry of a map from the API. */
static struct value *from_entry(struct words *w, const struct value *v,
                                enum context context, const struct path *path,
                                unsigned depth, struct str *key)
{
    if (context == REFERENCE && is(v, "ARN"))
        *key = STR("Arn");
    if (context == ROOT && is(v, "RegularExpressionList") &&
        v->kind == VALUE_LIST)
        return as_patterns(w, v, path);
    if (context == BYTE_MATCH && is(v, "SearchString")) {
        *key = STR("SearchStringBase64");
        if (v->kind != VALUE_STRING || !is_base64(w, v->text))
            fail(w, path, "is no base64: the API has it so");
    }
    return convert(w, v, context_of(v->key), path, depth);
}

static struct value *to_entry(struct words *w, const struct value *v,
                              enum context context, const struct path *path,
                              unsigned depth, struct str *key)
{
    if (context == REFERENCE && is(v, "Arn"))
        *key = STR("ARN");
    if (context == ROOT && is(v, "RegularExpressionList") &&
        v->kind == VALUE_LIST)
        return as_regexes(w, v);
    if (context == BYTE_MATCH && is(v, "SearchString") && value_is_scalar(v))
        return in_base64(w, v);
    if (context == BYTE_MATCH && is(v, "SearchStringBase64"))
        *key = STR("SearchString");
    return convert(w, v, context_of(v->key), path, depth);
}

static void convert_map(struct words *w, const struct value *map,
                        enum context context, const struct path *up,
                        unsigned depth, struct value *made)
{
    for (const struct value *v = map->first; v; v = v->next) {
        struct path path = {up, v, v->key, 0};
        struct str key = v->key;
        struct value *entry =
            w->to_api ? to_entry(w, v, context, &path, depth, &key)
                      : from_entry(w, v, context, &path, depth, &key);

        entry->key_place = v->key_place;
        value_put(w->region, made, key, entry);
    }
}

static struct value *convert(struct words *w, const struct value *v,
                             enum context context, const struct path *path,
                             unsigned depth)
{
    struct value *made = value_new(w->region, v->kind, &v->place);
    unsigned i = 0;

    made->text = region_copy(w->region, v->text);
    if (depth == 0) {
        if (v->first)
            fail(w, path, "is nested too deeply");
        return made;
    }
    if (v->kind == VALUE_MAP)
        convert_map(w, v, context, path, depth - 1, made);
    for (const struct value *e = v->kind == VALUE_LIST ? v->first : NULL; e;
         e = e->next, i++) {
        struct path at = {path, e, STR(""), i};

        value_append(made, convert(w, e, PLAIN, &at, depth - 1));
    }
    return made;
}

const struct value *waf_words_from_api(const struct value *value,
                                       struct region *region,
                                       struct error *error)
{
    struct words w = {.region = region};
    struct value *made = convert(&w, value, ROOT, NULL, VALUE_NESTED_MAX);

    if (!w.failed)
        return made;
    *error = w.error;
    return NULL;
}

const struct value *waf_words_from_file(const struct value *value,
                                        struct region *region,
                                        struct report *report)
{
    struct words w = {.region = region};
    struct value *made = convert(&w, value, ROOT, NULL, VALUE_NESTED_MAX);

    if (!w.failed)
        return made;
    report_error(report, &w.place,
                 "%s\nwrite it as the API has it, or give a CloudFormation "
                 "template",
                 w.error.text);
    return NULL;
}

const struct value *waf_words_to_api(const struct value *value,
                                     struct region *region)
{
    struct words w = {.region = region, .to_api = true};

    return convert(&w, value, ROOT, NULL, VALUE_NESTED_MAX);
}
