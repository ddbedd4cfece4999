/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in: counted, chunked, until close.
 *
 * The chunked decoder is strict (RFC 9112 §7.1): every byte of a chunk head
 * passes through one table of states, data goes by in whole pieces, and the
 * trailer section is looked at line by line once all of a line is there.
 *
 *     SIZE --;--> NAME --=--> VALUE --;--> NAME ...
 *       | CR        | CR        | CR
 *       +-----------+-----------+--> HEAD_LF --n--> DATA --> DATA_CR
 *                                      | 0            ^        v
 *                                  TRAILERS           |     DATA_LF --> SIZE
 */
#include "codec/h1_internal.h"
#include "codec/scan.h"

enum {
    EXTENSION_MAX = 256, /* of one chunk */
    EXTENSIONS_MAX = 16384,
    TRAILERS_MAX = 16384,
    DIGITS_MAX = 16,
};

enum state {
    STATE_SIZE,
    STATE_HEAD_LF,
    STATE_BEFORE_EXT,  /* white space, then ';' */
    STATE_BEFORE_NAME, /* white space, then a name */
    STATE_NAME,
    STATE_AFTER_NAME,   /* white space, then '=' or ';' */
    STATE_BEFORE_VALUE, /* white space, then a value */
    STATE_VALUE,
    STATE_QUOTED,
    STATE_ESCAPED,
    STATE_AFTER_QUOTED,
    STATE_DATA,
    STATE_DATA_CR,
    STATE_DATA_LF,
    STATE_TRAILERS,
    STATE_DONE,
    STATE_BAD,
};

/* One call's work. */
struct decoding {
    struct h1_body *body;
    struct h1_fault *fault;
    char *p;
    char *end;
    char *out;
    size_t out_n;
    struct str trailers;
};

static enum h1_body_result bad(struct decoding *d, const char *why)
{
    d->body->state = STATE_BAD;
    h1_bad(d->fault, 400, DESYNC_NONE, why);
    return H1_BODY_BAD;
}

/* ---- heads of chunks --------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static enum state before_extension(char c)
{
    return c == ';'      ? STATE_BEFORE_NAME
           : is_blank(c) ? STATE_BEFORE_EXT
                         : STATE_BAD;
}

static enum state after_value(char c)
{
    return c == '\r' ? STATE_HEAD_LF : before_extension(c);
}

static enum state after_name(char c)
{
    return c == '='      ? STATE_BEFORE_VALUE
           : c == ';'    ? STATE_BEFORE_NAME
           : is_blank(c) ? STATE_AFTER_NAME
                         : STATE_BAD;
}

/* Where a byte of an extension leads, STATE_BAD if nowhere. */
static enum state extension_step(enum state state, char c)
{
    bool tchar = scan_is(c, SCAN_TCHAR);

    switch (state) {
    case STATE_BEFORE_EXT:
        return before_extension(c);
    case STATE_BEFORE_NAME:
        return is_blank(c) ? state : tchar ? STATE_NAME : STATE_BAD;
    case STATE_NAME:
        return tchar ? state : c == '\r' ? STATE_HEAD_LF : after_name(c);
    case STATE_AFTER_NAME:
        return after_name(c);
    case STATE_BEFORE_VALUE:
        if (c == '"')
            return STATE_QUOTED;
        return is_blank(c) ? state : tchar ? STATE_VALUE : STATE_BAD;
    case STATE_VALUE:
        return tchar ? state : after_value(c);
    case STATE_QUOTED:
        if (c == '"')
            return STATE_AFTER_QUOTED;
        if (c == '\\')
            return STATE_ESCAPED;
        return scan_is(c, SCAN_VALUE) ? state : STATE_BAD;
    case STATE_ESCAPED:
        return scan_is(c, SCAN_VALUE) ? STATE_QUOTED : STATE_BAD;
    case STATE_AFTER_QUOTED:
        return after_value(c);
    default:
        return STATE_BAD;
    }
}

static enum h1_body_result read_extension(struct decoding *d)
{
    struct h1_body *b = d->body;

    while (d->p < d->end) {
        enum state next = extension_step((enum state)b->state, *d->p++);

        if (next == STATE_BAD)
            return bad(d, "a chunk extension is malformed");
        b->state = (uint8_t)next;
        if (next == STATE_HEAD_LF)
            break;
        if (++b->ext > EXTENSION_MAX || ++b->ext_total > EXTENSIONS_MAX)
            return bad(d, "chunk extensions are too long");
    }
    return H1_BODY_MORE;
}

static enum h1_body_result read_size(struct decoding *d)
{
    struct h1_body *b = d->body;

    while (d->p < d->end) {
        int digit = hex_digit(*d->p);

        if (digit < 0)
            break;
        if (b->digits == DIGITS_MAX)
            return bad(d, "a chunk size has more than 16 digits");
        b->digits++;
        b->left = b->left << 4 | (unsigned)digit;
        if (b->left > INT64_MAX)
            return bad(d, "a chunk is too large");
        d->p++;
    }
    if (d->p == d->end)
        return H1_BODY_MORE;
    if (b->digits == 0)
        return bad(d, "a chunk does not begin with its size");
    if (*d->p == '\r') {
        d->p++;
        b->state = STATE_HEAD_LF;
    } else if (*d->p == ';' || is_blank(*d->p)) {
        b->state = STATE_BEFORE_EXT;
    } else {
        return bad(d, "a chunk size ends in something odd");
    }
    return H1_BODY_MORE;
}

static enum h1_body_result read_head_lf(struct decoding *d)
{
    struct h1_body *b = d->body;

    if (*d->p != '\n')
        return bad(d, "a chunk head does not end in CR LF");
    d->p++;
    b->state = b->left ? STATE_DATA : STATE_TRAILERS;
    b->digits = 0;
    b->ext = 0;
    if (b->left == 0)
        b->ext_total = 0; /* now the offset of the trailer line to check */
    return H1_BODY_MORE;
}

/* ---- data -------------------------------------------------------------- */

static void take_data(struct decoding *d)
{
    struct h1_body *b = d->body;
    size_t n = (size_t)(d->end - d->p);

    if (n > b->left)
        n = (size_t)b->left;
    if (d->out_n == 0)
        d->out = d->p;
    else
        memmove(d->out + d->out_n, d->p, n);
    d->out_n += n;
    d->p += n;
    b->left -= n;
    if (b->left == 0)
        b->state = STATE_DATA_CR;
}

static enum h1_body_result read_data_end(struct decoding *d)
{
    struct h1_body *b = d->body;

    if (*d->p != (b->state == STATE_DATA_CR ? '\r' : '\n'))
        return bad(d, "chunk data does not end in CR LF where it should");
    d->p++;
    b->state = b->state == STATE_DATA_CR ? STATE_DATA_LF : STATE_SIZE;
    return H1_BODY_MORE;
}

/* ---- trailers ---------------------------------------------------------- */

static bool trailer_ok(const char *p, const char *end)
{
    const char *colon = scan_token(p, end);

    return colon > p && colon < end && *colon == ':' &&
           scan_value(colon, end) == end;
}

/* Looks at the trailer section at d->p.  While it is not complete the state
 * holds how much of it was seen: `left` bytes, `ext_total` of them lines that
 * were checked. */
static enum h1_body_result read_trailers(struct decoding *d)
{
    struct h1_body *b = d->body;
    size_t n = (size_t)(d->end - d->p);
    size_t limit = n < TRAILERS_MAX ? n : TRAILERS_MAX;

    while (b->left < limit) {
        char *line = d->p + b->ext_total;
        char *lf = memchr(d->p + b->left, '\n', limit - (size_t)b->left);

        if (lf == NULL) {
            b->left = limit;
            break;
        }
        b->left = (uint64_t)(lf + 1 - d->p);
        if (lf == line || lf[-1] != '\r')
            return bad(d, "a trailer line does not end in CR LF");
        if (lf - 1 == line) {
            d->trailers = str_make(d->p, b->ext_total);
            d->p = lf + 1;
            b->state = STATE_DONE;
            return H1_BODY_DONE;
        }
        if (!trailer_ok(line, lf - 1))
            return bad(d, "a trailer is malformed");
        b->ext_total = (uint32_t)b->left;
    }
    if (n >= TRAILERS_MAX)
        return bad(d, "the trailers are too long");
    return n ? H1_BODY_KEEP : H1_BODY_MORE;
}

/* ---- the whole --------------------------------------------------------- */

static enum h1_body_result decode_chunked(struct decoding *d)
{
    enum h1_body_result result = H1_BODY_MORE;

    while (result == H1_BODY_MORE && d->p < d->end) {
        switch (d->body->state) {
        case STATE_SIZE:
            result = read_size(d);
            break;
        case STATE_HEAD_LF:
            result = read_head_lf(d);
            break;
        case STATE_DATA:
            take_data(d);
            break;
        case STATE_DATA_CR:
        case STATE_DATA_LF:
            result = read_data_end(d);
            break;
        case STATE_TRAILERS:
            result = read_trailers(d);
            break;
        default:
            result = read_extension(d);
            break;
        }
    }
    return result;
}

static enum h1_body_result decode_length(struct decoding *d)
{
    struct h1_body *b = d->body;
    size_t n = (size_t)(d->end - d->p);

    if (b->kind == BODY_LENGTH) {
        if (n > b->left)
            n = (size_t)b->left;
        b->left -= n;
    }
    d->out = d->p;
    d->out_n = n;
    if (n)
        d->p += n;
    if (b->kind == BODY_LENGTH && b->left == 0)
        b->state = STATE_DONE;
    return b->state == STATE_DONE ? H1_BODY_DONE : H1_BODY_MORE;
}

void h1_body_begin(struct h1_body *body, enum body_kind kind, uint64_t length)
{
    *body = (struct h1_body){.kind = (uint8_t)kind};
    if (kind == BODY_LENGTH)
        body->left = length;
    if (kind == BODY_NONE)
        body->state = STATE_DONE;
}

enum h1_body_result h1_body_decode(struct h1_body *body, char *data, size_t n,
                                   size_t *used, struct str *out,
                                   struct str *trailers, struct h1_fault *fault)
{
    struct decoding d = {.body = body,
                         .fault = fault,
                         .p = data,
                         .end = n ? data + n : data,
                         .out = data};
    enum h1_body_result result;

    if (body->state == STATE_DONE)
        result = H1_BODY_DONE;
    else if (body->state == STATE_BAD)
        result = bad(&d, "the body was malformed before");
    else if (body->kind == BODY_CHUNKED)
        result = decode_chunked(&d);
    else
        result = decode_length(&d);
    *used = (size_t)(d.p - data);
    *out = str_make(d.out, d.out_n);
    *trailers = d.trailers;
    return result;
}
