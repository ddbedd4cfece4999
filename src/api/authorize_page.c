/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may read the pages of Sluice: /status, /metrics and so on.
 */
#include "api/authorize.h"
#include "api/authorize_internal.h"
#include "base/base64.h"

enum { BASIC_MAX = 1024 };

static const struct {
    const char *path;
    const char *action;
} pages[] = {
    {"/status", "GetStatus"},   {"/status.json", "GetStatus"},
    {"/metrics", "GetMetrics"}, {"/targets", "GetTargets"},
    {"/config", "GetConfig"},
};

/* "Basic" and id and secret in base64 (RFC 7617).  NULL: no such key. */
static const struct access_key *read_basic(const struct access_keys *keys,
                                           struct str credentials)
{
    uint8_t bytes[BASE64_BYTES(BASIC_MAX)];
    const struct access_key *key = NULL;
    struct str secret;
    struct str id;
    long n;

    credentials = str_trim(credentials);
    if (credentials.n > BASIC_MAX)
        return NULL;
    n = base64_read(credentials, bytes);
    if (n > 0) {
        secret = str_make((const char *)bytes, (size_t)n);
        id = str_cut(&secret, ':');
        key = access_keys_find(keys, id);
        if (key && (!key->active || key->token.n || secret.p == NULL ||
                    !sigv4_same(key->secret, secret)))
            key = NULL;
    }
    explicit_bzero(bytes, sizeof(bytes));
    return key;
}

/* Whoever it is that signed, or sent a key. */
static bool read_reader(const struct access_keys *keys,
                        const struct signed_request *request,
                        const struct account_view *view, struct region *region,
                        struct authorized *who, struct fault *fault)
{
    const struct field *f = fields_find(request->fields, FIELD_AUTHORIZATION);
    struct str said = f ? str_trim(field_value(request->fields, f)) : STR("");
    const struct access_key *key;

    if (str_istarts(said, STR("Basic "))) {
        key = read_basic(keys, str_make(said.p + 6, said.n - 6));
        if (key == NULL)
            return fault_set(
                fault, region, "InvalidClientTokenId", 401,
                "There is no such access key, or it has another secret.");
        *who = (struct authorized){.region_name = view->region_name};
        authorized_fill(who, key, request, view, region);
        return true;
    }
    if (authorize_caller(keys, request, view, region, who, fault))
        return true;
    if (str_eq(str_of(fault->code), STR("MissingAuthenticationToken")))
        fault->status = 401;
    return false;
}

bool authorize_get(const struct access_keys *keys,
                   const struct signed_request *request,
                   const struct account_view *view, struct region *region,
                   struct fault *fault)
{
    struct authorized who;
    struct str query;
    struct str path;

    split_target(request->target, &path, &query);
    if (keys == NULL || str_eq(path, STR("/healthz")))
        return true;
    if (!read_reader(keys, request, view, region, &who, fault))
        return false;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (str_eq(path, str_of(pages[i].path)))
            return authorize_page(&who, pages[i].action, view, region, fault);
    }
    return true;
}
