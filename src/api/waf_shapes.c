/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes that many actions of wafv2 have.
 */
#include "api/tags.h"
#include "api/waf_shape.h"

const char *const wafv2_scopes[] = {"CLOUDFRONT", "REGIONAL", NULL};

static bool is_word(char c)
{
    char lower = str_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool wafv2_is_uuid(struct str text)
{
    if (text.n != 36)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text.p[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool wafv2_is_description(struct str text)
{
    static const char others[] = "+=:#@/-,.";

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool inside = i > 0 && i + 1 < text.n;

        if (!is_word(c) && (c == '\0' || strchr(others, c) == NULL) &&
            !(inside && is_blank(c)))
            return false;
    }
    return text.n >= 3;
}

static bool is_of(struct str text, const char *others)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!is_word(c) && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return text.n > 0;
}

bool wafv2_is_name(struct str text)
{
    return is_of(text, "-");
}

bool wafv2_is_label(struct str text)
{
    return is_of(text, "-:");
}

bool wafv2_is_namespace(struct str text)
{
    return text.n > 1 && is_of(text, "-:") && text.p[text.n - 1] == ':';
}

bool wafv2_is_metric(struct str text)
{
    return is_of(text, "#:.-/");
}

bool wafv2_is_header(struct str text)
{
    return is_of(text, "-") && memchr(text.p, '_', text.n) == NULL;
}

bool wafv2_is_inserted(struct str text)
{
    return is_of(text, ".$-");
}

bool wafv2_is_domain(struct str text)
{
    return is_of(text, ".-/");
}

bool wafv2_is_line(struct str text)
{
    return memchr(text.p, '\n', text.n) == NULL &&
           memchr(text.p, '\r', text.n) == NULL;
}

bool wafv2_is_pointer(struct str text)
{
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] == '~' &&
            (i + 1 == text.n || (text.p[i + 1] != '0' && text.p[i + 1] != '1')))
            return false;
    }
    return text.n && text.p[0] == '/';
}

bool wafv2_is_path(struct str text)
{
    return text.n && text.p[0] == '/' && memchr(text.p, ' ', text.n) == NULL;
}

bool wafv2_is_told(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_blank(text.p[i]))
            return true;
    }
    return false;
}

static const struct member named_members[] = {
    WAFV2_MEMBER_NAME,
    WAFV2_MEMBER_SCOPE,
    WAFV2_MEMBER_ID,
};
const struct shape wafv2_named_shape = SHAPE_OF(named_members);

static const struct member either_members[] = {
    NAME(MAY, "Name", 128),
    WORD(MAY, "Scope", wafv2_scopes),
    {.name = "Id", WAFV2_UUID},
    ARN(MAY, "ARN"),
};
const struct shape wafv2_either_shape = SHAPE_OF(either_members);

static const struct member locked_members[] = {
    WAFV2_MEMBER_NAME,
    WAFV2_MEMBER_SCOPE,
    WAFV2_MEMBER_ID,
    WAFV2_MEMBER_LOCK,
};
const struct shape wafv2_locked_shape = SHAPE_OF(locked_members);

static const struct member list_members[] = {
    WAFV2_MEMBER_SCOPE,
    WAFV2_MEMBERS_OF_PAGE,
};
const struct shape wafv2_list_shape = SHAPE_OF(list_members);

static const struct member tag_members[] = {
    {.name = "Key", .required = true, .min = 1, .max = 128, TAG_TEXT},
    {.name = "Value", .required = true, .max = 256, TAG_TEXT},
};
const struct shape wafv2_tag_shape = SHAPE_OF(tag_members);

static const struct member regex_members[] = {
    {.name = "RegexString",
     .kind = MEMBER_TEXT,
     .min = 1,
     .max = 512,
     .fits = wafv2_is_line,
     .pattern = ".*"},
};
const struct shape wafv2_regex_shape = SHAPE_OF(regex_members);

const struct shape wafv2_empty_shape = {.members = NULL};
