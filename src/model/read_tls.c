/* SPDX-License-Identifier: Apache-2.0
 *
 * What HTTPS listeners have: a security policy and certificates; and the
 * resources that certificates come from.
 */
#include "model/certificate_name.h"
#include "model/read.h"

struct certificate_input {
    const struct value *value;
    struct field arn;
};

struct key_pair_input {
    const struct value *value;
    struct field certificate;
    struct field key;
};

/* AWS::CertificateManager::Certificate. */
struct resource_input {
    const struct value *value;
    struct field domain;
    struct field alternatives;
};

/* Its Metadata.Sluice: what was imported by the API, as PEM. */
struct imported_input {
    const struct value *value;
    struct identity_input identity;
    struct field certificate;
    struct field chain;
    struct field key;
    struct field token;
};

/* AWS::ElasticLoadBalancingV2::ListenerCertificate. */
struct addition_input {
    const struct value *value;
    struct field listener;
    struct field certificates;
};

/* What a certificate of the template is for. */
struct certificate_resource {
    struct str id;
    unsigned n;
    struct str *names;
    struct str pem; /* n == 0: it was not imported */
    struct str pem_key;
};

struct certificate_entry {
    struct certificate_entry *next;
    struct config_certificate certificate;
};

static const struct property certificate_properties[] = {
    {.name = "CertificateArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct certificate_input, arn),
     .flags = PROPERTY_UNKNOWABLE,
     .min = 1},
};

const struct schema certificates_schema =
    SCHEMA(certificate_properties, struct certificate_input);

static const struct property key_pair_properties[] = {
    {.name = "Certificate",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct key_pair_input, certificate),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .example = "cert.pem"},
    {.name = "Key",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct key_pair_input, key),
     .min = 1,
     .example = "key.pem"},
};

const struct schema key_pairs_schema = {
    .properties = key_pair_properties,
    .n = sizeof(key_pair_properties) / sizeof(*key_pair_properties),
    .size = sizeof(struct key_pair_input),
    .own = true,
};

static const struct property resource_properties[] = {
    {.name = "DomainName",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct resource_input, domain),
     .flags = NEEDED,
     .min = 1,
     .max = 253,
     .example = "www.example.com"},
    {.name = "SubjectAlternativeNames",
     .kind = PROPERTY_STRINGS,
     .offset = offsetof(struct resource_input, alternatives),
     .flags = PROPERTY_UNKNOWABLE,
     .min = 1,
     .max = 253},
};

static const struct schema resource_schema = {
    .properties = resource_properties,
    .n = sizeof(resource_properties) / sizeof(*resource_properties),
    .size = sizeof(struct resource_input),
    .open = true,
};

static const struct property imported_properties[] = {
    IDENTITY_PROPERTIES(struct imported_input, identity),
    {.name = "Certificate",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct imported_input, certificate),
     .min = 1,
     .example = "|, and the certificate in PEM"},
    {.name = "CertificateChain",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct imported_input, chain),
     .min = 1,
     .example = "|, and those that vouch for it in PEM"},
    {.name = "PrivateKey",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct imported_input, key),
     .min = 1,
     .example = "|, and the key in PEM"},
    {.name = "IdempotencyToken",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct imported_input, token)},
};

static const struct schema imported_schema = {
    .properties = imported_properties,
    .n = sizeof(imported_properties) / sizeof(*imported_properties),
    .size = sizeof(struct imported_input),
    .own = true,
};

static const struct property addition_properties[] = {
    {.name = "ListenerArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct addition_input, listener),
     .flags = NEEDED,
     .example = "!Ref Listener"},
    {.name = "Certificates",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct addition_input, certificates),
     .flags = NEEDED,
     .schema = &certificates_schema,
     .example = "[{CertificateArn: !Ref Certificate}]"},
};

static const struct schema addition_schema =
    SCHEMA(addition_properties, struct addition_input);

/* ---- certificates of the template -------------------------------------------- */

static void add_name(struct build *build, const struct resource *resource,
                     const struct field *field, const char *property,
                     struct certificate_resource *c)
{
    struct str name = shown(field->text);

    if (!field->ok)
        return;
    if (is_certificate_name(field->text))
        c->names[c->n++] = keep(build, field->text);
    else
        resource_error(resource, field_place(field),
                       "%s \"" STR_FMT "\" is no domain name\n"
                       "write one such as www.example.com or *.example.com",
                       property, STR_ARG(name));
}

/* What was imported; it is for the names that it says itself. */
static void read_imported(struct build *build, const struct resource *resource,
                          const struct imported_input *input,
                          struct certificate_resource *c)
{
    if (input->certificate.ok != input->key.ok)
        resource_error(
            resource,
            field_place(input->key.ok ? &input->key : &input->certificate),
            "Metadata.Sluice has %s\nwrite both, or neither",
            input->key.ok ? "PrivateKey without Certificate"
                          : "Certificate without PrivateKey");
    if (!input->certificate.ok || !input->key.ok)
        return;
    c->pem =
        region_printf(&build->config->region, STR_FMT "\n" STR_FMT,
                      STR_ARG(input->certificate.text),
                      STR_ARG(input->chain.ok ? input->chain.text : STR("")));
    c->pem_key = keep(build, input->key.text);
}

void read_certificate(struct build *build, const struct resource *resource)
{
    struct region *region = &build->config->region;
    struct certificate_resource *c = region_take(region, sizeof(*c));
    struct resource_input input = {.value = NULL};
    struct imported_input imported = {.value = NULL};
    const struct field *names;
    struct str uuid;

    schema_read(resource, &resource_schema, NULL, resource->properties, &input);
    schema_read(resource, &imported_schema, "Metadata.Sluice", resource->sluice,
                &imported);
    uuid = read_certificate_identity(build, resource, &imported.identity);
    read_imported(build, resource, &imported, c);
    names = input.alternatives.items;
    c->id = keep(build, resource->id);
    c->names =
        region_take(region, (input.alternatives.n + 2) * sizeof(*c->names));
    if (c->pem.n == 0)
        add_name(build, resource, &input.domain, "DomainName", c);
    for (unsigned i = 0; c->pem.n == 0 && i < input.alternatives.n; i++)
        add_name(build, resource, &names[i], "SubjectAlternativeNames", c);
    known_add(build, KNOWN_CERTIFICATE,
              arn_certificate(region, &build->scope, uuid), c->id, c);
}

/* ---- the certificates of a listener ------------------------------------------- */

/* Adding one that is there already changes nothing, as with AWS. */
static struct config_certificate *
add_entry(struct build *build, struct config_listener *listener, struct str arn)
{
    struct certificate_list *list = &build->certificates[listener->index];
    struct certificate_entry *e;

    for (e = list->first; e; e = e->next) {
        if (str_eq(e->certificate.arn, arn))
            return &e->certificate;
    }
    e = region_take(&build->region, sizeof(*e));
    e->certificate.arn = arn;
    e->certificate.names =
        region_take(&build->config->region,
                    CONFIG_NAMES_MAX * sizeof(*e->certificate.names));
    if (list->end == NULL)
        list->end = &list->first;
    *list->end = e;
    list->end = &e->next;
    list->n++;
    return &e->certificate;
}

/* An ARN for what only AWS could give one. */
static struct str made_arn(struct build *build, struct str owner, unsigned i)
{
    struct str id = region_printf(&build->region, STR_FMT "/certificate/%u",
                                  STR_ARG(owner), i);

    return arn_certificate(
        &build->config->region, &build->scope,
        arn_certificate_id(&build->region, &build->scope, STR(""), id));
}

static void no_arn(struct build *build, const struct resource *resource,
                   const struct field *field)
{
    struct str text = shown(field->text);
    struct suggest near = suggest_for(field->text);

    for (unsigned i = 0; i < build->nknown; i++) {
        if (build->known[i].kind == KNOWN_CERTIFICATE)
            suggest_offer(&near, build->known[i].id.p);
    }
    if (suggest_best(&near))
        resource_error(resource, field_place(field),
                       "CertificateArn \"" STR_FMT "\" is no ARN\n"
                       "write CertificateArn: !Ref %s",
                       STR_ARG(text), suggest_best(&near));
    else
        resource_error(resource, field_place(field),
                       "CertificateArn \"" STR_FMT "\" is no ARN\n"
                       "write one such as arn:aws:acm:REGION:ACCOUNT:"
                       "certificate/ID, or !Ref of a certificate",
                       STR_ARG(text));
}

/* What stands in CertificateArn, as an ARN; n == 0 after an error. */
static struct str read_arn(struct build *build, const struct resource *resource,
                           const struct field *field, unsigned i,
                           const struct certificate_resource **from)
{
    *from = NULL;
    if (!field->ok)
        return made_arn(build, resource->id, i);
    if (known_has(build, field->text)) {
        *from = known_find(build, resource, KNOWN_CERTIFICATE, field,
                           "CertificateArn");
        return *from ? keep(build, field->text) : STR("");
    }
    if (str_starts(field->text, STR("arn:")))
        return keep(build, field->text);
    no_arn(build, resource, field);
    return STR("");
}

static void add_given(struct build *build, const struct resource *resource,
                      const struct certificate_input *input, unsigned i,
                      struct config_listener *listener)
{
    const struct certificate_resource *from;
    struct str arn = read_arn(build, resource, &input->arn, i, &from);
    struct config_certificate *c;

    if (arn.n == 0)
        return;
    c = add_entry(build, listener, arn);
    if (c->owner.n)
        return;
    c->owner = keep(build, resource->id);
    c->place = keep_place(build, input->arn.value ? field_place(&input->arn)
                                                  : &input->value->place);
    if (from == NULL)
        return;
    c->id = from->id;
    c->pem = from->pem;
    c->pem_key = from->pem_key;
    for (unsigned k = 0; k < from->n; k++)
        add_certificate_name(&build->config->region, c, from->names[k]);
}

static void add_pair(struct build *build, const struct resource *resource,
                     const struct key_pair_input *input, struct str arn,
                     struct config_listener *listener)
{
    struct config_certificate *c = add_entry(build, listener, arn);

    c->owner = listener->id;
    c->place = keep_place(build, &input->value->place);
    c->file = keep_text(build, &input->certificate);
    c->key = input->key.ok ? keep_text(build, &input->key) : c->file;
    (void)resource;
}

/* Files take the place of what the template's ARNs stand for. */
static void add_pairs(struct build *build, const struct resource *resource,
                      const struct tls_fields *fields,
                      struct config_listener *listener)
{
    const struct key_pair_input *pairs = fields->key_pairs->items;
    const struct certificate_input *given = fields->certificates->items;
    bool named = fields->certificates->ok && fields->certificates->n == 1 &&
                 given[0].arn.ok;

    for (unsigned i = 0; i < fields->key_pairs->n; i++) {
        struct str arn = i == 0 && named ? keep(build, given[0].arn.text)
                                         : made_arn(build, listener->id, i);

        add_pair(build, resource, &pairs[i], arn, listener);
    }
}

/* Whether --certificate names this listener. */
static bool is_given(const struct build *build, struct str id)
{
    for (unsigned i = 0; i < build->local->ncertificates; i++) {
        if (str_eq(build->local->certificates[i].name, id))
            return true;
    }
    return false;
}

/* One whose files --certificate says, or that only AWS knows. */
static void add_unnamed(struct build *build, const struct resource *resource,
                        struct config_listener *listener)
{
    struct config_certificate *c =
        add_entry(build, listener, made_arn(build, resource->id, 0));

    c->owner = listener->id;
    c->place = listener->place;
}

static void read_certificates(struct build *build,
                              const struct resource *resource,
                              const struct tls_fields *fields,
                              struct config_listener *listener)
{
    const struct field *given = fields->certificates;

    if (given->ok && given->n > 1)
        resource_error(resource, field_place(given),
                       "Certificates has %u entries: a listener has one "
                       "default certificate\nadd the others as "
                       "AWS::ElasticLoadBalancingV2::ListenerCertificate",
                       given->n);
    if (fields->key_pairs->ok && fields->key_pairs->n)
        add_pairs(build, resource, fields, listener);
    else if (given->ok && given->n)
        add_given(build, resource, given->items, 0, listener);
    else if ((given->value && given->value->kind == VALUE_UNKNOWN) ||
             is_given(build, listener->id))
        add_unnamed(build, resource, listener);
    else if (given->value == NULL || given->ok)
        resource_error(resource, resource_place(resource),
                       "Certificates is missing: an HTTPS listener has a "
                       "default certificate\n"
                       "add Certificates: [{CertificateArn: ...}]; here any "
                       "ARN will do: without --certificate a local authority "
                       "issues what it stands for");
}

/* ---- the policy ------------------------------------------------------------------ */

static const struct ssl_policy *bad_policy(const struct resource *resource,
                                           const struct field *field)
{
    struct str text = shown(field->text);
    const char *near = ssl_policy_suggest(field->text);

    resource_error(resource, field_place(field),
                   "SslPolicy \"" STR_FMT "\" is no security policy of AWS's\n"
                   "%s%s%s",
                   STR_ARG(text),
                   near ? "did you mean \""
                        : "write one such "
                          "as ",
                   near ? near : "ELBSecurityPolicy-TLS13-1-2-2021-06",
                   near ? "\"?" : "");
    return ssl_policy_find(str_of(ssl_policy_default));
}

/* What the library here cannot do of it. */
static void note_lacks(const struct resource *resource,
                       const struct place *place,
                       const struct ssl_policy *policy)
{
    char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer));

    ssl_policy_lacks(policy, &t);
    if (t.n)
        report_partly(resource->report, place,
                      "%s: SslPolicy " STR_FMT " is served without " STR_FMT
                      ", which this OpenSSL does not have",
                      resource->name, STR_ARG(policy->name),
                      STR_ARG(text_str(&t)));
}

static const struct ssl_policy *read_policy(const struct resource *resource,
                                            const struct field *field)
{
    const struct ssl_policy *policy =
        ssl_policy_find(field->ok ? field->text : str_of(ssl_policy_default));
    struct str why;

    if (policy == NULL)
        return bad_policy(resource, field);
    if (field->value && field->value->kind == VALUE_UNKNOWN) {
        why = shown(field->value->text);
        resource_warning(resource, field_place(field),
                         "SslPolicy is not known here: " STR_FMT
                         "\n%s is used, AWS's default",
                         STR_ARG(why), ssl_policy_default);
    }
    note_lacks(resource,
               field->value ? field_place(field) : resource_place(resource),
               policy);
    return policy;
}

/* ---- the listener ---------------------------------------------------------------- */

void read_tls(struct build *build, const struct resource *resource,
              const struct tls_fields *fields, struct config_listener *listener)
{
    struct config_tls *tls = region_take(&build->config->region, sizeof(*tls));

    listener->tls = tls;
    tls->policy = read_policy(resource, fields->policy);
    tls->websocket_over_h2 =
        fields->websocket_over_h2->ok && fields->websocket_over_h2->number;
    read_certificates(build, resource, fields, listener);
}

void read_listener_certificate(struct build *build,
                               const struct resource *resource)
{
    struct addition_input input = {.value = NULL};
    struct config_listener *listener;
    const struct certificate_input *given;
    struct identity_input identity;

    schema_read(resource, &addition_schema, NULL, resource->properties, &input);
    read_identity_alone(resource, &identity);
    read_identity(build, resource, &identity, NULL);
    if (input.listener.value && !build->lost &&
        input.listener.value->kind == VALUE_UNKNOWN)
        resource_unknown(resource, input.listener.value, "ListenerArn");
    listener = known_find(build, resource, KNOWN_LISTENER, &input.listener,
                          "ListenerArn");
    if (listener == NULL)
        return;
    if (listener->protocol != PROTOCOL_HTTPS) {
        resource_error(resource, field_place(&input.listener),
                       "listener " STR_FMT " speaks HTTP, which has no "
                       "certificates\nwrite Protocol: HTTPS there",
                       STR_ARG(listener->id));
        return;
    }
    given = input.certificates.items;
    for (unsigned i = 0; i < input.certificates.n; i++)
        add_given(build, resource, &given[i], i, listener);
}

/* ---- all of them ------------------------------------------------------------------ */

static void list_of(struct build *build, struct config_listener *listener)
{
    const struct certificate_list *list = &build->certificates[listener->index];
    struct config_tls *tls = listener->tls;

    tls->certificates = region_take(&build->config->region,
                                    (list->n + 1) * sizeof(*tls->certificates));
    for (struct certificate_entry *e = list->first; e; e = e->next)
        tls->certificates[tls->ncertificates++] = e->certificate;
}

/* AWS counts those of all listeners, without the default ones. */
static void check_quota(struct build *build,
                        const struct config_load_balancer *lb)
{
    unsigned quota = quota_value(&build->config->quotas, QUOTA_CERTIFICATES);
    unsigned n = 0;

    for (unsigned i = 0; i < lb->nlisteners; i++) {
        const struct config_tls *tls = lb->listeners[i]->tls;

        n += tls && tls->ncertificates ? tls->ncertificates - 1 : 0;
    }
    if (n > quota)
        report_doubt(build->report, &lb->place,
                     "load balancer " STR_FMT " has %u certificates beside the "
                     "default ones: AWS's quota is %u\nask AWS for a larger "
                     "one (certificates-per-application-load-balancer)",
                     STR_ARG(lb->id), n, quota);
}

/* The listeners of a load balancer are all FIPS or none is. */
static void check_fips(struct build *build,
                       const struct config_load_balancer *lb)
{
    const struct config_listener *first = NULL;

    for (unsigned i = 0; i < lb->nlisteners; i++) {
        const struct config_listener *l = lb->listeners[i];

        if (l->tls && first == NULL)
            first = l;
        if (l->tls == NULL || l->tls->policy->fips == first->tls->policy->fips)
            continue;
        report_error(build->report, &l->place,
                     "listener " STR_FMT " has SslPolicy " STR_FMT
                     " and listener " STR_FMT " of the same load balancer "
                     "has " STR_FMT ": AWS takes FIPS policies on all of them "
                     "or on none\ngive both one or the other kind",
                     STR_ARG(l->id), STR_ARG(l->tls->policy->name),
                     STR_ARG(first->id), STR_ARG(first->tls->policy->name));
        return;
    }
}

void list_certificates(struct build *build)
{
    const struct config *config = build->config;

    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (config->listeners[i]->tls)
            list_of(build, config->listeners[i]);
    }
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        check_quota(build, config->load_balancers[i]);
        check_fips(build, config->load_balancers[i]);
    }
}
