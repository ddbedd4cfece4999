/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/forwarded.h"

enum {
    /* Heads longer than this get a fresh X-Amzn-Trace-Id (alb.md 5.4). */
    TRACE_HEAD_MAX = 7 * 1024,
};

static bool present(const struct request *req, enum field_id id)
{
    return req->fields.present >> id & 1;
}

static void drop_all(struct request *req, enum field_id id)
{
    if (!present(req, id))
        return;
    for (unsigned i = 0; i < req->fields.n; i++) {
        if (req->fields.v[i].id == id)
            req->fields.v[i].flags |= FIELD_DROPPED;
    }
}

static void add(struct request_out *out, struct str name, struct str value)
{
    out->added[out->nadded++] = (struct added_field){name, value};
}

/* What was written to `t` since it held `from` bytes. */
static struct str since(const struct text *t, size_t from)
{
    return str_make(t->p + from, t->n - from);
}

/* ---- X-Forwarded-For ----------------------------------------------------- */

unsigned forwarded_count(const struct fields *fs)
{
    unsigned n = 0;

    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];
        struct str rest = field_value(fs, f);

        if (f->id != FIELD_X_FORWARDED_FOR || f->flags & FIELD_DROPPED)
            continue;
        while (rest.p) {
            struct str item = str_trim(str_cut(&rest, ','));

            n += item.n > 0;
        }
    }
    return n;
}

/* The values of all X-Forwarded-For fields in their order, which are dropped,
 * each with ", " behind it. */
static void put_earlier_hops(struct text *t, struct request *req)
{
    for (unsigned i = 0; i < req->fields.n; i++) {
        struct field *f = &req->fields.v[i];
        struct str value = field_value(&req->fields, f);

        if (f->id != FIELD_X_FORWARDED_FOR || f->flags & FIELD_DROPPED)
            continue;
        f->flags |= FIELD_DROPPED;
        if (value.n) {
            text_str_put(t, value);
            TEXT_LITERAL(t, ", ");
        }
    }
}

static void x_forwarded_for(struct request *req,
                            const struct forwarded_from *from, struct text *t,
                            struct request_out *out)
{
    size_t begin = t->n;

    switch (from->attributes->xff_mode) {
    case XFF_PRESERVE:
        return;
    case XFF_REMOVE:
        drop_all(req, FIELD_X_FORWARDED_FOR);
        return;
    case XFF_APPEND:
        break;
    }
    if (present(req, FIELD_X_FORWARDED_FOR))
        put_earlier_hops(t, req);
    if (from->attributes->xff_client_port)
        address_put(t, from->client);
    else
        address_put_ip(t, from->client);
    add(out, STR("X-Forwarded-For"), since(t, begin));
}

/* ---- X-Amzn-Trace-Id ----------------------------------------------------- */

/* VERSION-TIME-ID: 1-63441c4a-abcdef012345678912345678. */
void forwarded_put_trace(struct text *t, int64_t now, struct random *random)
{
    uint64_t a = random_u64(random);
    uint64_t b = random_u64(random);

    TEXT_LITERAL(t, "1-");
    text_hex(t, (uint32_t)now, 8);
    text_char(t, '-');
    text_hex(t, a, 16);
    text_hex(t, b & 0xffffffff, 8);
}

static void put_trace_id(struct text *t, const struct forwarded_from *from)
{
    if (from->trace.n)
        text_str_put(t, from->trace);
    else
        forwarded_put_trace(t, from->now, from->random);
}

void forwarded_put_root(struct text *t, int64_t now, struct random *random)
{
    TEXT_LITERAL(t, "Root=");
    forwarded_put_trace(t, now, random);
}

static bool has_key(struct str value, struct str key)
{
    while (value.p) {
        if (str_starts(str_trim(str_cut(&value, ';')), key))
            return true;
    }
    return false;
}

/* The client's value with what we add to it, by its fields. */
static void put_trace(struct text *t, struct str value,
                      const struct forwarded_from *from)
{
    bool self = has_key(value, STR("Self="));
    bool root = has_key(value, STR("Root="));

    if (root && !self) {
        TEXT_LITERAL(t, "Self=");
        put_trace_id(t, from);
        text_char(t, ';');
    }
    if (!root) {
        TEXT_LITERAL(t, "Root=");
        put_trace_id(t, from);
        text_char(t, ';');
    }
    while (value.p) {
        struct str item = str_cut(&value, ';');

        if (str_starts(str_trim(item), STR("Self="))) {
            TEXT_LITERAL(t, "Self=");
            put_trace_id(t, from);
        } else {
            text_str_put(t, item);
        }
        if (value.p)
            text_char(t, ';');
    }
}

static size_t head_size(const struct fields *fs)
{
    size_t n = 0;

    for (unsigned i = 0; i < fs->n; i++)
        n += fs->v[i].name_len + (size_t)fs->v[i].value_len + 4;
    return n;
}

static void x_amzn_trace_id(struct request *req,
                            const struct forwarded_from *from, struct text *t,
                            struct request_out *out)
{
    size_t begin = t->n;
    const struct field *f = NULL;

    if (present(req, FIELD_X_AMZN_TRACE_ID))
        f = fields_find(&req->fields, FIELD_X_AMZN_TRACE_ID);
    if (f && f->value_len && head_size(&req->fields) <= TRACE_HEAD_MAX) {
        put_trace(t, field_value(&req->fields, f), from);
    } else {
        TEXT_LITERAL(t, "Root=");
        put_trace_id(t, from);
    }
    drop_all(req, FIELD_X_AMZN_TRACE_ID);
    add(out, STR("X-Amzn-Trace-Id"), since(t, begin));
}

/* ---- Host ---------------------------------------------------------------- */

static void put_lower(struct text *t, struct str s)
{
    size_t begin = t->n;

    text_str_put(t, s);
    for (size_t i = begin; i < t->n; i++)
        t->p[i] = str_lower(t->p[i]);
}

/* alb.md 5.3, preserve_host_header false. */
static void put_host(struct text *t, struct str authority, uint16_t listener)
{
    struct str port;
    struct str name = authority_split(authority, &port);

    put_lower(t, name);
    if (listener == 80 || listener == 443)
        return;
    text_char(t, ':');
    if (port.n)
        text_str_put(t, port);
    else
        text_u64(t, listener);
}

static void host(struct request *req, const struct forwarded_from *from,
                 struct text *t, struct request_out *out)
{
    struct str authority = slice_of(&req->fields, req->authority);
    size_t begin = t->n;

    if (from->host.n) {
        out->host = from->host;
        drop_all(req, FIELD_HOST);
        return;
    }
    if (from->attributes->preserve_host_header && present(req, FIELD_HOST))
        return;
    put_host(t, authority.n ? authority : from->fallback, from->port);
    out->host = since(t, begin);
    drop_all(req, FIELD_HOST);
}

/* ---- what only we may say ------------------------------------------------ */

static bool is_renamed(const struct forwarded_names *names, struct str name)
{
    for (unsigned i = 0; i < FORWARDED_NAMES; i++) {
        if (str_ieq(name, names->names[i]))
            return true;
    }
    return false;
}

/* X-Amzn-Mtls-*, X-Amzn-Tls-*, X-Amzn-Oidc-*: only we may say these. */
static bool is_ours(struct str name)
{
    static const char *const prefixes[] = {"x-amzn-mtls-", "x-amzn-tls-",
                                           "x-amzn-oidc-"};

    if (name.n < 11 || str_lower(name.p[0]) != 'x' || name.p[1] != '-')
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (str_istarts(name, str_of(prefixes[i])))
            return true;
    }
    return false;
}

static void drop_forged(struct request *req,
                        const struct forwarded_names *names)
{
    for (unsigned i = 0; i < req->fields.n; i++) {
        struct field *f = &req->fields.v[i];
        struct str name = field_name(&req->fields, f);

        if (f->id == FIELD_OTHER &&
            (is_ours(name) || (names->renamed && is_renamed(names, name))))
            f->flags |= FIELD_DROPPED;
    }
}

/* ---- TLS ----------------------------------------------------------------- */

static void tls(const struct forwarded_from *from, struct request_out *out)
{
    const struct str *names = from->names->names;

    if (from->tls == NULL || !from->attributes->tls_headers)
        return;
    add(out, names[FORWARDED_TLS_VERSION], from->tls->version);
    add(out, names[FORWARDED_TLS_CIPHER_SUITE], from->tls->cipher_suite);
}

/* alb.md 5.7: what was verified, or the chain for the target to verify. */
static void mutual_tls(const struct forwarded_from *from,
                       struct request_out *out)
{
    const struct str *names = from->names->names;
    const struct client_certificate *c;

    if (from->tls == NULL || from->tls->certificate == NULL)
        return;
    c = from->tls->certificate;
    if (!from->tls->verified) {
        add(out, names[FORWARDED_MTLS_CERT], c->pem);
        return;
    }
    add(out, names[FORWARDED_MTLS_SERIAL_NUMBER], c->serial_number);
    add(out, names[FORWARDED_MTLS_ISSUER], c->issuer);
    add(out, names[FORWARDED_MTLS_SUBJECT], c->subject);
    add(out, names[FORWARDED_MTLS_VALIDITY], c->validity);
    add(out, names[FORWARDED_MTLS_LEAF], c->pem);
}

/* ---- invalid names ------------------------------------------------------- */

void forwarded_drop_invalid(struct request *req)
{
    for (unsigned i = 0; i < req->fields.n; i++) {
        if (req->fields.v[i].flags & FIELD_ODD_NAME)
            req->fields.v[i].flags |= FIELD_DROPPED;
    }
}

bool forwarded_has_invalid(const struct request *req)
{
    for (unsigned i = 0; req->invalid_names && i < req->fields.n; i++) {
        if ((req->fields.v[i].flags & (FIELD_ODD_NAME | FIELD_DROPPED)) ==
            FIELD_ODD_NAME)
            return true;
    }
    return false;
}

/* ---- all of it ----------------------------------------------------------- */

bool forwarded_apply(struct request *req, const struct forwarded_from *from,
                     struct text *t, struct request_out *out)
{
    size_t begin;

    h1_mark_hop_by_hop(&req->fields);
    drop_forged(req, from->names);
    host(req, from, t, out);
    x_forwarded_for(req, from, t, out);
    drop_all(req, FIELD_X_FORWARDED_PROTO);
    drop_all(req, FIELD_X_FORWARDED_PORT);
    add(out, STR("X-Forwarded-Proto"), from->tls ? STR("https") : STR("http"));
    begin = t->n;
    text_u64(t, from->port);
    add(out, STR("X-Forwarded-Port"), since(t, begin));
    x_amzn_trace_id(req, from, t, out);
    tls(from, out);
    mutual_tls(from, out);
    return text_ok(t);
}
