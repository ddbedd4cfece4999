/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of http-desync-guardian (alb.md 5.5): how far a request strays.
 *
 * The highest class that was noted wins, and of that class the first reason.
 * Severe ones are faults: they end the parsing.  Fields whose names only look
 * like Content-Length and Transfer-Encoding never frame a body, but must not
 * contradict those that do.
 */
#ifndef SLUICE_CODEC_DESYNC_H
#define SLUICE_CODEC_DESYNC_H

#include "codec/h1_internal.h"

struct desync {
    uint64_t length;     /* of any Content-Length, real or look-alike */
    uint8_t class;       /* enum desync_class */
    uint8_t reason;      /* enum desync_reason */
    bool length_seen;    /* `length` is set */
    bool length_real;    /* by a real Content-Length */
    bool coding_seen;    /* there was a Transfer-Encoding, real or not */
    bool coding_real;    /* a real one */
    bool chunked_seen;   /* chunked was the last item so far, real or not */
    bool chunked_real;   /* of a real one */
    bool coding_unknown; /* a real one names a coding that ALB does not do */
};

static inline void desync_note(struct desync *d, enum desync_class class,
                               enum desync_reason reason)
{
    if (class > d->class) {
        d->class = class;
        d->reason = reason;
    }
}

enum desync_lookalike {
    DESYNC_LOOKS_PLAIN,
    DESYNC_LOOKS_LENGTH,
    DESYNC_LOOKS_CODING,
};

/* Whether the letters and digits of a name spell contentlength or
 * transferencoding.  Also true of those names themselves. */
enum desync_lookalike desync_look(const char *p, size_t n);

/* Notes what is wrong with the line of an H1_LINE_ODD. */
void desync_odd_line(struct desync *d, struct str name, bool colon);

/* Adds a Content-Length: real, or of a look-alike. */
enum h1_result desync_content_length(struct desync *d, struct str value,
                                     bool real, struct h1_fault *fault);

/* Adds a Transfer-Encoding. */
enum h1_result desync_transfer_encoding(struct desync *d, struct str value,
                                        bool real, struct h1_fault *fault);

/* What framing, method and version mean together, after the last field. */
enum h1_result desync_framing(struct desync *d, enum method method,
                              unsigned version, struct h1_fault *fault);

#endif
