/* SPDX-License-Identifier: Apache-2.0 */
#include "store/kept.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/account_json.h"

/* A document with its texts behind it. */
struct owned {
    struct document document; /* first */
    struct region region;
};

struct document *kept_copy(const struct document *document)
{
    struct owned *copy = memory_zeroed(1, sizeof(*copy));

    copy->document.account = account_hold(document->account);
    if (document->base)
        copy->document.base = account_hold(document->base);
    copy->document.digest = region_copy(&copy->region, document->digest);
    copy->document.scope = region_copy(&copy->region, document->scope);
    return &copy->document;
}

void kept_free(struct document *document)
{
    struct owned *owned = (struct owned *)document;

    if (document == NULL)
        return;
    account_release(document->account);
    account_release(document->base);
    region_end(&owned->region);
    free(owned);
}

/* ---- as JSON ----------------------------------------------------------------- */

static void put(struct text *t, const void *what)
{
    const struct document *document = what;

    text_printf(t, "{\"Format\":%d,\"Scope\":", KEPT_FORMAT);
    text_json(t, document->scope);
    TEXT_LITERAL(t, ",\"Digest\":");
    text_json(t, document->digest);
    TEXT_LITERAL(t, ",\"Revision\":");
    text_u64(t, document->account->revision);
    TEXT_LITERAL(t, ",\"Resources\":");
    account_json_put_resources(t, document->account);
    TEXT_LITERAL(t, ",\"Base\":");
    if (document->base)
        account_json_put_resources(t, document->base);
    else
        TEXT_LITERAL(t, "null");
    text_char(t, '}');
}

struct str kept_json(const struct document *document)
{
    return account_json_text(put, document);
}

static bool number_of(const struct value *map, const char *name,
                      uint64_t *number)
{
    const struct value *v = value_get(map, str_of(name));

    return v && v->kind == VALUE_NUMBER &&
           str_to_u64(v->text, UINT64_MAX, number);
}

static bool string_of(const struct value *map, const char *name,
                      struct str *text)
{
    const struct value *v = value_get(map, str_of(name));

    if (v && v->kind == VALUE_STRING)
        *text = v->text;
    return v && v->kind == VALUE_STRING;
}

static bool read_base(const struct value *value, struct document *found,
                      struct error *error)
{
    const struct value *base = value_get(value, STR("Base"));

    if (base == NULL || base->kind == VALUE_NULL)
        return true;
    found->base = account_json_account(base, 0, error);
    return found->base != NULL;
}

static bool read_members(const struct value *value, struct document *found,
                         struct error *error)
{
    uint64_t format;
    uint64_t revision;

    if (!number_of(value, "Format", &format))
        return error_set(error, "it is no document of Sluice's");
    if (format != KEPT_FORMAT)
        return error_set(error,
                         "it is of format %llu, which a newer Sluice wrote; "
                         "this one knows format %d",
                         (unsigned long long)format, KEPT_FORMAT);
    if (!string_of(value, "Scope", &found->scope) ||
        !string_of(value, "Digest", &found->digest) ||
        !number_of(value, "Revision", &revision))
        return error_set(error, "its Scope, Digest or Revision is missing");
    found->account = account_json_account(value_get(value, STR("Resources")),
                                          revision, error);
    return found->account && read_base(value, found, error);
}

struct document *kept_read(struct str text, struct error *error)
{
    struct region region = {NULL};
    struct document found = {.account = NULL};
    struct document *document = NULL;
    const struct value *value = account_json_read(&region, text, error);

    if (value && read_members(value, &found, error))
        document = kept_copy(&found);
    account_release(found.account);
    account_release(found.base);
    region_end(&region);
    return document;
}

/* ---- what differs ------------------------------------------------------------ */

/* Walks both, which nearly always run side by side: an account of which one
 * resource differs costs a look at each, not a search. */
bool kept_changes(const struct account *before, const struct account *after,
                  struct region *region, struct edit *edit)
{
    unsigned at = 0;

    for (unsigned i = 0; i < before->n; i++) {
        const struct account_resource *old = before->resources[i];
        bool more = at < after->n;

        if (more && after->resources[at] == old) {
            at++;
        } else if (more && str_eq(after->resources[at]->id, old->id)) {
            edit_put(region, edit, old->id, after->resources[at]->value);
            at++;
        } else if (account_find(after, old->id)) {
            return false; /* it stands somewhere else */
        } else {
            edit_remove(region, edit, old->id);
        }
    }
    for (; at < after->n; at++) {
        if (account_find(before, after->resources[at]->id))
            return false;
        edit_put(region, edit, after->resources[at]->id,
                 after->resources[at]->value);
    }
    return true;
}

static bool same_base(const struct account *a, const struct account *b)
{
    if (a == b || a == NULL || b == NULL)
        return a == b;
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++) {
        if (a->resources[i] != b->resources[i])
            return false;
    }
    return true;
}

bool kept_same_origin(const struct document *a, const struct document *b)
{
    return str_eq(a->digest, b->digest) && str_eq(a->scope, b->scope) &&
           same_base(a->base, b->base);
}
