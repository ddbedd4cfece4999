/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/waf_set.h"

#include <stdlib.h>

#include "base/memory.h"

static struct waf_program *find(const struct waf_set *set,
                                const struct config_web_acl *acl)
{
    for (unsigned i = 0; i < set->n; i++) {
        struct waf_program *program = set->programs[i];

        if (program && memcmp(waf_program_acl(program)->digest, acl->digest,
                              sizeof(acl->digest)) == 0)
            return program;
    }
    return NULL;
}

/* Databases that are others now make others of all programs. */
static struct waf_program *make(const struct config_web_acl *acl,
                                struct geo *geo, const struct waf_set *before,
                                struct report *report)
{
    struct waf_program *old =
        before && before->geo == geo ? find(before, acl) : NULL;

    return old ? waf_program_hold(old) : waf_program_new(acl, geo, report);
}

static bool is_same(const struct waf_set *a, const struct waf_set *b)
{
    return a->geo == b->geo && a->n == b->n &&
           memcmp(a->programs, b->programs, a->n * sizeof(*a->programs)) == 0;
}

struct waf_set *waf_set_new(const struct config *config, struct geo *geo,
                            struct waf_set *before, struct report *report)
{
    struct waf_set *set = memory_zeroed(1, sizeof(*set));
    unsigned n = config->waf ? config->waf->nacls : 0;
    bool ok = true;

    atomic_init(&set->refs, 1);
    set->geo = geo ? geo_hold(geo) : NULL;
    set->programs = memory_zeroed((size_t)n + 1, sizeof(struct waf_program *));
    for (; set->n < n; set->n++) {
        const struct config_web_acl *acl = config->waf->acls[set->n];

        if (acl->entity.cloudfront)
            continue;
        set->programs[set->n] = make(acl, geo, before, report);
        ok &= set->programs[set->n] != NULL;
    }
    if (ok && (before == NULL || !is_same(set, before)))
        return set;
    waf_set_release(set);
    return ok ? waf_set_hold(before) : NULL;
}

struct waf_set *waf_set_hold(struct waf_set *set)
{
    atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

void waf_set_release(struct waf_set *set)
{
    if (set == NULL ||
        atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < set->n; i++)
        waf_program_release(set->programs[i]);
    geo_release(set->geo);
    free(set->programs);
    free(set);
}

struct waf_program *waf_set_of(const struct waf_set *set,
                               const struct config_load_balancer *balancer)
{
    const struct config_web_acl *acl = balancer->web_acl;

    return acl ? set->programs[acl->index] : NULL;
}
