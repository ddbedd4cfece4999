/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures as requests show them: in Authorization, or in the query of a
 * presigned URL.
 */
#include <stdarg.h>

#include "api/authorize_internal.h"
#include "base/base64.h"
#include "crypto/sha256.h"

enum { SIGNATURE_EXPIRES = 900 }; /* of a URL that does not say it */

bool fault_set(struct fault *fault, struct region *region, const char *code,
               unsigned status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *fault = (struct fault){.code = code,
                            .status = status,
                            .message = region_vprintf(region, format, args)};
    va_end(args);
    return false;
}

static bool incomplete(struct fault *fault, struct region *region,
                       struct str message)
{
    return fault_set(fault, region, "IncompleteSignature", 400, STR_FMT,
                     STR_ARG(message));
}

void split_target(struct str target, struct str *path, struct str *query)
{
    *query = target;
    *path = str_cut(query, '?');
    if (query->p == NULL)
        *query = STR("");
}

/* ---- what the fault says ------------------------------------------------------- */

/* As AWS does it, so that what was sent does not end in logs. */
static struct str hashed(struct region *region, struct str s)
{
    uint8_t digest[SHA256_BYTES];
    struct text t;
    struct sha256 sha;

    if (!sha256_init(&sha))
        return STR("");
    sha256_begin(&sha);
    sha256_add(&sha, s.n ? s.p : "", s.n);
    sha256_bytes(&sha, digest);
    sha256_end(&sha);
    t = text_in(region_take(region, BASE64_LEN(SHA256_BYTES)),
                BASE64_LEN(SHA256_BYTES));
    base64_put(&t, digest, sizeof(digest));
    return text_str(&t);
}

static void say_missing(struct text *t, bool there, const char *before,
                        const char *name, const char *after)
{
    if (!there)
        text_printf(t, "%s%s%s ", before, name, after);
}

static bool missing_in_header(const struct presented *p, struct str header,
                              struct region *region, struct fault *fault)
{
    static const char *const before = "Authorization header requires '";
    char room[512];
    struct text t = text_in(room, sizeof(room));

    say_missing(&t, p->access_key.n, before, "Credential", "' parameter.");
    say_missing(&t, p->signature.n, before, "Signature", "' parameter.");
    say_missing(&t, p->names.n, before, "SignedHeaders", "' parameter.");
    say_missing(&t, p->scope.date.n, "Authorization header requires ",
                "existence of either a 'X-Amz-Date' or a 'Date' header", ".");
    if (t.n == 0)
        return true;
    return fault_set(fault, region, "IncompleteSignature", 400,
                     STR_FMT "(Hashed with SHA-256 and encoded with Base64) "
                             "Authorization=" STR_FMT,
                     STR_ARG(text_str(&t)), STR_ARG(hashed(region, header)));
}

static bool missing_in_query(const struct presented *p, bool algorithm,
                             struct region *region, struct fault *fault)
{
    static const char *const before =
        "AWS query-string parameters must include '";
    char room[512];
    struct text t = text_in(room, sizeof(room));

    say_missing(&t, algorithm, before, "X-Amz-Algorithm", "'.");
    say_missing(&t, p->access_key.n, before, "X-Amz-Credential", "'.");
    say_missing(&t, p->signature.n, before, "X-Amz-Signature", "'.");
    say_missing(&t, p->names.n, before, "X-Amz-SignedHeaders", "'.");
    say_missing(&t, p->scope.date.n, before, "X-Amz-Date", "'.");
    if (t.n == 0)
        return true;
    return fault_set(fault, region, "IncompleteSignature", 400,
                     STR_FMT "Re-examine the query-string parameters.",
                     STR_ARG(text_str(&t)));
}

/* ---- what both forms have --------------------------------------------------------- */

static struct str field_of(const struct fields *fields, const char *name)
{
    const struct field *f = fields_find_name(fields, str_of(name));

    return f ? str_trim(field_value(fields, f)) : STR("");
}

/* KEY/DAY/REGION/SERVICE/aws4_request. */
static bool read_credential(struct str credential, struct presented *p,
                            struct region *region, struct fault *fault)
{
    struct str rest = credential;

    p->access_key = str_cut(&rest, '/');
    p->day = str_cut(&rest, '/');
    p->scope.region = str_cut(&rest, '/');
    p->scope.service = str_cut(&rest, '/');
    p->terminator = str_cut(&rest, '/');
    if (rest.p == NULL && p->access_key.n && p->day.n && p->scope.region.n &&
        p->scope.service.n && p->terminator.n)
        return true;
    return fault_set(fault, region, "IncompleteSignature", 400,
                     "Credential must have exactly 5 slash-delimited "
                     "elements, e.g. keyid/date/region/service/term, got "
                     "'" STR_FMT "'",
                     credential.n < 128 ? (int)credential.n : 128,
                     credential.p);
}

static bool lists(struct str names, struct str name)
{
    while (names.p) {
        if (str_ieq(str_cut(&names, ';'), name))
            return true;
    }
    return false;
}

/* Who changes a field that says what is asked for must have to sign anew. */
static bool check_signed(const struct fields *fields, const struct presented *p,
                         struct region *region, struct fault *fault)
{
    if (!lists(p->names, STR("host")))
        return fault_set(fault, region, "SignatureDoesNotMatch", 403,
                         "'Host' or ':authority' must be a 'SignedHeader' in "
                         "the AWS Authorization.");
    for (unsigned i = 0; i < fields->n; i++) {
        struct str name = field_name(fields, &fields->v[i]);

        if (str_istarts(name, STR("x-amz-")) && !lists(p->names, name))
            return fault_set(fault, region, "AccessDenied", 403,
                             "There were headers present in the request "
                             "which were not signed: " STR_FMT,
                             STR_ARG(name));
    }
    return true;
}

static bool check_names(const struct fields *fields, const struct presented *p,
                        struct region *region, struct fault *fault)
{
    struct str rest = p->names;
    unsigned n = 0;

    while (rest.p) {
        struct str name = str_cut(&rest, ';');

        if (name.n == 0 || ++n > SIGV4_FIELDS_MAX)
            return incomplete(fault, region,
                              STR("SignedHeaders is no list of header names"));
        if (fields_find_name(fields, name) == NULL)
            return fault_set(fault, region, "IncompleteSignature", 400,
                             "'" STR_FMT "' is named as a SignedHeader, but "
                             "it does not exist in the HTTP request.",
                             name.n < 64 ? (int)name.n : 64, name.p);
    }
    return check_signed(fields, p, region, fault);
}

static bool check_date(struct presented *p, struct region *region,
                       struct fault *fault)
{
    if (!sigv4_date_read(p->scope.date, &p->signed_at))
        return incomplete(
            fault, region,
            STR("Date must be in ISO-8601 'basic format': "
                "YYYYMMDD'T'HHMMSS'Z', such as 20260115T123456Z"));
    if (!str_eq(p->terminator, STR(SIGV4_TERMINATOR)))
        return fault_set(
            fault, region, "SignatureDoesNotMatch", 403,
            "Credential should be scoped with a valid "
            "terminator: '" SIGV4_TERMINATOR "', not '" STR_FMT "'.",
            p->terminator.n < 64 ? (int)p->terminator.n : 64, p->terminator.p);
    if (str_eq(p->day, str_make(p->scope.date.p, SIGV4_DAY_LEN)))
        return true;
    return fault_set(fault, region, "SignatureDoesNotMatch", 403,
                     "Date in Credential scope does not match YYYYMMDD from "
                     "ISO-8601 version of date from HTTP: '" STR_FMT
                     "' != '%.8s', from '" STR_FMT "'.",
                     p->day.n < 64 ? (int)p->day.n : 64, p->day.p,
                     p->scope.date.p, STR_ARG(p->scope.date));
}

/* ---- Authorization -------------------------------------------------------------- */

static bool read_parameter(struct str part, struct presented *p,
                           struct str *credential)
{
    struct str value = part;
    struct str name = str_trim(str_cut(&value, '='));

    if (value.p == NULL)
        return false;
    value = str_trim(value);
    if (str_eq(name, STR("Credential")))
        *credential = value;
    else if (str_eq(name, STR("SignedHeaders")))
        p->names = value;
    else if (str_eq(name, STR("Signature")))
        p->signature = value;
    return true;
}

static bool read_header(const struct signed_request *request, struct str header,
                        struct region *region, struct presented *p,
                        struct fault *fault)
{
    struct str rest = header;
    struct str algorithm = str_cut(&rest, ' ');
    struct str credential = STR("");

    if (str_starts(algorithm, STR("AWS4-")) &&
        !str_eq(algorithm, STR(SIGV4_ALGORITHM)))
        return fault_set(fault, region, "IncompleteSignature", 400,
                         "Unsupported AWS 'algorithm': '" STR_FMT "'.",
                         algorithm.n < 64 ? (int)algorithm.n : 64, algorithm.p);
    p->scope.date = field_of(request->fields, "x-amz-date");
    p->token = field_of(request->fields, "x-amz-security-token");
    while (str_eq(algorithm, STR(SIGV4_ALGORITHM)) && rest.p) {
        struct str part = str_trim(str_cut(&rest, ','));

        if (part.n && !read_parameter(part, p, &credential))
            return fault_set(fault, region, "IncompleteSignature", 400,
                             "Invalid key=value pair (missing equal-sign) in "
                             "Authorization header (hashed with SHA-256 and "
                             "encoded with Base64): '" STR_FMT "'.",
                             STR_ARG(hashed(region, header)));
    }
    p->access_key = credential;
    return missing_in_header(p, header, region, fault) &&
           read_credential(credential, p, region, fault);
}

/* ---- the query ------------------------------------------------------------------- */

/* Of a parameter that is given twice the first one counts; both are signed. */
static struct str parameter_of(struct str query, struct str name,
                               struct region *region)
{
    while (query.p) {
        struct str value = str_cut(&query, '&');

        if (str_eq(str_cut(&value, '='), name))
            return value.p ? sigv4_decode(region, value) : STR("");
    }
    return STR("");
}

static bool read_expires(struct str text, struct presented *p,
                         struct region *region, struct fault *fault)
{
    p->expires = SIGNATURE_EXPIRES;
    if (text.n == 0 || str_to_u64(text, SIGV4_EXPIRES_MAX, &p->expires))
        return true;
    return incomplete(fault, region,
                      STR("X-Amz-Expires must be less than a week (in "
                          "seconds); that is, the given X-Amz-Expires must be "
                          "less than 604800 seconds"));
}

static bool read_query(struct str query, struct region *region,
                       struct presented *p, struct fault *fault)
{
    struct str algorithm = parameter_of(query, STR("X-Amz-Algorithm"), region);
    struct str credential =
        parameter_of(query, STR("X-Amz-Credential"), region);

    p->in_query = true;
    p->access_key = credential;
    p->signature = parameter_of(query, STR("X-Amz-Signature"), region);
    p->names = parameter_of(query, STR("X-Amz-SignedHeaders"), region);
    p->scope.date = parameter_of(query, STR("X-Amz-Date"), region);
    p->token = parameter_of(query, STR("X-Amz-Security-Token"), region);
    if (!missing_in_query(p, algorithm.n, region, fault))
        return false;
    if (!str_eq(algorithm, STR(SIGV4_ALGORITHM)))
        return fault_set(fault, region, "IncompleteSignature", 400,
                         "Unsupported AWS 'algorithm': '" STR_FMT "'.",
                         algorithm.n < 64 ? (int)algorithm.n : 64, algorithm.p);
    return read_credential(credential, p, region, fault) &&
           read_expires(parameter_of(query, STR("X-Amz-Expires"), region), p,
                        region, fault);
}

static bool is_presigned(struct str query)
{
    while (query.p) {
        if (str_starts(str_cut(&query, '&'), STR("X-Amz-")))
            return true;
    }
    return false;
}

bool presented_read(const struct signed_request *request, struct region *region,
                    struct presented *p, struct fault *fault)
{
    struct str header = field_of(request->fields, "authorization");
    struct str path;
    struct str query;
    bool ok;

    *p = (struct presented){.in_query = false};
    split_target(request->target, &path, &query);
    if (header.n)
        ok = read_header(request, header, region, p, fault);
    else if (is_presigned(query))
        ok = read_query(query, region, p, fault);
    else
        return fault_set(fault, region, "MissingAuthenticationToken", 403,
                         "Request is missing Authentication Token");
    return ok && check_date(p, region, fault) &&
           check_names(request->fields, p, region, fault);
}
