/* SPDX-License-Identifier: Apache-2.0 */
#include "control/target_tls.h"

#include <errno.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/sha256.h"
#include "net/tls_context.h"

enum { AUTHORITIES_MAX = 4 * 1024 * 1024 };

/* ---- the policy ------------------------------------------------------------ */

const struct ssl_policy *target_tls_policy(const struct config_group *group)
{
    const struct config_load_balancer *lb = group->load_balancer;
    const char *name = "ELBSecurityPolicy-2016-08";

    for (unsigned i = 0; lb && i < lb->nlisteners; i++) {
        const struct config_tls *tls = lb->listeners[i]->tls;
        const struct ssl_policy *policy = tls ? tls->policy : NULL;

        if (policy && policy->fips)
            return ssl_policy_find(
                STR("ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04"));
        if (policy && policy->max >= 13)
            name = "ELBSecurityPolicy-TLS13-1-0-2021-06";
    }
    return ssl_policy_find(str_of(name));
}

/* ---- authorities ------------------------------------------------------------ */

/* An empty file would stand for the system's authorities. */
static bool read_authorities(const char *path, struct file_text *file,
                             struct error *why)
{
    if (file_read(path, AUTHORITIES_MAX, file, why)) {
        if (file->text.n)
            return true;
        file_forget(file);
        errno = ENODATA;
    }
    return errno ? error_set(why, "%s", strerror(errno)) : false;
}

static bool digest_of(struct str pem, uint8_t out[SHA256_BYTES])
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        return false;
    sha256_begin(&sha);
    sha256_add(&sha, pem.p, pem.n);
    sha256_bytes(&sha, out);
    sha256_end(&sha);
    return true;
}

/* ---- contexts ---------------------------------------------------------------- */

static bool same_settings(const struct config_group *a,
                          const struct config_group *b)
{
    return a->protocol == b->protocol && a->version == b->version &&
           a->tls.validate == b->tls.validate &&
           str_eq(a->tls.authorities, b->tls.authorities) &&
           str_eq(a->tls.server_name, b->tls.server_name) &&
           target_tls_policy(a) == target_tls_policy(b);
}

/* The group as it ran, if its context could be used on; or NULL. */
static const struct group *same_group(const struct snapshot *before,
                                      const struct group *group)
{
    for (unsigned i = 0; before && i < before->ngroups; i++) {
        const struct group *old = before->groups[i];

        if (old->tls && str_eq(old->config->arn, group->config->arn))
            return same_settings(old->config, group->config) ? old : NULL;
    }
    return NULL;
}

static bool use_old(struct group *group, const struct group *old)
{
    group->tls = tls_context_hold(old->tls);
    memcpy(group->authorities, old->authorities, sizeof(group->authorities));
    return true;
}

static bool make(struct group *group, struct str pem, struct error *error)
{
    const struct config_group *config = group->config;
    const struct tls_client_settings settings = {
        .policy = target_tls_policy(config),
        .http2 = config->version != VERSION_HTTP1,
        .validate = config->tls.validate,
        .authorities = pem,
    };
    struct error cause = {.text = ""};

    group->tls = tls_context_client(&settings, &cause);
    if (group->tls)
        return true;
    return error_set(error, "target group " STR_FMT "%s%s: %.300s",
                     STR_ARG(config->id),
                     pem.n ? ": CertificateAuthorities " : "",
                     pem.n ? config->tls.authorities.p : "", cause.text);
}

static bool unreadable(struct group *group, const struct group *old,
                       const char *why, struct error *error)
{
    const struct config_group *config = group->config;

    if (old == NULL)
        return error_set(error,
                         "target group " STR_FMT ": CertificateAuthorities "
                         "%.200s cannot be read: %s",
                         STR_ARG(config->id), config->tls.authorities.p, why);
    log_write(LOG_WARN, "control",
              "target group " STR_FMT ": CertificateAuthorities %.200s cannot "
              "be read any more (%s): those that were read before stay",
              STR_ARG(config->id), config->tls.authorities.p, why);
    return use_old(group, old);
}

static bool validating(struct group *group, const struct group *old,
                       struct error *error)
{
    struct error why = {.text = ""};
    struct file_text pem;
    bool ok;

    if (!read_authorities(group->config->tls.authorities.p, &pem, &why))
        return unreadable(group, old, why.text, error);
    if (!digest_of(pem.text, group->authorities))
        ok = error_set(error, "out of memory");
    else if (old && memcmp(old->authorities, group->authorities,
                           sizeof(group->authorities)) == 0)
        ok = use_old(group, old);
    else
        ok = make(group, pem.text, error);
    file_forget(&pem);
    return ok;
}

bool target_tls_apply(struct snapshot *snapshot, const struct snapshot *before,
                      struct error *error)
{
    for (unsigned i = 0; i < snapshot->ngroups; i++) {
        struct group *group = snapshot->groups[i];
        const struct group *old;
        bool ok;

        if (group->config->protocol != PROTOCOL_HTTPS ||
            group_is_settled(group))
            continue;
        old = same_group(before, group);
        if (group->config->tls.authorities.n)
            ok = validating(group, old, error);
        else
            ok = old ? use_old(group, old)
                     : make(group, str_make(NULL, 0), error);
        if (!ok)
            return false;
    }
    return true;
}

void target_tls_check(const struct config *config, struct report *report)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        struct group group = {.config = config->groups[i]};
        struct error error = {.text = ""};

        if (group.config->protocol == PROTOCOL_HTTPS &&
            group.config->tls.authorities.n &&
            !validating(&group, NULL, &error))
            report_add(report, PROBLEM_ERROR, &group.config->place, NULL, "%s",
                       error.text);
        tls_context_release(group.tls);
    }
}
