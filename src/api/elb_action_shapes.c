/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of an action in the model of the API.
 */
#include "api/elb_actions.h"
#include "model/config.h"

#define MEMBERS_OF(table) (&(const struct shape)SHAPE_OF(table))

enum { ORDER_MAX = 50000, SECONDS_MAX = 604800, URL_MAX = 256 };

static const char *const types[] = {
    "forward",  "authenticate-oidc", "authenticate-cognito",
    "redirect", "fixed-response",    "jwt-validation",
    NULL,
};

static const char *const unauthenticated[] = {"deny", "allow", "authenticate",
                                              NULL};
static const char *const redirect_codes[] = {"HTTP_301", "HTTP_302", NULL};
static const char *const claim_formats[] = {"single-string", "string-array",
                                            "space-separated-values", NULL};

static bool is_protocol(struct str text)
{
    return str_eq(text, STR("HTTP")) || str_eq(text, STR("HTTPS")) ||
           str_eq(text, STR("#{protocol}"));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_fixed_code(struct str text)
{
    return text.n == 3 &&
           (text.p[0] == '2' || text.p[0] == '4' || text.p[0] == '5') &&
           is_digit(text.p[1]) && is_digit(text.p[2]);
}

static const struct member tuple[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT},
    {.name = "Weight", .kind = MEMBER_NUMBER, .max = CONFIG_WEIGHT_MAX},
};

static const struct member stickiness[] = {
    {.name = "Enabled", .kind = MEMBER_BOOL},
    {.name = "DurationSeconds",
     .kind = MEMBER_NUMBER,
     .min = 1,
     .max = SECONDS_MAX},
};

static const struct member forward[] = {
    {.name = "TargetGroups",
     .kind = MEMBER_STRUCTS,
     .shape = MEMBERS_OF(tuple)},
    {.name = "TargetGroupStickinessConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(stickiness)},
};

static const struct member redirect[] = {
    {.name = "Protocol",
     .kind = MEMBER_TEXT,
     .fits = is_protocol,
     .pattern = "^(HTTPS?|#\\{protocol\\})$"},
    {.name = "Port", .kind = MEMBER_TEXT},
    {.name = "Host", .kind = MEMBER_TEXT, .min = 1, .max = 128},
    {.name = "Path", .kind = MEMBER_TEXT, .min = 1, .max = 128},
    {.name = "Query", .kind = MEMBER_TEXT, .max = 128},
    {.name = "StatusCode",
     .kind = MEMBER_WORD,
     .required = true,
     .words = redirect_codes},
};

static const struct member fixed[] = {
    {.name = "MessageBody", .kind = MEMBER_TEXT, .max = 1024},
    {.name = "StatusCode",
     .kind = MEMBER_TEXT,
     .required = true,
     .fits = is_fixed_code,
     .pattern = "^(2|4|5)\\d\\d$"},
    {.name = "ContentType", .kind = MEMBER_TEXT, .max = 32},
};

static const struct member oidc[] = {
    {.name = "Issuer", .kind = MEMBER_TEXT, .required = true},
    {.name = "AuthorizationEndpoint", .kind = MEMBER_TEXT, .required = true},
    {.name = "TokenEndpoint", .kind = MEMBER_TEXT, .required = true},
    {.name = "UserInfoEndpoint", .kind = MEMBER_TEXT, .required = true},
    {.name = "ClientId", .kind = MEMBER_TEXT, .required = true},
    {.name = "ClientSecret", .kind = MEMBER_TEXT},
    {.name = "SessionCookieName", .kind = MEMBER_TEXT},
    {.name = "Scope", .kind = MEMBER_TEXT},
    {.name = "SessionTimeout",
     .kind = MEMBER_NUMBER,
     .min = 1,
     .max = SECONDS_MAX},
    {.name = "AuthenticationRequestExtraParams", .kind = MEMBER_MAP},
    {.name = "OnUnauthenticatedRequest",
     .kind = MEMBER_WORD,
     .words = unauthenticated},
    {.name = "UseExistingClientSecret", .kind = MEMBER_BOOL},
};

static const struct member cognito[] = {
    {.name = "UserPoolArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "UserPoolClientId", .kind = MEMBER_TEXT, .required = true},
    {.name = "UserPoolDomain", .kind = MEMBER_TEXT, .required = true},
    {.name = "SessionCookieName", .kind = MEMBER_TEXT},
    {.name = "Scope", .kind = MEMBER_TEXT},
    {.name = "SessionTimeout",
     .kind = MEMBER_NUMBER,
     .min = 1,
     .max = SECONDS_MAX},
    {.name = "AuthenticationRequestExtraParams", .kind = MEMBER_MAP},
    {.name = "OnUnauthenticatedRequest",
     .kind = MEMBER_WORD,
     .words = unauthenticated},
};

static const struct member claim[] = {
    {.name = "Format",
     .kind = MEMBER_WORD,
     .required = true,
     .words = claim_formats},
    {.name = "Name", .kind = MEMBER_TEXT, .required = true},
    {.name = "Values", .kind = MEMBER_TEXTS, .required = true, .max = 256},
};

static const struct member jwt[] = {
    {.name = "JwksEndpoint",
     .kind = MEMBER_TEXT,
     .required = true,
     .max = URL_MAX},
    {.name = "Issuer", .kind = MEMBER_TEXT, .required = true, .max = URL_MAX},
    {.name = "AdditionalClaims",
     .kind = MEMBER_STRUCTS,
     .shape = MEMBERS_OF(claim)},
};

static const struct member members[] = {
    {.name = "Type", .kind = MEMBER_WORD, .required = true, .words = types},
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT},
    {.name = "AuthenticateOidcConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(oidc)},
    {.name = "AuthenticateCognitoConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(cognito)},
    {.name = "Order", .kind = MEMBER_NUMBER, .min = 1, .max = ORDER_MAX},
    {.name = "RedirectConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(redirect)},
    {.name = "FixedResponseConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(fixed)},
    {.name = "ForwardConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(forward)},
    {.name = "JwtValidationConfig",
     .kind = MEMBER_STRUCT,
     .shape = MEMBERS_OF(jwt)},
};

const struct shape elb_action_shape = SHAPE_OF(members);
