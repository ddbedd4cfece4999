/* SPDX-License-Identifier: Apache-2.0 */
#include "match/sqli_words.h"

#include "match/sqli_words.def"

/* What begins or goes on with a phrase. */
enum {
    TAG_NONE = SQLI_TAG_NONE,
    TAG_NOT = SQLI_TAG_NOT,
    TAG_IN = SQLI_TAG_IN,
    TAG_LIKE = SQLI_TAG_LIKE,
    TAG_IF = SQLI_TAG_IF,
    TAG_INFO = SQLI_TAG_INFO,
    TAG_FROM = SQLI_TAG_FROM,
    TAG_DANGER = SQLI_TAG_DANGER,
    TAG_RUNS = SQLI_TAG_RUNS,
    TAG_SYSTEM = SQLI_TAG_SYSTEM,
    TAG_GROUP = SQLI_TAG_WORDS,
    TAG_BY,
    TAG_UNION,
    TAG_ALL,
    TAG_IS,
    TAG_IS_DISTINCT,
    TAG_BOOLEAN,
    TAG_IN_BOOLEAN,
    TAG_MODE,
    TAG_SOUNDS,
    TAG_SIDE,
    TAG_OUTER,
    TAG_JOIN,
    TAG_INSERT,
    TAG_INTO,
    TAG_FILE,
    TAG_CREATE,
    TAG_OR,
    TAG_CREATE_OR,
    TAG_REPLACE,
    TAG_SELECT,
    TAG_WAITFOR,
    TAG_TIME,
    TAG_FOR,
    TAG_UPDATE,
    TAG_LOCK,
    TAG_LOCK_IN,
    TAG_SHARE,
    TAG_LOCK_IN_SHARE,
    TAG_ALTER,
    TAG_TABLE,
    TAG_LOAD,
    TAG_DATA,
    TAG_COMPARES,
    TAG_PROCEDURE,
    TAG_ANALYSE
};

struct entry {
    char text[SQLI_WORD_MAX];
    struct sqli_word word;
};

#define WORD(text, kind, tag) {text, {SQLI_##kind, TAG_##tag}},
#define LENGTH(n) static const struct entry words_##n[] = {SQLI_WORDS_##n};
SQLI_LENGTHS
#undef LENGTH
#undef WORD

static const struct {
    const struct entry *words;
    size_t n;
} by_length[SQLI_WORD_MAX + 1] = {
#define LENGTH(n) [n] = {words_##n, sizeof words_##n / sizeof words_##n[0]},
    SQLI_LENGTHS
#undef LENGTH
};

struct sqli_word sqli_word(const char *p, size_t n)
{
    struct sqli_word none = {SQLI_NAME, SQLI_TAG_NONE};
    if (n > SQLI_WORD_MAX || by_length[n].n == 0)
        return none;
    char lower[SQLI_WORD_MAX];
    for (size_t i = 0; i < n; i++)
        lower[i] = str_lower(p[i]);
    const struct entry *words = by_length[n].words;
    size_t from = 0, to = by_length[n].n;
    while (from < to) {
        size_t middle = (from + to) / 2;
        int order = memcmp(lower, words[middle].text, n);
        if (order == 0)
            return words[middle].word;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return none;
}

struct phrase {
    uint8_t first;
    uint8_t second;
    struct sqli_word says;
};

static const struct phrase phrases[] = {
    {TAG_GROUP, TAG_BY, {SQLI_CLAUSE, 0}},
    {TAG_UNION, TAG_ALL, {SQLI_UNION, 0}},
    {TAG_SELECT, TAG_ALL, {SQLI_EXPRESSION, 0}},
    {TAG_IS, TAG_NOT, {SQLI_OPERATOR, TAG_IS}},
    {TAG_IS, TAG_ALL, {SQLI_NAME, TAG_IS_DISTINCT}},
    {TAG_IS_DISTINCT, TAG_FROM, {SQLI_OPERATOR, 0}},
    {TAG_NOT, TAG_IN, {SQLI_KEYWORD, TAG_IN}},
    {TAG_NOT, TAG_LIKE, {SQLI_OPERATOR, TAG_LIKE}},
    {TAG_NOT, TAG_COMPARES, {SQLI_OPERATOR, 0}},
    {TAG_SOUNDS, TAG_LIKE, {SQLI_OPERATOR, 0}},
    {TAG_IN, TAG_BOOLEAN, {SQLI_NAME, TAG_IN_BOOLEAN}},
    {TAG_IN_BOOLEAN, TAG_MODE, {SQLI_KEYWORD, 0}},
    {TAG_SIDE, TAG_SIDE, {SQLI_KEYWORD, TAG_SIDE}},
    {TAG_SIDE, TAG_OUTER, {SQLI_KEYWORD, TAG_SIDE}},
    {TAG_SIDE, TAG_JOIN, {SQLI_KEYWORD, 0}},
    {TAG_INSERT, TAG_INTO, {SQLI_STATEMENT, 0}},
    {TAG_INTO, TAG_FILE, {SQLI_KEYWORD, SQLI_TAG_TO_FILE}},
    {TAG_CREATE, TAG_OR, {SQLI_NAME, TAG_CREATE_OR}},
    {TAG_CREATE_OR, TAG_REPLACE, {SQLI_STATEMENT, 0}},
    {TAG_WAITFOR, TAG_TIME, {SQLI_EXPRESSION, SQLI_TAG_RUNS}},
    {TAG_FOR, TAG_UPDATE, {SQLI_KEYWORD, 0}},
    {TAG_LOCK, TAG_IN, {SQLI_NAME, TAG_LOCK_IN}},
    {TAG_LOCK_IN, TAG_SHARE, {SQLI_NAME, TAG_LOCK_IN_SHARE}},
    {TAG_LOCK_IN_SHARE, TAG_MODE, {SQLI_KEYWORD, 0}},
    {TAG_ALTER, TAG_TABLE, {SQLI_KEYWORD, 0}},
    {TAG_LOAD, TAG_DATA, {SQLI_STATEMENT, 0}},
    {TAG_PROCEDURE, TAG_ANALYSE, {SQLI_FUNCTION, 0}},
};

struct sqli_word sqli_phrase(const struct sqli_token *first,
                             const struct sqli_token *second)
{
    if (first->tag != 0 && second->tag != 0)
        for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
            if (phrases[i].first == first->tag &&
                phrases[i].second == second->tag)
                return phrases[i].says;
    return (struct sqli_word){SQLI_NONE, SQLI_TAG_NONE};
}
