/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes that many actions of wafv2 have.
 */
#include "api/tags.h"
#include "api/waf.h"

const char *const wafv2_scopes[] = {"CLOUDFRONT", "REGIONAL", NULL};

static bool is_word(char c)
{
    char lower = str_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool wafv2_is_name(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_word(text.p[i]) && text.p[i] != '-')
            return false;
    }
    return text.n > 0;
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

bool wafv2_is_told(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_blank(text.p[i]))
            return true;
    }
    return false;
}

static const struct member named_members[] = {
    WAF_MEMBER_NAME,
    WAF_MEMBER_SCOPE,
    WAF_MEMBER_ID,
};
const struct shape wafv2_named_shape = SHAPE_OF(named_members);

static const struct member locked_members[] = {
    WAF_MEMBER_NAME,
    WAF_MEMBER_SCOPE,
    WAF_MEMBER_ID,
    WAF_MEMBER_LOCK,
};
const struct shape wafv2_locked_shape = SHAPE_OF(locked_members);

static const struct member list_members[] = {
    WAF_MEMBER_SCOPE,
    WAF_MEMBERS_OF_PAGE,
};
const struct shape wafv2_list_shape = SHAPE_OF(list_members);

static const struct member tag_members[] = {
    {.name = "Key", .required = true, .min = 1, .max = 128, TAG_TEXT},
    {.name = "Value", .required = true, .max = 256, TAG_TEXT},
};
const struct shape wafv2_tag_shape = SHAPE_OF(tag_members);
