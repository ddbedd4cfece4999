/* SPDX-License-Identifier: Apache-2.0 */
#include "match/regex.h"
#include "match/regex_reader.h"

static const struct refusal {
    const char *what;
    const char *instead;
} refusals[REGEX_CONDITION + 1] = {
    [REGEX_POSSESSIVE] = {"possessive quantifiers (*+ ++ ?+ {n,m}+)",
                          "leave out the second \"+\": the same values match "
                          "unless what follows could match there, too"},
    [REGEX_SINGLE] = {"\\C", "write (?s:.) for any byte"},
    [REGEX_NEWLINE] = {"\\R", "write (?:\\r\\n|[\\n\\x0b\\f\\r\\x85])"},
    [REGEX_CLUSTER] = {"\\X", "write (?s:.) for any byte"},
    [REGEX_KEEP] = {"\\K", "leave it out: whether a value matches does not "
                           "depend on where the match begins"},
    [REGEX_BEGIN] = {"\\G", "write ^ or \\A for the begin of the value"},
    [REGEX_REFERENCE] = {"back references",
                         "write out what the group may match"},
    [REGEX_CALL] = {"calls of groups and recursion",
                    "write the group a second time"},
    [REGEX_CALLOUT] = {"callouts", "leave it out: nothing calls back"},
    [REGEX_VERB] = {"verbs (*...)",
                    "for a \"(\" followed by \"*\" write \\(\\*"},
    [REGEX_ATOMIC] = {"atomic groups (?>...)", "write (?:...)"},
    [REGEX_AHEAD] = {"look-ahead (?=...)",
                     "put each part into a statement of its own and join them "
                     "by an AndStatement"},
    [REGEX_NOT_AHEAD] = {"negative look-ahead (?!...)",
                         "put what must not match into a statement of its own "
                         "inside of a NotStatement"},
    [REGEX_BEHIND] = {"look-behind (?<=...)",
                      "write (?:...): what stands before may be part of the "
                      "match"},
    [REGEX_NOT_BEHIND] = {"negative look-behind (?<!...)",
                          "write (?:^|[^...]) for what may stand before"},
    [REGEX_CONDITION] = {"conditions (?(...)...)",
                         "write the cases as alternatives (?:...|...)"},
};

bool regex_aws_takes(struct str pattern, struct error *error)
{
    struct regex_reader reader = regex_reader_of(pattern);
    struct regex_token token;

    for (;;) {
        const struct refusal *refusal;

        regex_read(&reader, &token);
        if (token.kind == REGEX_END)
            return true;
        refusal = &refusals[token.kind];
        if (refusal->what)
            return error_set(error,
                             "character %zu: AWS WAF does not have %s; %s",
                             token.at + 1, refusal->what, refusal->instead);
    }
}
