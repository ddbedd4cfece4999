/* SPDX-License-Identifier: Apache-2.0
 *
 * Which files stand here for certificates, and for which names the local
 * authority issues the others.
 */
#include "model/certificate_name.h"
#include "model/local.h"
#include "model/schema.h"

/* ---- --certificate ---------------------------------------------------------- */

/* By ARN, by its resource, or by the one that names it: of a listener its
 * default certificate. */
static bool is_called(const struct config_certificate *c, struct str name)
{
    return str_eq(c->arn, name) || (c->id.n && str_eq(c->id, name)) ||
           str_eq(c->owner, name);
}

static unsigned give(struct config *config,
                     const struct local_certificate *given)
{
    struct region *region = &config->region;
    unsigned n = 0;

    for (unsigned i = 0; i < config->nlisteners; i++) {
        struct config_tls *tls = config->listeners[i]->tls;

        for (unsigned k = 0; tls && k < tls->ncertificates; k++) {
            struct config_certificate *c = &tls->certificates[k];

            if (!is_called(c, given->name) ||
                (k && str_eq(given->name, config->listeners[i]->id)))
                continue;
            c->file = region_copy(region, given->file);
            c->key = region_copy(region, given->key);
            n++;
        }
    }
    return n;
}

static void put_called(struct text *t, const struct config *config,
                       struct suggest *near)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_tls *tls = config->listeners[i]->tls;

        for (unsigned k = 0; tls && k < tls->ncertificates; k++) {
            const struct config_certificate *c = &tls->certificates[k];
            struct str name = c->id.n ? c->id : c->owner;

            suggest_offer(near, name.p);
            if (t->n == 0 || memmem(t->p, t->n, name.p, name.n) == NULL)
                text_printf(t, "%s" STR_FMT, t->n ? ", " : "", STR_ARG(name));
        }
    }
}

static void unknown(const struct config *config,
                    const struct local_certificate *given,
                    struct report *report)
{
    char buffer[256];
    struct text all = text_in(buffer, sizeof(buffer));
    struct str name = shown(given->name);
    struct suggest near = suggest_for(given->name);

    put_called(&all, config, &near);
    if (suggest_best(&near))
        report_error(report, NULL,
                     "--certificate " STR_FMT ": no listener has a certificate "
                     "of this name\ndid you mean %s?",
                     STR_ARG(name), suggest_best(&near));
    else
        report_error(report, NULL,
                     "--certificate " STR_FMT ": no listener has a certificate "
                     "of this name\n%s" STR_FMT,
                     STR_ARG(name),
                     all.n ? "write its ARN, or one of these: "
                           : "there is no HTTPS listener",
                     STR_ARG(text_str(&all)));
}

static void give_files(struct config *config, const struct local *local,
                       struct report *report)
{
    for (unsigned i = 0; i < local->ncertificates; i++) {
        const struct local_certificate *given = &local->certificates[i];
        struct str name = shown(given->name);

        for (unsigned k = 0; k < i; k++) {
            if (str_eq(local->certificates[k].name, given->name))
                report_error(report, NULL,
                             "--certificate " STR_FMT " is given twice\n"
                             "leave one of them out",
                             STR_ARG(name));
        }
        if (give(config, given) == 0 && !local->again)
            unknown(config, given, report);
    }
}

/* ---- names ------------------------------------------------------------------- */

static void add_host_names(struct region *region, struct config_certificate *c,
                           const struct config_listener *listener)
{
    for (unsigned i = 0; i < listener->nrules; i++) {
        const struct config_rule *rule = &listener->rules[i];

        for (unsigned k = 0; k < rule->nconditions; k++) {
            const struct config_condition *condition = &rule->conditions[k];

            for (unsigned v = 0; condition->field == CONDITION_HOST &&
                                 !condition->regex && v < condition->nvalues;
                 v++) {
                if (is_certificate_name(condition->values[v].value))
                    add_certificate_name(region, c, condition->values[v].value);
            }
        }
    }
}

/* By what names clients on this machine come. */
static void add_local_names(struct region *region, struct config_certificate *c,
                            const struct config_listener *listener)
{
    static const uint8_t any[16];
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    add_certificate_name(region, c, listener->load_balancer->dns_name);
    add_certificate_name(region, c, STR("localhost"));
    add_certificate_name(region, c, STR("127.0.0.1"));
    add_certificate_name(region, c, STR("::1"));
    if (memcmp(listener->bind.ip, any, sizeof(any)) == 0)
        return;
    address_put_ip(&t, &listener->bind);
    add_certificate_name(region, c, text_str(&t));
    if (listener->own.family == 0)
        return;
    t.n = 0;
    address_put_ip(&t, &listener->own);
    add_certificate_name(region, c, text_str(&t));
}

/* Only the default certificate is for names that no resource says. */
static void name_default(struct region *region,
                         const struct config_listener *listener)
{
    struct config_certificate *c = &listener->tls->certificates[0];

    if (c->file.n || c->pem.n)
        return;
    if (c->nnames == 0)
        add_host_names(region, c, listener);
    add_local_names(region, c, listener);
}

/* A certificate beside the default one of which nothing is known here. */
static bool is_nothing(const struct config_certificate *c)
{
    return c->file.n == 0 && c->pem.n == 0 && c->nnames == 0;
}

static void leave_out(struct config_tls *tls, struct report *report)
{
    unsigned kept = 1;

    for (unsigned i = 1; i < tls->ncertificates; i++) {
        struct config_certificate *c = &tls->certificates[i];

        if (!is_nothing(c))
            tls->certificates[kept++] = *c;
        else
            report_partly(
                report, &c->place,
                "the certificate of " STR_FMT " is not known here: the "
                "default one is shown in its place; --certificate " STR_FMT
                "=CERT.pem,KEY.pem gives it",
                STR_ARG(c->owner), STR_ARG(c->owner));
    }
    tls->ncertificates = kept;
}

void local_apply_certificates(struct config *config, const struct local *local,
                              struct report *report)
{
    give_files(config, local, report);
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *listener = config->listeners[i];

        if (listener->tls == NULL)
            continue;
        name_default(&config->region, listener);
        leave_out(listener->tls, report);
    }
}
