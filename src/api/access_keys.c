/* SPDX-License-Identifier: Apache-2.0 */
#include "api/access_keys.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "template/document.h"

struct access_keys {
    _Atomic unsigned refs;
    struct region region;
    struct access_key *first;
    struct access_key *last;
    unsigned n;
    void *text; /* of the file, in the region: overwritten at the end */
    size_t text_n;
};

/* An entry on its way. */
struct entry {
    struct access_keys *keys;
    struct report *report;
    const char *path; /* AccessKeys[0] */
    const struct value *value;
    struct access_key *key;
};

struct member {
    const char *name;
    bool required;
};

static const struct member members[] = {
    {"AccessKeyId", true}, {"SecretAccessKey", true}, {"UserName", true},
    {"Policies", false},   {"SessionToken", false},   {"Status", false},
    {"CreateDate", false},
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

/* ---- one entry ------------------------------------------------------------------- */

static void check_member(const struct entry *e, const struct value *v)
{
    struct suggest s = suggest_for(v->key);
    const char *best;

    for (unsigned i = 0; i < MEMBERS; i++) {
        if (str_eq(v->key, str_of(members[i].name)))
            return;
        suggest_offer(&s, members[i].name);
    }
    best = suggest_best(&s);
    report_error(e->report, &v->key_place,
                 "%s has no member " STR_FMT "\n%s%s%s", e->path,
                 STR_ARG(v->key), best ? "did you mean " : "",
                 best ? best
                      : "there are AccessKeyId, SecretAccessKey, UserName, "
                        "Policies, SessionToken and Status",
                 best ? "?" : "");
}

static struct str read_text(const struct entry *e, const char *name)
{
    const struct value *v = value_get(e->value, str_of(name));

    if (v == NULL)
        return STR("");
    if (v->kind == VALUE_STRING || v->kind == VALUE_NUMBER)
        return v->text;
    report_error(e->report, &v->place, "%s.%s must be a string, not %s",
                 e->path, name, value_kind_name(v->kind));
    return STR("");
}

static bool all_of(struct str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = str_lower(s.p[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (c && strchr(more, c))))
            return false;
    }
    return true;
}

/* What a member may hold: its length, and what stands in it beside letters and
 * digits. */
static void check_text(const struct entry *e, const char *name, struct str s,
                       size_t min, size_t max, const char *more)
{
    const struct value *v = value_get(e->value, str_of(name));

    if (v == NULL || s.p == NULL || (s.n == 0 && v->kind != VALUE_STRING))
        return;
    if (s.n < min || s.n > max)
        report_error(e->report, &v->place,
                     "%s.%s has %zu characters: it must have %zu to %zu",
                     e->path, name, s.n, min, max);
    else if (!all_of(s, more))
        report_error(e->report, &v->place,
                     "%s.%s has a character that is none of A-Z a-z 0-9 %s",
                     e->path, name, more);
}

static void read_status(const struct entry *e)
{
    const struct value *v = value_get(e->value, STR("Status"));
    struct str status = read_text(e, "Status");

    e->key->active = !str_eq(status, STR("Inactive"));
    if (v && v->kind == VALUE_STRING && e->key->active &&
        !str_eq(status, STR("Active")))
        report_error(e->report, &v->place,
                     "%s.Status is neither Active nor Inactive", e->path);
}

static void read_policies(const struct entry *e)
{
    const struct value *list = value_get(e->value, STR("Policies"));
    const struct policy **end = &e->key->policies;
    unsigned i = 0;

    if (list == NULL)
        return;
    if (list->kind != VALUE_LIST) {
        report_error(e->report, &list->place,
                     "%s.Policies must be a list of policy documents, not %s",
                     e->path, value_kind_name(list->kind));
        return;
    }
    for (const struct value *v = list->first; v; v = v->next, i++) {
        struct str path =
            region_printf(&e->report->region, "%s.Policies[%u]", e->path, i);
        struct policy *p =
            policy_compile(v, path.p, &e->keys->region, e->report);

        if (p == NULL)
            continue;
        *end = p;
        end = &p->next;
    }
}

static void check_entry(const struct entry *e)
{
    const struct access_key *key = e->key;

    for (unsigned i = 0; i < MEMBERS; i++) {
        if (members[i].required &&
            value_get(e->value, str_of(members[i].name)) == NULL)
            report_error(e->report, &e->value->place, "%s has no %s", e->path,
                         members[i].name);
    }
    check_text(e, "AccessKeyId", key->id, 16, 128, "_");
    check_text(e, "SecretAccessKey", key->secret, 16, 128, "/+=");
    check_text(e, "UserName", key->user, 1, 64, "_+=,.@-");
    check_text(e, "SessionToken", key->token, 1, 4096, "/+=-_.");
    if (key->id.n && access_keys_find(e->keys, key->id))
        report_error(e->report, &e->value->place,
                     "%s has the same AccessKeyId as another one: " STR_FMT,
                     e->path, STR_ARG(key->id));
}

static void read_entry(struct access_keys *keys, const struct value *v,
                       unsigned i, struct report *report)
{
    struct str path = region_printf(&report->region, "AccessKeys[%u]", i);
    struct entry e = {keys, report, path.p, v, NULL};

    if (v->kind != VALUE_MAP) {
        report_error(report, &v->place, "%s must be an object, not %s", path.p,
                     value_kind_name(v->kind));
        return;
    }
    for (const struct value *m = v->first; m; m = m->next)
        check_member(&e, m);
    e.key = region_take(&keys->region, sizeof(*e.key));
    e.key->id = read_text(&e, "AccessKeyId");
    e.key->secret = read_text(&e, "SecretAccessKey");
    e.key->user = read_text(&e, "UserName");
    e.key->token = read_text(&e, "SessionToken");
    read_status(&e);
    read_policies(&e);
    check_entry(&e);
    *(keys->last ? &keys->last->next : &keys->first) = e.key;
    keys->last = e.key;
    keys->n++;
}

/* ---- all of them ------------------------------------------------------------------ */

static const struct policy **policies_end(struct access_key *key)
{
    const struct policy **end = &key->policies;

    /* They are in our own region; const is for those who read them. */
    while (*end)
        end = (const struct policy **)(uintptr_t) & (*end)->next;
    return end;
}

/* Policies are the user's, whatever key they stand at: its first key gathers
 * them, the others have the same. */
static void share_policies(struct access_keys *keys)
{
    for (struct access_key *key = keys->first; key; key = key->next) {
        struct access_key *first = keys->first;

        while (!str_eq(first->user, key->user))
            first = first->next;
        if (first != key)
            *policies_end(first) = key->policies;
    }
    for (struct access_key *key = keys->first; key; key = key->next) {
        const struct access_key *first = keys->first;

        while (!str_eq(first->user, key->user))
            first = first->next;
        key->policies = first->policies;
    }
}

static void warn_of_none(const struct access_keys *keys, const char *file,
                         struct report *report)
{
    const struct place place = {.file = file};

    for (const struct access_key *key = keys->first; key; key = key->next) {
        if (key->policies == NULL)
            report_warning(report, &place,
                           "user " STR_FMT " has no Policies: it may call "
                           "nothing but sts:GetCallerIdentity with " STR_FMT
                           "\nallow it something, such as {\"Version\": "
                           "\"2012-10-17\", \"Statement\": [{\"Effect\": "
                           "\"Allow\", \"Action\": \"*\", \"Resource\": "
                           "\"*\"}]}",
                           STR_ARG(key->user), STR_ARG(key->id));
    }
}

static void read_list(struct access_keys *keys, const struct value *top,
                      struct report *report)
{
    const struct value *list = value_get(top, STR("AccessKeys"));
    unsigned i = 0;

    if (list == NULL || list->kind != VALUE_LIST || list->first == NULL) {
        report_error(report, list ? &list->place : &top->place,
                     "%s\nwrite {\"AccessKeys\": [{\"UserName\": ..., "
                     "\"AccessKeyId\": ..., \"SecretAccessKey\": ..., "
                     "\"Policies\": [...]}]}",
                     list ? "AccessKeys must be a list with at least one key"
                          : "there are no AccessKeys");
        return;
    }
    for (const struct value *m = top->first; m; m = m->next) {
        if (!str_eq(m->key, STR("AccessKeys")))
            report_error(report, &m->key_place,
                         "there is no member " STR_FMT
                         "\nAccessKeys is the only one",
                         STR_ARG(m->key));
    }
    for (const struct value *v = list->first; v && i < ACCESS_KEYS_MAX;
         v = v->next)
        read_entry(keys, v, i++, report);
    if (value_count(list) > ACCESS_KEYS_MAX)
        report_error(report, &list->place,
                     "AccessKeys has %u keys: %d are "
                     "the most",
                     value_count(list), ACCESS_KEYS_MAX);
}

struct access_keys *access_keys_none(void)
{
    struct access_keys *keys = memory_zeroed(1, sizeof(*keys));

    atomic_init(&keys->refs, 1);
    return keys;
}

struct access_keys *access_keys_read(const char *file, struct str text,
                                     struct report *report)
{
    struct access_keys *keys = access_keys_none();
    unsigned errors = report->errors;
    const struct value *top;

    file = region_copy(&keys->region, str_of(file)).p;
    text = region_copy(&keys->region, text);
    keys->text = (void *)(uintptr_t)text.p;
    keys->text_n = text.n;
    top = document_parse(file, text, &keys->region, report);
    if (top)
        read_list(keys, top, report);
    if (report->errors == errors) {
        share_policies(keys);
        warn_of_none(keys, file, report);
        return keys;
    }
    access_keys_release(keys);
    return NULL;
}

struct access_keys *access_keys_hold(struct access_keys *keys)
{
    atomic_fetch_add(&keys->refs, 1);
    return keys;
}

/* Scalars are copies in the region. */
static void forget(struct str s)
{
    if (s.n)
        explicit_bzero((void *)(uintptr_t)s.p, s.n);
}

void access_keys_release(struct access_keys *keys)
{
    if (keys == NULL || atomic_fetch_sub(&keys->refs, 1) > 1)
        return;
    for (const struct access_key *key = keys->first; key; key = key->next) {
        forget(key->secret);
        forget(key->token);
    }
    if (keys->text_n)
        explicit_bzero(keys->text, keys->text_n);
    region_end(&keys->region);
    free(keys);
}

/* ---- looking ---------------------------------------------------------------------- */

const struct access_key *access_keys_find(const struct access_keys *keys,
                                          struct str id)
{
    for (const struct access_key *key = keys->first; key; key = key->next) {
        if (str_eq(key->id, id))
            return key;
    }
    return NULL;
}

const struct access_key *access_keys_first(const struct access_keys *keys)
{
    const struct access_key *key = keys->first;

    while (key && !key->active)
        key = key->next;
    return key;
}

unsigned access_keys_count(const struct access_keys *keys)
{
    return keys->n;
}
