/* SPDX-License-Identifier: Apache-2.0
 *
 * API keys, by which web pages ask for CAPTCHA puzzles of a domain.
 *
 * A key is a text that only the account can make: the id of a resource
 * (Sluice::WAFv2::APIKey) and, sealed with the secret that this resource has,
 * scope, token domains and time.  It outlives restarts, and ends with its
 * resource.
 */
#include "api/services.h"
#include "api/waf_shape.h"
#include "base/base64.h"
#include "crypto/seal.h"
#include "model/account_json.h"
#include "model/instant.h"

#define KEY_TYPE "Sluice::WAFv2::APIKey"

enum {
    DOMAINS_MAX = 5,
    ID_LEN = 16, /* in front of what is sealed */
    SEALED_MAX = 4096,
    KEY_MAX = 2048, /* characters */
};

static const char seal_kind[] = "waf-api-key";

/* ---- sealing ------------------------------------------------------------------------------ */

static struct str base64_of(struct region *region, const uint8_t *p, size_t n)
{
    size_t room = BASE64_LEN(n) + 1;
    struct text t = text_in(region_take(region, room), room);

    base64_put(&t, p, n);
    return text_str(&t);
}

/* n == 0: it is no base64. */
static struct str bytes_of(struct region *region, struct str text)
{
    uint8_t *p = region_take(region, BASE64_BYTES(text.n) + 1);
    long n = base64_read(text, p);

    return str_make((const char *)p, n > 0 ? (size_t)n : 0);
}

/* What is sealed, as JSON. */
static struct str plain_of(struct call *call)
{
    struct region *region = call->region;
    struct value *plain = make_map(region);
    struct text t = text_in(region_take(region, SEALED_MAX), SEALED_MAX);

    put_text(region, plain, "Scope", call_text(call, "Scope"));
    put_value(region, plain, "TokenDomains",
              value_copy(region, call_get(call, "TokenDomains")));
    account_json_put(&t, plain);
    return text_ok(&t) ? text_str(&t) : STR("");
}

/* The key; n == 0: it cannot be sealed. */
static struct str seal_key(struct region *region, const struct seal_keys *keys,
                           struct str id, struct str plain)
{
    size_t n = ID_LEN + plain.n + SEAL_OVERHEAD;
    uint8_t *key = region_take(region, n);
    struct seal *seal = seal_new(keys);
    bool ok;

    memcpy(key, id.p, ID_LEN);
    ok = seal && seal_put(seal, STR(seal_kind), (const uint8_t *)plain.p,
                          plain.n, key + ID_LEN);
    seal_free(seal);
    return ok ? base64_of(region, key, n) : STR("");
}

/* Secrets come from the kernel: on the chore thread, where it may wait. */
static void draw(struct call *call, const struct object_source *objects)
{
    struct region *region = call->region;
    struct value *more = make_map(region);
    struct str id = call_new_id(call);
    struct str plain = plain_of(call);
    struct seal_keys keys;
    struct str key;

    (void)objects;
    if (plain.n == 0 || !seal_keys_random(&keys))
        return;
    key = seal_key(region, &keys, id, plain);
    if (key.n && key.n <= KEY_MAX) {
        put_text(region, more, "Id", id);
        put_text(region, more, "APIKey", key);
        put_text(region, more, "Secret",
                 base64_of(region, keys.bytes[0], SEAL_KEY_BYTES));
        call->more = more;
    }
    seal_keys_forget(&keys);
}

/* ---- finding -------------------------------------------------------------------------------- */

static bool is_key(const struct account_resource *resource)
{
    return str_eq(account_type(resource), STR(KEY_TYPE));
}

static struct str property(const struct account_resource *resource,
                           const char *name)
{
    return member_text(account_properties(resource), name);
}

/* What the secret of the resource opens; NULL: nothing. */
static const struct value *open_key(struct region *region,
                                    const struct account_resource *resource,
                                    struct str key)
{
    struct str secret =
        bytes_of(region, member_text(account_sluice(resource), "Secret"));
    size_t n = key.n - ID_LEN;
    uint8_t *plain = region_take(region, n);
    struct seal_keys keys = {.n = 1};
    struct error error = {""};
    struct seal *seal;
    bool ok;

    if (secret.n != SEAL_KEY_BYTES)
        return NULL;
    memcpy(keys.bytes[0], secret.p, secret.n);
    seal = seal_new(&keys);
    ok = seal && seal_open(seal, STR(seal_kind),
                           (const uint8_t *)key.p + ID_LEN, n, plain);
    seal_free(seal);
    seal_keys_forget(&keys);
    if (!ok)
        return NULL;
    return account_json_read(
        region, str_make((const char *)plain, n - SEAL_OVERHEAD), &error);
}

/* The resource of the call's APIKey, with what was sealed.  False: refused. */
static bool find(struct call *call, const struct account_view *view,
                 const struct account_resource **found,
                 const struct value **opened)
{
    const struct account *account = view->account;
    struct str key = bytes_of(call->region, call_text(call, "APIKey"));

    if (key.n <= ID_LEN + SEAL_OVERHEAD)
        return call_refuse(call, "WAFInvalidResourceException",
                           "AWS WAF couldn\u2019t perform the operation "
                           "because the resource that you requested isn\u2019t "
                           "valid: this is no API key");
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];

        if (!is_key(r) || !str_eq(member_text(account_sluice(r), "Id"),
                                  str_make(key.p, ID_LEN)))
            continue;
        *found = r;
        *opened = open_key(call->region, r, key);
        if (*opened &&
            str_eq(member_text(*opened, "Scope"), call_text(call, "Scope")))
            return true;
    }
    return wafv2_refuse_missing(call,
                                "there is no such API key in scope " STR_FMT,
                                STR_ARG(call_text(call, "Scope")));
}

/* ---- the actions ----------------------------------------------------------------------------- */

static bool create(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct value *domains = call_get(call, "TokenDomains");
    struct value *resource = make_map(region);
    struct value *properties;
    struct value *sluice;
    struct str id;

    if (value_count(domains) > DOMAINS_MAX)
        return wafv2_refuse_limit(call, "an API key has %d token domains",
                                  DOMAINS_MAX);
    if (call->more == NULL)
        return call_refuse(call, "WAFInternalErrorException",
                           "Your request is valid, but no key could be made: "
                           "send it again");
    id = member_text(call->more, "Id");
    put_text(region, resource, "Type", STR(KEY_TYPE));
    properties = put_map(region, resource, "Properties");
    put_text(region, properties, "Scope", call_text(call, "Scope"));
    put_value(region, properties, "TokenDomains", value_copy(region, domains));
    put_text(region, properties, "APIKey", member_text(call->more, "APIKey"));
    sluice = put_map(region, put_map(region, resource, "Metadata"), "Sluice");
    put_text(region, sluice, "Id", id);
    put_text(region, sluice, "Created", instant_text(region, view->now_ms));
    put_text(region, sluice, "Secret", member_text(call->more, "Secret"));
    edit_put(region, &call->edit,
             region_printf(region, "APIKey" STR_FMT, STR_ARG(id)), resource);
    call->made[call->nmade++] = member_text(call->more, "APIKey");
    return true;
}

static bool answer_create(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);

    (void)view;
    put_text(call->region, result, "APIKey", call->made[0]);
    call->result = result;
    return true;
}

static bool delete (struct call *call, const struct account_view *view)
{
    const struct account_resource *found = NULL;
    const struct value *opened = NULL;

    if (!find(call, view, &found, &opened))
        return false;
    edit_remove(call->region, &call->edit, found->id);
    return true;
}

static void put_created(struct region *region, struct value *map,
                        const struct account_resource *resource)
{
    uint64_t ms = 0;

    if (instant_parse(member_text(account_sluice(resource), "Created"), &ms))
        put_number(region, map, "CreationTimestamp", ms / 1000);
}

static bool decrypt(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    const struct account_resource *found = NULL;
    const struct value *opened = NULL;

    if (!find(call, view, &found, &opened))
        return false;
    put_value(call->region, result, "TokenDomains",
              value_copy(call->region, value_get(opened, STR("TokenDomains"))));
    put_created(call->region, result, found);
    call->result = result;
    return true;
}

static bool list(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct account *account = view->account;
    struct value *result = make_map(region);
    struct value *told = put_list(region, result, "APIKeySummaries");
    struct str *keys = region_take(region, (account->n + 1) * sizeof(*keys));
    struct wafv2_page page;
    unsigned n = 0;

    for (unsigned i = 0; i < account->n; i++) {
        if (is_key(account->resources[i]) &&
            str_eq(property(account->resources[i], "Scope"),
                   call_text(call, "Scope")))
            keys[n++] = account->resources[i]->id;
    }
    wafv2_sort(keys, n);
    if (!wafv2_page(call, keys, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++) {
        const struct account_resource *r = account_find(account, keys[i]);
        struct value *summary = add_map(region, told);

        put_value(region, summary, "TokenDomains",
                  value_copy(region, value_get(account_properties(r),
                                               STR("TokenDomains"))));
        put_text(region, summary, "APIKey", property(r, "APIKey"));
        put_created(region, summary, r);
        put_number(region, summary, "Version", 1);
    }
    wafv2_page_end(call, keys, n, &page, result);
    call->result = result;
    return true;
}

/* ---- the table ---------------------------------------------------------------------------------- */

static const struct member create_members[] = {
    WAFV2_MEMBER_SCOPE,
    DOMAINS(MUST, "TokenDomains", 1, 0, 253),
};
static const struct shape create_shape = SHAPE_OF(create_members);

static const struct member key_members[] = {
    WAFV2_MEMBER_SCOPE,
    TOLD(MUST, "APIKey", KEY_MAX),
};
static const struct shape key_shape = SHAPE_OF(key_members);

static const struct action actions[] = {
    {.name = "CreateAPIKey",
     .input = &create_shape,
     .prepare = draw,
     .edit = create,
     .answer = answer_create},
    {.name = "DeleteAPIKey", .input = &key_shape, .edit = delete},
    {.name = "GetDecryptedAPIKey", .input = &key_shape, .answer = decrypt},
    {.name = "ListAPIKeys", .input = &wafv2_list_shape, .answer = list},
};

const struct action_table waf_key_actions = ACTION_TABLE(actions);
