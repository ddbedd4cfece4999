/* SPDX-License-Identifier: Apache-2.0
 *
 * A value as the pieces of HTML that it would be in a page (HTML Living
 * Standard 13.2.5), with what old browsers did besides: back quotes around the
 * values of attributes, NULs that do not count.
 *
 * Text between tags is no piece, and neither is an attribute without a value or
 * of an end tag.
 * Each byte is looked at a bounded number of times.
 */
#ifndef SLUICE_MATCH_XSS_TOKENS_H
#define SLUICE_MATCH_XSS_TOKENS_H

#include "base/str.h"

/* Where a value may land in a page. */
enum xss_context {
    XSS_IN_TEXT,
    XSS_IN_TAG, /* an attribute, or the value of one without quotes */
    XSS_IN_SINGLE,
    XSS_IN_DOUBLE,
    XSS_IN_BACK,
    XSS_CONTEXTS
};

enum xss_piece {
    XSS_PIECE_END,
    XSS_PIECE_TAG,         /* `text`: its name */
    XSS_PIECE_END_TAG,     /* `text`: its name */
    XSS_PIECE_ATTRIBUTE,   /* `text`: its value, `name` */
    XSS_PIECE_COMMENT,     /* what stands in <!-- --> */
    XSS_PIECE_INSTRUCTION, /* what stands in <? > */
    XSS_PIECE_DECLARATION, /* what stands in <! > */
};

struct xss_token {
    enum xss_piece piece;
    struct str text;
    struct str name;
    struct str open; /* "<", "<!--", "<?" ...; of attributes: that of their
                        tag, empty outside of one */
    struct str tag;  /* of attributes: the tag's name, empty outside of one */
    bool first;      /* XSS_IN_TAG: nothing stands before the attribute */
};

/* Where XSS_IN_TEXT was in text and met '<'; the first ones.  A reader in
 * another context that comes there has nothing new to tell. */
enum { XSS_SEEN_MAX = 32 };
struct xss_seen {
    unsigned n; /* 0 to begin with */
    size_t at[XSS_SEEN_MAX];
};

struct xss_reader {
    const char *p;
    size_t n;
    size_t at;
    bool in_tag;
    bool in_end_tag;
    bool fresh;
    bool writes; /* what it has seen */
    struct xss_seen *seen;
    unsigned next_seen;
    struct str open;
    struct str tag;
};

/* XSS_IN_TEXT comes first; all of one value share what was seen. */
struct xss_reader xss_reader(struct str value, enum xss_context context,
                             struct xss_seen *seen);

/* The next piece; XSS_PIECE_END behind the last that is new. */
void xss_read(struct xss_reader *reader, struct xss_token *token);

#endif
