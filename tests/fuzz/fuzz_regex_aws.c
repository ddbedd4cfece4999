/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns as AWS takes them: a pattern.
 *
 * - It is taken or has an error that says which character.
 * - The reader comes to its end, never backwards.
 * - Quoted, it is taken.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "fuzz.h"
#include "match/regex.h"
#include "match/regex_reader.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

enum { PATTERN_MAX = 2048 };

static void check_tokens(struct str pattern)
{
    struct regex_reader reader = regex_reader_of(pattern);
    struct regex_token token;
    size_t at = 0;

    do {
        regex_read(&reader, &token);
        CHECK(token.at >= at && token.at <= pattern.n);
        CHECK(reader.at <= pattern.n && reader.depth <= REGEX_DEPTH_MAX);
        CHECK(token.kind == REGEX_END || reader.at > token.at);
        at = reader.at;
    } while (token.kind != REGEX_END);
    CHECK(reader.at == pattern.n);
}

static void check_quoted(struct str pattern)
{
    char room[PATTERN_MAX + 8];
    struct text quoted = text_in(room, sizeof(room));
    struct error error = {""};

    if (memmem(pattern.p, pattern.n, "\\E", 2) ||
        (pattern.n && pattern.p[pattern.n - 1] == '\\'))
        return;
    TEXT_LITERAL(&quoted, "\\Q");
    text_str_put(&quoted, pattern);
    TEXT_LITERAL(&quoted, "\\E");
    CHECK(text_ok(&quoted));
    CHECK(regex_aws_takes(text_str(&quoted), &error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str pattern = str_make((const char *)data, size);
    struct error error = {""};
    unsigned at = 0;

    if (size > PATTERN_MAX)
        return 0;
    if (regex_aws_takes(pattern, &error)) {
        CHECK(error.text[0] == '\0');
    } else {
        CHECK(sscanf(error.text, "character %u: ", &at) == 1);
        CHECK(at >= 1 && at <= pattern.n);
    }
    check_tokens(pattern);
    check_quoted(pattern);
    return 0;
}
