/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/sticky.h"

#include <stdlib.h>

#include "base/base64.h"
#include "crypto/sha256.h"

enum {
    VERSION = 1,
    /* An entry, numbers in network order: version, family, port (2), hint (2),
     * nothing (2), expires (8), group (16), address (16), scope (4). */
    ENTRY_BYTES = 52,
    PADDED_BYTES = BASE64_BYTES(STICKY_VALUE_LEN) - SEAL_OVERHEAD,
    /* Version, nothing, number of entries (2). */
    LIST_HEAD = 4,
    LIST_BYTES = LIST_HEAD + STICKY_ENTRIES_MAX * ENTRY_BYTES,
    LIST_SEALED = LIST_BYTES + SEAL_OVERHEAD,
};

_Static_assert(PADDED_BYTES >= ENTRY_BYTES, "an entry fits its cookie");
_Static_assert(BASE64_LEN(LIST_SEALED) <= STICKY_SHARDS * STICKY_SHARD_MAX,
               "a full list fits its cookies");

/* ---- words --------------------------------------------------------------- */

static const struct {
    const char *word;
    const char *sentence;
} verdicts[] = {
#define X(id, word, sentence) {word, sentence},
    STICKY_VERDICTS(X)
#undef X
};

const char *sticky_word(enum sticky_verdict verdict)
{
    return verdicts[verdict].word;
}

const char *sticky_sentence(enum sticky_verdict verdict)
{
    return verdicts[verdict].sentence;
}

/* What a cookie is sealed for. */
static struct str kind_name(enum sticky_kind kind)
{
    static const struct str names[] = {
        [STICKY_OF_TARGET] = {"AWSALB", 6},
        [STICKY_OF_GROUP] = {"AWSALBTG", 8},
        [STICKY_OF_APP] = {"AWSALBAPP", 9},
    };

    return names[kind];
}

struct group_identity sticky_identity(struct str arn)
{
    struct group_identity identity;
    uint8_t digest[SHA256_BYTES];
    struct sha256 sha;

    if (!sha256_init(&sha))
        abort(); /* no memory: groups must not become one */
    sha256_add(&sha, arn.p, arn.n);
    sha256_bytes(&sha, digest);
    sha256_end(&sha);
    memcpy(identity.bytes, digest, sizeof(identity.bytes));
    return identity;
}

/* ---- entries as bytes ---------------------------------------------------- */

static void put_number(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = n; i-- > 0; v >>= 8)
        p[i] = (uint8_t)v;
}

static uint64_t read_number(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static void encode(uint8_t *p, const struct sticky_entry *entry)
{
    const struct address *a = &entry->target;

    memset(p, 0, ENTRY_BYTES);
    p[0] = VERSION;
    p[1] = a->family;
    put_number(p + 2, a->port, 2);
    put_number(p + 4, entry->hint, 2);
    put_number(p + 8, (uint64_t)entry->expires_ms, 8);
    memcpy(p + 16, entry->group.bytes, sizeof(entry->group.bytes));
    memcpy(p + 32, a->ip, sizeof(a->ip));
    put_number(p + 48, a->scope, 4);
}

static bool decode(const uint8_t *p, struct sticky_entry *entry)
{
    struct address *a = &entry->target;

    if (p[0] != VERSION)
        return false;
    *a = (struct address){.family = p[1]};
    a->port = (uint16_t)read_number(p + 2, 2);
    entry->hint = (uint16_t)read_number(p + 4, 2);
    entry->expires_ms = (int64_t)read_number(p + 8, 8);
    memcpy(entry->group.bytes, p + 16, sizeof(entry->group.bytes));
    memcpy(a->ip, p + 32, sizeof(a->ip));
    a->scope = (uint32_t)read_number(p + 48, 4);
    return true;
}

/* ---- what a request brings ----------------------------------------------- */

static void take(struct str *slot, struct str value)
{
    if (slot->p == NULL)
        *slot = value;
}

/* The cookies that begin with AWSALB: `rest` is what comes after. */
static void take_own(struct sticky_cookies *c, struct sticky_cookies *cors,
                     struct str rest, struct str value)
{
    if (rest.n == 0)
        take(&c->target, value);
    else if (str_eq(rest, STR("CORS")))
        take(&cors->target, value);
    else if (str_eq(rest, STR("TG")))
        take(&c->group, value);
    else if (str_eq(rest, STR("TGCORS")))
        take(&cors->group, value);
    else if (rest.n == 5 && str_starts(rest, STR("APP-")) && rest.p[4] >= '0' &&
             rest.p[4] < '0' + STICKY_SHARDS)
        take(&c->app[rest.p[4] - '0'], value);
}

void sticky_collect(struct sticky_cookies *cookies, const struct fields *fields,
                    struct str application)
{
    struct sticky_cookies cors = {.application = false};
    struct cookie_walk walk = cookie_walk(fields);
    struct str name;
    struct str value;

    *cookies = (struct sticky_cookies){.application = false};
    while (cookie_next(&walk, &name, &value)) {
        if (str_starts(name, STR("AWSALB")))
            take_own(cookies, &cors, str_make(name.p + 6, name.n - 6), value);
        else if (application.n && str_eq(name, application))
            cookies->application = true;
    }
    cookies->target_cors = cors.target.p != NULL;
    cookies->group_cors = cors.group.p != NULL;
    if (cookies->target_cors)
        cookies->target = cors.target;
    if (cookies->group_cors)
        cookies->group = cors.group;
}

/* The number behind NAME; -1 when it does not stand there. */
static long version_of(struct str agent, const char *name)
{
    size_t n = strlen(name);
    const char *at = agent.n ? memmem(agent.p, agent.n, name, n) : NULL;
    const char *end = agent.p + agent.n;
    long version = 0;

    if (at == NULL)
        return -1;
    for (at += n; at < end && *at >= '0' && *at <= '9' && version < 10000; at++)
        version = version * 10 + (*at - '0');
    return version;
}

/* Some older ones refuse a cookie with SameSite=None. */
bool sticky_wants_same_site(const struct fields *fields)
{
    const struct field *agent = fields_find(fields, FIELD_USER_AGENT);

    if (agent == NULL || fields_find_name(fields, STR("Origin")) == NULL)
        return false;
    return version_of(field_value(fields, agent), "Chrome/") >= 80 ||
           version_of(field_value(fields, agent), "Chromium/") >= 80;
}

bool sticky_is_shard(struct str value)
{
    return value.n && !str_eq(value, STR("_remove_"));
}

bool sticky_open(struct seal *seal, enum sticky_kind kind, struct str value,
                 struct sticky_entry *entry)
{
    uint8_t sealed[BASE64_BYTES(STICKY_VALUE_LEN)];
    uint8_t plain[sizeof(sealed)];

    return value.n == STICKY_VALUE_LEN &&
           base64_read(value, sealed) == sizeof(sealed) &&
           seal_open(seal, kind_name(kind), sealed, sizeof(sealed), plain) &&
           decode(plain, entry);
}

/* What the shards make together; n == 0 when that is more than a list. */
static struct str join(const struct str *shards, char *room, size_t cap)
{
    struct text t = text_in(room, cap);

    for (unsigned i = 0; i < STICKY_SHARDS && sticky_is_shard(shards[i]); i++)
        text_str_put(&t, shards[i]);
    return str_make(room, text_ok(&t) ? t.n : 0);
}

static bool decode_list(const uint8_t *p, size_t n, struct sticky_list *list)
{
    size_t count;

    if (n < LIST_HEAD || p[0] != VERSION)
        return false;
    count = read_number(p + 2, 2);
    if (count > STICKY_ENTRIES_MAX || n != LIST_HEAD + count * ENTRY_BYTES)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!decode(p + LIST_HEAD + i * ENTRY_BYTES, &list->v[i]))
            return false;
    }
    list->n = (unsigned)count;
    return true;
}

bool sticky_open_list(struct seal *seal, const struct str shards[STICKY_SHARDS],
                      struct sticky_list *list)
{
    char room[BASE64_LEN(LIST_SEALED)];
    uint8_t sealed[BASE64_BYTES(sizeof(room))];
    uint8_t plain[LIST_BYTES];
    struct str text = join(shards, room, sizeof(room));
    long n = base64_read(text, sealed);

    list->n = 0;
    return n > SEAL_OVERHEAD && n <= LIST_SEALED &&
           seal_open(seal, kind_name(STICKY_OF_APP), sealed, (size_t)n,
                     plain) &&
           decode_list(plain, (size_t)n - SEAL_OVERHEAD, list);
}

/* ---- whether it is followed ---------------------------------------------- */

static bool same_group(const struct group_identity *a,
                       const struct group_identity *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static struct target *find_target(const struct sticky_entry *entry,
                                  const struct group *group)
{
    if (entry->hint < group->ntargets &&
        address_equal(&group->targets[entry->hint]->address, &entry->target))
        return group->targets[entry->hint];
    for (unsigned i = 0; i < group->ntargets; i++) {
        if (address_equal(&group->targets[i]->address, &entry->target))
            return group->targets[i];
    }
    return NULL;
}

enum sticky_verdict sticky_judge(const struct sticky_entry *entry,
                                 const struct group *group, int64_t now_ms,
                                 struct target **target)
{
    struct target *found;

    if (!same_group(&entry->group, &group->identity))
        return STICKY_OTHER_GROUP;
    if (now_ms >= entry->expires_ms)
        return STICKY_EXPIRED;
    found = find_target(entry, group);
    if (found == NULL)
        return STICKY_TARGET_GONE;
    if (group_may_choose(group, found)) {
        *target = found;
        return STICKY_ACCEPTED;
    }
    return atomic_load_explicit(&found->state, memory_order_relaxed) ==
                   TARGET_DRAINING
               ? STICKY_TARGET_DRAINING
               : STICKY_TARGET_UNHEALTHY;
}

enum sticky_verdict sticky_judge_group(const struct sticky_entry *entry,
                                       struct group *const *groups, unsigned n,
                                       int64_t now_ms, unsigned *choice)
{
    for (unsigned i = 0; i < n; i++) {
        if (!same_group(&entry->group, &groups[i]->identity))
            continue;
        if (now_ms >= entry->expires_ms)
            return STICKY_EXPIRED;
        *choice = i;
        return STICKY_ACCEPTED;
    }
    return STICKY_OTHER_GROUP;
}

const struct sticky_entry *sticky_find(const struct sticky_list *list,
                                       const struct group_identity *group)
{
    for (unsigned i = 0; i < list->n; i++) {
        if (same_group(&list->v[i].group, group))
            return &list->v[i];
    }
    return NULL;
}

/* ---- what a response sets ------------------------------------------------ */

void sticky_put_cookie(struct text *t, struct str name, struct str value,
                       struct str expires, enum sticky_scope scope)
{
    text_str_put(t, name);
    text_char(t, '=');
    text_str_put(t, value);
    TEXT_LITERAL(t, "; Expires=");
    text_str_put(t, expires);
    TEXT_LITERAL(t, "; Path=/");
    if (scope != STICKY_SITE)
        TEXT_LITERAL(t, "; SameSite=None");
    if (scope == STICKY_ALL_SECURE)
        TEXT_LITERAL(t, "; Secure");
}

struct sticky_entry sticky_entry_of(const struct group *group,
                                    const struct target *target, unsigned hint,
                                    int64_t expires_ms)
{
    struct sticky_entry entry = {.group = group->identity,
                                 .target = target->address,
                                 .expires_ms = expires_ms};

    if (hint >= group->ntargets || group->targets[hint] != target) {
        hint = 0;
        while (hint < group->ntargets && group->targets[hint] != target)
            hint++;
    }
    entry.hint = (uint16_t)hint;
    return entry;
}

void sticky_drop(struct sticky_list *list, const struct group_identity *group,
                 int64_t now_ms)
{
    unsigned n = 0;

    for (unsigned i = 0; i < list->n; i++) {
        if (now_ms < list->v[i].expires_ms &&
            !same_group(&list->v[i].group, group))
            list->v[n++] = list->v[i];
    }
    list->n = n;
}

void sticky_add(struct sticky_list *list, const struct sticky_entry *entry)
{
    unsigned at = 0;

    if (list->n < STICKY_ENTRIES_MAX) {
        at = list->n++;
    } else {
        for (unsigned i = 1; i < list->n; i++) {
            if (list->v[i].expires_ms < list->v[at].expires_ms)
                at = i;
        }
    }
    list->v[at] = *entry;
}

bool sticky_put(struct text *t, struct seal *seal, enum sticky_kind kind,
                const struct sticky_entry *entry)
{
    uint8_t plain[PADDED_BYTES] = {0};
    uint8_t sealed[PADDED_BYTES + SEAL_OVERHEAD];

    encode(plain, entry);
    if (!seal_put(seal, kind_name(kind), plain, sizeof(plain), sealed))
        return false;
    base64_put(t, sealed, sizeof(sealed));
    return text_ok(t);
}

unsigned sticky_put_list(struct text *t, struct seal *seal,
                         const struct sticky_list *list,
                         struct str shards[STICKY_SHARDS])
{
    uint8_t plain[LIST_BYTES];
    uint8_t sealed[LIST_SEALED];
    size_t n = LIST_HEAD + list->n * ENTRY_BYTES;
    size_t begin = t->n;
    unsigned count = 0;

    plain[0] = VERSION;
    plain[1] = 0;
    put_number(plain + 2, list->n, 2);
    for (unsigned i = 0; i < list->n; i++)
        encode(plain + LIST_HEAD + i * ENTRY_BYTES, &list->v[i]);
    if (!seal_put(seal, kind_name(STICKY_OF_APP), plain, n, sealed))
        return 0;
    base64_put(t, sealed, n + SEAL_OVERHEAD);
    if (!text_ok(t))
        return 0;
    while (begin < t->n) {
        size_t left = t->n - begin;

        n = left < STICKY_SHARD_MAX ? left : STICKY_SHARD_MAX;
        shards[count++] = str_make(t->p + begin, n);
        begin += n;
    }
    return count;
}
