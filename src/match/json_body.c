/* SPDX-License-Identifier: Apache-2.0 */
#include "match/json_body.h"

#include "match/json_string.h"
#include "match/key_table.h"

struct reader {
    struct json_body *json;
    struct arena *arena;
    const char *p;
    const char *end;
    uint32_t cap;  /* of nodes */
    uint32_t open; /* object or array that is read */
    uint32_t key;  /* whose value comes next; JSON_NONE: a key comes next */
    char *plain;   /* room for all that is left, taken with the first escape */
    uint32_t nplain;
    struct key_table keys; /* of all objects */
    bool failed;           /* the arena is at its limit */
};

enum { FEW_KEYS = 8 };

static bool fail(struct reader *r)
{
    r->failed = true;
    return false;
}

static bool fault(struct reader *r, const char *what)
{
    r->json->fault = what;
    r->json->fault_at = (size_t)(r->p - r->json->text.p);
    return false;
}

static bool end_early(struct reader *r)
{
    return fault(r, "it ends before everything is closed");
}

static bool odd_byte(struct reader *r)
{
    return fault(r, "a byte that cannot stand here");
}

/* ---- nodes --------------------------------------------------------------- */

static bool grow(struct reader *r)
{
    struct json_body *json = r->json;
    uint32_t cap = r->cap ? 2 * r->cap : (uint32_t)json->text.n / 8 + 8;
    struct json_node *nodes;

    nodes = arena_take(r->arena, cap * sizeof(*nodes));
    if (nodes == NULL)
        return fail(r);
    if (json->n)
        memcpy(nodes, json->nodes, json->n * sizeof(*nodes));
    json->nodes = nodes;
    r->cap = cap;
    return true;
}

/* The node is valid until the next one is added. */
static struct json_node *add(struct reader *r, enum json_kind kind)
{
    struct json_body *json = r->json;
    struct json_node *node;
    uint32_t key = r->key;

    if (json->n == r->cap && !grow(r))
        return NULL;
    if (r->open != JSON_NONE && json->nodes[r->open].kind == JSON_NODE_ARRAY)
        key = json->nodes[r->open].key;
    node = &json->nodes[json->n++];
    *node = (struct json_node){.nplain = JSON_NONE,
                               .parent = r->open,
                               .key = key,
                               .end = json->n,
                               .kind = kind};
    return node;
}

static bool open_one(struct reader *r, enum json_kind kind)
{
    uint32_t number = r->json->n;

    if (add(r, kind) == NULL)
        return false;
    r->p++;
    r->open = number;
    r->key = JSON_NONE;
    return true;
}

static bool close_one(struct reader *r)
{
    struct json_node *node = &r->json->nodes[r->open];

    r->p++;
    node->end = r->json->n;
    r->open = node->parent;
    r->key = JSON_NONE;
    return true;
}

/* ---- strings and words --------------------------------------------------- */

static bool take_room(struct reader *r, const char *from)
{
    if (r->plain == NULL) {
        r->plain = arena_take(r->arena, (size_t)(r->end - from));
        r->json->plain = r->plain;
    }
    return r->plain || fail(r);
}

/* What the string stands for, when it has escapes; `from` is its begin.  False:
 * something failed. */
static bool unescape(struct reader *r, struct json_node *node, const char *from)
{
    struct json_unescape u;

    if (!take_room(r, from))
        return false;
    u = json_unescape(from, r->end, r->plain + r->nplain);
    r->p = u.p;
    node->n = (uint32_t)(r->p - from);
    /* The first escape may be the one that is none. */
    if (u.n < node->n) {
        node->plain = r->nplain;
        node->nplain = (uint32_t)u.n;
        r->nplain += (uint32_t)u.n;
    }
    return u.fault == NULL || fault(r, u.fault);
}

/* A string that breaks off is there up to the fault. */
static bool read_string(struct reader *r, enum json_kind kind)
{
    struct json_node *node = add(r, kind);
    const char *from = ++r->p;

    if (node == NULL)
        return false;
    r->p = json_string_run(r->p, r->end);
    node->from = (uint32_t)(from - r->json->text.p);
    node->n = (uint32_t)(r->p - from);
    if (r->p < r->end && *r->p == '\\' && !unescape(r, node, from))
        return false;
    if (r->p == r->end)
        return end_early(r);
    if (*r->p != '"')
        return odd_byte(r);
    r->p++;
    return true;
}

enum { ENDS_WORD = 1, OF_NUMBER = 2 };

#define EIGHT(x) x, x, x, x, x, x, x, x

static const uint8_t classes[256] = {
    EIGHT(ENDS_WORD),  EIGHT(ENDS_WORD),  EIGHT(ENDS_WORD),  EIGHT(ENDS_WORD),
    [' '] = ENDS_WORD, ['"'] = ENDS_WORD, [','] = ENDS_WORD, [':'] = ENDS_WORD,
    ['['] = ENDS_WORD, [']'] = ENDS_WORD, ['{'] = ENDS_WORD, ['}'] = ENDS_WORD,
    ['0'] = OF_NUMBER, ['1'] = OF_NUMBER, ['2'] = OF_NUMBER, ['3'] = OF_NUMBER,
    ['4'] = OF_NUMBER, ['5'] = OF_NUMBER, ['6'] = OF_NUMBER, ['7'] = OF_NUMBER,
    ['8'] = OF_NUMBER, ['9'] = OF_NUMBER, ['.'] = OF_NUMBER, ['e'] = OF_NUMBER,
    ['E'] = OF_NUMBER, ['+'] = OF_NUMBER, ['-'] = OF_NUMBER,
};

static inline bool is_class(char c, unsigned class)
{
    return classes[(uint8_t)c] & class;
}

static bool is_word(struct str s)
{
    if (*s.p != '-' && !(*s.p >= '0' && *s.p <= '9'))
        return str_eq(s, STR("true")) || str_eq(s, STR("false")) ||
               str_eq(s, STR("null"));
    for (size_t i = 1; i < s.n; i++) {
        if (!is_class(s.p[i], OF_NUMBER))
            return false;
    }
    return true;
}

static bool read_word(struct reader *r)
{
    const char *end = r->p;
    struct json_node *node;
    struct str word;

    while (end < r->end && !is_class(*end, ENDS_WORD))
        end++;
    word = str_make(r->p, (size_t)(end - r->p));
    if (word.n == 0 || !is_word(word))
        return odd_byte(r);
    node = add(r, JSON_NODE_WORD);
    if (node == NULL)
        return false;
    node->from = (uint32_t)(r->p - r->json->text.p);
    node->n = (uint32_t)word.n;
    r->p = end;
    return true;
}

/* ---- elements ------------------------------------------------------------ */

/* The bytes of white space, and one that may stand there any number of
 * times. */
static void skip(struct reader *r, char other)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' ||
                             *r->p == '\r' || *r->p == other))
        r->p++;
}

struct same {
    const struct json_body *json;
    const struct json_node *key;
};

static bool is_same(const void *owner, uint32_t number)
{
    const struct same *s = owner;
    const struct json_node *other = &s->json->nodes[number];

    return other->parent == s->key->parent &&
           str_eq(json_plain(s->json, other), json_plain(s->json, s->key));
}

/* The key is put into the table; the one that is there before. */
static uint32_t put_key(struct reader *r, uint32_t number)
{
    const struct json_node *key = &r->json->nodes[number];
    struct same same = {.json = r->json, .key = key};
    uint32_t hash = key_hash(json_plain(r->json, key), key->parent, false);

    return key_table_put(&r->keys, hash, number, is_same, &same);
}

/* The first keys of an object are compared with each other, which is cheaper;
 * with the next one they are put into the table, where those behind it find
 * them. */
static uint32_t same_key(struct reader *r, uint32_t number)
{
    const struct json_body *json = r->json;
    struct same same = {.json = json, .key = &json->nodes[number]};
    uint32_t first[FEW_KEYS];
    uint32_t n = 0;

    for (uint32_t k = r->open + 1; n < FEW_KEYS && k < number;
         k = json->nodes[k + 1].end)
        first[n++] = k;
    if (n < FEW_KEYS) {
        for (uint32_t i = 0; i < n; i++)
            if (is_same(&same, first[i]))
                return first[i];
        return number;
    }
    if (json->nodes[first[n - 1] + 1].end == number)
        for (uint32_t i = 0; i < n; i++)
            if (put_key(r, first[i]) == KEY_TABLE_FAILED)
                return KEY_TABLE_FAILED;
    return put_key(r, number);
}

static bool read_key(struct reader *r)
{
    const char *from = r->p;
    uint32_t number = r->json->n, there;

    if (!read_string(r, JSON_NODE_KEY))
        return false;
    there = same_key(r, number);
    if (there == KEY_TABLE_FAILED)
        return fail(r);
    if (there != number) {
        r->json->n--;
        r->p = from;
        return fault(r, "a key for the second time");
    }
    r->key = number;
    return true;
}

static bool read_value(struct reader *r)
{
    switch (*r->p) {
    case '{':
        return open_one(r, JSON_NODE_OBJECT);
    case '[':
        return open_one(r, JSON_NODE_ARRAY);
    case '"':
        if (!read_string(r, JSON_NODE_STRING))
            return false;
        break;
    default:
        if (!read_word(r))
            return false;
    }
    r->key = JSON_NONE;
    return true;
}

static bool read_next(struct reader *r)
{
    bool object = r->json->nodes[r->open].kind == JSON_NODE_OBJECT;
    bool value = !object || r->key != JSON_NONE;

    skip(r, object && value ? ':' : ',');
    if (r->p == r->end)
        return end_early(r);
    if (*r->p == (object ? '}' : ']') && !(object && value))
        return close_one(r);
    if (value)
        return read_value(r);
    return *r->p == '"' ? read_key(r) : odd_byte(r);
}

static void read_all(struct reader *r)
{
    if (str_starts(r->json->text, STR("\xef\xbb\xbf")))
        r->p += 3;
    skip(r, ' ');
    if (r->p == r->end || (*r->p != '{' && *r->p != '[')) {
        fault(r, "the root is neither an object nor an array");
        return;
    }
    if (!read_value(r))
        return;
    while (r->open != JSON_NONE) {
        if (!read_next(r))
            return;
    }
    skip(r, ' ');
    if (r->p < r->end)
        odd_byte(r);
}

bool json_body_read(struct json_body *json, struct str text,
                    struct arena *arena)
{
    struct reader r = {.json = json,
                       .arena = arena,
                       .p = text.p,
                       .end = text.p + text.n,
                       .open = JSON_NONE,
                       .key = JSON_NONE,
                       .keys = {.arena = arena}};

    *json = (struct json_body){.text = text};
    if (text.n >= UINT32_MAX)
        return false;
    read_all(&r);
    for (uint32_t i = r.open; i != JSON_NONE; i = json->nodes[i].parent)
        json->nodes[i].end = json->n;
    json->probes = r.keys.probes;
    return !r.failed;
}
