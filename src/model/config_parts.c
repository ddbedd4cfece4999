/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config_parts.h"

#include "crypto/sha256.h"

static const struct place nowhere = {NULL, 0, 0};

bool config_digest_equal(const struct config_digest *a,
                         const struct config_digest *b)
{
    return a->known && b->known &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* ---- digests ---------------------------------------------------------------- */

static void add_u64(struct sha256 *sha, uint64_t n)
{
    sha256_add(sha, &n, sizeof(n));
}

static void add_str(struct sha256 *sha, struct str s)
{
    add_u64(sha, s.n);
    sha256_add(sha, s.p ? s.p : "", s.n);
}

static struct config_digest finish(struct sha256 *sha)
{
    struct config_digest digest = {.known = true};

    sha256_bytes(sha, digest.bytes);
    sha256_end(sha);
    return digest;
}

static void add_condition(struct sha256 *sha, const struct config_condition *c)
{
    add_u64(sha, c->field);
    add_u64(sha, c->regex);
    add_str(sha, c->header);
    add_u64(sha, c->nvalues);
    for (unsigned i = 0; i < c->nvalues; i++) {
        add_u64(sha, c->values[i].has_key);
        add_str(sha, c->values[i].key);
        add_str(sha, c->values[i].value);
    }
}

struct config_digest config_conditions_digest(const struct config_listener *l)
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        return (struct config_digest){.known = false};
    sha256_begin(&sha);
    add_u64(&sha, l->nrules);
    for (unsigned i = 0; i < l->nrules; i++) {
        add_u64(&sha, l->rules[i].nconditions);
        for (unsigned c = 0; c < l->rules[i].nconditions; c++)
            add_condition(&sha, &l->rules[i].conditions[c]);
    }
    return finish(&sha);
}

/* A text of a struct that is digested as bytes: in its place stays its
 * length. */
static void take_text(struct sha256 *sha, struct str *s)
{
    sha256_add(sha, s->p ? s->p : "", s->n);
    s->p = NULL;
}

static void add_log(struct sha256 *sha, struct config_log *log)
{
    take_text(sha, &log->bucket);
    take_text(sha, &log->prefix);
}

/* What of it a group knows. */
static void add_balancer(struct sha256 *sha,
                         const struct config_load_balancer *from)
{
    struct config_load_balancer lb = *from;

    lb.place = nowhere;
    lb.index = 0;
    take_text(sha, &lb.id);
    take_text(sha, &lb.name);
    take_text(sha, &lb.arn);
    take_text(sha, &lb.full_name);
    take_text(sha, &lb.dns_name);
    add_log(sha, &lb.attributes.access_logs);
    add_log(sha, &lb.attributes.connection_logs);
    add_log(sha, &lb.attributes.health_check_logs);
    for (unsigned i = 0; i < LOG_KINDS; i++)
        take_text(sha, &lb.logs[i]);
    for (unsigned i = 0; i < lb.nlisteners; i++) {
        const struct config_listener *l = lb.listeners[i];
        const struct ssl_policy *policy = l->tls ? l->tls->policy : NULL;

        sha256_add(sha, &l->bind, sizeof(l->bind));
        sha256_add(sha, &policy, sizeof(policy));
    }
    for (unsigned i = 0; i < lb.nzones; i++) {
        struct str zone = lb.zones[i];

        take_text(sha, &zone);
    }
    lb.listeners = NULL;
    lb.zones = NULL;
    lb.web_acl = NULL; /* of no group's concern, nor is who may connect */
    lb.security = NULL;
    sha256_add(sha, &lb, sizeof(lb));
}

static void add_target(struct sha256 *sha, const struct config_target *from)
{
    struct config_target target = *from;

    target.place = nowhere;
    take_text(sha, &target.id);
    take_text(sha, &target.zone);
    sha256_add(sha, &target, sizeof(target));
}

static void add_group(struct sha256 *sha, const struct config_group *from)
{
    struct config_group group = *from;

    group.place = nowhere;
    group.index = 0;
    take_text(sha, &group.id);
    take_text(sha, &group.name);
    take_text(sha, &group.arn);
    take_text(sha, &group.full_name);
    take_text(sha, &group.health.path);
    take_text(sha, &group.health.matcher);
    take_text(sha, &group.attributes.app_cookie_name);
    take_text(sha, &group.tls.authorities);
    take_text(sha, &group.tls.server_name);
    take_text(sha, &group.flag);
    for (unsigned i = 0; i < group.ntargets; i++)
        add_target(sha, &group.targets[i]);
    group.targets = NULL;
    group.sources = NULL; /* found targets are in targets */
    if (group.load_balancer)
        add_balancer(sha, group.load_balancer);
    group.load_balancer = NULL;
    sha256_add(sha, &group, sizeof(group));
}

struct config_digest config_group_digest(const struct config_group *group)
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        return (struct config_digest){.known = false};
    sha256_begin(&sha);
    add_group(&sha, group);
    return finish(&sha);
}

/* ---- copies ------------------------------------------------------------------ */

static void keep(struct region *region, struct str *s)
{
    if (s->p)
        *s = region_copy(region, *s);
}

static void copy_values(struct region *region, struct config_condition *to,
                        const struct config_condition *from)
{
    to->values = region_take(region, (from->nvalues + 1) * sizeof(*to->values));
    for (unsigned i = 0; i < from->nvalues; i++) {
        struct config_match *match = &to->values[i];

        *match = from->values[i];
        match->place = nowhere;
        keep(region, &match->key);
        keep(region, &match->value);
    }
}

const struct config_condition *
config_conditions_copy(struct region *region, const struct config_rule *rule)
{
    struct config_condition *all =
        region_take(region, (rule->nconditions + 1) * sizeof(*all));

    for (unsigned i = 0; i < rule->nconditions; i++) {
        all[i] = rule->conditions[i];
        all[i].place = nowhere;
        keep(region, &all[i].header);
        copy_values(region, &all[i], &rule->conditions[i]);
    }
    return all;
}

static void keep_log(struct region *region, struct config_log *log)
{
    keep(region, &log->bucket);
    keep(region, &log->prefix);
}

static struct config_listener *copy_listener(struct region *region,
                                             const struct config_listener *from)
{
    struct config_listener *to = region_take(region, sizeof(*to));

    to->bind = from->bind;
    if (from->tls) {
        to->tls = region_take(region, sizeof(*to->tls));
        to->tls->policy = from->tls->policy;
    }
    return to;
}

static const struct config_load_balancer *
copy_balancer(struct region *region, const struct config_load_balancer *from)
{
    struct config_load_balancer *to = region_take(region, sizeof(*to));

    *to = *from;
    to->place = nowhere;
    keep(region, &to->id);
    keep(region, &to->name);
    keep(region, &to->arn);
    keep(region, &to->full_name);
    keep(region, &to->dns_name);
    keep_log(region, &to->attributes.access_logs);
    keep_log(region, &to->attributes.connection_logs);
    keep_log(region, &to->attributes.health_check_logs);
    for (unsigned i = 0; i < LOG_KINDS; i++)
        keep(region, &to->logs[i]);
    to->listeners =
        region_take(region, (from->nlisteners + 1) * sizeof(void *));
    for (unsigned i = 0; i < from->nlisteners; i++)
        to->listeners[i] = copy_listener(region, from->listeners[i]);
    to->security = NULL;
    to->zones = region_take(region, (from->nzones + 1) * sizeof(struct str));
    for (unsigned i = 0; i < from->nzones; i++) {
        to->zones[i] = from->zones[i];
        keep(region, &to->zones[i]);
    }
    return to;
}

static struct config_target *copy_targets(struct region *region,
                                          const struct config_group *from)
{
    struct config_target *all =
        region_take(region, (from->ntargets + 1) * sizeof(*all));

    for (unsigned i = 0; i < from->ntargets; i++) {
        all[i] = from->targets[i];
        all[i].place = nowhere;
        keep(region, &all[i].id);
        keep(region, &all[i].zone);
    }
    return all;
}

const struct config_group *config_group_copy(struct region *region,
                                             const struct config_group *from)
{
    struct config_group *to = region_take(region, sizeof(*to));

    *to = *from;
    to->place = nowhere;
    keep(region, &to->id);
    keep(region, &to->name);
    keep(region, &to->arn);
    keep(region, &to->full_name);
    keep(region, &to->health.path);
    keep(region, &to->health.matcher);
    keep(region, &to->attributes.app_cookie_name);
    keep(region, &to->tls.authorities);
    keep(region, &to->tls.server_name);
    keep(region, &to->flag);
    to->targets = copy_targets(region, from);
    to->sources = NULL;
    if (from->load_balancer)
        to->load_balancer = copy_balancer(region, from->load_balancer);
    return to;
}
