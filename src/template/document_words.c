/* SPDX-License-Identifier: Apache-2.0
 *
 * What libfyaml says, in words for the author of a template.
 */
#include "template/document_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* The first one whose `part` is in libfyaml's message. */
static const struct {
    const char *part;
    const char *what;
    const char *remedy;
} words[] = {
    {"tab character", "a tab stands where YAML takes spaces only",
     "indent with spaces"},
    {"nested block mapping on the same line",
     "a second \": \" stands in this line",
     "quote the value when the colon is part of it: KEY: \"a: b\""},
    {"invalid multiline plain key",
     "from here on the text is no \"KEY: VALUE\" of one line",
     "write a colon and a space behind the key; quote text of several lines, "
     "or begin it with |"},
    {"could not find expected ':'", "this is no \"KEY: VALUE\"",
     "write a colon and a space behind the key; indent what belongs to the "
     "value above"},
    {"invalid value after mapping", "this is no \"KEY: VALUE\"",
     "write a colon and a space behind the key; indent what belongs to the "
     "value above"},
    {"invalid indentation in mapping",
     "this line is indented unlike the lines above it",
     "the keys of one map stand in the same column"},
    {"did not find expected '-'",
     "this line is indented unlike the lines above it",
     "the dashes of one list stand in the same column, and so do the keys of "
     "one map"},
    {"wrong indendation", "this line is indented unlike the lines above it",
     "the dashes of one list stand in the same column"},
    {"wrong indentation", "this line is indented unlike the lines above it",
     "the dashes of one list stand in the same column"},
    {"did not find expected key", "a key is expected here",
     "write KEY: VALUE, indented as the lines above; a value takes one tag "
     "only: !Base64 {\"Fn::Sub\": \"...\"}"},
    {"at the end of block sequence", "a dash and a value are expected here",
     "write \"- VALUE\" for one more element, or indent less to end the list"},
    {"trailing comma", "JSON takes no comma before the closing bracket",
     "remove the comma"},
    {"Multi line plain scalar",
     "this is neither text in double quotes, nor a number, true, false or null",
     "put text in double quotes; JSON has no comments, and a comma stands "
     "between two entries"},
    {"Multi line double quoted", "a text goes on in the next line",
     "close the quote; in JSON a line end is written \\n"},
    {"Invalid JSON plain scalar",
     "this is neither text in double quotes, nor a number, true, false or null",
     "put text in double quotes; JSON has no comments, and a comma stands "
     "between two entries"},
    {"missing comma", "a comma or a closing bracket is missing before this",
     "put a comma between two entries, and close each {, [ and quote"},
    {"Illegal placement of ':'", "a \":\" stands where no key can be",
     "close each {, [ and quote above; quote the value when the colon is part "
     "of it"},
    {"mismatched flow", "this bracket closes what another kind opened",
     "close { with } and [ with ]"},
    {"extra comma", "there is a comma too many", "remove it"},
    {"closing brace", "there is a } too many, or a { is missing",
     "remove it, or open the map with {"},
    {"extra closing bracket", "there is a ] too many, or a [ is missing",
     "remove it, or open the list with ["},
    {"without a closing bracket", "a [ is not closed", "close it with ]"},
    {"without closing quote", "this text has no closing quote",
     "close the quote"},
    {"missing closing quote", "this text has no closing quote",
     "close the quote"},
    {"invalid UTF8 escape", "a \\u escape in this text is no character",
     "write half of a pair (\\ud83d\\ude00) together with the other half"},
    {"invalid escape", "an escape in this text is unknown",
     "write a backslash as \\\\, or use single quotes"},
    {"trailing content after", "text goes on behind the closing quote",
     "quote the whole value"},
    {"cannot start with", "a value cannot begin with this character",
     "put the value in quotes"},
    {"missing document start", "text stands behind the end of the document",
     "remove it, or put it into the map above"},
    {"undefined tag prefix", "this tag is unknown",
     "quote the value when the ! is part of it"},
    {"unexpected alias", "an alias (*name) takes no tag and no anchor",
     "write the value out"},
    {"invalid alias", "an alias is an asterisk and a name",
     "quote the value when the * is part of it"},
    {"invalid anchor", "an anchor is an ampersand and a name",
     "quote the value when the & is part of it"},
    {"two anchors", "a value takes one anchor (&name) only", "remove one"},
};

/* In YAML a bracket that is still open some lines above is often what is
 * wrong; in JSON there always is one. */
static void tell_words(const char *what, const char *remedy,
                       const struct place *place, const struct place *open,
                       bool json, struct report *report)
{
    if (!json && open->line && open->line < place->line)
        report_error(report, place,
                     "%s; the bracket of line %u, column %u is still open\n%s",
                     what, open->line, open->column, remedy);
    else
        report_error(report, place, "%s\n%s", what, remedy);
}

static void end_of_file(const struct place *place, const struct place *open,
                        bool json, struct report *report)
{
    if (open->line)
        report_error(report, place,
                     "the document ends before the bracket of line %u, column "
                     "%u is closed\nclose it; perhaps the file was cut",
                     open->line, open->column);
    else
        report_error(report, place, "the document ends too early\n%s",
                     json ? "close each { and [; perhaps the file was cut"
                          : "complete the last line; perhaps the file was cut");
}

void document_fault(const char *message, const struct place *place,
                    const struct place *open, bool at_end, bool json,
                    struct report *report)
{
    if (at_end && (open->line || json)) {
        end_of_file(place, open, json, report);
        return;
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strstr(message, words[i].part)) {
            tell_words(words[i].what, words[i].remedy, place, open, json,
                       report);
            return;
        }
    }
    report_error(report, place,
                 "this is no %s: %s\nclose each bracket and quote "
                 "above, and quote text with special characters",
                 json ? "JSON" : "YAML", message);
}
