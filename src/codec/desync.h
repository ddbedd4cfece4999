/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of http-desync-guardian (alb.md 5.5): how far a request strays.
 *
 * The highest class wins, and of that class the first reason, in this order:
 * names and values of fields, what frames the body, version, target.  So there
 * is a finding for each of them, and desync_total() makes one of all.  What
 * leaves the length of a body open is a fault, whatever the mode is.
 *
 * Fields whose names only look like Content-Length and Transfer-Encoding never
 * frame a body, but must not contradict those that do.
 */
#ifndef SLUICE_CODEC_DESYNC_H
#define SLUICE_CODEC_DESYNC_H

#include "codec/h1_internal.h"

struct desync_finding {
    uint8_t class;  /* enum desync_class */
    uint8_t reason; /* enum desync_reason */
};

struct desync {
    struct desync_finding fields;
    struct desync_finding framing;
    struct desync_finding version;
    struct desync_finding target;
    struct desync_finding lines; /* what a reader of raw bytes adds */
    uint64_t length;             /* of any Content-Length, real or look-alike */
    bool length_seen;            /* `length` is set */
    bool length_real;            /* by a real Content-Length */
    bool coding_seen;    /* there was a Transfer-Encoding, real or not */
    bool coding_real;    /* a real one */
    bool chunked_seen;   /* chunked was the last item so far, real or not */
    bool chunked_real;   /* of a real one */
    bool coding_unknown; /* a real one names a coding that ALB does not do */
};

static inline void desync_note(struct desync_finding *f,
                               enum desync_class class,
                               enum desync_reason reason)
{
    if (class > f->class) {
        f->class = (uint8_t) class;
        f->reason = (uint8_t)reason;
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

/* Notes what is wrong with a name and a value, and adds them to the framing if
 * the name is that of a field that frames, or looks like one.  The value is
 * trimmed. */
enum h1_result desync_field(struct desync *d, struct str name, struct str value,
                            struct h1_fault *fault);

/* Notes what is wrong with a line of a head that is no field, besides. */
void desync_odd_line(struct desync *d, struct str line, bool colon);

/* Notes what is wrong with a request target.  True when something is that must
 * be written as %XX. */
bool desync_target(struct desync *d, struct str target);

/* The number of a version (9, 10 or 11 for all of 1.1 to 1.9; no version is 9)
 * of which the guardian allows at least something; 0: none. */
unsigned desync_version(struct desync *d, struct str version);

/* Adds a Content-Length: real, or of a look-alike. */
enum h1_result desync_content_length(struct desync *d, struct str value,
                                     bool real, struct h1_fault *fault);

/* Adds a Transfer-Encoding. */
enum h1_result desync_transfer_encoding(struct desync *d, struct str value,
                                        bool real, struct h1_fault *fault);

/* What framing, method and version mean together, after the last field. */
enum h1_result desync_framing(struct desync *d, enum method method,
                              unsigned version, struct h1_fault *fault);

/* What is found so far; with `fault` (or NULL) as what ended the reading. */
struct desync_finding desync_total(const struct desync *d,
                                   const struct h1_fault *fault);

/* Whether the mode has requests of the class refused. */
static inline bool desync_refuses(enum desync_mode mode,
                                  enum desync_class class)
{
    return mode == DESYNC_MODE_STRICTEST   ? class > DESYNC_COMPLIANT
           : mode == DESYNC_MODE_DEFENSIVE ? class > DESYNC_AMBIGUOUS
                                           : false;
}

#endif
