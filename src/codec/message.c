/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of fields, and fields of a head.
 *
 * A name is looked up by its length first: no length has more than three
 * candidates, and the first letter tells most of them apart.
 */
#include "codec/message.h"

#include "codec/h1_internal.h"
#include "codec/scan.h"

struct spelling {
    char lower[19];
    uint8_t id;
};

enum { NAME_MAX_LENGTH = 17, NAMES_PER_LENGTH = 3 };

/* clang-format off */
static const struct spelling spellings[NAME_MAX_LENGTH + 1][NAMES_PER_LENGTH] = {
    [2] = {{"te", FIELD_TE}},
    [4] = {{"host", FIELD_HOST}, {"date", FIELD_DATE}},
    [6] = {{"cookie", FIELD_COOKIE}, {"server", FIELD_SERVER},
           {"expect", FIELD_EXPECT}},
    [7] = {{"upgrade", FIELD_UPGRADE}, {"trailer", FIELD_TRAILER}},
    [9] = {{"forwarded", FIELD_FORWARDED}},
    [10] = {{"connection", FIELD_CONNECTION}, {"user-agent", FIELD_USER_AGENT},
            {"keep-alive", FIELD_KEEP_ALIVE}},
    [12] = {{"content-type", FIELD_CONTENT_TYPE}},
    [13] = {{"authorization", FIELD_AUTHORIZATION}},
    [14] = {{"content-length", FIELD_CONTENT_LENGTH},
            {"http2-settings", FIELD_HTTP2_SETTINGS}},
    [15] = {{"x-forwarded-for", FIELD_X_FORWARDED_FOR},
            {"x-amzn-trace-id", FIELD_X_AMZN_TRACE_ID}},
    [16] = {{"proxy-connection", FIELD_PROXY_CONNECTION},
            {"x-forwarded-port", FIELD_X_FORWARDED_PORT}},
    [17] = {{"transfer-encoding", FIELD_TRANSFER_ENCODING},
            {"x-forwarded-proto", FIELD_X_FORWARDED_PROTO}},
};
/* clang-format on */

/* The letters that names of a length begin with, one bit each: most names are
 * none of ours, and this says so at once. */
#define LETTER(c) (1u << ((c)&31))

static const uint32_t first_letters[NAME_MAX_LENGTH + 1] = {
    [2] = LETTER('t'),
    [4] = LETTER('h') | LETTER('d'),
    [6] = LETTER('c') | LETTER('s') | LETTER('e'),
    [7] = LETTER('u') | LETTER('t'),
    [9] = LETTER('f'),
    [10] = LETTER('c') | LETTER('u') | LETTER('k'),
    [12] = LETTER('c'),
    [13] = LETTER('a'),
    [14] = LETTER('c') | LETTER('h'),
    [15] = LETTER('x'),
    [16] = LETTER('p') | LETTER('x'),
    [17] = LETTER('t') | LETTER('x'),
};

static inline bool equal_8(const char *p, const char *lower)
{
    uint64_t a, b;

    memcpy(&a, p, 8);
    memcpy(&b, lower, 8);
    return (a | 0x2020202020202020u) == b;
}

static inline bool equal_4(const char *p, const char *lower)
{
    uint32_t a, b;

    memcpy(&a, p, 4);
    memcpy(&b, lower, 4);
    return (a | 0x20202020u) == b;
}

static inline bool equal_2(const char *p, const char *lower)
{
    return (p[0] | 0x20) == lower[0] && (p[1] | 0x20) == lower[1];
}

/* Equal when the case bit is ignored.  Exact for `p` made of token bytes and
 * `lower` of lower-case letters, digits and '-': no other two tokens differ in
 * that bit alone but '^' and '~', which no spelling has.  The words overlap: no
 * spelling has one or three bytes, or more than 24. */
static bool equal_but_case(const char *p, const char *lower, size_t n)
{
    if (n >= 8)
        return equal_8(p, lower) && equal_8(p + n - 8, lower + n - 8) &&
               (n <= 16 || equal_8(p + 8, lower + 8));
    if (n >= 4)
        return equal_4(p, lower) && equal_4(p + n - 4, lower + n - 4);
    return equal_2(p, lower);
}

enum field_id h1_token_id(const char *p, size_t n)
{
    if (n > NAME_MAX_LENGTH || !(first_letters[n] & LETTER(p[0])))
        return FIELD_OTHER;
    for (unsigned i = 0; i < NAMES_PER_LENGTH; i++) {
        const struct spelling *s = &spellings[n][i];

        if (s->lower[0] == (p[0] | 0x20) && equal_but_case(p, s->lower, n))
            return (enum field_id)s->id;
    }
    return FIELD_OTHER;
}

enum field_id field_id_of(struct str name)
{
    if (name.n == 0 || name.n > NAME_MAX_LENGTH ||
        scan_token(name.p, name.p + name.n) != name.p + name.n)
        return FIELD_OTHER;
    return h1_token_id(name.p, name.n);
}

struct field *fields_find(const struct fields *fs, enum field_id id)
{
    if (!(fs->present & 1u << id))
        return NULL;
    for (unsigned i = 0; i < fs->n; i++) {
        if (fs->v[i].id == id && !(fs->v[i].flags & FIELD_DROPPED))
            return &fs->v[i];
    }
    return NULL;
}

struct field *fields_find_name(const struct fields *fs, struct str name)
{
    enum field_id id = field_id_of(name);

    if (id != FIELD_OTHER)
        return fields_find(fs, id);
    for (unsigned i = 0; i < fs->n; i++) {
        struct field *f = &fs->v[i];

        if (f->id == FIELD_OTHER && !(f->flags & FIELD_DROPPED) &&
            str_ieq(field_name(fs, f), name))
            return f;
    }
    return NULL;
}

struct str authority_split(struct str authority, struct str *port)
{
    size_t colon = authority.n;

    /* The colons of an IPv6 address stand in brackets. */
    for (size_t i = authority.n; i-- > 0 && authority.p[i] != ']';) {
        if (authority.p[i] == ':') {
            colon = i;
            break;
        }
    }
    if (port)
        *port = colon < authority.n
                    ? str_make(authority.p + colon + 1, authority.n - colon - 1)
                    : STR("");
    return str_make(authority.p, colon);
}

size_t fields_extent(const struct fields *fs, size_t n)
{
    for (unsigned i = 0; i < fs->n; i++) {
        size_t end = fs->v[i].value + (size_t)fs->v[i].value_len;

        if (fs->v[i].flags & FIELD_CANONICAL)
            end += 2; /* its line end is copied with it */
        if (end > n)
            n = end;
    }
    return n;
}

static size_t slice_end(struct slice s, size_t n)
{
    return s.at + (size_t)s.n > n ? s.at + (size_t)s.n : n;
}

size_t request_extent(const struct request *req)
{
    size_t n = 0;

    n = slice_end(req->method_name, n);
    n = slice_end(req->target, n);
    n = slice_end(req->path, n);
    n = slice_end(req->authority, n);
    return fields_extent(&req->fields, n);
}

void fields_move(struct fields *fs, char *base, struct field *v)
{
    if (fs->n && v != fs->v)
        memmove(v, fs->v, fs->n * sizeof(*v));
    if (v != fs->v)
        fs->cap = fs->n;
    fs->v = v;
    fs->base = base;
}

const char *desync_class_word(enum desync_class class)
{
    static const char *const words[] = {"Compliant", "Acceptable", "Ambiguous",
                                        "Severe"};

    return words[class];
}

const char *desync_mode_word(enum desync_mode mode)
{
    static const char *const words[] = {"monitor", "defensive", "strictest"};

    return words[mode];
}

const char *desync_reason_word(enum desync_reason reason)
{
    static const char *const words[] = {
#define X(id, word) word,
        DESYNC_REASONS(X)
#undef X
    };

    if ((size_t)reason >= sizeof(words) / sizeof(*words))
        return "-";
    return words[reason];
}
