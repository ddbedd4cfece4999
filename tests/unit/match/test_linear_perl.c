/* SPDX-License-Identifier: Apache-2.0
 *
 * Random patterns over random texts: the same answers as PCRE2, which goes
 * about it in another way.
 *
 * Where the two differ on purpose a pattern is not made, or only whether there
 * is a match is compared: after a round of a loop that was empty Perl leaves
 * the loop, while all ways at once know no such order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/text.h"
#include "match/linear.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum {
    PATTERNS = 4000,
    TEXTS = 12, /* of each pattern */
    TEXT_MAX = 24,
    DEPTH = 4,
};

/* ---- random patterns ----------------------------------------------------- */

struct maker {
    struct text t;
    uint64_t seed;
    bool loops_empty; /* something that can be empty is repeated */
};

static unsigned draw(struct maker *m, unsigned n)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(m->seed >> 33) % n;
}

static bool put_alternate(struct maker *m, unsigned depth);

static const char *pick(struct maker *m, const char *const *all, unsigned n)
{
    return all[draw(m, n)];
}

static void put_one_byte(struct maker *m)
{
    static const char *const some[] = {
        "a",
        "b",
        "c",
        "a",
        "b",
        "A",
        "1",
        "_",
        "\\.",
        ".",
        ".",
        "[ab]",
        "[^a]",
        "[a-c]",
        "[^a-c]",
        "[]a]",
        "[a-]",
        "[\\d]",
        "[^\\w]",
        "[\\s\\d]",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\W",
        "\\S",
        "\\x61",
        "\\x{62}",
        "\\n",
        "\\101",
        "[A-Ca-c]",
        "[[:alpha:]]",
        "[[:^digit:]]",
        "[[:upper:]_]",
        "\\Qa\\E",
        "[.-a]",
    };

    text_str_put(&m->t, str_of(pick(m, some, COUNT(some))));
}

/* What is put tells whether it can be empty. */
static bool put_place(struct maker *m)
{
    static const char *const some[] = {"^",   "$",   "\\b",    "\\B",
                                       "\\A", "\\z", "(?m:^)", "(?m:$)"};

    text_str_put(&m->t, str_of(pick(m, some, COUNT(some))));
    return true;
}

static bool put_group(struct maker *m, unsigned depth)
{
    static const char *const begins[] = {
        "(", "(", "(", "(?:", "(?i:", "(?s:", "(?m:", "(?-i:", "((?i)"};
    const char *begin = pick(m, begins, COUNT(begins));
    bool empty;

    text_str_put(&m->t, str_of(begin));
    empty = put_alternate(m, depth + 1);
    text_char(&m->t, ')');
    return empty;
}

static bool put_quantifier(struct maker *m, bool empty)
{
    static const struct {
        const char *text;
        bool loop;
        bool optional;
    } some[] = {
        {"*", true, true},     {"+", true, false},     {"?", false, true},
        {"*?", true, true},    {"+?", true, false},    {"??", false, true},
        {"{2}", false, false}, {"{0,2}", false, true}, {"{1,3}?", false, false},
        {"{2,}", true, false}, {"{0,}?", true, true},  {"{1}", false, false},
    };
    unsigned i = draw(m, COUNT(some));

    text_str_put(&m->t, str_of(some[i].text));
    if (empty)
        m->loops_empty = true;
    return empty || some[i].optional;
}

static bool put_item(struct maker *m, unsigned depth)
{
    unsigned kind = draw(m, 10);
    bool empty = false;

    if (kind == 0)
        return put_place(m); /* not repeated: PCRE2 refuses some of those */
    if (kind <= 3 && depth < DEPTH)
        empty = put_group(m, depth);
    else
        put_one_byte(m);
    if (draw(m, 3) == 0)
        empty = put_quantifier(m, empty);
    return empty;
}

static bool put_alternate(struct maker *m, unsigned depth)
{
    unsigned branches = draw(m, 4) ? 1 : 1 + draw(m, 3);
    bool empty = false;

    for (unsigned b = 0; b < branches; b++) {
        bool branch_empty = true;

        if (b)
            text_char(&m->t, '|');
        for (unsigned n = draw(m, 5); n; n--)
            branch_empty = put_item(m, depth) && branch_empty;
        empty = empty || branch_empty;
    }
    return empty;
}

static struct str random_text(struct maker *m, char *buffer)
{
    static const char bytes[] = "aaabbbccABC1_. \n-";
    size_t n = draw(m, TEXT_MAX + 1);

    for (size_t i = 0; i < n; i++)
        buffer[i] = bytes[draw(m, sizeof(bytes) - 1)];
    return str_make(buffer, n);
}

/* ---- both ---------------------------------------------------------------- */

struct pair {
    struct str pattern;
    bool any_case;
    bool only_whether; /* not where */
    struct linear *linear;
    struct linear_scratch *scratch;
    pcre2_code *perl;
    pcre2_match_data *data;
};

static pcre2_code *perl_new(struct str pattern, bool any_case)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX |
                       (any_case ? PCRE2_CASELESS : 0);
    PCRE2_SIZE at;
    pcre2_code *code;
    int error;

    assert_non_null(context);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &error, &at,
                         context);
    pcre2_compile_context_free(context);
    return code;
}

static void pair_open(struct pair *pair, struct maker *m)
{
    struct error error = {{0}};

    pair->pattern = text_str(&m->t);
    pair->any_case = draw(m, 5) == 0;
    pair->only_whether = m->loops_empty;
    pair->linear = linear_new(pair->pattern, pair->any_case, &error);
    if (pair->linear == NULL)
        fail_msg(STR_FMT ": %s", STR_ARG(pair->pattern), error.text);
    linear_scratch_fit(pair->scratch, pair->linear);
    pair->perl = perl_new(pair->pattern, pair->any_case);
    if (pair->perl == NULL)
        fail_msg(STR_FMT " is none of PCRE2's", STR_ARG(pair->pattern));
    pair->data = pcre2_match_data_create_from_pattern(pair->perl, NULL);
    assert_non_null(pair->data);
}

static void pair_close(struct pair *pair)
{
    linear_free(pair->linear);
    pcre2_match_data_free(pair->data);
    pcre2_code_free(pair->perl);
}

static void compare_groups(const struct pair *pair, struct str text,
                           const struct str *groups, int found)
{
    const PCRE2_SIZE *perl = pcre2_get_ovector_pointer(pair->data);
    int n = (int)linear_groups(pair->linear) + 1;

    for (int g = 0; g < n && g < LINEAR_GROUPS_MAX; g++) {
        bool there = g < found && perl[2 * g] != PCRE2_UNSET;

        if (there != (groups[g].p != NULL) ||
            (there && (groups[g].p != text.p + perl[2 * g] ||
                       groups[g].n != perl[2 * g + 1] - perl[2 * g])))
            fail_msg(STR_FMT "%s in \"" STR_FMT "\": $%d is %zd+%zu here, %zd "
                             "to %zd there",
                     STR_ARG(pair->pattern),
                     pair->any_case ? " (any case)" : "", STR_ARG(text), g,
                     groups[g].p ? groups[g].p - text.p : -1, groups[g].n,
                     there ? (ptrdiff_t)perl[2 * g] : -1,
                     there ? (ptrdiff_t)perl[2 * g + 1] : -1);
    }
}

/* False when PCRE2 gave up. */
static bool compare(const struct pair *pair, struct str text)
{
    struct str groups[LINEAR_GROUPS_MAX];
    int there = pcre2_match(pair->perl, (PCRE2_SPTR)text.p, text.n, 0, 0,
                            pair->data, NULL);
    bool whether;
    bool where;

    if (there < 0 && there != PCRE2_ERROR_NOMATCH)
        return false;
    whether = linear_search(pair->linear, pair->scratch, text, NULL);
    where = linear_search(pair->linear, pair->scratch, text, groups);
    if (whether != (there > 0) || where != whether)
        fail_msg(STR_FMT "%s in \"" STR_FMT "\": %d, %d with groups, %d there",
                 STR_ARG(pair->pattern), pair->any_case ? " (any case)" : "",
                 STR_ARG(text), whether, where, there);
    if (where && !pair->only_whether)
        compare_groups(pair, text, groups, there);
    return true;
}

static void test_random_patterns_match_as_in_perl(void **state)
{
    struct maker m = {.seed = 20240607};
    struct pair pair = {.scratch = linear_scratch_new()};
    unsigned gave_up = 0;
    unsigned whole = 0;

    (void)state;
    for (unsigned i = 0; i < PATTERNS; i++) {
        static char pattern[LINEAR_PATTERN_MAX];
        static char buffer[TEXT_MAX];

        m.t = text_in(pattern, sizeof(pattern));
        m.loops_empty = false;
        put_alternate(&m, 0);
        if (!text_ok(&m.t))
            continue;
        pair_open(&pair, &m);
        whole += !pair.only_whether;
        for (unsigned k = 0; k < TEXTS; k++)
            gave_up += !compare(&pair, random_text(&m, buffer));
        pair_close(&pair);
    }
    linear_scratch_free(pair.scratch);
    /* Both were really asked, and about places too. */
    assert_true(whole > PATTERNS / 2);
    assert_true(gave_up < PATTERNS * TEXTS / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_patterns_match_as_in_perl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
