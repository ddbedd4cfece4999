/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes as somebody wrote them, and what is wrong with them.
 */
#include "base/suggest.h"
#include "model/attributes.h"
#include "model/schema.h"
#include "model/words.h"

enum { KEY_MAX = 256, NEAR_PART_MIN = 4 };

static const char *const owner_names[] = {"load balancers", "target groups",
                                          "listeners"};
static const char *const owner_properties[] = {
    "LoadBalancerAttributes of the load balancer",
    "TargetGroupAttributes of the target group",
    "ListenerAttributes of the listener"};

/* Attributes that only other types of load balancers have; a "." at the end
 * stands for all that begin so. */
static const struct {
    const char *name;
    const char *of;
} foreign[] = {
    {"dns_record.client_routing_policy", "Network"},
    {"secondary_ips.auto_assigned.per_subnet", "Network"},
    {"proxy_protocol_v2.enabled", "Network"},
    {"preserve_client_ip.enabled", "Network"},
    {"deregistration_delay.connection_termination.enabled", "Network"},
    {"target_health_state.", "Network"},
    {"target_failover.", "Gateway"},
    {"tcp.idle_timeout.seconds", "Network or Gateway"},
};

/* ---- names --------------------------------------------------------------- */

/* The rests of two words that begin alike: their distance is the same, and
 * long ones are short enough for suggest_distance() then. */
static unsigned distance(struct str a, struct str b)
{
    while (a.n && b.n && str_lower(*a.p) == str_lower(*b.p)) {
        a = str_make(a.p + 1, a.n - 1);
        b = str_make(b.p + 1, b.n - 1);
    }
    while (a.n && b.n && str_lower(a.p[a.n - 1]) == str_lower(b.p[b.n - 1])) {
        a.n--;
        b.n--;
    }
    return suggest_distance(a, b);
}

static bool is_part(struct str part, struct str whole)
{
    for (size_t i = 0; part.n >= NEAR_PART_MIN && i + part.n <= whole.n; i++) {
        if (str_istarts(str_make(whole.p + i, whole.n - i), part))
            return true;
    }
    return false;
}

/* Whether nothing but letters is missing in the name. */
static bool is_shortened(struct str key, struct str name)
{
    size_t n = 0;

    for (size_t i = 0; i < name.n && n < key.n; i++)
        n += str_lower(name.p[i]) == str_lower(key.p[n]);
    return key.n >= NEAR_PART_MIN && n == key.n;
}

/* The attribute whose name is nearest: a slip of the finger (`near`), or one
 * that may be meant.  These names are long and share words, so what
 * base/suggest.h calls near would call nearly any two of them near. */
static const struct attribute *nearest(struct str key, int owner, bool *near)
{
    const struct attribute *best = NULL;
    unsigned least = (unsigned)key.n / 3 + 1;
    unsigned slip = (unsigned)(key.n / 8 > 2 ? key.n / 8 : 2);

    if (key.n > KEY_MAX)
        key.n = 0;
    for (unsigned i = 0; key.n && i < nattributes; i++) {
        struct str name = str_of(attributes[i].name);
        unsigned far = distance(key, name);

        if (owner >= 0 && (int)attributes[i].owner != owner)
            continue;
        if (is_part(key, name) && far > slip)
            far = slip;
        else if (is_shortened(key, name) && far > slip + 1)
            far = slip + 1;
        if (far < least) {
            least = far;
            best = &attributes[i];
        }
    }
    *near = best && least <= slip;
    return best;
}

static const char *find_foreign(struct str key)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct str name = str_of(foreign[i].name);

        if (str_eq(key, name) ||
            (name.p[name.n - 1] == '.' && str_starts(key, name)))
            return foreign[i].of;
    }
    return NULL;
}

bool attribute_is_foreign(struct str name)
{
    return find_foreign(name) != NULL;
}

/* ALB's rule for keys: ^[a-zA-Z0-9._]+$, at most 256. */
static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = str_lower(key.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' &&
            c != '_')
            return false;
    }
    return key.n && key.n <= KEY_MAX;
}

/* What has an attribute that this kind of owner does not have. */
static const struct attribute *find_elsewhere(enum attribute_owner kind,
                                              struct str key)
{
    for (int owner = OWNER_LOAD_BALANCER; owner <= OWNER_LISTENER; owner++) {
        const struct attribute *a =
            attribute_find((enum attribute_owner)owner, key);

        if (a && owner != (int)kind)
            return a;
    }
    return NULL;
}

/* One that is wrong whatever ALB may have learned since. */
static bool known_to_be_wrong(enum attribute_owner kind, struct str key,
                              const struct place *place, const char *resource,
                              struct report *report)
{
    const struct attribute *elsewhere = find_elsewhere(kind, key);
    const char *of = find_foreign(key);
    struct str name = shown(key);

    if (elsewhere)
        report_error(report, place,
                     STR_FMT " of %s is an attribute of %s\nmove it to %s",
                     STR_ARG(name), resource, owner_names[elsewhere->owner],
                     owner_properties[elsewhere->owner]);
    else if (of)
        report_error(report, place,
                     STR_FMT " of %s is for %s Load Balancers\ntake it out: an "
                             "Application Load Balancer does not have it",
                     STR_ARG(name), resource, of);
    else if (!is_key(key))
        report_error(report, place,
                     "\"" STR_FMT "\" of %s is no name of an attribute\nwrite "
                     "one such as %s: letters, digits, dots and underscores, "
                     "at most 256",
                     STR_ARG(name), resource,
                     kind == OWNER_TARGET_GROUP ? "stickiness.enabled"
                     : kind == OWNER_LISTENER
                         ? "routing.http.response.server.enabled"
                         : "idle_timeout.timeout_seconds");
    else
        return false;
    return true;
}

/* False when it is an error. */
static bool unknown(enum attribute_owner kind, struct str key,
                    const struct place *place, const char *resource,
                    struct report *report)
{
    const struct attribute *best;
    struct str name = shown(key);
    bool near;

    if (known_to_be_wrong(kind, key, place, resource, report))
        return false;
    best = nearest(key, (int)kind, &near);
    if (best && near) {
        report_error(report, place,
                     "%s has no attribute \"" STR_FMT "\"\ndid you mean %s?",
                     resource, STR_ARG(name), best->name);
        return false;
    }
    report_doubt(report, place,
                 "ALB has no attribute \"" STR_FMT "\" of %s that Sluice "
                 "knows; it is ignored\n%s%s%s",
                 STR_ARG(name), owner_names[kind],
                 best ? "did you mean "
                      : "take it out, unless it is newer "
                        "than this version of Sluice",
                 best ? best->name : "", best ? "?" : "");
    return true;
}

/* ---- values -------------------------------------------------------------- */

static void bad_value(const struct attribute *attribute, struct str value,
                      const struct place *place, const char *resource,
                      struct report *report)
{
    char buffer[256];
    struct text values = text_in(buffer, sizeof(buffer));
    struct str given = shown(value);
    const char *initial = attribute->initial;

    attribute_put_values(&values, attribute);
    report_error(report, place,
                 "%s of %s is \"" STR_FMT "\": ALB takes " STR_FMT "\n%s%s",
                 attribute->name, resource, STR_ARG(given),
                 STR_ARG(text_str(&values)),
                 attribute->remedy ? attribute->remedy
                 : *initial        ? "leave it out for the default, "
                                   : "leave it out for none",
                 attribute->remedy ? "" : initial);
}

/* Groups of other target types have it at its default at most, as tools
 * write it. */
static bool of_this_type(const struct attribute *attribute,
                         const struct config_group *group, struct str value,
                         const struct place *place, const char *resource,
                         struct report *report)
{
    if (attribute->types == 0 || attribute->types >> group->type & 1 ||
        str_eq(value, str_of(attribute->initial)))
        return true;
    report_error(report, place,
                 "%s of %s is for target groups of type %s\n"
                 "take it out: TargetType is %s",
                 attribute->name, resource,
                 attribute->types >> TARGET_TYPE_LAMBDA & 1 ? "lambda"
                                                            : "instance and ip",
                 target_type_words[group->type]);
    return false;
}

bool attribute_read(enum attribute_owner kind, void *owner, struct str key,
                    const struct place *key_place, struct str value,
                    const struct place *value_place, const char *resource,
                    struct region *region, struct report *report)
{
    const struct attribute *attribute = attribute_find(kind, key);

    if (attribute == NULL)
        return unknown(kind, key, key_place, resource, report);
    if (!attribute_set(attribute, NULL, value, NULL)) {
        bad_value(attribute, value, value_place, resource, report);
        return false;
    }
    if (kind == OWNER_TARGET_GROUP &&
        !of_this_type(attribute, owner, value, key_place, resource, report))
        return false;
    if (!attribute->acts && !str_eq(value, str_of(attribute->initial)))
        report_add(report, PROBLEM_NOTE, key_place, NULL,
                   "%s: %s is checked and kept; nothing acts on it yet",
                   resource, attribute->name);
    return attribute_set(attribute, owner, value, region);
}

/* ---- the command line ----------------------------------------------------- */

static void refuse_name(struct str key, struct error *error)
{
    const struct attribute *best;
    const char *of = find_foreign(key);
    struct str name = shown(key);
    bool near;

    best = nearest(key, -1, &near);
    if (of)
        error_set(error,
                  "attribute \"" STR_FMT "\" is for %s Load Balancers; an "
                  "Application Load Balancer does not have it",
                  STR_ARG(name), of);
    else if (best)
        error_set(error,
                  "attribute \"" STR_FMT
                  "\" is not known; did you mean \"%s\"?",
                  STR_ARG(name), best->name);
    else
        error_set(error,
                  "attribute \"" STR_FMT "\" is not one that Sluice knows; "
                  "`sluice serve --help` lists those it does",
                  STR_ARG(name));
}

static void refuse_value(const struct attribute *attribute, struct str value,
                         struct error *error)
{
    char buffer[256];
    struct text values = text_in(buffer, sizeof(buffer));
    struct str given = shown(value);

    attribute_put_values(&values, attribute);
    error_set(error,
              "attribute %s cannot be \"" STR_FMT "\": ALB takes " STR_FMT,
              attribute->name, STR_ARG(given), STR_ARG(text_str(&values)));
}

const struct attribute *attribute_check(struct str key_value,
                                        struct error *error)
{
    struct str typed = shown(key_value);
    struct str value = key_value;
    struct str key = str_cut(&value, '=');
    const struct attribute *found = NULL;

    if (value.p == NULL) {
        error_set(error, "--attribute \"" STR_FMT "\": must be KEY=VALUE",
                  STR_ARG(typed));
        return NULL;
    }
    /* Of one that both have, load balancers take a single value only: it is
     * the target groups' then, which come later in the table. */
    for (unsigned i = 0; i < nattributes; i++) {
        if (str_eq(key, str_of(attributes[i].name)))
            found = &attributes[i];
    }
    if (found && attribute_set(found, NULL, value, NULL))
        return found;
    if (found)
        refuse_value(found, value, error);
    else
        refuse_name(key, error);
    return NULL;
}
