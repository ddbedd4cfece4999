/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/desync.h"

#include "codec/scan.h"

/* The next letter or digit of a name in lower case, 0 at its end.  Long s and
 * dotless i count as the letters that case mapping makes of them. */
static char next_alnum(const char **p, const char *end)
{
    while (*p < end) {
        char c = *(*p)++;

        if (scan_is(c, SCAN_ALNUM))
            return str_lower(c);
        if (*p < end && c == '\xc5' && **p == '\xbf') {
            (*p)++;
            return 's';
        }
        if (*p < end && c == '\xc4' && **p == '\xb1') {
            (*p)++;
            return 'i';
        }
    }
    return 0;
}

enum desync_lookalike desync_look(const char *p, size_t n)
{
    const char *end = p + n, *word;
    enum desync_lookalike look;
    char c = next_alnum(&p, end);

    if (c == 'c') {
        word = "ontentlength";
        look = DESYNC_LOOKS_LENGTH;
    } else if (c == 't') {
        word = "ransferencoding";
        look = DESYNC_LOOKS_CODING;
    } else {
        return DESYNC_LOOKS_PLAIN;
    }
    do {
        c = next_alnum(&p, end);
        if (c != *word)
            return DESYNC_LOOKS_PLAIN;
    } while (*word++);
    return look;
}

/* CR, LF and NUL end a line or a text for somebody. */
static bool has_bad_byte(struct str s)
{
    return memchr(s.p, '\r', s.n) || memchr(s.p, '\n', s.n) ||
           memchr(s.p, '\0', s.n);
}

static void note_field(struct desync *d, struct str name, struct str value,
                       bool suspicious)
{
    const char *name_end = name.p + name.n, *value_end = value.p + value.n;

    if (has_bad_byte(name) || has_bad_byte(value))
        desync_note(&d->fields, DESYNC_SEVERE, DESYNC_BAD_HEADER);
    else if (suspicious)
        desync_note(&d->fields, DESYNC_AMBIGUOUS, DESYNC_SUSPICIOUS_HEADER);
    else if (str_trim(name).n == 0 || *name.p == ':')
        desync_note(&d->fields, DESYNC_AMBIGUOUS, DESYNC_EMPTY_HEADER);
    else if (scan_token(name.p, name_end) < name_end ||
             scan_value(value.p, value_end) < value_end)
        desync_note(&d->fields, DESYNC_ACCEPTABLE, DESYNC_NON_COMPLIANT_HEADER);
}

enum h1_result desync_field(struct desync *d, struct str name, struct str value,
                            struct h1_fault *fault)
{
    enum desync_lookalike look = desync_look(name.p, name.n);
    bool real = str_ieq(name, STR("Content-Length")) ||
                str_ieq(name, STR("Transfer-Encoding"));

    note_field(d, name, value, look != DESYNC_LOOKS_PLAIN && !real);
    if (look == DESYNC_LOOKS_LENGTH)
        return desync_content_length(d, value, real, fault);
    if (look == DESYNC_LOOKS_CODING)
        return desync_transfer_encoding(d, value, real, fault);
    return H1_OK;
}

void desync_odd_line(struct desync *d, struct str line, bool colon)
{
    if (has_bad_byte(line))
        desync_note(&d->fields, DESYNC_SEVERE, DESYNC_BAD_HEADER);
    else if (line.n && (*line.p == ' ' || *line.p == '\t'))
        desync_note(&d->fields, DESYNC_AMBIGUOUS, DESYNC_MULTILINE_HEADER);
    else if (!colon)
        desync_note(&d->fields, DESYNC_AMBIGUOUS, DESYNC_MISSING_HEADER_COLON);
}

bool desync_target(struct desync *d, struct str target)
{
    const char *p = target.p, *end = p + target.n;
    bool odd = false;

    for (; (p = scan_target(p, end)) < end; p++) {
        odd = true;
        if (*p == '\r' || *p == '\n' || *p == '\0')
            desync_note(&d->target, DESYNC_SEVERE, DESYNC_BAD_URI);
        else if (*p == ' ')
            desync_note(&d->target, DESYNC_ACCEPTABLE, DESYNC_SPACE_IN_URI);
        else if (*p != '#')
            desync_note(&d->target, DESYNC_AMBIGUOUS, DESYNC_AMBIGUOUS_URI);
    }
    return odd;
}

static struct str trim_spaces(struct str s)
{
    while (s.n && *s.p == ' ')
        s = str_make(s.p + 1, s.n - 1);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

unsigned desync_version(struct desync *d, struct str version)
{
    struct str s = trim_spaces(version);
    bool odd = s.n != version.n;
    unsigned number = 0;

    if (s.n == 0 || str_eq(s, STR("HTTP/0.9"))) {
        odd = true;
        number = 9;
    } else if (s.n == 8 && memcmp(s.p, "HTTP/1.", 7) == 0 && s.p[7] >= '0' &&
               s.p[7] <= '9') {
        odd |= s.p[7] > '1';
        number = s.p[7] == '0' ? 10 : 11;
    }
    if (number == 0)
        desync_note(&d->version, DESYNC_SEVERE, DESYNC_BAD_VERSION);
    else if (odd)
        desync_note(&d->version, DESYNC_ACCEPTABLE,
                    DESYNC_NON_COMPLIANT_VERSION);
    return number;
}

enum h1_result desync_content_length(struct desync *d, struct str value,
                                     bool real, struct h1_fault *fault)
{
    uint64_t length = 0;

    /* ALB reads an empty value as 0. */
    if (value.n && !str_to_u64(value, UINT64_MAX, &length))
        return h1_bad(fault, 400, DESYNC_BAD_CONTENT_LENGTH,
                      "Content-Length is no number that we can count to");
    if (d->length_seen && d->length != length)
        return h1_bad(fault, 400, DESYNC_MULTIPLE_CONTENT_LENGTH,
                      "two Content-Lengths differ");
    if (d->length_seen)
        desync_note(&d->framing, DESYNC_AMBIGUOUS,
                    DESYNC_DUPLICATE_CONTENT_LENGTH);
    /* The guardian counts further, signed readers do not. */
    if (length > INT64_MAX)
        return h1_bad(fault, 400, DESYNC_NONE, "Content-Length is too large");
    d->length = length;
    d->length_seen = true;
    d->length_real |= real;
    return H1_OK;
}

enum coding {
    CODING_CHUNKED,
    CODING_IDENTITY,
    CODING_COMPRESSED,
    CODING_NONE,
};

static enum coding coding_of(struct str name)
{
    if (str_ieq(name, STR("chunked")))
        return CODING_CHUNKED;
    if (str_ieq(name, STR("identity")))
        return CODING_IDENTITY;
    if (str_ieq(name, STR("gzip")) || str_ieq(name, STR("deflate")) ||
        str_ieq(name, STR("compress")))
        return CODING_COMPRESSED;
    return CODING_NONE;
}

static enum h1_result add_coding(struct desync *d, struct str item, bool real,
                                 struct h1_fault *fault)
{
    struct str name = str_trim(str_cut(&item, ';'));
    enum coding coding = coding_of(name);

    if (coding == CODING_NONE)
        return h1_bad(fault, 400, DESYNC_BAD_TRANSFER_ENCODING,
                      "Transfer-Encoding has an item that is no coding");
    if (coding == CODING_CHUNKED && d->chunked_seen)
        return h1_bad(fault, 400, DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED,
                      "Transfer-Encoding has chunked twice");
    if (d->chunked_seen)
        return h1_bad(fault, 400, DESYNC_NONE,
                      "chunked is not the last transfer coding");
    if (coding == CODING_CHUNKED) {
        d->chunked_seen = true;
        d->chunked_real |= real;
    }
    if (coding == CODING_COMPRESSED && real)
        d->coding_unknown = true;
    return H1_OK;
}

enum h1_result desync_transfer_encoding(struct desync *d, struct str value,
                                        bool real, struct h1_fault *fault)
{
    d->coding_seen = true;
    d->coding_real |= real;
    while (value.p) {
        struct str item = str_trim(str_cut(&value, ','));
        enum h1_result result = add_coding(d, item, real, fault);

        if (result != H1_OK)
            return result;
    }
    return H1_OK;
}

static void note_framing(struct desync *d, enum method method, unsigned version)
{
    bool bodiless = method == METHOD_GET || method == METHOD_HEAD;

    if (d->coding_seen && version < 11) {
        desync_note(&d->framing, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS);
        return;
    }
    if (d->length_seen && version < 10) {
        desync_note(&d->framing, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS);
        return;
    }
    if (bodiless && d->coding_seen)
        desync_note(&d->framing, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS);
    else if (bodiless && d->length_seen && d->length)
        desync_note(&d->framing, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS);
    else if (bodiless && d->length_seen)
        desync_note(&d->framing, DESYNC_ACCEPTABLE,
                    DESYNC_GET_HEAD_ZERO_CONTENT_LENGTH);
    if (d->coding_seen && d->length_seen)
        desync_note(&d->framing, DESYNC_AMBIGUOUS, DESYNC_BOTH_TE_CL_PRESENT);
    /* identity alone: whoever does not know it waits for chunks. */
    if (d->coding_real && !d->chunked_real && !d->coding_unknown)
        desync_note(&d->framing, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS);
}

enum h1_result desync_framing(struct desync *d, enum method method,
                              unsigned version, struct h1_fault *fault)
{
    note_framing(d, method, version);
    if (d->coding_unknown)
        return h1_bad(fault, 501, DESYNC_NONE,
                      "only the chunked transfer coding is supported");
    return H1_OK;
}

static void add(struct desync_finding *total, struct desync_finding f)
{
    desync_note(total, (enum desync_class)f.class,
                (enum desync_reason)f.reason);
}

struct desync_finding desync_total(const struct desync *d,
                                   const struct h1_fault *fault)
{
    struct desync_finding total = d->fields;

    add(&total, d->framing);
    if (fault)
        add(&total, (struct desync_finding){fault->class, fault->reason});
    add(&total, d->version);
    add(&total, d->target);
    add(&total, d->lines);
    return total;
}
