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

void desync_odd_line(struct desync *d, struct str name, bool colon)
{
    bool fold = name.n && (*name.p == ' ' || *name.p == '\t');

    if (colon && desync_look(name.p, name.n) != DESYNC_LOOKS_PLAIN)
        desync_note(d, DESYNC_AMBIGUOUS, DESYNC_SUSPICIOUS_HEADER);
    else if (colon && str_trim(name).n == 0)
        desync_note(d, DESYNC_AMBIGUOUS, DESYNC_EMPTY_HEADER);
    else if (fold)
        desync_note(d, DESYNC_AMBIGUOUS, DESYNC_MULTILINE_HEADER);
    else if (!colon)
        desync_note(d, DESYNC_AMBIGUOUS, DESYNC_MISSING_HEADER_COLON);
    else
        desync_note(d, DESYNC_ACCEPTABLE, DESYNC_NON_COMPLIANT_HEADER);
}

enum h1_result desync_content_length(struct desync *d, struct str value,
                                     bool real, struct h1_fault *fault)
{
    uint64_t length = 0;

    /* ALB reads an empty value as 0. */
    if (value.n && !str_to_u64(value, INT64_MAX, &length))
        return h1_bad(fault, 400, DESYNC_BAD_CONTENT_LENGTH,
                      "Content-Length is no number that we can count to");
    if (d->length_seen && d->length != length)
        return h1_bad(fault, 400, DESYNC_MULTIPLE_CONTENT_LENGTH,
                      "two Content-Lengths differ");
    if (d->length_seen)
        desync_note(d, DESYNC_AMBIGUOUS, DESYNC_DUPLICATE_CONTENT_LENGTH);
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
    struct str parameters = item;
    struct str name = str_trim(str_cut(&parameters, ';'));
    enum coding coding = coding_of(name);

    if (coding == CODING_NONE)
        return h1_bad(fault, 400, DESYNC_BAD_TRANSFER_ENCODING,
                      "Transfer-Encoding has an item that is no coding");
    if (coding == CODING_CHUNKED && d->chunked_seen)
        return h1_bad(fault, 400, DESYNC_MULTIPLE_TRANSFER_ENCODING_CHUNKED,
                      "Transfer-Encoding has chunked twice");
    if (d->chunked_seen)
        return h1_bad(fault, 400, DESYNC_BAD_TRANSFER_ENCODING,
                      "chunked is not the last transfer coding");
    if (coding == CODING_CHUNKED) {
        if (parameters.p)
            return h1_bad(fault, 400, DESYNC_BAD_TRANSFER_ENCODING,
                          "chunked has parameters");
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
        desync_note(d, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS);
        return;
    }
    if (d->length_seen && version < 10) {
        desync_note(d, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS);
        return;
    }
    if (bodiless && d->coding_seen)
        desync_note(d, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS);
    else if (bodiless && d->length_seen && d->length)
        desync_note(d, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_CONTENT_LENGTH_SEMANTICS);
    else if (bodiless && d->length_seen)
        desync_note(d, DESYNC_ACCEPTABLE, DESYNC_GET_HEAD_ZERO_CONTENT_LENGTH);
    if (d->coding_seen && d->length_seen)
        desync_note(d, DESYNC_AMBIGUOUS, DESYNC_BOTH_TE_CL_PRESENT);
    /* identity alone: whoever does not know it waits for chunks. */
    if (d->coding_real && !d->chunked_real)
        desync_note(d, DESYNC_AMBIGUOUS,
                    DESYNC_UNDEFINED_TRANSFER_ENCODING_SEMANTICS);
}

enum h1_result desync_framing(struct desync *d, enum method method,
                              unsigned version, struct h1_fault *fault)
{
    if (d->coding_unknown)
        return h1_bad(fault, 501, DESYNC_NONE,
                      "only the chunked transfer coding is supported");
    note_framing(d, method, version);
    return H1_OK;
}
