/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is of certificates, and their end.
 */
#include "api/acm.h"

#include "api/find.h"
#include "api/services.h"
#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "model/arn.h"
#include "model/instant.h"

enum { PAGE = 100, DAY_MS = 24 * 60 * 60 * 1000 };

/* ---- finding --------------------------------------------------------------------- */

struct str acm_arn(struct region *region, const struct config *config,
                   const struct account_resource *resource)
{
    struct arn_scope scope = {config->region_name, config->account,
                              config->stack};
    struct str given = member_text(account_sluice(resource), "Id");

    return arn_certificate(
        region, &scope,
        arn_certificate_id(region, &scope, given, resource->id));
}

static bool is_certificate(const struct account_resource *resource)
{
    return str_eq(account_type(resource), STR(ACM_TYPE));
}

const struct account_resource *acm_find(struct call *call,
                                        const struct account_view *view)
{
    const struct account *account = view->account;
    struct str arn = call_text(call, "CertificateArn");

    for (unsigned i = 0; i < account->n; i++) {
        if (is_certificate(account->resources[i]) &&
            str_eq(arn,
                   acm_arn(call->region, view->config, account->resources[i])))
            return account->resources[i];
    }
    if (!str_starts(arn, STR("arn:")) ||
        memmem(arn.p, arn.n, ":acm:", 5) == NULL)
        call_refuse(call, "InvalidArnException",
                    "'" STR_FMT "' is not the ARN of a certificate",
                    STR_ARG(arn));
    else
        call_refuse(call, "ResourceNotFoundException",
                    "Could not find certificate " STR_FMT " in account " STR_FMT
                    ".",
                    STR_ARG(arn), STR_ARG(view->account_id));
    return NULL;
}

/* Those that have it on a listener, each once: the ARNs of load balancers. */
static struct value *in_use_by(struct call *call,
                               const struct account_view *view, struct str arn)
{
    const struct config *config = view->config;
    struct value *list = make_list(call->region);

    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *listener = config->listeners[i];
        const struct config_tls *tls = listener->tls;

        for (unsigned k = 0; tls && k < tls->ncertificates; k++) {
            if (str_eq(tls->certificates[k].arn, arn) &&
                !list_has(list, listener->load_balancer->arn))
                add_text(call->region, list, listener->load_balancer->arn);
        }
    }
    return list;
}

/* ---- what it says ------------------------------------------------------------------ */

/* What is told of one, imported or not. */
struct told {
    const struct account_resource *resource;
    struct str arn;
    struct str domain;
    bool imported;
    struct certificate_facts facts; /* imported */
    uint64_t created_s;
    uint64_t begins_s;
    uint64_t ends_s;
    const char *key;
};

/* "RSA 2048" as ACM calls it. */
static const char *key_algorithm(const char *kind)
{
    static const struct {
        const char *kind;
        const char *name;
    } kinds[] = {
        {"RSA 2048", "RSA_2048"},        {"RSA 3072", "RSA_3072"},
        {"RSA 4096", "RSA_4096"},        {"ECDSA P-256", "EC_prime256v1"},
        {"ECDSA P-384", "EC_secp384r1"}, {"ECDSA P-521", "EC_secp521r1"},
    };

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].name;
    }
    return "RSA_2048";
}

static void tell(struct call *call, const struct account_view *view,
                 const struct account_resource *resource, struct told *told)
{
    const struct value *own = account_sluice(resource);
    struct certificate_text text = {member_text(own, "Certificate"),
                                    "Certificate"};
    struct error error = {""};
    uint64_t created_ms = 0;

    *told = (struct told){
        .resource = resource,
        .arn = acm_arn(call->region, view->config, resource),
        .domain = member_text(account_properties(resource), "DomainName"),
        .key = "EC_prime256v1",
    };
    if (instant_parse(member_text(own, "Created"), &created_ms))
        told->created_s = created_ms / 1000;
    told->begins_s = told->created_s;
    told->ends_s =
        (view->now_ms + (uint64_t)AUTHORITY_LEAF_DAYS * (uint64_t)DAY_MS) /
        1000;
    told->imported =
        text.text.n && certificate_read(&text, &told->facts, &error);
    if (!told->imported)
        return;
    told->begins_s = (uint64_t)told->facts.not_before;
    told->ends_s = (uint64_t)told->facts.not_after;
    told->key = key_algorithm(told->facts.kind);
}

/* Its names: those that it says itself, or that it was wanted for. */
static struct value *names_of(struct call *call, const struct told *told)
{
    struct value *list = make_list(call->region);
    const struct value *more = value_get(account_properties(told->resource),
                                         STR("SubjectAlternativeNames"));
    struct str rest = str_of(told->facts.names);

    if (told->imported) {
        while (rest.p) {
            struct str name = str_trim(str_cut(&rest, ','));

            if (name.n && !str_eq(name, STR("...")))
                add_text(call->region, list, name);
        }
        return list;
    }
    add_text(call->region, list, told->domain);
    for (const struct value *v = more ? more->first : NULL; v; v = v->next) {
        if (!list_has(list, v->text))
            add_text(call->region, list, v->text);
    }
    return list;
}

static struct str status_of(const struct account_view *view,
                            const struct told *told)
{
    return told->ends_s < view->now_ms / 1000 ? STR("EXPIRED") : STR("ISSUED");
}

/* A record that would prove the name; nobody looks for it here. */
static void put_validation(struct call *call, const struct told *told,
                           struct value *detail)
{
    struct region *region = call->region;
    struct value *list = put_list(region, detail, "DomainValidationOptions");
    struct value *names = names_of(call, told);

    for (const struct value *v = names->first; v; v = v->next) {
        struct value *option = add_map(region, list);
        struct value *record;
        struct str name = v->text;

        put_text(region, option, "DomainName", v->text);
        if (str_starts(name, STR("*.")))
            name = str_make(name.p + 2, name.n - 2);
        put_text(region, option, "ValidationDomain", name);
        put_text(region, option, "ValidationStatus", STR("SUCCESS"));
        put_text(region, option, "ValidationMethod", STR("DNS"));
        record = put_map(region, option, "ResourceRecord");
        put_text(region, record, "Name",
                 region_printf(region, "_sluice." STR_FMT ".", STR_ARG(name)));
        put_text(region, record, "Type", STR("CNAME"));
        put_text(region, record, "Value",
                 STR("_issued-by-the-local-authority.acm-validations.aws."));
    }
}

static bool describe(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct account_resource *resource = acm_find(call, view);
    struct value *result = make_map(region);
    struct value *d = put_map(region, result, "Certificate");
    struct told told;

    if (resource == NULL)
        return false;
    tell(call, view, resource, &told);
    put_text(region, d, "CertificateArn", told.arn);
    put_text(region, d, "DomainName", told.domain);
    put_value(region, d, "SubjectAlternativeNames", names_of(call, &told));
    put_text(region, d, "Status", status_of(view, &told));
    put_text(region, d, "Type",
             told.imported ? STR("IMPORTED") : STR("AMAZON_ISSUED"));
    put_number(region, d, "CreatedAt", told.created_s);
    put_number(region, d, told.imported ? "ImportedAt" : "IssuedAt",
               told.created_s);
    put_number(region, d, "NotBefore", told.begins_s);
    put_number(region, d, "NotAfter", told.ends_s);
    put_text(region, d, "KeyAlgorithm", str_of(told.key));
    put_value(region, d, "InUseBy", in_use_by(call, view, told.arn));
    put_text(region, d, "RenewalEligibility",
             told.imported ? STR("INELIGIBLE") : STR("ELIGIBLE"));
    put_text(region, put_map(region, d, "Options"),
             "CertificateTransparencyLoggingPreference",
             told.imported ? STR("DISABLED") : STR("ENABLED"));
    if (!told.imported)
        put_validation(call, &told, d);
    call->result = result;
    return true;
}

static bool get(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct account_resource *resource = acm_find(call, view);
    struct value *result = make_map(region);
    const struct value *own;
    struct str chain;

    if (resource == NULL)
        return false;
    own = account_sluice(resource);
    chain = member_text(own, "CertificateChain");
    if (member_text(own, "Certificate").n == 0)
        return call_refuse(
            call, "RequestInProgressException",
            "Sluice's local authority issues this certificate when a listener "
            "has it, anew before it ends; trust the authority (sluice ca)");
    put_text(region, result, "Certificate", member_text(own, "Certificate"));
    if (chain.n)
        put_text(region, result, "CertificateChain", chain);
    call->result = result;
    return true;
}

/* ---- the list ---------------------------------------------------------------------- */

static void add_summary(struct call *call, const struct account_view *view,
                        const struct told *told, struct value *list)
{
    struct region *region = call->region;
    struct value *s = add_map(region, list);
    struct value *names = names_of(call, told);

    put_text(region, s, "CertificateArn", told->arn);
    put_text(region, s, "DomainName", told->domain);
    put_value(region, s, "SubjectAlternativeNameSummaries", names);
    put_bool(region, s, "HasAdditionalSubjectAlternativeNames", false);
    put_text(region, s, "Status", status_of(view, told));
    put_text(region, s, "Type",
             told->imported ? STR("IMPORTED") : STR("AMAZON_ISSUED"));
    put_text(region, s, "KeyAlgorithm", str_of(told->key));
    put_bool(region, s, "InUse", in_use_by(call, view, told->arn)->first);
    put_text(region, s, "RenewalEligibility",
             told->imported ? STR("INELIGIBLE") : STR("ELIGIBLE"));
    put_number(region, s, "CreatedAt", told->created_s);
    put_number(region, s, told->imported ? "ImportedAt" : "IssuedAt",
               told->created_s);
    put_number(region, s, "NotBefore", told->begins_s);
    put_number(region, s, "NotAfter", told->ends_s);
}

/* Whether the list, if there is one, has the text. */
static bool wanted(const struct value *list, struct str text)
{
    return list == NULL || list->first == NULL || list_has(list, text);
}

static bool list(struct call *call, const struct account_view *view)
{
    const struct account *account = view->account;
    const struct value *keys =
        value_get(call_get(call, "Includes"), STR("keyTypes"));
    struct value *result = make_map(call->region);
    struct value *all =
        put_list(call->region, result, "CertificateSummaryList");
    unsigned most = member_number(call->input, "MaxItems", PAGE);
    unsigned from = member_number(call->input, "NextToken", 0);
    unsigned n = 0;

    for (unsigned i = from; i < account->n; i++) {
        struct told told;

        if (!is_certificate(account->resources[i]))
            continue;
        tell(call, view, account->resources[i], &told);
        if (!wanted(call_get(call, "CertificateStatuses"),
                    status_of(view, &told)) ||
            !wanted(keys, str_of(told.key)))
            continue;
        if (n++ == most) {
            put_text(call->region, result, "NextToken",
                     region_printf(call->region, "%u", i));
            break;
        }
        add_summary(call, view, &told, all);
    }
    call->result = result;
    return true;
}

/* ---- the end ------------------------------------------------------------------------ */

static bool delete (struct call *call, const struct account_view *view)
{
    const struct account_resource *resource = acm_find(call, view);
    struct str arn = call_text(call, "CertificateArn");

    if (resource == NULL)
        return false;
    if (in_use_by(call, view, arn)->first)
        return call_refuse(call, "ResourceInUseException",
                           "Certificate " STR_FMT " in account " STR_FMT
                           " is in use.",
                           STR_ARG(arn), STR_ARG(view->account_id));
    edit_remove(call->region, &call->edit, resource->id);
    return true;
}

static const struct member arn_members[] = {ACM_ARN_MEMBER};
static const struct shape arn_shape = SHAPE_OF(arn_members);
static const struct member include_members[] = {
    {.name = "keyTypes", .kind = MEMBER_TEXTS},
};
static const struct shape include_shape = SHAPE_OF(include_members);

static bool is_token(struct str text)
{
    uint64_t at;

    return str_to_u64(text, UINT32_MAX, &at);
}

static const struct member list_members[] = {
    {.name = "CertificateStatuses", .kind = MEMBER_TEXTS},
    {.name = "Includes", .kind = MEMBER_STRUCT, .shape = &include_shape},
    {.name = "NextToken", .fits = is_token, .pattern = "[0-9]+"},
    {.name = "MaxItems", .kind = MEMBER_NUMBER, .min = 1, .max = 1000},
};
static const struct shape list_shape = SHAPE_OF(list_members);
static const char *const resources[] = {"CertificateArn", NULL};

static const struct action actions[] = {
    {.name = "DeleteCertificate",
     .input = &arn_shape,
     .resources = resources,
     .edit = delete},
    {.name = "DescribeCertificate",
     .input = &arn_shape,
     .resources = resources,
     .answer = describe},
    {.name = "GetCertificate",
     .input = &arn_shape,
     .resources = resources,
     .answer = get},
    {.name = "ListCertificates", .input = &list_shape, .answer = list},
};

const struct action_table acm_actions = ACTION_TABLE(actions);
