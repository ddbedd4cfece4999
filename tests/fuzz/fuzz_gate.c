/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate: a pattern, NUL, a text.
 *
 * - What PCRE2 finds is a candidate, alone and among others.
 * - A text that has, begins with, ends with or is the pattern's bytes is a
 *   candidate for them; one that is not them in length is none for the whole.
 * - Tests that are not wanted are no candidates, and candidates stay.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "match/gate.h"
#include "match/regex.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

enum { PATTERN_MAX = 512, TEXT_MAX = 4096, TESTS = 9 };

static struct gate *make_gate(struct str pattern)
{
    static const char *const others[] = {"select", "[<>]", "^$", "a|b"};
    struct gate_builder *builder = gate_builder_new();

    gate_add_regex(builder, pattern);
    for (unsigned place = GATE_ANYWHERE; place <= GATE_WHOLE; place++)
        gate_add_bytes(builder, pattern, (enum gate_place)place);
    for (unsigned i = 0; i < 4; i++)
        gate_add_regex(builder, str_of(others[i]));
    return gate_build(builder);
}

static bool contains(struct str text, struct str bytes)
{
    return bytes.n == 0 ||
           (text.n && memmem(text.p, text.n, bytes.p, bytes.n) != NULL);
}

static void check_bytes(struct str bytes, struct str text, uint64_t candidates)
{
    if (contains(text, bytes))
        CHECK(candidates >> (1 + GATE_ANYWHERE) & 1);
    if (str_starts(text, bytes))
        CHECK(candidates >> (1 + GATE_BEGIN) & 1);
    if (contains(text, bytes) &&
        memcmp(text.p + text.n - bytes.n, bytes.p, bytes.n) == 0)
        CHECK(candidates >> (1 + GATE_END) & 1);
    if (str_eq(text, bytes))
        CHECK(candidates >> (1 + GATE_WHOLE) & 1);
    if (bytes.n < 60 && text.n != bytes.n)
        CHECK(!(candidates >> (1 + GATE_WHOLE) & 1));
}

static void check_regex(struct str pattern, struct str text,
                        uint64_t candidates)
{
    static struct regex_scratch *scratch;
    struct error error = {""};
    struct regex *regex = regex_new(pattern, &error);
    size_t from = 0;
    size_t to = 0;

    CHECK((regex == NULL) == (error.text[0] != '\0'));
    if (regex == NULL)
        return;
    if (scratch == NULL)
        scratch = regex_scratch_new();
    if (regex_search(regex, scratch, text, &from, &to) == REGEX_YES) {
        CHECK(from <= to && to <= text.n);
        CHECK(candidates & 1);
    }
    regex_release(regex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gate_scratch *scratch;
    struct str text = str_make((const char *)data, size);
    struct str pattern = str_cut(&text, '\0');
    const uint64_t wanted[2] = {(1 << TESTS) - 1, 0x15};
    uint64_t candidates[2] = {0, UINT64_C(1) << 60};
    struct gate *gate;

    if (text.p == NULL)
        text = STR("");
    if (pattern.n > PATTERN_MAX || text.n > TEXT_MAX)
        return 0;
    if (scratch == NULL)
        scratch = gate_scratch_new();
    gate = make_gate(pattern);
    for (unsigned i = 0; i < 2; i++)
        gate_candidates(gate, scratch, text, &wanted[i], &candidates[i]);
    CHECK(candidates[1] == ((candidates[0] & wanted[1]) | UINT64_C(1) << 60));
    check_bytes(pattern, text, candidates[0]);
    check_regex(pattern, text, candidates[0]);
    gate_free(gate);
    return 0;
}
