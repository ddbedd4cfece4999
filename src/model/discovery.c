/* SPDX-License-Identifier: Apache-2.0 */
#include "model/discovery.h"

#include <string.h>

const char *const dns_type_words[] = {
    [DNS_A] = "A", [DNS_AAAA] = "AAAA", [DNS_SRV] = "SRV", NULL};
const char *const instance_health_words[] = {[INSTANCES_HEALTHY] = "HEALTHY",
                                             [INSTANCES_HEALTHY_OR_ELSE_ALL] =
                                                 "HEALTHY_OR_ELSE_ALL",
                                             [INSTANCES_ALL] = "ALL",
                                             NULL};

struct str discovery_region(struct str name_or_arn)
{
    struct str rest = name_or_arn;
    struct str region = STR("");

    if (!str_starts(rest, STR("arn:")))
        return STR("");
    for (unsigned i = 0; i < 4 && rest.p; i++)
        region = str_cut(&rest, ':');
    return rest.p ? region : STR("");
}

struct str discovery_name(struct str name_or_arn)
{
    const char *slash = str_starts(name_or_arn, STR("arn:"))
                            ? memrchr(name_or_arn.p, '/', name_or_arn.n)
                            : NULL;

    if (slash == NULL)
        return name_or_arn;
    return str_make(slash + 1,
                    name_or_arn.n - (size_t)(slash + 1 - name_or_arn.p));
}

/* ---- the same --------------------------------------------------------------- */

static bool same_ecs(const struct discovery_ecs *a,
                     const struct discovery_ecs *b)
{
    return str_eq(a->cluster, b->cluster) && str_eq(a->service, b->service) &&
           str_eq(a->container, b->container) && a->port == b->port &&
           str_eq(a->other, b->other) && a->first == b->first;
}

static bool same_parameters(const struct value *a, const struct value *b)
{
    const struct value *x = a ? a->first : NULL;
    const struct value *y = b ? b->first : NULL;

    for (; x && y; x = x->next, y = y->next) {
        if (!str_eq(x->key, y->key) || !str_eq(x->text, y->text))
            return false;
    }
    return x == NULL && y == NULL;
}

static bool same_cloud_map(const struct discovery_cloud_map *a,
                           const struct discovery_cloud_map *b)
{
    return str_eq(a->namespace_name, b->namespace_name) &&
           str_eq(a->service, b->service) && a->port == b->port &&
           a->health == b->health &&
           same_parameters(a->parameters, b->parameters);
}

bool discovery_same(const struct discovery_source *a,
                    const struct discovery_source *b)
{
    if (a->kind != b->kind || a->interval_ms != b->interval_ms)
        return false;
    switch (a->kind) {
    case DISCOVERY_ECS:
        return same_ecs(&a->u.ecs, &b->u.ecs);
    case DISCOVERY_CLOUD_MAP:
        return same_cloud_map(&a->u.cloud_map, &b->u.cloud_map);
    default:
        return str_eq(a->name, b->name);
    }
}

/* ---- Found ------------------------------------------------------------------ */

static bool is_target(struct str entry, struct str id, unsigned port)
{
    struct str rest = entry;
    struct str key = str_cut(&rest, '=');
    const char *colon = key.n ? memrchr(key.p, ':', key.n) : NULL;
    uint64_t number;

    if (colon == NULL || !str_eq(str_make(key.p, (size_t)(colon - key.p)), id))
        return false;
    return str_to_u64(str_make(colon + 1, (size_t)(key.p + key.n - colon - 1)),
                      UINT16_MAX, &number) &&
           number == port;
}

const struct value *discovery_found(const struct value *list, struct str id,
                                    unsigned port)
{
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        if (value_is_scalar(v) && is_target(v->text, id, port))
            return v;
    }
    return NULL;
}

struct str discovery_found_address(const struct value *entry)
{
    struct str rest = entry->text;

    str_cut(&rest, '=');
    return rest.p ? rest : STR("");
}
