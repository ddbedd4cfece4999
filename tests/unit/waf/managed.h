/* SPDX-License-Identifier: Apache-2.0
 *
 * Our rules under the names of managed groups, run over requests that stand in
 * files.
 *
 * A request is an object: `Method` and `Url`, `Headers` (an object; null: none
 * of that name), `Body`.  It has a Host and the User-Agent of a browser where
 * it does not say otherwise.  {{a*8193}} in a text is the letter that often.
 */
#ifndef TESTS_WAF_MANAGED_H
#define TESTS_WAF_MANAGED_H

#include <jansson.h>

#include "model/config.h"
#include "waf/program.h"

struct managed {
    struct config *config;
    struct waf_program *program;
    struct waf_scratch *scratch;
    struct chunk_pool pool;
    struct arena arena;
};

/* An ACL with these groups (names, NULL at the end), every rule of which
 * counts. */
void managed_begin(struct managed *m, const char *const *groups);
void managed_end(struct managed *m);

/* Good until the next one. */
void managed_run(struct managed *m, const json_t *request, bool plain,
                 struct waf_result *result);

/* "Rule label, ..." of what matched, in the buffer. */
const char *managed_matches(const struct waf_result *result, char *buffer,
                            size_t cap);

bool managed_matched(const struct waf_result *result, struct str rule);
bool managed_labelled(const struct waf_result *result, struct str label);

/* A file below the top of the tree. */
json_t *managed_load(const char *path);

#endif
