/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_attributes.h"

enum { LOAD_BALANCER_ATTRIBUTES_MAX = 20 /* of one call */ };

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = str_lower(key.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' &&
            c != '_')
            return false;
    }
    return key.n > 0;
}

static const struct member members[] = {
    {.name = "Key",
     .kind = MEMBER_TEXT,
     .max = 256,
     .fits = is_key,
     .pattern = "^[a-zA-Z0-9._]+$"},
    {.name = "Value", .kind = MEMBER_TEXT, .max = 1024},
};

const struct shape attribute_member_shape = SHAPE_OF(members);

static const char *const owner_words[] = {"Load balancer", "Target group",
                                          "Listener"};

/* ---- what is given --------------------------------------------------------------- */

static void unknown(struct call *call, enum attribute_owner owner,
                    struct str key)
{
    if (attribute_is_foreign(key))
        call_refuse(call, "InvalidConfigurationRequest",
                    "%s attribute key '" STR_FMT
                    "' is not supported on load balancers with type "
                    "'application'",
                    owner_words[owner], STR_ARG(key));
    else
        call_refuse(call, "ValidationError",
                    "%s attribute key '" STR_FMT "' is not recognized",
                    owner_words[owner], STR_ARG(key));
}

static bool bad_value(struct call *call, const struct attribute *attribute,
                      struct str value)
{
    char buffer[256];
    struct text values = text_in(buffer, sizeof(buffer));

    attribute_put_values(&values, attribute);
    return call_refuse(call,
                       attribute->kind == ATTRIBUTE_TRUE
                           ? "InvalidConfigurationRequest"
                           : "ValidationError",
                       "%s attribute '%s' cannot have the value '" STR_FMT
                       "': it takes " STR_FMT,
                       owner_words[attribute->owner], attribute->name,
                       STR_ARG(value), STR_ARG(text_str(&values)));
}

static bool given_before(const struct value *list, const struct value *entry)
{
    struct str key = member_text(entry, "Key");

    for (const struct value *v = list->first; v != entry; v = v->next) {
        if (str_eq(member_text(v, "Key"), key))
            return true;
    }
    return false;
}

static bool check(struct call *call, enum attribute_owner owner,
                  const struct value *list, const struct value *entry)
{
    struct str key = member_text(entry, "Key");
    struct str value = member_text(entry, "Value");
    const struct attribute *attribute = attribute_find(owner, key);

    if (attribute == NULL) {
        unknown(call, owner, key);
        return false;
    }
    if (given_before(list, entry))
        return call_refuse(call, "ValidationError",
                           "%s attribute key '" STR_FMT
                           "' is specified more than once",
                           owner_words[owner], STR_ARG(key));
    if (owner == OWNER_LISTENER && value.n == 0)
        return true; /* back to the default */
    return attribute_set(attribute, NULL, value, NULL) ||
           bad_value(call, attribute, value);
}

static const struct value *find(const struct value *list, struct str key)
{
    const struct value *v = list ? list->first : NULL;

    while (v && !str_eq(member_text(v, "Key"), key))
        v = v->next;
    return v;
}

static void add(struct region *region, struct value *list,
                const struct value *entry)
{
    struct value *made = add_map(region, list);

    put_text(region, made, "Key", member_text(entry, "Key"));
    put_text(region, made, "Value", member_text(entry, "Value"));
}

/* Those that stay as they were, then those that are given. */
static struct value *merge(struct call *call, enum attribute_owner owner,
                           const struct value *before,
                           const struct value *given)
{
    struct value *list = make_list(call->region);

    for (const struct value *v = before ? before->first : NULL; v;
         v = v->next) {
        if (find(given, member_text(v, "Key")) == NULL)
            value_append(list, value_copy(call->region, v));
    }
    for (const struct value *v = given->first; v; v = v->next) {
        if (owner != OWNER_LISTENER || member_text(v, "Value").n)
            add(call->region, list, v);
    }
    return list;
}

struct value *attributes_change(struct call *call, enum attribute_owner owner,
                                const struct value *before)
{
    const struct value *given = call_get(call, "Attributes");

    if (owner == OWNER_LOAD_BALANCER &&
        value_count(given) > LOAD_BALANCER_ATTRIBUTES_MAX) {
        call_refuse(call, "ValidationError",
                    "1 validation error detected: Value at 'attributes' failed "
                    "to satisfy constraint: Member must have length less than "
                    "or equal to %d",
                    LOAD_BALANCER_ATTRIBUTES_MAX);
        return NULL;
    }
    for (const struct value *v = given->first; v; v = v->next) {
        if (!check(call, owner, given, v))
            return NULL;
    }
    return merge(call, owner, before, given);
}

/* ---- what there is --------------------------------------------------------------- */

void attributes_tell(struct call *call, enum attribute_owner owner,
                     const struct value *given, const struct value *initial)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "Attributes");

    for (unsigned i = 0; i < nattributes; i++) {
        const struct attribute *a = &attributes[i];
        const struct value *entry = find(given, str_of(a->name));
        const struct value *other = value_get(initial, str_of(a->name));
        struct value *made;

        if (a->owner != owner)
            continue;
        made = add_map(region, list);
        put_text(region, made, "Key", str_of(a->name));
        put_text(region, made, "Value",
                 entry   ? member_text(entry, "Value")
                 : other ? other->text
                         : str_of(a->initial));
    }
    call->result = result;
}
