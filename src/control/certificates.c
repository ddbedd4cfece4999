/* SPDX-License-Identifier: Apache-2.0 */
#include "control/certificates.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

/* A set in the making. */
struct loading {
    struct certificate_source *source;
    const struct certificates *before; /* NULL: none */
    struct report *report;
    struct certificates *set;
};

bool certificates_wanted(const struct config *config)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (config->listeners[i]->tls)
            return true;
    }
    return false;
}

/* ---- one certificate ---------------------------------------------------------- */

/* Its index in the set; nserved when it is not there. */
static unsigned index_of(const struct certificates *set,
                         const struct config_certificate *wanted)
{
    unsigned i = 0;

    while (i < set->nserved && !certificate_is_of(&set->served[i], wanted))
        i++;
    return i;
}

static const struct served_certificate *
find(const struct certificates *set, const struct config_certificate *wanted)
{
    unsigned i = set ? index_of(set, wanted) : 0;

    return set && i < set->nserved ? &set->served[i] : NULL;
}

static void copy(struct served_certificate *to,
                 const struct served_certificate *from, struct region *region)
{
    *to = *from;
    to->file = region_copy(region, from->file);
    to->key_file = region_copy(region, from->key_file);
    to->issued_for = region_copy(region, from->issued_for);
    to->chain = region_copy(region, from->chain);
    to->key = region_copy(region, from->key);
}

static void tell_new(const struct served_certificate *served)
{
    char buffer[32];
    struct text t = text_in(buffer, sizeof(buffer));

    certificate_put_date(&t, served->facts.not_after);
    if (served->file.n)
        log_write(LOG_INFO, "control",
                  "certificate " STR_FMT " was read again: %s, until " STR_FMT,
                  STR_ARG(served->file), served->facts.names,
                  STR_ARG(text_str(&t)));
    else
        log_write(LOG_INFO, "control",
                  "a certificate for %s was issued, until " STR_FMT,
                  served->facts.names, STR_ARG(text_str(&t)));
}

static void warn_of_dates(struct loading *l,
                          const struct config_certificate *wanted,
                          const struct served_certificate *served)
{
    int64_t now = clock_wall_seconds();
    bool ended = served->facts.not_after < now;
    char buffer[32];
    struct text t = text_in(buffer, sizeof(buffer));

    if (!ended && served->facts.not_before <= now)
        return;
    certificate_put_date(&t, ended ? served->facts.not_after
                                   : served->facts.not_before);
    report_warning(l->report, &wanted->place,
                   "certificate " STR_FMT " %s " STR_FMT
                   "\nclients will refuse it: put one that is valid in its "
                   "place",
                   STR_ARG(served->file.n ? served->file : wanted->arn),
                   ended ? "ended on" : "does not begin before",
                   STR_ARG(text_str(&t)));
}

static bool make(struct loading *l, const struct config_certificate *wanted,
                 struct served_certificate *served, struct error *error)
{
    struct region *region = &l->set->region;

    if (wanted->file.n == 0 && wanted->pem.n == 0)
        return certificate_from_authority(l->source, served, wanted, region,
                                          error);
    if (wanted->file.n ? !certificate_from_files(served, wanted, region, error)
                       : !certificate_from_text(served, wanted, region, error))
        return false;
    warn_of_dates(l, wanted, served);
    if (wanted->file.n)
        certificate_complain(l->source, wanted->file, "");
    return true;
}

/* What it was goes on, and is tried again. */
static void go_on(struct loading *l, const struct served_certificate *before,
                  struct served_certificate *served, const struct error *error)
{
    copy(served, before, &l->set->region);
    served->stale = served->file.n != 0;
    certificate_complain(l->source, before->file, error->text);
}

static const struct served_certificate *
serve(struct loading *l, const struct config_listener *listener,
      const struct config_certificate *wanted)
{
    const struct served_certificate *before = find(l->before, wanted);
    unsigned i = index_of(l->set, wanted);
    struct served_certificate *served = &l->set->served[i];
    struct error error = {""};

    if (i < l->set->nserved)
        return served;
    if (before && certificate_is_current(before)) {
        copy(served, before, &l->set->region);
    } else if (make(l, wanted, served, &error)) {
        if (before)
            tell_new(served);
    } else if (before) {
        go_on(l, before, served, &error);
    } else {
        report_error(l->report, &wanted->place,
                     "listener " STR_FMT ": %s\nits certificate " STR_FMT
                     " comes from there",
                     STR_ARG(listener->id), error.text, STR_ARG(wanted->arn));
        return NULL;
    }
    l->set->nserved++;
    return served;
}

/* ---- a trust store --------------------------------------------------------------- */

static unsigned index_of_trust(const struct certificates *set,
                               const struct config_trust_store *wanted)
{
    unsigned i = 0;

    while (i < set->ntrusts && !trust_is_of(&set->trusts[i], wanted))
        i++;
    return i;
}

static const struct served_trust *
find_trust(const struct certificates *set,
           const struct config_trust_store *wanted)
{
    unsigned i = set ? index_of_trust(set, wanted) : 0;

    return set && i < set->ntrusts ? &set->trusts[i] : NULL;
}

static bool make_trust(struct loading *l,
                       const struct config_trust_store *wanted,
                       struct served_trust *served, struct error *error)
{
    const char *warning;

    if (!trust_from_files(served, wanted, &l->set->region, error))
        return false;
    warning = tls_trust_warning(served->trust);
    if (warning[0])
        report_warning(l->report, &wanted->place,
                       "%s\nput a newer file in its place", warning);
    certificate_complain(l->source, wanted->file, "");
    return true;
}

/* NULL with an error in the report. */
static const struct served_trust *
serve_trust(struct loading *l, const struct config_listener *listener)
{
    const struct config_trust_store *wanted = listener->tls->trust_store;
    const struct served_trust *before = find_trust(l->before, wanted);
    unsigned i = index_of_trust(l->set, wanted);
    struct served_trust *served = &l->set->trusts[i];
    struct error error = {""};

    if (i < l->set->ntrusts)
        return served;
    if (before && trust_is_current(before)) {
        trust_copy(served, before, &l->set->region);
    } else if (make_trust(l, wanted, served, &error)) {
        if (before)
            log_write(LOG_INFO, "control",
                      "trust store " STR_FMT " was read again",
                      STR_ARG(wanted->file));
    } else if (before) {
        trust_copy(served, before, &l->set->region);
        served->stale = true;
        certificate_complain(l->source, wanted->file, error.text);
    } else {
        report_error(l->report, &wanted->place,
                     "listener " STR_FMT ": %s\nits trust store " STR_FMT
                     " comes from there",
                     STR_ARG(listener->id), error.text, STR_ARG(wanted->arn));
        return NULL;
    }
    l->set->ntrusts++;
    return served;
}

/* ---- a listener ------------------------------------------------------------------ */

static void add_part(struct sha256 *sha, struct str part)
{
    uint64_t n = part.n;

    sha256_add(sha, &n, sizeof(n));
    sha256_add(sha, part.p, part.n);
}

/* A trust store that was read again is another one; the one of before is
 * still there, so that no two have the same address. */
static void add_mutual(struct sha256 *sha, const struct tls_server_settings *s)
{
    uintptr_t parts[] = {(uintptr_t)s->mutual, (uintptr_t)s->trust,
                         s->ignore_expiry, s->advertise_names};

    add_part(sha, str_make((const char *)parts, sizeof(parts)));
}

/* Of everything that the context hangs on. */
static bool digest(const struct tls_server_settings *s,
                   uint8_t out[SHA256_BYTES])
{
    struct sha256 sha;

    if (!sha256_init(&sha))
        return false;
    sha256_begin(&sha);
    add_part(&sha, s->policy->name);
    add_part(&sha, s->id);
    add_part(&sha, s->http2 ? STR("h2") : STR(""));
    add_mutual(&sha, s);
    for (unsigned i = 0; i < s->ncertificates; i++) {
        add_part(&sha, s->certificates[i].arn);
        add_part(&sha, s->certificates[i].chain);
        add_part(&sha, s->certificates[i].key);
    }
    sha256_bytes(&sha, out);
    sha256_end(&sha);
    return true;
}

static const struct served_listener *find_listener(const struct certificates *c,
                                                   struct str arn)
{
    for (unsigned i = 0; c && i < c->nlisteners; i++) {
        if (str_eq(c->listeners[i].arn, arn))
            return &c->listeners[i];
    }
    return NULL;
}

static const enum tls_client_auth modes[] = {
    [MUTUAL_OFF] = TLS_AUTH_NONE,
    [MUTUAL_PASSTHROUGH] = TLS_AUTH_PASSTHROUGH,
    [MUTUAL_VERIFY] = TLS_AUTH_VERIFY,
};

/* What is asked of clients.  False with an error in the report. */
static bool ask_clients(struct loading *l,
                        const struct config_listener *listener,
                        struct tls_server_settings *settings)
{
    const struct config_tls *tls = listener->tls;
    const struct served_trust *trust;

    settings->mutual = modes[tls->mutual];
    settings->ignore_expiry = tls->ignore_expiry;
    settings->advertise_names = tls->advertise_names;
    if (tls->trust_store == NULL)
        return true;
    trust = serve_trust(l, listener);
    if (trust)
        settings->trust = trust->trust;
    return trust != NULL;
}

static bool make_context(struct loading *l,
                         const struct config_listener *listener,
                         const struct tls_certificate *certificates,
                         struct served_listener *to)
{
    const struct served_listener *before = find_listener(l->before, to->arn);
    struct tls_server_settings settings = {
        .policy = listener->tls->policy,
        .http2 = listener->load_balancer->attributes.http2,
        .ncertificates = listener->tls->ncertificates,
        .certificates = certificates,
        .id = listener->arn,
    };
    struct error error = {"out of memory"};

    if (!ask_clients(l, listener, &settings) || !digest(&settings, to->digest))
        return false;
    if (before && before->context &&
        memcmp(before->digest, to->digest, sizeof(to->digest)) == 0) {
        to->context = tls_context_hold(before->context);
        return true;
    }
    to->context = tls_context_server(&settings, &error);
    if (to->context == NULL)
        report_error(l->report, &listener->place, "listener " STR_FMT ": %s",
                     STR_ARG(listener->id), error.text);
    return to->context != NULL;
}

static bool load_listener(struct loading *l,
                          const struct config_listener *listener,
                          struct served_listener *to)
{
    struct region *region = &l->set->region;
    const struct config_tls *tls = listener->tls;
    struct tls_certificate *all;
    bool ok = true;

    to->arn = region_copy(region, listener->arn);
    if (tls == NULL)
        return true;
    all = region_take(region, tls->ncertificates * sizeof(*all));
    to->certificates = region_take(region, tls->ncertificates * sizeof(void *));
    for (unsigned i = 0; i < tls->ncertificates; i++) {
        const struct served_certificate *served =
            serve(l, listener, &tls->certificates[i]);

        ok &= served != NULL;
        if (served == NULL)
            continue;
        all[i] = (struct tls_certificate){tls->certificates[i].arn,
                                          served->chain, served->key};
        to->certificates[to->n++] = served;
    }
    return ok && make_context(l, listener, all, to);
}

/* ---- the set ------------------------------------------------------------------------ */

static struct certificates *new_set(const struct config *config)
{
    struct certificates *set = memory_zeroed(1, sizeof(*set));
    unsigned n = 0;

    atomic_init(&set->holders, 1);
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_tls *tls = config->listeners[i]->tls;

        n += tls ? tls->ncertificates : 0;
    }
    set->served = region_take(&set->region, (n + 1) * sizeof(*set->served));
    set->trusts = region_take(&set->region, (config->ntrust_stores + 1) *
                                                sizeof(*set->trusts));
    set->listeners = region_take(&set->region, (config->nlisteners + 1) *
                                                   sizeof(*set->listeners));
    set->nlisteners = config->nlisteners;
    return set;
}

struct certificates *certificates_load(struct certificate_source *source,
                                       const struct config *config,
                                       const struct certificates *before,
                                       struct report *report)
{
    struct loading l = {source, before, report, new_set(config)};
    bool ok = true;

    for (unsigned i = 0; i < config->nlisteners; i++)
        ok &= load_listener(&l, config->listeners[i], &l.set->listeners[i]);
    if (ok)
        return l.set;
    certificates_release(l.set);
    return NULL;
}

bool certificates_outdated(const struct certificates *set)
{
    for (unsigned i = 0; set && i < set->nserved; i++) {
        if (!certificate_is_current(&set->served[i]))
            return true;
    }
    for (unsigned i = 0; set && i < set->ntrusts; i++) {
        if (!trust_is_current(&set->trusts[i]))
            return true;
    }
    return false;
}

bool certificates_equal(const struct certificates *a,
                        const struct certificates *b)
{
    if (a == NULL || b == NULL || a->nlisteners != b->nlisteners)
        return a == b;
    for (unsigned i = 0; i < a->nlisteners; i++) {
        if (a->listeners[i].context != b->listeners[i].context)
            return false;
    }
    return true;
}

static void check_listener(struct loading *l,
                           const struct config_listener *listener)
{
    const struct config_tls *tls = listener->tls;

    for (unsigned i = 0; tls && i < tls->ncertificates; i++) {
        if (tls->certificates[i].file.n || tls->certificates[i].pem.n)
            serve(l, listener, &tls->certificates[i]);
    }
    if (tls && tls->trust_store)
        serve_trust(l, listener);
}

void certificates_check(const struct config *config, struct report *report)
{
    struct certificate_source nothing;
    struct loading l = {&nothing, NULL, report, new_set(config)};

    certificate_source_init(&nothing, NULL);
    for (unsigned i = 0; i < config->nlisteners; i++)
        check_listener(&l, config->listeners[i]);
    certificates_release(l.set);
    certificate_source_end(&nothing);
}

/* ---- from one process to the next --------------------------------------------------- */

unsigned certificates_files(const struct certificates *set)
{
    unsigned n = 0;

    for (unsigned i = 0; set && i < set->nserved; i++)
        n += set->served[i].file.n != 0;
    return n;
}

void certificates_put_texts(const struct certificates *set, struct str *texts)
{
    for (unsigned i = 0; set && i < set->nserved; i++) {
        const struct served_certificate *s = &set->served[i];

        if (s->file.n == 0)
            continue;
        *texts++ = s->file;
        *texts++ = s->key_file;
        *texts++ = s->chain;
        *texts++ = s->key;
    }
}

static void take_texts(struct certificates *set, const struct str *texts)
{
    struct served_certificate *s = &set->served[set->nserved];
    const struct certificate_text c = {texts[2], "what was remembered"};
    const struct certificate_text k = {texts[3], "its key"};
    struct error error = {""};

    if (!certificate_check(&c, &k, &s->facts, &error))
        return;
    s->file = region_copy(&set->region, texts[0]);
    s->key_file = region_copy(&set->region, texts[1]);
    s->chain = region_copy(&set->region, texts[2]);
    s->key = region_copy(&set->region, texts[3]);
    s->stale = true;
    set->nserved++;
}

struct certificates *certificates_of_texts(const struct str *texts, unsigned n)
{
    struct certificates *set = memory_zeroed(1, sizeof(*set));

    atomic_init(&set->holders, 1);
    set->served = region_take(&set->region, (n + 1) * sizeof(*set->served));
    for (unsigned i = 0; i < n; i++)
        take_texts(set, texts + (size_t)i * CERTIFICATE_TEXTS);
    return set;
}

struct certificates *certificates_hold(struct certificates *set)
{
    if (set)
        atomic_fetch_add_explicit(&set->holders, 1, memory_order_relaxed);
    return set;
}

void certificates_release(struct certificates *set)
{
    struct region region;

    if (set == NULL ||
        atomic_fetch_sub_explicit(&set->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < set->nserved; i++)
        explicit_bzero((void *)(uintptr_t)set->served[i].key.p,
                       set->served[i].key.n);
    for (unsigned i = 0; i < set->nlisteners; i++)
        tls_context_release(set->listeners[i].context);
    for (unsigned i = 0; i < set->ntrusts; i++)
        tls_trust_release(set->trusts[i].trust);
    region = set->region;
    free(set);
    region_end(&region);
}
