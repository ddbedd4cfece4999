/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authorize.h"

#include "api/authorize_internal.h"
#include "base/base64.h"
#include "model/arn.h"

enum { TOLD_MAX = 4096, SKEW_MINUTES = AUTHORIZE_SKEW_SECONDS / 60 };

/* A request that is verified, and what comes of it. */
struct verification {
    const struct signed_request *request;
    const struct presented *presented;
    const struct account_view *view;
    struct region *region;
    struct fault *fault;
};

/* ---- the moment ------------------------------------------------------------------ */

static bool expired(const struct verification *v, int64_t now)
{
    const struct presented *p = v->presented;
    char at[SIGV4_DATE_LEN + 1];
    char limit[SIGV4_DATE_LEN + 1];

    if (p->in_query)
        return fault_set(v->fault, v->region, "RequestExpired", 400,
                         "Request has expired.");
    sigv4_date(now, at);
    sigv4_date(now - AUTHORIZE_SKEW_SECONDS, limit);
    return fault_set(v->fault, v->region, "SignatureDoesNotMatch", 403,
                     "Signature expired: " STR_FMT " is now earlier than %s "
                     "(%s - %d min.)",
                     STR_ARG(p->scope.date), limit, at, SKEW_MINUTES);
}

static bool early(const struct verification *v, int64_t now)
{
    char at[SIGV4_DATE_LEN + 1];
    char limit[SIGV4_DATE_LEN + 1];

    sigv4_date(now, at);
    sigv4_date(now + AUTHORIZE_SKEW_SECONDS, limit);
    return fault_set(v->fault, v->region, "SignatureDoesNotMatch", 403,
                     "Signature not yet current: " STR_FMT
                     " is still later than %s (%s + %d min.)",
                     STR_ARG(v->presented->scope.date), limit, at,
                     SKEW_MINUTES);
}

static bool check_time(const struct verification *v)
{
    const struct presented *p = v->presented;
    int64_t now = (int64_t)(v->view->now_ms / 1000);
    int64_t lasts =
        p->in_query ? (int64_t)p->expires : (int64_t)AUTHORIZE_SKEW_SECONDS;

    if (p->signed_at + lasts < now)
        return expired(v, now);
    return p->signed_at <= now + AUTHORIZE_SKEW_SECONDS || early(v, now);
}

/* ---- the signature --------------------------------------------------------------- */

/* Of what was sent nothing goes back but printable text. */
static struct str told(struct region *region, struct str s)
{
    char *p = region_take(region, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        p[i] =
            s.p[i] == '\n' || (s.p[i] >= ' ' && s.p[i] <= '~') ? s.p[i] : '?';
    return str_make(p, s.n);
}

static bool mismatch(const struct verification *v, struct str canonical,
                     struct str text)
{
    static const char why[] =
        "The request signature we calculated does not match the signature you "
        "provided. Check your AWS Secret Access Key and signing method. "
        "Consult the service documentation for details.";

    if (canonical.n == 0 || canonical.n + text.n > TOLD_MAX)
        return fault_set(v->fault, v->region, "SignatureDoesNotMatch", 403,
                         "%s", why);
    return fault_set(v->fault, v->region, "SignatureDoesNotMatch", 403,
                     "%s\n\nThe Canonical String for this request should have "
                     "been\n'" STR_FMT
                     "'\n\nThe String-to-Sign should have been\n'" STR_FMT
                     "'\n",
                     why, STR_ARG(told(v->region, canonical)),
                     STR_ARG(told(v->region, text)));
}

static bool collect_fields(const struct fields *fields, struct region *region,
                           struct sigv4_request *to)
{
    struct sigv4_field *v;

    if (fields->n > SIGV4_FIELDS_MAX)
        return false;
    v = region_take(region, (fields->n + 1) * sizeof(*v));
    for (unsigned i = 0; i < fields->n; i++)
        v[i] = (struct sigv4_field){field_name(fields, &fields->v[i]),
                                    field_value(fields, &fields->v[i])};
    to->fields = v;
    to->nfields = fields->n;
    return true;
}

/* S3 alone lets clients leave the body out of the signature. */
static struct str payload_hash(const struct verification *v,
                               char hash[SIGV4_HASH_LEN + 1])
{
    const struct fields *fields = v->request->fields;
    const struct field *f =
        fields_find_name(fields, STR("x-amz-content-sha256"));
    struct str said = f ? str_trim(field_value(fields, f)) : STR("");
    bool s3 = str_eq(v->presented->scope.service, STR("s3"));

    if (s3 && (str_eq(said, STR(SIGV4_UNSIGNED)) ||
               (v->presented->in_query && said.n == 0)))
        return STR(SIGV4_UNSIGNED);
    return sigv4_payload_hash(v->request->body, hash) ? str_of(hash) : STR("");
}

static bool check_signature(const struct verification *v, struct str secret)
{
    const struct presented *p = v->presented;
    struct sigv4_request request = {.method = v->request->method};
    char hash[SIGV4_HASH_LEN + 1];
    char signature[SIGV4_HASH_LEN + 1];
    struct str canonical = STR("");
    struct str text = STR("");

    split_target(v->request->target, &request.path, &request.query);
    request.payload_hash = payload_hash(v, hash);
    if (request.payload_hash.n &&
        collect_fields(v->request->fields, v->region, &request))
        canonical = sigv4_canonical(v->region, &request, &p->scope, p->names,
                                    p->in_query);
    if (canonical.n)
        text = sigv4_string_to_sign(v->region, canonical, &p->scope);
    return (text.n && sigv4_signature(secret, &p->scope, text, signature) &&
            sigv4_same(p->signature, str_of(signature))) ||
           mismatch(v, canonical, text);
}

static bool check_scope(const struct verification *v)
{
    const struct sigv4_scope *scope = &v->presented->scope;

    if (str_eq(scope->region, v->view->region_name) ||
        str_eq(scope->service, STR("sts")) ||
        str_eq(scope->service, STR("sluice")))
        return true;
    return fault_set(
        v->fault, v->region, "SignatureDoesNotMatch", 403,
        "Credential should be scoped to a valid region, not '" STR_FMT
        "'. This is region " STR_FMT ".",
        scope->region.n < 64 ? (int)scope->region.n : 64, scope->region.p,
        STR_ARG(v->view->region_name));
}

static bool invalid_token(const struct verification *v)
{
    return fault_set(v->fault, v->region, "InvalidClientTokenId", 403,
                     "The security token included in the request is invalid.");
}

static bool verify(const struct verification *v, const struct access_keys *keys,
                   const struct access_key **key)
{
    *key = access_keys_find(keys, v->presented->access_key);
    if (*key == NULL || !(*key)->active ||
        !sigv4_same((*key)->token, v->presented->token))
        return invalid_token(v);
    return check_time(v) && check_scope(v) &&
           check_signature(v, (*key)->secret);
}

/* ---- the caller ------------------------------------------------------------------ */

static struct str user_arn(struct region *region,
                           const struct account_view *view, struct str user)
{
    struct str partition = arn_partition(view->region_name);

    return region_printf(region, "arn:" STR_FMT ":iam::" STR_FMT ":%s" STR_FMT,
                         STR_ARG(partition), STR_ARG(view->account_id),
                         user.n ? "user/" : "root", STR_ARG(user));
}

void authorized_fill(struct authorized *who, const struct access_key *key,
                     const struct signed_request *request,
                     const struct account_view *view, struct region *region)
{
    const struct field *agent = fields_find(request->fields, FIELD_USER_AGENT);

    who->key = key;
    who->client = request->client;
    who->now_ms = view->now_ms;
    who->user_agent = agent ? field_value(request->fields, agent) : STR("");
    who->caller.user = key ? key->user : STR("");
    who->caller.arn = user_arn(region, view, who->caller.user);
}

bool authorize_caller(const struct access_keys *keys,
                      const struct signed_request *request,
                      const struct account_view *view, struct region *region,
                      struct authorized *who, struct fault *fault)
{
    struct presented presented;
    struct verification v = {request, &presented, view, region, fault};
    const struct access_key *key = NULL;

    *who = (struct authorized){.now_ms = 0};
    if (!presented_read(request, region, &presented, fault) ||
        (keys && !verify(&v, keys, &key)))
        return false;
    who->caller.access_key = presented.access_key;
    who->region_name = presented.scope.region;
    who->service = presented.scope.service;
    authorized_fill(who, key, request, view, region);
    return true;
}

/* ---- codes of other protocols --------------------------------------------------- */

void authorize_fault_as(struct fault *fault, enum wire wire,
                        struct region *region)
{
    static const struct {
        const char *code;
        const char *as[2]; /* EC2, JSON; NULL: the same */
        unsigned status[2];
    } codes[] = {
        {"AccessDenied",
         {"UnauthorizedOperation", "AccessDeniedException"},
         {403, 400}},
        {"IncompleteSignature",
         {NULL, "IncompleteSignatureException"},
         {400, 400}},
        {"InvalidClientTokenId",
         {"AuthFailure", "UnrecognizedClientException"},
         {401, 400}},
        {"MissingAuthenticationToken",
         {NULL, "MissingAuthenticationTokenException"},
         {403, 400}},
        {"SignatureDoesNotMatch",
         {"AuthFailure", "InvalidSignatureException"},
         {401, 400}},
    };

    if (wire == WIRE_QUERY || fault->code == NULL)
        return;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const char *as = codes[i].as[wire == WIRE_JSON];

        if (!str_eq(str_of(fault->code), str_of(codes[i].code)))
            continue;
        if (wire == WIRE_EC2 && i == 0)
            fault->message = region_printf(
                region,
                "You are not authorized to perform this operation. " STR_FMT,
                STR_ARG(fault->message));
        fault->code = as ? as : fault->code;
        fault->status = codes[i].status[wire == WIRE_JSON];
        return;
    }
}
