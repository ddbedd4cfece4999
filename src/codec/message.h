/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP messages as slices of the bytes that they came in (RFC 9110).
 *
 * A head never copies: fields are offsets from `base`, so a head that must
 * outlive the buffer it was read into is moved by one memcpy and a new base
 * (message_move()).  The codec marks what must not be passed on; the proxy
 * adds its own marks and fields; an encoder of any HTTP version writes what
 * is left.
 */
#ifndef SLUICE_CODEC_MESSAGE_H
#define SLUICE_CODEC_MESSAGE_H

#include "base/str.h"
#include "codec/desync_class.h"

/* Names that somebody looks at.  name, spelling. */
#define FIELD_NAMES(X)                                                         \
    X(AUTHORIZATION, "Authorization")                                          \
    X(CONNECTION, "Connection")                                                \
    X(CONTENT_LENGTH, "Content-Length")                                        \
    X(CONTENT_TYPE, "Content-Type")                                            \
    X(COOKIE, "Cookie")                                                        \
    X(DATE, "Date")                                                            \
    X(EXPECT, "Expect")                                                        \
    X(FORWARDED, "Forwarded")                                                  \
    X(HOST, "Host")                                                            \
    X(HTTP2_SETTINGS, "HTTP2-Settings")                                        \
    X(KEEP_ALIVE, "Keep-Alive")                                                \
    X(PROXY_CONNECTION, "Proxy-Connection")                                    \
    X(SERVER, "Server")                                                        \
    X(TE, "TE")                                                                \
    X(TRAILER, "Trailer")                                                      \
    X(TRANSFER_ENCODING, "Transfer-Encoding")                                  \
    X(UPGRADE, "Upgrade")                                                      \
    X(USER_AGENT, "User-Agent")                                                \
    X(X_AMZN_TRACE_ID, "X-Amzn-Trace-Id")                                      \
    X(X_FORWARDED_FOR, "X-Forwarded-For")                                      \
    X(X_FORWARDED_PORT, "X-Forwarded-Port")                                    \
    X(X_FORWARDED_PROTO, "X-Forwarded-Proto")

enum field_id {
    FIELD_OTHER, /* a name without a number of its own */
#define X(id, spelling) FIELD_##id,
    FIELD_NAMES(X)
#undef X
        FIELD_COUNT
};

/* The number of a name, FIELD_OTHER for any that is not in the table. */
enum field_id field_id_of(struct str name);

enum field_flag {
    FIELD_DROPPED = 1,   /* must not be passed on */
    FIELD_CANONICAL = 2, /* stands in the buffer as "Name: value\r\n" with one
                            space, no white space at the end of the value */
    FIELD_ODD_NAME = 4,  /* a valid token, but not of [-A-Za-z0-9] alone: what
                            drop_invalid_header_fields is about */
};

struct field {
    uint32_t name; /* offset of the first byte of the name from base */
    uint32_t value;
    uint16_t name_len;
    uint16_t value_len;
    uint16_t id; /* enum field_id */
    uint16_t flags;
};

/* The fields of a head in the order they came in.  `v` is the caller's array
 * of `cap` elements. */
struct fields {
    char *base;
    struct field *v;
    unsigned n;
    unsigned cap;
    uint32_t present; /* bit 1 << id for every id that occurs (dropped ones
                         do not count) */
};

static inline struct str field_name(const struct fields *fs,
                                    const struct field *f)
{
    return str_make(fs->base + f->name, f->name_len);
}

static inline struct str field_value(const struct fields *fs,
                                     const struct field *f)
{
    return str_make(fs->base + f->value, f->value_len);
}

/* The first field with this id that was not dropped, or NULL. */
struct field *fields_find(const struct fields *fs, enum field_id id);

/* The first field of this name (case ignored) that was not dropped. */
struct field *fields_find_name(const struct fields *fs, struct str name);

struct slice {
    uint32_t at; /* offset from base */
    uint32_t n;
};

enum body_kind {
    BODY_NONE,
    BODY_LENGTH,  /* content_length bytes */
    BODY_CHUNKED, /* RFC 9112 §7.1 */
    BODY_CLOSE,   /* everything until the connection closes (responses) */
};

enum method {
    METHOD_OTHER,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_PATCH,
    METHOD_TRACE,
    METHOD_CONNECT,
};

/* request.version: names of fields come in lower case. */
enum { REQUEST_HTTP_2 = 20 };

/* A request head.  Everything but `fields` may be copied by assignment. */
struct request {
    struct fields fields;
    struct slice method_name;
    struct slice target;    /* request-target as it came */
    struct slice path;      /* path and query; "*" for OPTIONS *; n == 0 for
                               an absolute form without a path: means "/" */
    struct slice authority; /* of the absolute form, else of Host; n == 0 when
                               there is none (HTTP/1.0, 0.9) */
    uint64_t content_length;
    uint8_t method;  /* enum method */
    uint8_t body;    /* enum body_kind: NONE, LENGTH or CHUNKED */
    uint8_t version; /* 9 (HTTP/0.9), 10, 11: 1.2 to 1.9 are 11; or
                        REQUEST_HTTP_2 */
    uint8_t desync_class;
    uint8_t desync_reason;
    bool absolute_form : 1;
    bool https_scheme : 1;    /* absolute form with https:// */
    bool keep_alive : 1;      /* the client wants the connection kept */
    bool expect_continue : 1; /* Expect: 100-continue on HTTP/1.1 */
    bool expect_unknown : 1;  /* another Expect on HTTP/1.1: 417 */
    bool wants_websocket : 1; /* GET, 1.1, Connection: upgrade, websocket */
    bool encode_target : 1;   /* path has SP, '#' or controls: they must be
                                  written as %XX */
    bool te_trailers : 1;     /* TE lists trailers */
    bool invalid_names : 1;   /* a field name is not of [-A-Za-z0-9] alone */
    bool close_both : 1;      /* ambiguous in defensive mode: neither its
                                  connection nor the target's is used again */
};

/* A response head. */
struct response {
    struct fields fields;
    struct slice reason; /* reason phrase, may be empty */
    uint64_t content_length;
    uint16_t status;     /* 100 to 999 */
    uint8_t body;        /* enum body_kind */
    uint8_t version;     /* 10 or 11 */
    bool keep_alive : 1; /* the target keeps the connection */
    bool upgraded : 1;   /* 101 with Upgrade: websocket */
};

static inline struct str slice_of(const struct fields *fs, struct slice s)
{
    return str_make(fs->base + s.at, s.n);
}

/* The host of "host[:port]" (RFC 3986 §3.2), an IPv6 address with its brackets;
 * `port`, when not NULL, gets what stands behind the colon, n == 0: nothing. */
struct str authority_split(struct str authority, struct str *port);

/* Bytes from base on that the fields stand in, `n` at least: what is copied
 * before fields_move(). */
size_t fields_extent(const struct fields *fs, size_t n);

/* The same of a request: of all its slices. */
size_t request_extent(const struct request *req);

/* Makes a head that was read at `fields->base` valid at `base`, where the same
 * bytes stand now, with the fields in the array `v` (of at least fields->n). */
void fields_move(struct fields *fs, char *base, struct field *v);

#endif
