/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tags.h"

/* Of ASCII what AWS takes.  Of the rest everything: what is no letter, number
 * or blank there is not worth the tables. */
bool tag_is_text(struct str text)
{
    static const char others[] = " _.:/=+-@";

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        char lower = str_lower(c);

        if ((unsigned char)c < 0x80 && !(lower >= 'a' && lower <= 'z') &&
            !(c >= '0' && c <= '9') && strchr(others, c) == NULL)
            return false;
    }
    return true;
}

static const struct member members[] = {
    {.name = "Key", .required = true, .min = 1, .max = 128, TAG_TEXT},
    {.name = "Value", .max = 256, TAG_TEXT},
};

const struct shape tag_shape = SHAPE_OF(members);

static bool check_key(struct call *call, const struct value *tags,
                      const struct value *tag)
{
    struct str key = member_text(tag, "Key");

    if (str_istarts(key, STR("aws:")))
        return call_refuse(call, "ValidationError",
                           "Tag key '" STR_FMT
                           "' cannot begin with 'aws:', which AWS keeps for "
                           "itself",
                           STR_ARG(key));
    for (const struct value *v = tags->first; v != tag; v = v->next) {
        if (str_eq(member_text(v, "Key"), key))
            return call_refuse(call, "DuplicateTagKeys",
                               "Tag key '" STR_FMT "' is given more than once",
                               STR_ARG(key));
    }
    return true;
}

bool tags_check(struct call *call, const struct value *tags)
{
    if (tags == NULL)
        return true;
    if (value_count(tags) > TAGS_MAX)
        return call_refuse(call, "TooManyTags",
                           "A resource can have %d tags at most", TAGS_MAX);
    for (const struct value *v = tags->first; v; v = v->next) {
        if (!check_key(call, tags, v))
            return false;
    }
    return true;
}
