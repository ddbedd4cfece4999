/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates from texts, and what became of them as one text.
 */
#ifndef TESTS_UNIT_TEMPLATE_LOADING_H
#define TESTS_UNIT_TEMPLATE_LOADING_H

#include "template/template.h"

struct loading {
    struct report report;
    struct template *template;
    struct template_options options;
    char problems[64 * 1024];
    char values[64 * 1024];
};

/* All zero but for the buffers; end with loading_free(). */
struct loading *loading_new(void);
void loading_free(struct loading *l);

/* Adds --parameter KEY=VALUE for a test's static strings. */
void loading_parameter(struct loading *l, const char *key, const char *value);

/* Loads one text as the file "t.yaml", or two as "a.yaml" and "b.yaml". */
void loading_text(struct loading *l, const char *text);
void loading_two(struct loading *l, const char *a, const char *b);

/* Every problem as "error 3:4 WHAT | REMEDY", one a line. */
const char *loading_problems(struct loading *l);

/* A value in one line: strings in single quotes, numbers and booleans bare,
 * <why> for what is unknown, [a, b], {k: v}; "-" for NULL. */
const char *loading_show(struct loading *l, const struct value *v);

/* The property of a resource, shown. */
const char *loading_property(struct loading *l, const char *id,
                             const char *name);

/* The output's text, or "-". */
const char *loading_output(struct loading *l, const char *key);

/* Loads the text and asserts that these are its problems ("" for none). */
void assert_problems(const char *text, const char *problems);

/* The path of a file below the shared folder; NULL when it is not there. */
const char *loading_shared(const char *name, char *path, size_t cap);

#endif
