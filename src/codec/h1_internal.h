/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parsers of HTTP/1 heads share: reading lines, comma lists, hosts.
 */
#ifndef SLUICE_CODEC_H1_INTERNAL_H
#define SLUICE_CODEC_H1_INTERNAL_H

#include "codec/h1.h"

#define H1_LIKELY(x) __builtin_expect(!!(x), 1)
#define H1_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A head that is being read. */
struct h1_head {
    char *data;
    const char *p;   /* where the next line begins */
    const char *end; /* of what may be looked at */
    uint32_t line_max;
    bool cut;           /* `end` is the limit of a head: no more will be read */
    bool bare_lf;       /* a line ended in LF alone */
    bool invalid_names; /* a name is not of [-A-Za-z0-9] alone */
};

enum h1_line {
    H1_LINE_FIELD,   /* token ":" value */
    H1_LINE_END,     /* the empty line */
    H1_LINE_CONTROL, /* token ":" value with a control byte in it */
    H1_LINE_ODD,     /* anything else: name is what stands before the first
                        colon, or all of it (then value lies before name) */
    H1_LINE_CR,      /* CONTROL or ODD with a CR that no LF follows */
    H1_LINE_NUL,     /* CONTROL or ODD with a NUL */
    H1_LINE_PARTIAL,
    H1_LINE_LONG,
};

/* Begins to read the head at data[0..n). */
struct h1_head h1_head_begin(char *data, size_t n,
                             const struct h1_limits *limits);

/* Reads the line at h->p and moves h->p after it (but for the last two
 * results).  All of `*f` is set but for END; only FIELD is not
 * FIELD_DROPPED. */
enum h1_line h1_read_field(struct h1_head *h, struct field *f);

/* Finds the end of the line at `from`, a byte of the line at h->p, not
 * looking past the limit.  FIELD, or what its worst byte makes it, CONTROL, CR
 * or NUL: `*eol` is its CR or LF, `*next` the line after. */
enum h1_line h1_line_end(struct h1_head *h, const char *from, const char **eol,
                         const char **next);

/* Whether a line that is no H1_LINE_FIELD has a colon. */
static inline bool h1_has_colon(const struct field *f)
{
    return f->value > f->name;
}

static inline enum h1_result h1_bad(struct h1_fault *fault, unsigned status,
                                    enum desync_reason reason, const char *why)
{
    *fault = (struct h1_fault){(uint16_t)status,
                               reason == DESYNC_NONE ? DESYNC_COMPLIANT
                                                     : DESYNC_SEVERE,
                               (uint8_t)reason, why};
    return H1_BAD;
}

/* The fault of H1_LINE_LONG, of _CR and _NUL where nothing excuses them;
 * H1_PARTIAL or the fault of a head over the limit for H1_LINE_PARTIAL. */
enum h1_result h1_line_fault(const struct h1_head *h, enum h1_line line,
                             unsigned status, struct h1_fault *fault);

/* The number of a name that is known to be a token. */
enum field_id h1_token_id(const char *p, size_t n);

/* The number of a method, METHOD_OTHER for one that has none. */
enum method h1_method(const char *p, size_t n);

/* More tokens than this in Connection are an attack, not a request. */
enum { H1_CONNECTION_TOKENS_MAX = 64 };

/* What the Connection fields of a head say together. */
struct h1_connection {
    unsigned tokens;
    bool close;
    bool keep_alive;
    bool upgrade;
};

/* Adds one Connection value. */
void h1_connection_add(struct h1_connection *c, struct str value);

/* Whether the comma list has this item, whatever its case. */
bool h1_list_has(struct str list, struct str item);

/* Whether `s` is host[:port] (RFC 3986 §3.2.2, no user, port to 65535);
 * `*host_n` is its length without the colon of an empty port. */
bool h1_authority_ok(struct str s, size_t *host_n);

#endif
