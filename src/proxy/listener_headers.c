/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/listener_headers.h"

#define REQUEST(name) "routing.http.request.x_amzn_" name ".header_name"
#define RESPONSE(name) "routing.http.response." name ".header_value"

struct row {
    const char *key;
    const char *name; /* of the field */
};

static const struct row set_fields[] = {
    {RESPONSE("strict_transport_security"), "Strict-Transport-Security"},
    {RESPONSE("access_control_allow_origin"), "Access-Control-Allow-Origin"},
    {RESPONSE("access_control_allow_methods"), "Access-Control-Allow-Methods"},
    {RESPONSE("access_control_allow_headers"), "Access-Control-Allow-Headers"},
    {RESPONSE("access_control_allow_credentials"),
     "Access-Control-Allow-Credentials"},
    {RESPONSE("access_control_expose_headers"),
     "Access-Control-Expose-Headers"},
    {RESPONSE("access_control_max_age"), "Access-Control-Max-Age"},
    {RESPONSE("content_security_policy"), "Content-Security-Policy"},
    {RESPONSE("x_content_type_options"), "X-Content-Type-Options"},
    {RESPONSE("x_frame_options"), "X-Frame-Options"},
};

/* In the order of enum forwarded_name. */
static const struct row names[] = {
    {REQUEST("tls_version"), "X-Amzn-Tls-Version"},
    {REQUEST("tls_cipher_suite"), "X-Amzn-Tls-Cipher-Suite"},
    {REQUEST("mtls_clientcert_serial_number"),
     "X-Amzn-Mtls-Clientcert-Serial-Number"},
    {REQUEST("mtls_clientcert_issuer"), "X-Amzn-Mtls-Clientcert-Issuer"},
    {REQUEST("mtls_clientcert_subject"), "X-Amzn-Mtls-Clientcert-Subject"},
    {REQUEST("mtls_clientcert_validity"), "X-Amzn-Mtls-Clientcert-Validity"},
    {REQUEST("mtls_clientcert_leaf"), "X-Amzn-Mtls-Clientcert-Leaf"},
    {REQUEST("mtls_clientcert"), "X-Amzn-Mtls-Clientcert"},
};

enum {
    NSET = sizeof(set_fields) / sizeof(set_fields[0]),
    NNAMES = sizeof(names) / sizeof(names[0]),
};

_Static_assert((int)NSET == (int)LISTENER_FIELDS_MAX, "there is room for all");
_Static_assert((int)NNAMES == (int)FORWARDED_NAMES, "each has a name");

/* n == 0: not there, or empty. */
static struct str value_of(const struct config_listener *listener,
                           const char *key)
{
    for (unsigned i = listener->nattributes; i-- > 0;) {
        if (str_eq(listener->attributes[i].key, str_of(key)))
            return str_trim(listener->attributes[i].value);
    }
    return STR("");
}

void listener_headers_compile(struct listener_headers *headers,
                              const struct config_listener *listener)
{
    struct listener_fields *set = &headers->response;

    *headers = (struct listener_headers){.response = {.n = 0}};
    set->hide_server =
        str_eq(value_of(listener, "routing.http.response.server.enabled"),
               STR("false"));
    for (unsigned i = 0; i < NSET; i++) {
        struct str value = value_of(listener, set_fields[i].key);

        if (value.n)
            set->v[set->n++] =
                (struct added_field){str_of(set_fields[i].name), value};
    }
    for (unsigned i = 0; i < NNAMES; i++) {
        struct str own = str_of(names[i].name);
        struct str name = value_of(listener, names[i].key);

        headers->request.names[i] = name.n ? name : own;
        headers->request.renamed |= name.n && !str_ieq(name, own);
    }
}

void listener_headers_drop(const struct listener_fields *set,
                           struct fields *fields)
{
    for (unsigned i = 0; i < fields->n; i++) {
        struct field *f = &fields->v[i];

        for (unsigned k = 0; f->id == FIELD_OTHER && k < set->n; k++) {
            if (f->name_len == set->v[k].name.n &&
                str_ieq(field_name(fields, f), set->v[k].name))
                f->flags |= FIELD_DROPPED;
        }
    }
}
