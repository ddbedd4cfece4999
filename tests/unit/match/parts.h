/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of requests in tests: from a request as text, to what is looked at as
 * text.
 */
#ifndef TESTS_UNIT_MATCH_PARTS_H
#define TESTS_UNIT_MATCH_PARTS_H

#include "match/part.h"

extern const struct part_limits parts_limits; /* AWS's */

struct parts {
    struct head *head;
    struct chunk_pool pool;
    struct arena arena;
    struct inspected inspected;
    struct part_request request;
};

/* A request of HTTP/1 with its body, of exactly the given bytes.  The caller
 * ends it with parts_end(). */
struct parts *parts_of(struct str raw);
/* The request line and headers of a GET: their ends of line are put. */
struct parts *parts_of_lines(const char *const *lines, unsigned n);
void parts_end(struct parts *parts);

/* "missing", "true", "false", "failed", or the values: "name=text", "text" when
 * there is no name, "name:" for a name itself; " | " between them.  Good until
 * the next call. */
const char *parts_show(const struct part_values *values);

/* Both at once: what is looked at. */
const char *parts_read(struct parts *parts, const struct waf_field *part);

/* What is looked at of a single request. */
struct part_case {
    const char *request; /* without "HTTP/1.1\r\nHost: h" and the rest of lines
                            when it is a target: begins with "/" */
    struct waf_field part;
    const char *want;
};

/* Ends the test at the first case that is otherwise. */
void parts_check(const struct part_case *cases, size_t n);

#endif
