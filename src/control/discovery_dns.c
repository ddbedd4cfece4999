/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets by a name of DNS, asked for again when the answer is too old.
 */
#include "control/discovery_internal.h"
#include "net/dns.h"

enum {
    TTL_MIN_MS = 1000,
    NOTHING_MS = 5 * 1000, /* ... when the name is not there */
    FAILED_MS = 1000,      /* the first time; it doubles */
};

/* ---- answers ---------------------------------------------------------------- */

static struct found_target *targets_of(struct region *region,
                                       const struct discovery_follower *f,
                                       const struct dns_result *result)
{
    uint16_t port = f->source->u.dns.port ? f->source->u.dns.port : f->port;
    struct found_target *targets =
        region_take(region, (result->n + 1) * sizeof(*targets));

    for (unsigned i = 0; i < result->n; i++) {
        const struct address *address = &result->addresses[i];
        char buffer[ADDRESS_TEXT_MAX];
        struct text t = text_in(buffer, sizeof(buffer));

        address_put_ip(&t, address);
        targets[i].id = region_copy(region, text_str(&t));
        targets[i].port =
            f->source->u.dns.type == DNS_SRV ? address->port : port;
    }
    return targets;
}

static uint64_t next_ms(const struct dns_result *result)
{
    uint64_t ttl_ms = result->ttl_s * UINT64_C(1000);

    switch (result->outcome) {
    case DNS_FOUND:
        return ttl_ms > TTL_MIN_MS ? ttl_ms : TTL_MIN_MS;
    case DNS_NOTHING:
        return NOTHING_MS;
    default:
        return FAILED_MS;
    }
}

static enum answer_outcome outcome_of(const struct dns_result *result)
{
    if (result->outcome == DNS_FAILED)
        return ANSWER_FAILED;
    return result->partial ? ANSWER_PART : ANSWER_WHOLE;
}

static void on_done(void *owner, const struct dns_result *result)
{
    struct discovery_follower *f = owner;
    struct region region = {NULL};
    char why[DISCOVERY_ERROR_MAX];
    struct discovery_answer answer = {
        .outcome = outcome_of(result),
        .n = result->n,
        .targets = targets_of(&region, f, result),
    };

    if (result->outcome != DNS_FOUND) {
        snprintf(why, sizeof(why), "%s: %s", f->source->u.dns.name.p,
                 result->why);
        answer.why = why;
        answer.slower = result->outcome == DNS_FAILED;
    } else if (result->partial) {
        answer.why = "some of its records lead to no address, or there are "
                     "too many";
    }
    discovery_answered(f, &answer, next_ms(result));
    region_end(&region);
}

/* ---- questions --------------------------------------------------------------- */

static bool ask(struct discovery_follower *f)
{
    const struct discovery_dns *dns = &f->source->u.dns;
    const struct dns_asked asked = {
        .loop = &f->group->all->server->loop,
        .name = dns->name,
        .server = dns->server,
        .type = dns->type,
        .six = f->six,
        .done = on_done,
        .owner = f,
    };

    f->asking = dns_ask(&asked);
    if (f->asking == NULL)
        discovery_error(f, "DNS cannot be asked: there are no descriptors, or "
                           "/etc/resolv.conf cannot be read");
    return f->asking != NULL;
}

static void cancel(struct discovery_follower *f)
{
    dns_cancel(f->asking);
    f->asking = NULL;
}

static void forget(struct discovery_follower *f)
{
    (void)f;
}

const struct discovery_ops discovery_dns_ops = {ask, cancel, forget};
