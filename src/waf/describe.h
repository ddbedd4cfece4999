/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements and the bytes that they look at, for people: in AWS's words, with
 * nothing that moves a terminal.
 */
#ifndef SLUICE_WAF_DESCRIBE_H
#define SLUICE_WAF_DESCRIBE_H

#include "base/text.h"
#include "model/web_acl.h"

/* "ByteMatchStatement": the member that the statement is. */
const char *describe_type(const struct waf_statement *statement);

/* What it asks: `CONTAINS "evil"`, `GT 100`, `in [DE, FR]`. */
void describe_put_test(struct text *t, const struct waf_statement *statement);

/* "UriPath", `SingleHeader "user-agent"`; of statements without a part what
 * they look at: "the client's address". */
void describe_put_part(struct text *t, const struct waf_statement *statement);

/* "URL_DECODE, LOWERCASE"; nothing for an empty chain. */
void describe_put_chain(struct text *t, const struct waf_chain *chain);

/* The three in one line:
 *     UriPath after LOWERCASE: ByteMatchStatement CONTAINS "evil" */
void describe_put_statement(struct text *t,
                            const struct waf_statement *statement);

/* Bytes between quotes; all but printable ASCII as \xHH, quotes and \ with a \
 * before them. */
void describe_put_quoted(struct text *t, struct str s);

/* The same without the quotes around it, and all of it. */
void describe_put_plain(struct text *t, struct str s);

/* The same with >>> before the bytes from `from` and <<< behind those before
 * `to`; of a long text what stands around them, and ... for the rest. */
void describe_put_marked(struct text *t, struct str s, size_t from, size_t to);

#endif
