/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/privacy.h"

#include "base/base64.h"
#include "waf/seen.h"

#define REDACTED STR("REDACTED")

enum { DIGEST_LEN = BASE64_LEN(SHA256_BYTES) };

/* ---- which are hidden ---------------------------------------------------------- */

static bool has_key(const struct waf_protection *protection, struct str name)
{
    for (unsigned i = 0; i < protection->nkeys; i++) {
        if (str_ieq(str_trim(protection->keys[i]), name))
            return true;
    }
    return protection->nkeys == 0;
}

/* What it is asked for: what is shown of the request, of matches, of rates. */
enum purpose { OF_REQUEST, OF_MATCHES, OF_RATES };

static bool is_for(const struct waf_protection *protection,
                   enum purpose purpose)
{
    if (purpose == OF_MATCHES)
        return !protection->exclude_match_details;
    return purpose == OF_REQUEST || !protection->exclude_rate_details;
}

/* name.p == NULL: of any name. */
static const struct waf_protection *find(const struct waf_privacy *p,
                                         enum waf_protected field,
                                         struct str name, enum purpose purpose)
{
    for (unsigned i = 0; i < p->acl->nprotections; i++) {
        const struct waf_protection *protection = &p->acl->protections[i];

        if (protection->field == field && is_for(protection, purpose) &&
            (name.p == NULL || field == WAF_PROTECT_QUERY_STRING ||
             field == WAF_PROTECT_BODY || has_key(protection, name)))
            return protection;
    }
    return NULL;
}

static const struct str any = {NULL, 0};

static bool is_redacted(const struct waf_privacy *p, enum waf_field_type type,
                        struct str name)
{
    for (unsigned i = 0; p->logging && i < p->logging->nredacted; i++) {
        const struct waf_field *field = &p->logging->redacted[i];

        if (field->type == type && (type != WAF_FIELD_SINGLE_HEADER ||
                                    str_ieq(str_trim(field->name), name)))
            return true;
    }
    return false;
}

/* ---- what stands in their place ------------------------------------------------- */

static void put_digest(const struct waf_privacy *p, struct str value,
                       struct text *t)
{
    struct str account = waf_account(p->acl);
    uint8_t digest[SHA256_BYTES];

    sha256_begin(p->sha);
    sha256_add(p->sha, account.p, account.n);
    sha256_add(p->sha, value.p, value.n);
    sha256_bytes(p->sha, digest);
    base64_put(t, digest, sizeof(digest));
}

static void put_hidden(const struct waf_privacy *p,
                       const struct waf_protection *protection,
                       struct str value, struct text *t)
{
    if (protection->hash)
        put_digest(p, value, t);
    else
        text_str_put(t, REDACTED);
}

static struct str hide(const struct waf_privacy *p,
                       const struct waf_protection *protection,
                       struct str value)
{
    struct text t = text_in(p->room, p->cap);

    put_hidden(p, protection, value, &t);
    return text_ok(&t) ? text_str(&t) : REDACTED;
}

/* "a=1; b=2": the values of some names are hidden. */
struct pairs {
    char between;
    enum waf_protected field;
};

static void put_pair(const struct waf_privacy *p, const struct pairs *pairs,
                     struct str pair, struct text *t)
{
    struct str rest = pair;
    struct str name = str_cut(&rest, '=');
    const struct waf_protection *protection =
        find(p, pairs->field, str_trim(name), OF_REQUEST);

    if (protection == NULL || rest.p == NULL) {
        text_str_put(t, pair);
        return;
    }
    text_str_put(t, name);
    text_char(t, '=');
    put_hidden(p, protection, rest, t);
}

static struct str hide_pairs(const struct waf_privacy *p,
                             const struct pairs *pairs, struct str value)
{
    struct text t = text_in(p->room, p->cap);
    struct str rest = value;
    bool first = true;

    if (value.n == 0 || find(p, pairs->field, any, OF_REQUEST) == NULL)
        return value;
    while (rest.p) {
        if (!first)
            text_char(&t, pairs->between);
        first = false;
        put_pair(p, pairs, str_cut(&rest, pairs->between), &t);
    }
    return text_ok(&t) ? text_str(&t) : REDACTED;
}

/* ---- the request ------------------------------------------------------------------ */

struct str waf_shown_method(const struct waf_privacy *p, struct str method)
{
    return is_redacted(p, WAF_FIELD_METHOD, any) ? REDACTED : method;
}

struct str waf_shown_path(const struct waf_privacy *p, struct str path)
{
    return is_redacted(p, WAF_FIELD_URI_PATH, any) ? REDACTED : path;
}

struct str waf_shown_query(const struct waf_privacy *p, struct str query)
{
    static const struct pairs pairs = {'&', WAF_PROTECT_QUERY_ARGUMENT};
    const struct waf_protection *whole;

    if (query.n == 0)
        return STR("");
    if (is_redacted(p, WAF_FIELD_QUERY_STRING, any))
        return REDACTED;
    whole = find(p, WAF_PROTECT_QUERY_STRING, any, OF_REQUEST);
    return whole ? hide(p, whole, query) : hide_pairs(p, &pairs, query);
}

struct str waf_shown_header(const struct waf_privacy *p, struct str name,
                            struct str value)
{
    static const struct pairs pairs = {';', WAF_PROTECT_COOKIE};
    const struct waf_protection *whole;

    if (is_redacted(p, WAF_FIELD_SINGLE_HEADER, name))
        return REDACTED;
    if (p->acl->nprotections == 0)
        return value;
    whole = find(p, WAF_PROTECT_HEADER, name, OF_REQUEST);
    if (whole)
        return hide(p, whole, value);
    return str_ieq(name, STR("cookie")) ? hide_pairs(p, &pairs, value) : value;
}

/* ---- what was found in it ------------------------------------------------------------ */

static const struct waf_protection *
of_header(const struct waf_privacy *p, struct str name, enum purpose purpose)
{
    const struct waf_protection *protection =
        find(p, WAF_PROTECT_HEADER, name, purpose);

    if (protection || !str_ieq(name, STR("cookie")))
        return protection;
    return find(p, WAF_PROTECT_COOKIE, any, purpose);
}

static const struct waf_protection *
of_cookie(const struct waf_privacy *p, struct str name, enum purpose purpose)
{
    const struct waf_protection *protection =
        find(p, WAF_PROTECT_COOKIE, name, purpose);

    return protection ? protection
                      : find(p, WAF_PROTECT_HEADER, STR("cookie"), purpose);
}

static const struct waf_protection *
of_argument(const struct waf_privacy *p, struct str name, enum purpose purpose)
{
    const struct waf_protection *protection =
        find(p, WAF_PROTECT_QUERY_ARGUMENT, name, purpose);

    return protection ? protection
                      : find(p, WAF_PROTECT_QUERY_STRING, any, purpose);
}

static const struct waf_protection *
of_field(const struct waf_privacy *p, const struct waf_evidence *evidence)
{
    const struct waf_field *field = &evidence->statement->field;
    struct str name = evidence->name.n ? evidence->name : str_trim(field->name);

    switch (field->type) {
    case WAF_FIELD_SINGLE_HEADER:
    case WAF_FIELD_HEADERS:
        return of_header(p, name, OF_MATCHES);
    case WAF_FIELD_COOKIES:
        return of_cookie(p, name, OF_MATCHES);
    case WAF_FIELD_SINGLE_QUERY_ARGUMENT:
    case WAF_FIELD_ALL_QUERY_ARGUMENTS:
        return of_argument(p, name, OF_MATCHES);
    case WAF_FIELD_QUERY_STRING:
        return of_argument(p, any, OF_MATCHES);
    case WAF_FIELD_BODY:
    case WAF_FIELD_JSON_BODY:
        return find(p, WAF_PROTECT_BODY, any, OF_MATCHES);
    default:
        return NULL;
    }
}

struct str waf_shown_token(const struct waf_privacy *p,
                           const struct waf_evidence *evidence,
                           struct str token)
{
    const struct waf_field *field = &evidence->statement->field;
    const struct waf_protection *protection;

    if (is_redacted(p, field->type, str_trim(field->name)))
        return REDACTED;
    protection = of_field(p, evidence);
    return protection ? hide(p, protection, token) : token;
}

static const struct waf_protection *
of_key(const struct waf_privacy *p, const struct waf_statement *statement,
       const struct waf_key *key)
{
    const struct waf_forwarded *forwarded = &statement->u.rate.forwarded;

    if (key == NULL)
        return statement->u.rate.aggregate == WAF_BY_FORWARDED_IP
                   ? of_header(p, str_trim(forwarded->header), OF_RATES)
                   : NULL;
    switch (key->type) {
    case WAF_KEY_HEADER:
        return of_header(p, str_trim(key->name), OF_RATES);
    case WAF_KEY_FORWARDED_IP:
        return of_header(p, str_trim(forwarded->header), OF_RATES);
    case WAF_KEY_COOKIE:
        return of_cookie(p, str_trim(key->name), OF_RATES);
    case WAF_KEY_QUERY_ARGUMENT:
        return of_argument(p, str_trim(key->name), OF_RATES);
    case WAF_KEY_QUERY_STRING:
        return of_argument(p, any, OF_RATES);
    default:
        return NULL;
    }
}

struct str waf_shown_rate(const struct waf_privacy *p,
                          const struct waf_statement *statement,
                          const struct waf_key *key, struct str value)
{
    const struct waf_protection *protection = of_key(p, statement, key);

    return protection && value.n ? hide(p, protection, value) : value;
}
