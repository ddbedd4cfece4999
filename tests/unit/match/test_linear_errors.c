/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "match/linear_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOT_HAD ", which ALB's regular expressions do not have"

static const struct trial {
    const char *pattern;
    const char *error;
} left_out[] = {
    {"a(?=b)", "character 2: \"(?=\" is a look-ahead" NOT_HAD},
    {"a(?!b)", "character 2: \"(?!\" is a look-ahead" NOT_HAD},
    {"(?<=a)b", "character 1: \"(?<=\" is a look-behind" NOT_HAD},
    {"(?<!a)b", "character 1: \"(?<!\" is a look-behind" NOT_HAD},
    {"(?>a)", "character 1: \"(?>\" is an atomic group" NOT_HAD},
    {"(?|a)", "character 1: \"(?|\" is a branch reset" NOT_HAD},
    {"(?#a)", "character 1: \"(?#\" is a comment" NOT_HAD},
    {"(a)(?(1)b)", "character 4: \"(?(\" is a conditional" NOT_HAD},
    {"(?R)", "character 1: \"(?R\" is a recursion" NOT_HAD},
    {"(a)(?1)", "character 4: \"(?1\" is a recursion" NOT_HAD},
    {"(a)(?-1)", "character 4: \"(?-1\" is a recursion" NOT_HAD},
    {"(a)(?+1)", "character 4: \"(?+\" is a recursion" NOT_HAD},
    {"(?<a>b)(?&a)", "character 8: \"(?&\" is a recursion" NOT_HAD},
    {"(?P<a>b)(?P>a)", "character 9: \"(?P>\" is a recursion" NOT_HAD},
    {"(?P<a>b)(?P=a)", "character 9: \"(?P=\" is a backreference" NOT_HAD},
    {"(?C1)", "character 1: \"(?C\" is a callout" NOT_HAD},
    {"a*+", "character 2: \"*+\" is a possessive quantifier" NOT_HAD},
    {"a++", "character 2: \"++\" is a possessive quantifier" NOT_HAD},
    {"a?+", "character 2: \"?+\" is a possessive quantifier" NOT_HAD},
    {"a{1,2}+", "character 2: \"{1,2}+\" is a possessive quantifier" NOT_HAD},
    {"(a)\\1", "character 4: \"\\1\" is a backreference" NOT_HAD},
    {"(a)\\18", "character 4: \"\\1\" is a backreference" NOT_HAD},
    {"\\9", "character 1: \"\\9\" is a backreference" NOT_HAD},
    {"\\k<a>", "character 1: \"\\k\" is a backreference" NOT_HAD},
    {"\\g1", "character 1: \"\\g\" is a backreference" NOT_HAD},
    {"\\p{L}", "character 1: \"\\p\" is a Unicode class" NOT_HAD
               "; write the characters out, as in [A-Za-z]"},
    {"\xc3\xa9\\PN", "character 2: \"\\P\" is a Unicode class" NOT_HAD
                     "; write the characters out, as in [A-Za-z]"},
    {"\\X", "character 1: \"\\X\" is a Unicode grapheme" NOT_HAD},
    {"\\K", "character 1: \"\\K\" is a reset of the match's begin" NOT_HAD},
    {"\\G", "character 1: \"\\G\" is the end of the match before" NOT_HAD},
    {"a\\Z", "character 2: \"\\Z\" is the end of the text or its last "
             "line" NOT_HAD "; write \"\\n?\\z\""},
    {"\\R", "character 1: \"\\R\" is any line break" NOT_HAD
            "; write \"(?:\\r\\n|\\r|\\n)\""},
    {"\\h",
     "character 1: \"\\h\" is horizontal space" NOT_HAD "; write \"[ \\t]\""},
    {"\\H", "character 1: \"\\H\" is no horizontal space" NOT_HAD
            "; write \"[^ \\t]\""},
    {"\\V", "character 1: \"\\V\" is no vertical space" NOT_HAD
            "; write \"[^\\n\\v\\f\\r]\""},
    {"\\N",
     "character 1: \"\\N\" is no line break" NOT_HAD "; write \"[^\\n]\""},
    {"\\e", "character 1: \"\\e\" is the escape character" NOT_HAD
            "; write \"\\x1B\""},
    {"\\cA", "character 1: \"\\c\" is a control character" NOT_HAD
             "; write \"\\xHH\" with its code"},
    {"\\o{1}", "character 1: \"\\o\" is an octal character" NOT_HAD
               "; write \"\\xHH\" with its code"},
    {"\\u0041", "character 1: \"\\u\" is a Unicode character or a change of "
                "case" NOT_HAD "; write the character"},
    {"\\L", "character 1: \"\\L\" is a change of case" NOT_HAD
            "; write the character"},
    {"[a\\p{L}]", "character 3: \"\\p\" is a Unicode class" NOT_HAD
                  "; write the characters out, as in [A-Za-z]"},
};

static const struct trial wrong[] = {
    /* groups */
    {"(a", "character 1: \"(\" is not closed with \")\"; write \"\\(\" for the "
           "character itself"},
    {"a(b(c)", "character 2: \"(\" is not closed with \")\"; write \"\\(\" for "
               "the character itself"},
    {"ab)c", "character 3: \")\" closes no group; write \"\\)\" for the "
             "character itself"},
    {"(?P<a", "character 1: \"(?P<\" needs a name of letters, digits and "
              "\"_\", then \">\""},
    {"a(?<>b)", "character 2: \"(?<\" needs a name of letters, digits and "
                "\"_\", then \">\""},
    {"(?<a-b>c)", "character 1: \"(?<\" needs a name of letters, digits and "
                  "\"_\", then \">\""},
    {"(?<a>b)(?P<a>c)", "character 8: two groups have the name \"a\""},
    {"(?x)a", "character 3: \"x\" is no flag after \"(?\"; ALB's regular "
              "expressions have i, m, s and U"},
    {"(?i\xc3\xa9)a", "character 4: \"\xc3\xa9\" is no flag after \"(?\"; "
                      "ALB's regular expressions have i, m, s and U"},
    {"(?i--s)a", "character 5: \"-\" is no flag after \"(?\"; ALB's regular "
                 "expressions have i, m, s and U"},
    {"(?'n'a)", "character 3: \"'\" is no flag after \"(?\"; ALB's regular "
                "expressions have i, m, s and U"},
    {"(?", "character 1: \"(?\" is not closed with \")\""},
    {"a(?i", "character 2: \"(?\" is not closed with \")\""},
    {"(?i-)a", "character 1: \"(?-\" needs a flag after the \"-\""},
    /* quantifiers */
    {"*.example.com", "character 1: \"*\" has nothing to repeat; write \".*\" "
                      "for any text, \"\\*\" for the character itself"},
    {"+", "character 1: \"+\" has nothing to repeat; write \"\\+\" for the "
          "character itself"},
    {"a|?", "character 3: \"?\" has nothing to repeat; write \"\\?\" for the "
            "character itself"},
    {"({2}a)", "character 2: \"{2}\" has nothing to repeat; write \"\\{2}\" "
               "for the character itself"},
    {"a(?i)+", "character 6: \"+\" has nothing to repeat; write \"\\+\" for "
               "the character itself"},
    {"a**", "character 3: \"*\" follows another quantifier; put what it "
            "repeats between \"(?:\" and \")\""},
    {"a+*", "character 3: \"*\" follows another quantifier; put what it "
            "repeats between \"(?:\" and \")\""},
    {"a{2}{3}", "character 5: \"{3}\" follows another quantifier; put what it "
                "repeats between \"(?:\" and \")\""},
    {"a??\?", "character 4: \"?\" follows another quantifier; put what it "
              "repeats between \"(?:\" and \")\""},
    {"a{1001}", "character 2: \"{1001}\" repeats more than 1000 times"},
    {"a{5,99999999999999}",
     "character 2: \"{5,99999999999999}\" repeats more than 1000 times"},
    {"a{1001,}", "character 2: \"{1001,}\" repeats more than 1000 times"},
    {"a{3,2}", "character 2: \"{3,2}\" has a maximum below its minimum; turn "
               "them round"},
    {"x(a{1000}){20}y",
     "character 11: \"{20}\" makes the regular expression too large: more "
     "than 5000 instructions; let it repeat less"},
    {"((a{100}){100}){100}",
     "character 10: \"{100}\" makes the regular expression too large: more "
     "than 5000 instructions; let it repeat less"},
    {"(?:ab){1000}(?:a{19}){999}",
     "character 22: \"{999}\" makes the regular expression too large: more "
     "than 5000 instructions; let it repeat less"},
    {"((((((a{1000}){1000}){1000}){1000}){1000}){1000})*",
     "character 15: \"{1000}\" makes the regular expression too large: more "
     "than 5000 instructions; let it repeat less"},
    /* classes */
    {"a[bc", "character 2: \"[\" is not closed with \"]\"; write \"\\[\" for "
             "the character itself"},
    {"[]", "character 1: \"[\" is not closed with \"]\"; write \"\\[\" for "
           "the character itself"},
    {"[^]", "character 1: \"[\" is not closed with \"]\"; write \"\\[\" for "
            "the character itself"},
    {"[", "character 1: \"[\" is not closed with \"]\"; write \"\\[\" for "
          "the character itself"},
    {"[a-", "character 1: \"[\" is not closed with \"]\"; write \"\\[\" for "
            "the character itself"},
    {"[z-a]", "character 2: the range \"z-a\" ends before it begins; turn it "
              "round"},
    {"[\\x41-\\x40]", "character 2: the range \"\\x41-\\x40\" ends before it "
                      "begins; turn it round"},
    {"[a-\\d]", "character 2: \"a-\\d\" is no range: \"\\d\" is more than one "
                "character; write the \"-\" last in the class"},
    {"[[:alhpa:]]", "character 2: \"[:alhpa:]\" is no class; did you mean "
                    "\"[:alpha:]\"?"},
    {"[[:zzzzzz:]]",
     "character 2: \"[:zzzzzz:]\" is no class; there are [:alnum:], "
     "[:alpha:], [:digit:], [:lower:], [:punct:], [:space:], [:upper:], "
     "[:word:] and others of POSIX's"},
    {"[a\xc3\xa9]",
     "character 3: \"\xc3\xa9\" is not ASCII and cannot stand in a class; "
     "write it outside of the class, with \"|\""},
    {"[\\b]", "character 2: \"\\b\" has no place in a class: it stands for no "
              "character"},
    {"[\\Qa\\E]", "character 2: \"\\Q\" has no place in a class"},
    /* escapes */
    {"a\\", "character 2: \"\\\" stands at the end; write \"\\\\\" for the "
            "character itself"},
    {"[\\", "character 2: \"\\\" stands at the end; write \"\\\\\" for the "
            "character itself"},
    {"\\y", "character 1: \"\\y\" is no escape; write \"y\" for the character "
            "itself"},
    {"a\\E", "character 2: \"\\E\" ends no \"\\Q\""},
    {"\\\xc3\xa9", "character 1: \"\\\" stands in front of a character that "
                   "needs no escape; leave it out"},
    {"\\x4", "character 1: \"\\x\" needs two hexadecimal digits, as in "
             "\"\\x2F\" or \"\\x{2F}\""},
    {"\\x", "character 1: \"\\x\" needs two hexadecimal digits, as in "
            "\"\\x2F\" or \"\\x{2F}\""},
    {"\\x{}", "character 1: \"\\x\" needs two hexadecimal digits, as in "
              "\"\\x2F\" or \"\\x{2F}\""},
    {"\\x{41", "character 1: \"\\x\" needs two hexadecimal digits, as in "
               "\"\\x2F\" or \"\\x{2F}\""},
    {"\\x{100}", "character 1: \"\\x{\" has a code above FF; write the "
                 "character itself, or its bytes"},
    {"\\777", "character 1: \"\\777\" is an octal code above 377; write the "
              "character itself, or its bytes"},
};

static void check_refused(struct str pattern, const char *expected)
{
    struct error error = {{0}};
    struct linear *regex = linear_new(pattern, false, &error);

    linear_free(regex);
    if (regex)
        fail_msg(STR_FMT " is not refused", STR_ARG(pattern));
    assert_string_equal(error.text, expected);
}

static void test_what_alb_does_not_have_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(left_out); i++)
        check_refused(str_of(left_out[i].pattern), left_out[i].error);
}

static void test_what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        check_refused(str_of(wrong[i].pattern), wrong[i].error);
}

static struct str times(struct text *t, const char *unit, unsigned n)
{
    t->n = 0;
    for (unsigned i = 0; i < n; i++)
        text_str_put(t, str_of(unit));
    assert_true(text_ok(t));
    return text_str(t);
}

static void test_a_pattern_has_at_most_1024_characters(void **state)
{
    static char buffer[8192];
    struct text t = text_in(buffer, sizeof(buffer));
    struct error error = {{0}};
    struct linear *regex;

    (void)state;
    check_refused(times(&t, "a", LINEAR_PATTERN_MAX + 1),
                  "the regular expression is 1025 characters long; it may have "
                  "1024");
    check_refused(times(&t, "\xc3\xa9", LINEAR_PATTERN_MAX + 1),
                  "the regular expression is 1025 characters long; it may have "
                  "1024");
    regex =
        linear_new(times(&t, "\xc3\xa9", LINEAR_PATTERN_MAX), false, &error);
    assert_non_null(regex);
    linear_free(regex);
    /* bytes that are no characters are not without a bound either */
    assert_null(linear_new(times(&t, "\x80", 8000), false, &error));
}

static void test_groups_are_nested_at_most_50_deep(void **state)
{
    static char buffer[1024];
    struct text t = text_in(buffer, sizeof(buffer));
    struct error error = {{0}};
    struct linear *regex;

    (void)state;
    check_refused(times(&t, "(", LINEAR_DEPTH_MAX + 1),
                  "character 51: groups are nested more than 50 deep");
    check_refused(times(&t, "(?i:", LINEAR_DEPTH_MAX + 1),
                  "character 201: groups are nested more than 50 deep");
    times(&t, "(", LINEAR_DEPTH_MAX);
    for (unsigned i = 0; i < LINEAR_DEPTH_MAX; i++)
        text_char(&t, ')');
    regex = linear_new(text_str(&t), false, &error);
    assert_non_null(regex);
    linear_free(regex);
}

/* Each begin of a pattern that has everything is a pattern or an error. */
static void test_a_pattern_may_end_anywhere(void **state)
{
    static const char all[] =
        "^(?i:a|\\x{41}|\\101)[^]a-z[:alpha:]\\d-]{1,3}?(?P<n>\\Qa\\E+)\\b$";

    (void)state;
    for (size_t n = 0; n < sizeof(all); n++) {
        struct error error = {{0}};
        char *exact = malloc(n ? n : 1); /* so that a read behind it is seen */
        struct linear *regex;

        assert_non_null(exact);
        memcpy(exact, all, n);
        regex = linear_new(str_make(exact, n), false, &error);
        assert_true((regex == NULL) == (error.text[0] != '\0'));
        linear_free(regex);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_alb_does_not_have_is_refused_by_name),
        cmocka_unit_test(test_what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(test_a_pattern_has_at_most_1024_characters),
        cmocka_unit_test(test_groups_are_nested_at_most_50_deep),
        cmocka_unit_test(test_a_pattern_may_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
