/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of desync mitigation (alb.md 5.5, 7.2): classes, reasons, modes.
 */
#ifndef SLUICE_CODEC_DESYNC_CLASS_H
#define SLUICE_CODEC_DESYNC_CLASS_H

/* How far a request strays from the RFC, as http-desync-guardian tells it
 * (alb.md 5.5).  Higher is worse. */
enum desync_class {
    DESYNC_COMPLIANT,
    DESYNC_ACCEPTABLE,
    DESYNC_AMBIGUOUS,
    DESYNC_SEVERE,
};

/* What a load balancer makes of them (routing.http.desync_mitigation_mode):
 * the highest class that is forwarded is severe, ambiguous and compliant. */
enum desync_mode {
    DESYNC_MODE_MONITOR,
    DESYNC_MODE_DEFENSIVE, /* ambiguous: both connections close afterwards */
    DESYNC_MODE_STRICTEST,
};

/* enum, the word of the access log. */
#define DESYNC_REASONS(X)                                                      \
    X(NONE, "-")                                                               \
    X(BAD_CONTENT_LENGTH, "BadContentLength")                                  \
    X(BAD_HEADER, "BadHeader")                                                 \
    X(BAD_TRANSFER_ENCODING, "BadTransferEncoding")                            \
    X(BAD_URI, "BadUri")                                                       \
    X(BAD_METHOD, "BadMethod")                                                 \
    X(BAD_VERSION, "BadVersion")                                               \
    X(MULTIPLE_CONTENT_LENGTH, "MultipleContentLength")                        \
    X(MULTIPLE_TRANSFER_ENCODING_CHUNKED, "MultipleTransferEncodingChunked")   \
    X(AMBIGUOUS_URI, "AmbiguousUri")                                           \
    X(BOTH_TE_CL_PRESENT, "BothTeClPresent")                                   \
    X(DUPLICATE_CONTENT_LENGTH, "DuplicateContentLength")                      \
    X(EMPTY_HEADER, "EmptyHeader")                                             \
    X(SUSPICIOUS_HEADER, "SuspiciousHeader")                                   \
    X(UNDEFINED_CONTENT_LENGTH_SEMANTICS, "UndefinedContentLengthSemantics")   \
    X(UNDEFINED_TRANSFER_ENCODING_SEMANTICS,                                   \
      "UndefinedTransferEncodingSemantics")                                    \
    X(MULTILINE_HEADER, "MultilineHeader")                                     \
    X(MISSING_HEADER_COLON, "MissingHeaderColon")                              \
    X(GET_HEAD_ZERO_CONTENT_LENGTH, "GetHeadZeroContentLength")                \
    X(NON_COMPLIANT_HEADER, "NonCompliantHeader")                              \
    X(NON_COMPLIANT_VERSION, "NonCompliantVersion")                            \
    X(SPACE_IN_URI, "SpaceInUri")                                              \
    X(NON_CRLF_LINE_TERMINATION, "NonCrLfLineTermination")

enum desync_reason {
#define X(id, word) DESYNC_##id,
    DESYNC_REASONS(X)
#undef X
};

const char *desync_reason_word(enum desync_reason reason);

/* "Compliant", "Acceptable", "Ambiguous", "Severe". */
const char *desync_class_word(enum desync_class class);

/* "monitor", "defensive", "strictest". */
const char *desync_mode_word(enum desync_mode mode);

#endif
