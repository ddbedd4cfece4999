/* SPDX-License-Identifier: Apache-2.0 */
#include "model/local_name.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "model/schema.h"

enum { CDK_HASH = 8, NAMES_SHOWN_MAX = 20 };

/* ---- names ---------------------------------------------------------------- */

static bool ends_with(struct str s, struct str end)
{
    return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

static struct str without_end(struct str s, struct str end)
{
    return s.n > end.n && ends_with(s, end) ? str_make(s.p, s.n - end.n) : s;
}

static struct str without_hash(struct str id)
{
    if (id.n <= CDK_HASH)
        return id;
    for (size_t i = id.n - CDK_HASH; i < id.n; i++) {
        if (!(id.p[i] >= '0' && id.p[i] <= '9') &&
            !(id.p[i] >= 'A' && id.p[i] <= 'F'))
            return id;
    }
    return str_make(id.p, id.n - CDK_HASH);
}

static struct local_thing thing_of(struct region *region, struct str id,
                                   struct str path, struct str service_end)
{
    struct local_thing thing = {.id = id, .path = path, .construct = path};

    thing.plain = region_copy(region, without_hash(id));
    thing.base = region_copy(region, without_end(thing.plain, service_end));
    if (path.n) {
        thing.construct = without_end(path, STR("/Resource"));
        if (service_end.n)
            thing.construct = without_end(thing.construct, STR("/Service"));
    }
    return thing;
}

struct local_names local_names_of(struct config *config,
                                  const struct local_hints *hints)
{
    struct local_names names = {.n = 0};

    names.things = memory_zeroed(config->nservices + config->ngroups + 1,
                                 sizeof(*names.things));
    for (unsigned i = 0; i < config->nservices; i++) {
        const struct config_service *service = config->services[i];
        struct local_thing *thing = &names.things[names.n++];

        *thing = thing_of(&config->region, service->id, service->path,
                          STR("Service"));
        thing->service = service;
    }
    for (unsigned i = 0; i < config->ngroups; i++) {
        struct config_group *group = config->groups[i];
        struct local_thing *thing = &names.things[names.n++];

        *thing = thing_of(&config->region, group->id,
                          hints->groups ? hints->groups[i].cdk_path : STR(""),
                          STR(""));
        thing->group = group;
        thing->name = group->name;
    }
    return names;
}

void local_names_end(struct local_names *names)
{
    free(names->things);
    *names = (struct local_names){.n = 0};
}

/* ---- finding ---------------------------------------------------------------- */

/* "Stack/Blue" ends with the names "Blue" and "Stack/Blue". */
static bool ends_with_name(struct str path, struct str name)
{
    return name.n && path.n > name.n && ends_with(path, name) &&
           path.p[path.n - name.n - 1] == '/';
}

enum { LEVELS = 6 };

static bool is_called(const struct local_thing *thing, struct str name,
                      unsigned level)
{
    switch (level) {
    case 0:
        return str_eq(name, thing->id);
    case 1:
        return str_eq(name, thing->plain) || str_eq(name, thing->base);
    case 2:
        return str_eq(name, thing->name);
    case 3:
        return str_eq(name, thing->path) || str_eq(name, thing->construct);
    case 4:
        return str_starts(thing->id, name);
    case 5:
        return ends_with_name(thing->path, name) ||
               ends_with_name(thing->construct, name);
    }
    return false;
}

/* How many things are called so, on the most exact level that has any;
 * `*found` is the first of them and `*level` that level. */
static unsigned find_things(const struct local_names *names, struct str name,
                            bool services_only,
                            const struct local_thing **found, unsigned *level)
{
    unsigned n = 0;

    *found = NULL;
    for (*level = 0; *level < LEVELS && name.n; ++*level) {
        for (unsigned i = 0; i < names->n; i++) {
            const struct local_thing *thing = &names->things[i];

            if ((services_only && thing->service == NULL) ||
                !is_called(thing, name, *level))
                continue;
            if (n++ == 0)
                *found = thing;
        }
        if (n)
            break;
    }
    return n;
}

/* Lists the ids of things: of those that are called `name` on this level, or
 * of all. */
static void put_ids(struct text *t, const struct local_names *names,
                    const struct str *name, unsigned level, bool services_only)
{
    unsigned n = 0;

    for (unsigned i = 0; i < names->n; i++) {
        const struct local_thing *thing = &names->things[i];

        if ((services_only && thing->service == NULL) ||
            (name && !is_called(thing, *name, level)))
            continue;
        if (n < NAMES_SHOWN_MAX) {
            text_str_put(t, n ? STR(", ") : STR(""));
            text_str_put(t, thing->id);
        }
        n++;
    }
    if (n > NAMES_SHOWN_MAX)
        text_printf(t, " and %u more", n - NAMES_SHOWN_MAX);
}

/* ---- references ------------------------------------------------------------- */

struct local_reference local_reference_cut(struct str typed)
{
    struct local_reference r = {.typed = typed, .name = typed};
    size_t n = typed.n;

    r.name = without_end(r.name, STR(".green"));
    r.green = r.name.n < n;
    if (!r.green)
        r.name = without_end(r.name, STR(".blue"));
    r.blue = !r.green && r.name.n < n;
    return r;
}

static void ambiguous(const struct local_names *names,
                      const struct local_reference *r, unsigned level,
                      bool services_only, struct report *report)
{
    char buffer[1024];
    struct text ids = text_in(buffer, sizeof(buffer));
    struct str name = shown(r->typed);
    struct str called = shown(r->name);

    put_ids(&ids, names, &r->name, level, services_only);
    report_error(report, NULL,
                 "--service " STR_FMT ": more than one is called \"" STR_FMT
                 "\": " STR_FMT "\nwrite more of the name of the one you mean",
                 STR_ARG(name), STR_ARG(called), STR_ARG(text_str(&ids)));
}

static void not_found(const struct local_names *names,
                      const struct local_reference *r, bool services_only,
                      struct report *report)
{
    char buffer[1024];
    struct text ids = text_in(buffer, sizeof(buffer));
    struct suggest near = suggest_for(r->name);
    struct str name = shown(r->typed);
    struct str called = shown(r->name);
    const char *kinds =
        services_only ? "ECS service" : "ECS service or target group";

    put_ids(&ids, names, NULL, 0, services_only);
    for (unsigned i = 0; i < names->n; i++) {
        const struct local_thing *thing = &names->things[i];

        if (services_only && thing->service == NULL)
            continue;
        suggest_offer(&near, thing->base.p);
        suggest_offer(&near, thing->id.p);
        if (thing->name.n)
            suggest_offer(&near, thing->name.p);
    }
    report_error(report, NULL,
                 "--service " STR_FMT ": there is no %s \"" STR_FMT
                 "\"%s%s%s\n%s" STR_FMT,
                 STR_ARG(name), kinds, STR_ARG(called),
                 suggest_best(&near) ? "; did you mean \"" : "",
                 suggest_best(&near) ? suggest_best(&near) : "",
                 suggest_best(&near) ? "\"?" : "",
                 ids.n ? "there are: " : "there is none at all",
                 STR_ARG(text_str(&ids)));
}

const struct local_thing *local_find(const struct local_names *names,
                                     const struct local_reference *r,
                                     struct report *report)
{
    bool services_only = r->green || r->blue;
    const struct local_thing *found;
    unsigned level;
    unsigned n = find_things(names, r->name, services_only, &found, &level);

    if (n == 1)
        return found;
    if (n)
        ambiguous(names, r, level, services_only, report);
    else
        not_found(names, r, services_only, report);
    return NULL;
}

/* ---- flags -------------------------------------------------------------------- */

/* The shortest of a thing's names that nothing else has. */
static struct str short_name(const struct local_names *all,
                             const struct local_thing *thing,
                             bool services_only)
{
    const struct str names[] = {thing->base, thing->plain};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct local_thing *found;
        unsigned level;

        if (find_things(all, names[i], services_only, &found, &level) == 1 &&
            found == thing)
            return names[i];
    }
    return thing->id;
}

struct str local_flag(const struct local_names *names,
                      const struct config_group *group, struct region *region)
{
    for (unsigned i = 0; i < names->n; i++) {
        const struct local_thing *thing = &names->things[i];
        const struct config_service *service = thing->service;
        bool green = service && service->green == group;
        bool alone =
            service && service->ngroups == 1 && service->groups[0] == group;
        struct str name;

        if (!green && !alone && thing->group != group)
            continue;
        name = short_name(names, thing, green);
        return region_printf(region, "--service " STR_FMT "%s=HOST:PORT",
                             STR_ARG(name), green ? ".green" : "");
    }
    return STR("");
}
