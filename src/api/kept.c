/* SPDX-License-Identifier: Apache-2.0 */
#include "api/kept.h"

#include <inttypes.h>

#include "api/elb_trust.h"
#include "crypto/hmac.h"

static const char prefix[] = "/kept/";

enum { SIGNED_MAX = 256 };

/* What is signed. */
static struct str signed_text(struct text *t, struct str what, struct str until)
{
    text_str_put(t, what);
    text_char(t, '\n');
    text_str_put(t, until);
    return text_ok(t) ? text_str(t) : STR("");
}

struct str kept_link(struct region *region, const struct account_view *view,
                     struct str what)
{
    uint64_t end = view->now_ms / 1000 + KEPT_LINK_S;
    struct str until = region_printf(region, "%" PRIu64, end);
    char buffer[SIGNED_MAX];
    char hex[HMAC_HEX_LEN] = "";
    struct text t = text_in(buffer, sizeof(buffer));

    hmac_hex(view->link_key, signed_text(&t, what, until), hex);
    return region_printf(
        region, STR_FMT "%s" STR_FMT "?Expires=" STR_FMT "&Signature=%.*s",
        STR_ARG(view->api_url), prefix, STR_ARG(what), STR_ARG(until),
        HMAC_HEX_LEN, hex);
}

bool kept_is(struct str target)
{
    return str_starts(target, str_of(prefix));
}

/* The value of a parameter of the query; n == 0: it has none. */
static struct str parameter(struct str query, struct str name)
{
    struct str rest = query;

    while (rest.p) {
        struct str value = str_cut(&rest, '&');
        struct str key = str_cut(&value, '=');

        if (str_eq(key, name) && value.p)
            return value;
    }
    return STR("");
}

static bool is_ours(const struct account_view *view, struct str what,
                    struct str query)
{
    struct str until = parameter(query, STR("Expires"));
    char buffer[SIGNED_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct str text = signed_text(&t, what, until);
    uint64_t end;

    return text.n && view->link_key.n &&
           hmac_is(view->link_key, text, parameter(query, STR("Signature"))) &&
           str_to_u64(until, INT64_MAX, &end) && view->now_ms / 1000 < end;
}

static const struct config_trust_store *find_store(const struct config *config,
                                                   struct str id)
{
    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        const struct config_trust_store *store = config->trust_stores[i];

        if (store->id.n && str_eq(elb_trust_id(store), id))
            return store;
    }
    return NULL;
}

/* A revocation's text, looked for. */
struct looking {
    struct str id;
    struct str text;
};

static bool look(void *owner, const struct elb_revocation *revocation)
{
    struct looking *l = owner;
    uint64_t id;

    if (!str_to_u64(l->id, UINT32_MAX, &id) || id != revocation->id)
        return true;
    l->text = revocation->text;
    return false;
}

static struct str find_text(const struct account_view *view, struct str what)
{
    struct str rest = what;
    struct str kind = str_cut(&rest, '/');
    const struct config_trust_store *store =
        find_store(view->config, str_cut(&rest, '/'));
    struct looking looking = {.text = STR("")};

    if (!str_eq(kind, STR("trust-store")) || store == NULL)
        return STR("");
    if (str_eq(rest, STR("bundle")))
        return store->text;
    if (str_eq(str_cut(&rest, '/'), STR("revocation"))) {
        looking.id = rest;
        elb_revocations_of(view, store->arn, look, &looking);
    }
    return looking.text;
}

unsigned kept_follow(const struct account_view *view, struct str target,
                     struct str *text)
{
    size_t n = sizeof(prefix) - 1;
    struct str query = str_make(target.p + n, target.n - n);
    struct str what = str_cut(&query, '?');

    *text = STR("");
    if (!is_ours(view, what, query))
        return 403;
    *text = find_text(view, what);
    return text->n ? 200 : 404;
}
