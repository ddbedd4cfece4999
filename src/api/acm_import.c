/* SPDX-License-Identifier: Apache-2.0
 *
 * How certificates come into the account: imported with their key, or wanted
 * for names, for which the local authority issues them.
 */
#include "api/acm.h"
#include "api/resource.h"
#include "api/services.h"
#include "api/tags.h"
#include "base/base64.h"
#include "crypto/certificate.h"
#include "model/instant.h"

/* ---- making one -------------------------------------------------------------------- */

/* Adds it to the edit; its ARN is call->made[0].  `own` is what stands in
 * Metadata.Sluice beside its identity. */
static void make(struct call *call, const struct account_view *view,
                 const struct value *properties, const struct value *own)
{
    struct region *region = call->region;
    struct value *resource = make_map(region);
    struct value *sluice = make_map(region);
    struct account_resource made = {
        .id = region_printf(region, "Certificate" STR_FMT,
                            STR_ARG(call_new_id(call))),
        .value = resource,
    };

    put_text(region, sluice, "Id", call_new_uuid(call));
    put_text(region, sluice, "Created", instant_text(region, view->now_ms));
    for (const struct value *v = own->first; v; v = v->next)
        value_put(region, sluice, v->key, value_copy(region, v));
    put_text(region, resource, "Type", STR(ACM_TYPE));
    value_put(region, resource, STR("Properties"),
              value_copy(region, properties));
    put_value(region, put_map(region, resource, "Metadata"), "Sluice", sluice);
    edit_put(region, &call->edit, made.id, resource);
    call->made[call->nmade++] = acm_arn(region, view->config, &made);
}

static bool answer_arn(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);

    (void)view;
    put_text(call->region, result, "CertificateArn", call->made[0]);
    call->result = result;
    return true;
}

/* ---- importing ---------------------------------------------------------------------- */

/* The three texts of the input, decoded. */
struct import {
    struct str certificate;
    struct str chain;
    struct str key;
    struct certificate_facts facts;
};

static bool decode(struct call *call, const char *name, struct str *text)
{
    struct str given = call_text(call, name);
    char *out = region_take(call->region, BASE64_BYTES(given.n) + 1);
    long n = base64_read(given, (uint8_t *)out);

    if (n < 0)
        return call_refuse(call, "ValidationException",
                           "%s is not in base64, as blobs of JSON are", name);
    *text = str_make(out, (size_t)n);
    return true;
}

/* What OpenSSL writes in front of the PEM is left out. */
static struct str only_pem(struct str text)
{
    struct str begin = STR("-----BEGIN ");
    const char *at = text.n ? memmem(text.p, text.n, begin.p, begin.n) : NULL;

    return at ? str_make(at, text.n - (size_t)(at - text.p)) : text;
}

static bool read_import(struct call *call, struct import *import)
{
    struct certificate_text chain = {.where = "Certificate"};
    struct certificate_text key = {.where = "PrivateKey"};
    struct error error = {""};

    if (!decode(call, "Certificate", &import->certificate) ||
        !decode(call, "CertificateChain", &import->chain) ||
        !decode(call, "PrivateKey", &import->key))
        return false;
    import->certificate = only_pem(import->certificate);
    chain.text =
        region_printf(call->region, STR_FMT "\n" STR_FMT,
                      STR_ARG(import->certificate), STR_ARG(import->chain));
    key.text = import->key;
    if (certificate_check(&chain, &key, &import->facts, &error))
        return true;
    return call_refuse(call, "ValidationException", "%s", error.text);
}

/* What Metadata.Sluice has of it. */
static void put_import(struct region *region, struct value *own,
                       const struct import *import)
{
    put_text(region, own, "Certificate", import->certificate);
    if (import->chain.n)
        put_text(region, own, "CertificateChain", import->chain);
    put_text(region, own, "PrivateKey", import->key);
}

static struct value *import_properties(struct call *call,
                                       const struct import *import,
                                       const struct value *tags)
{
    struct region *region = call->region;
    struct value *properties = make_map(region);
    struct str names = str_of(import->facts.names);
    struct str name = str_trim(str_cut(&names, ','));

    put_text(region, properties, "DomainName", name.n ? name : STR("imported"));
    if (tags && tags->first)
        value_put(region, properties, STR("Tags"), value_copy(region, tags));
    return properties;
}

static bool import_again(struct call *call, const struct account_view *view,
                         const struct import *import)
{
    struct region *region = call->region;
    const struct account_resource *before = acm_find(call, view);
    struct value *own = make_map(region);
    const struct value *had;

    if (before == NULL)
        return false;
    had = account_sluice(before);
    if (member_text(had, "Certificate").n == 0)
        return call_refuse(call, "ValidationException",
                           "Certificate " STR_FMT
                           " was not imported, and cannot be imported again",
                           STR_ARG(call_text(call, "CertificateArn")));
    if (call_get(call, "Tags"))
        return call_refuse(call, "InvalidParameterException",
                           "Tags cannot be given when a certificate is "
                           "imported again: use AddTagsToCertificate");
    put_text(region, own, "Id", member_text(had, "Id"));
    put_text(region, own, "Created", instant_text(region, view->now_ms));
    put_import(region, own, import);
    resource_change(call, before,
                    import_properties(call, import, acm_tags(before)), own);
    call->made[call->nmade++] = call_text(call, "CertificateArn");
    return true;
}

static bool import(struct call *call, const struct account_view *view)
{
    const struct value *tags = call_get(call, "Tags");
    struct import import = {.chain = STR("")};
    struct value *own = make_map(call->region);

    if (!read_import(call, &import))
        return false;
    if (call_text(call, "CertificateArn").n)
        return import_again(call, view, &import);
    if (!tags_check(call, tags))
        return false;
    put_import(call->region, own, &import);
    make(call, view, import_properties(call, &import, tags), own);
    return true;
}

/* ---- requesting --------------------------------------------------------------------- */

/* The one that was made with the same token for the same name. */
static const struct account_resource *
same_request(const struct call *call, const struct account *account)
{
    struct str token = call_text(call, "IdempotencyToken");

    for (unsigned i = 0; token.n && i < account->n; i++) {
        const struct account_resource *r = account->resources[i];

        if (str_eq(account_type(r), STR(ACM_TYPE)) &&
            str_eq(member_text(account_sluice(r), "IdempotencyToken"), token) &&
            str_eq(member_text(account_properties(r), "DomainName"),
                   call_text(call, "DomainName")))
            return r;
    }
    return NULL;
}

static bool request(struct call *call, const struct account_view *view)
{
    static const char *const kept[] = {"DomainName", "SubjectAlternativeNames",
                                       "ValidationMethod", "Tags"};
    struct region *region = call->region;
    const struct account_resource *same = same_request(call, view->account);
    struct value *properties = make_map(region);
    struct value *own = make_map(region);

    if (same) {
        call->made[call->nmade++] = acm_arn(region, view->config, same);
        return true;
    }
    if (!tags_check(call, call_get(call, "Tags")))
        return false;
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const struct value *v = call_get(call, kept[i]);

        if (v && (value_is_scalar(v) || v->first))
            put_value(region, properties, kept[i], value_copy(region, v));
    }
    if (call_text(call, "IdempotencyToken").n)
        put_text(region, own, "IdempotencyToken",
                 call_text(call, "IdempotencyToken"));
    make(call, view, properties, own);
    return true;
}

/* ---- shapes ------------------------------------------------------------------------- */

#define BASE64_OF(n) (((n) + 2) / 3 * 4)

static const struct member import_members[] = {
    {.name = "CertificateArn", .kind = MEMBER_TEXT, .min = 20, .max = 2048},
    {.name = "Certificate",
     .kind = MEMBER_TEXT,
     .required = true,
     .min = 1,
     .max = BASE64_OF(32768)},
    {.name = "PrivateKey",
     .kind = MEMBER_TEXT,
     .required = true,
     .min = 1,
     .max = BASE64_OF(5120)},
    {.name = "CertificateChain",
     .kind = MEMBER_TEXT,
     .min = 1,
     .max = BASE64_OF(2097152)},
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
};
static const struct shape import_shape = SHAPE_OF(import_members);

static const char *const methods[] = {"EMAIL", "DNS", "HTTP", NULL};
static const struct member request_members[] = {
    {.name = "DomainName",
     .kind = MEMBER_TEXT,
     .required = true,
     .min = 1,
     .max = 253},
    {.name = "SubjectAlternativeNames",
     .kind = MEMBER_TEXTS,
     .min = 1,
     .max = 253},
    {.name = "ValidationMethod", .kind = MEMBER_WORD, .words = methods},
    {.name = "IdempotencyToken", .kind = MEMBER_TEXT, .min = 1, .max = 32},
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
};
static const struct shape request_shape = SHAPE_OF(request_members);

static const char *const resources[] = {"CertificateArn", NULL};

static const struct action actions[] = {
    {.name = "ImportCertificate",
     .input = &import_shape,
     .resources = resources,
     .edit = import,
     .answer = answer_arn},
    {.name = "RequestCertificate",
     .input = &request_shape,
     .edit = request,
     .answer = answer_arn},
};

const struct action_table acm_import_actions = ACTION_TABLE(actions);
