/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "loading.h"
#include "template/document.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A document alone. */
struct parsed {
    struct loading *l;
    struct region region;
    const struct value *root;
};

static struct parsed parse_n(struct str text)
{
    struct parsed p = {.l = loading_new()};

    p.root = document_parse("d", text, &p.region, &p.l->report);
    assert_int_equal(p.root == NULL, p.l->report.errors > 0);
    return p;
}

static void end(struct parsed *p)
{
    region_end(&p->region);
    loading_free(p->l);
}

static void check_shown(const char *text, const char *shown)
{
    struct parsed p = parse_n(str_of(text));

    if (p.root == NULL)
        fail_msg("%s: %s", text, loading_problems(p.l));
    if (strcmp(loading_show(p.l, p.root), shown) != 0)
        fail_msg("%s: got %s, wanted %s", text, p.l->values, shown);
    end(&p);
}

static void check_refused_n(struct str text, const char *problems)
{
    struct parsed p = parse_n(text);

    if (strcmp(loading_problems(p.l), problems) != 0)
        fail_msg("%.*s:\n%s\nwanted\n%s", (int)text.n, text.p, p.l->problems,
                 problems);
    end(&p);
}

static void check_refused(const char *text, const char *problems)
{
    check_refused_n(str_of(text), problems);
}

/* ---- values -------------------------------------------------------------- */

static void test_plain_scalars_are_what_yaml_1_1_says(void **state)
{
    static const char *const cases[][2] = {
        {"true", "true"},
        {"Yes", "true"},
        {"on", "true"},
        {"FALSE", "false"},
        {"no", "false"},
        {"Off", "false"},
        {"y", "'y'"},
        {"n", "'n'"},
        {"tRue", "'tRue'"},
        {"~", "null"},
        {"null", "null"},
        {"Null", "null"},
        {"0", "0"},
        {"80", "80"},
        {"-1", "-1"},
        {"+1", "+1"},
        {"0.5", "0.5"},
        {"1e9", "1e9"},
        {"1.5E-3", "1.5E-3"},
        {"1.", "'1.'"},
        {".5", "'.5'"},
        {"1e", "'1e'"},
        {"-", "[null]"},
        {"007", "'007'"},
        {"0x1f", "'0x1f'"},
        {"1_000", "'1_000'"},
        {"22:30", "'22:30'"},
        {"1.2.3.4", "'1.2.3.4'"},
        {"2010-09-09", "'2010-09-09'"},
        {"012345678901", "'012345678901'"},
        {"\"80\"", "'80'"},
        {"'true'", "'true'"},
        {"!!str 80", "'80'"},
        {"!!str yes", "'yes'"},
        {"! yes", "'yes'"},
        {"!!int 80", "80"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64], shown[64];

        snprintf(text, sizeof(text),
                 strcmp(cases[i][0], "-") ? "k: %s\n" : "k:\n %s\n",
                 cases[i][0]);
        snprintf(shown, sizeof(shown), "{k: %s}", cases[i][1]);
        check_shown(text, shown);
    }
}

static void test_yaml_and_json_give_the_same_values(void **state)
{
    const char *shown = "{a: [1, true, null, 'x'], b: {c: ''}}";

    (void)state;
    check_shown("a:\n  - 1\n  - yes\n  - ~\n  - x\nb:\n  c: ''\n", shown);
    check_shown("a: [1, on, ~, x]\nb: {c: \"\"}", "{a: [1, true, null, 'x'], "
                                                  "b: {c: ''}}");
    check_shown("{\"a\": [1, true, null, \"x\"], \"b\": {\"c\": \"\"}}", shown);
    check_shown("\xef\xbb\xbf{\r\n\t\"a\": [1, true, null, \"x\"],\r\n"
                "\t\"b\": {\"c\": \"\"}\r\n}\r\n",
                shown);
}

static void test_texts_keep_their_characters(void **state)
{
    (void)state;
    check_shown("{\"a\": \"\\ud83d\\ude00 \\u00e9 \\/ \\\"\"}",
                "{a: '\xf0\x9f\x98\x80 \xc3\xa9 / \"'}");
    check_shown("a: |\n  one\n  two\n", "{a: 'one\ntwo\n'}");
    check_shown("a: >-\n  one\n  two\n", "{a: 'one two'}");
    check_shown("a: one\n  two # c\n", "{a: 'one two'}");
    check_shown("\xc3\xa9: \"\xe2\x82\xac\"\n", "{\xc3\xa9: '\xe2\x82\xac'}");
    check_shown("a: ''''\nb: \"\\x01\"\n", "{a: ''', b: '\x01'}");
    check_shown("yes: 1\n012: 2\n", "{yes: 1, 012: 2}");
}

static void test_json_within_yaml_may_close_at_the_margin(void **state)
{
    (void)state;
    check_shown("a: {\n  \"b\": [\n1\n]\n}\nc: 1\n", "{a: {b: [1]}, c: 1}");
}

static void test_short_tags_become_their_long_form(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref A", "{Ref: 'A'}"},
        {"!Ref 'AWS::Region'", "{Ref: 'AWS::Region'}"},
        {"!Ref 12", "{Ref: '12'}"},
        {"!Condition A", "{Condition: 'A'}"},
        {"!GetAtt A.B", "{Fn::GetAtt: ['A', 'B']}"},
        {"!GetAtt A.Outputs.B", "{Fn::GetAtt: ['A', 'Outputs.B']}"},
        {"!GetAtt [A, B]", "{Fn::GetAtt: ['A', 'B']}"},
        {"!Sub yes", "{Fn::Sub: 'yes'}"},
        {"!Sub ['${A}', {A: 1}]", "{Fn::Sub: ['${A}', {A: 1}]}"},
        {"!Join ['', [a, !Ref B]]", "{Fn::Join: ['', ['a', {Ref: 'B'}]]}"},
        {"!Select [0, [a]]", "{Fn::Select: [0, ['a']]}"},
        {"!Split [',', a]", "{Fn::Split: [',', 'a']}"},
        {"!If [C, a, b]", "{Fn::If: ['C', 'a', 'b']}"},
        {"!Equals [a, b]", "{Fn::Equals: ['a', 'b']}"},
        {"!And [!Condition A, !Condition B]",
         "{Fn::And: [{Condition: 'A'}, {Condition: 'B'}]}"},
        {"!Or [a, b]", "{Fn::Or: ['a', 'b']}"},
        {"!Not [a]", "{Fn::Not: ['a']}"},
        {"!FindInMap [A, B, C]", "{Fn::FindInMap: ['A', 'B', 'C']}"},
        {"!Base64 a", "{Fn::Base64: 'a'}"},
        {"!Base64 {Ref: A}", "{Fn::Base64: {Ref: 'A'}}"},
        {"!GetAZs ''", "{Fn::GetAZs: ''}"},
        {"!ImportValue a", "{Fn::ImportValue: 'a'}"},
        {"!Cidr [a, 1, 8]", "{Fn::Cidr: ['a', 1, 8]}"},
        {"!Transform {Name: a}", "{Fn::Transform: {Name: 'a'}}"},
        {"!Length [a]", "{Fn::Length: ['a']}"},
        {"!ToJsonString {a: 1}", "{Fn::ToJsonString: {a: 1}}"},
        {"!<!Ref> A", "{Ref: 'A'}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[128], shown[128];

        snprintf(text, sizeof(text), "k: %s\n", cases[i][0]);
        snprintf(shown, sizeof(shown), "{k: %s}", cases[i][1]);
        check_shown(text, shown);
    }
}

static void test_aliases_repeat_what_their_anchor_names(void **state)
{
    (void)state;
    check_shown("a: &x [1, 2]\nb: *x\nc: [*x, *x]\n",
                "{a: [1, 2], b: [1, 2], c: [[1, 2], [1, 2]]}");
    check_shown("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{a: 1, b: 1, c: 2, d: 2}");
    check_shown("a: &x !Ref A\nb: *x\n", "{a: {Ref: 'A'}, b: {Ref: 'A'}}");
}

static void test_merged_keys_give_way_to_written_ones(void **state)
{
    (void)state;
    check_shown("d: &d {a: 1, b: 2}\ne: {<<: *d, b: 3}\n",
                "{d: {a: 1, b: 2}, e: {b: 3, a: 1}}");
    check_shown("d: &d {a: 1}\nf: &f {a: 2, b: 3}\ne: {c: 0, <<: [*d, *f]}\n",
                "{d: {a: 1}, f: {a: 2, b: 3}, e: {c: 0, a: 1, b: 3}}");
    check_shown("e: {'<<': 1}\n", "{e: {<<: 1}}");
    check_refused("e: {<<: 1}\n",
                  "error 1:9 << stands before a number | it merges a map that "
                  "an alias names, as in <<: *defaults");
}

/* ---- places -------------------------------------------------------------- */

static void check_place(const struct value *v, unsigned line, unsigned column)
{
    assert_non_null(v);
    assert_string_equal(v->place.file, "d");
    assert_int_equal(v->place.line, line);
    assert_int_equal(v->place.column, column);
}

static void test_values_and_keys_know_their_places(void **state)
{
    struct parsed p = parse_n(STR("\xc3\xa9: 1\n"
                                  "b:\n"
                                  "  - \"x\"\n"
                                  "  - !Ref A\n"
                                  "c: {d: 'e', f: }\n"
                                  "g:\n"));
    const struct value *root = p.root, *b, *c;

    (void)state;
    assert_non_null(root);
    check_place(root, 1, 1);
    check_place(root->first, 1, 4);
    assert_int_equal(root->first->key_place.column, 1);
    b = value_get(root, STR("b"));
    assert_int_equal(b->key_place.line, 2);
    check_place(b, 3, 3);
    check_place(b->first, 3, 5);
    check_place(b->last, 4, 5);
    check_place(b->last->first, 4, 10);
    c = value_get(root, STR("c"));
    check_place(c, 5, 4);
    check_place(c->first, 5, 8);
    check_place(c->last, 5, 13); /* nothing stands at its key */
    check_place(value_get(root, STR("g")), 6, 1);
    end(&p);
}

static void test_places_do_not_depend_on_line_ends(void **state)
{
    static const char *const texts[] = {
        "{\n\"a\": 1,\n\"b\": \"x\"\n}\n",
        "{\r\n\"a\": 1,\r\n\"b\": \"x\"\r\n}\r\n",
        "# a map\na: 1\n\"b\": \"x\"\n",
        "# a map\r\na: 1\r\n\"b\": \"x\"\r\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct parsed p = parse_n(str_of(texts[i]));
        const struct value *b = value_get(p.root, STR("b"));

        check_place(b, 3, 6);
        assert_int_equal(b->key_place.column, 1);
        assert_true(str_eq(b->text, STR("x")));
        end(&p);
    }
}

/* ---- what is refused ----------------------------------------------------- */

static void test_broken_yaml_is_refused_where_it_breaks(void **state)
{
    static const char *const cases[][2] = {
        {"a:\n\tb: 1\n", "error 2:1 a tab stands where YAML takes spaces only "
                         "| indent with spaces"},
        {"a: b: c\n",
         "error 1:5 a second \": \" stands in this line | quote the value when "
         "the colon is part of it: KEY: \"a: b\""},
        {"a:b\nc: d\n",
         "error 1:1 from here on the text is no \"KEY: VALUE\" of one line | "
         "write a colon and a space behind the key; quote text of several "
         "lines, or begin it with |"},
        {"a: 1\nb\n", "error 2:1 this is no \"KEY: VALUE\" | write a colon and "
                      "a space behind the key; indent what belongs to the "
                      "value above"},
        {"a:\n  b: 1\n c: 2\n",
         "error 3:2 this line is indented unlike the lines above it | the keys "
         "of one map stand in the same column"},
        {"a:\n  - b: 1\n   c: 2\n",
         "error 3:4 this line is indented unlike the lines above it | the "
         "dashes of one list stand in the same column, and so do the keys of "
         "one map"},
        {"a:\n  - b\n - c\n",
         "error 3:2 this line is indented unlike the lines above it | the "
         "dashes of one list stand in the same column"},
        {"- a\nb: 1\n",
         "error 2:1 a dash and a value are expected here | write \"- VALUE\" "
         "for one more element, or indent less to end the list"},
        {"a: [1, 2\n", "error 2:1 the document ends before the bracket of line "
                       "1, column 4 is closed | close it; perhaps the file was "
                       "cut"},
        {"a: [1, 2}\n", "error 1:9 this bracket closes what another kind "
                        "opened | close { with } and [ with ]"},
        {"a: [1,, 2]\n", "error 1:7 there is a comma too many | remove it"},
        {"a: \"x\n", "error 1:5 this text has no closing quote | close the "
                     "quote"},
        {"a: \"\\q\"\n", "error 1:5 an escape in this text is unknown | write "
                         "a backslash as \\\\, or use single quotes"},
        {"a: \"b\" c\n", "error 1:8 text goes on behind the closing quote | "
                         "quote the whole value"},
        {"a: @b\n", "error 1:4 a value cannot begin with this character | put "
                    "the value in quotes"},
        {"a: %b\n", "error 1:4 a value cannot begin with this character | put "
                    "the value in quotes"},
        {"a: *\n", "error 1:5 an alias is an asterisk and a name | quote the "
                   "value when the * is part of it"},
        {"a: !e!x b\n", "error 1:4 this tag is unknown | quote the value when "
                        "the ! is part of it"},
        {"[a]: 1\n", "error 1:1 this key is no plain text | a key is a word or "
                     "a number, without tag or alias"},
        {"!Ref a: 1\n", "error 1:6 this key is no plain text | a key is a word "
                        "or a number, without tag or alias"},
        {": 1\n", "error 1:1 a key is missing before the colon | write KEY: "
                  "VALUE; quote text that begins with a colon"},
        {"a: 1\n---\nb: 1\n",
         "error 2:1 a second document begins here | a template is one "
         "document: remove the ---, or give each document its own file"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_refused(cases[i][0], cases[i][1]);
}

static void test_broken_json_is_refused_where_it_breaks(void **state)
{
    static const char *const cases[][2] = {
        {"{\"a\": 1,}", "error 1:8 JSON takes no comma before the closing "
                        "bracket | remove the comma"},
        {"{\"a\": tru}",
         "error 1:7 this is neither text in double quotes, nor a number, true, "
         "false or null | put text in double quotes; JSON has no comments, "
         "and a comma stands between two entries"},
        {"{\n\"a\": 1 // one\n}",
         "error 2:6 this is neither text in double quotes, nor a number, true, "
         "false or null | put text in double quotes; JSON has no comments, and "
         "a comma stands between two entries"},
        {"{\"a\": {\"b\": 1\n}\n", "error 3:1 the document ends before the "
                                   "bracket of line 1, column 1 is closed | "
                                   "close it; perhaps the file was cut"},
        {"{\"a\": 1}}", "error 1:9 there is a } too many, or a { is missing | "
                        "remove it, or open the map with {"},
        {"{\"a\": 1}\n{\"b\": 1}\n",
         "error 2:1 text stands behind the end of the document | remove it, or "
         "put it into the map above"},
        {"{\"a\": \"\\ud83d\"}",
         "error 1:8 a \\u escape in this text is no character | write half of "
         "a pair (\\ud83d\\ude00) together with the other half"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_refused(cases[i][0], cases[i][1]);
}

static void test_a_duplicate_key_is_refused_with_both_places(void **state)
{
    (void)state;
    check_refused("a: 1\nb: 2\na: 3\n",
                  "error 3:1 the key a stands twice in this map; first at line "
                  "1, column 1 | remove one of them, or rename it");
    check_refused("{\"a\": 1, \"b\": {\"c\": 1, \"c\": 1}}",
                  "error 1:24 the key c stands twice in this map; first at "
                  "line 1, column 16 | remove one of them, or rename it");
    check_refused("a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\n"
                  "c: 1\n",
                  "error 10:1 the key c stands twice in this map; first at "
                  "line 3, column 1 | remove one of them, or rename it");
    check_shown("a: {x: 1}\nb: {x: 1}\n", "{a: {x: 1}, b: {x: 1}}");
}

static void test_a_tag_at_the_wrong_shape_is_refused(void **state)
{
    static const char *const cases[][2] = {
        {"a: !Ref [x]\n", "error 1:4 !Ref stands before a list, but takes a "
                          "single value | write it as in !Ref LogicalId"},
        {"a: !Join x\n",
         "error 1:4 !Join stands before a single value, but takes a list | "
         "write it as in !Join ['-', [a, b]]"},
        {"a: !Transform x\n",
         "error 1:4 !Transform stands before a single value, but takes a map | "
         "write it as in !Transform {Name: AWS::Include, Parameters: "
         "{Location: s3://...}}"},
        {"a: !GetAtt x\n",
         "error 1:12 !GetAtt x names no attribute | write the logical id, a "
         "dot and the attribute, as in !GetAtt LoadBalancer.DNSName"},
        {"a: !Ref\nb: 1\n", "error 1:4 nothing stands behind !Ref | write it "
                            "as in !Ref LogicalId"},
        {"a: !Rf x\n", "error 1:4 !Rf is no tag of CloudFormation | did you "
                       "mean !Ref?"},
        {"a: !getatt x.y\n", "error 1:4 !getatt is no tag of CloudFormation | "
                             "did you mean !GetAtt?"},
        {"a: !secret x\n", "error 1:4 !secret is no tag of CloudFormation | "
                           "quote the value if the ! is part of it"},
        {"a: !qqqqqq x\n", "error 1:4 !qqqqqq is no tag of CloudFormation | "
                           "quote the value if the ! is part of it"},
        {"a: !ForEach [x]\n", "error 1:4 Fn::ForEach is not supported | write "
                              "out what the loop would make"},
        {"a: !!binary x\n", "error 1:4 !!binary is not supported | leave the "
                            "tag out and quote the value"},
        {"a: !!map x\n", "error 1:4 !!map stands before a single value, but "
                         "takes a map | write it as in !!map {}"},
        {"a: !Base64 !Sub x\n",
         "error 1:4 nothing stands behind !Base64 | write it as in !Base64 "
         "text\n"
         "error 1:12 a key is expected here | write KEY: VALUE, indented as "
         "the lines above; a value takes one tag only: !Base64 {\"Fn::Sub\": "
         "\"...\"}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_refused(cases[i][0], cases[i][1]);
}

static void test_an_alias_to_nothing_or_to_itself_is_refused(void **state)
{
    (void)state;
    check_refused("a: *x\n",
                  "error 1:4 *x names no anchor | put &NAME before the value "
                  "that it repeats, above this line; or quote it if it is "
                  "text");
    check_refused("a: &x [*x]\n", "error 1:8 *x stands inside of what it names "
                                  "| a value cannot hold itself");
    check_refused("a: &x 1\n*x : 2\n",
                  "error 2:1 this key is no plain text | a key is a word or a "
                  "number, without tag or alias");
}

static void test_bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    check_refused_n(STR("a: \0"), "error 1:4 the file holds a NUL byte | save "
                                  "it as text, in UTF-8");
    check_refused("a: 1\nb: \x01\n",
                  "error 2:4 the file holds a control character (0x01) | "
                  "remove it, or write it as \"\\x01\" in double quotes");
    check_refused("\xc3\xa9: \xe9\n", "error 1:4 the byte 0xe9 is no UTF-8 | "
                                      "save the file as UTF-8");
    check_refused("a: \xed\xa0\x80\n", "error 1:4 the byte 0xed is no UTF-8 | "
                                       "save the file as UTF-8");
    check_refused("a: \xf4\x90\x80\x80\n",
                  "error 1:4 the byte 0xf4 is no UTF-8 | save the file as "
                  "UTF-8");
    check_refused("a: \xe2\x82", "error 1:4 the byte 0xe2 is no UTF-8 | save "
                                 "the file as UTF-8");
    check_refused("a: 1\rb: 2\n",
                  "error 1:5 a carriage return stands without a line feed | "
                  "save the file with line ends LF or CR LF");
    check_refused_n(STR("\xff\xfe"
                        "a\0"),
                    "error 0:0 the file is UTF-16 | save it as UTF-8");
}

static void test_a_file_without_a_document_is_refused(void **state)
{
    (void)state;
    check_refused("", "error 0:0 the file is empty | write a template; "
                      "conf/quickstart.yaml is one");
    check_refused("# none\n\n---\n",
                  "error 0:0 the file holds nothing but space and comments | "
                  "write a template; conf/quickstart.yaml is one");
}

/* ---- caps ---------------------------------------------------------------- */

static char *repeated(const char *begin, const char *part, size_t n,
                      const char *end_)
{
    size_t len = strlen(part);
    char *s = malloc(strlen(begin) + n * len + strlen(end_) + 1), *at = s;

    assert_non_null(s);
    at = stpcpy(at, begin);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, part);
    strcpy(at, end_);
    return s;
}

static void test_depth_is_capped(void **state)
{
    char *closed = repeated("", "]", DOCUMENT_DEPTH_MAX, "");
    char *deepest = repeated("", "[", DOCUMENT_DEPTH_MAX, closed);
    char *deeper = repeated("", "[", DOCUMENT_DEPTH_MAX + 1, "");
    char *much = repeated("", "- ", 100000, "x");
    struct parsed p = parse_n(str_of(deepest));

    (void)state;
    assert_non_null(p.root);
    end(&p);
    check_refused(deeper,
                  "error 1:257 the document is more than 256 levels deep "
                  "| use fewer levels");
    check_refused(much, "error 1:513 the document is more than 256 levels deep "
                        "| use fewer levels");
    free(closed);
    free(deepest);
    free(deeper);
    free(much);
}

static void test_aliases_count_for_the_depth(void **state)
{
    static char text[16 * 1024];
    struct text t = text_in(text, sizeof(text));
    struct parsed p;

    (void)state;
    TEXT_LITERAL(&t, "a0: &a0 [1]\n");
    for (int i = 1; i < 270; i++)
        text_printf(&t, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    assert_true(text_ok(&t));
    p = parse_n(text_str(&t));
    assert_null(p.root);
    assert_non_null(strstr(loading_problems(p.l),
                           "the document is more than 256 levels deep"));
    end(&p);
}

static void test_a_billion_laughs_are_refused(void **state)
{
    char text[4096];
    struct text t = text_in(text, sizeof(text));
    struct parsed p;

    (void)state;
    TEXT_LITERAL(&t, "a0: &a0 [lol]\n");
    for (int i = 1; i < 12; i++) {
        text_printf(&t, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            text_printf(&t, "%s*a%d", j ? ", " : "", i - 1);
        TEXT_LITERAL(&t, "]\n");
    }
    p = parse_n(text_str(&t));
    assert_null(p.root);
    assert_string_equal(
        loading_problems(p.l),
        "warning 2:10 *a0 is a YAML alias: CloudFormation reads none | write "
        "the value out where the template is to be deployed\n"
        "error 6:50 the document holds more than 200000 values, with what "
        "aliases (*name) repeat | split it, or use fewer aliases");
    end(&p);
}

static void test_the_number_of_values_and_anchors_is_capped(void **state)
{
    char *values = repeated("[", "a,", DOCUMENT_VALUES_MAX + 1, "]");
    char *anchors = repeated("[", "&a 1,", 1001, "]");

    (void)state;
    check_refused(values,
                  "error 1:400000 the document holds more than 200000 values, "
                  "with what aliases (*name) repeat | split it, or use fewer "
                  "aliases");
    check_refused(anchors, "error 1:5003 the document has more than 1000 "
                           "anchors (&name) | write the values out");
    free(values);
    free(anchors);
}

/* ---- files --------------------------------------------------------------- */

static void check_unreadable(const char *file, const char *problems)
{
    struct loading *l = loading_new();
    struct str text;

    assert_false(document_read(file, &l->report.region, &text, &l->report));
    assert_string_equal(loading_problems(l), problems);
    assert_string_equal(l->report.first->place.file, file);
    loading_free(l);
}

static void write_file(const char *name, size_t n)
{
    FILE *file = fopen(name, "wb");

    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        fputc(i % 64 == 63 ? '\n' : ' ', file);
    assert_int_equal(fclose(file), 0);
}

static void test_a_file_is_read_whole(void **state)
{
    struct loading *l = loading_new();
    struct str text;

    (void)state;
    write_file("web.yaml", DOCUMENT_BYTES_MAX);
    assert_true(
        document_read("web.yaml", &l->report.region, &text, &l->report));
    assert_int_equal(text.n, DOCUMENT_BYTES_MAX);
    assert_int_equal(text.p[63], '\n');
    loading_free(l);
    write_file("large.yaml", DOCUMENT_BYTES_MAX + 1);
    check_unreadable("large.yaml", "error 0:0 the file is larger than 4 MiB | "
                                   "CloudFormation takes 1 MiB: is this a "
                                   "template?");
}

static void test_a_missing_file_is_refused_with_the_nearest_one(void **state)
{
    (void)state;
    write_file("web.yaml", 1);
    check_unreadable("web.yml", "error 0:0 cannot open it: No such file or "
                                "directory | did you mean web.yaml?");
    check_unreadable("./web.yaml.", "error 0:0 cannot open it: No such file or "
                                    "directory | did you mean ./web.yaml?");
    check_unreadable("no/web.yaml", "error 0:0 cannot open it: No such file or "
                                    "directory | check the path and its "
                                    "permissions");
}

static void test_a_folder_is_refused_with_its_templates(void **state)
{
    (void)state;
    assert_int_equal(mkdir("cdk.out", 0700), 0);
    check_unreadable("cdk.out", "error 0:0 this is a folder, not a template | "
                                "give a template file; `cdk synth` writes them "
                                "as cdk.out/NAME.template.json");
    write_file("cdk.out/Web.template.json", 1);
    write_file("cdk.out/manifest.json", 1);
    check_unreadable("cdk.out", "error 0:0 this is a folder, not a template | "
                                "give the templates in it by name: "
                                "cdk.out/Web.template.json");
}

static void test_standard_input_is_a_file(void **state)
{
    struct loading *l = loading_new();
    int pipe_[2], saved = dup(STDIN_FILENO);
    struct str text;

    (void)state;
    assert_int_equal(pipe(pipe_), 0);
    assert_int_equal(write(pipe_[1], "a: 1", 4), 4);
    close(pipe_[1]);
    dup2(pipe_[0], STDIN_FILENO);
    close(pipe_[0]);
    assert_true(document_read("-", &l->report.region, &text, &l->report));
    assert_true(str_eq(text, STR("a: 1")));
    dup2(saved, STDIN_FILENO);
    close(saved);
    loading_free(l);
}

static void test_nothing_is_printed(void **state)
{
    char *name = strdup("/tmp/sluice-test-XXXXXX");
    int saved = dup(STDERR_FILENO), fd = mkstemp(name);
    struct stat st;

    (void)state;
    assert_true(fd >= 0);
    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    check_refused("%FOO\n---\na: [1\n",
                  "error 4:1 the document ends before the bracket of line 3, "
                  "column 4 is closed | close it; perhaps the file was cut");
    check_refused("%YAML 9.9\n---\na: 1\n",
                  "error 0:0 it cannot be read as YAML: unsupport version "
                  "number 9.9 | check it with another tool");
    check_refused("a: b: c\n",
                  "error 1:5 a second \": \" stands in this line | quote the "
                  "value when the colon is part of it: KEY: \"a: b\"");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    unlink(name);
    free(name);
    assert_int_equal(st.st_size, 0);
}

/* ---- a folder of our own ------------------------------------------------- */

static char folder[] = "/tmp/sluice-test-XXXXXX";

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave(void **state)
{
    (void)state;
    unlink("web.yaml");
    unlink("large.yaml");
    unlink("cdk.out/Web.template.json");
    unlink("cdk.out/manifest.json");
    rmdir("cdk.out");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_scalars_are_what_yaml_1_1_says),
        cmocka_unit_test(test_yaml_and_json_give_the_same_values),
        cmocka_unit_test(test_texts_keep_their_characters),
        cmocka_unit_test(test_json_within_yaml_may_close_at_the_margin),
        cmocka_unit_test(test_short_tags_become_their_long_form),
        cmocka_unit_test(test_aliases_repeat_what_their_anchor_names),
        cmocka_unit_test(test_merged_keys_give_way_to_written_ones),
        cmocka_unit_test(test_values_and_keys_know_their_places),
        cmocka_unit_test(test_places_do_not_depend_on_line_ends),
        cmocka_unit_test(test_broken_yaml_is_refused_where_it_breaks),
        cmocka_unit_test(test_broken_json_is_refused_where_it_breaks),
        cmocka_unit_test(test_a_duplicate_key_is_refused_with_both_places),
        cmocka_unit_test(test_a_tag_at_the_wrong_shape_is_refused),
        cmocka_unit_test(test_an_alias_to_nothing_or_to_itself_is_refused),
        cmocka_unit_test(test_bytes_that_are_no_text_are_refused),
        cmocka_unit_test(test_a_file_without_a_document_is_refused),
        cmocka_unit_test(test_depth_is_capped),
        cmocka_unit_test(test_aliases_count_for_the_depth),
        cmocka_unit_test(test_a_billion_laughs_are_refused),
        cmocka_unit_test(test_the_number_of_values_and_anchors_is_capped),
        cmocka_unit_test(test_a_file_is_read_whole),
        cmocka_unit_test(test_a_missing_file_is_refused_with_the_nearest_one),
        cmocka_unit_test(test_a_folder_is_refused_with_its_templates),
        cmocka_unit_test(test_standard_input_is_a_file),
        cmocka_unit_test(test_nothing_is_printed),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
