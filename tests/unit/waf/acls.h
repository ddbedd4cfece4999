/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs and requests of tests, written short, and results as texts.
 *
 * An ACL is an object: `rules` (CloudFormation's Rules; Name, Priority by the
 * order, VisibilityConfig, Action Block and TextTransformations NONE are added
 * where they are left out) or one `statement` of a rule "r"; `acl` (more
 * properties), `resources` (what it refers to).
 *
 * A request is "METHOD /path?query#fragment", or an object with that as `line`,
 * and `headers` ["Name: value"], `body`, `client`, `ja3`, `ja4`, `http2`,
 * `grpc`, `now` (ms).  \xHH in any text is that byte; [TEXT, N] as the body or
 * a header is N times the text.
 */
#ifndef TESTS_WAF_ACLS_H
#define TESTS_WAF_ACLS_H

#include "model/config.h"
#include "waf/program.h"
#include "waf/rate_ledger.h"
#include "waf/trace.h"

struct acl {
    struct report report;
    struct template *template;
    struct config *config;
    struct waf_program *program; /* NULL: errors in the report */
};

/* From a value as above; `geo` may be NULL.  acl_end() it. */
void acl_begin(struct acl *acl, const struct value *value, struct geo *geo);
void acl_end(struct acl *acl);

/* The same of a text. */
void acl_begin_text(struct acl *acl, const char *text);

/* All errors in lines, "" for none. */
const char *acl_errors(const struct acl *acl, char *buffer, size_t cap);

enum { REQUEST_FIELDS_MAX = 512, REQUEST_TEXT_MAX = 256 * 1024 };

struct request_made {
    struct inspected inspected;
    struct fields fields;
    struct field v[REQUEST_FIELDS_MAX];
    size_t used;
    uint64_t now_ms;
    char text[REQUEST_TEXT_MAX];
};

/* For reading data; request_free() it. */
struct request_made *request_made_new(const struct value *value);
void request_made_free(struct request_made *request);

/* Adds a header. */
void request_add(struct request_made *request, struct str name,
                 struct str value);
/* A copy in the request's text, with escapes read. */
struct str request_keep(struct request_made *request, struct str text);

/* ---- evaluating -------------------------------------------------------------------- */

struct evaluator {
    struct chunk_pool pool;
    struct arena arena;
    struct waf_scratch *scratch;
    struct rate_worker *rates;
    struct rate_ledger *ledger;
    uint64_t turned_ms; /* a round was each second */
};

void evaluator_begin(struct evaluator *evaluator);
void evaluator_end(struct evaluator *evaluator);

/* Good until the next one; `trace` may be NULL.  Times do not go back. */
void evaluator_run(struct evaluator *evaluator,
                   const struct waf_program *program,
                   const struct request_made *request, bool plain,
                   struct waf_trace *trace, struct waf_result *result);

/* A result in lines: "BLOCK by r", "match a COUNT", "label x", "insert a: b",
 * "rate r 192.0.2.1 limited", "group g", "limits 1". */
struct str result_text(const struct waf_result *result, char *buffer,
                       size_t cap);

/* The whole file tests/unit/waf/data/NAME, in the region. */
const struct value *data_read(struct region *region, const char *name);

#endif
