/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions: a pattern, NUL, a text.
 *
 * - A pattern is a program or has an error, of one line and not empty.
 * - With and without groups the answer is the same, and the same again.
 * - Groups are in the text and $0 holds the others' begins.
 * - No search looks at more than the text times the program.
 * - What is found is found again in the text from there on, cut behind it,
 *   when the pattern has no places (^ and the like).
 */
#include <stdlib.h>

#include "fuzz.h"
#include "match/linear_internal.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

enum { WORK_MAX = 2000000 }; /* text times program of one input */

static bool has_places(const struct linear *regex)
{
    for (unsigned i = 0; i < regex->n; i++) {
        if (regex->code[i].op == OP_ASSERT)
            return true;
    }
    return false;
}

static void check_groups(const struct linear *regex, struct str text,
                         const struct str *groups)
{
    const char *end = groups[0].p + groups[0].n;

    CHECK(groups[0].p >= text.p && end <= text.p + text.n);
    for (unsigned g = 1; g < LINEAR_GROUPS_MAX; g++) {
        if (groups[g].p == NULL) {
            CHECK(groups[g].n == 0);
            continue;
        }
        CHECK(g <= linear_groups(regex));
        CHECK(groups[g].p >= groups[0].p && groups[g].p + groups[g].n <= end);
    }
}

static void check_search(const struct linear *regex,
                         struct linear_scratch *scratch, struct str text)
{
    struct str groups[LINEAR_GROUPS_MAX];
    struct str again[LINEAR_GROUPS_MAX];
    uint64_t before = linear_steps(scratch);
    bool found = linear_search(regex, scratch, text, NULL);

    CHECK(linear_search(regex, scratch, text, groups) == found);
    CHECK(linear_steps(scratch) - before <=
          (uint64_t)4 * (text.n + 1) * regex->n);
    if (!found)
        return;
    check_groups(regex, text, groups);
    CHECK(linear_search(regex, scratch, text, again));
    CHECK(memcmp(groups, again, sizeof(groups)) == 0);
    if (has_places(regex))
        return;
    CHECK(linear_search(regex, scratch, groups[0], again));
    CHECK(again[0].p == groups[0].p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct linear_scratch *scratch;
    struct str text = str_make((const char *)data, size);
    struct str pattern = str_cut(&text, '\0');

    if (text.p == NULL)
        text = STR("");
    if (scratch == NULL)
        scratch = linear_scratch_new();
    for (int any_case = 0; any_case < 2; any_case++) {
        struct error error = {""};
        struct linear *regex = linear_new(pattern, any_case, &error);

        CHECK((regex == NULL) == (error.text[0] != '\0'));
        if (regex == NULL)
            break;
        CHECK(regex->n <= LINEAR_PROGRAM_MAX);
        linear_scratch_fit(scratch, regex);
        if (text.n > WORK_MAX / regex->n)
            text.n = WORK_MAX / regex->n;
        check_search(regex, scratch, text);
        linear_free(regex);
    }
    return 0;
}
