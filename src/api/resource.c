/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resource.h"

#include "model/instant.h"

static void put_copy(struct region *region, struct value *map, struct str key,
                     const struct value *value)
{
    value_put(region, map, key, value_copy(region, value));
}

static void put_all(struct region *region, struct value *map,
                    const struct value *from)
{
    for (const struct value *v = from ? from->first : NULL; v; v = v->next)
        put_copy(region, map, v->key, v);
}

struct str resource_make(struct call *call, const struct account_view *view,
                         const char *word, const char *type,
                         const struct value *properties,
                         const struct value *sluice)
{
    struct region *region = call->region;
    struct str id = call_new_id(call);
    struct str logical = region_printf(region, "%s" STR_FMT, word, STR_ARG(id));
    struct value *resource = make_map(region);
    struct value *own;

    put_text(region, resource, "Type", str_of(type));
    put_copy(region, resource, STR("Properties"), properties);
    own = put_map(region, put_map(region, resource, "Metadata"), "Sluice");
    put_text(region, own, "Id", id);
    put_text(region, own, "Created", instant_text(region, view->now_ms));
    put_all(region, own, sluice);
    edit_put(region, &call->edit, logical, resource);
    return logical;
}

void resource_change(struct call *call, const struct account_resource *resource,
                     const struct value *properties, const struct value *sluice)
{
    struct region *region = call->region;
    const struct value *value = resource->value;

    if (properties)
        value = with_entry(region, value, "Properties", properties);
    if (sluice)
        value = with_entry(region, value, "Metadata",
                           with_entry(region, value_get(value, STR("Metadata")),
                                      "Sluice", sluice));
    edit_put(region, &call->edit, resource->id, value);
}

const struct value *resource_property(const struct account_view *view,
                                      struct str id, const char *name)
{
    const struct account_resource *r = account_find(view->account, id);

    return r ? value_get(account_properties(r), str_of(name)) : NULL;
}
