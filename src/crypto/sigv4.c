/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypto/sha256.h"

enum { SECRET_MAX = 1024 };

/* ---- dates -------------------------------------------------------------------- */

void sigv4_date(int64_t seconds, char date[SIGV4_DATE_LEN + 1])
{
    time_t when = (time_t)seconds;
    struct tm tm = {0};

    gmtime_r(&when, &tm);
    if (strftime(date, SIGV4_DATE_LEN + 1, "%Y%m%dT%H%M%SZ", &tm) !=
        SIGV4_DATE_LEN)
        memcpy(date, "00000000T000000Z", SIGV4_DATE_LEN + 1);
}

static bool read_number(struct str date, size_t at, size_t n, int max, int *out)
{
    uint64_t number;

    if (!str_to_u64(str_make(date.p + at, n), (uint64_t)max, &number))
        return false;
    *out = (int)number;
    return true;
}

bool sigv4_date_read(struct str date, int64_t *seconds)
{
    struct tm tm = {0};
    struct tm again;
    time_t when;

    if (date.n != SIGV4_DATE_LEN || date.p[8] != 'T' || date.p[15] != 'Z' ||
        !read_number(date, 0, 4, 9999, &tm.tm_year) ||
        !read_number(date, 4, 2, 12, &tm.tm_mon) ||
        !read_number(date, 6, 2, 31, &tm.tm_mday) ||
        !read_number(date, 9, 2, 23, &tm.tm_hour) ||
        !read_number(date, 11, 2, 59, &tm.tm_min) ||
        !read_number(date, 13, 2, 60, &tm.tm_sec))
        return false;
    if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mday < 1)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    again = tm;
    when = timegm(&again);
    *seconds = (int64_t)when;
    return again.tm_mday == tm.tm_mday;
}

/* ---- digests ------------------------------------------------------------------ */

bool sigv4_payload_hash(struct str body, char hash[SIGV4_HASH_LEN + 1])
{
    struct sha256 sha;

    _Static_assert((int)SIGV4_HASH_LEN == (int)SHA256_HEX_LEN,
                   "a payload hash is a SHA-256");
    if (!sha256_init(&sha))
        return false;
    sha256_begin(&sha);
    sha256_add(&sha, body.n ? body.p : "", body.n);
    sha256_hex(&sha, hash);
    hash[SIGV4_HASH_LEN] = '\0';
    sha256_end(&sha);
    return true;
}

static bool hmac(const uint8_t *key, size_t nkey, struct str text,
                 uint8_t out[SHA256_BYTES])
{
    return HMAC(EVP_sha256(), key, (int)nkey,
                (const unsigned char *)(text.n ? text.p : ""), text.n, out,
                NULL) != NULL;
}

/* The key of a day, a region and a service. */
static bool derive(struct str secret, const struct sigv4_scope *scope,
                   uint8_t key[SHA256_BYTES])
{
    uint8_t first[4 + SECRET_MAX] = {'A', 'W', 'S', '4'};
    uint8_t next[SHA256_BYTES];
    bool ok;

    if (secret.n > SECRET_MAX || scope->date.n < SIGV4_DAY_LEN)
        return false;
    if (secret.n)
        memcpy(first + 4, secret.p, secret.n);
    ok = hmac(first, 4 + secret.n, str_make(scope->date.p, SIGV4_DAY_LEN),
              key) &&
         hmac(key, SHA256_BYTES, scope->region, next) &&
         hmac(next, SHA256_BYTES, scope->service, key) &&
         hmac(key, SHA256_BYTES, STR(SIGV4_TERMINATOR), next);
    memcpy(key, next, SHA256_BYTES);
    OPENSSL_cleanse(first, sizeof(first));
    OPENSSL_cleanse(next, sizeof(next));
    return ok;
}

bool sigv4_signature(struct str secret, const struct sigv4_scope *scope,
                     struct str string_to_sign,
                     char signature[SIGV4_HASH_LEN + 1])
{
    struct text t = text_in(signature, SIGV4_HASH_LEN);
    uint8_t key[SHA256_BYTES] = {0};
    uint8_t out[SHA256_BYTES] = {0};
    bool ok = derive(secret, scope, key) &&
              hmac(key, sizeof(key), string_to_sign, out);

    OPENSSL_cleanse(key, sizeof(key));
    for (size_t i = 0; i < sizeof(out); i++)
        text_hex(&t, out[i], 2);
    signature[SIGV4_HASH_LEN] = '\0';
    return ok && text_ok(&t);
}

bool sigv4_same(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

/* DAY/REGION/SERVICE/aws4_request. */
static struct str scope_text(struct region *region,
                             const struct sigv4_scope *scope)
{
    return region_printf(region,
                         STR_FMT "/" STR_FMT "/" STR_FMT "/" SIGV4_TERMINATOR,
                         SIGV4_DAY_LEN, scope->date.p, STR_ARG(scope->region),
                         STR_ARG(scope->service));
}

struct str sigv4_string_to_sign(struct region *region, struct str canonical,
                                const struct sigv4_scope *scope)
{
    char hash[SIGV4_HASH_LEN + 1];

    if (scope->date.n != SIGV4_DATE_LEN || !sigv4_payload_hash(canonical, hash))
        return STR("");
    return region_printf(
        region, SIGV4_ALGORITHM "\n" STR_FMT "\n" STR_FMT "\n%s",
        STR_ARG(scope->date), STR_ARG(scope_text(region, scope)), hash);
}

/* ---- signing ------------------------------------------------------------------ */

/* What may change, or be added, between the one who signs and the one who
 * verifies. */
static bool is_signed(struct str name)
{
    static const char *const never[] = {
        "accept-encoding",
        "authorization",
        "cache-control",
        "connection",
        "expect",
        "from",
        "keep-alive",
        "max-forwards",
        "pragma",
        "referer",
        "te",
        "trailer",
        "upgrade",
        "transfer-encoding",
        "user-agent",
        "via",
        "x-amzn-trace-id",
    };

    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (str_ieq(name, str_of(never[i])))
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct str *x = a;
    const struct str *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = 0;

    for (size_t i = 0; i < n && order == 0; i++)
        order = (unsigned char)str_lower(x->p[i]) -
                (unsigned char)str_lower(y->p[i]);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* The names of what is signed, in lower case, sorted, each once. */
static struct str signed_names(struct region *region,
                               const struct sigv4_request *request)
{
    struct str *names =
        region_take(region, (request->nfields + 1) * sizeof(*names));
    unsigned n = 0;
    size_t cap = 1;
    struct text t;

    for (unsigned i = 0; i < request->nfields; i++) {
        cap += request->fields[i].name.n + 1;
        if (is_signed(request->fields[i].name))
            names[n++] = request->fields[i].name;
    }
    qsort(names, n, sizeof(*names), compare_names);
    t = text_in(region_take(region, cap), cap);
    for (unsigned i = 0; i < n; i++) {
        if (i && str_ieq(names[i], names[i - 1]))
            continue;
        if (t.n)
            text_char(&t, ';');
        for (size_t k = 0; k < names[i].n; k++)
            text_char(&t, str_lower(names[i].p[k]));
    }
    return text_str(&t);
}

static bool make_signature(struct region *region,
                           const struct sigv4_credentials *credentials,
                           const struct sigv4_request *request,
                           const struct sigv4_scope *scope, struct str names,
                           char signature[SIGV4_HASH_LEN + 1])
{
    struct str canonical =
        sigv4_canonical(region, request, scope, names, false);
    struct str text = STR("");

    if (canonical.n)
        text = sigv4_string_to_sign(region, canonical, scope);
    return text.n &&
           sigv4_signature(credentials->secret, scope, text, signature);
}

struct str sigv4_sign(struct region *region,
                      const struct sigv4_credentials *credentials,
                      const struct sigv4_request *request,
                      const struct sigv4_scope *scope)
{
    struct sigv4_request all = *request;
    char signature[SIGV4_HASH_LEN + 1];
    struct sigv4_field *fields;
    struct str names;

    if (request->nfields > SIGV4_FIELDS_MAX - 2 ||
        scope->date.n != SIGV4_DATE_LEN)
        return STR("");
    fields = region_take(region, (request->nfields + 2) * sizeof(*fields));
    if (request->nfields)
        memcpy(fields, request->fields, request->nfields * sizeof(*fields));
    fields[all.nfields++] =
        (struct sigv4_field){STR("x-amz-date"), scope->date};
    if (credentials->token.n)
        fields[all.nfields++] = (struct sigv4_field){
            STR("x-amz-security-token"), credentials->token};
    all.fields = fields;
    names = signed_names(region, &all);
    if (!make_signature(region, credentials, &all, scope, names, signature))
        return STR("");
    return region_printf(
        region,
        SIGV4_ALGORITHM " Credential=" STR_FMT "/" STR_FMT
                        ", SignedHeaders=" STR_FMT ", Signature=%s",
        STR_ARG(credentials->access_key), STR_ARG(scope_text(region, scope)),
        STR_ARG(names), signature);
}

/* As parameters have it: all but unreserved characters as %XX. */
static struct str escaped(struct region *region, struct str s)
{
    size_t cap = 3 * s.n + 1;
    struct text t = text_in(region_take(region, cap), cap);

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9') || memchr("-._~", c, 4))
            text_char(&t, c);
        else
            text_printf(&t, "%%%02X", (unsigned)(unsigned char)c);
    }
    return text_str(&t);
}

/* What a presigned URL says in its query. */
static struct str presigned_query(struct region *region,
                                  const struct sigv4_credentials *credentials,
                                  const struct sigv4_request *request,
                                  const struct sigv4_scope *scope,
                                  struct str names, unsigned expires)
{
    struct str token = escaped(region, credentials->token);
    struct str credential = region_printf(region, STR_FMT "/" STR_FMT,
                                          STR_ARG(credentials->access_key),
                                          STR_ARG(scope_text(region, scope)));

    return region_printf(
        region,
        STR_FMT "%sX-Amz-Algorithm=" SIGV4_ALGORITHM
                "&X-Amz-Credential=" STR_FMT "&X-Amz-Date=" STR_FMT
                "&X-Amz-Expires=%u&X-Amz-SignedHeaders=" STR_FMT "%s" STR_FMT,
        STR_ARG(request->query), request->query.n ? "&" : "",
        STR_ARG(escaped(region, credential)), STR_ARG(scope->date), expires,
        STR_ARG(escaped(region, names)),
        token.n ? "&X-Amz-Security-Token=" : "", STR_ARG(token));
}

struct str sigv4_presign(struct region *region,
                         const struct sigv4_credentials *credentials,
                         const struct sigv4_request *request,
                         const struct sigv4_scope *scope, unsigned expires)
{
    struct sigv4_request all = *request;
    char signature[SIGV4_HASH_LEN + 1];
    struct str names;

    if (request->nfields > SIGV4_FIELDS_MAX ||
        scope->date.n != SIGV4_DATE_LEN ||
        request->query.n + credentials->token.n > SIGV4_REQUEST_MAX)
        return STR("");
    names = signed_names(region, request);
    all.query =
        presigned_query(region, credentials, request, scope, names, expires);
    if (!make_signature(region, credentials, &all, scope, names, signature))
        return STR("");
    return region_printf(region, STR_FMT "&X-Amz-Signature=%s",
                         STR_ARG(all.query), signature);
}
