/* SPDX-License-Identifier: Apache-2.0
 *
 * The actions in front of a terminal one: authenticate-oidc,
 * authenticate-cognito and jwt-validation (alb.md 2.4).  They are checked
 * here; what they do comes later.
 */
#include "model/read.h"

enum { EXTRA_PARAMS_MAX = 10, CLAIMS_MAX = 10, URL_MAX = 256 };

/* What both kinds of login have. */
struct session_input {
    struct field scope;
    struct field cookie_name;
    struct field timeout;
    struct field on_unauthenticated;
    struct field extra_params;
};

struct oidc_input {
    const struct value *value;
    struct field issuer;
    struct field authorization;
    struct field token;
    struct field user_info;
    struct field client_id;
    struct field client_secret;
    struct field use_existing;
    struct session_input session;
};

struct cognito_input {
    const struct value *value;
    struct field pool;
    struct field client_id;
    struct field domain;
    struct session_input session;
};

struct jwt_input {
    const struct value *value;
    struct field issuer;
    struct field jwks;
    struct field claims;
};

struct claim_input {
    const struct value *value;
    struct field name;
    struct field format;
    struct field values;
};

static const char *const unauthenticated[] = {"deny", "allow", "authenticate",
                                              NULL};
static const char *const claim_formats[] = {"single-string", "string-array",
                                            "space-separated-values", NULL};

enum { FORMAT_WORDS = 2 };

#define OIDC(member) offsetof(struct oidc_input, member)

static const struct property oidc_properties[] = {
    {.name = "Issuer",
     .kind = PROPERTY_STRING,
     .offset = OIDC(issuer),
     .flags = NEEDED,
     .min = 1,
     .example = "https://idp.example.com"},
    {.name = "AuthorizationEndpoint",
     .kind = PROPERTY_STRING,
     .offset = OIDC(authorization),
     .flags = NEEDED,
     .min = 1,
     .example = "https://idp.example.com/authorize"},
    {.name = "TokenEndpoint",
     .kind = PROPERTY_STRING,
     .offset = OIDC(token),
     .flags = NEEDED,
     .min = 1,
     .example = "https://idp.example.com/token"},
    {.name = "UserInfoEndpoint",
     .kind = PROPERTY_STRING,
     .offset = OIDC(user_info),
     .flags = NEEDED,
     .min = 1,
     .example = "https://idp.example.com/userinfo"},
    {.name = "ClientId",
     .kind = PROPERTY_STRING,
     .offset = OIDC(client_id),
     .flags = NEEDED,
     .min = 1,
     .example = "the-client"},
    {.name = "ClientSecret",
     .kind = PROPERTY_STRING,
     .offset = OIDC(client_secret),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "UseExistingClientSecret",
     .kind = PROPERTY_BOOL,
     .offset = OIDC(use_existing)},
    {.name = "Scope",
     .kind = PROPERTY_STRING,
     .offset = OIDC(session.scope),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "SessionCookieName",
     .kind = PROPERTY_STRING,
     .offset = OIDC(session.cookie_name),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "SessionTimeout",
     .kind = PROPERTY_INTEGER,
     .offset = OIDC(session.timeout),
     .min = 1,
     .max = INT32_MAX,
     .example = "604800"},
    {.name = "OnUnauthenticatedRequest",
     .kind = PROPERTY_WORD,
     .offset = OIDC(session.on_unauthenticated),
     .words = unauthenticated},
    {.name = "AuthenticationRequestExtraParams",
     .kind = PROPERTY_RAW,
     .offset = OIDC(session.extra_params)},
};

const struct schema oidc_schema = SCHEMA(oidc_properties, struct oidc_input);

#define COGNITO(member) offsetof(struct cognito_input, member)

static const struct property cognito_properties[] = {
    {.name = "UserPoolArn",
     .kind = PROPERTY_STRING,
     .offset = COGNITO(pool),
     .flags = NEEDED,
     .min = 1,
     .example = "!GetAtt UserPool.Arn"},
    {.name = "UserPoolClientId",
     .kind = PROPERTY_STRING,
     .offset = COGNITO(client_id),
     .flags = NEEDED,
     .min = 1,
     .example = "!Ref UserPoolClient"},
    {.name = "UserPoolDomain",
     .kind = PROPERTY_STRING,
     .offset = COGNITO(domain),
     .flags = NEEDED,
     .min = 1,
     .example = "!Ref UserPoolDomain"},
    {.name = "Scope",
     .kind = PROPERTY_STRING,
     .offset = COGNITO(session.scope),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "SessionCookieName",
     .kind = PROPERTY_STRING,
     .offset = COGNITO(session.cookie_name),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "SessionTimeout",
     .kind = PROPERTY_INTEGER,
     .offset = COGNITO(session.timeout),
     .min = 1,
     .max = INT32_MAX,
     .example = "604800"},
    {.name = "OnUnauthenticatedRequest",
     .kind = PROPERTY_WORD,
     .offset = COGNITO(session.on_unauthenticated),
     .words = unauthenticated},
    {.name = "AuthenticationRequestExtraParams",
     .kind = PROPERTY_RAW,
     .offset = COGNITO(session.extra_params)},
};

const struct schema cognito_schema =
    SCHEMA(cognito_properties, struct cognito_input);

#define CLAIM(member) offsetof(struct claim_input, member)

static const struct property claim_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = CLAIM(name),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 256,
     .example = "scope"},
    {.name = "Format",
     .kind = PROPERTY_WORD,
     .offset = CLAIM(format),
     .flags = PROPERTY_REQUIRED,
     .words = claim_formats,
     .example = "single-string"},
    {.name = "Values",
     .kind = PROPERTY_STRINGS,
     .offset = CLAIM(values),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 256,
     .example = "[value]"},
};

static const struct schema claim_schema =
    SCHEMA(claim_properties, struct claim_input);

static const struct property jwt_properties[] = {
    {.name = "Issuer",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct jwt_input, issuer),
     .flags = NEEDED,
     .min = 1,
     .max = URL_MAX,
     .example = "https://idp.example.com"},
    {.name = "JwksEndpoint",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct jwt_input, jwks),
     .flags = NEEDED,
     .min = 1,
     .max = URL_MAX,
     .example = "https://idp.example.com/jwks"},
    {.name = "AdditionalClaims",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct jwt_input, claims),
     .schema = &claim_schema},
};

const struct schema jwt_schema = SCHEMA(jwt_properties, struct jwt_input);

static void check_url(const struct resource *resource,
                      const struct field *field, const char *name)
{
    struct str text = shown(field->text);

    if (field->ok && !str_istarts(field->text, STR("https://")))
        resource_error(resource, field_place(field),
                       "%s is \"" STR_FMT "\": it must be a whole URL\n"
                       "write one that begins with https://",
                       name, STR_ARG(text));
}

static void check_session(const struct resource *resource,
                          const struct session_input *session)
{
    const struct value *params = session->extra_params.value;

    if (params == NULL || params->kind == VALUE_UNKNOWN)
        return;
    if (params->kind != VALUE_MAP)
        resource_error(resource, &params->place,
                       "AuthenticationRequestExtraParams must be a map, this "
                       "is %s\nwrite {NAME: VALUE}",
                       value_kind_name(params->kind));
    else if (value_count(params) > EXTRA_PARAMS_MAX)
        resource_error(resource, &params->place,
                       "AuthenticationRequestExtraParams has %u entries: ALB "
                       "takes %d\nleave some out",
                       value_count(params), EXTRA_PARAMS_MAX);
}

static void check_oidc(const struct resource *resource,
                       const struct oidc_input *input)
{
    check_url(resource, &input->issuer, "Issuer");
    check_url(resource, &input->authorization, "AuthorizationEndpoint");
    check_url(resource, &input->token, "TokenEndpoint");
    check_url(resource, &input->user_info, "UserInfoEndpoint");
    if (input->client_secret.value == NULL &&
        !(input->use_existing.ok && input->use_existing.number))
        resource_error(resource, &input->value->place,
                       "AuthenticateOidcConfig.ClientSecret is missing\n"
                       "add ClientSecret: a parameter with NoEcho, or "
                       "{{resolve:secretsmanager:...}}");
    check_session(resource, &input->session);
}

static void check_claim(const struct resource *resource,
                        const struct claim_input *claim)
{
    static const char *const always[] = {"exp", "iss", "nbf", "iat"};
    const struct field *values = claim->values.items;

    for (unsigned i = 0; claim->name.ok && i < 4; i++) {
        if (str_eq(claim->name.text, str_of(always[i])))
            resource_error(resource, field_place(&claim->name),
                           "claim \"%s\" is always checked\nleave it out of "
                           "AdditionalClaims",
                           always[i]);
    }
    if (claim->values.ok && (claim->values.n == 0 || claim->values.n > 10))
        resource_error(resource, field_place(&claim->values),
                       "a claim has %u values: ALB takes 1 to 10\n%s",
                       claim->values.n,
                       claim->values.n ? "leave some out" : "add one");
    for (unsigned i = 0; claim->format.ok && i < claim->values.n; i++) {
        if (claim->format.number == FORMAT_WORDS && values[i].ok &&
            memchr(values[i].text.p, ' ', values[i].text.n))
            resource_error(resource, field_place(&values[i]),
                           "a value of space-separated-values has a space\n"
                           "write each word as a value of its own");
    }
}

static void check_jwt(const struct resource *resource,
                      const struct jwt_input *input)
{
    const struct claim_input *claims = input->claims.items;

    check_url(resource, &input->jwks, "JwksEndpoint");
    if (input->claims.n > CLAIMS_MAX)
        resource_error(resource, field_place(&input->claims),
                       "AdditionalClaims has %u claims: ALB takes %d\nleave "
                       "some out",
                       input->claims.n, CLAIMS_MAX);
    for (unsigned i = 0; i < input->claims.n; i++)
        check_claim(resource, &claims[i]);
}

void check_authenticate(const struct resource *resource, enum action_type type,
                        const struct field *config)
{
    const struct cognito_input *cognito = config->items;

    if (type == ACTION_AUTHENTICATE_OIDC)
        check_oidc(resource, config->items);
    else if (type == ACTION_AUTHENTICATE_COGNITO)
        check_session(resource, &cognito->session);
    else if (type == ACTION_JWT_VALIDATION)
        check_jwt(resource, config->items);
}
